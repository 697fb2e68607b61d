"""A run of the journal as it is shown: its steps, its stages, its gates, and what they wait for."""

from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.events import Status
from penstock.journal import AttemptRecord, WaitRecord
from penstock.verdict import Condition, Verdict, VerdictStatus
from penstock.view import run_view

SAY = "- step: {identifier: %s, type: Say, spec: {text: x}}\n"
FAIL = "- step: {identifier: %s, type: Fail}\n"
GATE = "- step: {identifier: %s, type: Await, spec: {connectorRef: r, key: K-1}}\n"


def view(bench, record, types=None):
    return run_view(bench.journal.run(record.id), bench.journal, types)


def statuses(bench, record):
    return {step.path: str(step.status) for step in view(bench, record).steps}


def write(bench, record, **rows):
    """Journal rows of the stage ``s``: an identifier's status."""
    claim = bench.journal.claim(record.id, "test")
    now = bench.clock.now()
    for name, status in rows.items():
        ended = now if status.is_final else None
        attempt = AttemptRecord(f"s/{name}", 1, status, {}, {}, now, ended)
        bench.journal.write_attempt(claim, attempt)


def test_a_run_that_has_not_begun_shows_its_whole_plan(bench):
    record = bench.add(bench.pipeline(SAY % "a", SAY % "b"))
    shown = view(bench, record)
    assert (shown.id, shown.name, shown.file) == (record.id, "A pipeline", "p.yaml")
    assert (shown.status, shown.user, shown.finished) == (Status.RUNNING, "ann", None)
    assert [(step.path, step.depth, step.status) for step in shown.steps] == [
        ("s", 0, Status.NOT_STARTED),
        ("s/a", 1, Status.NOT_STARTED),
        ("t", 0, Status.NOT_STARTED),
        ("t/b", 1, Status.NOT_STARTED),
    ]
    assert [step.name for step in shown.steps] == ["s", "a", "t", "b"]
    assert [step.type for step in shown.steps] == ["Custom", "Say", "Custom", "Say"]


def test_a_finished_run_shows_times_outputs_and_headlines(bench):
    record = bench.add(bench.pipeline(SAY % "a" + SAY % "b"))
    bench.carry(record)
    shown = view(bench, record, bench.types)
    stage, first, second = shown.steps
    assert (shown.status, stage.status) == (Status.SUCCEEDED, Status.SUCCEEDED)
    assert (stage.started, stage.finished) == (first.started, second.finished)
    assert first.outputs == {"said": "x", "times": 1}
    assert (first.title, first.link) == ("SAID-1", "http://127.0.0.1/SAID-1")
    assert view(bench, record).steps[1].title is None


def test_a_failed_step_and_a_stage_that_was_skipped_say_why(bench):
    record = bench.add(bench.pipeline(FAIL % "a" + SAY % "b", SAY % "c"))
    bench.carry(record)
    assert statuses(bench, record) == {
        "s": "Failed",
        "s/a": "Failed",
        "s/b": "Skipped",
        "t": "Skipped",
        "t/c": "NotStarted",
    }
    by_path = {step.path: step for step in view(bench, record).steps}
    assert by_path["s/a"].message == "it does not work; mend it"
    assert by_path["t"].message == "the pipeline is Failed"
    assert by_path["t"].started == by_path["t"].finished is not None


def test_a_gate_shows_what_it_waits_for_and_its_last_verdict(bench):
    record = bench.add(bench.pipeline(GATE % "g" + SAY % "a"))
    claim = bench.journal.claim(record.id, "test")
    now = bench.clock.now()
    deadline = now + timedelta(hours=10)
    attempt = AttemptRecord("s/g", 1, Status.APPROVAL_WAITING, {}, {}, now)
    link = "https://jira.example.com/browse/K-1"
    wait = WaitRecord(record.id, "s/g", "r", "K-1", ("state",), 60.0, link, now, deadline)
    bench.journal.open_wait(claim, attempt, wait)
    stage, gate, _ = view(bench, record, bench.types).steps
    assert (stage.status, stage.finished) == (Status.APPROVAL_WAITING, None)
    assert (gate.status, gate.key, gate.deadline) == (Status.APPROVAL_WAITING, "K-1", deadline)
    assert (gate.title, gate.link, gate.verdict) == ("K-1", link, None)
    verdict = Verdict(VerdictStatus.WAITING, "state is not yet", Condition("state", False))
    bench.journal.write_verdict(claim, "s/g", verdict)
    assert view(bench, record).steps[1].verdict == verdict


