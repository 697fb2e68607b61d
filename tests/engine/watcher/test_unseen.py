"""Looking at gates that wait: what becomes of one that cannot be seen."""

from datetime import timedelta

import pytest

from penstock.duration import parse_duration
from penstock.errors import ConnectorError
from penstock.events import Status
from penstock.run.interruption import Interrupted
from penstock.watch import Snapshot


def test_what_cannot_be_seen_is_asked_less_and_less_often(bench, watched):
    run = watched(watched.gate(timeout="10h"))
    assert run.looks(7) == [60.0, 120.0, 240.0, 480.0, 600.0, 600.0, 600.0]
    events = bench.of_kind("gate_unavailable")
    assert [event.failures for event in events] == [1, 2, 3, 4, 5, 6, 7]
    assert [event.changed for event in events] == [True] + [False] * 6
    assert events[-1].next_look == run.watcher.next_due()
    assert run.attempt().status is Status.APPROVAL_WAITING


def test_an_interval_longer_than_the_longest_pause_is_kept(bench, remote, watched):
    slow = "- step: {identifier: g, type: Await, spec: {connectorRef: r, key: K, interval: 3600}}\n"
    assert watched(slow).looks(3) == [3600.0] * 3


def test_what_is_seen_again_is_asked_every_interval_again(bench, remote, watched):
    run = watched(watched.gate(timeout="10h"))
    seen = Snapshot(bench.clock.now(), {"state": "maybe"})
    remote.looks["K"] = [watched.unseen(), watched.unseen(), seen, watched.unseen()]
    assert run.looks(4) == [60.0, 120.0, 60.0, 60.0]
    events = bench.of_kind("gate_unavailable")
    assert [(event.failures, event.changed) for event in events] == [
        (1, True),
        (2, False),
        (1, True),
    ]


@pytest.mark.parametrize(
    ("retry_after", "pause"),
    [(30, 60), (61, 61), (900, 900), (0, 60), (-5, 60), (float("nan"), 60)],
)
def test_who_asks_us_to_stay_away_is_obeyed(bench, remote, watched, retry_after, pause):
    remote.looks["K"] = [watched.unseen(retry_after=retry_after)]
    assert watched(watched.gate(timeout="10h")).looks(1) == [pause]


@pytest.mark.parametrize("retry_after", [1e6, 1e30, float("inf")])
def test_nobody_can_make_us_stay_away_over_the_deadline(bench, remote, watched, retry_after):
    remote.looks["K"] = [watched.unseen(retry_after=retry_after)]
    run = watched(watched.gate(timeout="90s"))
    # To the deadline, and no longer than the time that a gate past it is given.
    assert run.looks(2) == [90.0, 90.0]
    run.look()
    assert run.attempt().status is Status.EXPIRED


@pytest.mark.parametrize(("timeout", "grace"), [("90s", 90), ("10m", 300)])
def test_an_outage_over_the_deadline_gets_a_grace_and_then_expires(bench, watched, timeout, grace):
    run = watched(watched.gate(timeout=timeout))
    run.looks(3)
    assert run.attempt().status is Status.APPROVAL_WAITING
    while run.watcher.next_due():
        run.look()
    attempt = run.attempt()
    assert attempt.status is Status.EXPIRED
    assert attempt.message == "its time is over; last seen: nothing, since nothing is known"
    took = (attempt.finished - attempt.started).total_seconds()
    assert took >= parse_duration(timeout) + grace
    assert bench.of_kind("gate_unavailable")[-1].reason.endswith("unless it can be seen")


def test_an_approval_that_an_outage_over_the_deadline_hid_is_found(bench, remote, watched):
    run = watched(watched.gate(timeout="1h"))
    while bench.clock.now() < run.state.journal.waits(run.record.id)[0].deadline:
        run.look()  # it cannot be seen for all of this hour
    bench.see("K", "yes")
    run.look()
    assert run.attempt().status is Status.SUCCEEDED


def test_a_clock_that_jumps_ahead_ends_nothing_before_a_look_has_seen_it(bench, watched):
    run = watched()
    run.look()
    bench.jump(timedelta(days=40))
    run.watcher.look()
    assert run.attempt().status is Status.APPROVAL_WAITING
    bench.see("K", "yes")
    run.look()
    assert run.attempt().status is Status.SUCCEEDED


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectorError("no such host"), "no such host"),
        (KeyError("x"), "a defect of the connector's plugin: KeyError: 'x'"),
        (SystemExit(3), "a defect of the connector's plugin: SystemExit: 3"),
    ],
)
def test_whatever_a_look_raises_is_a_reason_to_wait(bench, remote, watched, error, reason):
    def fail(looks):
        raise error

    remote.answer = fail
    run = watched()
    run.look()
    assert bench.of_kind("gate_unavailable")[0].reason == reason
    assert run.attempt().status is Status.APPROVAL_WAITING


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda looks: looks[:1], "1 answers to 2 questions"),
        (lambda looks: looks * 2, "4 answers to 2 questions"),
        (lambda looks: [None, None], "something else than looks to 2 questions"),
        (lambda looks: None, "TypeError: 'NoneType' object is not iterable"),
    ],
)
def test_a_connector_that_answers_something_else_is_not_believed(
    bench, remote, watched, answer, reason
):
    bench.see("A", "yes")
    remote.answer = answer
    run = watched(watched.gate("a", key="A"), watched.gate("b", key="B"))
    run.look()
    reasons = [event.reason for event in bench.of_kind("gate_unavailable")]
    assert reasons == [f"a defect of the connector's plugin: {reason}"] * 2
    assert set(bench.statuses(run.record).values()) == {"ApprovalWaiting"}


def test_a_generator_of_looks_will_do(bench, remote, watched):
    bench.see("K", "yes")
    remote.answer = iter
    run = watched()
    run.look()
    assert run.attempt().status is Status.SUCCEEDED


def test_a_connector_that_cannot_be_resolved_is_resolved_afresh_at_the_next_look(
    bench, remote, watched
):
    def missing(reference):
        raise ConnectorError(f"there is no connector {reference!r}")

    remote.on_resolve = missing
    bench.see("K", "yes")
    run = watched()
    run.look()
    assert bench.of_kind("gate_unavailable")[0].reason == "there is no connector 'r'"
    remote.on_resolve = lambda reference: None
    run.look()
    assert run.attempt().status is Status.SUCCEEDED


def test_a_stop_during_a_look_is_no_reason_to_wait(bench, remote, watched):
    def interrupted(looks):
        raise Interrupted("stopped by SIGINT")

    remote.answer = interrupted
    run = watched()
    with pytest.raises(Interrupted):
        run.look()
    assert bench.of_kind("gate_unavailable") == []
