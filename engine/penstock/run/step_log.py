"""What runs on behalf of a step prints: all of it in a file, and so much as is told of it."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from penstock.clock import Clock
from penstock.secret import Masker

__all__ = ["StepLog", "kept_logs", "log_file", "logs_of"]

#: Characters of a line that is told, lines of one second, and lines of a step in all.
_LONGEST, _PER_SECOND, _MOST = 2_000, 50, 2_000
#: Bytes of a step's file.
_LARGEST = 10 * 1024 * 1024
_FULL = b"(more was printed than is kept)\n"
_END = ".log"
_UNSAFE = re.compile(r"[^\w$.\[\]-]", re.ASCII)


def logs_of(database: Path) -> Path:
    """Return the directory of all logs, beside the journal."""
    return database.parent / f"{database.name}.logs"


def log_file(logs: Path, run: str, path: str) -> Path:
    """Return the file of the step at *path* below the directory of all logs."""
    return logs / run / f"{_UNSAFE.sub('_', path.replace('/', '.'))}{_END}"


def kept_logs(logs: Path, run: str) -> dict[str, Path]:
    """Return the files of a run's logs by the paths of the steps, the oldest first."""
    found = (logs / run).glob(f"*{_END}")
    files = sorted(found, key=lambda file: (file.stat().st_mtime_ns, file.name))
    return {file.name.removesuffix(_END).replace(".", "/"): file for file in files}


class StepLog:
    """Takes lines, hides secrets in them, keeps them and tells of them, all within bounds.

    A file that cannot be written ends nothing: it is told, once.
    """

    def __init__(
        self,
        file: Path | None,
        masker: Masker,
        clock: Clock,
        tell: Callable[[str], None],
        note: Callable[[str], None],
    ) -> None:
        """Take the file (``None``: keep nothing), and who is told of lines and of what is amiss."""
        self._file = file
        self._masker = masker
        self._clock = clock
        self._tell = tell
        self._note = note
        self._stream: BinaryIO | None = None
        self._room = _LARGEST
        self._told = 0
        self._left_out = 0
        self._second = -1
        self._in_second = 0

    def __call__(self, line: str) -> None:
        """Take one line, without its end."""
        line = self._masker.mask(line)
        self._keep(line)
        if not self._may_tell():
            self._left_out += 1
            return
        self._tell_left_out()
        self._tell(line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…")

    def __enter__(self) -> Self:
        """Return the log itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Tell how many lines were not told, and close the file."""
        self._tell_left_out()
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _may_tell(self) -> bool:
        second = int(self._clock.monotonic())
        if second != self._second:
            self._second, self._in_second = second, 0
        if self._told >= _MOST or self._in_second >= _PER_SECOND:
            return False
        self._told += 1
        self._in_second += 1
        return True

    def _tell_left_out(self) -> None:
        if self._left_out:
            where = " but kept" if self._file is not None else ""
            self._note(f"{self._left_out} lines of its log are not shown{where}")
            self._left_out = 0

    def _keep(self, line: str) -> None:
        if self._file is None:
            return
        written = line.encode("utf-8", "backslashreplace") + b"\n"
        try:
            if self._stream is None:
                self._stream = _opened(self._file)
                self._room = _LARGEST - os.fstat(self._stream.fileno()).st_size
            if 0 < self._room < len(written):
                written, self._room = _FULL, 0
            if self._room > 0 or written is _FULL:
                self._stream.write(written)
                self._room -= len(written)
        except OSError as error:
            self._note(f"its log cannot be kept in {self._file}: {error.strerror}")
            self._file = None


def _opened(file: Path) -> BinaryIO:
    """Open *file* to add to it, readable by its owner alone."""
    for directory in (file.parents[1], file.parent):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
    return open(os.open(file, flags, 0o600), "wb", buffering=0)  # noqa: PTH123 - a descriptor; the log closes it
