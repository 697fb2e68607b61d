"""The changes that Jira keeps of an issue: when each was made, by whom, and since when it is so."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from penstock.json_types import Json
from penstock_jira.answer import members, text
from penstock_jira.instant import read_instant
from penstock_jira.names import folded

__all__ = ["Entry", "entries", "is_cut", "last", "merged"]

#: The members of a person that say who it is.
_PERSON = ("accountId", "name", "key", "emailAddress", "displayName")
#: Below it a number is seconds since 1970, from it on milliseconds. Jira: bulk reads of changes
#: give numbers, and Atlassian's own example has seconds.
_MILLIS = 100_000_000_000
_MOST_TOLD = {40, 100}


@dataclass(frozen=True)
class Entry:
    """One change: all that somebody did to an issue at one instant (UTC)."""

    at: datetime
    author: Mapping[str, Json]
    items: tuple[Mapping[str, Json], ...]
    #: As Jira told it.
    told: Mapping[str, Json]

    @property
    def by(self) -> str | None:
        """The name of whoever made it, if Jira tells."""
        return text(self.author.get("displayName")) or text(self.author.get("name")) or None

    @property
    def person(self) -> dict[str, Json]:
        """Whoever made it, as far as Jira tells; empty where it does not."""
        return {name: self.author[name] for name in _PERSON if text(self.author.get(name))}

    @property
    def id(self) -> str:
        """Jira's number of it."""
        return text(self.told.get("id"))

    def of(self, field_id: str, name: str) -> tuple[Mapping[str, Json], ...]:
        """Return what of it changed this field; most fields have one item at most.

        Jira: Cloud names fields by id; Data Center names them as the changelog calls them.
        """
        return tuple(item for item in self.items if _is_of(item, field_id, name))


def entries(issue: Mapping[str, Json]) -> tuple[Entry, ...]:
    """Return the changes that *issue* was read with, the oldest first.

    Jira: Cloud lists the newest first, Data Center the oldest.
    """
    found = [_entry(members(told)) for told in _told(issue)]
    known = [entry for entry in found if entry is not None]
    return tuple(sorted(known, key=lambda entry: (entry.at, _number(entry))))


def last(changes: tuple[Entry, ...], field_id: str, name: str) -> Entry | None:
    """Return the last change of a field, or ``None``."""
    return next((entry for entry in reversed(changes) if entry.of(field_id, name)), None)


def is_cut(issue: Mapping[str, Json]) -> bool:
    """Whether Jira may have more changes of *issue* than it told.

    Jira Cloud: a bulk read tells of the newest 40, a read of one issue of the newest 100.
    """
    told, total = len(_told(issue)), members(issue.get("changelog")).get("total")
    return told in _MOST_TOLD or (isinstance(total, int) and total > told)


def merged(issue: Mapping[str, Json], more: tuple[Json, ...]) -> dict[str, Json]:
    """Return *issue* with more changes, each once, as one that is not cut."""
    listed = enumerate((*_told(issue), *more))
    known = {text(members(told).get("id")) or str(number): told for number, told in listed}
    return {**issue, "changelog": {"histories": [*known.values()], "total": len(known)}}


def _told(issue: Mapping[str, Json]) -> tuple[Json, ...]:
    listed = members(issue.get("changelog")).get("histories")
    return tuple(listed) if isinstance(listed, (list, tuple)) else ()


def _entry(told: Mapping[str, Json]) -> Entry | None:
    try:
        at = _moment(told.get("created"))
    except (ValueError, OverflowError, OSError):
        return None
    items = told.get("items")
    changed = tuple(members(item) for item in items) if isinstance(items, (list, tuple)) else ()
    return Entry(at, members(told.get("author")), changed, told)


def _moment(value: Json) -> datetime:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        seconds = value if value < _MILLIS else value / 1000
        return datetime.fromtimestamp(seconds, UTC)
    return read_instant(text(value)).astimezone(UTC)


def _number(entry: Entry) -> int:
    return int(entry.id) if entry.id.isdecimal() else 0


def _is_of(item: Mapping[str, Json], field_id: str, name: str) -> bool:
    known = text(item.get("fieldId"))
    if known:
        return known == field_id
    called = text(item.get("field"))
    return called == field_id or _singular(called) == _singular(name)


def _singular(name: str) -> str:
    """Return the name as changelogs have it: ``Fix Version`` for ``Fix Version/s``."""
    return folded(name).removesuffix("s").removesuffix("/")
