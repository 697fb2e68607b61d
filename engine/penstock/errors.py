"""What can go wrong, as one tree; a command ends with the ``exit_code`` of the class.

::

    PenstockError                      1
    ├── Refused                        2  nothing was sent: bad usage, YAML, inputs, plugins
    │   ├── PluginError                2  a plugin cannot be loaded, or two of them clash
    │   └── ConnectorError             2  a connector reference that resolves to nothing usable
    ├── ExpressionError                2  an expression that cannot be parsed or evaluated
    ├── StepFailed                     1  a step's own failure, with its failure type
    │   ├── OutcomeUnknown             1  a request was sent and nobody knows what became of it
    │   └── StepExpired                4  a step ran out of its time
    └── JournalError                   1  the journal cannot be read or written
        ├── OwnedElsewhere             2  another living process runs this run
        └── OwnershipLost              6  a successor took the run over; this process writes no more
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

__all__ = [
    "ConnectorError",
    "ExpressionError",
    "FailureType",
    "Fault",
    "JournalError",
    "OutcomeUnknown",
    "OwnedElsewhere",
    "OwnershipLost",
    "PenstockError",
    "PluginError",
    "Refused",
    "StepExpired",
    "StepFailed",
]


class FailureType(StrEnum):
    """Why a step failed, in the words of Harness's ``failureStrategies`` (``errors:``)."""

    UNKNOWN = "Unknown"
    AUTHENTICATION = "Authentication"
    AUTHORIZATION = "Authorization"
    CONNECTIVITY = "Connectivity"
    TIMEOUT = "Timeout"
    APPROVAL_REJECTION = "ApprovalRejection"
    CONFIGURATION = "ConfigurationFailure"
    RESOURCE_LIMITS = "ResourceLimitsFailure"
    TRANSIENT = "RetryableTransientFailure"


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in a file: where (1-based), what, and what to do about it."""

    message: str
    hint: str = ""
    file: str | None = None
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        """Return ``file:line:column: what is wrong; what to do``, without the parts not known."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        text = f"{self.message}; {self.hint}" if self.hint else self.message
        return f"{place}: {text}" if place else text


class PenstockError(Exception):
    """The root of every error that a user is meant to read."""

    exit_code: ClassVar[int] = 1


class Refused(PenstockError):
    """What was asked for was refused before anything was sent; holds every fault found."""

    exit_code: ClassVar[int] = 2

    def __init__(self, *faults: Fault | str) -> None:
        """Take one fault or more; a plain text is a fault without a place."""
        self.faults = tuple(fault if isinstance(fault, Fault) else Fault(fault) for fault in faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))

    @classmethod
    def unless_empty(cls, faults: Iterable[Fault]) -> None:
        """Raise with all of *faults*, sorted by place, or return when there are none."""
        # Two faults of one place stay in the order in which they were found.
        found = list(dict.fromkeys(faults))
        found.sort(key=lambda fault: (fault.file or "", fault.line or 0, fault.column or 0))
        if found:
            raise cls(*found)


class PluginError(Refused):
    """A plugin cannot be loaded, or two plugins provide the same thing."""


class ConnectorError(Refused):
    """A connector reference resolves to nothing that can be used."""


class ExpressionError(PenstockError):
    """An expression cannot be parsed or evaluated; ``offset`` counts characters in its text."""

    exit_code: ClassVar[int] = 2

    def __init__(self, message: str, *, hint: str = "", offset: int = 0) -> None:
        """Take what is wrong, what to do, and where in the text (0-based)."""
        self.message = message
        self.hint = hint
        self.offset = offset
        super().__init__(f"{message}; {hint}" if hint else message)


class StepFailed(PenstockError):
    """A step failed, and whatever it was about to do has certainly not happened."""

    failure: ClassVar[FailureType] = FailureType.UNKNOWN

    def __init__(self, message: str, *, hint: str = "", failure: FailureType | None = None) -> None:
        """Take what is wrong, what to do, and the failure type where the class's is too broad."""
        self.message = message
        self.hint = hint
        self.failure_type = failure or self.failure
        super().__init__(f"{message}; {hint}" if hint else message)


class OutcomeUnknown(StepFailed):
    """A write was sent and its answer tells nothing: it may have happened, or not."""

    failure: ClassVar[FailureType] = FailureType.CONNECTIVITY


class StepExpired(StepFailed):
    """A step ran out of its ``timeout``."""

    exit_code: ClassVar[int] = 4
    failure: ClassVar[FailureType] = FailureType.TIMEOUT


class JournalError(PenstockError):
    """The journal cannot be read or written."""


class OwnedElsewhere(JournalError):
    """Another living process carries this run; its message says which."""

    exit_code: ClassVar[int] = 2


class OwnershipLost(JournalError):
    """Another process took this run over; this one must stop at once."""

    exit_code: ClassVar[int] = 6
