"""One run while a process carries it: its plan, its names, and its journal written through."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from penstock.clock import Clock
from penstock.events import Event, Status, StepFinished, StepNoted
from penstock.journal import AttemptRecord, Claim, Journal, WaitRecord
from penstock.pipeline.plan import Plan, PlannedStage, PlannedStep
from penstock.run.names import RunNames
from penstock.secret import Masker
from penstock.step import Connectors, Headline, Outputs, RunFacts, Step
from penstock.verdict import Verdict

__all__ = ["RunState", "World"]


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
        self.attempts = {attempt.path: attempt for attempt in journal.attempts(claim.run)}
        self.places = {step.path: (stage, step) for stage, step in plan.steps()}
        for path, attempt in self.attempts.items():
            if path in self.places:
                names.record(*self.places[path], attempt)

    def now(self) -> datetime:
        """Return the present instant."""
        return self.world.clock.now()

    def emit(self, event: Event) -> None:
        """Tell whoever watches."""
        self.world.emit(event)

    def note(self, path: str, text: str) -> None:
        """Tell whoever watches something about the step at *path*."""
        self.emit(StepNoted(self.facts.id, self.now(), path, text))

    def outputs(self) -> dict[str, Outputs]:
        """Return the outputs of the run: those of each step that left some, by path."""
        return {path: item.outputs for path, item in self.attempts.items() if item.outputs}

    def deadline(self, stage: PlannedStage, step: PlannedStep, started: datetime) -> datetime:
        """Return when a step that began at *started* must be done: by the nearest timeout."""
        ends = [started + timedelta(seconds=step.timeout)]
        if stage.timeout is not None:
            ends.append(self.stage_started(stage) + timedelta(seconds=stage.timeout))
        if self.plan.timeout is not None:
            ends.append(self.facts.started + timedelta(seconds=self.plan.timeout))
        return min(ends)

    def stage_started(self, stage: PlannedStage) -> datetime:
        """Return when the first step of a stage was begun, or now."""
        begun = (self.attempts.get(step.path) for step in stage.steps)
        return min((attempt.started for attempt in begun if attempt), default=self.now())

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
        """Journal the end of a step, with the last verdict of a gate; tell of its *look* and it."""
        attempt = replace(attempt, finished=self.now())
        earlier = self.attempts.get(attempt.path)
        if earlier is not None and earlier.status is Status.APPROVAL_WAITING:
            self.journal.close_wait(self.claim, attempt, verdict)
        else:
            self.journal.write_attempt(self.claim, attempt)
        self._remember(attempt)
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
        self.attempts[attempt.path] = attempt
        if attempt.path in self.places:
            self.names.record(*self.places[attempt.path], attempt)
