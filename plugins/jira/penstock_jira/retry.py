"""When to ask again: what Jira says about it, and what we do when it says nothing."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

__all__ = ["backoff", "retry_after", "their_time"]

_FIRST = 0.5
_LONGEST = 30.0
_FAR = timedelta(days=365)


def backoff(tries: int) -> float:
    """Return the seconds to wait after *tries* failures (1 or more): 0.5, 1, 2 … at most 30."""
    return min(_LONGEST, _FIRST * 2.0 ** min(tries - 1, 10))


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that an answer asks us to stay away, at least 0; ``None``: it does not.

    ``Retry-After`` is seconds, with a fraction if need be, or an HTTP date;
    ``X-RateLimit-Reset`` (Jira Cloud) is an ISO time or seconds since 1970. Both are by the clock
    of whoever answered, where it tells its time; *now* is ours. What cannot be read counts as
    absent.
    """
    now = their_time(headers) or now
    asked = headers.get("retry-after", "").strip()
    if asked:
        seconds = _seconds(asked)
        return seconds if seconds is not None else _until(_http_date(asked), now)
    return _until(_reset(headers.get("x-ratelimit-reset", "").strip()), now)


def their_time(headers: Mapping[str, str]) -> datetime | None:
    """Return the time of the clock that an answer was dated by (``Date``, whole seconds)."""
    return _http_date(headers.get("date", ""))


def _seconds(asked: str) -> float | None:
    if not asked.replace(".", "", 1).isdecimal() or not asked.isascii():
        return None
    return min(float(asked), _FAR.total_seconds())


def _http_date(asked: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(asked)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _reset(asked: str) -> datetime | None:
    seconds = _seconds(asked)
    try:
        if seconds is not None:
            return datetime.fromtimestamp(float(asked), UTC)
        date = datetime.fromisoformat(asked)
    except (ValueError, OverflowError, OSError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _until(moment: datetime | None, now: datetime) -> float | None:
    if moment is None:
        return None
    return min(max(0.0, (moment - now).total_seconds()), _FAR.total_seconds())
