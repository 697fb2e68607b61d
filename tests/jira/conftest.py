"""Doubles for the Jira plugin's tests: a step's context, and a Jira made of canned answers."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests
import requests_mock

from penstock.connector import Binding
from penstock.journal import Claim, EffectRecord
from penstock.run.effects import JournalledEffects
from penstock.sandbox import SandboxOptions
from penstock.secret import Secret
from penstock.step import RunFacts, StepContext
from penstock.testing import FakeClock
from penstock_jira.account import ACCOUNTS
from penstock_jira.client import JiraClient
from penstock_jira.connector import JiraConnector
from penstock_jira.create import JiraCreate
from penstock_jira.missing import MISSING
from penstock_jira.observe import SITES
from penstock_jira.sandbox import JiraSandbox
from penstock_jira.update import JiraUpdate

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


class Live:
    """A sandbox with a Task and an Epic, whose steps remember nothing of each other."""

    def __init__(self, flavour: str, memory: Any, resolver: Any) -> None:
        self.cloud, self.clock, self.notes = flavour == "cloud", FakeClock(), list[str]()
        self.sandbox = JiraSandbox(SandboxOptions(flavour=flavour, clock=self.clock))
        self.sandbox.start()
        made = self.sandbox.stand_in(None).bind(Binding("account.jira", clock=self.clock))
        assert isinstance(made, JiraConnector)
        self.connector = made
        self._memory, self._resolver = memory, resolver
        self.key = self.create("Task")["key"]
        self.epic = self.create("Epic")["key"]

    def context(self, path: str = "change/step", run: str = "run-1") -> StepContext:
        now = self.clock.now()
        return StepContext(
            RunFacts(run, "release", now, f"https://ci.example.com/{run}", "ann"),
            path,
            1,
            now + timedelta(hours=1),
            self.clock,
            self._memory(self.clock),
            self._resolver(self.connector),
            self.notes.append,
        )

    def create(self, kind: str, *fields: Any, **more: Any) -> Any:
        """Create an issue and return it as later steps see it."""
        spec = {"connectorRef": "x", "projectKey": "REL", "issueType": kind}
        entries = [{"name": "Summary", "value": f"A {kind}"}, *fields]
        step = JiraCreate.model_validate({**spec, "fields": entries, **more})
        return step.run(self.context())["issue"]

    def update(self, **more: Any) -> int:
        """Run a step; return how many writes Jira was sent."""
        before = len(self.writes())
        JiraUpdate.model_validate({"connectorRef": "x", "issueKey": self.key, **more}).run(
            self.context()
        )
        return len(self.writes()) - before

    def read(self, path: str = "", api: str = "2", key: str = "", **params: str) -> Any:
        """Read what is at *path* of an issue, through a version of the API."""
        address = f"/rest/api/{api}/issue/{key or self.key}{path}"
        return self.connector.client().get(address, what="read", **params)

    def writes(self) -> list[Any]:
        answer = requests.get(f"{self.sandbox.url}/sandbox/ledger", timeout=5)
        found: list[Any] = answer.json()
        return found


@pytest.fixture(params=["cloud", "data-center"])
def live(request: Any, memory_effects: Any, one_connector: Any) -> Any:
    """A sandbox of each flavour."""
    made = Live(request.param, memory_effects, one_connector)
    url = made.sandbox.url
    yield made
    made.sandbox.stop()
    SITES.forget(url)
