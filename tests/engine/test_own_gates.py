"""Gates without a connector: moved by time, by what they see themselves, and by people."""

import contextlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar

import pytest

from penstock.errors import ConnectorError, JournalError, Refused
from penstock.events import Status
from penstock.journal import Journal
from penstock.run.answering import give_answer
from penstock.run.interruption import Interrupted
from penstock.secret import MASK, Secret
from penstock.step import Gate, RunFacts, StepContext
from penstock.testing import FakeClock
from penstock.verdict import Verdict, VerdictStatus
from penstock.watch import Answer, Look, Snapshot, Unavailable, Watch

GATE = "- step: {identifier: j, type: Await, timeout: 10m, spec: {connectorRef: r, key: K}}\n"
WAITING, APPROVED = VerdictStatus.WAITING, VerdictStatus.APPROVED


class Alarm(Gate):
    """Opens so many seconds after it began to wait."""

    type: ClassVar[str] = "Alarm"
    after: float

    def watch(self, context: StepContext) -> Watch:
        return Watch("", f"{self.after:g} seconds")

    def judge(self, snapshot: Snapshot) -> Verdict:
        opened = datetime.fromisoformat(str(snapshot.content["opened"]))
        end = opened + timedelta(seconds=self.after)
        if snapshot.at >= end:
            return Verdict(APPROVED, "it is time", decided=end)
        return Verdict(WAITING, "not yet", again=end)


class Ask(Gate):
    """Waits for so many people."""

    type: ClassVar[str] = "Ask"
    count: int = 1

    def watch(self, context: StepContext) -> Watch:
        return Watch("", "people")

    def judge(self, snapshot: Snapshot) -> Verdict:
        answers = snapshot.content["answers"]
        assert isinstance(answers, list)
        told = {"answers": answers, "user": snapshot.content["user"]}
        if any(answer["action"] == "reject" for answer in answers):
            return Verdict(VerdictStatus.REJECTED, "rejected", outputs=told)
        status = APPROVED if len(answers) >= self.count else WAITING
        return Verdict(status, f"{len(answers)} of {self.count}", outputs=told)

    def answered(self, answer: Answer, earlier: Sequence[Answer], run: RunFacts) -> Answer:
        if answer.user == run.user:
            raise Refused(f"{answer.user} has started the run")
        return replace(answer, groups=("cab",), comment=f"{answer.comment}/{len(earlier)}")


class Probe(Gate):
    """Looks for itself, with a secret."""

    type: ClassVar[str] = "Probe"
    secret_keys: ClassVar[frozenset[str]] = frozenset({"words.*", "deep.word"})
    found: ClassVar[list[object]] = []
    seen: ClassVar[list[object]] = []
    words: tuple[str | Secret, ...] = ()
    deep: dict[str, str | Secret] = {}  # noqa: RUF012 - a field's default, which pydantic copies
    text: str = ""

    def watch(self, context: StepContext) -> Watch:
        return Watch("", "a probe", interval=30)

    def look(self, watch: Watch, context: StepContext) -> Look:
        for word in (*self.words, *self.deep.values(), self.text):
            Probe.seen.append(word.reveal() if isinstance(word, Secret) else word)
        context.log(f"known: {dict(watch.known)}")
        found = Probe.found.pop(0)
        if isinstance(found, BaseException):
            raise found
        now = context.clock.now()
        return Snapshot(now, {"state": found}) if isinstance(found, str) else found  # type: ignore[return-value]  # what an author may do

    def judge(self, snapshot: Snapshot) -> Verdict:
        state = snapshot.content["state"]
        status = APPROVED if state == "yes" else WAITING
        return Verdict(status, f"it is {state}", outputs={"state": state})


@pytest.fixture(autouse=True)
def gates(bench):
    Probe.found.clear()
    Probe.seen.clear()
    bench.types |= {kind.type: kind for kind in (Alarm, Ask, Probe)}


class Ticking(FakeClock):
    """A clock that does something at each wait."""

    def __init__(self):
        super().__init__()
        self.on_tick = lambda: None

    def wait(self, seconds, signal=None):
        self.on_tick()
        return super().wait(seconds, signal)


@pytest.fixture
def other(bench):
    """The journal as another process has it open."""
    journal = Journal(bench.journal.file)
    yield journal
    journal.close()


def step(kind, identifier="g", **spec):
    return (
        f"- step: {{identifier: {identifier}, type: {kind}, timeout: 10m, "
        f"spec: {json.dumps(spec)}}}\n"
    )


