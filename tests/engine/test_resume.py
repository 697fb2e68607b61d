"""A run that dies anywhere, and is taken up again: each write once, every step as it was."""

from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.events import Status
from penstock.journal import Journal
from penstock.run.local import carry

SAY = "- step: {identifier: %s, type: Say, spec: {text: %s}}\n"
WRITE = "- step: {identifier: %s, type: Write, spec: {connectorRef: r, text: %s}}\n"
GATE = "- step: {identifier: g, type: Await, %s spec: {connectorRef: r, key: K}}\n"
ONCE = "- step: {identifier: once, type: Once}\n"

IN_DOUBT = (
    "t/once: it was interrupted while it ran, and nobody knows how far it came; "
    "see what it has done, then run the pipeline again"
)


class Killed(BaseException):
    """The process died here."""


class Fault:
    """Kills at the n-th time that it is passed."""

    def __init__(self, at):
        self.at, self.passed = at, 0

    @property
    def fired(self):
        return self.passed >= self.at

    def __call__(self, *_):
        self.passed += 1
        if self.passed == self.at:
            raise Killed


class MortalJournal(Journal):
    """A journal that passes its faults before and after each write."""

    before = after = staticmethod(lambda: None)

    @contextmanager
    def _fenced(self, claim):
        self.before()
        with super()._fenced(claim):
            yield
        self.after()


@pytest.fixture
def pipeline(bench):
    bench.see("K", "yes")
    return bench.pipeline(
        SAY % ("say", "x") + WRITE % ("first", "first <+steps.say.said>") + GATE % "",
        ONCE + WRITE % ("second", "second"),
    )


def life(bench, remote, record, *, journal=None, write=None, when="before"):
    """Live until the run ends, or until one of the faults kills; return its status, or ``None``."""
    bench.reopen(MortalJournal)
    setattr(bench.journal, when, journal or (lambda: None))
    remote.before_write = remote.after_write = lambda text: None
    setattr(remote, f"{when}_write", write or (lambda text: None))
    try:
        return bench.carry(record)
    except Killed:
        return None


def check(bench, remote, record, status):
    """Every write is there once; a step that may have been done is not done again."""
    written = Counter(text.split(" penstock-")[0] for text in remote.written)
    if status is Status.SUCCEEDED:
        assert written == {"first x": 1, "once": 1, "second": 1}
        return
    assert status is Status.FAILED
    assert bench.journal.run(record.id).message == IN_DOUBT
    assert bench.statuses(record)["t/second"] == "Skipped"
    assert written["first x"] == 1 and written["once"] <= 1 and written["second"] == 0


@pytest.mark.parametrize(
    ("fault_at", "places"),
    # Commits: the ends of say, first, g, once and second, the intents and results of two writes,
    # the opening of g, the beginning of once, and the end of the run. Writes: two, and once.
    [("journal before", 12), ("journal after", 12), ("write before", 3), ("write after", 3)],
)
def test_a_run_that_dies_anywhere_is_ended_by_the_next_life(
    bench, remote, pipeline, fault_at, places
):
    where, when = fault_at.split()
    outcomes = Counter()
    for number in range(1, 50):
        remote.written.clear()
        record = bench.add(pipeline)
        fault = Fault(number)
        status = life(bench, remote, record, when=when, **{where: fault})
        if not fault.fired:
            break
        if status is None:
            status = life(bench, remote, record)
        check(bench, remote, record, status)
        outcomes[status] += 1
    assert status is Status.SUCCEEDED  # and the last one, in which the fault did not fire
    check(bench, remote, record, status)
    assert sum(outcomes.values()) == places
    assert outcomes[Status.SUCCEEDED] > outcomes[Status.FAILED] > 0


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_recovery_may_die_as_well_at_any_place_and_again_and_again(bench, remote, pipeline, when):
    for first in range(1, 50):
        fault = Fault(first)
        for second in range(1, 50):
            remote.written.clear()
            record = bench.add(pipeline)
            fault, again = Fault(first), Fault(second)
            status = life(bench, remote, record, when=when, journal=fault)
            if not fault.fired:
                break
            status = life(bench, remote, record, when=when, journal=again)
            if not again.fired:
                check(bench, remote, record, status)
                break
            check(bench, remote, record, status or life(bench, remote, record))
        if not fault.fired:
            break
    assert first == 13


