"""Criteria over an issue: three-valued truth, and the tree of reasons."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from penstock.expressions import Absent, Deferred, ExpressionError, parse_criterion
from penstock.verdict import Combination, Condition

NOW = datetime(2026, 1, 31, 22, 5, 6, tzinfo=UTC)
ISSUE: dict[str, object] = {
    "Status": "Pending Approval",
    "Risk Level": Absent("Risk Level", "Risk Level is empty", empty=True),
    "Old Field": Absent("Old Field", "Old Field is gone", empty=False),
    "Resolution": None,
    "Labels": ["cab-ok", "q1"],
    "Points": 3.0,
    "Planned Date": "2026-02-01",
    "Flag": True,
    "components": [{"name": "api", "lead": None}],
    "Assignee": {"displayName": "Ann", "active": True},
}


def judge(
    text: str, issue: Mapping[str, object] = ISSUE, names: Mapping[str, object] | None = None
) -> Condition:
    captured = {"pipeline": {"variables": {"wanted": "Approved", "nothing": None, "three": 3}}}
    return Deferred(text, names or captured).judge({"issue": issue}, now=lambda: NOW)


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ('<+issue.Status> == "Pending Approval"', True),
        ('<+issue.Status> == "Approved"', False),
        ("<+issue.Status> != 'Approved'", True),
        ('issue.Status == "Pending Approval"', True),
        ('<+<+issue.Status> == "Pending Approval">', True),
        ('{{ issue.Status == "Pending Approval" }}', True),
        (' {{ issue["Status"] == "Pending Approval" and issue.Flag }}\n', True),
        ('<+issue.Status> == "Approved" || <+issue.Flag>', True),
        ("!<+issue.Flag>", False),
        ("<+issue.Points> >= 3", True),
        ("<+issue.Points> > <+pipeline.variables.three>", False),
        ("<+<+issue.Points> >= 3>", True),
        ("<+ <+issue.Points> > 2 && <+issue.Points> < 4 >", True),
        ('<+issue.Labels>.indexOf("cab-ok") >= 0', True),
        ('<+issue.Labels>.contains("cab-ok") && <+issue.Labels>.size() == 2', True),
        ('"q1" in issue.Labels', True),
        ('<+issue.Status> == "<+pipeline.variables.wanted>"', False),
        ('<+issue.Status>.startsWith("Pending")', True),
        ('<+issue.get("Status")> =~ "(?i)pending.*"', True),
        ("<+issue.'Planned Date'> > currentDate()", True),
        ("<+issue.'Planned Date'> > currentDate().plusDays(1)", False),
        ('<+issue.components[0].name> == "api"', True),
        ('<+issue.Assignee.displayName> == "Ann"', True),
        ("<+issue.Flag> ? true : false", True),
        ("true", True),
        # What is not there
        ('<+issue."Risk Level"> == "High"', None),
        ('<+issue."Risk Level"> != "High"', None),
        ('<+issue."Risk Level"> == null', True),
        ('<+issue."Risk Level"> != null', False),
        ('null == <+issue."Risk Level">', True),
        ("<+issue.'Risk Level'> is none", True),
        ("<+issue.'Risk Level'> is defined", False),
        ("<+issue.'Risk Level'> is not defined", True),
        ("<+issue.'Risk Level'> | default('Low') == 'Low'", True),
        ('(<+issue."Risk Level"> ?: "Low") == "Low"', True),
        ("<+issue.'Risk Level'>.isEmpty()", None),
        ("<+issue.'Risk Level'>.equals(null)", None),
        ("<+issue.'Risk Level'> == <+issue.Resolution>", None),
        ('<+issue.Resolution> != "Won\'t Do"', None),
        ("<+issue.Resolution> == null", True),
        ("<+issue.Resolution> is defined", False),
        ('<+issue.Resolution> | default("x") == "x"', True),
        ('issue.containsKey("Status")', True),
        ('issue.containsKey("Resolution")', False),
        ('!issue.containsKey("Risk Level")', True),
        # What does not exist
        ("<+issue.Nowhere> == null", None),
        ("<+issue.Nowhere> != null", None),
        ("<+issue.Nowhere> is defined", None),
        ("<+issue.Nowhere> is not defined", None),
        ("<+issue.Nowhere> is none", None),
        ("<+issue.Nowhere> | default('x') == 'x'", None),
        ('(<+issue.Nowhere> ?: "x") == "x"', None),
        ("<+issue.'Old Field'> == null", None),
        ('issue.containsKey("Nowhere")', None),
        ('!issue.containsKey("Nowhere")', None),
        ('"Nowhere" not in issue', None),
        ("issue.size() == 10", None),
        ("issue.isEmpty()", None),
        ("issue == null", False),
        ("issue.Assignee == issue.Assignee", None),
        ('issue.Assignee|tojson == "x"', None),
        ("<+issue.components[0].nope> is not defined", None),
        ("<+issue.components[0].lead> == null", True),
        ('<+nowhere.x> == "x"', None),
        ('<+nowhere.x> | default("x") == "x"', True),
        ("<+nowhere.x> is defined", False),
        ('<+issue.Status> != "<+nowhere.x>"', None),
        ("<+issue.Status> != <+pipeline.variables.nothing>", None),
        ("<+pipeline.variables.nothing> == null", True),
        # Kleene
        ("<+issue.Nowhere> && false", False),
        ("false && <+issue.Nowhere>", False),
        ("<+issue.Nowhere> && true", None),
        ("<+issue.Nowhere> || true", True),
        ("<+issue.Nowhere> || false", None),
        ("!<+issue.Nowhere>", None),
        ("(<+issue.Nowhere> || true) == true", True),
        ("(<+issue.Nowhere> && true) == true", None),
        ("(<+issue.Points> || true) == true", True),
        ("<+issue.Nowhere> ? true : true", True),
        ("<+issue.Nowhere> ? true : false", None),
        ("<+issue.Nowhere> ? <+issue.Flag> : <+issue.Nowhere>", None),
        ("[<+issue.Nowhere>].contains(1)", None),
        ('"a" + <+issue.Nowhere> == "a"', None),
        ('"a" ~ <+issue.Nowhere> == "a"', None),
        ("-<+issue.Nowhere> == 1", None),
        ("<+issue.Labels[<+issue.Nowhere>]> == 1", None),
        ("<+issue.Nowhere.deeper> == 1", None),
        ("<+issue.Labels>.contains(<+issue.Nowhere>)", None),
        ("(<+issue.Nowhere> | upper) == 'X'", None),
        # What is wrong
        ("<+issue.Status>", None),
        ("<+issue.Points>", None),
        ("<+issue.Labels>", None),
        ("<+issue.Status> > 3", None),
        ("<+issue.Labels[7]> == 'x'", None),
        ("<+issue.Status>.nothing == 'x'", None),
        ("<+issue.Status>.size(1) == 1", None),
        ("<+issue.Status>.charAt(99) == 'x'", None),
        ('secrets.getValue("x") == "y"', None),
        ('secrets.getValue(<+issue.Nowhere>) == "y"', None),
        ("<+issue.Points> == '3'", None),
        ("<+issue.Points> != '3'", None),
    ],
)
def test_truth_has_three_values(text: str, truth: bool | None) -> None:
    if ".size(1)" in text:
        with pytest.raises(ExpressionError):
            parse_criterion(text)
        return
    condition = judge(text)
    assert condition.truth is truth
    assert truth is not None or condition.combine or condition.why


def test_the_tree_shows_every_condition_with_what_is_expected_and_what_is_there() -> None:
    text = (
        '<+issue.Status> == "Approved" && (<+issue.Points> >= 3 || !<+issue.Flag>)'
        " && <+issue.'Risk Level'> != \"High\""
    )
    asked = []

    def since(name: str) -> tuple[str | None, str | None]:
        asked.append(name)
        return f"2026-01-0{len(asked)}T00:00:00Z", "cab-lead"

    condition = Deferred(text).judge({"issue": ISSUE}, now=lambda: NOW, since=since)
    assert condition == Condition(
        text,
        False,
        combine=Combination.ALL,
        parts=(
            Condition(
                '<+issue.Status> == "Approved"',
                False,
                expected="Approved",
                actual="Status = Pending Approval",
                since="2026-01-01T00:00:00Z",
                by="cab-lead",
            ),
            Condition(
                "<+issue.Points> >= 3 || !<+issue.Flag>",
                True,
                combine=Combination.ANY,
                parts=(
                    Condition(
                        "<+issue.Points> >= 3",
                        True,
                        expected=">= 3",
                        actual="Points = 3",
                        since="2026-01-02T00:00:00Z",
                        by="cab-lead",
                    ),
                    Condition(
                        "!<+issue.Flag>",
                        False,
                        combine=Combination.NOT,
                        parts=(
                            Condition(
                                "<+issue.Flag>",
                                True,
                                actual="Flag = true",
                                since="2026-01-03T00:00:00Z",
                                by="cab-lead",
                            ),
                        ),
                    ),
                ),
            ),
            Condition(
                "<+issue.'Risk Level'> != \"High\"",
                None,
                expected="not High",
                actual="Risk Level = (empty)",
                why="Risk Level is empty",
                since="2026-01-04T00:00:00Z",
                by="cab-lead",
            ),
        ),
    )
    assert asked == ["Status", "Points", "Flag", "Risk Level"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<+issue.Status>", "yields text 'Pending Approval', not true or false"),
        ("<+issue.Labels>", "yields a list, not true or false"),
        ("issue", "yields a map, not true or false"),
        ("1 / 3", "yields the number 0.3333333333333333, not true or false"),
        ("currentDate()", "yields the date 2026-01-31, not true or false"),
        ("null", "yields null, not true or false"),
        ("<+issue.Staus> == 1", "there is no field 'Staus'; did you mean 'Status'?"),
        ("<+issue.'Old Field'> == 1", "Old Field is gone"),
        ("<+issue.Resolution> == 1", "'Resolution' has no value"),
        ("<+issue.Status> > 1", "text 'Pending Approval' and the number 1 have no order"),
        ("<+issue.Points> == '3'", "the number 3 cannot be compared with text '3'"),
        ("<+issue.Points> != '3'", "the number 3 cannot be compared with text '3'"),
        ("<+pipelin.x> == 1", "pipelin.x: 'pipelin' is not there; did you mean 'pipeline'?"),
        ("1 == <+pipeline.variables.nothing>", "pipeline.variables.nothing is null"),
        ("issue.size() == 1", "it may have more fields than are known"),
        ("issue.Flag ? issue : 1", "yields a map"),
    ],
)
def test_a_condition_says_why(text: str, why: str) -> None:
    assert why in (judge(text).why or "")


@pytest.mark.parametrize(
    ("text", "label", "actual", "expected"),
    [
        ('"Approved" == <+issue.Status>', None, "Status = Pending Approval", "Approved"),
        ("<+issue.Labels[0]> == 'x'", None, 'Labels = ["cab-ok","q1"]', "x"),
        ("<+issue.Flag> == <+issue.Points>", None, "Flag = true, Points = 3", None),
        ("<+issue.Assignee.displayName> == 'A'", None, "Assignee.displayName = Ann", "A"),
        ("<+issue.Nope> == 'A'", None, "Nope = (no such field)", "A"),
        ("<+issue.Status.nope> == 'A'", None, "Status.nope = (cannot be shown)", "A"),
        ("<+issue.Resolution> == null", None, "Resolution = (empty)", "null"),
        ("<+issue.Flag> == (1 / 0)", None, "Flag = true", None),
        ("<+issue.Assignee> == 1", None, 'Assignee = {"displayName":"Ann","active":true}', "1"),
        ("<+pipeline.variables.three> == 3", None, None, None),
        ("issue == 3", None, None, None),
        ("{{ issue.Flag  ==\n true }}", "issue.Flag == true", "Flag = true", "true"),
        ("<+issue.Status>.split(' ')[0] == 'A'", None, "Status = Pending Approval", "A"),
        ("(issue.Points + 1) * 2 == 8", None, "Points = 3", "8"),
        ("issue.Flag is defined", None, "Flag = true", None),
        ("issue.Flag is not defined", None, "Flag = true", None),
    ],
)
def test_a_condition_is_labelled_with_its_own_text(
    text: str, label: str | None, actual: str | None, expected: str | None
) -> None:
    condition = judge(text)
    assert condition.label == (label or text)
    assert condition.actual == actual
    assert condition.expected == expected


def test_long_labels_and_values_are_cut() -> None:
    condition = judge(f'<+issue.Text> == "{"x" * 200}"', {"Text": "y" * 500})
    assert len(condition.label) == 120
    assert condition.label.endswith("…")
    assert condition.actual == f"Text = {'y' * 79}…"
    assert condition.expected == "x" * 79 + "…"


def test_an_error_in_one_condition_leaves_the_others_their_truth() -> None:
    condition = judge("<+issue.Points> > 'x' || <+issue.Flag>")
    assert [part.truth for part in condition.parts] == [None, True]
    assert condition.truth is True


def test_functions_of_time_are_live() -> None:
    criterion = Deferred("<+issue.'Planned Date'> <= currentDate()")
    before = criterion.judge({"issue": ISSUE}, now=lambda: NOW)
    after = criterion.judge({"issue": ISSUE}, now=lambda: NOW.replace(month=2, day=1))
    assert (before.truth, after.truth) == (False, True)


def test_an_absent_item_of_a_list_leaves_the_list_unknown() -> None:
    issue = {"list": ["a", Absent("x", "x is gone", empty=False)]}
    assert judge('issue.list.contains("a")', issue).truth is True
    assert judge('issue.list.contains("b")', issue).why == ('issue.list.contains("b"): x is gone')
    assert judge("issue.list == ['a', 'b']", issue).truth is None


def test_a_value_of_no_known_type_is_unknown() -> None:
    condition = judge("issue.x == 1 && issue.x", {"x": {1, 2}})
    assert [part.truth for part in condition.parts] == [None, None]
    assert condition.truth is None
    assert "a value of type set" in (condition.parts[0].why or "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the expression is empty"),
        ("  ", "the expression is empty"),
        ("<+>", "the expression is empty"),
        ("{{ issue.A }} == 1", "something follows the closing '}}'"),
        ("1 == {{ issue.A }}", "'{' has no meaning"),
        ("<+issue.A> <+issue.B>", "an operator is missing before '<+'"),
        ("<+issue.A> is Done", "an operator is missing|there is no test"),
        ("issue.A == Done Now", "an operator is missing before 'Now'"),
        ("<+issue.A", "'<+' is never closed; add '>'"),
        ("<+issue.A > 3 > 2>", "compare two values|not expected|missing"),
    ],
)
def test_a_criterion_that_is_not_one_expression_is_refused(text: str, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_criterion(text)
    assert any(each in str(caught.value) for each in words.split("|"))
    assert caught.value.offset <= len(text)
