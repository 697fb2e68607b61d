"""One run while a process carries it: its plan, its names, and its journal written through."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from penstock.clock import Clock
from penstock.events import Event, RunStarted, Status, StepFinished, StepNoted, StepStarted
from penstock.journal import AttemptRecord, Claim, Journal, WaitRecord
from penstock.pipeline.plan import Plan, PlannedGroup, PlannedStage, PlannedStep
from penstock.run.failures import action_for, tempered
from penstock.run.level import Level, Spot
from penstock.run.names import RunNames
from penstock.run.rehearsal import Rehearsal
from penstock.secret import Masker
from penstock.step import Connectors, Headline, Outputs, RunFacts, Step
from penstock.verdict import Verdict

__all__ = ["RunState", "World"]

_LATER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class World:
    """What a run needs besides its plan and its journal; each part can be replaced in a test."""

    types: Mapping[str, type[Step]]
    connectors: Connectors
    clock: Clock
    emit: Callable[[Event], None]
    #: Gives a number from 0 up to 1, another one each time: how far looks are spread in time.
    jitter: Callable[[], float] = random.random
    #: Knows the secrets that must not be told.
    masker: Masker = field(default_factory=Masker)
    #: The directory of what steps print; ``None``: it is not kept.
    logs: Path | None = None
    #: What a rehearsal does otherwise.
    rehearsal: Rehearsal | None = None
    #: What expressions read of connectors, by reference.
    readable: Mapping[str, object] = field(default_factory=dict)


class RunState:
    """What is known of a run, in memory and in the journal at once."""

    def __init__(
        self,
        plan: Plan,
        facts: RunFacts,
        names: RunNames,
        *,
        journal: Journal,
        claim: Claim,
        world: World,
    ) -> None:
        """Read what the journal holds of the run."""
        self.plan = plan
        self.facts = facts
        self.names = names
        self.journal = journal
        self.claim = claim
        self.world = world
        self.attempts: dict[str, AttemptRecord] = {}
        #: Paths of gates that wait, and of steps that ended since somebody took them from here.
        self.waiting: set[str] = set()
        self.ended: list[str] = []
        #: Where the walk has met steps, by path.
        self.spots: dict[str, Spot] = {}
        self._begun: dict[str, datetime] = {}
        for attempt in journal.attempts(claim.run):
            self._remember(attempt)

    def now(self) -> datetime:
        """Return the present instant."""
        return self.world.clock.now()

    def emit(self, event: Event) -> None:
        """Tell whoever watches."""
        self.world.emit(event)

    def note(self, path: str, text: str) -> None:
        """Tell whoever watches something about the step at *path*."""
        self.emit(StepNoted(self.facts.id, self.now(), path, text))

    def tell_start(self, *, resumed: bool) -> None:
        """Tell that the run begins, or goes on."""
        finished = {path: it.status for path, it in self.attempts.items() if it.status.is_final}
        plan = self.plan
        self.emit(
            RunStarted(
                self.facts.id,
                self.now(),
                plan.identifier,
                plan.name,
                plan.outline(),
                resumed,
                finished,
            )
        )

    def outputs(self) -> dict[str, Outputs]:
        """Return the outputs of the run: those of each step that left some, by path."""
        return {path: item.outputs for path, item in self.attempts.items() if item.outputs}

    def begun_at(self, path: str) -> datetime | None:
        """Return when the first step at or below *path* was begun, if any was."""
        return self._begun.get(path)

    # Levels and spots

    def whole(self) -> Level:
        """Return the run as the level in which its stages stand."""
        limit = None
        if self.plan.timeout is not None:
            limit = self.facts.started + timedelta(seconds=self.plan.timeout)
        return Level(self.names.whole, "", limit=limit, told=True)

    def level(self, spot: Spot, node: PlannedStage | PlannedGroup) -> Level:
        """Return the level that *node* makes at *spot*, where it stands."""
        above = spot.level
        frame = self.names.inside(above.frame, node, spot.item)
        limit = above.limit
        started = self.begun_at(spot.path)
        if node.timeout is not None:
            end = (started or self.now()) + timedelta(seconds=node.timeout)
            limit = end if limit is None else min(end, limit)
        level = Level(frame, spot.path, above, spot.rules, limit, above.stage, started)
        level.undoing = above.undoing
        if isinstance(node, PlannedStage):
            level.stage = level
        return level

    def meet(self, spot: Spot) -> None:
        """Take in where a step stands; make known how far it has come."""
        self.spots[spot.path] = spot
        attempt = self.attempts.get(spot.path)
        if attempt is not None:
            self._make_known(spot, attempt)

    def tell_level(self, level: Level | None) -> None:
        """Tell that a stage or a group, and what it stands in, has begun; once in each life."""
        if level is None or level.told:
            return
        level.told = True
        self.tell_level(level.above)
        level.begin(self.now())
        self.emit(StepStarted(self.facts.id, self.now(), level.path))

    # Attempts

    def begin(self, attempt: AttemptRecord) -> None:
        """Journal that a step was begun that must not be run a second time."""
        self.journal.write_attempt(self.claim, attempt)
        self._remember(attempt)

    def park(self, attempt: AttemptRecord, wait: WaitRecord) -> Status:
        """Journal that a gate waits; whoever watches it tells of it."""
        self.journal.open_wait(self.claim, attempt, wait)
        self._remember(attempt)
        return attempt.status

    def end(
        self,
        attempt: AttemptRecord,
        *,
        verdict: Verdict | None = None,
        headline: Headline | None = None,
        look: Event | None = None,
    ) -> Status:
        """Journal the end of a step, with the last verdict of a gate; tell of its *look* and it.

        A failure that a rule ignores, or takes for a success, is journalled as that.
        """
        attempt = replace(attempt, finished=self.now())
        spot = self.spots.get(attempt.path)
        if spot is not None:
            attempt = tempered(action_for(spot.rules, attempt), attempt)
        earlier = self.attempts.get(attempt.path)
        if earlier is not None and earlier.status is Status.APPROVAL_WAITING:
            waits = bool(self.waiting - {attempt.path})
            self.journal.close_wait(self.claim, attempt, verdict, waits=waits)
        else:
            self.journal.write_attempt(self.claim, attempt)
        self._remember(attempt)
        self.ended.append(attempt.path)
        if look is not None:
            self.emit(look)
        self.tell_end(attempt, headline)
        return attempt.status

    def tell_end(self, attempt: AttemptRecord, headline: Headline | None) -> None:
        """Tell of the end of a step, which is in the journal."""
        finished = attempt.finished or attempt.started
        self.emit(
            StepFinished(
                self.facts.id,
                finished,
                attempt.path,
                attempt.status,
                (finished - attempt.started).total_seconds(),
                attempt.outputs,
                attempt.message,
                headline.text if headline else None,
                headline.link if headline else None,
            )
        )

    def _remember(self, attempt: AttemptRecord) -> None:
        path = attempt.path
        self.attempts[path] = attempt
        if attempt.status is Status.APPROVAL_WAITING:
            self.waiting.add(path)
        else:
            self.waiting.discard(path)
        if path in self.spots:
            self._make_known(self.spots[path], attempt)
        while path and attempt.started < self._begun.get(path, _LATER):
            self._begun[path] = attempt.started
            path = path.rpartition("/")[0]

    def _make_known(self, spot: Spot, attempt: AttemptRecord) -> None:
        if isinstance(spot.node, PlannedStep):
            self.names.record(spot.level.frame, spot.key, spot.node, attempt)
        spot.level.begin(attempt.started)
