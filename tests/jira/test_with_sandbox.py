"""The three steps against the sandbox Jira, over real connections, on Cloud and Data Center."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from penstock.connector import Binding
from penstock.sandbox import SandboxOptions
from penstock.step import RunFacts, StepContext
from penstock.testing import FakeClock
from penstock.verdict import Verdict, VerdictStatus
from penstock.watch import Snapshot, Unavailable, Watch
from penstock_jira.approval import JiraApproval
from penstock_jira.connector import JiraConnector
from penstock_jira.create import JiraCreate
from penstock_jira.missing import MISSING
from penstock_jira.observe import SITES
from penstock_jira.sandbox import JiraSandbox
from penstock_jira.update import JiraUpdate


class Bench:
    """A sandbox with a context for each step."""

    def __init__(self, flavour: str, memory: Any, resolver: Any) -> None:
        self.clock, self.cloud = FakeClock(), flavour == "cloud"
        self.sandbox = JiraSandbox(SandboxOptions(flavour=flavour))
        self.sandbox.start()
        made = self.sandbox.stand_in(None).bind(Binding("account.jira", clock=self.clock))
        assert isinstance(made, JiraConnector)
        self.connector = made
        self.notes: list[str] = []
        self._memory, self._resolver = memory, resolver

    def context(self, path: str = "change/step") -> StepContext:
        now = self.clock.now()
        return StepContext(
            RunFacts("run-1", "release", now, "", "ann"),
            path,
            1,
            now + timedelta(hours=1),
            self.clock,
            self._memory(self.clock),
            self._resolver(self.connector),
            self.notes.append,
        )

    def fault(self, method: str, path: str, **played: Any) -> None:
        times = played.pop("times", 1)
        planned = {"match": {"method": method, "path": path}, "times": times, "fault": played}
        answer = requests.post(f"{self.sandbox.url}/sandbox/faults", json=planned, timeout=5)
        assert answer.ok, answer.text

    def writes(self) -> list[tuple[str, str]]:
        answer = requests.get(f"{self.sandbox.url}/sandbox/ledger", timeout=5)
        return [(entry["method"], entry["path"]) for entry in answer.json()]

    def issues(self) -> int:
        """Return how many issues there are, by trying their keys."""
        client = self.connector.client()
        found = [
            client.find(f"/rest/api/2/issue/REL-{number}", what="look") for number in range(1, 9)
        ]
        return len([issue for issue in found if issue is not None])

    def create(self, **fields: Any) -> Any:
        spec = {"connectorRef": "x", "projectKey": "REL", "issueType": "Change"}
        made = JiraCreate.model_validate({**spec, "fields": entries(Summary="Release", **fields)})
        return made.run(self.context())["issue"]

    def update(self, key: str, *, status: str = "", **fields: Any) -> Any:
        spec = {"connectorRef": "x", "issueKey": key, "transitionTo": {"status": status}}
        made = JiraUpdate.model_validate({**spec, "fields": entries(**fields)})
        return made.run(self.context())["issue"]


def entries(**fields: Any) -> list[dict[str, Any]]:
    def spaced(name: str) -> str:
        return name if name.startswith("customfield") else name.replace("_", " ")

    return [{"name": spaced(name), "value": value} for name, value in fields.items()]


@pytest.fixture(params=["cloud", "data-center"])
def bench(request: Any, memory_effects: Any, one_connector: Any) -> Iterator[Bench]:
    made = Bench(request.param, memory_effects, one_connector)
    url = made.sandbox.url
    yield made
    made.sandbox.stop()
    SITES.forget(url)
    MISSING.forget(url)


EVERY_KIND = {
    "Description": "h3. Release\n* one",
    "Priority": "high",
    "Labels": "a,b",
    "Assignee": "operator@example.com",
    "Due date": "2026-03-10",
    "Original Estimate": "2h 30m",
    "Risk Level": "Low",
    "Affected Regions": "EU,US",
    "Planned Date": "20260310",
    "Deployment Window": "2026-03-10T10:00:00+01:00",
    "Story Points": "3",
    "Change Owner": "CAB Lead",
    "Reviewers": "CAB Lead,reviewer@example.com",
    "Location": "EU > Dublin",
    "Release Notes": "notes",
    "Build URL": "https://ci.example.com/1",
    "Support Group": "release-managers",
    "Sprint": "1",
    "Flagged": "Impediment",
    "customfield_10024": "staging",
    "environment": "production",
}


def test_every_kind_of_field_is_written_and_read_back(bench: Bench) -> None:
    issue = bench.create(**EVERY_KIND, Comment="Opened")
    assert issue["key"] == "REL-1"
    expected = {
        "Status": "To Do",
        "Priority": "High",
        "Assignee": "Operator",
        "Due date": "2026-03-10",
        "Original Estimate": "2h 30m",
        "Risk Level": "Low",
        "Affected Regions": ["EU", "US"],
        "Planned Date": "2026-03-10",
        "Story Points": 3,
        "Change Owner": "CAB Lead",
        "Reviewers": ["CAB Lead", "Reviewer"],
        "Location": "EU > Dublin",
        "Support Group": "release-managers",
        "Sprint": ["Sprint 1"],
        "Flagged": ["Impediment"],
        "Environment": "production",
        "customfield_10024": "staging",
    }
    assert {name: issue.get(name, issue.get(name.lower())) for name in expected} | {
        "Due date": issue.get("Due date", issue.get("Due Date"))
    } == expected


def test_a_change_goes_all_the_way(bench: Bench) -> None:
    key = bench.create(Risk_Level="Low")["key"]
    for status in ("pending approval", "Approved", "Deploying"):
        assert bench.update(key, status=status)["Status"].lower() == status.lower()
    done = bench.update(key, status="Done", Resolution="Done", Comment="Finished")
    assert (done["Status"], done["Resolution"]) == ("Done", "Done")
    before = bench.writes()
    assert bench.update(key, status="Done", Resolution="Done")["Status"] == "Done"
    assert bench.writes() == before


LOST = [
    {"kind": "lose_reply"},
    {"kind": "truncate"},
    {"kind": "status", "status": 503, "commit": True, "headers": {"Retry-After": "1"}},
    {"kind": "status", "status": 502},
    {"kind": "refuse_connection"},
    {"kind": "login_page", "commit": True},
    {"kind": "status", "status": 429, "headers": {"Retry-After": "2"}},
]


@pytest.mark.parametrize("lost", LOST, ids=lambda one: f"{one['kind']}-{one.get('status', '')}")
@pytest.mark.parametrize("lagging", [False, True])
def test_one_step_makes_one_issue_whatever_becomes_of_the_answer(
    bench: Bench, lost: Any, lagging: bool
) -> None:
    if lagging:
        bench.fault("POST", "/search", kind="index_lag", seconds=3600, times=None)
    bench.fault("POST", "/rest/api/2/issue$", **lost)
    assert bench.create()["key"] == "REL-1"
    assert bench.issues() == 1


@pytest.mark.parametrize("lost", LOST, ids=lambda one: f"{one['kind']}-{one.get('status', '')}")
def test_one_step_makes_one_comment_and_one_transition(bench: Bench, lost: Any) -> None:
    key = bench.create()["key"]
    for path in ("/comment$", "/transitions$"):
        bench.fault("POST", path, **lost)
    bench.fault("PUT", "/rest/api/2/issue/", **lost)
    issue = bench.update(key, status="Pending Approval", Risk_Level="High", Comment="Once")
    assert (issue["Status"], issue["Risk Level"]) == ("Pending Approval", "High")
    read = bench.connector.client().get(f"/rest/api/2/issue/{key}/comment", what="read")
    assert [comment["body"] for comment in read["comments"]] == ["Once"]


def test_a_gate_sees_an_issue_and_who_moved_it(bench: Bench) -> None:
    key = bench.create(Risk_Level="Low", Release_Notes="All is well")["key"]
    criteria = [
        {"key": "Status", "operator": "equals", "value": "Pending Approval"},
        {"key": "Risk Level", "operator": "in", "value": "Low,Medium"},
        {"key": "Release Notes", "operator": "contains", "value": "is well"},
        {"key": "Resolution", "operator": "is empty"},
    ]
    gate = JiraApproval.model_validate(
        {
            "connectorRef": "x",
            "issueKey": key,
            "projectKey": "REL",
            "issueType": "Change",
            "approvalCriteria": {"type": "KeyValues", "spec": {"conditions": criteria}},
        }
    )
    watch = gate.watch(bench.context())
    (waiting,) = bench.connector.look([watch])
    verdict = gate.judge(waiting)  # type: ignore[arg-type]  # a snapshot, or the test fails
    assert verdict.reason == 'Status is "To Do", needs "Pending Approval"'
    bench.update(key, status="Pending Approval")
    other = Watch("x", "REL-99", ("Status",))
    seen, gone = bench.connector.look([watch, other])
    verdict = gate.judge(seen)  # type: ignore[arg-type]  # a snapshot, or the test fails
    assert verdict.status is VerdictStatus.APPROVED
    assert verdict.outputs["approved_by"] == "Release Bot"
    assert "not found, or not visible to Release Bot" in str(gone)


def test_the_doctor_is_content(bench: Bench) -> None:
    checks = {check.name: check for check in bench.connector.test()}
    assert [name for name, check in checks.items() if check.ok is False] == []
    assert [name for name, check in checks.items() if check.ok is None] == ["clock"]
    assert "ours" in checks["clock"].found
    assert checks["permissions"].found.startswith("in REL: browse projects, create issues")
    assert checks["metadata"].found == "5 issue types can be created in REL"


def test_a_wrong_token_is_a_refused_sign_in(bench: Bench) -> None:
    wrong = bench.connector.pointed_at(bench.sandbox.url, "release-bot", "wrong-token")
    checks = list(wrong.bind(Binding(clock=bench.clock)).test())
    assert checks[-1].ok is False
    assert "credentials are not accepted" in checks[-1].found
    gateway = "https://api.atlassian.com/ex/jira/5b2a4f0e-8d5c-4c0b-9d57-000000000001"
    assert (gateway in checks[-1].advice) is bench.cloud


def seen(
    bench: Bench, gate: JiraApproval, opened: datetime, last: Verdict | None = None
) -> Verdict:
    """Return the verdict of a look, as the engine makes one."""
    watch = replace(
        gate.watch(bench.context()),
        asks=gate.asks(),
        known=last.outputs if last is not None else {},
        opened=opened,
        user="operator@example.com",
    )
    (look,) = bench.connector.look([watch])
    assert isinstance(look, Snapshot), look
    return gate.judge(look)


def guarded(key: str, **more: Any) -> JiraApproval:
    condition = {"key": "Status", "operator": "equals", "value": "Pending Approval"}
    criteria = {"type": "KeyValues", "spec": {"conditions": [condition]}}
    spec = {"connectorRef": "x", "issueKey": key, "approvalCriteria": criteria}
    return JiraApproval.model_validate({**spec, **more})


def move(bench: Bench, key: str, user: str, name: str = "Request approval") -> None:
    """Send an issue through a transition as *user*."""
    auth = (f"{user}@example.com", "sandbox-token")
    place = f"{bench.sandbox.url}/rest/api/2/issue/{key}/transitions"
    listed = requests.get(place, auth=auth, timeout=5).json()["transitions"]
    (found,) = [one["id"] for one in listed if one["name"] == name]
    done = requests.post(place, json={"transition": {"id": found}}, auth=auth, timeout=5)
    assert done.ok, done.text


@pytest.mark.parametrize(
    ("user", "approved", "why"),
    [
        ("cab-lead", True, ""),
        ("reviewer", True, ""),
        ("operator", False, "started the run"),
        ("release-bot", False, "is the connector's own user"),
    ],
)
def test_a_gate_knows_who_may_approve_by_group_and_run(
    bench: Bench, user: str, approved: bool, why: str
) -> None:
    key = bench.create()["key"]
    gate = guarded(key, approvers={"groups": ["release-managers"], "notInitiator": True})
    opened = bench.clock.now()
    assert seen(bench, gate, opened).status is VerdictStatus.WAITING
    move(bench, key, user)
    verdict = seen(bench, gate, opened)
    assert (verdict.status is VerdictStatus.APPROVED) is approved
    assert approved or why in verdict.reason


def test_an_approval_older_than_the_gate_is_told_by_jiras_own_clock(bench: Bench) -> None:
    key = bench.create()["key"]
    move(bench, key, "cab-lead")
    gate = guarded(key, allowExisting=False)
    # The bench's clock stands months before the sandbox's.
    assert seen(bench, gate, bench.clock.now() - timedelta(minutes=5)).status is (
        VerdictStatus.APPROVED
    )
    verdict = seen(bench, gate, bench.clock.now() + timedelta(minutes=5))
    assert verdict.status is VerdictStatus.WAITING
    assert "it was so before the gate opened" in verdict.reason


def test_an_approval_that_has_not_held_yet_waits(bench: Bench) -> None:
    key = bench.create()["key"]
    move(bench, key, "cab-lead")
    verdict = seen(bench, guarded(key, holdFor="10m"), bench.clock.now())
    assert verdict.status is VerdictStatus.WAITING
    assert "but it must stay so until" in verdict.reason


def test_an_approval_between_two_looks_that_was_taken_back_is_told_and_does_not_count(
    bench: Bench,
) -> None:
    key = bench.create()["key"]
    gate, opened = guarded(key), bench.clock.now()
    first = seen(bench, gate, opened)
    move(bench, key, "cab-lead")
    move(bench, key, "operator", "Cancel")
    verdict = seen(bench, gate, opened, first)
    assert verdict.status is VerdictStatus.WAITING
    told = 'it was approved: Status is "Pending Approval" (by CAB Lead) from '
    assert told in verdict.reason
    assert "when Operator changed it; an approval that is taken back is none" in verdict.reason


def test_an_issue_that_is_deleted_is_missing_in_the_end_and_never_approved(bench: Bench) -> None:
    key = bench.create()["key"]
    gate = guarded(key)
    first = seen(bench, gate, bench.clock.now())
    client = bench.connector.client()
    client.send("DELETE", f"/rest/api/2/issue/{key}", {}, what="delete")
    watch = replace(gate.watch(bench.context()), known=first.outputs)
    for _ in range(3):
        (look,) = bench.connector.look([watch])
        assert isinstance(look, Unavailable), look
        bench.clock.advance(250)
    (look,) = bench.connector.look([watch])
    assert isinstance(look, Snapshot)
    verdict = gate.judge(look)
    assert verdict.status is VerdictStatus.FAILED
    assert verdict.reason.startswith(f"issue missing: {key} was not found by 4 looks in 12 minutes")
