"""The plan: a pipeline that was checked, as plain immutable values. All that the runner sees."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias

from pydantic import TypeAdapter, ValidationError

from penstock.errors import JournalError
from penstock.events import StepOutline

__all__ = [
    "FailureAction",
    "FailureRule",
    "Plan",
    "PlannedGroup",
    "PlannedNode",
    "PlannedStage",
    "PlannedStep",
    "PlannedVariable",
    "Rank",
    "Strategy",
    "tag_variables",
]


@dataclass(frozen=True)
class PlannedVariable:
    """A variable: its text (expressions not yet evaluated), type and place in the file."""

    name: str
    type: str
    value: str | None
    line: int = 0
    column: int = 0


def tag_variables(tags: Mapping[str, str]) -> tuple[PlannedVariable, ...]:
    """Return tags as variables: their expressions, too, are evaluated when they are read."""
    return tuple(PlannedVariable(name, "String", text) for name, text in tags.items())


@dataclass(frozen=True)
class FailureAction:
    """What is done about a failure (Harness: ``action``); times are in seconds."""

    type: str
    #: Retry: how often, and how long to wait before each; the last interval serves the rest.
    retries: int = 0
    intervals: tuple[float, ...] = ()
    #: What is done when no retry has helped.
    then: "FailureAction | None" = None


@dataclass(frozen=True)
class FailureRule:
    """Which failures (Harness: ``errors``) are answered with what."""

    errors: tuple[str, ...]
    action: FailureAction


@dataclass(frozen=True)
class Strategy:
    """A node that runs once for each of several items (Harness: ``strategy``).

    ``kind`` is matrix, repeat or parallelism; ``spec`` its keys, whose expressions are evaluated
    when the node's turn comes.
    """

    kind: str
    spec: Mapping[str, Any]
    #: A condition for each item.
    condition: str | None = None
    #: Whether items that have not begun are left out once one has failed.
    skips_queued: bool = False


@dataclass(frozen=True)
class PlannedStep:
    """A step whose type is known and whose ``spec`` was checked as far as it can be.

    ``occasion`` is Harness's ``when.stageStatus``: Success, Failure or All. ``places`` maps the
    dotted path of each text in the spec to its line, its column and its file, in their order; a
    file is ``""`` where it is the plan's own.
    """

    path: str
    identifier: str
    name: str
    type: str
    spec: Mapping[str, Any]
    #: Seconds.
    timeout: float
    occasion: str
    condition: str | None
    places: Mapping[str, tuple[int, int, str]]
    line: int
    column: int
    failures: tuple[FailureRule, ...] = ()
    strategy: Strategy | None = None
    #: Where it is written, if not in the plan's file: a template's.
    file: str = ""


@dataclass(frozen=True)
class PlannedGroup:
    """Steps under one name, with conditions, failure rules, variables and a strategy in common."""

    path: str
    identifier: str
    name: str
    variables: tuple[PlannedVariable, ...]
    #: Seconds, or ``None`` for no limit of its own.
    timeout: float | None
    occasion: str
    condition: str | None
    ranks: "tuple[tuple[PlannedGroup | PlannedStep, ...], ...]"
    line: int
    column: int
    failures: tuple[FailureRule, ...] = ()
    strategy: Strategy | None = None
    type: str = "StepGroup"
    #: As of a step.
    file: str = ""


#: What runs side by side; a body is a sequence of them, mostly of one each.
Rank: TypeAlias = "tuple[PlannedGroup | PlannedStep, ...]"


@dataclass(frozen=True)
class PlannedStage:
    """A stage, and the steps that undo it."""

    path: str
    identifier: str
    name: str
    type: str
    tags: Mapping[str, str]
    variables: tuple[PlannedVariable, ...]
    #: Seconds, or ``None`` for no limit of its own.
    timeout: float | None
    occasion: str
    condition: str | None
    ranks: tuple[Rank, ...]
    line: int
    column: int
    rollback: tuple[Rank, ...] = ()
    failures: tuple[FailureRule, ...] = ()
    strategy: Strategy | None = None
    #: As of a step.
    file: str = ""
    description: str = ""

    @property
    def steps(self) -> tuple[PlannedStep, ...]:
        """Its steps in the order of the file, those of groups and of the rollback too."""
        return tuple(_leaves((*self.ranks, *self.rollback)))


PlannedNode: TypeAlias = PlannedStage | PlannedGroup | PlannedStep


@dataclass(frozen=True)
class Plan:
    """A whole pipeline, ready to run."""

    file: str
    identifier: str
    name: str
    org: str | None
    project: str | None
    tags: Mapping[str, str]
    variables: tuple[PlannedVariable, ...]
    timeout: float | None
    ranks: tuple[tuple[PlannedStage, ...], ...]
    #: Values given at the start, by input name.
    inputs: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    #: What is read as ``variable``: values that were there when the run was started.
    shared: Mapping[str, Any] = field(default_factory=dict)

    @property
    def stages(self) -> tuple[PlannedStage, ...]:
        """The stages in the order of the file."""
        return tuple(stage for rank in self.ranks for stage in rank)

    def steps(self) -> Iterator[tuple[PlannedStage, PlannedStep]]:
        """Yield each step with its stage, in the order of the file."""
        for stage in self.stages:
            for step in stage.steps:
                yield stage, step

    def outline(self) -> tuple[StepOutline, ...]:
        """Return stages, groups and steps as renderers show them.

        What a strategy multiplies is shown once; its items come with the run.
        """
        rows: list[StepOutline] = []
        for stage in self.stages:
            rows += _outline(stage, 0)
        return tuple(rows)

    def to_json(self) -> str:
        """Return the plan as JSON text, for the journal."""
        return _adapter().dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        """Return the plan that ``to_json`` wrote; raise ``JournalError`` for any other text."""
        try:
            return _adapter().validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise JournalError(
                f"the plan of the run cannot be read ({place}: {first['msg']}): another version "
                "of Penstock wrote it; use that one, or run the pipeline again"
            ) from error


def _leaves(ranks: tuple[Rank, ...]) -> Iterator[PlannedStep]:
    for rank in ranks:
        for node in rank:
            if isinstance(node, PlannedStep):
                yield node
            else:
                yield from _leaves(node.ranks)


def _outline(node: PlannedNode, depth: int) -> Iterator[StepOutline]:
    yield StepOutline(node.path, node.name, node.type, depth)
    if isinstance(node, PlannedStep) or node.strategy is not None:
        return
    undo = node.rollback if isinstance(node, PlannedStage) else ()
    for rank in (*node.ranks, *undo):
        for below in rank:
            yield from _outline(below, depth + 1)


@cache
def _adapter() -> TypeAdapter[Plan]:
    return TypeAdapter(Plan)
