"""Penstock beside the least that could do the same: ``python tests/benchmarks/compare.py``.

Each row is a ratio, or a difference, of medians taken in turns (A B A B …) in one run on one
machine, so that it holds when the machine's speed does not.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import apsw

HERE = Path(__file__).parent
ROUNDS = 9
STEPS = 1000

PIPELINE = """\
pipeline:
  identifier: three
  orgIdentifier: o
  projectIdentifier: p
  stages:
    - stage:
        identifier: s
        type: Approval
        spec:
          execution:
            steps:
              - step:
                  identifier: create
                  type: JiraCreate
                  spec:
                    connectorRef: account.jira
                    projectKey: REL
                    issueType: Change
                    fields: [{name: Summary, value: Three steps}]
              - step:
                  identifier: update
                  type: JiraUpdate
                  spec:
                    connectorRef: account.jira
                    issueKey: <+steps.create.issue.key>
                    transitionTo: {status: Pending Approval}
                    fields: [{name: Comment, value: Please approve}]
              - step:
                  identifier: approve
                  type: JiraApproval
                  spec:
                    connectorRef: account.jira
                    issueKey: <+steps.create.issue.key>
                    approvalCriteria:
                      type: KeyValues
                      spec:
                        conditions: [{key: Status, operator: equals, value: Pending Approval}]
"""

CONNECTOR = """\
connector:
  identifier: jira
  type: Jira
  spec:
    jiraUrl: %s
    auth:
      type: UsernamePassword
      spec: {username: release-bot, passwordRef: account.token}
"""

TRIVIAL = """
from typing import ClassVar
from penstock.step import Step

class Trivial(Step):
    type: ClassVar[str] = "Trivial"
    repeatable: ClassVar[bool] = True
    text: str
    def run(self, context):
        return {"text": self.text}
"""


def main() -> None:
    """Measure and print the table."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        rows = [cold_run(directory), *steps_in_process(directory), import_time()]
    names = ("penstock", "apsw", "pydantic", "requests", "jinja2", "click")
    print(
        f"Python {sys.version.split()[0]}, SQLite {apsw.sqlite_lib_version()}, "
        + ", ".join(f"{item} {version(item)}" for item in names)
    )
    print(f"medians of {ROUNDS}, in turns; {os.cpu_count()} cores\n")
    width = max(len(row[0]) for row in rows)
    for what, ours, theirs, verdict in rows:
        print(f"{what:<{width}}  {ours:>9}  {theirs:>9}  {verdict}")


def in_turns(*runs: Callable[[], float]) -> list[float]:
    """Return the median of each, taken in turns after one round that does not count."""
    taken: list[list[float]] = [[] for _ in runs]
    for number in range(ROUNDS + 1):
        for run, times in zip(runs, taken, strict=True):
            seconds = run()
            if number:
                times.append(seconds)
    return [statistics.median(times) for times in taken]


def timed(command: list[str], **environ: str) -> float:
    """Return the seconds from a process's start to its exit; it must exit with 0."""
    begun = time.perf_counter()
    done = subprocess.run(command, env=os.environ | environ, capture_output=True, check=False)
    seconds = time.perf_counter() - begun
    if done.returncode:
        raise SystemExit(done.stdout.decode() + done.stderr.decode())
    return seconds


