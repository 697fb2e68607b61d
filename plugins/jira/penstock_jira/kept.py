"""What Jira was asked once and need not be asked again for a while."""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Kept", "KeptItem"]

T = TypeVar("T")

#: Seconds for which an answer is kept.
_SECONDS = 600.0


@dataclass(frozen=True)
class KeptItem(Generic[T]):
    """An answer, and how many seconds old it is; 0: it was read just now."""

    value: T
    age: float


class Kept(Generic[T]):
    """Answers of one kind, for ten minutes of the monotonic clock; threads may share it.

    What cannot be read is not kept.
    """

    def __init__(self) -> None:
        """Start with nothing."""
        self._known: dict[Hashable, tuple[T, float]] = {}
        self._lock = threading.Lock()

    def get(
        self, key: Hashable, read: Callable[[], T], now: float, *, fresh: bool = False
    ) -> KeptItem[T]:
        """Return the answer to *key*; *read* it where it is not known, too old, or not *fresh*."""
        with self._lock:
            known = self._known.get(key)
        if known is not None and not fresh and 0 <= now - known[1] < _SECONDS:
            return KeptItem(known[0], now - known[1])
        value = read()
        with self._lock:
            self._known = {
                name: (each, at) for name, (each, at) in self._known.items() if now - at < _SECONDS
            }
            self._known[key] = (value, now)
        return KeptItem(value, 0.0)

    def forget(self, key: Hashable) -> None:
        """Read the answer to *key* afresh the next time."""
        with self._lock:
            self._known.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._known.clear()