S, R, W, F, N = (
    Status.SUCCEEDED,
    Status.RUNNING,
    Status.APPROVAL_WAITING,
    Status.FAILED,
    Status.NOT_STARTED,
)


@pytest.mark.parametrize(
    ("steps", "stage"),
    [
        ((N, N), N),
        ((S, N), R),
        ((R, N), R),
        ((S, W), W),
        ((S, S), S),
        ((F, N), F),
        ((F, Status.SKIPPED), F),
        ((F, R), R),
        ((F, W), W),
        ((F, S), F),
        ((Status.EXPIRED, F), Status.EXPIRED),
        ((Status.SKIPPED, S), S),
        ((Status.IGNORE_FAILED, S), S),
        ((Status.APPROVAL_REJECTED, Status.SKIPPED), Status.APPROVAL_REJECTED),
    ],
)
def test_the_status_of_a_stage_is_what_its_steps_add_up_to(bench, steps, stage):
    record = bench.add(bench.pipeline(SAY % "a" + SAY % "b"))
    rows = {name: status for name, status in zip("ab", steps, strict=True) if status is not N}
    write(bench, record, **rows)
    shown = view(bench, record).steps[0]
    assert shown.status is stage
    assert (shown.finished is not None) is stage.is_final
    assert (shown.started is not None) is bool(rows)


@pytest.mark.parametrize(
    ("steps", "stage"), [((S, N), Status.ABORTED), ((N, N), N), ((S, S), S), ((F, N), F)]
)
def test_a_stage_of_a_run_that_was_aborted_between_two_steps_is_aborted(bench, steps, stage):
    record = bench.add(bench.pipeline(SAY % "a" + SAY % "b"))
    write(bench, record, **{n: s for n, s in zip("ab", steps, strict=True) if s is not N})
    claim = bench.journal.claim(record.id, "test")
    bench.journal.set_run_status(claim, Status.ABORTED, finished=bench.clock.now())
    assert view(bench, record).steps[0].status is stage


def test_the_last_attempt_of_a_step_is_shown(bench):
    record = bench.add(bench.pipeline(SAY % "a"))
    write(bench, record, a=Status.FAILED)
    claim = bench.journal.claim(record.id, "test")
    (attempt,) = bench.journal.attempts(record.id)
    bench.journal.write_attempt(claim, replace(attempt, attempt=2, status=Status.SUCCEEDED))
    assert (view(bench, record).steps[1].attempt, view(bench, record).steps[1].status) == (2, S)


def test_a_step_whose_plugin_is_gone_or_has_changed_is_shown_without_its_headline(bench):
    record = bench.add(bench.pipeline(SAY % "a"))
    bench.carry(record)
    say = bench.types["Say"]

    class Stricter(say):
        wanted: int

    class Broken(say):
        def headline(self, outputs):
            raise KeyError("gone")

    for types in ({}, {"Say": Stricter}, {"Say": Broken}):
        step = view(bench, record, types).steps[1]
        assert (step.title, step.status) == (None, Status.SUCCEEDED)


def test_a_run_that_another_version_planned_is_shown_without_its_steps(bench):
    record = bench.add(bench.pipeline(SAY % "a"))
    shown = run_view(replace(record, plan='{"version": 99}'), bench.journal)
    assert (shown.id, shown.name, shown.status) == (record.id, "A pipeline", Status.RUNNING)
    assert (shown.steps, shown.file) == ((), "")


def test_inputs_are_shown(bench):
    record = bench.add(bench.pipeline(SAY % "a"))
    plan = replace(bench.plan(bench.pipeline(SAY % "a")), inputs={"version": "1"})
    assert run_view(replace(record, plan=plan.to_json()), bench.journal).inputs == {"version": "1"}
