"""Traps of other systems in waiting for an issue: each test is named after one, and is not caught.

Left out: *XebiaLabs' CheckQuery* (no gate takes a query) and *a time-out of the ServiceNow action
that is set to continue* (there is no such key; what follows an expiry is the pipeline's own).
"""

import json
from typing import Any

import pytest

from penstock.errors import Refused
from penstock.events import GateLooked, GateOpened, GateUnavailable, Status
from penstock.verdict import VerdictStatus


def gate(key: str, *conditions: Any, **more: Any) -> tuple[str, dict[str, Any]]:
    listed = [dict(zip(("key", "operator", "value"), each, strict=False)) for each in conditions]
    return "JiraApproval", {
        "connectorRef": "account.jira",
        "issueKey": key,
        "approvalCriteria": {"type": "KeyValues", "spec": {"conditions": listed}},
        **more,
    }


def rejected_by(*conditions: Any) -> dict[str, Any]:
    return {"rejectionCriteria": gate("REL-1", *conditions)[1]["approvalCriteria"]}


APPROVED = ("Status", "equals", "Pending Approval")


def when(desk: Any, kind: type, act: Any) -> None:
    """Do *act* at the first event of a kind."""
    left = [act]

    def on_event(event: Any) -> None:
        if isinstance(event, kind) and left:
            left.pop()()

    desk.on_event = on_event


@pytest.mark.parametrize("field", ["Risk Level", "Fix versions", "Resolution", "Due date"])
@pytest.mark.parametrize("operator", ["not equals", "not in"])
def test_harness_approves_by_not_equals_of_a_field_that_has_no_value(
    desk: Any, operator: str, field: str
) -> None:
    if field == "Fix versions" and desk.flavour != "cloud":
        field = "Fix Version/s"
    done = desk.run(gate(desk.issue(), (field, operator, "High")), timeout="10m")
    assert done.status is Status.EXPIRED
    looks = [event for event in done.events if isinstance(event, GateLooked)]
    assert {look.verdict.status for look in looks} == {VerdictStatus.WAITING}
    assert looks[0].verdict.approval is not None
    assert looks[0].verdict.approval.truth is None


def test_harness_approves_by_not_equals_of_a_name_that_is_mistyped(desk: Any) -> None:
    done = desk.run(gate(desk.issue(), ("Risk Levle", "not equals", "High")))
    assert done.status is Status.FAILED
    assert "did you mean Risk Level" in done.steps["s0"].message


def test_harness_matches_a_missing_field_by_a_blank_value(desk: Any) -> None:
    with pytest.raises(Refused, match="value can't be empty; to ask for an empty field, use"):
        desk.run(gate(desk.issue(), ("Risk Level", "equals", " ")))


def test_harness_approves_an_issue_that_is_rejected_too_and_does_not_say_why(desk: Any) -> None:
    key = desk.issue(customfield_10010={"value": "High"})
    desk.move(key, "Request approval")
    done = desk.run(gate(key, APPROVED, **rejected_by(("Risk Level", "equals", "High"))))
    assert done.status is Status.APPROVAL_REJECTED
    assert done.steps["s0"].message == (
        'Risk Level is "High"; the approval criteria hold as well, and rejection goes first'
    )


def test_harness_says_only_that_the_criteria_have_not_been_met(desk: Any) -> None:
    key = desk.issue(customfield_10010={"value": "High"})
    done = desk.run(gate(key, APPROVED, ("Risk Level", "equals", "Low")), timeout="10m")
    first = next(event for event in done.events if isinstance(event, GateLooked))
    assert first.verdict.reason == (
        'Status is "To Do", needs "Pending Approval"; Risk Level is "High", needs "Low"'
    )