def said(bench, user="eve", action="approve", **more):
    return Answer(user, action, bench.clock.now(), **more)


def say(bench, journal, record, where=None, **more):
    answer = said(bench, **more)
    return give_answer(journal, journal.run(record.id), bench.types, where, answer)


def park(bench, record):
    """Carry a run until it waits."""
    bench.clock.on_tick = lambda: bench.stop.request("stopped")
    with pytest.raises(Interrupted):
        bench.carry(record)
    bench.clock.on_tick = lambda: None
    bench.reopen()


def parked(bench, *steps):
    """Return a run that waits, with nobody to carry it."""
    bench.clock = Ticking()
    record = bench.add(bench.pipeline(*(steps or (step("Ask"),))))
    park(bench, record)
    return record


# Time


def test_a_gate_of_time_opens_at_its_instant_without_a_look_in_between(bench):
    record = bench.add(bench.pipeline(step("Alarm", after=123.5)))
    start = bench.clock.now()
    assert bench.carry(record) is Status.SUCCEEDED
    (attempt,) = bench.journal.attempts(record.id)
    assert attempt.finished - start == timedelta(seconds=123.5)
    assert len(bench.of_kind("gate_looked")) == 2
    (opened,) = bench.of_kind("gate_opened")
    assert (opened.key, opened.interval) == ("123.5 seconds", 0.0)


def test_a_gate_of_time_goes_on_where_it_was_in_another_life(bench):
    bench.clock = Ticking()
    record = bench.add(bench.pipeline(step("Alarm", after=100)))
    start = bench.clock.now()

    def stop():
        if bench.clock.now() - start > timedelta(seconds=40):
            bench.stop.reason = "stopped"
            bench.stop.bell.set()

    bench.clock.on_tick = stop
    with pytest.raises(Interrupted):
        bench.carry(record)
    bench.clock.on_tick = lambda: None
    bench.clock.advance(10)
    bench.reopen()
    assert bench.carry(record) is Status.SUCCEEDED
    assert bench.clock.now() - start == timedelta(seconds=100)


def test_a_gate_of_time_that_is_over_while_nobody_carries_the_run_opens_at_once(bench):
    record = parked(bench, step("Alarm", after=100))
    bench.clock.advance(86_400)  # longer than its timeout: it was over in time
    assert bench.carry(record) is Status.SUCCEEDED


def test_a_gate_of_time_longer_than_its_timeout_expires(bench):
    assert bench.run(bench.pipeline(step("Alarm", after=601))) is Status.EXPIRED


def test_an_instant_that_has_passed_does_not_make_the_engine_spin(bench):
    class Wrong(Alarm):
        type: ClassVar[str] = "Wrong"

        def judge(self, snapshot: Snapshot) -> Verdict:
            return Verdict(WAITING, "for ever", again=snapshot.at)

    bench.types["Wrong"] = Wrong
    assert bench.run(bench.pipeline(step("Wrong", after=1))) is Status.EXPIRED
    assert len(bench.of_kind("gate_looked")) <= 2


# People


def test_an_answer_from_another_process_is_noticed_within_a_second(bench, other):
    bench.clock = Ticking()
    record = bench.add(bench.pipeline(step("Ask")))
    start, at = bench.clock.now(), []

    def tick():
        if bench.clock.now() - start >= timedelta(seconds=100) and not at:
            at.append(bench.clock.now())
            assert say(bench, other, record) == "s/g"

    bench.clock.on_tick = tick
    assert bench.carry(record) is Status.SUCCEEDED
    assert bench.clock.now() - at[0] <= timedelta(seconds=2)
    (attempt,) = bench.journal.attempts(record.id)
    assert attempt.outputs["user"] == "ann"
    assert attempt.outputs["answers"] == [
        {
            "user": "eve",
            "action": "approve",
            "at": at[0].isoformat(),
            "comment": "/0",
            "email": "",
            "inputs": {},
            "groups": ["cab"],
        }
    ]
    assert [event.changed for event in bench.of_kind("gate_looked")] == [True, True]


def test_an_answer_to_another_run_does_not_make_other_systems_be_asked(bench, remote):
    bench.see("K", "maybe", "yes")
    asking = parked(bench)
    record = bench.add(bench.pipeline(GATE))

    def tick():
        if not bench.journal.answers.count(asking.id):
            with contextlib.closing(Journal(bench.journal.file)) as other:
                say(bench, other, asking)

    bench.clock.on_tick = tick
    assert bench.carry(record) is Status.SUCCEEDED
    assert len(remote.asked) == 2
    assert bench.clock.monotonic() == pytest.approx(60)


