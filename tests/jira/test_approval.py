"""``JiraApproval``: what approves, what rejects, what fails, and what is said while it waits."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from penstock.errors import StepFailed
from penstock.expressions import Deferred
from penstock.step import Headline, StepContext
from penstock.verdict import VerdictStatus
from penstock.watch import Snapshot, Watch
from penstock_jira.approval import JiraApproval
from penstock_jira.criteria import JexlCriteria
from penstock_jira.operators import OPERATORS

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WAITING, APPROVED = VerdictStatus.WAITING, VerdictStatus.APPROVED
REJECTED, FAILED = VerdictStatus.REJECTED, VerdictStatus.FAILED

ANN = {
    "accountId": "5b1",
    "displayName": "Ann Ray",
    "emailAddress": "ann@example.com",
    "name": "ann",
}
FIELDS: dict[str, dict[str, Any]] = {
    "Status": {"type": "status", "value": {"id": "3", "name": "Approved"}},
    "Summary": {"type": "string", "value": "Release 1.10"},
    "Risk Level": {"type": "option", "value": {"id": "7", "value": "Low"}},
    "Story Points": {"type": "number", "value": 3.0},
    "Due date": {"type": "date", "value": "2026-03-10"},
    "Window": {"type": "datetime", "value": "2026-03-10T10:00:00.000+0100"},
    "Labels": {"type": "array", "items": "string", "value": ["cab-ok", "release"]},
    "Reviewers": {"type": "array", "items": "user", "value": [ANN]},
    "Assignee": {"type": "user", "value": ANN},
    "Location": {
        "type": "option-with-child",
        "value": {"value": "EU", "child": {"value": "Dublin"}},
    },
    "Odd": {"type": "number", "value": "three"},
    "Odd date": {"type": "date", "value": "soon"},
    "Flag": {"type": "any", "value": True},
    "Description": {"type": "string", "value": "long " * 40},
}


def snapshot(fields: Mapping[str, Any] = FIELDS, **more: Any) -> Snapshot:
    described = {name: {"id": name, "items": "", **entry} for name, entry in fields.items()}
    content: dict[str, Any] = {
        "key": "REL-8",
        "id": "10001",
        "url": "https://jira.example.com/browse/REL-8",
        "status": "Approved",
        "issuetype": "Change",
        "project": "REL",
        "fields": described,
        "absent": {"Resolution": "empty", "Gone": "not on this issue"},
        "unknown": {},
        "ambiguous": {},
        "since": {},
    }
    return Snapshot(NOW, {**content, **more})


def condition(key: str, operator: str, value: Any = None) -> dict[str, Any]:
    found = {"key": key, "operator": operator}
    return found if value is None else {**found, "value": value}


def key_values(*conditions: Any, any_: Any = False) -> dict[str, Any]:
    spec = {"matchAnyCondition": any_, "conditions": list(conditions)}
    return {"type": "KeyValues", "spec": spec}


def jexl(text: str) -> dict[str, Any]:
    return {"type": "Jexl", "spec": {"expression": text}}


DONE = key_values(condition("Status", "equals", "Approved"))


def gate(approval: Any = DONE, rejection: Any = None, **more: Any) -> JiraApproval:
    spec = {
        "connectorRef": "account.jira",
        "issueKey": "REL-8",
        "approvalCriteria": approval,
        "rejectionCriteria": rejection,
    }
    return JiraApproval.model_validate({**spec, **more})


def judged(approval: Any, rejection: Any = None, **more: Any) -> Any:
    return gate(approval, rejection).judge(snapshot(**more))


def leaf(key: str, operator: str, value: Any = None) -> Any:
    found = judged(key_values(condition(key, operator, value))).approval
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("key", "operator", "value", "truth"),
    [
        ("Status", "equals", "Approved", True),
        ("Status", "equals", "Done", False),
        ("Status", "equals", "3", True),
        ("Status", "not equals", "Done", True),
        ("Status", "not equals", "Approved", False),
        ("Status", "in", "Done,Approved", True),
        ("Status", "in", '"Approved, really"', False),
        ("Status", "in", ["Approved"], True),
        ("Status", "not in", "Rejected,Declined", True),
        ("Status", "not in", "Approved", False),
        ("Status", "contains", "prove", True),
        ("Status", "not contains", "Reject", True),
        ("Status", "matches", "Appr.*", True),
        ("Status", "matches", "App", False),
        ("Status", "is empty", None, False),
        ("Status", "is not empty", None, True),
        ("Summary", "equals", "Release 1.10", True),
        ("Summary", "equals", "Release 1.1", False),
        ("Summary", "contains", "1.10", True),
        ("Risk Level", "equals", "Low", True),
        ("Story Points", "equals", "3", True),
        ("Story Points", "equals", "3.0", True),
        ("Story Points", "equals", 3, True),
        ("Story Points", "not equals", "4", True),
        ("Story Points", "in", "1,2,3", True),
        ("Story Points", "greater than", "2.5", True),
        ("Story Points", "greater than", "3", False),
        ("Story Points", "less than", "10", True),
        ("Story Points", "matches", "[0-9]", True),
        ("Due date", "equals", "2026-03-10", True),
        ("Due date", "equals", "20260310", True),
        ("Due date", "greater than", "2026-03-09", True),
        ("Due date", "less than", "2026-03-09", False),
        ("Window", "equals", "2026-03-10T09:00:00Z", True),
        ("Window", "greater than", "2026-03-10T10:00:00+02:00", True),
        ("Labels", "equals", "release,cab-ok", True),
        ("Labels", "equals", "cab-ok", False),
        ("Labels", "equals", ["cab-ok", "release"], True),
        ("Labels", "not equals", "cab-ok", True),
        ("Labels", "in", "cab-ok,other", True),
        ("Labels", "in", "other", False),
        ("Labels", "not in", "blocked", True),
        ("Labels", "not in", "blocked,release", False),
        ("Labels", "contains", "cab-ok", True),
        ("Labels", "not contains", "blocked", True),
        ("Assignee", "equals", "Ann Ray", True),
        ("Assignee", "equals", "ann@example.com", True),
        ("Assignee", "equals", "5b1", True),
        ("Assignee", "equals", "ann", True),
        ("Assignee", "not equals", "bob", True),
        ("Reviewers", "contains", "ann@example.com", True),
        ("Location", "equals", "EU > Dublin", True),
        ("Location", "equals", "EU", False),
        ("Flag", "equals", "true", True),
        ("Odd", "equals", "three", True),
        ("Odd date", "equals", "soon", True),
        ("Resolution", "is empty", None, True),
        ("Resolution", "is not empty", None, False),
    ],
)
def test_a_condition_compares_a_field_as_what_it_is(
    key: str, operator: str, value: Any, truth: bool
) -> None:
    assert leaf(key, operator, value).truth is truth


@pytest.mark.parametrize("operator", [one for one in OPERATORS if one[:2] != "is"])
@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("Resolution", "the field is empty"),
        ("Gone", "the field is not on this issue"),
        ("Never asked", "the field is not on this issue"),
    ],
)
def test_an_absent_value_is_unknown_to_every_comparison(operator: str, key: str, why: str) -> None:
    found = leaf(key, operator, "x")
    assert (found.truth, found.why) == (None, why)


@pytest.mark.parametrize("operator", ["is empty", "is not empty"])
def test_a_field_that_the_issue_has_not_is_neither_empty_nor_not(operator: str) -> None:
    assert leaf("Gone", operator).truth is None


@pytest.mark.parametrize(
    ("key", "operator", "value", "why"),
    [
        ("Story Points", "equals", "many", "3 is a number, and 'many' is none"),
        ("Story Points", "not equals", "many", "3 is a number"),
        ("Story Points", "equals", "1_0", "is a number"),
        ("Story Points", "equals", "inf", "is a number"),
        ("Story Points", "contains", "3", "3 is a number, which contains nothing"),
        ("Due date", "equals", "tomorrow", "2026-03-10 is a date, and 'tomorrow' is none"),
        ("Window", "greater than", "2026-03-10", "is a datetime, and '2026-03-10' is none"),
        ("Status", "greater than", "A", "'Approved' is no number, date or date-time"),
        ("Labels", "greater than", "1", "it is a list, which 'greater than' does not compare"),
        ("Labels", "matches", "x", "it is a list, which 'matches' does not compare"),
        ("Status", "equals", ["a", "b"], "'equals' takes one value, and 2 are given"),
    ],
)
def test_a_wrong_type_is_unknown_with_the_reason(
    key: str, operator: str, value: Any, why: str
) -> None:
    found = leaf(key, operator, value)
    assert found.truth is None
    assert why in found.why


@pytest.mark.parametrize(
    ("key", "operator", "value", "truth"),
    [
        ("Status", "equals", "approved", False),
        ("Status", "equals", ["approved"], False),
        ("Status", "not equals", "APPROVED ", None),
        ("Status", "in", "approved", False),
        ("Status", "not in", "approved", None),
        ("Status", "contains", "APP", False),
        ("Status", "not contains", "APP", None),
        ("Labels", "contains", "CAB-ok", False),
        ("Labels", "not in", "CAB-ok", None),
    ],
)
def test_what_differs_in_letter_case_only_is_neither_equal_nor_safely_different(
    key: str, operator: str, value: Any, truth: bool | None
) -> None:
    found = leaf(key, operator, value)
    assert found.truth is truth
    assert found.why == "it differs in upper and lower case, or in space around it, only"


def test_a_leaf_says_what_is_expected_and_what_is_there_and_since_when() -> None:
    since = {"Status": {"at": "2026-03-01T09:00:00+00:00", "by": "Ann Ray"}}
    verdict = judged(DONE, since=since)
    found = verdict.approval
    assert (found.label, found.expected, found.actual) == (
        "Status equals",
        "Approved",
        "Approved",
    )
    assert (found.since, found.by) == ("2026-03-01T09:00:00+00:00", "Ann Ray")


def test_a_long_value_is_cut() -> None:
    assert len(leaf("Description", "is not empty").actual) == 81
    assert leaf("Labels", "equals", ["a", "b"]).expected == "a, b"


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
def test_conditions_combine_in_three_values(conditions: Any, any_: Any, truth: Any) -> None:
    assert judged(key_values(*conditions, any_=any_)).approval.truth is truth


def test_every_leaf_of_a_failing_all_is_listed() -> None:
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
def test_a_waiting_gate_says_what_it_waits_for(approval: Any, reason: str) -> None:
    asked = approval if "type" in approval else key_values(approval)
    verdict = judged(asked)
    assert verdict.status is WAITING
    assert reason in verdict.reason


REJECT = key_values(condition("Status", "in", "Rejected,Declined"))


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
    approval: Any, rejection: Any, status: VerdictStatus, reason: str
) -> None:
    verdict = judged(approval, rejection)
    assert verdict.status is status
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
    expression: str, status: VerdictStatus
) -> None:
    assert judged(jexl(expression)).status is status


def test_jiras_own_form_of_a_value_can_be_read_in_an_expression() -> None:
    raw = {"__Assignee": {"type": "raw", "value": ANN}}
    expression = '<+issue.__Assignee.emailAddress> == "ann@example.com"'
    verdict = gate(jexl(expression)).judge(snapshot(raw))
    assert verdict.status is APPROVED


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
def test_another_project_or_issue_type_fails(more: Any, fault: str) -> None:
    verdict = gate(**more).judge(snapshot())
    assert (verdict.status, verdict.reason) == (FAILED, fault)


def test_the_right_project_and_issue_type_go_through() -> None:
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
def test_a_name_that_means_no_field_or_several_fails_at_once(seen: Any, fault: str) -> None:
    verdict = judged(DONE, **seen)
    assert (verdict.status, verdict.reason) == (FAILED, fault)


def test_a_moved_issue_is_followed_and_told() -> None:
    verdict = judged(key_values(NO), moved_from="REL-8", key="OPS-4")
    assert verdict.reason.endswith("; REL-8 is OPS-4 now")


SINCE = {
    "Status": {"at": "2026-03-01T09:00:00+00:00", "by": "Ann Ray"},
    "Risk Level": {"at": "2026-03-01T08:00:00+00:00", "by": "Bob"},
}
LOW = condition("Risk Level", "equals", "Low")
POINTS = condition("Story Points", "equals", "3")


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
    approval: Any, by: Any, at: Any
) -> None:
    verdict = judged(approval, since=SINCE)
    outputs = verdict.outputs
    assert (outputs["approved_by"], outputs["approved_at"]) == (by, at)
    assert outputs["output"]["approved_by"] == by
    assert verdict.decided == (datetime.fromisoformat(at) if at else None)


def test_the_outputs_hold_the_issue_and_the_verdict() -> None:
    outputs = judged(key_values(YES, condition("Resolution", "is empty")), since=SINCE).outputs
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


def test_a_rejection_tells_who_and_when_too() -> None:
    outputs = judged(key_values(NO), DONE, since=SINCE).outputs
    assert (outputs["rejected_by"], outputs["output"]["verdict"]["truth"]) == ("Ann Ray", True)


def test_the_watch_names_every_field_of_both_criteria_once(context: StepContext) -> None:
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
    context: StepContext,
) -> None:
    planned = gate(issueKey="<+execution.steps.open.issue.key>")
    assert "<+execution.steps.open.issue.key>" in planned.preview()[0]
    with pytest.raises(StepFailed, match="has no value"):
        planned.watch(context)


def test_without_an_interval_a_gate_looks_every_minute(context: StepContext) -> None:
    assert gate().watch(context).interval == 60.0
    assert gate(retryInterval="10s").watch(context).interval == 10.0


def test_the_plan_shows_what_is_looked_at() -> None:
    assert gate().preview() == (
        "GET /rest/api/2/issue/REL-8  every 60 s",
        "  approves by Status",
        "  rejects by nothing",
    )
    assert gate(rejection=REJECT).preview()[2] == "  rejects by Status"


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
            r"the pattern is no .* \(RE2\): missing \): \(; mend",
        ),
        (jexl("<+issue.Status> =="), "expression"),
    ],
)
def test_criteria_that_say_nothing_are_refused_when_the_pipeline_is_read(
    approval: Any, words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        gate(approval)


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        ("5s", "retry interval field for Jira approval cannot be less than 10s"),
        ("soon", "valid durations contain units"),
    ],
)
def test_an_interval_that_is_too_short_or_none_is_refused(interval: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        gate(retryInterval=interval)


def test_a_pattern_that_came_in_by_an_expression_and_is_none_is_unknown() -> None:
    from penstock_jira.comparable import comparable
    from penstock_jira.operators import compare

    found = compare("matches", comparable({"type": "string", "value": "x"}), "(")
    assert found.truth is None
    assert (found.why or "").startswith("the pattern is no regular expression (RE2): missing ): (;")


def test_a_pattern_that_is_none_is_told_in_plain_text_and_by_nobody_else(
    capfd: pytest.CaptureFixture[str],
) -> None:
    for pattern in ("(", "\\ud800"):
        with pytest.raises(ValidationError) as told:
            gate(key_values(condition("Status", "matches", pattern)))
        assert "b'" not in str(told.value).partition("[type=")[0]
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("approval", [key_values, lambda: jexl(" ")])
def test_criteria_that_lack_everything_are_told_where_they_stand(approval: Any) -> None:
    with pytest.raises(ValidationError) as told:
        gate(approval())
    assert [error["loc"] for error in told.value.errors()] == [("approvalCriteria",)]


def test_the_branches_of_a_tree_are_called_what_the_tree_prints() -> None:
    both = [condition("Status", "equals", "A"), condition("Status", "equals", "B")]
    for any_, label in ((True, "any of"), (False, "all of")):
        verdict = gate(key_values(*both, any_=any_)).judge(snapshot())
        assert verdict.approval is not None and verdict.approval.label == label


@pytest.mark.parametrize(("interval", "noted"), [("2h", True), ("1h", False), ("10s", False)])
def test_an_interval_longer_than_the_time_left_is_noted(
    context: Any, clock: Any, notes: list[str], interval: str, noted: bool
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


def test_criteria_without_an_expression_know_nothing() -> None:
    criteria = JexlCriteria.model_validate(jexl(""))
    assert criteria.judge(snapshot().content, NOW).truth is None
    assert criteria.names == ()


def test_an_expression_may_come_with_its_names_captured() -> None:
    text = "<+issue.Status> == <+pipeline.variables.target>"
    captured = {"text": text, "names": {"pipeline": {"variables": {"target": "Approved"}}}}
    made = gate({"type": "Jexl", "spec": {"expression": captured}})
    assert made.judge(snapshot()).status is APPROVED
    deferred = Deferred(text, {"pipeline": {"variables": {"target": "Approved"}}})
    made = gate({"type": "Jexl", "spec": {"expression": deferred}})
    assert made.judge(snapshot()).status is APPROVED


NAMES = st.sampled_from([*FIELDS, "Resolution", "Gone"])
VALUES = st.sampled_from(["Approved", "Low", "3", "x", "cab-ok", "2026-03-10", "ann"])
COMPARING = st.sampled_from([one for one in OPERATORS if one[:2] != "is"])
CONDITIONS = st.builds(condition, NAMES, COMPARING, VALUES)
JEXL = st.builds(
    lambda name, operator, value: f'<+issue."{name}"> {operator} "{value}"',
    NAMES,
    st.sampled_from(["==", "!=", "=~"]),
    VALUES,
)


@given(
    st.lists(CONDITIONS, min_size=1, max_size=4),
    CONDITIONS.map(lambda found: {**found, "key": "Gone"}),
    st.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_a_condition_on_a_missing_field_never_turns_waiting_into_approved(
    conditions: Any, missing: Any, any_: bool
) -> None:
    if judged(key_values(*conditions, any_=any_)).status is WAITING:
        assert judged(key_values(*conditions, missing, any_=any_)).status is WAITING


@given(st.lists(CONDITIONS, min_size=1, max_size=4), st.sets(NAMES), st.booleans())
@settings(max_examples=200, deadline=None)
def test_taking_values_away_never_turns_waiting_into_approved(
    conditions: Any, gone: set[str], any_: bool
) -> None:
    made = gate(key_values(*conditions, any_=any_))
    left = {name: entry for name, entry in FIELDS.items() if name not in gone}
    if made.judge(snapshot()).status is WAITING:
        assert made.judge(snapshot(left)).status is WAITING


@given(st.lists(JEXL, min_size=1, max_size=4), JEXL, st.sampled_from(["&&", "||"]))
@settings(max_examples=150, deadline=None)
def test_an_expression_over_a_missing_field_never_turns_waiting_into_approved(
    parts: list[str], more: str, joined: str
) -> None:
    name = more.split('"')[1]
    missing = more.replace(f'"{name}"', '"Gone"', 1)
    if judged(jexl(f" {joined} ".join(parts))).status is WAITING:
        assert judged(jexl(f" {joined} ".join([*parts, missing]))).status is WAITING


@given(st.lists(JEXL, min_size=1, max_size=4), st.sets(NAMES), st.sampled_from(["&&", "||"]))
@settings(max_examples=150, deadline=None)
def test_taking_values_from_an_expression_never_turns_waiting_into_approved(
    parts: list[str], gone: set[str], joined: str
) -> None:
    made = gate(jexl(f" {joined} ".join(parts)))
    left = {name: entry for name, entry in FIELDS.items() if name not in gone}
    absent = {"absent": dict.fromkeys([*gone, "Gone", "Resolution"], "not on this issue")}
    if made.judge(snapshot()).status is WAITING:
        assert made.judge(snapshot(left, **absent)).status is WAITING
