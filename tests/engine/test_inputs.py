"""Runtime inputs: what ``<+input>…`` asks for, and how values are found, checked and filled in."""

import re
from typing import ClassVar

import pytest

from penstock.errors import Refused
from penstock.pipeline.filling import Verbatim, fill_inputs
from penstock.pipeline.input_form import InputForm, parse_input, split_values
from penstock.pipeline.inputs import find_inputs
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

#: What a default of several values looks like.
MANY = InputForm(r"\'a,b\'", ("a,b", "c"), many=True)


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
        (r"<+input>.regex(^\d+\.\d+$)", InputForm(patterns=(r"^\d+\.\d+$",))),
        (r"<+input>.regex(^[^)(]+$)", InputForm(patterns=("^[^)(]+$",))),
        (r"<+input>.regex([])]\(x)", InputForm(patterns=(r"[])]\(x",))),
        (r"<+input>.selectOneFrom(\'a)\',b)", InputForm(None, ("a)", "b"))),
        (r"<+input>.selectManyFrom(\'a,b\',c).default(\'a,b\')", MANY),
        ("<+input>.selectOneFrom(a).default( )", InputForm(" ", ("a",))),
        ("<+input>.executionInput()", InputForm(during_run=True)),
        (
            "<+input>.default(x).executionInput().allowedValues(x,y)",
            InputForm("x", ("x", "y"), during_run=True),
        ),
        ("<+input>.allowedValues(a,b,c).selectOneFrom(c,b)", InputForm(None, ("c", "b"))),
        ("<+input>.selectManyFrom(a,b).selectOneFrom(b)", InputForm(None, ("b",))),
        ("<+input>.regex(a.*).regex(.*b)", InputForm(patterns=("a.*", ".*b"))),
        ("<+input>.default(a).default(b)", InputForm("b")),
        (r"<+input>.regex(^(a|b)\)$)", InputForm(patterns=(r"^(a|b)\)$",))),
        ("<+input> . default(b) . selectOneFrom(a,b)", InputForm("b", ("a", "b"))),
        (
            "<+input>.selectManyFrom(a,b,c).default(a,c)",
            InputForm("a,c", ("a", "b", "c"), many=True),
        ),
        (
            "<+input>.regex(^a$).default(<+pipeline.name>)",
            InputForm("<+pipeline.name>", patterns=("^a$",)),
        ),
    ],
)
def test_conditions_are_read_in_any_order(text, form):
    assert parse_input(text) == form


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<+input>.defualt(x)", "`<+input>` has no `.defualt(…)`; did you mean 'default'?"),
        ("<+input>.executionInput(x)", "`.executionInput()` takes nothing: write it with empty"),
        (
            "<+input>.allowedValues(a,b).selectOneFrom(c)",
            "`.selectOneFrom(c)` allows none of a, b, which alone may be given",
        ),
        (
            "<+input>.allowedValues(<+pipeline.name>)",
            "an expression in `.allowedValues(…)` is not supported: write the values out",
        ),
        (r"<+input>.selectOneFrom(\'a", "a bracket is not closed in"),
        ("<+input>.regex([a", "a bracket is not closed in"),
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


CITIES = PIPELINE.replace("EU,US,APAC", r"\\'london,uk\\',paris")


@pytest.mark.parametrize(
    ("text", "given", "value"),
    [
        (PIPELINE, "US, EU", "US,EU"),
        (PIPELINE, "", ""),
        (CITIES, r"paris , \'london,uk\'", 'paris,"london,uk"'),
        (CITIES, '"london,uk"', '"london,uk"'),
    ],
)
def test_several_values_are_joined_by_commas_where_many_are_asked_for(text, given, value):
    assert plan(text, {**GIVEN, "region": given}).stages[0].variables[0].value == value


def test_a_value_with_a_comma_that_is_not_quoted_is_two_values():
    (row,) = faults(CITIES, {**GIVEN, "region": "london,uk"})
    assert row.endswith("'london' does not match any of the allowed values [london,uk, paris]")


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


def test_all_patterns_must_match():
    text = PIPELINE.replace("value: <+input>}", 'value: "<+input>.regex(a.*).regex(.*z)"}')
    assert variables(text, {**GIVEN, "version": "a-z"})["version"] == "a-z"
    (row,) = faults(text, {**GIVEN, "version": "a-y"})
    assert row.endswith("'a-y' does not match the required regex pattern .*z")


@pytest.mark.parametrize("value", ["<+pipeline.name>", "{{ pipeline.name }}"])
def test_an_expression_of_the_pipeline_is_not_checked_but_data_that_looks_like_one_is(value):
    text = PIPELINE.replace("default(Low)", f"default({value})")
    assert variables(text, GIVEN)["risk"] == value
    (row,) = faults(text, {**GIVEN, "risk": Verbatim(value)})
    assert f"{value!r} does not match any of the allowed values [Low, High]" in row


# What is asked for while the run waits

