"""Requests that each step sends to Jira: ``python tests/benchmarks/requests_per_step.py [-v]``.

Counted by the sandbox Jira, reads and writes alike, in a run of a process that knows nothing yet:
once for the first step of a run, and once for a later one that does the same. With ``-v`` each
request is listed. Harness's counts are those of its public code of December 2023: 4 to 8 for a
create or an update, by what is in it, and 1 for a look. Exit code 1: more than the target.
"""

import json
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import requests

from penstock.app import App, StartOptions
from penstock.events import Event, GateLooked, StepFinished, StepStarted
from penstock.sandbox import SandboxOptions
from penstock.testing import FakeClock
from penstock_jira.sandbox import JiraSandbox

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
CREATE = {"connectorRef": "account.jira", "projectKey": "REL", "issueType": "Change"}
RISK = {"name": "Risk Level", "value": "High"}
OTHER_RISK = {"name": "Risk Level", "value": "Low"}
OWNER = {"name": "Change Owner", "value": "operator@example.com"}
COMMENT = {"name": "Comment", "value": "On its way"}


def create(*entries: dict[str, str]) -> dict[str, Any]:
    """Return a JiraCreate."""
    fields = [{"name": "Summary", "value": "Release"}, *entries]
    return {"type": "JiraCreate", "spec": {**CREATE, "fields": fields}}


def update(key: str, *entries: dict[str, str], status: str = "") -> dict[str, Any]:
    """Return a JiraUpdate."""
    way = {"transitionTo": {"status": status}} if status else {}
    spec = {"connectorRef": "account.jira", "issueKey": key, "fields": list(entries), **way}
    return {"type": "JiraUpdate", "spec": spec}


def gate(key: str) -> dict[str, Any]:
    """Return a JiraApproval that nobody approves."""
    conditions = [{"key": "Status", "operator": "equals", "value": "Approved"}]
    criteria = {"type": "KeyValues", "spec": {"conditions": conditions}}
    spec = {"connectorRef": "account.jira", "issueKey": key, "approvalCriteria": criteria}
    return {"type": "JiraApproval", "timeout": "3m", "spec": spec}


@dataclass(frozen=True)
class Row:
    """Something that a step does: as the first step of a run, as a later one, Harness's count."""

    name: str
    first: dict[str, Any]
    later: dict[str, Any]
    harness: str
    #: What the target is: no more than so many, first and later.
    most: tuple[int, int]


PEOPLE = (RISK, OWNER, COMMENT)
ALL = (RISK, COMMENT)
ROWS = (
    Row("create", create(), create(), "4-8", (6, 3)),
    Row("create, user and comment", create(*PEOPLE), create(*PEOPLE), "4-8", (8, 4)),
    Row("update fields", update("REL-1", RISK), update("REL-2", RISK), "4-8", (3, 3)),
    Row(
        "update what is so", update("REL-1", OTHER_RISK), update("REL-2", OTHER_RISK), "4-8", (1, 1)
    ),
    Row(
        "update fields, comment, transition",
        update("REL-1", *ALL, status="Pending Approval"),
        update("REL-2", *ALL, status="Pending Approval"),
        "4-8",
        (6, 6),
    ),
)


