"""What was so between two looks and is so no more: the changelog tells, and a rule decides."""

from typing import Any

import pytest

from penstock.verdict import VerdictStatus

WAITING, APPROVED = VerdictStatus.WAITING, VerdictStatus.APPROVED
REJECTED = VerdictStatus.REJECTED


def status(*names: str) -> dict[str, Any]:
    condition = {"key": "Status", "operator": "in", "value": [*names]}
    return {"type": "KeyValues", "spec": {"conditions": [condition]}}


def state(name: str, begun: str, ended: str, by: str | None = "Bob", **more: Any) -> dict[str, Any]:
    """Return a state from *begun* to *ended* (times of the day), as a look tells of it."""
    return {
        "at": f"2026-03-02T{begun}+00:00",
        "until": f"2026-03-02T{ended}+00:00",
        "ended_by": by,
        "fields": {
            "Status": {"id": "status", "type": "status", "items": "", "value": {"name": name}},
            **more,
        },
        "absent": {},
        "since": {"Status": {"at": f"2026-03-02T{begun}+00:00", "by": "Ann"}},
    }


@pytest.fixture
def judged_after(gate: Any, snapshot: Any) -> Any:
    """Return what judges an issue in ``To Do`` after the states that it has been in."""

    def verdict(*past: Any, now: str = "To Do", **more: Any) -> Any:
        fields = {"Status": {"type": "status", "value": {"name": now}}}
        seen = snapshot(fields, past=[*past], known={"issue_id": "10001"})
        return gate(status("Approved"), status("Rejected"), **more).judge(seen)

    return verdict


def test_an_approval_that_is_taken_back_before_the_look_is_none_and_is_told(
    judged_after: Any,
) -> None:
    verdict = judged_after(state("Approved", "08:00:00", "08:59:00"))
    assert verdict.status is WAITING
    assert verdict.reason == (
        'Status is "To Do", needs one of "Approved"; it was approved: Status is "Approved" (by Ann)'
        " from 2026-03-02T08:00:00+00:00 to 2026-03-02T08:59:00+00:00, when Bob changed it; an "
        "approval that is taken back is none"
    )


def test_of_several_approvals_that_were_taken_back_the_last_is_told(judged_after: Any) -> None:
    verdict = judged_after(
        state("Approved", "08:00:00", "08:10:00"),
        state("To Do", "08:10:00", "08:20:00"),
        state("Approved", "08:20:00", "08:30:00", by=None),
    )
    assert "from 2026-03-02T08:20:00+00:00 to 2026-03-02T08:30:00+00:00, when somebody" in (
        verdict.reason
    )
    assert "08:10:00" not in verdict.reason


def test_an_approval_that_stands_again_is_one(judged_after: Any) -> None:
    past = (state("Approved", "08:00:00", "08:10:00"), state("To Do", "08:10:00", "08:20:00"))
    verdict = judged_after(*past, now="Approved")
    assert verdict.status is APPROVED
    assert "taken back" not in verdict.reason


@pytest.mark.parametrize(
    ("ended", "interval", "outcome"),
    [
        ("08:00:59", "1m", WAITING),
        ("08:01:00", "1m", REJECTED),
        ("08:01:00", "2m", WAITING),
        ("08:00:10", "10s", REJECTED),
    ],
)
def test_a_rejection_counts_though_it_was_taken_back_if_it_stood_for_an_interval(
    judged_after: Any, ended: str, interval: str, outcome: VerdictStatus
) -> None:
    verdict = judged_after(state("Rejected", "08:00:00", ended), retryInterval=interval)
    assert verdict.status is outcome


def test_a_rejection_that_was_taken_back_tells_who_made_it_and_who_took_it_back(
    judged_after: Any,
) -> None:
    verdict = judged_after(state("Rejected", "08:00:00", "08:30:00"), now="Approved")
    assert verdict.status is REJECTED
    assert verdict.reason == (
        'Status is "Rejected" (by Ann) from 2026-03-02T08:00:00+00:00 to '
        "2026-03-02T08:30:00+00:00, when Bob changed it; a rejection that stood for 1m counts"
    )
    assert verdict.outputs["rejected_by"] == "Ann"
    assert verdict.outputs["rejected_at"] == "2026-03-02T08:00:00+00:00"
    assert verdict.decided.isoformat() == "2026-03-02T08:00:00+00:00"


def test_states_that_differ_in_something_else_make_one_rejection(judged_after: Any) -> None:
    points = {"Points": {"id": "p", "type": "number", "items": "", "value": 3}}
    verdict = judged_after(
        state("Rejected", "08:00:00", "08:00:40"),
        state("Rejected", "08:00:40", "08:01:20", by="Cem", **points),
    )
    assert verdict.status is REJECTED
    assert "from 2026-03-02T08:00:00+00:00 to 2026-03-02T08:01:20+00:00, when Cem" in verdict.reason


def test_a_present_rejection_is_told_as_it_is(judged_after: Any) -> None:
    verdict = judged_after(state("Rejected", "08:00:00", "08:30:00"), now="Rejected")
    assert verdict.reason == 'Status is "Rejected"'
