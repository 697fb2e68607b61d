"""``<+input>`` and its conditions: what a runtime input asks for.

Harness: "Runtime inputs"; ``<+input>.default(v).allowedValues(a,b).selectOneFrom(a,b)
.selectManyFrom(a,b).regex(re)`` in any order.
"""

import re
from dataclasses import dataclass
from typing import Any

from penstock.expressions import has_expression
from penstock.nearest import suggestion
from penstock.pattern import Pattern, PatternError

__all__ = ["START", "InputForm", "parse_input", "split_values"]

#: What an input begins with.
START = "<+input>"
_CALL = re.compile(r"\s*\.\s*(\w+)\(")
_CONDITIONS = ("default", "allowedValues", "selectOneFrom", "selectManyFrom", "regex")


@dataclass(frozen=True)
class InputForm:
    """What an ``<+input>…`` text asks for."""

    default: str | None = None
    allowed: tuple[str, ...] = ()
    #: Whether several of the allowed values may be given, joined by commas.
    many: bool = False
    regex: str | None = None

    def complaint(self, value: str, *, shown: bool = True) -> str | None:
        """Return why *value* is not acceptable, in Harness's recognisable words, or ``None``.

        *shown* false leaves the value out: it may be a secret.
        """
        given = split_values(value) if self.many else [value]
        strangers = [item for item in given if self.allowed and item not in self.allowed]
        if strangers:
            listed = ", ".join(self.allowed)
            stranger = repr(strangers[0]) if shown else "it"
            return f"{stranger} does not match any of the allowed values [{listed}]"
        if self.regex is None:
            return None
        stranger = repr(value) if shown else "it"
        try:
            matches = Pattern(self.regex).matches(value)
        except PatternError as error:
            return f"{stranger} cannot be matched: {error}"
        if matches:
            return None
        return f"{stranger} does not match the required regex pattern {self.regex}"


def parse_input(text: str) -> InputForm:
    """Return what *text*, which begins with ``<+input>``, asks for; raise ``ValueError``."""
    found: dict[str, Any] = {}
    at = len(START)
    while call := _CALL.match(text, at):
        name, begin = call.group(1), call.end()
        at = _closing(text, begin) + 1
        body = text[begin : at - 1]
        if name == "executionInput":
            raise ValueError(
                "`.executionInput()` is not supported yet: give the value at the start"
            )
        if name not in _CONDITIONS:
            raise ValueError(f"`<+input>` has no `.{name}(…)`; {suggestion(name, _CONDITIONS)}")
        _take(found, name, body)
    if text[at:].strip():
        raise ValueError(
            f"`<+input>` must stand alone, and {text[at:].strip()[:40]!r} follows it: "
            "put it into a variable and write `<+pipeline.variables.NAME>` in the text"
        )
    form = InputForm(**found)
    if form.default is not None and not has_expression(form.default):
        complaint = form.complaint(form.default)
        if complaint:
            raise ValueError(f"the default is not acceptable: {complaint}")
    return form


def _take(found: dict[str, Any], name: str, body: str) -> None:
    if name == "default":
        found["default"] = _unquoted(body)
    elif name == "regex":
        try:
            Pattern(body)
        except PatternError as error:
            raise ValueError(f"`.regex({body[:80]})`: {error}") from None
        found["regex"] = body
    else:
        found["allowed"] = tuple(split_values(body))
        found["many"] = name == "selectManyFrom"
        if not found["allowed"]:
            raise ValueError(f"`.{name}()` allows nothing: write the values, with commas between")


def _closing(text: str, begin: int) -> int:
    """Return where the bracket that was opened before *begin* is closed."""
    depth = 1
    at = begin
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] in "()":
            depth += 1 if text[at] == "(" else -1
            if depth == 0:
                return at
        at += 1
    raise ValueError(f"a bracket is not closed in {text[:80]!r}; write ')'")


def split_values(text: str) -> list[str]:
    r"""Split at commas; ``\'london,uk\'`` is one value (Harness's quoting)."""
    pieces = re.findall(r"\\'(.*?)\\'|([^,]+)", text)
    return [quoted or plain.strip() for quoted, plain in pieces if quoted or plain.strip()]


def _unquoted(text: str) -> str:
    return text[2:-2] if text.startswith(r"\'") and text.endswith(r"\'") else text
