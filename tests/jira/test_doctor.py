"""``penstock connector test``: each piece with what was found and what to do, and no secret."""

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from penstock.connector import Binding, Check
from penstock.errors import ConnectorError
from penstock.secret import Secret
from penstock.testing import FakeClock
from penstock_jira.connector import JiraConnector
from penstock_jira.doctor import examine
from penstock_jira.headers import Header
from penstock_jira.reach import Network, Peer, reach

PEM = Path(__file__).with_name("localhost.pem")
NOW = FakeClock().now()
CLOUD_ID = "11111111-2222"
GATEWAY = f"https://api.atlassian.com/ex/jira/{CLOUD_ID}"
ENDS = NOW + timedelta(days=90)
CALM = Network(
    lambda host, port: ["10.0.0.1"],
    lambda host, port: Peer(),
    lambda host, port, ca: Peer("TLSv1.3", ENDS),
)
ALL = ["BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES", "TRANSITION_ISSUES", "ADD_COMMENTS"]
MYSELF = {"displayName": "Release Bot", "accountId": "5b1"}
TYPES = "/rest/api/2/issue/createmeta/REL/issuetypes"


def permissions(*lacking: str) -> dict[str, Any]:
    return {"permissions": {name: {"havePermission": name not in lacking} for name in ALL}}


@pytest.fixture
def well(jira: Any) -> Any:
    """A Jira with which everything is well."""
    jira.cloud()
    jira.answer("GET", "/rest/api/2/myself", MYSELF)
    jira.answer("GET", "/rest/api/2/project", [{"key": "REL"}, {"key": "OPS"}])
    jira.answer("GET", "/rest/api/2/mypermissions", permissions())
    jira.answer(
        "GET",
        TYPES,
        {"issueTypes": [{"id": "1"}, {"id": "2"}]},
        headers={"Date": "Mon, 02 Mar 2026 09:00:59 GMT", "X-RateLimit-Remaining": "99"},
    )
    return jira


def checks(
    connector: JiraConnector, network: Network = CALM, project: str | None = None
) -> list[Check]:
    return list(examine(connector, project, network))


def check(connector: JiraConnector, name: str) -> Check:
    (found,) = [one for one in checks(connector) if one.name == name]
    return found


def test_the_doctor_finds_everything_well(well: Any, connector: JiraConnector) -> None:
    assert checks(connector) == [
        Check("dns", True, "jira.example.com is 10.0.0.1"),
        Check("tls", True, "TLSv1.3, certificate until 2026-05-31"),
        Check("server", True, "Jira Cloud 10.3.1"),
        Check("user", True, "signed in as Release Bot (5b1)"),
        Check("projects", True, "2 projects visible"),
        Check(
            "permissions",
            True,
            "in REL: browse projects, create issues, edit issues, transition issues, add comments",
        ),
        Check("metadata", True, "2 issue types can be created in REL"),
        Check("clock", True, "Jira's clock and ours agree within a minute"),
        Check("rate limit", True, "x-ratelimit-remaining 99"),
    ]
    (asked,) = [one.qs for one in well.mocker.request_history if "mypermissions" in one.path]
    assert (asked["projectKey"], asked["permissions"]) == (["REL"], [",".join(ALL)])


def test_the_doctor_looks_at_the_project_that_is_asked_for(
    well: Any, connector: JiraConnector
) -> None:
    well.answer("GET", "/rest/api/2/issue/createmeta/OPS/issuetypes", {"issueTypes": [{"id": "1"}]})
    found = {one.name: one.found for one in checks(connector, project="ops")}
    assert found["permissions"].startswith("in OPS: browse projects")
    assert found["metadata"] == "1 issue type can be created in OPS"


def test_the_doctor_names_the_near_miss_of_a_project_that_is_not_visible(
    well: Any, connector: JiraConnector
) -> None:
    last = checks(connector, project="REX")[-1]
    assert (last.name, last.ok) == ("projects", False)
    assert last.found == "2 projects visible, and REX is none of them"
    assert last.advice == "did you mean 'REL'?; or give the user Browse Projects there"


def test_the_doctor_sends_the_headers_of_the_connector(well: Any, connector: JiraConnector) -> None:
    with_headers = connector.model_copy(update={"headers": (Header(name="X-Gate", value="7"),)})
    checks(with_headers)
    assert {one.headers["X-Gate"] for one in well.mocker.request_history} == {"7"}


