"""Connectors as files: a directory of YAML, each file one connector of one scope."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from penstock.clock import Clock
from penstock.connector import Binding, Connector
from penstock.connectors.scope import Home, Reference, Scope, identifier_fault
from penstock.connectors.secret_fields import secret_references
from penstock.connectors.secrets import SecretStore
from penstock.connectors.variables import FILE as VARIABLES
from penstock.errors import ConnectorError, Fault, Refused
from penstock.nearest import suggestion
from penstock.secret import Secret
from penstock.source import Source, Value, read
from penstock.source.directory import yaml_files
from penstock.source.text_file import reason_of
from penstock.validation import faults_of

__all__ = ["ConnectorDirectory", "ConnectorDocument", "ConnectorFile"]


def _identifier(text: str) -> str:
    if wrong := identifier_fault(text):
        raise ValueError(wrong)
    return text


_Identifier = Annotated[str, AfterValidator(_identifier)]


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class _Body(_Part):
    """What stands under ``connector:`` (Harness; it demands a name as well)."""

    identifier: _Identifier
    name: str | None = None
    description: str | None = None
    tags: Mapping[str, object] | None = None
    account_identifier: str | None = None
    org_identifier: _Identifier | None = None
    project_identifier: _Identifier | None = None
    type: str
    spec: Mapping[str, object]


class ConnectorDocument(_Part):
    """A connector file as it is written, whatever its type."""

    connector: _Body


@dataclass(frozen=True)
class ConnectorFile:
    """A connector as its file describes it; ``spec`` is not checked yet."""

    source: Source
    identifier: str
    name: str
    org: str | None
    project: str | None
    type: str
    #: The mapping as the YAML reader gives it: texts, lists and mappings.
    spec: Mapping[str, Value]
    description: str = ""

    @property
    def home(self) -> Home:
        """Where the connector lives."""
        return Home(self.org, self.project)

    @property
    def scope(self) -> Scope:
        """The scope that the connector belongs to."""
        return self.home.scope

    @property
    def reference(self) -> str:
        """How a pipeline within reach names it: ``jira``, ``org.jira`` or ``account.jira``."""
        return str(Reference(self.scope, self.identifier))


class ConnectorDirectory:
    """The connectors of a directory: every ``*.yaml`` and ``*.yml`` in it, but ``variables.yaml``.

    The files are read at each call, so that a run that has waited for days sees what was mended.
    """

    def __init__(self, directory: Path | None, types: Mapping[str, type[Connector]]) -> None:
        """Take the directory (``None``: there are no connectors) and the installed types."""
        self.directory = directory
        self._types = types

    def all(self) -> tuple[ConnectorFile, ...]:
        """Return every connector, by file name.

        Raise ``Refused`` with all faults of all files, in their specs too, and where two files
        claim one identifier in one scope.
        """
        files, faults = self._read()
        faults += _twice(files)
        for file in files:
            try:
                self._parsed(file)
            except ConnectorError as error:
                faults += error.faults
        Refused.unless_empty(faults)
        return tuple(files)

    def find(self, reference: str, *, org: str | None, project: str | None) -> ConnectorFile:
        """Return the connector that *reference* means for a pipeline of *org* and *project*.

        It is looked up in the scope that the reference names and in no other. Raise
        ``ConnectorError`` for a miss, saying where that identifier does exist and what to write,
        for two files that claim it, and for faults in its file. Other files may be broken.
        """
        file = self._found(reference, org=org, project=project)
        self._parsed(file)
        return file

    def resolve(
        self,
        reference: str,
        *,
        org: str | None,
        project: str | None,
        secrets: SecretStore,
        clock: Clock,
    ) -> Connector:
        """Return what ``find`` finds as a connector, bound to secrets of its own scope."""
        file = self._found(reference, org=org, project=project)

        def secret(name: str) -> Secret:
            return secrets.get(name, scope=file.scope, org=file.org, project=file.project)

        return self._parsed(file).bind(Binding(file.reference, secret, clock))

    def _found(self, text: str, *, org: str | None, project: str | None) -> ConnectorFile:
        reference = Reference.parse(text)
        asking = Home(org, project)
        home = asking.up_to(reference.scope)
        files, faults = self._read()
        claims = [
            file for file in files if file.home == home and file.identifier == reference.identifier
        ]
        if not claims:
            # It may be the one that a broken file was to be: what is wrong there comes first.
            raise ConnectorError(*(faults or [self._miss(reference, asking, files)]))
        ConnectorError.unless_empty(_twice(claims))
        return claims[0]

    def _miss(self, reference: Reference, asking: Home, files: Sequence[ConnectorFile]) -> Fault:
        """Say that *reference* is not where it was looked up, where it is, and what to write."""
        home = asking.up_to(reference.scope)
        message = f"'{reference}' is not in {home}"
        advice = ""
        if home is None:
            message = f"'{reference}' belongs to the pipeline's {reference.scope}, which it lacks"
            advice = f"give the pipeline {_NAMED_BY[reference.scope]}"
        same = [file for file in files if file.identifier == reference.identifier]
        within = [file for file in files if asking.reaches(file.home)]
        usable = [file for file in same if file in within]
        if usable:
            write = " or ".join(f"'{file.reference}'" for file in usable)
            places = " and in ".join(str(file.home) for file in usable)
            return Fault(f"{message}; it exists in {places}: write {write}")
        if same:
            places = " and in ".join(_full_home(file) for file in same)
            where = f"it exists in {places}, which this pipeline cannot use"
            return Fault(f"{message}; {where}", advice)
        known = suggestion(str(reference), [file.reference for file in within])
        return Fault(message, "; ".join(filter(None, [advice, known or self._nothing()])))

    def _nothing(self) -> str:
        if self.directory is None:
            return "there is no directory of connectors: name one with --connectors DIR"
        return f"no connector in {self.directory} is within this pipeline's reach"

    def _read(self) -> tuple[list[ConnectorFile], list[Fault]]:
        """Return what could be read of all files, and what is wrong with the rest."""
        files: list[ConnectorFile] = []
        faults: list[Fault] = []
        for path in self._paths():
            try:
                files.append(_connector_file(read(path)))
            except Refused as error:
                faults += error.faults
        return files, faults

    def _paths(self) -> Iterable[Path]:
        if self.directory is None:
            return ()
        try:
            return [path for path in yaml_files(self.directory) if path.name != VARIABLES]
        except OSError as error:
            fault = Fault(
                f"the directory of connectors cannot be read: {reason_of(error)}",
                "name it with --connectors DIR",
                str(self.directory),
            )
            raise ConnectorError(fault) from error

    def _parsed(self, file: ConnectorFile) -> Connector:
        """Return the spec as its connector type reads it."""
        model = self._types.get(file.type)
        if model is None:
            hint = suggestion(file.type, sorted(self._types)) or "no plugin provides one"
            message = f"no connector type '{file.type}' is installed"
            raise ConnectorError(file.source.fault(("connector", "type"), message, hint))
        try:
            connector = model.model_validate(file.spec)
        except ValidationError as error:
            raise ConnectorError(*faults_of(error, file.source, _SPEC, model=model)) from error
        ConnectorError.unless_empty(_secrets_out_of_reach(file, connector))
        return connector


#: Where a connector's spec stands in its file.
_SPEC = ("connector", "spec")
#: What makes a pipeline part of a scope.
_NAMED_BY = {Scope.ORG: "orgIdentifier", Scope.PROJECT: "orgIdentifier and projectIdentifier"}


def _connector_file(source: Source) -> ConnectorFile:
    try:
        body = ConnectorDocument.model_validate(source.value).connector
    except ValidationError as error:
        raise Refused(*faults_of(error, source, model=ConnectorDocument)) from error
    if body.project_identifier and not body.org_identifier:
        path = ("connector", "projectIdentifier")
        message = "a connector of a project needs `orgIdentifier` too"
        raise Refused(source.fault(path, message, "add the project's org", key=True))
    return ConnectorFile(
        source=source,
        identifier=body.identifier,
        name=body.name or body.identifier,
        org=body.org_identifier,
        project=body.project_identifier,
        type=body.type,
        spec=_spec(source),
        description=body.description or "",
    )


def _spec(source: Source) -> Mapping[str, Value]:
    value = source.value
    for key in ("connector", "spec"):
        value = value[key] if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _secrets_out_of_reach(file: ConnectorFile, connector: Connector) -> Iterator[Fault]:
    """Yield a fault for each secret that a connector of this scope may not use; none is read."""
    for path, reference in secret_references(connector, _SPEC):
        try:
            Reference.parse(reference).require_reach(file.scope)
        except ConnectorError as error:
            for fault in error.faults:
                yield file.source.fault(path, fault.message, fault.hint)


def _full_home(file: ConnectorFile) -> str:
    return f"{file.home} of {Home(file.org)}" if file.project else str(file.home)


def _twice(files: Iterable[ConnectorFile]) -> list[Fault]:
    """Return a fault for each connector that an earlier file claims as well."""
    first: dict[tuple[Home, str], ConnectorFile] = {}
    faults = []
    for file in files:
        earlier = first.setdefault((file.home, file.identifier), file)
        if earlier is not file:
            claim = f"the connector '{file.identifier}' of {file.home}"
            message = f"{claim} is claimed by {earlier.source.file} as well"
            path = ("connector", "identifier")
            faults.append(file.source.fault(path, message, "rename or delete one of them"))
    return faults
