"""The client: what is asked again, what is sent once, and what an answer proves."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from penstock.errors import FailureType, OutcomeUnknown, StepExpired, StepFailed
from penstock.testing import FakeClock
from penstock_jira.answer import Answer
from penstock_jira.client import JiraClient
from penstock_jira.connector import JiraConnector
from penstock_jira.errors import (
    CaptchaWanted,
    JiraRefused,
    JiraUnreachable,
    NotAllowed,
    NotFound,
    NotJira,
    SignInRefused,
)
from penstock_jira.retry import backoff, retry_after
from penstock_jira.transport import Interrupted, NotSent, Route, Transport

ISSUE = "/rest/api/2/issue"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def read(client: JiraClient) -> Any:
    return client.get(f"{ISSUE}/REL-1", what="read REL-1")


def create(client: JiraClient) -> Any:
    return client.send("POST", ISSUE, {"fields": {}}, what="create an issue")


def test_a_read_says_who_we_are_and_accepts_json_only(jira: Any, client: JiraClient) -> None:
    jira.answer("GET", f"{ISSUE}/REL-1", {"key": "REL-1"})
    assert read(client) == {"key": "REL-1"}
    headers = jira.mocker.last_request.headers
    assert headers["Authorization"] == "Basic cmVsZWFzZS1ib3Q6czNjcmV0LXRva2Vu"
    assert headers["Accept"] == "application/json"
    assert headers["Accept-Language"] == "en"
    assert headers["X-Atlassian-Token"] == "no-check"
    assert headers["User-Agent"].startswith("penstock")


def test_a_write_is_json_in_utf_8(jira: Any, client: JiraClient) -> None:
    jira.answer("POST", ISSUE, {"id": "1", "key": "REL-1"}, 201)
    client.send("POST", ISSUE, {"fields": {"summary": "grün"}}, what="create an issue")
    assert jira.mocker.last_request.headers["Content-Type"] == "application/json"
    assert "grün".encode() in jira.mocker.last_request.body


@pytest.mark.parametrize("failure", [NotSent("refused"), Interrupted("reset")])
def test_a_read_is_tried_again_after_a_broken_connection(
    jira: Any, client: JiraClient, clock: FakeClock, failure: Exception
) -> None:
    answers = [{"exc": failure}, {"exc": failure}, {"json": {"key": "REL-1"}}]
    jira.in_turn("GET", f"{ISSUE}/REL-1", *answers)
    assert read(client) == {"key": "REL-1"}
    assert clock.monotonic() == 0.5 + 1.0


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_read_is_tried_again_after_a_breakdown(
    jira: Any, client: JiraClient, clock: FakeClock, status: int
) -> None:
    jira.in_turn("GET", f"{ISSUE}/REL-1", {"status_code": status}, {"json": {"key": "REL-1"}})
    assert read(client) == {"key": "REL-1"}
    assert clock.monotonic() == 0.5


def test_a_read_gives_up_after_five_tries(jira: Any, client: JiraClient, clock: FakeClock) -> None:
    jira.answer("GET", f"{ISSUE}/REL-1", None, 503)
    with pytest.raises(JiraUnreachable, match="Jira answered 503 when asked to read REL-1") as told:
        read(client)
    assert told.value.failure_type is FailureType.CONNECTIVITY
    assert len(jira.sent("GET")) == 5


def test_jitter_is_added_to_a_wait(jira: Any, client: JiraClient, clock: FakeClock) -> None:
    client._pace._jitter = lambda: 0.25
    jira.in_turn("GET", f"{ISSUE}/REL-1", {"status_code": 500}, {"json": {}})
    read(client)
    assert clock.monotonic() == 0.75


def test_a_429_is_obeyed_however_often_it_comes(
    jira: Any, client: JiraClient, clock: FakeClock
) -> None:
    busy = {"status_code": 429, "headers": {"Retry-After": "7"}}
    jira.in_turn("GET", f"{ISSUE}/REL-1", *[busy] * 9, {"json": {}})
    read(client)
    assert clock.monotonic() >= 9 * 7


def test_a_429_without_a_time_is_waited_out_by_our_own(
    jira: Any, client: JiraClient, clock: FakeClock
) -> None:
    jira.in_turn("GET", f"{ISSUE}/REL-1", {"status_code": 429}, {"json": {}})
    read(client)
    assert clock.monotonic() == 0.5


def test_a_wait_beyond_the_deadline_is_not_begun(
    jira: Any, client: JiraClient, clock: FakeClock
) -> None:
    busy = {"Retry-After": "99999999", "RateLimit-Reason": "jira-burst-based"}
    jira.answer("GET", f"{ISSUE}/REL-1", None, 429, headers=busy)
    with pytest.raises(StepExpired, match=r"\(burst limit\).*has 1h left"):
        read(client)
    assert clock.monotonic() == 0


def test_nothing_is_sent_after_the_deadline(
    jira: Any, client: JiraClient, clock: FakeClock
) -> None:
    clock.advance(3600)
    with pytest.raises(StepExpired):
        read(client)
    assert jira.sent("GET") == []


def test_an_impatient_client_asks_once(jira: Any, connector: JiraConnector) -> None:
    jira.answer("GET", f"{ISSUE}/REL-1", None, 503, headers={"Retry-After": "9"})
    with pytest.raises(JiraUnreachable) as told:
        read(connector.client(patient=False))
    assert told.value.retry_after == 9
    assert len(jira.sent("GET")) == 1


def test_a_retry_after_on_success_is_ignored(
    jira: Any, client: JiraClient, clock: FakeClock
) -> None:
    jira.answer("GET", f"{ISSUE}/REL-1", {}, headers={"Retry-After": "0"})
    read(client)
    assert clock.monotonic() == 0


@pytest.mark.parametrize(
    ("status", "kind", "failure"),
    [
        (400, JiraRefused, FailureType.CONFIGURATION),
        (401, SignInRefused, FailureType.AUTHENTICATION),
        (403, NotAllowed, FailureType.AUTHORIZATION),
        (404, NotFound, FailureType.CONFIGURATION),
        (413, JiraRefused, FailureType.RESOURCE_LIMITS),
    ],
)
@pytest.mark.parametrize("call", [read, create])
def test_a_refusal_keeps_jiras_words_and_is_not_tried_again(
    *,
    jira: Any,
    client: JiraClient,
    call: Any,
    status: int,
    kind: type[JiraRefused],
    failure: FailureType,
) -> None:
    body = {"errorMessages": ["No\x1b[31m way"], "errors": {"summary": "is required"}}
    for method, path in (("GET", f"{ISSUE}/REL-1"), ("POST", ISSUE)):
        jira.answer(method, path, body, status)
    with pytest.raises(StepFailed) as told:
        call(client)
    assert type(told.value) is kind
    assert told.value.failure_type is failure
    assert told.value.status == status
    assert "No [31m way" in str(told.value)
    assert len(jira.mocker.request_history) == 1


def test_a_refusal_lists_the_errors_by_field(jira: Any, client: JiraClient) -> None:
    body = {"errorMessages": [], "errors": {"summary": "is required", "customfield_1": "no"}}
    jira.answer("POST", ISSUE, body, 400)
    with pytest.raises(JiraRefused) as told:
        create(client)
    assert told.value.field_errors == {"summary": "is required", "customfield_1": "no"}
    assert "Jira refused to create an issue (400): summary: is required" in str(told.value)


def test_what_jira_says_is_joined_without_its_full_stops_and_said_once(
    jira: Any, client: JiraClient
) -> None:
    words = "Issue does not exist or you do not have permission to see it."
    jira.answer("GET", f"{ISSUE}/REL-1", {"errorMessages": [words, words], "message": words}, 404)
    with pytest.raises(NotFound) as told:
        read(client)
    assert str(told.value).endswith(
        "(404): Issue does not exist or you do not have permission to see it; "
        "check the key, and what the connector's user may see"
    )
    body = {"errorMessages": ["No parent.", "Wait..."], "errors": {"parent": "is wrong."}}
    jira.answer("POST", ISSUE, body, 400)
    with pytest.raises(JiraRefused) as refused:
        create(client)
    assert str(refused.value).endswith("(400): No parent; Wait...; parent: is wrong")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"errorMessage": "Not today"}, "Not today"),
        ({"message": "Client must be authenticated"}, "Client must be authenticated"),
        ({"errorMessages": "odd", "errors": []}, "it gave no reason"),
    ],
)
def test_other_shapes_of_refusals_are_read(
    jira: Any, client: JiraClient, body: Any, words: str
) -> None:
    jira.answer("GET", f"{ISSUE}/REL-1", body, 400)
    with pytest.raises(JiraRefused, match=words):
        read(client)


@pytest.mark.parametrize("status", [200, 404])
@pytest.mark.parametrize(
    "headers",
    [{"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}, {"X-AUSERNAME": "anonymous"}],
)
def test_being_taken_for_anonymous_is_a_refused_sign_in(
    jira: Any, client: JiraClient, status: int, headers: dict[str, str]
) -> None:
    jira.answer("GET", f"{ISSUE}/REL-1", {}, status, headers=headers)
    words = r"credentials are not accepted.*; check the connector's"
    with pytest.raises(SignInRefused, match=words):
        read(client)


def test_a_captcha_refuses_a_write(jira: Any, client: JiraClient) -> None:
    headers = {"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=https://x/login"}
    jira.answer("POST", ISSUE, status=403, text="<html>", headers=headers)
    with pytest.raises(CaptchaWanted, match="https://x/login"):
        create(client)


def test_a_refused_sign_in_of_a_write_is_told_before_its_404(jira: Any, client: JiraClient) -> None:
    headers = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
    jira.answer("POST", ISSUE, {"errorMessages": ["gone"]}, 404, headers=headers)
    with pytest.raises(SignInRefused):
        create(client)


@pytest.mark.parametrize(
    ("reason", "page"),
    [
        ("CAPTCHA_CHALLENGE; login-url=https://jira.example.com/login.jsp", "login.jsp"),
        ("CAPTCHA_CHALLENGE; login-url=javascript:alert(1)", "Jira's login page"),
    ],
)
@pytest.mark.parametrize("status", [403, 200])
def test_a_captcha_names_the_login_page(
    jira: Any, client: JiraClient, status: int, reason: str, page: str
) -> None:
    headers = {
        "X-Seraph-LoginReason": "AUTHENTICATION_DENIED",
        "X-Authentication-Denied-Reason": reason,
    }
    jira.answer("GET", f"{ISSUE}/REL-1", status=status, text="<html>", headers=headers)
    with pytest.raises(NotAllowed, match=f"CAPTCHA.*{page}"):
        read(client)
    assert len(jira.sent("GET")) == 1


@pytest.mark.parametrize(
    ("location", "words"),
    [
        (
            "https://jira.corp.example/jira/rest/api/2/issue/REL-1",
            "redirects to https://jira.corp.example/jira; write jiraUrl: https://jira.corp",
        ),
        ("http://jira.example.com:8080/rest/api/2/issue/REL-1", "http://jira.example.com:8080;"),
        ("https://sso.example/login", "redirects to https://sso.example; a login page or a proxy"),
        ("/login", "a login page"),
        ("ftp://x/y", "a login page"),
        ("https://[x", "a login page"),
        ("https://x:99999/", "a login page"),
    ],
)
def test_a_redirect_is_not_followed_and_names_the_right_address(
    jira: Any, client: JiraClient, location: str, words: str
) -> None:
    jira.answer("GET", f"{ISSUE}/REL-1", None, 302, headers={"Location": location})
    with pytest.raises(JiraRefused) as told:
        read(client)
    assert words in str(told.value)
    assert len(jira.sent("GET")) == 1


NOT_JIRA = [
    (b"<html>login</html>", "it is a web page"),
    (b"hello", "it is not JSON"),
    (b'{"status": "Open", "status": "Done"}', "it has the key 'status' twice"),
    (b'{"a": NaN}', "it holds NaN"),
    (b'{"a": 1e999}', "it holds the number 1e999"),
    (b'{"a": ' + b"1" * 5000 + b"}", "a number of 5000 digits"),
    (b"[" * 200_000, "it is nested too deep"),
    (b'{"a": "\\ud800"}', "not valid UTF-8"),
    (b'{"a": "\xfc"}', "not valid UTF-8"),
    (b"\xef\xbb\xbf{}", "it is not JSON"),
]


@pytest.mark.parametrize(("body", "words"), NOT_JIRA, ids=[words for _, words in NOT_JIRA])
def test_an_answer_that_no_jira_gives_is_one_error(
    jira: Any, client: JiraClient, body: bytes, words: str
) -> None:
    jira.answer("GET", f"{ISSUE}/REL-1", content=body)
    with pytest.raises(NotJira, match=words):
        read(client)
    assert len(jira.sent("GET")) == 1


@pytest.mark.parametrize("body", [b'{"key": "REL-', b"[1, 2", b"{} {}"])
def test_json_that_broke_off_is_asked_for_again(jira: Any, client: JiraClient, body: bytes) -> None:
    jira.in_turn("GET", f"{ISSUE}/REL-1", {"content": body}, {"json": {"key": "REL-1"}})
    assert read(client) == {"key": "REL-1"}


def test_a_write_that_is_led_elsewhere_says_where_to(jira: Any, client: JiraClient) -> None:
    elsewhere = {"Location": "https://sso.example:8443/login?x=1"}
    jira.answer("POST", ISSUE, None, 302, headers=elsewhere)
    with pytest.raises(OutcomeUnknown, match=r"302, a redirect to https://sso\.example:8443,"):
        create(client)
    jira.answer("POST", ISSUE, None, 302)
    jira.answer("POST", ISSUE, None, 302, headers={"Location": "about:blank"})
    with pytest.raises(OutcomeUnknown, match="a redirect to nowhere in particular,"):
        create(client)


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ("XSRF check failed", "text/plain", "XSRF check failed; a proxy may have taken"),
        ("No.\x1b[31m", "text/plain; charset=utf-8", r"\(403\): No\. \[31m; check the user's"),
        ("<html>No</html>", "text/html", "it gave no reason"),
        ("", "text/plain", "it gave no reason"),
    ],
)
def test_a_refusal_in_plain_text_is_told(
    jira: Any, client: JiraClient, body: str, kind: str, words: str
) -> None:
    jira.answer("POST", ISSUE, status=403, text=body, headers={"Content-Type": kind})
    with pytest.raises(NotAllowed, match=words):
        create(client)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 302, 303, 408])
def test_a_write_whose_answer_proves_nothing_is_unknown_and_not_sent_again(
    jira: Any, client: JiraClient, status: int
) -> None:
    jira.answer("POST", ISSUE, None, status, headers={"Location": "/x", "Retry-After": "1"})
    with pytest.raises(OutcomeUnknown, match=f"answered {status}"):
        create(client)
    assert len(jira.sent("POST")) == 1


@pytest.mark.parametrize("status", [400, 404, 409, 422])
def test_a_4xx_that_is_not_jiras_leaves_a_write_unknown(
    jira: Any, client: JiraClient, status: int
) -> None:
    jira.answer("POST", ISSUE, status=status, text="<html>proxy</html>")
    with pytest.raises(OutcomeUnknown):
        create(client)


@pytest.mark.parametrize(("status", "kind"), [(401, SignInRefused), (403, NotAllowed)])
def test_a_401_or_403_refuses_a_write_whatever_its_body(
    jira: Any, client: JiraClient, status: int, kind: type[JiraRefused]
) -> None:
    jira.answer("POST", ISSUE, status=status, text="XSRF check failed")
    with pytest.raises(kind):
        create(client)


def test_a_write_that_broke_off_is_unknown_and_not_sent_again(
    jira: Any, client: JiraClient
) -> None:
    jira.answer("POST", ISSUE, exc=Interrupted("the connection was closed"))
    with pytest.raises(OutcomeUnknown, match="nobody knows whether it did: the connection was"):
        create(client)
    assert len(jira.sent("POST")) == 1


def test_a_failure_that_tells_nothing_leaves_a_write_unknown(jira: Any, client: JiraClient) -> None:
    jira.answer("POST", ISSUE, exc=requests.ConnectionError("?"))
    with pytest.raises(OutcomeUnknown):
        create(client)


def test_a_write_that_was_not_sent_is_sent_again(jira: Any, client: JiraClient) -> None:
    answers = [{"exc": NotSent("refused")}, {"json": {"key": "REL-1"}, "status_code": 201}]
    jira.in_turn("POST", ISSUE, *answers)
    assert create(client) == {"key": "REL-1"}


def test_a_write_that_cannot_be_sent_has_certainly_not_happened(
    jira: Any, client: JiraClient
) -> None:
    jira.answer("POST", ISSUE, exc=NotSent("its host name cannot be found"))
    with pytest.raises(JiraUnreachable, match=r"https://jira\.example\.com could not be asked"):
        create(client)
    assert len(jira.sent("POST")) == 5


def test_a_write_answered_429_is_sent_again_after_the_wait(
    jira: Any, client: JiraClient, clock: FakeClock
) -> None:
    busy = {"status_code": 429, "headers": {"Retry-After": "5"}}
    jira.in_turn("POST", ISSUE, busy, {"json": {"key": "REL-1"}, "status_code": 201})
    assert create(client) == {"key": "REL-1"}
    assert clock.monotonic() == 5


@pytest.mark.parametrize("body", [b"<html>", b'{"id": "1", "ke'])
def test_a_success_without_json_leaves_a_write_unknown(
    jira: Any, client: JiraClient, body: bytes
) -> None:
    jira.answer("POST", ISSUE, status=201, content=body)
    with pytest.raises(OutcomeUnknown):
        create(client)


def test_a_success_without_a_body_is_a_success(jira: Any, client: JiraClient) -> None:
    jira.answer("PUT", f"{ISSUE}/REL-1", None, 204)
    assert client.send("PUT", f"{ISSUE}/REL-1", {}, what="edit REL-1") is None


def test_what_is_missing_is_none_for_find(jira: Any, client: JiraClient) -> None:
    assert client.find(f"{ISSUE}/REL-9", what="look at REL-9") is None


def test_a_question_by_post_is_tried_again_as_a_read_is(jira: Any, client: JiraClient) -> None:
    jira.in_turn("POST", "/rest/api/2/search", {"status_code": 502}, {"json": {"issues": []}})
    assert client.ask("/rest/api/2/search", {"jql": "x"}, what="search") == {"issues": []}


@pytest.mark.parametrize(
    ("told", "cloud"), [("Cloud", True), ("CLOUD", True), ("Server", False), ("x", False)]
)
def test_jira_says_itself_whether_it_is_cloud_and_is_asked_once(
    jira: Any, client: JiraClient, told: str, cloud: bool
) -> None:
    jira.answer("GET", "/rest/api/2/serverInfo", {"deploymentType": told})
    assert client.cloud is cloud
    assert client.cloud is cloud
    assert len(jira.sent("GET", "serverInfo")) == 1


def test_a_page_of_an_issue_is_below_the_address(jira: Any, client: JiraClient) -> None:
    assert client.browse("REL-1") == "https://jira.example.com/browse/REL-1"


def test_behind_the_gateway_jira_names_the_address_of_its_pages(
    jira: Any, connector: JiraConnector
) -> None:
    gateway = "https://api.atlassian.com/ex/jira/0f1e2d3c"
    jira.mocker.get(
        f"{gateway}/rest/api/2/serverInfo", json={"baseUrl": "https://acme.atlassian.net"}
    )
    client = connector.pointed_at(gateway, "bot", "token-token").client()
    assert client.browse("REL-1") == "https://acme.atlassian.net/browse/REL-1"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "5"}, 5.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "2.5"}, 2.5),
        ({"retry-after": " 7 "}, 7.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "1e3"}, None),
        ({"retry-after": "٣"}, None),
        ({"retry-after": "9" * 400}, 365 * 86400.0),
        ({"retry-after": "Mon, 02 Mar 2026 09:00:30 GMT"}, 30.0),
        ({"retry-after": "Mon, 02 Mar 2026 09:00:30"}, 30.0),
        ({"retry-after": "Mon, 02 Mar 2020 09:00:30 GMT"}, 0.0),
        ({"x-ratelimit-reset": "2026-03-02T09:01:00Z"}, 60.0),
        ({"x-ratelimit-reset": "2026-03-02T09:01:00"}, 60.0),
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) + 90)}, 90.0),
        ({"x-ratelimit-reset": "9" * 40}, None),
        ({"x-ratelimit-reset": "never"}, None),
        (
            {
                "retry-after": "Tue, 03 Mar 2026 09:00:30 GMT",
                "date": "Tue, 03 Mar 2026 09:00:00 GMT",
            },
            30.0,
        ),
        (
            {"x-ratelimit-reset": "2026-03-01T09:01Z", "date": "Sun, 01 Mar 2026 09:00:00 GMT"},
            60.0,
        ),
        ({"x-ratelimit-reset": "2026-03-02T09:01Z", "date": "yesterday"}, 60.0),
    ],
)
def test_how_long_to_stay_away_is_read_from_any_form(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after(headers, NOW) == seconds


def test_our_own_waits_double_up_to_half_a_minute() -> None:
    assert [backoff(n) for n in (1, 2, 3, 7, 50)] == [0.5, 1, 2, 30, 30]


def test_a_request_is_given_the_connectors_timeout_and_no_more_than_the_step_has(
    connector: JiraConnector, clock: FakeClock
) -> None:
    asked: list[float] = []

    class Recorded(Transport):
        def exchange(self, method: str, url: str, *, seconds: float, **more: Any) -> Answer:
            asked.append(seconds)
            return Answer(url, 200, {}, b"{}")

    slow = connector.model_copy(update={"timeout": 120.0})
    for left in (3600, 7):
        client = slow.client(clock.now() + timedelta(seconds=left))
        client._transport = Recorded({}, clock, Route())
        read(client)
    assert asked == [120.0, 7.0]


def test_a_secret_is_in_no_message(jira: Any, client: JiraClient) -> None:
    jira.answer("GET", f"{ISSUE}/REL-1", exc=Interrupted("x"))
    with pytest.raises(JiraUnreachable) as told:
        read(client)
    assert "s3cret" not in repr(told.value) + str(told.value) + json.dumps(str(told.value.args))


def test_a_deadline_is_the_connectors_own_where_no_step_gives_one(
    jira: Any, connector: JiraConnector, clock: FakeClock
) -> None:
    client = connector.client()
    assert client._pace.left == 60
