"""Clients that act as one user share its limits: who waits, who is told to come back, and when."""

from datetime import timedelta
from typing import Any

import pytest

from penstock.connector import Binding
from penstock.errors import StepExpired
from penstock.secret import Secret
from penstock.testing import FakeClock
from penstock.watch import Snapshot, Unavailable, Watch
from penstock_jira.account import ACCOUNTS, fingerprint
from penstock_jira.client import JiraClient
from penstock_jira.connector import JiraConnector
from penstock_jira.errors import AskedToWait, CaptchaWanted, NotFound, SignInRefused

ISSUE = "/rest/api/2/issue"
URL = "https://jira.example.com"
BURST = {"Retry-After": "30", "RateLimit-Reason": "jira-burst-based"}
BUSY = {"status_code": 429, "headers": BURST}


@pytest.fixture
def client(connector: JiraConnector, clock: FakeClock, notes: list[str]) -> JiraClient:
    made = connector.client(clock.now() + timedelta(hours=1), note=notes.append)
    made._pace._jitter = lambda: 0.0
    return made


@pytest.fixture
def site(jira: Any) -> Any:
    jira.cloud()
    jira.answer("GET", "/rest/api/2/field", [{"id": "status", "name": "Status"}])
    issue = {"id": "10001", "key": "REL-1", "fields": {"status": {"id": "1", "name": "Open"}}}
    jira.answer("GET", f"{ISSUE}/REL-1", issue)
    return jira


def create(client: JiraClient) -> Any:
    return client.send("POST", ISSUE, {}, what="create an issue")


def look(connector: JiraConnector) -> Any:
    (seen,) = connector.look([Watch("account.jira", "REL-1", ("Status",))])
    return seen


def with_secret(connector: JiraConnector, clock: FakeClock, value: str) -> JiraConnector:
    return connector.bind(Binding("account.jira", lambda name: Secret(value, name), clock))


def test_a_write_is_told_to_wait_says_so_and_waits(
    site: Any, client: JiraClient, clock: FakeClock, notes: list[str]
) -> None:
    site.in_turn("POST", ISSUE, BUSY, {"status_code": 201, "json": {"key": "REL-2"}})
    assert create(client) == {"key": "REL-2"}
    assert clock.monotonic() == 30
    assert notes == [
        "Jira is not asked to create an issue yet: it asked to wait 30 s (burst limit); "
        "it goes on in 30s"
    ]


def test_a_short_wait_of_our_own_is_not_worth_a_word(
    site: Any, client: JiraClient, notes: list[str]
) -> None:
    site.in_turn("GET", "/rest/api/2/myself", {"status_code": 502}, {"json": {}})
    client.get("/rest/api/2/myself", what="say who we are")
    assert notes == []


def test_a_poll_is_not_asked_while_a_write_was_told_to_wait(
    site: Any, connector: JiraConnector, clock: FakeClock
) -> None:
    look(connector)
    site.answer("POST", ISSUE, None, 429, headers=BURST)
    with pytest.raises(StepExpired):
        create(connector.client(clock.now() + timedelta(seconds=20)))
    before = len(site.mocker.request_history)
    clock.advance(10)
    seen = look(connector)
    assert isinstance(seen, Unavailable)
    assert seen.reason == (
        "Jira is not asked to read REL-1 yet: it asked to wait 30 s (burst limit)"
    )
    assert (seen.retry_after, clock.monotonic()) == (20.0, 10)
    assert len(site.mocker.request_history) == before
    clock.advance(20)
    assert isinstance(look(connector), Snapshot)
    assert len(site.mocker.request_history) == before + 1  # what the site has was not asked again


def test_a_write_waits_for_what_a_poll_was_told(
    site: Any, connector: JiraConnector, client: JiraClient, clock: FakeClock, notes: list[str]
) -> None:
    site.answer("GET", f"{ISSUE}/REL-1", None, 429, headers=BURST)
    seen = look(connector)
    assert "Jira has too many requests to read REL-1, and asked to wait 30 s (burst" in seen.reason
    assert (seen.retry_after, clock.monotonic()) == (30.0, 0)
    site.answer("POST", ISSUE, {"key": "REL-2"}, 201)
    create(client)
    assert clock.monotonic() == 30
    assert len(notes) == 1


def test_a_pause_that_a_503_asked_for_holds_for_all(
    site: Any, connector: JiraConnector, client: JiraClient, clock: FakeClock
) -> None:
    down = {"status_code": 503, "headers": {"Retry-After": "40"}}
    site.in_turn("GET", "/rest/api/2/myself", down, {"json": {}})
    client.get("/rest/api/2/myself", what="say who we are")
    assert clock.monotonic() == 40


