"""What a gate found when it looked, and why: a tree that a person can read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from penstock.json_types import Json

__all__ = ["Combination", "Condition", "Verdict", "VerdictStatus"]


class VerdictStatus(StrEnum):
    """What follows from a look."""

    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    FAILED = "failed"


class Combination(StrEnum):
    """How a condition's parts make up its truth."""

    ALL = "all"
    ANY = "any"
    NOT = "not"


@dataclass(frozen=True)
class Condition:
    """One node of the tree: a leaf compares something, a branch combines its ``parts``.

    ``truth`` is three-valued: ``None`` is *unknown*, and unknown never approves. ``label`` is what
    is compared (``Status equals``, or an expression's text); ``expected`` and ``actual`` are text
    for people; ``why`` says why the truth is unknown, or adds what helps (a near miss).
    """

    label: str
    truth: bool | None
    expected: str | None = None
    actual: str | None = None
    why: str | None = None
    #: ISO 8601, UTC: since when ``actual`` is what it is, and who made it so, where Jira tells.
    since: str | None = None
    by: str | None = None
    combine: Combination | None = None
    parts: tuple["Condition", ...] = ()


@dataclass(frozen=True)
class Verdict:
    """A gate's judgement on one snapshot. ``reason`` is one sentence."""

    status: VerdictStatus
    reason: str
    approval: Condition | None = None
    rejection: Condition | None = None
    #: When it became so, where the other system tells: an approval after the deadline is none.
    decided: datetime | None = None
    #: What later steps may read once the gate is through. Of a verdict that waits: what the next
    #: look is to know (``Watch.known``).
    outputs: Mapping[str, Json] = field(default_factory=dict)
    #: What the judgement rests on, by name. It is kept once the gate is through, with the tree of
    #: conditions and the SHA-256 of each (``penstock.evidence``); no secrets.
    evidence: Mapping[str, Json] = field(default_factory=dict)
    #: When a verdict that waits may change by itself: then it is looked at, however long the
    #: interval is.
    again: datetime | None = None
