"""Looking at gates that wait: when, what is asked, what is written, and how a wait ends."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from textwrap import indent

import pytest

from penstock.duration import parse_duration
from penstock.errors import ConnectorError, OwnershipLost
from penstock.events import Status
from penstock.journal import Journal
from penstock.run.interruption import Interrupted, Stop
from penstock.run.runner import Runner
from penstock.run.state import RunState
from penstock.run.watcher import Watcher
from penstock.step import Headline, Step
from penstock.verdict import VerdictStatus
from penstock.watch import Snapshot, Unavailable

GATE = """\
- step:
    identifier: {name}
    type: {type}
    timeout: {timeout}
    spec: {{connectorRef: {connector}, key: {key}}}
"""


def gate(name="g", type="Await", timeout="10m", connector="r", key="K"):  # noqa: A002 - YAML's name
    return GATE.format(name=name, type=type, timeout=timeout, connector=connector, key=key)


class Watched:
    """A run all of whose steps are gates that wait, and its watcher."""

    def __init__(self, bench, *gates):
        self.bench = bench
        steps = "- parallel:\n" + indent("".join(gates or [gate()]), "    ")
        self.record = bench.add(bench.pipeline(steps))
        self.revive()

    def revive(self) -> None:
        """Begin a new life of the run."""
        self.state: RunState = self.bench.state(self.record)
        self.watcher = Watcher(self.state)
        Runner(self.state, Stop()).advance()
        self.watcher.refresh()

    def look(self) -> None:
        """Let time pass until the next look is due, and look."""
        left = (self.watcher.next_due() - self.bench.clock.now()).total_seconds()
        self.bench.clock.advance(max(0.0, left))
        self.watcher.look()

    def looks(self, count: int) -> list[float]:
        """Look so often; return after how many seconds, each time, the next look is due."""
        pauses = []
        for _ in range(count):
            self.look()
            pauses.append((self.watcher.next_due() - self.bench.clock.now()).total_seconds())
        return pauses

    def attempt(self, path="s/g"):
        return next(i for i in self.bench.journal.attempts(self.record.id) if i.path == path)

    def verdict(self, path="s/g"):
        waits = self.bench.journal.waits(self.record.id)
        return next(wait.verdict for wait in waits if wait.path == path)


@pytest.fixture
def watched(bench) -> Callable[..., Watched]:
    return lambda *gates: Watched(bench, *gates)


def unseen(bench, reason="Jira: 503", retry_after=None):
    return Unavailable(bench.clock.now(), reason, retry_after)


# What is asked, and when


def test_the_gates_of_one_connector_are_asked_in_one_question(bench, remote, watched):
    watched(gate("a", key="A"), gate("b", key="B"), gate("c", key="C", connector="other")).look()
    assert remote.asked == [("A", "B"), ("C",)]


def test_each_gate_gets_its_own_answer(bench, watched):
    bench.see("A", "yes")
    bench.see("B", "no")
    run = watched(gate("a", key="A"), gate("b", key="B"), gate("c", key="C"))
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
    run = watched(gate("a", key="A"), gate("b", key="B"))
    run.look()
    run.look()
    bench.clock.advance(60)
    run.watcher.look()
    assert remote.asked == [("A", "B"), ("A", "B"), ("A",)]


def test_a_hurry_asks_about_every_gate_now(bench, remote, watched):
    bench.see("A", "maybe")
    run = watched(gate("a", key="A"), gate("b", key="B"))
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
    remote.looks["K"] = [unseen(bench, retry_after=200)]
    bench.jitter = lambda: 0.5
    assert watched(gate(timeout="10h")).looks(1) == pytest.approx([210.0])


def test_no_look_is_late_for_the_deadline(bench, watched):
    bench.see("K", "maybe")
    bench.jitter = lambda: 0.999
    run = watched(gate(timeout="64s"))
    assert run.looks(1) == [64.0]


def test_gates_that_were_asked_together_stay_together(bench, remote, watched):
    bench.see("A", "maybe")
    bench.see("B", "maybe")
    lags = iter([0.3, 0.8, 0.1])
    bench.jitter = lambda: next(lags)
    watched(gate("a", key="A"), gate("b", key="B")).looks(3)
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
    run = watched(gate(timeout="90s"))
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
    bench, remote, state, decided, status
):
    run = Watched(bench, gate(timeout="90s"))
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
    run = watched(gate("a", key="A"), gate("b", key="B"))
    run.look()
    run.revive()
    run.look()
    assert remote.asked == [("A", "B"), ("B",)]


def test_a_life_that_begins_after_the_deadline_looks_before_it_judges(bench, watched):
    run = watched(gate("g"), gate("h", key="L"))
    bench.clock.advance(100_000)
    run.revive()
    bench.see("K", "yes")
    bench.see("L", "maybe")
    run.look()
    assert bench.statuses(run.record) == {"s/g": "Succeeded", "s/h": "Expired"}


def test_a_clock_that_is_set_back_makes_no_wait_longer(bench, watched):
    bench.see("K", "maybe")
    run = watched(gate(timeout="90s"))
    run.look()
    bench.jump(timedelta(days=-2))
    run.watcher.hurry()
    run.look()
    bench.clock.advance(90)
    run.watcher.look()
    assert run.attempt().status is Status.EXPIRED


# What cannot be seen


def test_what_cannot_be_seen_is_asked_less_and_less_often(bench, watched):
    run = watched(gate(timeout="10h"))
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
    run = watched(gate(timeout="10h"))
    seen = Snapshot(bench.clock.now(), {"state": "maybe"})
    remote.looks["K"] = [unseen(bench), unseen(bench), seen, unseen(bench)]
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
    remote.looks["K"] = [unseen(bench, retry_after=retry_after)]
    assert watched(gate(timeout="10h")).looks(1) == [pause]


@pytest.mark.parametrize("retry_after", [1e6, 1e30, float("inf")])
def test_nobody_can_make_us_stay_away_over_the_deadline(bench, remote, watched, retry_after):
    remote.looks["K"] = [unseen(bench, retry_after=retry_after)]
    run = watched(gate(timeout="90s"))
    # To the deadline, and no longer than the time that a gate past it is given.
    assert run.looks(2) == [90.0, 90.0]
    run.look()
    assert run.attempt().status is Status.EXPIRED


@pytest.mark.parametrize(("timeout", "grace"), [("90s", 90), ("10m", 300)])
def test_an_outage_over_the_deadline_gets_a_grace_and_then_expires(bench, watched, timeout, grace):
    run = watched(gate(timeout=timeout))
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
    run = watched(gate(timeout="1h"))
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
    run = watched(gate("a", key="A"), gate("b", key="B"))
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


# What cannot be judged


def test_a_gate_that_cannot_judge_waits_and_says_why(bench, watched):
    bench.see("K", "defect", "yes")
    run = watched()
    run.look()
    assert run.attempt().status is Status.APPROVAL_WAITING
    assert run.verdict().reason == "it cannot be judged: ZeroDivisionError: cannot judge"
    run.look()
    assert run.attempt().status is Status.SUCCEEDED


@pytest.mark.parametrize(
    "mangle",
    [
        lambda verdict: None,
        lambda verdict: True,
        lambda verdict: replace(verdict, outputs={"x": object()}),
        lambda verdict: replace(verdict, decided=verdict.decided.replace(tzinfo=None)),
    ],
)
def test_an_approval_that_is_malformed_is_none(bench, remote, watched, mangle):
    bench.see("K", "yes", decided="now")
    remote.verdict = mangle
    run = watched()
    run.look()
    assert run.attempt().status is Status.APPROVAL_WAITING
    assert run.verdict().reason.startswith("it cannot be judged: ")


def test_a_gate_that_cannot_be_judged_expires_with_the_reason(bench, watched):
    bench.see("K", "defect")
    run = watched(gate(timeout="90s"))
    for _ in range(3):
        run.look()
    assert run.attempt().status is Status.EXPIRED
    assert "cannot be judged: ZeroDivisionError" in run.attempt().message


# What is left of a gate in a new life


class NoGate(Step):
    """What became of a gate's type in another version of its plugin."""

    type = "Await"
    connector_ref: str
    key: str
    interval: float = 60.0
    wanted: str = "yes"

    def run(self, context):
        return {}


