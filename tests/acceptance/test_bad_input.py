"""Bad input: one line ``file:line:column: what, and what to do`` a fault, exit 2, nothing sent."""

import pytest

GOOD = """\
pipeline:
  identifier: p
  orgIdentifier: o
  projectIdentifier: j
  variables:
    - {name: version, type: String, value: <+input>}
    - {name: risk, type: String, value: "<+input>.default(Low).selectOneFrom(Low,High)"}
  stages:
    - stage:
        identifier: s
        type: Approval
        spec:
          execution:
            steps:
              - step:
                  identifier: create
                  type: JiraCreate
                  spec:
                    connectorRef: account.jira
                    projectKey: REL
                    issueType: Change
                    fields:
                      - {name: Summary, value: "Release <+pipeline.variables.version>"}
"""

#: What is replaced in the good pipeline, by what; where the fault is; what the line must say.
CASES = {
    "an unknown step type": ("JiraCreate", "JiraCreat", "17:25", ["JiraCreat", "JiraCreate"]),
    "an unknown key": ("projectKey: REL", "projectkey: REL", "20:21", ["projectkey", "projectKey"]),
    "an unknown key of a stage": ("type: Approval", "typ: Approval", "11:9", ["typ"]),
    "an unknown connector": ("account.jira", "account.jria", "19:35", ["jria", "account.jira"]),
    "a connector of another scope": ("account.jira", "jira", "19:35", ["account.jira"]),
    "an undefined expression": (
        "variables.version>",
        "variables.verison>",
        "23:",
        ["pipeline.variables.verison", "version"],
    ),
    "an expression that does not end": ("version>", "version", "23:", [""]),
    "a step that reads itself": (
        "Release <+pipeline.variables.version>",
        "<+steps.create.issue.key>",
        "23:",
        ["steps.create"],
    ),
    "a cycle of variables": (
        "value: <+input>}",
        "value: <+pipeline.variables.version>}",
        "6:",
        ["version → version"],
    ),
    "a duplicate key": ("issueType: Change", "projectKey: OPS", "21:21", ["projectKey", "20"]),
    "a YAML bomb": ("identifier: p", "identifier: &a [*a, *a]", "2:15", [""]),
    "a merge key": (
        "identifier: p",
        "<<: {identifier: p}",
        "2:3",
        ["merge keys are not supported"],
    ),
    "a tab": ("  identifier: p", "\tidentifier: p", "2:1", ["tab"]),
    "what cannot be honoured": (
        "type: JiraCreate",
        "type: JiraCreate\n                  enforce: {policySets: [x]}",
        "18:19",
        ["enforce", "no policy engine"],
    ),
    "a bad duration": (
        "type: JiraCreate",
        "type: JiraCreate\n                  timeout: soon",
        "18:28",
        ["soon", "1m 10s"],
    ),
}


@pytest.fixture
def check(shell, pipelines):
    """Validate a pipeline, beside the connectors of the examples."""
    (shell.directory / "connectors").symlink_to(pipelines / "connectors")

    def run(text, *arguments):
        shell.write("p.yaml", text)
        return shell(*arguments, "p.yaml")

    return run


def test_the_good_pipeline_is_good(check):
    result = check(GOOD, "validate")
    assert (result.code, result.err) == (0, "")


@pytest.mark.parametrize("case", CASES)
def test_a_fault_is_one_line_with_its_place_and_what_to_do(check, case):
    old, new, place, words = CASES[case]
    assert GOOD.count(old) == 1, "the case must change one place"
    result = check(GOOD.replace(old, new), "validate")
    assert result.code == 2
    assert "Traceback" not in result.err
    lines = [line for line in result.err.splitlines() if line.startswith(f"p.yaml:{place}")]
    assert lines, result.err
    for word in words:
        assert word in lines[0]