def test_a_pause_beyond_the_deadline_ends_the_step_at_once(
    site: Any, connector: JiraConnector, clock: FakeClock
) -> None:
    site.answer("GET", f"{ISSUE}/REL-1", None, 429, headers=BURST)
    look(connector)
    words = r"not asked to create an issue yet.*next try would be in 3\ds.*has 20s left"
    with pytest.raises(StepExpired, match=words):
        create(connector.client(clock.now() + timedelta(seconds=20)))
    assert (clock.monotonic(), site.sent("POST")) == (0, [])


def test_users_and_addresses_have_limits_of_their_own(
    site: Any, connector: JiraConnector, clock: FakeClock
) -> None:
    site.answer("GET", f"{ISSUE}/REL-1", None, 429, headers=BURST)
    look(connector)
    site.answer("GET", f"{ISSUE}/REL-1", {"id": "1", "key": "REL-1", "fields": {}})
    assert isinstance(look(connector), Unavailable)
    other = JiraConnector.at(URL, "somebody-else", "token-2").bind(Binding(clock=clock))
    assert isinstance(look(other), Snapshot)


def test_writes_to_one_issue_are_paced_below_jiras_limit(
    site: Any, client: JiraClient, clock: FakeClock, notes: list[str]
) -> None:
    site.answer("PUT", f"{ISSUE}/REL-1", None, 204)
    site.answer("POST", f"{ISSUE}/REL-1/comment", {"id": "1"}, 201)
    sent = []
    for number in range(41):
        method, path = ("PUT", "REL-1") if number % 2 else ("POST", "rel-1/comment")
        site.answer("POST", f"{ISSUE}/rel-1/comment", {"id": "1"}, 201)
        client.send(method, f"{ISSUE}/{path}", {}, what="edit REL-1")
        sent.append(clock.monotonic())
    assert sent == [0.0] * 20 + [2.0] * 20 + [4.0]
    assert (
        notes
        == [
            "Jira is not asked to edit REL-1 yet: it takes 20 writes to one issue in 2 s; "
            "it goes on in 2s"
        ]
        * 2
    )


def test_a_limit_of_one_issue_holds_no_read_and_no_other_write(
    site: Any, connector: JiraConnector, client: JiraClient, clock: FakeClock
) -> None:
    slow = {"Retry-After": "9", "RateLimit-Reason": "jira-per-issue-on-write"}
    site.answer("PUT", f"{ISSUE}/REL-1", None, 429, headers=slow)
    with pytest.raises(StepExpired):
        connector.client(clock.now() + timedelta(seconds=5)).send(
            "PUT", f"{ISSUE}/REL-1", {}, what="edit REL-1"
        )
    site.answer("PUT", f"{ISSUE}/REL-2", None, 204)
    client.send("PUT", f"{ISSUE}/REL-2", {}, what="edit REL-2")
    assert isinstance(look(connector), Snapshot)
    assert clock.monotonic() == 0
    site.answer("PUT", f"{ISSUE}/REL-1", None, 204)
    client.send("PUT", f"{ISSUE}/REL-1", {}, what="edit REL-1")
    assert clock.monotonic() == 9


def test_the_last_tokens_of_data_center_are_for_steps(
    site: Any, connector: JiraConnector, client: JiraClient, clock: FakeClock
) -> None:
    look(connector)
    left = {
        "X-RateLimit-Limit": "10",
        "X-RateLimit-Remaining": "2",
        "X-RateLimit-FillRate": "5",
        "X-RateLimit-Interval-Seconds": "60",
        "Retry-After": "0",
    }
    site.answer("GET", "/rest/api/2/myself", {}, headers=left)
    client.get("/rest/api/2/myself", what="say who we are")
    seen = look(connector)
    assert seen.reason == "Jira is not asked to read REL-1 yet: it allows 5 requests in 60 s"
    assert seen.retry_after == 60.0
    site.answer("POST", ISSUE, {"key": "REL-2"}, 201)
    create(client)
    assert clock.monotonic() == 0


# Credentials


REFUSED = {"status_code": 401, "json": {}}


