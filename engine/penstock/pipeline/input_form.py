r"""``<+input>`` and its conditions: what a runtime input asks for.

Harness: "Runtime inputs"; ``<+input>.default(v).allowedValues(a,b).selectOneFrom(a,b)
.selectManyFrom(a,b).regex(re).executionInput()`` in any order; ``\'a,b\'`` is one value.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from penstock.expressions import has_expression
from penstock.nearest import suggestion
from penstock.pattern import Pattern, PatternError

__all__ = ["START", "InputForm", "is_input", "joined_values", "parse_input", "split_values"]

#: What an input begins with.
START = "<+input>"
_CALL = re.compile(r"\s*\.\s*(\w+)\(")
_CONDITIONS = (
    "default",
    "allowedValues",
    "selectOneFrom",
    "selectManyFrom",
    "regex",
    "executionInput",
)
_QUOTE = r"\'"
_PIECE = re.compile(r"\s*\\'(?P<one>.*?)\\'|(?P<plain>[^,]+)")
_PIECE_OR_QUOTED = re.compile(rf'\s*"(?P<quoted>(?:[^"]|"")*)"|{_PIECE.pattern}')
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]")


@dataclass(frozen=True)
class InputForm:
    """What an ``<+input>…`` text asks for."""

    default: str | None = None
    allowed: tuple[str, ...] = ()
    #: Whether several of the allowed values may be given, joined by commas.
    many: bool = False
    #: The whole value matches each of these patterns.
    patterns: tuple[str, ...] = ()
    #: Whether it is asked for while the run waits at that point (``.executionInput()``).
    during_run: bool = False

    def complaint(self, value: str, *, shown: bool = True) -> str | None:
        """Return why *value* is not acceptable, in Harness's recognisable words, or ``None``.

        *shown* false leaves the value out: it may be a secret.
        """
        given = split_values(value, quotes=True) if self.many else [value]
        strangers = [item for item in given if self.allowed and item not in self.allowed]
        if strangers:
            listed = ", ".join(self.allowed)
            stranger = repr(strangers[0]) if shown else "it"
            return f"{stranger} does not match any of the allowed values [{listed}]"
        complaints = (_mismatch(each, value, shown=shown) for each in self.patterns)
        return next((each for each in complaints if each), None)


def _mismatch(pattern: str, value: str, *, shown: bool) -> str | None:
    stranger = repr(value) if shown else "it"
    try:
        matches = Pattern(pattern).matches(value)
    except PatternError as error:
        return f"{stranger} cannot be matched: {error}"
    return None if matches else f"{stranger} does not match the required regex pattern {pattern}"


def is_input(value: object) -> bool:
    """Whether *value* is an ``<+input>…`` text."""
    return isinstance(value, str) and value.strip().startswith(START)


def parse_input(text: str) -> InputForm:
    """Return what *text*, which begins with ``<+input>``, asks for; raise ``ValueError``.

    Conditions that stand twice must both hold; of two defaults the later one counts.
    """
    found: dict[str, Any] = {}
    at = len(START)
    while call := _CALL.match(text, at):
        name, begin = call.group(1), call.end()
        if name not in _CONDITIONS:
            raise ValueError(f"`<+input>` has no `.{name}(…)`; {suggestion(name, _CONDITIONS)}")
        end = _closing(text, begin, classes=name == "regex")
        _take(found, name, text[begin:end])
        at = end + 1
    if text[at:].strip():
        raise ValueError(
            f"`<+input>` must stand alone, and {text[at:].strip()[:40]!r} follows it: "
            "put it into a variable and write `<+pipeline.variables.NAME>` in the text"
        )
    if "default" in found and not found.get("many"):
        found["default"] = _unquoted(found["default"])
    form = InputForm(**found)
    if form.default is not None and form.default.strip() and not has_expression(form.default):
        complaint = form.complaint(form.default)
        if complaint:
            raise ValueError(f"the default is not acceptable: {complaint}")
    return form


def _take(found: dict[str, Any], name: str, body: str) -> None:
    if name == "default":
        found["default"] = body
    elif name == "regex":
        try:
            Pattern(body)
        except PatternError as error:
            raise ValueError(f"`.regex({body[:80]})`: {error}") from None
        found["patterns"] = (*found.get("patterns", ()), body)
    elif name == "executionInput":
        if body.strip():
            raise ValueError("`.executionInput()` takes nothing: write it with empty brackets")
        found["during_run"] = True
    else:
        _allow(found, name, body)


def _allow(found: dict[str, Any], name: str, body: str) -> None:
    """Take the values that a condition allows, of which an earlier one may have allowed fewer."""
    values = tuple(dict.fromkeys(split_values(body)))
    if not values:
        raise ValueError(f"`.{name}()` allows nothing: write the values, with commas between")
    if has_expression(body):
        raise ValueError(f"an expression in `.{name}(…)` is not supported: write the values out")
    before = found.get("allowed", values)
    found["allowed"] = tuple(value for value in values if value in before)
    found["many"] = name == "selectManyFrom" and found.get("many", True)
    if not found["allowed"]:
        raise ValueError(
            f"`.{name}({body[:80]})` allows none of {', '.join(before)}, which alone may be given"
        )


def _closing(text: str, begin: int, *, classes: bool) -> int:
    r"""Return where the bracket that was opened before *begin* is closed.

    A bracket in ``\'…\'``, after a backslash, or in a class of a pattern (*classes*) is text.
    """
    depth = 1
    at = begin
    while at < len(text):
        if text[at] in "()":
            depth += 1 if text[at] == "(" else -1
            if depth == 0:
                return at
        at = _past(text, at, classes=classes)
    raise ValueError(f"a bracket is not closed in {text[:80]!r}; write ')'")


def _past(text: str, at: int, *, classes: bool) -> int:
    """Return where it goes on after what stands at *at*."""
    if not classes and text.startswith(_QUOTE, at):
        end = text.find(_QUOTE, at + len(_QUOTE))
        return at + len(_QUOTE) if end < 0 else end + len(_QUOTE)
    if text[at] == "\\":
        return at + 2
    if classes and (found := _CLASS.match(text, at)):
        return found.end()
    return at + 1


def split_values(text: str, *, quotes: bool = False) -> list[str]:
    r"""Split at commas; ``\'london,uk\'`` is one value (Harness's quoting).

    With *quotes*, ``"london,uk"`` is one as well, as ``joined_values`` writes it.
    """
    found = []
    for piece in (_PIECE_OR_QUOTED if quotes else _PIECE).finditer(text):
        parts = piece.groupdict()
        quoted = (parts.get("quoted") or "").replace('""', '"')
        found.append(parts["one"] or quoted or (parts["plain"] or "").strip())
    return [value for value in found if value]


def joined_values(values: Sequence[str]) -> str:
    """Join values by commas; one with a comma in it is quoted, as lists of Jira's fields are."""
    return ",".join(
        '"' + value.replace('"', '""') + '"' if "," in value or '"' in value else value
        for value in values
    )


def _unquoted(text: str) -> str:
    if len(text) > len(_QUOTE) and text.startswith(_QUOTE) and text.endswith(_QUOTE):
        return text[2:-2]
    return text
