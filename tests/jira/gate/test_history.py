"""The past of the issues that a search finds, on Cloud and Data Center, against the sandbox."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from penstock.connector import Binding
from penstock.past import Past, Replayable
from penstock.run.backtest import Replay, replayed
from penstock.sandbox import SandboxOptions
from penstock.testing import FakeClock
from penstock_jira.approval import JiraApproval
from penstock_jira.connector import JiraConnector
from penstock_jira.observe import SITES
from penstock_jira.sandbox import JiraSandbox
from penstock_jira.sandbox.world_file import DEFAULT_WORLD

ISSUES = """\
issues:
  - project: REL
    type: Change
    made: 10d
    set: {Summary: One, Risk Level: Low, Labels: [a]}
    history:
      - {after: 1h, transition: Request approval, as: release-bot}
      - {after: 1h, set: {Risk Level: High}, as: operator}
      - {after: 2h, transition: Approve, as: cab-lead}
      - {after: 1h, set: {Risk Level: Medium}, as: operator}
      - {after: 1h, transition: Start deployment, as: release-bot}
  - project: REL
    type: Change
    made: 9d
    set: {Summary: Two, Risk Level: Low}
    history:
      - {after: 1h, transition: Request approval, as: release-bot}
      - {after: 3d, transition: Reject, as: reviewer, comment: no}
  - project: REL
    type: Task
    made: 1d
    set: {Summary: Three}
