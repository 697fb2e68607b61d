"""Doubles for the Jira plugin's tests: a step's context, and a Jira made of canned answers."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests_mock

from penstock.connector import Binding
from penstock.journal import Claim, EffectRecord
from penstock.run.effects import JournalledEffects
from penstock.secret import Secret
from penstock.step import RunFacts, StepContext
from penstock.testing import FakeClock
from penstock_jira.account import ACCOUNTS
from penstock_jira.client import JiraClient
from penstock_jira.connector import JiraConnector
from penstock_jira.missing import MISSING
from penstock_jira.observe import SITES

URL = "https://jira.example.com"


class MemoryEffects(JournalledEffects):
    """The engine's effects with a journal in memory; what it ``kept`` outlives a context."""

    def __init__(self, clock: FakeClock, note: Callable[[str], None] = lambda text: None) -> None:
        self.kept: dict[str, Any] = {}
        self.open: dict[str, EffectRecord] = {}
        #: What was written last of each effect.
        self.written: dict[str, EffectRecord] = {}
        #: Called with the name of an effect after its write, before its result is kept: a crash.
        self.after: Callable[[str], None] = lambda name: None
        journal: Any = self  # as far as effects need one
        deadline = clock.now() + timedelta(hours=1)
        claim = Claim("run-1", 1)
        super().__init__(journal, claim, "change/open", clock, deadline=deadline, note=note)

    def _marker(self, name: str) -> str:
        return f"penstock-{name}-mark"

    def effect(self, run: str, path: str, name: str) -> EffectRecord | None:
        if name in self.kept:
            now = self._clock.now()
            return EffectRecord(path, name, self._marker(name), {}, now, True, self.kept[name])
        return self.open.get(name)

    def write_effect(self, claim: Claim, effect: EffectRecord) -> None:
        self.written[effect.name] = effect
        if not effect.done:
            intent = json.loads(json.dumps(effect.intent))
            self.open[effect.name] = replace(effect, intent=intent)
            return
        self.after(effect.name)
        self.kept[effect.name] = json.loads(json.dumps(effect.result))
        self.open.pop(effect.name, None)

    def forget_effect(self, claim: Claim, path: str, name: str) -> None:
        del self.open[name]


@dataclass
class Connectors:
    """Resolves every reference to one connector."""

    connector: JiraConnector

    def resolve(self, reference: str, kind: type[Any]) -> Any:
        assert isinstance(self.connector, kind)
        return self.connector


class Jira:
    """Canned answers by method and path; what is not canned is a 404 as Jira's."""

    def __init__(self, mocker: requests_mock.Mocker) -> None:
        self.mocker = mocker
        mocker.register_uri(
            requests_mock.ANY,
            requests_mock.ANY,
            status_code=404,
            json={"errorMessages": ["Issue Does Not Exist"], "errors": {}},
        )

    def answer(
        self, method: str, path: str, body: Any = None, status: int = 200, **more: Any
    ) -> None:
        """Answer *path* (with its query, in any order) with *body*; a list of dicts is in turn."""
        content: dict[str, Any] = dict(more)
        if "exc" not in more:
            content["status_code"] = status
        if not {"text", "content", "exc"} & set(more):
            content |= {"text": ""} if body is None else {"json": body}
        self.mocker.register_uri(method, f"{URL}{path}", **content)

    def in_turn(self, method: str, path: str, *answers: Mapping[str, Any]) -> None:
        """Answer with each of requests-mock's *answers* in turn, the last one for ever."""
        self.mocker.register_uri(method, f"{URL}{path}", list(answers))

    def cloud(self, *, cloud: bool = True) -> None:
        flavour = "Cloud" if cloud else "Server"
        about = {"deploymentType": flavour, "version": "10.3.1", "baseUrl": URL}
        self.answer("GET", "/rest/api/2/serverInfo", about)

    def sent(self, method: str, part: str = "") -> list[Any]:
        """Return the bodies of the requests so far whose path holds *part*."""
        return [
            request.json() if request.body else None
            for request in self.mocker.request_history
            if request.method == method and part in request.url
        ]

    @property
    def writes(self) -> list[tuple[str, str]]:
        """Return method and path of every request that may change something."""
        reads = ("/bulkfetch", "/search")
        return [
            (request.method, request.path)
            for request in self.mocker.request_history
            if request.method != "GET" and not request.path.endswith((*reads, "/jql"))
        ]


@pytest.fixture
def url() -> str:
    return URL


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def jira() -> Any:
    with requests_mock.Mocker(case_sensitive=True) as mocker:
        yield Jira(mocker)


@pytest.fixture(autouse=True)
def _no_site_is_known() -> Any:
    yield
    SITES.forget(URL)
    MISSING.forget(URL)
    ACCOUNTS.clear()


@pytest.fixture
def connector(clock: FakeClock) -> JiraConnector:
    made = JiraConnector.model_validate(
        {
            "jiraUrl": URL,
            "auth": {
                "type": "UsernamePassword",
                "spec": {"username": "release-bot", "passwordRef": "account.jira_token"},
            },
        }
    )
    return made.bind(Binding("account.jira", lambda name: Secret("s3cret-token", name), clock))


@pytest.fixture
def client(connector: JiraConnector, clock: FakeClock) -> JiraClient:
    made = connector.client(clock.now() + timedelta(hours=1))
    made._pace._jitter = lambda: 0.0
    return made


@pytest.fixture
def notes() -> list[str]:
    return []


@pytest.fixture
def effects(clock: FakeClock, notes: list[str]) -> MemoryEffects:
    return MemoryEffects(clock, notes.append)


@pytest.fixture
def context(
    clock: FakeClock, connector: JiraConnector, effects: MemoryEffects, notes: list[str]
) -> StepContext:
    facts = RunFacts("run-1", "release", clock.now(), "https://runs/run-1", "ann")
    deadline: datetime = clock.now() + timedelta(hours=1)
    return StepContext(
        facts, "change/open", 1, deadline, clock, effects, Connectors(connector), notes.append
    )


@pytest.fixture
def memory_effects() -> type[MemoryEffects]:
    return MemoryEffects


@pytest.fixture
def one_connector() -> type[Connectors]:
    return Connectors
