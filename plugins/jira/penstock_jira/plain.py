"""Jira's values as plain ones: what an expression, a condition or a person sees."""

from collections.abc import Mapping

from penstock.json_types import Json
from penstock_jira.answer import members, text

__all__ = ["plain", "reduced"]

#: Members that only a program of Atlassian's needs: addresses, pictures, paging.
_NOISE = {"self", "avatarUrls", "iconUrl", "expand", "avatarId", "timeZone", "locale"}
_DEEPEST = 12
#: Rich text may be nested deeper: two levels for each list in a list.
_DEEPEST_TEXT = 100
#: The member that names a thing, in the order in which things have them.
_NAMING = ("displayName", "value", "name", "key")


def plain(value: Json, kind: str = "", depth: int = 0) -> Json:
    """Return a field's value as people know it; ``None`` for what has no such form.

    An option is its value, a user the display name, a cascade ``EU > Dublin``, a linked issue
    its key, a whole number an integer, rich text its words; a list is a list of these.
    """
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, (str, int, float)):
        return value
    if depth > _DEEPEST:
        return None
    if isinstance(value, Mapping):
        return _named(value, kind, depth)
    items = (plain(item, kind, depth + 1) for item in value)
    return [item for item in items if item is not None]


def _named(value: Mapping[str, Json], kind: str, depth: int) -> Json:
    if value.get("type") == "doc" and "content" in value:
        return _words(value, 0).strip("\n")
    if kind == "issuelink":
        return text(value.get("key")) or None
    name = next((text(value[member]) for member in _NAMING if text(value.get(member))), None)
    child = plain(value.get("child"), depth=depth + 1)
    return f"{name} > {child}" if name and child else name


def _words(node: Mapping[str, Json], depth: int) -> str:
    """Return the text of a rich text document (ADF), a line for each block."""
    kind = node.get("type")
    if kind == "text":
        return text(node.get("text"))
    if kind == "hardBreak":
        return "\n"
    if kind in {"mention", "emoji", "status"}:
        return text(members(node.get("attrs")).get("text"))
    parts = node.get("content")
    if depth > _DEEPEST_TEXT or not isinstance(parts, (list, tuple)):
        return ""
    inner = "".join(_words(members(part), depth + 1) for part in parts)
    return f"{inner}\n" if kind in {"paragraph", "heading", "codeBlock"} else inner


def reduced(value: Json, depth: int = 0) -> Json:
    """Return the value without addresses and pictures, at most twelve levels deep."""
    if depth > _DEEPEST:
        return None
    if isinstance(value, Mapping):
        kept = ((name, item) for name, item in value.items() if name not in _NOISE)
        return {name: reduced(item, depth + 1) for name, item in kept}
    if isinstance(value, (list, tuple)):
        return [reduced(item, depth + 1) for item in value]
    return value
