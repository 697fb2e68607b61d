"""Texts with expressions in them: parsed once, rendered as often as needed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from penstock.errors import ExpressionError
from penstock.expressions.faults import OperandError
from penstock.expressions.limits import MAX_DEPTH, MAX_TEXT
from penstock.expressions.names import Names, Read, SecretRead
from penstock.expressions.values import bounded, joined, plain, to_text
from penstock.json_types import Json
from penstock.secret import Secret

if TYPE_CHECKING:
    from penstock.expressions.syntax import Expression

__all__ = ["Template", "has_expression", "literal", "parse", "parse_criterion", "render_tree"]

#: A literal is written in pieces of this length, so that each stays within the bounds.
_PIECE = 4000


@dataclass(frozen=True)
class Template:
    """One parsed text."""

    text: str
    parts: "tuple[str | Expression, ...]" = field(repr=False, compare=False)

    @property
    def is_literal(self) -> bool:
        """Whether there is no expression in the text."""
        return all(isinstance(part, str) for part in self.parts)

    @property
    def is_lone(self) -> bool:
        """Whether the text is one expression and nothing else, so that it keeps its type."""
        return len(self.parts) == 1 and not self.is_literal

    @property
    def reads(self) -> tuple[Read, ...]:
        """Every name that is read, in the order of the text; a called root is none."""
        return tuple(
            read for part in self.parts if not isinstance(part, str) for read in part.reads
        )

    @property
    def secrets(self) -> tuple[SecretRead, ...]:
        """Every secret that is read by its reference, in the order of the text."""
        return tuple(
            read for part in self.parts if not isinstance(part, str) for read in part.secrets
        )

    def render(self, names: Names) -> Json | Secret:
        """Return the text with its expressions evaluated, or a lone expression's value.

        What comes out is data: it is never evaluated again. A text with a secret in it comes out
        as a ``Secret``. Raises ``ExpressionError``.
        """
        try:
            if len(self.parts) == 1 and not isinstance(self.parts[0], str):
                return _value(self.parts[0], names)
            return joined(
                part if isinstance(part, str) else _piece(part, names) for part in self.parts
            )
        except OperandError as error:
            raise ExpressionError(error.message, hint=error.hint) from None
        except RecursionError:
            raise _too_deep() from None

    def render_into(self, names: Names, quote: Callable[[Json, str], str]) -> str:
        """Return the text with what *quote* makes of each expression's value.

        *quote* is given the value and the text before it. Raises ``ExpressionError``, also for
        the ``ValueError`` of a value that *quote* does not take, and for a secret.
        """
        text = ""
        try:
            for part in self.parts:
                text += part if isinstance(part, str) else _quoted_by(quote, part, names, text)
                bounded(len(text))
        except OperandError as error:
            raise ExpressionError(error.message, hint=error.hint) from None
        except RecursionError:
            raise _too_deep() from None
        return text


def _quoted_by(
    quote: Callable[[Json, str], str], expression: "Expression", names: Names, before: str
) -> str:
    value = _value(expression, names)
    if isinstance(value, Secret):
        raise ExpressionError(
            f"the secret {value.reference} would be written in the open",
            hint="secrets belong into connectors; take it out",
            offset=expression.offset,
        )
    try:
        return quote(value, before)
    except ValueError as error:
        raise ExpressionError(f"{expression.written}: {error}", offset=expression.offset) from None


def _too_deep() -> ExpressionError:
    """Return the error for a caller that has left no room on its stack."""
    return ExpressionError("the expression is nested too deep", hint="split it into variables")


def _value(expression: "Expression", names: Names) -> Json | Secret:
    value = expression.value(names)
    try:
        return value if isinstance(value, Secret) else plain(value)
    except OperandError as error:
        raise _wrong(expression, error) from None


def _piece(expression: "Expression", names: Names) -> str | Secret:
    value = expression.value(names)
    try:
        return value if isinstance(value, Secret) else to_text(value)
    except OperandError as error:
        raise _wrong(expression, error) from None


def _wrong(expression: "Expression", error: OperandError) -> ExpressionError:
    return ExpressionError(
        f"{expression.written}: {error.message}", hint=error.hint, offset=expression.offset
    )


def has_expression(text: str) -> bool:
    """Whether ``parse`` would find anything but plain text in *text*, be it wrong."""
    if "<+" in text or "{{" in text or "{%" in text:
        return True
    comment = text.find("{#")
    return comment >= 0 and "#}" in text[comment + 2 :]


def literal(text: str) -> str:
    """Return a text that renders to *text* as it stands, whatever *text* looks like."""
    if not has_expression(text):
        return text
    pieces = (text[at : at + _PIECE] for at in range(0, len(text), _PIECE))
    return "".join("{{ '" + _quoted(piece) + "' }}" for piece in pieces)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def parse(text: str) -> Template:
    """Return *text* parsed; raise ``ExpressionError`` with the offset of what is wrong."""
    if not has_expression(text):
        return Template(text, (text,) if text else ())
    # A long text is not worth the memory of the cache.
    return _parse(text) if len(text) <= MAX_TEXT else _parse.__wrapped__(text)


@lru_cache(maxsize=1024)
def _parse(text: str) -> Template:
    from penstock.expressions.syntax import split

    try:
        return Template(text, split(text))
    except RecursionError:
        raise _too_deep() from None


@lru_cache(maxsize=256)
def parse_criterion(text: str) -> Template:
    """Return *text* parsed as one expression, in which each ``<+ … >`` is a part.

    So Harness writes Jexl criteria and conditions: ``<+issue.Status> == "Done" && …``. In a
    quoted text ``<+ … >`` is replaced by its value. All of the text may stand in ``<+ … >`` or
    ``{{ … }}``. Raises ``ExpressionError`` with the offset of what is wrong.
    """
    from penstock.expressions.syntax import criterion

    try:
        return Template(text, (criterion(text),))
    except RecursionError:
        raise _too_deep() from None


def render_tree(value: object, names: Names) -> object:
    """Return *value*, a tree of mappings and lists, with every text in it rendered.

    The keys of mappings are left alone. An ``ExpressionError`` has the keys and indices that
    lead to its text in its attribute ``path``.
    """
    return _rendered(value, names, ())


def _rendered(value: object, names: Names, path: tuple[str | int, ...]) -> object:
    if len(path) > 2 * MAX_DEPTH:
        raise _at(path, ExpressionError("the values are nested too deep"))
    if isinstance(value, str):
        if not has_expression(value):
            return value
        try:
            return parse(value).render(names)
        except ExpressionError as error:
            raise _at(path, error) from error.__cause__
    if isinstance(value, Mapping):
        return {key: _rendered(item, names, (*path, key)) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rendered(item, names, (*path, index)) for index, item in enumerate(value)]
    return value


def _at(path: tuple[str | int, ...], error: ExpressionError) -> ExpressionError:
    error.path = path  # type: ignore[attr-defined]  # the class is the same for every place
    return error
