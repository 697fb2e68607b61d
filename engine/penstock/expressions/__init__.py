"""Expressions: one language in two spellings, ``<+ … >`` (Harness) and ``{{ … }}`` (Jinja).

A text is parsed once to Jinja's syntax tree, which a bounded walk of our own evaluates: look-ups
in mappings and lists, operators, and short lists of methods and filters. No text can take long,
need much memory, or reach anything of Python; what comes out is never evaluated again.
"""

from penstock.errors import ExpressionError
from penstock.expressions.deferred import Deferred, DeferredText
from penstock.expressions.names import Names, Read, SecretRead
from penstock.expressions.template import (
    Template,
    has_expression,
    literal,
    parse,
    parse_criterion,
    render_tree,
)
from penstock.expressions.values import Absent

__all__ = [
    "Absent",
    "Deferred",
    "DeferredText",
    "ExpressionError",
    "Names",
    "Read",
    "SecretRead",
    "Template",
    "has_expression",
    "literal",
    "parse",
    "parse_criterion",
    "render_tree",
]
