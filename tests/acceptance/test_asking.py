"""What a pipeline lacks is asked for at a terminal, and nowhere else."""

import json
import os
import pty
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

#: Long enough for the slowest machine; nothing waits for it in vain.
LIMIT = 60
PIPELINE = r"""
pipeline:
  identifier: p
  variables:
    - name: version
      description: "The \e[31mtag"
      required: true
      value: <+input>.regex(\d+\.\d+)
    - {name: risk, value: "<+input>.default(Low).selectOneFrom(Low,High)"}
    - {name: regions, value: "<+input>.selectManyFrom(EU,US,\\'a,b\\')"}
    - {name: note, value: <+input>}
  stages:
    - stage:
        identifier: s
        type: Custom
        timeout: <+input>
        spec:
          execution:
            steps:
              - step:
                  identifier: a
                  type: JiraCreate
                  spec:
                    connectorRef: account.jira
                    projectKey: REL
                    issueType: Task
                    fields: [{name: Summary, value: T <+pipeline.variables.version>}]
"""


@dataclass
class Terminal:
    """A person at a terminal, who sees the questions and types answers."""

    process: "subprocess.Popen[bytes]"
    leader: int
    seen: str = ""
    _new: str = field(default="", repr=False)

    def read_until(self, wanted: str) -> str:
        """Return what is shown up to *wanted*."""
        while wanted not in self._new:
            try:
                chunk = os.read(self.leader, 65536).decode()
            except OSError:
                chunk = ""
            assert chunk, f"{wanted!r} was not shown:\n{self.seen}"
            self._new += chunk
            self.seen += chunk
        shown, _, self._new = self._new.partition(wanted)
        return shown

    def answer(self, question: str, text: str) -> str:
        """Wait for a question and answer it; return what was shown before it."""
        shown = self.read_until(f"\n{question}: ")
        os.write(self.leader, text.encode() + b"\n")
        return shown

    def end(self) -> int:
        """Read all that is left; return the exit code."""
        while True:
            try:
                chunk = os.read(self.leader, 65536)
            except OSError:
                chunk = b""
            if not chunk:
                return self.process.wait(timeout=60)
            self.seen += chunk.decode()


@pytest.fixture
def terminal(shell):
    opened, watchdogs = [], []

    def start(*arguments: str | Path, stdout: int | None = None) -> Terminal:
        leader, follower = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "penstock", *map(str, arguments)],
            cwd=shell.directory,
            env={**shell.environ, "TERM": "xterm"},
            stdin=follower,
            stdout=follower if stdout is None else stdout,
            stderr=follower,
            start_new_session=True,
        )
        os.close(follower)
        opened.append(Terminal(process, leader))
        watchdog = threading.Timer(LIMIT, process.kill)
        watchdog.start()
        watchdogs.append(watchdog)
        return opened[-1]

    yield start
    for watchdog in watchdogs:
        watchdog.cancel()
    for each in opened:
        each.process.kill()
        each.process.wait()
        os.close(each.leader)
        if each.process.stdout:
            each.process.stdout.close()


def test_missing_inputs_are_asked_for_each_until_it_is_acceptable(shell, terminal):
    file = shell.write("p.yaml", PIPELINE)
    person = terminal("plan", file)
    head = person.answer("version", "")
    assert "Ctrl-C ends this, and nothing is sent" in head
    assert "(text; required; matches" in head
    assert "The [31mtag" in head
    assert "a value is needed" in person.answer("version", "four")
    assert "'four' does not match the required regex pattern" in person.answer("version", "4.2")
    choices = person.answer("risk [Low]", "3")
    assert "1  Low" in choices
    assert "'3' does not match any of the allowed values" in person.answer("risk [Low]", "2")
    person.answer("regions (may be empty)", "3, US")
    person.answer("note (may be empty)", "{{ 7*7 }}")
    person.answer("timeout", "soon")
    assert "'soon' is not a duration" in person.answer("timeout", "1h")
    assert person.end() == 0
    for line in ("version = 4.2", "risk = High", 'regions = "a,b",US', "note = {{ 7*7 }}"):
        assert line in person.seen


def test_enter_takes_the_default_and_what_is_given_is_not_asked_for(shell, terminal):
    file = shell.write("p.yaml", PIPELINE)
    person = terminal("plan", file, "-i", "version=1.2", "-i", "timeout=1h", "-i", "note=x")
    person.answer("risk [Low]", "")
    person.answer("regions (may be empty)", "")
    assert person.end() == 0
    assert "risk = Low" in person.seen
    assert "version:" not in person.seen


def test_nothing_is_asked_where_nothing_is_missing(shell, terminal):
    text = PIPELINE.replace("timeout: <+input>", "timeout: 1h")
    file = shell.write("p.yaml", text)
    given = [part for name in ("version=1.2", "regions=EU", "note=") for part in ("-i", name)]
    person = terminal("plan", file, *given)
    assert person.end() == 0
    assert "risk = Low" in person.seen
    assert "Ctrl-C" not in person.seen


def test_other_faults_come_before_any_question(shell, terminal):
    file = shell.write("p.yaml", PIPELINE.replace("issueType", "isueType"))
    person = terminal("plan", file)
    assert person.end() == 2
    assert "unknown key `isueType`" in person.seen
    assert "Ctrl-C" not in person.seen


