"""What is said of each way in which Jira fails a step, and which failure type it has.

Each row is met by a real step over a real connection; ``failureStrategies`` go by the type.
"""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from penstock.events import Status


def update(key: str = "REL-1", *entries: Any) -> tuple[str, dict[str, Any]]:
    fields = list(entries) or [{"name": "Risk Level", "value": "High"}]
    return "JiraUpdate", {"connectorRef": "account.jira", "issueKey": key, "fields": fields}


def create(**more: Any) -> tuple[str, dict[str, Any]]:
    spec = {"connectorRef": "account.jira", "projectKey": "REL", "issueType": "Change"}
    return "JiraCreate", {**spec, "fields": [{"name": "Summary", "value": "x"}], **more}


def said(*messages: str, **errors: str) -> str:
    return json.dumps({"errorMessages": list(messages), "errors": errors})


CAPTCHA = {
    "X-Seraph-LoginReason": "AUTHENTICATION_DENIED",
    "X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=https://jira.example.com/login",
}
NOBODY = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
HTML = "<html><body>Forbidden</body></html>"
READ, WRITE = ("GET", "/issue/REL-1$"), ("PUT", "/issue/REL-1$")

#: Which request, what becomes of it, the message's beginning, its end, and the failure type.
FAULTS: list[tuple[str, tuple[str, str], dict[str, Any], str, str, str]] = [
    (
        "400, by field",
        WRITE,
        {"status": 400, "body": said("Not now.", customfield_10010="is out of range")},
        "Jira refused to edit REL-1 (400): Not now; Risk Level (customfield_10010): is out of "
        "range. Allowed values: [Low, Medium, High]",
        "",
        "ConfigurationFailure",
    ),
    (
        "400, not on the screen",
        WRITE,
        {
            "status": 400,
            "body": said(
                customfield_10014="Field 'customfield_10014' cannot be set. It is not on the "
                "appropriate screen, or unknown."
            ),
        },
        "Jira refused to edit REL-1 (400): Story Points (customfield_10014): Field",
        "put the field on the edit screen of REL-1, let the user edit it, or leave it out",
        "ConfigurationFailure",
    ),
    (
        "401",
        READ,
        {"status": 401, "body": said("Client must be authenticated.")},
        "Jira refused to read REL-1 (401): Client must be authenticated",
        "check the connector's user and secret; a token may have expired",
        "Authentication",
    ),
    (
        "401, of a web page",
        READ,
        {"status": 401, "body": HTML},
        "Jira refused to read REL-1 (401): the credentials are not accepted",
        "check the connector's user and secret; a token may have expired",
        "Authentication",
    ),
    (
        "a token that Jira takes for nobody's",
        READ,
        {"status": 200, "body": "{}", "headers": NOBODY},
        "Jira refused to read REL-1 (401): the credentials are not accepted: it takes us for "
        "nobody",
        "check the connector's user and secret; a token may have expired",
        "Authentication",
    ),
    (
        "CAPTCHA",
        READ,
        {"status": 403, "body": HTML, "headers": CAPTCHA},
        "Jira refused to read REL-1 (403): too many failed logins: Jira wants a CAPTCHA",
        "sign in once as that user at https://jira.example.com/login, then check the connector's "
        "secret",
        "Authentication",
    ),
    (
        "403",
        WRITE,
        {"status": 403, "body": said("You do not have the permission.")},
        "Jira refused to edit REL-1 (403): You do not have the permission",
        "check the user's permissions",
        "Authorization",
    ),
    (
        "403, of a firewall",
        WRITE,
        {"status": 403, "body": HTML},
        "Jira refused to edit REL-1 (403): it gave no reason",
        "check the user's permissions; or a proxy or a firewall in front of Jira said so, and not "
        "Jira",
        "Authorization",
    ),
    (
        "409",
        WRITE,
        {"status": 409, "body": said("The issue was changed.")},
        "Jira refused to edit REL-1 (409): The issue was changed",
        "somebody else changed it at the same moment; try it again",
        "RetryableTransientFailure",
    ),
    (
        "413",
        WRITE,
        {"status": 413, "body": said("The issue has too many comments.")},
        "Jira refused to edit REL-1 (413): The issue has too many comments",
        "and how large a request is",
        "ResourceLimitsFailure",
    ),
    (
        "413, of a proxy",
        WRITE,
        {"status": 413, "body": HTML},
        "Jira refused to edit REL-1 (413): it gave no reason",
        "and how large a request is",
        "ResourceLimitsFailure",
    ),
    (
        "429 for longer than the step has",
        READ,
        {"status": 429, "headers": {"Retry-After": "7200", "RateLimit-Reason": "jira-burst-based"}},
        "Jira is not asked to read REL-1 yet: it asked to wait 2h (burst limit)",
        "the next try would be in 2h, and the step has 1h left",
        "Timeout",
    ),
    (
        "500",
        READ,
        {"status": 500, "body": HTML},
        "Jira answered 500 when asked to read REL-1",
        "",
        "Connectivity",
    ),
    (
        "503",
        READ,
        {"status": 503},
        "Jira answered 503 when asked to read REL-1",
        "",
        "Connectivity",
    ),
    (
        "a login page with 200",
        READ,
        {"kind": "login_page"},
        "the answer when asked to read REL-1 is not Jira's: it is a web page",
        "check jiraUrl, and whether a proxy or a login page stands in between",
        "Connectivity",
    ),
    (
        "a redirect to a login page",
        READ,
        {"status": 302, "headers": {"Location": "https://sso.example.com/login?next=/"}},
        "Jira refused to read REL-1 (302): it redirects to https://sso.example.com",
        "a login page or a proxy stands in front of Jira; redirects are not followed",
        "ConfigurationFailure",
    ),
    (
        "a redirect to another address of the same",
        READ,
        {
            "status": 301,
            "headers": {"Location": "https://jira.example.com/jira/rest/api/2/issue/REL-1"},
        },
        "Jira refused to read REL-1 (301): it redirects to https://jira.example.com/jira",
        "write jiraUrl: https://jira.example.com/jira if that is your Jira; redirects are not "
        "followed",
        "ConfigurationFailure",
    ),
    (
        "half an answer",
        READ,
        {"kind": "truncate"},
        "could not be asked to read REL-1: the answer broke off",
        "check the network, and the proxy if there is one",
        "Connectivity",
    ),
    (
        "an answer of 11 MiB",
        READ,
        {"status": 200, "body": '"' + "x" * (11 * 2**20) + '"'},
        "the answer when asked to read REL-1 is not Jira's: it is larger than 10 MiB",
        "check jiraUrl, and whether something else answers there",
        "Connectivity",
    ),
    (
        "a key that comes twice",
        READ,
        {"status": 200, "body": '{"key": "REL-1", "key": "REL-2"}'},
        "the answer when asked to read REL-1 is not Jira's: it has the key 'key' twice",
        "check jiraUrl, and whether a proxy or a login page stands in between",
        "Connectivity",
    ),
    (
        "no answer",
        READ,
        {"kind": "lose_reply"},
        "could not be asked to read REL-1: the connection was closed",
        "check jiraUrl of the connector, and the network",
        "Connectivity",
    ),
]


