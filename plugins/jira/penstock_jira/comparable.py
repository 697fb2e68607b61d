"""A field's value as something to compare: its names, its measure, or a list of such."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from penstock.json_types import Json
from penstock_jira.answer import members, text
from penstock_jira.instant import read_date, read_instant
from penstock_jira.names import folded, same
from penstock_jira.plain import plain

__all__ = ["Comparable", "Incomparable", "Item", "comparable"]

_LONGEST = 80
#: The members by which a condition may name a thing: any of a user's, or what it is called.
_USER = ("displayName", "accountId", "name", "key", "emailAddress")
_THING = ("value", "name", "id", "key")
_MEASURED = {"number", "date", "datetime"}


class Incomparable(ValueError):
    """The two sides cannot be compared: the truth is unknown, and this says why."""


@dataclass(frozen=True)
class Item:
    """One value: ``shown`` to people, named by any of ``names``, ordered by ``measure``."""

    shown: str
    names: tuple[str, ...]
    kind: str
    measure: float | None = None

    def is_called(self, wanted: str) -> bool:
        """Whether *wanted* is this value; raises ``Incomparable`` if it could never be."""
        if self.measure is not None:
            return self.measure == self.read(wanted)
        return any(same(name, wanted) for name in self.names)

    def is_nearly(self, wanted: str) -> bool:
        """Whether only letter case, or space around it, keeps *wanted* from being this value."""
        near = any(folded(name) == folded(wanted) for name in self.names)
        return near and not self.is_called(wanted)

    def read(self, wanted: str) -> float:
        """Return the measure that *wanted* has as a value of this kind."""
        try:
            measure = _measure(wanted, self.kind)
        except (ValueError, OverflowError, OSError):
            measure = None
        if measure is None:
            raise Incomparable(f"{self.shown} is a {self.kind}, and {wanted!r} is none")
        return measure


@dataclass(frozen=True)
class Comparable:
    """The values of a field: one, or those of a list."""

    items: tuple[Item, ...]
    is_list: bool

    @property
    def shown(self) -> str:
        """The value for people."""
        line = ", ".join(item.shown for item in self.items)
        return f"{line[:_LONGEST]}…" if len(line) > _LONGEST else line

    def one(self, operator: str) -> Item:
        """Return the single value; raise ``Incomparable`` for a list."""
        if self.is_list:
            raise Incomparable(f"it is a list, which {operator!r} does not compare; use contains")
        return self.items[0]


def comparable(entry: Mapping[str, Json]) -> Comparable:
    """Return the value of a snapshot's field (``id``, ``type``, ``items``, ``value``)."""
    value, kind = entry.get("value"), text(entry.get("type"))
    if isinstance(value, Sequence) and not isinstance(value, str):
        items = (_item(item, text(entry.get("items"))) for item in value)
        return Comparable(tuple(items), is_list=True)
    return Comparable((_item(value, kind),), is_list=False)


def _item(value: Json, kind: str) -> Item:
    shown = plain(value, kind)
    if isinstance(shown, bool):
        return Item(str(shown).lower(), (str(shown).lower(),), "boolean")
    label = text(shown)
    if isinstance(value, Mapping):
        wanted = _USER if kind == "user" or "displayName" in value else _THING
        named = [text(value.get(name)) for name in wanted]
        if members(value.get("child")):
            named = []
        names = dict.fromkeys(name for name in (label, *named) if name)
        return Item(label or "?", tuple(names), kind or "value")
    if isinstance(shown, (int, float)):
        return Item(label, (), "number", float(shown))
    if kind in _MEASURED:
        try:
            return Item(label, (), kind, _measure(label, kind))
        except (ValueError, OverflowError, OSError):
            return Item(label, (label,), "text")
    return Item(label, (label,), "text")


def _measure(value: str, kind: str) -> float | None:
    """Return a number, the days of a date, or the seconds of an instant."""
    if kind == "date":
        return float(read_date(value).toordinal())
    if kind == "datetime":
        return read_instant(value).timestamp()
    if "_" in value:
        return None
    number = float(value)
    return number if abs(number) < float("inf") else None
