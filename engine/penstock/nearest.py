"""The near miss: what a misspelt word was probably meant to be."""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["nearest", "suggestion"]

#: A longer word is no misspelling, and comparing it would take its time.
_LONGEST = 128
#: So many choices are listed where none is near.
_LISTED = 10


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """Return the one of *choices* that *word* was probably meant to be, or ``None``.

    One that differs in upper and lower case only comes first, then the most similar.
    """
    by_lower: dict[str, str] = {}
    for choice in choices:
        by_lower.setdefault(choice.lower(), choice)
    lower = word.strip().lower()
    if lower in by_lower:
        return by_lower[lower]
    if len(lower) > _LONGEST:
        return None
    matches = get_close_matches(lower, by_lower, n=1)
    return by_lower[matches[0]] if matches else None


def suggestion(word: str, choices: Iterable[str]) -> str:
    """Return the hint for an unknown *word*: the near miss, or what is known, or nothing.

    ``did you mean 'x'?`` or ``known: a, b, c``, cut at ten; empty where there is no choice.
    """
    known = list(dict.fromkeys(choices))
    near = nearest(word, known)
    if near is not None:
        return f"did you mean '{near}'?"
    if not known:
        return ""
    more = len(known) - _LISTED
    return f"known: {', '.join(known[:_LISTED])}" + (f" and {more} more" if more > 0 else "")
