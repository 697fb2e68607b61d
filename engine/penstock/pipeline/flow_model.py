"""The parts of the document that say when and how often a node runs, as pydantic models.

Harness: ``when``, ``failureStrategies`` and ``strategy``.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, TypeAlias, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from penstock.duration import Duration
from penstock.expressions import has_expression
from penstock.nearest import nearest

__all__ = ["FailureStrategy", "StageWhen", "StepWhen", "StrategyModel"]

_Occasion = Literal["Success", "Failure", "All"]
# fmt: off
_Error = Literal[
    "AllErrors", "Unknown", "Authentication", "Authorization", "Connectivity", "Timeout",
    "Verification", "DelegateProvisioning", "DelegateRestart", "PolicyEvaluationFailure",
    "InputTimeoutError", "ApprovalRejection", "UserMarkedFailure", "InfrastructureFailure",
    "PluginImageFailure", "ResourceLimitsFailure", "ConfigurationFailure",
    "RetryableTransientFailure",
]
_Action = Literal[
    "Ignore", "Retry", "MarkAsSuccess", "MarkAsFailure", "Abort", "StageRollback",
    "StepGroupRollback", "PipelineRollback",
]
# fmt: on
#: Harness's, which need what is not here yet.
_MISSING = {
    "ManualIntervention": "let a person decide in a HarnessApproval step after it",
    "ProceedWithDefaultValues": "inputs are not asked for while a run waits",
    "RetryStepGroup": "retry the step itself, with Retry",
}


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class StageWhen(_Model):
    """Under which circumstances a stage runs (Harness: ``when``)."""

    pipeline_status: _Occasion = "Success"
    condition: str | None = None


class StepWhen(_Model):
    """Under which circumstances a step or a group runs (Harness: ``when``)."""

    stage_status: _Occasion = "Success"
    condition: str | None = None


def _one_of(known: tuple[str, ...], value: object) -> object:
    """Return the name that is meant: Harness matches them ignoring case."""
    if not isinstance(value, str):
        return value
    same = next((name for name in known if name.lower() == value.lower()), None)
    if same is not None:
        return same
    near = nearest(value, known)
    advice = f"did you mean {near!r}?" if near else f"it is one of {', '.join(known)}"
    raise ValueError(f"is no {value[:40]!r} here; {advice}")


def _action_type(value: object) -> object:
    return _one_of(get_args(_Action), value)


def _error(value: object) -> object:
    return _one_of(get_args(_Error), value)


class Then(_Model):
    """What is done when no retry has helped."""

    action: "Action"


class ActionSpec(_Model):
    """The keys of the action Retry; the others have none."""

    retry_count: Annotated[int, Field(ge=1, le=100)] | None = None
    retry_intervals: list[Duration] = Field(default_factory=list)
    on_retry_failure: Then | None = None


class Action(_Model):
    """What is done about a failure."""

    type: Annotated[_Action, BeforeValidator(_action_type)]
    spec: ActionSpec = Field(default_factory=ActionSpec)

    @model_validator(mode="before")
    @classmethod
    def _is_here(cls, values: Any) -> Any:
        """Refuse at once what is not here: its keys need no fault of their own."""
        kind = values.get("type") if isinstance(values, Mapping) else None
        meant = next((name for name in _MISSING if str(kind).lower() == name.lower()), None)
        if meant is not None:
            raise ValueError(f"cannot be {meant}, which is not supported: {_MISSING[meant]}")
        return values

    @model_validator(mode="after")
    def _has_its_keys(self) -> Self:
        given = [to_camel(name) for name in self.spec.model_fields_set]
        if self.type != "Retry" and given:
            raise ValueError(f"{self.type} takes no {', '.join(sorted(given))}; take it away")
        if self.type == "Retry" and not {"retryCount", "retryIntervals"} <= set(given):
            raise ValueError("Retry needs retryCount and retryIntervals in its spec")
        if self.type == "Retry" and not self.spec.retry_intervals:
            raise ValueError("retryIntervals is empty; write how long to wait, such as [10s, 1m]")
        then = self.spec.on_retry_failure
        if then is not None and then.action.type == "Retry":
            raise ValueError("Retry cannot follow Retry; take another action")
        return self


class OnFailure(_Model):
    """Errors, and what is done about them."""

    errors: Annotated[list[Annotated[_Error, BeforeValidator(_error)]], Field(min_length=1)]
    action: Action

    @model_validator(mode="after")
    def _has_all_alone(self) -> Self:
        """Harness: AllErrors stands alone in its list."""
        if "AllErrors" in self.errors and len(self.errors) > 1:
            raise ValueError("AllErrors stands alone: it holds the others; take them away")
        return self


class FailureStrategy(_Model):
    """One entry of ``failureStrategies``."""

    on_failure: OnFailure


#: A list, or an expression that yields one.
ItemList: TypeAlias = list[Any] | str


def _count(value: object) -> object:
    """Let digits and expressions pass."""
    if isinstance(value, str) and not (value.strip().isdecimal() or has_expression(value)):
        raise ValueError(f"must be a whole number or an expression, not {value[:40]!r}")
    return value


Count: TypeAlias = Annotated[str, BeforeValidator(_count)]


class Repeat(_Model):
    """A number of times, or once for each of some items."""

    times: Count | None = None
    items: ItemList | None = None
    start: Count | None = None
    end: Count | None = None
    unit: Literal["Percentage", "Count"] | None = None
    partition_size: Count | None = None
    max_concurrency: Count | None = None

    @model_validator(mode="before")
    @classmethod
    def _takes_iterations(cls, values: Any) -> Any:
        """Harness: the older ``for`` says ``iterations``."""
        if isinstance(values, Mapping) and "iterations" in values and "times" not in values:
            return {("times" if key == "iterations" else key): it for key, it in values.items()}
        return values

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if (self.times is None) == (self.items is None):
            raise ValueError("needs one of times and items")
        return self


class StrategyModel(_Model):
    """How often a node runs: once for each item (Harness: ``strategy``)."""

    matrix: Mapping[str, Any] | None = None
    repeat: Repeat | None = None
    older: Repeat | None = Field(None, alias="for")
    parallelism: Count | None = None
    when: str | None = None
    on_failure: Literal["RunAll", "SkipQueued"] | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        kinds = ("matrix", "repeat", "older", "parallelism")
        said = [name for name in kinds if getattr(self, name) is not None]
        if len(said) != 1:
            raise ValueError("needs one of matrix, repeat and parallelism")
        if self.matrix is not None:
            _check_matrix(self.matrix)
        return self


#: Keys of a matrix that are no axes.
MATRIX_KEYS = frozenset({"exclude", "maxConcurrency"})


def _check_matrix(matrix: Mapping[str, Any]) -> None:
    axes = {key: value for key, value in matrix.items() if key not in MATRIX_KEYS}
    if not axes:
        raise ValueError("a matrix needs an axis: a name with its list of values")
    for name, values in axes.items():
        if not (isinstance(values, list) or (isinstance(values, str) and has_expression(values))):
            raise ValueError(f"the axis {name!r} must be a list, or an expression that yields one")
    exclude = matrix.get("exclude", [])
    if not isinstance(exclude, list | str):
        raise ValueError("exclude must be a list of axis values, such as [{region: EU}]")  # noqa: TRY004 - pydantic wants it
    for row in exclude if isinstance(exclude, list) else []:
        strange = [key for key in row if key not in axes] if isinstance(row, Mapping) else [row]
        if strange:
            raise ValueError(f"exclude names {strange[0]!r}, which is no axis of this matrix")
    _count(matrix.get("maxConcurrency"))
