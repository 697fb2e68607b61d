"""The command line as a user types it, in a process of its own, and a sandbox Jira beside it."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

ROOT = Path(__file__).parents[2]
PIPELINES = ROOT / "pipelines"
#: Long enough for the slowest machine; nothing waits for it in vain.
LIMIT = 120


@dataclass
class Result:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def last(self) -> dict[str, Any]:
        return self.events[-1]


@dataclass
class Shell:
    """Runs ``penstock`` in a directory of its own with an environment of its own."""

    directory: Path
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kept = ("PATH", "HOME", "LANG", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
        inherited = {name: os.environ[name] for name in kept if name in os.environ}
        self.environ = {
            **inherited,
            "PENSTOCK_DATABASE": str(self.directory / "journal.db"),
            "PYTHONIOENCODING": "utf-8",
            **self.environ,
        }

    def __call__(self, *arguments: str | Path, input: str | None = None) -> Result:  # noqa: A002 - as subprocess has it
        done = subprocess.run(
            [sys.executable, "-m", "penstock", *map(str, arguments)],
            cwd=self.directory,
            env=self.environ,
            check=False,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            input=input,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str | Path) -> "subprocess.Popen[str]":
        """Start a command and leave it running."""
        return subprocess.Popen(
            [sys.executable, "-m", "penstock", *map(str, arguments)],
            cwd=self.directory,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def until(
        self, process: "subprocess.Popen[str]", wanted: Callable[[dict[str, Any]], bool]
    ) -> dict[str, Any]:
        """Read a command's JSON lines until one is *wanted*, and return it."""
        assert process.stdout is not None
        watchdog = threading.Timer(LIMIT, process.kill)
        watchdog.start()
        try:
            for line in process.stdout:
                event = json.loads(line)
                if wanted(event):
                    return event
        finally:
            watchdog.cancel()
        raise AssertionError(f"it ended first: {process.stderr.read() if process.stderr else ''}")

    def write(self, name: str, text: str) -> Path:
        file = self.directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture(scope="session")
def shell_type() -> type[Shell]:
    return Shell


@dataclass
class Jira:
    """A sandbox Jira in a process of its own."""

    url: str
    process: "subprocess.Popen[str]"

    def get(self, path: str) -> Any:
        answer = requests.get(
            f"{self.url}/{path}", auth=("release-bot", "sandbox-token"), timeout=LIMIT
        )
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, body: Any, user: str = "cab-lead") -> None:
        answer = requests.post(
            f"{self.url}/{path}", json=body, auth=(user, "sandbox-token"), timeout=LIMIT
        )
        answer.raise_for_status()

    def move(self, key: str, name: str) -> None:
        """Let the CAB lead take the transition *name*."""
        ways = self.get(f"rest/api/2/issue/{key}/transitions")["transitions"]
        wanted = next(way["id"] for way in ways if way["name"] == name)
        self.post(f"rest/api/2/issue/{key}/transitions", {"transition": {"id": wanted}})

    def ledger(self) -> list[dict[str, Any]]:
        """Return the writes of release-bot that were accepted."""
        entries = self.get("sandbox/ledger")
        return [item for item in entries if item["by"] == "release-bot" and item["status"] < 300]


@pytest.fixture(params=["cloud", "data-center"])
def jira(request: pytest.FixtureRequest, shell: Shell) -> Iterator[Jira]:
    """A sandbox of each flavour, and connectors in ``connectors/`` that point to it."""
    process = shell.start("sandbox", "--flavour", request.param)
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"http://[\d.:]+", line)
    assert found, line + (process.stderr.read() if process.stderr else "")
    url = found.group()
    shell.environ["PENSTOCK_SECRET_ACCOUNT_JIRA_TOKEN"] = "sandbox-token"
    shell.write("connectors/jira.yaml", CONNECTOR % url)
    try:
        yield Jira(url, process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=LIMIT)


CONNECTOR = """\
connector:
  name: Jira
  identifier: jira
  type: Jira
  spec:
    jiraUrl: %s/
    auth:
      type: UsernamePassword
      spec: {username: release-bot, passwordRef: account.jira_token}
"""


@pytest.fixture
def pipelines() -> Path:
    """The directory of the examples."""
    return PIPELINES
