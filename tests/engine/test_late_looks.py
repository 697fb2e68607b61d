"""What was in doubt is looked at once more, late, and what was written twice is told."""

from datetime import timedelta

import pytest

from penstock.errors import FailureType, OutcomeUnknown, OwnershipLost, StepFailed
from penstock.events import Status
from penstock.run.interruption import Interrupted
from penstock.run.local import carry

WRITE = "- step: {identifier: a, type: Write, spec: {connectorRef: r, text: x, settle: 120}}\n"
SAY = "- step: {identifier: b, type: Say, spec: {text: y}}\n"
GATE = "- step: {identifier: g, type: Await, spec: {connectorRef: r, key: K}}\n"


class Killed(BaseException):
    """The process dies here."""


@pytest.fixture
def late(bench, remote):
    """The late looks: when each was taken, and what it was told."""
    taken = []

    def note(context, effect, result):
        taken.append((bench.clock.monotonic(), context.path, effect.name, result))

    remote.on_late_look = note
    return taken


@pytest.fixture
def lose_answers(remote):
    """Return how to lose the answers of the next writes, each of which is done."""

    def lose(count):
        left = [None] * count

        def after(text):
            if left:
                left.pop()
                raise OutcomeUnknown("the answer was lost")

        remote.after_write = after

    return lose


def kill(text):
    raise Killed


def notes(bench):
    return [event.text for event in bench.of_kind("step_noted") if not event.text.startswith("wr")]


def test_what_was_never_in_doubt_is_not_looked_at_again(bench, late):
    assert bench.run(bench.pipeline(WRITE + SAY)) is Status.SUCCEEDED
    assert (late, bench.clock.monotonic()) == ([], 0)


def test_a_run_ends_only_after_what_was_in_doubt_was_looked_at_again(bench, late, lose_answers):
    lose_answers(1)
    record = bench.add(bench.pipeline(WRITE + SAY))
    assert bench.carry(record) is Status.SUCCEEDED
    assert late == [(120, "s/a", "write", 1)]
    assert notes(bench) == [
        "'write' was in doubt; before the run ends, it is looked at once more in 2m"
    ]
    assert bench.journal.effects(record.id) == []
    assert bench.events[-1].at == record.started + timedelta(seconds=120)


def test_it_is_looked_at_again_after_the_settle_time_of_its_last_try(bench, late, remote):
    lost = iter([OutcomeUnknown("lost"), OutcomeUnknown("lost")])

    def before(text):
        for error in lost:
            raise error

    remote.before_write = before
    assert bench.run(bench.pipeline(WRITE)) is Status.SUCCEEDED
    assert late == [(240 + 120, "s/a", "write", 1)]


def test_a_kill_makes_a_doubt_of_what_was_under_way(bench, late, remote):
    record = bench.add(bench.pipeline(WRITE))
    remote.after_write = kill
    with pytest.raises(Killed):
        bench.carry(record)
    bench.reopen()
    bench.clock.advance(50)
    assert bench.carry(record) is Status.SUCCEEDED
    assert late == [(120, "s/a", "write", 1)]
    assert len(remote.written) == 1


def test_it_is_looked_at_again_while_a_gate_waits(bench, late, lose_answers):
    lose_answers(1)
    bench.see("K", *["?"] * 5, "yes")
    assert bench.run(bench.pipeline(WRITE + GATE)) is Status.SUCCEEDED
    assert late == [(120, "s/a", "write", 1)]
    assert bench.clock.monotonic() == 300
    assert notes(bench) == []


def test_what_cannot_be_looked_at_while_a_gate_waits_is_looked_at_later(
    bench, remote, lose_answers
):
    lose_answers(1)
    looks = []

    def down(context, effect, result):
        looks.append(bench.clock.monotonic())
        if len(looks) < 3:
            raise StepFailed("no route", failure=FailureType.CONNECTIVITY)

    remote.on_late_look = down
    bench.see("K", *["?"] * 6, "yes")
    assert bench.run(bench.pipeline(WRITE + GATE)) is Status.SUCCEEDED
    assert looks == [120, 180, 240]
    assert notes(bench) == []


