"""Issues that were not found, and how often: one 404 means nothing yet.

Jira: an index that is rebuilt, a permission that is changed, a node that has just started answer
404 for an issue that is there.
"""

from dataclasses import dataclass
from threading import Lock

__all__ = ["MISSING", "Misses", "Missing"]

#: An issue is missing after so many looks, over so many seconds.
_LOOKS, _SECONDS = 3, 600.0
#: Seconds between two looks after which the first one counts no more.
_FORGOTTEN = 3600.0


@dataclass(frozen=True)
class Misses:
    """The looks in a row that did not find one issue, in seconds of the monotonic clock."""

    looks: int
    first: float
    last: float

    @property
    def confirmed(self) -> bool:
        """Whether the issue counts as missing."""
        return self.looks >= _LOOKS and self.last - self.first >= _SECONDS

    @property
    def minutes(self) -> int:
        """The time between the first and the last of them."""
        return int((self.last - self.first) // 60)


class Missing:
    """What this process did not find, by address and key; a restart begins anew."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._known: dict[tuple[str, str], Misses] = {}
        self._lock = Lock()

    def again(self, url: str, key: str, now: float) -> Misses:
        """Count one more look at *now* that did not find *key*."""
        with self._lock:
            before = self._known.get((url, key))
            if before is None or not 0 <= now - before.last <= _FORGOTTEN:
                before = Misses(0, now, now)
            misses = Misses(before.looks + 1, before.first, now)
            self._known[url, key] = misses
        return misses

    def found(self, url: str, key: str) -> None:
        """Forget that *key* was missed: it is there."""
        with self._lock:
            self._known.pop((url, key), None)

    def forget(self, url: str) -> None:
        """Forget all that was missed at *url*."""
        with self._lock:
            for known in [known for known in self._known if known[0] == url]:
                del self._known[known]


MISSING = Missing()
