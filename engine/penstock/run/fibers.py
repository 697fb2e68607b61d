"""Work side by side in one thread: generators that yield the key of what they wait for.

A run with ten thousand open gates is ten thousand suspended generators, not threads.
"""

from collections import deque
from collections.abc import Callable, Generator, Hashable, Sequence
from typing import Any, TypeAlias, TypeVar

__all__ = ["Fiber", "Fibers"]

T = TypeVar("T")

#: Yields the key of what it waits for; its value is what it returns.
Fiber: TypeAlias = Generator[Hashable, None, T]


class Fibers:
    """Runs fibers, each until it waits; ``wake`` lets those go on that wait for a key."""

    def __init__(self) -> None:
        """Start without any."""
        self._ready: deque[Fiber[Any]] = deque()
        self._waiting: dict[Hashable, list[Fiber[Any]]] = {}
        #: How many branches are under way side by side; with one alone, it may block.
        self.width = 1

    def start(self, fiber: Fiber[Any]) -> None:
        """Take in a fiber; it begins in the next ``run``."""
        self._ready.append(fiber)

    def wake(self, key: Hashable) -> None:
        """Let the fibers go on that wait for *key*; they look for themselves whether they can."""
        self._ready.extend(self._waiting.pop(key, ()))

    def run(self) -> None:
        """Go on until every fiber waits or is done."""
        while self._ready:
            fiber = self._ready.popleft()
            try:
                key = next(fiber)
            except StopIteration:
                continue
            self._waiting.setdefault(key, []).append(fiber)

    def together(
        self,
        fibers: Sequence[Fiber[T]],
        at_most: int | None = None,
        *,
        leave: Callable[[T], bool] = lambda result: False,  # noqa: ARG005 - the default leaves nothing out
    ) -> Fiber[list[T | None]]:
        """Run *fibers* side by side, *at_most* so many at once; return their results in order.

        Once *leave* says so of a result, those that have not begun are left out, as ``None``.
        """
        if len(fibers) == 1:
            return [(yield from fibers[0])]
        results: list[T | None] = [None] * len(fibers)
        queue = deque(enumerate(fibers))
        lanes = min(at_most or len(fibers), len(fibers))
        done = object()
        left = lanes

        def lane() -> Fiber[None]:
            nonlocal left
            while queue:
                i, fiber = queue.popleft()
                result = yield from fiber
                results[i] = result
                if leave(result):
                    queue.clear()
            left -= 1
            self.width -= 1
            self.wake(done)

        self.width += lanes - 1
        for _ in range(lanes):
            self.start(lane())
        # Each lane takes one off as it ends; while this fiber waits it is none itself.
        while left:
            yield done
        self.width += 1
        return results
