"""What can be wrong with an expression, before it is known where, and the near misses."""

from collections.abc import Iterable
from itertools import islice

from penstock.errors import ExpressionError
from penstock.nearest import suggestion

__all__ = ["MissingError", "OperandError", "UndefinedError", "available"]

#: Among more names than this the near miss is not looked for: it would take its time.
_COMPARED = 1_000


class OperandError(Exception):
    """An operation cannot be done with what it was given; whoever knows the place adds it."""

    def __init__(self, message: str, hint: str = "") -> None:
        """Take what is wrong and what to do."""
        self.message = message
        self.hint = hint
        super().__init__(message)


class MissingError(OperandError):
    """A name is not where it is looked for."""


class UndefinedError(ExpressionError):
    """A name that an expression reads is not there; ``default`` and ``is defined`` catch this."""


def available(name: str, names: Iterable[object]) -> str:
    """Return the hint for a *name* that is not among *names*: the near miss, or what is there."""
    known = [item for item in islice(names, _COMPARED) if isinstance(item, str)]
    # ``my-name`` without quotes reads as ``my`` minus ``name``.
    for item in known:
        if item.startswith(f"{name}-"):
            return f'write ."{item}" if that is what you mean'
    return suggestion(name, known) or "nothing is there"
