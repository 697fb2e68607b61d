"""What ``penstock plan --live`` finds of a step: what it would write, and what is wrong with it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from penstock.json_types import Json
from penstock.verdict import Verdict

__all__ = ["Difference", "Finding", "Inspection", "Level", "SpecPath", "Write"]

#: Keys and list indexes below the ``spec`` of a step: ``("fields", 3, "value")``.
SpecPath: TypeAlias = tuple[str | int, ...]


class Level(StrEnum):
    """How sure it is that a run would fail.

    Metadata is not the truth, the system itself is: so an error says only what plainly does not
    exist, a warning what the metadata ask for, and a note what a run alone can tell.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One thing that was found: what, what to do about it, and the place in the spec it is of."""

    level: Level
    message: str
    hint: str = ""
    place: SpecPath = ()


@dataclass(frozen=True)
class Write:
    """A write that the step would send: what (``PUT /rest/…``), and with which content."""

    what: str
    body: Json = None


@dataclass(frozen=True)
class Difference:
    """What a write would change, in words for people."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Inspection:
    """What reading alone tells of a step. Nothing at all is what a step has that cannot tell."""

    findings: tuple[Finding, ...] = ()
    differences: tuple[Difference, ...] = ()
    writes: tuple[Write, ...] = ()
    #: What a gate would say now.
    verdict: Verdict | None = None
