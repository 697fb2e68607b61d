"""The three steps against the sandbox Jira, over real connections, on Cloud and Data Center."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from penstock.connector import Binding
from penstock.sandbox import SandboxOptions
from penstock.step import RunFacts, StepContext
from penstock.testing import FakeClock
from penstock.verdict import VerdictStatus
from penstock.watch import Watch
from penstock_jira.approval import JiraApproval
from penstock_jira.connector import JiraConnector
from penstock_jira.create import JiraCreate
from penstock_jira.observe import SITES
from penstock_jira.sandbox import JiraSandbox
from penstock_jira.update import JiraUpdate


class Bench:
    """A sandbox with a context for each step."""

    def __init__(self, flavour: str, memory: Any, resolver: Any) -> None:
        self.clock = FakeClock()
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
    assert [check.ok for check in bench.connector.test()] == [True, True, True]


def test_a_wrong_token_is_a_refused_sign_in(bench: Bench) -> None:
    wrong = bench.connector.pointed_at(bench.sandbox.url, "release-bot", "wrong-token")
    checks = list(wrong.bind(Binding(clock=bench.clock)).test())
    assert checks[-1].ok is False
    assert "credentials are not accepted" in checks[-1].found
