"""The fields that a gate asks for by name, as they are on one issue."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from penstock.json_types import Json
from penstock_jira.answer import members, text
from penstock_jira.changelog import Entry, last
from penstock_jira.metadata import FieldMeta
from penstock_jira.plain import reduced
from penstock_jira.site import Site

__all__ = ["ALWAYS", "Seen", "content", "ids_of", "is_pseudo", "meant"]

#: Field ids that are read of every issue.
ALWAYS = ("status", "issuetype", "project")
#: Names of the read model that are no fields: where they are found, and their type.
_PSEUDO: Mapping[str, tuple[tuple[str, ...], str]] = {
    "key": (("key",), "string"),
    "id": (("id",), "string"),
    "url": (("url",), "string"),
    "restUrl": (("self",), "string"),
    "Status": (("fields", "status"), "status"),
    "Issue Type": (("fields", "issuetype"), "issuetype"),
    "Project Key": (("fields", "project", "key"), "string"),
    "Project Name": (("fields", "project", "name"), "string"),
    "Parent": (("fields", "parent"), "issuelink"),
    "Original Estimate": (("fields", "timetracking", "originalEstimate"), "string"),
    "Remaining Estimate": (("fields", "timetracking", "remainingEstimate"), "string"),
}
#: What the changelog calls those of them that have another name there.
_LOGGED = {"Original Estimate": "timeoriginalestimate", "Remaining Estimate": "timeestimate"}
_NOT_HERE = "not on this issue"


def is_pseudo(name: str) -> bool:
    """Whether the read model has this name though Jira has no field of it."""
    return name in _PSEUDO


def ids_of(names: Iterable[str], site: Site) -> set[str]:
    """Return the ids of all fields that *names* may mean."""
    found = set(ALWAYS)
    for name in names:
        if name in _PSEUDO:
            found |= {part for part in _PSEUDO[name][0][1:2] if part not in {"key", "name"}}
        else:
            found |= {field.id for field in site.called(_plain_name(name))}
    return found


def _plain_name(name: str) -> str:
    """Return the field's name behind ``__Name``, Jira's own form of its value (Harness)."""
    return name.removeprefix("__")


@dataclass(frozen=True)
class Seen:
    """An issue as it was read, and what is known about it besides."""

    issue: Mapping[str, Json]
    changes: tuple[Entry, ...] = ()
    #: Where a person can look.
    url: str = ""
    #: Why nobody can tell what a field was, by its id.
    lost: Mapping[str, str] = field(default_factory=dict)
    #: The ids that names had at an earlier look, for those that no field has any more.
    ids: Mapping[str, Json] = field(default_factory=dict)


@dataclass
class _Glance:
    """What is found of the names asked for."""

    seen: Seen
    site: Site
    fields: dict[str, Json] = field(default_factory=dict)
    absent: dict[str, Json] = field(default_factory=dict)
    unknown: dict[str, Json] = field(default_factory=dict)
    ambiguous: dict[str, Json] = field(default_factory=dict)
    since: dict[str, Json] = field(default_factory=dict)
    people: dict[str, Json] = field(default_factory=dict)


def content(
    seen: Seen, names: Sequence[str], site: Site, *, watched: str, people: bool = False
) -> dict[str, Json]:
    """Return the content of a snapshot: what ``JiraApproval.judge`` looks at.

    ``fields`` holds id, type, items and value (reduced) by name; ``absent`` says why a field has
    no value; ``unknown`` lists near misses of a name that exists nowhere; ``ambiguous`` says
    which fields of the issue share a name; ``since`` is the last change of a field, and
    ``people``, where it is asked for, who made it.
    """
    issue = seen.issue
    glance = _Glance(seen, site)
    for name in names:
        _look(glance, name)
    fields, key = members(issue.get("fields")), text(issue.get("key"))
    project = members(fields.get("project"))
    found: dict[str, Json] = {
        "key": key,
        "id": text(issue.get("id")),
        "url": seen.url,
        "status": text(members(fields.get("status")).get("name")),
        "issuetype": text(members(fields.get("issuetype")).get("name")),
        "project": text(project.get("key")),
        "fields": glance.fields,
        "absent": glance.absent,
        "unknown": glance.unknown,
        "ambiguous": glance.ambiguous,
        "since": glance.since,
    }
    if people:
        found["people"] = glance.people
    if watched.upper() not in {key.upper(), text(issue.get("id"))}:
        found["moved_from"] = watched
    return found


def meant(name: str, seen: Seen, site: Site) -> tuple[FieldMeta, ...]:
    """Return the fields that *name* may mean: by name, or by the id that it had earlier."""
    if name in _PSEUDO:
        return (_pseudo(name),)
    return site.called(_plain_name(name)) or site.called(text(seen.ids.get(name)))


def _look(glance: _Glance, name: str) -> None:
    if name in _PSEUDO:
        _look_pseudo(glance, name)
        return
    candidates = meant(name, glance.seen, glance.site)
    if not candidates:
        glance.unknown[name] = [*glance.site.near(name)]
        return
    fields = members(glance.seen.issue.get("fields"))
    here = [candidate for candidate in candidates if candidate.id in fields]
    if len(here) > 1:
        glance.ambiguous[name] = ", ".join(f"{one.id} ({one.kind})" for one in here)
    elif not here:
        glance.absent[name] = _NOT_HERE
    else:
        _keep(glance, name, here[0], fields[here[0].id])


def _look_pseudo(glance: _Glance, name: str) -> None:
    value: Json = {**glance.seen.issue, "url": glance.seen.url}
    for part in _PSEUDO[name][0]:
        value = members(value).get(part)
    _keep(glance, name, _pseudo(name), value)


def _pseudo(name: str) -> FieldMeta:
    path, kind = _PSEUDO[name]
    return FieldMeta(_LOGGED.get(name, path[-1]), name, type=kind)


def _keep(glance: _Glance, name: str, found: FieldMeta, value: Json) -> None:
    seen = glance.seen
    if found.id in seen.lost:
        glance.absent[name] = seen.lost[found.id]
    elif value is None or value in ("", []):
        glance.absent[name] = "empty"
    else:
        glance.fields[name] = {
            "id": found.id,
            "type": "raw" if name.startswith("__") else found.type,
            "items": found.items,
            "value": reduced(value),
        }
    changed = last(seen.changes, found.id, found.name)
    if changed is not None:
        glance.since[name] = {"at": changed.at.isoformat(), "by": changed.by}
        glance.people[name] = changed.person
