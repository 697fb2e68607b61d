"""Writes to other systems that happen once, whatever becomes of the process or of the answer."""

from datetime import timedelta

import pytest

from penstock.errors import (
    FailureType,
    JournalError,
    OutcomeUnknown,
    OwnershipLost,
    StepExpired,
    StepFailed,
)
from penstock.events import Status
from penstock.journal import EffectRecord
from penstock.run.effects import JournalledEffects
from penstock.run.interruption import Interrupted
from penstock.run.local import carry
from penstock.step import Doubt

WRITE = "- step: {identifier: %s, type: Write, spec: {connectorRef: r, text: %s}}\n"


class Lost(Exception):
    """The write is kept, and its answer is lost."""


UNKNOWN = OutcomeUnknown("timed out")


class Far:
    """A far system: it keeps what it is sent, and answers as it is told."""

    def __init__(self, *answers):
        #: For each try: ``None``, or what is raised, before or after the write is kept.
        self.answers = list(answers)
        self.kept, self.seen, self.looked = [], [], 0
        #: Called for each look, before it: what comes to light meanwhile, or what is raised.
        self.on_look = lambda number: None

    def intent(self):
        return {"highest": 7}

    def do(self, effect):
        self.seen.append(effect)
        answer = self.answers.pop(0) if self.answers else None
        if answer is Lost:
            self.kept.append(effect.marker)
            raise OutcomeUnknown("the answer was lost")
        if answer is not None:
            raise answer
        self.kept.append(effect.marker)
        return {"key": f"REL-{len(self.kept)}"}

    def look(self, effect):
        self.looked += 1
        self.on_look(self.looked)
        found = self.kept.count(effect.marker)
        return {"key": f"REL-{self.kept.index(effect.marker) + 1}"} if found else None

    def write(self, effects, name="create", **doubt):
        return effects.once(
            name, intent=self.intent, do=self.do, look=self.look, doubt=Doubt(**doubt)
        )


@pytest.fixture
def record(bench):
    return bench.add(bench.pipeline("- step: {identifier: a, type: Fail}\n"))


@pytest.fixture
def notes():
    return []


@pytest.fixture
def life(bench, record, notes):
    """Return the effects of ``s/a`` in a new life of its run."""

    def begin(path="s/a", run=record.id, seconds=600):
        claim = bench.journal.claim(run, "test")
        deadline = bench.clock.now() + timedelta(seconds=seconds)
        return JournalledEffects(
            bench.journal, claim, path, bench.clock, deadline=deadline, note=notes.append
        )

    return begin


@pytest.fixture
def row(bench, record):
    return lambda name="create": bench.journal.effect(record.id, "s/a", name)


def test_the_intent_is_journalled_before_the_write_and_its_result_after(bench, life, row):
    far = Far()

    def do(effect):
        assert row() == EffectRecord(
            path="s/a",
            name="create",
            marker=effect.marker,
            intent={"highest": 7},
            begun=bench.clock.now(),
            tries=1,
            sent=bench.clock.now(),
        )
        return far.do(effect)

    effects = life()
    result = effects.once("create", intent=far.intent, do=do, look=far.look)
    assert result == {"key": "REL-1"}
    assert (row().done, row().result) == (True, result)
    assert far.seen[0].in_doubt is False
    assert far.looked == 0


def test_a_second_life_gets_the_result_and_asks_nobody(life):
    first = Far()
    result = first.write(life())
    second = Far()
    assert second.write(life()) == result
    assert (second.seen, second.looked) == ([], 0)


def test_nothing_is_sent_without_an_intent(life, row):
    effects = life()

    def intent():
        raise StepFailed("the project is not there")

    far = Far()
    with pytest.raises(StepFailed, match="the project is not there"):
        effects.once("create", intent=intent, do=far.do, look=far.look)
    assert (far.seen, row()) == ([], None)


def test_nothing_is_sent_by_who_has_lost_the_run(life, row):
    old = life()
    life()
    far = Far()
    with pytest.raises(OwnershipLost):
        far.write(old)
    assert (far.seen, row()) == ([], None)


