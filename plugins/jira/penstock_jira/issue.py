"""An issue as later steps read it: a flat map of what people see (Harness's, with more in it).

``key``, ``id``, ``url``, ``restUrl``, ``Status``, ``Issue Type``, ``Project Key``, ``Project
Name``; every field by its display name and by its id; ``__Name`` is Jira's own form of what has
more than a name (a user, a status, an option).
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

from penstock.json_types import Json
from penstock.step import Headline, Outputs
from penstock_jira.answer import as_mapping, members, text
from penstock_jira.errors import NotJira, printable
from penstock_jira.plain import plain, reduced

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["facts", "fetch_issue", "headline", "read_model", "shown", "trimmed"]

#: Fields that are lists of their own and no values: they would fill the journal.
_LEFT_OUT = ("comment", "attachment", "worklog", "issuelinks", "subtasks", "votes", "watches")
_HARNESS_RAW = {"project": "__project", "issuetype": "__issuetype", "status": "__status"}


def shown(client: "JiraClient", issue: Mapping[str, Json]) -> dict[str, Json]:
    """Return the read model of an issue that ``fetch_issue`` gave."""
    return read_model(issue, client.browse(text(issue.get("key"))))


def fetch_issue(client: "JiraClient", key: str, identifier: str = "") -> Mapping[str, Json]:
    """Ask Jira for the issue, with the names and the schema of its fields.

    Raises ``NotJira`` for an issue with another id than *identifier*, where that is known: the
    key of a moved issue may come to mean another one (Jira).
    """
    what = f"read {key}"
    answer = client.get(
        f"/rest/api/2/issue/{quote(key, safe='')}",
        what=what,
        fields=",".join(["*all", *(f"-{name}" for name in _LEFT_OUT)]),
        expand="names,schema",
    )
    issue = as_mapping(answer, what)
    found = text(issue.get("id"))
    if identifier and found != identifier:
        raise NotJira(
            f"Jira answered for another issue when asked to {what}: that one has the id "
            f"{identifier}, and {printable(found) or 'none'} came back",
            hint=f"see in Jira what became of {key}",
        )
    return issue if issue.get("key") else {**issue, "key": key}


def trimmed(issue: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return an issue that was read with more, as ``fetch_issue`` gives it."""
    fields = members(issue.get("fields"))
    kept = {name: value for name, value in fields.items() if name not in _LEFT_OUT}
    return {**{name: item for name, item in issue.items() if name != "editmeta"}, "fields": kept}


def read_model(issue: Mapping[str, Json], url: str) -> dict[str, Json]:
    """Return the flat map of an issue read with ``expand=names,schema``.

    An empty field is ``None`` under its name. Of two fields with one name the first is kept, the
    system's own before custom ones; both are there by id.
    """
    fields, names = members(issue.get("fields")), members(issue.get("names"))
    model: dict[str, Json] = {**facts(issue, fields), "url": url}
    by_name: dict[str, Json] = {}
    for field_id, name, kind in _described(fields, names, members(issue.get("schema"))):
        value = plain(fields[field_id], kind)
        by_name.setdefault(name, value)
        if value is not None:
            model.setdefault(field_id, value)
        if isinstance(fields[field_id], (Mapping, list)) and fields[field_id]:
            by_name.setdefault(f"__{name}", reduced(fields[field_id]))
    for field_id, name in _HARNESS_RAW.items():
        if fields.get(field_id):
            model[name] = reduced(fields[field_id])
    return {**by_name, **model, **_estimates(fields)}


def facts(issue: Mapping[str, Json], fields: Mapping[str, Json]) -> dict[str, Json]:
    """Return what every issue has: key, id, status, type and project."""
    project, kind = members(fields.get("project")), members(fields.get("issuetype"))
    found = {
        "key": issue.get("key"),
        "id": issue.get("id"),
        "restUrl": issue.get("self"),
        "Status": plain(fields.get("status")),
        "Issue Type": kind.get("name"),
        "Project Key": project.get("key"),
        "Project Name": project.get("name"),
    }
    return {name: value for name, value in found.items() if value is not None}


def headline(outputs: Outputs) -> Headline | None:
    """Return the key and the address of the issue among a step's outputs."""
    issue = members(outputs.get("issue"))
    key = text(issue.get("key"))
    return Headline(key, text(issue.get("url")) or None) if key else None


def _described(
    fields: Mapping[str, Json], names: Mapping[str, Json], schema: Mapping[str, Json]
) -> Iterator[tuple[str, str, str]]:
    """Yield id, display name and type of each field, custom ones last."""
    for field_id in sorted(fields, key=lambda name: (name.startswith("customfield_"), name)):
        kind = members(schema.get(field_id))
        item = text(kind.get("items")) or text(kind.get("type"))
        yield field_id, text(names.get(field_id)) or field_id, item


def _estimates(fields: Mapping[str, Json]) -> dict[str, Json]:
    tracking = members(fields.get("timetracking"))
    found = {
        "Original Estimate": tracking.get("originalEstimate"),
        "Remaining Estimate": tracking.get("remainingEstimate"),
    }
    return {name: value for name, value in found.items() if value is not None}
