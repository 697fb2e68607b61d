"""Which values of a connector's spec name secrets, and which anybody may read."""

import re
from collections.abc import Iterator, Sequence
from typing import get_args

from pydantic import BaseModel

from penstock.connector import SecretReference
from penstock.json_types import Json
from penstock.validation import Location

__all__ = ["open_values", "secret_references"]

#: An address with somebody's name, and perhaps a password, in it.
_WITH_USER = re.compile(r"//[^/?#]*@")


def secret_references(model: BaseModel, path: Location) -> Iterator[tuple[Location, str]]:
    """Yield each reference to a secret that is written in a spec, with its path."""
    for name in sorted(model.model_fields_set):
        field, value = type(model).model_fields[name], getattr(model, name)
        below = (*path, field.alias or name)
        if isinstance(value, str):
            if _is_secret(field.annotation, field.metadata):
                yield below, value
        else:
            yield from _references_in(value, below)


def _references_in(value: object, path: Location) -> Iterator[tuple[Location, str]]:
    """Yield those of a part of a spec: a level of its own, or a list of them."""
    if isinstance(value, BaseModel):
        yield from secret_references(value, path)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _references_in(item, (*path, index))


def _is_secret(annotation: object, metadata: Sequence[object]) -> bool:
    """Whether an annotation is ``SecretReference``, alone or as a member of a union."""
    marks = get_args(SecretReference)[1:]
    if any(mark in metadata for mark in marks):
        return True
    return any(_is_secret(item, getattr(item, "__metadata__", ())) for item in get_args(annotation))


def open_values(model: BaseModel) -> dict[str, Json]:
    """Return the single values of a spec by their keys, level by level.

    References to secrets, addresses with a user in them, lists and mappings (headers) are left
    out: a pipeline has no use for them, and they may hold what is nobody's business.
    """
    found: dict[str, Json] = {}
    for name, field in type(model).model_fields.items():
        value, key = getattr(model, name), field.alias or name
        if isinstance(value, BaseModel):
            found[key] = open_values(value)
        elif isinstance(value, str) and not _is_secret(field.annotation, field.metadata):
            if not _WITH_USER.search(value):
                found[key] = value
        elif isinstance(value, (bool, int, float)):
            found[key] = value
    return found
