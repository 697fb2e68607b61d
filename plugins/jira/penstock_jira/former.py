"""What a field was before a change, from what Jira's changelog tells of it.

The changelog holds ids and texts, each in a form of its field's type, and no values. What cannot
be told for sure raises ``Lost``: nobody is to approve by a guess.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from penstock.json_types import Json
from penstock_jira.answer import members, text
from penstock_jira.instant import jira_instant, read_date, read_instant
from penstock_jira.metadata import FieldMeta

__all__ = ["Lost", "before"]

#: Jira: each value that comes or goes is an item of its own.
_ONE_BY_ONE = {"fixVersions", "versions", "components"}
#: Things that have an id and a name, and those whose name is called ``value``.
_THINGS = {"status", "priority", "resolution", "issuetype", "securitylevel", "version", "component"}
_CASCADE = re.compile(r"Parent values: (.*?)\(\d+\)(?:Level 1 values: (.*?)\(\d+\))?")


class Lost(ValueError):
    """The changelog does not tell what the field was."""


def before(field: FieldMeta, items: Sequence[Mapping[str, Json]], now: Json) -> Json:
    """Return what *field* was before *items* made it *now*, as the REST API gives values.

    *items* are those of one change that are of this field. Raises ``Lost``.
    """
    if field.id in _ONE_BY_ONE:
        return _one_by_one(items, now)
    if not items:
        return now
    item = items[0]
    if not text(item.get("from")) and not text(item.get("fromString")):
        return [] if field.type == "array" else None
    if field.type == "array":
        return _several(field, item)
    reader = _READERS.get("thing" if field.type in _THINGS else field.type)
    if reader is None:
        raise Lost(f"the changelog does not tell what a field of type {field.type} was")
    try:
        return reader(text(item.get("from")), text(item.get("fromString")))
    except (ValueError, OverflowError) as error:
        raise Lost(f"the changelog tells {text(item.get('fromString'))!r} of it") from error


def _one_by_one(items: Sequence[Mapping[str, Json]], now: Json) -> Json:
    found = [*now] if isinstance(now, (list, tuple)) else []
    for item in reversed(items):
        come, gone = text(item.get("to")), text(item.get("from"))
        if come:
            found = [one for one in found if text(members(one).get("id")) != come]
        if gone:
            found.append({"id": gone, "name": text(item.get("fromString"))})
    return found


def _several(field: FieldMeta, item: Mapping[str, Json]) -> Json:
    """Return the values of a list: Jira tells ids as ``[1, 2]`` and names as ``A,B``."""
    told = text(item.get("fromString"))
    if field.items == "string" and not text(item.get("from")):
        return [*told.split()]  # labels, which hold no space
    ids = [one.strip() for one in text(item.get("from")).strip("[]").split(",") if one.strip()]
    names = [one.strip() for one in told.strip("[]").split(",") if one.strip()]
    if len(ids) == len(names):
        return [_one(field.items, one, name) for one, name in zip(ids, names, strict=True)]
    if len(ids) <= 1:
        return [_one(field.items, "".join(ids), told)]
    raise Lost(f"the changelog tells {told!r} of it, which may be {len(ids)} values or more")


def _one(kind: str, identifier: str, name: str) -> Json:
    if kind == "user":
        return _user(identifier, name)
    return _option(identifier, name) if kind == "option" else _thing(identifier, name)


def _thing(identifier: str, name: str) -> Json:
    return {"id": identifier, "name": name}


def _option(identifier: str, name: str) -> Json:
    return {"id": identifier, "value": name}


def _user(identifier: str, name: str) -> Json:
    return {"accountId": identifier, "name": identifier, "key": identifier, "displayName": name}


def _number(_: str, told: str) -> Json:
    return float(told)


def _date(identifier: str, told: str) -> Json:
    """Return a day, which is told as its own id, or at the beginning of a date-time."""
    return read_date(identifier or told.partition(" ")[0]).isoformat()


def _instant(identifier: str, told: str) -> Json:
    return jira_instant(read_instant(identifier or told))


def _cascade(_: str, told: str) -> Json:
    """Return both options: ``Parent values: EU(1)Level 1 values: Dublin(2)`` or ``EU > Dublin``."""
    found = _CASCADE.fullmatch(told)
    first, child = found.groups() if found else told.partition(" > ")[::2]
    return {"value": first, "child": {"value": child}} if child else {"value": first}


_READERS: Mapping[str, Callable[[str, str], Json]] = {
    "thing": _thing,
    "option": _option,
    "option-with-child": _cascade,
    "user": _user,
    "group": lambda _, told: {"name": told},
    "number": _number,
    "date": _date,
    "datetime": _instant,
    "string": lambda _, told: told,
    "any": lambda _, told: told,
    "issuelink": lambda identifier, told: {"id": identifier, "key": told},
}
