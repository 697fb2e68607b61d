"""What a script finds in its environment: little of ours, and what the pipeline gives it."""

import os
from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, StringConstraints

from penstock.errors import FailureType, StepFailed
from penstock.secret import Secret
from penstock.step import StepContext
from penstock_core.spec import SecretText, Spec

__all__ = ["PASSED_ON", "EnvironmentVariable", "ShellName", "environment_of"]

#: The variable that names further variables of ours that scripts may have.
PASSED_ON = "PENSTOCK_SCRIPT_ENVIRONMENT"
_KEPT = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR")
_LOCALE = "LC_"
#: Never passed on, whatever is asked for: a value from there would not be masked.
_OURS = "PENSTOCK_SECRET_"

#: How a variable of the shell may be called.
ShellName: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$", max_length=128)
]


class EnvironmentVariable(Spec):
    """A variable that a script finds in its environment."""

    name: ShellName = Field(description="Its name.")
    type: Literal["String", "Number", "Secret"] = Field(
        "String", description="Secret: the value is the reference of a secret (account.token)."
    )
    value: SecretText = Field(description="Its value; secrets.getValue(…) may be in it.")


def environment_of(
    variables: tuple[EnvironmentVariable, ...],
    context: StepContext,
    environ: Mapping[str, str] = os.environ,
) -> dict[str, str]:
    """Return the environment of a script: what is kept of *environ*, and *variables*.

    Raise ``ConnectorError`` for a secret that is not there, and ``StepFailed`` for a value that no
    environment can hold; no message shows a value.
    """
    asked = {name.strip() for name in environ.get(PASSED_ON, "").split(",")}
    found = {
        name: value
        for name, value in environ.items()
        if (name in _KEPT or name in asked or name.startswith(_LOCALE))
        and not name.startswith(_OURS)
    }
    found.setdefault("PATH", os.defpath)
    for variable in variables:
        found[variable.name] = _value(variable, context)
    return found


def _value(variable: EnvironmentVariable, context: StepContext) -> str:
    value = variable.value
    if variable.type == "Secret" and isinstance(value, str):
        value = context.secret(value.strip())
    text = value.reveal() if isinstance(value, Secret) else value
    if "\0" in text or not _encodable(text):
        raise StepFailed(
            f"the value of the environment variable {variable.name} holds a character that no "
            "environment can hold",
            hint="take it out, or hand it over in base64",
            failure=FailureType.CONFIGURATION,
        )
    return text


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:  # half of a character, as other systems' JSON may hold
        return False
    return True
