"""Resources of one issue: create, read, edit, move, delete, assign, history."""

from collections.abc import Mapping

from werkzeug.wrappers import Response

from penstock.json_types import Json
from penstock_jira.sandbox.call import Access, Call, Route, json_reply, no_content
from penstock_jira.sandbox.field_choice import ALL, FieldChoice
from penstock_jira.sandbox.history import show_change
from penstock_jira.sandbox.issue_view import show_issue, show_transition
from penstock_jira.sandbox.kind import items_of
from penstock_jira.sandbox.lens import CLOUD
from penstock_jira.sandbox.portraits import Portrait
from penstock_jira.sandbox.problem import NO_ISSUE_ON_CLOUD, Problem

__all__ = ["ROUTES"]

_ANONYMOUS = (
    "Anonymous users do not have permission to create issues in this project. "
    "Please try logging in first."
)
_MOST_AT_ONCE = 100
#: Jira Cloud: so many changes come with each issue of a bulk read.
_MOST_CHANGES_IN_BULK = 40


def create(call: Call) -> Response:
    """Create an issue."""
    if call.lens.user is None:
        if not call.lens.cloud:
            raise Problem(401, "You are not authenticated. Authentication required.")
        raise Problem(400, errors={"project": _ANONYMOUS})
    issue = call.desk.create(call.lens, call.body)
    address = f"{call.lens.rest}/issue/{issue.id}"
    return json_reply({"id": str(issue.id), "key": issue.key, "self": address}, 201)


def read(call: Call, issue: str) -> Response:
    """Show an issue."""
    choice = FieldChoice.of(call.request.args.getlist("fields"), ALL)
    found = call.issue(issue)
    properties = call.words("properties")
    return json_reply(show_issue(call.lens, found, choice, call.words("expand"), properties))


def edit(call: Call, issue: str) -> Response:
    """Edit an issue; answer with it where that is asked for."""
    found = call.issue(issue)
    call.desk.edit(call.lens, found, call.body)
    if call.lens.cloud and call.flag("returnIssue"):
        return json_reply(show_issue(call.lens, found, ALL, call.words("expand")))
    return no_content()


def delete(call: Call, issue: str) -> Response:
    """Delete an issue."""
    call.desk.delete(call.issue(issue), with_children=call.flag("deleteSubtasks"))
    return no_content()


def assign(call: Call, issue: str) -> Response:
    """Assign an issue: ``{accountId}`` on Cloud, ``{name}`` on Data Center."""
    found = call.issue(issue)
    name = "accountId" if call.lens.cloud else "name"
    given = call.body.get(name)
    value: Json = {name: given} if given is not None else None
    call.desk.edit(call.lens, found, {"fields": {"assignee": value}})
    return no_content()


def transitions(call: Call, issue: str) -> Response:
    """List the transitions out of the issue's status."""
    found = call.issue(issue)
    with_fields = "transitions.fields" in call.words("expand")
    only = call.text("transitionId")
    listed = [
        show_transition(call.lens, found, way, with_fields=with_fields)
        for way in call.desk.transitions(found)
        if only is None or way.id == only
    ]
    return json_reply({"expand": "transitions", "transitions": listed})


def move(call: Call, issue: str) -> Response:
    """Send an issue through a transition."""
    call.desk.move(call.lens, call.issue(issue), call.body)
    return no_content()


def history(call: Call, issue: str) -> Response:
    """Show an issue's history by pages, oldest first."""
    changes = call.issue(issue).history
    start, most = call.number("startAt", 0), call.number("maxResults", 100, 100)
    end = start + most
    page: Portrait = {
        "self": call.request.base_url,
        "maxResults": most,
        "startAt": start,
        "total": len(changes),
        "isLast": end >= len(changes),
        "values": [show_change(call.lens, each) for each in changes[start:end]],
    }
    if end < len(changes):
        page["nextPage"] = f"{call.request.base_url}?startAt={end}&maxResults={most}"
    return json_reply(page)


def bulk_fetch(call: Call) -> Response:
    """Show up to 100 issues; those that are not there are named, and the answer is still 200."""
    asked = items_of(call.body.get("issueIdsOrKeys"))
    if not asked:
        raise Problem(400, "issueIdsOrKeys must not be empty.")
    if len(asked) > _MOST_AT_ONCE:
        raise Problem(400, f"issueIdsOrKeys must have at most {_MOST_AT_ONCE} entries.")
    errors: list[Json] = []
    found = {}
    for wanted in dict.fromkeys(str(each) for each in asked):
        issue = call.lens.contents.find(wanted) if call.lens.user else None
        if issue is None:
            errors.append({"id": wanted, "errorMessage": NO_ISSUE_ON_CLOUD})
        else:
            found[issue.id] = issue
    choice = FieldChoice.of(_texts(call.body, "fields"), ALL)
    expand, properties = _texts(call.body, "expand"), _texts(call.body, "properties")
    issues: list[Json] = [
        show_issue(call.lens, found[key], choice, expand, properties, changes=_MOST_CHANGES_IN_BULK)
        for key in sorted(found)
    ]
    return json_reply({"issues": issues, "issueErrors": errors})


def _texts(body: Mapping[str, Json], name: str) -> list[str]:
    given = body.get(name)
    listed = items_of(given)
    return [str(each) for each in listed] if listed is not None else str(given or "").split(",")


ROUTES: tuple[Route, ...] = (
    Route("POST", "/issue", create, Access.OPEN, writes=True),
    Route("POST", "/issue/bulkfetch", bulk_fetch, Access.OPEN, flavour=CLOUD),
    Route("GET", "/issue/<issue>", read),
    Route("PUT", "/issue/<issue>", edit, writes=True),
    Route("DELETE", "/issue/<issue>", delete, writes=True),
    Route("PUT", "/issue/<issue>/assignee", assign, writes=True),
    Route("GET", "/issue/<issue>/transitions", transitions),
    Route("POST", "/issue/<issue>/transitions", move, writes=True),
    Route("GET", "/issue/<issue>/changelog", history, flavour=CLOUD),
)
