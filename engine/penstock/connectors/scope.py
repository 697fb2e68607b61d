"""Scopes, and references into them: ``jira``, ``org.jira``, ``account.jira``."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from penstock.errors import ConnectorError, Fault
from penstock.nearest import nearest

__all__ = ["RESERVED", "Home", "Reference", "Scope", "identifier_fault", "secret_variable"]

#: Harness: words that no entity may be called, since expressions give them a meaning.
# fmt: off
RESERVED = frozenset({
    "or", "and", "eq", "ne", "lt", "gt", "le", "ge", "div", "mod", "not", "null", "true",
    "false", "new", "var", "return", "step", "parallel", "stepGroup", "org", "account", "class",
    "shellScriptProvisioner",
})
# fmt: on

_IDENTIFIER = re.compile(r"[a-zA-Z_][a-zA-Z0-9_$]{0,127}")
_SHOWN = 80
_PREFIX = "PENSTOCK_SECRET_"


class Scope(StrEnum):
    """Where an entity lives, from the widest to the narrowest."""

    ACCOUNT = "account"
    ORG = "org"
    PROJECT = "project"

    @property
    def reaches(self) -> tuple["Scope", ...]:
        """The scopes whose entities one of this scope may use: its own and the wider ones."""
        return tuple(Scope)[: tuple(Scope).index(self) + 1]

    @classmethod
    def of(cls, *, org: str | None, project: str | None) -> "Scope":
        """Return the scope of what names *org* and *project* (Harness: neither is the account)."""
        if project:
            return cls.PROJECT
        return cls.ORG if org else cls.ACCOUNT


@dataclass(frozen=True)
class Home:
    """Where an entity lives: the account, an org, or a project of an org."""

    org: str | None = None
    project: str | None = None

    @property
    def scope(self) -> Scope:
        """The scope that this is one of."""
        return Scope.of(org=self.org, project=self.project)

    def up_to(self, scope: Scope) -> "Home | None":
        """Return the home of *scope* around this one, or ``None`` where there is none."""
        if scope is Scope.ACCOUNT:
            return Home()
        if scope is Scope.ORG:
            return Home(self.org) if self.org else None
        return self if self.org and self.project else None

    def reaches(self, other: "Home") -> bool:
        """Tell whether what lives here may use what lives in *other*."""
        return other.org in {None, self.org} and other.project in {None, self.project}

    def __str__(self) -> str:
        """Return it as people call it: ``the account``, ``org 'default'``, ``project 'pay'``."""
        if self.project:
            return f"project '{self.project}'"
        return f"org '{self.org}'" if self.org else "the account"


@dataclass(frozen=True)
class Reference:
    """An identifier and the scope in which, and only in which, it is looked up."""

    scope: Scope
    identifier: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``id``, ``org.id`` or ``account.id``; raise ``ConnectorError`` for all else."""
        prefix, dot, identifier = text.rpartition(".")
        scope = Scope(prefix) if prefix in {Scope.ORG, Scope.ACCOUNT} else Scope.PROJECT
        known = bool(dot) == (scope is not Scope.PROJECT)
        if known and _IDENTIFIER.fullmatch(identifier):
            return cls(scope, identifier)
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
        message = (
            f"Invalid Identifier Reference {shown!r}: valid references are 'id' (project),"
            " 'org.id' (organisation) and 'account.id' (account)"
        )
        raise ConnectorError(Fault(message, _advice(prefix, identifier)))

    def require_reach(self, scope: Scope) -> None:
        """Raise ``ConnectorError`` unless what is of *scope* may use this secret."""
        if self.scope in scope.reaches:
            return
        usable = Reference(scope, self.identifier)
        message = f"The {self.scope} level secret '{self}' cannot be used at {scope} level"
        hint = f"write '{usable}' instead and set {secret_variable(str(usable))}"
        raise ConnectorError(Fault(message, hint))

    def __str__(self) -> str:
        """Return the reference as it is written in a pipeline."""
        if self.scope is Scope.PROJECT:
            return self.identifier
        return f"{self.scope}.{self.identifier}"


def secret_variable(reference: str) -> str:
    """Return the environment variable of a secret.

    ``account.jira_token`` is ``PENSTOCK_SECRET_ACCOUNT_JIRA_TOKEN``, ``org.x`` is
    ``PENSTOCK_SECRET_ORG_X``, a project's own ``y`` is ``PENSTOCK_SECRET_Y``.
    """
    return _PREFIX + re.sub(r"[.$]", "_", reference).upper()


def identifier_fault(text: str) -> str | None:
    """Return what is wrong with *text* as a connector's identifier, or ``None``."""
    if text in RESERVED:
        return f"'{text}' is a reserved word; take another identifier"
    if not _IDENTIFIER.fullmatch(text):
        return (
            "an identifier begins with a letter or '_' and holds letters, digits, '_' and '$',"
            " at most 128 of them"
        )
    return None


def _advice(prefix: str, identifier: str) -> str:
    """Return what was probably meant, where that can be told."""
    if not _IDENTIFIER.fullmatch(identifier):
        return "an id begins with a letter or '_' and holds letters, digits, '_' and '$'"
    if prefix in {"", Scope.PROJECT}:
        return f"write '{identifier}' for one of the pipeline's own project"
    if "." in prefix:
        return "write one '.' at most"
    near = nearest(prefix, [Scope.ACCOUNT, Scope.ORG, "organisation"])
    if near is None:
        return f"there is no scope {prefix!r}"
    return f"did you mean '{Scope.ORG if near == 'organisation' else near}.{identifier}'?"
