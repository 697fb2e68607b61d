"""``penstock rehearse``: a pipeline of the platform's, tried where nothing of it is."""

import json

import pytest

from penstock.errors import Refused
from penstock.run.rehearsal import Rehearsal, Trouble

SHOP = """\
pipeline:
  identifier: shop
  name: Shop
  stages:
    - stage:
        identifier: build
        type: CI
        spec:
          cloneCodebase: true
          execution:
            steps:
              - step:
                  identifier: image
                  type: BuildAndPush
                  spec: {repo: shop, tags: ["<+pipeline.sequenceId>"]}
    - stage:
        identifier: dev
        type: Deployment
        failureStrategies:
          - onFailure: {errors: [AllErrors], action: {type: StageRollback}}
        spec:
          deploymentType: Kubernetes
          service: {serviceRef: shop}
          execution:
            steps:
              - step:
                  identifier: ticket
                  type: JiraCreate
                  spec:
                    connectorRef: jira
                    projectKey: REL
                    issueType: Change
                    fields:
                      - {name: Summary, value: "<+artifact.tag> of <+service.name>"}
              - step: {identifier: roll, type: K8sRollingDeploy, spec: {skipDryRun: false}}
              - step:
                  identifier: approve
                  type: JiraApproval
                  spec:
                    connectorRef: jira
                    issueKey: <+execution.steps.ticket.issue.key>
                    approvalCriteria:
                      type: KeyValues
                      spec: {conditions: [{key: Status, operator: equals, value: Approved}]}
              - step:
                  identifier: note
                  type: JiraUpdate
                  enforce: {policySets: [x]}
                  spec:
                    connectorRef: jira
                    issueKey: <+execution.steps.ticket.issue.key>
                    fields: [{name: Comment, value: "at <+steps.roll.output.outputVariables.url>"}]
            rollbackSteps:
              - step: {identifier: back, type: K8sRollingRollback, spec: {}}
    - stage:
        identifier: other
        type: Pipeline
        spec: {org: default, pipeline: other}
"""


@pytest.fixture
def rehearse(shell):
    shell.write("shop.yaml", SHOP)

    def run(*arguments):
        return shell("rehearse", "shop.yaml", "--output", "json", *arguments)

    return run


def ends(result):
    found = [event for event in result.events if event["event"] == "step_finished"]
    return {event["path"]: event["status"] for event in found}


def test_what_cannot_run_here_is_refused_by_run_and_stood_in_for_by_rehearse(shell, rehearse):
    refused = shell("run", "shop.yaml", "--sandbox")
    assert refused.code == 2
    assert "unknown step type 'K8sRollingDeploy'" in refused.err
    assert "penstock rehearse" in refused.err
    result = rehearse()
    assert result.code == 0
    assert set(ends(result).values()) == {"Succeeded"}
    assert "other/whole" in ends(result)
    for note in (
        "shop.yaml:7:15: of a stage of type CI, only the steps are rehearsed",
        "`enforce` is left out of the rehearsal",
        "a stage of type Pipeline is one step in a rehearsal",
        "stood in for: BuildAndPush, K8sRollingDeploy, K8sRollingRollback, Pipeline",
    ):
        assert note in result.err


def test_the_ticket_is_real_and_holds_values_that_show_where_they_come_from(shell, rehearse):
    ledger = shell.directory / "ledger.json"
    assert rehearse("--ledger", ledger).code == 0
    sent = str(json.loads(ledger.read_text(encoding="utf-8")))
    assert "«artifact.tag» of «service.name»" in sent
    assert "at «url»" in sent


def test_a_stand_in_may_be_given_its_value(shell, rehearse):
    ledger = shell.directory / "ledger.json"
    values = ["artifact.tag=4.2.0", "roll.output.outputVariables.url=http://x"]
    given = [part for value in values for part in ("--stand-in", value)]
    assert rehearse("--ledger", ledger, *given).code == 0
    sent = str(json.loads(ledger.read_text(encoding="utf-8")))
    assert "4.2.0 of «service.name»" in sent
    assert "at http://x" in sent


