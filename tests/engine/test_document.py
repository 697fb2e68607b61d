"""The document's own levels: what is taken, noted or refused, and where."""

import json

import pytest

from penstock.errors import Refused
from penstock.pipeline.document import NOTED, UNSUPPORTED, Document
from penstock.source import parse

GOOD = """\
pipeline:
  identifier: p
  name: A pipeline
  stages:
    - stage:
        identifier: s
        type: Custom
        spec:
          execution:
            steps:
              - step:
                  identifier: a
                  type: Say
                  spec: {text: x}
"""


def after(line, *new):
    """Return the good document with lines after one of its own, indented like it."""
    found = next(row for row in GOOD.splitlines() if row.strip() == line)
    indent = found[: len(found) - len(line)]
    return GOOD.replace(found, "\n".join([found, *(indent + row for row in new)]))


def notes_of(bench, text):
    source = parse(text, "p.yaml")
    document = Document.of(source, source.value)
    assert bench.plan(text)
    return [str(note) for note in document.notes]


def test_a_document_without_its_root_is_a_pipeline(bench):
    rows = GOOD.splitlines()[1:]
    plan = bench.plan("\n".join(row[2:] for row in rows))
    assert (plan.identifier, plan.stages[0].steps[0].line) == ("p", 11)
    assert bench.faults("identifier: p\nstages: []\ncolour: red\n") == [
        "p.yaml:2:9: `stages` needs 1 or more entries",
        "p.yaml:3:1: unknown key `colour`; known: identifier, name, orgIdentifier, "
        "projectIdentifier, description, tags, variables, timeout, stages",
    ]


def test_json_is_a_document_too(bench):
    text = (
        '{"pipeline": {"identifier": "p", "stages": [{"stage": {"identifier": "s", "type": '
        '"Custom", "spec": {"execution": {"steps": [{"step": {"identifier": "a", "type": "Say", '
        '"spec": {"text": "x"}}}]}}}}]}}'
    )
    assert bench.plan(text).stages[0].steps[0].path == "s/a"


def test_descriptions_empty_mappings_and_lists_are_taken(bench):
    text = after("name: A pipeline", "description: d", "tags: {}", "variables: []", "timeout: 1d")
    text = text.replace(
        "  type: Custom", "  type: Custom\n        when: {}\n        tags: {a: , b: c}"
    )
    text = text.replace(
        "  type: Say", "  type: Say\n                  description: d\n                  when: {}"
    )
    plan = bench.plan(text)
    assert (plan.timeout, plan.stages[0].tags, plan.stages[0].occasion) == (
        86400.0,
        {"a": "", "b": "c"},
        "Success",
    )


@pytest.mark.parametrize("key", sorted(UNSUPPORTED))
@pytest.mark.parametrize("nothing", ["[]", "{}", '""', ""])
def test_what_is_not_supported_yet_may_be_there_empty(bench, key, nothing):
    for line in ("type: Say", "type: Custom", "name: A pipeline"):
        assert bench.plan(after(line, f"{key}: {nothing}"))


@pytest.mark.parametrize("key", sorted(UNSUPPORTED))
@pytest.mark.parametrize("line", ["type: Say", "type: Custom", "name: A pipeline"])
def test_what_is_not_supported_yet_is_refused_with_its_line_and_what_to_do(bench, key, line):
    text = after(line, f"{key}: [x]")
    (fault,) = bench.faults(text)
    number = 1 + next(i for i, row in enumerate(text.splitlines()) if key in row)
    assert fault.startswith(f"p.yaml:{number}:")
    assert f": `{key}` " in fault
    assert "; " in fault


def test_what_stands_in_the_place_of_a_step_is_one_fault(bench):
    key = "insert"
    body = "{identifier: g, steps: [{step: {identifier: b, type: Say}}]}"
    text = GOOD + f"              - {key}: {body}\n"
    text += "              - step: {identifier: c, type: Say, spec: {text: <+steps.g.steps.b.x>}}\n"
    (fault,) = bench.faults(text)
    assert fault.startswith(f"p.yaml:15:17: `{key}` is not supported yet; ")


