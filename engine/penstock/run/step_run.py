"""One step: its spec evaluated and checked, its work done or its wait begun, its end journalled."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from penstock.errors import FailureType, JournalError, PenstockError, StepExpired, StepFailed
from penstock.events import Status, StepLogged, StepStarted
from penstock.journal import AttemptRecord, WaitRecord
from penstock.pipeline.plan import PlannedStep
from penstock.run.effects import JournalledEffects
from penstock.run.interruption import Interrupted
from penstock.run.level import Spot
from penstock.run.rehearsal import RehearsedTrouble
from penstock.run.spec import evaluate_spec, without_secrets
from penstock.run.state import RunState
from penstock.run.step_log import StepLog, log_file
from penstock.secret import MASK
from penstock.step import Gate, Headline, Outputs, Step, StepContext
from penstock.validation import sentences_of
from penstock.watch import Watch

__all__ = [
    "Begun",
    "begin_step",
    "context_of",
    "defect",
    "end_step",
    "failed",
    "headline_of",
    "log_of",
    "step_of",
    "type_of",
]

#: Outputs larger than this are refused: the journal is not a file store.
_LARGEST = 1_048_576


@dataclass
class Begun:
    """A step whose turn has come, and then what it came to."""

    spot: Spot
    attempt: AttemptRecord
    step: Step
    context: StepContext
    log: StepLog
    result: object = None
    error: BaseException | None = None

    def work(self) -> None:
        """Let the step do its work; touches nothing of the run, and raises nothing."""
        try:
            with self.log:
                self.result = self.step.run(self.context)
        except BaseException as error:  # noqa: BLE001 - kept, and judged by ``end_step``
            self.error = error


def begin_step(state: RunState, spot: Spot, attempt: AttemptRecord, *, again: bool) -> Begun | None:
    """Make a step ready for its work; return ``None`` if that alone has ended it.

    *again* says that it was begun in another life of the run and never ended.
    """
    step, path = spot.step, spot.path
    state.tell_level(spot.level)
    state.emit(StepStarted(state.facts.id, attempt.started, path, attempt.attempt))
    try:
        kind = type_of(state.world.types, step)
        names = state.names.at(spot.level.frame, step, spot.item)
        spec = evaluate_spec(
            step,
            kind.deferred,
            names,
            state.plan.file,
            kind.secret_keys,
            quoting=kind.quoting,
        )
        attempt = replace(attempt, spec=without_secrets(spec))
        instance = step_of(kind, spec)
        _rehearse_trouble(state, path)
        log = log_of(state, path)
        context = context_of(state, spot, attempt, log)
        _begin(state, instance, attempt, context.deadline, again=again)
    except (Interrupted, JournalError):
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 - what a plugin raises ends its step only
        state.end(failed(attempt, error))
        return None
    return Begun(spot, attempt, instance, context, log)


def end_step(state: RunState, begun: Begun) -> None:
    """Journal what a step came to: its outputs, its wait, or its failure."""
    attempt, step, error = begun.attempt, begun.step, begun.error
    if isinstance(error, Interrupted | JournalError):
        raise error
    if error is not None:
        if not isinstance(error, Exception | SystemExit):
            raise error  # nobody's failure: the process is to end at once
        state.end(failed(attempt, error))
        return
    try:
        if isinstance(begun.result, Watch) and isinstance(step, Gate):
            wait = _wait_of(state, attempt, begun.result, begun.context.deadline)
            state.park(replace(attempt, status=Status.APPROVAL_WAITING), wait)
            return
        outputs = _outputs(state, begun.spot, begun.result)
    except JournalError:
        raise
    except Exception as defective:  # noqa: BLE001 - what a plugin returns ends its step only
        state.end(failed(attempt, defective))
        return
    attempt = replace(attempt, status=Status.SUCCEEDED, outputs=outputs)
    state.end(attempt, headline=headline_of(state, attempt.path, step, outputs))


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
    state: RunState, step: Step, attempt: AttemptRecord, deadline: datetime, *, again: bool
) -> None:
    """Refuse to start a step a second time that must not be repeated, or one without time left.

    Journal the start of the former, so that it is known.
    """
    if again and not step.repeatable:
        raise StepFailed(
            "it was interrupted while it ran, and nobody knows how far it came",
            hint="see what it has done, then run the pipeline again",
        )
    if state.now() >= deadline:
        raise _expired(state, attempt.path)
    if not step.repeatable:
        state.begin(attempt)


def _rehearse_trouble(state: RunState, path: str) -> None:
    """Let a step go wrong that is to go wrong in a rehearsal."""
    trouble = state.world.rehearsal.trouble(path) if state.world.rehearsal is not None else None
    if trouble is not None:
        raise RehearsedTrouble(trouble)


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
    spot: Spot,
    attempt: AttemptRecord,
    log: Callable[[str], None],
    *,
    deadline: datetime | None = None,
) -> StepContext:
    """Return what a step is given; *deadline* is the step's own unless another one is given."""

    def note(text: str) -> None:
        state.note(spot.path, text)

    world, deadline = state.world, deadline or spot.deadline(attempt.started)
    return StepContext(
        state.facts,
        spot.path,
        attempt.attempt,
        deadline,
        world.clock,
        JournalledEffects(
            state.journal, state.claim, spot.path, world.clock, deadline=deadline, note=note
        ),
        world.connectors,
        note,
        log,
        state.names.secret,
    )


def log_of(state: RunState, path: str) -> StepLog:
    """Return where the lines of the step at *path* go."""
    world, run = state.world, state.facts.id

    def tell(line: str) -> None:
        state.emit(StepLogged(run, state.now(), path, line))

    def note(text: str) -> None:
        state.note(path, text)

    file = log_file(world.logs, run, path) if world.logs is not None else None
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


def _outputs(state: RunState, spot: Spot, result: object) -> Outputs:
    """Return a step's outputs as JSON, without secrets, or refuse what is none."""
    kind = spot.step.type
    if not isinstance(result, Mapping):
        raise StepFailed(f"a step of type {kind} returned {type(result).__name__}, no outputs")
    try:
        text = json.dumps(result, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        message = f"the outputs of a step of type {kind} are no JSON: {error}"
        raise StepFailed(message) from error
    if len(text) > _LARGEST:
        raise StepFailed(f"the outputs are larger than {_LARGEST} characters")
    found: Outputs = json.loads(text)
    # As the journal would, but before anybody reads them: a resumed run must see the same.
    outputs: Outputs = state.world.masker.mask_json(found)
    if outputs != found:
        state.note(spot.path, f"there was a secret in its outputs; it is {MASK} in them")
    return outputs


def failed(attempt: AttemptRecord, error: BaseException) -> AttemptRecord:
    """Return *attempt* ended by *error*: with the status, words and failure type that it means."""
    status, message, failure = Status.FAILED, str(error), FailureType.UNKNOWN
    if isinstance(error, StepExpired):
        status = Status.EXPIRED
    if isinstance(error, RehearsedTrouble):
        status = error.status
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
