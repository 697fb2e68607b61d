"""``rehearse``."""

from pathlib import Path
from typing import Literal

import click

from penstock.app import StartOptions
from penstock.cli.options import (
    app_for,
    connectors_option,
    database_option,
    input_options,
    output_option,
    sandbox_options,
    templates_option,
)
from penstock.cli.run import carry, parse_inputs
from penstock.errors import Refused
from penstock.rehearse import RehearsalOptions, plan_rehearsal
from penstock.run.sandboxes import SandboxSettings

__all__ = ["rehearse"]


@click.command(
    short_help="Try a pipeline: nothing outside of the sandbox is touched.",
    epilog="""\b
Examples:
  penstock rehearse release.yaml -i version=4.2.0
  penstock rehearse release.yaml --reject approval
  penstock rehearse release.yaml --fail deploy/canary --script people.yaml
  penstock rehearse harness.yaml --stand-in artifact.tag=4.2.0""",
)
@click.argument("file", type=click.Path(path_type=Path))
@input_options
@connectors_option
@templates_option
@click.option("--fail", multiple=True, metavar="STEP", help="Let this step fail. Repeatable.")
@click.option(
    "--reject", multiple=True, metavar="STEP", help="Let this approval be rejected. Repeatable."
)
@click.option("--expire", multiple=True, metavar="STEP", help="Let this step expire. Repeatable.")
@click.option(
    "--stand-in",
    "stand_ins",
    multiple=True,
    metavar="NAME=VALUE",
    help="What a name of the platform, or an output of a step that is stood in for, is. "
    "Repeatable.",
)
@click.option(
    "--real",
    multiple=True,
    metavar="TYPE",
    help="Run the steps of this type as they are. Repeatable.",
)
@sandbox_options
@output_option
@database_option
def rehearse(
    *,
    file: Path,
    inputs: tuple[str, ...],
    input_sets: tuple[str, ...],
    connectors: Path | None,
    templates: Path | None,
    fail: tuple[str, ...],
    reject: tuple[str, ...],
    expire: tuple[str, ...],
    stand_ins: tuple[str, ...],
    real: tuple[str, ...],
    script: Path | None,
    world: Path | None,
    flavour: str | None,
    ledger: Path | None,
    output: Literal["text", "json"],
    database: str | None,
) -> int:
    """Go through the pipeline in FILE without touching anything but an embedded sandbox.

    Jira steps run against the sandbox Jira. Every other step is stood in for: it says what it
    would have done, and leaves values that show where they come from. An approval that waits is
    taken for approved, unless --script plays the people. A step is named by its path or its
    identifier.
    """
    app = app_for(database)
    settings = SandboxSettings(world, script, flavour, ledger)
    options = StartOptions(file, parse_inputs(inputs), input_sets, connectors, templates, settings)
    asked = RehearsalOptions(_troubles(fail, reject, expire), _values(stand_ins), real)
    planned, rehearsal = plan_rehearsal(app, options, asked)
    for note in planned.notes:
        click.echo(f"note: {note}", err=True)
    if rehearsal.types:
        click.echo(f"note: stood in for: {', '.join(rehearsal.types)}", err=True)
    record = app.start(options, planned, rehearsal)
    return carry(app, record, output, resumed=False)


def _troubles(
    fail: tuple[str, ...], reject: tuple[str, ...], expire: tuple[str, ...]
) -> dict[str, str]:
    found: dict[str, str] = {}
    for how, names in (("fail", fail), ("reject", reject), ("expire", expire)):
        for name in names:
            if found.setdefault(name, how) != how:
                raise Refused(f"{name!r} cannot both --{found[name]} and --{how}; take one away")
    return found


def _values(pairs: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name.strip():
            raise Refused(
                f"--stand-in {pair!r} is not NAME=VALUE; write, for example, artifact.tag=4.2.0"
            )
        found[name.strip()] = value
    return found