@pytest.mark.parametrize("row", FAULTS, ids=[row[0] for row in FAULTS])
def test_a_failure_has_its_own_words_and_its_own_type(desk: Any, row: Any) -> None:
    _, (method, path), fault, begins, ends, failure = row
    assert desk.issue() == "REL-1"
    desk.fault(method, path, times=None, **{"kind": "status", **fault})
    done = desk.run(update())
    message = done.steps["s0"].message
    assert done.status is (Status.EXPIRED if failure == "Timeout" else Status.FAILED)
    assert message.removeprefix(f"{desk.sandbox.url} ").startswith(begins)
    assert message.endswith(ends)
    assert done.failures == {"s0": failure}
    assert "sandbox-token" not in message


def test_no_two_failures_have_the_same_words() -> None:
    assert len({row[3] for row in FAULTS}) >= len(FAULTS) - 1  # a 401 is a 401
    assert len({row[5] for row in FAULTS}) == 7


# A 404 is told apart by one more question.

MISSING = ("GET", "/issue/REL-1$")


@pytest.mark.parametrize(
    ("key", "probe", "ends", "failure"),
    [
        (
            "REL-9",
            None,
            "may see REL: it was deleted or moved, or was never there; an issue security level may "
            "hide it as well",
            "ConfigurationFailure",
        ),
        ("ABC-1", None, "ABC is no project that", "ConfigurationFailure"),
        (
            "REL-9",
            {"body": '{"permissions": {"BROWSE_PROJECTS": {"havePermission": false}}}'},
            "lacks Browse Projects in REL: grant it there",
            "Authorization",
        ),
        (
            "REL-9",
            {"body": "{}", "headers": NOBODY},
            "check the connector's user and secret; a token may have expired",
            "Authentication",
        ),
        ("REL-9", {"status": 404, "body": HTML}, "(/wiki)", "ConfigurationFailure"),
        ("REL-9", {"status": 400}, "the connector's user may", "ConfigurationFailure"),
        ("10099", None, "the connector's user may", "ConfigurationFailure"),
    ],
    ids=["missing", "no project", "hidden", "nobody", "wrong URL", "not told", "by number"],
)
def test_a_404_is_told_apart_by_one_question(
    desk: Any, key: str, probe: Any, ends: str, failure: str
) -> None:
    if probe is not None:
        desk.fault("GET", "/mypermissions", times=None, kind="status", **{"status": 200, **probe})
    desk.ask("DELETE", "sandbox/requests")
    done = desk.run(update(key))
    assert ends in done.steps["s0"].message
    assert done.failures == {"s0": failure}
    asked = [path for _, path, _ in desk.requests()]
    assert len([path for path in asked if path.endswith("/mypermissions")]) == 1


