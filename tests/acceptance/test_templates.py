"""Templates from the command line: found, run, and what goes wrong in one told in its file."""

PIPELINE = """\
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
                  template:
                    templateRef: account.open
                    templateInputs: {spec: {projectKey: <+input>}}
"""
OPEN = """\
template:
  identifier: open
  type: Step
  spec:
    type: JiraCreate
    spec:
      connectorRef: account.jira
      projectKey: <+input>.allowedValues(REL,OPS)
      issueType: Task
      fields:
        - {name: Summary, value: "T <+pipeline.name.split('-').get(99)>"}
"""


def test_a_run_names_the_file_and_line_of_a_template_in_which_it_fails(shell):
    file = shell.write("p.yaml", PIPELINE)
    shell.write("elsewhere/open.yaml", OPEN)
    assert shell("validate", file).code == 2
    given = ("--templates", "elsewhere", "-i", "projectKey=REL")
    assert shell("validate", file, *given[:2]).code == 0
    result = shell("run", file, *given, "--sandbox")
    assert result.code == 1
    assert "elsewhere/open.yaml:11:34: `fields[0].value`: " in result.out


def test_a_condition_that_fails_in_a_template_is_told_in_its_file(shell):
    file = shell.write("p.yaml", PIPELINE.replace("REL", "x"))
    shell.write(
        "templates/group.yaml",
        "template: {identifier: g, type: StepGroup, spec: {steps: [{step: {identifier: x, type: "
        "JiraCreate, when: {condition: <+pipeline.name>}, spec: {connectorRef: account.jira, "
        "projectKey: REL, issueType: Task}}}]}}\n",
    )
    text = PIPELINE[: PIPELINE.index("- step:")]
    shell.write(
        "p.yaml", text + "- stepGroup: {identifier: g, template: {templateRef: account.g}}\n"
    )
    result = shell("run", file, "--sandbox")
    assert result.code == 1
    assert "templates/group.yaml:1:79: `when` must yield true or false" in result.out


def test_templates_that_are_named_must_be_there(shell):
    result = shell("plan", shell.write("p.yaml", PIPELINE), "--templates", "nowhere")
    assert result.code == 2
    assert "nowhere is not a directory; --templates takes one" in result.err
