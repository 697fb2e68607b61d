"""The changes of many issues at once, as Cloud tells them."""

from collections.abc import Sequence

from werkzeug.wrappers import Response

from penstock_jira.sandbox.call import Access, Call, Route, json_reply
from penstock_jira.sandbox.contents import Change, Issue
from penstock_jira.sandbox.history import show_change
from penstock_jira.sandbox.instant import read_instant
from penstock_jira.sandbox.kind import items_of
from penstock_jira.sandbox.lens import CLOUD
from penstock_jira.sandbox.portraits import Portrait
from penstock_jira.sandbox.problem import Problem

__all__ = ["ROUTES"]

_MOST_ISSUES, _MOST_FIELDS, _MOST_RESULTS, _RESULTS = 1000, 10, 10_000, 1000


def bulk_changes(call: Call) -> Response:
    """Show the changes of up to 1,000 issues, the oldest first, by pages with a token."""
    wanted = [str(each) for each in items_of(call.body.get("issueIdsOrKeys")) or ()]
    names = [str(each) for each in items_of(call.body.get("fieldIds")) or ()]
    if not 0 < len(wanted) <= _MOST_ISSUES:
        raise Problem(400, f"issueIdsOrKeys must have 1 to {_MOST_ISSUES} entries.")
    if len(names) > _MOST_FIELDS:
        raise Problem(400, f"fieldIds must have at most {_MOST_FIELDS} entries.")
    given = call.body.get("maxResults", _RESULTS)
    if not isinstance(given, int) or not 0 < given <= _MOST_RESULTS:
        raise Problem(400, f"maxResults must be between 1 and {_MOST_RESULTS}.")
    token = str(call.body.get("nextPageToken") or "0")
    if not token.isdecimal():
        raise Problem(400, "The nextPageToken is not valid.")
    start, found = int(token), _changes(call, wanted, names)
    page: Portrait = {"issueChangeLogs": _by_issue(call, found[start : start + given])}
    if start + given < len(found):
        page["nextPageToken"] = str(start + given)
    return json_reply(page)


def _changes(call: Call, wanted: Sequence[str], names: Sequence[str]) -> list[tuple[Issue, Change]]:
    contents = call.lens.contents
    issues = [contents.find(each) for each in wanted] if call.lens.user else []
    found = {
        (change.created, issue.id, change.id): (issue, change)
        for issue in issues
        if issue is not None
        for change in issue.history
        if not names or any(item.field_id in names for item in change.items)
    }
    return [found[key] for key in sorted(found)]


def _by_issue(call: Call, changes: Sequence[tuple[Issue, Change]]) -> list[Portrait]:
    logs: dict[int, list[Portrait]] = {}
    for issue, change in changes:
        shown = show_change(call.lens, change)
        # Jira: here, and nowhere else, the instant is a number of milliseconds.
        created = int(read_instant(change.created).timestamp() * 1000)
        logs.setdefault(issue.id, []).append({**shown, "created": created})
    return [{"issueId": str(key), "changeHistories": [*told]} for key, told in logs.items()]


ROUTES: tuple[Route, ...] = (
    Route("POST", "/changelog/bulkfetch", bulk_changes, Access.OPEN, flavour=CLOUD),
)
