"""Which keys a pydantic model knows at some place inside it."""

import types
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

__all__ = ["known_keys"]


def known_keys(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """Return the keys, as YAML writes them, that *model* takes at *location*.

    *location* is pydantic's: what it names besides keys and indexes (the members of a union) is
    passed over, and the keys of all members count.
    """
    here: list[Any] = [model]
    for part in location:
        below = [inner for each in here for inner in _inside(each, part)]
        here = below or _tagged(here, part) or here
    models = [each for annotation in here for each in _models(annotation)]
    return [key for each in models for key in _keys(each)]


def _tagged(annotations: Sequence[Any], tag: str | int) -> list[Any]:
    """Return the models that a union calls *tag*: by their name, or by a ``Literal`` field."""
    models = [each for annotation in annotations for each in _models(annotation)]
    return [
        each
        for each in models
        if each.__name__ == tag
        or any(tag in get_args(annotation) for annotation in _keys(each).values())
    ]


def _keys(model: type[BaseModel]) -> dict[str, Any]:
    """Return the annotations of a model's fields, by the keys of the YAML."""
    return {
        field.validation_alias
        if isinstance(field.validation_alias, str)
        else field.alias or name: field.annotation
        for name, field in model.model_fields.items()
    }


def _members(annotation: Any) -> tuple[Any, ...]:
    """Return what an annotation may stand for: the members of a union, what is annotated."""
    origin = get_origin(annotation)
    if origin in {Union, types.UnionType}:
        return get_args(annotation)
    if origin is Annotated:
        return get_args(annotation)[:1]
    return ()


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for member in _members(annotation):
        yield from _models(member)


def _inside(annotation: Any, part: str | int) -> Iterator[Any]:
    """Yield the annotations of what stands under *part*."""
    for member in _members(annotation):
        yield from _inside(member, part)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        keys = _keys(annotation)
        if part in keys:
            yield keys[str(part)]
        return
    arguments = get_args(annotation)
    if _members(annotation) or not arguments:
        return
    if isinstance(part, int):
        yield from arguments
    else:
        yield from arguments[1:2]  # of a mapping: its values
