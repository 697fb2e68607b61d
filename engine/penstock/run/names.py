"""What the expressions of a run see: the pipeline, its stages, steps and variables.

The same module says which names exist at a place of the plan, so that a reference to nothing is
found before anything is sent. Names: Harness's ``pipeline.*``, ``stage.*``, ``steps``/
``execution.steps``, full paths, and ``variables`` for both levels of variables at once.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from penstock.errors import ExpressionError
from penstock.events import Status
from penstock.expressions import Names, parse
from penstock.journal import AttemptRecord
from penstock.pipeline.number import number_of
from penstock.pipeline.plan import Plan, PlannedStage, PlannedStep, PlannedVariable
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
    ) -> None:
        """Take the plan, what was true at the run's start, and where secrets come from."""
        self._now = now
        self._secret = secret
        self._started = facts.started
        self._stages: dict[str, dict[str, Any]] = {}
        self._step_names: dict[str, dict[str, Any]] = {}
        self._pipeline: dict[str, Any] = {
            "name": plan.name,
            "identifier": plan.identifier,
            "orgIdentifier": plan.org or "",
            "projectIdentifier": plan.project or "",
            "executionId": facts.id,
            "executionUrl": facts.url,
            "execution": {"url": facts.url},
            "sequenceId": sequence,
            "startTs": int(facts.started.timestamp() * 1000),
            "status": StatusText(Status.RUNNING),
            "triggerType": "MANUAL",
            "triggeredBy": {"name": facts.user, "email": email},
            "tags": dict(plan.tags),
            "variables": Variables(plan.variables, self._at_start),
            "stages": self._stages,
        }
        for stage in plan.stages:
            self._add_stage(stage)

    def _add_stage(self, stage: PlannedStage) -> None:
        steps: dict[str, Any] = {}
        self._step_names[stage.identifier] = steps
        variables = Variables(stage.variables, lambda: self._names(stage, None, self._started_now))
        self._stages[stage.identifier] = {
            "name": stage.name,
            "identifier": stage.identifier,
            "type": stage.type,
            "status": StatusText(Status.NOT_STARTED),
            "tags": dict(stage.tags),
            "variables": variables,
            "spec": {"execution": {"steps": steps}},
        }

    def _started_now(self) -> datetime:
        return self._started

    def _at_start(self) -> Names:
        return Names({"pipeline": self._pipeline}, self._started_now, self._secret)

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
            "org": {"identifier": self._pipeline["orgIdentifier"]},
            "project": {"identifier": self._pipeline["projectIdentifier"]},
        }
        if step is not None:
            values["step"] = {"name": step.name, "identifier": step.identifier}
        return Names(values, now, self._secret)

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
            "spec": attempt.spec,
            **attempt.outputs,
        }

    def set_status(self, status: Status, stage: PlannedStage | None = None) -> None:
        """Make the status of the pipeline, or of a stage, known."""
        target = self._pipeline if stage is None else self._stages[stage.identifier]
        target["status"] = StatusText(status)


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
