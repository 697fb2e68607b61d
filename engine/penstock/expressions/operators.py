"""Operators: what ``==``, ``<``, ``+``, ``=~`` and their like do with two values.

Each takes any values and returns one, or raises ``OperandError``. Nothing is coerced: unlike
types are unequal and have no order (Harness and JEXL coerce, and make ``"no" == true`` true).
"""

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from penstock.expressions.dates import Moment
from penstock.expressions.faults import OperandError
from penstock.expressions.limits import MAX_DEPTH, MAX_INTEGER
from penstock.expressions.values import Kind, describe, is_list, joined, kind_of
from penstock.pattern import Pattern, PatternError
from penstock.secret import Secret

__all__ = [
    "ARITHMETIC",
    "COMPARISONS",
    "Function",
    "checked",
    "contains",
    "count",
    "equal",
    "matches",
    "negative",
    "number",
    "pattern",
    "text",
]

#: Two values in, one out; or ``OperandError``.
Operator: TypeAlias = Callable[[object, object], object]


@dataclass(frozen=True)
class Function:
    """A method or a filter: what it does with its value, and how many arguments it takes."""

    run: Callable[..., object]
    least: int = 0
    most: int = 0


def count(name: str, given: int, least: int, most: int) -> None:
    """Raise ``OperandError`` unless *given* is a number of arguments that *name* takes."""
    if not least <= given <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        plural = "" if wanted == "1" else "s"
        raise OperandError(f"{name!r} takes {wanted} argument{plural}, not {given}")


def text(value: object) -> str:
    """Return *value* if it is text; raise ``OperandError`` if not."""
    if isinstance(value, str):
        return value
    raise OperandError(f"text is needed here, not {describe(value)}", "write .toString()")


def number(value: object) -> int | float:
    """Return *value* if it is a number; raise ``OperandError`` if not."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    raise OperandError(f"a number is needed here, not {describe(value)}", "write | float or | int")


def equal(left: object, right: object, depth: int = 0) -> bool:
    """Whether two values are the same, item by item; unlike types never are."""
    kinds = (kind_of(left), kind_of(right))
    if Kind.SECRET in kinds:
        raise OperandError("a secret cannot be compared")
    if depth > MAX_DEPTH:
        raise OperandError(f"the values are nested deeper than {MAX_DEPTH} levels")
    if kinds[0] is not kinds[1]:
        dates = _dates(left, right)
        return dates is not None and dates[0] == dates[1]
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return len(left) == len(right) and all(
            key in right and equal(left[key], right[key], depth + 1) for key in left
        )
    if is_list(left) and is_list(right):
        return len(left) == len(right) and all(
            equal(one, other, depth + 1) for one, other in zip(left, right, strict=True)
        )
    return left == right


def alike(left: object, right: object) -> bool:
    """Whether two values can be meant to be equal: of one type, or a date and a text that is one.

    Null can be compared with anything.
    """
    if left is None or right is None or kind_of(left) is kind_of(right):
        return True
    return _dates(left, right) is not None


def _dates(left: object, right: object) -> tuple[Moment, Moment] | None:
    """Return both as dates, if one is a date and the other a date or a text that says one."""
    one, other = left, right
    if isinstance(one, Moment) and isinstance(other, str):
        other = one.read(other)
    elif isinstance(other, Moment) and isinstance(one, str):
        one = other.read(one)
    if isinstance(one, Moment) and isinstance(other, Moment):
        return (one, other) if one.whole_day is other.whole_day else None
    return None


def _ordered(compare: Callable[[Any, Any], bool]) -> Operator:
    def compared(left: object, right: object) -> bool:
        dates = _dates(left, right)
        if dates is not None:
            return compare(dates[0].at, dates[1].at)
        if kind_of(left) is kind_of(right) is Kind.NUMBER:
            return compare(left, right)
        hint = (
            "turn text into a number with | float"
            if Kind.TEXT in map(kind_of, (left, right))
            else ""
        )
        raise OperandError(f"{describe(left)} and {describe(right)} have no order", hint)

    return compared


def contains(whole: object, part: object) -> bool:
    """Whether a list has an item, a text a text in it, or a map a key."""
    if isinstance(whole, str):
        return text(part) in whole
    if isinstance(whole, Mapping):
        return text(part) in whole
    if is_list(whole):
        return any(equal(item, part) for item in whole)
    raise OperandError(f"nothing can be in {describe(whole)}", "a list, a text or a map can hold")


def pattern(expression: str) -> Pattern:
    """Return the compiled RE2 pattern; RE2 takes linear time, whatever the pattern."""
    try:
        return Pattern(expression)
    except PatternError as error:
        raise OperandError(error.message, error.hint) from None


def matches(value: object, wanted: object) -> bool:
    """Whether *wanted*, an RE2 pattern, matches the whole of a text; or a list holds *value*.

    JEXL: ``=~`` does both.
    """
    if not isinstance(wanted, str):
        return contains(wanted, value)
    try:
        return pattern(wanted).matches(text(value))
    except PatternError as error:
        raise OperandError(error.message) from None


COMPARISONS: dict[str, Operator] = {
    "eq": equal,
    "ne": lambda left, right: not equal(left, right),
    "lt": _ordered(operator.lt),
    "lteq": _ordered(operator.le),
    "gt": _ordered(operator.gt),
    "gteq": _ordered(operator.ge),
    "in": lambda left, right: contains(right, left),
    "notin": lambda left, right: not contains(right, left),
    "match": matches,
}


def checked(result: float) -> int | float:
    """Return *result* if it is finite and, as an integer, of 64 bits; else raise."""
    if isinstance(result, int):
        if abs(result) > MAX_INTEGER:
            raise OperandError("the result has more than 64 bits")
    elif not math.isfinite(result):
        raise OperandError("the result is not a finite number")
    return result


def _arithmetic(calculate: Callable[[Any, Any], float]) -> Operator:
    def calculated(left: object, right: object) -> int | float:
        # An operand from outside may be larger than any that the language makes.
        one, other = checked(number(left)), checked(number(right))
        try:
            return checked(calculate(one, other))
        except ZeroDivisionError:
            raise OperandError("a number cannot be divided by 0") from None

    return calculated


def negative(value: object) -> int | float:
    """Return the number *value* with its sign turned."""
    return checked(-checked(number(value)))


def _quotient(left: float, right: float) -> float:
    """Divide; what divides evenly stays an integer."""
    if isinstance(left, int) and isinstance(right, int) and left % right == 0:
        return left // right
    return left / right


_sum = _arithmetic(operator.add)


def _added(left: object, right: object) -> object:
    """Add numbers; join if either is text (JEXL)."""
    if isinstance(left, (str, Secret)) or isinstance(right, (str, Secret)):
        return joined((left, right))
    return _sum(left, right)


ARITHMETIC: dict[str, Operator] = {
    "+": _added,
    "-": _arithmetic(operator.sub),
    "*": _arithmetic(operator.mul),
    "/": _arithmetic(_quotient),
}
