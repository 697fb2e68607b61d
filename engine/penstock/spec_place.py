"""Places in a spec as step types name them: ``headers.*.value`` stands for each entry's value."""

import re

__all__ = ["any_entry"]

_INDEX = re.compile(r"(?<=\.)\d+(?=\.|$)")


def any_entry(path: str) -> str:
    """Return a dotted *path* with ``*`` for each index: for ``a.0.b`` it is ``a.*.b``."""
    return _INDEX.sub("*", path)
