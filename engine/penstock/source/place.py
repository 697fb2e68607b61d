"""Where things stand in a YAML text: from an index to a line, from a value back to its text."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Lines", "Place", "Spot", "index_in_scalar"]

#: A text is made of line folds (with the blank lines in them), escapes, and what stands for itself.
_FOLD = r"(?P<fold>[ \t]*\n(?:[ \t]*\n)*[ \t]*)"
_JOIN = r"(?P<join>\\[ \t]*\n[ \t]*)"
_PAIR = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_CODE = r"\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}"
_PIECES = {
    None: re.compile(rf"{_FOLD}|[ \t]+|[^ \t\n]+"),
    "'": re.compile(rf"{_FOLD}|(?P<escape>'')|[ \t]+|[^ \t\n']+"),
    '"': re.compile(
        rf"{_FOLD}|{_JOIN}|(?P<escape>{_PAIR}|{_CODE}|\\.)|[ \t]+|[^ \t\n\\]+", re.DOTALL
    ),
}


@dataclass(frozen=True)
class Place:
    """A line and a column, both counted from 1, the column in characters."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a value stands: indexes into the text.

    ``key`` is where the value's key begins, if it has one; ``style`` is how a scalar is written
    (a quote, ``|``, ``>``, or ``None`` for a plain one and for what is no scalar).
    """

    start: int
    end: int
    key: int | None = None
    style: str | None = None


class Lines:
    """Turns an index into a text into a place. The text's lines end in ``\\n``."""

    def __init__(self, text: str) -> None:
        """Take the text; it is walked once."""
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def place(self, index: int) -> Place:
        """Return the line and column of the character at *index*."""
        line = bisect_right(self._starts, index)
        return Place(line, index - self._starts[line - 1] + 1)


def index_in_scalar(text: str, spot: Spot, value: str, offset: int) -> int:
    """Return where in *text* the character *offset* of the scalar *value* is written.

    Exact for block scalars and for what stands on one line; over folded quoted lines it is as
    near as the folding tells.
    """
    if spot.style in {"|", ">"}:
        return _in_block(text, spot, value, offset)
    quotes = 1 if spot.style else 0
    pieces = _PIECES[spot.style].finditer(text, spot.start + quotes, spot.end - quotes)
    reached = 0
    for piece in pieces:
        length = _length_in_value(piece)
        if reached + length > offset:
            return piece.start() + (0 if piece.lastgroup else offset - reached)
        reached += length
    return spot.end - quotes


def _length_in_value(piece: re.Match[str]) -> int:
    """Return how many characters of the value this piece of the text stands for."""
    if piece.lastgroup == "fold":
        return max(1, piece.group().count("\n") - 1)
    if piece.lastgroup == "escape":
        return 1
    return 0 if piece.lastgroup == "join" else len(piece.group())


def _in_block(text: str, spot: Spot, value: str, offset: int) -> int:
    """Find each line of the text in the value, in order: block scalars change nothing in them."""
    found = spot.start
    reached = 0
    for index, content in _block_lines(text, spot, value):
        begins = value.find(content, reached)
        if begins < 0 or begins > offset:
            break
        found = index + min(offset - begins, len(content))
        reached = begins + len(content)
    return found


def _block_lines(text: str, spot: Spot, value: str) -> Iterator[tuple[int, str]]:
    """Yield index and content of each line that is not blank, without its indentation."""
    body = value.lstrip("\n")
    indent: int | None = None
    index = text.find("\n", spot.start) + 1
    while 0 < index < spot.end:
        end = text.find("\n", index)
        line = text[index : end if end >= 0 else len(text)]
        if line.strip():
            if indent is None:
                indent = next((n for n in range(len(line)) if body.startswith(line[n:])), 0)
            yield index + indent, line[indent:]
        index = end + 1
