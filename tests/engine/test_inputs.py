"""Runtime inputs: what ``<+input>…`` asks for, and how values are found, checked and filled in."""

import re
from typing import ClassVar

import pytest

from penstock.errors import Refused
from penstock.pipeline.input_form import InputForm, parse_input, split_values
from penstock.pipeline.input_sets import input_set_values
from penstock.pipeline.inputs import fill_inputs, find_inputs
from penstock.pipeline.planning import make_plan
from penstock.source import parse
from penstock.step import Outputs, Step, StepContext


class Say(Step):
    """Says something."""

    type: ClassVar[str] = "Say"
    text: str = ""
    connector_ref: str = ""

    def run(self, context: StepContext) -> Outputs:
        return {}


PIPELINE = """\
pipeline:
  identifier: p
  description:
  variables:
    - {name: version, type: String, required: true, value: <+input>}
    - {name: risk, value: "<+input>.default(Low).selectOneFrom(Low,High)"}
    - {name: count, type: Number, value: <+input>.default(3)}
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
                  spec: {text: <+pipeline.variables.version>, connectorRef: <+input>}
"""
GIVEN = {"version": "1", "region": "EU", "a.connectorRef": "j"}


def fill(text, given=(), *, complete=True):
    source = parse(text, "p.yaml")
    return fill_inputs(source, find_inputs(source), dict(given), complete=complete)


def plan(text, given=(), *, complete=True):
    source = parse(text, "p.yaml")
    filled = fill_inputs(source, find_inputs(source), dict(given), complete=complete)
    return make_plan(source, filled, {"Say": Say}, None).plan


def faults(text, given=(), *, complete=True):
    with pytest.raises(Refused) as caught:
        plan(text, given, complete=complete)
    return str(caught.value).splitlines()


def variables(text, given=()):
    return {item.name: item.value for item in plan(text, given).variables}


