"""Whether an issue has a value already: a write that changes nothing is not sent."""

import re
from collections.abc import Mapping, Sequence

from penstock.json_types import Json
from penstock_jira.answer import members, text
from penstock_jira.document import is_document, same_document
from penstock_jira.instant import read_instant

__all__ = ["has_already", "has_sprint", "has_times", "holds", "is_empty", "minutes"]

_TIME = re.compile(r"(?:(\d+)h)? ?(?:(\d+)m)?")
#: How Data Center writes a sprint: as the text of a Java object.
_JAVA_SPRINT = re.compile(r"\bid=(\d+)\b")


def is_empty(value: Json) -> bool:
    """Whether a field with this value has none."""
    return value is None or value in ("", []) or value == ()


def has_already(current: Json, wanted: Json) -> bool:
    """Whether *current*, as Jira gives it, is what *wanted*, as it would be sent, would make it.

    In doubt it is not: then the value is sent, which does no harm.
    """
    if is_empty(wanted):
        return is_empty(current)
    if isinstance(wanted, Mapping):
        alike = same_document if is_document(wanted) else _names
        return alike(members(current), wanted)
    if isinstance(wanted, str):
        return isinstance(current, str) and (
            _lines(current) == _lines(wanted) or _same_instant(current, wanted)
        )
    if isinstance(wanted, Sequence):
        return _same_set(current, wanted)
    if isinstance(current, bool) or isinstance(wanted, bool):
        return current is wanted
    return current == wanted or has_sprint(current, wanted)


def has_sprint(current: Json, wanted: Json) -> bool:
    """Whether the sprints *current*, a list, have the number *wanted* among those not closed."""
    return any(
        number == text(wanted) and state != "closed"
        for number, state in map(_sprint, _items(current))
    )


def _sprint(shown: Json) -> tuple[str, str]:
    """Return a sprint's number and state, as far as they are told."""
    if isinstance(shown, Mapping):
        return text(shown.get("id")), text(shown.get("state")).lower()
    found = _JAVA_SPRINT.search(text(shown))
    return found[1] if found else "", "closed" if "state=CLOSED" in text(shown) else ""


def has_times(current: Json, wanted: Json) -> bool:
    """Whether time tracking has the times *wanted*.

    Weeks and days have lengths that only the site knows: such times are equal as they are written.
    """
    present = members(current)
    return all(_same_time(present.get(name), value) for name, value in members(wanted).items())


def _same_time(current: Json, wanted: Json) -> bool:
    if text(current).split() == text(wanted).split():
        return True
    return minutes(current) is not None and minutes(current) == minutes(wanted)


def minutes(written: Json) -> int | None:
    """Return the minutes in ``2h 30m``; ``None`` for a time in weeks or days, and for no time."""
    found = _TIME.fullmatch(" ".join(text(written).split()))
    if found is None or not any(found.groups()):
        return None
    whole, rest = (int(part or 0) for part in found.groups())
    return 60 * whole + rest


def holds(current: Json, add: Json, remove: Json) -> bool:
    """Whether the list *current* has every item of *add* already, and none of *remove*."""
    present = [] if isinstance(current, (str, Mapping)) else _items(current)
    return all(any(has_already(item, one) for item in present) for one in _items(add)) and not any(
        has_already(item, one) for one in _items(remove) for item in present
    )


def _items(value: Json) -> Sequence[Json]:
    return value if isinstance(value, (list, tuple)) else ()


def _names(current: Mapping[str, Json], wanted: Mapping[str, Json]) -> bool:
    if not current:
        return False
    child = wanted.get("child")
    if bool(child) != bool(current.get("child")):
        return False
    if child and not _names(members(current.get("child")), members(child)):
        return False
    named = [name for name in wanted if name != "child"]
    return bool(named) and all(text(current.get(n)) == text(wanted[n]) for n in named)


def _same_set(current: Json, wanted: Sequence[Json]) -> bool:
    if isinstance(current, str) or not isinstance(current, Sequence):
        return False
    return all(any(has_already(item, one) for item in current) for one in wanted) and all(
        any(has_already(item, one) for one in wanted) for item in current
    )


def _lines(value: str) -> str:
    return value.replace("\r\n", "\n").strip()


def _same_instant(current: str, wanted: str) -> bool:
    try:
        return "T" in wanted and read_instant(current) == read_instant(wanted)
    except ValueError:
        return False
