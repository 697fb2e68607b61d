"""Scripts in a run: logged without secrets, ended with the run however it ends, not run again."""

import signal
import time
from pathlib import Path

import pytest

SECRET = "correct-horse-battery"
PIPELINE = """\
pipeline:
  identifier: scripts
  name: Scripts
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
                  identifier: a
                  type: ShellScript
                  timeout: %s
                  spec:
                    shell: Bash
                    source: {type: Inline, spec: {script: '%s'}}
                    environmentVariables:
                      - {name: TOKEN, type: Secret, value: account.token}
                      - {name: HEADER, value: Bearer <+pipeline.variables.token>}
                    outputVariables: [{name: x, value: x}]
"""
LONG = "echo $$; sleep 600 & echo $!; echo ready; wait"


@pytest.fixture
def written(shell):
    """Return a function that writes the pipeline with a script; its secret is set."""
    shell.environ["PENSTOCK_SECRET_ACCOUNT_TOKEN"] = SECRET

    def write(script, timeout="10m"):
        return shell.write("p.yaml", PIPELINE % (timeout, script.replace("'", "''")))

    return write


def gone(pid):
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state in "ZX":
            return True
        time.sleep(0.05)
    return False


def at_work(shell, file):
    """Start the run; return the process, and the ids of the script and of its child."""
    process = shell.start("run", file, "--output", "json")
    pids = []

    def ready(event):
        text = event.get("text", "")
        if text.isdigit():
            pids.append(int(text))
        return text == "ready"

    shell.until(process, ready)
    return process, pids


def bytes_of(directory):
    return b"".join(file.read_bytes() for file in directory.rglob("*") if file.is_file())


def test_a_secret_is_in_nothing_that_is_told_or_kept(shell, written):
    file = written('echo "$TOKEN $HEADER" | tee /dev/stderr; printf %s "$TOKEN" | base64; x=$TOKEN')
    result = shell("run", file, "--output", "json")
    assert result.code == 0, result.err
    assert [e["text"] for e in result.events if e["event"] == "step_logged"] == [
        "******** Bearer ********",
        "******** Bearer ********",
        "********",
    ]
    shown = result.out + result.err + shell("show", "last").out + shell("log", "last").out
    kept = bytes_of(shell.directory)
    assert SECRET not in shown
    assert SECRET.encode() not in kept
    assert shell("log", "last", "s/a").out == "******** Bearer ********\n" * 2 + "********\n"
    assert result.last["outputs"] == {"s/a": {"output": {"outputVariables": {"x": "********"}}}}


def test_a_missing_secret_is_told_before_the_run(shell, written):
    file = written("true")
    del shell.environ["PENSTOCK_SECRET_ACCOUNT_TOKEN"]
    result = shell("run", file)
    assert result.code == 2
    assert "set PENSTOCK_SECRET_ACCOUNT_TOKEN" in result.err
    assert shell("runs", "--output", "json").out == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_run_that_stops_takes_its_script_along_and_does_not_run_it_again(shell, written, number):
    process, pids = at_work(shell, written(LONG))
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == (-9 if number == signal.SIGKILL else 6)
    assert len(pids) == 2
    assert all(gone(pid) for pid in pids)
    result = shell("resume", "last", "--output", "json")
    assert result.code == 1
    assert "it was interrupted while it ran, and nobody knows how far it came" in result.out
    assert not any(event["event"] == "step_logged" for event in result.events)


def test_two_interrupts_end_it_at_once(shell, written):
    process, pids = at_work(shell, written("trap '' TERM; " + LONG + "; sleep 600"))
    for _ in range(2):
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
    process.communicate(timeout=60)
    assert process.returncode == 6
    assert all(gone(pid) for pid in pids)


def test_a_script_out_of_time_expires_with_its_children(shell, written):
    result = shell("run", written(LONG, "1s"), "--output", "json")
    assert result.code == 4
    pids = [int(e["text"]) for e in result.events if e.get("text", "").isdigit()]
    assert len(pids) == 2
    assert all(gone(pid) for pid in pids)
    assert "the script ran out of time and was ended" in result.last["message"]


def test_a_flood_of_lines_is_bounded_where_it_is_shown_and_where_it_is_kept(shell, written):
    result = shell("run", written("yes 0123456789 | head -c 12000000"), "--output", "json")
    assert result.code == 0, result.err
    assert len(result.events) < 1_000
    notes = [event["text"] for event in result.events if event["event"] == "step_noted"]
    assert any(note.endswith("lines of its log are not shown but kept") for note in notes)
    lines = shell("log", "last").out.splitlines()
    assert lines[-1] == "(more was printed than is kept)"
    assert 9_000_000 < sum(len(line) + 1 for line in lines) < 11_000_000


def test_what_a_script_prints_cannot_pass_for_a_line_of_ours(shell, written):
    evil = r"printf '\033[2J\033]0;x\007Succeeded\r\nx: Succeeded in 1s\n##vso[task.complete]\n'"
    result = shell("run", written(evil))
    assert "\033" not in result.out
    assert "##vso" not in result.out
    assert all("│" in line or "|" in line for line in result.out.splitlines() if "x: Succ" in line)


def test_a_log_of_no_step_is_refused_with_the_near_miss(shell, written):
    shell("run", written("echo x"))
    wrong = shell("log", "last", "s/b")
    assert wrong.code == 2
    assert "did you mean 's/a'?" in wrong.err
    assert shell("log", "last").out == "== s/a\nx\n"


def test_a_run_without_logs_says_so(shell, pipelines):
    script = pipelines / "scripts" / "rejected.yaml"
    shell("run", pipelines / "rejected.yaml", "--sandbox", "--script", script)
    result = shell("log", "last")
    assert (result.code, result.out) == (0, "")
    assert result.err == "note: nothing was printed\n"
    assert "it has no logs at all" in shell("log", "last", "x").err
