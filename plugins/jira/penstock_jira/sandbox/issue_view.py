"""An issue as the REST API shows it, with what ``expand`` asks for."""

from collections.abc import Callable, Collection, Mapping

from penstock.json_types import Json
from penstock_jira.sandbox import fields, portraits, remark_view
from penstock_jira.sandbox.contents import Issue
from penstock_jira.sandbox.field import FieldDefinition
from penstock_jira.sandbox.field_choice import FieldChoice
from penstock_jira.sandbox.history import show_change
from penstock_jira.sandbox.instant import duration_text
from penstock_jira.sandbox.kind import Slot
from penstock_jira.sandbox.kinds_issue import linked_issue
from penstock_jira.sandbox.lens import Lens
from penstock_jira.sandbox.portraits import Portrait
from penstock_jira.sandbox.screens import (
    edit_screen,
    project_of,
    screen_metadata,
    transition_screen,
)
from penstock_jira.sandbox.world import Transition

__all__ = [
    "edit_metadata",
    "field_names",
    "field_schemas",
    "show_history",
    "show_issue",
    "show_transition",
    "shown_fields",
]

_EXPANDABLE = "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations"
#: Jira Cloud: so many changes come with an issue.
_MOST_CHANGES = 100


def show_issue(
    lens: Lens,
    issue: Issue,
    choice: FieldChoice,
    expand: Collection[str] = (),
    properties: Collection[str] = (),
    *,
    changes: int = _MOST_CHANGES,
) -> Portrait:
    """Return the issue with the chosen fields and properties, and each thing in *expand*.

    *changes* is how many changes of it Cloud tells of at most.
    """
    shown: Portrait = {
        "expand": _EXPANDABLE,
        "id": str(issue.id),
        "self": f"{lens.rest}/issue/{issue.id}",
        "key": issue.key,
        "fields": shown_values(lens, issue, choice),
    }
    if properties:
        wanted = issue.properties if "*all" in properties else properties
        kept = {key: value for key, value in issue.properties.items() if key in wanted}
        shown["properties"] = kept
    more: Mapping[str, Callable[[], Json]] = {
        "names": lambda: field_names(shown_fields(lens, issue, choice)),
        "schema": lambda: field_schemas(shown_fields(lens, issue, choice)),
        "changelog": lambda: show_history(lens, issue, changes),
        "editmeta": lambda: edit_metadata(lens, issue),
        "transitions": lambda: [show_transition(lens, issue, way) for way in ways(lens, issue)],
    }
    return {**shown, **{name: tell() for name, tell in more.items() if name in expand}}


def ways(lens: Lens, issue: Issue) -> tuple[Transition, ...]:
    """Return the transitions out of the issue's status."""
    return lens.world.type(issue.type).workflow.from_status(issue.status)


def shown_fields(lens: Lens, issue: Issue, choice: FieldChoice) -> list[FieldDefinition]:
    """Return the fields that are shown of the issue; a parent only where there is one."""
    return [
        field
        for field in lens.world.fields
        if choice.has(field.id) and (field.id != "parent" or "parent" in issue.fields)
    ]


def shown_values(lens: Lens, issue: Issue, choice: FieldChoice) -> Portrait:
    """Return the chosen fields' values by field id."""
    project = project_of(lens, issue)
    values: Portrait = {}
    for field in shown_fields(lens, issue, choice):
        own = _OWN.get(field.id)
        if own is not None:
            values[field.id] = own(lens, issue)
        else:
            stored = issue.fields.get(field.id)
            values[field.id] = fields.show_field(Slot(field, lens, project), stored)
    return values


def field_names(of: list[FieldDefinition]) -> Json:
    """Return the display names by field id."""
    return {field.id: field.name for field in of}


def field_schemas(of: list[FieldDefinition]) -> Json:
    """Return the schemas by field id."""
    return {field.id: fields.schema(field) for field in of}


def show_history(lens: Lens, issue: Issue, most: int) -> Json:
    """Return the history as ``expand=changelog`` does.

    Cloud tells of the newest *most* changes, the newest first; Data Center of all, the oldest
    first.
    """
    changes = issue.history[::-1][:most] if lens.cloud else issue.history
    histories = [show_change(lens, change) for change in changes]
    shown = len(histories)
    return {
        "startAt": 0,
        "maxResults": shown,
        "total": len(issue.history),
        "histories": histories,
    }


