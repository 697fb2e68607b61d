"""What a plugin offers so that a pipeline can be tried without the real system."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from penstock.clock import Clock, SystemClock

if TYPE_CHECKING:
    from penstock.connector import Connector

__all__ = ["Demo", "Sandbox", "SandboxOptions"]


@dataclass(frozen=True)
class SandboxOptions:
    """How a sandbox is set up. A file that is not given means the sandbox's own default."""

    world: Path | None = None
    script: Path | None = None
    flavour: str | None = None
    #: Where the JSON array of all writes is left when the sandbox stops.
    ledger: Path | None = None
    #: Where the sandbox keeps its contents, so that a killed process finds them again.
    state: Path | None = None
    host: str = "127.0.0.1"
    port: int = 0
    clock: Clock = field(default_factory=SystemClock)


@dataclass(frozen=True)
class Demo:
    """What ``penstock demo`` runs: a pipeline file, and the script of the simulated colleague."""

    pipeline: Path
    script: Path


class Sandbox(ABC):
    """An embedded stand-in for the system behind one connector type."""

    #: The connector type it stands in for, such as ``Jira``.
    connector_type: ClassVar[str]
    #: The values that ``--flavour`` takes; the first is the default.
    flavours: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def __init__(self, options: SandboxOptions) -> None:
        """Take the options; nothing is read or opened yet."""

    @abstractmethod
    def check(self) -> None:
        """Raise ``Refused`` for a world, a script or a flavour that is wrong; opens nothing."""

    @abstractmethod
    def start(self) -> str:
        """Check, listen, and return the address of the page where a person moves things."""

    @abstractmethod
    def stop(self) -> None:
        """Stop listening and leave the ledger where it was asked for."""

    @abstractmethod
    def stand_in(self, connector: "Connector | None") -> "Connector":
        """Return *connector* pointed here, its other settings kept; for ``None``, a plain one."""

    @abstractmethod
    def on_change(self, wake: Callable[[], None]) -> None:
        """Call *wake* after each change of contents, as a webhook would."""

    @classmethod
    @abstractmethod
    def print_world(cls) -> str:
        """Return the default world as YAML, a starting point for ``--world``."""

    @classmethod
    def demo(cls) -> Demo | None:
        """Return what the demo runs, or ``None``."""
        return None
