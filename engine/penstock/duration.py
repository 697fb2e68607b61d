"""Durations as people write them: ``10m``, ``1d 2h 30m``, and back to a short text."""

import re
from typing import Annotated, Final, TypeAlias

from pydantic import BeforeValidator, WithJsonSchema

__all__ = ["MAX_DURATION", "Delay", "Duration", "format_duration", "parse_duration"]

#: Seconds of five weeks, the longest that a pipeline may run (Harness: 35 days).
MAX_DURATION: Final = 5 * 7 * 24 * 3600.0

_SECONDS = {"w": 604800.0, "d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PART = re.compile(r"([0-9]{1,12})(ms|[wdhms])")
_WHOLE = re.compile(r"(?:[0-9]{1,12}(?:ms|[wdhms])\s*)+")
#: How people spell the units elsewhere, by the letter that we know.
_SPELLINGS = {
    "w": ("week", "weeks", "wk"),
    "d": ("day", "days"),
    "h": ("hour", "hours", "hr", "hrs"),
    "m": ("minute", "minutes", "min", "mins"),
    "s": ("second", "seconds", "sec", "secs"),
    "ms": ("millisecond", "milliseconds", "msec"),
}
_LETTERS = {spelling: letter for letter, all_ in _SPELLINGS.items() for spelling in all_}
_SHOWN = 40


def parse_duration(text: str, *, zero: bool = False) -> float:
    """Return the seconds of a duration in Harness's grammar: ``10m``, ``1h30m``, ``1d 2h 30m``.

    Units are ``w d h m s``, and ``ms``; unlike Harness, fewer than ten seconds may be written.
    Nothing at all (``0s``) is refused unless *zero*; so is more than ``MAX_DURATION``. Raise
    ``ValueError`` with what to write instead.
    """
    text = text.strip()
    if not _WHOLE.fullmatch(text):
        raise ValueError(
            f"{_quoted(text)} is not a duration: valid durations contain units s/m/h/d/w and are"
            f" written like 10s or 1m 10s{_advice(text)}"
        )
    parts = _PART.findall(text)
    return _bounded(sum(int(number) * _SECONDS[unit] for number, unit in parts), text, zero=zero)


def format_duration(seconds: float) -> str:
    """Return a short text: the two largest units, ``1h 5m``, ``12s``; below ten, ``0.4s``."""
    if seconds < 10:  # noqa: PLR2004 - from here on a tenth of a second tells nobody anything
        return f"{max(0.0, round(seconds, 1)):g}s"
    left = round(seconds)
    shown = []
    for unit in "wdhms":
        count, left = divmod(left, int(_SECONDS[unit]))
        if count:
            shown.append(f"{count}{unit}")
        elif shown:
            break
    return " ".join(shown[:2])


def _advice(text: str) -> str:
    """Return the closest duration that can be meant, as ``; write '10m'``, or nothing."""
    if re.fullmatch("[1-9][0-9]{0,8}", text):
        return f"; write '{text}s' for seconds or '{text}m' for minutes"
    number = re.fullmatch(r"([0-9]{1,9}(?:[.,][0-9]{1,9})?)\s*([a-zA-Z]+)", text)
    if not number:
        return ""
    unit = number[2] if number[2] in _SECONDS else number[2].lower()
    unit = _LETTERS.get(unit, unit)
    if unit not in _SECONDS:
        return ""
    if number[1].isdecimal():
        return f"; write '{number[1]}{unit}'"
    seconds = float(number[1].replace(",", ".")) * _SECONDS[unit]
    return f"; write '{format_duration(seconds)}'" if seconds >= 1 else ""


def _bounded(seconds: float, text: str, *, zero: bool) -> float:
    if seconds > MAX_DURATION:
        raise ValueError(f"{_quoted(text)} is too long; write '5w' or less")
    if seconds > 0 or (seconds == 0 and zero):
        return seconds
    raise ValueError(f"{_quoted(text)} is no time at all; write at least '1s'")


def _quoted(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")


def _seconds(value: object, *, zero: bool = False) -> object:
    """Read a text; take seconds as they are, for values that were read before."""
    if isinstance(value, str):
        return parse_duration(value, zero=zero)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _bounded(float(value), f"{value:g}s", zero=zero)
    raise ValueError("must be a duration; write it like '10s' or '1m 10s'")


def _seconds_or_none_at_all(value: object) -> object:
    return _seconds(value, zero=True)


_SCHEMA = WithJsonSchema({"type": "string", "examples": ["10m", "1d 2h 30m"]})

#: A pydantic field written as a duration: its value is seconds, more than 0.
Duration: TypeAlias = Annotated[float, BeforeValidator(_seconds), _SCHEMA]
#: The same, but ``0s`` may be written.
Delay: TypeAlias = Annotated[float, BeforeValidator(_seconds_or_none_at_all), _SCHEMA]
