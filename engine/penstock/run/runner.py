"""``advance(run)``: walks the plan, skips what the journal holds, runs what it does not.

A run is a pure function of its plan and its journal: start, resume after a crash and waking after
an approval are this same call.
"""

import heapq
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

from penstock.errors import JournalError
from penstock.events import Status, StepFinished
from penstock.journal import AttemptRecord
from penstock.pipeline.plan import (
    FailureAction,
    PlannedGroup,
    PlannedNode,
    PlannedStage,
    PlannedStep,
    Strategy,
)
from penstock.pipeline.planning import ROLLBACK
from penstock.run.failures import action_for, pause_before_retry
from penstock.run.fibers import Fiber, Fibers
from penstock.run.interruption import Interrupted, Stop
from penstock.run.level import Level, Spot
from penstock.run.loop import journalled_items, open_loop
from penstock.run.occasion import whether
from penstock.run.pool import Pool
from penstock.run.state import RunState
from penstock.run.step_run import Begun, begin_step, end_step
from penstock.step import Gate

__all__ = ["Runner"]


class Runner:
    """Walks one run; made for one claim and thrown away with it."""

    def __init__(self, state: RunState, stop: Stop) -> None:
        """Take the run, and what is looked at before each step."""
        self._state = state
        self._stop = stop
        self._fibers = Fibers()
        self._pool = Pool(stop.bell.set)
        self._begun: dict[str, Begun] = {}
        self._timers: list[tuple[datetime, int]] = []
        self._numbers = count()
        self._status = Status.RUNNING
        self._aborted = False
        #: Stages that can be undone, in the order in which they ended; and whether they are to be.
        self._undoable: list[tuple[Level, PlannedStage]] = []
        self._undoes_all = False
        self._fibers.start(self._pipeline())

    def advance(self) -> Status:
        """Go on until everything is done or waits; return the run's status.

        Raise ``Interrupted`` between two steps once a stop is asked for.
        """
        self._take_up()
        self._fibers.run()
        while self._state.ended:  # a step that has ended may let others go on
            self._wake_ended()
            self._fibers.run()
        if self._status is Status.RUNNING and self._state.waiting:
            return Status.APPROVAL_WAITING
        return self._status

    def next_due(self) -> datetime | None:
        """Return when a retry is due, if one is."""
        return self._timers[0][0] if self._timers else None

    @property
    def is_working(self) -> bool:
        """Whether steps are at work in threads."""
        return self._pool.under_way > 0

    def close(self, *, keep: bool) -> None:
        """Wait for steps at work in threads; *keep* what they came to, if they came to an end."""
        self._pool.close()
        while keep and self._begun:
            _, begun = self._begun.popitem()
            if not isinstance(begun.error, Interrupted | JournalError):
                end_step(self._state, begun)

    def _take_up(self) -> None:
        """Take up what has happened since the last time: work done, gates ended, time passed."""
        for path in self._pool.finished():
            end_step(self._state, self._begun.pop(path))
            self._fibers.wake(path)
        self._wake_ended()
        now = self._state.now()
        while self._timers and self._timers[0][0] <= now:
            self._fibers.wake(heapq.heappop(self._timers))

    def _wake_ended(self) -> None:
        ended, self._state.ended = self._state.ended, []
        for path in ended:
            self._fibers.wake(path)

    # The walk

    def _pipeline(self) -> Fiber[None]:
        whole = self._state.whole()
        status = Status.SUCCEEDED
        for rank in self._state.plan.ranks:
            if self._aborted or self._undoes_all:
                break
            status = _worse(status, (yield from self._rank(whole, rank, status)))
            self._state.names.set_status(status)
        for level, stage in reversed(self._undoable if self._undoes_all else []):
            yield from self._undo(level, stage)
        self._status = Status.ABORTED if self._aborted else status

    def _rank(self, level: Level, rank: Sequence[PlannedNode], so_far: Status) -> Fiber[Status]:
        fibers = [self._node(level, node, so_far) for node in rank]
        found = yield from self._fibers.together(fibers)
        return _worst(found)

    def _ranks(self, level: Level, ranks: Sequence[Sequence[PlannedNode]]) -> Fiber[Status]:
        status = Status.SUCCEEDED
        for rank in ranks:
            if self._is_left(level):
                break
            if not level.undoing:
                self._state.names.set_status(_so_far(status), level.frame)
            status = _worse(status, (yield from self._rank(level, rank, status)))
        return status

    def _is_left(self, level: Level) -> bool:
        """Whether nothing more is begun in *level*."""
        leaving = level.stage is not None and level.stage.leaving and not level.undoing
        return self._aborted or leaving

    def _node(self, level: Level, node: PlannedNode, so_far: Status) -> Fiber[Status]:
        if node.strategy is not None:
            return (yield from self._loop(Spot.of(level, node), node.strategy, so_far))
        return (yield from self._one(Spot.of(level, node), so_far))

    def _one(self, spot: Spot, so_far: Status) -> Fiber[Status]:
        if isinstance(spot.node, PlannedStep):
            return (yield from self._step(spot, so_far))
        return (yield from self._body(spot, spot.node, so_far))

    def _body(self, spot: Spot, node: PlannedStage | PlannedGroup, so_far: Status) -> Fiber[Status]:
        """Run what stands in a stage or a group."""
        state = self._state
        level = state.level(spot, node)
        own = state.attempts.get(spot.path)
        if own is None and state.begun_at(spot.path) is None:
            own = self._skipped(spot, so_far)
        if own is not None:
            state.names.set_status(own.status, level.frame)
            return own.status
        status = yield from self._ranks(level, node.ranks)
        if isinstance(node, PlannedStage) and node.rollback:
            if level.leaving:
                yield from self._undo(level, node)
            else:
                self._undoable.append((level, node))
        state.names.set_status(status, level.frame)
        if level.told:
            now = state.now()
            seconds = (now - (level.started or now)).total_seconds()
            state.emit(StepFinished(state.facts.id, now, spot.path, status, seconds, {}))
        return status

    def _undo(self, level: Level, stage: PlannedStage) -> Fiber[None]:
        """Run the steps that undo a stage; what becomes of them changes nothing of its status."""
        frame = self._state.names.undoing(level.frame, ROLLBACK)
        below = replace(level, frame=frame, undoing=True)
        yield from self._ranks(below, stage.rollback)
        level.told = below.told  # of a run that died in here, the stage is told of by its rollback

    def _loop(self, spot: Spot, strategy: Strategy, so_far: Status) -> Fiber[Status]:
        """Run a node for each item of its strategy."""
        state, node = self._state, spot.node
        row = state.attempts.get(spot.path)
        if row is None:
            self._stop.check()
            row = self._skipped(spot, so_far, conditions=False) or open_loop(state, spot, strategy)
        if row.status.is_final and "items" not in row.spec:
            return row.status
        items = journalled_items(row)
        limit = row.spec["at_most"]
        found = yield from self._fibers.together(
            [self._one(Spot.of(spot.level, node, item), so_far) for item in items],
            limit if isinstance(limit, int) else None,
            leave=lambda status: strategy.skips_queued and not status.is_good,
        )
        if not row.status.is_final:
            status = _worst(found) if items else Status.SKIPPED
            message = "" if items else "its strategy has no items"
            state.end(replace(row, status=status, message=message))
        reached = state.attempts[spot.path].status
        state.names.loop_ended(spot.level.frame, node, reached)
        return reached

    # Steps

    def _step(self, spot: Spot, so_far: Status) -> Fiber[Status]:
        state = self._state
        state.meet(spot)
        while True:
            attempt = state.attempts.get(spot.path)
            if attempt is None:
                attempt = self._skipped(spot, so_far)
            if attempt is None or attempt.status is Status.RUNNING:
                yield from self._run(spot, attempt)
            elif attempt.status is Status.APPROVAL_WAITING:
                state.tell_level(spot.level)
                yield spot.path
            else:
                action = action_for(spot.rules, attempt)
                if action is None or action.type != "Retry" or self._aborted:
                    self._leave(spot, action)
                    return attempt.status
                yield from self._retry(spot, attempt, action)

    def _run(self, spot: Spot, earlier: AttemptRecord | None, number: int = 1) -> Fiber[None]:
        """Let a step work: in this thread if nothing else could go on meanwhile."""
        self._stop.check()
        now = self._state.now()
        attempt = earlier or AttemptRecord(spot.path, number, Status.RUNNING, {}, {}, now)
        begun = begin_step(self._state, spot, attempt, again=earlier is not None)
        if begun is None:
            return
        if self._fibers.width == 1 or isinstance(begun.step, Gate):
            begun.work()
            end_step(self._state, begun)
            return
        self._begun[spot.path] = begun
        self._pool.start(spot.path, begun.work)
        while spot.path in self._begun:
            yield spot.path

    def _retry(self, spot: Spot, attempt: AttemptRecord, action: FailureAction) -> Fiber[None]:
        """Run a failed step again, when the time for that has come."""
        state = self._state
        due = (attempt.finished or state.now()) + timedelta(
            seconds=pause_before_retry(action, attempt)
        )
        text = f"attempt {attempt.attempt + 1} of {action.retries + 1} begins at {due:%H:%M:%S} UTC"
        state.note(spot.path, text)
        timer = (due, next(self._numbers))
        heapq.heappush(self._timers, timer)
        while state.now() < due and not self._aborted:
            yield timer
        if not self._aborted:
            yield from self._run(spot, None, attempt.attempt + 1)

    def _leave(self, spot: Spot, action: FailureAction | None) -> None:
        """Give up what a failure's action gives up: the rest of the stage, or of the run."""
        kind = action.type if action is not None else ""
        stage = spot.level.stage
        if kind.endswith("Rollback") and stage is not None and not spot.level.undoing:
            stage.leaving = True
            self._undoes_all = self._undoes_all or kind == "PipelineRollback"
        if kind == "Abort":
            self._abort()

    def _abort(self) -> None:
        """Begin nothing more, and end what only waits."""
        self._aborted = True
        for path in sorted(self._state.waiting):
            open_ = self._state.attempts[path]
            self._state.end(replace(open_, status=Status.ABORTED, message="the run is aborted"))
        timers, self._timers = self._timers, []
        for timer in timers:
            self._fibers.wake(timer)

    def _skipped(
        self, spot: Spot, so_far: Status, *, conditions: bool = True
    ) -> AttemptRecord | None:
        """Journal that a node does not run, unless it does."""
        state = self._state
        names = state.names.at(spot.level.frame, spot.node, spot.item)
        status, reason = whether(spot, so_far, names, state.plan.file, conditions=conditions)
        if status is Status.RUNNING:
            return None
        state.tell_level(spot.level)
        attempt = AttemptRecord(spot.path, 1, status, {}, {}, state.now(), message=reason)
        state.end(attempt)
        return state.attempts[spot.path]


def _worse(before: Status, after: Status) -> Status:
    """Return the status of a whole: its first bad one stays."""
    return before if not before.is_good or after.is_good else after


def _worst(found: Sequence[Status | None]) -> Status:
    """Return the status of what ran side by side: the first bad one, in order of the file."""
    return next((it for it in found if it is not None and not it.is_good), Status.SUCCEEDED)


def _so_far(status: Status) -> Status:
    return Status.RUNNING if status.is_good else status
