"""Places in a spec as step types name them: ``headers.*.value`` stands for each entry's value."""

import re
from dataclasses import dataclass

__all__ = ["Later", "any_entry"]

_INDEX = re.compile(r"(?<=\.)\d+(?=\.|$)")


@dataclass(frozen=True)
class Later:
    """The names that only a step will know, for an expression that it evaluates itself."""

    names: tuple[str, ...]
    #: Whether all of the text is one expression, in which each ``<+ … >`` is a part, as a
    #: criterion is; else it is a text with expressions in it.
    criterion: bool = False


def any_entry(path: str) -> str:
    """Return a dotted *path* with ``*`` for each index: for ``a.0.b`` it is ``a.*.b``."""
    return _INDEX.sub("*", path)
