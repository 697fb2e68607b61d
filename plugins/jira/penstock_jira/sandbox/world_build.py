"""Makes a world of a world file: gives ids in the order of the lists and resolves names."""

import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from penstock.errors import Refused
from penstock.source import read
from penstock_jira.sandbox.field import FieldDefinition, Option
from penstock_jira.sandbox.fields import own_fields
from penstock_jira.sandbox.lens import Flavour
from penstock_jira.sandbox.reading import read_as
from penstock_jira.sandbox.world import (
    Board,
    Group,
    IssueType,
    LinkType,
    NamedThing,
    Project,
    ScreenField,
    Sprint,
    Status,
    Transition,
    User,
    Workflow,
    World,
)
from penstock_jira.sandbox.world_checks import EVERYWHERE, OPEN, world_faults
from penstock_jira.sandbox.world_file import (
    DEFAULT_WORLD,
    WrittenBoard,
    WrittenField,
    WrittenProject,
    WrittenTransition,
    WrittenUser,
    WrittenWorkflow,
    WrittenWorld,
)

__all__ = ["FIRST_CUSTOM_FIELD", "load_world"]

#: The number of the first custom field.
FIRST_CUSTOM_FIELD = 10_010
#: The first id of statuses, types, projects, resolutions, components and versions.
_FIRST = 10_000
_FIRST_OPTION = 10_100
#: The namespace of the account ids that are made of users' names.
_ACCOUNTS = uuid.UUID("5b2a4f0e-8d5c-4c0b-9d57-52a1f3a3f1c4")


def load_world(path: Path | None, flavour: Flavour) -> World:
    """Return the world of a file, or the default one; raise ``Refused`` with every fault."""
    source = read(path or DEFAULT_WORLD)
    written = read_as(WrittenWorld, source.value, source)
    Refused.unless_empty(world_faults(written, source, flavour))
    return _build(written, flavour)


def _build(written: WrittenWorld, flavour: Flavour) -> World:
    fields = [*own_fields(flavour), *_custom_fields(written.fields)]
    statuses = [
        Status(str(_FIRST + index), each.name, each.category)
        for index, each in enumerate(written.statuses)
    ]
    workflows = {each.name: _workflow(each, statuses, fields) for each in written.workflows}
    types = [
        IssueType(
            str(_FIRST + index), each.name, each.description, each.level, workflows[each.workflow]
        )
        for index, each in enumerate(written.types)
    ]
    priorities = _things(written.priorities, 1)
    return World(
        users=tuple(_user(each, index) for index, each in enumerate(written.users)),
        groups=tuple(
            Group(_account(f"group {each.name}"), each.name, tuple(each.members))
            for each in written.groups
        ),
        statuses=tuple(statuses),
        types=tuple(types),
        projects=_projects(written.projects, types),
        priorities=priorities,
        default_priority=next(p for p in priorities if p.name == written.default_priority),
        resolutions=_things(written.resolutions, _FIRST),
        links=tuple(
            LinkType(str(_FIRST + index), each.name, each.inward, each.outward)
            for index, each in enumerate(written.links)
        ),
        fields=tuple(fields),
        off_screen=frozenset(_field_id(name, fields) for name in written.off_screen),
        boards=_boards(written.boards),
        security_levels=_things(written.security_levels, _FIRST),
    )


def _things(names: Sequence[str], first: int) -> tuple[NamedThing, ...]:
    return tuple(NamedThing(str(first + index), name) for index, name in enumerate(names))


def _user(written: WrittenUser, index: int) -> User:
    return User(
        name=written.name,
        key=f"JIRAUSER{10_100 + index}",
        account_id=written.account_id or f"712020:{_account(written.name)}",
        display=written.display,
        email=written.email,
    )


def _account(name: str) -> str:
    return str(uuid.uuid5(_ACCOUNTS, name))


def _field_id(name: str, fields: Sequence[FieldDefinition]) -> str:
    by_id = next((each.id for each in fields if each.id == name), None)
    return by_id or next(each.id for each in fields if each.name == name)


def _workflow(
    written: WrittenWorkflow, statuses: Sequence[Status], fields: Sequence[FieldDefinition]
) -> Workflow:
    named = {status.name: status for status in statuses}
    used = dict.fromkeys([written.start])
    for way in written.transitions:
        given = [way.sources] if isinstance(way.sources, str) else way.sources
        used |= dict.fromkeys(name for name in (*given, way.to) if name in named)
    own = [named[name] for name in used]
    return Workflow(
        name=written.name,
        start=named[written.start].id,
        transitions=tuple(
            _transition(str(index * 10 + 11), way, named, own, fields)
            for index, way in enumerate(written.transitions)
        ),
    )


def _transition(
    identifier: str,
    written: WrittenTransition,
    named: Mapping[str, Status],
    own: Sequence[Status],
    fields: Sequence[FieldDefinition],
) -> Transition:
    given = written.sources
    keyword = given if isinstance(given, str) and given not in named else None
    if keyword == EVERYWHERE:
        sources = [status for status in own if status.name != written.to]
    elif keyword == OPEN:
        sources = [status for status in own if status.is_open and status.name != written.to]
    else:
        sources = [named[name] for name in ([given] if isinstance(given, str) else given)]
    return Transition(
        id=identifier,
        name=written.name,
        sources=frozenset(status.id for status in sources),
        target=named[written.to].id,
        screen=tuple(
            ScreenField(_field_id(each.field, fields), each.required) for each in written.screen
        ),
        everywhere=keyword == EVERYWHERE,
    )


def _projects(written: Sequence[WrittenProject], types: Sequence[IssueType]) -> tuple[Project, ...]:
    components = versions = _FIRST
    made = []
    for index, each in enumerate(written):
        made.append(
            Project(
                id=str(_FIRST + index),
                key=each.key,
                name=each.name,
                lead=each.lead,
                types=tuple(t for t in types if each.types is None or t.name in each.types),
                components=_things(each.components, components),
                versions=_things(each.versions, versions),
            )
        )
        components += len(each.components)
        versions += len(each.versions)
    return tuple(made)


def _boards(written: Sequence[WrittenBoard]) -> tuple[Board, ...]:
    """Return the boards; these and the sprints are numbered from 1."""
    made, sprints = [], 0
    for number, each in enumerate(written, 1):
        board = str(number)
        own = [
            Sprint(str(sprints + index), sprint.name, sprint.state, board)
            for index, sprint in enumerate(each.sprints, 1)
        ]
        sprints += len(own)
        made.append(Board(board, each.name, each.kind, each.project, tuple(own)))
    return tuple(made)


def _custom_fields(written: Sequence[WrittenField]) -> list[FieldDefinition]:
    next_option = _FIRST_OPTION
    made = []
    for index, each in enumerate(written):
        options = _options(each.options, next_option)
        next_option += sum(1 + len(option.children) for option in options)
        made.append(
            FieldDefinition(
                id=f"customfield_{FIRST_CUSTOM_FIELD + index}",
                name=each.name,
                kind=each.kind,
                options=options,
                required=each.required,
            )
        )
    return made


def _options(
    written: Sequence[str] | Mapping[str, Sequence[str]], first: int
) -> tuple[Option, ...]:
    if not isinstance(written, Mapping):
        return tuple(Option(str(first + index), text) for index, text in enumerate(written))
    made = []
    for text, children in written.items():
        made.append(Option(str(first), text, _options(children, first + 1)))
        first += 1 + len(children)
    return tuple(made)
