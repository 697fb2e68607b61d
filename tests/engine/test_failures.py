"""``failureStrategies``: what is done about a failure, and what undoes a stage."""

from datetime import timedelta

import pytest

from penstock.errors import FailureType, StepExpired, StepFailed
from penstock.events import Status


def rule(action, errors="AllErrors", spec=""):
    spec = f", spec: {{{spec}}}" if spec else ""
    return f"[{{onFailure: {{errors: [{errors}], action: {{type: {action}{spec}}}}}}}]"


RETRY = "retryCount: 2, retryIntervals: [10s, 1m]"


def say(name, text="x", more=""):
    return f"- step: {{identifier: {name}, type: Say, spec: {{text: '{text}'}}{more}}}\n"


def fail(rules, kind="Fail"):
    return f"- step: {{identifier: f, type: {kind}, spec: {{}}, failureStrategies: {rules}}}\n"


def undone(*rollback):
    lines = "".join(f"              {line}\n" for item in rollback for line in item.splitlines())
    return f"            rollbackSteps:\n{lines}"


def with_rollback(bench, steps, rollback, *more, **stages):
    """Return a pipeline whose first stage has rollback steps."""
    text = bench.pipeline(steps, *more, **stages)
    mark = "            steps:\n"
    return text.replace(mark, undone(*rollback) + mark, 1)


def ends(bench):
    return [(event.path, str(event.status)) for event in bench.of_kind("step_finished")]


def failing(times, error=None):
    """Return what fails so often, and then does not."""
    left = [times]

    def say_so(text):
        if text == "x" and left[0] > 0:
            left[0] -= 1
            raise error or StepFailed("it does not work")

    return say_so


@pytest.mark.parametrize(
    ("action", "step", "run", "after"),
    [
        ("Ignore", "IgnoreFailed", Status.SUCCEEDED, "Succeeded"),
        ("MarkAsSuccess", "Succeeded", Status.SUCCEEDED, "Succeeded"),
        ("MarkAsFailure", "Failed", Status.FAILED, "Skipped"),
        ("StageRollback", "Failed", Status.FAILED, None),
        ("StepGroupRollback", "Failed", Status.FAILED, None),
        ("PipelineRollback", "Failed", Status.FAILED, None),
        ("Abort", "Failed", Status.ABORTED, None),
        ("markassuccess", "Succeeded", Status.SUCCEEDED, "Succeeded"),
    ],
)
def test_an_action_says_what_becomes_of_a_failed_step_and_of_what_follows(
    bench, action, step, run, after
):
    assert bench.run(bench.pipeline(fail(rule(action)) + say("b"))) is run
    found = dict(ends(bench))
    assert (found["s/f"], found.get("s/b")) == (step, after)
    assert "it does not work" in bench.of_kind("step_finished")[0].message


def test_a_retry_runs_the_step_again_after_its_intervals_and_knows_how_often(bench, remote):
    remote.on_say = failing(2)
    text = bench.pipeline(
        say("a", "x", f", failureStrategies: {rule('Retry', spec=RETRY)}")
        + say("b", "<+steps.a.status> <+steps.a.retryCount>")
    )
    start = bench.clock.now()
    assert bench.run(text) is Status.SUCCEEDED
    assert bench.clock.now() - start == timedelta(seconds=70)
    begun = [event.attempt for event in bench.of_kind("step_started") if event.path == "s/a"]
    assert begun == [1, 2, 3]
    assert "attempt 2 of 3 begins at" in bench.of_kind("step_noted")[0].text
    assert bench.of_kind("run_finished")[0].outputs["s/b"]["said"] == "Succeeded 2"


def test_a_retry_that_is_used_up_gives_way_to_what_is_behind_it(bench, remote):
    remote.on_say = failing(9)
    then = RETRY + ", onRetryFailure: {action: {type: Ignore}}"
    text = bench.pipeline(say("a", "x", f", failureStrategies: {rule('Retry', spec=then)}"))
    assert bench.run(text) is Status.SUCCEEDED
    assert ends(bench) == [
        ("s/a", "Failed"),
        ("s/a", "Failed"),
        ("s/a", "IgnoreFailed"),
        ("s", "Succeeded"),
    ]


def test_a_retry_that_is_used_up_with_nothing_behind_it_fails(bench, remote):
    remote.on_say = failing(9)
    text = bench.pipeline(say("a", "x", f", failureStrategies: {rule('Retry', spec=RETRY)}"))
    assert bench.run(text) is Status.FAILED
    assert len(ends(bench)) == 4