def test_what_was_sent_by_who_loses_the_run_meanwhile_is_found_by_the_successor(life):
    far = Far()
    old = life()

    def do(effect):
        life()
        return far.do(effect)

    with pytest.raises(OwnershipLost):
        old.once("create", intent=far.intent, do=do, look=far.look)
    assert far.write(life()) == {"key": "REL-1"}
    assert len(far.kept) == 1


def test_a_lost_answer_is_looked_for_and_the_write_is_not_sent_again(life, row):
    far = Far(Lost)
    assert far.write(life()) == {"key": "REL-1"}
    assert (len(far.seen), len(far.kept), row().tries) == (1, 1, 1)


def test_a_write_that_is_not_found_is_sent_again_with_the_same_marker_and_in_doubt(life, row):
    far = Far(UNKNOWN, UNKNOWN)
    assert far.write(life()) == {"key": "REL-1"}
    assert [effect.in_doubt for effect in far.seen] == [False, True, True]
    assert len({effect.marker for effect in far.seen}) == 1
    assert (far.looked, row().tries) == (2, 3)


def test_a_write_whose_outcome_stays_unknown_is_sent_three_times_in_all_its_lives(life, row):
    far = Far(UNKNOWN, KeyError("killed"), UNKNOWN)
    with pytest.raises(KeyError):
        far.write(life())
    # The life after that looks, and sends nothing more.
    for looks, told in ((3, " (the last answer: timed out)"), (4, "")):
        with pytest.raises(OutcomeUnknown) as caught:
            far.write(life())
        assert str(caught.value) == (
            "nobody knows whether the write 'create' has happened: it was sent 3 times, and "
            f"nothing of it is to be seen{told}; look for {row().marker} before you run this again"
        )
        assert (len(far.seen), far.looked, row().done) == (3, looks, False)


def test_a_write_that_may_be_sent_once_is_not_sent_again(life, row):
    far = Far(UNKNOWN)
    for looks, told in ((1, " (the last answer: timed out)"), (2, "")):
        with pytest.raises(OutcomeUnknown) as caught:
            far.write(life(), tries=1, advice=lambda effect: f"search for {effect.marker}")
        assert str(caught.value) == (
            "nobody knows whether the write 'create' has happened: it was sent once, and "
            f"nothing of it is to be seen{told}; search for {row().marker}"
        )
        assert (len(far.seen), far.looked) == (1, looks)


def test_a_write_that_comes_to_light_late_is_not_sent_again(life, bench, notes):
    far = Far(UNKNOWN)

    def appear(number):
        if bench.clock.monotonic() >= 50:
            far.kept.append(far.seen[0].marker)

    far.on_look = appear
    assert far.write(life(), settle=120) == {"key": "REL-1"}
    assert len(far.seen) == 1
    assert bench.clock.monotonic() == 60  # after 1, 2, 4, 8, 15, 15 and 15 seconds
    assert notes == [
        "nobody knows yet whether 'create' has happened; it is looked for for up to 2m"
    ]


def test_a_write_is_sent_again_only_when_the_last_try_can_no_longer_come_true(life, bench, notes):
    far = Far(UNKNOWN, UNKNOWN)
    moments = []

    def do(effect):
        moments.append(bench.clock.monotonic())
        return far.do(effect)

    doubt = Doubt(settle=120)
    life().once("create", intent=far.intent, do=do, look=far.look, doubt=doubt)
    assert moments == [0, 120, 240]
    assert len(notes) == 2


def test_the_time_that_passed_between_two_lives_counts(life, bench):
    far = Far(KeyError("killed"))
    with pytest.raises(KeyError):
        far.write(life(), settle=120)
    bench.clock.advance(100)
    far.write(life(), settle=120)
    assert bench.clock.monotonic() == 120
    assert len(far.seen) == 2


