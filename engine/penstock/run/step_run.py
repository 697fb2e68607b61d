"""One step: its spec evaluated and checked, its work done or its wait begun, its end journalled."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from penstock.errors import FailureType, JournalError, PenstockError, StepExpired, StepFailed
from penstock.events import Status, StepLogged, StepStarted
from penstock.journal import AttemptRecord, WaitRecord
from penstock.pipeline.plan import PlannedStage, PlannedStep
from penstock.run.effects import JournalledEffects
from penstock.run.interruption import Interrupted
from penstock.run.spec import evaluate_spec, without_secrets
from penstock.run.state import RunState
from penstock.run.step_log import StepLog, log_file
from penstock.secret import MASK
from penstock.step import Gate, Headline, Outputs, Step, StepContext
from penstock.validation import sentences_of
from penstock.watch import Watch

__all__ = [
    "context_of",
    "defect",
    "failed",
    "headline_of",
    "log_of",
    "run_step",
    "step_of",
    "type_of",
]

#: Outputs larger than this are refused: the journal is not a file store.
_LARGEST = 1_048_576


def run_step(
    state: RunState, stage: PlannedStage, step: PlannedStep, earlier: AttemptRecord | None
) -> Status:
    """Run a step that has not ended; return its status, ``APPROVAL_WAITING`` if it waits now.

    *earlier* is the row of a step that was begun in another life of the run and never ended.
    """
    attempt = earlier or AttemptRecord(step.path, 1, Status.RUNNING, {}, {}, state.now())
    state.emit(StepStarted(state.facts.id, attempt.started, step.path, attempt.attempt))
    wait: WaitRecord | None = None
    outputs: Outputs = {}
    try:
        kind = type_of(state.world.types, step)
        names = state.names.at(stage, step)
        spec = evaluate_spec(step, kind.deferred, names, state.plan.file, kind.secret_keys)
        attempt = replace(attempt, spec=without_secrets(spec))
        instance = step_of(kind, spec)
        with log_of(state, step) as log:
            context = context_of(state, stage, step, attempt, log)
            _begin(state, instance, attempt, earlier, context.deadline)
            result = instance.run(context)
        if isinstance(result, Watch) and isinstance(instance, Gate):
            wait = _wait_of(state, attempt, result, context.deadline)
        else:
            outputs = _outputs(state, step, result)
    except (Interrupted, JournalError):
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 - what a plugin raises ends its step only
        return state.end(failed(attempt, error))
    if wait is not None:
        return state.park(replace(attempt, status=Status.APPROVAL_WAITING), wait)
    attempt = replace(attempt, status=Status.SUCCEEDED, outputs=outputs)
    return state.end(attempt, headline=headline_of(state, step.path, instance, outputs))


def type_of(types: Mapping[str, type[Step]], step: PlannedStep) -> type[Step]:
    """Return the type of *step*; raise ``StepFailed`` if its plugin is no longer there."""
    kind = types.get(step.type)
    if kind is None:
        raise StepFailed(
            f"no installed plugin provides the step type {step.type!r}",
            hint="install the plugin that the run was started with, and run the pipeline again",
            failure=FailureType.CONFIGURATION,
        )
    return kind


def step_of(kind: type[Step], spec: Mapping[str, Any]) -> Step:
    """Return a step of *kind*; raise ``StepFailed`` if the evaluated spec is not valid."""
    try:
        return kind.model_validate(spec)
    except ValidationError as error:
        message = "; ".join(sentences_of(error, spec, model=kind))
        raise StepFailed(message, failure=FailureType.CONFIGURATION) from None


def headline_of(state: RunState, path: str, step: Step, outputs: Outputs) -> Headline | None:
    """Return what to show beside a step that is done; a defect there is told, and fails nothing."""
    try:
        return step.headline(outputs)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - as for run: a plugin may raise anything
        state.note(path, f"nothing is shown beside it, by {defect('step', error)}")
        return None


def _begin(
    state: RunState,
    step: Step,
    attempt: AttemptRecord,
    earlier: AttemptRecord | None,
    deadline: datetime,
) -> None:
    """Refuse to start a step a second time that must not be repeated, or one without time left.

    Journal the start of the former, so that it is known.
    """
    if earlier is not None and not step.repeatable:
        raise StepFailed(
            "it was interrupted while it ran, and nobody knows how far it came",
            hint="see what it has done, then run the pipeline again",
        )
    if state.now() >= deadline:
        raise _expired(state, attempt.path)
    if not step.repeatable:
        state.begin(attempt)


def _expired(state: RunState, path: str) -> StepExpired:
    """Return why a step has no time left; what it may have written is not passed over."""
    open_ = [item for item in state.journal.effects(state.claim.run) if item.path == path]
    for effect in open_:
        if not effect.done:
            return StepExpired(
                "its time was over before the run was resumed, and nobody knows whether the write "
                f"{effect.name!r} has happened",
                hint=f"look for {effect.marker} before you run this again",
            )
    return StepExpired(
        "the time of its stage, or of the pipeline, was over before it began",
        hint="give them a longer `timeout`",
    )


def context_of(
    state: RunState,
    stage: PlannedStage,
    step: PlannedStep,
    attempt: AttemptRecord,
    log: Callable[[str], None],
    *,
    deadline: datetime | None = None,
) -> StepContext:
    """Return what a step is given; *deadline* is the step's own unless another one is given."""

    def note(text: str) -> None:
        state.note(step.path, text)

    world, deadline = state.world, deadline or state.deadline(stage, step, attempt.started)
    return StepContext(
        state.facts,
        step.path,
        attempt.attempt,
        deadline,
        world.clock,
        JournalledEffects(
            state.journal, state.claim, step.path, world.clock, deadline=deadline, note=note
        ),
        world.connectors,
        note,
        log,
        state.names.secret,
    )


