"""What a condition makes of a field: each operator on each type of value."""

from typing import Any

import pytest

from penstock_jira.comparable import comparable
from penstock_jira.operators import OPERATORS, compare


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
    leaf: Any, key: str, operator: str, value: Any, truth: bool
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
def test_an_absent_value_is_unknown_to_every_comparison(
    leaf: Any, operator: str, key: str, why: str
) -> None:
    found = leaf(key, operator, "x")
    assert (found.truth, found.why) == (None, why)


@pytest.mark.parametrize("operator", ["is empty", "is not empty"])
def test_a_field_that_the_issue_has_not_is_neither_empty_nor_not(leaf: Any, operator: str) -> None:
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
    leaf: Any, key: str, operator: str, value: Any, why: str
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
    leaf: Any, key: str, operator: str, value: Any, truth: bool | None
) -> None:
    found = leaf(key, operator, value)
    assert found.truth is truth
    assert found.why == "it differs in upper and lower case, or in space around it, only"


def test_a_leaf_says_what_is_expected_and_what_is_there_and_since_when(judged: Any) -> None:
    since = {"Status": {"at": "2026-03-01T09:00:00+00:00", "by": "Ann Ray"}}
    verdict = judged(since=since)
    found = verdict.approval
    assert (found.label, found.expected, found.actual) == (
        "Status equals",
        "Approved",
        "Approved",
    )
    assert (found.since, found.by) == ("2026-03-01T09:00:00+00:00", "Ann Ray")


def test_a_long_value_is_cut(leaf: Any) -> None:
    assert len(leaf("Description", "is not empty").actual) == 81
    assert leaf("Labels", "equals", ["a", "b"]).expected == "a, b"


def test_a_pattern_that_came_in_by_an_expression_and_is_none_is_unknown() -> None:
    found = compare("matches", comparable({"type": "string", "value": "x"}), "(")
    assert found.truth is None
    assert (found.why or "").startswith("the pattern is not RE2: missing ): (;")


def test_a_field_that_holds_half_a_character_is_unknown_to_a_pattern() -> None:
    found = compare("matches", comparable({"type": "string", "value": "x\ud800"}), "x.*")
    assert (found.truth, found.why) == (None, "the text holds half a character")
