"""The local backend: this process carries the run, from its claim to its end or its stop."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from datetime import timedelta
from types import FrameType

from penstock.errors import OwnershipLost
from penstock.events import RunFinished, RunInterrupted, Status
from penstock.journal import RunRecord
from penstock.run.interruption import Interrupted, Stop
from penstock.run.late_looks import LateLooks
from penstock.run.runner import Runner
from penstock.run.state import RunState
from penstock.run.watcher import Watcher

__all__ = ["carry", "stopped_by_signals"]

#: Seconds after which a process that waits notices what another one has written.
_SLICE = 1.0
#: Where nothing is due, steps are at work, and their end rings.
_LONG = timedelta(days=1)
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


def carry(state: RunState, stop: Stop) -> Status:
    """Advance the run and look at its gates until it ends; return its status.

    Raise ``Interrupted`` when *stop* is asked for and ``OwnershipLost`` when another process took
    the run over; both leave it as it is.
    """
    record = state.journal.run(state.facts.id)
    if record.status.is_final:  # it ended after the caller had found it, and before the claim
        return _tell_end(state, record)
    runner, watcher, looks = Runner(state, stop), Watcher(state), LateLooks(state)
    try:
        while not (status := runner.advance()).is_final:
            looks.take_due()
            watcher.refresh()
            _wait(state, runner, watcher, stop)
            watcher.look()
        looks.take_rest()
        return _finish(state, status)
    except Interrupted as error:
        runner.close(keep=True)
        state.emit(RunInterrupted(state.facts.id, state.now(), str(error)))
        raise
    except OwnershipLost:
        runner.close(keep=False)
        return _after_loss(state)
    finally:
        runner.close(keep=False)


def _wait(state: RunState, runner: Runner, watcher: Watcher, stop: Stop) -> None:
    """Let time pass until a look or a retry is due, a step is done, something has changed, or a
    stop is asked for.
    """
    clock, journal = state.world.clock, state.journal
    dues = [due for due in (watcher.next_due(), runner.next_due()) if due is not None]
    if not dues and not runner.is_working:
        return
    due = min(dues, default=clock.now() + _LONG)
    # Measured as well: a clock that is set back must not put a look off.
    end = clock.monotonic() + (due - clock.now()).total_seconds()
    version: int | None = None
    while not stop.bell.is_set():
        before, version = version, journal.changed_elsewhere()
        if version != before and not journal.holds(state.claim):
            raise OwnershipLost(f"run {state.facts.id} is carried by another process now")
        if version != before and watcher.heard():
            return
        left = min((due - clock.now()).total_seconds(), end - clock.monotonic())
        if left <= 0:
            break
        clock.wait(min(left, _SLICE), stop.bell)
    rung = stop.bell.is_set()
    changed, stop.changed = stop.changed, False
    stop.bell.clear()
    stop.check()  # after the bell is cleared: what rings from here on is heard in the next wait
    if changed or (clock.now() < due and not rung):
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
    """Tell how the run went on without this process: to its end, or carried by another."""
    record = state.journal.run(state.facts.id)
    if record.status.is_final:
        return _tell_end(state, record)
    reason = f"it is carried by {record.owner} now"
    state.emit(RunInterrupted(state.facts.id, state.now(), reason))
    raise OwnershipLost(f"run {state.facts.id}: {reason}")


def _tell_end(state: RunState, record: RunRecord) -> Status:
    """Tell of a run that another process has ended."""
    finished = record.finished or state.now()
    attempts = state.journal.attempts(record.id)
    outputs = {item.path: item.outputs for item in attempts if item.outputs}
    for attempt in attempts:
        told = state.attempts.get(attempt.path)
        if attempt.status is Status.ABORTED and told is not None and not told.status.is_final:
            state.tell_end(attempt, None)
    seconds = (finished - record.started).total_seconds()
    state.emit(RunFinished(record.id, finished, record.status, seconds, outputs, record.message))
    return record.status


@contextlib.contextmanager
def stopped_by_signals(stop: Stop) -> Iterator[None]:
    """Turn the first SIGINT, SIGTERM or SIGHUP into a stop; a second one ends at once.

    One that the process was started to ignore, as by ``nohup``, stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(number: int, _: FrameType | None) -> None:
        if stop.reason is not None:
            raise KeyboardInterrupt
        stop.request(f"stopped by {signal.Signals(number).name}")

    known = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
    heeded = [number for number in known if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, on_signal) for number in heeded}
    try:
        yield
    finally:
        for number, earlier in before.items():
            # None: it was set outside of Python, and cannot be set again from here.
            signal.signal(number, signal.SIG_DFL if earlier is None else earlier)
