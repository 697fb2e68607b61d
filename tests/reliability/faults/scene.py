"""One run of Penstock against one Jira that misbehaves, and what is known of it afterwards."""

import base64
import contextlib
import io
import json
import logging
import ssl
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from click.testing import CliRunner

from faults.agenda import Agenda
from faults.ended import Ended
from faults.leaks import found_in
from faults.wire import Fault, Wire
from penstock.app import App, StartOptions
from penstock.cli.history import show
from penstock.cli.run import carry, start
from penstock.clock import Clock, SystemClock
from penstock.connector import Connector
from penstock.connectors.files import ConnectorDirectory
from penstock.errors import PenstockError
from penstock.sandbox import SandboxOptions
from penstock_jira.account import ACCOUNTS
from penstock_jira.missing import MISSING
from penstock_jira.observe import SITES
from penstock_jira.sandbox import JiraSandbox

__all__ = ["TOKEN", "Findings", "Scene"]

TOKEN, GATEWAY_KEY = "tok-7Q/x+y=z_9f&e", "gate-4f/K+=_%20key"


@dataclass
class Findings:
    """What is wrong whatever a case is about."""

    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        told = {name: value for name, value in vars(self).items() if value}
        return "; ".join(f"{name}: {', '.join(value)}" for name, value in told.items())