def test_a_life_at_a_time_that_dies_at_its_second_write_gets_there_all_the_same(
    bench, remote, pipeline
):
    record = bench.add(pipeline.replace("- step: {identifier: once, type: Once}", ""))
    lives = 0
    status = None
    while status is None and lives < 50:
        lives += 1
        status = life(bench, remote, record, when="before", journal=Fault(2))
    assert status is Status.SUCCEEDED
    assert lives > 5
    assert len(remote.written) == 2


def test_a_step_that_is_done_is_not_run_again_and_its_outputs_are_kept(bench, remote):
    said = []
    remote.on_say = said.append
    record = bench.add(
        bench.pipeline(SAY % ("a", "x") + GATE % "" + SAY % ("b", '"<+steps.a.said> again"'))
    )
    bench.see("K", "maybe")

    def interrupt(looks):
        bench.stop.request("stopped")
        return looks

    remote.answer = interrupt
    with pytest.raises(Exception, match="stopped"):
        bench.carry(record)
    remote.answer = lambda looks: looks
    bench.see("K", "yes")
    bench.reopen()
    assert bench.carry(record) is Status.SUCCEEDED
    assert said == ["x", "x again"]


def test_a_stage_that_has_begun_is_not_skipped_by_a_condition_that_changed(bench, remote):
    condition = '<+stages.s.status> == \\"Succeeded\\"'
    text = bench.pipeline(
        SAY % ("a", "x"),
        WRITE % ("w", "x") + SAY % ("b", "x"),
        t=f'        when: {{condition: "{condition}"}}',
    )
    record = bench.add(text)
    life(bench, remote, record, when="after", journal=Fault(4))
    assert bench.statuses(record) == {"s/a": "Succeeded", "t/w": "Succeeded"}
    changed = replace(record, plan=record.plan.replace(condition, "false"))
    assert changed != record
    assert life(bench, remote, changed) is Status.SUCCEEDED
    assert bench.statuses(record)["t/b"] == "Succeeded"


def test_what_was_told_in_an_earlier_life_is_not_told_again(bench, remote):
    record = bench.add(bench.pipeline(SAY % ("a", "x"), SAY % ("b", "x") + WRITE % ("w", "y")))
    assert life(bench, remote, record, when="before", journal=Fault(3)) is None
    assert life(bench, remote, record) is Status.SUCCEEDED
    assert [(event.kind, getattr(event, "path", "")) for event in bench.events] == [
        ("step_started", "t"),
        ("step_started", "t/w"),
        ("step_noted", "t/w"),
        ("step_finished", "t/w"),
        ("step_finished", "t"),
        ("run_finished", ""),
    ]


def test_a_skipped_stage_and_a_failure_are_remembered(bench, remote):
    text = bench.pipeline(
        "- step: {identifier: a, type: Fail}\n",
        SAY % ("b", "x"),
        SAY % ("c", '"<+pipeline.status> <+stages.s.status> <+stages.t.status>"'),
        u="        when: {pipelineStatus: All}",
    )
    record = bench.add(text)
    assert life(bench, remote, record, when="after", journal=Fault(2)) is None
    assert life(bench, remote, record) is Status.FAILED
    assert bench.of_kind("run_finished")[0].outputs["u/c"]["said"] == "Failed Failed Skipped"
    assert bench.of_kind("run_finished")[0].message == "s/a: it does not work; mend it"


# Timeouts


def test_a_gate_waits_no_longer_than_its_stage_or_its_pipeline(bench):
    bench.see("K", "maybe")
    for extra, stage, seconds in [
        ("", "        timeout: 90s", 90),
        ("  timeout: 70s", "        timeout: 90s", 70),
        ("  timeout: 2h", "        timeout: 90m", 1800),
        ("  timeout: 2h", "", 1800),
    ]:
        text = bench.pipeline(GATE % "timeout: 30m,", extra=extra, s=stage)
        began = bench.clock.monotonic()
        assert bench.run(text) is Status.EXPIRED
        assert bench.clock.monotonic() - began == seconds