@pytest.mark.parametrize("step", [update(), create()], ids=["update", "create"])
def test_an_address_of_something_else_is_told_as_that(desk: Any, step: Any) -> None:
    desk.connect(f"{desk.sandbox.url}/wiki")
    done = desk.run(step)
    assert done.steps["s0"].message.startswith(
        f"there is no Jira at {desk.sandbox.url}/wiki: what every Jira has is not found there"
    )
    assert done.failures == {"s0": "ConfigurationFailure"}


def test_a_field_that_is_on_no_screen_of_ours_is_called_by_its_name(desk: Any) -> None:
    """A validator of a create may complain of a field that only another screen has."""
    body = said(customfield_10018="Release notes are missing.", customfield_99999="is strange")
    desk.issue()
    desk.move("REL-1", "Request approval")
    desk.fault("POST", "/transitions$", times=None, kind="status", status=400, body=body)
    kind, spec = update()
    done = desk.run((kind, {**spec, "transitionTo": {"status": "Approved"}}))
    assert done.steps["s0"].message == (
        "Jira refused to move REL-1 to Approved (400): Release Notes (customfield_10018): Release "
        "notes are missing; customfield_99999: is strange"
    )


def test_each_item_of_a_list_gets_its_near_miss(desk: Any) -> None:
    desk.issue()
    body = said(customfield_10011="Option is not valid.")
    desk.fault("PUT", "/issue/REL-1$", times=None, kind="status", status=400, body=body)
    # What is allowed has changed since the screen was read; so Jira refuses, and not we.
    done = desk.run(update("REL-1", {"name": "Affected Regions", "raw": [{"value": "UE"}]}))
    assert done.steps["s0"].message.endswith(
        "Affected Regions (customfield_10011): Option is not valid. Allowed values: [EU, US, APAC]"
    )


# What no HTTP server of ours says.


@contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Listen on a port of loopback, and let *serve* answer each connection."""
    server = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                serve(connection)

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1]
    finally:
        server.close()


def _no_http(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")


@pytest.mark.parametrize(
    ("scheme", "words", "advice"),
    [
        (
            "http",
            "the answer is not HTTP, or broke off",
            "check that jiraUrl means this port, and https where Jira has it",
        ),
        (
            "https",
            "TLS could not be set up (is it http instead of https?)",
            "check that jiraUrl means https, and the port",
        ),
    ],
)
def test_a_port_of_something_else_is_told_as_that(
    desk: Any, scheme: str, words: str, advice: str
) -> None:
    with listening(_no_http) as port:
        desk.connect(f"{scheme}://127.0.0.1:{port}")
        done = desk.run(update())
    assert done.steps["s0"].message.endswith(f"{words}; {advice}")
    assert done.failures == {"s0": "Connectivity"}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (
            "http://127.0.0.1:9",
            "the connection was refused; check the port in jiraUrl, the firewall, and whether a "
            "proxy is needed (write proxy)",
        ),
        (
            "http://jira.invalid",
            "its host name cannot be found; check jiraUrl for a typing error; inside a company, "
            "the VPN, or write proxy",
        ),
    ],
    ids=["refused", "no such name"],
)
def test_an_address_that_leads_nowhere_is_told_as_that(desk: Any, url: str, words: str) -> None:
    desk.connect(url)
    done = desk.run(update())
    assert done.steps["s0"].message.endswith(words)
    assert done.failures == {"s0": "Connectivity"}


def test_a_proxy_that_does_not_answer_is_told_as_that(desk: Any) -> None:
    desk.connect("http://jira.invalid", proxy="http://127.0.0.1:9")
    done = desk.run(update())
    assert "check proxy of the connector, and that it runs" in done.steps["s0"].message
    assert done.failures == {"s0": "Connectivity"}


def test_a_time_out_is_a_failure_of_its_own(desk: Any) -> None:
    desk.issue()
    done = desk.run(
        (
            "JiraApproval",
            {
                "connectorRef": "account.jira",
                "issueKey": "REL-1",
                "approvalCriteria": {
                    "type": "KeyValues",
                    "spec": {
                        "conditions": [{"key": "Status", "operator": "equals", "value": "Done"}]
                    },
                },
            },
        )
    )
    assert done.failures == {"s0": "Timeout"}
