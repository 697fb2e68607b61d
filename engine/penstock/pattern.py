"""Regular expressions in RE2's syntax: no pattern and no text can take longer than linear time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

__all__ = ["Match", "Pattern", "PatternError"]

#: Characters of one pattern.
_LONGEST = 8 * 1024


class PatternError(ValueError):
    """A pattern that is not RE2, or a text that cannot be searched; ``hint`` says what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        """Take what is wrong and what to do."""
        self.message = message
        self.hint = hint
        super().__init__(f"{message}; {hint}" if hint else message)


@dataclass(frozen=True)
class Match:
    """Where a pattern was found: ``text[start:end]``, and the texts of its groups from 1 on."""

    start: int
    end: int
    groups: tuple[str | None, ...]


class Pattern:
    """A compiled pattern."""

    def __init__(self, text: str) -> None:
        """Compile *text*; raise ``PatternError`` if it is too long or is not RE2."""
        self._compiled = _compiled(text)

    @property
    def group_count(self) -> int:
        """How many groups the pattern has."""
        return int(self._compiled.groups)

    @property
    def group_names(self) -> Mapping[str, int]:
        """The numbers of the groups that have a name."""
        return dict(self._compiled.groupindex)

    def matches(self, text: str) -> bool:
        """Whether the pattern matches all of *text*.

        Raise ``PatternError`` if that holds half a character.
        """
        try:
            return self._compiled.fullmatch(text) is not None
        except UnicodeEncodeError:
            raise _half("text") from None

    def find_all(self, text: str) -> Iterator[Match]:
        """Yield each place where the pattern is found, from left to right, also empty ones.

        Raise ``PatternError`` if *text* holds half a character.
        """
        try:
            for found in self._compiled.finditer(text):
                yield Match(found.start(), found.end(), found.groups())
        except UnicodeEncodeError:
            raise _half("text") from None


@lru_cache(maxsize=128)
def _compiled(text: str) -> Any:
    import re2

    if len(text) > _LONGEST:
        raise PatternError(f"the pattern is longer than {_LONGEST} characters")
    options = re2.Options()
    options.log_errors = False  # RE2 would write to stderr, which is the run's
    try:
        return re2.compile(text, options)
    except UnicodeEncodeError:
        raise _half("pattern") from None
    except re2.error as error:
        reason = error.args[0]
        reason = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise PatternError(
            f"the pattern is not RE2: {reason}",
            "write \\ before a character such as ( or * that stands for itself",
        ) from None


def _half(what: str) -> PatternError:
    """Return the error for one of two surrogates, which JSON and the command line let through."""
    return PatternError(f"the {what} holds half a character")
