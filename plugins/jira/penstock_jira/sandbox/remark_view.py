"""Comments, worklogs, links and attachments as the REST API shows them."""

from collections.abc import Sequence
from urllib.parse import quote

from penstock.json_types import Json
from penstock_jira.sandbox import portraits
from penstock_jira.sandbox.contents import (
    Attachment,
    Comment,
    Issue,
    IssueLink,
    RemoteLink,
    Worklog,
)
from penstock_jira.sandbox.instant import duration_text
from penstock_jira.sandbox.kind import Slot
from penstock_jira.sandbox.kinds_issue import linked_issue
from penstock_jira.sandbox.lens import Lens
from penstock_jira.sandbox.portraits import Portrait
from penstock_jira.sandbox.remarks import visible_comments
from penstock_jira.sandbox.rich_text import document_of, plain_text
from penstock_jira.sandbox.screens import project_of
from penstock_jira.sandbox.world import find

__all__ = [
    "page_of",
    "show_attachment",
    "show_comment",
    "show_comments",
    "show_link",
    "show_remote_link",
    "show_worklog",
    "show_worklogs",
]


def _rich(lens: Lens, stored: Json) -> Json:
    if not lens.documents:
        return plain_text(stored)
    return document_of(stored) if isinstance(stored, str) else stored


def show_comment(
    lens: Lens, issue: Issue, comment: Comment, *, with_properties: bool = False
) -> Json:
    """Return a comment, with its properties if they are asked for."""
    shown: Portrait = {
        "self": f"{lens.rest}/issue/{issue.id}/comment/{comment.id}",
        "id": comment.id,
        "author": portraits.person(lens, comment.author),
        "body": _rich(lens, comment.body),
        "updateAuthor": portraits.person(lens, comment.update_author),
        "created": comment.created,
        "updated": comment.updated,
    }
    if lens.cloud:
        shown["jsdPublic"] = True
    if comment.visibility is not None:
        shown["visibility"] = comment.visibility
    if with_properties:
        properties = comment.properties.items()
        shown["properties"] = [{"key": key, "value": value} for key, value in properties]
    return shown


def show_comments(lens: Lens, issue: Issue) -> Json:
    """Return the ``comment`` field: all comments that one may see."""
    comments = visible_comments(lens, issue)
    total = len(comments)
    listed = [show_comment(lens, issue, each) for each in comments]
    page: Portrait = {"comments": listed, "maxResults": total, "total": total, "startAt": 0}
    return {**page, "self": f"{lens.rest}/issue/{issue.id}/comment"} if lens.cloud else page


def show_worklog(lens: Lens, issue: Issue, worklog: Worklog) -> Json:
    """Return a worklog."""
    shown: Portrait = {
        "self": f"{lens.rest}/issue/{issue.id}/worklog/{worklog.id}",
        "author": portraits.person(lens, worklog.author),
        "updateAuthor": portraits.person(lens, worklog.author),
        "created": worklog.created,
        "updated": worklog.updated,
        "started": worklog.started,
        "timeSpent": duration_text(worklog.seconds),
        "timeSpentSeconds": worklog.seconds,
        "id": worklog.id,
        "issueId": str(issue.id),
    }
    if worklog.comment is not None:
        shown["comment"] = _rich(lens, worklog.comment)
    return shown


def show_worklogs(lens: Lens, issue: Issue) -> Json:
    """Return the ``worklog`` field, which is also the resource."""
    listed = [show_worklog(lens, issue, each) for each in issue.worklogs]
    total = len(listed)
    return {"startAt": 0, "maxResults": total, "total": total, "worklogs": listed}


def show_link(lens: Lens, link: IssueLink, *, seen_from: Issue | None = None) -> Json:
    """Return a link: both ends, or the other end *seen_from* one of the two."""
    kind = find(lens.world.links, link.type)
    shown: Portrait = {
        "id": link.id,
        "self": f"{lens.rest}/issueLink/{link.id}",
        "type": portraits.link_type(lens, kind) if kind else None,
    }
    here = seen_from.id if seen_from else None
    for side, identifier in (("inwardIssue", link.source), ("outwardIssue", link.target)):
        issue = lens.contents.find(str(identifier))
        if issue is not None and (identifier != here or link.source == link.target):
            slot = Slot(lens.world.field("issuelinks"), lens, project_of(lens, issue))
            shown[side] = linked_issue(slot, issue)
    return shown


def show_remote_link(lens: Lens, issue: Issue, link: RemoteLink) -> Json:
    """Return a link to something outside Jira."""
    shown: Portrait = {
        "id": link.id,
        "self": f"{lens.rest}/issue/{issue.key}/remotelink/{link.id}",
        **link.target,
    }
    return {**shown, "globalId": link.global_id} if link.global_id else shown


def show_attachment(lens: Lens, attachment: Attachment) -> Json:
    """Return what there is to know of a file on an issue."""
    name = quote(attachment.filename, safe="")
    content = (
        f"{lens.rest}/attachment/content/{attachment.id}"
        if lens.cloud
        else f"{lens.site}/secure/attachment/{attachment.id}/{name}"
    )
    return {
        "self": f"{lens.rest}/attachment/{attachment.id}",
        "id": attachment.id,
        "filename": attachment.filename,
        "author": portraits.person(lens, attachment.author),
        "created": attachment.created,
        "size": attachment.size,
        "mimeType": attachment.media_type,
        "content": content,
    }


def page_of(things: Sequence[Json], start: int, most: int) -> tuple[Sequence[Json], Portrait]:
    """Return a page of *things*, and the three numbers that say where it is."""
    page: Portrait = {"startAt": start, "maxResults": most, "total": len(things)}
    return things[start : start + most], page
