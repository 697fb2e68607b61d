"""The JSON that Jira wants for a text, by the type that the field's metadata gives it."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from penstock.json_types import Json
from penstock_jira.errors import FieldFault
from penstock_jira.instant import jira_instant, read_date, read_instant
from penstock_jira.metadata import FieldMeta
from penstock_jira.options import cascade, choose, parts_of
from penstock_jira.spec import Cascade
from penstock_jira.sprints import Sprints
from penstock_jira.text import check_label, check_text, one_line, split_list
from penstock_jira.users import Users

__all__ = ["Shaping"]

_NUMBER = re.compile(r"[+-]?(\d{1,300}(\.\d{1,300})?|\.\d{1,300})([eE][+-]?\d{1,3})?")
_KEY = re.compile(r"[A-Z][A-Z0-9_]+-\d+|\d+")


@dataclass(frozen=True)
class Shaping:
    """Turns what people write into what Jira stores."""

    users: Users
    sprints: Sprints
    note: Callable[[str], None]

    def items(self, field: FieldMeta, wanted: Iterable[str]) -> list[Json]:
        """Return the JSON for items of a list field; raise ``FieldFault`` as ``value`` does."""
        return [self._one(field, field.items, item) for item in wanted]

    def value(self, field: FieldMeta, wanted: str | tuple[str, ...] | Cascade) -> Json:
        """Return the JSON for *field*; raise ``FieldFault`` for what it cannot be.

        A text for a list field is read by the comma and quote rule; a YAML list stays as it is.
        """
        if isinstance(wanted, Cascade):
            if field.type != "option-with-child":
                raise FieldFault(f"has the type {field.kind}; value and child are for a cascade")
            return cascade(field, wanted.value, wanted.child)
        if field.type == "array" and not field.is_sprint:
            return self.items(field, split_list(wanted) if isinstance(wanted, str) else wanted)
        if not isinstance(wanted, str):
            if len(wanted) != 1:
                raise FieldFault(f"takes one value, and {len(wanted)} are given")
            wanted = wanted[0]
        return self._one(field, field.type, wanted)

    def _one(self, field: FieldMeta, kind: str, wanted: str) -> Json:
        if field.id == "summary":
            return self._summary(field, wanted)
        if field.is_labels:
            return check_label(wanted)
        if field.is_sprint:
            return self.sprints.number(wanted)
        if field.custom.endswith(":gh-epic-link"):
            return _epic(field, wanted)
        shape = _SHAPES.get(kind)
        if shape is not None:
            return shape(self, field, wanted)
        if kind in {"json", "array"} or kind not in _AS_TEXT:
            self.note(f"{field.label} has the type {field.kind}: its value is sent as text")
        return check_text(wanted)

    def _summary(self, field: FieldMeta, wanted: str) -> Json:
        summary = one_line(wanted)
        if summary != wanted.strip():
            self.note(f"{field.name} is one line in Jira: its line breaks are sent as spaces")
        return summary


Shape: TypeAlias = Callable[[Shaping, FieldMeta, str], Json]

_AS_TEXT = {"string", "any", ""}


def _number(_: Shaping, field: FieldMeta, wanted: str) -> Json:
    stripped = wanted.strip()
    if not _NUMBER.fullmatch(stripped) or not stripped.isascii():
        raise FieldFault(f"Invalid number value for field [{field.name}]: {wanted[:60]!r}")
    number = float(stripped)
    if stripped.lstrip("+-").isdecimal():
        return int(stripped)
    if number in {float("inf"), float("-inf")}:
        raise FieldFault(f"Invalid number value for field [{field.name}]: it is too large")
    return int(number) if number.is_integer() else number


def _date(_: Shaping, field: FieldMeta, wanted: str) -> Json:
    try:
        return read_date(wanted).isoformat()
    except ValueError as error:
        raise FieldFault(
            f"Invalid date value for field [{field.name}]: {wanted[:60]!r} ({error})"
        ) from None


def _datetime(_: Shaping, field: FieldMeta, wanted: str) -> Json:
    try:
        return jira_instant(read_instant(wanted))
    except (ValueError, OverflowError, OSError) as error:
        raise FieldFault(
            f"Invalid datetime value for field [{field.name}]: {wanted[:60]!r} ({error})"
        ) from None


def _issue(_: Shaping, field: FieldMeta, wanted: str) -> Json:
    key = wanted.strip()
    if not _KEY.fullmatch(key):
        raise FieldFault(
            f"Invalid issuelink value for field [{field.name}]: {wanted[:60]!r} is no issue key"
        )
    return {"id": key} if key.isdecimal() else {"key": key}


def _epic(field: FieldMeta, wanted: str) -> Json:
    """Return the key of an epic. Jira: the type says ``any``, and the value is a text."""
    key = wanted.strip()
    if not _KEY.fullmatch(key):
        raise FieldFault(f"an epic is given by its key, not {wanted[:60]!r}, in {field.name}")
    return key


def _option(kind: str) -> Shape:
    return lambda _, field, wanted: choose(field, wanted.strip(), kind)


_SHAPES: Mapping[str, Shape] = {
    "number": _number,
    "date": _date,
    "datetime": _datetime,
    "issuelink": _issue,
    "user": lambda shaping, _, wanted: shaping.users.value(wanted.strip()),
    "project": lambda _shaping, _field, wanted: {"key": wanted.strip()},
    "option-with-child": lambda _, field, wanted: cascade(field, *parts_of(field, wanted)),
    **{
        kind: _option(kind)
        for kind in (
            "option",
            "priority",
            "resolution",
            "component",
            "version",
            "issuetype",
            "securitylevel",
            "group",
        )
    },
}
