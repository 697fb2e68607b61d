"""JSON Schema of pipeline files, so that editors complete and check them."""

from collections.abc import Mapping
from typing import Any

from penstock.pipeline.document import NOTED, UNSUPPORTED, Pipeline
from penstock.step import Step

__all__ = ["pipeline_schema"]

#: A value that is an expression stands in for one of any type.
_EXPRESSION = {"type": "string", "pattern": r"<\+|\{\{"}


def pipeline_schema(types: Mapping[str, type[Step]]) -> dict[str, Any]:
    """Return the schema of a pipeline whose steps are of *types*; references are into ``$defs``."""
    whole = Pipeline.model_json_schema(by_alias=True, ref_template="#/$defs/{model}")
    definitions = whole.pop("$defs")
    definitions["Pipeline"] = whole
    for name in ("Pipeline", "Stage", "Step"):
        properties = definitions[name]["properties"]
        properties |= {key: {} for key in sorted(NOTED)}
        properties |= {key: {"maxItems": 0} for key in sorted(UNSUPPORTED)}
    step = definitions["Step"]
    step["properties"]["type"] = {"enum": sorted(types)}
    step["allOf"] = [_of_type(name, kind, definitions) for name, kind in sorted(types.items())]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Penstock pipeline",
        "type": "object",
        "properties": {"pipeline": {"$ref": "#/$defs/Pipeline"}},
        "required": ["pipeline"],
        "additionalProperties": False,
        "$defs": definitions,
    }


def _of_type(name: str, kind: type[Step], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the rule that a step of this type has a spec of this shape."""
    spec = kind.model_json_schema(by_alias=True, ref_template=f"#/$defs/{name}.{{model}}")
    for inner, definition in spec.pop("$defs", {}).items():
        definitions[f"{name}.{inner}"] = _with_expressions(definition)
    definitions[name] = _with_expressions(spec)
    return {
        "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
        "then": {"properties": {"spec": {"$ref": f"#/$defs/{name}"}}},
    }


def _with_expressions(definition: dict[str, Any]) -> dict[str, Any]:
    properties = definition.get("properties", {})
    widened = {key: {"anyOf": [value, _EXPRESSION]} for key, value in properties.items()}
    return {**definition, "properties": widened} if properties else definition
