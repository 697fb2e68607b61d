"""Real scripts in a real Bash: what they print and leave, and that nothing of them stays behind."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from penstock_core.bash import OutOfTime, Script, run_bash

PATH = os.environ["PATH"]
#: Seconds in which a killed process is gone, on the slowest machine.
SOON = 20.0


class Stopped(Exception):
    """Somebody asked to stop."""


class Bench:
    """Runs scripts in a directory, with time that is over when a line says so."""

    def __init__(self, directory):
        self.directory = directory
        self.lines: list[str] = []
        self.left = 60.0
        self.stopped = False

    def run(self, text, *variables, environ=None, grace=0.3):
        environ = {"PATH": PATH, **(environ or {})}
        script = Script(text, environ, self.directory, variables, grace=grace)
        return run_bash(script, log=self.log, check=self.check, seconds_left=lambda: self.left)

    def log(self, line):
        self.lines.append(line)
        if line == "TIME":
            self.left = 0.0
        if line == "STOP":
            self.stopped = True
        if line == "AGAIN":
            raise KeyboardInterrupt

    def check(self):
        if self.stopped:
            raise Stopped


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def gone(pid):
    """Wait until a process is no more (a zombie is none); return whether it is."""
    end = time.monotonic() + SOON
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state in "ZX":
            return True
        time.sleep(0.02)
    return False


def test_lines_come_in_their_order_from_both_streams(bench):
    finished = bench.run("echo one; echo two >&2; echo three\nprintf four")
    assert (finished.code, finished.values) == (0, {})
    assert bench.lines == ["one", "two", "three", "four"]
    assert finished.last == ("one", "two", "three", "four")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("true", 0),
        ("false", 1),
        ("exit 3", 3),
        ("false\ntrue", 0),
        ("set -e\nfalse\necho never", 1),
        ("(exit 7)", 7),
        ("return 4", 4),
        ("kill -9 $$", -9),
        ("nosuchcommand", 127),
        ("if", 2),
        ("exec false", 1),
    ],
)
@pytest.mark.parametrize("variables", [(), ("x",)])
def test_the_code_is_that_of_the_script(bench, text, code, variables):
    # Bash tells of a syntax error in what it sources with 1 or with 2, by its version.
    found = bench.run(text, *variables).code
    assert found == code or (text == "if" and found in {1, 2})
    assert "never" not in bench.lines


@pytest.mark.parametrize(
    "text",
    [
        "a=1; b='two words'",
        "a=1; b='two words'; exit 0",
        "set -euo pipefail; a=1; b='two words'",
        "a=1; b='two words'; trap 'echo bye' EXIT",
        "f() { a=1; b='two words'; exit; }; f",
        "export a=1 b='two words'; return",
    ],
)
def test_variables_are_read_when_the_script_ends(bench, text):
    assert bench.run(text, "a", "b").values == {"a": "1", "b": "two words"}


def test_a_trap_of_the_script_runs_too(bench):
    bench.run("a=1; trap 'echo bye' EXIT", "a")
    assert bench.lines == ["bye"]


@pytest.mark.parametrize(
    "value", ["", "=", "==x", "line\nline\n", "'\"$(date)`x`\\", "h\u00e9\U0001f600", "x" * 200_000]
)
def test_a_value_is_what_it_is(bench, value):
    (bench.directory / "value").write_text(value)
    text = "IFS= read -r -d '' a < value || true"
    assert bench.run(text, "a").values == {"a": value}


def test_a_variable_that_was_not_set_is_told_from_an_empty_one(bench):
    assert bench.run("a=", "a", "b").values == {"a": "", "b": None}


@pytest.mark.parametrize("text", ["exec true", "trap : EXIT; exit 0", "kill -9 $$"])
def test_an_end_that_leaves_no_variables_is_seen(bench, text):
    assert bench.run(f"a=1; {text}", "a").values is None


def test_variables_of_any_size_are_refused(bench):
    with pytest.raises(ValueError, match="hold more than 1024 KiB"):
        bench.run("a=$(head -c 1100000 /dev/zero | tr '\\0' x)", "a")


def test_the_script_is_no_argument_and_no_file_that_stays(bench):
    secret = "correct-horse-battery"
    bench.run(f": {secret}\ntr '\\0' ' ' < /proc/$$/cmdline; ls {bench.directory}; env")
    assert secret not in "\n".join(bench.lines)
    assert not list(bench.directory.rglob("*"))


def test_the_environment_is_what_is_given(bench):
    bench.run("env | cut -d= -f1 | sort; echo $X", environ={"X": "h\u00e9"})
    assert bench.lines == ["PATH", "PWD", "SHLVL", "X", "_", "h\u00e9"]


def test_there_is_nothing_to_read_and_no_terminal(bench):
    bench.run("read x; echo \"read: $? '$x'\"; [ -t 0 ] || echo none; : < /dev/tty || echo no tty")
    assert bench.lines[:2] == ["read: 1 ''", "none"]
    assert bench.lines[-1] == "no tty"


def test_a_bare_wait_waits_for_the_scripts_own_children_only(bench):
    assert bench.run("echo $(jobs -p | wc -l); wait; echo waited").code == 0
    assert bench.lines == ["0", "waited"]


def test_a_script_out_of_time_is_ended_with_its_children(bench):
    with pytest.raises(OutOfTime) as caught:
        bench.run("sleep 600 & echo $!; (sleep 600 & echo $!; wait) & sleep 0.3; echo TIME; wait")
    assert caught.value.last[-1] == "TIME"
    children = [int(line) for line in bench.lines if line.isdigit()]
    assert len(children) == 2
    assert all(gone(child) for child in children)


def test_a_script_that_does_not_heed_the_request_is_killed(bench):
    began = time.monotonic()
    with pytest.raises(OutOfTime):
        bench.run("trap '' TERM; echo $$; echo TIME; while :; do sleep 600; done")
    assert time.monotonic() - began < SOON
    assert gone(int(bench.lines[0]))


def test_a_script_may_clean_up_when_it_is_asked_to_end(bench):
    with pytest.raises(Stopped):
        bench.run("trap 'echo cleaned; exit 1' TERM; echo STOP; sleep 600 & wait", grace=SOON)
    assert bench.lines == ["STOP", "cleaned"]


def test_a_flood_is_stopped_in_time(bench):
    with pytest.raises(OutOfTime):
        bench.run("echo TIME; yes")
    assert set(bench.lines) <= {"TIME", "y", ""}


@pytest.mark.parametrize("how", ["sleep 600 &", "nohup sleep 600 > /dev/null 2>&1 &"])
def test_what_a_script_leaves_running_ends_with_it(bench, how):
    began = time.monotonic()
    assert bench.run(f"{how} echo $!; echo done").code == 0
    assert time.monotonic() - began < SOON
    assert gone(int(bench.lines[-2]))


def test_who_leaves_the_group_is_not_waited_for(bench):
    began = time.monotonic()
    bench.run("setsid sh -c 'echo $$; exec sleep 600' & sleep 0.5; echo done")
    assert time.monotonic() - began < SOON
    os.kill(int(bench.lines[0]), signal.SIGKILL)


def test_a_script_that_closes_its_output_is_waited_for(bench):
    assert bench.run("exec >&- 2>&-; sleep 0.4; exit 5").code == 5


def test_when_the_engine_is_killed_the_script_and_its_children_end(tmp_path):
    program = textwrap.dedent(f"""
        from pathlib import Path
        from penstock_core.bash import Script, run_bash
        text = "trap '' TERM; echo $$; sleep 600 & echo $!; wait; sleep 600"
        run_bash(
            Script(text, {{"PATH": {PATH!r}}}, Path({str(tmp_path)!r})),
            log=lambda line: print(line, flush=True),
            check=lambda: None,
            seconds_left=lambda: 600.0,
        )
    """)
    engine = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert engine.stdout is not None
    pids = [int(engine.stdout.readline()) for _ in range(2)]
    engine.kill()
    assert all(gone(pid) for pid in pids)
    engine.communicate(timeout=SOON)


def test_a_second_interrupt_leaves_nothing_behind(bench):
    with pytest.raises(KeyboardInterrupt):
        bench.run("trap 'echo AGAIN' TERM; echo $$; echo STOP; while :; do sleep 0.1; done")
    assert gone(int(bench.lines[0]))


def test_no_descriptor_is_left_open(bench):
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        bench.run("echo x", "a")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
