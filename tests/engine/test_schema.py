"""The JSON Schema of pipeline files: valid itself, and right about files."""

import json
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import jsonschema
import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field

from penstock.duration import Duration
from penstock.expressions import Deferred
from penstock.pipeline.document import NOTED, UNSUPPORTED
from penstock.pipeline.schema import connector_schema, pipeline_schema
from penstock.step import Outputs, Step, StepContext
from penstock_core import penstock_step_types as core_step_types
from penstock_jira import penstock_connector_types, penstock_step_types

EXAMPLES = sorted((Path(__file__).parents[2] / "pipelines").glob("*.yaml"))
CONNECTORS = {kind.type: kind for kind in penstock_connector_types()}
JIRA = {kind.type: kind for kind in penstock_step_types()}
BROUGHT = {**JIRA, **{kind.type: kind for kind in core_step_types()}}


class Inner(BaseModel):
    """An inner level."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["one", "two"] = "one"
    when: Deferred | None = None


class Odd(Step):
    """Has every sort of key."""

    type: ClassVar[str] = "Odd"
    text: str
    word: Annotated[str, Field(pattern="^[a-z]+$")] = "x"
    every: Duration = 60.0
    count: int = Field(1, description="How many")
    flag: bool = False
    inner: Inner | None = None
    rows: list[Inner] = Field(default_factory=list)
    names: tuple[str, ...] | str = ()
    by_name: dict[str, str] = Field(default_factory=dict)
    anything: Any = None

    def run(self, context: StepContext) -> Outputs:
        return {}


class Thing:
    """What is no JSON."""


class Unsayable(Step):
    """Has a field that JSON Schema cannot describe."""

    type: ClassVar[str] = "Unsayable"
    model_config = ConfigDict(arbitrary_types_allowed=True)
    thing: Thing

    def run(self, context: StepContext) -> Outputs:
        return {}


GOOD = """\
pipeline:
  identifier: p
  stages:
    - stage:
        identifier: s
        type: Custom
        spec:
          execution:
            steps:
              - step:
                  identifier: a
                  type: Odd
                  spec: {text: x}