def edit_metadata(lens: Lens, issue: Issue) -> Json:
    """Return what can be edited, and how."""
    project = project_of(lens, issue)
    screen = edit_screen(lens, lens.world.type(issue.type))
    return {"fields": screen_metadata(lens, project, screen)}


def show_transition(
    lens: Lens, issue: Issue, way: Transition, *, with_fields: bool = False
) -> Json:
    """Return a transition, with the fields of its screen if they are asked for."""
    shown: Portrait = {
        "id": way.id,
        "name": way.name,
        "to": portraits.status(lens, lens.world.status(way.target)),
    }
    if lens.cloud:
        shown |= {
            "hasScreen": bool(way.screen),
            "isGlobal": way.everywhere,
            "isInitial": False,
            "isAvailable": True,
            "isConditional": False,
            "isLooped": way.target == issue.status,
        }
    if with_fields:
        screen = transition_screen(lens, way)
        shown["fields"] = screen_metadata(lens, project_of(lens, issue), screen)
    return shown


def _links(lens: Lens, issue: Issue) -> Json:
    links = lens.contents.links_of(issue)
    return [remark_view.show_link(lens, link, seen_from=issue) for link in links]


def _subtasks(lens: Lens, issue: Issue) -> Json:
    slot = Slot(lens.world.field("subtasks"), lens, project_of(lens, issue))
    children = lens.contents.children(issue)
    return [linked_issue(slot, each) for each in children if lens.world.type(each.type).subtask]


def _estimate(issue: Issue, word: str) -> int | None:
    estimates = issue.fields.get("timetracking")
    seconds = estimates.get(word) if isinstance(estimates, Mapping) else None
    return seconds if isinstance(seconds, int) else None


def _spent(issue: Issue) -> int | None:
    return sum(worklog.seconds for worklog in issue.worklogs) if issue.worklogs else None


def _time_tracking(_lens: Lens, issue: Issue) -> Json:
    known = {
        "originalEstimate": _estimate(issue, "original"),
        "remainingEstimate": _estimate(issue, "remaining"),
        "timeSpent": _spent(issue),
    }
    told = {name: seconds for name, seconds in known.items() if seconds is not None}
    texts = {name: duration_text(seconds) for name, seconds in told.items()}
    return {**texts, **{f"{name}Seconds": seconds for name, seconds in told.items()}}


def _watches(lens: Lens, issue: Issue) -> Json:
    watching = lens.user is not None and lens.user.name in issue.watchers
    return {
        "self": f"{lens.rest}/issue/{issue.key}/watchers",
        "watchCount": len(issue.watchers),
        "isWatching": watching,
    }


def _votes(lens: Lens, issue: Issue) -> Json:
    return {"self": f"{lens.rest}/issue/{issue.key}/votes", "votes": 0, "hasVoted": False}


#: The fields that are not stored in ``fields``, each with how it is shown.
_OWN: Mapping[str, Callable[[Lens, Issue], Json]] = {
    "project": lambda lens, issue: portraits.project(lens, project_of(lens, issue)),
    "issuetype": lambda lens, issue: portraits.issue_type(lens, lens.world.type(issue.type)),
    "status": lambda lens, issue: portraits.status(lens, lens.world.status(issue.status)),
    "creator": lambda lens, issue: portraits.person(lens, issue.creator),
    "created": lambda _, issue: issue.created,
    "updated": lambda _, issue: issue.updated,
    "resolutiondate": lambda _, issue: issue.resolved,
    "statuscategorychangedate": lambda _, issue: issue.status_since,
    "timetracking": _time_tracking,
    "timeoriginalestimate": lambda _, issue: _estimate(issue, "original"),
    "timeestimate": lambda _, issue: _estimate(issue, "remaining"),
    "timespent": lambda _, issue: _spent(issue),
    "issuelinks": _links,
    "subtasks": _subtasks,
    "attachment": lambda lens, issue: [
        remark_view.show_attachment(lens, each) for each in issue.attachments
    ],
    "comment": remark_view.show_comments,
    "worklog": remark_view.show_worklogs,
    "watches": _watches,
    "votes": _votes,
}
