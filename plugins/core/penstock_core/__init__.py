"""The neighbours of the Jira steps: scripts, HTTP, waits and approvals by people."""

from collections.abc import Sequence

from penstock.hooks import hookimpl
from penstock.step import Step

__all__ = ["penstock_step_types"]


@hookimpl
def penstock_step_types() -> Sequence[type[Step]]:
    """Provide ``ShellScript``, ``HarnessApproval`` and ``Wait``."""
    from penstock_core.harness_approval import HarnessApproval
    from penstock_core.shell_script import ShellScript
    from penstock_core.wait import Wait

    return (HarnessApproval, ShellScript, Wait)
