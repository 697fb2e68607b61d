"""A run whose gates all wait, and its watcher."""

from dataclasses import dataclass
from textwrap import indent
from typing import Any

import pytest

from penstock.run.interruption import Stop
from penstock.run.runner import Runner
from penstock.run.state import RunState
from penstock.run.watcher import Watcher
from penstock.watch import Unavailable

GATE = """\
- step:
    identifier: {name}
    type: {type}
    timeout: {timeout}
    spec: {{connectorRef: {connector}, key: {key}}}
"""


class Watched:
    """A run all of whose steps are gates that wait, and its watcher."""

    def __init__(self, bench: Any, *gates: str) -> None:
        self.bench = bench
        self.record = bench.add(bench.pipeline("- parallel:\n" + indent("".join(gates), "    ")))
        self.revive()

    def revive(self) -> None:
        """Begin a new life of the run."""
        self.state: RunState = self.bench.state(self.record)
        self.watcher = Watcher(self.state)
        Runner(self.state, Stop()).advance()
        self.watcher.refresh()

    def look(self) -> None:
        """Let time pass until the next look is due, and look."""
        due = self.watcher.next_due()
        assert due is not None
        self.bench.clock.advance(max(0.0, (due - self.bench.clock.now()).total_seconds()))
        self.watcher.look()

    def looks(self, count: int) -> list[float]:
        """Look so often; return after how many seconds, each time, the next look is due."""
        pauses = []
        for _ in range(count):
            self.look()
            due = self.watcher.next_due()
            assert due is not None
            pauses.append((due - self.bench.clock.now()).total_seconds())
        return pauses

    def attempt(self, path: str = "s/g") -> Any:
        return next(i for i in self.bench.journal.attempts(self.record.id) if i.path == path)

    def verdict(self, path: str = "s/g") -> Any:
        waits = self.bench.journal.waits(self.record.id)
        return next(wait.verdict for wait in waits if wait.path == path)


@dataclass
class Watching:
    """Makes runs of gates, and what their connector may find."""

    bench: Any

    def __call__(self, *gates: str) -> Watched:
        """Return a run of these gates; without one, of the plainest."""
        return Watched(self.bench, *(gates or [self.gate()]))

    def gate(self, name: str = "g", **given: str) -> str:
        """Return a gate as YAML."""
        plain = {"type": "Await", "timeout": "10m", "connector": "r", "key": "K"}
        return GATE.format(name=name, **{**plain, **given})

    def unseen(self, reason: str = "Jira: 503", retry_after: float | None = None) -> Unavailable:
        """Return that nothing can be seen now."""
        return Unavailable(self.bench.clock.now(), reason, retry_after)


@pytest.fixture
def watched(bench: Any) -> Watching:
    return Watching(bench)
