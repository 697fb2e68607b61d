"""Values in JQL: each is one literal, whatever it holds."""

import re
from collections.abc import Mapping

from penstock.json_types import Json

__all__ = ["has_order", "quoted", "written_into"]

#: After one of these a value of its own may begin.
_BEFORE_A_VALUE = "=<>~!(,"
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'', re.DOTALL)
_ORDER = re.compile(r"\border\s+by\b", re.IGNORECASE)


def quoted(value: str) -> str:
    """Return *value* as one JQL text, whatever it holds."""
    return f'"{_escaped(value)}"'


def _escaped(value: str) -> str:
    """Return *value* as it stands between quotes of either kind."""
    return "".join(_escape(char) for char in value)


def _escape(char: str) -> str:
    if char in "\"'\\":
        return f"\\{char}"
    # Jira: control characters must be escaped; so is what a person would not see.
    printable = char.isprintable() or ord(char) > 0xFFFF  # noqa: PLR2004 - the end of four digits
    return char if printable else f"\\u{ord(char):04x}"


def written_into(value: Json, before: str) -> str:
    """Return *value* as it is written into a query behind the text *before*.

    Within quotes it is escaped; elsewhere a text is quoted, a number stands as it is, and a list
    as its items with commas. Raises ``ValueError`` for what has no place there.
    """
    if _open_quote(before):
        if isinstance(value, (list, tuple)):
            raise ValueError("a list has no place within quotes; write: labels in (<+…>)")
        return _escaped(_plain(value))
    if before.strip() and not before[-1].isspace() and before[-1] not in _BEFORE_A_VALUE:
        raise ValueError("it follows other text without a space; put the whole value into quotes")
    if not isinstance(value, (list, tuple)):
        return _literal(value)
    if not value:
        raise ValueError("the list is empty, and a query needs a value")
    return ", ".join(_literal(item) for item in value)


def _open_quote(before: str) -> str:
    """Return the quote in which *before* ends, or nothing."""
    rest = _STRING.sub("", before)
    return next((char for char in rest if char in "\"'"), "")


def _literal(value: Json) -> str:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return _plain(value) if number else quoted(_plain(value))


def _plain(value: Json) -> str:
    if value is None:
        raise ValueError("it has no value; give another one with | default('…')")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (list, tuple, Mapping)):
        raise ValueError("a query takes texts, numbers and lists of them")  # noqa: TRY004 - as the others
    return str(value)


def has_order(jql: str) -> bool:
    """Whether a query says in which order its issues come."""
    return _ORDER.search(_STRING.sub("", jql)) is not None
