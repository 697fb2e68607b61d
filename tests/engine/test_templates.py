"""Templates: what takes the place of a reference, from where, and what is wrong with it."""

from pathlib import Path
from typing import ClassVar

import pytest

from penstock.errors import Refused
from penstock.pipeline.intake import Intake
from penstock.pipeline.planning import make_plan
from penstock.pipeline.template_files import TemplateDirectory
from penstock.pipeline.templates import MOST_NESTED, MOST_VALUES, without_templates
from penstock.source import parse
from penstock.step import Outputs, Step, StepContext


class Say(Step):
    """Says something."""

    type: ClassVar[str] = "Say"
    text: str = ""
    count: int = 1
    template: dict[str, str] = {}  # noqa: RUF012 - pydantic copies it

    def run(self, context: StepContext) -> Outputs:
        return {}


PIPELINE = """\
pipeline:
  identifier: p
  orgIdentifier: default
  projectIdentifier: pay
  stages:
    - stage:
        identifier: s
        type: Custom
        spec:
          execution:
            steps:
              - step:
                  identifier: a
                  name: A
                  template:
                    templateRef: say
                    versionLabel: v1
                    templateInputs:
                      spec: {text: hello}
"""
SAY = """\
template:
  identifier: say
  versionLabel: v1
  name: Say
  type: Step
  orgIdentifier: default
  projectIdentifier: pay
  spec:
    type: Say
    timeout: 5m
    spec:
      text: <+input>.selectOneFrom(hello,bye)
      count: <+input>.default(2)
"""
STAGE = """\
template:
  identifier: stage
  versionLabel: 1
  type: Stage
  spec:
    type: Custom
    variables:
      - {name: word, type: String, value: <+input>}
    spec:
      execution:
        steps:
          - step:
              identifier: a
              template:
                templateRef: account.say
                templateInputs:
                  spec: {text: <+input>}
"""
#: A template of the account, which every pipeline may use.
SHARED = SAY.replace("  orgIdentifier: default\n  projectIdentifier: pay\n", "")
WITH_STAGE = """\
pipeline:
  identifier: p
  stages:
    - stage:
        identifier: s
        template:
          templateRef: account.stage
          templateInputs:
            variables: [{name: word, type: String, value: w}]
            spec: {execution: {steps: [{step: {identifier: a, template: {templateInputs: {
              spec: {text: bye}}}}}]}}
"""


