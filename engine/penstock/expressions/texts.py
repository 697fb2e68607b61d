"""What can be done with text, as Java's and JEXL's methods of the same names do it.

Positions count characters (Java counts UTF-16 units, which differs for emoji only). Whatever
may grow is measured before it is made.
"""

import re
from collections.abc import Iterator

from penstock.expressions.faults import OperandError
from penstock.expressions.limits import MAX_LIST
from penstock.expressions.operators import pattern
from penstock.expressions.values import bounded
from penstock.pattern import PatternError

__all__ = ["char_at", "decimal", "integer", "replaced", "split", "substring", "trimmed"]

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,300}(\.[0-9]{1,300})?([eE][+-]?[0-9]{1,3})?")
#: Java's ``trim`` cuts these: the space and every control character before it.
_TRIMMED = "".join(map(chr, range(0x21)))


def trimmed(text: str) -> str:
    """Return *text* without spaces and control characters at its ends."""
    return text.strip(_TRIMMED)


def replaced(text: str, old: str, new: str) -> str:
    """Return *text* with every *old*, taken literally, become *new*."""
    bounded(len(text) + text.count(old) * (len(new) - len(old)))
    return text.replace(old, new)


def substring(text: str, first: int, last: int | None = None) -> str:
    """Return the characters from *first* (0-based) to before *last*, or to the end."""
    end = len(text) if last is None else last
    if not 0 <= first <= end <= len(text):
        raise OperandError(f"{first} to {end} is not inside a text of {len(text)} characters")
    return text[first:end]


def char_at(text: str, position: int) -> str:
    """Return the character at *position* (0-based)."""
    if not 0 <= position < len(text):
        raise OperandError(f"{position} is not inside a text of {len(text)} characters")
    return text[position]


def split(text: str, separator: str) -> list[str]:
    """Return the pieces of *text* between separators, without empty ones at the end (Java).

    A separator of one character is taken literally, a longer one is an RE2 pattern, as in Java
    (where ``split(".")`` and ``split("|")`` are of no use to anybody).
    """
    pieces: list[str] = []
    end = 0
    for first, last in _separators(text, separator):
        pieces.append(text[end:first])
        end = last
        if len(pieces) >= MAX_LIST:
            raise OperandError(f"the list would have more than {MAX_LIST} items")
    if not pieces:
        return [text]
    pieces.append(text[end:])
    while pieces and not pieces[-1]:
        pieces.pop()
    return pieces


def _separators(text: str, separator: str) -> Iterator[tuple[int, int]]:
    if not separator:
        raise OperandError("split needs something to split at")
    if len(separator) == 1:
        start = text.find(separator)
        while start >= 0:
            yield start, start + 1
            start = text.find(separator, start + 1)
        return
    try:
        for match in pattern(separator).find_all(text):
            if match.end > match.start:
                yield match.start, match.end
    except PatternError as error:
        raise OperandError(error.message) from None


def integer(text: str) -> int:
    """Return the whole number that *text* says, and nothing but that."""
    stripped = trimmed(text)
    if not _INTEGER.fullmatch(stripped):
        raise OperandError("the text is not a whole number of at most 19 digits")
    return int(stripped)


def decimal(text: str) -> float:
    """Return the number that *text* says, and nothing but that."""
    stripped = trimmed(text)
    if not _DECIMAL.fullmatch(stripped):
        raise OperandError("the text is not a number")
    return float(stripped)
