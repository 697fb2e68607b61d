"""A sandbox that listens on a free port, and a client with no cleverness at all."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from penstock.sandbox import SandboxOptions
from penstock.testing import FakeClock
from penstock_jira.sandbox import JiraSandbox


class Jira:
    """Plain requests to one sandbox, as one user, at one version of the API."""

    def __init__(self, sandbox: JiraSandbox, api: str = "2", user: str | None = "release-bot"):
        self.sandbox = sandbox
        self.api = api
        self.session = requests.Session()
        self.session.trust_env = False
        if user is not None:
            self.session.auth = (user, "sandbox-token")

    def __call__(self, method: str, path: str, json: Any = None, **more: Any) -> requests.Response:
        address = path if path.startswith("http") else f"{self.root}{path}"
        return self.session.request(method, address, json=json, timeout=10, **more)

    @property
    def root(self) -> str:
        return f"{self.sandbox.url}/rest/api/{self.api}"

    def at(self, api: str, user: str | None = "release-bot") -> "Jira":
        return Jira(self.sandbox, api, user)

    def as_(self, user: str | None) -> "Jira":
        return Jira(self.sandbox, self.api, user)

    def create(self, kind: str = "Change", project: str = "REL", **fields: Any) -> str:
        made = self("POST", "/issue", new(kind, project, **fields))
        assert made.status_code == 201, made.text
        return made.json()["key"]

    def fields(self, key: str) -> dict[str, Any]:
        return self("GET", f"/issue/{key}").json()["fields"]

    def move(self, key: str, *names: str) -> None:
        for name in names:
            listed = self("GET", f"/issue/{key}/transitions").json()["transitions"]
            [identifier] = [each["id"] for each in listed if each["name"] == name]
            fields = {"resolution": {"name": "Done"}} if name == "Complete" else {}
            body = {"transition": {"id": identifier}, "fields": fields}
            moved = self("POST", f"/issue/{key}/transitions", body)
            assert moved.status_code == 204, moved.text

    def sandbox_call(self, method: str, path: str, json: Any = None) -> requests.Response:
        return self(method, f"{self.sandbox.url}/sandbox{path}", json)


def new(kind: str = "Change", project: Any = "REL", **fields: Any) -> dict[str, Any]:
    return {
        "fields": {
            "project": {"key": project} if isinstance(project, str) else project,
            "issuetype": {"name": kind},
            "summary": "A change",
            **fields,
        }
    }


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def start(clock: FakeClock) -> Iterator[Callable[..., Jira]]:
    """Return what starts a sandbox with these options; everything is stopped in the end."""
    clients: list[Jira] = []

    def started(flavour: str | None = None, **options: Any) -> Jira:
        sandbox = JiraSandbox(SandboxOptions(**{"flavour": flavour, "clock": clock, **options}))
        sandbox.start()
        clients.append(Jira(sandbox))
        return clients[-1]

    yield started
    for client in clients:
        client.sandbox.stop()


@pytest.fixture
def cloud(start: Callable[..., Jira]) -> Jira:
    return start("cloud")


@pytest.fixture
def data_center(start: Callable[..., Jira]) -> Jira:
    return start("data-center")


@pytest.fixture(params=["cloud", "data-center"])
def jira(request: pytest.FixtureRequest, start: Callable[..., Jira]) -> Jira:
    """A client of each flavour, at version 2, which both have."""
    return start(request.param)


@pytest.fixture
def new_issue() -> Callable[..., dict[str, Any]]:
    """Return what makes the body of a create."""
    return new


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str, str], Path]:
    """Return what writes a file."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write
