"""Bytes that a program prints, as lines of text."""

from collections import deque
from collections.abc import Callable

__all__ = ["Lines"]

#: Bytes after which a line that does not end is taken for one.
_LONGEST = 64 * 1024
#: How a complaint of the shell begins.
_LINE = b"script: line "
#: Lines that are remembered, and characters of each.
_REMEMBERED, _SHOWN = 5, 300


class Lines:
    """Takes bytes as they come and gives them on as lines; remembers the last few."""

    def __init__(self, take: Callable[[str], None], script: str = "") -> None:
        """Take who is given each line, without its end, and what the shell calls the script."""
        self._take = take
        self._script = f"{script}: line ".encode()
        self._rest = b""
        self._last: deque[str] = deque(maxlen=_REMEMBERED)

    @property
    def last(self) -> tuple[str, ...]:
        """The last lines that are not blank, each cut."""
        return tuple(self._last)

    def feed(self, data: bytes) -> None:
        """Take more bytes."""
        *whole, rest = (self._rest + data).split(b"\n")
        for line in whole:
            self._give(line)
        while len(rest) > _LONGEST:
            self._give(rest[:_LONGEST])
            rest = rest[_LONGEST:]
        self._rest = rest

    def end(self) -> None:
        """Give on what has no end."""
        rest, self._rest = self._rest, b""
        if rest:
            self._give(rest)

    def _give(self, line: bytes) -> None:
        if line.startswith(self._script):
            line = _LINE + line.removeprefix(self._script)
        # What a terminal would show in the end of a line that is written over and over.
        text = line.decode("utf-8", "replace").rstrip("\r").rpartition("\r")[2]
        if text.strip():
            self._last.append(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
        self._take(text)
