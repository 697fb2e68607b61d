"""What the expressions of a run see: the pipeline, its stages, steps and variables.

The same module says which names exist at a place of the plan, so that a reference to nothing is
found before anything is sent. Names: Harness's ``pipeline.*``, ``stage.*``, ``steps``/
``execution.steps``, full paths, and ``variables`` for both levels of variables at once.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from penstock.errors import ExpressionError
from penstock.events import Status
from penstock.expressions import Names, parse
from penstock.journal import AttemptRecord
from penstock.pipeline.number import number_of
from penstock.pipeline.plan import Plan, PlannedStage, PlannedStep, PlannedVariable, tag_variables
from penstock.pipeline.stand_ins import StandIns, with_stand_ins
from penstock.secret import Secret
from penstock.step import RunFacts

__all__ = ["RunNames", "StatusText", "Variables"]


class StatusText(str):
    """A status as text that also equals Harness's other name for it.

    Harness shows ``Succeeded`` and compares ``"SUCCEEDED"`` (``APPROVAL_REJECTED``) in ``when``.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        """Whether *other* is one of the two names."""
        constant = re.sub(r"(?<!^)(?=[A-Z])", "_", self).upper()
        return str.__eq__(self, other) is True or constant == other

    def __ne__(self, other: object) -> bool:
        """Whether *other* is neither name."""
        return not self == other

    __hash__ = str.__hash__


class Variables(Mapping[str, object]):
    """Variables by name, each evaluated when it is read, with the run's start as *now*."""

    def __init__(self, variables: tuple[PlannedVariable, ...], names: Callable[[], Names]) -> None:
        """Take the variables, and what their expressions see."""
        self._variables = {variable.name: variable for variable in variables}
        self._names = names
        self._reading: set[str] = set()

    def __getitem__(self, name: str) -> object:
        """Return the value of a variable; raise ``KeyError`` or ``ExpressionError``."""
        variable = self._variables[name]
        text = variable.value or ""
        if variable.type == "Secret":
            return self._secret(text)
        if name in self._reading:
            raise ExpressionError(f"the variable {name!r} refers to itself")
        self._reading.add(name)
        try:
            value = parse(text).render(self._names())
        finally:
            self._reading.discard(name)
        return _number(name, value) if variable.type == "Number" else value

    def __contains__(self, name: object) -> bool:
        """Whether there is a variable of this name; it is not evaluated."""
        return name in self._variables

    def _secret(self, reference: str) -> object:
        reader = self._names().secret
        return reader(reference) if reader else None

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self._variables)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._variables)


def _number(name: str, value: object) -> object:
    if not isinstance(value, str) or not value:
        return value
    number = number_of(value)
    if number is None:
        raise ExpressionError(
            f"the variable {name!r} is of type Number, and its value {value!r} is none"
        )
    # Digits alone not by way of a float, which would round what is longer than 15 of them.
    digits = value.strip().removeprefix("-")
    return int(value) if digits.isdecimal() else number


