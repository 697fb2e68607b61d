"""``validate`` and ``plan``: what is wrong with a pipeline, and what it would do."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from penstock.app import App, StartOptions
from penstock.cli.asking import planned_with_answers
from penstock.cli.options import (
    app_for,
    connectors_option,
    input_options,
    no_input_option,
    output_option,
    sandbox_option,
    sandbox_options,
    sandbox_settings,
    templates_option,
)
from penstock.cli.run import parse_inputs
from penstock.errors import Fault, Refused
from penstock.pipeline.plan import Plan

if TYPE_CHECKING:
    from penstock.run.inspector import LivePlan

__all__ = ["plan", "validate"]


@click.command(
    short_help="Check pipelines: every fault at once.",
    epilog="""\b
Examples:
  penstock validate pipelines/*.yaml
  penstock validate release.yaml --connectors ~/connectors""",
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@connectors_option
@templates_option
def validate(*, files: tuple[Path, ...], connectors: Path | None, templates: Path | None) -> int:
    """Check pipeline FILES without running or asking anything; show every fault at once.

    Connectors are checked where there is a directory of them.
    """
    app = app_for(None)
    faults: list[Fault] = []
    for file in files:
        there = connectors is not None or (file.parent / "connectors").is_dir()
        try:
            options = StartOptions(file, connectors=connectors, templates=templates)
            planned = app.plan(options, complete=False, check_connectors=there)
        except Refused as error:
            faults += error.faults
            continue
        for note in planned.notes:
            click.echo(f"note: {note}", err=True)
        count = sum(1 for _ in planned.plan.steps())
        click.echo(f"{file}: valid ({count} {'step' if count == 1 else 'steps'})")
    if faults:
        raise Refused(*faults)
    return 0


@click.command(
    short_help="Show what a run would do.",
    epilog="""\b
Examples:
  penstock plan release.yaml -i version=4.2.0
  penstock plan release.yaml -i version=4.2.0 --live
  penstock plan release.yaml -i version=4.2.0 --live --output json
  penstock plan release.yaml -i version=4.2.0 --live --sandbox --flavour data-center""",
)
@click.argument("file", type=click.Path(path_type=Path))
@input_options
@no_input_option
@connectors_option
@templates_option
@click.option(
    "--live",
    is_flag=True,
    help="Ask the real systems, reads only: names, values, the difference, what gates say now.",
)
@sandbox_option
@sandbox_options
@output_option
def plan(
    *,
    file: Path,
    inputs: tuple[str, ...],
    input_sets: tuple[str, ...],
    no_input: bool,
    connectors: Path | None,
    templates: Path | None,
    live: bool,
    sandbox: bool,
    script: Path | None,
    world: Path | None,
    flavour: str | None,
    ledger: Path | None,
    output: Literal["text", "json"],
) -> int:
    """Show what running FILE would do: values, requests and the fields that gates look at.

    Nothing is written. What depends on the run is shown as the expression that will be evaluated.
    With --live an error, such as a field that does not exist, gives exit code 2.
    """
    if sandbox and not live:
        raise click.UsageError("--sandbox belongs to --live; add --live")
    settings = sandbox_settings(sandbox, script, world, flavour, ledger)
    app = app_for(None)
    options = StartOptions(file, parse_inputs(inputs), input_sets, connectors, templates, settings)
    there = live or connectors is not None or (file.parent / "connectors").is_dir()
    planned = planned_with_answers(app, options, check_connectors=there, may_ask=not no_input)
    for note in planned.notes:
        click.echo(f"note: {note}", err=True)
    found = _found(app, options, planned.plan) if live else None
    _show(app, planned.plan, found, output)
    return _judge(app, found) if found is not None else 0


def _found(app: App, options: StartOptions, plan: Plan) -> "LivePlan":
    from penstock.live import live_plan

    return live_plan(app, options, plan)


def _show(app: App, plan: Plan, live: "LivePlan | None", output: Literal["text", "json"]) -> None:
    from penstock.cli.plan_view import PlanView
    from penstock.pipeline.preview import preview_steps
    from penstock.render.output import Output

    now = app.clock.now()
    previews = (
        preview_steps(plan, app.plugins.step_types, now)
        if live is None
        else tuple(step.preview for step in live.steps)
    )
    view = PlanView(plan, previews, live, now)
    if output == "json":
        text = json.dumps(view.as_json(), ensure_ascii=False)
        click.echo(app.masker.mask(text))
        return
    for line in view.lines(Output(sys.stdout)):
        click.echo(app.masker.mask(line))
    sys.stdout.flush()


def _judge(app: App, live: "LivePlan") -> int:
    """Tell what was found; raise ``Refused`` with the errors, if there are any."""
    from penstock.inspection import Level
    from penstock.render.text import clean

    for found in live.findings(Level.NOTE, Level.WARNING):
        click.echo(app.masker.mask(clean(f"{found.level}: {found.fault}")), err=True)
    errors = [found.fault for found in live.findings(Level.ERROR)]
    Refused.unless_empty(
        Fault(
            app.masker.mask(fault.message),
            app.masker.mask(fault.hint),
            fault.file,
            fault.line,
            fault.column,
        )
        for fault in errors
    )
    return 0
