"""Whether a Jira can be reached at all: its name, the way there, and its certificate."""

import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Self
from urllib.parse import urlsplit

from penstock.connector import Check
from penstock_jira.errors import printable
from penstock_jira.reason import certificate_advice

__all__ = ["Network", "Peer", "reach"]

#: Seconds for a connection with its TLS.
_PATIENCE = 10.0
#: Days before a certificate's end from which on it is worth a word.
_SOON = 30
_LISTED = 3


@dataclass(frozen=True)
class Peer:
    """Who answered: the TLS version and the end of its certificate; both ``None`` without TLS."""

    tls: str | None = None
    ends: datetime | None = None


def _names(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _meet(host: str, port: int, ca_file: str | None, *, patience: float = _PATIENCE) -> Peer:
    from requests.utils import DEFAULT_CA_BUNDLE_PATH

    context = ssl.create_default_context(cafile=ca_file or DEFAULT_CA_BUNDLE_PATH)
    with (
        socket.create_connection((host, port), patience) as plain,
        context.wrap_socket(plain, server_hostname=host) as secure,
    ):
        told = (secure.getpeercert() or {}).get("notAfter")
        ends = ssl.cert_time_to_seconds(told) if isinstance(told, str) else None
        return Peer(secure.version(), datetime.fromtimestamp(ends, UTC) if ends else None)


def _knock(host: str, port: int, *, patience: float = _PATIENCE) -> Peer:
    with socket.create_connection((host, port), patience):
        return Peer()


@dataclass(frozen=True)
class Network:
    """What is asked of the network; each may raise ``OSError`` (``ssl.SSLError`` is one)."""

    addresses: Callable[[str, int], list[str]] = _names
    plain: Callable[[str, int], Peer] = _knock
    secure: Callable[[str, int, str | None], Peer] = _meet

    @classmethod
    def within(cls, seconds: float) -> Self:
        """Return the real network, asked for no longer than *seconds* (nor than ten)."""
        patience = min(seconds, _PATIENCE)
        return cls(
            plain=partial(_knock, patience=patience), secure=partial(_meet, patience=patience)
        )


def reach(
    url: str, *, proxy: str | None, ca_file: str | None, network: Network, now: datetime
) -> Iterator[Check]:
    """Yield a check for the name, the proxy if there is one, and the connection.

    Through a proxy only the way to the proxy is tried: it is the proxy that connects to Jira.
    """
    host, port, secure = _place(proxy or url)
    yield _name(host, port, network)
    if proxy is not None:
        yield _connection("proxy", host, port, network=network)
        return
    if secure:
        yield _tls(host, port, ca_file, network=network, now=now)
        return
    found = _connection("connection", host, port, network=network)
    if found.ok and not _is_here(host):
        advice = "the token travels in the clear: write https:// if that Jira has it"
        found = Check(found.name, None, f"{found.found}, without TLS", advice)
    yield found


def _place(url: str) -> tuple[str, int, bool]:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    return parts.hostname or "", parts.port or (443 if secure else 80), secure


def _is_here(host: str) -> bool:
    return host in {"localhost", "::1"} or host.startswith("127.")


def _name(host: str, port: int, network: Network) -> Check:
    try:
        found = network.addresses(host, port)
    except (OSError, UnicodeError) as failure:
        words = f"the host name {host} cannot be found ({_why(failure)})"
        advice = "check jiraUrl for a typing error; inside a company, the VPN, or write proxy"
        return Check("dns", False, words, advice)
    more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    return Check("dns", True, f"{host} is {', '.join(found[:_LISTED])}{more}")


def _connection(name: str, host: str, port: int, *, network: Network) -> Check:
    try:
        network.plain(host, port)
    except OSError as failure:
        return _closed(name, host, port, failure)
    return Check(name, True, f"{host}:{port} answers")


def _closed(name: str, host: str, port: int, failure: OSError) -> Check:
    advice = (
        "check proxy of the connector, and that it runs"
        if name == "proxy"
        else "check the port in jiraUrl, the firewall, and whether a proxy is needed (write proxy)"
    )
    return Check(name, False, f"{host}:{port} does not answer ({_why(failure)})", advice)


def _why(failure: Exception) -> str:
    if isinstance(failure, TimeoutError):
        return "no answer came in time"
    return printable(getattr(failure, "strerror", None) or type(failure).__name__)


def _tls(host: str, port: int, ca_file: str | None, *, network: Network, now: datetime) -> Check:
    try:
        peer = network.secure(host, port, ca_file)
    except ssl.SSLCertVerificationError as failure:
        words = f"the certificate of {host} is not trusted: {printable(failure.verify_message)}"
        return Check("tls", False, words, certificate_advice(failure.verify_code, ca_file))
    except ssl.SSLError as failure:
        words = f"TLS with {host}:{port} could not be set up ({_why(failure)})"
        return Check("tls", False, words, "check that jiraUrl means https, and the port")
    except OSError as failure:
        return _closed("connection", host, port, failure)
    if peer.ends is None:
        return Check("tls", True, f"{peer.tls}")
    left = (peer.ends - now).days
    found = f"{peer.tls}, certificate until {peer.ends:%Y-%m-%d}"
    if left >= _SOON:
        return Check("tls", True, found)
    return Check("tls", None, f"{found}: {left} days left", "have it renewed before that")
