"""What a gate could have seen before there was a run: for trying its criteria on the past."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from penstock.step import Connectors
from penstock.watch import Snapshot

__all__ = ["History", "Past", "Replayable"]


@dataclass(frozen=True)
class Past:
    """One thing that a gate might have waited for.

    ``snapshots`` are what looks would have brought back: one when it was made, one after each
    change, one now; the oldest first, and never none.
    """

    key: str
    snapshots: tuple[Snapshot, ...]
    #: Where a person can look.
    link: str | None = None
    #: What nobody can tell of it any more, in words that are the same for each such thing.
    doubts: tuple[str, ...] = ()


class History(Protocol):
    """The past of several things, read as it is asked for. It raises as a step's ``run`` does."""

    def __iter__(self) -> Iterator[Past]:
        """Yield the past of each."""
        ...

    def suspicions(self) -> Sequence[str]:
        """Return what looks wrong about the gate, given all that was yielded: a name mistyped."""
        ...


@runtime_checkable
class Replayable(Protocol):
    """What a gate offers beside ``judge`` so that ``penstock backtest`` can try it on the past."""

    @classmethod
    def present_only(cls) -> Collection[str]:
        """Return which keys of the spec the past does without: only a run may tell them."""
        ...

    def history(self, connectors: Connectors, query: str) -> History:
        """Return the past of what *query* finds, in the words of the other system; reads only."""
        ...
