"""What is wrong in a world file although each part of it has the right form: its references."""

from collections.abc import Iterable, Iterator, Sequence

from penstock.errors import Fault
from penstock.nearest import suggestion
from penstock.source import Source
from penstock_jira.sandbox.fields import WORLD_KINDS, own_fields
from penstock_jira.sandbox.lens import Flavour
from penstock_jira.sandbox.reading import Path
from penstock_jira.sandbox.world_file import WrittenField, WrittenTransition, WrittenWorld

__all__ = ["EVERYWHERE", "OPEN", "world_faults"]

#: What ``from`` of a transition may be besides statuses.
EVERYWHERE, OPEN = "any", "open"

#: Kinds of fields that have options.
_WITH_OPTIONS = {"select", "multiselect", "checkboxes", "cascading"}


def world_faults(world: WrittenWorld, source: Source, flavour: Flavour) -> Iterator[Fault]:
    """Return a fault for each name that is used twice, or used and not there."""
    yield from _twice(world, source)
    checks = _Names(source)
    users = [user.name for user in world.users]
    for index, group in enumerate(world.groups):
        yield from checks.all_in(("groups", index, "members"), group.members, "user", users)
    yield from _workflow_faults(world, checks, flavour)
    workflows = [workflow.name for workflow in world.workflows]
    for index, each in enumerate(world.types):
        yield from checks.known(("types", index, "workflow"), each.workflow, "workflow", workflows)
    types = [each.name for each in world.types]
    for index, project in enumerate(world.projects):
        yield from checks.known(("projects", index, "lead"), project.lead, "user", users)
        yield from checks.all_in(("projects", index, "types"), project.types or (), "type", types)
    priorities = world.priorities
    yield from checks.known(("defaultPriority",), world.default_priority, "priority", priorities)
    for index, field in enumerate(world.fields):
        yield from _field_faults(field, ("fields", index), source)
    yield from checks.all_in(("offScreen",), world.off_screen, "field", _fields(world, flavour))
    yield from _board_faults(world, checks, source)
    projects = [project.key for project in world.projects]
    for index, issue in enumerate(world.issues):
        at: Path = ("issues", index)
        yield from checks.known((*at, "project"), issue.project, "project", projects)
        yield from checks.known((*at, "type"), issue.type, "type", types)
        yield from checks.known((*at, "as"), issue.creator or users[0], "user", users)


def _board_faults(world: WrittenWorld, checks: "_Names", source: Source) -> Iterator[Fault]:
    projects = [each.key for each in world.projects]
    for index, board in enumerate(world.boards):
        yield from checks.known(("boards", index, "project"), board.project, "project", projects)
        if board.sprints and board.kind == "kanban":
            fault = "a kanban board has no sprints"
            yield source.fault(("boards", index, "sprints"), fault, "leave 'kind' out")


class _Names:
    """Says of names whether they are there."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def known(self, path: Path, name: str, what: str, names: Sequence[str]) -> Iterator[Fault]:
        if name not in names:
            hint = suggestion(name, names)
            yield self._source.fault(path, f"there is no {what} {name!r}", hint)

    def all_in(
        self, path: Path, wanted: Iterable[str], what: str, names: Sequence[str]
    ) -> Iterator[Fault]:
        for index, name in enumerate(wanted):
            yield from self.known((*path, index), name, what, names)


def _twice(world: WrittenWorld, source: Source) -> Iterator[Fault]:
    named: dict[str, Sequence[str]] = {
        "users": [each.name for each in world.users],
        "groups": [each.name for each in world.groups],
        "statuses": [each.name for each in world.statuses],
        "workflows": [each.name for each in world.workflows],
        "types": [each.name for each in world.types],
        "projects": [each.key for each in world.projects],
        "priorities": world.priorities,
        "resolutions": world.resolutions,
        "links": [each.name for each in world.links],
        "securityLevels": world.security_levels,
    }
    for section, names in named.items():
        for index, name in enumerate(names):
            if name in names[:index]:
                fault = f"{name!r} is in {section!r} already"
                yield source.fault((section, index), fault, "give each its own name")


def _workflow_faults(world: WrittenWorld, checks: _Names, flavour: Flavour) -> Iterator[Fault]:
    statuses = [each.name for each in world.statuses]
    fields = _fields(world, flavour)
    for number, workflow in enumerate(world.workflows):
        path: Path = ("workflows", number)
        yield from checks.known((*path, "start"), workflow.start, "status", statuses)
        for index, way in enumerate(workflow.transitions):
            here = (*path, "transitions", index)
            yield from checks.known((*here, "to"), way.to, "status", statuses)
            yield from _source_faults(way, (*here, "from"), checks, statuses)
            for place, asked in enumerate(way.screen):
                where = (*here, "screen", place, "field")
                yield from checks.known(where, asked.field, "field", fields)


def _source_faults(
    way: WrittenTransition, path: Path, checks: _Names, statuses: Sequence[str]
) -> Iterator[Fault]:
    if isinstance(way.sources, str):
        known = [*statuses, EVERYWHERE, OPEN]
        yield from checks.known(path, way.sources, "status", known)
    else:
        yield from checks.all_in(path, way.sources, "status", statuses)


def _fields(world: WrittenWorld, flavour: Flavour) -> list[str]:
    own = own_fields(flavour)
    names = [*(each.name for each in own), *(each.name for each in world.fields)]
    numbered = [f"customfield_{10010 + index}" for index in range(len(world.fields))]
    return [*names, *(each.id for each in own), *numbered]


def _field_faults(field: WrittenField, path: Path, source: Source) -> Iterator[Fault]:
    if field.kind not in WORLD_KINDS:
        hint = suggestion(field.kind, WORLD_KINDS)
        yield source.fault((*path, "kind"), f"there is no kind of field {field.kind!r}", hint)
        return
    if bool(field.options) != (field.kind in _WITH_OPTIONS):
        wants = "needs" if field.kind in _WITH_OPTIONS else "has no"
        hint = "list its sprints under 'boards'" if field.kind == "sprint" else ""
        yield source.fault(path, f"a field of kind {field.kind!r} {wants} 'options'", hint)
    elif field.options and isinstance(field.options, dict) != (field.kind == "cascading"):
        form = "a mapping of lists" if field.kind == "cascading" else "a list"
        yield source.fault((*path, "options"), f"the options of {field.kind!r} are {form}")