# What a text asks for


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("<+input>", InputForm()),
        ("<+input>.default(x)", InputForm("x")),
        ("<+input>.default()", InputForm("")),
        ("<+input>.default(a (b) c)", InputForm("a (b) c")),
        (r"<+input>.default(\'a,b\')", InputForm("a,b")),
        ("<+input>.allowedValues(a, b)", InputForm(None, ("a", "b"))),
        ("<+input>.selectOneFrom(a,b)", InputForm(None, ("a", "b"))),
        ("<+input>.selectManyFrom(a,b)", InputForm(None, ("a", "b"), many=True)),
        (r"<+input>.selectOneFrom(\'a,b\',c)", InputForm(None, ("a,b", "c"))),
        (r"<+input>.regex(^\d+\.\d+$)", InputForm(regex=r"^\d+\.\d+$")),
        (r"<+input>.regex(^(a|b)\)$)", InputForm(regex=r"^(a|b)\)$")),
        ("<+input> . default(b) . selectOneFrom(a,b)", InputForm("b", ("a", "b"))),
        (
            "<+input>.selectManyFrom(a,b,c).default(a,c)",
            InputForm("a,c", ("a", "b", "c"), many=True),
        ),
        (
            "<+input>.regex(^a$).default(<+pipeline.name>)",
            InputForm("<+pipeline.name>", regex="^a$"),
        ),
    ],
)
def test_conditions_are_read_in_any_order(text, form):
    assert parse_input(text) == form


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<+input>.defualt(x)", "`<+input>` has no `.defualt(…)`; did you mean 'default'?"),
        (
            "<+input>.executionInput()",
            "`.executionInput()` is not supported yet: give the value at",
        ),
        ("<+input>.default(x", "a bracket is not closed in '<+input>.default(x'; write ')'"),
        (
            "<+input> and more",
            "`<+input>` must stand alone, and 'and more' follows it: put it into",
        ),
        ("<+input>.regex(a[)", "`.regex(a[)`: the pattern is not RE2: missing ]"),
        ("<+input>.allowedValues()", "`.allowedValues()` allows nothing: write the values"),
        (
            "<+input>.default(c).selectOneFrom(a,b)",
            "the default is not acceptable: 'c' does not match",
        ),
        (
            "<+input>.default(c).regex(a)",
            "the default is not acceptable: 'c' does not match the requir",
        ),
    ],
)
def test_conditions_that_cannot_be_read_say_why(text, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        parse_input(text)


def test_a_value_that_no_pattern_can_read_is_refused():
    complaint = parse_input("<+input>.regex(a+)").complaint("\udcff")
    assert complaint == "'\\udcff' cannot be matched: the text holds half a character"
    assert (
        parse_input("<+input>.regex(a+)").complaint("\udcff", shown=False).startswith("it cannot")
    )


def test_values_are_split_at_commas_but_not_in_quotes():
    assert split_values(r"a, b,,\'c,d\' ,") == ["a", "b", "c,d"]


# Which inputs there are


def test_inputs_are_named_by_identifiers_and_keys():
    found = find_inputs(parse(PIPELINE, "p.yaml"))
    assert [item.name for item in found] == [
        "version",
        "risk",
        "count",
        "s.timeout",
        "s.region",
        "s.a.connectorRef",
    ]
    assert [item.required for item in found] == [True, False, False, False, False, False]
    assert found[2].type == "Number"


def test_inputs_in_a_list_are_named_by_what_their_entry_is_called():
    text = PIPELINE.replace(
        "connectorRef: <+input>", "more: {fields: [{name: Summary, value: <+input>}, [<+input>]]}"
    )
    assert [item.name for item in find_inputs(parse(text, "p.yaml"))][-2:] == [
        "s.a.more.fields.Summary",
        "s.a.more.fields.1.0",
    ]


def test_two_inputs_of_one_name_get_their_whole_path():
    text = PIPELINE.replace("type: Say", "type: Say\n                  timeout: <+input>").replace(
        "connectorRef: <+input>", "timeout: <+input>"
    )
    assert [item.name for item in find_inputs(parse(text, "p.yaml"))][-2:] == [
        "pipeline.stages.s.stage.spec.execution.steps.a.step.timeout",
        "pipeline.stages.s.stage.spec.execution.steps.a.step.spec.timeout",
    ]


def test_what_has_no_effect_is_not_asked_for_but_a_spec_may_use_the_same_key():
    text = PIPELINE.replace("  stages:", "  properties: {ci: {build: <+input>}}\n  stages:")
    text = text.replace("connectorRef: <+input>", "properties: <+input>")
    names = [item.name for item in find_inputs(parse(text, "p.yaml"))]
    assert "properties.ci.build" not in names
    assert "s.a.properties" in names


def test_the_default_of_a_variable_is_the_default_of_its_input():
    text = PIPELINE.replace("required: true, value: <+input>", "default: '4.2', value: <+input>")
    assert variables(text, {**GIVEN, "version": "5"})["version"] == "5"
    del (given := dict(GIVEN))["version"]
    assert variables(text, given)["version"] == "4.2"


# What is filled in


def test_given_values_and_defaults_are_filled_in():
    found = plan(PIPELINE, GIVEN)
    assert {item.name: item.value for item in found.variables} == {
        "version": "1",
        "risk": "Low",
        "count": "3",
    }
    stage = found.stages[0]
    assert (stage.timeout, stage.variables[0].value) == (3600.0, "EU")
    assert stage.steps[0].spec["connectorRef"] == "j"


def test_the_plan_tells_what_was_given_by_whole_names():
    assert plan(PIPELINE, GIVEN).inputs == {
        "version": "1",
        "s.region": "EU",
        "s.a.connectorRef": "j",
    }


def test_the_whole_name_wins_over_an_ending():
    text = PIPELINE.replace("name: region", "name: version")
    filled = fill(text, {"version": "1", "s.version": "EU", "connectorRef": "j"})
    assert filled.values == {"version": "1", "s.version": "EU", "s.a.connectorRef": "j"}


def test_a_later_value_wins_under_whichever_name():
    assert fill(PIPELINE, {"s.region": "EU", "region": "US"}).values == {"s.region": "US"}


def test_missing_inputs_are_told_all_at_once_with_how_to_give_each():
    assert faults(PIPELINE) == [
        "p.yaml:5:60: the input version has no value; give it with -i version=…",
        "p.yaml:14:35: the input s.region has no value; "
        "give it with -i s.region=… (one of: EU, US, APAC)",
        "p.yaml:21:77: the input s.a.connectorRef has no value; give it with -i s.a.connectorRef=…",
    ]


def test_missing_inputs_come_in_one_report_with_all_other_faults():
    text = PIPELINE.replace("variables.version>", "variables.verison>").replace("1h", "1x")
    text = text.replace("identifier: p", "identifier: step")
    assert [row.split(":")[1] for row in faults(text)] == ["2", "5", "12", "14", "21", "21"]


def test_an_incomplete_document_is_valid_where_only_inputs_are_missing():
    text = PIPELINE.replace(".default(1h)", "").replace(
        "type: Say", "type: Say\n                  when: <+input>"
    )
    text = text.replace("type: Custom", "type: Custom\n        when: {condition: <+input>}")
    found = plan(text, complete=False)
    assert found.stages[0].timeout is None
    assert found.stages[0].condition is None
    assert found.stages[0].steps[0].spec["connectorRef"] == "<+input>"


def test_an_incomplete_document_is_refused_for_all_else():
    text = PIPELINE.replace("variables.version>", "variables.verison>")
    assert len(faults(text, complete=False)) == 1


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (
            {"risk": "Huge"},
            "6:27: The value provided for risk: 'Huge' does not match any of the allowed",
        ),
        ({"count": "1_000"}, "7:42: The value provided for count: '1_000' is not a number; write"),
        ({"count": "nan"}, "7:42: The value provided for count: 'nan' is not a number"),
        (
            {"version": " "},
            "5:60: The value provided for version: it is empty, and the variable is re",
        ),
        (
            {"region": "EU,MARS"},
            "14:35: The value provided for s.region: 'MARS' does not match any of",
        ),
        ({"timeout": "soon"}, "12:18: 'soon' is not a duration"),
    ],
)
def test_a_value_that_is_not_acceptable_is_refused_with_where_it_is_asked_for(given, fault):
    (row,) = faults(PIPELINE, {**GIVEN, **given})
    assert row.startswith(f"p.yaml:{fault}")


