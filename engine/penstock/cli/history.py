"""``runs`` and ``show``: the journal, explained."""

import json
import os
import sys
from typing import Literal

import click

from penstock.app import App
from penstock.cli.options import app_for, database_option, masked, output_option
from penstock.render.explanation import PageStyle, run_json, run_page, run_row, runs_table
from penstock.view import run_view

__all__ = ["runs", "show"]


@click.command(
    epilog="""\b
Examples:
  penstock runs
  penstock runs --limit 0 --output json | jq -r 'select(.status == "Failed").run'"""
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
    views = (run_view(record, app.journal) for record in app.journal.runs(limit or -1))
    out = masked(app)
    if output == "json":
        for view in views:
            out.write(json.dumps(run_row(view), ensure_ascii=False) + "\n")
    else:
        out.write(runs_table(list(views), _style(app)))
    return 0


@click.command(
    epilog="""\b
Examples:
  penstock show last
  penstock show k3x9 --output json | jq .steps"""
)
@click.argument("run_id", metavar="RUN")
@output_option
@database_option
def show(*, run_id: str, output: Literal["text", "json"], database: str | None) -> int:
    """Explain a run: each step, its outputs, and for a gate each condition and why.

    RUN is its id, the beginning of it, or `last`.
    """
    app = app_for(database)
    view = run_view(app.find(run_id), app.journal, app.plugins.step_types)
    out = masked(app)
    if output == "json":
        out.write(json.dumps(run_json(view), ensure_ascii=False) + "\n")
    else:
        out.write(run_page(view, _style(app)))
    return 0


def _style(app: App) -> PageStyle:
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    signs = (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    return PageStyle(app.clock.now(), colour=colour, signs=signs)
