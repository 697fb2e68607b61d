"""A server in front of the sandbox Jira that breaks HTTP in whatever way it is told to.

It speaks to the client over a raw socket, so that an answer may be cut, may drip, or may be none.
"""

import http.client
import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import urlsplit

__all__ = ["Action", "Exchange", "Fault", "Reply", "Request", "Wire"]

#: What belongs to one connection and is not passed on.
_HOP = {"connection", "content-length", "host", "transfer-encoding", "keep-alive"}


@dataclass(frozen=True)
class Request:
    """A request as it came in; header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    """An answer as Jira gives it."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def raw(self, *, length: int | None = None) -> bytes:
        """Return it as it goes over the wire, promising *length* bytes instead of all."""
        promised = len(self.body) if length is None else length
        return self.head((*self.headers, ("Content-Length", str(promised)))) + self.body

    def head(self, headers: tuple[tuple[str, str], ...]) -> bytes:
        """Return the head of it, with *headers* in place of its own."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
        return f"HTTP/1.1 {self.status} X\r\n{lines}\r\n".encode("latin-1")


class Exchange:
    """One request on one connection, and what can be done about it."""

    def __init__(self, wire: "Wire", sock: socket.socket, request: Request) -> None:
        self._wire, self.sock, self.request = wire, sock, request
        self.open = True

    def carry_out(self) -> Reply:
        """Let Jira do what is asked for, and return its answer, which is not sent yet."""
        return self._wire.forward(self.request)

    def send(self, *parts: bytes) -> None:
        """Send bytes."""
        for part in parts:
            self.sock.sendall(part)

    def close(self) -> None:
        """Send no more, as after a whole answer."""
        self.open = False

    def reset(self) -> None:
        """Break the connection off."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.open = False


Action: TypeAlias = Callable[[Exchange], None]


@dataclass
class Fault:
    """What becomes of requests that match, and how often it has."""

    method: str
    path: str
    action: Action
    times: int | None
    after: int
    met: int = 0
    fired: int = 0
    on: bool = True

    def takes(self, request: Request) -> bool:
        """Whether it is this request that it meets; counts it if so."""
        if not self.on or (self.times is not None and self.fired >= self.times):
            return False
        if self.method not in {"*", request.method} or not re.search(self.path, request.path):
            return False
        self.met += 1
        if self.met <= self.after:
            return False
        self.fired += 1
        return True


@dataclass
class Wire:
    """Listens on a port of localhost until it is closed."""

    upstream: str
    tls: ssl.SSLContext | None = None
    #: The ``Authorization`` that is right, and what the sandbox takes in its place.
    right: str = ""
    passed_on: str = ""
    requests: list[Request] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The address of the Jira behind it."""
        name = "https://localhost" if self.tls else "http://127.0.0.1"
        return f"{name}:{self.port}"

    def fault(
        self, method: str, path: str, action: Action, *, times: int | None = 1, after: int = 0
    ) -> Fault:
        """Arm a fault; of several that match, the first one that was armed counts."""
        made = Fault(method, path, action, times, after)
        self.faults.append(made)
        return made

    def count(self, method: str, path: str) -> int:
        """Return how many such requests came in."""
        return sum(
            request.method == method and re.search(path, request.path) is not None
            for request in self.requests
        )

    def forward(self, request: Request) -> Reply:
        """Ask the sandbox, as the user that the client signed in as."""
        place = urlsplit(self.upstream)
        assert place.hostname
        headers = {name: text for name, text in request.headers.items() if name not in _HOP}
        if headers.get("authorization") == self.right:
            headers["authorization"] = self.passed_on
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=30)
        try:
            connection.request(request.method, request.path, request.body or None, headers)
            answer = connection.getresponse()
            told = [(n, v) for n, v in answer.getheaders() if n.lower() not in _HOP]
            return Reply(answer.status, told, answer.read())
        finally:
            connection.close()

    def close(self) -> None:
        """Listen no more."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                sock, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._connection, args=(sock,), daemon=True).start()

    def _connection(self, sock: socket.socket) -> None:
        try:
            with self.tls.wrap_socket(sock, server_side=True) if self.tls else sock as ready:
                ready.settimeout(30)
                while (request := _read(ready)) is not None and self._answer(ready, request):
                    pass
        except OSError:  # the client went away, or did not trust us
            return

    def _answer(self, sock: socket.socket, request: Request) -> bool:
        with self._lock:
            self.requests.append(request)
            fault = next((each for each in self.faults if each.takes(request)), None)
        exchange = Exchange(self, sock, request)
        if fault is not None:
            fault.action(exchange)
        else:
            exchange.send(exchange.carry_out().raw())
        return exchange.open


def _read(sock: socket.socket) -> Request | None:
    got = b""
    while b"\r\n\r\n" not in got:
        part = sock.recv(65536)
        if not part:
            return None
        got += part
    head, _, body = got.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    while len(body) < int(headers.get("content-length", "0")):
        body += sock.recv(65536)
    return Request(method, path, headers, body)