@pytest.mark.parametrize(
    ("given", "value"),
    [({"risk": ""}, ("risk", "")), ({"count": "2.50"}, ("count", "2.50"))],
)
def test_an_empty_value_and_any_number_are_acceptable(given, value):
    assert value in variables(PIPELINE, {**GIVEN, **given}).items()


def test_several_values_may_be_given_where_many_are_asked_for():
    assert plan(PIPELINE, {**GIVEN, "region": "US, EU"}).stages[0].variables[0].value == "US, EU"


@pytest.mark.parametrize(("value", "fits"), [("1.2.3", True), ("1.2", False), ("v1.2.3", False)])
def test_a_pattern_must_match_the_whole_value(value, fits):
    text = PIPELINE.replace(
        "required: true, value: <+input>", r"""value: '<+input>.regex(\d+\.\d+\.\d+)'"""
    )
    given = {**GIVEN, "version": value}
    if fits:
        assert variables(text, given)["version"] == value
    else:
        message = rf"{value!r} does not match the required regex pattern \d+\.\d+\.\d+"
        assert faults(text, given)[0].endswith(f"The value provided for version: {message}")


@pytest.mark.parametrize("form", ["regex(^x$)", "selectOneFrom(a,b)"])
def test_a_value_that_may_be_a_secret_is_not_shown(form):
    text = PIPELINE.replace(
        "type: String, required: true, value: <+input>", f"type: Secret, value: '<+input>.{form}'"
    )
    rows = "\n".join(faults(text, {**GIVEN, "version": "hunter22"}))
    assert "The value provided for version: it does not match" in rows
    assert "hunter22" not in rows


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("versoin", "did you mean 'version'?"),
        ("regoin", "did you mean 'region'?"),
        ("zzz", "known: version, risk, count, s.timeout, s.region, s.a.connectorRef"),
    ],
)
def test_an_unknown_name_is_refused_with_the_near_miss(name, hint):
    (row,) = faults(PIPELINE, {**GIVEN, name: "1"})
    assert row == f"p.yaml: the pipeline has no input '{name}'; {hint}"


def test_a_pipeline_without_inputs_says_so():
    text = (
        PIPELINE.replace("<+input>", "x")
        .replace(".default(1h)", "")
        .replace("timeout: x", "timeout: 1h")
    )
    text = text.replace("x.default(3)", "3")
    assert faults(text, {"version": "1"}) == [
        "p.yaml: the pipeline has no input 'version'; it asks for none"
    ]


def test_a_short_name_that_several_inputs_end_in_is_refused():
    text = PIPELINE.replace("connectorRef: <+input>", "connectorRef: j") + (
        "    - stage:\n        identifier: t\n        type: Custom\n        variables: "
        "[{name: region, value: <+input>}]\n        spec: {execution: {steps: [{step: "
        "{identifier: b, type: Say}}]}}\n"
    )
    rows = faults(text, {"version": "1", "region": "EU"})
    assert rows[0] == (
        "p.yaml: several inputs are called 'region'; write one of: s.region, t.region"
    )
    assert plan(text, {"version": "1", "s.region": "EU", "t.region": "x"})


