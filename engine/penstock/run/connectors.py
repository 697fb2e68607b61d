"""The connectors of one run: resolved in its pipeline's scope, afresh each time, as steps ask."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from penstock.clock import Clock
from penstock.connector import Binding, Connector
from penstock.connectors.files import ConnectorDirectory
from penstock.connectors.scope import Reference
from penstock.connectors.secret_fields import open_values
from penstock.connectors.secrets import SecretStore
from penstock.errors import ConnectorError
from penstock.expressions.faults import MissingError
from penstock.json_types import Json
from penstock.sandbox import Sandbox

__all__ = ["ReadableConnectors", "RunConnectors"]

C = TypeVar("C", bound=Connector)


class ReadableConnectors(Mapping[str, object]):
    """What expressions read of connectors, by reference: each is described when it is read."""

    def __init__(self, describe: Callable[[str], Mapping[str, object]]) -> None:
        """Take what describes one, or raises ``ConnectorError``."""
        self._describe = describe

    def __getitem__(self, reference: str) -> object:
        """Return what may be read of a connector; raise ``MissingError`` with what to write."""
        try:
            return self._describe(reference)
        except ConnectorError as error:
            raise MissingError(error.faults[0].message, error.faults[0].hint) from None

    def __iter__(self) -> Iterator[str]:
        """Yield nothing: which there are is not known before they are read."""
        return iter(())

    def __len__(self) -> int:
        """Return 0."""
        return 0


class RunConnectors:
    """Resolves references for the steps of a run; with sandboxes, to their stand-ins."""

    def __init__(
        self,
        directory: Path | None,
        types: Mapping[str, type[Connector]],
        secrets: SecretStore,
        clock: Clock,
        *,
        org: str | None,
        project: str | None,
        sandboxes: Mapping[str, Sandbox] | None = None,
    ) -> None:
        """Take where connector files are, and the pipeline's org and project."""
        self._has_files = directory is not None and directory.is_dir()
        self._directory = ConnectorDirectory(directory if self._has_files else None, types)
        self._secrets = secrets
        self._clock = clock
        self._org = org
        self._project = project
        self._sandboxes = dict(sandboxes or {})

    def resolve(self, reference: str, kind: type[C]) -> C:
        """Return the connector that *reference* names, which must be of *kind*."""
        connector = self._resolve(reference, kind)
        if not isinstance(connector, kind):
            raise ConnectorError(
                f"the connector {reference!r} is of type {connector.type}, and the step needs one "
                f"of type {kind.type}"
            )
        return connector

    def described(self, reference: str) -> dict[str, Json]:
        """Return what expressions read of a connector: nothing of it is a secret.

        Raise ``ConnectorError`` as ``resolve`` does.
        """
        connector = self._resolve(reference, Connector)
        identifier = Reference.parse(reference).identifier
        name = identifier
        if self._has_files:
            name = self._directory.find(reference, org=self._org, project=self._project).name
        return {
            "identifier": identifier,
            "name": name,
            "type": connector.type,
            "spec": open_values(connector),
        }

    def _resolve(self, reference: str, kind: type[Connector]) -> Connector:
        if self._sandboxes and not self._has_files:
            return self._plain_stand_in(reference, kind)
        connector = self._directory.resolve(
            reference,
            org=self._org,
            project=self._project,
            secrets=self._secrets,
            clock=self._clock,
        )
        sandbox = self._sandboxes.get(connector.type)
        return sandbox.stand_in(connector).bind(connector.binding) if sandbox else connector

    def _plain_stand_in(self, reference: str, kind: type[Connector]) -> Connector:
        """Return a sandbox's own connector: there is no directory to look a file up in."""
        # A gate is looked at through the type that all connectors share.
        names = [kind.type] if hasattr(kind, "type") else list(self._sandboxes)
        if len(names) > 1:
            raise ConnectorError(
                f"the connector {reference!r} has no file that says whether it is of type "
                f"{' or '.join(names)}; name a directory with --connectors"
            )
        if names[0] not in self._sandboxes:
            raise ConnectorError(
                f"the connector {reference!r} has no file, and connectors of type {names[0]} have "
                "no sandbox; name a directory with --connectors"
            )
        binding = Binding(reference=reference, clock=self._clock)
        return self._sandboxes[names[0]].stand_in(None).bind(binding)
