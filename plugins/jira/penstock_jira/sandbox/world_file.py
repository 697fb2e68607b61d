"""The world file as it is written: lists of named things."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from penstock.duration import Delay
from penstock.json_types import Json
from penstock_jira.sandbox.reading import Written

__all__ = [
    "DEFAULT_WORLD",
    "WrittenBoard",
    "WrittenField",
    "WrittenIssue",
    "WrittenProject",
    "WrittenTransition",
    "WrittenType",
    "WrittenUser",
    "WrittenWorkflow",
    "WrittenWorld",
]

#: The default world, which ``--print-world`` shows.
DEFAULT_WORLD = Path(__file__).with_name("world.yaml")

Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class WrittenUser(Written):
    """A user; without an account id, one is made of the name."""

    name: Name
    display: Name
    email: Name
    account_id: Name | None = None


class WrittenGroup(Written):
    """A group of users."""

    name: Name
    members: tuple[Name, ...] = ()


class WrittenStatus(Written):
    """A status."""

    name: Name
    category: Literal["new", "indeterminate", "done"]


class WrittenScreenField(Written):
    """A field on a transition's screen."""

    field: Name
    required: bool = False


class WrittenTransition(Written):
    """A transition; ``from`` is a status, several, ``open`` or ``any``."""

    name: Name
    sources: Name | tuple[Name, ...] = Field(alias="from")
    to: Name
    screen: tuple[WrittenScreenField, ...] = ()


class WrittenWorkflow(Written):
    """A workflow."""

    name: Name
    start: Name
    transitions: tuple[WrittenTransition, ...]


class WrittenType(Written):
    """An issue type."""

    name: Name
    workflow: Name
    description: str = ""
    level: Annotated[int, Field(ge=-1, le=1)] = 0


class WrittenProject(Written):
    """A project; without ``types`` it has them all."""

    key: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{1,9}$")]
    name: Name
    lead: Name
    types: tuple[Name, ...] | None = None
    components: tuple[Name, ...] = ()
    versions: tuple[Name, ...] = ()


class WrittenLink(Written):
    """A type of issue links."""

    name: Name
    inward: Name
    outward: Name


class WrittenField(Written):
    """A custom field; the options of a cascading one map each to its children."""

    name: Name
    kind: Name
    options: tuple[Name, ...] | dict[Name, tuple[Name, ...]] = ()
    required: bool = False


class WrittenSprint(Written):
    """A sprint of a board."""

    name: Name
    state: Literal["active", "future", "closed"]


class WrittenBoard(Written):
    """A board of a project."""

    name: Name
    project: Name
    kind: Literal["scrum", "kanban"] = "scrum"
    sprints: tuple[WrittenSprint, ...] = ()


class WrittenIssue(Written):
    """An issue that is there at the start, and what people did with it since it was made."""

    project: Name
    type: Name
    #: How long ago it was made.
    made: Delay = 0.0
    creator: Name | None = Field(None, alias="as")
    values: dict[str, Json] = Field({}, alias="set")
    #: Entries of a script.
    history: tuple[Json, ...] = ()


class WrittenWorld(Written):
    """The whole file."""

    users: Annotated[tuple[WrittenUser, ...], Field(min_length=1)]
    groups: tuple[WrittenGroup, ...] = ()
    statuses: tuple[WrittenStatus, ...]
    workflows: tuple[WrittenWorkflow, ...]
    types: Annotated[tuple[WrittenType, ...], Field(min_length=1)]
    projects: Annotated[tuple[WrittenProject, ...], Field(min_length=1)]
    priorities: tuple[Name, ...]
    default_priority: Name
    resolutions: tuple[Name, ...]
    links: tuple[WrittenLink, ...] = ()
    fields: tuple[WrittenField, ...] = ()
    off_screen: tuple[Name, ...] = ()
    boards: tuple[WrittenBoard, ...] = ()
    security_levels: tuple[Name, ...] = ()
    issues: tuple[WrittenIssue, ...] = ()
