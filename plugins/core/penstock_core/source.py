"""What a step with a script says of it: the shell, the text, and where it runs."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from penstock.secret import Secret
from penstock_core.spec import Spec, scalar_text

__all__ = ["Shell", "Source"]


def _only_bash(shell: object) -> object:
    if shell == "PowerShell":
        raise ValueError(
            "must be Bash: Penstock does not run PowerShell; where it is installed, a Bash script "
            "can call it: pwsh -File script.ps1"
        )
    return shell


#: Harness: ``Bash`` or ``PowerShell``.
Shell: TypeAlias = Annotated[Literal["Bash"], BeforeValidator(_only_bash)]


def _only_inline(kind: object) -> object:
    if kind == "Harness":
        raise ValueError(
            "must be Inline: Harness's file store is not here; write the script into the "
            "pipeline, or call a file that lies beside it"
        )
    return kind


def _script(value: object) -> object:
    text = scalar_text(value)
    if isinstance(text, str) and not text.strip():
        raise ValueError("has nothing in it; write what is to run")
    return text


class Inline(Spec):
    """A script as text."""

    script: Annotated[str | Secret, BeforeValidator(_script)] = Field(
        description="What Bash runs. Expressions in it are replaced by their values first."
    )


class Source(Spec):
    """Where a script comes from."""

    type: Annotated[Literal["Inline"], BeforeValidator(_only_inline)] = Field(
        description="Inline: the script stands in the pipeline."
    )
    spec: Inline = Field(description="The script.")

    @property
    def text(self) -> str:
        """The script's text, with any secrets in it: for Bash, and for nothing else."""
        script = self.spec.script
        return script.reveal() if isinstance(script, Secret) else script
