"""``KeyValues`` and ``Jexl``: how conditions combine, what they say, and what is refused."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from penstock.expressions import Deferred
from penstock.verdict import VerdictStatus
from penstock_jira.criteria import JexlCriteria

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WAITING, APPROVED = VerdictStatus.WAITING, VerdictStatus.APPROVED
ANN = {"accountId": "5b1", "emailAddress": "ann@example.com"}


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


@pytest.mark.parametrize(
    ("conditions", "any_", "truth"),
    [
        ([YES, YES], False, True),
        ([YES, NO], False, False),
        ([YES, DUNNO], False, None),
        ([NO, DUNNO], False, False),
        ([YES, NO], True, True),
        ([YES, DUNNO], True, True),
        ([NO, DUNNO], True, None),
        ([NO, NO], "true", False),
        ([YES, NO], "false", False),
        ([YES, NO], None, False),
    ],
)
def test_conditions_combine_in_three_values(
    judged: Any, conditions: Any, any_: Any, truth: Any
) -> None:
    assert judged(key_values(*conditions, any_=any_)).approval.truth is truth


def test_every_leaf_of_a_failing_all_is_listed(judged: Any) -> None:
    tree = judged(key_values(NO, NO, DUNNO)).approval
    assert [part.truth for part in tree.parts] == [False, False, None]


@pytest.mark.parametrize(
    ("approval", "reason"),
    [
        (key_values(NO), 'Risk Level is "Low", needs "High"'),
        (DUNNO, 'Gone is not on this issue, needs "x"'),
        (condition("Resolution", "equals", "Done"), 'Resolution is empty, needs "Done"'),
        (
            condition("Status", "equals", "approved"),
            'Status is "Approved", needs "approved" (it differs in upper and lower case, or in '
            "space around it, only)",
        ),
        (condition("Status", "not in", "Approved"), 'Status is "Approved", needs none of "Appr'),
        (condition("Status", "is empty"), 'Status is "Approved", needs to be empty'),
        (condition("Resolution", "is not empty"), "Resolution is empty, needs a value"),
        (
            condition("Story Points", "greater than", "5"),
            'Story Points is "3", needs more than "5"',
        ),
        (
            key_values(YES, NO, NO),
            'Risk Level is "Low", needs "High"; Risk Level is "Low", needs "High"',
        ),
        (key_values(NO, DUNNO, any_=True), 'needs "High" or Gone is not on this issue'),
        (key_values(NO, NO, NO, NO, NO), "; and 2 more"),
        (jexl('<+issue.Status> == "Done"'), 'Status = Approved, needs <+issue.Status> == "Done"'),
        (
            jexl('<+issue.Gone> == "Done"'),
            'Gone = (no such field), needs <+issue.Gone> == "Done" (Gone is not on this issue)',
        ),
        (jexl('!(<+issue.Status> == "Approved")'), "Status = Approved, needs !(<+issue.Status>"),
    ],
)
def test_a_waiting_gate_says_what_it_waits_for(judged: Any, approval: Any, reason: str) -> None:
    asked = approval if "type" in approval else key_values(approval)
    verdict = judged(asked)
    assert verdict.status is WAITING
    assert reason in verdict.reason


@pytest.mark.parametrize(
    ("expression", "status"),
    [
        ('<+issue.Status> == "Approved" && <+issue.\'Risk Level\'> != "High"', APPROVED),
        ('<+issue.Labels>.indexOf("cab-ok") >= 0', APPROVED),
        ('<+issue.Labels>.contains("cab-ok")', APPROVED),
        ('<+issue."Story Points"> == 3', APPROVED),
        ('<+issue.get("Risk Level")> == "Low"', APPROVED),
        ('<+issue.Assignee> == "Ann Ray"', APPROVED),
        ("<+issue.Location> =~ 'EU > .*'", APPROVED),
        ('<+issue.Resolution> == "Done"', WAITING),
        ('<+issue.Resolution> != "Done"', WAITING),
        ('<+issue.Gone> != "Done"', WAITING),
        ("<+issue.Status>", WAITING),
    ],
)
def test_an_expression_reads_the_issue_as_people_know_it(
    judged: Any, expression: str, status: VerdictStatus
) -> None:
    assert judged(jexl(expression)).status is status


def test_jiras_own_form_of_a_value_can_be_read_in_an_expression(gate: Any, snapshot: Any) -> None:
    raw = {"__Assignee": {"type": "raw", "value": ANN}}
    expression = '<+issue.__Assignee.emailAddress> == "ann@example.com"'
    verdict = gate(jexl(expression)).judge(snapshot(raw))
    assert verdict.status is APPROVED


@pytest.mark.parametrize(
    ("approval", "words"),
    [
        (key_values(), "At least 1 condition is required in KeyValues criteria"),
        (
            {"type": "KeyValues", "spec": {"conditions": None}},
            "At least 1 condition is required in KeyValues criteria",
        ),
        (jexl("  "), "Expression can't be null"),
        ({"type": "Keyvalues", "spec": {}}, "unknown criteria type 'Keyvalues'; did you mean 'K"),
        ({"type": "CEL", "spec": {}}, "known: KeyValues, Jexl"),
        ("x", "approvalCriteria"),
        (key_values(condition("Status", "equal", "x")), "unknown operator 'equal'; did you mean"),
        (key_values(condition("", "equals", "x")), "key can't be empty; write a text"),
        (key_values(condition("Status", "equals")), "value can't be null: write one"),
        (key_values(condition("Status", "equals", " ")), "to ask for an empty field, use 'is e"),
        (key_values(condition("Status", "is empty", "x")), "takes no value"),
        (key_values(condition("Status", "contains", ["a"])), "takes one value, and no list"),
        (
            key_values(condition("Status", "matches", "(")),
            r"the pattern is not RE2: missing \): \(; write",
        ),
        (jexl("<+issue.Status> =="), "expression"),
    ],
)
def test_criteria_that_say_nothing_are_refused_when_the_pipeline_is_read(
    gate: Any, approval: Any, words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        gate(approval)


def test_a_pattern_that_is_none_is_told_in_plain_text_and_by_nobody_else(
    gate: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    for pattern in ("(", "\\ud800"):
        with pytest.raises(ValidationError) as told:
            gate(key_values(condition("Status", "matches", pattern)))
        assert "b'" not in str(told.value).partition("[type=")[0]
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("approval", [key_values, lambda: jexl(" ")])
def test_criteria_that_lack_everything_are_told_where_they_stand(gate: Any, approval: Any) -> None:
    with pytest.raises(ValidationError) as told:
        gate(approval())
    assert [error["loc"] for error in told.value.errors()] == [("approvalCriteria",)]


def test_the_branches_of_a_tree_are_called_what_the_tree_prints(gate: Any, snapshot: Any) -> None:
    both = [condition("Status", "equals", "A"), condition("Status", "equals", "B")]
    for any_, label in ((True, "any of"), (False, "all of")):
        verdict = gate(key_values(*both, any_=any_)).judge(snapshot())
        assert verdict.approval is not None and verdict.approval.label == label


def test_criteria_without_an_expression_know_nothing(snapshot: Any) -> None:
    criteria = JexlCriteria.model_validate(jexl(""))
    assert criteria.judge(snapshot().content, NOW).truth is None
    assert criteria.names == ()


def test_an_expression_may_come_with_its_names_captured(gate: Any, snapshot: Any) -> None:
    text = "<+issue.Status> == <+pipeline.variables.target>"
    captured = {"text": text, "names": {"pipeline": {"variables": {"target": "Approved"}}}}
    made = gate({"type": "Jexl", "spec": {"expression": captured}})
    assert made.judge(snapshot()).status is APPROVED
    deferred = Deferred(text, {"pipeline": {"variables": {"target": "Approved"}}})
    made = gate({"type": "Jexl", "spec": {"expression": deferred}})
    assert made.judge(snapshot()).status is APPROVED
