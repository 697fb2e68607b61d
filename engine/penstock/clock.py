"""Time as a parameter: what the engine and the plugins ask, and never the system directly."""

import time
from datetime import UTC, datetime
from threading import Event
from typing import Protocol

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """Tells the time and lets it pass."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never jump, for measuring how long something took."""
        ...

    def wait(self, seconds: float, signal: Event | None = None) -> bool:
        """Let *seconds* pass, or less once *signal* is set; return whether it is set."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds of the monotonic clock."""
        return time.monotonic()

    def wait(self, seconds: float, signal: Event | None = None) -> bool:
        """Sleep for *seconds*, or until *signal* is set."""
        if signal is not None:
            return signal.wait(max(0.0, seconds))
        time.sleep(max(0.0, seconds))
        return False
