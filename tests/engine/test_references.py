"""What expressions read: names that are there, steps that have run, variables without cycles."""

from collections.abc import Collection
from typing import ClassVar

import pytest

from penstock.connectors.scope import Home
from penstock.connectors.variables import SharedVariables
from penstock.errors import ConnectorError, Fault, Refused
from penstock.json_types import Json
from penstock.pipeline.document import Document
from penstock.pipeline.planning import make_plan
from penstock.pipeline.platform import PLATFORM
from penstock.pipeline.references import References
from penstock.pipeline.surroundings import surroundings
from penstock.run.names import RunNames
from penstock.source import parse
from penstock.step import Outputs, RunFacts, Step, StepContext

SAY = "- step: {identifier: %s, type: Say, spec: {text: %s}}\n"


def only_fault(bench, text):
    (row,) = bench.faults(text)
    return row.partition(": ")[2]


@pytest.mark.parametrize(
    "name",
    [
        "pipeline.name",
        "pipeline.executionId",
        "pipeline.execution.url",
        "pipeline.triggeredBy.email",
        "pipeline.description",
        "pipeline.executionMode",
        "pipeline.resumedExecutionId",
        "pipeline.selectedStages",
        "pipeline.tags.team",
        "pipeline.variables.v",
        "pipeline.stages.s.name",
        "pipeline.stages.s.status",
        "pipeline.stages.s.spec.execution.steps.a.anything.at.all",
        "pipeline.stages.t.variables.w",
        "stages.s.variables.w",
        "stage.variables.w",
        "stage.tags",
        "variables.w",
        "variables.v",
        "stage.description",
        "stages.t.currentStatus",
        "stages.t.executionUrl",
        "OnStageSuccess",
        "OnPipelineFailure",
        "Always",
        "org.name",
        "project.name",
        "step.executionUrl",
        "steps.b.status",
        "execution.steps.b.said",
        "stage.spec.execution.steps.b.said",
        "step.identifier",
        "org.identifier",
        "project.identifier",
        "pipeline.variables",
        'pipeline.variables."v"',
        'pipeline.variables.get("v")',
        "pipeline.name.toUpperCase()",
        "currentDate().plusDays(1)",
    ],
)
def test_names_that_are_there_may_be_read(bench, name):
    text = bench.pipeline(
        SAY % ("a", "x"),
        SAY % ("b", "x") + SAY % ("c", f"'<+{name}> {{{{ {name} }}}}'"),
        variables="[{name: v, value: '1'}]",
        extra="  tags: {team: x}",
        s="        variables: [{name: w, value: '1'}]",
        t="        variables: [{name: w, value: '1'}]",
    )
    assert bench.plan(text)