class Files:
    """A pipeline and its templates in a directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def write(self, name: str, text: str) -> Path:
        file = self.directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def intake(self, pipeline: str, **given: str) -> Intake:
        return Intake.of(self.write("p.yaml", pipeline), given)

    def plan(self, pipeline: str, *, complete=True, **given: str):
        intake = self.intake(pipeline, **given)
        filled = intake.fill(complete=complete)
        return make_plan(intake.source, filled, {"Say": Say}, None).plan

    def faults(self, pipeline: str, **given: str) -> list[str]:
        """Return what is wrong, without the directory in front of it."""
        with pytest.raises(Refused) as caught:
            self.plan(pipeline, **given)
        return str(caught.value).replace(f"{self.directory}/", "").splitlines()


@pytest.fixture
def files(tmp_path):
    made = Files(tmp_path)
    made.write("templates/say.yaml", SAY)
    return made


@pytest.fixture
def shared(tmp_path):
    made = Files(tmp_path)
    made.write("templates/say.yaml", SHARED)
    made.write("templates/stage.yaml", STAGE)
    return made


def only_step(plan):
    (pair,) = plan.steps()
    return pair[1]


# What takes the place of a reference


def test_a_step_template_gives_what_the_reference_does_not_say(files):
    step = only_step(files.plan(PIPELINE))
    assert (step.path, step.name, step.type, step.timeout) == ("s/a", "A", "Say", 300.0)
    assert step.spec == {"text": "hello", "count": "2"}


def test_a_stage_template_may_hold_a_step_template(shared):
    plan = shared.plan(WITH_STAGE)
    assert plan.stages[0].type == "Custom"
    assert [item.value for item in plan.stages[0].variables] == ["w"]
    assert only_step(plan).spec == {"text": "bye", "count": "2"}


def test_a_pipeline_template_gives_the_stages(shared):
    shared.write(
        "templates/whole.yaml",
        "template: {identifier: whole, type: Pipeline, spec: {variables: [{name: v, value: "
        "<+input>}], tags: {a: b}, stages: [{stage: {identifier: s, template: {templateRef: "
        "account.stage, templateInputs: {variables: [{name: word, value: w}], spec: {execution: "
        "{steps: [{step: {identifier: a, template: {templateInputs: {spec: {text: bye}}}}}]}}}}}}"
        "]}}\n",
    )
    text = (
        "identifier: p\nname: Mine\ntags: {c: d}\ntemplate: {templateRef: account.whole, "
        "templateInputs: {variables: [{name: v, value: x}]}}\n"
    )
    for whole in (text, "pipeline:\n  " + text.replace("\n", "\n  ")):
        plan = shared.plan(whole)
        assert (plan.name, plan.tags, plan.variables[0].value) == ("Mine", {"c": "d"}, "x")
        assert only_step(plan).spec["text"] == "bye"


def test_a_step_group_template_gives_the_steps(files):
    files.write(
        "templates/group.yaml",
        "template: {identifier: group, type: StepGroup, spec: {steps: [{step: {identifier: x, "
        "type: Say, spec: {text: <+input>}}}]}}\n",
    )
    source = parse(
        "pipeline: {identifier: p, stages: [{stage: {spec: {execution: {steps: [{stepGroup: "
        "{identifier: g, template: {templateRef: account.group, templateInputs: {steps: [{step: "
        "{identifier: x, spec: {text: t}}}]}}}}]}}}}]}\n",
        "p.yaml",
    )
    tree = without_templates(source, TemplateDirectory(files.directory / "templates")).value
    steps = tree["pipeline"]["stages"][0]["stage"]["spec"]["execution"]["steps"]
    assert steps == [
        {
            "stepGroup": {
                "identifier": "g",
                "steps": [{"step": {"identifier": "x", "type": "Say", "spec": {"text": "t"}}}],
            }
        }
    ]


@pytest.mark.parametrize("nothing", ["template: {}", "template: []", "template:"])
def test_an_empty_reference_is_none(files, nothing):
    text = PIPELINE[: PIPELINE.index("template:")] + f"{nothing}\n                  type: Say\n"
    assert only_step(files.plan(text)).type == "Say"


def test_a_key_of_a_spec_that_is_called_template_is_the_step_s_own(files):
    text = PIPELINE[: PIPELINE.index("template:")] + (
        "type: Say\n                  spec: {template: {templateRef: x}}\n"
    )
    assert only_step(files.plan(text)).spec == {"template": {"templateRef": "x"}}


@pytest.mark.parametrize(
    "text", ["- a\n", "a: b\n", "pipeline: x\n", "template: {identifier: x, spec: {}}\n"]
)
def test_what_is_no_pipeline_is_left_as_it_is(files, text):
    source = parse(text, "p.yaml")
    assert without_templates(source, TemplateDirectory(files.directory)) is source


def test_a_directory_of_templates_that_is_not_there_is_refused_when_it_was_named(files):
    file = files.write("p.yaml", PIPELINE)
    with pytest.raises(Refused, match=r"nowhere is not a directory; --templates takes one"):
        Intake.of(file, {}, templates=files.directory / "nowhere")


def test_a_plan_knows_which_file_each_part_of_it_is_written_in(shared):
    plan = shared.plan(WITH_STAGE)
    step = only_step(plan)
    root = f"{shared.directory}/templates"
    assert (plan.stages[0].file, step.file) == ("", f"{root}/stage.yaml")
    assert step.places == {
        "text": (11, 28, ""),
        "count": (11, 14, f"{root}/say.yaml"),
    }
    again = type(plan).from_json(plan.to_json())
    assert only_step(again) == step


# Inputs of templates


def test_an_input_that_is_passed_on_keeps_the_conditions_of_the_template(files):
    text = PIPELINE.replace("text: hello", "text: <+input>.default(bye)")
    (item,) = files.intake(text).inputs
    assert (item.name, item.form.allowed, item.form.default) == (
        "s.a.text",
        ("hello", "bye"),
        "bye",
    )
    assert only_step(files.plan(text, text="hello")).spec["text"] == "hello"
    assert files.faults(text, text="x") == [
        "p.yaml:19:36: The value provided for s.a.text: 'x' does not match any of the allowed "
        "values [hello, bye]"
    ]


def test_an_input_is_passed_on_through_two_templates(shared):
    text = WITH_STAGE.replace("text: bye", "text: <+input>").replace("value: w", "value: <+input>")
    assert [item.name for item in shared.intake(text).inputs] == ["s.word", "s.a.text"]
    assert only_step(shared.plan(text, word="w", text="bye")).spec["text"] == "bye"
    assert shared.faults(text, word="w", text="x")[0].startswith("p.yaml:11:28: The value provided")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "{text: hello}",
            "{text: ciao}",
            "p.yaml:19:36: The value provided for text: 'ciao' does not match any of the allowed",
        ),
        ("{text: hello}", "{txet: hello}", "p.yaml:19:30: the template 'say' has no `txet` here;"),
        (
            "spec: {text",
            "timeout: 1h\n                      spec: {text",
            "p.yaml:19:32: `timeout` is ",
        ),
    ],
)
def test_an_input_that_the_template_does_not_take_is_refused(files, old, new, fault):
    assert any(row.startswith(fault) for row in files.faults(PIPELINE.replace(old, new)))


@pytest.mark.parametrize("given", ["{}", "", "{count: 3}"])
def test_a_missing_input_is_told_at_the_reference_with_where_it_is_asked_for(files, given):
    text = PIPELINE.replace("{text: hello}", given)
    assert files.faults(text) == [
        "p.yaml:16:34: the template 'say' asks for `spec.text` (templates/say.yaml:12:13); "
        "give it below `templateInputs`, or write `<+input>` there"
    ]


def test_a_missing_input_of_a_template_in_a_template_is_told_at_the_outer_reference(shared):
    text = WITH_STAGE[: WITH_STAGE.index("            spec:")]
    assert shared.faults(text) == [
        "p.yaml:7:24: the template 'account.stage' asks for "
        "`spec.execution.steps.a.step.template.templateInputs.spec.text` "
        "(templates/stage.yaml:17:32); give it below `templateInputs`, or write `<+input>` there"
    ]


def test_an_input_that_is_asked_for_during_the_run_may_be_left_to_it(files):
    files.write("templates/say.yaml", SAY.replace("hello,bye)", "hello,bye).executionInput()"))
    text = PIPELINE.replace("{text: hello}", "{}")
    (row,) = files.faults(text)
    assert row.startswith("templates/say.yaml:12:13: the input s.a.text is to be asked for during")
    assert only_step(files.plan(text, text="bye")).spec["text"] == "bye"


def test_an_input_that_is_written_wrongly_is_told_in_the_template(files):
    files.write("templates/say.yaml", SAY.replace(".default(2)", ".defualt(2)"))
    (row,) = files.faults(PIPELINE)
    assert row == (
        "templates/say.yaml:13:14: `<+input>` has no `.defualt(…)`; did you mean 'default'?"
    )


def test_an_input_at_a_key_that_has_no_effect_needs_no_value(files):
    files.write("templates/say.yaml", SAY.replace("timeout: 5m", "delegateSelectors: <+input>"))
    text = PIPELINE.replace(
        "spec: {text", "delegateSelectors: [x]\n                      spec: {text"
    )
    assert only_step(files.plan(text)).spec["text"] == "hello"
    assert only_step(files.plan(PIPELINE)).spec["text"] == "hello"


# What stands beside a reference


def test_what_the_template_does_not_say_may_stand_beside_the_reference(files):
    text = PIPELINE.replace("name: A\n", "name: A\n                  when: {stageStatus: All}\n")
    assert only_step(files.plan(text)).occasion == "All"


def test_what_the_template_says_too_is_refused_beside_the_reference_unless_it_allows_it(files):
    text = PIPELINE.replace("name: A\n", "name: A\n                  when: {stageStatus: All}\n")
    files.write("templates/say.yaml", SAY.replace("timeout: 5m", "when: {stageStatus: Failure}"))
    assert files.faults(text) == [
        "p.yaml:15:19: `when` stands in the template 'say' as well; "
        "take it away here, or let the template allow it (`allowedOverrides`)"
    ]
    more = SAY.replace("  name: Say\n", "  allowedOverrides: [ConditionalExecution]\n")
    files.write("templates/say.yaml", more.replace("timeout: 5m", "when: {stageStatus: Failure}"))
    assert only_step(files.plan(text)).occasion == "All"


def test_what_a_template_in_the_place_of_a_template_says_gives_way_too(files):
    files.write("templates/say.yaml", SHARED)
    files.write(
        "templates/outer.yaml",
        "template: {identifier: outer, type: Step, spec: {name: Outer, template: {templateRef: "
        "account.say, templateInputs: {spec: {text: hello}}}}}\n",
    )
    text = PIPELINE[: PIPELINE.index("template:")] + "template: {templateRef: account.outer}\n"
    assert only_step(files.plan(text)).name == "A"
    assert only_step(files.plan(text.replace("name: A\n", "description: B\n"))).name == "Outer"
    assert files.faults(text.replace("name: A\n", "timeout: 1h\n")) == [
        "templates/outer.yaml:1:43: `timeout` stands in the template 'account.say' as well; "
        "take it away here, or let the template allow it (`allowedOverrides`)"
    ]


# Faults of a reference


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "templateRef: say",
            "templateRef: sya",
            "16:34: there is no template 'sya' of project 'pay' in templates; did you mean 'say'?",
        ),
        (
            "templateRef: say",
            "templateRef: org.say",
            "16:34: there is no template 'org.say' of org 'default' in templates; "
            "write 'say', which is in templates/say.yaml",
        ),
        ("templateRef: say", "templateRef: a.b.c", "16:34: Invalid Identifier Reference 'a.b.c'"),
        ("templateRef: say", "templateRef: <+input>", "16:34: Invalid Identifier Reference"),
        ("templateRef: say", "templateRef: [say]", "16:34: `templateRef` must be text, not a list"),
        ("templateRef: say\n                    ", "", "15:19: `templateRef` is required"),
        (
            "versionLabel: v1",
            "versionLabel: v2",
            "16:34: the template 'say' has no version 'v2'; known: v1",
        ),
        (
            "versionLabel",
            "versionLable",
            "17:21: unknown key `versionLable`; did you mean 'version",
        ),
        ("templateInputs:\n", "templateInputs: x\n", None),
    ],
)
def test_a_reference_to_nothing_is_a_fault_at_its_line(files, old, new, fault):
    text = PIPELINE.replace(old, new)
    if fault is None:
        text, fault = (
            text.replace("                      spec: {text: hello}\n", ""),
            "18:37: `temp",
        )
    (row,) = files.faults(text)
    assert row.startswith(f"p.yaml:{fault}")


def test_a_reference_without_any_templates_says_where_they_are_looked_for(tmp_path):
    (row,) = Files(tmp_path).faults(PIPELINE)
    assert row == (
        "p.yaml:16:34: there is no template 'say' of project 'pay' in templates; "
        "name the directory with --templates DIR, or put the template's file into it"
    )


def test_a_pipeline_outside_of_a_project_is_told_what_it_may_write(shared):
    (row,) = shared.faults(WITH_STAGE.replace("account.stage", "stage"))
    assert row == (
        "p.yaml:7:24: there is no template 'stage': a pipeline without a project has none of its "
        "own; write 'account.stage', which is in templates/stage.yaml"
    )


def test_a_template_of_another_type_is_refused(files):
    files.write("templates/say.yaml", SAY.replace("type: Step", "type: Stage"))
    assert files.faults(PIPELINE) == [
        "p.yaml:16:34: the template 'say' (templates/say.yaml) is of type Stage; "
        "name one of type Step here"
    ]


def test_every_reference_is_told_at_once(files):
    again = PIPELINE[PIPELINE.index("              - step:") :]
    rows = files.faults(PIPELINE.replace("say", "sya") + again.replace("say", "yas"))
    assert [row.split(":")[1] for row in rows] == ["16", "24"]


def test_a_template_that_needs_itself_is_refused(shared):
    shared.write(
        "templates/say.yaml",
        SHARED.replace("type: Say\n    timeout: 5m\n", "template: {templateRef: account.loop}\n")[
            : SHARED.index("    spec:\n") + 5
        ],
    )
    shared.write(
        "templates/say.yaml",
        "template: {identifier: say, type: Step, spec: {template: {templateRef: account.loop}}}\n",
    )
    shared.write(
        "templates/loop.yaml",
        "template: {identifier: loop, type: Step, spec: {template: {templateRef: account.say}}}\n",
    )
    text = PIPELINE[: PIPELINE.index("template:")] + "template: {templateRef: account.say}\n"
    assert shared.faults(text) == [
        "templates/loop.yaml:1:73: the template 'account.say' needs itself: "
        f"{shared.directory}/templates/say.yaml → {shared.directory}/templates/loop.yaml → "
        f"{shared.directory}/templates/say.yaml; break the cycle".replace(
            f"{shared.directory}/", ""
        )
    ]


def test_templates_one_in_another_have_an_end(files):
    for i in range(MOST_NESTED + 2):
        files.write(
            f"templates/t{i}.yaml",
            f"template: {{identifier: t{i}, type: Step, spec: {{template: {{templateRef: "
            f"account.t{i + 1}}}}}}}\n",
        )
    text = PIPELINE[: PIPELINE.index("template:")] + "template: {templateRef: account.t0}\n"
    (row,) = files.faults(text)
    assert f"more than {MOST_NESTED} templates stand one in another; use fewer levels" in row


def test_templates_cannot_grow_without_an_end(files):
    """Twenty times twenty times twenty … steps would be a bomb."""
    files.write("templates/t5.yaml", "template: {identifier: t5, type: StepGroup, spec: {a: b}}\n")
    for i in range(5):
        steps = ", ".join(
            f"{{stepGroup: {{identifier: g{n}, template: {{templateRef: account.t{i + 1}}}}}}}"
            for n in range(20)
        )
        files.write(
            f"templates/t{i}.yaml",
            f"template: {{identifier: t{i}, type: StepGroup, spec: {{steps: [{steps}]}}}}\n",
        )
    group = "- stepGroup: {identifier: g, template: {templateRef: account.t0}}\n"
    (row,) = files.faults(PIPELINE[: PIPELINE.index("- step:")] + group)
    assert row.startswith("templates/t")
    assert f"with its templates the pipeline has more than {MOST_VALUES} values" in row


def test_of_many_faults_some_are_told(files):
    steps = "".join(
        f"              - step: {{identifier: x{i}, template: {{templateRef: none}}}}\n"
        for i in range(200)
    )
    text = PIPELINE[: PIPELINE.index("              - step:")] + steps
    assert len(files.faults(text)) == 50


def test_templates_cannot_nest_without_an_end(files):
    deep = "{stepGroup: {identifier: g, steps: [" * 15
    files.write(
        "templates/t.yaml",
        "template: {identifier: t, type: StepGroup, spec: {steps: ["
        + deep
        + "{stepGroup: {identifier: g, template: {templateRef: account.u}}}"
        + "]}}" * 15
        + "]}}\n",
    )
    files.write(
        "templates/u.yaml",
        "template: {identifier: u, type: StepGroup, spec: {steps: ["
        + deep
        + "{step: {identifier: g}}"
        + "]}}" * 15
        + "]}}\n",
    )
    group = "- stepGroup: {identifier: g, template: {templateRef: account.t}}\n"
    (row,) = files.faults(PIPELINE[: PIPELINE.index("- step:")] + group)
    assert "with its templates the pipeline has more than 64 levels" in row


def test_a_template_cannot_use_one_of_a_narrower_scope(shared):
    shared.write("templates/own.yaml", SAY.replace("identifier: say", "identifier: own"))
    shared.write("templates/stage.yaml", STAGE.replace("account.say", "own"))
    (row,) = shared.faults(WITH_STAGE)
    assert row == (
        "templates/stage.yaml:15:30: The project level template 'own' cannot be used at account "
        "level; move it to a scope that both may use, and write that before its name"
    )


# Faults in a template


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("timeout: 5m", "timeout: 5x", "templates/say.yaml:10:14: '5x' is not a duration"),
        (
            "    type: Say\n",
            "    type: Shout\n",
            "templates/say.yaml:9:11: unknown step type 'Shout'",
        ),
        (
            "timeout: 5m",
            "tmeout: 5m",
            "templates/say.yaml:10:5: unknown key `tmeout`; did you mean",
        ),
        ("    type: Say\n", "", "p.yaml:12:"),
        ("default(2)", "default(x)", "templates/say.yaml:13:14: `count` must be a whole number"),
        ("default(2)", "default(<+x>)", "templates/say.yaml:13:"),
    ],
)
def test_a_fault_in_what_a_template_holds_names_its_file(files, old, new, fault):
    files.write("templates/say.yaml", SAY.replace(old, new))
    (row,) = files.faults(PIPELINE)
    assert row.startswith(fault)


def test_a_fault_in_a_value_that_the_reference_gives_names_the_pipeline_s_file(files):
    text = PIPELINE.replace("{text: hello}", "{text: <+pipeline.nothing>}")
    (row,) = files.faults(text)
    assert row.startswith("p.yaml:19:38: 'pipeline.nothing' cannot be read")


def test_one_fault_of_a_template_that_is_used_twice_is_told_once(files):
    again = PIPELINE[PIPELINE.index("              - step:") :].replace(
        "identifier: a", "identifier: b"
    )
    files.write("templates/say.yaml", SAY.replace("timeout: 5m", "timeout: 5x"))
    assert len(files.faults(PIPELINE + again)) == 1


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("  type: Step\n", "", "1:1: `type` is required"),
        ("  versionLabel", "  versionLable", "3:3: unknown key `versionLable`; did you mean 'ver"),
        ("  orgIdentifier: default\n", "", "6:3: a template of a project needs `orgIdentifier`"),
        ("  name: Say\n", "  allowedOverrides: [All]\n", "4:22: `allowedOverrides[0]` must be on"),
        ("  name: Say\n", "  variables: [{name: x}]\n", "4:14: `variables` has more than 0 entr"),
        ("  name: Say\n", "  name: [\n", "4:9:"),
    ],
)
def test_a_file_that_is_no_template_is_told_when_nothing_else_is_found(files, old, new, fault):
    files.write("templates/say.yaml", SAY.replace(old, new))
    rows = files.faults(PIPELINE)
    assert rows[0].startswith("p.yaml:16:34: there is no template 'say'")
    assert rows[1].startswith(f"templates/say.yaml:{fault}")


def test_a_broken_file_does_not_matter_to_what_is_found(files):
    files.write("templates/broken.yaml", "a: b: c\n")
    files.write("templates/other.yaml", "connector: {}\n")
    assert files.plan(PIPELINE)


def test_a_directory_that_cannot_be_read_says_so(files, monkeypatch):
    def refuse(self: Path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    (row,) = files.faults(PIPELINE)
    assert row == (
        "templates: the directory of templates cannot be read: permission denied; "
        "name it with --templates DIR"
    )


# Versions


def test_files_of_versions_may_stand_in_directories(files):
    files.write("templates/say.yaml", "a: b\n")
    files.write("templates/say/v1.yml", SAY)
    files.write(
        "templates/say/v2.yaml", SAY.replace("v1", "v2").replace("default(2)", "default(3)")
    )
    assert only_step(files.plan(PIPELINE)).spec["count"] == "2"
    assert only_step(files.plan(PIPELINE.replace("v1", "v2"))).spec["count"] == "3"


@pytest.mark.parametrize("label", ["", 'versionLabel: ""', "versionLabel:"])
def test_without_a_version_the_only_one_is_meant_or_the_stable_one(files, label):
    text = PIPELINE.replace("versionLabel: v1", label)
    assert only_step(files.plan(text)).spec["count"] == "2"
    second = SAY.replace("v1", "v2").replace("default(2)", "default(3)")
    files.write("templates/v2.yaml", second)
    (row,) = files.faults(text)
    assert row == (
        "p.yaml:16:34: the template 'say' has several versions: v1, v2; "
        "write a `versionLabel`, or give one of them the tag `stable`"
    )
    files.write("templates/v2.yaml", second.replace("name: Say", "tags: {stable: }"))
    assert only_step(files.plan(text)).spec["count"] == "3"
    files.write("templates/say.yaml", SAY.replace("name: Say", "tags: {stable: }"))
    assert "has several versions" in files.faults(text)[0]


def test_a_version_is_text_whether_or_not_it_is_quoted(shared):
    text = WITH_STAGE.replace(
        "stage\n          temp", "stage\n          versionLabel: '1'\n          temp"
    )
    assert shared.plan(text)
    assert shared.plan(text.replace("'1'", "1"))
    assert "has no version '1.0'" in shared.faults(text.replace("'1'", "1.0"))[0]


def test_two_files_of_one_version_are_refused(files):
    files.write("templates/twin.yaml", SAY)
    assert files.faults(PIPELINE) == [
        "p.yaml:16:34: the template 'say', version 'v1', stands in templates/say.yaml and in "
        "templates/twin.yaml; give one of them another versionLabel"
    ]
    assert "stands in" in files.faults(PIPELINE.replace("versionLabel: v1", ""))[0]