def test_harness_approves_by_an_answer_that_it_has_already_called_expired(desk: Any) -> None:
    """An approval that came after the deadline is none, though the last look sees it."""
    key = desk.issue()

    def late() -> None:
        desk.clock.advance(3600)
        desk.move(key, "Request approval")

    when(desk, GateLooked, late)
    # The sandbox has a clock of its own: by Jira's, the change is newer than the gate's end.
    done = desk.run(gate(key, APPROVED), timeout="10m")
    assert done.status is Status.EXPIRED
    assert done.failures == {"s0": "Timeout"}


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "refuse_connection"},
        {"kind": "lose_reply"},
        {"kind": "truncate"},
        {"kind": "login_page"},
        {"kind": "status", "status": 404, "body": '{"errorMessages": ["Issue Does Not Exist"]}'},
        {"kind": "status", "status": 403, "body": "<html>no</html>"},
        {"kind": "status", "status": 418},
        {"kind": "status", "status": 429},
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 503, "headers": {"Retry-After": "30"}},
    ],
    ids=lambda fault: f"{fault['kind']} {fault.get('status', '')}",
)
def test_xebialabs_and_the_servicenow_action_end_a_wait_at_the_first_error(
    desk: Any, fault: Any
) -> None:
    key = desk.issue()
    desk.move(key, "Request approval")
    desk.fault("GET", f"/issue/{key}", times=2, **fault)
    done = desk.run(gate(key, APPROVED))
    assert done.status is Status.SUCCEEDED
    seen = [event for event in done.events if isinstance(event, GateUnavailable)]
    assert seen
    assert all(event.reason for event in seen)


def test_xebialabs_and_the_servicenow_action_let_a_time_out_pass(desk: Any) -> None:
    done = desk.run(gate(desk.issue(), APPROVED), timeout="10m")
    assert done.status is Status.EXPIRED
    assert done.failures == {"s0": "Timeout"}


def test_a_servicenow_gate_opens_a_ticket_at_every_evaluation(desk: Any) -> None:
    key = desk.issue()
    before = len(desk.ledger())
    done = desk.run(gate(key, APPROVED), timeout="30m")
    looked = [method for method, path, _ in desk.requests() if path.endswith(f"/issue/{key}")]
    assert len(looked) > 10
    assert done.status is Status.EXPIRED
    assert desk.writes(before) == []


@pytest.mark.parametrize(
    ("name", "field", "value", "condition"),
    [
        ("Risk Level", "customfield_10010", {"value": "High"}, ("equals", "High")),
        ("Risk Level", "customfield_10010", {"value": "High"}, ("in", "High,Medium")),
        ("Affected Regions", "customfield_10011", [{"value": "EU"}], ("contains", "EU")),
        ("Affected Regions", "customfield_10011", [{"value": "EU"}], ("equals", "EU")),
        ("Components", "components", [{"name": "Ledger"}], ("in", "Gateway,Ledger")),
        ("Labels", "labels", ["cab"], ("contains", "cab")),
        (
            "Location",
            "customfield_10017",
            {"value": "EU", "child": {"value": "Dublin"}},
            ("equals", "EU > Dublin"),
        ),
        ("Story Points", "customfield_10014", 8, ("greater than", "5")),
    ],
)
def test_airflow_cannot_match_an_option_or_a_list_and_waits_until_its_time_out(
    desk: Any, name: str, field: str, value: Any, condition: tuple[str, str]
) -> None:
    if name == "Components" and desk.flavour != "cloud":
        name = "Component/s"
    done = desk.run(gate(desk.issue(**{field: value}), (name, *condition)))
    assert done.status is Status.SUCCEEDED


def test_airflow_cannot_wait_for_what_a_step_before_has_created(desk: Any) -> None:
    fields = [{"name": "Summary", "value": "Release"}]
    of = {"connectorRef": "account.jira", "projectKey": "REL", "issueType": "Change"}
    when(desk, GateOpened, lambda: desk.move("REL-1", "Request approval"))
    key = "<+execution.steps.s0.issue.key>"
    done = desk.run(("JiraCreate", {**of, "fields": fields}), gate(key, APPROVED))
    assert done.status is Status.SUCCEEDED


def test_teleport_believes_an_answer_that_is_older_than_the_webhook(desk: Any) -> None:
    """A look that is woken and still sees the old state is not the last one."""
    key = desk.issue()
    question = "fields=*all&expand=changelog"
    old = json.dumps(desk.ask("GET", f"rest/api/2/issue/{key}?{question}"))

    def change() -> None:
        desk.move(key, "Request approval")
        desk.fault("GET", f"/issue/{key}$", kind="status", status=200, body=old)

    when(desk, GateLooked, change)
    done = desk.run(gate(key, APPROVED))
    assert done.status is Status.SUCCEEDED
    looked = [event for event in done.events if isinstance(event, GateLooked)]
    assert looked[-1].verdict.status is VerdictStatus.APPROVED