@pytest.mark.parametrize(
    ("how", "step", "code", "status"),
    [
        ("--fail", "roll", 1, "Failed"),
        ("--fail", "dev/roll", 1, "Failed"),
        ("--reject", "approve", 3, "ApprovalRejected"),
        ("--expire", "approve", 4, "Expired"),
    ],
)
def test_a_step_goes_wrong_on_purpose_and_what_undoes_it_is_seen(rehearse, how, step, code, status):
    result = rehearse(how, step)
    assert result.code == code
    found = ends(result)
    assert found[f"dev/{step.rpartition('/')[2]}"] == status
    assert found["dev/rollback/back"] == "Succeeded"
    assert "dev/note" not in found


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--fail", "rol"], "--fail 'rol' names no step of this pipeline; did you mean 'roll'?"),
        (["--fail", "roll", "--expire", "roll"], "cannot both --fail and --expire"),
        (["--stand-in", "artifact"], "is not NAME=VALUE"),
        (["--stand-in", "tag=4"], "names nothing"),
    ],
)
def test_a_rehearsal_that_cannot_be_is_refused(rehearse, arguments, words):
    result = rehearse(*arguments)
    assert result.code == 2
    assert words in result.err


def test_an_approval_really_waits_where_a_script_plays_the_people(shell, rehearse):
    shell.write(
        "people.yaml",
        "- {after: 1s, issue: last, transition: Request approval}\n"
        "- {after: 1s, issue: last, transition: Approve, as: cab-lead}\n",
    )
    result = rehearse("--script", "people.yaml")
    assert result.code == 0
    looks = [event for event in result.events if event["event"] == "gate_looked"]
    assert "taken for approved" not in json.dumps(looks)


def test_an_approval_that_names_a_field_that_does_not_exist_fails_in_a_rehearsal_too(shell):
    shell.write("shop.yaml", SHOP.replace("key: Status", "key: Statsu"))
    result = shell("rehearse", "shop.yaml")
    assert result.code == 1
    assert "did you mean Status" in result.out


def test_a_script_is_not_run_in_a_rehearsal_unless_it_is_asked_for(shell):
    text = SHOP.replace(
        "type: K8sRollingDeploy, spec: {skipDryRun: false}",
        "type: ShellScript, spec: {shell: Bash, source: {type: Inline, spec: "
        "{script: touch ran; url=http://y}}, outputVariables: "
        "[{name: url, type: String, value: url}]}",
    )
    shell.write("shop.yaml", text.replace("touch ran", f"touch {shell.directory}/ran"))
    assert shell("rehearse", "shop.yaml").code == 0
    assert not (shell.directory / "ran").exists()
    assert shell("rehearse", "shop.yaml", "--real", "ShellScript").code == 0
    assert (shell.directory / "ran").exists()


def test_a_rehearsal_comes_back_from_the_journal_as_it_was():
    from penstock.pipeline.rehearsal import StandInValues

    values = StandInValues({"artifact": {"tag": "x"}}, {"roll": {"output": {"a": 1}}})
    rehearsal = Rehearsal(("K8s",), values, {"roll": "fail"}, waits=True)
    again = Rehearsal.from_json(json.loads(json.dumps(rehearsal.to_json())))
    assert again == rehearsal
    assert isinstance(again.trouble("s/roll[1]"), Trouble)
    assert again.trouble("s/other") is None


def test_a_path_of_a_stand_in_has_parts():
    from penstock.pipeline.filling import Filled
    from penstock.pipeline.rehearsal import for_rehearsal
    from penstock.source import parse

    source = parse(SHOP, "p.yaml")
    with pytest.raises(Refused, match="names nothing"):
        for_rehearsal(source, Filled(source.value, {}), {"a..b": "x"})
    _, values, _ = for_rehearsal(
        source, Filled(source.value, {}), {"roll.list": "[1, 2]", "roll.text": "[x"}
    )
    assert values.outputs["roll"]["list"] == [1, 2]
    assert values.outputs["roll"]["text"] == "[x"