def test_a_run_that_is_stopped_while_it_waits_to_look_looks_in_its_next_life(
    bench, late, lose_answers
):
    lose_answers(1)
    record = bench.add(bench.pipeline(WRITE))
    state = bench.state(record)
    wait, asked = bench.clock.wait, []

    def stop_soon(seconds, signal=None):
        asked.append(seconds)
        if len(asked) == 60:
            bench.stop.reason = "stopped by SIGINT"
        return wait(seconds, signal)

    bench.clock.wait = stop_soon
    with pytest.raises(Interrupted):
        carry(state, bench.stop)
    assert late == []
    bench.clock.wait = wait
    bench.reopen()
    assert bench.carry(record) is Status.SUCCEEDED
    assert bench.carry(record) is Status.SUCCEEDED
    assert late == [(120, "s/a", "write", 1)]


def test_whoever_loses_the_run_while_it_waits_to_look_stops(bench, late, lose_answers):
    lose_answers(1)
    record = bench.add(bench.pipeline(WRITE))
    state = bench.state(record)
    wait = bench.clock.wait

    def taken_over(seconds, signal=None):
        bench.journal.claim(record.id, "another")
        return wait(seconds, signal)

    bench.clock.wait = taken_over
    with pytest.raises(OwnershipLost):
        carry(state, bench.stop)
    assert late == []
    assert bench.clock.monotonic() < 5


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (StepFailed("Jira: 403", hint="ask for rights"), "Jira: 403; ask for rights"),
        (KeyError("x"), "a defect of the step's plugin: KeyError: 'x'"),
        (SystemExit(3), "a defect of the step's plugin: SystemExit: 3"),
    ],
)
def test_a_late_look_that_fails_is_told_and_does_not_fail_the_run(
    bench, remote, lose_answers, error, words
):
    lose_answers(1)

    def fail(context, effect, result):
        raise error

    remote.on_late_look = fail
    record = bench.add(bench.pipeline(WRITE))
    assert bench.carry(record) is Status.SUCCEEDED
    marker = bench.journal.effect(record.id, "s/a", "write").marker
    assert notes(bench)[1:] == [
        f"'write' was in doubt and could not be looked at once more: {words}; look for {marker}"
    ]
    assert bench.journal.effects(record.id) == []


def test_what_a_failed_step_left_in_doubt_is_looked_at_again_too(bench, late, remote):
    def lost(text):
        raise OutcomeUnknown("lost")

    remote.before_write = lost
    record = bench.add(bench.pipeline(WRITE))
    assert bench.carry(record) is Status.FAILED
    assert [(path, result) for _, path, _, result in late] == [("s/a", None)]
    assert bench.journal.effect(record.id, "s/a", "write").done is False


def test_a_late_look_may_write_through_effects_of_its_own(bench, remote, lose_answers):
    lose_answers(1)
    said = []

    def tell(context, effect, result):
        for _ in range(2):
            context.effects.once(
                "comment", intent=dict, do=lambda effect: said.append("twice"), look=lambda _: None
            )

    remote.on_late_look = tell
    assert bench.run(bench.pipeline(WRITE)) is Status.SUCCEEDED
    assert said == ["twice"]


def test_a_step_that_does_not_know_late_looks_is_asked_in_vain(bench, lose_answers, monkeypatch):
    lose_answers(1)
    monkeypatch.delattr(bench.types["Write"], "look_again")
    record = bench.add(bench.pipeline(WRITE))
    assert bench.carry(record) is Status.SUCCEEDED
    assert bench.journal.effects(record.id) == []


def test_a_step_whose_time_ran_out_between_two_lives_says_what_it_may_have_done(
    bench, late, remote
):
    record = bench.add(bench.pipeline(WRITE, extra="  timeout: 1m"))
    remote.before_write = kill
    with pytest.raises(Killed):
        bench.carry(record)
    bench.reopen()
    bench.clock.advance(61)
    assert bench.carry(record) is Status.EXPIRED
    marker = bench.journal.effect(record.id, "s/a", "write").marker
    assert bench.journal.attempts(record.id)[0].message == (
        "its time was over before the run was resumed, and nobody knows whether the write 'write' "
        f"has happened; look for {marker} before you run this again"
    )
    assert late == [(120, "s/a", "write", None)]
    assert remote.written == []


def test_a_clock_that_is_set_back_puts_the_look_off_by_no_more_than_its_time(
    bench, late, remote, lose_answers
):
    lose_answers(1)
    jumped = []

    def jump(text):
        if not jumped:
            jumped.append(text)
            bench.jump(timedelta(days=-2))

    remote.on_say = jump
    assert bench.run(bench.pipeline(WRITE + SAY)) is Status.SUCCEEDED
    assert late == [(120, "s/a", "write", 1)]
