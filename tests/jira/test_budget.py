"""The request budget: what Jira says of its limits, and who may ask when."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from penstock_jira.answer import Answer
from penstock_jira.budget import Budget, Hold, Purpose
from penstock_jira.limits import Allowance, Pause, allowance_of, pause_of

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
READ, WRITE, POLL = Purpose.READ, Purpose.WRITE, Purpose.POLL


def tokens(limit: Any, remaining: Any, fill: Any, interval: Any, **more: str) -> dict[str, str]:
    names = ("limit", "remaining", "fillrate", "interval-seconds")
    told = {
        f"x-ratelimit-{name}": str(value)
        for name, value in zip(names, (limit, remaining, fill, interval), strict=True)
    }
    return told | {name.replace("_", "-"): value for name, value in more.items()}


# What is read


@pytest.mark.parametrize(
    ("status", "headers", "pause"),
    [
        (200, {"retry-after": "9"}, None),
        (404, {"retry-after": "9"}, None),
        (503, {}, None),
        (503, {"retry-after": "0"}, None),
        (503, {"retry-after": "9"}, Pause(9.0, "", of_issue=False)),
        (429, {}, Pause(None, "", of_issue=False)),
        (429, {"retry-after": "soon"}, Pause(None, "", of_issue=False)),
        (429, {"x-failure-category": "FAILURE_CLIENT"}, Pause(None, "", of_issue=False)),
        (
            429,
            {"retry-after": "30", "ratelimit-reason": "jira-burst-based"},
            Pause(30.0, "burst limit", of_issue=False),
        ),
        (
            429,
            {"retry-after": "2", "ratelimit-reason": "jira-per-issue-on-write"},
            Pause(2.0, "limit of writes to one issue", of_issue=True),
        ),
        (
            429,
            {"x-ratelimit-reset": "2026-03-02T09:20Z", "ratelimit-reason": "jira-quota-x"},
            Pause(1200.0, "hourly quota", of_issue=False),
        ),
        (
            429,
            {"ratelimit": '"global-app-quota";r=0;t=600', "ratelimit-reason": "jira-quota-x"},
            Pause(600.0, "hourly quota", of_issue=False),
        ),
        (
            429,
            {"beta-ratelimit": '"q";r=0; t=7', "ratelimit-reason": "jira-quota-global-based"},
            Pause(7.0, "hourly quota", of_issue=False),
        ),
        (
            429,
            {"beta-ratelimit": '"q";r=0;t=soon', "ratelimit-reason": "jira-quota-global-based"},
            Pause(None, "hourly quota", of_issue=False),
        ),
        (
            429,
            {"beta-ratelimit": '"q";r=0;t=7', "ratelimit-reason": "jira-burst-based"},
            Pause(None, "burst limit", of_issue=False),
        ),
        (
            429,
            {"ratelimit-reason": "something\x1b[31m new"},
            Pause(None, "something [31m new", of_issue=False),
        ),
    ],
)
def test_a_pause_is_read_from_an_answer(
    status: int, headers: dict[str, str], pause: Pause | None
) -> None:
    assert pause_of(status, headers, NOW) == pause


@pytest.mark.parametrize(
    ("pause", "words"),
    [
        (Pause(30.0, "burst limit", of_issue=False), "asked to wait 30 s (burst limit)"),
        (Pause(0.2, "", of_issue=False), "asked to wait 1 s"),
        (Pause(None, "burst limit", of_issue=False), "asked to wait (burst limit)"),
        (Pause(0.0, "", of_issue=False), "asked to wait"),
    ],
)
def test_a_pause_is_told_in_words(pause: Pause, words: str) -> None:
    assert str(pause) == words


@pytest.mark.parametrize(
    ("headers", "allowance"),
    [
        (tokens(70, 69, 5, 1), Allowance(70, 69, 5, 1.0, 1.0)),
        (tokens(70, 90, 5, 1), Allowance(70, 70, 5, 1.0, 1.0)),
        (tokens(15, 0, 5, 60, retry_after="20"), Allowance(15, 0, 5, 60.0, 20.0)),
        (tokens(15, 0, 5, 60, retry_after="999"), Allowance(15, 0, 5, 60.0, 60.0)),
        (tokens(15, 3, 5, 60, retry_after="0"), Allowance(15, 3, 5, 60.0, 60.0)),
        (tokens(0, 0, 0, 0), None),
        (tokens(15, 0, 0, 60), None),
        (tokens(15, "many", 5, 60), None),
        (tokens(15, -1, 5, 60), None),
        (tokens("9" * 40, 0, 5, 60), None),
        ({"x-ratelimit-limit": "350", "x-ratelimit-remaining": "0"}, None),
        ({}, None),
    ],
)
def test_tokens_are_read_where_all_of_it_is_told(
    headers: dict[str, str], allowance: Allowance | None
) -> None:
    assert allowance_of(headers, NOW) == allowance


# Who may ask


def heard(
    budget: Budget, status: int, at: float = 0.0, issue: str | None = None, **headers: str
) -> None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = Answer("https://jira", status, named, b"")
    budget.heard(answer, issue, at=at, now=NOW + timedelta(seconds=at))


def seconds(hold: Hold | None) -> float | None:
    return None if hold is None else round(hold.seconds, 3)


@pytest.mark.parametrize("purpose", list(Purpose))
def test_nothing_is_held_where_nothing_is_known(purpose: Purpose) -> None:
    budget = Budget()
    assert [budget.ask(purpose, None, 0.0) for _ in range(1000)] == [None] * 1000


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_pause_that_one_request_met_holds_for_all(purpose: Purpose) -> None:
    budget = Budget()
    heard(budget, 429, 10.0, retry_after="30", ratelimit_reason="jira-burst-based")
    assert budget.ask(purpose, "REL-1", 15.0) == Hold(25.0, "it asked to wait 30 s (burst limit)")
    assert seconds(budget.ask(purpose, None, 39.5)) == 0.5
    assert budget.ask(purpose, None, 40.0) is None


def test_a_longer_pause_is_not_cut_short_by_a_later_one() -> None:
    budget = Budget()
    heard(budget, 429, 0.0, retry_after="60")
    heard(budget, 429, 1.0, retry_after="5")
    assert seconds(budget.ask(READ, None, 2.0)) == 58.0


def test_a_pause_without_a_time_grows_until_jira_answers() -> None:
    budget, at, waits = Budget(), 0.0, []
    for _ in range(8):
        heard(budget, 429, at)
        hold = budget.ask(READ, None, at)
        assert hold is not None and hold.reason == "it asked to wait"
        waits.append(hold.seconds)
        at += hold.seconds
    assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30]
    heard(budget, 200, at)
    heard(budget, 429, at)
    assert seconds(budget.ask(READ, None, at)) == 0.5


def test_a_limit_of_one_issue_holds_only_writes_to_it() -> None:
    budget = Budget()
    slow = {"retry_after": "7", "ratelimit_reason": "jira-per-issue-on-write"}
    heard(budget, 429, 0.0, "REL-1", **slow)
    heard(budget, 429, 0.0, "REL-1", **{**slow, "retry_after": "3"})
    assert budget.ask(WRITE, "REL-1", 1.0) == Hold(
        6.0, "it asked to wait 7 s (limit of writes to one issue)"
    )
    assert budget.ask(WRITE, "REL-2", 1.0) is None
    assert budget.ask(READ, None, 1.0) is None
    assert budget.ask(POLL, None, 1.0) is None
    assert budget.ask(WRITE, "REL-1", 7.0) is None


def test_a_limit_of_an_issue_that_is_not_known_holds_all() -> None:
    budget = Budget()
    heard(budget, 429, 0.0, None, retry_after="7", ratelimit_reason="jira-per-issue-on-write")
    assert seconds(budget.ask(WRITE, "REL-1", 1.0)) == 6.0


def test_twenty_writes_to_one_issue_go_in_two_seconds_and_a_hundred_in_thirty() -> None:
    budget, at, sent = Budget(), 0.0, []
    while len(sent) < 150:
        hold = budget.ask(WRITE, "REL-1", at)
        if hold is None:
            sent.append(at)
        else:
            assert hold.reason.startswith("it takes ") and hold.seconds > 0
            at += hold.seconds
    for most, window in ((20, 2.0), (100, 30.0)):
        spans = [late - early for early, late in zip(sent, sent[most:], strict=False)]
        assert min(spans) >= window - 1e-6
    assert sent[99] == pytest.approx(8.0)
    assert sent[100] == pytest.approx(30.0)
    assert budget.ask(WRITE, "REL-2", at) is None


def test_writes_to_issues_that_are_long_over_are_forgotten() -> None:
    budget = Budget()
    for number in range(1000):
        assert budget.ask(WRITE, f"REL-{number}", float(number)) is None
    assert len(budget._issues) <= 31


def test_the_tokens_of_data_center_are_spent_and_come_back() -> None:
    budget = Budget()
    heard(budget, 200, 0.0, **tokens(10, 3, 5, 60))
    assert [budget.ask(WRITE, None, 1.0) for _ in range(3)] == [None] * 3
    assert budget.ask(WRITE, None, 1.0) == Hold(59.0, "it allows 5 requests in 60 s")
    assert [budget.ask(WRITE, None, 60.0) for _ in range(5)] == [None] * 5
    assert seconds(budget.ask(WRITE, None, 61.0)) == 59.0


def test_tokens_come_in_batches_and_no_more_than_there_is_room_for() -> None:
    budget = Budget()
    heard(budget, 200, 0.0, **tokens(10, 0, 4, 60, retry_after="20"))

    def spent(at: float) -> int:
        count = 0
        while budget.ask(WRITE, None, at) is None:
            count += 1
        return count

    assert [spent(at) for at in (0, 19.9, 20, 79.9, 80, 10_000, 10_001)] == [0, 0, 4, 0, 4, 10, 0]


def test_the_next_answer_tells_anew_how_many_tokens_there_are() -> None:
    budget = Budget()
    heard(budget, 200, 0.0, **tokens(10, 0, 5, 60))
    assert budget.ask(READ, None, 1.0) is not None
    heard(budget, 200, 2.0, **tokens(10, 9, 5, 60))
    assert budget.ask(READ, None, 3.0) is None


def test_a_fifth_of_the_tokens_is_left_to_steps() -> None:
    budget = Budget()
    heard(budget, 200, 0.0, **tokens(10, 3, 5, 60))
    assert budget.ask(POLL, None, 0.0) is None
    assert budget.ask(POLL, None, 0.0) == Hold(60.0, "it allows 5 requests in 60 s")
    assert budget.ask(WRITE, None, 0.0) is None
    assert budget.ask(READ, None, 0.0) is None
    assert budget.ask(READ, None, 0.0) is not None


def test_a_poll_stands_back_while_a_step_waits() -> None:
    budget = Budget()
    with budget.waiting():
        assert budget.ask(POLL, None, 0.0) == Hold(1.0, "a step waits for it, and goes first")
        assert budget.ask(WRITE, None, 0.0) is None
    assert budget.ask(POLL, None, 0.0) is None


def test_threads_that_share_a_budget_spend_no_token_twice() -> None:
    budget, got, start = Budget(), [], threading.Barrier(8)
    heard(budget, 200, 0.0, **tokens(1000, 500, 1, 3600))

    def spend() -> None:
        start.wait()
        mine = 0
        while budget.ask(WRITE, None, 1.0) is None:
            mine += 1
        got.append(mine)

    threads = [threading.Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(got) == 500
