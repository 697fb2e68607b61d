"""``demo`` and ``sandbox``: Penstock with nothing set up."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Literal

import click

from penstock.app import App, StartOptions
from penstock.cli.options import (
    app_for,
    database_option,
    ledger_option,
    output_option,
    sandbox_options,
)
from penstock.cli.run import start
from penstock.errors import Refused
from penstock.run.interruption import Stop
from penstock.run.local import stopped_by_signals
from penstock.run.sandboxes import SandboxSettings
from penstock.sandbox import Sandbox, SandboxOptions

__all__ = ["demo", "sandbox"]


@click.command(
    short_help="See it work, with nothing set up.",
    epilog="""\b
Examples:
  penstock demo
  penstock demo --manual      you approve the ticket, on the sandbox's page""",
)
@click.option(
    "--manual", is_flag=True, help="Leave the approval to you, at the page whose address is shown."
)
@ledger_option
@output_option
@database_option
def demo(
    *, manual: bool, ledger: Path | None, output: Literal["text", "json"], database: str | None
) -> int:
    """Watch a change go through: ticket, approval, deployment, close.

    Runs the change-approval example against an embedded sandbox Jira, in which a simulated
    colleague approves the ticket after a few seconds.
    """
    app = app_for(database)
    for kind in _sandboxes(app):
        found = kind.demo()
        if found is not None:
            settings = SandboxSettings(script=None if manual else found.script, ledger=ledger)
            return start(app, StartOptions(found.pipeline, sandbox=settings), output)
    raise Refused(
        "no installed plugin has a demo; " + (app.plugins.advice or "see `penstock plugins`")
    )


@click.command(
    short_help="Start the sandbox Jira alone, with its page.",
    epilog="""\b
Examples:
  penstock sandbox --port 8080
  penstock sandbox --flavour data-center --script people.yaml
  penstock sandbox --print-world > world.yaml""",
)
@click.argument("type_name", metavar="[TYPE]", required=False)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Default: any free port.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@sandbox_options
@click.option(
    "--state",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Keep its contents in FILE, over restarts.",
)
@click.option("--print-world", is_flag=True, help="Print the default world as YAML, and exit.")
def sandbox(
    *,
    type_name: str | None,
    port: int,
    host: str,
    flavour: str | None,
    world: Path | None,
    script: Path | None,
    ledger: Path | None,
    state: Path | None,
    print_world: bool,
) -> int:
    """Start a sandbox alone, with its page, until Ctrl-C.

    TYPE is the connector type it stands in for; needed only where there are several.
    """
    app = app_for(None)
    kind = _chosen(app, type_name)
    if print_world:
        click.echo(kind.print_world())
        return 0
    options = SandboxOptions(
        world=world,
        script=script,
        flavour=flavour,
        ledger=ledger,
        state=state,
        host=host,
        port=port,
        clock=app.clock,
    )
    running = kind(options)
    stop = Stop()
    with stopped_by_signals(stop):
        page = running.start()
        try:
            click.echo(f"Sandbox {kind.connector_type}: {page}  (Ctrl-C stops it)")
            _until(stop.bell)
        finally:
            running.stop()
    return 0


def _until(bell: Event) -> None:
    # In slices: a plain wait would not let signals through on every system.
    while not bell.wait(0.5):
        continue


def _sandboxes(app: App) -> Iterator[type[Sandbox]]:
    for kind in app.plugins.connector_types.values():
        sandbox = kind.sandbox()
        if sandbox is not None:
            yield sandbox


def _chosen(app: App, type_name: str | None) -> type[Sandbox]:
    found = {kind.connector_type: kind for kind in _sandboxes(app)}
    if type_name in found:
        return found[type_name]
    if type_name is None and len(found) == 1:
        return next(iter(found.values()))
    if not found:
        raise Refused(
            "no installed plugin has a sandbox; " + (app.plugins.advice or "see `penstock plugins`")
        )
    raise Refused(f"which sandbox? Write one of: {', '.join(sorted(found))}")