def test_a_run_that_dies_before_a_retry_is_due_waits_for_the_rest_of_its_time(bench, remote):
    remote.on_say = failing(1)
    text = bench.pipeline(say("a", "x", f", failureStrategies: {rule('Retry', spec=RETRY)}"))
    record = bench.add(text)

    class Killed(BaseException):
        pass

    def die(event):
        if event.kind == "step_noted":
            raise Killed

    from penstock.run.local import carry

    with pytest.raises(Killed):
        carry(bench.state(record, die), bench.stop)
    bench.reopen()
    bench.clock.advance(4)
    start = bench.clock.now()
    assert bench.carry(record) is Status.SUCCEEDED
    assert bench.clock.now() - start == timedelta(seconds=6)


def test_a_write_that_is_retried_is_the_same_write(bench, remote):
    """Harness: a JiraCreate that is retried makes a second issue."""
    state = [0]

    def lost(text):
        state[0] += 1
        if state[0] == 1:
            raise StepFailed("the answer was lost behind the write")

    remote.after_write = lost
    write = (
        "- step: {identifier: w, type: Write, spec: {connectorRef: r, text: t}, "
        f"failureStrategies: {rule('Retry', spec=RETRY)}}}\n"
    )
    assert bench.run(bench.pipeline(write)) is Status.SUCCEEDED
    markers = {item.split()[1] for item in remote.written}
    assert len(markers) == 1


@pytest.mark.parametrize(
    ("errors", "fits"),
    [
        ("Connectivity", True),
        ("connectivity", True),
        ("Timeout, Connectivity", True),
        ("Timeout", False),
        ("Unknown", False),
        ("AllErrors", True),
    ],
)
def test_a_rule_is_for_the_errors_it_names(bench, remote, errors, fits):
    remote.on_say = failing(1, StepFailed("gone", failure=FailureType.CONNECTIVITY))
    text = bench.pipeline(say("a", "x", f", failureStrategies: {rule('Ignore', errors)}"))
    assert bench.run(text) is (Status.SUCCEEDED if fits else Status.FAILED)


def test_a_step_that_expires_is_a_timeout(bench, remote):
    remote.on_say = failing(1, StepExpired("too long"))
    text = bench.pipeline(say("a", "x", f", failureStrategies: {rule('Ignore', 'Timeout')}"))
    assert bench.run(text) is Status.SUCCEEDED


@pytest.mark.parametrize(("errors", "status"), [("ApprovalRejection", Status.SUCCEEDED)])
def test_a_gate_that_is_rejected_may_be_taken_for_a_success(bench, errors, status):
    bench.see("K", "no")
    gate = (
        "- step: {identifier: g, type: Await, spec: {connectorRef: r, key: K}, "
        f"failureStrategies: {rule('MarkAsSuccess', errors)}}}\n"
    )
    assert bench.run(bench.pipeline(gate)) is status
    assert ends(bench)[0] == ("s/g", "Succeeded")


def test_the_rule_of_a_step_comes_before_that_of_its_group_and_its_stage(bench):
    group = (
        "- stepGroup:\n    identifier: g\n    failureStrategies: {group}\n    steps:\n"
        "      - step: {{identifier: f, type: Fail, spec: {{}}, failureStrategies: {step}}}\n"
    )

    def run(step, of_group, of_stage):
        text = bench.pipeline(
            group.format(group=of_group, step=step),
            s=f"        failureStrategies: {of_stage}",
        )
        bench.events.clear()
        return bench.run(text)

    ignore, fails = rule("Ignore"), rule("MarkAsFailure")
    assert run(ignore, fails, fails) is Status.SUCCEEDED
    assert run(rule("Ignore", "Timeout"), ignore, fails) is Status.SUCCEEDED
    assert run("[]", "[]", ignore) is Status.SUCCEEDED
    assert run(fails, ignore, ignore) is Status.FAILED


def test_a_condition_that_cannot_be_judged_is_no_failure_that_a_rule_is_for(bench):
    rules = rule("Retry", spec=RETRY)
    more = f", when: {{condition: <+pipeline.name>}}, failureStrategies: {rules}"
    assert bench.run(bench.pipeline(say("a", "x", more))) is Status.FAILED
    assert ends(bench)[0] == ("s/a", "Failed")


# Rollback


def test_a_stage_that_is_rolled_back_runs_what_undoes_it_and_stays_failed(bench):
    rollback = (say("u", "<+execution.steps.f.status> <+OnRollbackModeExecution>"), say("v"))
    text = with_rollback(bench, say("a") + fail(rule("StageRollback")) + say("b"), rollback)
    assert bench.run(text) is Status.FAILED
    assert ends(bench) == [
        ("s/a", "Succeeded"),
        ("s/f", "Failed"),
        ("s/rollback/u", "Succeeded"),
        ("s/rollback/v", "Succeeded"),
        ("s", "Failed"),
    ]
    assert bench.of_kind("run_finished")[0].outputs["s/rollback/u"]["said"] == "Failed true"


