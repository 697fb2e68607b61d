"""``advance(run)``: walks the plan, skips what the journal holds, runs what it does not.

A run is a pure function of its plan and its journal: start, resume after a crash and waking after
an approval are this same call.
"""

from penstock.errors import ExpressionError, Fault
from penstock.events import Status, StepFinished, StepStarted
from penstock.expressions import Names, parse_criterion
from penstock.journal import AttemptRecord
from penstock.pipeline.plan import PlannedStage, PlannedStep
from penstock.run.interruption import Stop
from penstock.run.state import RunState
from penstock.run.step_run import run_step

__all__ = ["Runner"]

#: Harness's ``pipelineStatus`` and ``stageStatus``.
_ALL, _FAILURE = "All", "Failure"


class Runner:
    """Walks one run; made for one claim and thrown away with it."""

    def __init__(self, state: RunState, stop: Stop) -> None:
        """Take the run, and what is looked at before each step."""
        self._state = state
        self._stop = stop
        #: Stages whose beginning or end was told already, in this life of the run.
        self._begun: set[str] = set()
        self._ended: set[str] = set()
        for stage in state.plan.stages:
            paths = [step.path for step in stage.steps]
            ran = [state.attempts[path] for path in paths if path in state.attempts]
            if len(ran) == len(paths) and all(attempt.status.is_final for attempt in ran):
                self._begun.add(stage.path)
                self._ended.add(stage.path)

    def advance(self) -> Status:
        """Go on until everything is done or waits; return the run's status.

        Raise ``Interrupted`` between two steps once a stop is asked for.
        """
        status = Status.SUCCEEDED
        for stage in self._state.plan.stages:
            reached = self._stage(stage, status)
            if not reached.is_final:
                return reached
            status = _worse(status, reached)
            self._state.names.set_status(status)
        return status

    def _stage(self, stage: PlannedStage, pipeline: Status) -> Status:
        skipped = self._state.attempts.get(stage.path) or self._skip_stage(stage, pipeline)
        if skipped is not None:
            self._state.names.set_status(skipped.status, stage)
            return skipped.status
        if stage.path not in self._begun:
            self._begun.add(stage.path)
            self._state.emit(StepStarted(self._state.facts.id, self._state.now(), stage.path))
        status = Status.SUCCEEDED
        for step in stage.steps:
            self._state.names.set_status(_so_far(status), stage)
            reached = self._step(stage, step, status)
            if not reached.is_final:
                return reached
            status = _worse(status, reached)
        self._end_stage(stage, status)
        return status

    def _skip_stage(self, stage: PlannedStage, pipeline: Status) -> AttemptRecord | None:
        """Journal that a stage does not run, unless it does, or has begun already."""
        if any(step.path in self._state.attempts for step in stage.steps):
            return None
        names = self._state.names.at(stage)
        status, reason = _whether(stage, pipeline, names, self._state.plan.file, "pipeline")
        if status is Status.RUNNING:
            return None
        attempt = AttemptRecord(stage.path, 1, status, {}, {}, self._state.now(), message=reason)
        self._state.end(attempt)
        self._begun.add(stage.path)
        self._ended.add(stage.path)
        return attempt

    def _end_stage(self, stage: PlannedStage, status: Status) -> None:
        self._state.names.set_status(status, stage)
        if stage.path in self._ended:
            return
        self._ended.add(stage.path)
        now = self._state.now()
        seconds = (now - self._state.stage_started(stage)).total_seconds()
        self._state.emit(StepFinished(self._state.facts.id, now, stage.path, status, seconds, {}))

    def _step(self, stage: PlannedStage, step: PlannedStep, so_far: Status) -> Status:
        attempt = self._state.attempts.get(step.path)
        if attempt is not None and attempt.status is not Status.RUNNING:
            return attempt.status
        self._stop.check()
        if attempt is None:
            names = self._state.names.at(stage, step)
            status, reason = _whether(step, so_far, names, self._state.plan.file, "stage")
            if status is not Status.RUNNING:
                now = self._state.now()
                return self._state.end(
                    AttemptRecord(step.path, 1, status, {}, {}, now, message=reason)
                )
        return run_step(self._state, stage, step, attempt)


def _whether(
    node: PlannedStage | PlannedStep, so_far: Status, names: Names, file: str, level: str
) -> tuple[Status, str]:
    """Return RUNNING if *node* is to run, else the status that it gets instead, and why."""
    if node.occasion == _FAILURE and so_far.is_good:
        return Status.SKIPPED, f"it runs only after a failure, and the {level} has none"
    if node.occasion not in {_ALL, _FAILURE} and not so_far.is_good:
        return Status.SKIPPED, f"the {level} is {so_far}"
    text = (node.condition or "").strip()
    return _by_condition(node, text, names, file) if text else (Status.RUNNING, "")


def _by_condition(
    node: PlannedStage | PlannedStep, text: str, names: Names, file: str
) -> tuple[Status, str]:
    try:
        value = parse_criterion(text).render(names)
    except ExpressionError as error:
        return Status.FAILED, _at(node, file, f"`when`: {error}")
    # A variable that holds "true" is text; Harness takes it for the truth.
    answer = value.strip().lower() if isinstance(value, str) else value
    if answer is True or answer == "true":
        return Status.RUNNING, ""
    if answer is False or answer == "false":
        return Status.SKIPPED, f"its condition is false: {text}"
    return Status.FAILED, _at(node, file, f"`when` must yield true or false, and yields {value!r}")


def _at(node: PlannedStage | PlannedStep, file: str, message: str) -> str:
    return str(Fault(message, "", file, node.line, node.column))


def _worse(before: Status, after: Status) -> Status:
    """Return the status of a whole: its first bad one stays."""
    return before if not before.is_good or after.is_good else after


def _so_far(status: Status) -> Status:
    return Status.RUNNING if status.is_good else status
