"""Looking at gates that wait: what is written and told, and how a wait ends."""

from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.events import Status
from penstock.evidence import broken
from penstock.journal import Journal
from penstock.verdict import VerdictStatus

# What is written and told


def test_a_look_that_changes_nothing_writes_nothing(bench, watched):
    bench.see("K", "maybe", "maybe", "maybe", "perhaps")
    run = watched()
    other = Journal(bench.journal.file)

    def commits() -> int:
        return other.changed_elsewhere()

    before = commits()
    run.look()
    first = commits()
    assert first != before  # the first verdict
    run.looks(2)
    assert commits() == first
    run.look()
    assert commits() != first
    assert [event.changed for event in bench.of_kind("gate_looked")] == [True, False, False, True]
    other.close()


def test_a_look_that_sees_nothing_writes_nothing(bench, watched):
    run = watched()
    other = Journal(bench.journal.file)
    before = other.changed_elsewhere()
    run.looks(5)
    assert other.changed_elsewhere() == before
    other.close()


def test_a_new_life_tells_what_was_seen_last_and_writes_nothing(bench, watched):
    bench.see("K", "maybe")
    run = watched()
    run.look()
    run.revive()
    other = Journal(bench.journal.file)
    before = other.changed_elsewhere()
    run.looks(2)
    assert other.changed_elsewhere() == before
    assert [event.changed for event in bench.of_kind("gate_looked")] == [True, True, False]
    other.close()


def test_since_when_a_value_is_what_it_is_outlives_looks_and_lives(bench, watched):
    bench.see("K", "to do")
    run = watched()
    run.look()
    assert run.verdict().approval.since is None
    bench.see("K", "doing")
    changed = bench.clock.now().isoformat()
    run.look()
    assert run.verdict().approval.since == changed
    run.revive()
    bench.clock.advance(3600)
    bench.see("K", "doing")
    run.look()
    assert run.verdict().approval.since == changed


def test_a_look_is_told_with_its_verdict_and_the_next(bench, watched):
    bench.see("K", "maybe")
    run = watched()
    run.look()
    event = bench.of_kind("gate_looked")[0]
    assert (event.path, event.verdict.reason, event.verdict.status) == (
        "s/g",
        "state is maybe",
        VerdictStatus.WAITING,
    )
    assert event.next_look == bench.clock.now() + timedelta(seconds=60)


# How a wait ends


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("yes", (Status.SUCCEEDED, "", None)),
        ("no", (Status.APPROVAL_REJECTED, "state is no", "ApprovalRejection")),
        ("gone", (Status.FAILED, "state is gone", "Unknown")),
    ],
)
def test_a_verdict_ends_the_wait_and_is_kept(bench, watched, state, expected):
    bench.see("K", state, note="n")
    run = watched()
    run.look()
    attempt = run.attempt()
    assert (attempt.status, attempt.message, attempt.failure) == expected
    assert attempt.outputs == {"state": state, "note": "n"}
    assert run.verdict().reason == f"state is {state}"
    assert bench.of_kind("gate_looked")[0].next_look is None
    assert bench.of_kind("step_finished")[0].status is expected[0]
    assert bench.journal.run(run.record.id).status is Status.RUNNING


def test_the_last_look_is_at_the_deadline_exactly_and_ends_the_wait(bench, watched):
    bench.see("K", "maybe")
    run = watched(watched.gate(timeout="90s"))
    assert run.looks(2) == [60.0, 30.0]
    assert run.attempt().status is Status.APPROVAL_WAITING
    run.look()
    attempt = run.attempt()
    assert (attempt.status, attempt.failure) == (Status.EXPIRED, "Timeout")
    assert attempt.message == "its time is over; last seen: state is maybe"
    assert (attempt.finished - attempt.started).total_seconds() == 90
    assert run.verdict().reason == "state is maybe"


@pytest.mark.parametrize(
    ("state", "decided", "status"),
    [
        ("yes", None, Status.SUCCEEDED),
        ("yes", 0, Status.SUCCEEDED),
        ("yes", -1, Status.SUCCEEDED),
        ("yes", 1, Status.EXPIRED),
        ("no", 1, Status.APPROVAL_REJECTED),
        ("no", None, Status.APPROVAL_REJECTED),
        ("gone", None, Status.EXPIRED),
    ],
)
def test_after_the_deadline_what_was_approved_in_time_counts_and_any_rejection(
    *, bench, watched, remote, state, decided, status
):
    run = watched(watched.gate(timeout="90s"))
    deadline = bench.clock.now() + timedelta(seconds=90)
    at = None if decided is None else deadline + timedelta(seconds=decided)
    remote.verdict = lambda verdict: replace(verdict, decided=at)
    bench.clock.advance(1000)
    bench.see("K", state)
    run.look()
    assert run.attempt().status is status


