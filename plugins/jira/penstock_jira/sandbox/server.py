"""The HTTP server: werkzeug's, with connections that stay open, and that can be stopped."""

import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from threading import Thread, current_thread
from typing import TYPE_CHECKING, Any

from werkzeug.serving import WSGIRequestHandler, make_server

from penstock.errors import Refused

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["Server"]

_BACKLOG = 128
#: Seconds to let pass after a connection that could not be accepted.
_PAUSE = 0.05
#: Seconds that a request at work is given to end.
_PATIENCE = 5.0


class _KeptOpen(WSGIRequestHandler):
    """Answers the requests of one connection, one after another, until the client closes it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def setup(self) -> None:
        """Begin with a connection."""
        super().setup()
        _connections(self.server)[self.connection] = current_thread()

    def finish(self) -> None:
        """End with a connection."""
        _connections(self.server).pop(self.connection, None)
        with suppress(OSError):  # the client had gone before it was answered
            super().finish()

    def run_wsgi(self) -> None:
        """Answer one request; close the connection where the application says so."""
        environ = self.make_environ()
        told: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Any:
            told[:] = [status, headers]

        try:
            body = b"".join(self.server.app(environ, start))
        except ConnectionError:
            self.close_connection = True
            return
        self._send(told[0], told[1], body)

    def _send(self, status: str, headers: Iterable[tuple[str, str]], body: bytes) -> None:
        code, _, reason = status.partition(" ")
        self.send_response_only(int(code), reason)
        promised = len(body)
        for name, value in headers:
            if name.lower() == "content-length":
                promised = int(value)
            else:
                self.send_header(name, value)
        if int(code) not in (204, 304):
            self.send_header("Content-Length", str(promised))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        if promised > len(body) and self.command != "HEAD":
            self.close_connection = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing of a request: the ledger does."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's signature
        """Say nothing on the terminal, which belongs to whoever runs the sandbox."""


def _connections(server: Any) -> dict[socket.socket, Thread]:
    connections: dict[socket.socket, Thread] = server.connections
    return connections


class Server:
    """Listens on a port and answers in threads until it is stopped."""

    def __init__(self, app: "WSGIApplication", host: str, ports: Iterable[int]) -> None:
        """Bind the first of *ports* that is free; 0 is any. Raise ``Refused`` if none is."""
        bound = _bind(host, tuple(ports))
        try:
            port = bound.getsockname()[1]
            self._server = make_server(
                host, port, app, threaded=True, request_handler=_KeptOpen, fd=bound.fileno()
            )
        finally:
            bound.close()
        self._server.connections = {}  # type: ignore[attr-defined] # ours: see _connections
        self.host, self.port = host, int(port)
        self._stopping = False
        self._thread = Thread(target=self._serve, name="sandbox", daemon=True)

    @property
    def site(self) -> str:
        """The address to open."""
        shown = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(self.host, self.host)  # noqa: S104 - compared, not bound
        return f"http://[{shown}]:{self.port}" if ":" in shown else f"http://{shown}:{self.port}"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def _serve(self) -> None:
        """Accept connections, asleep between them; each is served in a thread of its own."""
        while not self._stopping:
            try:
                connection, client = self._server.get_request()
            except OSError:  # the client went away before it was accepted, or too many are here
                time.sleep(_PAUSE)
                continue
            self._server.process_request(connection, client)
        self._server.server_close()

    def stop(self) -> None:
        """Close every connection and wait until no request is at work."""
        self._stopping = True
        with suppress(OSError):  # wake the thread that waits for a connection
            socket.create_connection(self._server.socket.getsockname()[:2], _PATIENCE).close()
        self._thread.join(_PATIENCE)
        for connection, thread in list(_connections(self._server).items()):
            with suppress(OSError):  # the client closed it first
                connection.shutdown(socket.SHUT_RD)
            thread.join(_PATIENCE)


def _bind(host: str, ports: tuple[int, ...]) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    reason = ""
    for port in ports:
        listening = socket.socket(family, socket.SOCK_STREAM)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((host, port))
            listening.listen(_BACKLOG)
        except OSError as error:
            listening.close()
            reason = f"the sandbox cannot listen on {host} port {port}: {error.strerror}"
        else:
            return listening
    raise Refused(f"{reason}; choose another port, or 0 for any that is free")
