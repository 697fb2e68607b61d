"""Variables of the account, of orgs and of projects: ``variables.yaml`` among the connectors.

Harness keeps them as entities; expressions read them as ``variable.account.x``, ``variable.org.x``
and, those of the pipeline's own project, ``variable.x``.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from penstock.connectors.scope import Home, Reference, Scope, identifier_fault
from penstock.errors import Fault, Refused
from penstock.nearest import suggestion
from penstock.source import Source, read
from penstock.validation import faults_of

__all__ = ["FILE", "SharedVariables"]

#: The one file in a directory of connectors that is none.
FILE = "variables.yaml"


def _checked(text: str) -> str:
    if wrong := identifier_fault(text):
        raise ValueError(wrong)
    return text


_Identifier = Annotated[str, AfterValidator(_checked)]


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class _Variable(_Part):
    identifier: _Identifier
    org_identifier: _Identifier | None = None
    project_identifier: _Identifier | None = None
    description: str | None = None
    value: str


class _File(_Part):
    variables: list[_Variable] = Field(default_factory=list)


@dataclass(frozen=True)
class _Shared:
    home: Home
    identifier: str
    value: str


class SharedVariables:
    """The variables of a directory of connectors; their values are data, never evaluated."""

    def __init__(self, variables: tuple[_Shared, ...] = ()) -> None:
        """Take the variables."""
        self._variables = variables

    @classmethod
    def read(cls, directory: Path | None) -> "SharedVariables":
        """Read the file of a directory, if there is one; raise ``Refused`` with all its faults."""
        path = None if directory is None else directory / FILE
        if path is None or not path.is_file():
            return cls()
        source = read(path)
        try:
            written = _File.model_validate(source.value).variables
        except ValidationError as error:
            raise Refused(*faults_of(error, source, model=_File)) from error
        found = tuple(
            _Shared(Home(item.org_identifier, item.project_identifier), item.identifier, item.value)
            for item in written
        )
        Refused.unless_empty([*_faults(source, found)])
        return cls(found)

    def seen_from(self, home: Home) -> dict[str, Any]:
        """Return what a pipeline that lives in *home* reads as ``variable``."""
        values = {
            scope: {
                item.identifier: item.value
                for item in self._variables
                if item.home == home.up_to(scope)
            }
            for scope in Scope
        }
        own = values.pop(Scope.PROJECT)
        return {**own, **{str(scope): below for scope, below in values.items()}}

    def advice(self, identifier: str, home: Home, known: Collection[str]) -> str:
        """Return what a pipeline of *home* may write for one that is not among those *known*."""
        usable = [
            f"variable.{Reference(item.home.scope, identifier)}"
            for item in self._variables
            if item.identifier == identifier and home.reaches(item.home)
        ]
        if usable:
            return f"write {' or '.join(usable)}"
        return suggestion(identifier, known) or f"write it into {FILE} among the connectors"


def _faults(source: Source, variables: tuple[_Shared, ...]) -> Iterator[Fault]:
    first: dict[tuple[Home, str], int] = {}
    for i, item in enumerate(variables):
        path = ("variables", i)
        if item.home.project and not item.home.org:
            message = "a variable of a project needs `orgIdentifier` too"
            place = (*path, "projectIdentifier")
            yield source.fault(place, message, "add the project's org", key=True)
        earlier = first.setdefault((item.home, item.identifier), i)
        if earlier != i:
            line = source.place(("variables", earlier, "identifier")).line
            message = (
                f"the variable '{item.identifier}' of {item.home} stands in line {line} already"
            )
            yield source.fault((*path, "identifier"), message, "keep one of them")
