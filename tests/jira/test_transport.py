"""One exchange over a real socket: the evidence of what was sent, and the bounds it keeps."""

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from urllib3 import exceptions

from penstock.clock import SystemClock
from penstock.testing import FakeClock
from penstock_jira.reason import why
from penstock_jira.transport import Interrupted, NotSent, Route, Transport, _Timer

Handler = Callable[[socket.socket], None]

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class Server:
    """Answers every request on a loopback socket by calling *handler*."""

    def __init__(self) -> None:
        self.handler: Handler = lambda sock: sock.sendall(OK)
        self.requests: list[bytes] = []
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                sock, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._answer, args=(sock,), daemon=True).start()

    def _answer(self, sock: socket.socket) -> None:
        with sock:
            try:
                while head := self._head(sock):
                    self.requests.append(head)
                    self.handler(sock)
            except OSError:
                return

    @staticmethod
    def _head(sock: socket.socket) -> bytes:
        got = b""
        while b"\r\n\r\n" not in got:
            part = sock.recv(65536)
            if part[:1] == b"\x16":  # the first byte of TLS
                sock.sendall(OK)
                return b""
            if not part:
                return b""
            got += part
        return got

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@pytest.fixture
def transport() -> Transport:
    return Transport({"Authorization": "Bearer abc"}, SystemClock(), Route())


def ask(transport: Transport, url: str, *, seconds: float = 5, fresh: bool = False) -> bytes:
    answer = transport.exchange(
        "GET", f"{url}/rest", seconds=seconds, params={}, body=None, fresh=fresh
    )
    return answer.body


def write(transport: Transport, url: str) -> bytes:
    answer = transport.exchange(
        "POST", f"{url}/rest", seconds=5, params={}, body=b'{"a": 1}', fresh=True
    )
    return answer.body


def test_an_answer_comes_back_whole(server: Server, transport: Transport) -> None:
    answer = transport.exchange(
        "GET", f"{server.url}/rest", seconds=5, params={"a": "b c"}, body=None, fresh=False
    )
    assert (answer.status, answer.body) == (200, b"{}")
    assert answer.headers["content-type"] == "application/json"
    assert server.requests[0].startswith(b"GET /rest?a=b+c HTTP/1.1")
    assert b"Authorization: Bearer abc" in server.requests[0]


def test_reads_share_a_connection_and_writes_have_their_own(
    server: Server, transport: Transport
) -> None:
    ask(transport, server.url)
    ask(transport, server.url)
    assert server.connections == 1
    write(transport, server.url)
    write(transport, server.url)
    assert server.connections == 3


def test_nobody_listening_is_not_sent(transport: Transport) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(NotSent, match="the connection was refused"):
        write(transport, f"http://127.0.0.1:{port}")


def test_an_unknown_host_is_not_sent(transport: Transport) -> None:
    with pytest.raises(NotSent, match="its host name cannot be found"):
        write(transport, "http://nowhere.invalid")


def test_tls_with_a_server_that_has_none_is_not_sent(server: Server, transport: Transport) -> None:
    with pytest.raises(NotSent, match="TLS could not be set up"):
        write(transport, server.url.replace("http:", "https:"))


def _drop(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    sock.close()


def _close(sock: socket.socket) -> None:
    sock.shutdown(socket.SHUT_RDWR)


def _sends(*parts: bytes) -> Handler:
    def handler(sock: socket.socket) -> None:
        for part in parts:
            sock.sendall(part)
        sock.shutdown(socket.SHUT_RDWR)

    return handler


@pytest.mark.parametrize(
    ("handler", "words"),
    [
        (_drop, "the connection was closed"),
        (_close, "the connection was closed"),
        (_sends(OK[:-1]), "the answer broke off"),
        (_sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"), "broke off"),
        (_sends(b"SSH-2.0-OpenSSH\r\n\r\n"), "the answer is not HTTP"),
        (
            _sends(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"),
            "the answer cannot be unpacked",
        ),
    ],
)
def test_what_breaks_after_the_request_is_interrupted(
    server: Server, transport: Transport, handler: Handler, words: str
) -> None:
    server.handler = handler
    with pytest.raises(Interrupted, match=words):
        write(transport, server.url)


def _drip(first: bytes) -> Handler:
    def handler(sock: socket.socket) -> None:
        sock.sendall(first)
        for _ in range(200):
            sock.sendall(b"x")
            time.sleep(0.02)

    return handler


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n",
    ],
    ids=["status", "headers", "body", "chunk"],
)
def test_an_answer_that_drips_is_given_up_in_time(
    server: Server, transport: Transport, first: bytes
) -> None:
    server.handler = _drip(first)
    begun = time.monotonic()
    with pytest.raises(Interrupted, match="no answer came in time"):
        ask(transport, server.url, seconds=0.2)
    assert time.monotonic() - begun < 1.5


def test_no_wait_is_begun_when_the_time_is_over() -> None:
    clock = FakeClock()
    timer = _Timer(clock)
    timer.start(5)
    assert timer.left() == 5
    clock.advance(5)
    with pytest.raises(TimeoutError, match="the time for this request is over"):
        timer.left()


def test_an_answer_is_refused_once_it_is_too_large(server: Server, transport: Transport) -> None:
    bomb = gzip.compress(b"0" * (30 * 1024 * 1024))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n"
    server.handler = _sends(head.encode(), bomb)
    with pytest.raises(Interrupted, match="larger than 10 MiB"):
        ask(transport, server.url)


def test_a_redirects_body_is_no_larger_either(server: Server, transport: Transport) -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 20000000\r\n\r\n"
    server.handler = _sends(head, b"0" * 20_000_000)
    with pytest.raises(Interrupted, match="larger than 10 MiB"):
        ask(transport, server.url)
    assert len(server.requests) == 1


def test_the_environment_is_not_asked(
    server: Server, transport: Transport, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login eve password evil\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    ask(transport, server.url)
    assert b"Authorization: Bearer abc" in server.requests[0]


def test_a_proxy_of_the_connector_is_used(server: Server) -> None:
    proxied = Transport({}, SystemClock(), Route(proxy=server.url))
    assert ask(proxied, "http://jira.invalid") == b"{}"
    assert server.requests[0].startswith(b"GET http://jira.invalid/rest HTTP/1.1")


def test_a_proxy_that_is_not_there_is_not_sent() -> None:
    proxied = Transport({}, SystemClock(), Route(proxy="http://127.0.0.1:1"))
    with pytest.raises(NotSent):
        write(proxied, "http://jira.invalid")


def _untrusted() -> Exception:
    cause = ssl.SSLCertVerificationError("x")
    cause.verify_message = "self-signed certificate"
    cause.verify_code = 18
    return requests.exceptions.SSLError(exceptions.SSLError(cause))


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (_untrusted(), "its TLS certificate is not trusted (self-signed certificate)"),
        (requests.ReadTimeout("x"), "no answer came in time"),
        (requests.exceptions.ProxyError(exceptions.ProxyError("x", OSError())), "the proxy failed"),
        (requests.ConnectionError(exceptions.ConnectTimeoutError()), "nobody answered in time"),
        (requests.exceptions.InvalidURL("https://user:pw@x"), "the exchange failed (InvalidURL)"),
    ],
)
def test_a_failure_is_told_in_words_and_without_addresses(failure: Exception, words: str) -> None:
    assert why(failure).words == words
    assert why(failure).advice
