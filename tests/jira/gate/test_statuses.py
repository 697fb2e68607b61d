"""Statuses and fields that are renamed, taken away or mistyped while a gate waits."""

from typing import Any

import pytest

from penstock.verdict import VerdictStatus

WAITING, APPROVED = VerdictStatus.WAITING, VerdictStatus.APPROVED
FAILED = VerdictStatus.FAILED
SITE = {"1": "To Do", "3": "Approved", "4": "Done", "5": "Approved"}
JEXL = {"type": "Jexl", "spec": {"expression": '<+issue.Status> == "Approved"'}}


def key_values(operator: str, value: Any) -> dict[str, Any]:
    conditions = [{"key": "Status", "operator": operator, "value": value}]
    return {"type": "KeyValues", "spec": {"conditions": conditions}}


NAMED = key_values("in", "Approved,Done")


@pytest.fixture
def looked(gate: Any, snapshot: Any) -> Any:
    """Return what judges a status (id, name) at a site of these, after an earlier look."""

    def verdict(criteria: Any, status: tuple[str, str], site: Any = SITE, known: Any = None) -> Any:
        value = {"id": status[0], "name": status[1]}
        fields = {"Status": {"type": "status", "value": value}}
        seen = snapshot(fields, statuses=site, known=known or {})
        return gate(criteria).judge(seen)

    return verdict


@pytest.mark.parametrize("criteria", [NAMED, JEXL])
def test_a_look_remembers_the_statuses_that_are_named(looked: Any, criteria: Any) -> None:
    kept = looked(criteria, ("1", "To Do")).outputs["statuses"]
    assert {"3": "Approved", "5": "Approved"}.items() <= kept.items()
    assert "1" not in kept


@pytest.mark.parametrize("criteria", [NAMED, JEXL])
def test_a_status_that_is_renamed_counts_by_its_id_and_is_told(looked: Any, criteria: Any) -> None:
    known = looked(criteria, ("1", "To Do")).outputs
    renamed = {**SITE, "3": "Authorised", "5": "Authorised"}
    waiting = looked(criteria, ("1", "To Do"), renamed, known)
    assert waiting.status is WAITING
    assert waiting.reason.endswith(
        "; the status 'Approved' is called 'Authorised' in Jira now, and still counts"
    )
    assert waiting.outputs["statuses"] == known["statuses"]
    assert looked(criteria, ("3", "Authorised"), renamed, waiting.outputs).status is APPROVED


def test_another_status_that_takes_the_name_counts_too(looked: Any) -> None:
    known = looked(NAMED, ("1", "To Do")).outputs
    site = {**SITE, "3": "Old", "9": "Approved"}
    assert looked(NAMED, ("9", "Approved"), site, known).status is APPROVED
    assert "called" not in looked(NAMED, ("1", "To Do"), site, known).reason


def test_a_status_that_is_gone_is_told_and_waited_for(looked: Any) -> None:
    known = looked(NAMED, ("1", "To Do")).outputs
    verdict = looked(NAMED, ("1", "To Do"), {"1": "To Do", "4": "Done"}, known)
    assert verdict.status is WAITING
    assert verdict.reason.endswith("; Jira has no status 'Approved' any more")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("Aproved", "Jira has no status called 'Aproved'; did you mean 'Approved'?"),
        ("approved", "Jira has no status called 'approved'; did you mean 'Approved'?"),
        ("4", None),
    ],
)
def test_a_mistyped_status_is_told_at_the_first_look(looked: Any, value: str, words: Any) -> None:
    reason = looked(key_values("equals", value), ("1", "To Do")).reason
    assert reason.endswith(f"; {words}") if words else "no status" not in reason


@pytest.mark.parametrize("operator", ["contains", "matches"])
def test_what_is_no_whole_name_is_no_mistyped_one(looked: Any, operator: str) -> None:
    assert "no status" not in looked(key_values(operator, "Appr"), ("1", "To Do")).reason


def test_where_statuses_may_not_be_read_nothing_is_told_of_them(looked: Any) -> None:
    verdict = looked(key_values("equals", "Aproved"), ("1", "To Do"), {})
    assert "no status" not in verdict.reason
    assert "statuses" not in verdict.outputs


def test_a_status_that_was_renamed_is_found_in_the_past_too(gate: Any, snapshot: Any) -> None:
    past = {
        "at": "2026-03-02T08:00:00+00:00",
        "until": "2026-03-02T08:30:00+00:00",
        "fields": {"Status": {"type": "status", "value": {"id": "3", "name": "Authorised"}}},
        "absent": {},
        "since": {},
    }
    known = {"issue_id": "1", "statuses": {"3": "Approved"}}
    fields = {"Status": {"type": "status", "value": {"id": "1", "name": "To Do"}}}
    seen = snapshot(fields, known=known, past=[past], statuses={**SITE, "3": "Authorised"})
    assert "it was approved" in gate(NAMED).judge(seen).reason


def test_only_a_gate_that_looks_at_the_status_asks_for_statuses(gate: Any) -> None:
    assert gate().asks() == {"statuses": True}
    assert gate(JEXL).asks() == {"statuses": True}
    points = {"key": "Story Points", "operator": "equals", "value": "3"}
    other = {"type": "KeyValues", "spec": {"conditions": [points]}}
    assert gate(other).asks() == {}
    assert gate(other, NAMED).asks() == {"statuses": True}


# Fields


def test_a_field_that_is_gone_fails_at_the_first_look_and_is_waited_for_after_it(
    gate: Any, snapshot: Any
) -> None:
    unknown = {"Risk": ["Risk Level"]}
    status = {"Status": {"type": "status", "value": {"id": "1", "name": "To Do"}}}
    assert gate().judge(snapshot(status, unknown=unknown)).status is FAILED
    verdict = gate().judge(snapshot(status, unknown=unknown, known={"issue_id": "10001"}))
    assert verdict.status is WAITING
    assert "Jira has no field called 'Risk'; did you mean Risk Level?" in verdict.reason


def test_a_look_remembers_which_custom_fields_the_names_meant(gate: Any, snapshot: Any) -> None:
    risk = {"id": "customfield_1", "type": "option", "value": {"value": "Low"}}
    status = {"Status": {"type": "status", "value": {"id": "1", "name": "To Do"}}}
    left = gate().judge(snapshot({**status, "Risk Level": risk})).outputs
    assert left["field_ids"] == {"Risk Level": "customfield_1"}
    known = {"issue_id": "10001", "field_ids": {"Points": "customfield_2"}}
    left = gate().judge(snapshot({**status, "Risk Level": risk}, known=known)).outputs
    assert left["field_ids"] == {"Points": "customfield_2", "Risk Level": "customfield_1"}