def test_the_names_that_are_checked_are_the_names_that_a_run_has(bench):
    text = bench.pipeline(SAY % ("a", "x"), s="        variables: [{name: w}]")
    source = parse(text, "p.yaml")
    document = Document.of(source, source.value)
    references = References(document, {}, around=surroundings(Home(), SharedVariables(), None))
    plan = bench.plan(text)
    facts = RunFacts("r", "p", bench.clock.now(), "http://ci/1", "ann")
    names = RunNames(plan, facts, sequence=1, email="", secret=str, now=bench.clock.now)
    (stage,) = document.stages

    def keys(tree, depth=0):
        mappings = [(key, tree[key]) for key in tree if hasattr(tree[key], "keys") and depth < 3]
        below = {f"{key}.{name}" for key, value in mappings for name in keys(value, depth + 1)}
        return set(tree) | below

    checked = references.visible.at(stage.inside[0], starts=True).names
    frame = names.inside(names.whole, plan.stages[0])
    run = names.at(frame, plan.stages[0].steps[0]).values
    assert keys(checked) - keys(run) == {
        name
        for name in keys(checked)
        if name.endswith("steps.a")  # it is there when it has run
    }
    assert keys(run) - keys(checked) == set()


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        (
            "pipeline.variables.verison",
            "'pipeline.variables.verison' cannot be read: 'verison' is not in "
            "'pipeline.variables'; did you mean 'version'?",
        ),
        (
            "pipelin.name",
            "'pipelin.name' cannot be read: there is no 'pipelin'; did you mean 'pipeline'?",
        ),
        ("stage.nam", "'stage.nam' cannot be read: 'nam' is not in 'stage'; did you mean 'name'?"),
        (
            "steps.nothing.x",
            "'steps.nothing.x' cannot be read: 'nothing' is not in 'steps'; known: a, b",
        ),
        ("pipeline.stages.u.status", "'pipeline.stages.u.status' cannot be read: 'u' is not in"),
        (
            "stage.variables.x",
            "'stage.variables.x' cannot be read: 'x' is not in 'stage.variables'; nothin",
        ),
        (
            "pipeline.tags.x",
            "'pipeline.tags.x' cannot be read: 'x' is not in 'pipeline.tags'; nothing is d",
        ),
        (
            "zzz",
            "'zzz' cannot be read: there is no 'zzz'; known: pipeline, stages, stage, steps",
        ),
        (
            "env.name",
            "'env.name' cannot be read: there is no 'env'; services, environments and "
            "infrastructures belong to a deployment of the platform: hand the value over in a "
            "variable, as <+pipeline.variables.env_name>",
        ),
        (
            "pipeline.variables.dotted.name",
            "'pipeline.variables.dotted.name' cannot be read: 'dotted' is not in "
            "'pipeline.variables'; "
            'a name with . or - in it is written in quotes: ."dotted.name"',
        ),
    ],
)
def test_a_name_that_is_not_there_is_refused_with_the_near_miss(bench, name, fault):
    text = bench.pipeline(
        SAY % ("a", f"<+{name}>") + SAY % ("b", "x"),
        variables="[{name: version, value: '1'}, {name: dotted.name, value: '1'}]",
    )
    assert only_fault(bench, text).startswith(fault)


def test_names_are_looked_for_only_so_often():
    """Or a file of 256 KiB would keep the near misses busy for minutes."""
    body = "".join(f"<+pipeline.variables.nowhere{i}>" for i in range(150))
    text = f"pipeline: {{identifier: p, variables: [{{name: v, value: '{body}'}}], stages: []}}"
    source = parse(text, "p.yaml")
    document = Document.of(source, source.value)
    references = References(document, {})
    found = references.faults(
        body, ("pipeline", "variables", 0, "value"), references.visible.at(None, starts=False)
    )
    assert len(found) == 150
    assert sum(1 for fault in found if fault.hint) == 100


@pytest.mark.parametrize(
    "text",
    [
        "{{ pipeline.variables.nothing | default('x') }}",
        '<+pipeline.variables.nothing ?: "x">',
        "{{ steps.c.x | default('x') }}",
        "{{ steps.nothing is defined }}",
    ],
)
def test_a_name_whose_absence_is_allowed_for_may_be_missing(bench, text):
    assert bench.plan(
        bench.pipeline(SAY % ("a", f"'{text.replace(chr(39), chr(39) * 2)}'") + SAY % ("c", "x"))
    )


# Steps that have not run


@pytest.mark.parametrize(
    ("reader", "fault"),
    [
        (
            "<+steps.b.x>",
            "'steps.b.x' reads s/b, which has not run yet at this point; move that step",
        ),
        (
            "<+execution.steps.a.x>",
            "'execution.steps.a.x' reads the step that it is part of; read an ear",
        ),
        (
            "<+stage.spec.execution.steps.b.x>",
            "'stage.spec.execution.steps.b.x' reads s/b, which has",
        ),
        (
            "<+pipeline.stages.t.spec.execution.steps.c.x>",
            "'pipeline.stages.t.spec.execution.steps.c.x'",
        ),
        ("<+steps.b>", "'steps.b' reads s/b, which has not run yet at this point"),
    ],
)
def test_a_step_reads_only_steps_before_it(bench, reader, fault):
    text = bench.pipeline(SAY % ("a", reader) + SAY % ("b", "x"), SAY % ("c", "x"))
    assert only_fault(bench, text).startswith(fault)


def test_the_condition_of_a_step_reads_only_steps_before_it(bench):
    condition = "when: {condition: '<+steps.a.x> == 1'}"
    step = f"- step: {{identifier: a, type: Say, spec: {{text: x}}, {condition}}}\n"
    assert "reads the step that it is part of" in only_fault(bench, bench.pipeline(step))


