"""Fields that point at issues, sprints, projects and issue types."""

from collections.abc import Mapping, Sequence

from penstock.json_types import Json
from penstock_jira.sandbox import portraits
from penstock_jira.sandbox.contents import Issue
from penstock_jira.sandbox.kind import Invalid, Kind, Slot, Told, items_of, member
from penstock_jira.sandbox.world import Sprint as SprintOfWorld
from penstock_jira.sandbox.world import find

__all__ = ["EpicLink", "IssueTypeField", "Parent", "ProjectField", "Sprint"]

_NO_ISSUE = "Could not find issue by id or key."


class Parent(Kind):
    """The issue that this one is a part of; its id is stored, as text."""

    type = "issuelink"

    def parse(self, value: Json, slot: Slot) -> Json:
        """Read ``{id}`` or ``{key}``; on Cloud, ``{none: true}`` takes the parent away."""
        unset = slot.lens.cloud and isinstance(value, Mapping) and value.get("none") is True
        if value is None or unset:
            return None
        given = member(value, "key", "id")
        found = slot.lens.contents.find(given[1]) if given else None
        if found is None:
            raise Invalid(_NO_ISSUE)
        return str(found.id)

    def shape(self, plain: Json, _slot: Slot) -> Json:
        """Name the issue by its key."""
        return {"key": str(plain)}

    def show(self, stored: Json, slot: Slot) -> Json:
        """Show the parent with its summary, status, priority and type."""
        found = _stored_issue(stored, slot)
        return linked_issue(slot, found) if found else None

    def tell(self, stored: Json, slot: Slot) -> Told:
        """Tell its id and its key."""
        found = _stored_issue(stored, slot)
        return Told(str(found.id), found.key) if found else Told(None, None)


def _stored_issue(stored: Json, slot: Slot) -> Issue | None:
    return slot.lens.contents.find(stored) if isinstance(stored, str) else None


def linked_issue(slot: Slot, issue: Issue) -> Json:
    """Return another issue as a parent, a sub-task or a link shows it."""
    lens = slot.lens
    priority = find(lens.world.priorities, issue.text("priority"))
    return {
        "id": str(issue.id),
        "key": issue.key,
        "self": f"{lens.rest}/issue/{issue.id}",
        "fields": {
            "summary": issue.fields.get("summary"),
            "status": portraits.status(lens, lens.world.status(issue.status)),
            "priority": portraits.priority(lens, priority) if priority else None,
            "issuetype": portraits.issue_type(lens, lens.world.type(issue.type)),
        },
    }


class EpicLink(Kind):
    """The epic that an issue belongs to; its key is stored."""

    type = "any"
    custom = "com.pyxis.greenhopper.jira:gh-epic-link"

    def parse(self, value: Json, slot: Slot) -> Json:
        """Read the key of an epic."""
        if value is None or value == "":
            return None
        found = slot.lens.contents.find(value) if isinstance(value, str) else None
        if found is None:
            raise Invalid(_NO_ISSUE)
        if slot.lens.world.type(found.type).level < 1:
            raise Invalid(f"Issue '{found.key}' is not an Epic.")
        return found.key


class Sprint(Kind):
    """A sprint, written as its number; stored and shown as a list."""

    type = "array"
    items = "json"
    custom = "com.pyxis.greenhopper.jira:gh-sprint"

    def choices(self, slot: Slot) -> Sequence[str]:
        """Name the sprints that work can be put into."""
        return [each.name for each in slot.lens.world.sprints if each.state != "closed"]

    def parse(self, value: Json, slot: Slot) -> Json:
        """Read a sprint's number, as a number or as digits."""
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise Invalid("Number value expected as the Sprint id.")
        known = [each for each in slot.lens.world.sprints if each.id == str(value)]
        if not str(value).isdecimal():
            raise Invalid("Number value expected as the Sprint id.")
        if not known:
            raise Invalid(f"Sprint with id {value} does not exist.")
        return [known[0].id]

    def shape(self, plain: Json, slot: Slot) -> Json:
        """Find the sprint by its name."""
        named = [each for each in slot.lens.world.sprints if each.name == str(plain)]
        return int(named[0].id) if named else str(plain)

    def show(self, stored: Json, slot: Slot) -> Json:
        """Show the sprints."""
        return [
            {
                "id": int(each.id),
                "name": each.name,
                "state": each.state,
                "boardId": int(each.board),
                "goal": "",
            }
            for each in self._stored(stored, slot)
        ] or None

    def tell(self, stored: Json, slot: Slot) -> Told:
        """Tell the sprints' numbers and names."""
        found = self._stored(stored, slot)
        if not found:
            return Told(None, None)
        return Told(", ".join(s.id for s in found), ", ".join(s.name for s in found))

    def _stored(self, stored: Json, slot: Slot) -> list[SprintOfWorld]:
        ids = items_of(stored) or ()
        return [each for each in slot.lens.world.sprints if each.id in ids]


class ProjectField(Kind):
    """The project, which is chosen when an issue is created."""

    type = "project"

    def allowed(self, slot: Slot) -> Sequence[Json] | None:
        """Show the one project."""
        return [portraits.project(slot.lens, slot.project)]


class IssueTypeField(Kind):
    """The issue type; its id is stored."""

    type = "issuetype"

    def allowed(self, slot: Slot) -> Sequence[Json] | None:
        """Show the project's types."""
        return [portraits.issue_type(slot.lens, each) for each in slot.project.types]

    def choices(self, slot: Slot) -> Sequence[str]:
        """Name the project's types."""
        return [each.name for each in slot.project.types]

    def parse(self, value: Json, slot: Slot) -> Json:
        """Read ``{id}`` or ``{name}`` of a type that the project has."""
        given = member(value, "id", "name")
        known = [
            each
            for each in slot.project.types
            if given is not None and getattr(each, given[0]) == given[1]
        ]
        if not known:
            text = "Specify a valid issue type"
            raise Invalid(text if slot.lens.cloud else "valid issue type is required")
        return known[0].id

    def shape(self, plain: Json, _slot: Slot) -> Json:
        """Name the type."""
        return {"name": str(plain)}

    def tell(self, stored: Json, slot: Slot) -> Told:
        """Tell its id and its name."""
        found = find(slot.project.types, stored if isinstance(stored, str) else None)
        return Told(found.id, found.name) if found else Told(None, None)
