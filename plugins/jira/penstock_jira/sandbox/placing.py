"""Where an issue may stand: under which parent, and as which type."""

from penstock_jira.sandbox.contents import Issue
from penstock_jira.sandbox.edits import Edits
from penstock_jira.sandbox.lens import Lens
from penstock_jira.sandbox.world import IssueType, Project, World

__all__ = ["check_parent", "check_type_change"]


def check_parent(lens: Lens, project: Project, kind: IssueType, edits: Edits) -> None:
    """Note an error for a sub-task without a parent, and for a parent of the wrong sort."""
    if "parent" in edits.errors:
        return
    stored = edits.values.get("parent")
    parent = lens.contents.find(stored) if isinstance(stored, str) else None
    if parent is None:
        if kind.subtask:
            text = "Issue type is a sub-task but parent issue key or id not specified."
            edits.errors["parent"] = text
        return
    if lens.world.type(parent.type).level != kind.level + 1:
        text = "Given parent issue does not belong to appropriate hierarchy."
        edits.errors["parent"] = text
    elif kind.subtask and parent.project != project.key:
        text = "Sub-tasks must be created in the same project as the parent."
        edits.errors["parent"] = text


def check_type_change(world: World, issue: Issue, edits: Edits) -> None:
    """Note an error for a new type of another level, or whose workflow lacks the status."""
    wanted = edits.values.get("issuetype")
    if not isinstance(wanted, str) or wanted == issue.type:
        return
    was, now = world.type(issue.type), world.type(wanted)
    if was.subtask != now.subtask or issue.status not in now.workflow.statuses:
        edits.errors["issuetype"] = "The issue type selected is invalid."
