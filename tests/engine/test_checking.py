"""What is checked of steps, variables, criteria and connectors before anything runs."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import pytest
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from penstock.errors import ConnectorError, Fault, Refused
from penstock.expressions import Deferred
from penstock.pipeline.planning import make_plan
from penstock.source import parse
from penstock.step import Gate, Outputs, Step, StepContext
from penstock.verdict import Verdict
from penstock.watch import Snapshot, Watch


def _even(number: int) -> int:
    if number % 2:
        raise PydanticCustomError("odd", "must be even, {by} too much", {"by": 1})
    return number


class Entry(BaseModel):
    """One entry of a list."""

    model_config = ConfigDict(extra="forbid")
    name: str
    value: str = ""


class Make(Step):
    """Makes something."""

    type: ClassVar[str] = "Make"
    connector_type: ClassVar[str | None] = "Remote"
    connector_ref: str
    what: str
    count: Annotated[int, AfterValidator(_even)] = 2
    fields: tuple[Entry, ...] = ()

    def run(self, context: StepContext) -> Outputs:
        return {}


class Approve(Gate):
    """Waits for a ticket."""

    type: ClassVar[str] = "Approve"
    deferred: ClassVar[Mapping[str, str]] = {
        "approvalCriteria": "issue",
        "more.expression": "issue",
        "spare": "issue",
    }
    approval_criteria: Deferred
    spare: Annotated[Deferred | None, BeforeValidator(lambda text: text.strip() or None)] = None
    more: Mapping[str, Deferred] = Field(default_factory=dict)

    def watch(self, context: StepContext) -> Watch:
        return Watch("r", "K")

    def judge(self, snapshot: Snapshot) -> Verdict:
        raise AssertionError("nothing is judged here")


TYPES = {kind.type: kind for kind in (Make, Approve)}

HEAD = """\
pipeline:
  identifier: p
  orgIdentifier: o
  projectIdentifier: q
  variables: %s
  stages:
    - stage:
        identifier: s
        type: Approval
        spec:
          execution:
            steps:
