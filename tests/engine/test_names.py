"""What the expressions of a run see, and when."""

from datetime import UTC, datetime, timedelta

import pytest

from penstock.errors import ExpressionError
from penstock.events import Status
from penstock.expressions import Names, parse
from penstock.journal import AttemptRecord
from penstock.pipeline.plan import PlannedVariable
from penstock.run.names import RunNames
from penstock.run.variables import Variables
from penstock.secret import Secret
from penstock.step import RunFacts

SAY = "- step: {identifier: %s, name: %s, type: Say, spec: {text: x}}\n"


@pytest.fixture
def plan(bench):
    return bench.plan(
        bench.pipeline(
            SAY % ("a", "First") + SAY % ("b", "b"),
            SAY % ("c", "c"),
            variables="[{name: env, value: prod}, {name: both, value: far}, "
            "{name: token, type: Secret, value: account.x}, "
            "{name: at, value: '<+pipeline.startTs>'}, "
            "{name: day, value: '<+currentDate()>'}, "
            "{name: home, value: '<+org.name>/<+project.name>'}]",
            extra="  tags: {team: cab, where: '<+pipeline.variables.env>'}\n"
            "  description: What it does\n  orgIdentifier: o\n  projectIdentifier: pr\n",
            s="        variables: [{name: both, value: near}, "
            "{name: of, value: '<+steps.a.said>'}, {name: today, value: '<+currentDate()>'}]\n"
            "        tags: {day: '<+stage.variables.today>'}\n        description: How",
        )
    )


@pytest.fixture
def run_names(bench, plan):
    facts = RunFacts("k3x9", plan.name, bench.clock.now(), "http://ci/1", "ann")
    return RunNames(
        plan,
        facts,
        sequence=7,
        email="ann@example.com",
        secret=lambda reference: Secret("hunter22", reference),
        now=bench.clock.now,
    )


@pytest.fixture
def frames(plan, run_names):
    return {stage.identifier: run_names.inside(run_names.whole, stage) for stage in plan.stages}


@pytest.fixture
def at(plan, run_names, frames):
    """Evaluate a text as step ``s/b`` sees it, or as stage ``s`` does."""

    def evaluate(text, *, stage_only=False, stage=0):
        place = plan.stages[stage]
        step = None if stage_only else place.steps[-1]
        return parse(text).render(run_names.at(frames[place.identifier], step))

    return evaluate


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pipeline.name", "A pipeline"),
        ("pipeline.identifier", "p"),
        ("pipeline.orgIdentifier", "o"),
        ("pipeline.projectIdentifier", "pr"),
        ("org.identifier", "o"),
        ("project.identifier", "pr"),
        ("pipeline.executionId", "k3x9"),
        ("pipeline.executionUrl", "http://ci/1"),
        ("pipeline.execution.url", "http://ci/1"),
        ("pipeline.sequenceId", 7),
        ("pipeline.startTs", 1772442000000),
        ("pipeline.status", "Running"),
        ("pipeline.triggerType", "MANUAL"),
        ("pipeline.triggeredBy.name", "ann"),
        ("pipeline.triggeredBy.email", "ann@example.com"),
        ("pipeline.description", "What it does"),
        ("pipeline.resumedExecutionId", "k3x9"),
        ("pipeline.executionMode", "NORMAL"),
        ("pipeline.selectedStages", ["s", "t"]),
        ("pipeline.tags.team", "cab"),
        ("pipeline.tags.where", "prod"),
        ("stage.tags.day", "2026-03-02"),
        ("stage.description", "How"),
        ("stages.t.description", ""),
        ("stage.currentStatus", "NotStarted"),
        ("stage.liveStatus", "NotStarted"),
        ("stage.executionUrl", "http://ci/1"),
        ("step.executionUrl", "http://ci/1"),
        ("step.type", "Say"),
        ("org.name", "o"),
        ("project.name", "pr"),
        ("pipeline.variables.home", "o/pr"),
        ("pipeline.variables.env", "prod"),
        ("pipeline.stages.t.name", "t"),
        ("stage.identifier", "s"),
        ("stage.type", "Custom"),
        ("stage.status", "NotStarted"),
        ("step.identifier", "b"),
        ("step.name", "b"),
        ("variables.env", "prod"),
        ("variables.both", "near"),
        ("stage.variables.both", "near"),
        ("pipeline.variables.both", "far"),
        ("pipeline.variables.at", 1772442000000),
    ],
)
def test_a_name_means_what_it_does_in_harness(at, name, value):
    assert at(f"<+{name}>") == value


def test_a_stage_sees_no_step_of_its_own(at):
    assert at("<+stage.name>", stage_only=True) == "s"
    with pytest.raises(ExpressionError, match="step"):
        at("<+step.name>", stage_only=True)


