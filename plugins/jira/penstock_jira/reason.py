"""Why a request failed, in words: what ``requests`` and urllib3 wrap, unwrapped."""

import http.client
import ssl
from collections.abc import Iterator

import requests
from urllib3 import exceptions

__all__ = ["why"]

#: The first kind that is found among all that a failure wraps gives the words.
_WORDS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((exceptions.NameResolutionError,), "its host name cannot be found"),
    ((ConnectionRefusedError,), "the connection was refused"),
    ((ssl.SSLCertVerificationError,), "its TLS certificate is not trusted"),
    ((ssl.SSLError,), "TLS could not be set up (is it http instead of https?)"),
    ((exceptions.ProxyError,), "the proxy failed"),
    ((exceptions.ConnectTimeoutError,), "nobody answered in time"),
    ((exceptions.DecodeError,), "the answer cannot be unpacked"),
    ((TimeoutError, exceptions.TimeoutError, requests.Timeout), "no answer came in time"),
    ((exceptions.NewConnectionError,), "no connection could be made"),
    ((exceptions.IncompleteRead, exceptions.InvalidChunkLength), "the answer broke off"),
    ((ConnectionError,), "the connection was closed"),
    ((exceptions.ProtocolError, http.client.HTTPException), "the answer is not HTTP, or broke off"),
)


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


def why(failure: BaseException) -> str:
    """Return what happened, without addresses, headers or anything else that may be secret."""
    causes = list(_causes(failure))
    for kinds, words in _WORDS:
        for cause in causes:
            if isinstance(cause, ssl.SSLCertVerificationError) and kinds[0] is type(cause):
                return f"{words} ({cause.verify_message})"
            if isinstance(cause, kinds):
                return words
    return f"the exchange failed ({type(failure).__name__})"
