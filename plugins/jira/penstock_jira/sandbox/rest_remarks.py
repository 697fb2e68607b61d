"""Resources that hang on issues: comments, worklogs, watchers, links, attachments."""

import base64
from collections.abc import Mapping

from werkzeug.wrappers import Response

from penstock.json_types import Json
from penstock_jira.sandbox import portraits, remark_view, remarks
from penstock_jira.sandbox.call import Access, Call, Route, json_reply, no_content
from penstock_jira.sandbox.contents import Attachment, Comment, Issue, IssueLink
from penstock_jira.sandbox.kinds_people import user_with
from penstock_jira.sandbox.problem import Problem
from penstock_jira.sandbox.world import User

__all__ = ["ROUTES"]


def comments(call: Call, issue: str) -> Response:
    """List an issue's comments by pages."""
    found = call.issue(issue)
    listed = remarks.visible_comments(call.lens, found)
    if (call.text("orderBy") or "").startswith("-"):
        listed.reverse()
    shown = [_comment(call, found, each) for each in listed]
    start = call.number("startAt", 0)
    values, page = remark_view.page_of(shown, start, call.number("maxResults", 5000, 5000))
    return json_reply({**page, "comments": values})


def _comment(call: Call, issue: Issue, comment: Comment) -> Json:
    with_properties = "properties" in call.words("expand")
    return remark_view.show_comment(call.lens, issue, comment, with_properties=with_properties)


def add_comment(call: Call, issue: str) -> Response:
    """Write a comment."""
    found = call.issue(issue)
    draft = remarks.read_comment(call.lens, call.body)
    made = remarks.add_comment(call.desk, call.lens, found, draft)
    return json_reply(_comment(call, found, made), 201)


def comment(call: Call, issue: str, identifier: str) -> Response:
    """Show a comment."""
    found = call.issue(issue)
    return json_reply(_comment(call, found, remarks.find_comment(call.lens, found, identifier)))


def change_comment(call: Call, issue: str, identifier: str) -> Response:
    """Write a comment anew."""
    found = call.issue(issue)
    changed = remarks.find_comment(call.lens, found, identifier)
    draft = remarks.read_comment(call.lens, call.body)
    remarks.change_comment(call.desk, call.lens, found, changed, draft)
    return json_reply(_comment(call, found, changed))


def delete_comment(call: Call, issue: str, identifier: str) -> Response:
    """Take a comment away."""
    found = call.issue(issue)
    gone = remarks.find_comment(call.lens, found, identifier)
    remarks.remove_comment(call.desk, found, gone)
    return no_content()


def worklogs(call: Call, issue: str) -> Response:
    """List the time that was booked on an issue."""
    return json_reply(remark_view.show_worklogs(call.lens, call.issue(issue)))


def add_worklog(call: Call, issue: str) -> Response:
    """Book time on an issue."""
    found = call.issue(issue)
    made = remarks.add_worklog(call.desk, call.lens, found, call.body)
    return json_reply(remark_view.show_worklog(call.lens, found, made), 201)


def watchers(call: Call, issue: str) -> Response:
    """List who watches an issue."""
    found = call.issue(issue)
    user = call.lens.user
    return json_reply(
        {
            "self": f"{call.lens.rest}/issue/{found.key}/watchers",
            "isWatching": user is not None and user.name in found.watchers,
            "watchCount": len(found.watchers),
            "watchers": [portraits.person(call.lens, name) for name in found.watchers],
        }
    )


def watch(call: Call, issue: str) -> Response:
    """Let a user watch an issue: the one that the body names, or whoever asks."""
    found = call.issue(issue)
    name = _user(call, call.json).name if call.raw else call.desk.author(call.lens)
    if name not in found.watchers:
        found.watchers.append(name)
        call.desk.touch(found)
    return no_content()


def unwatch(call: Call, issue: str) -> Response:
    """Let a user watch an issue no more."""
    found = call.issue(issue)
    user = _user(call, call.text("accountId" if call.lens.cloud else "username"))
    if user.name in found.watchers:
        found.watchers.remove(user.name)
        call.desk.touch(found)
    return no_content()


def _user(call: Call, identity: Json) -> User:
    user = user_with(call.lens, identity) if isinstance(identity, str) else None
    if user is None:
        raise Problem(404, f"The user '{identity}' does not exist.")
    return user


def link_types(call: Call) -> Response:
    """List the types of issue links."""
    known = [portraits.link_type(call.lens, each) for each in call.lens.world.links]
    return json_reply({"issueLinkTypes": known})


