"""``JiraApproval``: in which order it judges, what it leaves, and what it asks to watch."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from penstock.errors import StepFailed
from penstock.step import Headline, StepContext
from penstock.verdict import VerdictStatus
from penstock.watch import Watch
from penstock_jira.approval import JiraApproval

WAITING, APPROVED = VerdictStatus.WAITING, VerdictStatus.APPROVED
REJECTED, FAILED = VerdictStatus.REJECTED, VerdictStatus.FAILED


def condition(key: str, operator: str, value: Any = None) -> dict[str, Any]:
    found = {"key": key, "operator": operator}
    return found if value is None else {**found, "value": value}


def key_values(*conditions: Any, any_: Any = False) -> dict[str, Any]:
    spec = {"matchAnyCondition": any_, "conditions": list(conditions)}
    return {"type": "KeyValues", "spec": spec}


def jexl(text: str) -> dict[str, Any]:
    return {"type": "Jexl", "spec": {"expression": text}}


YES = condition("Status", "equals", "Approved")
NO = condition("Risk Level", "equals", "High")
DUNNO = condition("Gone", "equals", "x")
DONE = key_values(condition("Status", "equals", "Approved"))
REJECT = key_values(condition("Status", "in", "Rejected,Declined"))
SINCE = {
    "Status": {"at": "2026-03-01T09:00:00+00:00", "by": "Ann Ray"},
    "Risk Level": {"at": "2026-03-01T08:00:00+00:00", "by": "Bob"},
}
LOW = condition("Risk Level", "equals", "Low")
POINTS = condition("Story Points", "equals", "3")


@pytest.mark.parametrize(
    ("approval", "rejection", "status", "reason"),
    [
        (DONE, None, APPROVED, 'Status is "Approved"'),
        (DONE, REJECT, APPROVED, 'Status is "Approved"'),
        (key_values(NO), DONE, REJECTED, 'Status is "Approved"'),
        (DONE, DONE, REJECTED, "the approval criteria hold as well, and rejection goes first"),
        (DONE, key_values(DUNNO), APPROVED, "Approved"),
        (DONE, key_values(), APPROVED, "Approved"),
        (DONE, jexl(" "), APPROVED, "Approved"),
        (key_values(NO), REJECT, WAITING, "Risk Level"),
        (key_values(condition("Resolution", "is empty")), None, APPROVED, "Resolution is empty"),
        (jexl('<+issue.Status> == "Approved"'), None, APPROVED, "holds"),
        (jexl('!(<+issue.Status> == "Open")'), None, APPROVED, "holds"),
    ],
)
def test_rejection_is_judged_before_approval(
    judged: Any, approval: Any, rejection: Any, status: VerdictStatus, reason: str
) -> None:
    verdict = judged(approval, rejection)
    assert verdict.status is status
    assert reason in verdict.reason


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        (
            {"projectKey": "OPS"},
            "Invalid project key. Execution sent: OPS. Parsed from issue: REL",
        ),
        (
            {"issueType": "change"},
            "Invalid issue type. Execution sent: change. Parsed from issue: Change",
        ),
    ],
)
def test_another_project_or_issue_type_fails(
    gate: Any, snapshot: Any, more: Any, fault: str
) -> None:
    verdict = gate(**more).judge(snapshot())
    assert (verdict.status, verdict.reason) == (FAILED, fault)


def test_the_right_project_and_issue_type_go_through(gate: Any, snapshot: Any) -> None:
    verdict = gate(projectKey="REL", issueType="Change").judge(snapshot())
    assert verdict.status is APPROVED


@pytest.mark.parametrize(
    ("seen", "fault"),
    [
        (
            {"unknown": {"Risk Levl": ["Risk Level", "Risk Owner"], "Xyzzy": []}},
            "Jira has no field called 'Risk Levl'; did you mean Risk Level or Risk Owner?; "
            "Jira has no field called 'Xyzzy'; see the fields in Jira",
        ),
        (
            {"ambiguous": {"Environment": "environment (string), customfield_2 (string)"}},
            "several fields are called 'Environment': environment (string), customfield_2 "
            "(string); write the id",
        ),
    ],
)
def test_a_name_that_means_no_field_or_several_fails_at_once(
    judged: Any, seen: Any, fault: str
) -> None:
    verdict = judged(DONE, **seen)
    assert (verdict.status, verdict.reason) == (FAILED, fault)


def test_a_moved_issue_is_followed_and_told(judged: Any) -> None:
    verdict = judged(key_values(NO), moved_from="REL-8", key="OPS-4")
    assert verdict.reason.endswith("; REL-8 is OPS-4 now")


@pytest.mark.parametrize(
    ("approval", "by", "at"),
    [
        (DONE, "Ann Ray", "2026-03-01T09:00:00+00:00"),
        (key_values(YES, LOW), "Ann Ray", "2026-03-01T09:00:00+00:00"),
        (key_values(YES, LOW, any_=True), "Bob", "2026-03-01T08:00:00+00:00"),
        (key_values(NO, YES, any_=True), "Ann Ray", "2026-03-01T09:00:00+00:00"),
        (key_values(YES, POINTS), "Ann Ray", "2026-03-01T09:00:00+00:00"),
        (key_values(POINTS, POINTS), None, None),
        (key_values(POINTS), None, None),
        (jexl('<+issue.Status> == "Approved"'), "Ann Ray", "2026-03-01T09:00:00+00:00"),
        (jexl('!(<+issue.Status> == "Open")'), "Ann Ray", "2026-03-01T09:00:00+00:00"),
    ],
)
def test_who_approved_and_when_comes_from_the_field_that_decided(
    judged: Any, approval: Any, by: Any, at: Any
) -> None:
    verdict = judged(approval, since=SINCE)
    outputs = verdict.outputs
    assert (outputs["approved_by"], outputs["approved_at"]) == (by, at)
    assert outputs["output"]["approved_by"] == by
    assert verdict.decided == (datetime.fromisoformat(at) if at else None)


def test_the_outputs_hold_the_issue_and_the_verdict(gate: Any, judged: Any) -> None:
    outputs = judged(key_values(YES, condition("Resolution", "is empty")), since=SINCE).outputs
    assert set(outputs) < set(JiraApproval.output_names)
    assert outputs["issue"]["key"] == "REL-8"
    assert outputs["issue"]["Status"] == "Approved"
    assert outputs["issue"]["Risk Level"] == "Low"
    assert outputs["issue"]["Resolution"] is None
    assert outputs["output"]["verdict"]["combine"] == "all"
    assert outputs["output"]["verdict"]["parts"][0] == {
        "label": "Status equals",
        "truth": True,
        "expected": "Approved",
        "actual": "Approved",
        "since": "2026-03-01T09:00:00+00:00",
        "by": "Ann Ray",
    }
    assert gate().headline(outputs) == Headline("REL-8", "https://jira.example.com/browse/REL-8")


def test_a_rejection_tells_who_and_when_too(judged: Any) -> None:
    outputs = judged(key_values(NO), DONE, since=SINCE).outputs
    assert set(outputs) < set(JiraApproval.output_names)
    assert (outputs["rejected_by"], outputs["output"]["verdict"]["truth"]) == ("Ann Ray", True)


def test_the_watch_names_every_field_of_both_criteria_once(gate: Any, context: StepContext) -> None:
    made = gate(
        jexl('<+issue.Status> == "A" && <+issue.\'Risk Level\'> == "Low"'),
        key_values(condition("Status", "equals", "B"), condition("Labels", "contains", "no")),
        retryInterval="2m",
    )
    assert made.run(context) == Watch(
        "account.jira",
        "REL-8",
        ("Risk Level", "Status", "Labels"),
        120.0,
        "https://jira.example.com/browse/REL-8",
    )


def test_a_key_that_is_an_expression_can_be_planned_and_is_never_watched(
    gate: Any, context: StepContext
) -> None:
    planned = gate(issueKey="<+execution.steps.open.issue.key>")
    assert "<+execution.steps.open.issue.key>" in planned.preview()[0]
    with pytest.raises(StepFailed, match="has no value"):
        planned.watch(context)


def test_without_an_interval_a_gate_looks_every_minute(gate: Any, context: StepContext) -> None:
    assert gate().watch(context).interval == 60.0
    assert gate(retryInterval="10s").watch(context).interval == 10.0


def test_the_plan_shows_what_is_looked_at(gate: Any) -> None:
    assert gate().preview() == (
        "GET /rest/api/2/issue/REL-8  every 60 s",
        "  approves by Status",
        "  rejects by nothing",
    )
    assert gate(rejection=REJECT).preview()[2] == "  rejects by Status"


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        ("5s", "retry interval field for Jira approval cannot be less than 10s"),
        ("soon", "valid durations contain units"),
    ],
)
def test_an_interval_that_is_too_short_or_none_is_refused(
    gate: Any, interval: str, words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        gate(retryInterval=interval)


@pytest.mark.parametrize(("interval", "noted"), [("2h", True), ("1h", False), ("10s", False)])
def test_an_interval_longer_than_the_time_left_is_noted(
    *, gate: Any, context: Any, clock: Any, notes: list[str], interval: str, noted: bool
) -> None:
    gate(retryInterval=interval).watch(replace(context, deadline=clock.now() + timedelta(hours=1)))
    assert (
        notes
        == [
            "retryInterval (2h) is longer than the time left (1h): the issue is looked at now, and "
            "when the time is over; shorten it, or raise timeout"
        ]
        * noted
    )