def test_the_condition_of_a_stage_reads_no_step_of_it(bench):
    text = bench.pipeline(
        SAY % ("a", "x"),
        SAY % ("b", "x"),
        t="        when: {condition: '<+pipeline.stages.s.spec.execution.steps.a.x> == 1'}",
    )
    assert bench.plan(text)
    text = text.replace("stages.s.spec.execution.steps.a.x", "stages.t.spec.execution.steps.b.x")
    assert "reads t/b, which has not run yet" in only_fault(bench, text)


@pytest.mark.parametrize(
    ("value", "step", "fault"),
    [
        ("<+pipeline.stages.s.spec.execution.steps.b.x>", "a", "needs s/b, which has not run yet"),
        ("<+pipeline.stages.s.spec.execution.steps.a.x>", "a", "needs the step that it is part of"),
        ("<+pipeline.stages.s.spec.execution.steps.a.x>", "b", None),
    ],
)
def test_a_variable_that_needs_a_step_is_read_only_after_it(bench, value, step, fault):
    steps = {"a": "x", "b": "x", step: "<+pipeline.variables.far>"}
    text = bench.pipeline(
        "".join(SAY % pair for pair in steps.items()),
        variables="[{name: far, value: <+pipeline.variables.near>}, "
        f"{{name: near, value: {value}}}]",
    )
    if fault is None:
        assert bench.plan(text)
    else:
        assert only_fault(bench, text).startswith(f"'pipeline.variables.far' {fault}")


# Cycles


@pytest.mark.parametrize(
    ("variables", "chain"),
    [
        ({"a": "<+pipeline.variables.a>"}, "a → a"),
        ({"a": "{{ pipeline.variables.b }}", "b": "x <+pipeline.variables.a> y"}, "a → b → a"),
        (
            {"a": '<+pipeline.variables.get("b")>', "b": "<+pipeline.variables.a.size()>"},
            "a → b → a",
        ),
        (
            {"a": "x", "b": "<+pipeline.variables.c>", "c": "<+pipeline.variables.b>"},
            "b → c → b",
        ),
        ({"a": "{{ pipeline.variables.a | default('x') }}"}, "a → a"),
    ],
)
def test_a_variable_that_needs_its_own_value_is_refused_once(bench, variables, chain):
    listed = "".join(
        f"\n    - name: {name}\n      value: >-\n        {value}"
        for name, value in variables.items()
    )
    fault = only_fault(bench, bench.pipeline(SAY % ("s", "x"), variables=listed))
    assert fault == f"the variable {chain[0]!r} needs its own value: {chain}; break the cycle"


def test_a_cycle_through_variables_of_stages_is_refused(bench):
    text = bench.pipeline(
        SAY % ("a", "x"),
        SAY % ("b", "x"),
        variables="[{name: v, value: <+pipeline.stages.s.variables.w>}]",
        s="        variables: [{name: w, value: <+stages.t.variables.w>}]",
        t="        variables: [{name: w, value: '<+variables.v>'}]",
    )
    rows = bench.faults(text)
    assert [row.partition(": ")[2] for row in rows] == [
        "the variable 'v' needs its own value: v → s.w → t.w → v; break the cycle"
    ]
    assert rows[0].startswith("p.yaml:4:32:")


def test_a_long_cycle_is_shown_cut(bench):
    listed = [f"{{name: v{i}, value: <+pipeline.variables.v{(i + 1) % 20}>}}" for i in range(20)]
    fault = only_fault(bench, bench.pipeline(SAY % ("a", "x"), variables=f"[{', '.join(listed)}]"))
    assert "needs its own value: v0 → v1 → v2 → v3 → … → v17 → v18 → v19 → v0;" in fault


def test_two_cycles_are_two_faults_and_what_leads_into_them_is_none(bench):
    listed = [
        "{name: a, value: <+pipeline.variables.b> <+pipeline.variables.c>}",
        "{name: b, value: <+pipeline.variables.b>}",
        "{name: c, value: <+pipeline.variables.d>}",
        "{name: d, value: <+pipeline.variables.c> <+pipeline.variables.c>}",
    ]
    rows = bench.faults(bench.pipeline(SAY % ("a", "x"), variables=f"[{', '.join(listed)}]"))
    assert [row.partition(": ")[2].partition(":")[0] for row in rows] == [
        "the variable 'b' needs its own value",
        "the variable 'c' needs its own value",
    ]