"""


def errors(text, types=None):
    kinds = {"Odd": Odd} if types is None else types
    validator = jsonschema.Draft202012Validator(pipeline_schema(kinds))
    return [error.message for error in validator.iter_errors(yaml.safe_load(text))]


@pytest.mark.parametrize("types", [{}, {"Odd": Odd}, {"Unsayable": Unsayable}, BROUGHT])
def test_the_schema_is_a_valid_schema_and_json(types):
    schema = pipeline_schema(types)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert json.loads(json.dumps(schema)) == schema


def test_every_reference_in_the_schema_leads_somewhere():
    def references(node):
        if isinstance(node, dict):
            found = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
            return found.union(*map(references, node.values()))
        return set().union(*map(references, node)) if isinstance(node, list) else set()

    schema = pipeline_schema({**JIRA, "Odd": Odd, "Unsayable": Unsayable})
    names = {reference.removeprefix("#/$defs/") for reference in references(schema)}
    assert names <= schema["$defs"].keys()
    assert {"Pipeline", "Stage", "Step", "spec.JiraApproval"} <= names


@pytest.mark.parametrize(
    "link",
    ["{templateRef: x}", "{templateRef: x, versionLabel: 1, templateInputs: {spec: {a: b}}}"],
)
def test_a_template_stands_for_what_is_required(link):
    step = f"step: {{identifier: a, template: {link}}}"
    stage = f"stage: {{identifier: s, template: {link}}}"
    for text in (
        f"pipeline: {{identifier: p, template: {link}}}",
        f"identifier: p\ntemplate: {link}",
        f"pipeline: {{identifier: p, stages: [{stage}]}}",
        f"pipeline: {{identifier: p, stages: [{{stage: {{identifier: s, type: Custom, spec: "
        f"{{execution: {{steps: [{step}]}}}}}}}}]}}",
    ):
        assert errors(text) == []
        assert errors(text.replace("templateRef", "templateRfe"))
        assert errors(text.replace(link, "{}"))
        assert errors(text.replace("identifier: ", "name: "))


def test_there_are_examples():
    assert EXAMPLES


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_accepted(example):
    assert errors(example.read_text(encoding="utf-8"), BROUGHT) == []


@pytest.mark.parametrize("line", ["identifier: p", "type: Custom", "type: Odd", "steps:"])
def test_what_is_accepted_on_every_level_is_accepted(line):
    where = GOOD.index(line)
    indent = " " * (where - GOOD.rindex("\n", 0, where) - 1)
    keys = [
        "__uuid: x",
        *(f"{key}: {{a: b}}" for key in NOTED),
        *(f"{key}: []" for key in UNSUPPORTED),
    ]
    more = "".join(f"{key}\n{indent}" for key in keys)
    assert errors(GOOD[:where] + more + GOOD[where:]) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "  stages:",
            "  variables: [{name: v, value: 4.2, default: true, description: }]\n  stages:",
        ),
        ("  stages:", "  tags: {a: 1, b: x}\n  timeout: 1d\n  description:\n  stages:"),
        ("  stages:", "  name: 2\n  variables:\n  tags:\n  timeout: <+input>\n  stages:"),
        ("type: Custom", "type: Approval\n        when: <+input>"),
        ("type: Custom", "type: Custom\n        when: {pipelineStatus: All, condition: true}"),
        (
            "type: Odd",
            "type: Odd\n                  timeout: 5m\n                  when: {stageStatus: <+x>}",
        ),
        ("text: x", "text: 3, count: 2, flag: true, word: abc, every: 5m"),
        (
            "text: x",
            "text: <+a.b>, count: <+a.b>, flag: '{{ a }}', word: <+a>, every: <+input>, rows: <+x>",
        ),
        (
            "text: x",
            "text: true, inner: {kind: two, when: issue.x}, rows: [{kind: <+x>}], names: [a, 1]",
        ),
        (
            "text: x",
            "text: x, names: a, by_name: {}, anything: [{a: 1}], __uuid: x".replace(
                "by_name", "byName"
            ),
        ),
        ("text: x", "text: x, byName: {a: b, c: 2}, rows: [{__uuid: x}]"),
        ("pipeline:", "__uuid: x\npipeline:"),
    ],
)
def test_what_we_accept_is_accepted(bench, old, new):
    bench.types["Odd"] = Odd
    text = GOOD.replace(old, new)
    assert errors(text) == []
    if "<+" not in new and "{{" not in new and "count" not in new:
        assert bench.plan(text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  identifier: p", "  identifer: p"),
        ("  identifier: p", "  identifier: my-p"),
        ("  identifier: p", "  identifier: step"),
        ("type: Custom", "type: CI"),
        ("type: Custom", "typ: Custom"),
        ("type: Odd", "type: Ood"),
        ("type: Odd", "typ: Odd"),
        ("spec: {text: x}", "timeout: 1d"),
        ("text: x", "txt: x"),
        ("text: x", "text: x, more: y"),
        ("text: x", "text: [x]"),
        ("text: x", "text: x, count: many"),
        ("text: x", "text: x, word: ABC"),
        ("text: x", "text: x, every: 60"),
        ("text: x", "text: x, rows: [{kynd: one}]"),
        ("text: x", "text: x, inner: {kind: three}"),
        ("spec: {text: x}", "spec: {text: x}\n                  failureStrategies: [x]"),
        ("spec: {text: x}", "spec: {text: x}\n                  strategy: {repeat: {tymes: 2}}"),
        ("spec: {text: x}", "spec: {text: x}\n                  when: {stageStatus: Never}"),
        ("spec: {text: x}", "spec: {text: x}\n                  when: {pipelineStatus: All}"),
        ("spec: {text: x}", "spec: {text: x}\n                  timeout: 5"),
        ("  stages:", "  variables: [{name: class}]\n  stages:"),
        ("  stages:", "  variables: [{name: v, type: Text}]\n  stages:"),
        ("  stages:", "  stage:"),
        ("pipeline:", "version: 1\npipeline:"),
    ],
)
def test_what_we_refuse_is_refused(bench, old, new):
    bench.types["Odd"] = Odd
    text = GOOD.replace(old, new)
    assert errors(text) != []
    assert bench.faults(text)


def test_a_document_without_its_root_is_accepted():
    rootless = "".join(row[2:] for row in GOOD.splitlines(keepends=True)[1:])
    assert errors(rootless) == []
    assert errors(rootless.replace("type: Odd", "type: Ood")) != []


def test_what_editors_show_of_a_key_stays_where_they_look_for_it():
    count = pipeline_schema({"Odd": Odd})["$defs"]["spec.Odd"]["properties"]["count"]
    assert (count["description"], count["default"]) == ("How many", 1)
    assert {"type": "integer"} in count["anyOf"]


def test_a_step_type_may_be_called_like_a_level_of_the_document():
    kinds = {
        name: type(name, (Odd,), {"type": name, "__module__": __name__})
        for name in ("Stage", "Step")
    }
    assert errors(GOOD.replace("type: Odd", "type: Stage"), kinds) == []
    assert errors(GOOD.replace("type: Odd", "type: Step").replace("text", "txt"), kinds) != []


def test_a_type_that_json_schema_cannot_describe_may_have_any_spec():
    text = GOOD.replace("type: Odd", "type: Unsayable")
    assert errors(text, {"Unsayable": Unsayable}) == []


CONNECTOR = """\
connector:
  identifier: jira
  orgIdentifier: default
  type: Jira
  spec:
    jiraUrl: https://jira.example.com
    timeout: 2m
    headers:
      - {name: X-Team, value: 7}
      - {name: X-Key, valueRef: account.key}
    auth:
      type: PersonalAccessToken
      spec: {patRef: account.pat}
"""


def connector_errors(text):
    validator = jsonschema.Draft202012Validator(connector_schema(CONNECTORS))
    return [error.message for error in validator.iter_errors(yaml.safe_load(text))]


@pytest.mark.parametrize("types", [{}, CONNECTORS])
def test_the_schema_of_connectors_is_a_valid_schema_and_json(types):
    schema = connector_schema(types)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert json.loads(json.dumps(schema)) == schema


def test_a_connector_that_we_accept_is_accepted():
    assert connector_errors(CONNECTOR) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("connector:", "conector:"),
        ("type: Jira", "type: Jria"),
        ("identifier: jira", "identifer: jira"),
        ("jiraUrl: https", "jiraURL: https"),
        ("timeout: 2m", "timeout: 120"),
        ("name: X-Team", "key: X-Team"),
        ("patRef: account.pat", "patRef: my token"),
        ("patRef: account.pat", "patReff: account.pat"),
    ],
)
def test_a_connector_that_we_refuse_is_refused(old, new):
    assert connector_errors(CONNECTOR.replace(old, new)) != []
