"""Traps of other systems in the connection to Jira: each test is named after one."""

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from penstock.connector import Binding
from penstock.secret import Secret
from penstock.testing import FakeClock
from penstock_jira.connector import JiraConnector
from penstock_jira.errors import JiraUnreachable

PEM = Path(__file__).parents[1] / "localhost.pem"
AUTH = {
    "password or API token": {
        "type": "UsernamePassword",
        "spec": {"username": "release-bot", "passwordRef": "account.token"},
    },
    "personal access token": {
        "type": "PersonalAccessToken",
        "spec": {"patRef": "account.token"},
    },
}


class _Jira(BaseHTTPRequestHandler):
    """Says ``{}`` to everybody, and remembers who was asked."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.headers.get("Authorization", ""))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def secure() -> Iterator[tuple[str, list[str]]]:
    """A server with a certificate that nobody has signed; yields its address and who came."""
    asked: list[str] = []
    handler = type("Handler", (_Jira,), {"asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"https://localhost:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def client(url: str, auth: Any, **more: Any) -> Any:
    made = JiraConnector.model_validate({"jiraUrl": url, "auth": auth, **more})
    clock = FakeClock()
    bound = made.bind(Binding("account.jira", lambda name: Secret("a-token", name), clock))
    return bound.client(patient=False)


@pytest.mark.parametrize("auth", AUTH.values(), ids=AUTH.keys())
def test_stackstorm_leaves_the_check_of_certificates_out_for_some_ways_to_sign_in(
    secure: Any, auth: Any
) -> None:
    url, asked = secure
    words = r"its TLS certificate is not trusted \(self-signed certificate\); write caFile: a PEM"
    with pytest.raises(JiraUnreachable, match=words):
        client(url, auth).get("/rest/api/2/myself", what="say who we are")
    assert asked == []
    assert client(url, auth, caFile=str(PEM)).get("/", what="answer") == {}
    assert len(asked) == 1