def test_an_approval_before_the_deadline_counts_whenever_it_was_decided(bench, remote, watched):
    later = bench.clock.now() + timedelta(days=1)  # another system's clock may be wrong
    remote.verdict = lambda verdict: replace(verdict, decided=later)
    bench.see("K", "yes")
    run = watched()
    run.look()
    assert run.attempt().status is Status.SUCCEEDED


def test_a_new_life_asks_about_the_gates_that_are_still_open(bench, remote, watched):
    bench.see("A", "yes")
    run = watched(watched.gate("a", key="A"), watched.gate("b", key="B"))
    run.look()
    run.revive()
    run.look()
    assert remote.asked == [("A", "B"), ("B",)]


def test_a_life_that_begins_after_the_deadline_looks_before_it_judges(bench, watched):
    run = watched(watched.gate("g"), watched.gate("h", key="L"))
    bench.clock.advance(100_000)
    run.revive()
    bench.see("K", "yes")
    bench.see("L", "maybe")
    run.look()
    assert bench.statuses(run.record) == {"s/g": "Succeeded", "s/h": "Expired"}


def test_a_clock_that_is_set_back_makes_no_wait_longer(bench, watched):
    bench.see("K", "maybe")
    run = watched(watched.gate(timeout="90s"))
    run.look()
    bench.jump(timedelta(days=-2))
    run.watcher.hurry()
    run.look()
    bench.clock.advance(90)
    run.watcher.look()
    assert run.attempt().status is Status.EXPIRED


# What is kept of its end


def evident(verdict):
    """Return *verdict* with evidence."""
    return replace(verdict, evidence={"issue": {"state": verdict.reason}})


@pytest.mark.parametrize(("state", "status"), [("yes", "approved"), ("no", "rejected")])
def test_what_an_end_rests_on_is_kept_sealed_and_not_told(bench, watched, remote, state, status):
    remote.verdict = evident
    bench.see("K", "maybe", state)
    run = watched()
    run.look()
    assert run.verdict().evidence == {}
    run.look()
    kept = run.verdict().evidence
    assert kept["issue"] == {"state": f"state is {state}"}
    assert kept["verdict"]["status"] == status
    assert kept["verdict"]["approval"]["label"] == "state equals"
    assert set(kept["sha256"]) == {"issue", "verdict"}
    assert broken(kept) == ()
    assert [event.verdict.evidence for event in bench.of_kind("gate_looked")] == [{}, {}]


def test_what_was_seen_last_of_a_gate_that_expires_is_kept(bench, watched, remote):
    remote.verdict = evident
    bench.see("K", "maybe")
    run = watched(watched.gate(timeout="90s"))
    run.look()
    run.look()
    run.look()
    assert run.attempt().status is Status.EXPIRED
    assert run.verdict().evidence["issue"] == {"state": "state is maybe"}


def test_looks_that_differ_in_evidence_only_are_the_same(bench, watched, remote):
    seen = iter(range(9))
    remote.verdict = lambda verdict: replace(verdict, evidence={"number": next(seen)})
    bench.see("K", "maybe")
    watched().looks(3)
    assert [event.changed for event in bench.of_kind("gate_looked")] == [True, False, False]


@pytest.mark.parametrize(
    ("evidence", "why"),
    [
        ({"large": "x" * 2_000_000}, "it is larger than 1048576 characters"),
        ({"odd": {1, 2}}, "it is no JSON: Object of type set is not JSON serializable"),
        ({"odd": float("nan")}, "it is no JSON: Out of range float values"),
    ],
)
def test_evidence_that_cannot_be_kept_keeps_nothing_back(bench, watched, remote, evidence, why):
    remote.verdict = lambda verdict: replace(verdict, evidence=evidence)
    bench.see("K", "yes")
    run = watched()
    run.look()
    assert run.attempt().status is Status.SUCCEEDED
    assert f"the evidence was left out: {why}" in run.verdict().evidence["left_out"]
