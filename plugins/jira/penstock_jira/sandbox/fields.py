"""The fields of a site: Jira's own, and the kinds that the world's fields can have."""

from collections.abc import Mapping, Sequence

from penstock.json_types import Json
from penstock_jira.sandbox import kinds_choice as choice
from penstock_jira.sandbox import kinds_issue as issue
from penstock_jira.sandbox import kinds_people as people
from penstock_jira.sandbox import kinds_text as text
from penstock_jira.sandbox.field import FieldDefinition
from penstock_jira.sandbox.kind import Kind, Slot
from penstock_jira.sandbox.kinds_plugin import Plugin
from penstock_jira.sandbox.lens import CLOUD, Flavour

__all__ = ["KINDS", "WORLD_KINDS", "kind_of", "operations", "own_fields", "schema", "show_field"]


class _FilledByJira(Kind):
    """A field that Jira fills itself; here it only has a schema."""

    operations = ()

    def __init__(self, kind: str, items: str | None = None, *verbs: str) -> None:
        self.schema_type, self.schema_items, self.verbs = kind, items, verbs


#: The kinds that a field of the world file may have.
WORLD_KINDS: Mapping[str, Kind] = {
    "text": text.Line(),
    "textarea": text.TextArea(),
    "url": text.Url(),
    "number": text.Number(),
    "date": text.Date(),
    "datetime": text.DateTime(),
    "select": choice.Select(),
    "multiselect": choice.MultiSelect(),
    "checkboxes": choice.Checkboxes(),
    "cascading": choice.Cascading(),
    "user": people.Person(),
    "users": people.Persons(),
    "group": people.GroupField(),
    "sprint": issue.Sprint(),
    "epic": issue.EpicLink(),
    "plugin": Plugin(),
}

#: Every kind, with those of Jira's own fields.
KINDS: Mapping[str, Kind] = {
    **WORLD_KINDS,
    "summary": text.Summary(),
    "labels": text.Labels(),
    "timetracking": text.TimeTracking(),
    "priority": choice.Priority(),
    "resolution": choice.Resolution(),
    "components": choice.Components(),
    "securitylevel": choice.Security(),
    "versions": choice.Versions(),
    "assignee": people.Assignee(),
    "reporter": people.Reporter(),
    "parent": issue.Parent(),
    "project": issue.ProjectField(),
    "issuetype": issue.IssueTypeField(),
    "status": _FilledByJira("status"),
    "creator": _FilledByJira("user"),
    "instant": _FilledByJira("datetime"),
    "seconds": _FilledByJira("number"),
    "links": _FilledByJira("array", "issuelinks", "add"),
    "subtasks": _FilledByJira("array", "issuelinks"),
    "attachment": _FilledByJira("array", "attachment"),
    "comment": _FilledByJira("comments-page", None, "add", "edit", "remove"),
    "worklog": _FilledByJira("array", "worklog", "add"),
    "watches": _FilledByJira("watches"),
    "votes": _FilledByJira("votes"),
}

#: Id, kind, name on Cloud, and name on Data Center where it differs.
_OWN: tuple[tuple[str, str, str, str], ...] = (
    ("project", "project", "Project", ""),
    ("issuetype", "issuetype", "Issue Type", ""),
    ("parent", "parent", "Parent", ""),
    ("summary", "summary", "Summary", ""),
    ("status", "status", "Status", ""),
    ("resolution", "resolution", "Resolution", ""),
    ("priority", "priority", "Priority", ""),
    ("assignee", "assignee", "Assignee", ""),
    ("reporter", "reporter", "Reporter", ""),
    ("creator", "creator", "Creator", ""),
    ("security", "securitylevel", "Security Level", ""),
    ("description", "textarea", "Description", ""),
    ("environment", "textarea", "Environment", ""),
    ("labels", "labels", "Labels", ""),
    ("components", "components", "Components", "Component/s"),
    ("fixVersions", "versions", "Fix versions", "Fix Version/s"),
    ("versions", "versions", "Affects versions", "Affects Version/s"),
    ("duedate", "date", "Due date", "Due Date"),
    ("timetracking", "timetracking", "Time tracking", "Time Tracking"),
    ("timeoriginalestimate", "seconds", "Original estimate", "Original Estimate"),
    ("timeestimate", "seconds", "Remaining Estimate", ""),
    ("timespent", "seconds", "Time Spent", ""),
    ("created", "instant", "Created", ""),
    ("updated", "instant", "Updated", ""),
    ("resolutiondate", "instant", "Resolved", ""),
    ("statuscategorychangedate", "instant", "Status Category Changed", ""),
    ("issuelinks", "links", "Linked Issues", ""),
    ("subtasks", "subtasks", "Sub-tasks", "Sub-Tasks"),
    ("attachment", "attachment", "Attachment", ""),
    ("comment", "comment", "Comment", ""),
    ("worklog", "worklog", "Log Work", ""),
    ("watches", "watches", "Watchers", ""),
    ("votes", "votes", "Votes", ""),
)
_CLOUD_ONLY = {"statuscategorychangedate"}


def own_fields(flavour: Flavour) -> Sequence[FieldDefinition]:
    """Return Jira's own fields, by the names that this flavour gives them."""
    cloud = flavour == CLOUD
    return tuple(
        FieldDefinition(
            id=identifier,
            name=name if cloud else elsewhere or name,
            kind=kind,
            required=identifier in ("summary", "issuetype", "project", "reporter"),
        )
        for identifier, kind, name, elsewhere in _OWN
        if cloud or identifier not in _CLOUD_ONLY
    )


def kind_of(field: FieldDefinition) -> Kind:
    """Return what the field can do."""
    return KINDS[field.kind]


def operations(field: FieldDefinition) -> Sequence[str]:
    """Return the verbs that ``update`` may use on the field."""
    kind = kind_of(field)
    return kind.verbs if isinstance(kind, _FilledByJira) else kind.operations


def schema(field: FieldDefinition) -> Json:
    """Return the field's schema as Jira tells it."""
    kind = kind_of(field)
    told = kind if isinstance(kind, _FilledByJira) else None
    shown: dict[str, Json] = {"type": told.schema_type if told else kind.type}
    items = told.schema_items if told else kind.items
    if items is not None:
        shown["items"] = items
    if field.custom:
        return {**shown, "custom": kind.custom, "customId": field.number}
    return {**shown, "system": field.id}


def show_field(slot: Slot, stored: Json) -> Json:
    """Return what the REST API shows for a stored value of the field."""
    return kind_of(slot.field).show(stored, slot)
