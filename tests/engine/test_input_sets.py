"""Input sets and overlays: what they give, for which pipeline, and what is wrong with them."""

from pathlib import Path
from typing import ClassVar

import pytest

from penstock.errors import Refused
from penstock.pipeline.filling import fill_inputs
from penstock.pipeline.input_sets import InputSets
from penstock.pipeline.inputs import find_inputs
from penstock.pipeline.planning import make_plan
from penstock.source import parse
from penstock.step import Outputs, Step, StepContext


class Say(Step):
    """Says something."""

    type: ClassVar[str] = "Say"
    text: str = ""
    lines: list[str] = []  # noqa: RUF012 - pydantic copies it
    conditions: list[dict[str, str]] = []  # noqa: RUF012 - as above

    def run(self, context: StepContext) -> Outputs:
        return {}


PIPELINE = """\
pipeline:
  identifier: p
  orgIdentifier: default
  projectIdentifier: pay
  variables:
    - {name: version, type: String, required: true, value: <+input>}
    - {name: risk, value: "<+input>.default(Low).selectOneFrom(Low,High)"}
    - {name: fixed, value: x}
  stages:
    - stage:
        identifier: s
        type: Custom
        timeout: <+input>.default(1h)
        variables:
          - {name: region, value: "<+input>.selectManyFrom(EU,US,APAC)"}
        spec:
          execution:
            steps:
              - step:
                  identifier: a
                  type: Say
                  when: <+input>
                  spec:
                    text: <+input>
                    lines: <+input>
                    conditions:
                      - {key: Status, value: <+input>}
                      - {key: Risk, value: Low}
"""
SET = """\
inputSet:
  name: Prod
  identifier: prod
  orgIdentifier: default
  projectIdentifier: pay
  tags: {}
  pipeline:
    identifier: p
    variables:
      - {name: version, type: String, default: "1", value: 4.2.0}
      - {name: risk, type: String, value: <+input>}
    stages:
      - stage:
          identifier: s
          type: Custom
          variables: [{name: region, type: String, value: "EU, US"}]
          spec:
            execution:
              steps:
                - step:
                    identifier: a
                    type: Say
                    when: {stageStatus: All, condition: <+pipeline.variables.fixed> == "x"}
                    spec:
                      text: <+pipeline.variables.version>
                      lines: [one, "<+pipeline.name>"]
                      conditions: [{key: Status, value: Done}]
"""


