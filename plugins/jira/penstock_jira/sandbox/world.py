"""The world of the sandbox: what an administrator would have set up, and nothing that changes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from penstock_jira.sandbox.field import FieldDefinition

__all__ = [
    "Board",
    "Group",
    "IssueType",
    "LinkType",
    "NamedThing",
    "Project",
    "ScreenField",
    "Sprint",
    "Status",
    "Transition",
    "User",
    "Workflow",
    "World",
    "find",
]


class _Named(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=_Named)


def find(things: Iterable[N], wanted: str | None) -> N | None:
    """Return the thing whose id or name is *wanted*; ids go first, case counts (as in Jira)."""
    if wanted is None:
        return None
    known = list(things)
    by_id = next((thing for thing in known if thing.id == wanted), None)
    return by_id or next((thing for thing in known if thing.name == wanted), None)


@dataclass(frozen=True)
class NamedThing:
    """A priority, a resolution, a component or a version: an id, a name, a description."""

    id: str
    name: str
    description: str = ""


@dataclass(frozen=True)
class User:
    """A person. ``account_id`` names them on Cloud; ``name`` and ``key`` do on Data Center."""

    name: str
    key: str
    account_id: str
    display: str
    email: str

    @property
    def id(self) -> str:
        """The name, which no two users share."""
        return self.name


@dataclass(frozen=True)
class Group:
    """A group and the names of its members."""

    id: str
    name: str
    members: tuple[str, ...]


@dataclass(frozen=True)
class Status:
    """A status; ``category`` is ``new``, ``indeterminate`` or ``done``."""

    id: str
    name: str
    category: str

    @property
    def is_open(self) -> bool:
        """Whether work on an issue in this status is still to be done."""
        return self.category != "done"


@dataclass(frozen=True)
class ScreenField:
    """A field on a transition's screen."""

    field: str
    required: bool


@dataclass(frozen=True)
class Transition:
    """A way from each of ``sources`` to ``target``, all of them ids of statuses."""

    id: str
    name: str
    sources: frozenset[str]
    target: str
    screen: tuple[ScreenField, ...] = ()
    everywhere: bool = False


@dataclass(frozen=True)
class Workflow:
    """Statuses and the ways between them; ``start`` is the id of the first status."""

    name: str
    start: str
    transitions: tuple[Transition, ...]

    @property
    def statuses(self) -> tuple[str, ...]:
        """The ids of the statuses, in the order in which the workflow names them."""
        found = dict.fromkeys([self.start])
        for transition in self.transitions:
            found |= dict.fromkeys([*sorted(transition.sources), transition.target])
        return tuple(found)

    def from_status(self, status: str) -> tuple[Transition, ...]:
        """Return the transitions that can be taken from the status with this id."""
        return tuple(way for way in self.transitions if status in way.sources)


@dataclass(frozen=True)
class IssueType:
    """An issue type; ``level`` is 1 for epics, 0 for ordinary issues, -1 for sub-tasks."""

    id: str
    name: str
    description: str
    level: int
    workflow: Workflow

    @property
    def subtask(self) -> bool:
        """Whether its issues are parts of others."""
        return self.level < 0


@dataclass(frozen=True)
class LinkType:
    """A kind of link between two issues, with its text in both directions."""

    id: str
    name: str
    inward: str
    outward: str


@dataclass(frozen=True)
class Sprint:
    """A sprint; ``state`` is ``active``, ``future`` or ``closed``."""

    id: str
    name: str
    state: str
    board: str


@dataclass(frozen=True)
class Board:
    """A board of a project, by its key; ``kind`` is ``scrum``, or ``kanban``: without sprints."""

    id: str
    name: str
    kind: str
    project: str
    sprints: tuple[Sprint, ...]


@dataclass(frozen=True)
class Project:
    """A project with its issue types, components and versions; ``lead`` is a user's name."""

    id: str
    key: str
    name: str
    lead: str
    types: tuple[IssueType, ...]
    components: tuple[NamedThing, ...]
    versions: tuple[NamedThing, ...]


@dataclass(frozen=True)
class World:
    """All of it. Fields are Jira's own first, then the custom ones."""

    users: tuple[User, ...]
    groups: tuple[Group, ...]
    statuses: tuple[Status, ...]
    types: tuple[IssueType, ...]
    projects: tuple[Project, ...]
    priorities: tuple[NamedThing, ...]
    default_priority: NamedThing
    resolutions: tuple[NamedThing, ...]
    links: tuple[LinkType, ...]
    fields: tuple[FieldDefinition, ...]
    off_screen: frozenset[str] = frozenset()
    boards: tuple[Board, ...] = ()
    security_levels: tuple[NamedThing, ...] = ()
    _fields: Mapping[str, FieldDefinition] = field(init=False, repr=False, compare=False)
    _statuses: Mapping[str, Status] = field(init=False, repr=False, compare=False)
    _users: Mapping[str, User] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index what is looked up most."""
        object.__setattr__(self, "_fields", {each.id: each for each in self.fields})
        object.__setattr__(self, "_statuses", {each.id: each for each in self.statuses})
        object.__setattr__(self, "_users", {each.name: each for each in self.users})

    @property
    def sprints(self) -> tuple[Sprint, ...]:
        """The sprints of all boards."""
        return tuple(sprint for board in self.boards for sprint in board.sprints)

    def field(self, identifier: str) -> FieldDefinition:
        """Return the field with this id; ``KeyError`` if there is none."""
        return self._fields[identifier]

    def has_field(self, identifier: str) -> bool:
        """Whether a field has this id."""
        return identifier in self._fields

    def fields_called(self, name: str) -> Sequence[FieldDefinition]:
        """Return the fields with this id or, if there is none, with this display name."""
        if name in self._fields:
            return (self._fields[name],)
        return tuple(each for each in self.fields if each.name == name)

    def status(self, identifier: str) -> Status:
        """Return the status with this id; ``KeyError`` if there is none."""
        return self._statuses[identifier]

    def user(self, name: str | None) -> User | None:
        """Return the user with this name, if there is one."""
        return self._users.get(name) if name is not None else None

    def user_known_as(self, name_or_email: str) -> User | None:
        """Return the user who signs in with this name or e-mail, whatever its case."""
        wanted = name_or_email.casefold()
        return next(
            (
                user
                for user in self.users
                if wanted in (user.name.casefold(), user.email.casefold())
            ),
            None,
        )

    def type(self, identifier: str) -> IssueType:
        """Return the issue type with this id; ``KeyError`` if there is none."""
        return next(each for each in self.types if each.id == identifier)

    def project(self, id_or_key: str | None) -> Project | None:
        """Return the project with this id or key, if there is one."""
        return next((each for each in self.projects if id_or_key in (each.id, each.key)), None)

    def groups_of(self, user: User | None) -> frozenset[str]:
        """Return the names of the groups that *user* is in."""
        return frozenset(
            group.name for group in self.groups if user is not None and user.name in group.members
        )
