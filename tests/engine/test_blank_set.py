"""The input set to fill in: it is an input set, and it says what each input takes."""

from pathlib import Path

import pytest

from penstock.pipeline.blank_set import blank_input_set, facts_of
from penstock.pipeline.filling import fill_inputs
from penstock.pipeline.input_sets import InputSets
from penstock.pipeline.inputs import find_inputs
from penstock.source import parse

PIPELINE = r"""pipeline:
  identifier: p
  name: A pipeline
  projectIdentifier: pay
  variables:
    - name: version
      description: "The tag\n to #release"
      required: true
      value: <+input>.regex(\d+)
    - {name: fixed, value: x}
    - {name: count, type: Number, value: <+input>.default(3)}
    - {name: token, type: Secret, value: <+input>}
    - {name: when, default: "yes", value: <+input>.executionInput()}
  stages:
    - stage: {identifier: fixed, type: Custom}
    - parallel:
        - stage:
            identifier: s
            name: S
            type: Custom
            timeout: <+input>.default(1h 30m)
            spec:
              execution:
                steps:
                  - step:
                      identifier: a
                      type: Say
                      when: <+input>
                      spec:
                        rows: [x, <+input>, [<+input>, y], {a: <+input>}]
                        fields:
                          - {name: Summary, value: fixed}
                          - {name: 'Risk: "Level"', value: "<+input>.selectManyFrom(Low,\\'a,b\\')"}
"""
BLANK = r"""# The inputs of p.yaml: fill in each <+input>, and give this file with --input-set.
inputSet:
  identifier: p_inputs
  projectIdentifier: pay
  pipeline:
    identifier: p
    variables:
      - name: version
        # text; required; matches \d+; The tag to #release
        value: <+input>
      - name: count
        type: Number
        # a number; default 3
        value: "3"
      - name: token
        type: Secret
        # the name of a secret
        value: <+input>
      - name: when
        # text; default yes; asked for during the run (not supported yet: give it here)
        value: "yes"
    stages:
      - parallel:
          - stage:
              identifier: s
              type: Custom
              # text; default 1h 30m
              timeout: "1h 30m"
              spec:
                execution:
                  steps:
                    - step:
                        identifier: a
                        type: Say
                        # a mapping or a list
                        when: <+input>
                        spec:
                          rows:
                            - null
                            - <+input>
                            - - <+input>
                              - null
                            - a: <+input>
                          fields:
                            - name: "Risk: \"Level\""
                              # several, with commas between, of Low, a,b
                              value: <+input>
"""


def blank(text: str) -> str:
    source = parse(text, "p.yaml")
    return blank_input_set(source, find_inputs(source))


@pytest.fixture
def unread(monkeypatch):
    """Let every key be read, whether or not it is supported yet."""
    monkeypatch.setattr("penstock.pipeline.inputs._UNREAD", frozenset())


def test_each_input_stands_in_its_place_with_its_default_and_what_it_takes(unread):
    assert blank(PIPELINE) == BLANK


def test_it_is_an_input_set_of_the_pipeline_whether_or_not_it_is_filled_in(unread, tmp_path):
    source = parse(PIPELINE, "p.yaml")
    inputs = find_inputs(source)
    file = tmp_path / "set.yaml"
    file.write_text(blank(PIPELINE))
    sets = InputSets(source, tmp_path)
    defaults = {entry.path[-1]: entry.value for entry in sets.values(str(file)).values()}
    assert defaults == {"value": "yes", "timeout": "1h 30m"}
    filled = blank(PIPELINE).replace("<+input>\n", '"1"\n')
    file.write_text(filled.replace('when: "1"', "when: {stageStatus: All}"))
    entries = sets.values(str(file))
    assert entries.keys() == {item.path for item in inputs}
    assert not fill_inputs(
        source, [item for item in inputs if not item.form.many], None, entries, complete=True
    ).faults


@pytest.mark.parametrize(
    ("text", "blank_set"),
    [
        ("identifier: q\nname: x\n", "  pipeline:\n    identifier: q\n"),
        ("- x\n", "inputSet:\n  identifier: inputs\n  pipeline: {}\n"),
        ("pipeline: x\n", "  pipeline: {}\n"),
    ],
)
def test_a_pipeline_without_inputs_has_an_empty_set(text, blank_set):
    assert blank(text).endswith(blank_set)


@pytest.mark.parametrize(
    "default",
    ["a: b", "#x", "- x", "no", "1.10", "{{ x }}", "<+pipeline.name>", "🙂", "a\\b", "\x7f"],
)
def test_a_default_is_written_so_that_it_is_read_again(tmp_path, default):
    source = parse(
        f'identifier: p\nstages: []\nvariables: [{{name: v, value: "<+input>", '
        f'default: "{default}"}}]\n'.replace("\\", "\\\\").replace("\x7f", "\\x7f"),
        "p.yaml",
    )
    file = tmp_path / "set.yaml"
    file.write_text(blank_input_set(source, find_inputs(source)))
    (entry,) = InputSets(source, tmp_path).values(str(file)).values()
    assert entry.value == default


def test_facts_are_one_line_each():
    source = parse(
        'variables: [{name: v, description: "a\\nb\\u2028c\\x1b[1m", value: <+input>}]\n', "p"
    )
    assert facts_of(find_inputs(source)[0]) == ["text", "a b c [1m"]
    assert Path("p").name == "p"
