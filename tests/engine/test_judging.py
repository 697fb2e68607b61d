"""What a look means: which verdicts are taken, and since when values are what they are."""

from datetime import UTC, datetime

import pytest

from penstock.run.judging import dated, is_same, judged
from penstock.verdict import Combination, Condition, Verdict, VerdictStatus
from penstock.watch import Snapshot

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SINCE = "2026-03-02T09:00:00+00:00"
SEEN = Snapshot(AT, {})


class Judge:
    """Stands for a gate: returns or raises what it is given."""

    def __init__(self, answer):
        self.answer = answer

    def judge(self, snapshot):
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


def waiting(approval=None, rejection=None, **more):
    return Verdict(VerdictStatus.WAITING, "not yet", approval, rejection, **more)


def test_a_verdict_is_taken_as_it_is():
    verdict = waiting(Condition("x", None), decided=AT, outputs={"a": [1]})
    assert judged(Judge(verdict), SEEN) is verdict


def approved(**more):
    return Verdict(VerdictStatus.APPROVED, "yes", **more)


DEEP = Condition("x", True)
for _ in range(5000):
    DEEP = Condition("x", True, combine=Combination.NOT, parts=(DEEP,))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (ZeroDivisionError("x"), "ZeroDivisionError: x"),
        (SystemExit(3), "SystemExit: 3"),
        (None, "TypeError: judge returned NoneType, no verdict"),
        (True, "TypeError: judge returned bool, no verdict"),
        ("approved", "TypeError: judge returned str, no verdict"),
        (approved(outputs={"x": object()}), "TypeError: Object of type object is not JSON"),
        (approved(outputs={"x": float("nan")}), "ValueError: Out of range float values"),
        (approved(outputs={"x": "x" * 2_000_000}), "ValueError: the verdict is larger than"),
        (approved(decided=datetime(2026, 3, 2)), "ValueError: the instant of a decision has no"),  # noqa: DTZ001 - what is tested
        (approved(approval=DEEP), "RecursionError"),
    ],
)
def test_what_cannot_be_judged_waits_and_says_why(answer, reason):
    verdict = judged(Judge(answer), SEEN)
    assert verdict.status is VerdictStatus.WAITING
    assert verdict.reason.startswith(f"it cannot be judged: {reason}")


def test_two_verdicts_are_the_same_whatever_their_outputs_are():
    assert is_same(waiting(outputs={"a": 1}), waiting(outputs={"a": 2}))
    assert not is_same(waiting(Condition("x", None)), waiting(Condition("x", False)))


def since(before, after):
    """Return since when the leaf of *after* is dated, seen after *before*."""
    return dated(waiting(before), waiting(after), AT).approval.since


def test_the_first_look_dates_nothing():
    verdict = waiting(Condition("x", False, actual="To Do"))
    assert dated(None, verdict, AT) == verdict


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (Condition("x", False, actual="a"), Condition("x", False, actual="a"), None),
        (Condition("x", False, actual="a"), Condition("x", False, actual="b"), SINCE),
        (Condition("x", False, actual="a", since="1"), Condition("x", False, actual="a"), "1"),
        (Condition("x", False, actual="a", since="1"), Condition("x", False, actual="b"), SINCE),
        (Condition("x", False, actual="a", since="1"), Condition("x", 0, since="2"), "2"),
        (Condition("y", False, actual="a", since="1"), Condition("x", False, actual="a"), None),
        (None, Condition("x", False, actual="a"), None),
    ],
)
def test_a_value_is_dated_from_the_look_at_which_it_changed(before, after, expected):
    assert since(before, after) == expected


def test_a_condition_that_is_gone_is_no_matter():
    assert dated(waiting(Condition("x", None)), waiting(), AT) == waiting()


def test_the_rejection_is_dated_too():
    before, after = (waiting(None, Condition("x", None, actual=value)) for value in "ab")
    assert dated(before, after, AT).rejection.since == SINCE


def tree(*leaves):
    parts = tuple(Condition(label, None, actual=actual) for label, actual in leaves)
    return Condition("all", None, combine=Combination.ALL, parts=parts)


def test_the_parts_of_a_condition_are_dated_each_for_itself():
    after = dated(
        waiting(tree(("x", "1"), ("y", "1"))), waiting(tree(("x", "2"), ("y", "1"))), AT
    ).approval
    assert [part.since for part in after.parts] == [SINCE, None]


@pytest.mark.parametrize("earlier", [tree(("x", "1")), tree(("x", "1"), ("y", "1"), ("z", "1"))])
def test_a_condition_with_other_parts_than_before_keeps_all_of_its_own(earlier):
    after = dated(waiting(earlier), waiting(tree(("x", "2"), ("y", "1"))), AT).approval
    assert [part.label for part in after.parts] == ["x", "y"]