@pytest.mark.parametrize(("jump", "waited"), [(timedelta(days=-2), 120), (timedelta(hours=1), 0)])
def test_a_clock_that_is_set_between_two_lives_costs_at_most_the_settle_time(
    life, bench, jump, waited
):
    far = Far(KeyError("killed"))
    with pytest.raises(KeyError):
        far.write(life(), settle=120)
    bench.jump(jump)
    far.write(life(), settle=120)
    assert bench.clock.monotonic() == waited


def test_a_clock_that_is_set_ahead_during_a_life_does_not_end_the_look(life, bench):
    far = Far(UNKNOWN)

    def do(effect):
        bench.jump(timedelta(minutes=5))
        return far.do(effect)

    effects = life(seconds=3600)
    effects.once("create", intent=far.intent, do=do, look=far.look, doubt=Doubt(settle=120))
    assert bench.clock.monotonic() == 120


def test_a_refused_write_is_not_waited_for(life, bench):
    with pytest.raises(StepFailed, match="400"):
        Far(StepFailed("Jira: 400")).write(life(), settle=120)
    assert bench.clock.monotonic() == 0


def test_a_step_whose_time_is_shorter_expires_in_doubt_and_says_so(life, bench, row, notes):
    far = Far(UNKNOWN)
    with pytest.raises(StepExpired) as caught:
        far.write(life(seconds=30), settle=120)
    assert str(caught.value) == (
        "its time is over, and nobody knows whether the write 'create' has happened: that is "
        f"certain only 2m after it was sent; look for {row().marker} before you run this again; "
        "a longer `timeout` gives it more time"
    )
    assert notes == [
        "nobody knows yet whether 'create' has happened; it is looked for for up to 2m; the step "
        "has 30s left"
    ]
    assert bench.clock.monotonic() == 30
    assert (len(far.seen), row().done) == (1, False)


def test_a_look_whose_own_time_is_over_expires_the_step(life):
    def over(number):
        raise StepExpired("the time for this step is over")

    far = Far(UNKNOWN)
    far.on_look = over
    with pytest.raises(StepExpired, match="happened: that is certain only 2m after it was sent;"):
        far.write(life(), settle=120)
    with pytest.raises(StepExpired, match="'create' has happened: the time for this step is over;"):
        far.write(life())


def test_a_system_that_cannot_be_reached_is_no_proof_that_nothing_is_there(life, bench, notes):
    far = Far(Lost)

    def down(number):
        if bench.clock.monotonic() < 200:
            raise StepFailed("no route", failure=FailureType.CONNECTIVITY)

    far.on_look = down
    assert far.write(life(), settle=120) == {"key": "REL-1"}
    assert len(far.seen) == 1
    assert notes == [
        "nobody knows whether 'create' has happened, and it cannot be looked for yet (no route); "
        "it is looked for for up to 2m; the step has 10m left"
    ]


def test_a_system_that_stays_away_leaves_the_step_expired_and_in_doubt(life, bench, row):
    far = Far(UNKNOWN)

    def down(number):
        raise StepFailed("no route", failure=FailureType.CONNECTIVITY)

    far.on_look = down
    with pytest.raises(StepExpired, match="whether the write 'create' has happened: no route;"):
        far.write(life())
    assert bench.clock.monotonic() == 600
    assert (len(far.seen), row().done) == (1, False)


def test_a_look_that_forbids_another_try_is_obeyed(life):
    def doubtful(number):
        raise OutcomeUnknown("a copy of it is there, so it was", hint="look for the original")

    far = Far(UNKNOWN)
    far.on_look = doubtful
    with pytest.raises(OutcomeUnknown, match=r"^a copy of it is there, so it was; look for the"):
        far.write(life(), settle=120)
    assert (len(far.seen), far.looked) == (1, 1)


def test_a_life_that_ended_in_the_middle_is_followed_by_a_look_before_anything_is_sent(life):
    class Killed(BaseException):
        pass

    far = Far(Killed())
    with pytest.raises(Killed):
        far.write(life())
    assert far.write(life()) == {"key": "REL-1"}
    assert (far.looked, far.seen[-1].in_doubt) == (1, True)


