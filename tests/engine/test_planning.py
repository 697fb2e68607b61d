"""The plan: what it holds, what it tells of places, and that it comes back from JSON the same."""

import time

import pytest

from penstock.errors import JournalError
from penstock.events import StepOutline
from penstock.pipeline.document import NOTED
from penstock.pipeline.filling import Filled
from penstock.pipeline.number import number_of
from penstock.pipeline.plan import Plan
from penstock.pipeline.planning import make_plan
from penstock.source import parse

SAY = "- step: {identifier: %s, type: Say, spec: {text: %s}}\n"

TEXT = """\
pipeline:
  identifier: p
  name: A pipeline
  orgIdentifier: default
  projectIdentifier: payments
  description: nothing of it is kept
  tags: {team: payments, empty: }
  timeout: 3d
  delegateSelectors: [eu]
  variables:
    - {name: version, value: 1.10}
    - {name: count, type: Number, default: "3"}
    - {name: token, type: Secret, value: account.token}
    - {name: nothing}
  stages:
    - stage:
        identifier: first
        type: Custom
        tags: {a: b}
        timeout: 1h
        when: {pipelineStatus: All, condition: <+pipeline.variables.version> == "1.10"}
        variables: [{name: near, value: "<+pipeline.name>!"}]
        spec:
          execution:
            steps:
              - step:
                  identifier: a
                  name: Say it
                  type: Say
                  timeout: 10m
                  when: {stageStatus: Failure, condition: "true"}
                  spec:
                    text:
                      - name: "<+pipeline.name>"
                        value:
                      - plain
                      - [null, {deep: "{{ pipeline.name }}"}]
    - stage:
        identifier: second
        name: The second
        type: Approval
        spec:
          execution:
            steps:
              - step: {identifier: b, type: Say, spec: {text: 2.50, times: "3"}}
"""


def test_a_plan_comes_back_from_json_the_same(bench):
    plan = bench.plan(TEXT)
    again = Plan.from_json(plan.to_json())
    assert again == plan
    assert again.to_json() == plan.to_json()


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "not json", '{"file": "p.yaml", "identifier": 3}'], ids=repr
)
def test_a_plan_of_another_version_says_what_to_do(text):
    with pytest.raises(JournalError, match="another version of Penstock wrote it; use that one"):
        Plan.from_json(text)


def test_a_plan_holds_what_the_document_says(bench):
    plan = bench.plan(TEXT)
    assert (plan.file, plan.identifier, plan.name) == ("p.yaml", "p", "A pipeline")
    assert (plan.org, plan.project) == ("default", "payments")
    assert plan.tags == {"team": "payments", "empty": ""}
    assert plan.timeout == 3 * 86400
    assert [(item.name, item.type, item.value) for item in plan.variables] == [
        ("version", "String", "1.10"),
        ("count", "Number", "3"),
        ("token", "Secret", "account.token"),
        ("nothing", "String", None),
    ]
    first, second = plan.stages
    assert (first.path, first.name, first.type) == ("first", "first", "Custom")
    assert (first.timeout, first.occasion) == (3600.0, "All")
    assert first.condition == '<+pipeline.variables.version> == "1.10"'
    assert (second.name, second.type, second.timeout) == ("The second", "Approval", None)
    assert (second.occasion, second.condition, dict(second.tags)) == ("Success", None, {})
    ((_, a), (_, b)) = plan.steps()
    assert (a.path, a.name, a.timeout) == ("first/a", "Say it", 600.0)
    assert (a.occasion, a.condition) == ("Failure", "true")
    assert (b.path, b.name, b.timeout) == ("second/b", "b", 36_000.0)
    assert b.spec == {"text": "2.50", "times": "3"}


def test_the_outline_lists_stages_and_steps(bench):
    assert bench.plan(TEXT).outline() == (
        StepOutline("first", "first", "Custom", 0),
        StepOutline("first/a", "Say it", "Say", 1),
        StepOutline("second", "The second", "Approval", 0),
        StepOutline("second/b", "b", "Say", 1),
    )


def row_of(text):
    return next(i for i, row in enumerate(TEXT.splitlines(), 1) if text in row)


def test_a_plan_knows_where_each_text_of_a_spec_stands(bench):
    (_, step), _ = bench.plan(TEXT).steps()
    assert step.places == {
        "text.0.name": (row_of('- name: "<+'), 31, ""),
        "text.1": (row_of("- plain"), 25, ""),
        "text.2.1.deep": (row_of("- [null"), 39, ""),
    }
    assert (step.line, step.column) == (row_of("identifier: a"), 31)


def test_a_plan_knows_where_stages_and_variables_stand(bench):
    plan = bench.plan(TEXT)
    assert (plan.stages[1].line, plan.stages[1].column) == (row_of("identifier: second"), 9)
    assert [(item.line, item.column) for item in plan.variables] == [
        (row_of("name: version"), 30),
        (row_of("name: count"), 44),
        (row_of("name: token"), 42),
        (row_of("name: nothing"), 7),
    ]
    near = plan.stages[0].variables[0]
    assert (near.line, near.column) == (row_of("name: near"), 41)


def test_notes_come_with_the_plan(bench):
    text = bench.pipeline(SAY % ("a", "x"), extra="".join(f"  {key}: x\n" for key in sorted(NOTED)))
    source = parse(text, "p.yaml")
    types = {"Say": bench.types["Say"]}
    planned = make_plan(source, source.value, types, None, {"version": "1"})
    assert [note.message.split()[0] for note in planned.notes] == [
        f"`{key}`" for key in sorted(NOTED)
    ]
    assert planned.plan.inputs == {"version": "1"}
    filled = Filled(source.value, {"version": "2"})
    assert make_plan(source, filled, types, None, {"version": "1"}).plan.inputs == {"version": "2"}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3", 3),
        (" -3.0 ", -3),
        ("+.5", 0.5),
        ("2.", 2),
        ("1e3", 1000),
        ("1e-2", 0.01),
        ("", None),
        ("x", None),
        ("1_000", None),
        ("nan", None),
        ("inf", None),
        ("1e999", None),
        ("٣", None),
        ("0x10", None),
        ("1 2", None),
        ("9" * 401, None),
    ],
)
def test_numbers_are_written_in_decimal(text, number):
    found = number_of(text)
    assert found == number
    assert type(found) is type(number)


def seconds(bench, count):
    """Return the fewest seconds of the processor that a plan of *count* steps took."""
    found = []
    for attempt in "xyz":  # other names each time: expressions are parsed once only
        name = f"{attempt}{count}_"
        steps = [SAY % (f"{name}{i}", f"<+steps.{name}{i - 1}.said>") for i in range(1, count)]
        source = parse(bench.pipeline(SAY % (f"{name}0", "x") + "".join(steps)), "p.yaml")
        start = time.process_time()
        make_plan(source, source.value, bench.types, None)
        found.append(time.process_time() - start)
    return min(found)


def test_planning_takes_time_in_proportion_to_the_steps(bench):
    seconds(bench, 10)  # imports
    few, many = seconds(bench, 400), seconds(bench, 1600)
    assert many < 10 * few
    assert many < 2.0
