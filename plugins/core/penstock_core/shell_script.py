"""``ShellScript``: runs a script on this machine, and reads variables when it has ended."""

import re
import shutil
import signal
from collections.abc import Collection
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, field_validator

from penstock.errors import FailureType, StepExpired, StepFailed
from penstock.json_types import Json
from penstock.step import Outputs, Step, StepContext
from penstock_core.bash import Finished, OutOfTime, Script, run_bash
from penstock_core.environment import EnvironmentVariable, ShellName, environment_of
from penstock_core.source import Shell, Source
from penstock_core.spec import DelegateSelectors, OutputName, Spec, not_twice

__all__ = ["OutputVariable", "ShellScript", "bash_of", "failure_of", "outputs_of"]


_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
#: Characters of a value in a message.
_SHOWN = 40


def _no_secret(kind: object) -> object:
    if kind == "Secret":
        raise ValueError(
            "must be String or Number: outputs are kept and shown, so a secret cannot be one; "
            "put it into your store of secrets, and let later steps name it there"
        )
    return kind


class OutputVariable(Spec):
    """A variable of the script that later steps may read."""

    name: OutputName = Field(description="What it is called in the outputs.")
    type: Annotated[Literal["String", "Number"], BeforeValidator(_no_secret)] = Field(
        "String", description="String or Number."
    )
    value: ShellName = Field(description="The variable of the script.")


class Target(Spec):
    """Where a script runs."""

    host: str = Field("", description="Must be empty: scripts run on this machine.")
    connector_ref: str = Field("", description="Must be empty.")
    working_directory: str = Field("", description="Beside the pipeline's file, or absolute.")

    @field_validator("host", "connector_ref")
    @classmethod
    def _is_here(cls, value: str) -> str:
        if value.strip():
            raise ValueError(
                "must be empty: scripts run on this machine; reach another one with ssh"
            )
        return value


def _no_alias(alias: object) -> object:
    if alias is not None:
        raise ValueError(
            "is not here: there are no exported variables yet; read "
            "<+execution.steps.ID.output.outputVariables.NAME>"
        )
    return alias


class ShellScript(Step):
    """Runs a script in Bash on this machine. Leaves variables of it as outputs."""

    type: ClassVar[str] = "ShellScript"
    secret_keys: ClassVar[frozenset[str]] = frozenset(
        {"source.spec.script", "environmentVariables.*.value"}
    )
    output_names: ClassVar[Collection[str] | None] = ("output",)

    shell: Shell = Field(description="Bash.")
    source: Source = Field(description="The script.")
    environment_variables: tuple[EnvironmentVariable, ...] = Field(
        (), description="What it finds in its environment, beside PATH, HOME and the like."
    )
    output_variables: tuple[OutputVariable, ...] = Field(
        (), description="Which of its variables later steps may read."
    )
    execution_target: Target | None = Field(None, description="Where it runs.")
    on_delegate: bool = Field(default=True, description="Must be true: it runs here.")
    delegate_selectors: DelegateSelectors = Field((), description="Harness's; has no effect.")
    include_infra_selectors: bool = Field(default=False, description="Harness's; has no effect.")
    output_alias: Annotated[None, BeforeValidator(_no_alias)] = Field(
        None, description="Not here yet."
    )

    @field_validator("on_delegate")
    @classmethod
    def _runs_here(cls, here: bool) -> bool:
        if not here:
            raise ValueError("must be true: scripts run on this machine; reach another with ssh")
        return here

    @field_validator("environment_variables", "output_variables")
    @classmethod
    def _names_are_unique(
        cls, variables: tuple[EnvironmentVariable | OutputVariable, ...]
    ) -> tuple[EnvironmentVariable | OutputVariable, ...]:
        not_twice(variable.name for variable in variables)
        return variables

    def run(self, context: StepContext) -> Outputs:
        """Run the script; fail unless it ends with 0."""
        finished = bash_of(
            Script(
                self.source.text,
                environment_of(self.environment_variables, context),
                context.run.directory / (self.execution_target or Target()).working_directory,
                tuple(variable.value for variable in self.output_variables),
            ),
            context,
        )
        if finished.code != 0:
            raise failure_of(finished)
        return outputs_of(finished, self.output_variables, context)

    def preview(self) -> tuple[str, ...]:
        """Return what would run, and with what."""
        count = len(self.source.text.strip().splitlines())
        lines = [f"Bash runs a script of {count} {'line' if count == 1 else 'lines'}"]
        if self.environment_variables:
            lines.append(f"gives it {', '.join(v.name for v in self.environment_variables)}")
        if self.output_variables:
            lines.append(f"reads {', '.join(v.value for v in self.output_variables)} at its end")
        return tuple(lines)


def bash_of(script: Script, context: StepContext, seconds: float | None = None) -> Finished:
    """Run a script for a step, for at most *seconds*; say in words why it could not be run."""
    if shutil.which(script.bash, path=script.environ["PATH"]) is None:
        raise _cannot_run("there is no bash", "install it, or put it into the PATH")
    if not script.directory.is_dir():
        raise _cannot_run(f"there is no directory {script.directory}", "make it")
    began = context.clock.monotonic()

    def left() -> float:
        own = seconds - (context.clock.monotonic() - began) if seconds is not None else None
        step = context.seconds_left()
        return step if own is None else min(own, step)

    try:
        return run_bash(script, log=context.log, check=lambda: _look_up(context), seconds_left=left)
    except OutOfTime as error:
        message = "the script ran out of time and was ended, with all that it had started"
        hint = "give the step a longer `timeout`, or find out what the script waits for"
        raise StepExpired(_with_lines(message, error.last), hint=hint) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        hint = "hand large values over in a file"
        raise _cannot_run(str(reason).lower(), hint) from error


def _look_up(context: StepContext) -> None:
    """Let the clock interrupt whoever waits, if the run is to stop."""
    context.clock.wait(0)


def _cannot_run(message: str, hint: str) -> StepFailed:
    text = f"the script cannot be run: {message}"
    return StepFailed(text, hint=hint, failure=FailureType.CONFIGURATION)


def failure_of(finished: Finished) -> StepFailed:
    """Return why a script that did not end with 0 failed: its code and its last lines."""
    code = finished.code
    if code < 0:
        name = signal.Signals(-code).name if -code in list(signal.Signals) else f"signal {-code}"
        how = f"the script was ended by {name}"
    else:
        how = f"the script ended with exit code {code}"
    return StepFailed(_with_lines(how, finished.last))


def _with_lines(message: str, last: tuple[str, ...]) -> str:
    return "\n".join([f"{message}; the last it printed:", *last]) if last else message


def outputs_of(
    finished: Finished, variables: tuple[OutputVariable, ...], context: StepContext
) -> Outputs:
    """Return the outputs that a script has left; fail where it could not leave them."""
    if not variables:
        return {}
    if finished.values is None:
        raise StepFailed(
            "the script ended without leaving its output variables",
            hint="it must not replace the trap on EXIT and then call exit, nor call exec",
        )
    missing = [v.value for v in variables if finished.values[v.value] is None]
    if missing:
        context.note(f"the script did not set {', '.join(missing)}: left as empty text")
    values = {v.name: _typed(v, finished.values[v.value] or "") for v in variables}
    return {"output": {"outputVariables": values}}


def _typed(variable: OutputVariable, text: str) -> Json:
    if variable.type == "String" or not text:
        return text
    if _NUMBER.fullmatch(text.strip()):
        return float(text) if "." in text else int(text)
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    raise StepFailed(
        f"the output variable {variable.name!r} is of type Number, and the script left {shown!r}",
        hint="print numbers without units, or write type: String",
    )
