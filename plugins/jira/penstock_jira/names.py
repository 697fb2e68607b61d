"""Names as people write them: of fields, options, statuses, transitions."""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

__all__ = ["folded", "same", "unique"]

T = TypeVar("T")


def same(left: str, right: str) -> bool:
    """Whether two texts are equal, however their accents are composed (NFC)."""
    return unicodedata.normalize("NFC", left) == unicodedata.normalize("NFC", right)


def folded(name: str) -> str:
    """Return the name without what people get wrong: letter case, and space around it.

    Unicode: what is folded may be decomposed again, so that it is composed once more.
    """
    composed = unicodedata.normalize("NFC", name).strip()
    return unicodedata.normalize("NFC", composed.casefold())


def unique(wanted: str, choices: Sequence[T], *keys: Callable[[T], Iterable[str]]) -> tuple[T, ...]:
    """Return the choices that *wanted* names: exactly one is a match, none or several are not.

    Each of *keys* gives texts of a choice. They are tried in order, exactly; only when none fits,
    all of them at once, by ``folded`` (Harness matches exactly; the second pass accepts more).
    """
    for key in keys:
        found = tuple(choice for choice in choices if any(same(wanted, t) for t in key(choice)))
        if found:
            return found
    target = folded(wanted)
    return tuple(
        choice
        for choice in choices
        if any(folded(text) == target for key in keys for text in key(choice))
    )