def test_a_write_that_was_refused_leaves_no_trace(life, row):
    far = Far(StepFailed("Jira: 400"))
    with pytest.raises(StepFailed, match="Jira: 400"):
        far.write(life())
    assert row() is None


def test_a_refusal_does_not_make_an_earlier_doubt_forgotten(life, row):
    far = Far(UNKNOWN, StepFailed("Jira: 401"))
    with pytest.raises(StepFailed, match="Jira: 401"):
        far.write(life())
    assert (row().done, row().tries) == (False, 2)


@pytest.mark.parametrize("error", [KeyError("x"), Interrupted("stopped by SIGINT")])
def test_what_breaks_off_in_the_middle_leaves_the_write_in_doubt(life, row, error):
    far = Far(error)
    with pytest.raises(type(error)):
        far.write(life())
    assert (row().done, row().tries) == (False, 1)


@pytest.mark.parametrize("hint", ["", "sign in again"])
def test_a_look_that_fails_says_that_the_outcome_is_unknown(life, row, hint):
    error = StepFailed("Jira: 401", hint=hint, failure=FailureType.AUTHENTICATION)

    def look(effect):
        raise error

    far = Far(Lost)
    for _ in range(2):  # after its own write, and in the next life
        with pytest.raises(OutcomeUnknown) as caught:
            life().once("create", intent=far.intent, do=far.do, look=look)
        assert caught.value.message == (
            "nobody knows whether the write 'create' has happened, and it could not be looked "
            "for: Jira: 401"
        )
        assert caught.value.hint == hint or row().marker in caught.value.hint
        assert caught.value.failure_type is FailureType.AUTHENTICATION
    assert len(far.kept) == 1
    assert row().done is False


@pytest.mark.parametrize("result", [None, 0, "", False, [], {}])
def test_any_result_is_kept_even_an_empty_one(life, result):
    def never(effect):
        raise AssertionError("it is done")

    arguments = {"intent": dict, "look": never}
    assert life().once("create", do=lambda effect: result, **arguments) == result
    assert life().once("create", do=never, **arguments) == result


@pytest.mark.parametrize("found", [0, "", False, [], {}])
def test_a_look_that_finds_something_empty_has_found_it(life, found):
    far = Far(UNKNOWN)
    result = life().once("create", intent=far.intent, do=far.do, look=lambda effect: found)
    assert result == found
    assert len(far.seen) == 1


def test_each_run_step_and_name_has_a_marker_of_its_own(bench, life):
    far = Far()
    far.write(life(), "create")
    far.write(life(), "comment")
    far.write(life("s/b"), "create")
    other = bench.add(bench.pipeline("- step: {identifier: a, type: Fail}\n"))
    far.write(life(run=other.id))
    markers = {effect.marker for effect in far.seen}
    assert len(markers) == 4
    assert all(marker.startswith("penstock-") and len(marker) == 33 for marker in markers)


def test_a_step_whose_write_is_refused_fails_and_the_rest_is_skipped(bench, remote):
    def refuse(text):
        raise StepFailed("Jira: 403", failure=FailureType.AUTHORIZATION)

    remote.before_write = refuse
    record = bench.add(bench.pipeline(WRITE % ("a", "x") + WRITE % ("b", "y")))
    assert bench.carry(record) is Status.FAILED
    attempt = bench.journal.attempts(record.id)[0]
    assert (attempt.message, attempt.failure) == ("Jira: 403", "Authorization")
    assert remote.written == []


def test_a_journal_that_cannot_be_written_fails_no_step_and_sends_nothing(bench, remote):
    record = bench.add(bench.pipeline(WRITE % ("a", "x")))
    state = bench.state(record)
    bench.journal._connection.execute("DROP TABLE effect")
    with pytest.raises(JournalError, match="no such table: effect"):
        carry(state, bench.stop)
    assert remote.written == []
    assert bench.statuses(record) == {}
