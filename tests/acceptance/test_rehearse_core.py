"""The core steps in a rehearsal: nothing is run, sent or waited for, and no secret is needed."""

PIPELINE = """\
pipeline:
  identifier: all
  variables:
    - {name: token, type: Secret, value: account.token}
  stages:
    - stage:
        identifier: s
        type: Custom
        spec:
          execution:
            steps:
              - step:
                  identifier: pause
                  type: Wait
                  spec: {duration: 9h}
              - step:
                  identifier: ask
                  type: HarnessApproval
                  spec:
                    approvers: {userGroups: [cab], minimumCount: 2}
                    approverInputs: [{name: window, required: true}]
              - step:
                  identifier: script
                  type: ShellScript
                  spec:
                    shell: Bash
                    source: {type: Inline, spec: {script: touch run}}
                    environmentVariables:
                      - {name: TOKEN, value: <+pipeline.variables.token>}
                      - {name: WINDOW, value: <+steps.ask.output.approverInputs.window>}
                    outputVariables: [{name: x, value: x}]
              - step:
                  identifier: web
                  type: Http
                  spec:
                    url: http://127.0.0.1:1/<+steps.script.output.outputVariables.x>
                    method: POST
                    headers: [{key: A, value: '<+secrets.getValue("account.token")>'}]
"""


def test_core_steps_are_rehearsed_without_secrets(shell):
    shell.write("p.yaml", PIPELINE)
    shell.write("groups.yaml", "groups: {cab: [maria, eve]}\n")
    result = shell("rehearse", "p.yaml")
    assert result.code == 0, result.out + result.err
    assert "note: stood in for: Http, ShellScript" in result.err
    assert "taken for approved in this rehearsal; 9h have not passed yet" in result.out
    assert "taken for approved in this rehearsal; 0 of 2 approvals" in result.out
    assert "url: http://127.0.0.1:1/«x»" in result.out
    assert "«account.token»" not in result.out
    assert not (shell.directory / "run").exists()
    assert shell("rehearse", "p.yaml", "--reject", "ask").code == 3


def test_a_group_that_nobody_knows_is_found_in_a_rehearsal(shell):
    shell.write("p.yaml", PIPELINE)
    result = shell("rehearse", "p.yaml")
    assert result.code == 1
    assert "nobody knows who is in cab" in result.out