class Scene:
    """A sandbox Jira, a wire in front of it, and a Penstock with a journal of its own."""

    certificates = Path(__file__).parent / "certificates"

    def __init__(
        self, directory: Path, *, flavour: str = "cloud", real: bool = False, tls: str = ""
    ) -> None:
        self.directory = directory
        self.agenda = Agenda()
        self.clock: Clock = SystemClock() if real else self.agenda
        self.sandbox = JiraSandbox(SandboxOptions(flavour=flavour, clock=self.clock))
        self.sandbox.start()
        self.wire = Wire(self.sandbox.url, _context(self.certificates / tls) if tls else None)
        self.wire.right = _basic(f"release-bot:{TOKEN}")
        self.wire.passed_on = _basic("release-bot:sandbox-token")
        self.url = self.wire.url
        self.environ = {
            "PENSTOCK_SECRET_ACCOUNT_JIRA_TOKEN": TOKEN,
            "PENSTOCK_SECRET_ACCOUNT_GATEWAY_KEY": GATEWAY_KEY,
            "PENSTOCK_USER": "maria",
        }
        self.ends: list[Ended] = []
        self._said = io.StringIO()
        self._happened = 0
        self.gone: set[str] = set()
        self.connector()

    # What is set up

    def connector(self, **spec: Any) -> None:
        """Write the connector, with these keys beside its own."""
        headers = [{"name": "X-Gateway-Key", "valueRef": "account.gateway_key"}]
        auth = {
            "type": "UsernamePassword",
            "spec": {"username": "release-bot", "passwordRef": "account.jira_token"},
        }
        body = {"jiraUrl": self.url, "headers": headers, "auth": auth, **spec}
        self._write("connectors/jira.yaml", {"identifier": "jira", "type": "Jira", "spec": body})

    def _write(self, name: str, connector: Mapping[str, Any]) -> None:
        file = self.directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"connector": connector}))

    def happened(self) -> None:
        """Note that what a case is about has come to pass where it is no fault of the wire's."""
        self._happened += 1

    @property
    def fired(self) -> int:
        """How often faults have come to pass; 0 if one of the wire's never has."""
        counts = [fault.fired for fault in self.wire.faults]
        return 0 if 0 in counts else sum(counts) + self._happened

    def fault(self, method: str, path: str, action: Any, **more: Any) -> Fault:
        """Arm a fault of the wire."""
        return self.wire.fault(method, path, action, **more)

    # What people do

    def jira(self, method: str, path: str, body: Any = None, user: str = "cab-lead") -> Any:
        """Ask the sandbox itself, as a person; the wire does not see it."""
        answer = requests.request(
            method,
            f"{self.sandbox.url}{path}",
            json=body,
            auth=(user, "sandbox-token"),
            timeout=30,
        )
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def issue(self, summary: str = "Release", user: str = "operator", **fields: Any) -> str:
        """Create an issue by hand, and return its key."""
        given = {"project": {"key": "REL"}, "issuetype": {"name": "Change"}, "summary": summary}
        made = self.jira("POST", "/rest/api/2/issue", {"fields": {**given, **fields}}, user)
        return str(made["key"])

    def move(self, key: str, *names: str, user: str = "cab-lead") -> None:
        """Take transitions by hand."""
        path = f"/rest/api/2/issue/{key}/transitions"
        for name in names:
            ways = self.jira("GET", path, user=user)["transitions"]
            wanted = next(way["id"] for way in ways if way["name"] == name)
            self.jira("POST", path, {"transition": {"id": wanted}}, user)

    def status(self, key: str) -> str:
        """Return the status of an issue."""
        found = self.jira("GET", f"/rest/api/2/issue/{key}?fields=status")
        return str(found["fields"]["status"]["name"])

    def issues(self) -> list[dict[str, Any]]:
        """Return the issues that runs have made, with their marks."""
        listed = list(self.sandbox.site.desk.contents)
        return [
            {"key": issue.key, "mark": issue.properties["penstock"]["marker"]}
            for issue in listed
            if "penstock" in issue.properties
        ]

    # What Penstock does

    def run(self, *steps: Mapping[str, Any]) -> Ended:
        """Run a pipeline of these steps to its end."""
        execution = {"steps": [{"step": dict(step)} for step in steps]}
        stage = {"identifier": "s", "type": "Approval", "spec": {"execution": execution}}
        pipeline = {"identifier": "p", "stages": [{"stage": stage}]}
        file = self.directory / "pipeline.yaml"
        file.write_text(json.dumps({"pipeline": pipeline}))
        return self._told(lambda app: start(app, StartOptions(file), "json"))

    def resolved(self) -> Connector:
        """Return the connector as a gate is given it."""
        app = App(self.directory / "journal.db", self.environ, self.clock)
        directory = ConnectorDirectory(self.directory / "connectors", app.plugins.connector_types)
        return directory.resolve(
            "account.jira", org=None, project=None, secrets=app.secrets, clock=self.clock
        )

    def resume(self) -> Ended:
        """Go on with the last run in what stands for another process."""
        self.forget()
        return self._told(lambda app: carry(app, app.find("last"), "json", resumed=True))

    def _told(self, do: Callable[[App], int]) -> Ended:
        out, log = io.StringIO(), logging.StreamHandler(self._said)
        app = App(self.directory / "journal.db", self.environ, self.clock)
        root, level = logging.getLogger(), logging.getLogger().level
        root.addHandler(log)
        root.setLevel(logging.DEBUG)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(self._said):
                try:
                    ended = Ended(do(app), out.getvalue())
                except PenstockError as error:
                    ended = Ended(2, out.getvalue(), str(error))
        finally:
            root.setLevel(level)
            root.removeHandler(log)
            if (self.directory / "journal.db").exists():
                app.journal.close()
        self.ends.append(ended)
        self._show()
        return ended

    def _show(self) -> None:
        """Let the run be explained to a person, who must be shown no secret either."""
        arguments = ["last", "--database", str(self.directory / "journal.db")]
        self._said.write(CliRunner().invoke(show, arguments).output)

    def forget(self) -> None:
        """Forget what a process learns of a Jira."""
        ACCOUNTS.clear()
        SITES.forget(self.url)
        MISSING.forget(self.url)

    # What is known afterwards

    def close(self) -> Findings:
        """Stop, and return what is wrong whatever the case was about."""
        findings = Findings()
        there = {issue["key"] for issue in self.issues()} | self.gone
        known = {issue.key for issue in self.sandbox.site.desk.contents}
        for ended in self.ends:
            findings.lost += [key for key in ended.keys if key not in there | known]
        marks = Counter(issue["mark"] for issue in self.issues())
        findings.duplicated += [mark for mark, count in marks.items() if count > 1]
        findings.stuck += self._unfinished()
        findings.leaked += found_in(self._bytes(), [TOKEN, GATEWAY_KEY], user="release-bot")
        self.wire.close()
        self.sandbox.stop()
        self.forget()
        return findings

    def _unfinished(self) -> list[str]:
        if not (self.directory / "journal.db").exists():
            return []
        app = App(self.directory / "journal.db", {})
        found = [record.id for record in app.journal.runs() if not record.status.is_final]
        app.journal.close()
        return found

    def _bytes(self) -> dict[str, bytes]:
        """Return everything that Penstock left or sent, but for the headers that hold secrets."""
        texts = {f"run {number}": each.out + each.error for number, each in enumerate(self.ends)}
        texts |= {"stderr and log": self._said.getvalue()}
        texts |= {"ledger": json.dumps(self.jira("GET", "/sandbox/ledger"))}
        files = [path for path in self.directory.rglob("*") if path.is_file()]
        sent = [request.path.encode() + request.body for request in self.wire.requests]
        return {
            **{name: text.encode() for name, text in texts.items()},
            **{str(path.relative_to(self.directory)): path.read_bytes() for path in files},
            "requests": b"\n".join(sent),
        }


def _context(file: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(file)
    return made


def _basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()