def test_a_refused_credential_is_tried_once_a_minute_whoever_asks(
    site: Any, connector: JiraConnector, clock: FakeClock
) -> None:
    site.in_turn("POST", ISSUE, REFUSED, {"status_code": 201, "json": {"key": "REL-2"}})
    with pytest.raises(SignInRefused, match="the credentials are not accepted"):
        create(connector.client())
    before = len(site.mocker.request_history)
    clock.advance(15)
    words = r"not accepted; not asked: that was so 15 s ago, and is tried again in 45 s; check the"
    with pytest.raises(SignInRefused, match=words):
        create(connector.client())
    seen = look(connector)
    assert isinstance(seen, Unavailable)
    assert "tried again in 45 s" in seen.reason
    assert seen.retry_after == 45.0
    assert len(site.mocker.request_history) == before
    clock.advance(45)
    assert create(connector.client()) == {"key": "REL-2"}
    assert isinstance(look(connector), Snapshot)


def test_a_captcha_is_left_alone_for_ten_minutes_and_names_the_page_each_time(
    site: Any, connector: JiraConnector, clock: FakeClock
) -> None:
    page = "CAPTCHA_CHALLENGE; login-url=https://jira.example.com/login.jsp"
    wanted = {"X-Authentication-Denied-Reason": page}
    site.answer("GET", "/rest/api/2/field", text="<html>", status=403, headers=wanted)
    assert look(connector).retry_after == 600.0
    before = len(site.mocker.request_history)
    clock.advance(60)
    with pytest.raises(CaptchaWanted, match=r"tried again in 540 s.*/login\.jsp") as told:
        create(connector.client())
    assert told.value.retry_after == 540.0
    assert len(site.mocker.request_history) == before


def test_a_new_secret_is_tried_at_once(
    site: Any, connector: JiraConnector, clock: FakeClock
) -> None:
    site.in_turn("GET", "/rest/api/2/field", REFUSED, {"json": []})
    assert look(connector).retry_after == 60.0
    mended = with_secret(connector, clock, "another-token")
    assert isinstance(look(mended), Snapshot)
    assert look(connector).retry_after == 60.0  # the old one is still refused


def test_two_wrong_secrets_are_both_remembered(
    site: Any, connector: JiraConnector, clock: FakeClock
) -> None:
    site.answer("GET", "/rest/api/2/field", {}, 401)
    first, second = (with_secret(connector, clock, value) for value in ("wrong-1", "wrong-2"))
    for each in (first, second, first, second):
        look(each)
    assert len(site.sent("GET", "/field")) == 2
    clock.advance(61)
    look(second)
    account = ACCOUNTS.get(URL, fingerprint("release-bot"))
    assert len(account.lockout._refusals) == 1


def test_a_credential_that_is_accepted_again_is_forgotten(
    site: Any, connector: JiraConnector, clock: FakeClock
) -> None:
    site.in_turn("GET", "/rest/api/2/field", REFUSED, {"json": []})
    look(connector)
    clock.advance(60)
    look(connector)
    account = ACCOUNTS.get(URL, fingerprint("release-bot"))
    assert account.lockout._refusals == {}


def test_who_does_not_sign_in_is_refused_for_nothing(
    site: Any, connector: JiraConnector, clock: FakeClock
) -> None:
    site.answer("GET", "/_edge/tenant_info", {}, 401)
    stranger = connector.client(patient=False, anonymous=True)
    for _ in range(2):
        with pytest.raises(SignInRefused, match="not accepted; check"):
            stranger.get("/_edge/tenant_info", what="tell its cloud id")
    assert len(site.sent("GET", "tenant")) == 2


def test_a_missing_issue_says_nothing_of_the_credential(
    site: Any, connector: JiraConnector
) -> None:
    with pytest.raises(NotFound):
        connector.client().get(f"{ISSUE}/REL-9", what="read REL-9")
    assert connector.client().get(f"{ISSUE}/REL-1", what="read REL-1")


def test_no_secret_is_kept_where_limits_are(site: Any, connector: JiraConnector) -> None:
    look(connector)
    held = repr([vars(account) for account in ACCOUNTS._known.values()]) + repr(ACCOUNTS._known)
    assert "s3cret" not in held
    assert "cmVsZWFzZS1ib3Q6czNjcmV0LXRva2Vu" not in held


def test_a_problem_of_limits_says_how_long_to_stay_away(
    site: Any, connector: JiraConnector
) -> None:
    site.answer("GET", "/rest/api/2/myself", None, 429, headers=BURST)
    with pytest.raises(AskedToWait) as told:
        connector.client(patient=False).get("/rest/api/2/myself", what="say who we are")
    assert told.value.retry_after == 30.0
