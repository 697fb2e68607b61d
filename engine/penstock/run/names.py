"""What the expressions of a run see: the pipeline, its stages, steps and variables.

Names: Harness's ``pipeline.*``, ``stage.*``, ``stepGroup.*``, ``steps``/``execution.steps``, full
paths, ``matrix``/``repeat``/``strategy`` below a strategy, and ``variables`` for all levels of
variables at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from penstock.events import Status
from penstock.expressions import Names
from penstock.expressions.status_text import StatusText
from penstock.journal import AttemptRecord
from penstock.pipeline.plan import (
    Plan,
    PlannedGroup,
    PlannedNode,
    PlannedStage,
    PlannedStep,
    tag_variables,
)
from penstock.pipeline.stand_ins import StandIns, with_stand_ins
from penstock.run.variables import Both, Variables
from penstock.secret import Secret
from penstock.step import RunFacts

__all__ = ["Frame", "LoopItem", "RunNames"]


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
        repeats: str = "",
        connectors: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        """Take the plan, what was true at the run's start, and where secrets come from.

        *repeats* is the id of the run that this one repeats, if it does; *stand_ins* are names that
        a rehearsal has besides; *connectors* is what may be read of each connector, by reference.
        """
        self._now = now
        #: Finds the secret that a reference names.
        self.secret = secret
        self._started = facts.started
        self._url = facts.url
        self._stand_ins = stand_ins
        self._shared = plan.shared
        self._connectors = connectors
        self._stages: dict[str, dict[str, Any]] = {}
        self._pipeline = {
            **_of_pipeline(plan),
            **_of_run(facts, sequence=sequence, email=email, repeats=repeats),
            "tags": Variables(tag_variables(plan.tags), self._at_start),
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
                **self._home(),
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
        mark = item.mark if item else ""
        frame = Frame(f"{above.path}{node.identifier}{mark}/", steps, values, undoing=above.undoing)

        def at_start() -> Names:
            return self._names(frame, None, self._started_now)

        variables = Variables(node.variables, at_start)
        entry: dict[str, Any] = {
            "name": node.name,
            "identifier": node.identifier,
            "type": node.type,
            **_statuses(Status.NOT_STARTED),
            "variables": variables,
            **loop,
        }
        values["variables"] = Both(variables, above.values["variables"])
        if isinstance(node, PlannedStage):
            execution = {"steps": steps, "rollbackSteps": {}}
            entry |= {
                "description": node.description,
                # A stage has no page of its own.
                "executionUrl": self._url,
                "tags": Variables(tag_variables(node.tags), at_start),
                "spec": {"execution": execution},
            }
            values |= {"stage": entry, "execution": execution}
        else:
            entry["steps"] = steps
            values["stepGroup"] = entry
        frame.entry = above.steps[key] = entry
        return frame

    def undoing(self, stage: "Frame", part: str) -> "Frame":
        """Return what the rollback steps of a stage see; *part* is their part of the path."""
        steps: dict[str, Any] = stage.values["execution"]["rollbackSteps"]
        values = {**stage.values, "steps": steps}
        return Frame(f"{stage.path}{part}/", steps, values, stage.entry, undoing=True)

    def _started_now(self) -> datetime:
        return self._started

    def _at_start(self) -> Names:
        return self._made({"pipeline": self._pipeline, **self._home()}, self._started_now)

    def _home(self) -> dict[str, object]:
        """Return what is around the pipeline; an org's or a project's name is its identifier."""
        names = {
            name: dict.fromkeys(("identifier", "name"), self._pipeline[f"{name}Identifier"])
            for name in ("org", "project")
        }
        return {**names, "variable": self._shared, "connector": self._connectors}

    def _made(self, values: Mapping[str, object], now: Callable[[], datetime]) -> Names:
        return Names(with_stand_ins(values, self._stand_ins), now, self.secret)

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
        stage = frame.values.get("stage", {})
        outcomes = _outcomes(self._pipeline["status"], stage.get("status"), undoing=frame.undoing)
        values = {**frame.values, **outcomes, **(item.names if item is not None else {})}
        if isinstance(node, PlannedStep):
            values["step"] = {
                "name": node.name,
                "identifier": node.identifier,
                "type": node.type,
                "executionUrl": self._url,
            }
        return self._made(values, now)

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
        if frame is None:
            self._pipeline["status"] = StatusText(status)
        else:
            frame.entry.update(_statuses(status))


def _of_pipeline(plan: Plan) -> dict[str, Any]:
    """Return the names of a pipeline that its file says."""
    return {
        "name": plan.name,
        "identifier": plan.identifier,
        "description": plan.description,
        "orgIdentifier": plan.org or "",
        "projectIdentifier": plan.project or "",
        "selectedStages": [stage.identifier for stage in plan.stages],
    }


def _of_run(facts: RunFacts, *, sequence: int, email: str, repeats: str) -> dict[str, Any]:
    """Return the names of a pipeline that belong to this run of it."""
    return {
        "executionId": facts.id,
        # Harness: the id of the run that this one repeats, or else its own.
        "resumedExecutionId": repeats or facts.id,
        "executionUrl": facts.url,
        "execution": {"url": facts.url},
        "executionMode": "NORMAL",
        "sequenceId": sequence,
        "startTs": int(facts.started.timestamp() * 1000),
        "status": StatusText(Status.RUNNING),
        "triggerType": "MANUAL",
        "triggeredBy": {"name": facts.user, "email": email},
    }


def _statuses(status: Status) -> dict[str, str]:
    """Return the status of a stage by each of Harness's names for it."""
    return dict.fromkeys(("status", "currentStatus", "liveStatus"), StatusText(status))


def _outcomes(pipeline: str, stage: str | None, *, undoing: bool) -> dict[str, bool]:
    """Return Harness's names for whether something has failed, given the statuses so far."""
    in_stage = stage is not None and _is_bad(stage)
    anywhere = in_stage or _is_bad(pipeline)
    return {
        "Always": True,
        "OnPipelineFailure": anywhere,
        "OnPipelineSuccess": not anywhere,
        "OnRollbackModeExecution": undoing,
        "OnStageFailure": in_stage,
        "OnStageSuccess": not in_stage,
    }


def _is_bad(text: str) -> bool:
    status = Status(str(text))
    return status.is_final and not status.is_good


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
    #: Whether what stands in it undoes a stage.
    undoing: bool = False
