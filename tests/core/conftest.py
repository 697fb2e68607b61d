"""A context for one step, and what is told through it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from penstock.clock import Clock, SystemClock
from penstock.errors import ConnectorError
from penstock.run.interruption import InterruptibleClock, Stop
from penstock.secret import Secret
from penstock.step import Effect, RunFacts, StepContext


class Once:
    """Effects of a step that is run for the first time; what they remember is kept."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.done: dict[str, Any] = {}

    def once(self, name, *, intent, do, look):
        if name not in self.done:
            intended = intent()
            effect = Effect(name, f"penstock-{name}", intended, self.clock.now(), in_doubt=False)
            self.done[name] = do(effect)
        return self.done[name]


@dataclass
class Desk:
    """Where a step works, and what it has told."""

    directory: Path
    clock: Clock = field(default_factory=SystemClock)
    stop: Stop = field(default_factory=Stop)
    notes: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=lambda: {"account.token": "correct-horse"})
    #: Called with each line of a log.
    on_line: Callable[[str], None] = lambda line: None

    def context(self, seconds: float = 60.0) -> StepContext:
        clock = InterruptibleClock(self.clock, self.stop)
        facts = RunFacts("r1", "demo", clock.now(), "http://ci/1", "ann", self.directory)

        def log(line: str) -> None:
            self.lines.append(line)
            self.on_line(line)

        return StepContext(
            facts,
            "stage/step",
            1,
            clock.now() + timedelta(seconds=seconds),
            clock,
            Once(clock),
            None,  # type: ignore[arg-type]  # these steps ask for no connector
            self.notes.append,
            log,
            self.secret,
        )

    def secret(self, reference: str) -> Secret:
        if reference not in self.secrets:
            raise ConnectorError(f"the secret {reference!r} is not set")
        return Secret(self.secrets[reference], reference)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)
