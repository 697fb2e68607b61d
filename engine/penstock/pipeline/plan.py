"""The plan: a pipeline that was checked, as plain immutable values. All that the runner sees."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from penstock.errors import JournalError
from penstock.events import StepOutline

__all__ = ["Plan", "PlannedStage", "PlannedStep", "PlannedVariable", "tag_variables"]


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
class PlannedStep:
    """A step whose type is known and whose ``spec`` was checked as far as it can be.

    ``occasion`` is Harness's ``when.stageStatus``: Success, Failure or All. ``places`` maps the
    dotted path of each text in the spec to its line and column, in the order of the file.
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
    places: Mapping[str, tuple[int, int]]
    line: int
    column: int


@dataclass(frozen=True)
class PlannedStage:
    """A stage; its steps run one after another."""

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
    steps: tuple[PlannedStep, ...]
    line: int
    column: int
    description: str = ""


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
    stages: tuple[PlannedStage, ...]
    #: Values given at the start, by input name.
    inputs: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    #: What is read as ``variable``: values that were there when the run was started.
    shared: Mapping[str, Any] = field(default_factory=dict)

    def steps(self) -> Iterator[tuple[PlannedStage, PlannedStep]]:
        """Yield each step with its stage, in order."""
        for stage in self.stages:
            for step in stage.steps:
                yield stage, step

    def outline(self) -> tuple[StepOutline, ...]:
        """Return stages and steps as renderers show them."""
        rows = []
        for stage in self.stages:
            rows.append(StepOutline(stage.path, stage.name, stage.type, 0))
            rows += [StepOutline(step.path, step.name, step.type, 1) for step in stage.steps]
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


@cache
def _adapter() -> TypeAdapter[Plan]:
    return TypeAdapter(Plan)
