"""A wait as data: what is watched, and what a look brings back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from penstock.json_types import Json

__all__ = ["Answer", "Look", "Snapshot", "Unavailable", "Watch"]


@dataclass(frozen=True)
class Watch:
    """What a gate waits for: *fields* of *key* behind *connector*, looked at every *interval*.

    Without a connector (``""``) the gate looks by itself (``Gate.look``), and is given the answers
    of people; *key* says in words what it waits for.
    """

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


@dataclass(frozen=True)
class Answer:
    """What a person says to a gate that waits for people."""

    user: str
    action: Literal["approve", "reject"]
    at: datetime
    email: str = ""
    comment: str = ""
    #: Values that the gate has asked for.
    inputs: Mapping[str, Json] = field(default_factory=dict, hash=False)
    #: The groups that count the person among them, as far as the gate asks for them.
    groups: tuple[str, ...] = ()

    def rest(self) -> dict[str, Json]:
        """Return as JSON what is neither who, when, what nor the comment."""
        return {"email": self.email, "inputs": dict(self.inputs), "groups": list(self.groups)}

    def to_json(self) -> dict[str, Json]:
        """Return it as a snapshot holds it."""
        at = self.at.isoformat()
        said: dict[str, Json] = {"user": self.user, "action": self.action, "at": at}
        return said | {"comment": self.comment} | self.rest()


Look: TypeAlias = Snapshot | Unavailable