class RunNames:
    """The names of one run, kept up to date as its steps end."""

    def __init__(
        self,
        plan: Plan,
        facts: RunFacts,
        *,
        sequence: int,
        email: str,
        secret: Callable[[str], Secret],
        now: Callable[[], datetime],
        stand_ins: StandIns = MappingProxyType({}),
    ) -> None:
        """Take the plan, what was true at the run's start, and where secrets come from.

        *stand_ins* are names that a rehearsal has besides.
        """
        self._now = now
        #: Finds the secret that a reference names.
        self.secret = secret
        self._started = facts.started
        self._url = facts.url
        self._stand_ins = stand_ins
        self._shared = plan.shared
        self._stages: dict[str, dict[str, Any]] = {}
        self._step_names: dict[str, dict[str, Any]] = {}
        self._pipeline: dict[str, Any] = {
            "name": plan.name,
            "identifier": plan.identifier,
            "description": plan.description,
            "orgIdentifier": plan.org or "",
            "projectIdentifier": plan.project or "",
            "executionId": facts.id,
            # Harness: the id of the run that this one repeats, or else its own.
            "resumedExecutionId": facts.id,
            "executionUrl": facts.url,
            "execution": {"url": facts.url},
            "executionMode": "NORMAL",
            "selectedStages": [stage.identifier for stage in plan.stages],
            "sequenceId": sequence,
            "startTs": int(facts.started.timestamp() * 1000),
            "status": StatusText(Status.RUNNING),
            "triggerType": "MANUAL",
            "triggeredBy": {"name": facts.user, "email": email},
            "tags": Variables(tag_variables(plan.tags), self._at_start),
            "variables": Variables(plan.variables, self._at_start),
            "stages": self._stages,
        }
        for stage in plan.stages:
            self._add_stage(stage)

    def _add_stage(self, stage: PlannedStage) -> None:
        steps: dict[str, Any] = {}
        self._step_names[stage.identifier] = steps

        def at_start() -> Names:
            return self._names(stage, None, self._started_now)

        self._stages[stage.identifier] = {
            "name": stage.name,
            "identifier": stage.identifier,
            "description": stage.description,
            "type": stage.type,
            **_statuses(Status.NOT_STARTED),
            # A stage has no page of its own.
            "executionUrl": self._url,
            "tags": Variables(tag_variables(stage.tags), at_start),
            "variables": Variables(stage.variables, at_start),
            "spec": {"execution": {"steps": steps}},
        }

    def _started_now(self) -> datetime:
        return self._started

    def _at_start(self) -> Names:
        return self._made({"pipeline": self._pipeline, **self._home()}, self._started_now)

    def _home(self) -> dict[str, object]:
        """Return where the pipeline lives, and the variables there; a name is the identifier."""
        names = {
            name: dict.fromkeys(("identifier", "name"), self._pipeline[f"{name}Identifier"])
            for name in ("org", "project")
        }
        return {**names, "variable": self._shared}

    def _made(self, values: Mapping[str, object], now: Callable[[], datetime]) -> Names:
        return Names(with_stand_ins(values, self._stand_ins), now, self.secret)

    def at(self, stage: PlannedStage, step: PlannedStep | None = None) -> Names:
        """Return what an expression of *step*, or of *stage* itself, sees now."""
        return self._names(stage, step, self._now)

    def _names(
        self, stage: PlannedStage, step: PlannedStep | None, now: Callable[[], datetime]
    ) -> Names:
        here = self._stages[stage.identifier]
        steps = self._step_names[stage.identifier]
        values = {
            "pipeline": self._pipeline,
            "stages": self._stages,
            "stage": here,
            "steps": steps,
            "execution": {"steps": steps},
            "variables": _Both(here["variables"], self._pipeline["variables"]),
            **self._home(),
            **_outcomes(self._pipeline["status"], here["status"]),
        }
        if step is not None:
            values["step"] = {
                "name": step.name,
                "identifier": step.identifier,
                "type": step.type,
                "executionUrl": self._url,
            }
        return self._made(values, now)

    def record(self, stage: PlannedStage, step: PlannedStep, attempt: AttemptRecord) -> None:
        """Make the end (or the wait) of a step known to later expressions."""
        finished = attempt.finished
        self._step_names[stage.identifier][step.identifier] = {
            "name": step.name,
            "identifier": step.identifier,
            "type": step.type,
            "status": StatusText(attempt.status),
            "startTs": int(attempt.started.timestamp() * 1000),
            "endTs": int(finished.timestamp() * 1000) if finished else None,
            "retryCount": attempt.attempt - 1,
            "spec": attempt.spec,
            **attempt.outputs,
        }

    def set_status(self, status: Status, stage: PlannedStage | None = None) -> None:
        """Make the status of the pipeline, or of a stage, known."""
        if stage is None:
            self._pipeline["status"] = StatusText(status)
        else:
            self._stages[stage.identifier].update(_statuses(status))


def _statuses(status: Status) -> dict[str, str]:
    """Return the status of a stage by each of Harness's names for it."""
    return dict.fromkeys(("status", "currentStatus", "liveStatus"), StatusText(status))


def _outcomes(pipeline: str, stage: str) -> dict[str, bool]:
    """Return Harness's names for whether something has failed, given the statuses so far."""
    in_stage = _is_bad(stage)
    anywhere = in_stage or _is_bad(pipeline)
    return {
        "Always": True,
        "OnPipelineFailure": anywhere,
        "OnPipelineSuccess": not anywhere,
        "OnRollbackModeExecution": False,
        "OnStageFailure": in_stage,
        "OnStageSuccess": not in_stage,
    }


def _is_bad(text: str) -> bool:
    status = Status(str(text))
    return status.is_final and not status.is_good


class _Both(Mapping[str, object]):
    """A stage's variables before the pipeline's."""

    def __init__(self, near: Mapping[str, object], far: Mapping[str, object]) -> None:
        self._near = near
        self._far = far

    def __getitem__(self, name: str) -> object:
        return (self._near if name in self._near else self._far)[name]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*self._near, *self._far]))

    def __len__(self) -> int:
        return len(set(self._near) | set(self._far))
