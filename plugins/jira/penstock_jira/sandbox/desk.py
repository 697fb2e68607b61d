"""Does to the contents what clients and people ask for, by Jira's rules, all of it or nothing."""

from collections.abc import Callable, Mapping

from penstock.clock import Clock
from penstock.json_types import Json
from penstock_jira.sandbox import fields, placing, remarks
from penstock_jira.sandbox.contents import Change, ChangeItem, Contents, Issue
from penstock_jira.sandbox.edits import Edits, read_edits
from penstock_jira.sandbox.history import changed_items, status_item
from penstock_jira.sandbox.instant import instant_text
from penstock_jira.sandbox.kind import Invalid, Slot, member
from penstock_jira.sandbox.lens import CLOUD, Flavour, Lens
from penstock_jira.sandbox.problem import Problem, no_issue
from penstock_jira.sandbox.screens import (
    Screen,
    create_screen,
    edit_screen,
    project_of,
    transition_screen,
)
from penstock_jira.sandbox.world import IssueType, Project, Transition, User, World

__all__ = ["Desk"]


class Desk:
    """Creates, edits, moves and deletes issues. Every write is checked before it is made."""

    def __init__(self, world: World, flavour: Flavour, contents: Contents, clock: Clock) -> None:
        """Take the world, the contents, and the clock that dates the writes."""
        self.world = world
        self.flavour: Flavour = flavour
        self.contents = contents
        self.clock = clock
        #: What people should know: deeds of the script that Jira refused.
        self.notices: list[str] = []
        #: What the people wait for, if their time has come.
        self.pending: Callable[[], str | None] = lambda: None
        #: The site's address, known once it listens.
        self.site = ""

    def lens(self, user: User | None = None, api: str = "2") -> Lens:
        """Return how *user* sees the site through an API version."""
        return Lens(self.world, self.contents, self.flavour, self.site, api, user)

    def now(self) -> str:
        """Return the present instant in Jira's form."""
        return instant_text(self.clock.now())

    def author(self, lens: Lens) -> str:
        """Return the name of whoever writes; a write without one is refused before."""
        if lens.user is None:
            raise no_issue(cloud=lens.cloud)
        return lens.user.name

    def touch(self, issue: Issue) -> None:
        """Note that the issue changed now."""
        issue.updated = self.now()
        issue.revision += 1
        self.contents.revision += 1

    def issue(self, id_or_key: str) -> Issue:
        """Return an issue; raise Jira's 404."""
        found = self.contents.find(id_or_key)
        if found is None:
            raise no_issue(cloud=self.flavour == CLOUD)
        return found

    # -- create ------------------------------------------------------------------------------

    def create(self, lens: Lens, body: Mapping[str, Json]) -> Issue:
        """Create an issue from ``{fields, update, properties}``; raise Jira's 400."""
        given = body.get("fields")
        written = dict(given) if isinstance(given, Mapping) else {}
        project, kind = self._where(lens, written)
        rest = {**body, "fields": {k: v for k, v in written.items() if k not in _PLACES}}
        screen = create_screen(lens, kind)
        edits = read_edits(rest, screen, lens, project, {}, remarks=_WITH_CREATE)
        self._require(screen, edits, {"project": "", "issuetype": "", "reporter": ""})
        placing.check_parent(lens, project, kind, edits)
        edits.refuse_if_wrong()
        properties = remarks.read_properties(body.get("properties"))
        writes = [remarks.prepare(self, lens, None, each) for each in edits.remarks]
        issue = self._new(lens, project, kind, edits)
        issue.properties.update(properties)
        self.contents.add(issue)
        self.touch(issue)
        for write in writes:
            write(issue)
        return issue

    def _where(self, lens: Lens, written: Mapping[str, Json]) -> tuple[Project, IssueType]:
        named = member(written.get("project"), "id", "key")
        project = self.world.project(named[1]) if named else None
        if project is None:
            missing = "project is required" if named is None else "valid project is required"
            text = "Specify a valid project ID or key" if lens.cloud else missing
            raise Problem(400, errors={"project": text})
        slot = Slot(self.world.field("issuetype"), lens, project)
        try:
            stored = fields.kind_of(slot.field).parse(written.get("issuetype"), slot)
        except Invalid as invalid:
            raise Problem(400, errors={"issuetype": str(invalid)}) from invalid
        return project, self.world.type(str(stored))

    def _require(self, screen: Screen, edits: Edits, there: Mapping[str, Json]) -> None:
        """Note an error for each required field that is neither written nor *there* already."""
        for identifier, (field, required) in screen.items():
            known = identifier in edits.errors or identifier == "parent"
            value = edits.values.get(identifier, there.get(identifier))
            if not required or known or value is not None:
                continue
            edits.errors[identifier] = (
                "You must specify a summary of the issue."
                if identifier == "summary"
                else f"{field.name} is required."
            )

    def _new(self, lens: Lens, project: Project, kind: IssueType, edits: Edits) -> Issue:
        now, author = self.now(), self.author(lens)
        identifier = self.contents.next_id("issue")
        issue = Issue(
            id=identifier,
            key=f"{project.key}-{self.contents.next_number(project.key)}",
            project=project.key,
            type=kind.id,
            status=kind.workflow.start,
            creator=author,
            created=now,
            updated=now,
            status_since=now,
        )
        defaults: dict[str, Json] = {"reporter": author}
        if "priority" not in self.world.off_screen:
            defaults["priority"] = self.world.default_priority.id
        if not lens.cloud:
            defaults["assignee"] = project.lead
        self._write(issue, {**defaults, **edits.values})
        return issue

    def _write(self, issue: Issue, values: Mapping[str, Json]) -> None:
        for identifier, value in values.items():
            if identifier == "issuetype":
                issue.type = str(value)
            elif value is None:
                issue.fields.pop(identifier, None)
            else:
                issue.fields[identifier] = value
        has_resolution = "resolution" in issue.fields
        if has_resolution != (issue.resolved is not None):
            issue.resolved = self.now() if has_resolution else None

    # -- edit --------------------------------------------------------------------------------

    def edit(self, lens: Lens, issue: Issue, body: Mapping[str, Json]) -> None:
        """Edit an issue by ``{fields, update, properties}``; raise Jira's 400."""
        if not any(body.get(name) is not None for name in ("fields", "update", "properties")):
            raise Problem(400, "one of 'fields' or 'update' required")
        kind = self.world.type(issue.type)
        project = project_of(lens, issue)
        edits = read_edits(body, edit_screen(lens, kind), lens, project, issue.fields)
        placing.check_type_change(self.world, issue, edits)
        if "parent" in edits.values:
            placing.check_parent(lens, project, kind, edits)
        edits.refuse_if_wrong()
        properties = remarks.read_properties(body.get("properties"))
        writes = [remarks.prepare(self, lens, issue, each) for each in edits.remarks]
        items = changed_items(lens, issue, edits.values)
        self._write(issue, edits.values)
        issue.properties.update(properties)
        self._record(lens, issue, items, body)
        for write in writes:
            write(issue)

    def _record(
        self, lens: Lens, issue: Issue, items: list[ChangeItem], body: Mapping[str, Json]
    ) -> None:
        if items:
            metadata = body.get("historyMetadata")
            issue.history.append(
                Change(
                    id=str(self.contents.next_id("change")),
                    author=self.author(lens),
                    created=self.now(),
                    items=items,
                    metadata=metadata if isinstance(metadata, Mapping) else None,
                )
            )
        self.touch(issue)

    # -- move --------------------------------------------------------------------------------

    def transitions(self, issue: Issue) -> tuple[Transition, ...]:
        """Return the ways out of the issue's status."""
        return self.world.type(issue.type).workflow.from_status(issue.status)

    def move(self, lens: Lens, issue: Issue, body: Mapping[str, Json]) -> None:
        """Send an issue through ``{transition: {id}, fields, update}``; raise Jira's 400."""
        way = self._way(issue, body.get("transition"))
        project = project_of(lens, issue)
        screen = transition_screen(lens, way)
        edits = read_edits(body, screen, lens, project, issue.fields)
        self._require(screen, edits, issue.fields)
        edits.refuse_if_wrong()
        properties = remarks.read_properties(body.get("properties"))
        writes = [remarks.prepare(self, lens, issue, each) for each in edits.remarks]
        values = dict(edits.values)
        if self.world.status(way.target).is_open and "resolution" in issue.fields:
            values.setdefault("resolution", None)
        items = changed_items(lens, issue, values)
        if way.target != issue.status:
            items.append(status_item(lens, issue.status, way.target))
        self._write(issue, values)
        self._arrive(issue, way.target)
        issue.properties.update(properties)
        self._record(lens, issue, items, body)
        for write in writes:
            write(issue)

    def _arrive(self, issue: Issue, status: str) -> None:
        was, now = self.world.status(issue.status), self.world.status(status)
        if was.category != now.category:
            issue.status_since = self.now()
        issue.status = status

    def _way(self, issue: Issue, wanted: Json) -> Transition:
        named = member(wanted, "id")
        if named is None:
            raise Problem(400, "Missing 'transition' identifier")
        if not named[1].isdecimal():
            raise Problem(400, "'transition' identifier must be an integer")
        for way in self.transitions(issue):
            if way.id == named[1]:
                return way
        raise Problem(400, f"Transition id '{named[1]}' is not valid for this issue.")

    # -- delete ------------------------------------------------------------------------------

    def delete(self, issue: Issue, *, with_children: bool) -> None:
        """Delete an issue, and its sub-tasks if that is asked for; raise Jira's 400."""
        children = self.contents.children(issue)
        if children and not with_children:
            raise Problem(
                400,
                f"The issue '{issue.key}' has subtasks.  You must specify the 'deleteSubtasks' "
                "parameter to delete this issue and all its subtasks.",
            )
        for child in children:
            self.contents.remove(child)
        self.contents.remove(issue)
        self.contents.revision += 1


#: Fields that say where an issue is made; they are read before the others.
_PLACES = {"project", "issuetype"}
_WITH_CREATE = frozenset({"issuelinks", "worklog"})
