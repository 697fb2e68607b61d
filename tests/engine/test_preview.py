"""What a plan would do: known values filled in, unknown ones as written, secrets by name."""

import re
from collections.abc import Mapping
from typing import ClassVar

import pytest
from pydantic import model_validator

from penstock.expressions import Deferred
from penstock.json_types import Json
from penstock.pipeline.preview import preview_steps, preview_variables
from penstock.step import Outputs, Quote, Step, StepContext

SAY = "- step: {identifier: a, type: Say, spec: {text: %s}}\n"


class Told(Step):
    """Says before what it would do."""

    type: ClassVar[str] = "Told"
    deferred: ClassVar[Mapping[str, str]] = {"criteria.expression": "issue"}
    text: Json = None
    count: int = 1
    mood: str = "good"
    size: int | float = 1
    criteria: Mapping[str, Deferred] | None = None

    @model_validator(mode="after")
    def _is_not_sad(self) -> "Told":
        if self.mood == "sad":
            raise ValueError("cheer up")
        return self

    def run(self, context: StepContext) -> Outputs:
        raise AssertionError("nothing is run")

    def preview(self) -> tuple[str, ...]:
        if self.mood == "broken":
            raise KeyError("whoops")
        return (f"says {self.text} {self.count} times",)


@pytest.fixture
def spec(bench):
    """Return the spec of the one step of a pipeline, as far as it is known."""

    def show(text, *, variables="[]", **more):
        quoted = text if text.startswith(("[", "{a")) else "'" + text.replace("'", "''") + "'"
        plan = bench.plan(bench.pipeline(SAY % quoted, variables=variables, **more))
        (step,) = preview_steps(plan, bench.types, bench.clock.now())
        return step.spec["text"]

    return show


@pytest.fixture
def lines(bench):
    """Return what the one step of a pipeline says that it would do."""
    bench.types["Told"] = Told

    def show(spec, variables="[]"):
        step = f"- step: {{identifier: a, type: Told, spec: {{{spec}}}}}\n"
        plan = bench.plan(bench.pipeline(step, variables=variables))
        (preview,) = preview_steps(plan, bench.types, bench.clock.now())
        return preview.lines

    return show


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("", ""),
        ("<+pipeline.name>", "A pipeline"),
        ("Release <+pipeline.variables.version> of <+pipeline.identifier>", "Release 4.2 of p"),
        ("{{ pipeline.variables.count }}", 3),
        ("{{ pipeline.variables.count + 1 }}", 4),
        ("count: {{ pipeline.variables.count }}", "count: 3"),
        ("<+pipeline.variables.far>", "far: near: 4.2"),
        ("<+variables.own> <+stage.variables.own> <+variables.version>", "own p own p 4.2"),
        ("<+pipeline.stages.s.variables.own>, <+stages.s.name>", "own p, s"),
        (
            "<+stage.type> <+step.identifier> <+org.identifier>/<+project.identifier>",
            "Custom a o/q",
        ),
        ("<+pipeline.tags.team> <+stage.tags.a>", "x b"),
        ("<+pipeline.executionId>", "<+pipeline.executionId>"),
        ("<+pipeline.name> <+pipeline.executionId>", "A pipeline <+pipeline.executionId>"),
        ("{{ pipeline.executionId }}", "{{ pipeline.executionId }}"),
        ("<+pipeline.variables.late>", "<+pipeline.variables.late>"),
        ("<+pipeline.variables.later> <+pipeline.name>", "<+pipeline.variables.later> A pipeline"),
        ("<+stage.status>", "<+stage.status>"),
        (
            "{{ pipeline.executionId | default('none') }}",
            "{{ pipeline.executionId | default('none') }}",
        ),
        (
            "{{ pipeline.variables.late | default('none') }}",
            "{{ pipeline.variables.late | default('none') }}",
        ),
        ("{{ pipeline.variables.nothing_of_it | default('none') }}", "none"),
        ("<+pipeline.variables.nothing>.", "."),
        ("<+pipeline.variables.braces>", "{{ x }} <+y>"),
        ("{{ pipeline.variables.count * 'x' }}", "{{ pipeline.variables.count * 'x' }}"),
        ("<+currentDate()>", "2026-01-05"),
    ],
)
def test_what_is_known_is_filled_in_and_the_rest_stays_as_it_is_written(bench, spec, text, shown):
    variables = """
    - {name: version, value: '4.2'}
    - {name: count, type: Number, value: '3'}
    - {name: far, value: 'far: <+pipeline.variables.near>'}
    - {name: near, value: 'near: <+pipeline.variables.version>'}
    - {name: late, value: 'of <+pipeline.executionId>'}
    - {name: later, value: <+pipeline.variables.late>}
    - {name: nothing}
    - {name: braces, value: "{{ '{{ x }} <+y>' }}"}"""
    own = (
        "        variables: [{name: own, value: own <+pipeline.identifier>}]\n        tags: {a: b}"
    )
    extra = "  orgIdentifier: o\n  projectIdentifier: q\n  tags: {team: x}\n"
    found = spec(text, variables=variables, extra=extra, s=own)
    if text == "<+currentDate()>":
        assert found == bench.clock.now().date().isoformat()
    else:
        assert found == shown


def test_lists_and_mappings_are_filled_in_all_through(spec):
    found = spec("[{a: <+pipeline.name>}, [<+pipeline.identifier>, null, 1]]")
    assert found == [{"a": "A pipeline"}, ["p", None, "1"]]


