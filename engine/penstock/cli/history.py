"""``runs``, ``show`` and ``log``: the journal, explained, and what steps have printed."""

import os
from dataclasses import replace
from typing import Literal

import click

from penstock.app import App
from penstock.cli.options import app_for, database_option, masked, output_option
from penstock.errors import Refused
from penstock.nearest import suggestion
from penstock.render.explanation import PageStyle, run_json, run_page, run_row, runs_table
from penstock.render.json_lines import json_line
from penstock.render.output import Output
from penstock.render.signs import SIGNS
from penstock.render.text import clean
from penstock.run.step_log import kept_logs, logs_of
from penstock.view import run_view

__all__ = ["log", "runs", "show"]


@click.command(
    short_help="List runs.",
    epilog="""\b
Examples:
  penstock runs
  penstock runs --limit 0 --output json | jq -r 'select(.status == "Failed").run'""",
)
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="How many of the newest runs; 0 for all.",
)
@output_option
@database_option
def runs(*, limit: int, output: Literal["text", "json"], database: str | None) -> int:
    """List runs, the newest first."""
    app = app_for(database)
    # A look does not make a journal; a mistyped path must not look like an empty one.
    there = app.database.exists()
    if not there:
        click.echo(f"note: there is no journal {app.database} yet", err=True)
    records = app.journal.runs(limit or -1) if there else ()
    views = (run_view(record, app.journal) for record in records)
    out = Output(masked(app))
    if output == "json":
        for view in views:
            out.write(json_line(run_row(view)))
    else:
        out.write(runs_table(list(views), _style(app, out)))
    return 0


@click.command(
    short_help="Explain a run.",
    epilog="""\b
Examples:
  penstock show last
  penstock show k3x9 --output json | jq .steps""",
)
@click.argument("run_id", metavar="RUN")
@output_option
@database_option
def show(*, run_id: str, output: Literal["text", "json"], database: str | None) -> int:
    """Explain a run: each step, its outputs, and for a gate each condition and why.

    RUN is its id, the beginning of it, or `last`.
    """
    app = app_for(database)
    record = app.find(run_id)
    view = run_view(record, app.journal, app.plugins.step_types)
    view = replace(view, carried=app.is_carried(record))
    out = Output(masked(app))
    if output == "json":
        out.write(json_line(run_json(view)))
    else:
        out.write(run_page(view, _style(app, out)))
    return 0


@click.command(
    short_help="Print what a run's steps have printed.",
    epilog="""\b
Examples:
  penstock log last
  penstock log k3x9 deploy/canary""",
)
@click.argument("run_id", metavar="RUN")
@click.argument("step", metavar="[STEP]", required=False)
@database_option
def log(*, run_id: str, step: str | None, database: str | None) -> int:
    """Print what the scripts of a run have printed, all of it, without secrets.

    RUN is its id, the beginning of it, or `last`; STEP is `stage/step`, or the step alone.
    """
    app = app_for(database)
    record = app.find(run_id)
    logs = kept_logs(logs_of(app.database), record.id)
    wanted = {
        path: file for path, file in logs.items() if step in {None, path, path.rpartition("/")[2]}
    }
    if step is not None and not wanted:
        known = suggestion(step, logs) or "it has no logs at all"
        raise Refused(f"no step {step!r} of run {record.id} has printed anything; {known}")
    if not wanted:
        click.echo("note: nothing was printed", err=True)
    out = Output(masked(app))
    for path, file in wanted.items():
        out.write(f"== {path}\n" if step is None else "")
        with file.open(encoding="utf-8", errors="replace", newline="\n") as stream:
            for line in stream:
                out.write(f"{clean(line.rstrip())}\n")
    return 0


def _style(app: App, out: Output) -> PageStyle:
    colour = out.isatty() and not os.environ.get("NO_COLOR")
    return PageStyle(app.clock.now(), colour=colour, signs=out.can_write(SIGNS))
