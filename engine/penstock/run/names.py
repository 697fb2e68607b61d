"""What the expressions of a run see: the pipeline, its stages, steps and variables.

The same module says which names exist at a place of the plan, so that a reference to nothing is
found before anything is sent. Names: Harness's ``pipeline.*``, ``stage.*``, ``steps``/
``execution.steps``, full paths, and ``variables`` for both levels of variables at once.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from penstock.errors import ExpressionError
from penstock.events import Status
from penstock.expressions import Names, parse
from penstock.journal import AttemptRecord
from penstock.pipeline.number import number_of
from penstock.pipeline.plan import (
    Plan,
    PlannedGroup,
    PlannedNode,
    PlannedStage,
    PlannedStep,
    PlannedVariable,
)
from penstock.secret import Secret
from penstock.step import RunFacts

__all__ = ["Frame", "LoopItem", "RunNames", "StatusText", "Variables"]


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
        #: What stands around the stages.
        self.whole = Frame(
            "",
            self._stages,
            {
                "pipeline": self._pipeline,
                "stages": self._stages,
                "variables": self._pipeline["variables"],
                "org": {"identifier": self._pipeline["orgIdentifier"]},
                "project": {"identifier": self._pipeline["projectIdentifier"]},
            },
        )
        # A stage can be read of before its turn comes.
        for stage in plan.stages:
            self.inside(self.whole, stage)

    def inside(
        self,
        above: "Frame",
        node: PlannedStage | PlannedGroup,
        item: "LoopItem | None" = None,
    ) -> "Frame":
        """Return what is seen inside of a stage or a group of *above*; it is a name there now.

        With an *item*, of that item of its strategy.
        """
        steps: dict[str, Any] = {}
        key = node.identifier + (item.postfix if item else "")
        loop = dict(item.names) if item else {}
        values = {**above.values, **loop, "steps": steps}
        frame = Frame(f"{above.path}{node.identifier}{item.mark if item else ''}/", steps, values)
        variables = Variables(node.variables, lambda: self._names(frame, None, self._started_now))
        entry: dict[str, Any] = {
            "name": node.name,
            "identifier": node.identifier,
            "type": node.type,
            "status": StatusText(Status.NOT_STARTED),
            "variables": variables,
            **loop,
        }
        values["variables"] = _Both(variables, above.values["variables"])
        if isinstance(node, PlannedStage):
            execution = {"steps": steps, "rollbackSteps": {}}
            entry |= {"tags": dict(node.tags), "spec": {"execution": execution}}
            values |= {"stage": entry, "execution": execution}
        else:
            entry["steps"] = steps
            values["stepGroup"] = entry
        frame.entry = above.steps[key] = entry
        return frame

    def undoing(self, stage: "Frame", part: str) -> "Frame":
        """Return what the rollback steps of a stage see; *part* is their part of the path."""
        steps: dict[str, Any] = stage.values["execution"]["rollbackSteps"]
        return Frame(f"{stage.path}{part}/", steps, {**stage.values, "steps": steps}, stage.entry)

    def _started_now(self) -> datetime:
        return self._started

    def _at_start(self) -> Names:
        return Names({"pipeline": self._pipeline}, self._started_now, self._secret)

    def at(
        self, frame: "Frame", node: PlannedNode | None = None, item: "LoopItem | None" = None
    ) -> Names:
        """Return what is seen now in *frame*, by a step of it, by an item of a loop."""
        return self._names(frame, node, self._now, item)

    def _names(
        self,
        frame: "Frame",
        node: PlannedNode | None,
        now: Callable[[], datetime],
        item: "LoopItem | None" = None,
    ) -> Names:
        values = frame.values
        if item is not None:
            values = {**values, **item.names}
        if isinstance(node, PlannedStep):
            values = {**values, "step": {"name": node.name, "identifier": node.identifier}}
        return Names(values, now, self._secret)

    def record(self, frame: "Frame", key: str, step: PlannedStep, attempt: AttemptRecord) -> None:
        """Make a step of *frame* known as *key*, as far as it has come."""
        finished = attempt.finished
        frame.steps[key] = {
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

    def loop_ended(self, frame: "Frame", node: PlannedNode, status: Status) -> None:
        """Make the status of a looped node known, beside those of its items."""
        entry = frame.steps.setdefault(
            node.identifier, {"name": node.name, "identifier": node.identifier}
        )
        entry["status"] = StatusText(status)

    def set_status(self, status: Status, frame: "Frame | None" = None) -> None:
        """Make the status of the pipeline, or of a stage or group, known."""
        target = self._pipeline if frame is None else frame.entry
        target["status"] = StatusText(status)


@dataclass(frozen=True)
class LoopItem:
    """One item of a strategy: its number (from 0), and the names it gives."""

    number: int
    names: Mapping[str, Any]

    @property
    def postfix(self) -> str:
        """What expressions put behind the node's identifier (Harness: ``identifierPostFix``)."""
        return f"_{self.number}"

    @property
    def mark(self) -> str:
        """What paths put behind the node's identifier."""
        return f"[{self.number}]"


@dataclass
class Frame:
    """A stage, a group, or the whole run, as something in which nodes stand and read names."""

    #: The path of what stands in it begins with this.
    path: str
    #: Its steps and groups (of the whole: the stages) by identifier.
    steps: dict[str, Any]
    values: dict[str, Any]
    #: Its own names, such as its status.
    entry: dict[str, Any] = field(default_factory=dict)


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