class Sets:
    """Files of input sets beside a pipeline."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.pipeline = parse(PIPELINE, "p.yaml")

    def write(self, name: str, text: str) -> str:
        file = self.directory / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        return str(file)

    def entries(self, *names: str):
        sets = InputSets(self.pipeline, self.directory / "inputsets")
        found = {}
        for name in names:
            found |= sets.values(name)
        return found

    def values(self, *names: str):
        return {item.path[-1]: item.value for item in self.entries(*names).values()}

    def plan(self, *names: str, given=None):
        filled = fill_inputs(
            self.pipeline, find_inputs(self.pipeline), given, self.entries(*names), complete=True
        )
        return make_plan(self.pipeline, filled, {"Say": Say}, None).plan

    def faults(self, *names: str, given=None) -> list[str]:
        """Return what is wrong, without the directory in front of it."""
        with pytest.raises(Refused) as caught:
            self.plan(*names, given=given)
        return str(caught.value).replace(f"{self.directory}/", "").splitlines()


@pytest.fixture
def sets(tmp_path):
    return Sets(tmp_path)


# What a set gives


def test_an_input_set_gives_texts_lists_and_mappings_by_its_structure(sets):
    found = sets.plan(sets.write("set.yaml", SET))
    assert {item.name: item.value for item in found.variables} == {
        "version": "4.2.0",
        "risk": "Low",
        "fixed": "x",
    }
    stage = found.stages[0]
    step = stage.steps[0]
    assert stage.variables[0].value == "EU,US"
    assert (step.occasion, step.condition) == ("All", '<+pipeline.variables.fixed> == "x"')
    assert step.spec["lines"] == ["one", "<+pipeline.name>"]
    assert step.spec["conditions"][0]["value"] == "Done"


def test_the_plan_tells_what_was_given_whatever_it_is(sets):
    found = sets.plan(sets.write("set.yaml", SET), given={"version": "5"})
    assert found.inputs == {
        "version": "5",
        "s.region": "EU, US",
        "s.a.when": '{"stageStatus": "All", "condition": "<+pipeline.variables.fixed> == \\"x\\""}',
        "s.a.text": "<+pipeline.variables.version>",
        "s.a.lines": '["one", "<+pipeline.name>"]',
        "s.a.conditions.Status": "Done",
    }


def test_a_list_is_taken_where_several_values_are_asked_for(sets):
    text = SET.replace('"EU, US"', "[EU, US]")
    assert sets.plan(sets.write("set.yaml", text)).stages[0].variables[0].value == "EU,US"


def test_a_later_set_wins_and_what_it_leaves_open_stays(sets):
    first = sets.write("one.yaml", SET)
    second = sets.write(
        "two.yaml",
        "inputSet: {pipeline: {variables: [{name: version, value: 5}, {name: risk, value: },"
        " {name: fixed, value: x}], stages: []}}\n",
    )
    found = sets.plan(first, second)
    assert [item.value for item in found.variables] == ["5", "Low", "x"]


def test_values_below_a_template_are_those_of_what_it_holds(sets):
    text = SET.replace(
        "type: Say\n                    when", "template: {templateInputs: {type: Say, when"
    )
    text = text.replace(' == "x"}\n', ' == "x"}, spec: {lines: [one], text: t,\n')
    text = text[: text.index("                    spec:\n")] + (
        " conditions: [{key: Status, value: Done}]}}}\n"
    )
    assert sets.plan(sets.write("set.yaml", text)).stages[0].steps[0].spec["text"] == "t"


def test_what_runs_side_by_side_and_what_has_no_name_is_matched(tmp_path):
    sets = Sets(tmp_path)
    sets.pipeline = parse(
        "pipeline: {identifier: p, stages: [{stage: {identifier: z}}, {parallel: [{stage: "
        "{identifier: a, timeout: <+input>}}, {stage: {identifier: b, timeout: <+input>, "
        "spec: {rows: [x, <+input>, [<+input>]]}}}]}]}\n",
        "p.yaml",
    )
    text = (
        "inputSet: {pipeline: {stages: [{parallel: [{stage: {identifier: b, timeout: 2h, "
        "spec: {rows: [x, y, [z]]}}}]}]}}\n"
    )
    found = sets.entries(sets.write("set.yaml", text))
    above = ("pipeline", "stages", 1, "parallel", 1, "stage")
    assert {path: item.value for path, item in found.items()} == {
        (*above, "timeout"): "2h",
        (*above, "spec", "rows", 1): "y",
        (*above, "spec", "rows", 2, 0): "z",
    }


def test_entries_of_one_name_are_matched_in_their_order(sets):
    sets.pipeline = parse(
        "identifier: p\nvariables: [{name: a, value: <+input>}, {name: b}, {name: a, value: "
        "<+input>}]\n",
        "p.yaml",
    )
    text = "inputSet: {pipeline: {variables: [{name: a, value: 1}, {name: a, value: 2}]}}\n"
    found = sets.entries(sets.write("set.yaml", text))
    assert [(path[1], item.value) for path, item in found.items()] == [(0, "1"), (2, "2")]


# What is wrong with a set


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("name: version", "name: verison", "10:9: the pipeline has no 'verison' here; did you me"),
        ("name: version", "nam: version", "10:9: the pipeline has no entry [0] here; take it aw"),
        ("identifier: s\n", "identifier: t\n", "13:9: the pipeline has no 't' here; known: s"),
        ("key: Status", "key: State", "27:36: the pipeline has no 'State' here; did you mean 'St"),
        ("text: <+p", "txet: <+p", "25:23: the pipeline has no `txet` here; did you mean 'text'?"),
        (
            "risk, type: String, value: <+input>",
            "fixed, value: y",
            "11:30: `value` is no input of the pipeline: it is 'x' there; write `<+input>` there",
        ),
        (
            "risk, type: String, value: <+input>",
            "fixed, value: <+input>",
            "11:30: `value` is no input of the pipeline: it is 'x' there",
        ),
        ("type: Say", "type: Shout", "22:27: `type` is no input of the pipeline: it is 'Say'"),
        ("type: Custom", "type: {a: b}", "15:17: `type` is no input of the pipeline"),
        ("tags: {}\n  pipeline:", "pipeline:\n    tags: {a: b}", "7:5: the pipeline has no `tags`"),
        ("steps:\n                - step:", "steps:\n                  step:", "20:19: `steps` is"),
        ("version, type: String", "version, type: Number", "10:31: `type` is no input of the pip"),
    ],
)
def test_what_the_pipeline_does_not_ask_for_is_refused_with_the_near_miss(sets, old, new, fault):
    assert sets.faults(sets.write("set.yaml", SET.replace(old, new)))[0].startswith(
        f"set.yaml:{fault}"
    )


def test_an_unknown_key_of_the_set_itself_is_refused(sets):
    text = SET.replace("  name: Prod", "  nmae: Prod")
    (row,) = sets.faults(sets.write("set.yaml", text))
    assert row == "set.yaml:2:3: unknown key `nmae`; did you mean 'name'?"


def test_a_value_that_is_not_allowed_is_told_with_the_place_in_that_file(sets):
    (row,) = sets.faults(sets.write("set.yaml", SET.replace("EU, US", "EU, MARS")))
    assert row == (
        "set.yaml:16:59: The value provided for s.region: 'MARS' does not match any of the "
        "allowed values [EU, US, APAC]"
    )


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("stageStatus: All", "stageStatus: Al", "set.yaml:23:41: `stageStatus` must be one of"),
        ("variables.fixed>", "variables.fixd>", "set.yaml:23:59: 'pipeline.variables.fixd' cannot"),
        ("variables.version>", "variables.verison>", "set.yaml:25:31: 'pipeline.variables.verison"),
        ("lines: [one,", "lines: [[one],", "set.yaml:26:31: `lines[0]` must be text, not a list"),
        ("lines: [one,", "lines: [<+x>,", "set.yaml:26:33: 'x' cannot be read: there is no 'x'"),
        (
            "4.2.0}",
            "[4]}",
            "set.yaml:10:60: The value provided for version: it must be a text, not a mapping or",
        ),
        ('"EU, US"', "{a: b}", "set.yaml:16:59: The value provided for s.region: it must be a te"),
    ],
)
def test_a_fault_in_a_given_value_stands_in_the_file_of_the_set(sets, old, new, fault):
    (row,) = sets.faults(sets.write("set.yaml", SET.replace(old, new)))
    assert row.startswith(fault)


def test_of_very_many_faults_some_are_told(sets):
    rows = ", ".join(f"{{name: x{i}, value: y}}" for i in range(1000))
    text = f"inputSet: {{pipeline: {{variables: [{rows}]}}}}\n"
    assert len(sets.faults(sets.write("set.yaml", text))) == 50


def test_the_faults_of_several_values_come_at_once(sets):
    text = SET.replace("key: Status", "key: State").replace("text: <+p", "txet: <+p")
    assert len(sets.faults(sets.write("set.yaml", text))) == 2


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "identifier: p\n",
            "identifier: q\n",
            "set.yaml:8:17: this input set is for the pipeline 'q', and that of p.yaml is 'p'; "
            "give an input set of this pipeline, or mend the `identifier`",
        ),
        (
            "orgIdentifier: default",
            "orgIdentifier: other",
            "set.yaml:4:18: this input set is for `orgIdentifier` 'other', and that of p.yaml is "
            "'default'; give an input set of this pipeline, or mend the `orgIdentifier`",
        ),
    ],
)
def test_an_input_set_of_another_pipeline_is_refused(sets, old, new, fault):
    assert sets.faults(sets.write("set.yaml", SET.replace(old, new))) == [fault]


@pytest.mark.parametrize("pipeline", ["identifier: p\n", "pipeline: {}\n", "[]\n"])
def test_a_set_for_a_document_of_any_shape_is_read(sets, pipeline):
    sets.pipeline = parse(pipeline, "p.yaml")
    assert sets.entries(sets.write("set.yaml", "inputSet: {pipeline: {identifier: p}}\n")) == {}


@pytest.mark.parametrize("text", ["a: b\n", "- a\n", "pipeline: {a: b}\n"])
def test_what_is_no_input_set_is_refused(sets, text):
    assert sets.faults(sets.write("set.yaml", text)) == [
        "set.yaml:1:1: this is not an input set; "
        "write `inputSet:` with a `pipeline:` that holds the values"
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("inputSet: x\n", "1:11: `inputSet` must be a mapping"),
        ("inputSet: {name: x}\n", "1:1: `pipeline` is required"),
        ("inputSet: {pipeline: x}\n", "1:22: `pipeline` must be a mapping"),
        ("overlayInputSet: {}\n", "1:1: `inputSetReferences` is required"),
    ],
)
def test_an_input_set_without_its_parts_is_refused(sets, text, fault):
    assert sets.faults(sets.write("set.yaml", text))[0].startswith(f"set.yaml:{fault}")


# Sets by identifier, and overlays

OVERLAY = """\
overlayInputSet:
  name: Both
  identifier: both
  pipelineIdentifier: p
  inputSetReferences: [prod, patch]
