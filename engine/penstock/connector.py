"""A connector: where a system is, who we are there, and how a gate looks at it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, ClassVar, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, PrivateAttr, StringConstraints
from pydantic.alias_generators import to_camel

from penstock.clock import Clock, SystemClock
from penstock.errors import ConnectorError
from penstock.secret import Secret

if TYPE_CHECKING:
    from penstock.sandbox import Sandbox
    from penstock.watch import Look, Watch

__all__ = ["Binding", "Check", "Connector", "SecretReference"]

#: ``id``, ``org.id`` or ``account.id``: the name of a secret, never the secret.
SecretReference = Annotated[
    str,
    StringConstraints(pattern=r"^((account|org)\.)?[a-zA-Z_][a-zA-Z0-9_$]{0,127}$"),
]


def _no_secrets(reference: str) -> Secret:
    raise ConnectorError(f"the secret {reference!r} was asked of a connector that is not bound")


@dataclass(frozen=True)
class Binding:
    """What the engine gives a connector when it resolves it."""

    #: The reference with its scope, such as ``account.jira``.
    reference: str = "unbound"
    secret: Callable[[str], Secret] = _no_secrets
    clock: Clock = field(default_factory=SystemClock)


#: Named outside the class, in which ``type`` is the connector's.
SandboxType: TypeAlias = "type[Sandbox]"


@dataclass(frozen=True)
class Check:
    """One line of ``penstock connector test``: what was tried, what was found, what to do."""

    name: str
    ok: bool | None  # None: could not be told, or not needed
    found: str
    advice: str = ""


class Connector(BaseModel):
    """Base of connector types: its fields are the ``spec`` of a connector file."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, populate_by_name=True
    )

    #: The ``type:`` of the connector file.
    type: ClassVar[str]
    #: What ``test`` takes, in words (``the key of a project``); ``None``: it takes nothing.
    test_subject: ClassVar[str | None] = None
    _binding: Binding = PrivateAttr(default_factory=Binding)

    @classmethod
    def sandbox(cls) -> "SandboxType | None":
        """Return the stand-in that ``--sandbox`` starts, imported when it is asked for."""
        return None

    def bind(self, binding: Binding) -> Self:
        """Return a copy that knows its reference, its secrets and its clock."""
        copy = self.model_copy()
        copy._binding = binding  # noqa: SLF001 - its own, of the copy
        return copy

    @property
    def binding(self) -> Binding:
        """What the engine gave when it resolved this connector."""
        return self._binding

    def require_secrets(self) -> None:
        """Read every secret this connector will need; raise ``ConnectorError`` for a missing one.

        Called before a run starts, so that a forgotten variable is found before anything is sent.
        """

    def sign_in(self) -> str:
        """Return who we are there and where that is, in words, for ``penstock plan --live``.

        Raises ``StepFailed`` or ``ConnectorError`` where nobody would let us in. Empty: there is
        nothing to sign in to.
        """
        return ""

    def look(self, watches: "Sequence[Watch]") -> "Sequence[Look]":
        """Answer for each watch, in order, with as few questions as the system allows.

        Never raises for what the system or the network does: that is an ``Unavailable``.
        """
        what = ", ".join(sorted({watch.key for watch in watches}))
        raise ConnectorError(f"a connector of type {self.type} cannot be watched for {what}")

    def test(self, subject: str | None = None) -> Iterator[Check]:  # noqa: ARG002 - for those who override it
        """Try the connection piece by piece, for ``penstock connector test``.

        *subject* is what the person wants to be looked at there (``--subject``), for a type that
        says in ``test_subject`` what that is.
        """
        yield Check("test", None, f"connectors of type {self.type} have no test")
