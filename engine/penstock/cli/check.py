"""``validate`` and ``plan``: what is wrong with a pipeline, and what it would do."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import click

from penstock.app import App, StartOptions
from penstock.cli.options import app_for, connectors_option, input_options, output_option
from penstock.cli.run import parse_inputs
from penstock.errors import Fault, Refused
from penstock.pipeline.plan import Plan

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
def validate(*, files: tuple[Path, ...], connectors: Path | None) -> int:
    """Check pipeline FILES without running or asking anything; show every fault at once.

    Connectors are checked where there is a directory of them.
    """
    app = app_for(None)
    faults: list[Fault] = []
    for file in files:
        there = connectors is not None or (file.parent / "connectors").is_dir()
        try:
            planned = app.plan(
                StartOptions(file, connectors=connectors), complete=False, check_connectors=there
            )
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
  penstock plan release.yaml -i version=4.2.0 --output json""",
)
@click.argument("file", type=click.Path(path_type=Path))
@input_options
@connectors_option
@output_option
def plan(
    *,
    file: Path,
    inputs: tuple[str, ...],
    input_sets: tuple[str, ...],
    connectors: Path | None,
    output: Literal["text", "json"],
) -> int:
    """Show what running FILE would do: values, requests and the fields that gates look at.

    Nothing is sent. What depends on the run is shown as the expression that will be evaluated.
    """
    app = app_for(None)
    options = StartOptions(file, parse_inputs(inputs), input_sets, connectors)
    there = connectors is not None or (file.parent / "connectors").is_dir()
    planned = app.plan(options, complete=True, check_connectors=there)
    for note in planned.notes:
        click.echo(f"note: {note}", err=True)
    if output == "json":
        click.echo(json.dumps(_as_json(app, planned.plan), ensure_ascii=False))
    else:
        _print_text(app, planned.plan)
    return 0


def _as_json(app: App, plan: Plan) -> dict[str, Any]:
    from penstock.pipeline.preview import preview_steps, preview_variables

    now = app.clock.now()
    return {
        "pipeline": plan.identifier,
        "name": plan.name,
        "file": plan.file,
        "variables": preview_variables(plan, now),
        "steps": [
            {
                "path": item.step.path,
                "type": item.step.type,
                "timeout": item.step.timeout,
                "spec": item.spec,
                "would": list(item.lines),
            }
            for item in preview_steps(plan, app.plugins.step_types, now)
        ],
    }


def _print_text(app: App, plan: Plan) -> None:
    from penstock.duration import format_duration
    from penstock.pipeline.preview import preview_steps, preview_variables
    from penstock.render.text import clean

    now = app.clock.now()
    click.secho(f"{clean(plan.name)}  ({clean(plan.file)})", bold=True)
    for name, value in preview_variables(plan, now).items():
        click.echo(f"  {name} = {clean(_shown(value))}")
    stage = None
    for item in preview_steps(plan, app.plugins.step_types, now):
        if item.stage.path != stage:
            stage = item.stage.path
            click.echo(f"\n{clean(item.stage.name)}{_when(item.stage)}")
        limit = format_duration(item.step.timeout)
        head = f"  {clean(item.step.name)}  {item.step.type}, within {limit}{_when(item.step)}"
        click.secho(head, bold=True)
        for line in item.lines or _spec_lines(item.spec):
            click.echo(f"    {clean(line)}")
    sys.stdout.flush()


def _when(node: Any) -> str:
    parts = [] if node.occasion == "Success" else [f"on {node.occasion.lower()}"]
    parts += [f"if {node.condition.strip()}"] if node.condition else []
    return f"  [{', '.join(parts)}]" if parts else ""


def _spec_lines(spec: Mapping[str, Any]) -> list[str]:
    return [f"{key}: {_shown(value)}" for key, value in spec.items()]


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