"""
PATCH = "inputSet: {identifier: patch, pipeline: {variables: [{name: version, value: 4.2.1}]}}\n"


@pytest.fixture
def stored(sets):
    sets.write("inputsets/prod.yaml", SET)
    sets.write("inputsets/patch.yml", PATCH)
    sets.write("inputsets/both.yaml", OVERLAY)
    sets.write("inputsets/notes.yaml", "these: are no sets\n")
    return sets


def test_a_set_is_found_by_its_identifier(stored):
    assert stored.values("patch") == {"value": "4.2.1"}


def test_of_an_overlay_the_later_set_wins(stored):
    assert stored.plan("both").variables[0].value == "4.2.1"
    stored.write("inputsets/both.yaml", OVERLAY.replace("prod, patch", "patch, prod"))
    assert stored.plan("both").variables[0].value == "4.2.0"


def test_an_overlay_that_is_a_file_finds_its_sets_beside_it(sets):
    sets.write("elsewhere/prod.yaml", SET)
    sets.write("inputsets/patch.yaml", PATCH)
    overlay = sets.write("elsewhere/both.yaml", OVERLAY)
    assert sets.plan(overlay).variables[0].value == "4.2.1"


def test_an_unknown_identifier_is_refused_with_the_near_miss(stored):
    assert stored.faults("pord") == [
        "there is no input set 'pord' in inputsets; did you mean 'prod'?"
    ]


def test_an_identifier_without_a_directory_is_refused(sets):
    assert sets.faults("prod") == [
        "there is no input set 'prod' in inputsets; give the set by its file"
    ]


def test_a_file_that_is_missing_is_told_as_a_file(sets):
    assert "cannot be read: no such file" in sets.faults("./prod")[0]
    assert "cannot be read: no such file" in sets.faults("prod.yaml")[0]


def test_a_set_that_is_not_found_may_be_the_broken_one(stored):
    stored.write("inputsets/new.yaml", "a: b: c\n")
    assert stored.values("patch")
    rows = stored.faults("newest")
    assert rows[0].startswith("there is no input set 'newest'")
    assert rows[1].startswith("inputsets/new.yaml:1:")


def test_two_sets_of_one_identifier_are_refused(stored):
    stored.write("inputsets/again.yaml", PATCH)
    (row,) = stored.faults("patch")
    assert row == (
        "the input set 'patch' stands in inputsets/again.yaml and in inputsets/patch.yml; "
        "rename one of them"
    )


def test_everything_wrong_with_an_overlay_is_told_at_once(stored):
    stored.write("inputsets/both.yaml", OVERLAY.replace("prod, patch", "pord, both, patch"))
    stored.write("inputsets/patch.yml", PATCH.replace("version", "verison"))
    rows = stored.faults("both")
    assert rows == [
        "inputsets/both.yaml:5:24: there is no input set 'pord' in inputsets; did you mean 'prod'?",
        "inputsets/both.yaml:5:30: 'both' is an overlay itself (inputsets/both.yaml); "
        "name its input sets",
        "inputsets/patch.yml:1:54: the pipeline has no 'verison' here; did you mean 'version'?",
    ]


def test_an_overlay_of_another_pipeline_is_refused(stored):
    stored.write(
        "inputsets/both.yaml", OVERLAY.replace("pipelineIdentifier: p", "pipelineIdentifier: q")
    )
    assert stored.faults("both") == [
        "inputsets/both.yaml:4:23: this input set is for the pipeline 'q', and that of p.yaml is "
        "'p'; give an input set of this pipeline, or mend the `pipelineIdentifier`"
    ]
