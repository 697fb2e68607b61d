"""The pipeline document as pydantic models: the keys and patterns of Harness's public schema v0.

``document`` takes out of a tree what may stand there though these models do not know it.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

from penstock.connectors.scope import RESERVED
from penstock.duration import Duration
from penstock.expressions import has_expression
from penstock.nearest import nearest

__all__ = [
    "STAGE_TYPES",
    "Pipeline",
    "Stage",
    "StageWhen",
    "Step",
    "StepWhen",
    "Variable",
    "is_true",
    "text_of",
]

_Occasion = Literal["Success", "Failure", "All"]
_StageType = Literal["Approval", "Custom"]
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


class StageWhen(_Model):
    """Under which circumstances a stage runs (Harness: ``when``)."""

    pipeline_status: _Occasion = "Success"
    condition: str | None = None


class StepWhen(_Model):
    """Under which circumstances a step runs (Harness: ``when``)."""

    stage_status: _Occasion = "Success"
    condition: str | None = None


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


class StepItem(_Model):
    """One entry of ``steps``."""

    step: Step


class Execution(_Model):
    """What a stage runs."""

    steps: list[StepItem] = Field(min_length=1)


class StageSpec(_Model):
    """The spec of an Approval or a Custom stage."""

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
    spec: StageSpec


class StageItem(_Model):
    """One entry of ``stages``."""

    stage: Stage


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
