"""How the sandbox misbehaves when it is told to: refusals, lost replies, login pages, delays."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from penstock.json_types import Json

__all__ = ["FaultKind", "Faults", "Met", "PlannedFault", "Play", "WrongFault"]

FaultKind = Literal[
    "status",
    "headers",
    "login_page",
    "delay",
    "lose_reply",
    "truncate",
    "refuse_connection",
    "index_lag",
]

#: Kinds that the request goes through for, whatever ``commit`` says.
_ALWAYS_COMMIT = {"lose_reply", "truncate", "headers", "delay"}


class WrongFault(ValueError):
    """A planned fault that makes no sense; the text says why."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Match(_Model):
    """Which requests a fault meets: a method, and a regular expression found in the path."""

    method: str | None = None
    path: str = ""

    @field_validator("path")
    @classmethod
    def _is_pattern(cls, path: str) -> str:
        try:
            re.compile(path)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        return path


class Play(_Model):
    """What happens. ``commit`` lets the request be carried out before the fault is played.

    A ``delay`` comes before the request is carried out, or with ``commit`` after it.
    """

    kind: FaultKind
    commit: bool = False
    status: Annotated[int, Field(ge=100, le=599)] = 503
    headers: Mapping[str, str] = {}
    body: str | None = None
    seconds: Annotated[float, Field(ge=0, le=86_400)] = 0.0

    @property
    def commits(self) -> bool:
        """Whether the request is carried out."""
        return self.commit or self.kind in _ALWAYS_COMMIT


class _Written(_Model):
    match: _Match = _Match()
    #: How often; without it, until it is taken away.
    times: Annotated[int, Field(ge=1)] | None = None
    #: How many requests that match pass unharmed first.
    after: Annotated[int, Field(ge=0)] = 0
    fault: Play


@dataclass
class PlannedFault:
    """A fault that is armed, and how often it met a request and fired."""

    id: int
    written: _Written
    met: int = 0
    fired: int = 0

    @property
    def play(self) -> Play:
        """What happens when it fires."""
        return self.written.fault

    @property
    def spent(self) -> bool:
        """Whether it will never fire again."""
        return self.written.times is not None and self.fired >= self.written.times

    def meets(self, method: str, path: str) -> bool:
        """Whether it is armed for this request."""
        match = self.written.match
        if self.spent or (match.method is not None and match.method.upper() != method):
            return False
        if self.play.kind == "index_lag" and "/search" not in path:
            return False
        return re.search(match.path, path) is not None

    def show(self) -> Json:
        """Return what was planned and what became of it."""
        shown: dict[str, Any] = self.written.model_dump(exclude_defaults=True)
        return {"id": self.id, **shown, "met": self.met, "fired": self.fired, "spent": self.spent}


@dataclass(frozen=True)
class Met:
    """What meets a request: a fault, if one fires, and the age from which a search sees issues."""

    fault: PlannedFault | None = None
    index_lag: float = 0.0


@dataclass
class Faults:
    """The faults that are planned, in the order in which they were."""

    planned: list[PlannedFault] = field(default_factory=list)

    def plan(self, written: Json) -> Sequence[PlannedFault]:
        """Arm a fault, or a list of them; raise ``WrongFault`` and arm none."""
        listed = written if isinstance(written, list) else [written]
        try:
            read = [_Written.model_validate(each) for each in listed]
        except ValidationError as error:
            told = [
                f"{'.'.join(str(part) for part in detail['loc']) or 'the fault'}: {detail['msg']}"
                for detail in error.errors(include_url=False)
            ]
            raise WrongFault("; ".join(told)) from error
        first = self.planned[-1].id + 1 if self.planned else 1
        made = [PlannedFault(first + index, each) for index, each in enumerate(read)]
        self.planned += made
        return made

    def clear(self) -> None:
        """Take all faults away."""
        self.planned.clear()

    def meet(self, method: str, path: str) -> Met:
        """Return what fires for this request, counted as fired; the first fault wins.

        An ``index_lag`` is at work in searches, beside another fault.
        """
        chosen: PlannedFault | None = None
        lag = 0.0
        for fault in self.planned:
            lags = fault.play.kind == "index_lag"
            if (chosen and not lags) or not fault.meets(method, path):
                continue
            fault.met += 1
            if fault.met <= fault.written.after:
                continue
            fault.fired += 1
            if lags:
                lag = max(lag, fault.play.seconds)
            else:
                chosen = fault
        return Met(chosen, lag)
