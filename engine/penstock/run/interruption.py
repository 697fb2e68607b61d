"""Stopping a run on purpose: the run is kept, and resumed another time."""

from threading import Event
from typing import ClassVar

from penstock.clock import Clock
from penstock.errors import PenstockError

__all__ = ["Interrupted", "InterruptibleClock", "Stop"]

#: Seconds after which somebody who waits notices a request to stop.
_SLICE = 0.2


class Interrupted(PenstockError):
    """The process was asked to stop; nothing has failed."""

    exit_code: ClassVar[int] = 6


class Stop:
    """A request to stop, made by a signal and looked at wherever time passes."""

    def __init__(self) -> None:
        """Start without a request. ``bell`` rings for this, and for whatever else ends a wait."""
        self.bell = Event()
        self.reason: str | None = None

    def request(self, reason: str) -> None:
        """Ask to stop; safe in a signal's own function."""
        self.reason = reason
        self.bell.set()

    def check(self) -> None:
        """Raise ``Interrupted`` if a stop was asked for."""
        if self.reason is not None:
            raise Interrupted(self.reason)


class InterruptibleClock:
    """A clock for steps: whoever waits on it is interrupted when a stop is asked for."""

    def __init__(self, clock: Clock, stop: Stop) -> None:
        """Take the clock that tells the time."""
        self._clock = clock
        self._stop = stop
        self.now = clock.now
        self.monotonic = clock.monotonic

    def wait(self, seconds: float, signal: Event | None = None) -> bool:
        """Let *seconds* pass in full, or raise ``Interrupted``; *signal* ends it early as usual."""
        if signal is not None:
            return self._clock.wait(seconds, signal)
        end = self._clock.monotonic() + seconds
        while (left := end - self._clock.monotonic()) > 0:
            self._stop.check()
            self._clock.wait(min(left, _SLICE))
        self._stop.check()
        return False
