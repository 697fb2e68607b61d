"""The step ``ShellScript``: what it takes, what it refuses, and what it leaves."""

import os
import time

import pytest
from pydantic import ValidationError

from penstock.errors import ConnectorError, FailureType, StepExpired, StepFailed
from penstock.run.interruption import Interrupted
from penstock.secret import Secret
from penstock.testing import FakeClock
from penstock.validation import sentences_of
from penstock_core import penstock_step_types
from penstock_core.environment import environment_of
from penstock_core.shell_script import ShellScript


def spec(script="true", **more):
    inline = {"type": "Inline", "spec": {"script": script}}
    return {"shell": "Bash", "source": inline, **more}


def step(script="true", **more):
    return ShellScript.model_validate(spec(script, **more))


def given(**values):
    return [{"name": name, "type": "String", "value": value} for name, value in values.items()]


def wanted(*names, kind="String"):
    return [{"name": name, "type": kind, "value": name} for name in names]


def complaint(**more):
    with pytest.raises(ValidationError) as caught:
        step(**more)
    (sentence,) = sentences_of(caught.value, spec(**more), model=ShellScript)
    return sentence


def test_the_plugin_provides_the_step():
    assert ShellScript in penstock_step_types()


def test_a_script_runs_beside_the_pipeline_and_its_lines_are_logged(desk):
    (desk.directory / "here.txt").write_text("found")
    assert step("cat here.txt").run(desk.context()) == {}
    assert desk.lines == ["found"]


def test_variables_of_the_script_are_outputs(desk):
    outputs = step(
        "version=4.2.0; count=3; ratio=-0.5",
        outputVariables=[
            {"name": "version", "type": "String", "value": "version"},
            {"name": "n.of-them", "type": "Number", "value": "count"},
            {"name": "ratio", "type": "Number", "value": "ratio"},
        ],
    ).run(desk.context())
    values = {"version": "4.2.0", "n.of-them": 3, "ratio": -0.5}
    assert outputs == {"output": {"outputVariables": values}}


def test_a_variable_that_was_not_set_is_empty_and_told(desk):
    variables = [*wanted("a", "b"), *wanted("n", kind="Number")]
    outputs = step("a=1", outputVariables=variables).run(desk.context())
    assert outputs["output"]["outputVariables"] == {"a": "1", "b": "", "n": ""}
    assert desk.notes == ["the script did not set b, n: left as empty text"]


@pytest.mark.parametrize("text", ["3 pieces", "1_000", "0x1F", "1e999", "nan", "\u0663", "9" * 80])
def test_a_number_must_be_one(desk, text):
    with pytest.raises(StepFailed, match="'n' is of type Number, and the script left ") as caught:
        step(f"n='{text}'", outputVariables=wanted("n", kind="Number")).run(desk.context())
    assert "write type: String" in caught.value.hint
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("end", ["trap : EXIT; exit 0", "exec true"])
def test_a_script_that_leaves_no_variables_fails(desk, end):
    with pytest.raises(StepFailed, match="ended without leaving its output variables"):
        step(f"a=1; {end}", outputVariables=wanted("a")).run(desk.context())


def test_a_code_other_than_0_fails_with_the_last_lines(desk):
    with pytest.raises(StepFailed) as caught:
        step("for i in $(seq 9); do echo line $i; done; exit 3").run(desk.context())
    message = "the script ended with exit code 3; the last it printed:\n"
    assert str(caught.value) == message + "\n".join(f"line {i}" for i in range(5, 10))
    with pytest.raises(StepFailed, match=r"^the script ended with exit code 1$"):
        step("false").run(desk.context())


@pytest.mark.parametrize(
    ("how", "shown"), [("KILL", "SIGKILL"), ("SEGV", "SIGSEGV"), ("40", "signal 40")]
)
def test_a_signal_that_ended_it_is_named(desk, how, shown):
    with pytest.raises(StepFailed, match=f"the script was ended by {shown}"):
        step(f"kill -{how} $$; sleep 60").run(desk.context())


