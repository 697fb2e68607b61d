"""Options that several commands share, and the application that they stand for."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO, TypeVar, cast

import click
from click.core import ParameterSource

from penstock.app import App
from penstock.run.sandboxes import SandboxSettings

__all__ = [
    "app_for",
    "connectors_option",
    "database_option",
    "input_options",
    "ledger_option",
    "masked",
    "no_input_option",
    "output_option",
    "sandbox_option",
    "sandbox_options",
    "sandbox_settings",
    "sandbox_world_options",
    "templates_option",
]

F = TypeVar("F", bound=Callable[..., Any])


def database_option(function: F) -> F:
    """Add ``--database``."""
    return click.option(
        "--database",
        metavar="FILE",
        envvar="PENSTOCK_DATABASE",
        show_envvar=True,
        help="The journal: an SQLite file. Default: in your state directory.",
    )(function)


def connectors_option(function: F) -> F:
    """Add ``--connectors``."""
    return click.option(
        "--connectors",
        metavar="DIR",
        type=click.Path(path_type=Path),
        help="Directory of connector files. Default: connectors/ beside the pipeline.",
    )(function)


def templates_option(function: F) -> F:
    """Add ``--templates``."""
    return click.option(
        "--templates",
        metavar="DIR",
        type=click.Path(path_type=Path),
        help="Directory of template files. Default: templates/ beside the pipeline.",
    )(function)


def output_option(function: F) -> F:
    """Add ``--output``."""
    return click.option(
        "--output",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="text for people, json for programs (one object a line).",
    )(function)


def input_options(function: F) -> F:
    """Add ``--input`` and ``--input-set``."""
    function = click.option(
        "--input-set",
        "input_sets",
        multiple=True,
        metavar="FILE|ID",
        help="An input set or an overlay: a file, or one in inputsets/ beside the pipeline. "
        "Repeatable; later wins.",
    )(function)
    return click.option(
        "-i",
        "--input",
        "inputs",
        multiple=True,
        metavar="NAME=VALUE",
        help="A runtime input (<+input>), as data. Repeatable; wins over --input-set.",
    )(function)


def no_input_option(function: F) -> F:
    """Add ``--no-input``."""
    text = "Never ask for inputs that are missing, also at a terminal."
    return click.option("--no-input", is_flag=True, help=text)(function)


def sandbox_option(function: F) -> F:
    """Add ``--sandbox``."""
    return click.option(
        "--sandbox",
        is_flag=True,
        help="Point every connector that has a sandbox (Jira) at an embedded one.",
    )(function)


def sandbox_settings(
    sandbox: bool,
    script: Path | None,
    world: Path | None,
    flavour: str | None,
    ledger: Path | None,
) -> SandboxSettings | None:
    """Return what ``--sandbox`` and its options ask for; raise ``UsageError`` for one without it.

    A ledger that the environment names asks for no sandbox.
    """
    source = click.get_current_context().get_parameter_source("ledger")
    asked = ledger if source is ParameterSource.COMMANDLINE else None
    given = {"--script": script, "--world": world, "--flavour": flavour, "--ledger": asked}
    for option, value in given.items():
        if value is not None and not sandbox:
            raise click.UsageError(f"{option} belongs to --sandbox; add --sandbox")
    return SandboxSettings(world, script, flavour, ledger) if sandbox else None


def sandbox_options(function: F) -> F:
    """Add what sets up a sandbox: ``--script``, ``--world``, ``--flavour`` and ``--ledger``."""
    function = sandbox_world_options(ledger_option(function))
    return _file_option("--script", "What people do in the sandbox, in order.")(function)


def sandbox_world_options(function: F) -> F:
    """Add what a sandbox is: ``--world`` and ``--flavour``."""
    function = click.option(
        "--flavour", metavar="NAME", help="Which flavour the sandbox has (cloud, data-center)."
    )(function)
    return _file_option("--world", "What is in the sandbox at the start.")(function)


def ledger_option(function: F) -> F:
    """Add ``--ledger``."""
    return click.option(
        "--ledger",
        type=click.Path(path_type=Path),
        metavar="FILE",
        envvar="PENSTOCK_SANDBOX_LEDGER",
        show_envvar=True,
        help="Where to leave every write that the sandbox received, as JSON.",
    )(function)


def _file_option(name: str, text: str) -> Callable[[F], F]:
    return click.option(name, type=click.Path(path_type=Path), metavar="FILE", help=text)


def app_for(database: str | None) -> App:
    """Return the application over the journal that ``--database`` names."""
    return App(_database(database), os.environ)


def _database(text: str | None) -> Path:
    from penstock.errors import Refused

    if not text:
        from platformdirs import user_state_path

        return user_state_path("penstock") / "journal.db"
    scheme, separator, rest = text.partition("://")
    if not separator:
        return Path(text)
    if scheme == "sqlite":
        return Path(rest.removeprefix("/") if rest.startswith("//") or rest[1:2] == "." else rest)
    raise Refused(
        f"--database {scheme}://… is not supported; write a file's path, or sqlite:///path"
    )


class _Masked:
    """A text stream that hides secrets in whatever is written to it."""

    def __init__(self, stream: TextIO, app: App) -> None:
        self._stream = stream
        self._masker = app.masker

    def write(self, text: str) -> int:
        self._stream.write(self._masker.mask(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def masked(app: App, stream: TextIO | None = None) -> TextIO:
    """Return *stream*, or the standard output, with the application's secrets hidden."""
    return cast("TextIO", _Masked(stream or sys.stdout, app))
