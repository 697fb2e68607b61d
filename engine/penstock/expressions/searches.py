"""Searching a text for a pattern, and replacing what is found, each within its bound."""

import re
from collections.abc import Iterator

from penstock.expressions.faults import OperandError
from penstock.expressions.limits import MAX_LIST
from penstock.expressions.operators import pattern
from penstock.expressions.values import bounded
from penstock.pattern import Match, Pattern, PatternError

__all__ = ["extracted", "is_found", "substituted"]

_SHOWN = 40
#: A piece of a replacement, as Java writes one: an escaped character, a group, or plain text.
_PIECE = re.compile(r"\\(.)|\$(?:([0-9]{1,9})|\{(\w+)\})|([^\\$]+)", re.DOTALL)


def _matches(wanted: Pattern, text: str) -> Iterator[Match]:
    try:
        for count, match in enumerate(wanted.find_all(text)):
            if count == MAX_LIST:
                raise OperandError(f"the pattern is found more than {MAX_LIST} times")
            yield match
    except PatternError as error:
        raise OperandError(error.message, error.hint) from None


def extracted(wanted: str, text: str) -> str:
    """Return the first piece of *text* that matches and is not empty, or an empty text."""
    matches = _matches(pattern(wanted), text)
    return next((text[match.start : match.end] for match in matches if match.end > match.start), "")


def is_found(wanted: str, text: str) -> bool:
    """Whether a pattern is found anywhere in *text*."""
    return next(_matches(pattern(wanted), text), None) is not None


def substituted(wanted: str, new: str, text: str) -> str:
    r"""Return *text* with all that matches replaced by *new*.

    There, ``$1`` is a group, ``$0`` all that matches, and ``\$`` a ``$`` (Java).
    """
    compiled = pattern(wanted)
    parts = _parts(new, compiled)
    pieces: list[str] = []
    end = length = 0
    for match in _matches(compiled, text):
        put = [text[end : match.start], *(_group(text, match, part) for part in parts)]
        length += sum(map(len, put))
        bounded(length)
        pieces += put
        end = match.end
    bounded(length + len(text) - end)
    return "".join((*pieces, text[end:]))


def _group(text: str, match: Match, part: str | int) -> str:
    if isinstance(part, str):
        return part
    return match.groups[part - 1] or "" if part else text[match.start : match.end]


def _parts(new: str, wanted: Pattern) -> list[str | int]:
    """Return the pieces of a replacement: texts, and the numbers of groups (0: all)."""
    parts: list[str | int] = []
    position = 0
    while position < len(new):
        found = _PIECE.match(new, position)
        if found is None:
            raise OperandError(
                f"{new[position:][:_SHOWN]!r} is no replacement", "write \\$ for a $, \\\\ for a \\"
            )
        escaped, digits, name, plain = found.groups()
        position = found.end()
        if digits:
            group, unread = _numbered(digits, wanted)
            parts.append(group)
            position -= unread
        else:
            parts.append(_named(name, wanted) if name else escaped or plain)
    return parts


def _numbered(digits: str, wanted: Pattern) -> tuple[int, int]:
    """Return the group that *digits* name, and how many of them are text after it (Java)."""
    if int(digits[0]) > wanted.group_count:
        raise OperandError(f"the pattern has no group {digits[0]}", "write \\$ for a $")
    length = len(digits)
    while int(digits[:length]) > wanted.group_count:
        length -= 1
    return int(digits[:length]), len(digits) - length


def _named(name: str, wanted: Pattern) -> int:
    if name not in wanted.group_names:
        raise OperandError(f"the pattern has no group called {name!r}", "write \\$ for a $")
    return wanted.group_names[name]