def test_a_stage_that_fails_without_a_rule_is_not_rolled_back(bench):
    text = with_rollback(bench, fail("[]"), (say("u"),))
    assert bench.run(text) is Status.FAILED
    assert ends(bench) == [("s/f", "Failed"), ("s", "Failed")]


def test_a_pipeline_that_is_rolled_back_undoes_earlier_stages_too_and_begins_no_other(bench):
    last = fail(rule("PipelineRollback"))
    text = with_rollback(
        bench, say("a"), (say("u"),), last, say("c"), u="        when: {pipelineStatus: All}"
    )
    assert bench.run(text) is Status.FAILED
    assert [path for path, _ in ends(bench)] == ["s/a", "s", "t/f", "t", "s/rollback/u"]


def test_a_failure_of_what_undoes_a_stage_skips_the_rest_of_it(bench):
    text = with_rollback(
        bench, fail(rule("StageRollback")), (fail("[]").replace("f,", "w,"), say("v"))
    )
    assert bench.run(text) is Status.FAILED
    assert dict(ends(bench)) == {
        "s/f": "Failed",
        "s/rollback/w": "Failed",
        "s/rollback/v": "Skipped",
        "s": "Failed",
    }


def test_a_run_that_dies_in_its_rollback_goes_on_there(bench, remote):
    class Killed(BaseException):
        pass

    def work(text):
        if text == "second":
            raise Killed

    remote.on_say = work
    rollback = (say("u", "first"), say("v", "second"))
    record = bench.add(with_rollback(bench, fail(rule("StageRollback")), rollback))
    with pytest.raises(Killed):
        bench.carry(record)
    bench.reopen()
    told = []
    remote.on_say = told.append
    assert bench.carry(record) is Status.FAILED
    assert told == ["second"]
    kinds = [event.kind for event in bench.events if getattr(event, "path", "") == "s"]
    assert kinds == ["step_started", "step_finished"]


def test_an_abort_ends_the_gates_beside_it_and_begins_nothing_more(bench):
    bench.see("K", "maybe")
    gate = "- step: {identifier: g, type: Await, spec: {connectorRef: r, key: K}}\n"
    text = bench.pipeline(
        "- parallel:\n" + "".join(f"    {it}" for it in (gate, fail(rule("Abort")))) + say("b"),
        say("c"),
        t="        when: {pipelineStatus: All}",
    )
    assert bench.run(text) is Status.ABORTED
    assert {path for path, _ in ends(bench)} == {"s/f", "s/g", "s"}
    assert dict(ends(bench))["s/g"] == "Aborted"


def test_an_abort_ends_a_retry_that_waits_beside_it_at_once(bench, remote):
    remote.on_say = failing(1)
    patient = rule("Retry", spec="retryCount: 1, retryIntervals: [1h]")
    waits = say("a", "x", f", failureStrategies: {patient}")
    slow = "- stepGroup:\n    identifier: g\n    steps:\n"
    slow += f"      {say('first', 'y')}      {fail(rule('Abort'))}"
    both = "".join(f"    {line}\n" for it in (waits, slow) for line in it.splitlines())
    start = bench.clock.now()
    assert bench.run(bench.pipeline("- parallel:\n" + both)) is Status.ABORTED
    assert bench.clock.now() - start < timedelta(minutes=1)
    begun = [event.attempt for event in bench.of_kind("step_started") if event.path == "s/a"]
    assert begun == [1]


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        (rule("Ignor"), "did you mean 'Ignore'?"),
        (rule("Ignore", "Timeot"), "did you mean 'Timeout'?"),
        (rule("Ignore", "AllErrors, Timeout"), "AllErrors stands alone"),
        (rule("Retry"), "Retry needs retryCount and retryIntervals"),
        (rule("Retry", spec="retryCount: 2, retryIntervals: []"), "retryIntervals is empty"),
        (rule("Ignore", spec="retryCount: 2"), "Ignore takes no retryCount"),
        (
            rule("Retry", spec=RETRY + ", onRetryFailure: {action: {type: Retry}}"),
            "Retry needs",
        ),
        (rule("ProceedWithDefaultValues"), "which is not supported"),
        ("[{onFailure: {errors: [], action: {type: Ignore}}}]", "needs 1 or more"),
        ("[{onFailure: {errors: [Timeout]}}]", "`action` is required"),
        ("[{onFailur: {}}]", "did you mean 'onFailure'?"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_its_place(bench, rules, fault):
    faults = bench.faults(bench.pipeline(fail(rules)))
    assert any(fault in line for line in faults), faults
    assert all(line.startswith("p.yaml:") for line in faults)


def test_an_approval_stage_has_no_rollback_steps(bench):
    text = with_rollback(bench, say("a"), (say("u"),)).replace("type: Custom", "type: Approval")
    (fault,) = bench.faults(text)
    assert "an Approval stage has no rollbackSteps; make it a Custom stage" in fault
