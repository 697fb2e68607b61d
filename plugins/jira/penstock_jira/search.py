"""Searches: how an issue is found that may exist, as far as Jira's index knows by now."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from penstock.json_types import Json
from penstock_jira.answer import as_list, as_mapping, members, text
from penstock_jira.jql import quoted

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["found_by_label", "highest_number", "searched"]


def searched(
    client: "JiraClient", jql: str, limit: int, what: str, *, fresh: Sequence[int] = ()
) -> list[Mapping[str, str]]:
    """Return ``{"id", "key"}`` of at most *limit* issues, in the order of the search.

    *fresh* are the ids of at most 50 issues that Cloud is to judge by what they are now, since
    its index may be behind. Cloud took the old search away; Data Center has only that.
    """
    question: dict[str, Json] = {"jql": jql, "maxResults": limit, "fields": ["summary"]}
    if client.cloud and fresh:
        question["reconcileIssues"] = list(fresh)
    path = "/rest/api/3/search/jql" if client.cloud else "/rest/api/2/search"
    found = as_mapping(client.ask(path, question, what=what), what)
    issues = map(members, as_list(found.get("issues"), what))
    return [{name: text(issue.get(name)) for name in ("id", "key")} for issue in issues]


def highest_number(client: "JiraClient", project: str) -> int:
    """Return the number of the project's newest issue, 0 when a search finds none."""
    what = f"find the newest issue of {project}"
    issues = searched(client, f"project = {quoted(project)} ORDER BY key DESC", 1, what)
    numbers = [issue["key"].rpartition("-")[2] for issue in issues]
    return max((int(number) for number in numbers if number.isdecimal()), default=0)


def found_by_label(client: "JiraClient", label: str) -> list[Mapping[str, str]]:
    """Return ``{"id", "key"}`` of the issues with *label*, in whichever project they are now."""
    jql = f"labels = {quoted(label)} ORDER BY created ASC"
    return searched(client, jql, 10, f"look for an issue labelled {label}")
