"""What an answer says of Jira's limits: how long to stay away, and how many requests are left.

Jira Cloud refuses with 429, ``Retry-After`` and ``RateLimit-Reason``, which says which of its
limits was met: ``jira-burst-based`` (requests a second), ``jira-per-issue-on-write``, or
``jira-quota-…`` (points an hour; ``RateLimit`` and ``Beta-RateLimit`` tell the seconds to its end).
A gateway in front of it may refuse without a time. Jira Data Center counts tokens, and tells them
with each answer: ``X-RateLimit-Limit``, ``-Remaining``, ``-FillRate``, ``-Interval-Seconds``.

What Cloud tells of its quota with other answers is not acted on: it is told to those, too, to
whom it does not apply.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from penstock.duration import format_duration
from penstock_jira.errors import printable
from penstock_jira.retry import retry_after

__all__ = ["Allowance", "Pause", "allowance_of", "pause_of"]

_BURST, _PER_ISSUE, _QUOTA = "jira-burst-based", "jira-per-issue-on-write", "jira-quota"
_QUOTA_HEADERS = ("ratelimit", "beta-ratelimit")
_RESET = re.compile(r";\s*t=([0-9]{1,9})\b")
#: So many seconds are still told as such.
_COUNTED = 120
#: More digits than that are no count of anything.
_COUNT = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class Pause:
    """Jira asks to be left alone: for *seconds* (``None``: it does not say how long)."""

    seconds: float | None
    #: Which limit was met, in words; empty: it does not say.
    limit: str
    #: Whether only writes to the same issue were too many.
    of_issue: bool

    def __str__(self) -> str:
        """Return what Jira asks for: ``asked to wait 30 s (burst limit)``."""
        limit = f" ({self.limit})" if self.limit else ""
        if not self.seconds:
            return f"asked to wait{limit}"
        seconds = max(1, round(self.seconds))
        shown = f"{seconds} s" if seconds <= _COUNTED else format_duration(seconds)
        return f"asked to wait {shown}{limit}"


def pause_of(status: int, headers: Mapping[str, str], now: datetime) -> Pause | None:
    """Return what a 429, or a 5xx with a time, asks for; ``None``: nothing.

    On any other answer ``Retry-After`` means nothing (Data Center: 0 while there are tokens).
    """
    asked = retry_after(headers, now)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        reason = headers.get("ratelimit-reason", "").strip()
        if asked is None and reason.startswith(_QUOTA):
            asked = _quota_reset(headers)
        return Pause(asked, _in_words(reason), of_issue=reason == _PER_ISSUE)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and asked:
        return Pause(asked, "", of_issue=False)
    return None


def _in_words(reason: str) -> str:
    if reason == _BURST:
        return "burst limit"
    if reason == _PER_ISSUE:
        return "limit of writes to one issue"
    return "hourly quota" if reason.startswith(_QUOTA) else printable(reason)


def _quota_reset(headers: Mapping[str, str]) -> float | None:
    for name in _QUOTA_HEADERS:
        found = _RESET.search(headers.get(name, ""))
        if found:
            return float(found[1])
    return None


@dataclass(frozen=True)
class Allowance:
    """Tokens: *left* of *size* now, and *fill* more after every *interval* seconds.

    The next ones come in *next_in* seconds, at most an interval.
    """

    size: int
    left: int
    fill: int
    interval: float
    next_in: float


def allowance_of(headers: Mapping[str, str], now: datetime) -> Allowance | None:
    """Return the tokens that Data Center tells of; ``None``: it does not, or makes no sense."""
    names = ("limit", "remaining", "fillrate", "interval-seconds")
    counts = [headers.get(f"x-ratelimit-{name}", "").strip() for name in names]
    if not all(_COUNT.fullmatch(count) for count in counts):
        return None
    size, left, fill, interval = map(int, counts)
    if not (size and fill and interval):
        return None
    asked = 0.0 if left else retry_after(headers, now) or 0.0
    next_in = min(asked or interval, interval)
    return Allowance(size, min(left, size), fill, float(interval), float(next_in))
