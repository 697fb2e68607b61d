"""Hides secrets in an event, before anything is made of it."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import TypeVar, cast

from penstock.events import Event
from penstock.secret import Masker

__all__ = ["mask_event"]

E = TypeVar("E", bound=Event)


def mask_event(event: E, masker: Masker) -> E:
    """Return *event* with the mask in place of each known secret, in all of its texts.

    Masking what is printed is not enough: a long secret that a table has wrapped or cut is not
    found there any more.
    """
    return cast("E", _masked(event, masker))


def _masked(value: object, masker: Masker) -> object:
    if isinstance(value, str):
        return value if isinstance(value, Enum) else masker.mask(value)
    if isinstance(value, Mapping):
        return {_masked(key, masker): _masked(item, masker) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_masked(item, masker) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        texts = {f.name: _masked(getattr(value, f.name), masker) for f in fields(value)}
        return replace(value, **texts)
    return value
