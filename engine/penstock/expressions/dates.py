"""Dates as expressions know them: ``currentDate()`` and ``currentTime()``, always in UTC."""

import calendar
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from penstock.expressions.faults import OperandError

__all__ = ["SHIFTS", "Moment"]


@dataclass(frozen=True)
class Moment:
    """An instant in UTC, or with *whole_day* a calendar day."""

    at: datetime
    whole_day: bool = False

    @classmethod
    def today(cls, now: datetime) -> "Moment":
        """Return the UTC day of *now*, an aware instant."""
        return cls(datetime.combine(now.astimezone(UTC).date(), time(), UTC), whole_day=True)

    @classmethod
    def of(cls, now: datetime) -> "Moment":
        """Return *now*, an aware instant."""
        return cls(now.astimezone(UTC))

    def read(self, text: str) -> "Moment | None":
        """Return what *text* says if it is a date of this one's kind, in ISO 8601; else None.

        Jira gives dates as ``2026-03-01`` and instants as ``2026-03-01T10:00:00.000+0000``.
        """
        try:
            if self.whole_day:
                at = datetime.combine(date.fromisoformat(text), time(), UTC)
            else:
                at = datetime.fromisoformat(text)
                if at.tzinfo is None:
                    return None
                at = at.astimezone(UTC)
        except (ValueError, OverflowError):
            return None
        return Moment(at, self.whole_day)

    def text(self) -> str:
        """Return ``yyyy-MM-dd``, or ISO 8601 with milliseconds and ``+0000``, as Jira takes it."""
        if self.whole_day:
            return self.at.date().isoformat()
        return self.at.replace(tzinfo=None).isoformat(timespec="milliseconds") + "+0000"

    def shift(self, unit: str, amount: int) -> "Moment":
        """Return the moment *amount* of *unit* (``Days``, …) later; negative is earlier."""
        if self.whole_day and unit in _WITHIN_A_DAY:
            raise OperandError(f"a date has no {unit.lower()}", "use currentTime() instead")
        try:
            if unit in _MONTHS:
                return replace(self, at=_months_later(self.at, amount * _MONTHS[unit]))
            return replace(self, at=self.at + _STEPS[unit](amount))
        except (OverflowError, ValueError):
            raise OperandError(
                f"{amount} {unit.lower()} from {self.text()} is outside the years 1 to 9999"
            ) from None


def _months_later(at: datetime, months: int) -> datetime:
    """Add months as Java does: the 31st becomes the last day of a shorter month."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        raise ValueError(year)
    day = min(at.day, calendar.monthrange(year, month + 1)[1])
    return at.replace(year=year, month=month + 1, day=day)


_MONTHS = {"Years": 12, "Months": 1}
_STEPS: dict[str, Callable[[int], timedelta]] = {
    "Weeks": lambda amount: timedelta(weeks=amount),
    "Days": lambda amount: timedelta(days=amount),
    "Hours": lambda amount: timedelta(hours=amount),
    "Minutes": lambda amount: timedelta(minutes=amount),
    "Seconds": lambda amount: timedelta(seconds=amount),
    # A moment knows microseconds; what is smaller is cut.
    "Nanos": lambda amount: timedelta(microseconds=int(amount / 1000)),
}
_WITHIN_A_DAY = {"Hours", "Minutes", "Seconds", "Nanos"}

#: Method name (``plusDays``) to its unit and its sign.
SHIFTS: dict[str, tuple[str, int]] = {
    f"{word}{unit}": (unit, sign)
    for word, sign in (("plus", 1), ("minus", -1))
    for unit in (*_MONTHS, *_STEPS)
}