def odd_gate(bench, **members):
    """Let gates be of a type with other *members*."""
    bench.types["Await"] = type("Odd", (bench.types["Await"],), members)


def test_a_gate_whose_plugin_is_gone_fails_with_what_to_do(bench, watched):
    run = watched()
    del bench.types["Await"]
    run.revive()
    attempt = run.attempt()
    assert attempt.status is Status.FAILED
    assert "no installed plugin provides the step type 'Await'; install" in attempt.message
    assert run.watcher.next_due() is None


def test_a_gate_whose_type_no_longer_waits_fails(bench, watched):
    run = watched()
    bench.types["Await"] = NoGate
    run.revive()
    assert "TypeError: steps of type Await do not wait any more" in run.attempt().message
    assert run.watcher.next_due() is None


def test_a_gate_whose_type_takes_other_fields_now_fails_and_names_them(bench, watched):
    run = watched()
    odd_gate(bench, __annotations__={"quorum": int})
    run.revive()
    assert run.attempt().status is Status.FAILED
    assert "quorum" in run.attempt().message


def test_a_gate_whose_type_breaks_when_it_is_made_fails_as_a_defect(bench, watched):
    run = watched()

    def broken(cls, *args, **kwargs):
        raise SystemExit(7)

    odd_gate(bench, model_validate=classmethod(broken))
    run.revive()
    assert "a defect of the step's plugin: SystemExit: 7" in run.attempt().message


def test_a_gate_shows_the_headline_of_its_type(bench, watched):
    odd_gate(bench, headline=lambda self, outputs: Headline(f"was {outputs['state']}", "http://x"))
    bench.see("K", "yes")
    watched().look()
    event = bench.of_kind("step_finished")[0]
    assert (event.title, event.link) == ("was yes", "http://x")


def test_an_approval_is_not_lost_over_a_defect_in_its_headline(bench, watched):
    def broken(self, outputs):
        raise KeyError("x")

    odd_gate(bench, headline=broken)
    bench.see("K", "yes")
    run = watched()
    run.look()
    assert run.attempt().status is Status.SUCCEEDED
    assert bench.of_kind("step_noted")[0].text == (
        "nothing is shown beside it, by a defect of the step's plugin: KeyError: 'x'"
    )


# Fencing


@pytest.mark.parametrize("state", ["maybe", "yes"])
def test_who_lost_the_run_writes_no_verdict_and_tells_none(bench, watched, state):
    bench.see("K", state)
    run = watched()
    other = Journal(bench.journal.file)
    other.claim(run.record.id, "another")
    with pytest.raises(OwnershipLost):
        run.look()
    assert run.attempt().status is Status.APPROVAL_WAITING
    assert run.verdict() is None
    assert bench.of_kind("gate_looked") == []
    other.close()
