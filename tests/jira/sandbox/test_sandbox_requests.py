"""The log of all requests, by which they are counted."""

import pytest
import requests


def told(client):
    return [
        (entry["method"], entry["path"], entry["status"])
        for entry in client.sandbox_call("GET", "/requests").json()
    ]


def test_every_request_of_the_jira_is_logged_reads_too(jira, clock):
    jira.create()
    clock.advance(1)
    jira("GET", "/issue/REL-1?fields=summary&expand=names")
    jira("GET", "/issue/REL-2")
    jira.as_(None)("GET", "/myself")
    jira("GET", f"{jira.sandbox.url}/sandbox/ledger")
    jira("GET", f"{jira.sandbox.url}/")
    assert told(jira) == [
        ("POST", "/rest/api/2/issue", 201),
        ("GET", "/rest/api/2/issue/REL-1", 200),
        ("GET", "/rest/api/2/issue/REL-2", 404),
        ("GET", "/rest/api/2/myself", 401),
    ]
    entry = jira.sandbox_call("GET", "/requests").json()[1]
    assert entry["query"] == "fields=summary&expand=names"
    assert entry["at"] == "2026-03-02T09:00:01.000+00:00"


def test_a_request_that_got_no_answer_is_logged_without_a_status(jira):
    fault = {"match": {"path": "/myself"}, "fault": {"kind": "refuse_connection"}, "times": 1}
    jira.sandbox_call("POST", "/faults", fault)
    with pytest.raises(requests.ConnectionError):
        jira("GET", "/myself")
    assert told(jira) == [("GET", "/rest/api/2/myself", None)]


def test_the_log_is_forgotten_when_it_is_deleted(jira):
    for _ in range(3):
        jira("GET", "/myself")
    assert len(told(jira)) == 3
    assert jira.sandbox_call("DELETE", "/requests").status_code == 204
    assert told(jira) == []
