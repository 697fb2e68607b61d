"""Syntax: finds the expressions in a text, and parses each to Jinja's syntax tree.

``jinja2.Environment.parse`` is all that is used of Jinja: compiling a template already runs it
(constants are folded), and rendering one has no bounds.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from typing import cast

from jinja2 import Environment, TemplateSyntaxError, nodes

from penstock.errors import ExpressionError
from penstock.expressions.checks import check
from penstock.expressions.evaluation import Evaluation
from penstock.expressions.faults import UndefinedError
from penstock.expressions.limits import MAX_EXPRESSIONS, MAX_STRING, MAX_TEXT
from penstock.expressions.names import Names, Read, SecretRead
from penstock.expressions.reads import reads_of, secrets_of
from penstock.expressions.rewriting import rewrite
from penstock.expressions.spans import Origin
from penstock.expressions.tokens import Scanner

__all__ = ["Expression", "criterion", "split"]

_OPENING = re.compile(r"<\+|\{\{|\{%|\{#")
_CLOSING = {"<+": ">", "{{": "}}"}
#: The rest of a comparison whose ``>`` was taken for the end of the expression.
_STRAY = re.compile(r"[<>{\n]")


@dataclass(frozen=True)
class Expression:
    """One expression of a text: its tree, where its nodes come from, and what it reads."""

    tree: nodes.Expr
    origin: Origin
    #: The expression as it stands in the text, with its brackets.
    written: str
    offset: int
    reads: tuple[Read, ...] = field(default=())
    secrets: tuple[SecretRead, ...] = field(default=())

    def value(self, names: Names) -> object:
        """Return the value of the expression; raise ``ExpressionError``."""
        try:
            return Evaluation(names, self.origin).value(self.tree)
        except UndefinedError as error:
            if self.written.startswith("{{") and isinstance(self.tree, nodes.Name):
                raise _about_braces(error) from None
            raise


def split(text: str) -> tuple[str | Expression, ...]:
    """Return the literal pieces and the expressions of *text*, in order, without empty ones."""
    if len(text) > MAX_STRING:
        raise ExpressionError(f"the text is longer than {MAX_STRING} characters")
    parts: list[str | Expression] = []
    position = count = 0
    found = _next_opening(text, position)
    while found is not None:
        count += 1
        if count > MAX_EXPRESSIONS:
            raise ExpressionError(
                f"a text holds at most {MAX_EXPRESSIONS} expressions", offset=found.start()
            )
        if found.start() > position:
            parts.append(text[position : found.start()])
        expression = _expression(text, found.group(), found.start())
        parts.append(expression)
        position = found.start() + len(expression.written)
        found = _next_opening(text, position)
    if position < len(text):
        parts.append(text[position:])
    return tuple(parts)


def _next_opening(text: str, position: int) -> re.Match[str] | None:
    """Return where the next expression begins; refuse what Jinja knows besides."""
    found = _OPENING.search(text, position)
    while found is not None and found.group() == "{#":
        # ``${#name}`` is a shell's; a comment it is only when it is closed.
        if text.find("#}", found.end()) >= 0:
            raise _refused("comments ({# #})", found)
        found = re.compile(r"<\+|\{\{|\{%").search(text, found.end())
    if found is not None and found.group() == "{%":
        raise _refused("statements ({% %})", found)
    return found


def _refused(what: str, found: re.Match[str]) -> ExpressionError:
    return ExpressionError(
        f"{what} are not part of the language",
        hint=f"to write them as plain text, write {{{{ '{found.group()}' }}}}",
        offset=found.start(),
    )


def _about_braces(error: ExpressionError) -> ExpressionError:
    """Add what to write if no expression was meant: Jira's {{monospace}}, Go's {{.Name}}."""
    advice = "to write two braces as plain text, write {{ '{{' }}"
    hint = f"{error.hint}; {advice}" if error.hint else advice
    return type(error)(error.message, hint=hint, offset=error.offset)


def _expression(text: str, opening: str, start: int) -> Expression:
    """Parse the expression that *opening* begins at *start*."""
    if opening == "<+":
        return _read(text, opening, start)
    try:
        return _read(text, opening, start)
    except ExpressionError as error:
        raise error if error.hint else _about_braces(error) from None


def _read(text: str, opening: str, start: int) -> Expression:
    scanner = Scanner(text, start + 2, harness=opening == "<+")
    if text[start + 2 : start + 3] in {"-", "+"} and opening == "{{":
        raise ExpressionError(
            "'{{-' and '{{+' are not part of the language", hint="write {{ x }}", offset=start
        )
    tokens, end = scanner.scan(start + 2, _CLOSING[opening])
    pieces = tuple(rewrite(tokens, start + 2))
    expression = _parsed(Origin(text, pieces, tuple(scanner.pairs)), start, end)
    if opening == "<+":
        _refuse_stray(text, start, end)
    return expression


def _parsed(origin: Origin, start: int, end: int) -> Expression:
    try:
        body = _environment().parse(origin.source()).body
    except TemplateSyntaxError as error:
        raise _unreadable(origin, error.lineno, end) from None
    tree = cast(nodes.Output, body[0]).nodes[0]
    check(tree, origin)
    reads, secrets = reads_of(tree, origin), secrets_of(tree, origin)
    return Expression(tree, origin, origin.text[start:end], start, reads, secrets)


@cache
def _environment() -> Environment:
    return Environment(autoescape=True)  # nothing is rendered: see the module's docstring


def _unreadable(origin: Origin, line: int, end: int) -> ExpressionError:
    piece = origin.piece(line)
    if piece is None:
        return ExpressionError(
            "the expression ends too early", hint="something is missing at its end", offset=end
        )
    there = origin.text[piece.start : piece.end]
    return ExpressionError(f"{there!r} is not expected here", offset=piece.start)


def _refuse_stray(text: str, start: int, end: int) -> None:
    """Refuse ``<+a > b>``: the first ``>`` ends the expression, and was not meant to.

    Harness closes there and leaves ``b>`` as text. It is refused only if what is up to the next
    ``>`` would be an expression, and no ``<`` of the text around is waiting for that ``>``.
    """
    stray = _STRAY.search(text, end, start + MAX_TEXT)
    if stray is None or stray.group() != ">" or text[end : stray.start()].isspace():
        return
    if text.rfind("<", 0, start) > text.rfind(">", 0, start):
        return
    if _is_prose(text[end - 2], text[end : stray.start()]):
        return
    try:
        _whole(text, start + 2, stray.end() - 1)
    except ExpressionError:
        return
    raise ExpressionError(
        f"{text[start : stray.end()]!r}: the first '>' ends the expression",
        hint="write gt for '>' (ge for '>='), or put the comparison into ( )",
        offset=end - 1,
    )


def _is_prose(last: str, between: str) -> bool:
    """Whether *between* is words of a text: ``<+a> is > 2``; *last* ends the expression."""
    apart = between[:1].isspace() and between[-1:].isspace() and not last.isspace()
    return apart and all(word.isidentifier() for word in between.split())


def _whole(text: str, start: int, end: int) -> Expression:
    """Parse ``text[start:end]``, all of it, as one expression in Harness's spelling."""
    scanner = Scanner(text, start, harness=True, end=end)
    tokens, _ = scanner.scan(start, "")
    pieces = tuple(rewrite(tokens, start))
    return _parsed(Origin(text, pieces, tuple(scanner.pairs)), start, end)


def criterion(text: str) -> Expression:
    """Return the one expression that all of *text* is; its ``<+ … >`` are parts of it.

    The text may stand in ``<+ … >`` or ``{{ … }}`` as a whole.
    """
    start = len(text) - len(text.lstrip())
    end = len(text.rstrip())
    if text.startswith("{{", start):
        expression = _expression(text, "{{", start)
        if start + len(expression.written) != end:
            raise ExpressionError(
                "something follows the closing '}}'",
                hint="put the whole criterion into one {{ }}, or write <+ > for its parts",
                offset=start + len(expression.written),
            )
        return expression
    try:
        return _whole(text, start, end)
    except ExpressionError:
        inner = _unwrapped(text, start, end)
        if inner is None:
            raise
        return inner


def _unwrapped(text: str, start: int, end: int) -> Expression | None:
    """Parse ``<+<+issue.x> >= 3>``: without its outer brackets its ``>`` is in no doubt."""
    if not (text.startswith("<+", start) and text.endswith(">", start + 2, end)):
        return None
    try:
        return _whole(text, start + 2, end - 1)
    except ExpressionError:
        return None
