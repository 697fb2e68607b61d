"""What a tree of conditions comes to in one sentence, and who made it so."""

from collections.abc import Iterator
from datetime import datetime

from penstock.json_types import Json
from penstock.verdict import Combination, Condition

__all__ = ["as_json", "decisive", "met", "unmet"]

#: So many conditions are named in a sentence.
_NAMED = 3
_NEEDS = {
    "equals": "needs {}",
    "not equals": "needs anything but {}",
    "in": "needs one of {}",
    "not in": "needs none of {}",
    "contains": "needs {} in it",
    "not contains": "needs to be without {}",
    "greater than": "needs more than {}",
    "less than": "needs less than {}",
    "matches": "needs to match {}",
    "is empty": "needs to be empty",
    "is not empty": "needs a value",
}


def unmet(condition: Condition) -> str:
    """Return what keeps *condition* from being true: ``Status is "Open", needs "Approved"``."""
    either = condition.combine is Combination.ANY
    found = [_unmet(leaf) for leaf in _leaves(condition) if leaf.truth is not True]
    return _joined(found, " or " if either else "; ")


def met(condition: Condition) -> str:
    """Return what made *condition* true: ``Status is "Approved" (by CAB Lead)``."""
    found = [_met(leaf) for leaf in _leaves(condition) if leaf.truth is True]
    return _joined(found, "; ") or condition.label


def _joined(found: list[str], between: str) -> str:
    rest = f"; and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return between.join(found[:_NAMED]) + rest


def _leaves(condition: Condition) -> Iterator[Condition]:
    """Yield the conditions that compare; a negation is one, since its part is its opposite."""
    if condition.combine in {Combination.ALL, Combination.ANY}:
        for part in condition.parts:
            yield from _leaves(part)
    else:
        yield condition


def _named(leaf: Condition) -> tuple[str, str]:
    """Return the field and the operator of a leaf's label; an expression has no operator."""
    for operator in sorted(_NEEDS, key=len, reverse=True):
        if leaf.label.endswith(f" {operator}"):
            return leaf.label.removesuffix(f" {operator}"), operator
    return leaf.label, ""


def _unmet(leaf: Condition) -> str:
    name, operator = _named(leaf)
    why = f" ({leaf.why})" if leaf.why and leaf.why != f"the field is {leaf.actual}" else ""
    if not operator:
        seen = [one.actual for one in (leaf, *leaf.parts) if one.actual]
        return f"{', '.join([*seen, 'needs'])} {name}{why}"
    actual = leaf.actual or "empty"
    shown = actual if actual in {"empty", "not on this issue"} else f'"{actual}"'
    return f"{name} is {shown}, {_NEEDS[operator].format(_quoted(leaf.expected))}{why}"


def _quoted(expected: str | None) -> str:
    """Return the expected value in quotes."""
    return f'"{expected}"' if expected is not None else ""


def _met(leaf: Condition) -> str:
    name, operator = _named(leaf)
    by = f" (by {leaf.by})" if leaf.by else ""
    if not operator:
        return f"{name} holds{by}"
    actual = leaf.actual or "empty"
    return f"{name} is {actual if actual == 'empty' else _quoted(actual)}{by}"


def decisive(condition: Condition) -> tuple[str | None, str | None]:
    """Return since when (ISO 8601) a true *condition* is true, and by whom; ``None``: not known.

    Where all must hold, the last change decided; where any may, the first that was enough.
    """
    if condition.combine is None:
        return condition.since, condition.by
    parts = [
        decisive(part)
        for part in condition.parts
        if part.truth is True or condition.combine is Combination.NOT
    ]
    known = [(at, by) for at, by in parts if at is not None]
    if not known:
        return None, None
    pick = min if condition.combine is Combination.ANY else max
    return pick(known, key=lambda found: datetime.fromisoformat(found[0]))


def as_json(condition: Condition) -> Json:
    """Return the tree as JSON, without what is not set."""
    told: dict[str, Json] = {
        "label": condition.label,
        "truth": condition.truth,
        "expected": condition.expected,
        "actual": condition.actual,
        "why": condition.why,
        "since": condition.since,
        "by": condition.by,
        "combine": str(condition.combine) if condition.combine else None,
        "parts": [as_json(part) for part in condition.parts] or None,
    }
    return {name: value for name, value in told.items() if value is not None or name == "truth"}
