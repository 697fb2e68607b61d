"""Each command does what its help says."""

import json
import os
import pty
import re
import signal
import subprocess
import sys

import pytest

COMMANDS = [
    "demo",
    "run",
    "validate",
    "plan",
    "inputs",
    "backtest",
    "rehearse",
    "runs",
    "show",
    "log",
    "resume",
    "rerun",
    "abort",
    "approve",
    "reject",
    "connectors",
    "plugins",
    "steps",
    "schema",
    "sandbox",
    "completion",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_examples(shell, command):
    result = shell(command, "--help")
    assert result.code == 0
    assert re.search(r"Examples?:\n +(penstock|eval)", result.out), result.out


def test_the_help_of_the_program_lists_every_command_and_the_exit_codes(shell):
    result = shell("--help")
    assert all(f"\n  {command} " in result.out for command in [*COMMANDS, "connector"])
    assert "6 interrupted" in result.out
    assert "..." not in result.out.partition("Commands:")[2].partition("Examples:")[0]


def test_an_unknown_command_names_the_near_miss(shell):
    result = shell("rum")
    assert result.code == 2
    assert "Did you mean 'run'?" in result.err


def test_completion_completes(shell):
    script = shell("completion", "bash")
    assert script.code == 0
    assert "_PENSTOCK_COMPLETE" in script.out
    shell.environ |= {
        "_PENSTOCK_COMPLETE": "bash_complete",
        "COMP_WORDS": "penstock va",
        "COMP_CWORD": "1",
    }
    assert "validate" in shell().out


def test_version(shell):
    assert re.fullmatch(r"penstock \d+\.\d+\.\d+\n", shell("--version").out)


def test_plugins_and_steps_show_what_is_installed(shell):
    assert "JiraApproval" in shell("plugins").out
    listed = [json.loads(line) for line in shell("steps", "--output", "json").out.splitlines()]
    assert {"JiraCreate", "JiraUpdate", "JiraApproval"} <= {item["type"] for item in listed}
    one = shell("steps", "JiraApproval")
    assert "retryInterval" in one.out
    assert "connectorRef" in one.out
    assert "required" in one.out
    wrong = shell("steps", "JiraAproval")
    assert wrong.code == 2
    assert "JiraApproval" in wrong.err


def test_the_schema_is_json(shell):
    schema = json.loads(shell("schema").out)
    assert schema["$defs"]["Step"]["properties"]["type"]["enum"]
    schema = json.loads(shell("schema", "connector").out)
    assert "timeout" in schema["$defs"]["spec.Jira"]["properties"]


def test_connectors_are_listed_with_how_to_refer_to_each(shell, pipelines):
    result = shell("connectors", "--connectors", pipelines / "connectors")
    assert "account.jira" in result.out
    assert "org.jira_audit" in result.out
    rows = shell("connectors", "--connectors", pipelines / "connectors", "--output", "json")
    assert {item["reference"] for item in rows.events} == {
        "account.jira",
        "org.jira_audit",
        "jira_payments",
    }


def test_a_connector_can_be_tested(shell, jira):
    result = shell("connector", "test", "account.jira")
    assert result.code == 0, result.out + result.err
    assert "release-bot" in result.out
    other = shell("connector", "test", "account.jira", "--subject", "ops")
    assert "in OPS: browse projects" in other.out
    none = shell("connector", "test", "account.jira", "--subject", "RLE")
    assert none.code == 1
    assert "did you mean 'REL'?" in none.out


def test_a_connector_with_a_wrong_secret_fails_its_test_without_showing_it(shell, jira):
    shell.environ["PENSTOCK_SECRET_ACCOUNT_JIRA_TOKEN"] = "wrong-token-value"
    result = shell("connector", "test", "account.jira")
    assert result.code == 1
    assert "wrong-token-value" not in result.out + result.err


def test_runs_and_show_explain_the_journal(shell, pipelines):
    script = pipelines / "scripts" / "rejected.yaml"
    run = shell(
        "run", pipelines / "rejected.yaml", "--sandbox", "--script", script, "--output", "json"
    ).last["run"]
    rows = shell("runs", "--output", "json").events
    assert [(row["run"], row["pipeline"], row["status"]) for row in rows] == [
        (run, "rejected_change", "ApprovalRejected")
    ]
    assert rows[0]["started"]
    page = shell("show", "last").out
    assert "Rejected change" in page
    assert "REL-1" in page
    assert "Status equals" in page or "Status" in page
    shown = json.loads(shell("show", run[:5], "--output", "json").out)
    assert shown["run"] == run
    assert shell("show", "nothing").code == 2


def test_resume_of_a_finished_run_says_so_and_does_nothing(shell, pipelines):
    script = pipelines / "scripts" / "change-approval.yaml"
    script = shell.write("now.yaml", script.read_text().replace("3s", "0s").replace("2s", "0s"))
    assert (
        shell("run", pipelines / "change-approval.yaml", "--sandbox", "--script", script).code == 0
    )
    result = shell("resume", "last")
    assert result.code == 0
    assert "has ended already" in result.err
    assert shell("abort", "last").code == 2


def test_detach_prints_the_run_and_leaves_it_to_another_process(shell, jira, pipelines):
    file = shell.write("change.yaml", (pipelines / "change-approval.yaml").read_text())
    run = shell("run", file, "--detach").out.strip()
    while "ApprovalWaiting" not in shell("runs").out:
        continue
    assert "pid" in shell("resume", run).err
    jira.move("REL-1", "Approve")
    while "Succeeded" not in shell("runs").out:
        continue
    assert len(jira.ledger()) == 5


def test_a_detached_run_is_json_where_json_is_wanted(shell, pipelines):
    result = shell(
        "run", pipelines / "change-approval.yaml", "--sandbox", "--detach", "--output", "json"
    )
    assert list(result.last) == ["run"]
    assert shell("abort", result.last["run"]).code == 0


def test_a_look_at_a_journal_that_is_not_there_makes_none(shell, tmp_path):
    result = shell("runs", "--database", tmp_path / "nowhere" / "j.db")
    assert result.code == 0
    assert "there is no journal" in result.err
    assert shell("show", "last", "--database", tmp_path / "nowhere" / "j.db").code == 2
    assert not (tmp_path / "nowhere").exists()


def test_inputs_and_input_sets_reach_the_ticket(shell, jira, pipelines):
    file = shell.write("change.yaml", (pipelines / "change-approval.yaml").read_text())
    inputs = shell.write(
        "prod.yaml",
        "inputSet:\n  identifier: prod\n  pipeline:\n    identifier: change_approval\n"
        "    variables:\n      - {name: version, type: String, value: 5.0.0}\n"
        "      - {name: risk, type: String, value: High}\n",
    )
    process = shell.start("run", file, "--input-set", inputs, "-i", "risk=Low", "--output", "json")
    shell.until(process, lambda event: event["event"] == "gate_looked")
    fields = jira.get("rest/api/2/issue/REL-1")["fields"]
    assert fields["summary"] == "Release 5.0.0 of payments"
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 6


@pytest.mark.parametrize("title", ["{{ 7*7 }}", '<+secrets.getValue("account.x")>', "None", "🙂"])
def test_an_input_from_the_command_line_is_data(shell, tmp_path, title):
    file = shell.write(
        "p.yaml",
        "pipeline:\n  identifier: p\n  variables: [{name: title, value: <+input>}]\n"
        "  stages: [{stage: {identifier: s, type: Custom, spec: {execution: {steps: [{step: "
        "{identifier: t, type: JiraCreate, spec: {connectorRef: account.jira, projectKey: REL, "
        "issueType: Task, fields: [{name: Summary, value: 'T: <+pipeline.variables.title>'}]}}}]"
        "}}}}]\n",
    )
    ledger = tmp_path / "ledger.json"
    result = shell("run", file, "-i", f"title={title}", "--sandbox", "--ledger", ledger)
    assert result.code == 0, result.out + result.err
    assert json.loads(ledger.read_text())[0]["body"]["fields"]["summary"] == f"T: {title}"
    assert f"title = {title}" in shell("show", "last").out


def test_plan_shows_values_requests_and_gate_fields_and_sends_nothing(shell, pipelines):
    result = shell("plan", pipelines / "change-approval.yaml", "-i", "version=9.9.9")
    assert result.code == 0, result.err
    assert "Release 9.9.9 of payments" in result.out
    assert "Risk Level" in result.out
    assert "<+execution.steps.open_change.issue.key>" in result.out
    data = json.loads(shell("plan", pipelines / "change-approval.yaml", "--output", "json").out)
    assert data["steps"][0]["path"] == "change/open_change"


def test_the_demo_shows_the_steps_and_the_condition_table_and_exits_0(shell):
    result = shell("demo")
    assert result.code == 0, result.out + result.err
    for step in ("open_change", "request", "approval", "close_request"):
        assert re.search(f"/{step} +Succeeded", result.out)
    assert "Pending Approval" in result.out
    assert "Approved" in result.out


def test_the_demo_waits_for_the_person_when_told_so(shell):
    import requests

    process = shell.start("demo", "--manual", "--output", "json")
    page = shell.until(process, lambda event: event["event"] == "sandbox_started")["page"]
    shell.until(process, lambda event: event["event"] == "gate_looked")
    url = page.rstrip("/")
    shown = requests.get(f"{url}/browse/REL-1", timeout=60).text
    form = re.search(r'<form[^>]*action="([^"]*)"[^>]*>(?:(?!</form>).)*Approve', shown, re.S)
    assert form, "the page has a button that approves"
    auth = ("cab-lead", "sandbox-token")
    ways = requests.get(f"{url}/rest/api/2/issue/REL-1/transitions", auth=auth, timeout=60).json()[
        "transitions"
    ]
    wanted = next(way["id"] for way in ways if way["name"] == "Approve")
    requests.post(
        f"{url}/rest/api/2/issue/REL-1/transitions",
        json={"transition": {"id": wanted}},
        auth=auth,
        timeout=60,
    ).raise_for_status()
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, out + err


def test_on_a_terminal_the_demo_draws_a_live_tree(shell):
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "penstock", "demo"],
        cwd=shell.directory,
        env={**shell.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "40"},
        stdin=follower,
        stdout=follower,
        stderr=follower,
    )
    os.close(follower)
    seen = b""
    while True:
        try:
            chunk = os.read(leader, 65536)
        except OSError:
            break
        if not chunk:
            break
        seen += chunk
    os.close(leader)
    assert process.wait(timeout=60) == 0
    text = seen.decode()
    assert "\x1b[" in text
    assert "Wait for approval" in text
    assert "REL-1" in text


