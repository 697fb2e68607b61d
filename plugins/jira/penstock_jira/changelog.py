"""Since when a field is what it is, and who made it so, from an issue's changelog."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from penstock.json_types import Json
from penstock_jira.answer import members, text
from penstock_jira.instant import read_instant
from penstock_jira.names import folded

__all__ = ["last_author", "last_change"]

#: The members of a person that say who it is.
_PERSON = ("accountId", "name", "key", "emailAddress", "displayName")


def last_change(issue: Mapping[str, Json], field_id: str, name: str) -> Json:
    """Return ``{"at": ISO 8601 in UTC, "by": a name}`` of the field's last change, or ``None``.

    Jira: Cloud lists changes newest first and names fields by id; Data Center lists them oldest
    first and names custom fields by name.
    """
    found = _last(issue, field_id, name)
    if found is None:
        return None
    at, author = found
    by = text(author.get("displayName")) or text(author.get("name"))
    return {"at": at.isoformat(), "by": by or None}


def last_author(issue: Mapping[str, Json], field_id: str, name: str) -> dict[str, Json]:
    """Return who made the field's last change, as far as Jira tells; empty where it does not."""
    found = _last(issue, field_id, name)
    author = found[1] if found is not None else {}
    return {member: author[member] for member in _PERSON if text(author.get(member))}


def _last(
    issue: Mapping[str, Json], field_id: str, name: str
) -> tuple[datetime, Mapping[str, Json]] | None:
    found: list[tuple[datetime, Mapping[str, Json]]] = []
    for moment, author, items in _histories(issue):
        if any(_is_of(item, field_id, name) for item in items):
            found.append((moment, author))
    return max(found, key=lambda entry: entry[0]) if found else None


def _histories(
    issue: Mapping[str, Json],
) -> Iterator[tuple[datetime, Mapping[str, Json], list[Mapping[str, Json]]]]:
    listed = members(issue.get("changelog")).get("histories")
    for history in map(members, listed if isinstance(listed, (list, tuple)) else ()):
        try:
            moment = read_instant(text(history.get("created"))).astimezone(UTC)
        except ValueError:
            continue
        author = members(history.get("author"))
        items = history.get("items")
        changed = [members(item) for item in items] if isinstance(items, (list, tuple)) else []
        yield moment, author, changed


def _is_of(item: Mapping[str, Json], field_id: str, name: str) -> bool:
    known = text(item.get("fieldId"))
    if known:
        return known == field_id
    called = text(item.get("field"))
    return called == field_id or _singular(called) == _singular(name)


def _singular(name: str) -> str:
    """Return the name as changelogs have it: ``Fix Version`` for ``Fix Version/s``."""
    return folded(name).removesuffix("s").removesuffix("/")
