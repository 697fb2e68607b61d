"""``completion``: the script that makes a shell complete commands and options."""

import click
from click.shell_completion import get_completion_class

__all__ = ["completion"]


@click.command(
    short_help="Print a tab completion script.",
    epilog="""\b
Examples:
  eval "$(penstock completion bash)"        in ~/.bashrc
  penstock completion fish > ~/.config/fish/completions/penstock.fish""",
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the tab completion script of SHELL."""
    from penstock.cli.group import penstock

    kind = get_completion_class(shell)
    if kind is not None:
        click.echo(kind(penstock, {}, "penstock", "_PENSTOCK_COMPLETE").source())
