"""An issue that is not found: what it takes to be missing, and how a moved one is followed."""

from typing import Any

import pytest

from penstock.testing import FakeClock
from penstock.verdict import VerdictStatus
from penstock.watch import Snapshot, Unavailable, Watch
from penstock_jira.approval import JiraApproval
from penstock_jira.connector import JiraConnector
from penstock_jira.missing import Missing

STATUS = {"id": "status", "name": "Status", "schema": {"type": "status"}}
KNOWN = {"issue_id": "10001"}
BY_KEY, BY_ID = "/rest/api/2/issue/REL-1", "/rest/api/2/issue/10001"


def issue(number: int, key: str) -> dict[str, Any]:
    fields = {
        "status": {"id": "1", "name": "Approved"},
        "issuetype": {"id": "10", "name": "Change"},
        "project": {"id": "1", "key": key.partition("-")[0]},
    }
    return {"id": str(number), "key": key, "fields": fields}


@pytest.fixture
def site(jira: Any) -> Any:
    jira.cloud()
    jira.answer("GET", "/rest/api/2/field", [STATUS])
    jira.answer("GET", "/rest/api/2/myself", {"displayName": "Release Bot"})
    return jira


def look(connector: JiraConnector, known: Any = KNOWN) -> Any:
    (seen,) = connector.look([Watch("account.jira", "REL-1", ("Status",), known=known)])
    return seen


def gate() -> JiraApproval:
    condition = {"key": "Status", "operator": "equals", "value": "Approved"}
    criteria = {"type": "KeyValues", "spec": {"conditions": [condition]}}
    spec = {"connectorRef": "x", "issueKey": "REL-1", "approvalCriteria": criteria}
    return JiraApproval.model_validate(spec)


@pytest.mark.parametrize("known", [KNOWN, {}])
def test_three_looks_in_ten_minutes_make_an_issue_missing_and_never_approved(
    site: Any, connector: JiraConnector, clock: FakeClock, known: Any
) -> None:
    for seconds in (60, 240, 299):
        seen = look(connector, known)
        assert isinstance(seen, Unavailable)
        assert seen.reason == "REL-1 is not found, or not visible to Release Bot"
        clock.advance(seconds)
    assert isinstance(look(connector, known), Unavailable)
    clock.advance(1)
    verdict = gate().judge(look(connector, known))
    assert verdict.status is VerdictStatus.FAILED
    assert verdict.reason == (
        "issue missing: REL-1 was not found by 5 looks in 10 minutes; it was deleted or archived, "
        "or Release Bot may not see it any more"
    )
    assert len(site.sent("GET", "/issue/10001")) == (5 if known else 0)


def test_two_looks_far_apart_are_not_enough(
    site: Any, connector: JiraConnector, clock: FakeClock
) -> None:
    look(connector)
    clock.advance(1200)
    assert isinstance(look(connector), Unavailable)


def test_an_issue_that_is_back_begins_anew(
    site: Any, connector: JiraConnector, clock: FakeClock
) -> None:
    for _ in range(2):
        look(connector)
        clock.advance(400)
    site.answer("GET", BY_KEY, issue(10001, "REL-1"))
    assert isinstance(look(connector), Snapshot)
    site.answer("GET", BY_KEY, None, 404)
    clock.advance(400)
    assert isinstance(look(connector), Unavailable)


def test_looks_of_strangers_do_not_count(
    site: Any, connector: JiraConnector, clock: FakeClock
) -> None:
    site.answer("GET", "/rest/api/2/myself", {}, 401)
    for _ in range(5):
        seen = look(connector)
        assert "credentials are not accepted" in seen.reason
        clock.advance(600)


def test_a_moved_issue_whose_old_key_leads_nowhere_is_found_by_its_number(
    site: Any, connector: JiraConnector
) -> None:
    site.answer("GET", BY_ID, issue(10001, "OPS-4"))
    seen = look(connector)
    assert (seen.content["key"], seen.content["moved_from"]) == ("OPS-4", "REL-1")


def test_a_moved_issue_whose_old_key_is_anothers_now_is_found_by_its_number(
    site: Any, connector: JiraConnector
) -> None:
    site.answer("GET", BY_KEY, issue(10002, "REL-1"))
    site.answer("GET", BY_ID, issue(10001, "OPS-4"))
    assert look(connector).content["key"] == "OPS-4"


@pytest.mark.parametrize("by_id", [None, issue(10002, "REL-1")])
def test_an_answer_for_another_issue_is_no_look(
    site: Any, connector: JiraConnector, by_id: Any
) -> None:
    site.answer("GET", BY_KEY, issue(10002, "REL-1"))
    if by_id is not None:
        site.answer("GET", BY_ID, by_id)
    seen = look(connector)
    assert isinstance(seen, Unavailable)
    assert seen.reason == "Jira answered for another issue: REL-1 had the id 10001"


def test_another_issue_in_a_bulk_read_is_not_taken(site: Any, connector: JiraConnector) -> None:
    listed = {"issues": [issue(10002, "REL-1"), issue(10003, "REL-3")]}
    site.mocker.post("https://jira.example.com/rest/api/3/issue/bulkfetch", json=listed)
    site.answer("GET", BY_ID, issue(10001, "OPS-4"))
    one, two = connector.look(
        [
            Watch("account.jira", "REL-1", ("Status",), known=KNOWN),
            Watch("account.jira", "REL-3", ("Status",), known={"issue_id": "10003"}),
        ]
    )
    assert [seen.content["key"] for seen in (one, two)] == ["OPS-4", "REL-3"]  # type: ignore[union-attr]  # snapshots, or the test fails


def test_a_waiting_verdict_remembers_which_issue_it_was(
    site: Any, connector: JiraConnector
) -> None:
    other = issue(10001, "REL-1")
    other["fields"]["status"]["name"] = "Open"
    site.answer("GET", BY_KEY, other)
    assert gate().judge(look(connector, {})).outputs == KNOWN


def test_looks_that_are_long_ago_are_forgotten() -> None:
    missing = Missing()
    assert missing.again("u", "K", 0.0).looks == 1
    assert missing.again("u", "K", 3600.0).looks == 2
    assert missing.again("u", "K", 7201.0).looks == 1
    missing.found("u", "K")
    missing.again("u", "K", 7300.0)
    missing.again("v", "K", 7300.0)
    missing.forget("u")
    assert missing.again("u", "K", 7400.0).looks == 1
    assert missing.again("v", "K", 7400.0).looks == 2
