"""A run from its claim to its end: what is run, skipped, journalled and told."""

from dataclasses import replace

import pytest

from penstock.events import Status

SAY = "- step: {identifier: %s, type: Say, spec: {text: %s}}\n"


def test_steps_run_in_order_and_later_ones_read_what_earlier_ones_left(bench):
    text = bench.pipeline(
        SAY % ("a", '"v<+pipeline.variables.version>"') + SAY % ("b", '"<+steps.a.said>!"'),
        SAY % ("c", '"<+pipeline.stages.s.spec.execution.steps.b.said>?"'),
        variables='[{name: version, type: Number, value: "4"}]',
    )
    record = bench.add(text)
    assert bench.carry(record) is Status.SUCCEEDED
    said = {path: out["said"] for path, out in bench.of_kind("run_finished")[0].outputs.items()}
    assert said == {"s/a": "v4", "s/b": "v4!", "t/c": "v4!?"}


def test_every_spelling_of_a_step_reads_the_same(bench):
    ways = [
        "<+steps.a.said>",
        "<+execution.steps.a.said>",
        "<+stage.spec.execution.steps.a.said>",
        "<+pipeline.stages.s.spec.execution.steps.a.said>",
        "<+stages.s.spec.execution.steps.a.said>",
        "{{ steps.a.said }}",
        "<+steps.a.spec.text>",
    ]
    steps = "".join(SAY % (f"b{i}", f'"{way}"') for i, way in enumerate(ways))
    assert bench.run(bench.pipeline(SAY % ("a", "x") + steps)) is Status.SUCCEEDED
    outputs = bench.of_kind("run_finished")[0].outputs
    assert {outputs[f"s/b{i}"]["said"] for i in range(len(ways))} == {"x"}


def test_a_lone_expression_keeps_its_type(bench):
    steps = "- step: {identifier: a, type: Say, spec: {text: x, times: <+pipeline.variables.n>}}\n"
    text = bench.pipeline(
        steps + SAY % ("b", "<+steps.a.times>"),
        variables="[{name: n, type: Number, value: '3'}]",
    )
    assert bench.run(text) is Status.SUCCEEDED
    assert bench.of_kind("run_finished")[0].outputs["s/b"]["said"] == 3


def test_a_failed_step_stops_its_stage_and_the_stages_after_it(bench):
    record = bench.add(
        bench.pipeline("- step: {identifier: a, type: Fail}\n" + SAY % ("b", "x"), SAY % ("c", "x"))
    )
    assert bench.carry(record) is Status.FAILED
    assert bench.statuses(record) == {"s/a": "Failed", "s/b": "Skipped", "t": "Skipped"}
    finished = bench.of_kind("run_finished")[0]
    assert finished.message == "s/a: it does not work; mend it"
    assert bench.journal.run(record.id).message == finished.message


@pytest.mark.parametrize(
    ("stage", "ran"),
    [
        ("when: {pipelineStatus: All}", True),
        ("when: {pipelineStatus: Failure}", True),
        ("when: {pipelineStatus: Success}", False),
        ("", False),
    ],
)
def test_a_stage_after_a_failure_runs_as_its_when_says(bench, stage, ran):
    record = bench.add(
        bench.pipeline(
            "- step: {identifier: a, type: Fail}\n",
            SAY % ("b", "<+pipeline.stages.s.status>"),
            t=f"        {stage}" if stage else "",
        )
    )
    assert bench.carry(record) is Status.FAILED
    assert (bench.statuses(record).get("t/b") == "Succeeded") is ran
    if ran:
        assert bench.of_kind("run_finished")[0].outputs["t/b"]["said"] == "Failed"


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ('<+pipeline.variables.env> == \\"prod\\"', "Succeeded"),
        ('<+pipeline.variables.env> == \\"test\\"', "Skipped"),
        ("<+pipeline.variables.yes>", "Succeeded"),
        ("<+pipeline.variables.env>", "Failed"),
        ("<+pipeline.variables.one>", "Failed"),
    ],
)
def test_a_step_runs_if_its_condition_is_true_and_fails_if_it_is_neither(bench, condition, status):
    step = (
        "- step: {identifier: a, type: Say, spec: {text: x}, "
        f'when: {{stageStatus: Success, condition: "{condition}"}}}}\n'
    )
    variables = (
        "[{name: env, value: prod}, {name: yes, value: 'true'}, "
        "{name: one, type: Number, value: '1'}]"
    )
    record = bench.add(bench.pipeline(step, variables=variables))
    bench.carry(record)
    assert bench.statuses(record)["s/a"] == status


def test_a_step_only_after_a_failure_is_skipped_when_there_is_none(bench):
    step = "- step: {identifier: a, type: Say, spec: {text: x}, when: {stageStatus: Failure}}\n"
    record = bench.add(bench.pipeline(step))
    assert bench.carry(record) is Status.SUCCEEDED
    attempt = bench.journal.attempts(record.id)[0]
    assert (attempt.status, attempt.message) == (
        Status.SKIPPED,
        "it runs only after a failure, and the stage has none",
    )


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("defect", "a defect of the step's plugin: KeyError: 'whoops'; report it to"),
        ("exit", "a defect of the step's plugin: SystemExit: 3"),
        ("no outputs", "a step of type Fail returned str, no outputs"),
        ("no json", "the outputs of a step of type Fail are no JSON"),
        ("too much", "the outputs are larger than 1048576 characters"),
    ],
)
def test_whatever_a_plugin_does_ends_its_own_step_and_is_told(bench, how, message):
    record = bench.add(
        bench.pipeline(f"- step: {{identifier: a, type: Fail, spec: {{how: {how}}}}}\n")
    )
    assert bench.carry(record) is Status.FAILED
    assert message in bench.journal.attempts(record.id)[0].message


