"""What the page shows, as plain values: columns of issues, and one issue with its fields."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from penstock_jira.sandbox import fields
from penstock_jira.sandbox.contents import ChangeItem, Issue
from penstock_jira.sandbox.instant import read_instant
from penstock_jira.sandbox.kind import Kind, ManyOf, Slot, items_of
from penstock_jira.sandbox.lens import Lens
from penstock_jira.sandbox.remarks import visible_comments
from penstock_jira.sandbox.rich_text import plain_text
from penstock_jira.sandbox.screens import edit_screen, project_of
from penstock_jira.sandbox.world import Status, Transition, find

__all__ = ["Card", "Column", "FieldView", "IssueView", "columns", "issue_view", "told"]

#: Fields with a place of their own on the page, or none.
_ELSEWHERE = {"summary", "description", "issuelinks", "attachment", "comment", "worklog"}
#: Kinds that are typed rather than chosen.
_TYPED = {"text", "url", "number", "date", "labels"}


@dataclass(frozen=True)
class Card:
    """An issue in a list."""

    key: str
    summary: str
    type: str
    priority: str
    assignee: str
    updated: str


@dataclass(frozen=True)
class Column:
    """A status and the issues in it, newest first."""

    status: Status
    cards: Sequence[Card]


@dataclass(frozen=True)
class FieldView:
    """A field: what is in it, and how a person may change it."""

    id: str
    name: str
    text: str
    #: ``choose``, ``choose-many``, ``type`` or ``read``.
    way: str
    input: str = "text"
    choices: Sequence[str] = ()
    chosen: Sequence[str] = ()
    required: bool = False
    is_link: bool = False


@dataclass(frozen=True)
class Asked:
    """A field on a transition's screen."""

    id: str
    name: str
    choices: Sequence[str]
    required: bool


@dataclass(frozen=True)
class Way:
    """A button."""

    id: str
    name: str
    to: Status
    screen: Sequence[Asked]


@dataclass(frozen=True)
class Entry:
    """A comment, or an entry of the history."""

    author: str
    author_name: str
    at: str
    text: str = ""
    items: Sequence[ChangeItem] = ()
    hidden: str = ""


@dataclass(frozen=True)
class IssueView:
    """All that is shown of an issue."""

    key: str
    type: str
    project: str
    summary: str
    description: str
    status: Status
    created: str
    updated: str
    creator: str
    ways: Sequence[Way]
    fields: Sequence[FieldView]
    comments: Sequence[Entry]
    history: Sequence[Entry]
    files: Sequence[str] = field(default=())


def told(slot: Slot, issue: Issue) -> str:
    """Return what is in a field, as a person reads it."""
    return fields.kind_of(slot.field).tell(issue.fields.get(slot.field.id), slot).text or ""


def _when(instant: str) -> str:
    return f"{read_instant(instant):%-d %b %Y, %H:%M} UTC"


def _display(lens: Lens, name: str) -> str:
    user = lens.world.user(name)
    return user.display if user else name


def columns(lens: Lens) -> list[Column]:
    """Return the statuses that have issues, in the world's order."""
    issues = sorted(lens.contents, key=lambda issue: issue.id, reverse=True)
    found = [
        Column(status, [_card(lens, each) for each in issues if each.status == status.id])
        for status in lens.world.statuses
    ]
    return [column for column in found if column.cards]


def _card(lens: Lens, issue: Issue) -> Card:
    priority = find(lens.world.priorities, issue.text("priority"))
    return Card(
        key=issue.key,
        summary=issue.text("summary") or "",
        type=lens.world.type(issue.type).name,
        priority=priority.name if priority else "",
        assignee=issue.text("assignee") or "",
        updated=_when(issue.updated),
    )


def issue_view(lens: Lens, issue: Issue, ways: Sequence[Transition]) -> IssueView:
    """Return what is shown of an issue."""
    project, kind = project_of(lens, issue), lens.world.type(issue.type)
    screen = edit_screen(lens, kind)
    shown = [
        _field(Slot(each, lens, project), issue, required=required)
        for identifier, (each, required) in screen.items()
        if identifier not in _ELSEWHERE and identifier != "issuetype"
    ]
    off_screen = [
        _field(Slot(each, lens, project), issue, required=False, readable=True)
        for each in lens.world.fields
        if each.id not in screen and each.id in issue.fields
    ]
    return IssueView(
        key=issue.key,
        type=kind.name,
        project=project.name,
        summary=issue.text("summary") or "",
        description=plain_text(issue.fields.get("description")),
        status=lens.world.status(issue.status),
        created=_when(issue.created),
        updated=_when(issue.updated),
        creator=_display(lens, issue.creator),
        ways=[_way(lens, issue, each) for each in ways],
        fields=[*shown, *off_screen],
        comments=_comments(lens, issue),
        history=_history(lens, issue),
        files=[f"{each.filename} ({each.size:,} bytes)" for each in issue.attachments],
    )


def _field(slot: Slot, issue: Issue, *, required: bool, readable: bool = False) -> FieldView:
    kind, name = fields.kind_of(slot.field), slot.field.name
    same_name = len(slot.lens.world.fields_called(name)) > 1
    choices = kind.choices(slot)
    if readable or (slot.field.kind not in _TYPED and not choices):
        way = "read"
    elif choices:
        way = "choose-many" if isinstance(kind, ManyOf) else "choose"
    else:
        way = "type"
    return FieldView(
        id=slot.field.id,
        name=f"{name} ({slot.field.id})" if same_name else name,
        text=told(slot, issue),
        way=way,
        input="date" if slot.field.kind == "date" else "text",
        choices=choices,
        chosen=_chosen(kind, slot, issue),
        required=required,
        is_link=slot.field.kind == "url",
    )


def _chosen(kind: Kind, slot: Slot, issue: Issue) -> list[str]:
    stored = issue.fields.get(slot.field.id)
    if not isinstance(kind, ManyOf):
        single = stored if slot.field.kind in _PEOPLE else told(slot, issue)
        return [str(single)] if single else []
    if slot.field.kind in _PEOPLE:
        return [str(each) for each in items_of(stored) or ()]
    return [kind.one.tell(each, slot).text or "" for each in items_of(stored) or ()]


#: Fields whose choices are users' names, while their texts are display names.
_PEOPLE = {"user", "users", "assignee", "reporter"}


def _way(lens: Lens, issue: Issue, way: Transition) -> Way:
    project = project_of(lens, issue)
    asked = []
    for each in way.screen:
        shown = lens.world.field(each.field)
        choices = fields.kind_of(shown).choices(Slot(shown, lens, project))
        asked.append(Asked(shown.id, shown.name, choices, each.required))
    return Way(way.id, way.name, lens.world.status(way.target), asked)


def _comments(lens: Lens, issue: Issue) -> list[Entry]:
    return [
        Entry(
            author=_display(lens, comment.author),
            author_name=comment.author,
            at=_when(comment.created),
            text=plain_text(comment.body),
            hidden=str(comment.visibility["value"]) if comment.visibility else "",
        )
        for comment in visible_comments(lens, issue)
    ]


def _history(lens: Lens, issue: Issue) -> list[Entry]:
    return [
        Entry(
            author=_display(lens, change.author),
            author_name=change.author,
            at=_when(change.created),
            items=change.items,
        )
        for change in reversed(issue.history)
    ]
