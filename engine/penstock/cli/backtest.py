"""``backtest``: a gate tried on tickets of the past."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import click

from penstock.app import App, StartOptions
from penstock.cli.asking import planned_with_answers
from penstock.cli.options import (
    app_for,
    connectors_option,
    input_options,
    masked,
    no_input_option,
    output_option,
    sandbox_option,
    sandbox_settings,
    sandbox_world_options,
    templates_option,
)
from penstock.cli.run import parse_inputs
from penstock.past import Past, Replayable
from penstock.pipeline.plan import Plan, PlannedStep
from penstock.render.backtest import BacktestPage, BacktestRow, OddCondition, row_json, summary_json
from penstock.render.json_lines import json_line, to_json
from penstock.render.output import Output
from penstock.run.backtest import Replay, Tally, find_gate, made_gate, replayed
from penstock.run.connectors import RunConnectors
from penstock.run.sandboxes import SandboxSettings, running, sandbox_types
from penstock.sandbox import Sandbox
from penstock.step import Connectors

__all__ = ["backtest"]


@click.command(
    short_help="Try a gate on tickets of the past.",
    epilog="""\b
Examples:
  penstock backtest release.yaml --jql 'project = CHG AND created >= -90d'
  penstock backtest release.yaml --jql 'project = CHG' --step board --limit 50
  penstock backtest release.yaml --jql 'project = CHG' --output json | jq .outcome""",
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--jql", "--query", "query", required=True, metavar="QUERY", help="Which tickets.")
@click.option("--step", metavar="ID", help="Which gate, where there are several: its id or path.")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=200,
    show_default=True,
    help="How many tickets at most; 0 for all.",
)
@input_options
@no_input_option
@connectors_option
@templates_option
@sandbox_option
@sandbox_world_options
@output_option
def backtest(
    *,
    file: Path,
    query: str,
    step: str | None,
    limit: int,
    inputs: tuple[str, ...],
    input_sets: tuple[str, ...],
    no_input: bool,
    connectors: Path | None,
    templates: Path | None,
    sandbox: bool,
    world: Path | None,
    flavour: str | None,
    output: Literal["text", "json"],
) -> int:
    """Show what a gate of FILE would have said to tickets of the past, and what is odd about it.

    Each ticket's history is rebuilt from its changes, and the gate judges it after each. Nothing is
    written, neither there nor here.
    """
    if not query.strip():
        raise click.UsageError("--jql is empty; write which tickets, such as 'project = CHG'")
    settings = sandbox_settings(sandbox, None, world, flavour, None)
    app = app_for(None)
    options = StartOptions(file, parse_inputs(inputs), input_sets, connectors, templates, settings)
    planned = planned_with_answers(app, options, may_ask=not no_input)
    stage, found = find_gate(planned.plan, app.plugins.step_types, step)
    kind = app.plugins.step_types[found.type]
    gate = made_gate(planned.plan, stage, found, kind, app.clock.now())
    assert isinstance(gate, Replayable)  # noqa: S101 - find_gate has looked; this is for the types
    trial = _Trial(Output(masked(app)), found, query, limit, output)
    with _sandboxes(app, planned.plan, settings) as sandboxes:
        history = gate.history(_connectors(app, options, planned.plan, sandboxes), query)
        with _progress() as tell:
            for past in trial.taken(iter(history)):
                trial.add(replayed(gate, past))
                tell(trial.tally.total)
        trial.show(app, tuple(history.suspicions()))
    return 0


class _Trial:
    """What is found, ticket by ticket, and shown in the end."""

    def __init__(
        self,
        out: Output,
        step: PlannedStep,
        query: str,
        limit: int,
        output: Literal["text", "json"],
    ) -> None:
        self.tally = Tally()
        self._out, self._step, self._query = out, step, query
        self._limit, self._output = limit, output
        self._rows: list[BacktestRow] = []
        self._cut = False

    def taken(self, pasts: Iterator[Past]) -> Iterator[Past]:
        """Yield no more than the limit, and know whether there was more."""
        if not self._limit:
            yield from pasts
            return
        yield from islice(pasts, self._limit)
        self._cut = next(pasts, None) is not None

    def add(self, replay: Replay) -> None:
        """Take one in; as JSON, it is printed at once."""
        self.tally.add(replay)
        row = BacktestRow(
            replay.past.key,
            replay.outcome,
            replay.verdict.reason,
            replay.at,
            replay.seconds,
            replay.past.link,
        )
        self._rows.append(row)
        if self._output == "json":
            line = {**row_json(row), "verdict": to_json(replay.verdict)}
            self._out.write(json_line(line))

    def show(self, app: App, suspicions: tuple[str, ...]) -> None:
        """Print what it all comes to."""
        page = BacktestPage(
            self._step.path,
            self._query,
            self._step.timeout,
            self._rows,
            self._cut,
            self.tally.approved_after,
            self.tally.median,
            [
                OddCondition(one.label, one.expected, one.rejection, one.seen, one.near)
                for one in self.tally.never_true()
            ],
            suspicions,
            self.tally.doubts,
        )
        if self._output == "json":
            self._out.write(json_line(summary_json(page)))
            return
        colour = self._out.isatty() and not os.environ.get("NO_COLOR")
        self._out.write(page.text(app.clock.now(), colour=colour))


@contextmanager
def _sandboxes(
    app: App, plan: Plan, settings: SandboxSettings | None
) -> Iterator[Mapping[str, Sandbox]]:
    if settings is None:
        yield {}
        return
    kinds = sandbox_types(plan, app.plugins.step_types, app.plugins.connector_types)
    with TemporaryDirectory() as directory:
        states = Path(directory) / "backtest"
        with running(kinds, settings, states, app.clock, lambda: None) as started:
            yield {name: sandbox for name, (sandbox, _) in started.items()}


def _connectors(
    app: App, options: StartOptions, plan: Plan, sandboxes: Mapping[str, Sandbox]
) -> Connectors:
    return RunConnectors(
        options.connectors or options.file.parent / "connectors",
        app.plugins.connector_types,
        app.secrets,
        app.clock,
        org=plan.org,
        project=plan.project,
        sandboxes=sandboxes,
    )


@contextmanager
def _progress() -> Iterator["_Tell"]:
    """Yield what tells a person at a terminal how far it is; it leaves no trace."""
    stream = sys.stderr
    tell = _Tell()
    try:
        yield tell
    finally:
        if tell.told:
            stream.write("\r\x1b[K")
            stream.flush()


class _Tell:
    """Writes a count on one line of the terminal, if there is one."""

    def __init__(self) -> None:
        self.told = False

    def __call__(self, count: int) -> None:
        if sys.stderr.isatty():
            self.told = True
            sys.stderr.write(f"\r\x1b[K{count} tickets…")
            sys.stderr.flush()
