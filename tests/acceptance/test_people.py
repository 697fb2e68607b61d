"""People answer a run from another process: noticed at once, kept, and refused where it is due."""

import json
import signal
import time

import pytest

PIPELINE = """\
pipeline:
  identifier: ask
  name: Ask
  stages:
    - stage:
        identifier: s
        type: Approval
        spec:
          execution:
            steps:
              - step:
                  identifier: ask
                  type: HarnessApproval
                  timeout: %s
                  spec:
                    approvalMessage: Deploy?
                    includePipelineExecutionHistory: true
                    approvers: {userGroups: [cab], minimumCount: %d, disallowPipelineExecutor: true}
                    approverInputs:
                      - {name: window, selectOneFrom: [day, night], defaultValue: night}
              - step:
                  identifier: say
                  type: ShellScript
                  spec:
                    shell: Bash
                    source: {type: Inline, spec: {script: 'echo "$WHO: $WINDOW, $WHY"'}}
                    environmentVariables:
                      - {name: WHO, value: '<+steps.ask.output.approvalActivities[0].user.name>'}
                      - {name: WHY, value: '<+steps.ask.output.approvalActivities[0].comments>'}
                      - {name: WINDOW, value: '<+steps.ask.output.approverInputs.window>'}
"""


@pytest.fixture
def asked(shell):
    """Return a function that starts a run and returns it once it waits for people."""
    shell.environ["PENSTOCK_USER"] = "ann"
    shell.write("groups.yaml", "groups: {cab: [ann, maria, eve]}\n")

    def start(count=1, timeout="10m"):
        file = shell.write("p.yaml", PIPELINE % (timeout, count))
        process = shell.start("run", file, "--output", "json")
        shell.until(process, lambda event: event["event"] == "gate_looked")
        return process

    return start


def rest_of(process):
    out, err = process.communicate(timeout=60)
    return [json.loads(line) for line in out.splitlines()], err


def test_an_approval_is_noticed_within_a_second_or_two_and_read_by_later_steps(shell, asked):
    process = asked()
    result = shell("approve", "last", "--as", "maria", "--comment", "$(id) ok", "-i", "window=day")
    assert result.code == 0, result.err
    assert result.out.endswith("approved by maria\n")
    assert result.err == ""
    events, _ = rest_of(process)
    assert process.returncode == 0
    assert [e["text"] for e in events if e["event"] == "step_logged"] == ["maria: day, $(id) ok"]
    looked = next(event for event in events if event["event"] == "gate_looked")
    said = looked["verdict"]["outputs"]["output"]["approvalActivities"][0]
    assert said["user"] == {"name": "maria", "email": ""}
    late = time.strptime(looked["at"][:19], "%Y-%m-%dT%H:%M:%S")
    early = time.strptime(said["at"][:19], "%Y-%m-%dT%H:%M:%S")
    assert time.mktime(late) - time.mktime(early) <= 2


def test_a_rejection_ends_the_run_with_its_code(shell, asked):
    process = asked(2)
    assert shell("reject", "last", "s/ask", "--as", "eve", "--comment", "no").code == 0
    events, _ = rest_of(process)
    assert process.returncode == 3
    assert events[-1]["message"] == "s/ask: eve has rejected it: no"


def test_who_may_not_answer_is_refused_and_the_run_waits_on(shell, asked):
    process = asked()
    for arguments, message in (
        (["approve", "last"], "ann may not approve: who started the run may not"),
        (["approve", "last", "--as", "bob"], "bob may not answer: only cab may"),
        (["approve", "last", "--as", "maria", "-i", "window=noon"], "must be one of day, night"),
        (["approve", "last", "nix", "--as", "maria"], "known: s/ask"),
        (["reject", "nothing"], "there is no run 'nothing'"),
    ):
        result = shell(*arguments)
        assert (result.code, result.out) == (2, "")
        assert message in result.err
    assert process.poll() is None
    assert shell("approve", "last", "--as", "maria").code == 0
    rest_of(process)
    late = shell("approve", "last", "--as", "eve")
    assert late.code == 2
    assert "has ended already: Succeeded" in late.err


def test_the_systems_user_answers_where_nobody_is_named(shell, asked):
    process = asked()
    shell.environ["PENSTOCK_USER"], shell.environ["PENSTOCK_EMAIL"] = "x", "Maria"
    assert shell("approve", "last").code == 0
    events, _ = rest_of(process)
    looked = next(event for event in events if event["event"] == "gate_looked")
    said = looked["verdict"]["outputs"]["output"]["approvalActivities"][0]
    assert said["user"] == {"name": "x", "email": "Maria"}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_answers_outlive_the_process_that_waits(shell, asked, number):
    process = asked(2)
    assert shell("approve", "last", "--as", "maria", "--comment", "first").code == 0
    process.send_signal(number)
    process.communicate(timeout=60)
    result = shell("approve", "last", "--as", "eve", "-i", "window=day")
    assert "no process carries the run now; go on with: penstock resume" in result.err
    resumed = shell("resume", "last", "--output", "json")
    assert resumed.code == 0, resumed.err
    lines = [e["text"] for e in resumed.events if e["event"] == "step_logged"]
    assert lines == ["maria: day, first"]


def test_a_person_who_answers_twice_is_refused_even_at_once(shell, asked):
    process = asked(3)
    assert shell("approve", "last", "--as", "maria").code == 0
    again = shell("reject", "last", "--as", "MARIA")
    assert again.code == 2
    assert "MARIA has answered already: approve" in again.err
    shell.until(process, lambda event: event["event"] == "gate_looked")
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    page = shell("show", "last").out
    assert "1 (maria) of 3 approvals" in page
    assert "approvals at least  3         1 (maria)" in page


def test_an_answer_with_odd_text_is_text(shell, asked):
    process = asked()
    odd = "{{ 7*7 }} <+pipeline.name> None \U0001f600 \033[2J\n\0".replace("\0", "") + "x" * 30_000
    assert shell("approve", "last", "--as", "maria", "--comment", odd).code == 0
    events, _ = rest_of(process)
    assert process.returncode == 0
    looked = next(event for event in events if event["event"] == "gate_looked")
    said = looked["verdict"]["outputs"]["output"]["approvalActivities"][0]
    assert said["comments"] == odd
    assert "\033" not in shell("show", "last").out


def test_a_run_that_expires_takes_no_answer_any_more(shell, asked):
    process = asked(timeout="2s")
    rest_of(process)
    assert process.returncode == 4
    assert shell("approve", "last", "--as", "maria").code == 2
