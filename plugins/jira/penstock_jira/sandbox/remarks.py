"""What hangs on an issue: comments, worklogs and links to other issues."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.json_types import Json
from penstock_jira.sandbox.adf_rules import document_fault
from penstock_jira.sandbox.contents import Comment, Issue, IssueLink, Worklog
from penstock_jira.sandbox.edits import Remark
from penstock_jira.sandbox.instant import duration_seconds, parse_instant
from penstock_jira.sandbox.kind import items_of, member
from penstock_jira.sandbox.kinds_text import LONGEST_TEXT, TOO_LONG
from penstock_jira.sandbox.lens import Lens
from penstock_jira.sandbox.problem import Problem, no_issue
from penstock_jira.sandbox.rich_text import plain_text
from penstock_jira.sandbox.world import LinkType, find

if TYPE_CHECKING:
    from penstock_jira.sandbox.desk import Desk

__all__ = [
    "DraftComment",
    "add_comment",
    "add_link",
    "add_worklog",
    "change_comment",
    "check_property",
    "find_comment",
    "prepare",
    "read_comment",
    "read_properties",
    "remove_comment",
    "visible_comments",
]

_LONGEST_PROPERTY = 32_768
_LONGEST_KEY = 255
_NOT_TEXT = (
    "Can not deserialize instance of java.lang.String out of START_OBJECT token "
    '(through reference chain: CommentJsonBean["body"])'
)


@dataclass(frozen=True)
class DraftComment:
    """A comment that was read and found right."""

    body: Json
    visibility: Mapping[str, Json] | None
    properties: Mapping[str, Json]


def read_comment(lens: Lens, value: Json) -> DraftComment:
    """Read ``{body, visibility, properties}``; raise Jira's 400."""
    given = value if isinstance(value, Mapping) else {}
    body = given.get("body")
    text = plain_text(body)
    if isinstance(body, Mapping) and not lens.documents:
        raise Problem(400, _NOT_TEXT)
    if lens.documents and body is not None and document_fault(body) is not None:
        raise Problem(400, errors={"comment": "Comment body is not valid!"})
    if not text.strip():
        raise Problem(400, errors={"comment": "Comment body can not be empty!"})
    if len(text) > LONGEST_TEXT:
        raise Problem(400, errors={"comment": TOO_LONG})
    return DraftComment(
        body=body,
        visibility=_visibility(lens, given.get("visibility")),
        properties=read_properties(given.get("properties")),
    )


def _visibility(lens: Lens, value: Json) -> Mapping[str, Json] | None:
    if value is None:
        return None
    kind = member(value, "type")
    name = member(value, "value", "identifier")
    if kind is None or name is None or kind[1] not in ("group", "role"):
        raise Problem(400, errors={"commentLevel": "Visibility needs a type and a value."})
    if kind[1] == "group":
        group = find(lens.world.groups, name[1])
        if group is None:
            raise Problem(400, errors={"commentLevel": f"Group: {name[1]} does not exist."})
        if group.name not in lens.world.groups_of(lens.user):
            text = f"You are currently not a member of the group: {group.name}."
            raise Problem(400, errors={"commentLevel": text})
    return {"type": kind[1], "value": name[1]}


def read_properties(value: Json) -> dict[str, Json]:
    """Read the ``properties`` of a create, an edit or a comment: a list of ``{key, value}``."""
    read: dict[str, Json] = {}
    for each in items_of(value) or ():
        key = member(each, "key")
        if key is None or not isinstance(each, Mapping) or "value" not in each:
            raise Problem(400, "A property needs a key and a value.")
        check_property(key[1], each["value"])
        read[key[1]] = each["value"]
    return read


def check_property(key: str, value: Json) -> None:
    """Raise Jira's 400 for a property whose key or value is too long."""
    if len(key) > _LONGEST_KEY:
        raise Problem(400, f"The property key must be at most {_LONGEST_KEY} characters.")
    if len(json.dumps(value)) > _LONGEST_PROPERTY:
        text = f"The property value must be at most {_LONGEST_PROPERTY} characters."
        raise Problem(400, text)


def add_comment(desk: "Desk", lens: Lens, issue: Issue, draft: DraftComment) -> Comment:
    """Write a comment."""
    now, author = desk.now(), desk.author(lens)
    comment = Comment(
        id=str(lens.contents.next_id("comment")),
        author=author,
        body=draft.body,
        created=now,
        updated=now,
        update_author=author,
        visibility=draft.visibility,
        properties=dict(draft.properties),
    )
    issue.comments.append(comment)
    desk.touch(issue)
    return comment


def change_comment(
    desk: "Desk", lens: Lens, issue: Issue, comment: Comment, draft: DraftComment
) -> None:
    """Write a comment anew; properties that are not given stay."""
    comment.body = draft.body
    comment.visibility = draft.visibility
    comment.properties |= draft.properties
    comment.updated, comment.update_author = desk.now(), desk.author(lens)
    desk.touch(issue)


def find_comment(lens: Lens, issue: Issue, identifier: str) -> Comment:
    """Return a comment that one may see; raise Jira's 404."""
    for comment in visible_comments(lens, issue):
        if comment.id == identifier:
            return comment
    raise Problem(404, f"Can not find a comment for the id: {identifier}.")


