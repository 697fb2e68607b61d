"""The local backend: this process carries the run, from its claim to its end or its stop."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

from penstock.clock import Clock
from penstock.errors import OwnershipLost
from penstock.events import RunFinished, RunInterrupted, Status
from penstock.run.interruption import Interrupted, Stop
from penstock.run.runner import Runner
from penstock.run.state import RunState
from penstock.run.watcher import Watcher

__all__ = ["carry", "stopped_by_signals"]

#: Seconds after which a process that waits notices what another one has written.
_SLICE = 1.0


def carry(state: RunState, stop: Stop) -> Status:
    """Advance the run and look at its gates until it ends; return its status.

    Raise ``Interrupted`` when *stop* is asked for and ``OwnershipLost`` when another process took
    the run over; both leave it as it is.
    """
    runner, watcher = Runner(state), Watcher(state)
    clock = state.world.clock
    try:
        while not (status := runner.advance()).is_final:
            watcher.refresh()
            _note_waiting(state)
            _wait(state, watcher, stop, clock)
            watcher.look()
    except Interrupted as error:
        state.emit(RunInterrupted(state.facts.id, clock.now(), str(error)))
        raise
    except OwnershipLost:
        return _after_loss(state)
    return _finish(state, status)


def _note_waiting(state: RunState) -> None:
    if not state.waiting:
        state.waiting = True
        state.journal.set_run_status(state.claim, Status.APPROVAL_WAITING)


def _wait(state: RunState, watcher: Watcher, stop: Stop, clock: Clock) -> None:
    """Let time pass until a look is due, something has changed, or a stop is asked for."""
    due = watcher.next_due()
    version = state.journal.changed_elsewhere()
    while due is not None and not stop.bell.is_set():
        left = (due - clock.now()).total_seconds()
        if left <= 0:
            return
        clock.wait(min(left, _SLICE), stop.bell)
        if state.journal.changed_elsewhere() != version and not state.journal.holds(state.claim):
            raise OwnershipLost(f"run {state.facts.id} is carried by another process now")
    stop.check()
    stop.bell.clear()
    watcher.hurry()


def _finish(state: RunState, status: Status) -> Status:
    now = state.now()
    message = _message(state, status)
    state.journal.set_run_status(state.claim, status, finished=now, message=message)
    seconds = (now - state.facts.started).total_seconds()
    outputs = state.outputs()
    state.emit(RunFinished(state.facts.id, now, status, seconds, outputs, message))
    return status


def _message(state: RunState, status: Status) -> str:
    if status.is_good:
        return ""
    bad = [item for item in state.attempts.values() if not item.status.is_good]
    return next((f"{item.path}: {item.message}" for item in bad if item.message), "")


def _after_loss(state: RunState) -> Status:
    """Tell how the run went on without this process: aborted, or carried by another."""
    record = state.journal.run(state.facts.id)
    now = state.now()
    if record.status is not Status.ABORTED:
        reason = f"it is carried by {record.owner} now"
        state.emit(RunInterrupted(state.facts.id, now, reason))
        raise OwnershipLost(f"run {state.facts.id}: {reason}")
    seconds = (now - state.facts.started).total_seconds()
    state.emit(
        RunFinished(state.facts.id, now, record.status, seconds, state.outputs(), record.message)
    )
    return record.status


@contextlib.contextmanager
def stopped_by_signals(stop: Stop) -> Iterator[None]:
    """Turn the first SIGINT, SIGTERM or SIGHUP into a stop; a second one ends at once."""
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(number: int, _: FrameType | None) -> None:
        if stop.reason is not None:
            raise KeyboardInterrupt
        stop.request(f"stopped by {signal.Signals(number).name}")

    before: dict[str, Callable[[int, FrameType | None], object] | int | None] = {}
    for name in names:
        before[name] = signal.signal(getattr(signal, name), on_signal)
    try:
        yield
    finally:
        for name, earlier in before.items():
            signal.signal(getattr(signal, name), earlier)
