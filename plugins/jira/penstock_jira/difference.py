"""Whether an issue has a value already: a write that changes nothing is not sent."""

from collections.abc import Mapping, Sequence

from penstock.json_types import Json
from penstock_jira.answer import members, text
from penstock_jira.instant import read_instant

__all__ = ["has_already", "holds"]


def has_already(current: Json, wanted: Json) -> bool:
    """Whether *current*, as Jira gives it, is what *wanted*, as it would be sent, would make it.

    In doubt it is not: then the value is sent, which does no harm.
    """
    if isinstance(wanted, Mapping):
        return _names(members(current), wanted)
    if isinstance(wanted, str):
        return isinstance(current, str) and (
            _lines(current) == _lines(wanted) or _same_instant(current, wanted)
        )
    if isinstance(wanted, Sequence):
        return _same_set(current, wanted)
    if isinstance(current, bool) or isinstance(wanted, bool):
        return current is wanted
    return current == wanted


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
        return not wanted and current is None
    return len(current) == len(wanted) and all(
        any(has_already(item, one) for item in current) for one in wanted
    )


def _lines(value: str) -> str:
    return value.replace("\r\n", "\n").strip()


def _same_instant(current: str, wanted: str) -> bool:
    try:
        return "T" in wanted and read_instant(current) == read_instant(wanted)
    except ValueError:
        return False
