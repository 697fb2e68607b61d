"""The page of a backtest, for a person and for a program."""

import json
from datetime import UTC, datetime

from penstock.render.backtest import (
    BacktestPage,
    BacktestRow,
    OddCondition,
    row_json,
    summary_json,
)
from penstock.render.json_lines import json_line

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ROWS = [
    BacktestRow("REL-1", "approved", "it is green", AT, 3600.0, "http://x/REL-1"),
    BacktestRow("REL-2", "hung", "it is\x1b[2J grey"),
]
ODD = OddCondition("Status equals", "Aproved", False, {"To Do": 1, "Approved": 5}, "Approved")


def page(**more):
    base = {"gate": "s/g", "query": "project = REL", "timeout": 600.0, "rows": ROWS}
    return BacktestPage(**{**base, "approved_after": [3600.0], "median": 3600.0, **more})


def test_a_row_says_what_when_and_why_and_nothing_reaches_the_terminal():
    lines = page().text(NOW, UTC).splitlines()
    assert lines[0] == "s/g  project = REL"
    assert lines[2:5] == [
        "TICKET  OUTCOME   WHEN              AFTER   BECAUSE",
        "REL-1   approved  2026-03-01 09:00  1h 00m  it is green",
        "REL-2   hung                                it is grey",
    ]


def test_the_sums_tell_how_long_it_took_and_how_many_came_too_late():
    assert page(cut=True).text(NOW, UTC).splitlines()[6:] == [
        "2 tickets: 1 approved, 1 hung",
        "approved 1h 00m after it was made (median), 1h 00m at most",
        "1 of them later than the step's timeout of 10m 00s",
        "there are more than 2: these are the first; --limit takes more",
    ]


def test_without_tickets_it_says_so():
    text = page(rows=[], approved_after=[], median=None).text(NOW, UTC)
    assert text.splitlines()[2:] == ["no ticket was found"]


def test_what_is_odd_and_what_is_not_known_is_listed():
    found = page(never_true=[ODD], suspicions=["no such thing"], doubts={"few": 1, "many": 2})
    assert found.text(NOW, UTC).splitlines()[-7:] == [
        "Suspicious:",
        '  Status equals "Aproved" was never true; there was "Approved", "To Do"; '
        "did you mean 'Approved'?",
        "  no such thing",
        "",
        "Not known:",
        "  many (2 of 2)",
        "  few (1 of 2)",
    ]


def test_colours_are_for_terminals():
    text = page().text(NOW, UTC, colour=True)
    assert "\x1b[32mapproved\x1b[0m" in text
    assert "\x1b[33mhung\x1b[0m" in text
    assert "\x1b" not in page().text(NOW, UTC)


def test_a_condition_that_had_nothing_to_compare_says_so():
    odd = OddCondition("<+issue.X>", None, True, {})
    assert odd.told == "rejects when <+issue.X> was never true; nothing was there to compare"


def test_of_many_values_the_most_frequent_are_told():
    seen = {f"v{number}": number for number in range(9)}
    told = OddCondition("X equals", "v", False, seen).told
    assert told.endswith('there was "v8", "v7", "v6", "v5", "v4", "v3" and 3 more')


def test_as_json_there_is_a_line_for_each_ticket_and_one_for_all():
    first = json.loads(json_line(row_json(ROWS[0])))
    assert first == {
        "event": "ticket_replayed",
        "key": "REL-1",
        "link": "http://x/REL-1",
        "outcome": "approved",
        "at": "2026-03-01T09:00:00.000Z",
        "after": 3600.0,
        "reason": "it is green",
        "verdict": None,
    }
    last = json.loads(json_line(summary_json(page(never_true=[ODD], doubts={"few": 1}))))
    assert (last["event"], last["tickets"], last["approved"]) == ("backtest_finished", 2, 1)
    assert (last["hung"], last["late"], last["longest"]) == (1, 1, 3600.0)
    assert last["never_true"][0]["seen"] == {"To Do": 1, "Approved": 5}
    assert last["doubts"] == {"few": 1}
