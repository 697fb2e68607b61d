"""Look-ups: items of mappings by name and of lists by position, and nothing else."""

from collections.abc import Mapping, Sequence

from penstock.expressions.faults import MissingError, OperandError, available
from penstock.expressions.limits import MAX_INTEGER
from penstock.expressions.values import cut, describe, is_list

__all__ = ["item", "part", "whole"]

_SHOWN = 60


def whole(value: object) -> int:
    """Return *value* if it is a whole number of 64 bits; raise ``OperandError`` if not."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_INTEGER:
        return value
    raise OperandError(f"a whole number is needed here, not {describe(value)}")


def item(items: Sequence[object], position: object) -> object:
    """Return the item of a list at *position*, counted from 0."""
    index = whole(position)
    if not 0 <= index < len(items):
        raise OperandError(f"the list has {len(items)} items, and none at {index}", "count from 0")
    return items[index]


def part(value: object, key: object) -> object:
    """Return what *value* holds under *key*; raise ``MissingError`` if that is not there."""
    if is_list(value) and not isinstance(key, str):
        return item(value, key)
    # ``a.0`` of a map is its entry "0": JSON has no other keys than texts.
    name = key if isinstance(key, str) else str(whole(key))
    if value is None:
        # What is null has nothing in it: an absence, which ``default`` and ``?:`` allow for.
        raise MissingError(f"null has nothing called {cut(name, _SHOWN)!r} in it")
    if not isinstance(value, Mapping):
        raise OperandError(f"{describe(value)} has nothing called {cut(name, _SHOWN)!r} in it")
    try:
        return value[name]
    except KeyError:
        raise MissingError(f"{cut(name, _SHOWN)!r} is not there", available(name, value)) from None