def test_an_expression_that_is_undefined_fails_its_step_and_says_where(bench):
    text = bench.pipeline(SAY % ("a", "x") + SAY % ("b", "<+steps.a.sayd>"))
    record = bench.add(text)
    assert bench.carry(record) is Status.FAILED
    message = bench.journal.attempts(record.id)[1].message
    line = 1 + next(i for i, row in enumerate(text.splitlines()) if "sayd" in row)
    assert message.startswith(f"p.yaml:{line}:")
    assert "`text`" in message
    assert "'said'" in message


def test_a_secret_never_gets_into_a_step_that_would_show_it(bench):
    # As the plan of a version that did not look for secrets.
    record = bench.add(bench.pipeline(SAY % ("a", "SECRET")))
    text = '<+secrets.getValue(\\"account.x\\")>'
    record = replace(record, plan=record.plan.replace("SECRET", text))
    assert bench.carry(record) is Status.FAILED
    message = bench.journal.attempts(record.id)[0].message
    assert "the secret account.x would be written in the open" in message
    assert b"hunter22" not in bench.journal.file.read_bytes()


@pytest.mark.parametrize("note", ["{{ 7*7 }}", "<+pipeline.name>", "None", "1_000", "🙂"])
def test_a_value_of_another_system_is_never_evaluated(bench, note):
    bench.see("K", "yes", note=note)
    gate = "- step: {identifier: g, type: Await, spec: {connectorRef: r, key: K}}\n"
    assert bench.run(bench.pipeline(gate + SAY % ("b", "<+steps.g.note>"))) is Status.SUCCEEDED
    assert bench.of_kind("run_finished")[0].outputs["s/b"]["said"] == note


def test_events_name_the_stage_before_its_steps_and_end_with_the_run(bench):
    bench.run(bench.pipeline(SAY % ("a", "x")))
    assert [(event.kind, getattr(event, "path", "")) for event in bench.events] == [
        ("step_started", "s"),
        ("step_started", "s/a"),
        ("step_finished", "s/a"),
        ("step_finished", "s"),
        ("run_finished", ""),
    ]


def test_sequence_numbers_count_the_runs_of_a_pipeline(bench):
    text = bench.pipeline(SAY % ("a", "<+pipeline.sequenceId>"))
    for _ in range(3):
        bench.run(text)
    numbers = [event.outputs["s/a"]["said"] for event in bench.of_kind("run_finished")]
    assert numbers == [1, 2, 3]


def test_a_step_type_that_is_gone_fails_the_step_with_what_to_do(bench):
    record = bench.add(bench.pipeline(SAY % ("a", "x")))
    state = bench.state(record)
    object.__setattr__(state.world, "types", {})
    from penstock.run.local import carry

    assert carry(state, bench.stop) is Status.FAILED
    assert "no installed plugin provides the step type 'Say'" in (
        bench.journal.attempts(record.id)[0].message
    )


def test_stage_variables_come_before_those_of_the_pipeline(bench):
    text = bench.pipeline(
        SAY % ("a", '"<+variables.x> <+stage.variables.x> <+pipeline.variables.x> <+variables.y>"'),
        variables="[{name: x, value: far}, {name: y, value: 'of <+pipeline.identifier>'}]",
        s="        variables: [{name: x, value: near}]",
    )
    assert bench.run(text) is Status.SUCCEEDED
    assert bench.of_kind("run_finished")[0].outputs["s/a"]["said"] == "near near far of p"


def test_a_condition_that_cannot_be_evaluated_fails_its_step_and_says_where(bench):
    step = (
        "- step: {identifier: b, type: Say, spec: {text: x}, "
        'when: {stageStatus: Success, condition: "<+steps.a.sayd> == 1"}}\n'
    )
    record = bench.add(bench.pipeline(SAY % ("a", "x") + step))
    assert bench.carry(record) is Status.FAILED
    message = bench.journal.attempts(record.id)[1].message
    assert message.startswith("p.yaml:")
    assert "`when`: " in message
    assert "'said'" in message


def test_what_a_failed_step_did_not_leave_is_said_so(bench):
    text = bench.pipeline(
        "- step: {identifier: a, type: Fail}\n",
        SAY % ("b", "<+pipeline.stages.s.spec.execution.steps.a.issue.key>"),
        t="        when: {pipelineStatus: All}",
    )
    record = bench.add(text)
    assert bench.carry(record) is Status.FAILED
    message = {item.path: item.message for item in bench.journal.attempts(record.id)}["t/b"]
    assert message.endswith("`text`: the step 'a' is Failed and left no 'issue.key'")


@pytest.mark.parametrize("name", ["Failed", "FAILED"])
@pytest.mark.parametrize(("sign", "runs"), [("==", True), ("!=", False)])
def test_a_status_equals_both_of_its_names_in_harness(bench, name, sign, runs):
    text = bench.pipeline(
        "- step: {identifier: a, type: Fail}\n",
        SAY % ("b", "<+pipeline.stages.s.status>"),
        t="        when: {pipelineStatus: All, condition: "
        f"'<+pipeline.stages.s.status> {sign} \"{name}\"'}}",
    )
    record = bench.add(text)
    bench.carry(record)
    assert ("t/b" in bench.statuses(record)) is runs
    if runs:
        assert bench.of_kind("run_finished")[0].outputs["t/b"]["said"] == "Failed"
