"""``penstock plan --live``: a plan held against Jira, by the command line."""

import json

import pytest

PIPELINE = """\
pipeline:
  identifier: p
  stages:
    - stage:
        identifier: s
        type: Approval
        spec:
          execution:
            steps:
              - step:
                  identifier: open
                  type: JiraCreate
                  spec:
                    connectorRef: account.jira
                    projectKey: REL
                    issueType: Change
                    fields:
                      - {name: Summary, value: Release 4.2.0}
                      - {name: %s, value: High}
              - step:
                  identifier: gate
                  type: JiraApproval
                  spec:
                    connectorRef: account.jira
                    issueKey: %s
                    approvalCriteria:
                      type: KeyValues
                      spec:
                        conditions:
                          - {key: Status, operator: equals, value: Approved}
"""
OPEN = "<+execution.steps.open.issue.key>"
NEW = {"fields": {"project": {"key": "REL"}, "issuetype": {"name": "Change"}, "summary": "x"}}


def test_a_plan_without_errors_exits_with_0_and_writes_nothing(shell, jira):
    jira.post("rest/api/2/issue", NEW)
    shell.write("p.yaml", PIPELINE % ("Risk Level", "REL-1"))
    result = shell("plan", "p.yaml", "--live")
    assert (result.code, result.err) == (0, "")
    assert "  account.jira: Release Bot at http://127.0.0.1" in result.out
    assert '"summary": "Release 4.2.0"' in result.out
    assert 'now: waiting: Status is "To Do", needs "Approved"' in result.out
    assert "✗ Status equals: expected Approved, actual To Do" in result.out
    assert jira.ledger() == []
    assert not (shell.directory / "journal.db").exists()


def test_errors_exit_with_2_each_at_its_place(shell, jira):
    shell.write("p.yaml", PIPELINE % ("Risk Levle", "REL-9"))
    result = shell("plan", "p.yaml", "--live")
    assert result.code == 2
    assert result.err.splitlines() == [
        "p.yaml:19:32: Risk Levle: Jira has no field of this name; did you mean 'Risk Level'?",
        "p.yaml:25:31: REL-9 does not exist, or Release Bot may not see it; check the key",
    ]


def test_json_holds_what_the_text_shows(shell, jira):
    jira.post("rest/api/2/issue", NEW)
    shell.write("p.yaml", PIPELINE % ("Risk Levle", "REL-1"))
    result = shell("plan", "p.yaml", "--live", "--output", "json")
    assert result.code == 2
    (found,) = result.events
    assert list(found["connectors"]) == ["account.jira"]
    create, gate = found["steps"]
    assert create["writes"][0]["what"] == "POST /rest/api/2/issue"
    assert create["writes"][0]["body"]["fields"]["summary"] == "Release 4.2.0"
    assert create["findings"] == [
        {
            "level": "error",
            "message": "Risk Levle: Jira has no field of this name",
            "hint": "did you mean 'Risk Level'?",
            "file": "p.yaml",
            "line": 19,
            "column": 32,
        }
    ]
    assert gate["verdict"]["status"] == "waiting"
    assert gate["verdict"]["approval"]["actual"] == "To Do"
    assert gate["differences"] == []


@pytest.mark.parametrize("flavour", ["cloud", "data-center"])
def test_the_sandbox_stands_in_for_jira(shell, flavour):
    shell.write("p.yaml", PIPELINE % ("Risk Level", OPEN))
    result = shell("plan", "p.yaml", "--live", "--sandbox", "--flavour", flavour)
    assert result.code == 0
    assert ("Jira Cloud" if flavour == "cloud" else "Jira Data Center") in result.out
    assert f"note: p.yaml:25:31: issueKey comes with the run ({OPEN})" in result.err


def test_a_world_of_ones_own_is_what_the_plan_is_held_against(shell):
    world = shell("sandbox", "--print-world").out.replace("Risk Level", "Danger")
    shell.write("world.yaml", world)
    shell.write("p.yaml", PIPELINE % ("Risk Level", OPEN))
    result = shell("plan", "p.yaml", "--live", "--sandbox", "--world", "world.yaml")
    assert result.code == 2
    assert "Risk Level: Jira has no field of this name" in result.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--sandbox"], "--sandbox belongs to --live; add --live"),
        (["--live", "--flavour", "cloud"], "--flavour belongs to --sandbox; add --sandbox"),
    ],
)
def test_options_that_make_no_sense_alone_are_refused(shell, options, message):
    shell.write("p.yaml", PIPELINE % ("Risk Level", OPEN))
    result = shell("plan", "p.yaml", *options)
    assert result.code == 2
    assert message in result.err


def test_a_connector_that_is_not_there_is_told_before_anything_is_asked(shell):
    shell.write("p.yaml", PIPELINE % ("Risk Level", OPEN))
    result = shell("plan", "p.yaml", "--live")
    assert result.code == 2
    assert "name it with --connectors DIR" in result.err


def test_a_secret_never_leaves_by_a_plan(shell, jira):
    secret = "sandbox-token"
    shell.write("p.yaml", PIPELINE.replace("Release 4.2.0", secret) % ("Risk Level", OPEN))
    for output in ("text", "json"):
        result = shell("plan", "p.yaml", "--live", "--output", output)
        assert result.code == 0
        assert secret not in result.out + result.err
        assert "********" in result.out
    assert json.loads(result.out)["steps"]


def test_text_of_jiras_is_never_trusted_by_the_terminal(shell, jira):
    jira.post("rest/api/2/issue", {"fields": {**NEW["fields"], "description": "\x1b[2Jgone\u202e"}})
    update = """\
              - step:
                  identifier: update
                  type: JiraUpdate
                  spec:
                    connectorRef: account.jira
                    issueKey: REL-1
                    fields: [{name: Description, value: "new \\e[2J"}]
"""
    head = PIPELINE.partition("              - step")[0]
    shell.write("p.yaml", head + update)
    result = shell("plan", "p.yaml", "--live")
    assert "\x1b" not in result.out
    assert "Description: " in result.out
