"""Why a request failed, in words: what ``requests`` and urllib3 wrap, unwrapped."""

import http.client
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

import requests
from urllib3 import exceptions

__all__ = ["Reason", "certificate_advice", "why"]


@dataclass(frozen=True)
class Reason:
    """What happened, and what to do about it; without addresses, headers or secrets."""

    words: str
    advice: str


_NETWORK = "check jiraUrl of the connector, and the network"
_PORT = "check the port in jiraUrl, the firewall, and whether a proxy is needed (write proxy)"
_SLOW = "check the network, and whether Jira is busy; the connector's timeout can be raised"
_NAME = "check jiraUrl for a typing error; inside a company, the VPN, or write proxy"
_PROXY = "check proxy of the connector, and that it runs"
_TLS = "check that jiraUrl means https, and the port"
#: The first kind that is found among all that a failure wraps gives the words.
_WORDS: tuple[tuple[tuple[type[BaseException], ...], str, str], ...] = (
    ((exceptions.ProxyError,), "the proxy failed", _PROXY),
    ((exceptions.NameResolutionError,), "its host name cannot be found", _NAME),
    ((ConnectionRefusedError,), "the connection was refused", _PORT),
    ((ssl.SSLCertVerificationError,), "its TLS certificate is not trusted", ""),
    ((ssl.SSLError,), "TLS could not be set up (is it http instead of https?)", _TLS),
    ((exceptions.ConnectTimeoutError,), "nobody answered in time", _PORT),
    ((exceptions.DecodeError,), "the answer cannot be unpacked", _NETWORK),
    ((TimeoutError, exceptions.TimeoutError, requests.Timeout), "no answer came in time", _SLOW),
    ((exceptions.NewConnectionError,), "no connection could be made", _NETWORK),
    (
        (exceptions.IncompleteRead, exceptions.InvalidChunkLength),
        "the answer broke off",
        "check the network, and the proxy if there is one",
    ),
    ((ConnectionError,), "the connection was closed", _NETWORK),
    (
        (exceptions.ProtocolError, http.client.HTTPException),
        "the answer is not HTTP, or broke off",
        "check that jiraUrl means this port, and https where Jira has it",
    ),
)
#: OpenSSL: the certificate's issuer is not known, or it signed itself.
_UNKNOWN_CA = {2, 18, 19, 20, 21, 27}
_EXPIRED, _OTHER_NAME = 10, 62


def certificate_advice(code: int, ca_file: str | None) -> str:
    """Return what to do about a certificate that OpenSSL refuses with *code*."""
    if code in _UNKNOWN_CA:
        if ca_file is not None:
            return f"{ca_file} lacks the authority that signed it: add that one (PEM)"
        return "write caFile: a PEM file with the certificate of your company's authority"
    if code == _EXPIRED:
        return "have the server's certificate renewed; or set this machine's clock"
    if code == _OTHER_NAME:
        return "write jiraUrl with the name that the certificate is for"
    return "have the server's certificate mended"


def _causes(failure: BaseException) -> Iterator[BaseException]:
    """Yield *failure* and everything it wraps, by argument, ``reason`` or cause."""
    todo: list[object] = [failure]
    seen: set[int] = set()
    while todo:
        item = todo.pop(0)
        if isinstance(item, BaseException) and id(item) not in seen:
            seen.add(id(item))
            yield item
            todo += [*item.args, getattr(item, "reason", None), item.__cause__, item.__context__]


def why(failure: BaseException, ca_file: str | None = None) -> Reason:
    """Return what happened; *ca_file* is the connector's own file of certificates."""
    causes = list(_causes(failure))
    for kinds, words, advice in _WORDS:
        for cause in causes:
            if isinstance(cause, ssl.SSLCertVerificationError) and kinds[0] is type(cause):
                told = f"{words} ({cause.verify_message})"
                return Reason(told, certificate_advice(cause.verify_code, ca_file))
            if isinstance(cause, kinds):
                return Reason(words, advice)
    return Reason(f"the exchange failed ({type(failure).__name__})", _NETWORK)
