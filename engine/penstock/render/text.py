"""Text from elsewhere made safe for a terminal, and all text made to fit.

What comes from Jira or YAML may hold escape sequences, line breaks that forge a log line,
characters that turn the reading direction round, or commands that a CI system obeys when it
sees them in a log. ``clean`` leaves none of these.
"""

import re
import unicodedata
from collections.abc import Sequence
from itertools import accumulate
from urllib.parse import urlsplit

__all__ = [
    "align",
    "cell_width",
    "clean",
    "clean_lines",
    "fit",
    "joined",
    "one_value",
    "pad",
    "safe_link",
]

#: The longest value that a line shows of another system's text.
_LONGEST_VALUE = 200

_SEQUENCES = re.compile(
    # OSC, DCS, SOS, PM and APC strings, up to their end; without an end only the start is one
    r"(?:\x1b[\]PX^_]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x80-\x9f\n\r]*(?:\x07|\x1b\\|\x9c)"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI
    r"|\x1b[ -/]*[0-~]?"  # all other escapes
)
_BREAKS = re.compile(r"\r\n|[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
_LINE_ENDS = re.compile(r"\r\n|[\n\v\f\r\x85\u2028\u2029]")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
#: Turn the direction round, are invisible, or cannot be written at all: shown as escapes, since
#: "Appr\u200boved" that does not equal "Approved" should be seen for what it is.
_DECEIVERS = re.compile(
    "[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
#: Azure Pipelines and TeamCity obey ``##vso[…]`` and ``##teamcity[…]`` anywhere in a line.
_CI_COMMAND = re.compile(r"##(?=\w*\[)")


def clean(text: str) -> str:
    """Return *text* as one line that a terminal and a CI log take for nothing but text."""
    text = _SEQUENCES.sub("", text)
    text = _CONTROLS.sub("", _BREAKS.sub(" ", text))
    text = _CI_COMMAND.sub("# #", text)
    return _DECEIVERS.sub(_escape, text)


def clean_lines(text: str) -> list[str]:
    """Return the lines of *text*, each cleaned, without empty ones."""
    lines = (clean(line).rstrip() for line in _LINE_ENDS.split(text))
    return [line for line in lines if line]


def one_value(text: str) -> str:
    """Return a value cleaned, and cut where it is too long to be shown beside others."""
    return fit(clean(text[: 4 * _LONGEST_VALUE]), _LONGEST_VALUE)


def safe_link(address: str | None) -> str | None:
    """Return *address* if it is a web address that may be offered for a click."""
    if address is None or address != clean(address) or not address.isprintable():
        return None
    try:
        parts = urlsplit(address)
    except ValueError:  # such as a bracket that is never closed
        return None
    usable = parts.scheme in {"http", "https"} and parts.netloc and " " not in address
    return address if usable else None


def cell_width(text: str) -> int:
    """Return how many columns of a terminal *text* takes."""
    return sum(map(_cells, text))


def pad(text: str, width: int) -> str:
    """Return *text* with spaces up to *width* columns."""
    return text + " " * (width - cell_width(text))


def fit(text: str, width: int) -> str:
    """Return *text*, cut with an ellipsis if it takes more than *width* columns."""
    if cell_width(text) <= width:
        return text
    kept = sum(1 for used in accumulate(map(_cells, text)) if used < width)
    return text[:kept].rstrip() + "…"


def _cells(character: str) -> int:
    if character.isascii():
        return 1
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape", "surrogatepass").decode("ascii")


def align(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return rows of equal length with each cell padded to the width of its column."""
    widths = [max(map(cell_width, cells)) for cells in zip(*rows, strict=True)]
    return [[pad(cell, width) for cell, width in zip(row, widths, strict=True)] for row in rows]


def joined(cells: Sequence[str]) -> str:
    """Return aligned cells as one line, without the columns that are empty in all rows."""
    return "  ".join(cell for cell in cells if cell).rstrip()