def test_an_empty_parallel_is_no_step(bench):
    assert bench.faults(GOOD + "              - parallel: []\n") == [
        "p.yaml:15:27: `parallel` needs 1 or more entries"
    ]


def test_keys_without_effect_are_noted_once_each_with_the_first_line(bench):
    text = after("name: A pipeline", *(f"{key}: [x]" for key in sorted(NOTED)))
    text = text.replace("  type: Custom", "  type: Custom\n        delegateSelectors: [x]")
    text = text.replace("  type: Say", "  type: Say\n                  delegateSelectors: [x]")
    notes = notes_of(bench, text)
    assert len(notes) == len(NOTED)
    assert "p.yaml:5:3: `delegateSelectors` has no effect here, nor in 2 other places" in notes
    assert "p.yaml:8:3: `properties` has no effect here" in notes


def test_empty_keys_without_effect_are_not_noted(bench):
    assert notes_of(bench, after("type: Custom", "delegateSelectors: []", "properties: {}")) == []
    once = after("type: Custom", "delegateSelectors: [x]").replace(
        "  type: Say", "  type: Say\n                  delegateSelectors: x"
    )
    assert notes_of(bench, once) == [
        "p.yaml:8:9: `delegateSelectors` has no effect here, nor in 1 other place"
    ]


def test_marks_of_the_platform_are_ignored_everywhere(bench):
    text = "__uuid: r\n" + after(
        "name: A pipeline", "__uuid: a", "variables: [{name: v, value: '1', __uuid: b}]"
    )
    text = text.replace("x}", "x, __uuid: d}").replace(
        "  type: Say", "  type: Say\n" + " " * 18 + "__uuid: c"
    )
    text = text.replace("- step:", "- __uuid: e\n                step:")
    assert bench.plan(text).stages[0].steps[0].spec == {"text": "x"}


def test_marks_inside_lists_of_a_spec_are_ignored_and_other_underscores_are_not(bench):
    text = GOOD.replace("x}", "{rows: [{__uuid: a, name: b, __mine: c}]}}")
    assert bench.plan(text).stages[0].steps[0].spec == {
        "text": {"rows": [{"name": "b", "__mine": "c"}]}
    }


