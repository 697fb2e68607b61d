"""A run whose process is killed with SIGKILL, again and again, while it writes.

The other system is a file: a line for each write, synced before the writer goes on. Whatever the
moment, the next process ends the run with every write in it once.
"""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from penstock.events import Status
from penstock.journal import Journal

WRITES = 30

#: Carries the run from its database. Each write takes a byte from the input first, so that a
#: life can be given no more writes than it may do before it is killed; at its end, all.
CARRIER = '''
import os
import sys
from pathlib import Path
from typing import ClassVar

from penstock.clock import SystemClock
from penstock.events import Status
from penstock.journal import Journal, RunRecord
from penstock.pipeline.plan import Plan
from penstock.pipeline.planning import make_plan
from penstock.run.interruption import InterruptibleClock, Stop
from penstock.run.local import carry
from penstock.run.names import RunNames
from penstock.run.ownership import own, owner_name
from penstock.run.state import RunState, World
from penstock.source import parse
from penstock.step import RunFacts, Step

database, system, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])


class Write(Step):
    """Appends a line to the file that stands for the other system."""

    type: ClassVar[str] = "Write"
    repeatable: ClassVar[bool] = True

    def run(self, context):
        def do(effect):
            os.read(0, 1)
            line = f"{context.path} {effect.marker}\\n".encode()
            file = os.open(system, os.O_WRONLY | os.O_APPEND)
            os.write(file, line)
            os.fsync(file)
            os.close(file)
            return effect.marker

        def look(effect):
            return effect.marker if effect.marker in system.read_text() else None

        return {"marker": context.effects.once("write", intent=dict, do=do, look=look)}


def text():
    steps = "".join(
        f"            - step: {{identifier: w{n}, type: Write}}\\n" for n in range(count)
    )
    return (
        "pipeline:\\n  identifier: p\\n  name: p\\n  stages:\\n    - stage:\\n"
        "        identifier: s\\n        type: Custom\\n        spec:\\n          execution:\\n"
        f"            steps:\\n{steps}"
    )


types, clock, stop = {"Write": Write}, SystemClock(), Stop()
journal = Journal(database)
if not journal.ids("run0"):
    source = parse(text(), "p.yaml")
    plan = make_plan(source, source.value, types, None).plan
    journal.add_run(
        RunRecord("run0", "p", "p", 0, Status.RUNNING, plan.to_json(), {}, {}, clock.now())
    )
record = journal.run("run0")
with own(database, record.id, record.owner):
    plan = Plan.from_json(record.plan)
    facts = RunFacts(record.id, plan.name, record.started, "", "")
    claim = journal.claim(record.id, owner_name())
    names = RunNames(plan, facts, sequence=1, email="", secret=None, now=clock.now)
    world = World(types, None, InterruptibleClock(clock, stop), lambda event: None)
    status = carry(RunState(plan, facts, names, journal=journal, claim=claim, world=world), stop)
sys.exit(status is not Status.SUCCEEDED)
'''


class Killing:
    """A run that is carried by one process after another."""

    def __init__(self, directory: Path) -> None:
        self.script = directory / "carrier.py"
        self.script.write_text(CARRIER)
        self.database, self.system = directory / "journal.db", directory / "system"
        self.system.touch()

    def lines(self) -> list[str]:
        return self.system.read_text().splitlines()

    def start(self, writes: int) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, self.script, self.database, self.system, str(WRITES)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.PIPE,
        )
        process.stdin.write(b"." * writes)
        process.stdin.flush()
        return process

    def kill_after(self, lines: int) -> None:
        """Carry the run in a new process, and kill that as soon as the system has *lines*."""
        # It may do one more, so that it is busy when it is killed, and it never gets to the end.
        allowed = min(lines + 1, WRITES - 1)
        process = self.start(allowed - len(self.lines()))
        self.kill_when(process, lambda: self.system.read_bytes().count(b"\n") >= lines)

    def kill_when(self, process: subprocess.Popen[bytes], moment: Callable[[], bool]) -> None:
        until = time.monotonic() + 30
        while not moment():
            assert process.poll() is None, "the process ended by itself"
            assert time.monotonic() < until, "the process does not get on"
        process.send_signal(signal.SIGKILL)
        process.stdin.close()
        assert process.wait(10) == -signal.SIGKILL

    def finish(self) -> int:
        process = self.start(WRITES)
        process.stdin.close()
        return process.wait(30)


def test_fifteen_kills_in_one_run_leave_every_write_there_once(tmp_path):
    run = Killing(tmp_path)
    for lines in range(1, WRITES, 2):
        run.kill_after(lines)
    assert len(run.lines()) == WRITES - 1
    assert run.finish() == 0
    written = Counter(line.split()[0] for line in run.lines())
    assert written == {f"s/w{number}": 1 for number in range(WRITES)}
    journal = Journal(run.database)
    assert journal.run("run0").status is Status.SUCCEEDED
    markers = dict(line.split() for line in run.lines())
    assert {item.path: item.outputs["marker"] for item in journal.attempts("run0")} == markers
    journal.close()


@pytest.mark.parametrize("stage", ["journal.db", "journal.db-journal", "journal.db-wal"])
def test_a_kill_while_the_journal_is_made_leaves_one_that_can_be_used(tmp_path, stage):
    run = Killing(tmp_path)
    process = run.start(0)
    last = tmp_path / "journal.db-wal"  # the one before it is gone in a moment
    run.kill_when(process, lambda: (tmp_path / stage).exists() or last.exists())
    assert run.finish() == 0
    assert len(set(run.lines())) == len(run.lines()) == WRITES
