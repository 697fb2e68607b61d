"""An issue as it was: rebuilt backwards from what it is, change by change.

Jira's changelog has no first values, so that the only place to begin is the present.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from penstock.json_types import Json
from penstock_jira.answer import members, text
from penstock_jira.changelog import Entry
from penstock_jira.former import Lost, before
from penstock_jira.metadata import FieldMeta

__all__ = ["State", "states"]

#: What a change of an issue's place is called.
_KEY, _PROJECT = ("key", "Key"), ("project", "project")


@dataclass(frozen=True)
class State:
    """An issue as it was from an instant on (by Jira's clock), until the next state began.

    ``issue`` is what a read of it would have given; ``lost`` says of fields, by id, why nobody
    can tell what they were.
    """

    since: datetime
    issue: Mapping[str, Json]
    changes: tuple[Entry, ...]
    lost: Mapping[str, str] = field(default_factory=dict)


def states(
    issue: Mapping[str, Json],
    changes: Sequence[Entry],
    fields: Iterable[FieldMeta],
    start: datetime,
) -> tuple[State, ...]:
    """Return an issue's states from *start* on, the oldest first, the last one the present.

    *changes* are all of its changes, the oldest first. Two states differ in *fields*, in the
    status, the type or the key.
    """
    looked_at = {one.id: one for one in (*_ALWAYS, *fields)}
    found: list[State] = []
    present, lost, number = dict(issue), dict[str, str](), len(changes)
    while number and changes[number - 1].at >= start:
        number -= 1
        entry = changes[number]
        touched = [one for one in looked_at.values() if entry.of(one.id, one.name)]
        if touched or entry.of(*_KEY):
            found.append(State(entry.at, present, tuple(changes[: number + 1]), dict(lost)))
            present = _placed(present, entry)
            values = {**members(present.get("fields"))}
            for one in touched:
                _step_back(values, lost, one, entry)
            present["fields"] = values
    found.append(State(start, present, tuple(changes[:number]), dict(lost)))
    return tuple(reversed(found))


_ALWAYS = (FieldMeta("status", "Status", "status"), FieldMeta("issuetype", "Type", "issuetype"))


def _step_back(
    values: dict[str, Json], lost: dict[str, str], described: FieldMeta, entry: Entry
) -> None:
    """Make *values* what they were before *entry*."""
    items = entry.of(described.id, described.name)
    try:
        values[described.id] = before(described, items, values.get(described.id))
    except Lost as reason:
        lost[described.id] = str(reason)
    else:
        lost.pop(described.id, None)


def _placed(issue: dict[str, Json], entry: Entry) -> dict[str, Json]:
    """Return *issue* with the key and the project that it had before a move."""
    for item in entry.of(*_KEY):
        key = text(item.get("fromString"))
        names = [text(one.get("fromString")) for one in entry.of(*_PROJECT)]
        project = {"key": key.rpartition("-")[0], "name": "".join(names[:1])}
        fields = {**members(issue.get("fields")), "project": project}
        issue = {**issue, "key": key, "fields": fields}
    return dict(issue)
