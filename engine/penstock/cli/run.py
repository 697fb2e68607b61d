"""``run``, ``resume`` and ``abort``."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Literal

import click

from penstock.app import App, StartOptions
from penstock.cli.asking import planned_with_answers
from penstock.cli.options import (
    app_for,
    connectors_option,
    database_option,
    input_options,
    masked,
    no_input_option,
    output_option,
    sandbox_option,
    sandbox_options,
    sandbox_settings,
    templates_option,
)
from penstock.errors import Refused
from penstock.events import Status
from penstock.journal import RunRecord

__all__ = ["abort", "carry", "exit_code", "parse_inputs", "rerun", "resume", "run"]

_EXITS = {
    Status.SUCCEEDED: 0,
    Status.SKIPPED: 0,
    Status.IGNORE_FAILED: 0,
    Status.FAILED: 1,
    Status.APPROVAL_REJECTED: 3,
    Status.EXPIRED: 4,
    Status.ABORTED: 5,
}


def exit_code(status: Status) -> int:
    """Return the exit code that stands for how a run ended."""
    return _EXITS[status]


def parse_inputs(pairs: tuple[str, ...]) -> dict[str, str]:
    """Return ``NAME=VALUE`` texts as a mapping; raise ``Refused`` for what is none."""
    given = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name.strip():
            raise Refused(f"-i {pair!r} is not NAME=VALUE; write, for example, -i version=4.2.0")
        given[name.strip()] = value
    return given


@click.command(
    short_help="Run a pipeline.",
    epilog="""\b
Examples:
  penstock run release.yaml -i version=4.2.0
  penstock run release.yaml --input-set prod.yaml --connectors ~/connectors
  penstock run release.yaml --sandbox --script people.yaml
  penstock run release.yaml --output json | jq -r 'select(.event == "run_finished").status'""",
)
@click.argument("file", type=click.Path(path_type=Path))
@input_options
@no_input_option
@connectors_option
@templates_option
@sandbox_option
@sandbox_options
@click.option("--detach", is_flag=True, help="Carry the run in the background; print its id.")
@output_option
@database_option
def run(
    *,
    file: Path,
    inputs: tuple[str, ...],
    input_sets: tuple[str, ...],
    no_input: bool,
    connectors: Path | None,
    templates: Path | None,
    sandbox: bool,
    script: Path | None,
    world: Path | None,
    flavour: str | None,
    ledger: Path | None,
    detach: bool,
    output: Literal["text", "json"],
    database: str | None,
) -> int:
    """Run the pipeline in FILE until it ends, and exit with the code that says how.

    Ctrl-C keeps the run; `penstock resume RUN` goes on.
    """
    settings = sandbox_settings(sandbox, script, world, flavour, ledger)
    app = app_for(database)
    options = StartOptions(file, parse_inputs(inputs), input_sets, connectors, templates, settings)
    return start(app, options, output, detach=detach, may_ask=not no_input)


def start(
    app: App,
    options: StartOptions,
    output: Literal["text", "json"],
    *,
    detach: bool = False,
    may_ask: bool = True,
) -> int:
    """Plan, journal and carry a run; return the exit code."""
    planned = planned_with_answers(app, options, may_ask=may_ask)
    for note in planned.notes:
        click.echo(f"note: {note}", err=True)
    record = app.start(options, planned)
    if detach:
        _carry_elsewhere(app, record)
        click.echo(json.dumps({"run": record.id}) if output == "json" else record.id)
        return 0
    return carry(app, record, output, resumed=False)


def carry(app: App, record: RunRecord, output: Literal["text", "json"], *, resumed: bool) -> int:
    """Carry a run here, showing it; return the exit code."""
    from penstock.render import make_renderer

    renderer = make_renderer(output, masked(app), app.clock, app.environ)
    try:
        status = app.carry(record, renderer, resumed=resumed)
    finally:
        renderer.close()
        for warning in app.secrets.warnings:
            click.echo(f"note: {warning}", err=True)
    return exit_code(status)


def _carry_elsewhere(app: App, record: RunRecord) -> None:
    command = [sys.executable, "-m", "penstock", "resume", record.id]
    command += ["--database", str(app.database.resolve()), "--output", "json"]
    subprocess.Popen(  # noqa: S603 - our own program
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@click.command(
    short_help="Go on with a run.",
    epilog="""\b
Examples:
  penstock resume last
  penstock resume k3x9 --output json""",
)
@click.argument("run_id", metavar="RUN")
@output_option
@database_option
def resume(run_id: str, output: Literal["text", "json"], database: str | None) -> int:
    """Go on with a run that was interrupted, or whose process died.

    RUN is its id, the beginning of it, or `last`. No finished step runs again.
    """
    app = app_for(database)
    record = app.find(run_id)
    if record.status.is_final:
        click.echo(f"run {record.id} has ended already: {record.status}", err=True)
        return exit_code(record.status)
    return carry(app, record, output, resumed=True)


@click.command(
    short_help="Run again from a stage on.",
    epilog="""\b
Examples:
  penstock rerun last
  penstock rerun k3x9 --from deploy""",
)
@click.argument("run_id", metavar="RUN")
@click.option("--from", "stage", metavar="STAGE", help="Default: the first that did not end well.")
@output_option
@database_option
def rerun(
    run_id: str, stage: str | None, output: Literal["text", "json"], database: str | None
) -> int:
    """Run a pipeline again with the plan and the inputs of a run that has ended, from STAGE on.

    The stages before it are not run again: what they left, Jira issues too, is read as before.
    """
    from penstock.rerun import rerun as begin

    app = app_for(database)
    record = begin(app, app.find(run_id), stage)
    return carry(app, record, output, resumed=False)


@click.command(
    short_help="End a run for good.",
    epilog="""\b
Example:
  penstock abort last""",
)
@click.argument("run_id", metavar="RUN")
@database_option
def abort(run_id: str, database: str | None) -> int:
    """End a run for good: nothing more of it is done.

    RUN is its id, the beginning of it, or `last`. What it has written to Jira stays.
    """
    app = app_for(database)
    record = app.find(run_id)
    if not app.abort(record):
        raise Refused(f"run {record.id} has ended already: {record.status}")
    click.echo(f"run {record.id} is aborted")
    return 0