def chain_of(count, value):
    listed = [f"{{name: v{i}, value: '{value(i)}'}}" for i in range(count)]
    return f"[{', '.join(listed)}]"


def test_a_chain_of_variables_may_be_long_but_not_for_ever(bench):
    def text(count):
        variables = chain_of(count, lambda i: f"<+pipeline.variables.v{i - 1}>" if i else "x")
        return bench.pipeline(SAY % ("a", "x"), variables=variables)

    assert bench.plan(text(32))
    assert only_fault(bench, text(1000)) == (
        "the variable 'v32' needs too many others; "
        "a chain may have 32 of them, and 1000 readings in all"
    )


def test_variables_that_double_each_other_are_refused_before_they_are_evaluated(bench):
    variables = chain_of(
        30,
        lambda i: "<+pipeline.variables.v{0}><+pipeline.variables.v{0}>".format(i - 1) if i else "",
    )
    fault = only_fault(bench, bench.pipeline(SAY % ("a", "x"), variables=variables))
    assert fault.startswith("the variable 'v9' needs too many others")


# Places


def test_the_place_of_a_name_is_exact_inside_a_block(bench):
    text = bench.pipeline(
        "- step:\n    identifier: a\n    type: Say\n    spec:\n      text: |-\n        one\n\n"
        "        two <+pipeline.nam>\n"
    )
    (row,) = bench.faults(text)
    line = next(i for i, line in enumerate(text.splitlines(), 1) if "pipeline.nam>" in line)
    column = text.splitlines()[line - 1].index("pipeline.nam") + 1
    assert row.startswith(f"p.yaml:{line}:{column}: 'pipeline.nam' cannot be read")


@pytest.mark.parametrize("style", [">-\n        ", "'", '"'])
def test_the_place_of_what_cannot_be_parsed_is_exact(bench, style):
    closing = "" if style.startswith(">") else style
    text = bench.pipeline(
        "- step:\n    identifier: a\n    type: Say\n    spec:\n      text: "
        f"{style}one <+pipeline.name ) > two{closing}\n"
    )
    (row,) = bench.faults(text)
    line = next(i for i, line in enumerate(text.splitlines(), 1) if "one <+" in line)
    column = text.splitlines()[line - 1].index(")") + 1
    assert row.startswith(f"p.yaml:{line}:{column}: ')' closes nothing")


def test_a_stage_without_an_identifier_knows_its_own_names(bench):
    text = bench.pipeline(SAY % ("a", "x") + SAY % ("b", "<+steps.a.x> <+steps.c.x>"))
    rows = bench.faults(text.replace("identifier: s", "identifer: s"))
    assert len(rows) == 3
    assert "'c' is not in 'steps'; known: a, b" in rows[2]


# Names that only the platform has

PLATFORM_ROOTS = [
    *("account", "artifact", "artifacts", "codebase", "env", "eventPayload", "infra", "INFRA_KEY"),
    *("manifests", "rollbackArtifact", "service", "serviceConfig", "serviceVariables", "trigger"),
]


@pytest.mark.parametrize("root", PLATFORM_ROOTS)
def test_a_name_of_the_platform_is_refused_with_what_to_do(bench, root):
    text = bench.pipeline(SAY % ("a", f"Ship <+{root}.'the-x'>"))
    (row,) = bench.faults(text)
    column = next(line for line in text.splitlines() if root in line).index(root) + 1
    assert row.startswith(
        f"p.yaml:14:{column}: '{root}.the-x' cannot be read: there is no '{root}'"
    )
    assert row.endswith(
        f": hand the value over in a variable, as <+pipeline.variables.{root}_the_x>"
    )