"""
STEP = "              - step: {identifier: %s, type: %s, spec: {%s}}\n"
MAKE = "connectorRef: r, what: %s"


def pipeline(*steps, variables="[]"):
    return HEAD % variables + "".join(STEP % step for step in steps)


def check(text, check_connector=None, types=TYPES):
    source = parse(text, "p.yaml")
    return make_plan(source, source.value, types, check_connector)


def faults(text, check_connector=None, types=TYPES):
    with pytest.raises(Refused) as caught:
        check(text, check_connector, types)
    return [str(fault).removeprefix("p.yaml:") for fault in caught.value.faults]


def one_fault(text, check_connector=None):
    (fault,) = faults(text, check_connector)
    return fault


def at(text, what):
    """Return the line and column at which *what* stands in the last step."""
    line = text.splitlines()[-1]
    assert line.count(what) == 1
    return f"{len(text.splitlines())}:{line.index(what) + 1}"


# Steps


@pytest.mark.parametrize(
    ("spec", "place", "fault"),
    [
        ("connectorRef: r", "spec:", "`what` is required"),
        ("connectorRef: r, what: x, waht: y", "waht", "unknown key `waht`; did you mean 'what'?"),
        ("connectorRef: r, what: [x]", "[x]", "`what` must be text, not a list"),
        (MAKE % "x, count: three", "three", "`count` must be a whole number, not 'three'"),
        (MAKE % "x, count: 3", "3}", "`count` must be even, 1 too much"),
        (MAKE % "x, fields: [{nme: y}]", "nme", "unknown key `nme`; did you mean 'name'?"),
        (MAKE % "x, fields: [{name: <+stage.name>, value: [y]}]", "[y]", "`value` must be text"),
        (MAKE % "x, fields: <+x.y>", "x.y", "'x.y' cannot be read: there is no 'x'; known: pi"),
    ],
)
def test_a_spec_is_checked_as_its_type_says(spec, place, fault):
    text = pipeline(("a", "Make", spec))
    assert any(row.startswith(f"{at(text, place)}: {fault}") for row in faults(text))


def test_a_value_that_is_an_expression_may_become_anything():
    steps = [
        ("a", "Make", "connectorRef: r, what: x"),
        ("b", "Make", "connectorRef: <+steps.a.c>, what: <+steps.a.w>, count: <+steps.a.n>"),
        ("c", "Make", "connectorRef: r, what: x, fields: '{{ steps.a.fields }}'"),
    ]
    assert check(pipeline(*steps))


def test_an_unknown_step_type_is_refused_with_the_near_miss():
    assert one_fault(pipeline(("a", "Mkae", ""))) == (
        "13:45: unknown step type 'Mkae'; did you mean 'Make'?"
    )
    assert one_fault(pipeline(("a", "K8sRollingDeploy", ""))).endswith(
        "; known: Make, Approve; `penstock rehearse` stands in for others"
    )


def test_a_machine_without_plugins_says_what_to_do():
    assert faults(pipeline(("a", "Make", MAKE % "x")), types={}) == [
        "13:45: unknown step type 'Make'; "
        "no plugins are installed; in a checkout run `pip install -e .`"
    ]


def test_a_step_without_a_spec_is_told_what_it_holds():
    text = pipeline() + "              - step: {identifier: a, type: Make}\n"
    assert one_fault(text) == "13:23: `spec` is required; it holds connectorRef, what"
    assert one_fault(text.replace("}", ", spec: }")).endswith(
        "`spec` is required; it holds connectorRef, what"
    )


def test_a_spec_that_is_no_mapping_is_one_fault():
    text = pipeline() + "              - step: {identifier: a, type: Make, spec: [x]}\n"
    assert one_fault(text).startswith("13:57: `spec` must be a mapping, not a list")


def test_keys_on_the_wrong_level_are_told_where_they_belong():
    text = HEAD % "[]" + (
        "              - step:\n"
        "                  identifier: a\n"
        "                  type: Make\n"
        "                  what: [x]\n"
        "                  fields: [{nme: x}]\n"
        "                  spec:\n"
        "                    connectorRef: r\n"
        "                    timeout: 1d\n"
        "                    when: {stageStatus: All}\n"
    )
    assert faults(text) == [
        "16:19: `what` belongs into `spec`; move it there",
        "17:19: `fields` belongs into `spec`; move it there",
        "20:21: `timeout` belongs to the step, not into its `spec`; move it beside `spec`",
        "21:21: `when` belongs to the step, not into its `spec`; move it beside `spec`",
    ]


def test_two_steps_or_stages_of_one_identifier_are_refused_with_both_lines():
    text = pipeline(("a", "Make", MAKE % "x"), ("b", "Make", MAKE % "x"), ("a", "Make", MAKE % "x"))
    assert (
        one_fault(text)
        == "15:36: the identifier 'a' is taken already, in line 13; choose another one"
    )
    stage = text[text.index("    - stage:") :].replace("{identifier: a", "{identifier: c", 1)
    assert [row.partition(": ")[0] for row in faults(text + stage)] == ["15:36", "17:21"]
    assert check(pipeline(("s", "Make", MAKE % "x")))


# Criteria


@pytest.mark.parametrize(
    "criterion",
    ["issue.Status == 'Done'", '<+issue.Status> == "Done"', "{{ issue.Status == 'Done' }}"],
)
def test_criteria_may_read_what_only_the_gate_knows(criterion):
    quoted = criterion.replace("'", "''")
    assert check(pipeline(("g", "Approve", f"approvalCriteria: '{quoted}'")))


def test_what_only_a_gate_knows_is_refused_elsewhere_with_where_it_is_known():
    text = pipeline(("a", "Make", MAKE % "<+issue.Status>"))
    assert one_fault(text) == (
        f"{at(text, 'issue.S')}: 'issue.Status' cannot be read: there is no 'issue'; "
        "it is known only in `approvalCriteria` of Approve, `more` of Approve, `spare` of Approve"
    )


def test_criteria_are_checked_like_any_expression_and_once():
    text = pipeline(("g", "Approve", "approvalCriteria: '<+issue.Status> == <+pipeline.nam>'"))
    assert one_fault(text).startswith(f"{at(text, 'pipeline.nam')}: 'pipeline.nam' cannot")
    text = pipeline(("g", "Approve", "approvalCriteria: 'issue.Status =='"))
    assert one_fault(text).startswith(f"{at(text, chr(39) + '}}')}: ")
    text = pipeline(("g", "Approve", "approvalCriteria: 'a', more: {expression: '(issue.x'}"))
    assert [row.partition(": ")[0] for row in faults(text)] == [at(text, "a', m"), at(text, "(iss")]


@pytest.mark.parametrize(
    ("criterion", "fault"),
    [
        ("[x]", "an expression is needed here, as text"),
        ("{a: b}", "an expression is needed here, as text"),
        ("' '", "the expression is empty"),
    ],
)
def test_a_criterion_that_is_no_expression_is_what_its_step_says(criterion, fault):
    assert one_fault(pipeline(("g", "Approve", f"approvalCriteria: {criterion}"))).endswith(fault)


def test_a_blank_criterion_is_for_its_step_to_judge():
    text = pipeline(("g", "Approve", "approvalCriteria: issue.x, spare: ' '"))
    assert check(text)


@pytest.mark.parametrize(
    "condition", ["' '", "''", "true", '<+pipeline.name> == "p"', "'{{ true }}'"]
)
def test_conditions_may_be_blank_or_any_expression(condition):
    step = STEP.replace("type: %s", f"type: %s, when: {{condition: {condition}}}")
    assert check(HEAD % "[]" + step % ("a", "Make", MAKE % "x"))


def test_a_condition_is_checked_like_any_expression():
    step = STEP.replace("type: %s", "type: %s, when: {condition: <+pipeline.nam> == 1}")
    text = HEAD % "[]" + step % ("a", "Make", MAKE % "x")
    assert one_fault(text).startswith(f"{at(text, 'pipeline.nam')}: 'pipeline.nam' cannot be read")


# Secrets


IN_THE_OPEN = "would be written in the open; secrets belong into connectors; take it out"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('<+secrets.getValue("account.x")>', "the secret account.x"),
        ("y <+secrets.getValue('org.x')>", "the secret org.x"),
        ('{{ "a" + secrets.getValue("x") | trim }}', "the secret x"),
        ("<+secrets.getValue(<+pipeline.variables.which>)>", "the secret"),
        ("<+pipeline.variables.token>", "the secret in the variable 'token'"),
        ("a <+variables.copy> b", "the secret in the variable 'copy'"),
        ("<+variables.further>", "the secret in the variable 'further'"),
    ],
)
def test_a_secret_that_a_step_would_write_in_the_open_is_refused(text, what):
    variables = (
        "[{name: which, value: account.x}, {name: token, type: Secret, value: account.t}, "
        "{name: copy, value: <+pipeline.variables.token>}, "
        """{name: further, value: '<+secrets.getValue("account.y")>'}]"""
    )
    quoted = text.replace("'", "''")
    text = pipeline(("a", "Make", MAKE % f"'{quoted}'"), variables=variables)
    assert one_fault(text).endswith(f": {what} {IN_THE_OPEN}")


def test_a_secret_in_a_condition_or_a_criterion_is_refused_with_its_place():
    step = STEP.replace(
        "type: %s", "type: %s, when: {condition: '<+secrets.getValue(\"account.x\")> == 1'}"
    )
    text = HEAD % "[]" + step % ("a", "Make", MAKE % "x")
    assert one_fault(text).startswith(f"{at(text, 'secrets')}: the secret account.x {IN_THE_OPEN}")
    text = pipeline(("g", "Approve", "approvalCriteria: '{{ secrets.getValue(\"x\") }}'"))
    assert one_fault(text).startswith(f"{at(text, 'secrets')}: the secret x {IN_THE_OPEN}")


def test_text_that_only_speaks_of_a_secret_is_text():
    assert check(pipeline(("a", "Make", MAKE % "say secrets.getValue('a.b.c') to nobody")))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('<+secrets.getValue("a.b.c")>', "Invalid Identifier Reference 'a.b.c': valid"),
        (' x {{ secrets.getValue( "acount.x" ) }}', "Invalid Identifier Reference 'acount"),
        ("<+secrets.x>", "secrets.x: 'secrets' has functions only; write secrets.getValue"),
        (
            '<+secrets.getValue("tok")>',
            "The project level secret 'tok' cannot be used at account level; "
            "write 'account.tok' instead and set PENSTOCK_SECRET_ACCOUNT_TOK",
        ),
    ],
)
def test_a_reference_to_a_secret_that_can_be_none_is_refused(text, fault):
    text = pipeline(("a", "Make", MAKE % "x"), variables=f"[{{name: v, value: '{text}'}}]")
    text = text.replace("  orgIdentifier: o\n  projectIdentifier: q\n", "")
    column = text.splitlines()[2].index("secrets") + 1
    assert one_fault(text).startswith(f"3:{column}: {fault}")


@pytest.mark.parametrize("reference", ["account.x", "org.x", "x"])
def test_a_variable_may_read_a_secret_within_the_reach_of_its_pipeline(reference):
    variables = f"[{{name: v, value: '<+secrets.getValue(\"{reference}\")>'}}]"
    assert check(pipeline(("a", "Make", MAKE % "x"), variables=variables))


# Variables


@pytest.mark.parametrize(
    "variable",
    [
        "name: v",
        "name: v, value: ''",
        "name: v, value: , default: x, required: true",
        "name: v, required: true, value: <+pipeline.name>",
        "name: v.w$x-y",
        "name: v, type: Number, value: -3.5",
        "name: v, type: Number, value: 1e3",
        "name: v, type: Number, value: <+pipeline.sequenceId>",
        "name: v, type: Number",
        "name: v, type: Secret, value: account.token",
        "name: v, type: Secret, value: org.token",
        "name: v, type: Secret, value: token, description: d",
        "name: v, type: Secret",
    ],
)
def test_variables_as_they_may_be(variable):
    assert check(pipeline(("a", "Make", MAKE % "x"), variables=f"[{{{variable}}}]"))


@pytest.mark.parametrize(
    ("variable", "fault"),
    [
        (
            "name: v, required: true",
            "5:15: the variable v is required and has no value; give it a `value:`",
        ),
        (
            "name: v, required: yes, value: ''",
            "5:15: the variable v is required and has no value; gi",
        ),
        ("name: v, required: perhaps", "5:35: `required` must be true or false, not 'perhaps'"),
        (
            "name: v, type: Number, value: abc",
            "5:46: the variable v is a Number, and its value 'abc' is",
        ),
        (
            "name: v, type: Number, value: 1_000",
            "5:46: the variable v is a Number, and its value '1_00",
        ),
        (
            "name: v, type: Number, value: inf",
            "5:46: the variable v is a Number, and its value 'inf' is",
        ),
        (
            "name: v, type: Number, value: 1e999",
            "5:46: the variable v is a Number, and its value '1e99",
        ),
        (
            "name: v, type: Number, default: abc",
            "5:48: the variable v is a Number, and its value 'abc'",
        ),
        (
            "name: v, type: Nmber",
            "5:31: `type` must be one of String, Number, Secret, not 'Nmber'; did",
        ),
        ("name: v, value: [x]", "5:32: `value` must be text, not a list"),
        ("name: v, default: [x]", "5:34: `default` must be text, not a list"),
        ("name: v, vaule: x", "5:25: unknown key `vaule`; did you mean 'value'?"),
        ("value: x", "5:15: `name` is required"),
        ("name: [v]", "5:22: `name` must be text, not a list"),
        (
            "name: class",
            "5:22: `name` must not be 'class', a reserved word of expressions; take an",
        ),
        (
            "name: 1v",
            "5:22: `name` must begin with a letter or '_' and hold only letters, digits and _ .",
        ),
        ("name: v, value: <+pipeline.nam>", "5:34: 'pipeline.nam' cannot be read: 'nam' is not in"),
        (
            "name: v, default: <+pipeline.nam>",
            "5:36: 'pipeline.nam' cannot be read: 'nam' is not in",
        ),
        (
            "name: v, value: <+steps.a.x>",
            "5:34: 'steps.a.x' cannot be read: there is no 'steps'; known",
        ),
        (
            "name: v, value: x}, {name: v",
            "5:43: the variable 'v' stands in line 5 already; keep one of",
        ),
    ],
)
def test_variables_as_they_may_not_be(variable, fault):
    text = pipeline(("a", "Make", MAKE % "x"), variables=f"[{{{variable}}}]")
    assert one_fault(text).startswith(fault)


@pytest.mark.parametrize(
    "value",
    ["hunter 22", "<+secrets.getValue('account.x')>", "{{ pipeline.name }}", "a.b.c.d", " token2"],
)
def test_a_secret_variable_holds_a_name_and_its_value_is_never_shown(value):
    quoted = value.replace("'", "''")
    text = pipeline(
        ("a", "Make", MAKE % "x"), variables=f"[{{name: v, type: Secret, value: '{quoted}'}}]"
    )
    fault = one_fault(text)
    assert fault.startswith(
        "5:46: the variable v is a Secret, and its value is not the name of one; "
    )
    assert value.strip() not in fault


def test_variables_of_a_stage_are_checked_like_those_of_the_pipeline():
    text = pipeline(("a", "Make", MAKE % "x")).replace(
        "  type: Approval",
        "  type: Approval\n        variables: [{name: v, value: <+stage.nam>}, {name: org}]",
    )
    assert [row.partition(": ")[0] for row in faults(text)] == ["10:40", "10:60"]
    assert check(text.replace("stage.nam>", "steps.a.x>").replace("name: org", "name: w"))


# Connectors


class Asked(list[tuple[str, str | None, str | None, str | None]]):
    """Connector references that were asked for; those that are not ``r`` are none."""

    def __call__(self, reference: str, *rest: str | None) -> None:
        self.append((reference, *rest))
        if reference == "elsewhere":
            raise ConnectorError(Fault("its file is wrong", "mend it", "c.yaml", 3, 4))
        if reference != "r":
            raise ConnectorError(Fault(f"there is no {reference!r}", "write 'r'"))


def test_a_connector_is_looked_up_once_however_many_steps_use_it():
    asked = Asked()
    steps = [(f"a{i}", "Make", MAKE % "x") for i in range(5)]
    assert check(pipeline(*steps), asked)
    assert asked == [("r", "Remote", "o", "q")]


def test_a_connector_that_is_not_there_is_a_fault_of_each_step():
    text = pipeline(
        ("a", "Make", "connectorRef: x, what: y"), ("b", "Make", "connectorRef: x, what: y")
    )
    assert faults(text, Asked()) == [
        "13:72: there is no 'x'; write 'r'",
        "14:72: there is no 'x'; write 'r'",
    ]


def test_a_fault_in_the_file_of_a_connector_is_told_there_and_once():
    steps = [(f"a{i}", "Make", "connectorRef: elsewhere, what: y") for i in range(3)]
    assert faults(pipeline(*steps), Asked()) == ["c.yaml:3:4: its file is wrong; mend it"]


def test_a_connector_is_not_looked_up_where_its_name_is_not_known_yet():
    asked = Asked()
    assert check(pipeline(("a", "Make", "connectorRef: <+pipeline.name>, what: y")), asked)
    text = pipeline(("a", "Make", MAKE % "x")).replace("orgIdentifier: o", "orgIdentifier: [o]")
    assert one_fault(text, asked) == "3:18: `orgIdentifier` must be text, not a list"
    text = pipeline(("a", "Make", "connectorRef: [r], what: x"))
    assert one_fault(text, asked).endswith("`connectorRef` must be text, not a list")
    assert asked == []