def test_the_doctor_waits_for_a_connection_as_long_as_the_connector_says() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        with contextlib.ExitStack() as full:  # a backlog that is full leaves the next one waiting
            for _ in range(4):
                waiting = full.enter_context(socket.socket())
                waiting.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    waiting.connect(("127.0.0.1", port))
            begun = time.monotonic()
            *_, found = reach(
                f"http://127.0.0.1:{port}",
                proxy=None,
                ca_file=None,
                network=Network.within(0.2),
                now=NOW,
            )
    assert found.found.endswith("does not answer (no answer came in time)")
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("about", "found"),
    [
        ({"deploymentType": "Server", "version": "10.3.1"}, "Jira Data Center 10.3.1"),
        ({}, "Jira unknown of an unknown version"),
    ],
)
def test_the_doctor_tells_the_flavour(
    jira: Any, connector: JiraConnector, about: Any, found: str
) -> None:
    jira.answer("GET", "/rest/api/2/serverInfo", about)
    assert check(connector, "server").found == found


def test_the_doctor_says_that_no_project_is_visible(well: Any, connector: JiraConnector) -> None:
    well.answer("GET", "/rest/api/2/project", [])
    last = checks(connector)[-1]
    assert (last.ok, last.found) == (False, "Unable to fetch projects: none is visible")
    assert "Browse Projects" in last.advice


CAPTCHA = {
    "X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=https://jira.example.com/login"
}


@pytest.mark.parametrize(
    ("answer", "found", "advice"),
    [
        ({"status": 404}, "Jira refused to tell its version (404)", "not the address of a Jira"),
        ({"status": 401}, "credentials are not accepted", "a token may have expired"),
        ({"status": 403}, "Jira refused to tell its version (403)", "the user's permissions"),
        ({"status": 403, "headers": CAPTCHA}, "wants a CAPTCHA", "https://jira.example.com/login"),
        ({"status": 503}, "Jira answered 503", ""),
        ({"text": "<html>"}, "it is a web page", "proxy or a login page"),
        (
            {"body": {}, "headers": {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}},
            "it takes us for nobody",
            "a token may have expired",
        ),
    ],
)
def test_the_doctor_stops_where_something_is_wrong(
    jira: Any, connector: JiraConnector, answer: Any, found: str, advice: str
) -> None:
    jira.answer("GET", "/rest/api/2/serverInfo", **answer)
    *_, last = checks(connector)
    assert (last.name, last.ok) == ("server", False)
    assert found in last.found
    assert advice in last.advice


def test_a_refused_token_on_cloud_is_told_of_the_gateway(
    well: Any, connector: JiraConnector
) -> None:
    well.answer("GET", "/rest/api/2/myself", {}, 401)
    well.answer("GET", "/_edge/tenant_info", {"cloudId": CLOUD_ID})
    *_, last = checks(connector)
    assert (last.name, last.ok) == ("user", False)
    assert last.advice.endswith(
        f"the username is the e-mail; an API token with scopes needs jiraUrl: {GATEWAY}"
    )
    assert "Authorization" not in well.mocker.last_request.headers


def test_a_personal_access_token_on_cloud_is_told_that_there_are_none(
    well: Any, clock: FakeClock
) -> None:
    well.answer("GET", "/rest/api/2/myself", {}, 401)
    well.answer("GET", "/_edge/tenant_info", {"cloudId": CLOUD_ID})
    made = JiraConnector.at("https://jira.example.com", None, "tok-1").bind(Binding(clock=clock))
    assert checks(made)[-1].advice.startswith("Jira Cloud has no personal access tokens")


@pytest.mark.parametrize(
    ("status", "advice"),
    [(401, "write the site's own address as jiraUrl"), (404, "ex/jira/CLOUD-ID, and check the id")],
)
def test_the_gateway_is_recognised_and_says_what_it_takes(
    jira: Any, clock: FakeClock, status: int, advice: str
) -> None:
    jira.mocker.get(f"{GATEWAY}/rest/api/2/serverInfo", json={"deploymentType": "Cloud"})
    jira.mocker.get(f"{GATEWAY}/rest/api/2/myself", status_code=status, json={})
    made = JiraConnector.at(GATEWAY, "bot", "tok-1").bind(Binding(clock=clock))
    *_, server, user = checks(made)
    assert server.found.endswith("through the gateway for tokens with scopes")
    assert user.advice.endswith(advice)