def test_keys_beside_an_empty_step_are_told_as_what_they_are(bench):
    text = GOOD + (
        "              - step:\n                identifier: b\n                spec: {typo: x}\n"
        "              - step:\n                __uuid: x\n"
    )
    assert bench.faults(text) == [
        "p.yaml:15:17: `step` is empty, and its keys stand beside it; indent them more than `step`",
        "p.yaml:18:17: `steps[2]` is empty; it holds one of step, stepGroup, parallel",
    ]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "  identifier: p",
            "  identifer: p",
            "2:3: unknown key `identifer`; did you mean 'identifier'?",
        ),
        ("  stages:", "  stage:", "4:3: unknown key `stage`; did you mean 'stages'?"),
        ("    - stage:", "    - stag:", "5:7: unknown key `stag`; did you mean 'stage'?"),
        (
            "        type: Custom",
            "        typ: Custom",
            "7:9: unknown key `typ`; did you mean 'type'?",
        ),
        (
            "          execution:",
            "          executon:",
            "9:11: unknown key `executon`; did you mean",
        ),
        (
            "            steps:",
            "            step:",
            "10:13: unknown key `step`; did you mean 'steps'?",
        ),
        ("- step:", "- stop:", "11:17: unknown key `stop`; did you mean 'step'?"),
        ("  type: Say", "  typo: Say", "13:19: unknown key `typo`; did you mean 'type'?"),
        ("x}", "x, tims: 2}", "14:35: unknown key `tims`; did you mean 'times'?"),
        ("  name: A pipeline", "  tags: [a]", "3:9: `tags` must be a mapping, not a list; write"),
        ("  name: A pipeline", "  tags: {a: [b]}", "3:13: `a` must be text, not a list"),
        (
            "  name: A pipeline",
            "  variables: {a: b}",
            "3:14: `variables` must be a list, not a mapp",
        ),
        ("  name: A pipeline", "  variables: [a]", "3:15: `variables[0]` must be a mapping; write"),
        ("  name: A pipeline", "  name: [a]", "3:9: `name` must be text, not a list"),
        ("  name: A pipeline", "  timeout: 10", "3:12: '10' is not a duration: valid durations"),
        ("  name: A pipeline", "  timeout: 9w", "3:12: '9w' is too long; write '5w' or less"),
        (
            "  name: A pipeline",
            "  timeout: <+pipeline.name>",
            "3:12: `timeout` must be written out: ",
        ),
        (
            "  type: Say",
            "  type: Say\n                  when: x",
            "14:25: `when` must be a mapping",
        ),
        (
            "  type: Say",
            "  type: Say\n                  when: {stageStatus: Sucess}",
            "14:39: `stageStatus` must be one of Success, Failure, All, not 'Sucess'; did you mean",
        ),
        (
            "  type: Say",
            "  type: Say\n                  when: {pipelineStatus: All}",
            "14:26: unknown key `pipelineStatus`; known: stageStatus, condition",
        ),
        (
            "  type: Custom",
            "  type: Custom\n        when: {stageStatus: All}",
            "8:16: unknown key `stageStatus`; known: pipelineStatus, condition",
        ),
        (
            "type: Custom",
            "type: Costum",
            "7:15: `type` must be one of Approval, Custom, Deployment, not 'Costum'; did",
        ),
        ("type: Custom", "type: [Custom]", "7:15: `type` must be one of Approval, Custom"),
        (
            "type: Custom",
            "type: CI",
            "7:15: `type` must be one of Approval, Custom, Deployment, not 'CI'; a stage that only",
        ),
        (
            "    - stage:",
            "    - \n    - stage:",
            "5:6: `stages[0]` must be a mapping, but it is empty",
        ),
        (
            "x}",
            "x}\n  projectIdentifier: q",
            "15:3: a pipeline of a project needs `orgIdentifier` too",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_the_near_miss(bench, old, new, fault):
    assert GOOD.count(old) == 1
    assert any(row.startswith(f"p.yaml:{fault}") for row in bench.faults(GOOD.replace(old, new)))


@pytest.mark.parametrize(
    ("line", "place"),
    [("  identifier: p", "1:1"), ("        identifier: s", "5:7"), ("        type: Custom", "5:7")],
)
def test_a_missing_key_is_told_at_the_key_above_it(bench, line, place):
    name = line.split(":")[0].strip()
    assert bench.faults(GOOD.replace(line + "\n", "")) == [f"p.yaml:{place}: `{name}` is required"]


def test_a_step_without_anything_is_told_what_it_needs(bench):
    assert set(bench.faults(GOOD + "              - step: {name: b}\n")) == {
        "p.yaml:15:17: `identifier` is required",
        "p.yaml:15:17: `type` is required",
    }


def test_a_stage_that_cannot_run_here_is_one_fault_but_its_steps_are_checked(bench):
    text = GOOD.replace("Custom", "CI").replace(
        "        spec:\n",
        "        spec:\n          deploymentType: K\n          service: {serviceRef: x}\n",
    )
    assert len(bench.faults(text)) == 1
    assert len(bench.faults(text.replace("type: Say", "type: Sya"))) == 2
    assert len(bench.faults(text.replace("          execution:", "          executions:"))) == 1


_PLAIN = "must begin with a letter or '_' and hold only letters, digits and '_', at most 128"


@pytest.mark.parametrize(
    ("word", "fault"),
    [
        ("step", "must not be 'step', a reserved word of expressions; take another one"),
        ("account", "must not be 'account', a reserved word of expressions; take another one"),
        ("my-step", f"{_PLAIN}; write 'my_step'"),
        ("1st", f"{_PLAIN}; write '_1st'"),
        ("a" * 129, _PLAIN),
        ("é", _PLAIN),
        ("[a]", "must be text, not a list"),
        ("{a: b}", "must be text, not a mapping"),
    ],
)
@pytest.mark.parametrize("line", ["  identifier: p", "  identifier: s", "  identifier: a"])
def test_an_identifier_is_a_plain_word_and_no_word_of_expressions(bench, line, word, fault):
    (row,) = bench.faults(GOOD.replace(line, f"  identifier: {word}"))
    assert row.endswith(f": `identifier` {fault}")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("pipeline:\n", "1:10: a pipeline must be a mapping; write its keys below `pipeline:`"),
        ("pipeline: []\n", "1:11: a pipeline must be a mapping; write its keys below `pipeline:`"),
        ("- a\n", "1:1: a pipeline must be a mapping; write its keys below `pipeline:`"),
        ("a: b\n", "1:1: this is not a pipeline; begin it with `pipeline:`"),
        ("pipline: {}\n", "1:1: this is not a pipeline; did you mean 'pipeline' by 'pipline'?"),
        (
            "connector: {}\n",
            "1:1: this is not a pipeline; it is a connector: put it into the directory",
        ),
        (
            "inputSet: {}\n",
            "1:1: this is not a pipeline; it is an input set: give it with --input-set",
        ),
    ],
)
def test_what_is_no_pipeline_is_told_what_it_is(bench, text, fault):
    (row,) = bench.faults(text)
    assert row.startswith(f"p.yaml:{fault}")