def visible_comments(lens: Lens, issue: Issue) -> list[Comment]:
    """Return the comments that the caller may see, oldest first."""
    groups = lens.world.groups_of(lens.user)
    return [
        comment
        for comment in issue.comments
        if comment.visibility is None
        or comment.visibility["type"] == "role"
        or comment.visibility["value"] in groups
    ]


def read_worklog(lens: Lens, value: Json) -> tuple[int, str | None, Json]:
    """Read ``{timeSpent | timeSpentSeconds, started, comment}``: seconds, start, comment."""
    given = value if isinstance(value, Mapping) else {}
    spent, seconds = given.get("timeSpent"), given.get("timeSpentSeconds")
    if isinstance(spent, str):
        seconds = duration_seconds(spent)
        if seconds is None:
            raise Problem(400, errors={"timeLogged": "Invalid time duration entered."})
    if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds <= 0:
        raise Problem(400, errors={"timeLogged": "You must indicate the time spent working."})
    started = given.get("started")
    start = parse_instant(started) if isinstance(started, str) else None
    if started is not None and start is None:
        raise Problem(400, errors={"started": f"Error parsing time: {started}"})
    comment = given.get("comment")
    if comment is not None and lens.documents and document_fault(comment) is not None:
        raise Problem(400, errors={"comment": "Comment body is not valid!"})
    return seconds, start, comment


def add_worklog(desk: "Desk", lens: Lens, issue: Issue, value: Json) -> Worklog:
    """Book time on the issue, and take it off the remaining estimate."""
    seconds, start, comment = read_worklog(lens, value)
    now = desk.now()
    worklog = Worklog(
        id=str(lens.contents.next_id("worklog")),
        author=desk.author(lens),
        comment=comment,
        started=start or now,
        seconds=seconds,
        created=now,
        updated=now,
    )
    issue.worklogs.append(worklog)
    estimates = issue.fields.get("timetracking")
    if isinstance(estimates, Mapping) and isinstance(estimates.get("remaining"), int):
        left = max(0, int(str(estimates["remaining"])) - seconds)
        issue.fields["timetracking"] = {**estimates, "remaining": left}
    desk.touch(issue)
    return worklog


def read_link(lens: Lens, value: Json) -> tuple[LinkType, Issue | None, Issue | None]:
    """Read ``{type, inwardIssue, outwardIssue}``: the type, and the issues that are named."""
    given = value if isinstance(value, Mapping) else {}
    name = member(given.get("type"), "id", "name")
    kind = find(lens.world.links, name[1] if name else None)
    if kind is None:
        wanted = name[1] if name else ""
        raise Problem(404, f"No issue link type with name '{wanted}' found.")
    ends: list[Issue | None] = []
    for side in ("inwardIssue", "outwardIssue"):
        named = member(given.get(side), "key", "id")
        found = lens.contents.find(named[1]) if named else None
        if named is not None and found is None:
            raise no_issue(cloud=lens.cloud)
        ends.append(found)
    return kind, ends[0], ends[1]


def add_link(desk: "Desk", kind: LinkType, source: Issue, target: Issue) -> IssueLink:
    """Link two issues: *source* ``outward`` *target*; the same link is made once."""
    contents = desk.contents
    for link in contents.links:
        if (link.type, link.source, link.target) == (kind.id, source.id, target.id):
            return link
    link = IssueLink(str(contents.next_id("link")), kind.id, source.id, target.id)
    contents.links.append(link)
    desk.touch(source)
    desk.touch(target)
    return link


def prepare(
    desk: "Desk", lens: Lens, issue: Issue | None, remark: Remark
) -> Callable[[Issue], None]:
    """Check a remark now; return what writes it to the issue, which may still be made."""
    match remark.field, remark.verb:
        case "comment", "add":
            draft = read_comment(lens, remark.value)
            return lambda made: _drop(add_comment(desk, lens, made, draft))
        case "comment", verb:
            return _existing_comment(desk, lens, issue, verb, remark.value)
        case "worklog", _:
            read_worklog(lens, remark.value)
            return lambda made: _drop(add_worklog(desk, lens, made, remark.value))
        case _:
            kind, inward, outward = read_link(lens, remark.value)
            if inward is None and outward is None:
                raise Problem(400, errors={"issuelinks": "The other issue is not named."})
            return lambda made: _drop(add_link(desk, kind, inward or made, outward or made))


def _drop(_made: object) -> None:
    """Give nothing back."""


def _existing_comment(
    desk: "Desk", lens: Lens, issue: Issue | None, verb: str, value: Json
) -> Callable[[Issue], None]:
    named = member(value, "id")
    if issue is None or named is None:
        raise Problem(400, errors={"comment": "The comment is not named by its id."})
    comment = find_comment(lens, issue, named[1])
    if verb == "remove":
        return lambda made: remove_comment(desk, made, comment)
    draft = read_comment(lens, value)
    return lambda made: change_comment(desk, lens, made, comment, draft)


def remove_comment(desk: "Desk", issue: Issue, comment: Comment) -> None:
    """Take a comment away."""
    issue.comments.remove(comment)
    desk.touch(issue)
