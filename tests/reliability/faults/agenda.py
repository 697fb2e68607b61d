"""Time that nobody has to wait for, and what happens in it."""

from collections.abc import Callable

from penstock.testing import FakeClock

__all__ = ["Agenda"]

#: Fake seconds after which a run goes nowhere.
_FOR_EVER = 60 * 86_400


class Agenda(FakeClock):
    """A clock that nobody has to wait for, and what happens at which of its seconds."""

    def __init__(self) -> None:
        super().__init__()
        self._due: list[tuple[float, Callable[[], object]]] = []

    def at(self, seconds: float, deed: Callable[[], object]) -> None:
        """Let something happen after so many seconds."""
        self._due.append((seconds, deed))
        self._due.sort(key=lambda each: each[0])

    def advance(self, seconds: float) -> None:
        """Let time pass; raise ``AssertionError`` where it passes for ever."""
        super().advance(seconds)
        assert self.monotonic() < _FOR_EVER, "the run is stuck: it waits for ever"
        while self._due and self._due[0][0] <= self.monotonic():
            self._due.pop(0)[1]()
