"""A tree put together from several YAML files; each part of it knows where it was written."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from typing_extensions import override

from penstock.errors import Fault
from penstock.source.place import Place
from penstock.source.reading import Source
from penstock.source.tree import Value

__all__ = ["Part", "Woven"]

#: A source, and the path in it.
Part: TypeAlias = tuple[Source, tuple[str | int, ...]]


class Woven(Source):
    """A tree whose parts come from other sources: faults name the files where they stand.

    ``file`` is the name of the whole: the file that the person gave.
    """

    def __init__(
        self, value: Value, file: str, parts: Mapping[tuple[str | int, ...], Part]
    ) -> None:
        """Take the tree, and for each path where another part begins, what is written there.

        What lies below such a path is looked up below that part. *parts* has ``()``.
        """
        self.file = file
        self.value = value
        self._parts = dict(parts)

    @override
    def place(
        self, path: Sequence[str | int], *, key: bool = False, offset: int | None = None
    ) -> Place:
        source, below = self.part(path)
        return source.place(below, key=key, offset=offset)

    @override
    def fault(
        self,
        path: Sequence[str | int],
        message: str,
        hint: str = "",
        *,
        key: bool = False,
        offset: int | None = None,
    ) -> Fault:
        source, below = self.part(path)
        return source.fault(below, message, hint, key=key, offset=offset)

    @override
    def file_of(self, path: Sequence[str | int]) -> str:
        source, below = self.part(path)
        return source.file_of(below)

    def part(self, path: Sequence[str | int]) -> Part:
        """Return where what stands at *path* is written."""
        above = tuple(path)
        while above not in self._parts:
            above = above[:-1]
        source, start = self._parts[above]
        return source, (*start, *path[len(above) :])
