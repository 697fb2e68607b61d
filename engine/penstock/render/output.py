"""Where text goes: a stream that may go away without taking the run with it."""

import io
import os
from threading import Lock
from typing import TextIO

__all__ = ["Output"]


class Output(io.TextIOBase):
    """Wraps a stream so that writing never raises.

    When the other end is gone (``penstock run … | head``), it goes quiet: the run matters more
    than its narration. Characters that the stream's encoding lacks are written as escapes.
    """

    def __init__(self, stream: TextIO) -> None:
        """Take the stream; it is neither opened nor closed here."""
        self._stream = stream
        self._lock = Lock()
        #: Why nothing is written any more, if so.
        self.problem: OSError | None = None

    @property
    def encoding(self) -> str:  # type: ignore[override]  # the base has an attribute, set once
        """The stream's encoding."""
        return getattr(self._stream, "encoding", None) or "utf-8"

    def can_write(self, text: str) -> bool:
        """Tell whether the stream's encoding has all characters of *text*."""
        try:
            text.encode(self.encoding)
        except UnicodeEncodeError:
            return False
        return True

    def isatty(self) -> bool:
        """Tell whether a person's terminal is at the other end."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """Return the stream's file descriptor."""
        return self._stream.fileno()

    def writable(self) -> bool:
        """Return true: this is for writing."""
        return True

    def write(self, text: str) -> int:
        """Write *text* whole, or nothing once the other end is gone."""
        if not self.can_write(text):
            text = text.encode(self.encoding, "backslashreplace").decode(self.encoding)
        with self._lock:
            if self.problem is None:
                try:
                    self._stream.write(text)
                except OSError as error:
                    self._go_quiet(error)
        return len(text)

    def flush(self) -> None:
        """Let the text go out."""
        with self._lock:
            if self.problem is None:
                try:
                    self._stream.flush()
                except OSError as error:
                    self._go_quiet(error)

    def _go_quiet(self, error: OSError) -> None:
        self.problem = error
        try:
            descriptor = self._stream.fileno()
        except OSError:  # no real file: nothing is flushed at the interpreter's end either
            return
        # What the stream still holds is flushed when Python ends, which would fail again and
        # spoil the exit code; https://docs.python.org/3/library/signal.html#note-on-sigpipe
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)
