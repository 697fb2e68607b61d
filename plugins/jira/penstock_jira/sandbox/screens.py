"""Which fields a screen has, and what Jira tells a client about them before it writes."""

from collections.abc import Iterable, Mapping

from penstock_jira.sandbox import fields
from penstock_jira.sandbox.contents import Issue
from penstock_jira.sandbox.field import FieldDefinition
from penstock_jira.sandbox.kind import Slot
from penstock_jira.sandbox.lens import Lens
from penstock_jira.sandbox.portraits import Portrait
from penstock_jira.sandbox.world import IssueType, Project, Transition

__all__ = [
    "Screen",
    "create_screen",
    "edit_screen",
    "metadata",
    "project_of",
    "screen_metadata",
    "transition_screen",
]

#: The fields of a screen by their ids, each with whether it must be given.
Screen = Mapping[str, tuple[FieldDefinition, bool]]

#: What Jira fills in itself when a create does not give it.
_DEFAULTED = {"priority", "reporter"}


def project_of(lens: Lens, issue: Issue) -> Project:
    """Return the project that the issue is in."""
    return next(each for each in lens.world.projects if each.key == issue.project)


def create_screen(lens: Lens, issue_type: IssueType) -> Screen:
    """Return the screen on which an issue of this type is created."""
    return _screen(lens, issue_type, without={"comment"})


def edit_screen(lens: Lens, issue_type: IssueType) -> Screen:
    """Return the screen on which an issue of this type is edited."""
    return _screen(lens, issue_type, without={"project"})


def _screen(lens: Lens, issue_type: IssueType, without: set[str]) -> Screen:
    hidden = without | lens.world.off_screen
    if not _may_have_parent(lens, issue_type):
        hidden |= {"parent"}
    if not lens.world.security_levels:
        hidden |= {"security"}
    return {
        field.id: (field, field.required or (field.id == "parent" and issue_type.subtask))
        for field in lens.world.fields
        if field.id not in hidden and fields.operations(field)
    }


def _may_have_parent(lens: Lens, issue_type: IssueType) -> bool:
    return issue_type.subtask or (lens.cloud and issue_type.level == 0)


def transition_screen(lens: Lens, transition: Transition) -> Screen:
    """Return the screen that a transition asks to be filled in; most have none."""
    return {each.field: (lens.world.field(each.field), each.required) for each in transition.screen}


def screen_metadata(
    lens: Lens, project: Project, screen: Screen, *, only: IssueType | None = None
) -> Portrait:
    """Return what there is to know of each field of a screen, by field id.

    *only* narrows the issue types to choose from: a create screen belongs to one.
    """
    shown: Portrait = {}
    for identifier, told in metadata(lens, project, screen.values()):
        if identifier == "issuetype" and only is not None:
            own = fields.kind_of(lens.world.field(identifier))
            slot = Slot(lens.world.field(identifier), lens, project)
            allowed = own.allowed(slot) or ()
            told["allowedValues"] = [
                each for each in allowed if isinstance(each, Mapping) and each["id"] == only.id
            ]
        shown[identifier] = told
    return shown


def metadata(
    lens: Lens, project: Project, of: Iterable[tuple[FieldDefinition, bool]]
) -> list[tuple[str, Portrait]]:
    """Return what Jira tells of each field: schema, verbs, default and allowed values."""
    return [(field.id, _told(Slot(field, lens, project), required)) for field, required in of]


def _told(slot: Slot, required: bool) -> Portrait:
    field, lens = slot.field, slot.lens
    kind = fields.kind_of(field)
    told: Portrait = {
        "required": required,
        "schema": fields.schema(field),
        "name": field.name,
        "key": field.id,
        "hasDefaultValue": field.id in _DEFAULTED,
        "operations": list(fields.operations(field)),
    }
    if not lens.cloud:
        told["fieldId"] = field.id
    if kind.completes is not None:
        told["autoCompleteUrl"] = _completing(lens, kind.completes)
    allowed = kind.allowed(slot)
    if allowed is not None:
        told["allowedValues"] = list(allowed)
    if field.id == "priority":
        told["defaultValue"] = kind.show(lens.world.default_priority.id, slot)
    return told


def _completing(lens: Lens, address: str) -> str:
    return f"{lens.site}/rest/api/{address}" if "/labels/" in address else f"{lens.rest}/{address}"
