"""The strict YAML reader: a tree of text that knows where each part of it was written.

Scalars are text. An unquoted ``null``, ``~`` or nothing at all is ``None``; every other unquoted
scalar is ``PlainText``, as it was written: ``1.10`` stays ``1.10``, and ``no`` is no boolean.
Types come later, from whoever knows what a value is for.
"""

import re
from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path

from penstock.errors import Fault
from penstock.json_types import Json
from penstock.source.place import Lines, Place, Spot, index_in_scalar
from penstock.source.text_file import checked, decoded, read_regular
from penstock.source.tree import PlainText, Value, build

__all__ = ["Place", "PlainText", "Source", "Value", "parse", "read", "typed"]

_INT = re.compile(r"[-+]?[0-9]{1,19}|0o[0-7]{1,22}|0x[0-9a-fA-F]{1,16}")
_EXPONENT = "[eE][-+]?[0-9]{1,4}"
_FLOAT = re.compile(
    rf"[-+]?(\.[0-9]{{1,400}}|[0-9]{{1,400}}\.[0-9]{{0,400}})({_EXPONENT})?"
    rf"|[-+]?[0-9]{{1,400}}{_EXPONENT}"
)
_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~"), None),
}


class Source:
    """A YAML document: ``value`` is the tree, ``file`` the name that its faults carry."""

    def __init__(self, text: str, file: str) -> None:
        """Parse *text*; raise ``Refused`` with every fault that can be found."""
        self.file = file
        self._text = checked(text, file)
        self._lines = Lines(self._text)
        tree = build(self._text, file, self._lines)
        self.value: Value = tree.value
        self._spots = tree.spots

    def __repr__(self) -> str:
        """Return the file's name; its contents may be long, or secret."""
        return f"Source({self.file!r})"

    def place(
        self, path: Sequence[str | int], *, key: bool = False, offset: int | None = None
    ) -> Place:
        """Return where the value at *path* begins: keys and list indexes from the root.

        If *path* does not exist, the nearest thing above it that does counts. *key* asks for the
        place of the key before the value (a list item and the root have none: the value's place
        then). *offset*, if given, counts characters inside a scalar's value from 0, and finds where
        that character was written, past an opening quote or a block's ``|``: see
        ``yaml_place.index_in_scalar``.
        """
        spot, value = self._nearest(tuple(path))
        if key and spot.key is not None:
            return self._lines.place(spot.key)
        if offset is not None and isinstance(value, str):
            return self._lines.place(index_in_scalar(self._text, spot, value, offset))
        return self._lines.place(spot.start)

    def fault(
        self,
        path: Sequence[str | int],
        message: str,
        hint: str = "",
        *,
        key: bool = False,
        offset: int | None = None,
    ) -> Fault:
        """Return a fault at ``place(path, key=key, offset=offset)``."""
        place = self.place(path, key=key, offset=offset)
        return Fault(message, hint, self.file, place.line, place.column)

    def file_of(self, path: Sequence[str | int]) -> str:  # noqa: ARG002 - of one file, here
        """Return the file in which what stands at *path* is written."""
        return self.file

    def _nearest(self, path: tuple[str | int, ...]) -> tuple[Spot, Value]:
        while path not in self._spots:
            path = path[:-1]
        value = self.value
        for part in path:
            value = value[part]  # type: ignore[index] # a spot's path exists
        return self._spots[path], value


def read(path: Path) -> Source:
    """Read and parse the YAML file *path*.

    Raise ``Refused`` with every fault that can be found: also where *path* is missing, not
    readable, a FIFO, a directory, a device, larger than 256 KiB, or not UTF-8.
    """
    file = str(path)
    return Source(decoded(read_regular(path), file), file)


def parse(text: str, file: str) -> Source:
    """Parse *text*; *file* is the name that faults carry. Raise ``Refused`` as ``read`` does."""
    return Source(text, file)


def typed(value: Value) -> Json:
    """Return *value* with every ``PlainText`` read by YAML 1.2's core schema, all through it.

    ``true``, ``false``, ``null``, integers of 64 bits and finite numbers get their type; all
    else (``1_000``, ``no``, ``.inf``, ``1e999``, 5,000 digits) and quoted text stays text.
    """
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    return _core(value) if isinstance(value, PlainText) else value


def _core(text: PlainText) -> Json:
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        integer = int(text, 0 if text[:2] in {"0o", "0x"} else 10)
        return integer if -(2**63) <= integer < 2**63 else str(text)
    if _FLOAT.fullmatch(text) and isfinite(number := float(text)):
        return number
    return str(text)
