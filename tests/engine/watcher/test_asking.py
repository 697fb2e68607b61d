"""Looking at gates that wait: what is asked, and when."""

import random
from dataclasses import replace

import pytest


def test_the_gates_of_one_connector_are_asked_in_one_question(bench, remote, watched):
    watched(
        watched.gate("a", key="A"),
        watched.gate("b", key="B"),
        watched.gate("c", key="C", connector="other"),
    ).look()
    assert remote.asked == [("A", "B"), ("C",)]


def test_each_gate_gets_its_own_answer(bench, watched):
    bench.see("A", "yes")
    bench.see("B", "no")
    run = watched(
        watched.gate("a", key="A"), watched.gate("b", key="B"), watched.gate("c", key="C")
    )
    run.look()
    assert bench.statuses(run.record) == {
        "s/a": "Succeeded",
        "s/b": "ApprovalRejected",
        "s/c": "ApprovalWaiting",
    }


def test_a_new_gate_is_looked_at_at_once_and_then_every_interval(bench, watched):
    bench.see("K", "maybe")
    run = watched()
    assert run.watcher.next_due() == bench.clock.now()
    assert run.looks(3) == [60.0, 60.0, 60.0]


def test_only_what_is_due_is_asked(bench, remote, watched):
    bench.see("A", "maybe")
    run = watched(watched.gate("a", key="A"), watched.gate("b", key="B"))
    run.look()
    run.look()
    bench.clock.advance(60)
    run.watcher.look()
    assert remote.asked == [("A", "B"), ("A", "B"), ("A",)]


def test_a_hurry_asks_about_every_gate_now(bench, remote, watched):
    bench.see("A", "maybe")
    run = watched(watched.gate("a", key="A"), watched.gate("b", key="B"))
    run.look()
    run.watcher.hurry()
    run.watcher.look()
    assert remote.asked == [("A", "B"), ("A", "B")]


def test_a_look_is_told_of_the_gate_and_of_what_its_last_verdict_left(bench, remote, watched):
    opened = bench.clock.now()
    bench.see("K", "maybe")
    remote.verdict = lambda verdict: replace(verdict, outputs={"seen": "maybe"})
    run = watched()
    run.look()
    run.revive()
    run.look()
    first, second = remote.watched
    assert (first.asks, first.opened) == ({"wanted": "yes"}, opened)
    assert first.user == run.state.facts.user
    assert (first.known, second.known) == ({}, {"seen": "maybe"})


def test_the_next_look_is_at_most_a_tenth_of_the_interval_late(bench, watched):
    bench.see("K", "maybe")
    lags = iter([0.0, 0.5, 0.999])
    bench.jitter = lambda: next(lags)
    assert watched().looks(3) == pytest.approx([60.0, 63.0, 65.994])


def test_a_pause_that_was_asked_for_is_only_made_longer(bench, remote, watched):
    remote.looks["K"] = [watched.unseen(retry_after=200)]
    bench.jitter = lambda: 0.5
    assert watched(watched.gate(timeout="10h")).looks(1) == pytest.approx([210.0])


def test_no_look_is_late_for_the_deadline(bench, watched):
    bench.see("K", "maybe")
    bench.jitter = lambda: 0.999
    run = watched(watched.gate(timeout="64s"))
    assert run.looks(1) == [64.0]


def test_gates_that_were_asked_together_stay_together(bench, remote, watched):
    bench.see("A", "maybe")
    bench.see("B", "maybe")
    lags = iter([0.3, 0.8, 0.1])
    bench.jitter = lambda: next(lags)
    watched(watched.gate("a", key="A"), watched.gate("b", key="B")).looks(3)
    assert remote.asked == [("A", "B")] * 3


def test_two_runs_that_began_together_drift_apart(bench, watched):
    bench.see("K", "maybe")
    bench.jitter = random.Random(4).random
    first, second = watched(), watched()
    pauses = [run.looks(1)[0] for run in (first, second)]
    assert pauses[0] != pauses[1]
    assert all(60 <= pause <= 66 for pause in pauses)


def test_without_gates_nothing_is_due(bench, watched):
    bench.see("K", "yes")
    run = watched()
    run.look()
    assert run.watcher.next_due() is None