def test_a_mapping_cannot_be_asked_for(shell, terminal):
    file = shell.write("p.yaml", PIPELINE.replace("timeout: <+input>", "when: <+input>"))
    person = terminal("plan", file)
    assert person.end() == 2
    assert "the input s.when has no value; give it in an input set" in person.seen
    assert "the input version has no value" in person.seen
    assert "Ctrl-C" not in person.seen


def test_a_person_may_give_up_and_nothing_is_sent(shell, terminal):
    file = shell.write("p.yaml", PIPELINE)
    person = terminal("run", file, "--sandbox")
    person.read_until("\nversion: ")
    os.write(person.leader, b"\x04")  # the end of the file; Ctrl-C goes the same way
    assert person.end() == 2
    assert "not all inputs were given: nothing was sent" in person.seen
    assert "no journal" in shell("runs").err


def test_a_secret_is_neither_shown_nor_taken_for_its_name(shell, terminal):
    text = PIPELINE.replace("name: note,", "name: note, type: Secret, required: true,")
    file = shell.write("p.yaml", text)
    shell.environ["PENSTOCK_SECRET_ACCOUNT_DEPLOY"] = "the-value-itself"
    given = ("-i", "version=1.2", "-i", "timeout=1h", "-i", "regions=EU", "--sandbox")
    person = terminal("run", file, *given, "--no-input")
    assert person.end() == 2
    person = terminal("run", file, *given)
    person.answer("risk [Low]", "")
    assert "never the secret itself" in person.answer("note", "hunter22")
    assert "no secret of that name is set" in person.answer("note", "account.deploy")
    assert person.end() == 0, person.seen
    assert "hunter22" not in person.seen
    assert "the-value-itself" not in person.seen
    stored = shell("show", "last", "--output", "json").out
    assert "hunter22" not in stored
    assert b"hunter22" not in (shell.directory / "journal.db").read_bytes()
    assert "note" not in json.loads(stored)["inputs"]


def test_questions_leave_the_json_of_a_run_alone(shell, terminal):
    file = shell.write("p.yaml", PIPELINE)
    given = ("-i", "timeout=1h", "-i", "regions=EU", "-i", "note=")
    person = terminal("run", file, *given, "--sandbox", "--output", "json", stdout=subprocess.PIPE)
    person.answer("version", "1.2")
    person.answer("risk [Low]", "1")
    lines = person.process.stdout.read().decode().splitlines()
    assert json.loads(lines[-1])["status"] == "Succeeded"
    assert person.end() == 0


@pytest.mark.parametrize("arguments", [[], ["--no-input"]])
def test_elsewhere_all_that_is_missing_is_told_at_once(shell, arguments):
    file = shell.write("p.yaml", PIPELINE)
    result = shell("run", file, "--sandbox", *arguments)
    assert result.code == 2
    rows = result.err.splitlines()
    assert [row.split(": ")[1].split("; ")[0] for row in rows] == [
        f"the input {name} has no value" for name in ("version", "regions", "note", "s.timeout")
    ]
    assert all("give it with -i " in row for row in rows)


def test_no_input_asks_nothing_at_a_terminal(shell, terminal):
    person = terminal("run", shell.write("p.yaml", PIPELINE), "--sandbox", "--no-input")
    assert person.end() == 2
    assert "the input version has no value" in person.seen


# What is to fill in


def test_a_set_to_fill_in_is_printed_and_taken_back(shell):
    file = shell.write("p.yaml", PIPELINE)
    printed = shell("inputs", file)
    assert printed.code == 0, printed.err
    filled = printed.out.replace("<+input>\n", "1.2\n").replace("timeout: 1.2", "timeout: 1h")
    assert filled.count("1.2") == 3
    shell.write(
        "set.yaml",
        filled.replace("value: 1.2\n      - name: note", "value: EU\n      - name: note"),
    )
    planned = shell("plan", file, "--input-set", "set.yaml")
    assert planned.code == 0, planned.err
    assert "version = 1.2" in planned.out


def test_the_inputs_are_data_too(shell):
    file = shell.write("p.yaml", PIPELINE)
    rows = shell("inputs", file, "--output", "json").events
    assert [row["name"] for row in rows] == ["version", "risk", "regions", "note", "s.timeout"]
    assert rows[1] == {
        "name": "risk",
        "type": "String",
        "required": False,
        "default": "Low",
        "allowedValues": ["Low", "High"],
        "many": False,
        "patterns": [],
        "executionInput": False,
        "description": "",
        "file": str(file),
        "line": 9,
        "column": 27,
    }


def test_a_pipeline_that_asks_for_nothing_says_so(shell, pipelines):
    result = shell("inputs", shell.write("p.yaml", "pipeline: {identifier: p}\n"))
    assert result.code == 0
    assert "asks for no inputs" in result.err
    assert "identifier: p\n" in result.out


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: b\n", "this is not a pipeline"),
        ("pipeline: {identifier: p, name: <+input>.x()}\n", "`<+input>` has no `.x(…)`"),
        ("pipeline: {identifier: p, template: {templateRef: t}}\n", "there is no template 't'"),
    ],
)
def test_inputs_of_what_is_wrong_are_not_printed(shell, text, fault):
    result = shell("inputs", shell.write("p.yaml", text))
    assert (result.code, result.out) == (2, "")
    assert fault in result.err
