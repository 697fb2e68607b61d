"""One step: what its plugin may do wrong, and what is made of it."""

from typing import ClassVar

import pytest

from penstock.errors import PenstockError, StepExpired
from penstock.events import Status
from penstock.step import Gate, Step
from penstock.watch import Watch

STEP = "- step: {identifier: a, type: Odd}\n"


@pytest.fixture
def attempt_of(bench):
    """Run a pipeline of one step of a type with the given members; return its attempt."""

    def run(kind=Step, **members):
        space = {"type": "Odd", "repeatable": True, "__module__": __name__, **members}
        space["__annotations__"] = {"type": ClassVar[str], "repeatable": ClassVar[bool]}
        bench.types["Odd"] = type("Odd", (kind,), space)
        record = bench.add(bench.pipeline(STEP))
        bench.carry(record)
        return bench.journal.attempts(record.id)[0]

    return run


def raising(error):
    def run(self, *_):
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (StepExpired("too slow"), (Status.EXPIRED, "too slow", "Timeout")),
        (PenstockError("a bad file"), (Status.FAILED, "a bad file", "ConfigurationFailure")),
    ],
)
def test_a_step_ends_as_its_error_says(attempt_of, error, expected):
    attempt = attempt_of(run=raising(error))
    assert (attempt.status, attempt.message, attempt.failure) == expected


@pytest.mark.parametrize("error", [KeyError("x"), SystemExit(1)])
def test_a_step_that_is_done_does_not_fail_over_its_headline(bench, attempt_of, error):
    attempt = attempt_of(run=lambda self, context: {"key": "REL-1"}, headline=raising(error))
    assert (attempt.status, attempt.outputs) == (Status.SUCCEEDED, {"key": "REL-1"})
    what = f"a defect of the step's plugin: {type(error).__name__}: {error}"
    assert bench.of_kind("step_noted")[0].text == f"nothing is shown beside it, by {what}"
    assert bench.of_kind("step_finished")[0].title is None


def test_a_step_that_is_no_gate_cannot_wait(attempt_of):
    attempt = attempt_of(run=lambda self, context: Watch("r", "K"))
    assert attempt.message == "a step of type Odd returned Watch, no outputs"


@pytest.mark.parametrize(
    ("watch", "message"),
    [
        (Watch("r", "K", interval=0), "ValueError: the interval of a watch is 0 seconds"),
        (Watch("r", "K", interval=-1.5), "ValueError: the interval of a watch is -1.5 seconds"),
        (Watch("r", "K", interval=float("nan")), "ValueError: the interval of a watch is nan"),
        (Watch("r", "K", interval=float("inf")), "ValueError: the interval of a watch is inf"),
        (Watch("r", "K", interval="1m"), "TypeError"),
        (Watch("r", None), "TypeError: a watch needs a connector and a key that are text"),
        (Watch(7, "K"), "TypeError: a watch needs a connector and a key that are text"),
        (Watch("r", "K", link=7), "TypeError: a watch needs"),
        (Watch("r", "K", fields=None), "TypeError"),
        (None, "a step of type Odd returned NoneType, no outputs"),
    ],
)
def test_a_gate_that_asks_for_no_possible_watch_fails(bench, attempt_of, watch, message):
    attempt = attempt_of(Gate, watch=lambda self, context: watch, judge=lambda self, seen: None)
    assert attempt.status is Status.FAILED
    assert message in attempt.message
    assert bench.of_kind("gate_opened") == []


def test_a_gate_may_be_through_at_once(attempt_of):
    never = raising(AssertionError("it is through"))
    attempt = attempt_of(Gate, run=lambda self, context: {"x": 1}, watch=never, judge=never)
    assert (attempt.status, attempt.outputs) == (Status.SUCCEEDED, {"x": 1})


def test_a_spec_that_only_its_values_make_invalid_fails_with_the_field(bench):
    step = (
        "- step: {identifier: a, type: Say, spec: {text: x, times: <+pipeline.variables.times>}}\n"
    )
    record = bench.add(bench.pipeline(step, variables="[{name: times, value: many}]"))
    assert bench.carry(record) is Status.FAILED
    attempt = bench.journal.attempts(record.id)[0]
    assert "times" in attempt.message
    assert "many" in attempt.message
    assert attempt.failure == "ConfigurationFailure"


def test_a_step_knows_its_run_its_place_and_its_time(bench, attempt_of):
    seen = []

    def run(self, context):
        seen.append(context)
        return {"left": context.seconds_left()}

    attempt = attempt_of(run=run)
    context = seen[0]
    assert (context.run.id, context.path, context.attempt) == ("run0", "s/a", 1)
    assert attempt.outputs == {"left": 36_000.0}


@pytest.mark.parametrize("text", ["\ud83d", "a\x00b", "\u2028"])
def test_any_text_of_another_system_can_be_an_output_and_an_error(bench, attempt_of, text):
    attempt = attempt_of(run=lambda self, context: {text: [text]})
    assert attempt.outputs == {text: [text]}
    attempt = attempt_of(run=raising(PenstockError(text)))
    assert attempt.status is Status.FAILED
