"""Killed with -9 at any moment, then resumed: nothing is lost, and each write is there once."""

import signal
from collections import Counter

import pytest

STEPS = ["change/open_change", "change/request"]


def _writes(ledger):
    return Counter(
        (item["method"], item["path"].replace("/3/", "/2/"), str(item["body"])) for item in ledger
    )


def _kill(process):
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)


@pytest.fixture
def run_file(shell, jira, pipelines):
    """The change-approval example, beside connectors that point to the sandbox."""
    return shell.write("change.yaml", (pipelines / "change-approval.yaml").read_text())


def _finish(shell, jira, run):
    """Resume a run, approve its ticket as soon as it waits, and return the result."""
    process = shell.start("resume", run, "--output", "json")
    shell.until(process, lambda event: event["event"] == "gate_looked")
    jira.move("REL-1", "Approve")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, out + err


@pytest.mark.parametrize("step", STEPS)
def test_killed_after_a_step_and_resumed_each_write_is_there_once(shell, jira, run_file, step):
    process = shell.start("run", run_file, "--output", "json")
    event = shell.until(
        process, lambda event: event["event"] == "step_finished" and event["path"] == step
    )
    _kill(process)
    _finish(shell, jira, event["run"])
    ledger = jira.ledger()
    assert max(_writes(ledger).values()) == 1
    assert sum(item["path"].endswith("/issue") for item in ledger) == 1
    assert jira.get("rest/api/2/issue/REL-1")["fields"]["status"]["name"] == "Deploying"


def test_killed_during_the_wait_and_resumed_each_write_is_there_once(shell, jira, run_file):
    process = shell.start("run", run_file, "--output", "json")
    event = shell.until(process, lambda event: event["event"] == "gate_looked")
    _kill(process)
    assert "ApprovalWaiting" in shell("runs").out
    _finish(shell, jira, event["run"])
    assert max(_writes(jira.ledger()).values()) == 1
    assert len(jira.ledger()) == 5


def test_approved_while_nobody_ran_is_approved_at_the_first_look(shell, jira, run_file):
    process = shell.start("run", run_file, "--output", "json")
    event = shell.until(process, lambda event: event["event"] == "gate_looked")
    _kill(process)
    jira.move("REL-1", "Approve")
    result = shell("resume", event["run"], "--output", "json")
    assert result.code == 0, result.err
    assert result.last["status"] == "Succeeded"


def test_killed_after_the_gate_and_resumed_each_write_is_there_once(shell, jira, run_file):
    process = shell.start("run", run_file, "--output", "json")
    shell.until(process, lambda event: event["event"] == "gate_looked")
    jira.move("REL-1", "Approve")
    event = shell.until(
        process,
        lambda event: event["event"] == "step_finished" and event["path"] == "change/approval",
    )
    _kill(process)
    result = shell("resume", event["run"], "--output", "json")
    assert result.code in {0, 2}, result.err  # 2: the kill came after the end
    assert max(_writes(jira.ledger()).values()) == 1
    assert jira.get("rest/api/2/issue/REL-1")["fields"]["status"]["name"] == "Deploying"


def test_a_run_with_an_embedded_sandbox_survives_a_kill_with_its_sandbox(
    shell, pipelines, tmp_path
):
    ledger = tmp_path / "ledger.json"
    script = shell.write(
        "people.yaml", "- {after: 0s, issue: last, transition: Approve, as: cab-lead}\n"
    )
    process = shell.start(
        "run",
        pipelines / "change-approval.yaml",
        "--sandbox",
        "--ledger",
        ledger,
        "--output",
        "json",
    )
    event = shell.until(process, lambda event: event["event"] == "gate_looked")
    _kill(process)
    # The sandbox is back with the run; this time somebody is there to approve.
    assert script.exists()
    second = shell.start("resume", event["run"], "--output", "json")
    page = shell.until(second, lambda event: event["event"] == "sandbox_started")["page"]
    shell.until(second, lambda event: event["event"] == "gate_looked")
    import requests

    from_page = page.rstrip("/")
    auth = ("cab-lead", "sandbox-token")
    ways = requests.get(
        f"{from_page}/rest/api/2/issue/REL-1/transitions", auth=auth, timeout=60
    ).json()["transitions"]
    wanted = next(way["id"] for way in ways if way["name"] == "Approve")
    requests.post(
        f"{from_page}/rest/api/2/issue/REL-1/transitions",
        json={"transition": {"id": wanted}},
        auth=auth,
        timeout=60,
    ).raise_for_status()
    out, err = second.communicate(timeout=120)
    assert second.returncode == 0, out + err
    import json

    entries = [item for item in json.loads(ledger.read_text()) if item["by"] == "release-bot"]
    assert max(_writes(entries).values()) == 1
    assert len(entries) == 5


def test_ctrl_c_keeps_the_run_and_says_how_to_go_on(shell, jira, run_file):
    process = shell.start("run", run_file, "--output", "json")
    event = shell.until(process, lambda event: event["event"] == "gate_looked")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 6, err
    assert '"run_interrupted"' in out
    _finish(shell, jira, event["run"])


def test_a_second_process_is_told_who_carries_the_run(shell, jira, run_file):
    process = shell.start("run", run_file, "--output", "json")
    event = shell.until(process, lambda event: event["event"] == "gate_looked")
    second = shell("resume", event["run"])
    assert second.code == 2
    assert f"pid {process.pid}" in second.err
    aborted = shell("abort", event["run"])
    assert aborted.code == 0
    process.communicate(timeout=60)
    assert process.returncode == 5
