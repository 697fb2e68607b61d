"""Instants and durations as people read them; zones are a parameter, ``None`` is the machine's."""

import math
from datetime import UTC, datetime, tzinfo

from penstock.render.text import clean

__all__ = ["ago", "clock_time", "countdown", "day_time", "elapsed", "iso", "since"]

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
#: Below this many seconds a tenth of a second is worth a place.
_SHORT = 10


def elapsed(seconds: float) -> str:
    """Return a duration as text: ``0.8s``, ``42s``, ``3m 05s``, ``2h 05m``, ``3d 04h``."""
    seconds = max(0.0, seconds)
    if seconds < _SHORT - 0.05:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole}s"
    if whole < _HOUR:
        return f"{whole // _MINUTE}m {whole % _MINUTE:02}s"
    if whole < _DAY:
        return f"{whole // _HOUR}h {whole % _HOUR // _MINUTE:02}m"
    return f"{whole // _DAY}d {whole % _DAY // _HOUR:02}h"


def countdown(until: datetime, now: datetime) -> str:
    """Return the whole seconds left as text, never less than ``0s``."""
    left = max(0, math.ceil((until - now).total_seconds()))
    return elapsed(left) if left >= _SHORT else f"{left}s"


def ago(then: datetime, now: datetime) -> str:
    """Return ``3m ago``, ``in 2h``, or ``just now``, in the largest unit that fits."""
    seconds = (now - then).total_seconds()
    if abs(seconds) < 1:
        return "just now"
    sizes = ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "m"), (1, "s"))
    size, unit = next((size, unit) for size, unit in sizes if abs(seconds) >= size)
    amount = f"{int(abs(seconds) // size)}{unit}"
    return f"{amount} ago" if seconds > 0 else f"in {amount}"


def clock_time(at: datetime, zone: tzinfo | None = None) -> str:
    """Return local ``HH:MM:SS``."""
    return at.astimezone(zone).strftime("%H:%M:%S")


def day_time(at: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """Return local ``HH:MM:SS`` of an instant of today, ``YYYY-MM-DD HH:MM`` of another day."""
    there, here = at.astimezone(zone), now.astimezone(zone)
    same_day = there.date() == here.date()
    return there.strftime("%H:%M:%S" if same_day else "%Y-%m-%d %H:%M")


def since(text: str, now: datetime, zone: tzinfo | None = None) -> str:
    """Return a condition's ``since`` (ISO 8601) with how long ago that is."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:  # not ours to judge: show what was given
        return clean(text)
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return f"{day_time(at, now, zone)} ({ago(at, now)})"


def iso(at: datetime) -> str:
    """Return an instant as ``2026-03-01T12:00:00.250Z``, for machines."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