def cold_run(directory: Path) -> tuple[str, str, str, str]:
    """A run of create, update and approval, from start to exit, against a script on requests."""
    server = subprocess.Popen(
        [sys.executable, "-m", "penstock", "sandbox"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        found = re.search(r"http://[\d.:]+", server.stdout.readline())
        assert found is not None
        url = found.group()
        (directory / "three.yaml").write_text(PIPELINE)
        (directory / "connectors").mkdir()
        (directory / "connectors" / "jira.yaml").write_text(CONNECTOR % url)
        database = str(directory / "three.db")
        ours = [sys.executable, "-m", "penstock", "run", str(directory / "three.yaml")]
        script = [sys.executable, str(HERE / "by_hand.py"), url]
        a, b = in_turns(
            lambda: timed(
                ours, PENSTOCK_DATABASE=database, PENSTOCK_SECRET_ACCOUNT_TOKEN="sandbox-token"
            ),
            lambda: timed(script),
        )
    finally:
        server.terminate()
        server.communicate()
    return (
        "cold run of three steps, against a script on requests",
        f"{a:.3f} s",
        f"{b:.3f} s",
        f"{a - b:+.3f} s, {a / b:.2f} x (target: under +0.3 s)",
    )


def steps_in_process(directory: Path) -> list[tuple[str, str, str, str]]:
    """A thousand trivial steps, against the bare commits that they need."""
    from penstock.clock import SystemClock
    from penstock.events import Status
    from penstock.journal import Journal, RunRecord
    from penstock.pipeline.planning import make_plan
    from penstock.run.interruption import Stop
    from penstock.run.local import carry
    from penstock.run.names import RunNames
    from penstock.run.state import RunState, World
    from penstock.source import parse
    from penstock.step import RunFacts

    scope: dict[str, object] = {"__name__": "trivial"}
    exec(TRIVIAL, scope)
    types = {"Trivial": scope["Trivial"]}
    steps = "".join(
        f"              - step: {{identifier: s{i}, type: Trivial, "
        f'spec: {{text: "<+pipeline.name> {i}"}}}}\n'
        for i in range(STEPS)
    )
    head = PIPELINE.partition("              - step")[0]
    source = parse(head + steps, "trivial.yaml")
    plan = make_plan(source, source.value, types, None).plan
    journal = Journal(directory / "steps.db")
    clock = SystemClock()
    count = iter(range(10**6))

    def ours() -> float:
        facts = {"user": "u", "email": "e", "url": "u"}
        record = journal.add_run(
            RunRecord(
                f"r{next(count)}",
                "p",
                "p",
                0,
                Status.RUNNING,
                plan.to_json(),
                facts,
                {},
                clock.now(),
            )
        )
        begun = time.perf_counter()
        run = RunFacts(record.id, "p", record.started, "u", "u")
        names = RunNames(plan, run, sequence=1, email="e", secret=lambda _: None, now=clock.now)
        world = World(types, None, clock, lambda _: None)
        claim = journal.claim(record.id, "benchmark")
        state = RunState(plan, run, names, journal=journal, claim=claim, world=world)
        assert carry(state, Stop()) is Status.SUCCEEDED
        return time.perf_counter() - begun

    bare = apsw.Connection(str(directory / "bare.db"))
    bare.pragma("journal_mode", "wal")
    bare.pragma("synchronous", 2)
    bare.execute(
        "CREATE TABLE t (run TEXT, path TEXT, spec TEXT, PRIMARY KEY (run, path)) WITHOUT ROWID"
    )

    def commits() -> float:
        run = f"r{next(count)}"
        begun = time.perf_counter()
        for i in range(STEPS):
            bare.execute("BEGIN IMMEDIATE")
            bare.execute("INSERT INTO t VALUES (?, ?, ?)", (run, f"s/s{i}", '{"text":"three 1"}'))
            bare.execute("COMMIT")
        return time.perf_counter() - begun

    a, b = in_turns(ours, commits)
    journal.close()
    return [
        (
            f"{STEPS:,} trivial steps, against {STEPS:,} bare commits",
            f"{a:.3f} s",
            f"{b:.3f} s",
            f"{a / b:.2f} x (target: under 3 x)",
        )
    ]


def import_time() -> tuple[str, str, str, str]:
    """``import penstock.cli`` and the help, against an empty Python."""
    a, b, c = in_turns(
        lambda: timed([sys.executable, "-c", "import penstock.cli"]),
        lambda: timed([sys.executable, "-c", "pass"]),
        lambda: timed([sys.executable, "-m", "penstock", "--help"]),
    )
    return (
        "import penstock.cli, against an empty Python",
        f"{a:.3f} s",
        f"{b:.3f} s",
        f"{a - b:+.3f} s (target: under 0.3 s); `penstock --help` {c:.3f} s",
    )


if __name__ == "__main__":
    main()
