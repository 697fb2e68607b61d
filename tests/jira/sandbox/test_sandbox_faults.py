"""Misbehaving on request."""

import json
import time
from http.client import HTTPConnection

import pytest
import requests

CREATE = {"method": "POST", "path": "/issue$"}


def plan(jira, fault, **more):
    made = jira.sandbox_call(
        "POST", "/faults", {"match": CREATE, "times": 1, "fault": fault, **more}
    )
    assert made.status_code == 201, made.text


def entries(jira):
    listed = jira.sandbox_call("GET", "/ledger").json()
    return [(entry["method"], entry["status"]) for entry in listed]


def fired(jira):
    return [fault["fired"] for fault in jira.sandbox_call("GET", "/faults").json()]


def test_a_status_is_answered_as_planned_and_nothing_happens(jira, new_issue):
    plan(jira, {"kind": "status", "status": 429, "headers": {"Retry-After": "7"}}, times=2)
    for _ in range(2):
        limited = jira("POST", "/issue", new_issue())
        assert (limited.status_code, limited.headers["Retry-After"]) == (429, "7")
    assert jira("POST", "/issue", new_issue()).json()["key"] == "REL-1"
    assert entries(jira) == [("POST", 429), ("POST", 429), ("POST", 201)]
    assert fired(jira) == [2]


def test_a_status_may_come_after_the_commit(jira, new_issue):
    fault = {"kind": "status", "status": 503, "body": "<html>busy</html>", "commit": True}
    plan(jira, fault)
    answer = jira("POST", "/issue", new_issue())
    assert answer.status_code == 503 and answer.headers["Content-Type"].startswith("text/html")
    assert entries(jira) == [("POST", 201)]
    assert jira("GET", "/issue/REL-1").status_code == 200


def test_a_captcha_can_be_played(data_center):
    headers = {
        "X-Seraph-LoginReason": "AUTHENTICATION_DENIED",
        "X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=http://x/login.jsp",
    }
    fault = {"kind": "status", "status": 403, "headers": headers, "body": "{}"}
    data_center.sandbox_call("POST", "/faults", {"fault": fault})
    denied = data_center("GET", "/myself")
    assert denied.status_code == 403 and headers.items() <= dict(denied.headers).items()


def test_a_reply_is_lost_after_the_commit(jira, new_issue):
    plan(jira, {"kind": "lose_reply"})
    with pytest.raises(requests.ConnectionError):
        jira("POST", "/issue", new_issue())
    assert entries(jira) == [("POST", 201)]
    assert jira("GET", "/issue/REL-1").status_code == 200


def test_a_connection_is_refused_before_anything_happens(jira, new_issue):
    plan(jira, {"kind": "refuse_connection"})
    with pytest.raises(requests.ConnectionError):
        jira("POST", "/issue", new_issue())
    assert jira("GET", "/issue/REL-1").status_code == 404
    assert fired(jira) == [1]


def test_a_login_page_is_a_200_that_is_no_json(jira, new_issue):
    plan(jira, {"kind": "login_page"})
    page = jira("POST", "/issue", new_issue())
    assert page.status_code == 200 and "os_password" in page.text
    assert jira("GET", "/issue/REL-1").status_code == 404


def test_a_body_is_cut_in_half(jira):
    key = jira.create()
    match = {"path": "/issue/"}
    plan(jira, {"kind": "truncate"}, match=match)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        jira("GET", f"/issue/{key}")
    assert jira("GET", f"/issue/{key}").status_code == 200


def test_a_delay_is_let_pass_on_the_clock(jira, clock, new_issue):
    plan(jira, {"kind": "delay", "seconds": 30})
    jira("POST", "/issue", new_issue())
    assert jira.fields("REL-1")["created"] == "2026-03-02T09:00:30.000+0000"
    plan(jira, {"kind": "delay", "seconds": 30, "commit": True})
    jira("POST", "/issue", new_issue())
    assert jira.fields("REL-2")["created"] == "2026-03-02T09:00:30.000+0000"
    assert clock.monotonic() == 60


def test_headers_may_be_added_to_a_good_answer(jira):
    fault = {"kind": "headers", "headers": {"Retry-After": "0"}}
    jira.sandbox_call("POST", "/faults", {"fault": fault})
    answer = jira("GET", "/myself")
    assert (answer.status_code, answer.headers["Retry-After"]) == (200, "0")


def test_a_fault_may_let_some_requests_pass_first(jira, new_issue):
    plan(jira, {"kind": "status", "status": 500}, after=1)
    statuses = [jira("POST", "/issue", new_issue()).status_code for _ in range(3)]
    assert statuses == [201, 500, 201]
    [fault] = jira.sandbox_call("GET", "/faults").json()
    assert (fault["met"], fault["fired"], fault["spent"]) == (2, 1, True)