def test_a_script_that_takes_too_long_expires(desk):
    clock = FakeClock()
    desk.clock, desk.on_line = clock, lambda line: clock.advance(60)
    with pytest.raises(StepExpired) as caught:
        step("echo working; sleep 600").run(desk.context(59))
    assert "ran out of time and was ended, with all that it had started" in str(caught.value)
    assert "working" in caught.value.message
    assert "longer `timeout`" in caught.value.hint


def test_a_stop_of_the_run_ends_it(desk):
    desk.on_line = lambda line: desk.stop.request("stopped by SIGINT")
    began = time.monotonic()
    with pytest.raises(Interrupted, match="stopped by SIGINT"):
        step("echo working; sleep 600").run(desk.context())
    assert time.monotonic() - began < 60


# The environment.


def test_given_values_are_in_the_environment_as_they_are(desk):
    evil = "'; echo pwned; $(echo pwned) `echo pwned` {{ 7*7 }} \U0001f600\nnext"
    variables = given(A=evil, B="", C="x" * 32_768)
    step('printf "%s" "$A"; echo "[$B] ${#C}"', environmentVariables=variables).run(desk.context())
    assert "\n".join(desk.lines) == f"{evil}[] 32768"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (3, "3"),
        (3.0, "3"),
        (2.5, "2.5"),
        (None, ""),
        (["a", {"b": 1}], '["a",{"b":1}]'),
    ],
)
def test_a_value_of_another_type_becomes_text(value, text):
    assert step(environmentVariables=given(A=value)).environment_variables[0].value == text


def test_little_of_our_own_environment_is_handed_on(desk):
    environ = {
        "PATH": "/bin",
        "HOME": "/home/ann",
        "LC_ALL": "C.UTF-8",
        "AWS_SECRET": "x",
        "PENSTOCK_SECRET_ACCOUNT_TOKEN": "x",
        "PENSTOCK_DATABASE": "x",
        "KUBECONFIG": "k",
        "BASH_FUNC_x%%": "() { :; }",
    }
    variables = step(environmentVariables=given(HOME="/tmp", X="y")).environment_variables
    found = environment_of(variables, desk.context(), environ)
    assert found == {"PATH": "/bin", "HOME": "/tmp", "LC_ALL": "C.UTF-8", "X": "y"}


def test_whoever_runs_penstock_may_hand_on_more_but_no_secret(desk):
    environ = {
        "PATH": "/bin",
        "KUBECONFIG": "k",
        "AWS_PROFILE": "p",
        "PENSTOCK_SECRET_X": "x",
        "PENSTOCK_SCRIPT_ENVIRONMENT": " KUBECONFIG ,AWS_PROFILE,NONE,PENSTOCK_SECRET_X",
    }
    found = environment_of((), desk.context(), environ)
    assert found == {"PATH": "/bin", "KUBECONFIG": "k", "AWS_PROFILE": "p"}


def test_without_a_path_there_is_the_systems(desk):
    assert environment_of((), desk.context(), {}) == {"PATH": os.defpath}


def test_a_secret_is_given_by_value_or_by_reference(desk):
    secret = Secret("battery-staple", "account.y")
    variables = [
        {"name": "A", "value": secret},
        {"name": "B", "type": "Secret", "value": " account.token "},
        {"name": "C", "type": "Secret", "value": secret},
    ]
    step('echo "$A $B $C"', environmentVariables=variables).run(desk.context())
    assert desk.lines == ["battery-staple correct-horse battery-staple"]


def test_a_secret_may_be_in_the_script(desk):
    step(Secret("echo correct-horse", "account.x")).run(desk.context())
    assert desk.lines == ["correct-horse"]


def test_a_reference_to_no_secret_says_so(desk):
    with pytest.raises(ConnectorError, match=r"the secret 'account\.nix' is not set"):
        step(environmentVariables=[{"name": "B", "type": "Secret", "value": "account.nix"}]).run(
            desk.context()
        )


@pytest.mark.parametrize("value", ["a\0b", "\ud800"])
@pytest.mark.parametrize("hidden", [False, True])
def test_a_value_that_no_environment_can_hold_is_refused_without_showing_it(desk, value, hidden):
    text = "correct-horse" + value
    variables = given(A=Secret(text, "account.x") if hidden else text)
    with pytest.raises(StepFailed, match="the environment variable A holds a character") as caught:
        step(environmentVariables=variables).run(desk.context())
    assert "correct-horse" not in str(caught.value)