def test_all_variables_at_once_are_known_if_each_of_them_is(spec):
    known = "[{name: a, value: x}, {name: b, type: Number, value: '2'}]"
    assert spec("<+pipeline.variables>", variables=known) == {"a": "x", "b": 2}
    assert spec("<+pipeline.variables.size()>", variables=known) == 2
    late = "[{name: a, value: <+pipeline.executionId>}]"
    assert spec("<+pipeline.variables>", variables=late) == "<+pipeline.variables>"


SECRETS = "[{name: token, type: Secret, value: account.token}, {name: none, type: Secret}]"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('<+secrets.getValue("org.x")>', "(secret org.x)"),
        ('Bearer {{ secrets.getValue("x") }}!', "(secret x)"),
        ("<+pipeline.variables.token>", "(secret account.token)"),
        ("a <+pipeline.variables.token> b", "(secret account.token)"),
    ],
)
def test_secrets_are_shown_by_their_reference(bench, text, shown):
    variables = f"{SECRETS[:-1]}, {{name: v, value: '{text}'}}]"
    extra = "  orgIdentifier: o\n  projectIdentifier: q"
    plan = bench.plan(bench.pipeline(SAY % "x", variables=variables, extra=extra))
    assert preview_variables(plan, bench.clock.now())["v"] == shown


def test_variables_are_shown_as_far_as_they_are_known(bench):
    variables = """
    - {name: version, value: '1.10'}
    - {name: text, value: 'v<+pipeline.variables.version>, run <+pipeline.sequenceId>'}
    - {name: count, type: Number, value: '2.50'}
    - {name: odd, type: Number, value: <+pipeline.name>}
    - {name: token, type: Secret, value: account.token}
    - {name: nothing}"""
    plan = bench.plan(bench.pipeline(SAY % "x", variables=variables))
    assert preview_variables(plan, bench.clock.now()) == {
        "version": "1.10",
        "text": "v1.10, run <+pipeline.sequenceId>",
        "count": 2.5,
        "odd": "A pipeline",
        "token": "(secret account.token)",
        "nothing": "",
    }


def test_a_text_that_would_be_too_long_stays_as_it_is_written(spec):
    variables = f"[{{name: long, value: {'x' * 200_000}}}]"
    text = "<+pipeline.variables.long>" * 8
    assert spec(text, variables=variables) == text


def test_a_step_says_what_it_would_do_with_what_is_known(lines):
    assert lines("text: <+pipeline.name>, count: 2") == ("says A pipeline 2 times",)
    assert lines("count: <+pipeline.variables.n>", "[{name: n, type: Number, value: '3'}]") == (
        "says None 3 times",
    )


def test_a_step_says_nothing_while_a_value_that_has_a_type_is_not_known(lines):
    assert lines("count: <+pipeline.executionId>") == ()
    assert lines("size: <+pipeline.executionId>") == ()
    assert lines("text: <+pipeline.executionId>") == ("says <+pipeline.executionId> 1 times",)


def test_a_step_that_would_certainly_fail_says_so(lines):
    assert lines("count: <+pipeline.name>, text: <+pipeline.executionId>") == (
        "it would fail: `count` must be a whole number, not 'A pipeline'",
    )
    assert lines("mood: <+pipeline.variables.m>", "[{name: m, value: sad}]") == (
        "it would fail: cheer up",
    )


def test_a_defect_of_a_plugin_does_not_hide_the_rest(lines):
    assert lines("mood: broken") == ("a defect of the step's plugin: KeyError: 'whoops'",)


def test_criteria_stay_as_they_are_written(bench):
    bench.types["Told"] = Told
    criterion = "<+issue.Status> == <+pipeline.name>"
    criteria = f"criteria: {{expression: '{criterion}'}}"
    step = f"- step: {{identifier: a, type: Told, spec: {{{criteria}}}}}\n"
    (preview,) = preview_steps(bench.plan(bench.pipeline(step)), bench.types, bench.clock.now())
    assert preview.spec["criteria"]["expression"] == criterion
    assert preview.lines == ("says None 1 times",)


def test_steps_come_in_order_with_their_stages(bench):
    plan = bench.plan(bench.pipeline(SAY % "x", re.sub("a,", "b,", SAY % "y")))
    previews = preview_steps(plan, bench.types, bench.clock.now())
    assert [(item.stage.path, item.step.path) for item in previews] == [("s", "s/a"), ("t", "t/b")]


def _bracketed(value: Json, before: str) -> str:
    if value == 7:
        raise ValueError("seven has no place here")
    return f"[{value}]"


class Asked(Step):
    """Asks something in a language of its own."""

    type: ClassVar[str] = "Asked"
    quoting: ClassVar[Mapping[str, Quote]] = {"query": _bracketed}
    query: str

    def run(self, context: StepContext) -> Outputs:
        raise AssertionError("nothing is run")

    def preview(self) -> tuple[str, ...]:
        return (self.query,)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("a = <+pipeline.variables.x>", "a = [1.2]"),
        ("<+pipeline.variables.x>", "[1.2]"),
        (
            "a = <+pipeline.executionId>, b = {{ variables.x }}",
            "a = <+pipeline.executionId>, b = [1.2]",
        ),
        ("a = <+3 + 4>", "a = <+3 + 4>"),
    ],
)
def test_known_values_stand_in_a_text_of_another_language_as_they_will(bench, query, shown):
    bench.types["Asked"] = Asked
    step = f"- step: {{identifier: a, type: Asked, spec: {{query: '{query}'}}}}\n"
    plan = bench.plan(bench.pipeline(step, variables='[{name: x, type: String, value: "1.2"}]'))
    (previewed,) = preview_steps(plan, bench.types, bench.clock.now())
    assert previewed.lines == (shown,)