def test_a_variable_of_another_stage_is_reached_by_its_whole_path(at):
    assert at("<+pipeline.stages.s.variables.both>", stage=1) == "near"
    with pytest.raises(ExpressionError, match="of"):
        at("<+variables.of>", stage=1)


def attempt(bench, **more):
    return AttemptRecord(
        "s/a", 1, Status.SUCCEEDED, {"text": "x"}, {"said": "x"}, bench.clock.now(), **more
    )


def test_a_step_is_known_once_it_has_ended(bench, at, plan, run_names, frames):
    with pytest.raises(ExpressionError, match="steps"):
        at("<+steps.a.said>")
    end = bench.clock.now() + timedelta(seconds=2)
    run_names.record(frames["s"], "a", plan.stages[0].steps[0], attempt(bench, finished=end))
    for name, value in {
        "said": "x",
        "name": "First",
        "identifier": "a",
        "type": "Say",
        "status": "Succeeded",
        "startTs": 1772442000000,
        "endTs": 1772442002000,
        "retryCount": 0,
        "spec.text": "x",
    }.items():
        assert at(f"<+steps.a.{name}>") == value
    assert at("<+pipeline.stages.s.spec.execution.steps.a.said>", stage=1) == "x"
    assert at("<+stage.variables.of>") == "x"


def test_a_step_that_waits_has_no_end_yet(bench, at, plan, run_names, frames):
    run_names.record(frames["s"], "a", plan.stages[0].steps[0], attempt(bench))
    assert at("<+steps.a.endTs>") is None


def test_statuses_follow_the_run(at, run_names, frames):
    run_names.set_status(Status.FAILED)
    run_names.set_status(Status.SKIPPED, frames["t"])
    assert at("<+pipeline.status> <+stages.t.status> <+stage.status>") == (
        "Failed Skipped NotStarted"
    )


@pytest.mark.parametrize(
    ("statuses", "true"),
    [
        ((Status.RUNNING, Status.RUNNING), "OnPipelineSuccess OnStageSuccess"),
        ((Status.SUCCEEDED, Status.NOT_STARTED), "OnPipelineSuccess OnStageSuccess"),
        ((Status.SUCCEEDED, Status.IGNORE_FAILED), "OnPipelineSuccess OnStageSuccess"),
        ((Status.FAILED, Status.NOT_STARTED), "OnPipelineFailure OnStageSuccess"),
        ((Status.SUCCEEDED, Status.EXPIRED), "OnPipelineFailure OnStageFailure"),
        ((Status.APPROVAL_REJECTED, Status.ABORTED), "OnPipelineFailure OnStageFailure"),
    ],
)
def test_the_names_for_what_has_failed_follow_the_statuses(at, run_names, frames, statuses, true):
    run_names.set_status(statuses[0])
    run_names.set_status(statuses[1], frames["s"])
    outcomes = {
        f"On{level}{how}" for level in ("Pipeline", "Stage") for how in ("Success", "Failure")
    }
    assert {name for name in outcomes if at(f"<+{name}>")} == set(true.split())
    assert (at("<+Always>"), at("<+OnRollbackModeExecution>")) == (True, False)


def test_a_step_after_a_failure_is_told_of_it(bench):
    fail = "- step: {identifier: a, type: Fail, spec: {}}\n"
    tell = (
        "- step: {identifier: b, type: Say, when: {stageStatus: All, condition: <+OnStageFailure>},"
        " spec: {text: '<+OnPipelineSuccess> <+stage.currentStatus>'}}\n"
    )
    assert bench.run(bench.pipeline(fail + tell)) is Status.FAILED
    assert bench.of_kind("run_finished")[0].outputs["s/b"]["said"] == "false Failed"


def test_a_tag_is_evaluated_when_it_is_read_and_never_again(bench):
    say = "- step: {identifier: a, type: Say, spec: {text: <+pipeline.tags.mark>}}\n"
    text = bench.pipeline(
        say,
        variables="[{name: v, value: '{{ ''<+pipeline.name>'' }}'}]",
        extra="  tags: {mark: 'of <+pipeline.variables.v>'}",
    )
    assert bench.run(text) is Status.SUCCEEDED
    assert bench.of_kind("run_finished")[0].outputs["s/a"]["said"] == "of <+pipeline.name>"


def test_stand_ins_are_names_that_only_the_platform_has(bench, plan):
    facts = RunFacts("k3x9", plan.name, bench.clock.now(), "http://ci/1", "ann")
    stand_ins = {
        "artifact": {"tag": "1.2.3"},
        "pipeline": {"branch": "main", "name": "never seen", "triggeredBy": {"trigger": "push"}},
    }
    names = RunNames(
        plan, facts, sequence=1, email="e", secret=str, now=bench.clock.now, stand_ins=stand_ins
    )
    frame = names.inside(names.whole, plan.stages[0])
    seen = names.at(frame, plan.stages[0].steps[0])
    text = "<+artifact.tag> <+pipeline.branch> <+pipeline.name> <+pipeline.triggeredBy.trigger>"
    assert parse(text).render(seen) == "1.2.3 main A pipeline push"
    assert parse("<+pipeline.triggeredBy.name>").render(seen) == "ann"
    assert {*seen.values} - {*names.at(frame).values} == {"step"}
    assert len(seen.values) == len([*seen.values])
    with pytest.raises(ExpressionError, match="'image' is not there"):
        parse("<+artifact.image>").render(seen)
    names.set_status(Status.FAILED)
    assert parse("<+pipeline.status>").render(seen) == "Failed"


