"""Instants and durations as Jira writes them."""

import re
from datetime import UTC, datetime

__all__ = ["duration_seconds", "duration_text", "instant_text", "parse_instant", "read_instant"]

#: Jira's own form: date, time, milliseconds and an offset, or Z. All parts are needed.
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{1,9})(Z|[+-]\d\d:?\d\d)", re.ASCII)
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([wdhm])", re.ASCII)

#: A working week has five days of eight hours, which is Jira's default.
_UNITS = {"w": 5 * 8 * 3600, "d": 8 * 3600, "h": 3600, "m": 60}


def instant_text(instant: datetime) -> str:
    """Return an instant as ``2026-03-02T09:00:00.000+0000``."""
    utc = instant.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}+0000"


def parse_instant(text: str) -> str | None:
    """Return an instant that a client wrote in Jira's own form, or ``None`` if it is not one."""
    match = _INSTANT.fullmatch(text)
    if match is None:
        return None
    clock, fraction, offset = match.groups()
    try:
        return instant_text(datetime.fromisoformat(f"{clock}.{fraction[:6]:0<6}{offset}"))
    except ValueError:
        return None


def read_instant(text: str) -> datetime:
    """Return the instant that ``instant_text`` wrote."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")


def duration_seconds(text: str) -> int | None:
    """Return the seconds of ``2w 1d 3h 30m``; a bare number is minutes; ``None`` if neither."""
    bare = text.strip()
    if bare.isdecimal():
        return int(bare) * _UNITS["m"]
    if not bare or _DURATION.sub("", bare).strip():
        return None
    parts = _DURATION.findall(bare)
    return round(sum(float(number) * _UNITS[unit] for number, unit in parts))


def duration_text(seconds: int) -> str:
    """Return seconds as Jira's ``1d 2h 30m``; ``0m`` for none."""
    parts = []
    for unit, size in _UNITS.items():
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0m"
