from datetime import UTC, datetime

import pytest

from penstock.render.conditions import condition_rows, sentence
from penstock.verdict import Combination, Condition, Verdict, VerdictStatus

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
A, B, C = (Condition(name, False, "x", "y") for name in "ABC")


def rows(approval=None, rejection=None):
    verdict = Verdict(VerdictStatus.WAITING, "because", approval, rejection)
    return condition_rows(verdict, NOW, UTC)


def combined(how, *parts, label=""):
    return Condition(label, False, combine=how, parts=parts)


@pytest.mark.parametrize(
    ("condition", "shown"),
    [
        (A, [(0, "A")]),
        (combined(Combination.ALL, A, B), [(0, "A"), (0, "B")]),
        (combined(Combination.ANY, A, B), [(0, "any of"), (1, "A"), (1, "B")]),
        (combined(Combination.ANY, A), [(0, "A")]),
        (combined(Combination.NOT, A), [(0, "not"), (1, "A")]),
        (
            combined(Combination.ALL, A, combined(Combination.ANY, B, C)),
            [(0, "A"), (0, "any of"), (1, "B"), (1, "C")],
        ),
        (
            combined(Combination.ANY, A, combined(Combination.ALL, B, C)),
            [(0, "any of"), (1, "A"), (1, "all of"), (2, "B"), (2, "C")],
        ),
        (combined(Combination.ANY, label="any"), [(0, "any of")]),
        (combined(Combination.NOT, A, label="a != b"), [(0, "not: a != b"), (1, "A")]),
    ],
)
def test_every_leaf_is_a_row_and_a_combination_only_where_it_says_something(condition, shown):
    assert [(row.depth, row.label) for row in rows(condition)] == shown


def test_rejection_criteria_follow_the_approval_criteria():
    assert [(row.label, row.rejection) for row in rows(A, B)] == [("A", False), ("B", True)]
    assert rows() == ()


def test_a_leaf_tells_expected_actual_since_by_and_why():
    (row,) = rows(
        Condition("Risk in", None, "Low", "High", "a note", "2026-03-01T11:57:00Z", "A. Ray")
    )
    assert sentence(row) == (
        "Risk in: expected Low, actual High, since 11:57:00 (3m ago), by A. Ray (a note)"
    )


def test_a_leaf_without_values_is_its_label():
    (row,) = rows(Condition('<+issue.status> == "Done"', False))
    assert sentence(row) == '<+issue.status> == "Done"'


def test_a_rejection_criterion_says_what_it_is():
    (row,) = rows(rejection=A)
    assert sentence(row) == "rejects when A: expected x, actual y"


def test_an_empty_value_is_told_from_none_at_all():
    (row,) = rows(Condition("A", False, "", "  "))
    assert (row.expected, row.actual) == ('""', '"  "')
    (row,) = rows(Condition("A", None))
    assert (row.expected, row.actual) == ("", "")


def test_what_comes_from_jira_is_cleaned():
    evil = "\x1b[31m\u202e\n"
    (row,) = rows(
        Condition(f"A{evil}", False, f"b{evil}", f"c{evil}", f"d{evil}", evil, f"e{evil}")
    )
    assert "\x1b" not in sentence(row) and "\n" not in sentence(row)
    assert sentence(row).count("\\u202e") == 6
