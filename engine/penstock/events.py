"""Facts about a run, in the past tense: what renderers show and plugins may observe."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from penstock.json_types import Json
from penstock.verdict import Verdict

__all__ = [
    "Event",
    "GateLooked",
    "GateOpened",
    "GateUnavailable",
    "RunFinished",
    "RunInterrupted",
    "RunStarted",
    "SandboxStarted",
    "Status",
    "StepFinished",
    "StepLogged",
    "StepNoted",
    "StepOutline",
    "StepStarted",
]


class Status(StrEnum):
    """Statuses of steps, stages and runs, in the spelling that expressions see (Harness)."""

    NOT_STARTED = "NotStarted"
    RUNNING = "Running"
    APPROVAL_WAITING = "ApprovalWaiting"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    APPROVAL_REJECTED = "ApprovalRejected"
    EXPIRED = "Expired"
    ABORTED = "Aborted"
    SKIPPED = "Skipped"
    IGNORE_FAILED = "IgnoreFailed"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen."""
        return self not in _OPEN

    @property
    def is_good(self) -> bool:
        """Whether what follows may go on as if all were well."""
        return self in _GOOD


_OPEN = {Status.NOT_STARTED, Status.RUNNING, Status.APPROVAL_WAITING}
_GOOD = {Status.SUCCEEDED, Status.SKIPPED, Status.IGNORE_FAILED}


@dataclass(frozen=True)
class Event:
    """What all events have: the run, and when (UTC)."""

    kind: ClassVar[str]
    run: str
    at: datetime

    def __init_subclass__(cls) -> None:
        """Name the event after its class: ``StepStarted`` is ``step_started``."""
        cls.kind = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


@dataclass(frozen=True)
class StepOutline:
    """A step as the plan knows it: ``path`` is ``stage/step``; ``depth`` 0 is a stage."""

    path: str
    name: str
    type: str
    depth: int


@dataclass(frozen=True)
class RunStarted(Event):
    """A run was begun, or taken up again (``resumed``). ``outline`` lists stages and steps."""

    pipeline: str
    name: str
    outline: tuple[StepOutline, ...]
    resumed: bool = False
    #: Steps finished in an earlier life of the run, path to status.
    finished: Mapping[str, Status] | None = None


@dataclass(frozen=True)
class SandboxStarted(Event):
    """An embedded sandbox listens; ``page`` is for the browser."""

    connector_type: str
    page: str


@dataclass(frozen=True)
class StepStarted(Event):
    """A step began its work."""

    path: str
    attempt: int = 1


@dataclass(frozen=True)
class StepNoted(Event):
    """A step, or the engine about it, has something to say to the person watching."""

    path: str
    text: str


@dataclass(frozen=True)
class StepLogged(Event):
    """What runs on behalf of a step, such as a script, has printed a line.

    Of many lines only some are told, and a long one is cut; ``penstock log`` has them all.
    """

    path: str
    text: str


@dataclass(frozen=True)
class GateOpened(Event):
    """A gate began to wait for ``key``; ``deadline`` is when it expires.

    ``interval`` is the seconds between two looks, 0 where only time and people move it.
    """

    path: str
    key: str
    link: str | None
    interval: float
    deadline: datetime


@dataclass(frozen=True)
class GateLooked(Event):
    """A gate was looked at and judged; ``changed`` says whether anything differs from before."""

    path: str
    verdict: Verdict
    changed: bool
    next_look: datetime | None


@dataclass(frozen=True)
class GateUnavailable(Event):
    """A gate could not be seen, ``failures`` times in a row; it keeps waiting."""

    path: str
    reason: str
    failures: int
    changed: bool
    next_look: datetime


@dataclass(frozen=True)
class StepFinished(Event):
    """A step or a stage ended. ``message`` says why, where the status is not a good one."""

    path: str
    status: Status
    seconds: float
    outputs: Mapping[str, Json]
    message: str = ""
    #: What to show beside the step: a ticket's key, and its address.
    title: str | None = None
    link: str | None = None


@dataclass(frozen=True)
class RunFinished(Event):
    """A run ended; ``outputs`` maps the path of each step that left some."""

    status: Status
    seconds: float
    outputs: Mapping[str, Json]
    message: str = ""


@dataclass(frozen=True)
class RunInterrupted(Event):
    """This process stops; the run is kept and ``penstock resume`` goes on."""

    reason: str
