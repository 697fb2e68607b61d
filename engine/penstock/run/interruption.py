"""Stopping a run on purpose: the run is kept, and resumed another time."""

from threading import Event, Thread
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
        #: Whether it rang because something that gates look at has changed.
        self.changed = False

    def request(self, reason: str) -> None:
        """Ask to stop; safe in a signal's own function."""
        self.reason = reason
        # Not rung from here: the code that a signal interrupts may hold the bell's own lock.
        Thread(target=self.bell.set, daemon=True).start()

    def ring(self) -> None:
        """Tell whoever waits that something has changed that gates look at; from any thread."""
        self.changed = True
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
        """Let *seconds* pass, or less once *signal* is set; return whether it is set.

        Raise ``Interrupted`` as soon as a stop is asked for.
        """
        # The bell rings for a stop too; any other wait is cut, so that it notices.
        longest = seconds if signal is self._stop.bell else _SLICE
        end = self._clock.monotonic() + seconds
        self._stop.check()
        while (left := end - self._clock.monotonic()) > 0:
            rung = self._clock.wait(min(left, longest), signal)
            self._stop.check()
            if rung:
                return True
        return signal is not None and signal.is_set()
