"""A sandbox with one issue, and a create step whose effects outlive a crash of its process."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
import requests

from penstock.connector import Binding
from penstock.json_types import Json
from penstock.run.effects import effect_of
from penstock.sandbox import SandboxOptions
from penstock.step import RunFacts, StepContext
from penstock.testing import FakeClock
from penstock_jira.connector import JiraConnector
from penstock_jira.create import JiraCreate
from penstock_jira.observe import SITES
from penstock_jira.sandbox import JiraSandbox

LABEL = "penstock-create-mark"
ISSUE = "/rest/api/2/issue"


class Crash(Exception):
    """The process dies here."""


class Site:
    """A sandbox with the issue REL-1, and a step's context whose effects outlive a crash."""

    def __init__(self, flavour: str, effects: Any, resolver: Any) -> None:
        self.clock = FakeClock()
        self.sandbox = JiraSandbox(SandboxOptions(flavour=flavour, clock=self.clock))
        self.sandbox.start()
        made = self.sandbox.stand_in(None).bind(Binding("account.jira", clock=self.clock))
        assert isinstance(made, JiraConnector)
        self.connector = made.model_copy(update={"settle_time": 120.0})
        self.notes: list[str] = []
        self.effects = effects(self.clock, self.notes.append)
        now = self.clock.now()
        facts = RunFacts("run-1", "release", now, "https://ci.example.com/1", "ann")
        self.context = StepContext(
            facts,
            "change/open",
            1,
            now + timedelta(hours=1),
            self.clock,
            self.effects,
            resolver(self.connector),
            self.notes.append,
        )
        self.make("Somebody's", user="cab-lead", label="other")

    def make(
        self, summary: str, *, mark: Json = None, user: str = "release-bot", label: str = LABEL
    ) -> str:
        """Create an issue with the label, and with our property if *mark* is given."""
        properties = [{"key": "penstock", "value": mark}] if mark else []
        fields = {
            "project": {"key": "REL"},
            "issuetype": {"name": "Change"},
            "summary": summary,
            "labels": [label],
        }
        answer = requests.post(
            f"{self.sandbox.url}{ISSUE}",
            json={"fields": fields, "properties": properties},
            auth=(user, "sandbox-token"),
            timeout=5,
        )
        assert answer.ok, answer.text
        key: str = answer.json()["key"]
        return key

    def fault(self, method: str, path: str, times: int | None = 1, **played: Any) -> None:
        planned: dict[str, Any] = {"match": {"method": method, "path": path}, "fault": played}
        planned |= {"times": times} if times else {}
        answer = requests.post(f"{self.sandbox.url}/sandbox/faults", json=planned, timeout=5)
        assert answer.ok, answer.text

    def lose(self, times: int | None = 1) -> None:
        """Let the next create requests come to nothing, and nobody know."""
        self.fault("POST", f"{ISSUE}$", times, kind="status", status=502)

    def lag(self, seconds: int = 3600) -> None:
        self.fault("POST", "/search", None, kind="index_lag", seconds=seconds)

    def run(self, **more: Any) -> Mapping[str, Any]:
        return create(**more).run(self.context)  # type: ignore[no-any-return] # JSON

    def read(self, key: str) -> Any:
        return self.connector.client().get(f"{ISSUE}/{key}", what="read")

    def creates(self) -> int:
        """Return how many requests to create an issue the sandbox carried out."""
        ledger = requests.get(f"{self.sandbox.url}/sandbox/ledger", timeout=5).json()
        return sum(entry["path"] == ISSUE and entry["status"] == 201 for entry in ledger) - 1

    def crash(self, **more: Any) -> None:
        """Let the process die after the create request, before its answer is journalled."""

        def die(name: str) -> None:
            raise Crash

        self.effects.after = die
        with pytest.raises(Crash):
            self.run(**more)
        self.effects.after = lambda name: None

    def look_again(self) -> None:
        record = self.effects.written["create"]
        create().look_again(self.context, effect_of(record, in_doubt=True), record.result)

    def comments(self, key: str) -> list[str]:
        return [item["body"] for item in self.read(key)["fields"]["comment"]["comments"]]

    def links(self, key: str) -> list[tuple[str, str]]:
        """Return the words and the other end of each link."""
        found = []
        for link in self.read(key)["fields"]["issuelinks"]:
            way = "outward" if "outwardIssue" in link else "inward"
            found.append((link["type"][way], link[f"{way}Issue"]["key"]))
        return found


def create(**more: Any) -> JiraCreate:
    spec = {"connectorRef": "x", "projectKey": "REL", "issueType": "Change", **more}
    return JiraCreate.model_validate({"fields": [{"name": "Summary", "value": "New"}], **spec})


@pytest.fixture(params=["cloud", "data-center"])
def site(request: Any, memory_effects: Any, one_connector: Any) -> Iterator[Site]:
    made = Site(request.param, memory_effects, one_connector)
    url = made.sandbox.url
    yield made
    made.sandbox.stop()
    SITES.forget(url)