def test_an_answer_to_a_run_that_nobody_carries_counts_when_it_is_resumed(bench):
    record = parked(bench, step("Ask", count=2))
    say(bench, bench.journal, record, "g", comment="fine", inputs={"a": "1"})
    say(bench, bench.journal, record, "s/g", user="bob", email="bob@x")
    assert bench.carry(record) is Status.SUCCEEDED
    (attempt,) = bench.journal.attempts(record.id)
    first, second = attempt.outputs["answers"]
    assert (first["comment"], first["inputs"]) == ("fine/0", {"a": "1"})
    assert (second["comment"], second["email"]) == ("/1", "bob@x")


def test_a_rejection_ends_the_run_as_rejected(bench):
    record = parked(bench)
    say(bench, bench.journal, record, action="reject")
    assert bench.carry(record) is Status.APPROVAL_REJECTED


def test_a_gate_says_who_may_not_answer(bench):
    record = parked(bench)
    with pytest.raises(Refused, match="ann has started the run"):
        say(bench, bench.journal, record, user="ann")
    assert bench.journal.answers.count(record.id) == 0


def test_one_person_answers_once(bench):
    record = parked(bench, step("Ask", count=3))
    say(bench, bench.journal, record)
    with pytest.raises(Refused, match="Eve has answered already: approve"):
        say(bench, bench.journal, record, user="Eve", action="reject")


def test_an_answer_after_the_time_is_over_is_refused(bench):
    record = parked(bench)
    bench.clock.advance(601)
    with pytest.raises(Refused, match=r"the time of s/g of run run0 is over"):
        say(bench, bench.journal, record)


def test_an_answer_in_time_that_is_seen_later_counts(bench):
    record = parked(bench)
    say(bench, bench.journal, record)
    bench.clock.advance(601)
    assert bench.carry(record) is Status.SUCCEEDED


def test_an_answer_to_a_gate_that_has_ended_is_refused_whoever_was_faster(bench):
    record = parked(bench, step("Ask") + step("Ask", "h"))
    say(bench, bench.journal, record)
    answer = said(bench, "bob")
    park(bench, record)
    with pytest.raises(Refused, match="s/g of run run0 does not wait any more: Succeeded"):
        bench.journal.answers.add(record.id, "s/g", 1, answer)
    with pytest.raises(Refused, match=r"s/nix of run run0 does not wait$"):
        bench.journal.answers.add(record.id, "s/nix", 1, answer)


def test_an_answer_to_an_earlier_try_of_a_gate_is_refused(bench):
    record = parked(bench)
    with pytest.raises(Refused, match="does not wait any more"):
        bench.journal.answers.add(record.id, "s/g", 2, said(bench))


def test_an_answer_to_a_run_that_has_ended_is_refused(bench):
    record = parked(bench)
    answer = said(bench, "bob")
    claim = bench.journal.claim(record.id, "another")
    bench.journal.set_run_status(claim, Status.ABORTED)
    for give in (
        lambda: say(bench, bench.journal, record),
        lambda: bench.journal.answers.add(record.id, "s/g", 1, answer),
    ):
        with pytest.raises(Refused, match="run run0 has ended already: Aborted"):
            give()


def test_only_what_waits_for_people_can_be_answered(bench):
    bench.see("K", "maybe")
    record = parked(bench, GATE)
    with pytest.raises(Refused) as caught:
        say(bench, bench.journal, record)
    assert str(caught.value) == (
        "no step of run run0 waits for people; what waits, waits elsewhere: s/j for K"
    )
    record = parked(bench)
    with pytest.raises(Refused, match=r"no step 'h' of run run1 waits for people; known: s/g"):
        say(bench, bench.journal, record, "h")
    record = parked(bench, step("Alarm", after=60))
    with pytest.raises(Refused, match="a step of type Alarm does not wait for people"):
        say(bench, bench.journal, record)


def test_a_run_without_gates_has_nothing_to_answer(bench):
    record = bench.add(bench.pipeline("- step: {identifier: a, type: Say, spec: {text: x}}\n"))
    with pytest.raises(Refused, match=r"^no step of run run0 waits for people$"):
        say(bench, bench.journal, record)