def test_several_faults_are_planned_at_once_and_fire_in_turn(jira):
    listed = [
        {"times": 1, "fault": {"kind": "status", "status": 500 + number}} for number in range(3)
    ]
    assert len(jira.sandbox_call("POST", "/faults", listed).json()) == 3
    assert [jira("GET", "/myself").status_code for _ in range(4)] == [500, 501, 502, 200]
    assert fired(jira) == [1, 1, 1]


def test_faults_are_taken_away(jira):
    jira.sandbox_call("POST", "/faults", {"fault": {"kind": "status"}})
    assert jira("GET", "/myself").status_code == 503
    assert jira.sandbox_call("DELETE", "/faults").status_code == 204
    assert jira("GET", "/myself").status_code == 200
    assert jira.sandbox_call("GET", "/faults").json() == []


def test_reads_are_not_in_the_ledger_when_a_fault_meets_them(jira):
    jira.sandbox_call("POST", "/faults", {"fault": {"kind": "status"}})
    jira("GET", "/myself")
    assert entries(jira) == []


WRONG = [
    ({}, "fault"),
    ({"fault": {"kind": "explode"}}, "fault.kind"),
    ({"fault": {"kind": "status", "status": 999}}, "fault.status"),
    ({"fault": {"kind": "status"}, "match": {"path": "("}}, "not a regular expression"),
    ({"fault": {"kind": "status"}, "time": 1}, "time"),
    ({"fault": {"kind": "status"}, "times": 0}, "times"),
    ({"fault": {"kind": "delay", "seconds": -1}}, "fault.seconds"),
    ("x", "the fault"),
]


@pytest.mark.parametrize(("body", "told"), WRONG)
def test_a_fault_that_makes_no_sense_is_refused(jira, body, told):
    refused = jira.sandbox_call("POST", "/faults", body)
    assert refused.status_code == 400 and told in refused.json()["message"]
    assert jira.sandbox_call("GET", "/faults").json() == []


def test_a_fault_that_is_no_json_is_refused(jira):
    address = f"{jira.sandbox.url}/sandbox/faults"
    assert jira("POST", address, data=b"{").status_code == 400


def test_another_sites_page_cannot_plan_faults(jira):
    address = f"{jira.sandbox.url}/sandbox/faults"
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        body = {"fault": {"kind": "status"}}
        assert jira("POST", address, body, headers=headers).status_code == 403
        assert jira("DELETE", address, headers=headers).status_code == 403
    own = {"Origin": jira.sandbox.url, "Sec-Fetch-Site": "same-origin"}
    assert jira("DELETE", address, headers=own).status_code == 204


def test_what_is_not_below_sandbox_is_a_404(jira):
    assert jira.sandbox_call("GET", "/nothing").status_code == 404
    assert jira.sandbox_call("PUT", "/ledger").status_code == 404


def test_an_avatar_is_a_picture_that_can_do_nothing(jira):
    shown = jira("GET", jira("GET", "/myself").json()["avatarUrls"]["48x48"])
    assert shown.headers["Content-Type"] == "image/svg+xml; charset=utf-8"
    assert ">R</text>" in shown.text
    strange = jira.sandbox_call("GET", "/avatar/user/%3Cscript%3E.svg")
    assert "<script" not in strange.text


def test_one_connection_serves_many_requests(jira):
    connection = HTTPConnection("127.0.0.1", int(jira.sandbox.url.rpartition(":")[2]), timeout=10)
    headers = {"Authorization": "Bearer sandbox-token", "Content-Type": "application/json"}
    connection.connect()
    first = connection.sock
    for method, body in (("GET", None), ("POST", b"{}"), ("GET", None), ("HEAD", None)):
        connection.request(method, "/rest/api/2/issue/REL-1", body, headers)
        answer = connection.getresponse()
        assert answer.status in (404, 405) and (method == "HEAD") == (answer.read() == b"")
        assert connection.sock is first
    connection.close()


def test_a_request_is_cheap(jira):
    key = jira.create()
    began = time.perf_counter()
    for _ in range(50):
        jira("GET", f"/issue/{key}")
    # About 1 ms each on an idle machine; ten times that tells of a delay on the connection.
    assert (time.perf_counter() - began) / 50 < 0.02


def test_a_defect_of_the_sandbox_does_not_look_like_jira(jira, caplog):
    jira.create()
    jira.sandbox.site.desk.contents.find("REL-1").status = "gone"
    answer = jira("GET", "/issue/REL-1")
    assert answer.status_code == 500 and "The sandbox itself failed" in answer.text
    assert "KeyError" in caplog.text


def test_a_body_that_is_too_large_is_refused(jira):
    connection = HTTPConnection("127.0.0.1", int(jira.sandbox.url.rpartition(":")[2]), timeout=10)
    connection.putrequest("POST", "/rest/api/2/issue")
    connection.putheader("Content-Length", str(10**9))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()
    assert json.loads(jira("GET", "/myself").text)
