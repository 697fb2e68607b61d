"""The ``penstock`` command itself: its sub-commands, imported when they are asked for."""

import importlib

import click
from typing_extensions import override

__all__ = ["is_verbose", "penstock"]

#: Each command: its module below ``penstock.cli``, in the order of the help.
_COMMANDS = {
    "demo": "demo",
    "run": "run",
    "validate": "check",
    "plan": "check",
    "inputs": "inputs",
    "backtest": "backtest",
    "runs": "history",
    "show": "history",
    "log": "history",
    "rehearse": "rehearse",
    "resume": "run",
    "rerun": "run",
    "abort": "run",
    "approve": "answer",
    "reject": "answer",
    "connectors": "connectors",
    "connector": "connectors",
    "plugins": "catalogue",
    "steps": "catalogue",
    "schema": "catalogue",
    "sandbox": "demo",
    "completion": "completion",
}


class _Lazy(click.Group):
    """A group that imports a command's module when the command is asked for."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"penstock.cli.{_COMMANDS[cmd_name]}")
        command = getattr(module, cmd_name)
        assert isinstance(command, click.Command)  # noqa: S101 - says so to the type checker
        return command

    @override
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        from penstock.nearest import nearest

        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = nearest(args[0], list(_COMMANDS)) if args else None
            if near is None or "did you mean" in error.message.lower():
                raise
            raise click.UsageError(f"{error.message} Did you mean {near!r}?", ctx) from None


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"penstock {version('penstock')}")
        ctx.exit()


@click.group(
    cls=_Lazy,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  penstock demo                                  see it work, with nothing set up
  penstock run pipeline.yaml -i version=4.2.0    run a pipeline
  penstock run pipeline.yaml --sandbox           the same, against an embedded Jira
  penstock show last                             what became of it

Exit codes: 0 succeeded, 1 failed, 2 refused (nothing was sent), 3 rejected, 4 expired,
5 aborted, 6 interrupted (the run is kept; `penstock resume RUN` goes on).""",
)
@click.option("-v", "--verbose", is_flag=True, help="Show where an error comes from.")
@click.option(
    "--version",
    is_flag=True,
    callback=_version,
    expose_value=False,
    is_eager=True,
    help="Show the version.",
)
def penstock(verbose: bool) -> None:
    """Run change pipelines that open a Jira ticket and wait for its approval.

    Takes Harness pipeline YAML, on a laptop, in a CI job, or against an embedded sandbox Jira.
    """
    _verbose.clear()
    if verbose:
        _verbose.append(True)


_verbose: list[bool] = []


def is_verbose() -> bool:
    """Whether ``-v`` was given."""
    return bool(_verbose)
