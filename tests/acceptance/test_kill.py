"""Killed with -9 at any moment, then resumed: nothing is lost, and each write is there once."""

import json
import signal
from collections import Counter
from pathlib import Path

import pytest
import requests

AUTH = ("cab-lead", "sandbox-token")


def _kill(process):
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)


def _move(page, key, name):
    """Take the transition *name* as the CAB lead; the sandbox wakes the gate at once."""
    url = f"{page.rstrip('/')}/rest/api/2/issue/{key}/transitions"
    ways = requests.get(url, auth=AUTH, timeout=60).json()["transitions"]
    wanted = next(way["id"] for way in ways if way["name"] == name)
    body = {"transition": {"id": wanted}}
    requests.post(url, json=body, auth=AUTH, timeout=60).raise_for_status()


def _writes(entries):
    return Counter(
        (item["method"], item["path"].replace("/3/", "/2/"), str(item["body"]))
        for item in entries
        if item["by"] == "release-bot"
    )


class Ride:
    """The change-approval example with its embedded sandbox, killed and taken up again."""

    def __init__(self, shell, file: Path, flavour: str):
        self.shell = shell
        self.ledger = shell.directory / "ledger.json"
        self.process = shell.start(
            "run",
            file,
            "--sandbox",
            "--flavour",
            flavour,
            "--ledger",
            self.ledger,
            "--output",
            "json",
        )
        self.started()

    def started(self):
        event = self.until("sandbox_started")
        self.run, self.page = event["run"], event["page"]

    def until(self, kind, path=None):
        return self.shell.until(
            self.process,
            lambda event: event["event"] == kind and path in {None, event.get("path")},
        )

    def kill_and_resume(self):
        _kill(self.process)
        self.process = self.shell.start("resume", self.run, "--output", "json")
        self.started()

    def approve(self):
        self.until("gate_looked")
        _move(self.page, "REL-1", "Approve")

    def ends(self):
        out, err = self.process.communicate(timeout=120)
        assert self.process.returncode == 0, out + err
        writes = _writes(json.loads(self.ledger.read_text()))
        assert max(writes.values()) == 1, writes
        assert sum(writes.values()) == 5  # issue, comment, transition; comment, transition


@pytest.fixture(params=["cloud", "data-center"])
def ride(request, shell, pipelines):
    made = Ride(shell, pipelines / "change-approval.yaml", request.param)
    yield made
    made.process.kill()
    made.process.communicate(timeout=60)


@pytest.mark.parametrize("step", ["change/open_change", "change/request"])
@pytest.mark.parametrize("kind", ["step_started", "step_finished"])
def test_killed_about_a_step_and_resumed_each_write_is_there_once(ride, kind, step):
    ride.until(kind, step)
    ride.kill_and_resume()
    ride.approve()
    ride.ends()


def test_killed_during_the_wait_and_resumed_each_write_is_there_once(ride):
    ride.until("gate_looked")
    ride.kill_and_resume()
    assert "ApprovalWaiting" in ride.shell("runs").out
    ride.approve()
    ride.ends()


def test_killed_twenty_times_during_the_wait_each_write_is_there_once(ride):
    for _ in range(20):
        ride.kill_and_resume()
    ride.approve()
    ride.ends()


@pytest.mark.parametrize("kind", ["step_started", "step_finished"])
def test_killed_after_the_gate_and_resumed_each_write_is_there_once(ride, kind):
    ride.approve()
    step = "deployment/close_request" if kind == "step_started" else "change/approval"
    ride.until(kind, step)
    ride.kill_and_resume()
    ride.ends()


def test_ctrl_c_keeps_the_run_and_says_how_to_go_on(ride):
    ride.until("gate_looked")
    ride.process.send_signal(signal.SIGINT)
    out, err = ride.process.communicate(timeout=60)
    assert ride.process.returncode == 6, err
    assert json.loads(out.splitlines()[-1])["event"] == "run_interrupted"
    ride.process = ride.shell.start("resume", ride.run, "--output", "json")
    ride.started()
    ride.approve()
    ride.ends()


def test_a_second_process_is_told_who_carries_the_run_and_can_abort_it(ride):
    ride.until("gate_looked")
    second = ride.shell("resume", ride.run)
    assert second.code == 2
    assert f"pid {ride.process.pid}" in second.err
    assert ride.shell("abort", ride.run).code == 0
    out, _ = ride.process.communicate(timeout=60)
    assert ride.process.returncode == 5
    events = [json.loads(line) for line in out.splitlines()]
    assert [(item["path"], item["status"]) for item in events if "path" in item] == [
        ("change/approval", "Aborted")
    ]


def test_approved_while_nobody_ran_is_approved_at_the_first_look(shell, jira, pipelines):
    """Against a Jira in a process of its own, which knows nothing of the kill."""
    file = shell.write("change.yaml", (pipelines / "change-approval.yaml").read_text())
    process = shell.start("run", file, "--output", "json")
    event = shell.until(process, lambda event: event["event"] == "gate_looked")
    _kill(process)
    jira.move("REL-1", "Approve")
    result = shell("resume", event["run"], "--output", "json")
    assert result.code == 0, result.err
    assert result.last["status"] == "Succeeded"
    assert max(_writes(jira.ledger()).values()) == 1
    assert jira.get("rest/api/2/issue/REL-1")["fields"]["status"]["name"] == "Deploying"