# What is written wrongly


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "text: <+pipeline.variables.version>",
            '"text": "Release <+input> of <+pipeline.variables.nothing>"',
            "21:43: `<+input>` must stand alone as a value; put it into a variable and write",
        ),
        ("value: <+input>}", "value: <+input>.default(}", "5:60: a bracket is not closed in"),
        (
            "value: <+input>}",
            "value: <+input>.2}",
            "5:60: `<+input>` must stand alone, and '.2' foll",
        ),
        (
            "identifier: a",
            "identifier: <+input>",
            "19:31: `identifier` cannot be an input; write it o",
        ),
        ("type: Say", "type: <+input>", "20:25: `type` cannot be an input; write it out"),
    ],
)
def test_an_input_that_is_written_wrongly_is_told_whether_or_not_it_is_given(old, new, fault):
    text = PIPELINE.replace(old, new)
    assert any(row.startswith(f"p.yaml:{fault}") for row in faults(text))
    assert any(row.startswith(f"p.yaml:{fault}") for row in faults(text, GIVEN))
    assert not any("nothing" in row.partition(": ")[2] for row in faults(text, GIVEN))


def test_an_input_inside_an_expression_is_told_what_an_input_is():
    text = PIPELINE.replace("<+pipeline.variables.version>", "<+ input >")
    (row,) = faults(text, GIVEN)
    assert row.endswith(
        "'input' cannot be read: there is no 'input'; "
        "an input must be all of a value, and begin with `<+input>`"
    )


# Input sets


INPUT_SET = """\
inputSet:
  name: Prod
  identifier: prod
  pipeline:
    identifier: p
    variables:
      - {name: version, type: String, value: 4.2.0}
      - {name: risk, type: String, value: <+input>}
    stages:
      - stage:
          identifier: s
          type: Custom
          variables: [{name: region, type: String, value: EU}]
          spec:
            execution:
              steps: [{step: {identifier: a, type: Say, spec: {connectorRef: j}}}]
"""


def test_an_input_set_gives_values_by_its_structure():
    values = input_set_values(parse(INPUT_SET, "set.yaml"))
    assert values == {"version": "4.2.0", "s.region": "EU", "s.a.connectorRef": "j"}
    assert variables(PIPELINE, values) == {"version": "4.2.0", "risk": "Low", "count": "3"}


def test_an_unknown_entry_of_an_input_set_is_refused_with_the_near_miss():
    values = input_set_values(
        parse(INPUT_SET.replace("name: version", "name: verison"), "set.yaml")
    )
    assert faults(PIPELINE, {**values, "version": "1"}) == [
        "set.yaml:7:46: the pipeline has no input 'verison'; did you mean 'version'?"
    ]


def test_a_value_of_an_input_set_that_is_not_allowed_is_told_with_the_place_in_that_file():
    values = input_set_values(parse(INPUT_SET.replace("EU}", "MARS}"), "set.yaml"))
    assert faults(PIPELINE, values) == [
        "set.yaml:13:59: The value provided for s.region: 'MARS' does not match any of the "
        "allowed values [EU, US, APAC]"
    ]


def test_an_entry_of_an_input_set_that_several_inputs_end_in_has_its_place():
    text = PIPELINE + (
        "    - stage: {identifier: t, type: Custom, variables: [{name: region, value: <+input>}],"
        " spec: {execution: {steps: [{step: {identifier: b, type: Say}}]}}}\n"
    )
    values = input_set_values(
        parse("inputSet: {pipeline: {variables: [{name: region, value: EU}]}}\n", "set.yaml")
    )
    assert faults(text, values)[-1] == (
        "set.yaml:1:57: several inputs are called 'region'; write one of: s.region, t.region"
    )


def test_an_input_set_of_another_pipeline_is_refused():
    with pytest.raises(
        Refused, match=r"^set.yaml:5:17: this input set is for the pipeline 'p', and q.yaml is 'q'"
    ):
        input_set_values(parse(INPUT_SET, "set.yaml"), parse("identifier: q\n", "q.yaml"))


@pytest.mark.parametrize("pipeline", ["pipeline: {identifier: p}\n", "identifier: p\n", "[]\n"])
def test_an_input_set_of_this_pipeline_or_of_no_matter_which_is_taken(pipeline):
    assert input_set_values(parse(INPUT_SET, "set.yaml"), parse(pipeline, "p.yaml"))


@pytest.mark.parametrize(
    "text", ["a: b\n", "inputSet: x\n", "inputSet: {pipeline: x}\n", "- a\n", "pipeline: {a: b}\n"]
)
def test_what_is_no_input_set_is_refused(text):
    with pytest.raises(Refused, match=r"set.yaml:1:1: this is not an input set; write `inputSet:`"):
        input_set_values(parse(text, "set.yaml"))
