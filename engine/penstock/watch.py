"""A wait as data: what is watched, and what a look brings back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from penstock.json_types import Json

__all__ = ["Look", "Snapshot", "Unavailable", "Watch"]


@dataclass(frozen=True)
class Watch:
    """What a gate waits for: *fields* of *key* behind *connector*, looked at every *interval*."""

    connector: str
    key: str
    fields: tuple[str, ...] = ()
    #: Seconds between two looks.
    interval: float = 60.0
    #: Where a person can look, if the step knows.
    link: str | None = None
    # What follows is the engine's: a gate leaves it out, and a look finds it filled in.
    #: What the gate's ``asks`` wants to be looked up beside the fields.
    asks: Mapping[str, Json] = field(default_factory=dict, hash=False)
    #: What the gate's last verdict left as outputs; it outlives a restart.
    known: Mapping[str, Json] = field(default_factory=dict, hash=False)
    #: When the gate opened, by our own clock.
    opened: datetime | None = None
    #: Who started the run.
    user: str = ""


@dataclass(frozen=True)
class Snapshot:
    """What was there at an instant; ``content`` is data for the gate's own ``judge``."""

    at: datetime
    content: Mapping[str, Json]


@dataclass(frozen=True)
class Unavailable:
    """Nothing could be seen: the gate keeps waiting and says why."""

    at: datetime
    reason: str
    #: Seconds that the other side asked us to stay away.
    retry_after: float | None = None


Look: TypeAlias = Snapshot | Unavailable