def test_permissions_that_lack_are_named_with_what_needs_them(
    well: Any, connector: JiraConnector
) -> None:
    well.answer("GET", "/rest/api/2/mypermissions", permissions("CREATE_ISSUES", "ADD_COMMENTS"))
    found = check(connector, "permissions")
    assert (found.ok, found.found) == (None, "in REL the user lacks Create Issues, Add Comments")
    assert found.advice == (
        "Create Issues is for JiraCreate; Add Comments is for comments: grant it there"
    )


def test_metadata_of_an_old_jira_is_read_the_old_way(well: Any, connector: JiraConnector) -> None:
    well.answer("GET", TYPES, None, 404)
    old = "/rest/api/2/issue/createmeta?projectKeys=REL"
    well.answer("GET", old, {"projects": [{"issuetypes": [{"id": "1"}]}]})
    assert check(connector, "metadata").found == "1 issue type can be created in REL"
    well.answer("GET", old, {"projects": []})
    found = check(connector, "metadata")
    assert (found.ok, found.found) == (None, "no issue type can be created in REL")


@pytest.mark.parametrize(
    ("date", "ok", "found"),
    [
        ("Mon, 02 Mar 2026 09:02:00 GMT", None, "Jira's clock is 120 s ahead of ours"),
        ("Mon, 02 Mar 2026 08:58:00 GMT", None, "Jira's clock is 120 s behind ours"),
        ("Mon, 02 Mar 2026 08:59:01 GMT", True, "agree within a minute"),
        ("now", None, "Jira does not tell its time"),
    ],
)
def test_clocks_that_differ_are_told(
    *, well: Any, connector: JiraConnector, date: str, ok: bool | None, found: str
) -> None:
    well.answer("GET", TYPES, {"values": [{"id": "1"}]}, headers={"Date": date})
    told = check(connector, "clock")
    assert told.ok is ok
    assert found in told.found
    assert ("NTP" in told.advice) is ("ours" in found)
    assert check(connector, "rate limit").found == "Jira tells of none"


def test_the_doctor_names_a_secret_that_is_missing(connector: JiraConnector) -> None:
    def secret(name: str) -> Secret:
        raise ConnectorError(f"no secret {name}")

    (found,) = checks(connector.bind(Binding("account.jira", secret, FakeClock())))
    assert (found.name, found.ok) == ("secrets", False)
    assert "account.jira_token" in found.found


def test_the_doctor_leaves_a_connector_alone_that_asks_for_it(connector: JiraConnector) -> None:
    (found,) = checks(connector.model_copy(update={"ignore_test_connection": True}))
    assert found.ok is None


def test_no_check_shows_a_secret(well: Any, connector: JiraConnector) -> None:
    header = connector.credential.header().partition(" ")[2]
    for answer in ({"body": MYSELF}, {"status": 401}, {"text": "<html>"}):
        well.answer("GET", "/rest/api/2/myself", **answer)
        assert "s3cret-token" not in str(checks(connector))
        assert header not in str(checks(connector))


# The way there.


def raising(failure: Exception) -> Any:
    def ask(*_: Any) -> Any:
        raise failure

    return ask


def met(url: str = "https://jira.example.com", proxy: str | None = None, **asked: Any) -> Any:
    network = Network(**{**vars(CALM), **asked})
    return list(reach(url, proxy=proxy, ca_file=None, network=network, now=NOW))


def untrusted(code: int) -> ssl.SSLCertVerificationError:
    failure = ssl.SSLCertVerificationError("x")
    failure.verify_code, failure.verify_message = code, "it is so"
    return failure


def test_a_name_that_is_nowhere_ends_the_examination(connector: JiraConnector) -> None:
    nowhere = Network(addresses=raising(socket.gaierror(-2, "Name or service not known")))
    (found,) = checks(connector, nowhere)
    assert (found.name, found.ok) == ("dns", False)
    assert found.found == (
        "the host name jira.example.com cannot be found (Name or service not known)"
    )
    assert "VPN" in found.advice


def test_many_addresses_are_counted() -> None:
    many = [f"10.0.0.{number}" for number in range(1, 6)]
    assert met(addresses=lambda host, port: many)[0].found.endswith("10.0.0.3 and 2 more")


