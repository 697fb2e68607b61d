"""A sandbox Jira over real connections, and pipelines that are run and planned against it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from penstock.app import App, StartOptions
from penstock.events import Event, Status, StepFinished, StepNoted
from penstock.sandbox import SandboxOptions
from penstock.testing import FakeClock
from penstock_jira.missing import MISSING
from penstock_jira.observe import SITES
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
NEW = {"project": {"key": "REL"}, "issuetype": {"name": "Change"}, "summary": "A change"}


@dataclass
class Done:
    """How a run ended, and what it told."""

    run: str
    status: Status
    events: list[Event]
    #: The failure type of each step that has one, by its identifier.
    failures: dict[str, str]

    @property
    def notes(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, StepNoted)]

    @property
    def steps(self) -> dict[str, StepFinished]:
        """The end of each step, by its identifier; that of the stage is ``c``."""
        ends = [event for event in self.events if isinstance(event, StepFinished)]
        return {event.path.rpartition("/")[2]: event for event in ends}


@dataclass
class Desk:
    """A sandbox of one flavour, and a directory with a connector that leads there."""

    directory: Path
    flavour: str
    environ: dict[str, str] = field(
        default_factory=lambda: {"PENSTOCK_SECRET_ACCOUNT_TOKEN": "sandbox-token"}
    )
    clock: FakeClock = field(default_factory=FakeClock)
    #: What happens after each event of a run: people act, the clock jumps.
    on_event: Callable[[Event], None] = lambda event: None

    def __post_init__(self) -> None:
        self.sandbox = JiraSandbox(SandboxOptions(flavour=self.flavour))
        self.sandbox.start()
        self.connect(self.sandbox.url)

    def connect(self, url: str, **more: str) -> None:
        """Let the connector lead to *url*; *more* are further keys of its spec."""
        file = self.directory / "connectors" / "jira.yaml"
        file.parent.mkdir(exist_ok=True)
        lines = [f"    {name}: {value}\n" for name, value in more.items()]
        file.write_text(CONNECTOR % url + "".join(lines))

    # The sandbox

    def ask(self, method: str, path: str, body: Any = None, user: str = "release-bot") -> Any:
        answer = requests.request(
            method,
            f"{self.sandbox.url}/{path}",
            json=body,
            auth=(user, "sandbox-token"),
            timeout=10,
        )
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def issue(self, **fields: Any) -> str:
        """Create an issue, and return its key."""
        body = {"fields": {**NEW, **fields}}
        key: str = self.ask("POST", "rest/api/2/issue", body)["key"]
        return key

    def fields(self, key: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", f"rest/api/2/issue/{key}")["fields"]
        return found

    def move(self, key: str, name: str, user: str = "cab-lead") -> None:
        listed = self.ask("GET", f"rest/api/2/issue/{key}/transitions")["transitions"]
        (found,) = [way["id"] for way in listed if way["name"] == name]
        body = {"transition": {"id": found}}
        self.ask("POST", f"rest/api/2/issue/{key}/transitions", body, user)

    def fault(self, method: str, path: str, *, times: int | None = 1, **played: Any) -> None:
        """Let the sandbox misbehave for requests to *path*."""
        after = played.pop("after", 0)
        planned = {"match": {"method": method, "path": path}, "after": after, "fault": played}
        self.ask(
            "POST", "sandbox/faults", planned if times is None else {**planned, "times": times}
        )

    def ledger(self, user: str = "release-bot") -> list[Any]:
        """Return the writes of *user*."""
        return [entry for entry in self.ask("GET", "sandbox/ledger") if entry["by"] == user]

    def writes(self, since: int = 0) -> list[tuple[str, str, int]]:
        """Return method, path below the REST root, and status of the writes after so many."""
        return [
            (entry["method"], entry["path"].removeprefix("/rest/api/2"), entry["status"])
            for entry in self.ledger()[since:]
        ]

    def requests(self) -> list[tuple[str, str, int | None]]:
        """Return method, path and status of all requests since the last time, and forget them."""
        listed = self.ask("GET", "sandbox/requests")
        self.ask("DELETE", "sandbox/requests")
        return [(entry["method"], entry["path"], entry["status"]) for entry in listed]

    # Pipelines

    def pipeline(self, *specs: tuple[str, dict[str, Any]], timeout: str = "1h") -> Path:
        """Write a pipeline of one stage with steps ``s0``, ``s1``, … of these types and specs."""
        steps = [
            {"step": {"identifier": f"s{n}", "type": kind, "timeout": timeout, "spec": spec}}
            for n, (kind, spec) in enumerate(specs)
        ]
        stage = {"identifier": "c", "type": "Custom", "spec": {"execution": {"steps": steps}}}
        whole = {"pipeline": {"identifier": "p", "stages": [{"stage": stage}]}}
        text = yaml.safe_dump(
            json.loads(json.dumps(whole)),  # what stands twice would become an anchor
            sort_keys=False,
            default_style='"',
        )
        file = self.directory / "p.yaml"
        file.write_text(text.replace('!!null "null"', "null"))
        return file

    def run(self, *specs: tuple[str, dict[str, Any]], timeout: str = "1h") -> Done:
        """Run a pipeline with these steps to its end."""
        app = self.app()
        options = StartOptions(self.pipeline(*specs, timeout=timeout))
        return self.carry(app, app.start(options, app.plan(options, complete=True)))

    def resume(self, run: str) -> Done:
        app = self.app()
        return self.carry(app, app.find(run), resumed=True)

    def app_client(self) -> Any:
        """Return a client of release-bot's, for looking things up."""
        connector = self.sandbox.stand_in(None)
        return connector.client()

    def app(self) -> App:
        """Return what a process of its own would be."""
        return App(self.directory / "journal.db", self.environ, self.clock)

    def carry(self, app: App, record: Any, *, resumed: bool = False) -> Done:
        events: list[Event] = []
        on_event = self.on_event

        class Renderer:
            def show(self, event: Event) -> None:
                events.append(event)
                on_event(event)

            def close(self) -> None:
                """There is nothing to close."""

        status = app.carry(record, Renderer(), resumed=resumed)
        attempts = app.journal.attempts(record.id)
        failures = {one.path.rpartition("/")[2]: one.failure for one in attempts if one.failure}
        return Done(record.id, status, events, failures)


@pytest.fixture(params=["cloud", "data-center"])
def desk(request: Any, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, request.param)
    url = made.sandbox.url
    yield made
    made.sandbox.stop()
    SITES.forget(url)
    MISSING.forget(url)
