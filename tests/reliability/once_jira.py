"""A sandbox Jira in a process of its own, a pipeline that writes to it, and what became of it."""

import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw
import requests

__all__ = ["PENSTOCK", "Jira", "Trial", "World", "jira"]

PENSTOCK = (sys.executable, "-m", "penstock")
#: Seconds that one command may take; none comes near it.
LIMIT = 100
_CLEAN = ("PATH", "HOME", "LANG", "TMPDIR")

CONNECTOR = """\
connector:
  name: Jira
  identifier: jira
  type: Jira
  spec:
    jiraUrl: {url}
    settleTime: {settle}
    auth:
      type: UsernamePassword
      spec: {{username: release-bot, passwordRef: account.jira_token}}
"""
PIPELINE = """\
pipeline:
  identifier: release
  name: Release
  stages:
    - stage:
        identifier: change
        type: Custom
        spec:
          execution:
            steps:
              - step:
                  identifier: open
                  type: JiraCreate
                  spec:
                    connectorRef: account.jira
                    projectKey: REL
                    issueType: Change
                    fields:
                      - {name: Summary, value: Release}
"""
#: What hangs on the issue, as more keys of the step.
AROUND = """\
                    comment: {text: Hello}
                    links: [{type: Relates, to: REL-1}]
                    watchers: [cab-lead@example.com]
                    attachments: [notes.txt]
                    worklog: {timeSpent: 1h}
"""
_STEP = "change/open"
_MARKER = f"SELECT marker FROM effect WHERE path = '{_STEP}' AND name = 'create'"
#: What must be there once each: the end of a request's path, and the status when it is done.
_WRITES = {
    "issue": 201,
    "comment": 201,
    "issueLink": 201,
    "watchers": 204,
    "attachments": 200,
    "worklog": 201,
}


@dataclass(frozen=True, eq=False)
class World:
    """How a Jira behaves beside the faults of a trial, and what fits it."""

    name: str
    settle: str = "500ms"
    faults: tuple[Mapping[str, Any], ...] = ()


@dataclass
class Jira:
    """A sandbox of one world and flavour."""

    url: str
    world: World
    flavour: str

    def get(self, path: str) -> Any:
        """Return what stands at a path of the REST API."""
        answer = requests.get(
            f"{self.url}{path}", auth=("release-bot", "sandbox-token"), timeout=LIMIT
        )
        answer.raise_for_status()
        return answer.json()

    def ledger(self) -> list[dict[str, Any]]:
        """Return every write that the sandbox received from release-bot and carried out."""
        entries = requests.get(f"{self.url}/sandbox/ledger", timeout=LIMIT).json()
        return [item for item in entries if item["status"] < 300 and item["by"] == "release-bot"]

    def fault(self, *faults: Mapping[str, Any]) -> None:
        """Plan faults beside those of the world, and take all others away."""
        requests.delete(f"{self.url}/sandbox/faults", timeout=LIMIT).raise_for_status()
        planned = [*self.world.faults, *faults]
        if planned:
            answer = requests.post(f"{self.url}/sandbox/faults", json=planned, timeout=LIMIT)
            answer.raise_for_status()

    def fired(self) -> int:
        """Return how often the faults beside those of the world have fired."""
        planned = requests.get(f"{self.url}/sandbox/faults", timeout=LIMIT).json()
        return sum(fault["fired"] for fault in planned[len(self.world.faults) :])