LATER = PIPELINE.replace("value: <+input>}", "value: <+input>.default(1).executionInput()}")


def test_what_is_asked_for_during_the_run_may_be_given_at_the_start():
    assert variables(LATER, GIVEN)["version"] == "1"


def test_what_is_asked_for_during_the_run_is_refused_when_it_is_not_given_in_spite_of_a_default():
    (row,) = faults(LATER, {"region": "EU", "a.connectorRef": "j"})
    assert row == (
        "p.yaml:5:60: the input version is to be asked for during the run "
        "(`.executionInput()`); that is not supported yet: give it with -i version=… at the start"
    )


def test_what_is_asked_for_during_the_run_stays_as_written_in_a_plan_that_is_not_complete():
    text = PIPELINE.replace("connectorRef: <+input>", "connectorRef: <+input>.executionInput()")
    step = plan(text, complete=False).stages[0].steps[0]
    assert step.spec["connectorRef"] == "<+input>.executionInput()"


def test_a_timeout_cannot_be_asked_for_during_the_run():
    text = PIPELINE.replace("timeout: <+input>", "timeout: <+input>.executionInput()")
    (row,) = faults(text, {**GIVEN, "timeout": "1h"})
    assert row == (
        "p.yaml:12:18: a timeout cannot be asked for while the run waits "
        "(`.executionInput()`); take `.executionInput()` away"
    )


# What is told of an input


def test_an_input_knows_its_description_and_whether_it_is_a_secret_or_a_structure():
    text = PIPELINE.replace(
        "type: String, required", "description: The tag, type: Secret, required"
    )
    text = text.replace("type: Say", "type: Say\n                  when: <+input>")
    found = {item.name: item for item in find_inputs(parse(text, "p.yaml"))}
    assert (found["version"].description, found["version"].is_secret) == ("The tag", True)
    assert [name for name, item in found.items() if item.is_structure] == ["s.a.when"]


@pytest.mark.parametrize(
    ("old", "new", "is_structure"),
    [
        ("{text: <+pipeline.variables.version>, connectorRef: <+input>}", "<+input>", True),
        ("connectorRef: <+input>", "when: <+input>", False),
        ("connectorRef: <+input>", "inner: {spec: <+input>}", False),
    ],
)
def test_a_whole_spec_is_a_structure_and_what_a_spec_calls_so_is_not(old, new, is_structure):
    (*_, last) = find_inputs(parse(PIPELINE.replace(old, new), "p.yaml"))
    assert last.is_structure is is_structure


def test_a_structure_that_is_missing_says_that_an_input_set_gives_it():
    text = PIPELINE.replace("type: Say", "type: Say\n                  when: <+input>")
    (row,) = faults(text, GIVEN)
    assert row == (
        "p.yaml:21:25: the input s.a.when has no value; "
        "give it in an input set: it is a mapping or a list"
    )


def test_what_was_given_for_a_secret_is_not_told():
    text = PIPELINE.replace("type: String, required", "type: Secret, required")
    text = text.replace("text: <+pipeline.variables.version>", "text: x")
    found = plan(text, {**GIVEN, "version": "account.token"})
    assert "version" not in found.inputs
    assert found.variables[0].value == "account.token"


WHOLE = PIPELINE.replace(
    "{text: <+pipeline.variables.version>, connectorRef: <+input>}", "<+input>"
)


def test_a_whole_spec_may_be_an_input():
    assert plan(WHOLE, complete=False).stages[0].steps[0].spec == {}
    (row,) = faults(WHOLE, {"version": "1", "region": "EU"})
    assert row.startswith(
        "p.yaml:21:25: the input s.a has no value; give it in an input set: it is"
    )


def test_a_structure_cannot_be_given_as_a_text():
    (row,) = faults(WHOLE, {"version": "1", "region": "EU", "s.a": "{}"})
    assert row == (
        "p.yaml:21:25: The value provided for s.a: it must be a mapping or a list, "
        "which only an input set can give"
    )


def test_what_is_deployed_has_no_effect_and_is_not_asked_for():
    text = PIPELINE.replace("type: Custom", "type: Deployment").replace(
        "        spec:\n          execution:",
        "        spec:\n          service: {serviceRef: <+input>}\n          execution:",
    )
    assert "s.service.serviceRef" not in {item.name for item in find_inputs(parse(text, "p.yaml"))}
    assert plan(text, GIVEN)


def test_inputs_in_groups_and_side_by_side_are_named_by_what_they_are_in():
    text = """\
pipeline:
  stages:
    - parallel:
        - stage:
            identifier: s
            spec:
              execution:
                steps:
                  - stepGroup:
                      identifier: g
                      steps:
                        - parallel:
                            - step: {identifier: a, timeout: <+input>}
                            - step: {identifier: b, timeout: <+input>}
"""
    names = [item.name for item in find_inputs(parse(text, "p.yaml"))]
    assert names == ["s.g.a.timeout", "s.g.b.timeout"]


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
