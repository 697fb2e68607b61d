"""What a gate's judgement rests on, as it was seen: the issue, and the changes that made it so."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from penstock.json_types import Json
from penstock_jira.answer import text
from penstock_jira.changelog import Entry
from penstock_jira.metadata import FieldMeta

__all__ = ["evidence", "relevant"]

#: What is kept of an issue beside the fields that the criteria name.
_ISSUE = ("key", "id", "url", "status", "issuetype", "project", "fields", "absent", "moved_from")
_ITEM = ("field", "fieldId", "from", "fromString", "to", "toString")
_PERSON = ("accountId", "name", "key", "displayName")
#: So many changes are kept, the newest ones, and so many characters of a text.
_MOST_CHANGES, _LONGEST = 100, 4000
#: Members of a value that are somebody's private matter, and tell nothing that an id does not.
_PRIVATE = {"emailAddress"}


def relevant(changes: Sequence[Entry], fields: Iterable[FieldMeta]) -> list[Json]:
    """Return the changes that are of *fields*, of each the part that is, the oldest first."""
    listed = list({one.id: one for one in fields}.values())
    found: list[Json] = []
    for entry in changes:
        items = [item for one in listed for item in entry.of(one.id, one.name)]
        if items:
            author = {name: entry.author[name] for name in _PERSON if text(entry.author.get(name))}
            told = [{name: item[name] for name in _ITEM if name in item} for item in items]
            found.append(
                {"id": entry.id, "at": entry.at.isoformat(), "author": author, "items": told}
            )
    return found[-_MOST_CHANGES:]


def evidence(content: Mapping[str, Json], at: datetime) -> dict[str, Json]:
    """Return what a verdict on *content*, seen *at*, rests on; no secrets, no e-mail addresses."""
    issue = {name: content[name] for name in _ISSUE if name in content}
    seen: dict[str, Json] = {"seen": at.isoformat(), "opened": content.get("opened")}
    bundle: dict[str, Json] = {
        "issue": {**issue, **{name: value for name, value in seen.items() if value is not None}},
        "changes": content.get("changes", []),
    }
    if "approvals" in content:
        bundle["approvals"] = content["approvals"]
    return {name: _short(value) for name, value in bundle.items()}


def _short(value: Json) -> Json:
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
    if isinstance(value, Mapping):
        return {name: _short(item) for name, item in value.items() if name not in _PRIVATE}
    if isinstance(value, (list, tuple)):
        return [_short(item) for item in value]
    return value
