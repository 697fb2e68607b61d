"""Connectors as files and secrets as references, each in its scope."""

from penstock.connectors.files import ConnectorDirectory, ConnectorFile
from penstock.connectors.scope import Home, Reference, Scope
from penstock.connectors.secrets import SecretStore

__all__ = ["ConnectorDirectory", "ConnectorFile", "Home", "Reference", "Scope", "SecretStore"]