def test_the_sandbox_prints_its_world_and_takes_it_back(shell):
    world = shell("sandbox", "--print-world").out
    assert "release-managers" in world
    shell.write("world.yaml", world)
    process = shell.start("sandbox", "--world", "world.yaml", "--ledger", "ledger.json")
    line = process.stdout.readline()
    assert "http://127.0.0.1:" in line
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert json.loads((shell.directory / "ledger.json").read_text()) == []


SHARED = """\
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
                  identifier: open
                  type: JiraCreate
                  spec:
                    connectorRef: account.jira
                    projectKey: REL
                    issueType: Change
                    fields:
                      - {name: Summary, value: <+variable.account.title>}
"""


def test_a_run_reads_the_variables_beside_its_connectors(shell, pipelines):
    shell.write("p.yaml", SHARED)
    connector = (pipelines / "connectors" / "jira.yaml").read_text()
    shell.write("connectors/jira.yaml", connector)
    shell.write("connectors/variables.yaml", "variables: [{identifier: title, value: Ship it}]")
    assert shell("run", "p.yaml", "--sandbox", "--ledger", "ledger.json").code == 0
    assert '"summary": "Ship it"' in (shell.directory / "ledger.json").read_text()
    assert "variables.yaml" not in shell("connectors").out
    shell.write("connectors/variables.yaml", "variables: [{identifier: title}]")
    refused = shell("run", "p.yaml", "--sandbox")
    assert (refused.code, refused.out) == (2, "")
    assert "connectors/variables.yaml:1:13: `value` is required" in refused.err


def test_without_connectors_a_run_in_the_sandbox_has_no_variables(shell):
    shell.write("p.yaml", SHARED)
    assert shell("validate", "p.yaml").code == 0
    refused = shell("run", "p.yaml", "--sandbox")
    assert refused.code == 2
    assert "write it into variables.yaml among the connectors" in refused.err
