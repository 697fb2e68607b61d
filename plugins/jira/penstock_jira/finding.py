"""The issues that a search finds, page by page, each with all of its changes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from penstock.json_types import Json
from penstock_jira.answer import as_list, as_mapping, members, text
from penstock_jira.changelog import merged
from penstock_jira.reading import all_changes

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["found_issues"]

#: Jira: so many issues come on a page, if it is asked for their fields.
_PAGE = 100
_WHAT = "search for issues"


def found_issues(
    client: Callable[[], "JiraClient"], jql: str, fields: Sequence[str], *, cloud: bool
) -> Iterator[Mapping[str, Json]]:
    """Yield what *jql* finds, with *fields* (ids) and every change; *client* gives one a page.

    Raises as ``JiraClient.ask`` does; what is wrong with the JQL, Jira says in its own words.
    """
    return _on_cloud(client, jql, fields) if cloud else _on_data_center(client, jql, fields)


def _on_cloud(
    client: Callable[[], "JiraClient"], jql: str, fields: Sequence[str]
) -> Iterator[Mapping[str, Json]]:
    """Jira Cloud: pages go by a token, and a search tells of the newest changes only."""
    question: dict[str, Json] = {"jql": jql, "fields": list(fields), "maxResults": _PAGE}
    known: set[str] = set()
    while True:
        asking = client()
        page = as_mapping(asking.ask("/rest/api/3/search/jql", question, what=_WHAT), _WHAT)
        issues = [members(one) for one in as_list(page.get("issues"), _WHAT)]
        changes = all_changes(asking, [text(one.get("id")) for one in issues], ()) if issues else {}
        for issue in issues:
            yield merged(issue, changes.get(text(issue.get("id")), ()))
        token = text(page.get("nextPageToken"))
        if not token or token in known or not issues:
            return
        known.add(token)
        question["nextPageToken"] = token


def _on_data_center(
    client: Callable[[], "JiraClient"], jql: str, fields: Sequence[str]
) -> Iterator[Mapping[str, Json]]:
    """Jira Data Center: pages go by number, and each issue comes with all of its changes."""
    start = 0
    while True:
        question: dict[str, Json] = {"jql": jql, "fields": list(fields), "maxResults": _PAGE}
        question |= {"startAt": start, "expand": ["changelog"]}
        page = as_mapping(client().ask("/rest/api/2/search", question, what=_WHAT), _WHAT)
        issues = as_list(page.get("issues"), _WHAT)
        yield from map(members, issues)
        start, total = start + len(issues), page.get("total")
        if not issues or not isinstance(total, int) or start >= total:
            return
