"""Dates and instants as people write them and as Jira reads and writes them."""

import re
from datetime import UTC, date, datetime

__all__ = ["jira_instant", "read_date", "read_instant"]

_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")
_MILLIS = re.compile(r"\d{9,15}")
#: Java writes a zone's name behind the offset: ``2026-03-01T10:00+01:00[Europe/Berlin]``.
_ZONE_NAME = re.compile(r"\[[A-Za-z0-9_/+-]+\]$")


def read_date(text: str) -> date:
    """Return the date in ``2026-03-01`` or ``20260301``; raise ``ValueError`` for anything else."""
    found = _DATE.fullmatch(text.strip())
    if found is None or (text.count("-") == 1):
        raise ValueError("a date is written 2026-03-01")
    return date(*(int(part) for part in found.groups()))


def read_instant(text: str) -> datetime:
    """Return the aware instant in an ISO text with its zone, or in milliseconds since 1970.

    Raises ``ValueError`` for anything else; a text without a zone is not an instant.
    """
    stripped = _ZONE_NAME.sub("", text.strip())
    if _MILLIS.fullmatch(stripped):
        return datetime.fromtimestamp(int(stripped) / 1000, UTC)
    if "T" not in stripped:
        raise ValueError("a date-time is written 2026-03-01T10:00:00+01:00")
    moment = datetime.fromisoformat(stripped)
    if moment.tzinfo is None:
        raise ValueError("a date-time needs its zone: 2026-03-01T10:00:00+01:00, or Z at the end")
    return moment


def jira_instant(moment: datetime) -> str:
    """Return the instant as Jira wants it, its zone kept: ``2026-03-01T10:00:00.000+0100``."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}{moment:%z}"[:28]
