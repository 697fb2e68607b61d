"""``plugins``, ``steps`` and ``schema``: what is installed, and how it is written."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, Literal

import click

from penstock.cli.options import app_for, output_option
from penstock.duration import format_duration
from penstock.errors import Refused
from penstock.nearest import suggestion
from penstock.plugins import Plugins
from penstock.render.text import align, fit, joined

__all__ = ["plugins", "schema", "steps"]

_WIDEST_TYPE = 40


@click.command(
    short_help="List the installed plugins.",
    epilog="""\b
Examples:
  penstock plugins
  penstock plugins --output json""",
)
@output_option
def plugins(*, output: Literal["text", "json"]) -> int:
    """List the installed plugins and what each provides."""
    loaded = app_for(None).plugins
    if output == "json":
        for plugin in loaded.listing():
            click.echo(json.dumps(asdict(plugin)))
        return 0
    for plugin in loaded.listing():
        click.secho(f"{plugin.name}  ({plugin.distribution} {plugin.version})", bold=True)
        click.echo(f"  module      {plugin.module}")
        click.echo(f"  steps       {', '.join(plugin.step_types) or '-'}")
        click.echo(f"  connectors  {', '.join(plugin.connector_types) or '-'}")
        click.echo(f"  hooks       {', '.join(plugin.hooks)}")
    if loaded.advice:
        click.echo(loaded.advice)
    return 0


@click.command(
    short_help="List step types, or the fields of one.",
    epilog="""\b
Examples:
  penstock steps
  penstock steps JiraApproval""",
)
@click.argument("type_name", metavar="[TYPE]", required=False)
@output_option
def steps(*, type_name: str | None, output: Literal["text", "json"]) -> int:
    """List the step types, or show the fields of TYPE."""
    loaded = app_for(None).plugins
    if type_name is not None:
        return _one_type(loaded, type_name, output)
    rows = [(name, _summary(kind)) for name, kind in sorted(loaded.step_types.items())]
    if output == "json":
        for name, summary in rows:
            click.echo(json.dumps({"type": name, "summary": summary}))
        return 0
    for cells in align(rows):
        click.echo(joined(cells))
    if loaded.advice:
        click.echo(loaded.advice)
    return 0


def _one_type(loaded: Plugins, type_name: str, output: Literal["text", "json"]) -> int:
    kind = loaded.step_types.get(type_name)
    if kind is None:
        advice = loaded.advice or suggestion(type_name, list(loaded.step_types))
        raise Refused(f"there is no step type {type_name!r}; {advice}")
    described = kind.model_json_schema(by_alias=True)
    if output == "json":
        click.echo(json.dumps(described))
        return 0
    click.secho(type_name, bold=True)
    click.echo(f"  {_summary(kind)}\n")
    for cells in align([("FIELD", "TYPE", "", "WHAT IT IS"), *_field_rows(described)]):
        click.echo("  " + joined(cells))
    return 0


def _summary(kind: type) -> str:
    return (kind.__doc__ or "").strip().partition("\n")[0]


def _field_rows(described: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, ...]]:
    """Yield a row for each field, those of nested objects below their own."""
    definitions = described.get("$defs", {})
    required = described.get("required", ())
    for name, field in described.get("properties", {}).items():
        need = "required" if name in required else _default(field)
        text = str(field.get("description", "")).replace("\n", " ")
        yield prefix + name, _kind(field), need, text
        for reference in _references(field):
            inner = {**definitions.get(reference, {}), "$defs": definitions}
            yield from _field_rows(inner, f"{prefix}  ")


def _default(field: Mapping[str, Any]) -> str:
    value = field.get("default")
    if value in (None, [], {}, ""):
        return ""
    if isinstance(value, float) and field.get("type") == "string":  # a duration
        return f"default {format_duration(value)}"
    return f"default {str(value).lower() if isinstance(value, bool) else value}"


def _kind(field: Mapping[str, Any]) -> str:
    if "enum" in field or "const" in field:
        return fit(" | ".join(map(str, field.get("enum", [field.get("const")]))), _WIDEST_TYPE)
    if "anyOf" in field or "oneOf" in field:
        kinds = [_kind(item) for item in field.get("anyOf", field.get("oneOf", ()))]
        return fit(
            " | ".join(dict.fromkeys(item for item in kinds if item != "null")), _WIDEST_TYPE
        )
    if "items" in field:
        return f"list of {_kind(field['items'])}"
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    return str(field.get("type", "any"))


def _references(field: Mapping[str, Any]) -> list[str]:
    found = [field, field.get("items", {}), *field.get("anyOf", ()), *field.get("oneOf", ())]
    names = [str(item["$ref"]).rpartition("/")[2] for item in found if "$ref" in item]
    return list(dict.fromkeys(names))


@click.command(
    short_help="Print the JSON Schema of pipelines or connectors.",
    epilog="""\b
Examples:
  penstock schema > pipeline.schema.json
  penstock schema connector > connector.schema.json
  # then, as the first line of a pipeline, for editors with a YAML language server:
  #   yaml-language-server: $schema=pipeline.schema.json""",
)
@click.argument(
    "kind", metavar="[KIND]", default="pipeline", type=click.Choice(["pipeline", "connector"])
)
def schema(*, kind: Literal["pipeline", "connector"]) -> int:
    """Print the JSON Schema of the files of a KIND: pipeline, or connector.

    It is made from the installed types of steps and connectors.
    """
    from penstock.pipeline.schema import connector_schema, pipeline_schema

    loaded = app_for(None).plugins
    made = (
        connector_schema(loaded.connector_types)
        if kind == "connector"
        else pipeline_schema(loaded.step_types)
    )
    click.echo(json.dumps(made, indent=2))
    return 0
