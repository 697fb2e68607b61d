"""Redirects, and other ways in which a request is led elsewhere."""

import contextlib
import os
import socket
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from faults.actions import after, reply
from faults.case import case, cases
from faults.scene import TOKEN, Scene
from faults.steps import create, one_issue, refused

REDIRECTS = [301, 302, 303, 307, 308]


@contextlib.contextmanager
def inherited(environ: Mapping[str, str]) -> Iterator[None]:
    """Set variables of this process's environment for a while."""
    before = {name: os.environ.get(name) for name in environ}
    os.environ.update(environ)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


class Elsewhere:
    """Another server, that keeps all it is sent."""

    def __init__(self) -> None:
        self.got = b""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                sock, _ = self._socket.accept()
            except OSError:
                return
            with sock:
                sock.settimeout(2)
                try:
                    self.got += sock.recv(65536)
                    sock.sendall(b"HTTP/1.1 201 X\r\nContent-Length: 2\r\n\r\n{}")
                except OSError:
                    continue

    def close(self) -> bytes:
        """Close it, and return what it was sent."""
        self._socket.close()
        return self.got


@cases("{} to another host, on a read", REDIRECTS)
def read_is_led_elsewhere(scene: Scene, status: int) -> str:
    other = Elsewhere()
    scene.fault("GET", ".", reply(status, location=f"{other.url}/rest/api/2/x"), times=None)
    ended = scene.run(create())
    assert other.close() == b""
    return refused(scene, ended, f"it redirects to {other.url}")


@cases("{} to another host, on a write", REDIRECTS)
def write_is_led_elsewhere(scene: Scene, status: int) -> str:
    other = Elsewhere()
    elsewhere = reply(status, location=f"{other.url}/rest/api/2/issue")
    scene.fault("POST", "/issue$", elsewhere, times=None)
    ended = scene.run(create())
    assert other.close() == b""
    return refused(scene, ended, f"a redirect to {other.url}")


@case("302 to a page of the same host, on a write that was carried out")
def write_is_led_to_a_page(scene: Scene) -> str:
    away = reply(302, location="/login.jsp?os_destination=%2F")
    scene.fault("POST", "/issue$", after(away))
    ended = scene.run(create())
    assert scene.wire.count("GET", "login.jsp") == 0
    return f"not followed; {one_issue(scene, ended)}"


@case("http that should have been https")
def plain_instead_of_tls(scene: Scene) -> str:
    def secure(exchange):  # type: ignore[no-untyped-def]
        path = exchange.request.path
        reply(301, location=f"https://127.0.0.1:{scene.wire.port}{path}")(exchange)

    scene.fault("*", ".", secure, times=None)
    ended = scene.run(create())
    right = f"write jiraUrl: https://127.0.0.1:{scene.wire.port} if that is your Jira"
    return refused(scene, ended, right)


@case("a proxy and a .netrc in the environment")
def environment(scene: Scene) -> str:
    other = Elsewhere()
    netrc = Path(scene.directory) / "netrc"
    netrc.write_text("machine 127.0.0.1 login eve password evil\n")
    named = {"HTTP_PROXY": other.url, "http_proxy": other.url, "ALL_PROXY": other.url}
    with inherited({**named, "NETRC": str(netrc), "NO_PROXY": "", "no_proxy": ""}):
        ended = scene.run(create())
    scene.happened()
    assert other.close() == b""
    return f"neither is used; {one_issue(scene, ended)}"


@case("certificates to trust in the environment", tls="good.pem")
def bundle(scene: Scene) -> str:
    authority = str(scene.certificates / "authority.pem")
    with inherited({"REQUESTS_CA_BUNDLE": authority, "CURL_CA_BUNDLE": authority}):
        ended = scene.run(create())
    scene.happened()
    return refused(scene, ended, "its TLS certificate is not trusted")


@cases(
    "jiraUrl holds {}",
    [
        ("a user and a password", "https://victim:{secret}@attacker.example/"),
        ("a secret as a parameter", "https://jira.example.com/?os_password={secret}"),
    ],
)
def secret_in_the_address(scene: Scene, _: str, url: str) -> str:
    scene.directory.joinpath("connectors/jira.yaml").unlink()
    folder = scene.directory / "connectors"
    text = f"connector: {{identifier: jira, type: Jira, spec: {{jiraUrl: '{url}', auth: x}}}}"
    (folder / "jira.yaml").write_text(text.replace("{secret}", TOKEN))
    ended = scene.run(create())
    (folder / "jira.yaml").unlink()
    scene.happened()
    assert (ended.code, scene.wire.requests) == (2, [])
    assert "jiraUrl must" in ended.message
    return "refused before anything is sent, without showing it"
