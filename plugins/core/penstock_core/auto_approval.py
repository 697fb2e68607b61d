"""An approval that comes by itself at an instant, if nobody has rejected before."""

import re
from datetime import UTC, datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, model_validator

from penstock_core.spec import Spec

__all__ = ["AutoApproval", "Deadline"]

#: Harness: ``2026-12-24 06:30 PM``; also ``2026-12-24 18:30``.
_TIME = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)[ T](\d\d?):(\d\d)(?: ?(AM|PM))?", re.IGNORECASE | re.ASCII
)
_NOON = 12


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            "must be a time zone of the tz database, such as Europe/Berlin or UTC"
        ) from None
    return name


class Deadline(Spec):
    """An instant, by the clock on a wall."""

    time: str = Field(description="When: 2026-12-24 06:30 PM, or 2026-12-24 18:30.")
    time_zone: Annotated[str, AfterValidator(_zone)] = Field(
        description="By whose clock: Europe/Berlin."
    )

    @model_validator(mode="after")
    def _is_one(self) -> "Deadline":
        _ = self.at
        return self

    @property
    def at(self) -> datetime:
        """The instant, in UTC; of an hour that comes twice, the first."""
        found = _TIME.fullmatch(self.time.strip())
        if found is None:
            raise ValueError(
                f"{self.time!r} is no time; write it like '2026-12-24 06:30 PM' or "
                "'2026-12-24 18:30'"
            )
        year, month, day, hour, minute = (int(part) for part in found.groups()[:5])
        half = (found[6] or "").upper()
        if half and not 1 <= hour <= _NOON:
            raise ValueError(f"{self.time!r} is no time: with AM and PM hours are 1 to 12")
        if half:
            hour = hour % _NOON + (_NOON if half == "PM" else 0)
        zone = ZoneInfo(self.time_zone)
        return datetime(year, month, day, hour, minute, tzinfo=zone).astimezone(UTC)


class AutoApproval(Spec):
    """Approves by itself."""

    action: Literal["APPROVE"] = Field("APPROVE", description="APPROVE: there is no other.")
    scheduled_deadline: Deadline = Field(description="When.")
    comments: str = Field("", description="What is said with it.")
