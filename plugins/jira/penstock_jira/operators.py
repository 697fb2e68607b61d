"""The operators of conditions, in three values: true, false, and unknown with its reason.

Harness has the first four, on text only, and its negations are true of a field that is not there.
Here a field without a value is unknown to every operator but ``is empty`` and ``is not empty``,
and what differs in letter case only is neither equal nor safely different.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from penstock.pattern import Pattern, PatternError
from penstock_jira.comparable import Comparable, Incomparable, Item
from penstock_jira.text import split_list

__all__ = ["LIST_OPERATORS", "OPERATORS", "VALUELESS", "Finding", "compare"]

_NEARLY = "it differs in upper and lower case, or in space around it, only"


@dataclass(frozen=True)
class Finding:
    """The truth of a comparison, and why it is unknown, or what helps."""

    truth: bool | None
    why: str | None = None


Wanted: TypeAlias = str | tuple[str, ...]
Operator: TypeAlias = Callable[[Comparable, Wanted], Finding]


def compare(operator: str, actual: Comparable, wanted: Wanted) -> Finding:
    """Return what *operator* finds; *wanted* is a text, or a list from YAML. Never raises."""
    try:
        return _COMPARING[operator](actual, wanted)
    except Incomparable as reason:
        return Finding(None, str(reason))


def _single(operator: str, wanted: Wanted) -> str:
    if isinstance(wanted, str):
        return wanted
    if len(wanted) != 1:
        raise Incomparable(f"{operator!r} takes one value, and {len(wanted)} are given")
    return wanted[0]


def _several(wanted: Wanted) -> tuple[str, ...]:
    return split_list(wanted) if isinstance(wanted, str) else wanted


def _any_nearly(items: tuple[Item, ...], wanted: tuple[str, ...]) -> bool:
    return any(item.is_nearly(one) for item in items for one in wanted)


def _found(truth: bool, items: tuple[Item, ...], wanted: tuple[str, ...]) -> Finding:
    if not truth and _any_nearly(items, wanted):
        return Finding(truth=False, why=_NEARLY)
    return Finding(truth)


def _negated(finding: Finding) -> Finding:
    """Return the opposite; what is false for its letter case only is unknown, lest it approve."""
    if finding.why == _NEARLY:
        return Finding(None, _NEARLY)
    return Finding(not finding.truth, finding.why)


def _equals(actual: Comparable, wanted: Wanted) -> Finding:
    if not actual.is_list:
        one = _single("equals", wanted)
        return _found(actual.items[0].is_called(one), actual.items, (one,))
    several = _several(wanted)
    truth = all(any(item.is_called(one) for item in actual.items) for one in several) and all(
        any(item.is_called(one) for one in several) for item in actual.items
    )
    return _found(truth, actual.items, several)


def _in(actual: Comparable, wanted: Wanted) -> Finding:
    several = _several(wanted)
    truth = any(item.is_called(one) for item in actual.items for one in several)
    return _found(truth, actual.items, several)


def _contains(actual: Comparable, wanted: Wanted) -> Finding:
    one = _single("contains", wanted)
    if actual.is_list:
        truth = any(item.is_called(one) for item in actual.items)
        return _found(truth, actual.items, (one,))
    item = actual.items[0]
    if item.measure is not None:
        raise Incomparable(f"{item.shown} is a {item.kind}, which contains nothing")
    if one in item.shown:
        return Finding(truth=True)
    nearly = one.casefold() in item.shown.casefold()
    return Finding(truth=False, why=_NEARLY if nearly else None)


def _ordered(operator: str, holds: Callable[[float, float], bool]) -> Operator:
    def found(actual: Comparable, wanted: Wanted) -> Finding:
        item = actual.one(operator)
        if item.measure is None:
            raise Incomparable(f"{item.shown!r} is no number, date or date-time, to be ordered")
        return Finding(holds(item.measure, item.read(_single(operator, wanted))))

    return found


def _matches(actual: Comparable, wanted: Wanted) -> Finding:
    item = actual.one("matches")
    try:
        return Finding(Pattern(_single("matches", wanted)).matches(item.shown))
    except PatternError as error:
        raise Incomparable(str(error)) from None


def _not(operator: Operator) -> Operator:
    return lambda actual, wanted: _negated(operator(actual, wanted))


_COMPARING: Mapping[str, Operator] = {
    "equals": _equals,
    "not equals": _not(_equals),
    "in": _in,
    "not in": _not(_in),
    "contains": _contains,
    "not contains": _not(_contains),
    "greater than": _ordered("greater than", lambda actual, wanted: actual > wanted),
    "less than": _ordered("less than", lambda actual, wanted: actual < wanted),
    "matches": _matches,
}
#: Operators that look at nothing but whether there is a value.
VALUELESS = ("is empty", "is not empty")
OPERATORS = (*_COMPARING, *VALUELESS)
#: Operators whose value may name several.
LIST_OPERATORS = ("equals", "not equals", "in", "not in")
