"""``inputs``: what a pipeline asks for, as an input set to fill in."""

import json
from pathlib import Path
from typing import Any, Literal

import click

from penstock.app import StartOptions
from penstock.cli.options import app_for, output_option, templates_option
from penstock.errors import Refused
from penstock.pipeline.inputs import Input
from penstock.source import Source

__all__ = ["inputs"]


@click.command(
    short_help="Print an input set to fill in.",
    epilog="""\b
Examples:
  penstock inputs release.yaml > prod.yaml
  penstock inputs release.yaml --output json""",
)
@click.argument("file", type=click.Path(path_type=Path))
@templates_option
@output_option
def inputs(*, file: Path, templates: Path | None, output: Literal["text", "json"]) -> int:
    """Print what FILE asks for when it is run: an input set (YAML) to fill in.

    Each input stands there with its default, and a comment says what it takes. Give the file
    with --input-set.
    """
    from penstock.pipeline.blank_set import blank_input_set

    intake = app_for(None).intake(StartOptions(file, templates=templates))
    Refused.unless_empty(intake.faults)
    if output == "json":
        for item in intake.inputs:
            click.echo(json.dumps(_as_json(item, intake.source), ensure_ascii=False))
        return 0
    if not intake.inputs:
        click.echo(f"note: {file} asks for no inputs", err=True)
    click.echo(blank_input_set(intake.source, intake.inputs), nl=False)
    return 0


def _as_json(item: Input, source: Source) -> dict[str, Any]:
    place = source.place(item.path)
    return {
        "name": item.name,
        "type": "Structure" if item.is_structure else item.type,
        "required": item.required,
        "default": item.form.default,
        "allowedValues": list(item.form.allowed),
        "many": item.form.many,
        "patterns": list(item.form.patterns),
        "executionInput": item.form.during_run,
        "description": item.description,
        "file": source.file_of(item.path),
        "line": place.line,
        "column": place.column,
    }
