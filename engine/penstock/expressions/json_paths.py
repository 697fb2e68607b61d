"""Paths into JSON, as Harness's ``json.select`` takes them: the part of JsonPath that people use.

``a.b``, ``a[0]``, ``a[-1]``, ``a["b c"]``, ``a[*]``, ``a.*`` and ``..b``, with ``$`` before them or
without. Filters, slices and functions are refused with what to write instead.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from penstock.expressions.faults import OperandError
from penstock.expressions.limits import MAX_DEPTH, MAX_LIST, MAX_TEXT
from penstock.expressions.lookups import item, part
from penstock.expressions.values import Absent, cut, is_list

__all__ = ["JsonPath"]

_STEP = re.compile(
    r"""
    (?P<deep>\.\.(?=[^.]))?
    (?: \.?\[\s*(?: (?P<index>-?[0-9]{1,18}) | (?P<every>\*)
               | "(?P<double>(?:[^"\\]|\\.)*)" | '(?P<single>(?:[^'\\]|\\.)*)' )\s*\]
      | \.?(?: (?P<star>\*) | (?P<name>[^.\[\]()*'"]+) ) )
    """,
    re.VERBOSE | re.DOTALL,
)
_SHOWN = 60


@dataclass(frozen=True)
class _Step:
    """One step: a name, a position, or ``None`` for all there is; *deep*: from any level below."""

    key: str | int | None
    deep: bool


class JsonPath:
    """A path that was read; ``is_definite`` says that it leads to one value at most."""

    def __init__(self, text: str) -> None:
        """Read *text*; raise ``OperandError`` for what is not part of the language."""
        if len(text) > MAX_TEXT:
            raise OperandError(f"the path is longer than {MAX_TEXT} characters")
        self._steps = _steps(text)
        self.is_definite = all(step.key is not None and not step.deep for step in self._steps)

    def one(self, value: object) -> object:
        """Return what stands at the path; raise ``MissingError`` if that is not there."""
        for step in self._steps:
            if isinstance(value, Absent):
                return value
            value = _at(value, step.key)
        return value

    def all(self, value: object) -> list[object]:
        """Return everything that the path leads to, in order; what is not there is left out."""
        found = [value]
        for step in self._steps:
            places = (below for each in found for below in _places(each, deep=step.deep))
            found = _bounded(match for place in places for match in _matches(place, step.key))
        return found


@lru_cache(maxsize=128)
def _steps(text: str) -> tuple[_Step, ...]:
    stripped = text.strip()
    position = 1 if stripped.startswith("$") else 0
    steps: list[_Step] = []
    while position < len(stripped):
        found = _STEP.match(stripped, position)
        if found is None or not _may_follow(stripped[:position], found.group()):
            raise _unreadable(stripped, position)
        steps.append(_Step(_key(found), found["deep"] is not None))
        position = found.end()
        if len(steps) > MAX_DEPTH:
            raise OperandError(f"the path has more than {MAX_DEPTH} steps")
    return tuple(steps)


def _may_follow(before: str, step: str) -> bool:
    """Whether a step may stand there: the first one without a dot, any other with one or ``[``."""
    if not before:
        return step.startswith("..") or not step.startswith(".")
    return step[0] in ".["


def _key(found: re.Match[str]) -> str | int | None:
    if found["index"]:
        return int(found["index"])
    for group in ("double", "single"):
        if found[group] is not None:
            return re.sub(r"\\(.)", r"\1", found[group], flags=re.DOTALL)
    return found["name"].strip() if found["name"] else None


def _unreadable(text: str, position: int) -> OperandError:
    """Return the error for what cannot be read at *position*, with what to write instead."""
    rest = text[position:]
    message = f"the path {cut(text, _SHOWN)!r} cannot be read from {cut(rest, _SHOWN)!r} on"
    if re.match(r"\.?\[\s*\?", rest):
        return OperandError(message, "filters are not part of the language: take a list by [*]")
    if re.match(r"\.?\[[^\]]*[:,]", rest):
        return OperandError(message, "slices and lists of names are not part: take one at a time")
    if "(" in rest:
        return OperandError(message, "functions are not part of a path: write .size() after it")
    return OperandError(message, 'write names with dots between them, [0], ["a name"] or [*]')


def _at(value: object, key: str | int | None) -> object:
    """Return what a list or a map holds at *key*; a negative position counts from the end."""
    if isinstance(key, int) and is_list(value):
        return item(value, key + len(value) if key < 0 else key)
    return part(value, key)


def _matches(value: object, key: str | int | None) -> Iterator[object]:
    if key is None:
        yield from _children(value)
    elif isinstance(value, Mapping) and isinstance(key, str):
        if key in value:
            yield value[key]
    elif is_list(value) and isinstance(key, int) and -len(value) <= key < len(value):
        yield value[key]


def _children(value: object) -> Iterator[object]:
    if isinstance(value, Mapping):
        yield from value.values()
    elif is_list(value):
        yield from value


def _places(value: object, *, deep: bool) -> Iterator[object]:
    """Yield *value*, and if *deep* everything below it, what stands first first."""
    if not deep:
        yield value
        return
    left = [value]
    seen = 0
    while left:
        seen += 1
        _require_room(seen)
        place = left.pop()
        yield place
        left += reversed([*_children(place)])


def _bounded(matches: Iterator[object]) -> list[object]:
    found = []
    for match in matches:
        found.append(match)
        _require_room(len(found))
    return found


def _require_room(count: int) -> None:
    if count > MAX_LIST:
        raise OperandError(f"the path leads through more than {MAX_LIST} values")