@pytest.mark.parametrize("case", CASES)
def test_a_run_of_it_is_refused_and_has_sent_nothing(check, shell, case):
    old, new, _, _ = CASES[case]
    ledger = shell.directory / "ledger.json"
    shell.environ["PENSTOCK_SANDBOX_LEDGER"] = str(ledger)
    result = check(GOOD.replace(old, new), "run", "-i", "version=1", "--sandbox")
    assert result.code == 2
    assert result.out == ""
    assert not ledger.exists()
    assert "no runs" in shell("runs").out


def test_all_faults_come_at_once_sorted_by_line(check):
    text = GOOD.replace("JiraCreate", "JiraCreat").replace("<+input>}", "<+inpt>}")
    text = text.replace("identifier: p\n", "identifier: p\n  colour: red\n")
    result = check(text, "validate")
    places = [line.split(":")[1] for line in result.err.splitlines()]
    assert len(places) == 3
    assert places == sorted(places, key=int)


def test_missing_inputs_are_named_all_at_once_with_how_to_give_them(check):
    result = check(GOOD.replace(".default(Low)", ""), "run")
    assert result.code == 2
    assert "-i version=" in result.err
    assert "-i risk=" in result.err
    assert "Low" in result.err


def test_a_value_out_of_the_allowed_ones_is_refused(check):
    result = check(GOOD, "run", "-i", "version=1", "-i", "risk=Huge")
    assert result.code == 2
    assert "'Huge' does not match any of the allowed values [Low, High]" in result.err


def test_an_unknown_input_names_the_near_miss(check):
    result = check(GOOD, "run", "-i", "versoin=1")
    assert result.code == 2
    assert "version" in result.err


def test_an_input_that_is_no_pair_is_refused(check):
    result = check(GOOD, "run", "-i", "version")
    assert result.code == 2
    assert "NAME=VALUE" in result.err


def test_a_missing_secret_is_refused_before_anything_is_sent(check):
    result = check(GOOD, "run", "-i", "version=1")
    assert result.code == 2
    assert "PENSTOCK_SECRET_ACCOUNT_JIRA_TOKEN" in result.err


@pytest.mark.parametrize("name", ["absent.yaml", ".", "/dev/zero"])
def test_a_file_that_is_none_is_refused_in_one_line(shell, name):
    result = shell("validate", name)
    assert result.code == 2
    assert len(result.err.splitlines()) == 1
    assert "Traceback" not in result.err


def test_verbose_shows_where_an_error_comes_from(shell):
    result = shell("-v", "validate", "absent.yaml")
    assert result.code == 2
    assert "Traceback" in result.err


def test_a_wrong_script_is_refused_before_the_run_begins(check, shell):
    shell.write("people.yaml", "- {issue: last, transition: Aprove}\n")
    result = check(GOOD, "run", "-i", "version=1", "--sandbox", "--script", "people.yaml")
    assert result.code == 2
    assert "people.yaml:1:" in result.err
    assert "Approve" in result.err
    assert "no runs" in shell("runs").out


def test_sandbox_options_without_the_sandbox_are_refused(check):
    for option in ("--script", "--ledger"):
        result = check(GOOD, "run", option, "x.yaml")
        assert result.code == 2
        assert f"{option} belongs to --sandbox" in result.err


def test_a_second_plugin_that_claims_a_step_type_is_refused(shell, tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "twin.py").write_text(
        "from typing import ClassVar\n"
        "from penstock import Step, hookimpl\n"
        "class JiraCreate(Step):\n"
        "    type: ClassVar[str] = 'JiraCreate'\n"
        "    def run(self, context):\n"
        "        return {}\n"
        "@hookimpl\n"
        "def penstock_step_types():\n"
        "    return [JiraCreate]\n"
    )
    meta = site / "twin-1.0.dist-info"
    meta.mkdir()
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: twin\nVersion: 1.0\n")
    (meta / "entry_points.txt").write_text("[penstock]\ntwin = twin\n")
    shell.environ["PYTHONPATH"] = str(site)
    result = shell("steps")
    assert result.code == 2
    assert "twin" in result.err
    assert "penstock_jira" in result.err