def test_an_answer_that_was_changed_by_hand_is_told(bench):
    record = parked(bench)
    say(bench, bench.journal, record)
    bench.journal._connection.execute("UPDATE answer SET rest = '{}'")
    with pytest.raises(JournalError, match="table answer, of run 'run0', that cannot be read"):
        bench.journal.answers.of(record.id, "s/g", 1)


def test_a_secret_in_an_answer_is_masked(bench, tmp_path):
    record = parked(bench)
    bench.masker.add("correct-horse")
    journal = Journal(bench.journal.file, bench.masker)
    inputs = {"correct-horse": ["correct-horse"]}
    say(bench, journal, record, comment="it is correct-horse", inputs=inputs)
    (answer,) = journal.answers.of(record.id, "s/g", 1)
    journal.close()
    assert (answer.comment, answer.inputs) == (f"it is {MASK}/0", {MASK: [MASK]})


# A gate that looks


def test_a_gate_that_looks_is_asked_every_interval_and_told_what_it_knew(bench):
    Probe.found[:] = ["no", "no", "yes"]
    record = bench.add(bench.pipeline(step("Probe")))
    assert bench.carry(record) is Status.SUCCEEDED
    assert bench.clock.monotonic() == pytest.approx(60)
    assert [event.text for event in bench.of_kind("step_logged")] == [
        "known: {}",
        "known: {'state': 'no'}",
        "known: {'state': 'no'}",
    ]
    assert bench.of_kind("gate_opened")[0].interval == 30


def test_secrets_are_looked_up_at_each_look_and_kept_nowhere(bench, monkeypatch):
    Probe.found[:] = ["no", "yes"]
    secret = '<+secrets.getValue("account.x")>'
    spec = {"words": [secret, f"b {secret}"], "deep": {"word": secret, "other": "o"}, "text": "t"}
    record = bench.add(bench.pipeline(step("Probe", **spec)))
    assert bench.carry(record) is Status.SUCCEEDED
    assert Probe.seen == ["hunter22", "b hunter22", "hunter22", "o", "t"] * 2
    (attempt,) = bench.journal.attempts(record.id)
    assert attempt.spec == {
        "words": [MASK, MASK],
        "deep": {"word": MASK, "other": "o"},
        "text": "t",
    }


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (ConnectorError("no such secret"), "no such secret"),
        (KeyError("whoops"), "a defect of the step's plugin: KeyError: 'whoops'"),
        (SystemExit(3), "a defect of the step's plugin: SystemExit: 3"),
        (7, "look returned int, neither Snapshot nor Unavailable"),
    ],
)
def test_a_look_that_fails_keeps_the_gate_waiting_and_says_why(bench, found, reason):
    Probe.found[:] = [found, "yes"]
    assert bench.run(bench.pipeline(step("Probe"))) is Status.SUCCEEDED
    (event,) = bench.of_kind("gate_unavailable")
    assert reason in event.reason


def test_a_look_may_say_that_there_is_nothing_to_see(bench):
    Probe.found[:] = [Unavailable(bench.clock.now(), "it is dark", 100.0), "yes"]
    assert bench.run(bench.pipeline(step("Probe"))) is Status.SUCCEEDED
    assert bench.of_kind("gate_unavailable")[0].reason == "it is dark"
    assert bench.clock.monotonic() == pytest.approx(100)


def test_a_stop_in_a_look_interrupts_the_run(bench):
    Probe.found[:] = [Interrupted("stopped"), "yes"]
    record = bench.add(bench.pipeline(step("Probe")))
    with pytest.raises(Interrupted):
        bench.carry(record)
    bench.reopen()
    assert bench.carry(record) is Status.SUCCEEDED


def test_where_several_wait_one_must_be_named(bench):
    record = parked(bench, step("Ask") + step("Ask", "h"))
    (attempt,), (wait,) = bench.journal.attempts(record.id), bench.journal.waits(record.id)
    claim = bench.journal.claim(record.id, "another")
    bench.journal.open_wait(claim, replace(attempt, path="s/h"), replace(wait, path="s/h"))
    with pytest.raises(
        Refused, match="several steps of run run0 wait for people; name one: s/g, s/h"
    ):
        say(bench, bench.journal, record)
    assert say(bench, bench.journal, record, "h") == "s/h"


def test_a_step_that_does_not_wait_any_more_takes_no_answers(bench):
    record = parked(bench)
    bench.types["Ask"] = bench.types["Say"]
    bench.journal._connection.execute("""UPDATE attempt SET spec = '{"text": "x"}'""")
    with pytest.raises(Refused, match="steps of type Ask do not wait any more"):
        say(bench, bench.journal, record)
