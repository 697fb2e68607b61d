"""The methods of values, by the kind of their receiver: an allow-list, and all there are."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from penstock.expressions import texts
from penstock.expressions.dates import SHIFTS, Moment
from penstock.expressions.faults import OperandError, available
from penstock.expressions.lookups import item, whole
from penstock.expressions.operators import Function, contains, count, equal, text
from penstock.expressions.values import Kind, describe, joined, kind_of, to_text

__all__ = ["METHODS", "arguments", "call"]


def _index_of(items: Sequence[object], wanted: object) -> int:
    for index, value in enumerate(items):
        if equal(value, wanted):
            return index
    return -1


def _find(value: str, wanted: object, start: object = 0) -> int:
    return value.find(text(wanted), max(0, whole(start)))


def _substring(value: str, first: object, last: object = None) -> str:
    return texts.substring(value, whole(first), None if last is None else whole(last))


def _same_ignoring_case(value: str, other: object) -> bool:
    return isinstance(other, str) and value.casefold() == other.casefold()


def _shift(unit: str, sign: int) -> Callable[[Moment, object], Moment]:
    return lambda moment, amount: moment.shift(unit, sign * whole(amount))


_OF_ALL = {
    "toString": Function(to_text),
    "equals": Function(equal, 1, 1),
}
_OF_TEXT = {
    "charAt": Function(lambda value, at: texts.char_at(value, whole(at)), 1, 1),
    "concat": Function(lambda value, *parts: joined((value, *parts)), 1, 1),
    "contains": Function(contains, 1, 1),
    "endsWith": Function(lambda value, end: value.endswith(text(end)), 1, 1),
    "equalsIgnoreCase": Function(_same_ignoring_case, 1, 1),
    "indexOf": Function(_find, 1, 2),
    "isEmpty": Function(lambda value: not value),
    "length": Function(len),
    "replace": Function(lambda value, old, new: texts.replaced(value, text(old), text(new)), 2, 2),
    "size": Function(len),
    "split": Function(lambda value, at: texts.split(value, text(at)), 1, 1),
    "startsWith": Function(lambda value, start: value.startswith(text(start)), 1, 1),
    "substring": Function(_substring, 1, 2),
    "toLowerCase": Function(str.lower),
    "toUpperCase": Function(str.upper),
    "trim": Function(texts.trimmed),
}
_OF_LISTS = {
    "contains": Function(contains, 1, 1),
    # A ``get`` with a constant, of a list or a map, is a look-up like ``["X"]``: see ``reads``.
    "get": Function(item, 1, 1),
    "indexOf": Function(_index_of, 1, 1),
    "isEmpty": Function(lambda items: len(items) == 0),
    "join": Function(lambda items, separator="": joined(items, text(separator)), 0, 1),
    "size": Function(len),
}
_OF_MAPS = {
    "containsKey": Function(contains, 1, 1),
    "isEmpty": Function(lambda values: len(values) == 0),
    "size": Function(len),
}
_OF_DATES = {name: Function(_shift(*shift), 1, 1) for name, shift in SHIFTS.items()}

_BY_KIND: Mapping[Kind, Mapping[str, Function]] = {
    Kind.TEXT: _OF_ALL | _OF_TEXT,
    Kind.LIST: _OF_ALL | _OF_LISTS,
    Kind.MAP: _OF_ALL | _OF_MAPS,
    Kind.DATE: _OF_ALL | _OF_DATES,
    Kind.NUMBER: _OF_ALL,
    Kind.BOOLEAN: _OF_ALL,
    Kind.NULL: {},
    Kind.SECRET: {},
}

#: Every method name, for a check before anything is evaluated.
METHODS = frozenset(name for methods in _BY_KIND.values() for name in methods)


def arguments(name: str) -> tuple[int, int]:
    """Return the least and the most arguments that any method called *name* takes."""
    found = [methods[name] for methods in _BY_KIND.values() if name in methods]
    return min(method.least for method in found), max(method.most for method in found)


def call(receiver: object, name: str, given: Sequence[Any]) -> object:
    """Return what *receiver*'s method *name* gives; raise ``OperandError`` if it has none."""
    methods = _BY_KIND[kind_of(receiver)]
    method = methods.get(name)
    if method is None:
        raise OperandError(f"{describe(receiver)} has no method {name!r}", available(name, methods))
    count(name, len(given), method.least, method.most)
    return method.run(receiver, *given)