class Jira:
    """A sandbox of a flavour with two issues in it, and the requests that it has got."""

    def __init__(self, flavour: str, directory: Path) -> None:
        self.sandbox = JiraSandbox(SandboxOptions(flavour=flavour))
        self.sandbox.start()
        self.directory = directory
        (directory / "connectors").mkdir(parents=True)
        (directory / "connectors" / "jira.yaml").write_text(CONNECTOR % self.sandbox.url)
        fields = {"project": {"key": "REL"}, "issuetype": {"name": "Change"}, "summary": "A change"}
        low = {**fields, "customfield_10010": {"value": "Low"}}
        for _ in range(2):
            self.ask("POST", "rest/api/2/issue", {"fields": low})

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the sandbox something that does not count."""
        auth = ("release-bot", "sandbox-token")
        answer = requests.request(
            method, f"{self.sandbox.url}/{path}", json=body, auth=auth, timeout=10
        )
        return answer.json() if answer.content else None

    def log(self) -> list[str]:
        """Return all requests since the last time."""
        listed = self.ask("GET", "sandbox/requests")
        self.ask("DELETE", "sandbox/requests")
        return [f"{entry['method']} {_short(entry)}" for entry in listed]

    def run(self, *steps: dict[str, Any]) -> list[list[str]]:
        """Run *steps*; return the requests of each, and of a gate those of each look."""
        named = [{"step": {"identifier": f"s{n}", **step}} for n, step in enumerate(steps)]
        stage = {"identifier": "s", "type": "Custom", "spec": {"execution": {"steps": named}}}
        file = self.directory / "p.yaml"
        pipeline = {"identifier": "p", "stages": [{"stage": stage}]}
        file.write_text(json.dumps({"pipeline": pipeline}, indent=1))
        environ = {"PENSTOCK_SECRET_ACCOUNT_TOKEN": "sandbox-token"}
        app = App(self.directory / "journal.db", environ, FakeClock())
        options = StartOptions(file)
        record = app.start(options, app.plan(options, complete=True))
        self.log()
        counted = _Counted(self)
        app.carry(record, counted, resumed=False)
        return counted.found


class _Counted:
    """A renderer that shows nothing and takes the log at the end of each step and look."""

    def __init__(self, jira: Jira) -> None:
        self._jira = jira
        self.found: list[list[str]] = []

    def show(self, event: Event) -> None:
        if isinstance(event, StepStarted):
            self._jira.log()
        elif isinstance(event, GateLooked) or (
            isinstance(event, StepFinished) and "/" in event.path
        ):
            self.found.append(self._jira.log())

    def close(self) -> None:
        """There is nothing to close."""


def _short(entry: dict[str, Any]) -> str:
    path: str = entry["path"]
    return path.removeprefix("/rest/api/") + (f"?{entry['query']}" if entry["query"] else "")


def measured(flavour: str) -> dict[str, tuple[list[str], list[str]]]:
    """Return the requests of each row, of its first step and of its later one."""
    found = {}
    for row in ROWS:
        with tempfile.TemporaryDirectory() as name:
            jira = Jira(flavour, Path(name))  # another address: nothing is known of it
            first, later = jira.run(row.first, row.later)
            jira.sandbox.stop()
        found[row.name] = first, later
    with tempfile.TemporaryDirectory() as name:
        jira = Jira(flavour, Path(name))
        first, later, *_ = jira.run(gate("REL-1"))
        jira.sandbox.stop()
    return {**found, TICK: (first, later)}


TICK = "look of an approval"
EXPECTED = {row.name: (row.harness, row.most) for row in ROWS} | {TICK: ("1", (4, 1))}


def main(arguments: list[str]) -> int:
    """Measure and print the table; return 1 where more is sent than the target says."""
    flavours = {"Cloud": measured("cloud"), "Data Center": measured("data-center")}
    names = ("penstock", "requests", "urllib3")
    print(f"Python {sys.version.split()[0]}, " + ", ".join(f"{n} {version(n)}" for n in names))
    print("requests per step: first step of a run / a later one\n")
    width = max(map(len, EXPECTED))
    print(f"{'':<{width}}  {'Cloud':>8}  {'Data Center':>11}  {'Harness':>7}  target")
    good = True
    for name, (harness, most) in EXPECTED.items():
        counts = [(len(found[name][0]), len(found[name][1])) for found in flavours.values()]
        kept = all(
            count <= limit for pair in counts for count, limit in zip(pair, most, strict=True)
        )
        good = good and kept
        cloud, center = (f"{first} / {later}" for first, later in counts)
        target = f"{most[0]} / {most[1]}{'' if kept else '  MORE'}"
        print(f"{name:<{width}}  {cloud:>8}  {center:>11}  {harness:>7}  {target}")
    if "-v" in arguments:
        _list(flavours)
    return 0 if good else 1


def _list(flavours: dict[str, dict[str, tuple[list[str], list[str]]]]) -> None:
    for flavour, found in flavours.items():
        for name, listed in found.items():
            for word, lines in zip(("first", "later"), listed, strict=True):
                print(f"\n{flavour}: {name}, {word}")
                print("\n".join(f"  {line[:150]}" for line in lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
