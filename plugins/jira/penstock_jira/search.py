"""Searches, and walks along a project's keys: how an issue is found that may exist."""

from typing import TYPE_CHECKING
from urllib.parse import quote

from penstock.json_types import Json
from penstock_jira.answer import as_list, as_mapping, members, text
from penstock_jira.marker import PROPERTY, marked

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["found_by_label", "highest_number", "quoted", "walk"]

#: So many keys in a row that nobody can see end a walk: a deleted issue leaves a gap.
_GAP = 5
#: A walk is for the seconds since a request; more keys than this were not made in them.
_LONGEST_WALK = 500


def quoted(value: str) -> str:
    """Return *value* as one JQL text, whatever it holds."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _search(client: "JiraClient", jql: str, limit: int, what: str) -> list[Json]:
    """Return the issues; Cloud took the old search away, Data Center has only that."""
    path = "/rest/api/3/search/jql" if client.cloud else "/rest/api/2/search"
    question: Json = {"jql": jql, "maxResults": limit, "fields": ["summary"]}
    found = as_mapping(client.ask(path, members(question), what=what), what)
    return list(as_list(found.get("issues"), what))


def highest_number(client: "JiraClient", project: str) -> int:
    """Return the number of the project's newest issue, 0 when a search finds none."""
    what = f"find the newest issue of {project}"
    jql = f"project = {quoted(project)} ORDER BY key DESC"
    issues = _search(client, jql, 1, what)
    keys = [text(members(issue).get("key")).rpartition("-")[2] for issue in issues]
    return max((int(number) for number in keys if number.isdecimal()), default=0)


def found_by_label(client: "JiraClient", project: str, label: str) -> list[Json]:
    """Return ``{"id", "key"}`` of the issues with *label*, oldest first."""
    what = f"look for an issue labelled {label}"
    jql = f"project = {quoted(project)} AND labels = {quoted(label)} ORDER BY created ASC"
    found = [_named(issue) for issue in _search(client, jql, 5, what)]
    return sorted(found, key=lambda issue: int(text(members(issue).get("id")) or 0))


def walk(client: "JiraClient", project: str, after: int, marker: str) -> Json:
    """Return ``{"id", "key"}`` of the issue with *marker* among the keys after *after*.

    Reads each key, since Jira answers a read from its database and a search from an index that
    may be minutes behind. ``None``: there is no such issue.
    """
    gap = 0
    for number in range(after + 1, after + 1 + _LONGEST_WALK):
        key = f"{project}-{number}"
        issue = client.find(
            f"/rest/api/2/issue/{quote(key, safe='')}",
            what=f"look at {key}",
            fields="labels",
            properties=PROPERTY,
        )
        gap = gap + 1 if issue is None else 0
        if gap >= _GAP:
            return None
        if marked(members(issue).get("properties"), marker):
            return _named(issue)
    return None


def _named(issue: Json) -> Json:
    return {name: text(members(issue).get(name)) for name in ("id", "key")}
