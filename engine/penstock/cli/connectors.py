"""``connectors`` and ``connector test``: which there are, and whether one works."""

import json
from pathlib import Path
from typing import Literal

import click

from penstock.app import App
from penstock.cli.options import app_for, output_option
from penstock.connectors.files import ConnectorDirectory
from penstock.errors import Refused

__all__ = ["connector", "connectors"]

_DIRECTORY = click.option(
    "--connectors",
    "directory",
    metavar="DIR",
    default="connectors",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Directory of connector files.",
)


@click.command(
    short_help="List connectors.",
    epilog="""\b
Examples:
  penstock connectors
  penstock connectors --connectors ~/connectors --output json""",
)
@_DIRECTORY
@output_option
def connectors(*, directory: Path, output: Literal["text", "json"]) -> int:
    """List the connectors of a directory: how a pipeline refers to each, and its file."""
    from penstock.render.text import align, clean, joined

    found = _directory(app_for(None), directory).all()
    if output == "json":
        for item in found:
            row = {
                "reference": item.reference,
                "type": item.type,
                "name": item.name,
                "scope": str(item.scope),
                "org": item.org,
                "project": item.project,
                "file": item.source.file,
            }
            click.echo(json.dumps(row, ensure_ascii=False))
        return 0
    if not found:
        click.echo(f"there are no connectors in {directory}")
        return 0
    rows = [["REFERENCE", "TYPE", "WHERE", "NAME", "FILE"]]
    for item in found:
        where = "/".join(part for part in (item.org, item.project) if part) or "account"
        cells = [item.reference, item.type, where, item.name or "", item.source.file]
        rows.append(list(map(clean, cells)))
    for cells in align(rows):
        click.echo(joined(cells))
    return 0


@click.group()
def connector() -> None:
    """Work with one connector."""


@connector.command(
    epilog="""\b
Examples:
  penstock connector test account.jira_cloud
  penstock connector test account.jira_cloud --subject REL
  penstock connector test jira --org default --project payments"""
)
@click.argument("reference", metavar="REF")
@_DIRECTORY
@click.option("--org", help="The org whose connectors `org.ID` names.")
@click.option("--project", help="The project, in --org, whose connectors a plain `ID` names.")
@click.option("--subject", help="What to look at there; which thing that is depends on the type.")
def test(
    *, reference: str, directory: Path, org: str | None, project: str | None, subject: str | None
) -> int:
    """Try the connector REF, piece by piece; each with what was found and what to do.

    Exit code 0 if all is well, 1 if a piece is not.
    """
    from penstock.render.text import clean

    app = app_for(None)
    found = _directory(app, directory).resolve(
        reference, org=org, project=project, secrets=app.secrets, clock=app.clock
    )
    if subject is not None and found.test_subject is None:
        raise Refused(f"connectors of type {found.type} take no --subject; leave it out")
    good = True
    for check in found.test() if subject is None else found.test(subject):
        sign = {True: "ok  ", False: "FAIL", None: "--  "}[check.ok]
        colour = {True: "green", False: "red", None: None}[check.ok]
        good = good and check.ok is not False
        line = f"{sign} {check.name}: {check.found}"
        click.secho(app.masker.mask(clean(line)), fg=colour)
        if check.advice:
            click.echo(app.masker.mask(f"     {clean(check.advice)}"))
    return 0 if good else 1


def _directory(app: App, directory: Path) -> ConnectorDirectory:
    return ConnectorDirectory(directory, app.plugins.connector_types)
