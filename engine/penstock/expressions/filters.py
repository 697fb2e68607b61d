"""Jinja's filters, as far as they are allowed: ``default`` is the evaluation's own."""

from collections.abc import Mapping

from penstock.expressions import texts
from penstock.expressions.faults import OperandError
from penstock.expressions.operators import Function, checked, number, text
from penstock.expressions.values import describe, is_list, joined, to_json, to_text
from penstock.secret import Secret

__all__ = ["FILTERS", "TESTS"]

#: The tests that may follow ``is``.
TESTS = frozenset({"defined", "none", "undefined"})


def _length(value: object) -> int:
    if isinstance(value, (str, Mapping)) or is_list(value):
        return len(value)
    raise OperandError(f"{describe(value)} has no length")


def _end(value: object, position: int) -> object:
    if not is_list(value):
        raise OperandError(f"a list is needed here, not {describe(value)}")
    if not value:
        raise OperandError("the list is empty")
    return value[position]


def _join(value: object, separator: object = "") -> str | Secret:
    if not is_list(value):
        raise OperandError(f"a list is needed here, not {describe(value)}")
    return joined(value, text(separator))


def _integer(value: object) -> int:
    """Turn text or a number into a whole number; Jinja's own makes 0 of what is none."""
    found = texts.integer(value) if isinstance(value, str) else checked(number(value))
    return int(checked(int(found)))


def _decimal(value: object) -> float:
    return float(checked(texts.decimal(value) if isinstance(value, str) else number(value)))


FILTERS: Mapping[str, Function] = {
    # A look-up that may fail: see ``Evaluation``. The second argument, true, also replaces what
    # is empty, zero or false.
    "default": Function(lambda value, *_: value, 1, 2),
    "first": Function(lambda value: _end(value, 0)),
    "float": Function(_decimal),
    "int": Function(_integer),
    "join": Function(_join, 0, 1),
    "last": Function(lambda value: _end(value, -1)),
    "length": Function(_length),
    "lower": Function(lambda value: text(value).lower()),
    "replace": Function(
        lambda value, old, new: texts.replaced(text(value), text(old), text(new)), 2, 2
    ),
    "string": Function(to_text),
    "tojson": Function(to_json),
    "trim": Function(lambda value: texts.trimmed(text(value))),
    "upper": Function(lambda value: text(value).upper()),
}