@pytest.mark.parametrize(
    ("failure", "name", "found", "advice"),
    [
        (untrusted(19), "tls", "is not trusted: it is so", "write caFile"),
        (untrusted(10), "tls", "is not trusted", "renewed"),
        (untrusted(62), "tls", "is not trusted", "the name that the certificate is for"),
        (untrusted(1), "tls", "is not trusted", "have the server's certificate mended"),
        (ssl.SSLError(1, "WRONG_VERSION"), "tls", "could not be set up", "means https"),
        (ConnectionRefusedError(111, "Connection refused"), "connection", "refused", "firewall"),
        (TimeoutError(), "connection", "no answer came in time", "firewall"),
    ],
)
def test_what_is_wrong_with_tls_has_its_own_advice(
    failure: Exception, name: str, found: str, advice: str
) -> None:
    last = met(secure=raising(failure))[-1]
    assert (last.name, last.ok) == (name, False)
    assert found in last.found
    assert advice in last.advice


def test_an_authority_that_is_not_in_the_given_file_is_said_so() -> None:
    network = Network(**{**vars(CALM), "secure": raising(untrusted(20))})
    url = "https://jira.example.com"
    *_, last = reach(url, proxy=None, ca_file="ca.pem", network=network, now=NOW)
    assert last.advice == "ca.pem lacks the authority that signed it: add that one (PEM)"


@pytest.mark.parametrize(
    ("ends", "ok", "found"),
    [
        (NOW + timedelta(days=29), None, "29 days left"),
        (NOW + timedelta(days=31), True, "certificate until 2026-04-02"),
        (None, True, "TLSv1.3"),
    ],
)
def test_a_certificate_that_ends_soon_is_told(
    ends: datetime | None, ok: bool | None, found: str
) -> None:
    last = met(secure=lambda *_: Peer("TLSv1.3", ends))[-1]
    assert last.ok is ok
    assert last.found.endswith(found)


def test_only_the_way_to_a_proxy_is_tried() -> None:
    found = met(proxy="http://proxy.example.com:3128", secure=raising(OSError("not asked")))
    assert found == [
        Check("dns", True, "proxy.example.com is 10.0.0.1"),
        Check("proxy", True, "proxy.example.com:3128 answers"),
    ]
    closed = met(proxy="http://proxy", plain=raising(OSError(113, "No route to host")))[-1]
    assert (closed.name, closed.ok) == ("proxy", False)
    assert closed.found == "proxy:80 does not answer (No route to host)"
    assert closed.advice.startswith("check proxy")


@pytest.mark.parametrize(
    ("url", "ok"), [("http://jira.example.com", None), ("http://127.0.0.1:8080", True)]
)
def test_a_token_in_the_clear_is_told_unless_it_stays_here(url: str, ok: bool | None) -> None:
    last = met(url)[-1]
    assert last.ok is ok
    assert ("in the clear" in last.advice) is (ok is None)


@pytest.fixture
def port() -> Iterator[int]:
    """The port of a server on localhost that shakes hands once, with a certificate of its own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    with socket.create_server(("localhost", 0)) as listener:

        def greet() -> None:
            peer, _ = listener.accept()
            with peer:
                try:
                    context.wrap_socket(peer, server_side=True).close()
                except OSError as refusal:
                    refusals.append(refusal)

        refusals: list[OSError] = []
        thread = Thread(target=greet)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(5)


def test_a_real_certificate_is_read_where_its_authority_is_known(port: int) -> None:
    url = f"https://localhost:{port}"
    dns, tls = reach(url, proxy=None, ca_file=str(PEM), network=Network(), now=NOW)
    assert "127.0.0.1" in dns.found or "::1" in dns.found
    assert (tls.ok, tls.found[:26]) == (True, "TLSv1.3, certificate until")


def test_a_real_certificate_of_an_unknown_authority_is_refused(port: int) -> None:
    url = f"https://localhost:{port}"
    *_, tls = reach(url, proxy=None, ca_file=None, network=Network(), now=NOW)
    assert tls.ok is False
    assert "self-signed certificate" in tls.found
    assert "write caFile" in tls.advice


def test_a_real_connection_is_made_and_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        *_, found = reach(
            f"http://127.0.0.1:{port}", proxy=None, ca_file=None, network=Network(), now=NOW
        )
        assert found == Check("connection", True, f"127.0.0.1:{port} answers")
    *_, found = reach(
        f"http://127.0.0.1:{port}", proxy=None, ca_file=None, network=Network(), now=NOW
    )
    assert "Connection refused" in found.found