def test_the_platforms_names_are_all_tested():
    assert set(PLATFORM_ROOTS) == set(PLATFORM)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        (
            "pipeline.branch",
            "the pipeline is a file here, and nobody asked Git for it: hand the value over in a "
            "variable, as <+pipeline.variables.pipeline_branch>",
        ),
        ("pipeline.originalExecution.id", "no run here repeats or rolls back another: hand"),
        ("stage.delegateSelectors", "there are no delegates here: hand"),
        ("pipeline.stages.s.delegateSelectors", "there are no delegates here: hand"),
        ("org.companyName", "accounts belong to the platform: hand"),
        ("steps.log.x", "known: a"),
        ("pipeline.variables.branch", "nothing is defined there"),
        ("matrix.x", "it is known only where a `strategy` repeats a stage or a step"),
        ("stepGroup.variables.x", "it is known only in a step group"),
        ('artifact."".""', "artifacts belong to a deployment of the platform: hand the value over"),
    ],
)
def test_a_name_that_cannot_be_here_is_refused_with_the_reason(bench, name, hint):
    fault = only_fault(bench, bench.pipeline(SAY % ("a", f"'<+{name}>'")))
    assert fault.partition("; ")[2].startswith(hint)


def test_a_name_that_a_step_alone_knows_is_refused_elsewhere(bench):
    text = bench.pipeline(SAY % ("a", "x"), s="        when: {condition: '<+step.name> == \"x\"'}")
    assert only_fault(bench, text).endswith("it is known only in a step")


def test_what_stands_in_for_the_platform_may_be_read(bench):
    text = bench.pipeline(
        SAY % ("a", "<+artifact.tag> <+pipeline.branch> <+artifact.image>"),
        variables="[{name: v, value: '<+artifact.tag>'}]",
    )
    source = parse(text, "p.yaml")
    stand_ins = {"artifact": {"tag": "1.2.3"}, "pipeline": {"branch": "main"}}
    with pytest.raises(Refused) as caught:
        make_plan(source, source.value, bench.types, None, stand_ins=stand_ins)
    (fault,) = caught.value.faults
    assert fault.message == "'artifact.image' cannot be read: 'image' is not in 'artifact'"
    assert fault.hint == "known: tag"


# Connectors


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ('connector.get("account.jira").spec.jiraUrl', None),
        ('connector["account.jira"].name', None),
        ("connector.get(<+pipeline.name>).type", None),
        ('connector.get("account.jria").name', "did you mean 'account.jira'?"),
        ('connector.get("jira").name', "'jira' is nowhere"),
        ('connector.get("account.jira").sepc.x', "did you mean 'spec'?"),
        ("connector.jira.name", "'jira' is nowhere"),
    ],
)
def test_a_connector_that_is_read_is_looked_up(bench, name, hint):
    asked = []

    def check(reference, kind, org, project):
        asked.append((reference, kind, org, project))
        if reference == "jira":
            raise ConnectorError(Fault("'jira' is nowhere"))
        if reference != "account.jira":
            raise ConnectorError(Fault("it is not there", "did you mean 'account.jira'?"))

    text = bench.pipeline(
        SAY % ("a", f"'<+{name}>'") + SAY % ("b", f"'<+{name}>'"), extra="  orgIdentifier: o\n"
    )
    source = parse(text, "p.yaml")
    if hint is None:
        assert make_plan(source, source.value, bench.types, check)
    else:
        with pytest.raises(Refused) as caught:
            make_plan(source, source.value, bench.types, check)
        assert [fault.hint for fault in caught.value.faults] == [hint, hint]
    assert len(asked) <= 1  # what is read twice is looked up once


def test_what_is_around_a_pipeline_cannot_be_listed_where_nobody_knows_what_there_is():
    around = surroundings(Home(), SharedVariables(), lambda reference: ())
    assert ([*around["connector"]], len(around["connector"])) == ([], 0)
    assert ([*around["variable"]], len(around["variable"])) == (["account", "org"], 2)


# The outputs of steps


class Open(Step):
    """A step whose outputs are always called the same."""

    type: ClassVar[str] = "Open"
    output_names: ClassVar[Collection[str] | None] = ("issue",)
    text: Json

    def run(self, context: StepContext) -> Outputs:
        raise AssertionError("nothing is run")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("steps.open.isue.key", "did you mean 'issue'?"),
        ("steps.open.statu", "did you mean 'status'?"),
        ("steps.open.issues", "did you mean 'issue'?"),
        (
            "pipeline.stages.s.spec.execution.steps.open.output.x",
            "known: issue, name, identifier, ",
        ),
    ],
)
def test_an_output_that_a_step_never_leaves_is_refused(bench, name, hint):
    bench.types["Open"] = Open
    text = bench.pipeline(
        "- step: {identifier: open, type: Open, spec: {text: x}}\n" + SAY % ("b", f"<+{name}>")
    )
    fault = only_fault(bench, text)
    above, _, missing = name.rpartition("open.")
    assert f"{missing.partition('.')[0]!r} is not in '{above}open'" in fault
    assert hint in fault


