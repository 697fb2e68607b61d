"""The way to a Jira as a connector says it: addresses, certificates, and how long it may take."""

from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator

from penstock.duration import Duration, format_duration
from penstock.errors import ConnectorError

__all__ = ["JiraAddress", "ProxyAddress", "Timeout", "check_certificates", "jira_address"]

#: Seconds that one request may be given: with less a write is too often in doubt, and with more
#: nothing is won over asking again.
_SHORTEST_TIMEOUT, _LONGEST_TIMEOUT = 1.0, 600.0


def jira_address(value: object) -> object:
    """Return a Jira's address without the final slash; refuse what is none, or hides a secret."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(
            "Jira URL cannot be empty: write jiraUrl, such as https://jira.example.com"
        )
    return _plain_address("jiraUrl", value.strip(), "they belong under auth")


def _proxy(value: object) -> object:
    """Return a proxy's address, as ``jira_address`` does."""
    if not isinstance(value, str):
        return value
    return _plain_address("proxy", value.strip(), "a proxy that asks for them cannot be used yet")


def _plain_address(key: str, url: str, no_user: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        # Not shown: what stands there may be a secret that belongs elsewhere.
        shown = f", not {url[:40]!r}" if url.isprintable() and "@" not in url else ""
        raise ValueError(f"{key} must begin with https:// or http:// and a host{shown}")
    if "@" in url:  # anywhere: what comes after a / in a password looks like a path
        raise ValueError(f"{key} must not hold a user or a password; {no_user}")
    if parts.query or parts.fragment:
        raise ValueError(f"{key} must end before the ? or #: it is an address alone")
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise ValueError(f"{key} holds a character that an address cannot have")
    if not _has_valid_port(parts):
        raise ValueError(f"{key} names a port that is none; a port is a number below 65536")
    return url.rstrip("/")


def _timeout(seconds: float) -> float:
    if _SHORTEST_TIMEOUT <= seconds <= _LONGEST_TIMEOUT:
        return seconds
    between = f"{format_duration(_SHORTEST_TIMEOUT)} to {format_duration(_LONGEST_TIMEOUT)}"
    raise ValueError(f"timeout is for one request with its answer; write {between}")


def _has_valid_port(parts: SplitResult) -> bool:
    try:
        return parts.port != 0
    except ValueError:
        return False


def check_certificates(file: Path, reference: str) -> None:
    """Raise ``ConnectorError`` for a ``caFile`` that is none, which TLS says in odd words.

    *reference* is the connector's.
    """
    whose = f"caFile of {reference}"
    if not file.is_file():
        raise ConnectorError(f"{whose}: no such file {file}")
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConnectorError(f"{whose}: {file} cannot be read: {error.strerror}") from error
    if b"-----BEGIN" not in content:
        raise ConnectorError(
            f"{whose}: {file} holds no certificate; write one in PEM, which begins with "
            "-----BEGIN CERTIFICATE-----"
        )


#: Addresses without a final slash, and seconds.
JiraAddress = Annotated[str, BeforeValidator(jira_address)]
ProxyAddress = Annotated[str, BeforeValidator(_proxy)]
Timeout = Annotated[Duration, AfterValidator(_timeout)]