def log_of(state: RunState, step: PlannedStep) -> StepLog:
    """Return where the lines of a step go."""
    world, run = state.world, state.facts.id

    def tell(line: str) -> None:
        state.emit(StepLogged(run, state.now(), step.path, line))

    def note(text: str) -> None:
        state.note(step.path, text)

    file = log_file(world.logs, run, step.path) if world.logs is not None else None
    return StepLog(file, world.masker, world.clock, tell, note)


def _wait_of(
    state: RunState, attempt: AttemptRecord, watch: Watch, deadline: datetime
) -> WaitRecord:
    """Return what a gate waits for as it is journalled; raise for what cannot be watched."""
    texts = (watch.connector, watch.key, watch.link or "")
    if not all(isinstance(text, str) for text in texts):
        raise TypeError(f"a watch needs a connector and a key that are text: {watch}")
    if not 0 < watch.interval < math.inf:
        raise ValueError(f"the interval of a watch is {watch.interval} seconds, and must be > 0")
    return WaitRecord(
        state.facts.id,
        attempt.path,
        watch.connector,
        watch.key,
        tuple(str(name) for name in watch.fields),
        float(watch.interval),
        watch.link,
        attempt.started,
        deadline,
    )


def _outputs(state: RunState, step: PlannedStep, result: object) -> Outputs:
    """Return a step's outputs as JSON, without secrets, or refuse what is none."""
    if not isinstance(result, Mapping):
        raise StepFailed(f"a step of type {step.type} returned {type(result).__name__}, no outputs")
    try:
        text = json.dumps(result, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        message = f"the outputs of a step of type {step.type} are no JSON: {error}"
        raise StepFailed(message) from error
    if len(text) > _LARGEST:
        raise StepFailed(f"the outputs are larger than {_LARGEST} characters")
    found: Outputs = json.loads(text)
    # As the journal would, but before anybody reads them: a resumed run must see the same.
    outputs: Outputs = state.world.masker.mask_json(found)
    if outputs != found:
        state.note(step.path, f"there was a secret in its outputs; it is {MASK} in them")
    return outputs


def failed(attempt: AttemptRecord, error: BaseException) -> AttemptRecord:
    """Return *attempt* ended by *error*: with the status, words and failure type that it means."""
    status, message, failure = Status.FAILED, str(error), FailureType.UNKNOWN
    if isinstance(error, StepExpired):
        status = Status.EXPIRED
    if isinstance(error, StepFailed):
        failure = error.failure_type
    elif isinstance(error, PenstockError):
        failure = FailureType.CONFIGURATION
    else:
        message = f"{defect('step', error)}; report it to the plugin's author"
    return replace(attempt, status=status, message=message, failure=str(failure))


def defect(whose: str, error: BaseException) -> str:
    """Return *error* in words: a plugin's own, which its users cannot mend."""
    return f"a defect of the {whose}'s plugin: {type(error).__name__}: {error}"
