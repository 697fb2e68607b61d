"""Test doubles for whoever writes a plugin or a pipeline: the ones that Penstock's tests use."""

import threading
from datetime import UTC, datetime, timedelta
from threading import Event

__all__ = ["FakeClock"]

_START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class FakeClock:
    """A ``Clock`` whose time passes only when it is told to, and then at once.

    It begins at *start* (aware; by default 2 March 2026, 09:00 UTC). ``wait`` returns
    immediately and leaves the clock that much later, so a test of a three-week wait takes no
    time::

        clock = FakeClock()
        clock.wait(60)
        assert clock.now() == datetime(2026, 3, 2, 9, 1, tzinfo=UTC)

    Threads may share it.
    """

    def __init__(self, start: datetime = _START) -> None:
        """Take the instant at which the clock begins; raise ``ValueError`` for a naive one."""
        if start.tzinfo is None:
            raise ValueError("the start of a clock must be aware; give it tzinfo=UTC")
        self._start = start.astimezone(UTC)
        self._passed = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the instant that the clock stands at, in UTC."""
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Return the seconds that have passed since the start."""
        with self._lock:
            return self._passed

    def wait(self, seconds: float, signal: Event | None = None) -> bool:
        """Let *seconds* pass at once, or none if *signal* is set; return whether it is set."""
        if signal is not None and signal.is_set():
            return True
        self.advance(max(0.0, seconds))
        return False

    def advance(self, seconds: float) -> None:
        """Let *seconds* pass; raise ``ValueError`` for fewer than none."""
        if seconds < 0:
            raise ValueError("time does not run backwards; give a number of seconds from 0 up")
        with self._lock:
            self._passed += seconds