"""


class Bench:
    """A sandbox with a past, and what replays a gate there."""

    def __init__(self, flavour: str, world: Path) -> None:
        self.clock = FakeClock()
        text = DEFAULT_WORLD.read_text(encoding="utf-8")
        world.write_text(text + ISSUES, encoding="utf-8")
        options = SandboxOptions(flavour=flavour, clock=self.clock, world=world)
        self.sandbox = JiraSandbox(options)
        self.sandbox.start()
        made = self.sandbox.stand_in(None).bind(Binding("account.jira", clock=self.clock))
        assert isinstance(made, JiraConnector)
        self.connector = made

    def resolve(self, reference: str, kind: Any) -> Any:
        return self.connector

    def pasts(self, gate: JiraApproval, jql: str = "project = REL ORDER BY key") -> list[Past]:
        self.history = gate.history(self, jql)
        return list(self.history)

    def replays(self, gate: JiraApproval) -> dict[str, Replay]:
        return {past.key: replayed(gate, past) for past in self.pasts(gate)}

    def outcomes(self, gate: JiraApproval) -> list[tuple[str, float | None]]:
        """Return the outcome of each issue, and after how many hours it was reached."""
        found = self.replays(gate).values()
        return [(one.outcome, None if one.seconds is None else one.seconds / 3600) for one in found]


@pytest.fixture(params=["cloud", "data-center"])
def bench(request: Any, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(request.param, tmp_path / "world.yaml")
    url = made.sandbox.url
    yield made
    made.sandbox.stop()
    SITES.forget(url)


def conditions(*triples: tuple[str, str, Any], any_: bool = False) -> dict[str, Any]:
    listed = [
        {"key": key, "operator": operator} | ({} if value is None else {"value": value})
        for key, operator, value in triples
    ]
    return {"type": "KeyValues", "spec": {"conditions": listed, "matchAnyCondition": any_}}


APPROVED = ("Status", "equals", "Approved")
REJECTED = conditions(("Status", "equals", "Rejected"))


@pytest.fixture
def tried(gate: Any) -> Callable[..., JiraApproval]:
    """Return what makes a gate whose issue only a run would tell."""

    def made(*triples: Any, rejection: Any = None, **more: Any) -> JiraApproval:
        key = "<+execution.steps.open.issue.key>"
        found: JiraApproval = gate(conditions(*triples), rejection, issueKey=key, **more)
        return found

    return made


def test_an_approval_offers_its_past(tried: Any) -> None:
    assert isinstance(tried(APPROVED), Replayable)
    assert set(JiraApproval.present_only()) == {"issueKey", "projectKey", "issueType"}


@pytest.mark.parametrize(
    ("triples", "hours"),
    [
        ([APPROVED], 4.0),
        ([APPROVED, ("Risk Level", "not equals", "High")], 5.0),
        ([("Risk Level", "equals", "High")], 2.0),
        ([("Risk Level", "equals", "Low")], 0.0),
        ([("Status", "equals", "Deploying")], 6.0),
        ([("Status", "equals", "Done")], None),
        ([("Labels", "contains", "a"), APPROVED], 4.0),
    ],
)
def test_each_state_of_an_issue_is_judged(
    bench: Bench, tried: Any, triples: Any, hours: Any
) -> None:
    outcome = ("hung", None) if hours is None else ("approved", hours)
    assert bench.outcomes(tried(*triples))[0] == outcome


def test_a_rejection_is_found_where_it_was(bench: Bench, tried: Any) -> None:
    found = bench.outcomes(tried(APPROVED, rejection=REJECTED))
    assert found == [("approved", 4.0), ("rejected", 73.0), ("hung", None)]


def test_who_approved_is_told_as_of_then(bench: Bench, tried: Any) -> None:
    replay = bench.replays(tried(APPROVED))["REL-1"]
    assert replay.verdict.reason == 'Status is "Approved" (by CAB Lead)'
    assert replay.past.link == f"{bench.sandbox.url}/browse/REL-1"


def test_an_approval_must_have_held_then_too(bench: Bench, tried: Any) -> None:
    assert bench.outcomes(tried(APPROVED, holdFor="90m"))[0] == ("approved", 5.5)
    assert bench.outcomes(tried(APPROVED, holdFor="3h"))[0] == ("hung", None)


def test_approvers_are_judged_by_who_changed_the_issue_then(bench: Bench, tried: Any) -> None:
    group = {"groups": ["release-managers"], "notInitiator": True}
    assert bench.outcomes(tried(APPROVED, approvers=group))[0] == ("approved", 4.0)
    other = {"users": ["operator@example.com", "operator"]}
    assert bench.outcomes(tried(APPROVED, approvers=other))[0] == ("hung", None)
    (past, *_) = bench.pasts(tried(APPROVED, approvers=group))
    assert "who would have started the run: nobody is taken for that" in past.doubts


def test_what_never_changed_is_said(bench: Bench, tried: Any) -> None:
    first, second, third = bench.pasts(tried(APPROVED, ("Risk Level", "is not empty", None)))
    never = "Risk Level has never changed: it is taken to have always been what it is now"
    assert (first.doubts, second.doubts, third.doubts) == ((), (never,), (never,))


def test_what_no_change_tells_is_unknown_until_now(bench: Bench, gate: Any) -> None:
    text = '<+issue.Status> == "Approved" && <+issue.Updated> is defined'
    found = bench.pasts(gate({"type": "Jexl", "spec": {"expression": text}}))
    assert "what Updated was: no change of an issue tells it" in found[0].doubts
    first, *_, last = found[0].snapshots
    assert first.content["absent"] == {
        "Updated": "what Updated was: no change of an issue tells it"
    }
    assert "Updated" in last.content["fields"]


def test_a_field_that_exists_nowhere_fails_as_it_would_in_a_run(bench: Bench, tried: Any) -> None:
    replay = bench.replays(tried(("Risk Levle", "equals", "Low")))["REL-1"]
    assert (replay.outcome, len(replay.looks)) == ("failed", 1)
    assert "did you mean Risk Level?" in replay.verdict.reason


def test_names_that_no_issue_ever_had_are_suspicious(bench: Bench, tried: Any) -> None:
    made = tried(
        ("Status", "in", "Approved,Deploying,Dona,Done"),
        ("Risk Level", "not in", "Hihg"),
        ("Story Points", "not equals", "7"),
        rejection=conditions(("Status", "in", ["Rejected", "Declined"])),
    )
    bench.pasts(made)
    assert bench.history.suspicions() == [
        "Jira has no status called 'Dona'; did you mean 'Done'?",
        "no ticket ever had the Status 'Done'",
        "Jira has no status called 'Declined'; known: To Do, Pending Approval, Approved, "
        "Deploying, Rejected, Cancelled, In Progress, Done",
        "no ticket ever had the Risk Level 'Hihg'; did you mean 'High'?",
    ]


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ({"projectKey": "OPS"}, "failed"),
        ({"issueType": "Bug"}, "failed"),
        ({"projectKey": "REL", "issueType": "Change"}, "approved"),
        ({"projectKey": "<+execution.steps.open.issue.Project Key>"}, "approved"),
        ({"issueType": "<+execution.steps.open.issue.Issue Type>"}, "approved"),
    ],
)
def test_guards_count_unless_only_a_run_would_tell_them(
    bench: Bench, tried: Any, more: Any, outcome: str
) -> None:
    assert bench.outcomes(tried(APPROVED, **more))[0][0] == outcome


def test_a_state_is_looked_at_when_it_began_and_now(bench: Bench, tried: Any) -> None:
    past = bench.pasts(tried(APPROVED))[2]
    made, now = (snapshot.at for snapshot in past.snapshots)
    assert (now - made, now) == (timedelta(days=1), bench.clock.now())
