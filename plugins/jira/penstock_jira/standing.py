"""How an approval stands in time: whether it is new enough, and whether it has held long enough.

Penstock's own; Harness takes the issue as it is at a look.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from penstock.duration import format_duration
from penstock.json_types import Json
from penstock.verdict import Combination, Condition
from penstock_jira.answer import members, text
from penstock_jira.reasons import decisive

__all__ = ["by_our_clock", "held", "holds_from", "newer", "opened"]

_HELD = "has held"
_NEWER = "approved after the gate opened"


def by_our_clock(at: str, content: Mapping[str, Json]) -> datetime:
    """Return an instant of Jira's by our own clock: the two may be set differently."""
    skew = content.get("skew")
    seconds = float(skew) if isinstance(skew, (int, float)) else 0.0
    return datetime.fromisoformat(at) - timedelta(seconds=seconds)


def opened(content: Mapping[str, Json]) -> datetime | None:
    """Return when the gate opened, if the look was told."""
    told = text(content.get("opened"))
    return datetime.fromisoformat(told) if told else None


def holds_from(criteria: Condition, content: Mapping[str, Json], at: datetime) -> datetime:
    """Return since when true *criteria* surely hold: since their last change, or our first look.

    The look at *at* is the first, unless an earlier verdict says otherwise.
    """
    told = text(members(content.get("known")).get("approved_since"))
    seen = datetime.fromisoformat(told) if told else at
    since, _ = decisive(criteria)
    if since is None:
        return seen
    changed = by_our_clock(since, content)
    return changed if _is_dated(criteria) else max(changed, seen)


def _is_dated(condition: Condition) -> bool:
    """Whether Jira tells since when every part that counts is so."""
    if condition.combine is None:
        return condition.since is not None
    if condition.combine is Combination.NOT:
        return all(_is_dated(part) for part in condition.parts)
    return all(_is_dated(part) for part in condition.parts if part.truth is True)


def held(seconds: float, criteria: Condition, start: datetime, at: datetime) -> Condition:
    """Return the condition that *criteria* have been true for *seconds* since *start*."""
    expected = f"for {format_duration(seconds)}"
    if criteria.truth is not True:
        return Condition(_HELD, False, expected)
    since = start.isoformat(timespec="seconds")
    if (at - start).total_seconds() >= seconds:
        return Condition(_HELD, True, expected, since=since)
    end = (start + timedelta(seconds=seconds)).isoformat(timespec="seconds")
    return Condition(_HELD, False, expected, why=f"it must stay so until {end}", since=since)


def newer(criteria: Condition, content: Mapping[str, Json]) -> Condition:
    """Return the condition that *criteria* became true after the gate opened."""
    start = opened(content)
    expected = start.isoformat(timespec="seconds") if start is not None else None
    if criteria.truth is not True:
        return Condition(_NEWER, False, expected)
    since, by = decisive(criteria)
    if since is None or start is None:
        why = "Jira's history does not say since when it is so"
        return Condition(_NEWER, None, expected, why=why)
    if by_our_clock(since, content) < start:
        why = f"it was so before the gate opened, since {since}"
        return Condition(_NEWER, False, expected, since, why, since, by)
    return Condition(_NEWER, True, expected, since, None, since, by)
