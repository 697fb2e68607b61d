"""What every kind of field can do: be described, be read from JSON, be shown, be told as text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from penstock.json_types import Json
from penstock_jira.sandbox.field import FieldDefinition
from penstock_jira.sandbox.lens import Lens
from penstock_jira.sandbox.world import Project

__all__ = ["Invalid", "Kind", "ManyOf", "Slot", "Told", "items_of", "member", "plain_parts"]


class Invalid(Exception):
    """A value that the field does not take; the text is Jira's."""


@dataclass(frozen=True)
class Slot:
    """A field of a project's issues, as one caller sees it."""

    field: FieldDefinition
    lens: Lens
    project: Project


class Told(NamedTuple):
    """A value as history tells it: an id where there is one, and a text."""

    id: str | None
    text: str | None


def member(value: Json, *names: str) -> tuple[str, str] | None:
    """Return the first of *names* that the object *value* has, with its text, or its number."""
    if not isinstance(value, Mapping):
        return None
    for name in names:
        found = value.get(name)
        if isinstance(found, str | int) and not isinstance(found, bool):
            return name, str(found)
    return None


def items_of(value: Json) -> Sequence[Json] | None:
    """Return an array's items, or ``None`` if *value* is no array."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return value
    return None


def plain_parts(plain: Json) -> list[str]:
    """Return what a person wrote for a field of many values: a list, or text with commas."""
    listed = items_of(plain)
    parts = [str(each) for each in listed] if listed is not None else str(plain).split(",")
    return [part.strip() for part in parts if part.strip()]


class Kind:
    """A kind of field. What ``parse`` returns is what is stored: plain JSON, ``None`` for empty."""

    #: What the REST API says of it: type, type of its items, key of the custom field's type.
    type: ClassVar[str] = "string"
    items: ClassVar[str | None] = None
    custom: ClassVar[str | None] = None
    operations: ClassVar[tuple[str, ...]] = ("set",)
    #: The address that completes what is typed, below the REST root; ``None`` for none.
    completes: ClassVar[str | None] = None
    #: Whether it is rich text: a document in version 3.
    rich: ClassVar[bool] = False

    def allowed(self, _slot: Slot) -> Sequence[Json] | None:
        """Return the values to choose from, or ``None`` where anything may be written."""
        return None

    def choices(self, _slot: Slot) -> Sequence[str]:
        """Return the texts to choose from, for people; none where anything may be written."""
        return ()

    def parse(self, _value: Json, _slot: Slot) -> Json:
        """Return what is stored for a client's *value*; raise ``Invalid``."""
        raise Invalid("Operation value is not supported")

    def shape(self, plain: Json, _slot: Slot) -> Json:
        """Return the JSON that a client would send for what a person wrote."""
        return plain

    def show(self, stored: Json, _slot: Slot) -> Json:
        """Return what the REST API shows for a stored value."""
        return stored

    def tell(self, stored: Json, _slot: Slot) -> Told:
        """Return a stored value as history and people see it."""
        return Told(None, None if stored is None else str(stored))


class ManyOf(Kind):
    """Several values of another kind. Subclasses set ``one``, ``items`` and ``custom``."""

    type = "array"
    operations = ("add", "set", "remove")
    one: ClassVar[Kind]

    def allowed(self, slot: Slot) -> Sequence[Json] | None:
        """Return what one value may be."""
        return self.one.allowed(slot)

    def choices(self, slot: Slot) -> Sequence[str]:
        """Return what one value may be, for people."""
        return self.one.choices(slot)

    def parse(self, value: Json, slot: Slot) -> Json:
        """Read an array, each value once; an empty one is empty."""
        if value is None:
            return None
        listed = items_of(value)
        if listed is None:
            raise Invalid("data was not an array")
        stored = [self.one.parse(each, slot) for each in listed if each is not None]
        return _once(stored) or None

    def shape(self, plain: Json, slot: Slot) -> Json:
        """Shape each part."""
        return [self.one.shape(part, slot) for part in plain_parts(plain)]

    def show(self, stored: Json, slot: Slot) -> Json:
        """Show each value; an empty field is an empty array for Jira's own, null for others."""
        if stored is None:
            return None if slot.field.custom else []
        return [self.one.show(each, slot) for each in items_of(stored) or ()]

    def tell(self, stored: Json, slot: Slot) -> Told:
        """Tell the ids in brackets and the texts with commas."""
        parts = [self.one.tell(each, slot) for each in items_of(stored) or ()]
        if not parts:
            return Told(None, None)
        ids = ", ".join(part.id or part.text or "" for part in parts)
        return Told(f"[{ids}]", ",".join(part.text or "" for part in parts))

    def added(self, stored: Json, value: Json, slot: Slot) -> Json:
        """Return *stored* with one more value."""
        return _once([*(items_of(stored) or ()), self.one.parse(value, slot)])

    def removed(self, stored: Json, value: Json, slot: Slot) -> Json:
        """Return *stored* without a value."""
        gone = self.one.parse(value, slot)
        return [each for each in items_of(stored) or () if each != gone] or None


def _once(values: Sequence[Json]) -> list[Json]:
    kept: list[Json] = []
    for value in values:
        if value not in kept:
            kept.append(value)
    return kept
