"""Threads for steps that run side by side; what they come to is taken up by the run's own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue

__all__ = ["Pool"]

#: Harness: so many stages may run side by side.
_MOST = 256


class Pool:
    """Does work in threads, which are made when there is work for them."""

    def __init__(self, ring: Callable[[], None]) -> None:
        """Take what is called, in a thread, each time some work is done."""
        self._ring = ring
        self._threads: ThreadPoolExecutor | None = None
        self._done: SimpleQueue[str] = SimpleQueue()
        #: How much work is not taken up yet.
        self.under_way = 0

    def start(self, key: str, work: Callable[[], None]) -> None:
        """Do *work*, which must not raise, in a thread; ``finished`` names *key* then."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_MOST, thread_name_prefix="step")
        self.under_way += 1
        self._threads.submit(self._do, key, work)

    def _do(self, key: str, work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            self._done.put(key)
            self._ring()

    def finished(self) -> list[str]:
        """Return the keys of the work that was done since this was last asked."""
        found = []
        while True:
            try:
                found.append(self._done.get_nowait())
            except Empty:
                self.under_way -= len(found)
                return found

    def close(self) -> None:
        """Wait for the work under way, and let the threads go."""
        if self._threads is not None:
            self._threads.shutdown(wait=True)
