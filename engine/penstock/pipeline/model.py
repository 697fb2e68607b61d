"""The pipeline document as pydantic models: the keys and patterns of Harness's public schema v0.

``document`` takes out of a tree what may stand there though these models do not know it.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, TypeAlias, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel

from penstock.connectors.scope import RESERVED
from penstock.duration import Duration
from penstock.expressions import has_expression
from penstock.nearest import nearest
from penstock.pipeline.flow_model import FailureStrategy, StageWhen, StepWhen, StrategyModel

__all__ = [
    "STAGE_TYPES",
    "Pipeline",
    "Stage",
    "StageItem",
    "Step",
    "StepGroup",
    "StepItem",
    "Variable",
    "is_true",
    "text_of",
]

_StageType = Literal["Approval", "Custom", "Deployment"]
STAGE_TYPES: tuple[str, ...] = get_args(_StageType)

_IDENTIFIER = re.compile("[a-zA-Z_][0-9a-zA-Z_]{0,127}")
_VARIABLE = re.compile("[a-zA-Z_][0-9a-zA-Z_.$-]{0,127}")
_NO_LETTERS = re.compile("[^0-9a-zA-Z_]+")
_LONGEST = 128
#: What pydantic takes for true.
_TRUE = frozenset({"1", "on", "t", "true", "y", "yes"})


def is_true(value: object) -> bool:
    """Whether a YAML scalar says yes to a question, as the models read it."""
    return isinstance(value, str) and value.lower() in _TRUE


def text_of(variable: Mapping[str, Any]) -> tuple[str, Any]:
    """Return the key and the value of what a variable as written holds: ``default`` if no value."""
    key = "default" if variable.get("value") is None and "default" in variable else "value"
    return key, variable.get(key)


def _not_reserved(text: str) -> None:
    if text in RESERVED:
        raise ValueError(f"must not be {text!r}, a reserved word of expressions; take another one")


def _identifier(text: str) -> str:
    _not_reserved(text)
    if _IDENTIFIER.fullmatch(text):
        return text
    raise ValueError(
        "must begin with a letter or '_' and hold only letters, digits and '_', at most "
        f"{_LONGEST}{_proposal(text)}"
    )


def _variable_name(text: str) -> str:
    _not_reserved(text)
    if _VARIABLE.fullmatch(text):
        return text
    raise ValueError(
        "must begin with a letter or '_' and hold only letters, digits and _ . $ -, at most "
        f"{_LONGEST}{_proposal(text)}"
    )


def _proposal(text: str) -> str:
    """Return what may be written instead, as ``; write 'x'``, or nothing."""
    proposal = _NO_LETTERS.sub("_", text.strip())
    if proposal[:1].isdigit():
        proposal = f"_{proposal}"
    return f"; write {proposal!r}" if 0 < len(proposal.strip("_")) <= _LONGEST else ""


def _stage_type(value: object) -> object:
    if not isinstance(value, str) or value in STAGE_TYPES:
        return value
    near = nearest(value, STAGE_TYPES)
    advice = f"did you mean {near!r}?" if near else "a stage that only runs steps is a Custom one"
    raise ValueError(f"must be one of {', '.join(STAGE_TYPES)}, not {value[:40]!r}; {advice}")


def _written_out(value: object) -> object:
    if isinstance(value, str) and has_expression(value):
        raise ValueError(
            "must be written out: an expression is not supported here yet; write it like '10m', "
            "or give it at the start with `<+input>`"
        )
    return value


def _text_or_empty(value: object) -> object:
    return "" if value is None else value


def _schema_of(pattern: re.Pattern[str]) -> WithJsonSchema:
    reserved = {"enum": sorted(RESERVED)}
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern.pattern}$", "not": reserved})


Identifier: TypeAlias = Annotated[str, AfterValidator(_identifier), _schema_of(_IDENTIFIER)]
VariableName: TypeAlias = Annotated[str, AfterValidator(_variable_name), _schema_of(_VARIABLE)]
Timeout: TypeAlias = Annotated[Duration, BeforeValidator(_written_out)]
Tags: TypeAlias = Mapping[str, Annotated[str, BeforeValidator(_text_or_empty)]]


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class Variable(_Model):
    """A pipeline's or a stage's variable."""

    name: VariableName
    type: Literal["String", "Number", "Secret"] = "String"
    value: str | None = None
    default: str | None = None
    required: bool = False
    description: str | None = None


class Step(_Model):
    """A step as written; its ``spec`` belongs to the step type."""

    identifier: Identifier
    name: str = ""
    type: str
    spec: Mapping[str, Any] = Field(default_factory=dict)
    description: str | None = None
    timeout: Timeout | None = None
    when: StepWhen = StepWhen()
    failure_strategies: list[FailureStrategy] = Field(default_factory=list)
    strategy: StrategyModel | None = None


class StepGroup(_Model):
    """Steps under one name, as written."""

    identifier: Identifier
    name: str = ""
    description: str | None = None
    variables: list[Variable] = Field(default_factory=list)
    timeout: Timeout | None = None
    when: StepWhen = StepWhen()
    failure_strategies: list[FailureStrategy] = Field(default_factory=list)
    strategy: StrategyModel | None = None
    steps: list["StepItem"] = Field(min_length=1)


class StepItem(_Model):
    """One entry of ``steps``: a step, a group, or several of them side by side."""

    step: Step | None = None
    step_group: StepGroup | None = None
    parallel: Annotated[list["StepItem"], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        _one_of(self, ("step", "step_group", "parallel"))
        return self


class Execution(_Model):
    """What a stage runs, and what undoes it."""

    steps: list[StepItem] = Field(min_length=1)
    rollback_steps: list[StepItem] = Field(default_factory=list)


class StageSpec(_Model):
    """The spec of a stage that runs steps."""

    execution: Execution


class Stage(_Model):
    """A stage as written."""

    identifier: Identifier
    name: str = ""
    type: Annotated[_StageType, BeforeValidator(_stage_type)]
    description: str | None = None
    tags: Tags = Field(default_factory=dict)
    variables: list[Variable] = Field(default_factory=list)
    timeout: Timeout | None = None
    when: StageWhen = StageWhen()
    failure_strategies: list[FailureStrategy] = Field(default_factory=list)
    strategy: StrategyModel | None = None
    spec: StageSpec

    @model_validator(mode="after")
    def _can_be_undone(self) -> Self:
        """Harness: an Approval stage has no rollback steps."""
        if self.type == "Approval" and self.spec.execution.rollback_steps:
            raise ValueError("an Approval stage has no rollbackSteps; make it a Custom stage")
        return self


class StageItem(_Model):
    """One entry of ``stages``: a stage, or several of them side by side."""

    stage: Stage | None = None
    parallel: Annotated[list["StageItem"], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        _one_of(self, ("stage", "parallel"))
        return self


def _one_of(item: BaseModel, names: tuple[str, ...]) -> None:
    said = [to_camel(name) for name in names if getattr(item, name) is not None]
    if len(said) > 1:
        raise ValueError(f"holds {' and '.join(said)}; write an entry for each")
    if not said:
        raise ValueError(f"is empty; it holds one of {', '.join(map(to_camel, names))}")


class Pipeline(_Model):
    """A whole pipeline as written."""

    identifier: Identifier
    name: str = ""
    org_identifier: str | None = None
    project_identifier: str | None = None
    description: str | None = None
    tags: Tags = Field(default_factory=dict)
    variables: list[Variable] = Field(default_factory=list)
    timeout: Timeout | None = None
    stages: list[StageItem] = Field(min_length=1)
