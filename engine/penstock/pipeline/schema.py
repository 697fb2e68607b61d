"""JSON Schema of pipeline and connector files, so that editors complete and check them."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from pydantic import BaseModel
from pydantic.errors import PydanticInvalidForJsonSchema

from penstock.connector import Connector
from penstock.connectors.files import ConnectorDocument
from penstock.pipeline.document import MARK, NOTED, OPTIONAL, UNSUPPORTED
from penstock.pipeline.model import Pipeline
from penstock.pipeline.templates import Link
from penstock.step import Step

__all__ = ["connector_schema", "pipeline_schema"]

_Schema: TypeAlias = dict[str, Any]

_DRAFT = "https://json-schema.org/draft/2020-12/schema"

#: A value that is an expression stands in for one of any type.
_EXPRESSION: _Schema = {"type": "string", "pattern": r"<\+|\{\{"}
_EMPTY: _Schema = {"type": ["array", "object", "null"], "maxItems": 0, "maxProperties": 0}
#: What Penstock reads as text, editors take for these.
_SCALAR = ["string", "number", "boolean"]
#: What says more of a text than that it is one: then a number will not do.
_NARROWER = frozenset({"const", "enum", "examples", "format", "pattern"})
#: What editors show of a key; it stays outside when alternatives are put around its schema.
_SHOWN = ("title", "description", "default")
_NESTED_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_NESTED = ("items", "additionalProperties")
#: What a template may be named in, which then gives the rest.
_LINKED = frozenset({"Pipeline", "Stage", "Step", "StepGroup"})


def pipeline_schema(types: Mapping[str, type[Step]]) -> _Schema:
    """Return the schema (2020-12) of a pipeline whose steps are of *types*."""
    whole = Pipeline.model_json_schema(by_alias=True, ref_template="#/$defs/{model}")
    levels = whole.pop("$defs") | {"Pipeline": whole}
    definitions = {name: _level(name, schema) for name, schema in levels.items()}
    step = definitions["Step"]
    step["properties"]["type"] = {"enum": sorted(types)}
    if types:
        step["allOf"] = [
            _of_type(name, kind, definitions, _with_expressions)
            for name, kind in sorted(types.items())
        ]
    return {
        "$schema": _DRAFT,
        "title": "Penstock pipeline",
        "type": "object",
        # Without its root a document is recognised by what every pipeline has.
        "if": {"anyOf": [{"required": ["stages"]}, {"required": ["identifier", "template"]}]},
        "then": {"$ref": "#/$defs/Pipeline"},
        "else": {
            "properties": {"pipeline": {"$ref": "#/$defs/Pipeline"}, MARK: {}},
            "required": ["pipeline"],
            "additionalProperties": False,
        },
        "$defs": definitions,
    }


def connector_schema(types: Mapping[str, type[Connector]]) -> _Schema:
    """Return the schema (2020-12) of a connector file of one of *types*; it has no expressions."""
    whole = ConnectorDocument.model_json_schema(by_alias=True, ref_template="#/$defs/{model}")
    definitions = {name: _read_as_text(part) for name, part in whole.pop("$defs").items()}
    body = definitions["_Body"]
    body["properties"]["type"] = {"enum": sorted(types)}
    if types:
        body["allOf"] = [
            _of_type(name, kind, definitions, _read_as_text) for name, kind in sorted(types.items())
        ]
    definitions["Connector"] = {**definitions.pop("_Body"), "title": "Connector"}
    return {
        "$schema": _DRAFT,
        "title": "Penstock connector",
        "type": "object",
        "properties": {"connector": {"$ref": "#/$defs/Connector"}},
        "required": ["connector"],
        "additionalProperties": False,
        "$defs": definitions,
    }


def _level(name: str, schema: _Schema) -> _Schema:
    """Return the schema of one of the document's own levels, with all that may stand there."""
    required = schema.get("required", ())
    properties = {
        key: _read_as_text(value) if key in required else _or_nothing(key, _read_as_text(value))
        for key, value in schema["properties"].items()
    }
    if name != "Variable":
        properties |= {key: {} for key in sorted(NOTED)}
        properties |= dict.fromkeys(sorted(UNSUPPORTED), _EMPTY)
    schema = {**schema, "properties": {**properties, MARK: {}}}
    return _linked(schema) if name in _LINKED else schema


def _linked(schema: _Schema) -> _Schema:
    """Let a template give what is required, all but the identifier."""
    link = _read_as_text(Link.model_json_schema(by_alias=True))
    others = [key for key in schema["required"] if key != "identifier"]
    is_there = {"required": ["template"], "properties": {"template": link}}
    properties = {**schema["properties"], "template": {"anyOf": [link, _EMPTY]}}
    return {
        **schema,
        "properties": properties,
        "required": ["identifier"],
        "if": is_there,
        "else": {"required": others},
    }


def _or_nothing(key: str, schema: _Schema) -> _Schema:
    """Let a key that is not required stand with nothing behind it, or with an input."""
    others: list[_Schema] = [{"type": "null"}]
    return _alternatives(schema, [*others, _EXPRESSION] if key in OPTIONAL else others)


def _alternatives(schema: _Schema, others: list[_Schema]) -> _Schema:
    outside = {key: schema[key] for key in _SHOWN if key in schema}
    inside = {key: value for key, value in schema.items() if key not in _SHOWN}
    return {**outside, "anyOf": [inside, *others]} if inside else schema


def _of_type(
    name: str,
    kind: type[BaseModel],
    definitions: dict[str, _Schema],
    read: Callable[[_Schema], _Schema],
) -> _Schema:
    """Return the rule that what is of this type has a spec of this shape, as *read* widens it."""
    try:
        spec = kind.model_json_schema(by_alias=True, ref_template=f"#/$defs/spec.{name}.{{model}}")
    except PydanticInvalidForJsonSchema:  # a type of the plugin's that JSON Schema cannot say
        spec = {"type": "object"}
    for inner, definition in spec.pop("$defs", {}).items():
        definitions[f"spec.{name}.{inner}"] = read(definition)
    definitions[f"spec.{name}"] = read(spec)
    rule: _Schema = {"properties": {"spec": {"$ref": f"#/$defs/spec.{name}"}}}
    if spec.get("required"):
        rule["required"] = ["spec"]
    return {"if": {"properties": {"type": {"const": name}}, "required": ["type"]}, "then": rule}


def _with_expressions(definition: _Schema) -> _Schema:
    """Let an expression stand for the value of each key."""
    definition = _read_as_text(definition)
    properties = definition.get("properties")
    if properties is None:
        return definition
    widened = {key: _alternatives(value, [_EXPRESSION]) for key, value in properties.items()}
    return {**definition, "properties": {**widened, MARK: {}}}


def _read_as_text(schema: _Schema) -> _Schema:
    """Let numbers and booleans stand where any text may."""
    found = dict(schema)
    if found.get("type") == "string" and not found.keys() & _NARROWER:
        found["type"] = _SCALAR
    for key in _NESTED_LISTS:
        if key in found:
            found[key] = [_read_as_text(item) for item in found[key]]
    for key in _NESTED:
        if isinstance(found.get(key), dict):
            found[key] = _read_as_text(found[key])
    if "properties" in found:
        inside = found["properties"].items()
        found["properties"] = {key: _read_as_text(value) for key, value in inside}
    return found
