"""Says in plain words what is wrong where YAML cannot be parsed, and what to type instead.

No message shows a value: the text may be a file of secrets.
"""

import re
from typing import NamedTuple

from yaml.error import MarkedYAMLError

__all__ = [
    "QUOTE_EXPRESSION",
    "UNQUOTED_TEMPLATE",
    "advice",
    "cut_expression",
    "shown_key",
    "wrong_key",
]

#: What to do about an expression that YAML does not see as one text.
QUOTE_EXPRESSION = 'quote it: "{{ ... }}" or "<+...>"'

_TAB = ("a tab where YAML wants spaces", "replace it by spaces")
UNQUOTED_TEMPLATE = ("an unquoted '{{' begins a YAML mapping, not an expression", QUOTE_EXPRESSION)
_CUT_BY_COLON = ("an unquoted expression holds ': ', which YAML takes for a key", QUOTE_EXPRESSION)
_COLON = ("a second ': ' in one value", "put the whole value in quotes")
_INDENT = (
    "this line does not fit the lines above it",
    "indent it like its neighbours, with spaces",
)
#: So much of a key is shown in a message.
_KEY_SHOWN = 60

#: Characters that make two keys look alike: controls, zero widths, changes of direction.
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufe00-\ufe0f\ufeff]"
)

_FLOW_HINT = "put values that hold any of , ? [ ] { } # in quotes"


class _Known(NamedTuple):
    """What PyYAML says (``context: problem``), and what we say instead."""

    pattern: str
    message: str
    hint: str
    #: Whether the place is where the broken thing begins, not where parsing stopped.
    at_beginning: bool = False


_KNOWN = (
    _Known(
        r"quoted scalar: found unexpected (end of stream|document separator)",
        "the quote that begins here is never closed",
        "add the closing quote",
        at_beginning=True,
    ),
    _Known(
        r"found unknown escape|hexadecimal numbers",
        "no such escape in double quotes",
        r"write \\ for a backslash, or use single quotes",
    ),
    _Known(
        r"simple key: could not find expected ':'",
        "this line is no 'key: value'",
        "add the colon, or indent it as part of the value above",
        at_beginning=True,
    ),
    _Known(
        r"expected ',' or '\]'",
        "the '[' that begins here is not closed properly",
        _FLOW_HINT,
        at_beginning=True,
    ),
    _Known(
        r"expected ',' or '\}'",
        "the '{' that begins here is not closed properly",
        _FLOW_HINT,
        at_beginning=True,
    ),
    _Known(
        r"flow node: .*<stream end>",
        "the file ends within a '[' or a '{'",
        "close the bracket",
    ),
    _Known(
        r"flow node",
        "a value is missing, or begins with a sign of YAML",
        "put the value in quotes",
    ),
    _Known(
        r"scanning an (alias|anchor)",
        "a value cannot begin with '*' or '&'",
        "put the value in quotes",
        at_beginning=True,
    ),
    _Known(
        r"(scanning|parsing) a tag|tag handle",
        "YAML tags are not supported",
        "put a value that begins with '!' in quotes",
        at_beginning=True,
    ),
    _Known(r"directive", "YAML directives are not supported", "delete the line"),
    _Known(
        r"sequence entries are not allowed",
        "a list cannot begin here",
        "put '- ' on a line of its own, below the key",
    ),
    _Known(
        r"scanning a block scalar",
        "only + - or a digit may follow '|' or '>'",
        "begin the text on the next line",
    ),
    _Known(
        r"cannot start any token",
        "a value cannot begin with this character",
        "put the value in quotes",
    ),
    _Known(
        r"found '<scalar>'",
        "text after a value that is complete",
        "put the whole value in one pair of quotes",
    ),
    _Known(r"more than \d+ levels", "nested too deeply", "at most 64 levels are read"),
    _Known(r"more than \d+ values", "too many values", "split it: at most 20,000 are read"),
    _Known("", *_INDENT),  # whatever else it says, it is about what stands where
)


def advice(error: MarkedYAMLError, text: str) -> tuple[str, str, int]:
    """Return what is wrong, what to do, and at which index of *text*, for what PyYAML raised."""
    mark = error.problem_mark or error.context_mark
    index = min(mark.index, len(text)) if mark else 0
    begins = text.rfind("\n", 0, index) + 1
    ends = text.find("\n", index)
    line = text[begins : ends if ends >= 0 else len(text)]
    if text[index : index + 1] == "\t":
        return *_TAB, index
    template = re.search(r"(?:^|: |- |[\[,] *)(\{\{)", line)
    if template:
        return *UNQUOTED_TEMPLATE, begins + template.start(1)
    if "mapping values are not allowed" in (error.problem or ""):
        return *_colon(line[: index - begins]), index
    return _known(error, index)


def cut_expression(plain: str) -> bool:
    """Tell whether the last ``<+`` or ``{{`` of an unquoted text is never closed."""
    opened = max(plain.rfind("<+"), plain.rfind("{{"))
    return opened >= 0 and (">" if plain[opened] == "<" else "}}") not in plain[opened:]


def wrong_key(key: str, *, plain: bool) -> tuple[str, str] | None:
    """Return what is wrong with a key and what to do, or ``None``; *plain*: it is not quoted."""
    if plain and key == "<<":
        return "merge keys are not supported", "write the keys out"
    if plain and not key:
        return "a key is missing before ':'", "write one, or put the text in quotes"
    if plain and cut_expression(key):
        return _CUT_BY_COLON
    hidden = _HIDDEN.search(key)
    if hidden:
        code = f"U+{ord(hidden.group()):04X}"
        return f"the key {shown_key(key)} holds the hidden character {code}", "delete it"
    return None


def shown_key(key: str) -> str:
    """Return a key for a message: short, and with nothing in it that acts on a terminal."""
    return repr(key if len(key) <= _KEY_SHOWN else f"{key[:_KEY_SHOWN]}...")


def _colon(before: str) -> tuple[str, str]:
    """Judge a stray ``: `` by what stands before it on its line."""
    if cut_expression(before):
        return _CUT_BY_COLON
    return _COLON if re.search(r":\s", before) else _INDENT


def _known(error: MarkedYAMLError, index: int) -> tuple[str, str, int]:
    said = f"{error.context or ''}: {error.problem or ''}"
    known = next(each for each in _KNOWN if re.search(each.pattern, said))
    if known.at_beginning and error.context_mark:
        index = error.context_mark.index
    return known.message, known.hint, index