@pytest.mark.parametrize(
    "text",
    [
        "<+steps.open.issue.anything.at.all> <+steps.open.spec.x> <+steps.open.retryCount>",
        "{{ steps.open.isue.key | default('x') }}",
        "<+steps.open>",
        "<+steps.other.anything>",
    ],
)
def test_what_a_step_leaves_deeper_down_only_the_run_will_tell(bench, text):
    bench.types["Open"] = Open
    steps = "- step: {identifier: open, type: Open, spec: {text: x}}\n" + SAY % ("other", "x")
    assert bench.plan(bench.pipeline(steps + SAY % ("b", f'"{text}"')))


# Tags


def test_a_tag_is_checked_as_a_variable_is(bench):
    text = bench.pipeline(
        SAY % ("a", "<+pipeline.tags.late> <+stage.tags.fine>"),
        variables="[{name: v, value: <+pipeline.tags.round>}, {name: t, type: Secret, value: x}]",
        extra="  tags: {round: '<+pipeline.variables.v>', wrong: '<+pipeline.nam>', bad: '<+ >',\n"
        "    late: '<+pipeline.stages.s.spec.execution.steps.a.said>', bare: x, empty: }",
        s="        tags: {fine: '<+stage.name>', open: '<+pipeline.variables.t>'}",
    )
    rows = [row.partition(": ")[2] for row in bench.faults(text)]
    assert rows == [
        "the variable 'v' needs its own value: v → round → v; break the cycle",
        "'pipeline.nam' cannot be read: 'nam' is not in 'pipeline'; did you mean 'name'?",
        "the expression is empty",
        "'pipeline.tags.late' needs the step that it is part of; read an earlier step",
    ]


def test_a_tag_that_needs_a_secret_is_not_written_into_a_field(bench):
    text = bench.pipeline(
        SAY % ("a", "<+pipeline.tags.t>"),
        variables="[{name: v, type: Secret, value: x}]",
        extra="  tags: {t: '<+pipeline.variables.v>'}",
    )
    fault = only_fault(bench, text)
    assert fault.startswith("the secret in the tag 't' would be written in the open")


# Names that end in an expression


LOOPED = (
    "- step: {identifier: web, type: Say, spec: {text: x}, strategy: {parallelism: 2}}\n"
    "- step: {identifier: tell, type: Say, spec: {text: '%s'}, strategy: {parallelism: 2}}\n"
    "- step: {identifier: late, type: Say, spec: {text: x}, strategy: {parallelism: 2}}\n"
)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("<+steps.web<+strategy.identifierPostFix>.said>", None),
        ("<+execution.steps.web<+ strategy.identifierPostFix >.said>", None),
        ("<+steps.<+strategy.identifierPostFix>.said>", None),
        ('<+steps.wbe<+strategy.identifierPostFix>.said ?: "x">', None),
        (
            "<+steps.wbe<+strategy.identifierPostFix>.said>",
            "'steps.wbe…' cannot be read: nothing in 'steps' begins with 'wbe'; did you mean 'web'",
        ),
        (
            "<+steps.late<+strategy.identifierPostFix>.said>",
            "'steps.late…' reads s/late, which has not run yet at this point; move that",
        ),
        (
            "<+steps.tell<+strategy.identifierPostFix>.said>",
            "'steps.tell…' reads the step that it is part of; read an earlier step",
        ),
        (
            "<+steps.web<+strategy.identiferPostFix>.said>",
            "'strategy.identiferPostFix' cannot be read: 'identiferPostFix' is not in 'strategy'",
        ),
    ],
)
def test_a_step_whose_name_ends_in_an_expression_is_looked_for_by_its_beginning(bench, text, fault):
    written = bench.pipeline(LOOPED % text)
    if fault is None:
        assert bench.plan(written)
    else:
        assert only_fault(bench, written).startswith(fault)