@contextmanager
def jira(world: World, flavour: str) -> Iterator[Jira]:
    """Run a sandbox with the issue REL-1."""
    process = subprocess.Popen(
        [*PENSTOCK, "sandbox", "--port", "0", "--flavour", flavour],
        env={name: os.environ[name] for name in _CLEAN if name in os.environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    found = re.search(r"http://[\d.:]+", process.stdout.readline())
    assert found, process.stdout.read()
    made = Jira(found.group(), world, flavour)
    fields = {"project": {"key": "REL"}, "issuetype": {"name": "Change"}, "summary": "The first"}
    requests.post(
        f"{made.url}/rest/api/2/issue",
        json={"fields": fields},
        auth=("cab-lead", "sandbox-token"),
        timeout=LIMIT,
    ).raise_for_status()
    made.fault()
    try:
        yield made
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=LIMIT)


@dataclass
class Trial:
    """One run in a directory of its own, whatever happens to its processes."""

    jira: Jira
    directory: Path
    around: bool = False
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Write what the run needs, and note what the Jira has received before."""
        self.directory.mkdir(parents=True)
        (self.directory / "connectors").mkdir()
        connector = CONNECTOR.format(url=self.jira.url, settle=self.jira.world.settle)
        (self.directory / "connectors" / "jira.yaml").write_text(connector)
        (self.directory / "notes.txt").write_text("notes")
        text = PIPELINE + (AROUND if self.around else "")
        (self.directory / "release.yaml").write_text(text)
        self.database = self.directory / "state" / "journal.db"
        self.environ = {
            **{name: os.environ[name] for name in _CLEAN if name in os.environ},
            "PENSTOCK_DATABASE": str(self.database),
            "PENSTOCK_SECRET_ACCOUNT_JIRA_TOKEN": "sandbox-token",
            "PYTHONDONTWRITEBYTECODE": "1",
            **self.environ,
        }
        self._before = len(self.jira.ledger())
        #: What was told to whoever started the run: events, over all its lives.
        self.told: list[dict[str, Any]] = []

    @property
    def command(self) -> Sequence[str]:
        """What starts the run."""
        return (*PENSTOCK, "run", "release.yaml", "--output", "json")

    def __call__(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of Penstock's to its end."""
        done = subprocess.run(
            [*PENSTOCK, *arguments],
            cwd=self.directory,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT,
        )
        self.hear(done.stdout)
        return done

    def hear(self, out: str) -> None:
        """Take in what a process has printed, but a last line that it did not finish."""
        for line in out.splitlines(keepends=True):
            if line.startswith("{") and line.endswith("\n"):
                self.told.append(json.loads(line))

    def finish(self) -> str:
        """Take the run up as often as it takes; return what is wrong with its end, or nothing."""
        begun = self._rows("SELECT status FROM run")
        if not begun:
            done = self("run", "release.yaml", "--output", "json")
        elif begun[0][0] == "Succeeded":
            return ""
        else:
            done = self("resume", "last", "--output", "json")
        if done.returncode:
            return f"exit code {done.returncode}: {done.stderr}{done.stdout}"
        return ""

    def verdict(self) -> list[str]:
        """Return what is lost, duplicated or stuck: by Jira's ledger, the journal, and the told."""
        wrong: list[str] = []
        made = self.writes()
        expected = set(_WRITES if self.around else ["issue"])
        wrong += [f"duplicated: {name} {made[name]} times" for name in made if made[name] > 1]
        wrong += [f"lost: no {name}" for name in sorted(expected - made.keys())]
        status = [row[0] for row in self._rows("SELECT status FROM run")]
        if status != ["Succeeded"]:
            wrong.append(f"stuck: the journal says {status}")
        told = {
            self._key(event["outputs"])
            for event in self.told
            if event["event"] == "step_finished" and event["path"] == _STEP
        }
        kept = self._kept()
        if len(kept) != 1 or not told <= kept:
            wrong.append(f"lost: the journal has {kept}, and {told} were told")
        for key, marker in [(key, row[0]) for key in kept for row in self._rows(_MARKER)]:
            issue = self.jira.get(f"/rest/api/2/issue/{key}?properties=penstock")
            if issue["properties"]["penstock"]["marker"] != marker:
                wrong.append(f"lost: {key} is not the issue of this run")
        open_ = self._rows("SELECT name FROM effect WHERE NOT done OR again IS NOT NULL")
        if open_:
            wrong.append(f"stuck: effects {open_}")
        if self._rows("PRAGMA quick_check") != [("ok",)]:
            wrong.append("lost: the journal is damaged")
        return wrong

    def writes(self) -> Counter[str]:
        """Return how often each kind of write was carried out for this run."""
        new = self.jira.ledger()[self._before :]
        ends = [(entry["path"].rpartition("/")[2], entry["status"]) for entry in new]
        made = Counter(end for end, status in ends if _WRITES.get(end) == status)
        for end, _ in ends:
            assert end in _WRITES, f"nobody asked for {end}"
        if self.around:
            # A login page is a 200, too: what became of an upload is on the issue.
            made["attachments"] = sum(
                len(self.jira.get(f"/rest/api/2/issue/{key}")["fields"]["attachment"])
                for key in self._kept()
            )
        return made

    def _kept(self) -> set[str]:
        """Return the key of the issue, as the journal has it."""
        rows = self._rows(f"SELECT outputs FROM attempt WHERE path = '{_STEP}'")
        return {self._key(json.loads(row[0])) for row in rows}

    @staticmethod
    def _key(outputs: Mapping[str, Any]) -> str:
        return str(outputs.get("issue", {}).get("key"))

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        if not self.database.exists():
            return []
        with closing(apsw.Connection(str(self.database))) as connection:
            tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()[0][0]
            return connection.execute(sql).fetchall() if tables else []