def test_the_time_of_a_stage_runs_from_its_first_step(bench, remote):
    bench.see("K", "maybe")
    remote.on_say = lambda text: bench.clock.advance(40)
    text = bench.pipeline(SAY % ("a", "x"), SAY % ("b", "x") + GATE % "", t="        timeout: 100s")
    assert bench.run(text) is Status.EXPIRED
    assert bench.clock.monotonic() == 40 + 100


@pytest.mark.parametrize("kind", [SAY % ("b", "x"), ONCE, GATE % ""])
@pytest.mark.parametrize("level", ["stage", "pipeline"])
def test_no_step_begins_when_the_time_of_its_stage_or_pipeline_is_over(bench, remote, kind, level):
    bench.see("K", "yes")
    remote.on_say = lambda text: bench.clock.advance(60)
    where = {"extra": "  timeout: 1m"} if level == "pipeline" else {"s": "        timeout: 1m"}
    record = bench.add(bench.pipeline(SAY % ("a", "x") + kind, **where))
    assert bench.carry(record) is Status.EXPIRED
    attempt = bench.journal.attempts(record.id)[-1]
    assert (attempt.status, attempt.failure) == (Status.EXPIRED, "Timeout")
    assert attempt.message.startswith("the time of its stage, or of the pipeline, was over before")
    assert remote.written == remote.asked == []


def test_a_stage_has_a_time_of_its_own(bench, remote):
    remote.on_say = lambda text: bench.clock.advance(60)
    text = bench.pipeline(
        SAY % ("a", "x") + SAY % ("b", "x"),
        SAY % ("c", "x"),
        s="        timeout: 1m",
        t="        timeout: 1m\n        when: {pipelineStatus: All}",
    )
    record = bench.add(text)
    assert bench.carry(record) is Status.EXPIRED
    assert bench.statuses(record) == {"s/a": "Succeeded", "s/b": "Expired", "t/c": "Succeeded"}


@pytest.mark.parametrize(
    ("state", "status"), [("yes", "Succeeded"), ("maybe", "Expired"), ("no", "ApprovalRejected")]
)
def test_a_run_resumed_after_its_deadline_looks_first(bench, remote, state, status):
    bench.see("K", "maybe")
    record = bench.add(bench.pipeline(GATE % "", extra="  timeout: 1h"))
    remote.verdict = Fault(1)
    with pytest.raises(Killed):
        bench.carry(record)
    remote.verdict = lambda verdict: verdict
    bench.reopen()
    bench.clock.advance(7200)
    bench.see("K", state)
    assert bench.carry(record) == status
    assert len(remote.asked) == 2


def test_a_step_in_doubt_says_so_even_when_its_time_is_over(bench, remote):
    record = bench.add(bench.pipeline(ONCE, extra="  timeout: 1h"))
    remote.after_write = Fault(1)
    with pytest.raises(Killed):
        bench.carry(record)
    bench.reopen()
    bench.clock.advance(7200)
    assert bench.carry(record) is Status.FAILED
    assert bench.journal.run(record.id).message == IN_DOUBT.replace("t/", "s/")


def test_a_clock_that_was_set_back_between_two_lives_is_no_matter(bench, remote):
    bench.see("K", "maybe", "yes")
    record = bench.add(bench.pipeline(GATE % ""))
    remote.verdict = Fault(1)
    with pytest.raises(Killed):
        bench.carry(record)
    remote.verdict = lambda verdict: verdict
    bench.reopen()
    bench.jump(timedelta(days=-2))
    assert bench.carry(record) is Status.SUCCEEDED
    assert bench.clock.monotonic() == 0


# What is told


def test_a_renderer_that_breaks_when_a_gate_opens_fails_no_step(bench):
    def emit(event):
        if event.kind == "gate_opened":
            raise BrokenPipeError

    bench.see("K", "yes")
    record = bench.add(bench.pipeline(GATE % ""))
    with pytest.raises(BrokenPipeError):
        carry(bench.state(record, emit), bench.stop)
    assert bench.statuses(record) == {"s/g": "ApprovalWaiting"}
    bench.reopen()
    assert bench.carry(record) is Status.SUCCEEDED
