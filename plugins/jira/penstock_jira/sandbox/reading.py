"""Reads the sandbox's own YAML files into models, with every fault at its line."""

from collections.abc import Iterator
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from penstock.errors import Fault, Refused
from penstock.nearest import suggestion
from penstock.source import Source

__all__ = ["Path", "Written", "read_as"]

T = TypeVar("T")

#: Where something is in a document: keys and indexes from the root.
Path = tuple[str | int, ...]

#: What pydantic calls it, and what a person is told.
_MESSAGES = {
    "missing": "is missing",
    "string_type": "must be text",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "string_too_short": "must not be empty",
    "bool_parsing": "must be true or false",
    "int_parsing": "must be a whole number",
}


class Written(BaseModel):
    """Base of what is written in a file: unknown keys are refused."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, populate_by_name=True
    )


def read_as(form: type[T], source: Source) -> T:
    """Return the document as *form*, a model or a list of one; raise ``Refused`` with all faults."""
    try:
        return TypeAdapter(form).validate_python(source.value)
    except ValidationError as error:
        Refused.unless_empty(_faults(error, form, source))
        raise


def _faults(error: ValidationError, form: Any, source: Source) -> Iterator[Fault]:  # noqa: ANN401 - a type, or a generic alias of one
    for detail in error.errors(include_url=False, include_context=False, include_input=False):
        path = _written(detail["loc"], source)
        word = next((repr(part) for part in reversed(path) if isinstance(part, str)), "the file")
        if detail["type"] == "extra_forbidden":
            hint = suggestion(str(path[-1]), _keys(form, path[:-1]))
            yield source.fault(path, f"unknown key {word}", hint, key=True)
        else:
            told = detail["msg"].removeprefix("Value error, ")
            message = _MESSAGES.get(detail["type"], f"is wrong: {told}")
            yield source.fault(path, f"{word} {message}")


def _written(location: Path, source: Source) -> Path:
    """Return the part of pydantic's path that the file has, and one step more.

    What follows names the branch of a union, and is written nowhere.
    """
    value: object = source.value
    for depth, part in enumerate(location):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return location[: depth + 1] if isinstance(value, dict) else location[:depth]
    return location


def _keys(form: Any, path: Path) -> list[str]:  # noqa: ANN401 - a type, or a generic alias of one
    """Return the keys that may stand at *path*, so that a misspelt one is told its neighbour."""
    for part in path:
        if get_origin(form) in (list, tuple):
            form = get_args(form)[0]
        elif isinstance(form, type) and issubclass(form, Written):
            named = {field.alias: field.annotation for field in form.model_fields.values()}
            form = named.get(str(part))
    if isinstance(form, type) and issubclass(form, Written):
        return [str(field.alias) for field in form.model_fields.values()]
    return []
