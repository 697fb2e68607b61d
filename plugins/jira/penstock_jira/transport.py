"""One HTTP exchange on ``requests``: what was sent, how long it may take, how large it may get.

``requests`` alone does not tell whether a failed request had left this machine, and its timeouts
are per ``recv``: a server that sends a byte now and then holds it for ever. Both are mended at
the one place that knows, the connection.
"""

import http.client
import io
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from penstock.clock import Clock
from penstock.errors import PenstockError
from penstock_jira.answer import Answer
from penstock_jira.reason import why

__all__ = ["Interrupted", "NotSent", "Route", "TooLarge", "Transport"]

#: Seconds for the connection.
_CONNECT = 10.0
#: Bytes of a decoded body; more is no answer to a question of ours (a gzip bomb, say).
_LARGEST = 10 * 1024 * 1024
_CHUNK = 64 * 1024
_NOT_FOR_US = "check jiraUrl, and whether something else answers there"
_JSON: Mapping[str, str] = {"Content-Type": "application/json"}


class _Broken(PenstockError):
    """An exchange that came to nothing."""

    def __init__(self, words: str, advice: str = "") -> None:
        """Take what happened and what to do about it."""
        self.advice = advice
        super().__init__(words)


class NotSent(_Broken):
    """The request has certainly not left this machine."""


class Interrupted(_Broken):
    """The request was sent, or may have been, and no whole answer came back."""


class TooLarge(Interrupted):
    """The answer is larger than any that a question of ours could have."""


class _Timer:
    """What the connection knows of the exchange under way: its end, and whether it has begun."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._end = 0.0
        #: ``None``: no connection of ours has told.
        self.sent: bool | None = None

    def start(self, seconds: float) -> None:
        self._end = self._clock.monotonic() + seconds
        self.sent = None

    def left(self) -> float:
        """Return the seconds that are left; raise ``TimeoutError`` when there are none."""
        left = self._end - self._clock.monotonic()
        if left <= 0:
            raise TimeoutError("the time for this request is over")
        return left


class _TimedReader(io.RawIOBase):
    """A socket's bytes; each wait for more of them ends with the exchange's own time."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, timer: _Timer) -> None:
        self._raw, self._sock, self._timer = raw, sock, timer

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._timer.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _timed(timer: _Timer) -> dict[str, type[HTTPConnectionPool]]:
    """Return urllib3's connection pools, with connections that obey and inform *timer*."""

    class Response(http.client.HTTPResponse):
        def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
            super().__init__(sock, *args, **kwargs)
            self.fp = io.BufferedReader(_TimedReader(self.fp.detach(), sock, timer))

    class Noting:
        """Notes the first byte that is written, after the connection (and its TLS) stands."""

        def send(self, data: Any) -> None:
            if getattr(self, "sock", None) is None:
                self.connect()  # type: ignore[attr-defined]  # of the connection this is mixed into
            timer.sent = True
            super().send(data)  # type: ignore[misc]  # of the connection this is mixed into

    class Plain(Noting, HTTPConnection):
        response_class = Response

    class Secure(Noting, HTTPSConnection):
        response_class = Response

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


class _TimedAdapter(HTTPAdapter):
    """``requests``'s adapter on such connections; it never asks twice by itself."""

    def __init__(self, timer: _Timer) -> None:
        self._timer, self._pools = timer, _timed(timer)
        super().__init__(max_retries=0)

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        self._timer.sent = False
        return super().send(*args, **kwargs)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> urllib3.ProxyManager:
        proxy: urllib3.ProxyManager = super().proxy_manager_for(*args, **kwargs)
        proxy.pool_classes_by_scheme = self._pools
        return proxy


class _Session(requests.Session):
    """A session to which no answer is a redirect.

    ``allow_redirects=False`` is not enough: then, too, ``requests`` reads the body of a redirect
    whole, whatever its size, and fails on an address that it cannot parse.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002 - requests' own signature
        return None


@dataclass(frozen=True)
class Route:
    """How to get there: a file with certificates to trust, and a proxy, where they are needed."""

    ca_file: str | None = None
    proxy: str | None = None


class Transport:
    """Sends requests to one address. Nothing of the environment is used, no redirect followed."""

    def __init__(self, headers: Mapping[str, str], clock: Clock, route: Route) -> None:
        """Take the headers of every request (the credentials are among them)."""
        self._headers, self._route = dict(headers), route
        self._timer = _Timer(clock)
        self._shared = self._session()

    def _session(self) -> _Session:
        session = _Session()
        session.trust_env = False
        session.headers.update(self._headers)
        session.verify = self._route.ca_file or True
        if self._route.proxy:
            session.proxies = {"http": self._route.proxy, "https": self._route.proxy}
        for scheme in ("http://", "https://"):
            session.mount(scheme, _TimedAdapter(self._timer))
        return session

    def exchange(
        self,
        method: str,
        url: str,
        *,
        seconds: float,
        params: Mapping[str, str],
        body: bytes | None,
        fresh: bool,
        headers: Mapping[str, str] = _JSON,
    ) -> Answer:
        """Send one request and read its answer whole, within *seconds*.

        *fresh* uses a new connection: one kept alive may be closed by the server at the very
        moment we write to it. *headers* are sent beside those of every request, where there is a
        body. Raises ``NotSent`` or ``Interrupted``, which know the difference.
        """
        self._timer.start(seconds)
        session = self._session() if fresh else self._shared
        try:
            with (
                self._evidence(),
                session.request(
                    method,
                    url,
                    params=dict(params),
                    data=body,
                    headers=dict(headers) if body is not None else None,
                    timeout=(min(_CONNECT, seconds), seconds),
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                content = _whole(response)
        finally:
            if fresh:
                session.close()
        names = {name.lower(): value for name, value in response.headers.items()}
        return Answer(url, response.status_code, names, content)

    @contextmanager
    def _evidence(self) -> Iterator[None]:
        """Say of a failure whether the request had left, by what the connection noted."""
        try:
            yield
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as failure:
            kind = NotSent if self._timer.sent is False else Interrupted
            reason = why(failure, self._route.ca_file)
            raise kind(reason.words, reason.advice) from failure


def _whole(response: requests.Response) -> bytes:
    """Return the body; raise ``TooLarge`` once it is larger than any answer should be."""
    parts: list[bytes] = []
    size = 0
    for part in response.iter_content(_CHUNK):
        size += len(part)
        if size > _LARGEST:
            raise TooLarge(f"it is larger than {_LARGEST // 2**20} MiB", _NOT_FOR_US)
        parts.append(part)
    return b"".join(parts)