# What cannot be run.


def test_too_large_an_environment_is_said_so(desk):
    with pytest.raises(StepFailed, match="cannot be run: argument list too long") as caught:
        step(environmentVariables=given(A="x" * 4_000_000)).run(desk.context())
    assert "in a file" in caught.value.hint
    assert caught.value.failure_type is FailureType.CONFIGURATION


def test_a_machine_without_bash_says_so(desk):
    with pytest.raises(StepFailed, match="cannot be run: there is no bash") as caught:
        step(environmentVariables=given(PATH=str(desk.directory))).run(desk.context())
    assert "install it" in caught.value.hint


def test_a_directory_that_is_not_there_says_so(desk):
    target = {"workingDirectory": "nix"}
    with pytest.raises(StepFailed, match=r"there is no directory .*nix"):
        step(executionTarget=target).run(desk.context())


def test_a_script_that_is_no_text_says_so(desk):
    with pytest.raises(StepFailed, match=r"cannot be run: .*surrogates not allowed"):
        step("echo \ud800").run(desk.context())


@pytest.mark.parametrize("where", ["below", "absolute"])
def test_a_script_may_run_elsewhere(desk, where):
    directory = desk.directory / "below"
    directory.mkdir()
    path = str(directory) if where == "absolute" else "below"
    step("pwd -P", executionTarget={"workingDirectory": path}).run(desk.context())
    assert desk.lines == [str(directory.resolve())]


# What is refused, and what Harness writes that has no effect.


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"shell": "PowerShell"}, "`shell` must be Bash: Penstock does not run PowerShell"),
        ({"shell": "Zsh"}, "`shell` must be Bash, not 'Zsh'"),
        ({"source": {"type": "Harness", "spec": {"script": "x"}}}, "`type` must be Inline: Harn"),
        ({"source": {"type": "Inline", "spec": {"script": " \n"}}}, "`script` has nothing in it"),
        (
            {"source": {"type": "Inline", "spec": {"file": "x", "script": "x"}}},
            "unknown key `file`",
        ),
        ({"outputAlias": {"key": "k", "scope": "Stage"}}, "`outputAlias` is not here: "),
        ({"onDelegate": False}, "`onDelegate` must be true: scripts run on this machine"),
        ({"executionTarget": {"host": "web1"}}, "`host` must be empty: scripts run on this"),
        ({"executionTarget": {"connectorRef": "ssh"}}, "`connectorRef` must be empty: scripts"),
        ({"outputVariables": wanted("a", kind="Secret")}, "`type` must be String or Number: out"),
        ({"outputVariables": wanted("a", "a")}, "`outputVariables` has 'a' 2 times; rename one"),
        ({"environmentVariables": given(A="1") * 2}, "`environmentVariables` has 'A' 2 times"),
        ({"environmentVariables": given(**{"A-B": "1"})}, "`name` does not match the pattern"),
        (
            {"outputVariables": [{"name": "a", "value": "x; rm -rf /"}]},
            "`value` does not match the pattern",
        ),
        ({"environmentVariables": [{"name": "A"}]}, "`value` is required"),
    ],
)
def test_what_cannot_be_done_is_refused_with_words(more, sentence):
    assert complaint(**more).startswith(sentence)


def test_what_harness_writes_besides_is_taken():
    step(
        onDelegate=True,
        executionTarget={},
        delegateSelectors=["linux"],
        includeInfraSelectors=True,
        environmentVariables=[],
        outputVariables=[],
        outputAlias=None,
    )


def test_a_script_is_not_run_a_second_time():
    assert not ShellScript.repeatable


def test_a_plan_says_what_would_run():
    assert step("a\nb\n").preview() == ("Bash runs a script of 2 lines",)
    variables = {"environmentVariables": given(A="1", B="2"), "outputVariables": wanted("v")}
    assert step("true", **variables).preview() == (
        "Bash runs a script of 1 line",
        "gives it A, B",
        "reads v at its end",
    )
