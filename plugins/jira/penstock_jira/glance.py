"""The fields that a gate asks for by name, as they are on one issue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from penstock.json_types import Json
from penstock_jira.answer import members, text
from penstock_jira.changelog import last_author, last_change
from penstock_jira.metadata import FieldMeta
from penstock_jira.plain import reduced
from penstock_jira.site import Site

__all__ = ["ALWAYS", "content", "ids_of", "is_pseudo"]

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
_NOT_HERE = "not on this issue"


def is_pseudo(name: str) -> bool:
    """Whether the read model has this name though Jira has no field of it."""
    return name in _PSEUDO


def ids_of(names: Sequence[str], site: Site) -> set[str]:
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


@dataclass
class _Glance:
    """What is found of the names asked for."""

    fields: dict[str, Json] = field(default_factory=dict)
    absent: dict[str, Json] = field(default_factory=dict)
    unknown: dict[str, Json] = field(default_factory=dict)
    ambiguous: dict[str, Json] = field(default_factory=dict)
    since: dict[str, Json] = field(default_factory=dict)
    people: dict[str, Json] = field(default_factory=dict)


def content(
    issue: Mapping[str, Json],
    names: Sequence[str],
    site: Site,
    *,
    url: str,
    watched: str,
    people: bool = False,
) -> dict[str, Json]:
    """Return the content of a snapshot: what ``JiraApproval.judge`` looks at.

    ``fields`` holds id, type, items and value (reduced) by name; ``absent`` says why a field has
    no value; ``unknown`` lists near misses of a name that exists nowhere; ``ambiguous`` says
    which fields of the issue share a name; ``since`` is the last change of a field, and
    ``people``, where it is asked for, who made it.
    """
    glance = _Glance()
    for name in names:
        _look(glance, issue, name, site, url)
    fields, key = members(issue.get("fields")), text(issue.get("key"))
    project = members(fields.get("project"))
    found: dict[str, Json] = {
        "key": key,
        "id": text(issue.get("id")),
        "url": url,
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


def _look(glance: _Glance, issue: Mapping[str, Json], name: str, site: Site, url: str) -> None:
    if name in _PSEUDO:
        _look_pseudo(glance, {**issue, "url": url}, name)
        return
    candidates = site.called(_plain_name(name))
    if not candidates:
        glance.unknown[name] = [*site.near(name)]
        return
    fields = members(issue.get("fields"))
    here = [candidate for candidate in candidates if candidate.id in fields]
    if len(here) > 1:
        glance.ambiguous[name] = ", ".join(f"{one.id} ({one.kind})" for one in here)
    elif not here:
        glance.absent[name] = _NOT_HERE
    else:
        _keep(glance, issue, name, here[0], fields[here[0].id])


def _look_pseudo(glance: _Glance, issue: Mapping[str, Json], name: str) -> None:
    path, kind = _PSEUDO[name]
    value: Json = issue
    for part in path:
        value = members(value).get(part)
    _keep(glance, issue, name, FieldMeta(path[-1], name, type=kind), value)


def _keep(
    glance: _Glance, issue: Mapping[str, Json], name: str, described: FieldMeta, value: Json
) -> None:
    if value is None or value in ("", []):
        glance.absent[name] = "empty"
    else:
        glance.fields[name] = {
            "id": described.id,
            "type": "raw" if name.startswith("__") else described.type,
            "items": described.items,
            "value": reduced(value),
        }
    changed = last_change(issue, described.id, described.name)
    if changed is not None:
        glance.since[name] = changed
        glance.people[name] = last_author(issue, described.id, described.name)