def test_variables_stay_as_they_were_at_the_start_while_steps_see_the_present(bench, at):
    bench.clock.advance(86_400)
    assert at("<+pipeline.variables.day> <+stage.variables.today> <+currentDate()>") == (
        "2026-03-02 2026-03-02 2026-03-03"
    )


def test_a_secret_variable_is_a_secret(at):
    value = at("<+pipeline.variables.token>")
    assert isinstance(value, Secret)
    assert (str(value), value.reference) == ("********", "account.x")


# Variables


def variables(*items, secret=None, **values):
    """Return variables of the given (name, type, value), which see one another as ``v``."""
    planned = tuple(PlannedVariable(*item) for item in items)

    def names():
        return Names({"v": made, **values}, lambda: datetime(2026, 3, 2, tzinfo=UTC), secret)

    made = Variables(planned, names)
    return made


def test_variables_are_a_mapping_that_evaluates_none_before_it_is_read():
    made = variables(("a", "String", "<+v.gone>"), ("b", "String", "x"))
    assert (list(made), len(made), "a" in made, "c" in made) == (["a", "b"], 2, True, False)
    assert made["b"] == "x"
    with pytest.raises(KeyError):
        made["c"]
    with pytest.raises(ExpressionError):
        made["a"]


def test_both_levels_of_variables_are_one_mapping(at, frames, run_names):
    both = run_names.at(frames["s"]).values["variables"]
    assert list(both) == ["both", "of", "today", "env", "token", "at", "day", "home"]
    assert len(both) == 8


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("3", 3),
        ("-3", -3),
        ("+3", 3),
        (" 3 ", 3),
        ("3.0", 3),
        ("0.5", 0.5),
        ("1e3", 1000),
        ("20260302090000123", 20260302090000123),
        ("-9223372036854775808", -9223372036854775808),
        ("0123", 123),
        ("", ""),
        (None, ""),
        ("<+v.three>", 3),
        ("<+w.number>", 7),
    ],
)
def test_a_number_is_a_number_and_whole_ones_are_exact(value, number):
    made = variables(("n", "Number", value), ("three", "String", "3"), w={"number": 7})
    assert made["n"] == number
    assert type(made["n"]) is type(number)


@pytest.mark.parametrize(
    "value", ["three", "1_000", "nan", "inf", "-Infinity", "1e999", "0x1F", "1 2"]
)
def test_a_number_that_is_none_is_refused(value):
    with pytest.raises(ExpressionError, match=f"'n' is of type Number, and its value '{value}' is"):
        variables(("n", "Number", value))["n"]


@pytest.mark.parametrize("value", ["4.10", "0123", "1e3", "true", " x "])
def test_a_string_stays_as_it_is_written(value):
    assert variables(("s", "String", value))["s"] == value


def test_a_secret_is_nothing_where_there_are_no_secrets():
    assert variables(("t", "Secret", "account.x"))["t"] is None


@pytest.mark.parametrize(
    "items",
    [
        [("a", "String", "<+v.a>")],
        [("a", "String", "<+v.b>"), ("b", "String", "x <+v.a>")],
    ],
)
def test_a_variable_that_refers_to_itself_is_refused_every_time(items):
    made = variables(*items)
    for _ in range(2):
        with pytest.raises(ExpressionError, match="the variable 'a' refers to itself"):
            made["a"]


def test_a_variable_can_be_read_again_after_it_has_failed():
    values = {}
    made = variables(("a", "String", "<+w.x>"), w=values)
    with pytest.raises(ExpressionError):
        made["a"]
    values["x"] = "there now"
    assert made["a"] == "there now"


def test_a_long_chain_of_variables_of_either_level_takes_no_time(bench):
    count = 31  # each evaluated twice to find out whether it is there would be a thousand million
    items = [("v0", "x")] + [(f"v{n}", f"<+variables.v{n - 1}>") for n in range(1, count)]
    chain = ", ".join(f"{{name: {name}, value: '{value}'}}" for name, value in items)
    say = f"- step: {{identifier: a, type: Say, spec: {{text: <+variables.v{count - 1}>}}}}\n"
    record = bench.add(bench.pipeline(say, s=f"        variables: [{chain}]"))
    assert bench.carry(record) is Status.SUCCEEDED
    assert bench.of_kind("run_finished")[0].outputs["s/a"]["said"] == "x"
