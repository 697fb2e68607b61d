"""``penstock rerun``: the stages that ended well are kept, and so are their issues."""

import json

import pytest

PIPELINE = """\
pipeline:
  identifier: p
  name: P
  variables: [{name: version, value: <+input>}]
  stages:
    - stage:
        identifier: open
        type: Custom
        spec:
          execution:
            steps:
              - step:
                  identifier: ticket
                  type: JiraCreate
                  spec:
                    connectorRef: account.jira
                    projectKey: REL
                    issueType: Task
                    fields: [{name: Summary, value: "Release <+pipeline.variables.version>"}]
    - stage:
        identifier: check
        type: Custom
        spec:
          execution:
            steps:
              - step:
                  identifier: script
                  type: ShellScript
                  spec: {shell: Bash, source: {type: Inline, spec: {script: "test -e FLAG"}}}
    - stage:
        identifier: close
        type: Custom
        spec:
          execution:
            steps:
              - step:
                  identifier: note
                  type: JiraUpdate
                  spec:
                    connectorRef: account.jira
                    issueKey: <+pipeline.stages.open.spec.execution.steps.ticket.issue.key>
                    fields: [{name: Comment, value: "after <+pipeline.resumedExecutionId>"}]
"""


@pytest.fixture
def failed(shell):
    """A run that failed in its second stage; the flag that lets it pass is not there yet."""
    shell.write("p.yaml", PIPELINE.replace("FLAG", str(shell.directory / "flag")))
    options = ["--sandbox", "--ledger", shell.directory / "ledger.json", "-i", "version=4"]
    result = shell("run", "p.yaml", *options, "--output", "json")
    assert result.code == 1
    return result.last["run"]


def test_a_rerun_begins_with_the_stage_that_failed_and_keeps_the_issue(shell, failed):
    shell.write("flag", "")
    ledger = shell.directory / "ledger.json"
    result = shell("rerun", failed, "--output", "json")
    assert result.code == 0
    assert result.last["run"] != failed
    begun = [event["path"] for event in result.events if event["event"] == "step_started"]
    assert begun == ["check", "check/script", "close", "close/note"]
    written = json.loads(ledger.read_text(encoding="utf-8"))
    assert [entry["method"] for entry in written if entry["path"] == "/rest/api/2/issue"] == [
        "POST"
    ]
    assert f"after {failed}" in str(written)
    again = shell("rerun", result.last["run"], "--from", "close", "--output", "json")
    assert again.code == 0
    assert f"after {failed}" in ledger.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        ("chek", "has no stage 'chek'; did you mean 'check'?"),
        ("close", "the stage 'check', which comes before 'close', did not end well"),
    ],
)
def test_a_rerun_that_cannot_be_is_refused(shell, failed, stage, words):
    result = shell("rerun", failed, "--from", stage)
    assert result.code == 2
    assert words in result.err


def test_a_run_that_ended_well_needs_a_stage(shell, failed):
    shell.write("flag", "")
    done = shell("rerun", failed, "--output", "json").last["run"]
    result = shell("rerun", done)
    assert result.code == 2
    assert "every stage of run" in result.err


def test_a_run_that_has_not_ended_is_resumed_instead(shell):
    text = "pipeline: {identifier: p, stages: [{stage: {identifier: s, type: Custom, spec: "
    text += "{execution: {steps: [{step: {identifier: a, type: JiraApproval, spec: {connectorRef: "
    text += "account.jira, issueKey: REL-1, approvalCriteria: {type: KeyValues, spec: {conditions: "
    text += "[{key: Status, operator: equals, value: Done}]}}}}}]}}}}]}"
    shell.write("q.yaml", text)
    with shell.start("run", "q.yaml", "--sandbox", "--output", "json") as process:
        shell.until(process, lambda event: event["event"] == "gate_opened")
        process.kill()
    result = shell("rerun", "last")
    assert result.code == 2
    assert "penstock resume" in result.err
