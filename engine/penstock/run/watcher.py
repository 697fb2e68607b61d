"""Looks at the open gates of a run, those of one connector with one question, and judges.

A look that changes nothing writes nothing. Whatever cannot be judged waits, and says why.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from penstock.connector import Connector
from penstock.errors import FailureType, PenstockError
from penstock.events import GateLooked, GateOpened, GateUnavailable, Status
from penstock.journal import WaitRecord
from penstock.run.interruption import Interrupted
from penstock.run.judging import bounded, dated, is_same, judged
from penstock.run.own_gates import gate_of, is_polled, look_of
from penstock.run.state import RunState
from penstock.run.step_run import defect, failed, headline_of
from penstock.step import Gate
from penstock.verdict import Verdict, VerdictStatus
from penstock.watch import Look, Snapshot, Unavailable, Watch

__all__ = ["Watcher"]

#: Seconds that a gate past its deadline is given to be seen before it expires; never more than it
#: had in all.
_GRACE = 300.0
#: The longest pause between two looks at something that cannot be seen.
_LONGEST_PAUSE = 600.0
#: The part of a pause by which the next look may be later: many runs that began in one second
#: are not to look in one second for ever.
_SPREAD = 0.1

_ENDS = {
    VerdictStatus.APPROVED: (Status.SUCCEEDED, None),
    VerdictStatus.REJECTED: (Status.APPROVAL_REJECTED, FailureType.APPROVAL_REJECTION),
    VerdictStatus.FAILED: (Status.FAILED, FailureType.UNKNOWN),
}


@dataclass
class _Open:
    """A gate that waits."""

    wait: WaitRecord
    gate: Gate
    due: datetime
    #: When its time is over by the monotonic clock, which nobody can set back.
    ends: float
    verdict: Verdict | None
    problem: str | None = None
    #: Whether a verdict was told in this life of the run.
    shown: bool = False
    failures: int = 0
    #: When it could first not be seen at or after its deadline, by the monotonic clock.
    overdue: float | None = None


class Watcher:
    """The open gates of one run."""

    def __init__(self, state: RunState) -> None:
        """Take the run; its gates are taken in by ``refresh``."""
        self._state = state
        self._open: dict[str, _Open] = {}
        self._run = state.claim.run
        self._answers = state.journal.answers.count(self._run)
        #: From 0 up to 1, the same for all gates of one look, so that they are asked together.
        self._lag = 0.0

    def refresh(self) -> None:
        """Take in the gates that the journal holds as waiting; a new one is due at once."""
        waiting = self._state.waiting
        self._open = {path: gate for path, gate in self._open.items() if path in waiting}
        if waiting - self._open.keys():
            for wait in self._state.journal.waits(self._state.claim.run):
                if wait.path in waiting and wait.path not in self._open:
                    self._take(wait)

    def _take(self, wait: WaitRecord) -> None:
        attempt = self._state.attempts[wait.path]
        try:
            gate = gate_of(self._state, attempt)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - what a plugin raises ends its step only
            self._state.end(failed(attempt, error))
        else:
            now = self._state.now()
            ends = self._elapsed() + (wait.deadline - now).total_seconds()
            self._open[wait.path] = _Open(wait, gate, now, ends, wait.verdict)
            interval = wait.interval if is_polled(wait, gate) else 0.0
            run, path, key, link = self._state.facts.id, wait.path, wait.key, wait.link
            # Told in each life of the run: whoever shows this one needs to know.
            self._state.emit(GateOpened(run, now, path, key, link, interval, wait.deadline))

    def next_due(self) -> datetime | None:
        """Return when the next look is due."""
        return min((gate.due for gate in self._open.values()), default=None)

    def hurry(self) -> None:
        """Make every gate due now: something has changed."""
        now = self._state.now()
        for gate in self._open.values():
            gate.due = now

    def heard(self) -> bool:
        """Make gates that wait for people due if somebody has answered; return whether so."""
        before, self._answers = self._answers, self._state.journal.answers.count(self._run)
        if self._answers == before:
            return False
        now = self._state.now()
        for gate in self._open.values():
            gate.due = now if not gate.wait.connector else gate.due
        return True

    def look(self) -> None:
        """Look at what is due; end the gates that are through."""
        now = self._state.now()
        self._lag = self._state.world.jitter()
        due: dict[str, list[_Open]] = {}
        for gate in self._open.values():
            if gate.due <= now:
                due.setdefault(gate.wait.connector, []).append(gate)
        for gate in due.pop("", ()):
            self._take_in(gate, look_of(self._state, self._watch(gate), gate.wait))
        for reference, gates in due.items():
            for gate, seen in zip(gates, self._ask(reference, gates), strict=True):
                self._take_in(gate, seen)

    def _take_in(self, gate: _Open, seen: Look) -> None:
        if isinstance(seen, Snapshot):
            self._judge(gate, seen)
        else:
            self._cannot_see(gate, seen)

    def _ask(self, reference: str, gates: Sequence[_Open]) -> Sequence[Look]:
        try:
            watches = [self._watch(gate) for gate in gates]
            connector = self._state.world.connectors.resolve(reference, Connector)
            looks = list(connector.look(watches))
        except Interrupted:
            raise
        except PenstockError as error:
            reason = str(error)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin's defect must not end a wait
            reason = defect("connector", error)
        else:
            known = all(isinstance(item, Look) for item in looks)
            if known and len(looks) == len(gates):
                return looks
            what = f"{len(looks)} answers" if known else "something else than looks"
            reason = f"a defect of the connector's plugin: {what} to {len(gates)} questions"
        return [Unavailable(self._state.now(), reason)] * len(gates)

    def _watch(self, gate: _Open) -> Watch:
        wait = gate.wait
        return Watch(
            wait.connector,
            wait.key,
            wait.fields,
            wait.interval,
            wait.link,
            asks=gate.gate.asks(),
            known=gate.verdict.outputs if gate.verdict is not None else {},
            opened=wait.opened,
            user=self._state.facts.user,
        )

    def _judge(self, gate: _Open, seen: Snapshot) -> None:
        verdict = dated(gate.verdict, judged(gate.gate, seen), seen.at)
        verdict = self._rehearsed(gate, verdict)
        changed = gate.verdict is None or not is_same(gate.verdict, verdict)
        if self._left(gate) <= 0 and _is_too_late(verdict, gate.wait.deadline):
            self._expire(gate, verdict, verdict.reason)
            return
        if verdict.status is VerdictStatus.WAITING:  # evidence is kept of a gate's end only
            verdict = replace(verdict, evidence={})
        gate.verdict, gate.failures, gate.overdue, gate.problem = verdict, 0, None, None
        if verdict.status is VerdictStatus.WAITING:
            gate.due = self._after(gate, verdict)
            if changed:
                self._state.journal.write_verdict(self._state.claim, gate.wait.path, verdict)
            # What is the same as in an earlier life of the run is news to whoever watches this one.
            self._state.emit(self._looked(gate, verdict, changed=changed or not gate.shown))
            gate.shown = True
        else:
            self._end(gate, verdict)

    def _rehearsed(self, gate: _Open, verdict: Verdict) -> Verdict:
        """Return the verdict, or an approval where a rehearsal has nobody to wait for."""
        rehearsal = self._state.world.rehearsal
        if rehearsal is None or rehearsal.waits or verdict.status is not VerdictStatus.WAITING:
            return verdict
        reason = f"taken for approved in this rehearsal; {verdict.reason}"
        outputs = {**rehearsal.outputs(gate.wait.path, gate.gate), **verdict.outputs}
        return replace(verdict, status=VerdictStatus.APPROVED, reason=reason, outputs=outputs)

    def _end(self, gate: _Open, verdict: Verdict) -> None:
        status, failure = _ENDS[verdict.status]
        path = gate.wait.path
        del self._open[path]
        attempt = replace(
            self._state.attempts[path],
            status=status,
            outputs=dict(verdict.outputs),
            message="" if status is Status.SUCCEEDED else verdict.reason,
            failure=str(failure) if failure else None,
        )
        headline = headline_of(self._state, path, gate.gate, attempt.outputs)
        look = self._looked(gate, verdict, changed=True)
        self._state.end(attempt, verdict=bounded(verdict), headline=headline, look=look)

    def _expire(self, gate: _Open, verdict: Verdict | None, reason: str) -> None:
        path = gate.wait.path
        del self._open[path]
        attempt = replace(
            self._state.attempts[path],
            status=Status.EXPIRED,
            message=f"its time is over; last seen: {reason}",
            failure=str(FailureType.TIMEOUT),
        )
        self._state.end(attempt, verdict=bounded(verdict) if verdict is not None else None)

    def _cannot_see(self, gate: _Open, seen: Unavailable) -> None:
        gate.failures += 1
        reason = seen.reason
        # A jump of the clock, or an outage over the deadline, must not end a wait that may have
        # been approved in time: it is looked at for a while longer.
        if self._left(gate) <= 0:
            gate.overdue = self._elapsed() if gate.overdue is None else gate.overdue
            if self._elapsed() - gate.overdue >= _grace(gate):
                self._expire(gate, gate.verdict, f"nothing, since {seen.reason}")
                return
            reason += "; its time is over, and it expires soon unless it can be seen"
        pause = min(gate.wait.interval * 2 ** min(gate.failures - 1, 10), _LONGEST_PAUSE)
        pause = max(gate.wait.interval, pause, seen.retry_after or 0.0)
        gate.due = self._next(gate, pause)
        changed = gate.problem != reason
        gate.problem = reason
        self._state.emit(
            GateUnavailable(
                self._state.facts.id,
                self._state.now(),
                gate.wait.path,
                reason,
                gate.failures,
                changed,
                gate.due,
            )
        )

    def _after(self, gate: _Open, verdict: Verdict) -> datetime:
        """Return when to look after a verdict that waits."""
        polled = is_polled(gate.wait, gate.gate)
        due = self._next(gate, gate.wait.interval if polled else math.inf)
        if verdict.again is None or verdict.again <= self._state.now():
            return due
        return min(due, verdict.again)

    def _next(self, gate: _Open, pause: float) -> datetime:
        """Return when to look next: *pause* seconds from now or a little later, but at the
        deadline in any case.

        After it, before the time that it is given to be seen is over.
        """
        left = self._left(gate)
        longest = left if left > 0 else _grace(gate)
        pause = min(pause, longest)
        pause = min(pause + pause * _SPREAD * self._lag, longest)
        return self._state.now() + timedelta(seconds=pause)

    def _left(self, gate: _Open) -> float:
        """Return how many seconds a gate may still wait."""
        by_the_wall = (gate.wait.deadline - self._state.now()).total_seconds()
        return min(by_the_wall, gate.ends - self._elapsed())

    def _elapsed(self) -> float:
        return self._state.world.clock.monotonic()

    def _looked(self, gate: _Open, verdict: Verdict, *, changed: bool) -> GateLooked:
        due = gate.due if verdict.status is VerdictStatus.WAITING else None
        now = self._state.now()
        told = replace(verdict, evidence={})  # it may be large, and `penstock show` has it
        return GateLooked(self._state.facts.id, now, gate.wait.path, told, changed, due)


def _grace(gate: _Open) -> float:
    return min(_GRACE, (gate.wait.deadline - gate.wait.opened).total_seconds())


def _is_too_late(verdict: Verdict, deadline: datetime) -> bool:
    """Whether *verdict*, reached after the deadline, no longer counts."""
    if verdict.status is VerdictStatus.APPROVED:
        # What was approved in time, but seen later, was approved.
        return verdict.decided is not None and verdict.decided > deadline
    return verdict.status is not VerdictStatus.REJECTED