def test_keys_beside_the_root_are_refused(bench):
    assert bench.faults(GOOD + "version: 1\n") == [
        "p.yaml:15:1: unknown key `version`; put it below `pipeline:`"
    ]
    assert len(bench.faults("pipeline: []\nversion: 1\n")) == 2


def test_every_fault_comes_at_once_sorted_by_place(bench):
    text = (
        GOOD.replace("Say", "Sya").replace("identifier: s", "identifer: s").replace("p\n", "p-p\n")
    )
    places = [tuple(map(int, row.split(":")[1:3])) for row in bench.faults(text)]
    assert len(places) == 4
    assert places == sorted(places)


def test_stages_and_steps_are_found_in_a_document_that_is_wrong():
    text = GOOD.replace("identifier: s", "identifier: [s]").replace(
        "  name: A pipeline", "  stagez: 1"
    )
    source = parse(text, "p.yaml")
    (stage,) = Document.of(source, source.value).stages
    assert stage.identifier is None
    assert [(step.identifier, step.turn) for step in stage.inside] == [("a", 0)]


def _places(node, path=()):
    yield path
    children = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in children if isinstance(node, dict | list) else ():
        yield from _places(value, (*path, key))


def _changed(node, path, new):
    if not path:
        return new
    children = node.items() if isinstance(node, dict) else enumerate(node)
    pairs = [(k, _changed(v, path[1:], new) if k == path[0] else v) for k, v in children]
    return dict(pairs) if isinstance(node, dict) else [value for _, value in pairs]


ODD = [None, "", "<+x>", "{{", "class", [], [None], [["a"]], {}, {"a": None}, {"identifier": []}]


@pytest.mark.parametrize("new", ODD, ids=repr)
def test_a_document_with_odd_values_anywhere_is_refused_and_nothing_else(bench, new):
    tree = parse(GOOD, "p.yaml").value
    for path in list(_places(tree))[1:]:
        text = json.dumps(_changed(tree, path, new))
        try:
            bench.plan(text)
        except Refused as error:
            refused = error
        else:
            continue
        assert all(fault.line for fault in refused.faults)