def add_link(call: Call) -> Response:
    """Link two issues."""
    kind, inward, outward = remarks.read_link(call.lens, call.body)
    if inward is None or outward is None:
        raise Problem(400, "Both inwardIssue and outwardIssue are needed.")
    comment = call.body.get("comment")
    draft = remarks.read_comment(call.lens, comment) if isinstance(comment, Mapping) else None
    made = remarks.add_link(call.desk, kind, inward, outward)
    if draft is not None:
        remarks.add_comment(call.desk, call.lens, inward, draft)
    answer = Response(b"", 201)
    answer.headers["Location"] = f"{call.lens.rest}/issueLink/{made.id}"
    return answer


def _link(call: Call, identifier: str) -> IssueLink:
    for link in call.lens.contents.links:
        if link.id == identifier:
            return link
    raise Problem(404, f"No issue link with id '{identifier}' exists.")


def link(call: Call, identifier: str) -> Response:
    """Show an issue link."""
    return json_reply(remark_view.show_link(call.lens, _link(call, identifier)))


def delete_link(call: Call, identifier: str) -> Response:
    """Take an issue link away."""
    call.lens.contents.links.remove(_link(call, identifier))
    call.lens.contents.revision += 1
    return no_content()


def attach(call: Call, issue: str) -> Response:
    """Keep files on an issue; Jira wants to be told that no browser was tricked."""
    if call.request.headers.get("X-Atlassian-Token") not in ("no-check", "nocheck"):
        raise Problem(403, "XSRF check failed", body="XSRF check failed")
    found = call.issue(issue)
    files = call.request.files.getlist("file")
    if not files:
        raise Problem(400, "No file was sent: the part of the form must be called 'file'.")
    made = []
    for file in files:
        file.stream.seek(0)
        content = file.stream.read()
        made.append(
            Attachment(
                id=str(call.lens.contents.next_id("attachment")),
                author=call.desk.author(call.lens),
                created=call.desk.now(),
                filename=file.filename or "file",
                media_type=file.mimetype or "application/octet-stream",
                size=len(content),
                content=base64.b64encode(content).decode("ascii"),
            )
        )
    found.attachments += made
    call.desk.touch(found)
    return json_reply([remark_view.show_attachment(call.lens, each) for each in made])


def _attachment(call: Call, identifier: str) -> Attachment:
    for issue in call.lens.contents:
        for each in issue.attachments:
            if each.id == identifier:
                return each
    raise Problem(404, f"The attachment with id '{identifier}' does not exist")


def attachment(call: Call, identifier: str) -> Response:
    """Show what there is to know of a file."""
    return json_reply(remark_view.show_attachment(call.lens, _attachment(call, identifier)))


def attachment_content(call: Call, identifier: str, **_name: str) -> Response:
    """Send a file; never for a browser to show."""
    found = _attachment(call, identifier)
    answer = Response(base64.b64decode(found.content), 200, mimetype="application/octet-stream")
    answer.headers["Content-Disposition"] = "attachment"
    return answer


_COMMENTS = "/issue/<issue>/comment"
_COMMENT = f"{_COMMENTS}/<identifier>"
_FILE = "/secure/attachment/<identifier>/<name>"

ROUTES: tuple[Route, ...] = (
    Route("GET", _COMMENTS, comments),
    Route("POST", _COMMENTS, add_comment, writes=True),
    Route("GET", _COMMENT, comment),
    Route("PUT", _COMMENT, change_comment, writes=True),
    Route("DELETE", _COMMENT, delete_comment, writes=True),
    Route("GET", "/issue/<issue>/worklog", worklogs),
    Route("POST", "/issue/<issue>/worklog", add_worklog, writes=True),
    Route("GET", "/issue/<issue>/watchers", watchers),
    Route("POST", "/issue/<issue>/watchers", watch, writes=True),
    Route("DELETE", "/issue/<issue>/watchers", unwatch, writes=True),
    Route("GET", "/issueLinkType", link_types, Access.SIGNED_IN),
    Route("POST", "/issueLink", add_link, writes=True),
    Route("GET", "/issueLink/<identifier>", link),
    Route("DELETE", "/issueLink/<identifier>", delete_link, writes=True),
    Route("POST", "/issue/<issue>/attachments", attach, writes=True),
    Route("GET", "/attachment/<identifier>", attachment),
    Route("GET", "/attachment/content/<identifier>", attachment_content),
    Route("GET", _FILE, attachment_content, rooted=True),
)
