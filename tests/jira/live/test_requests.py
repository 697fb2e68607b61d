"""How many requests a step sends, all counted: the first of a run, and a later one."""

import json
from typing import Any

import pytest

from penstock.events import GateLooked, StepFinished, StepStarted

RISK = {"name": "Risk Level", "value": "High"}
OWNER = {"name": "Change Owner", "value": "operator@example.com"}
COMMENT = {"name": "Comment", "value": "On its way"}


def create(*entries: Any) -> tuple[str, dict[str, Any]]:
    spec = {"connectorRef": "account.jira", "projectKey": "REL", "issueType": "Change"}
    return "JiraCreate", {**spec, "fields": [{"name": "Summary", "value": "x"}, *entries]}


def update(key: str, *entries: Any, **more: Any) -> tuple[str, dict[str, Any]]:
    spec = {"connectorRef": "account.jira", "issueKey": key}
    return "JiraUpdate", {**spec, "fields": list(entries), **more}


def counted(desk: Any, *steps: Any, timeout: str = "1h") -> list[list[str]]:
    """Return the requests of each step, and of a gate those of each look."""
    found: list[list[str]] = []

    def on_event(event: Any) -> None:
        if isinstance(event, StepStarted):
            desk.requests()
        elif isinstance(event, GateLooked) or (
            isinstance(event, StepFinished) and "/" in event.path
        ):
            found.append([f"{method} {path}" for method, path, _ in desk.requests()])

    desk.on_event = on_event
    desk.run(*steps, timeout=timeout)
    return found


def test_a_create_reads_metadata_once(desk: Any) -> None:
    first, second = counted(desk, create(), create())
    assert len(first) == 6
    # The newest issue is looked for: it bounds the search for an issue whose reply is lost.
    assert [path.rpartition("/")[2] for path in second if path.startswith("GET")] == ["REL-2"]
    assert len(second) == 3


def test_a_user_is_looked_up_once(desk: Any) -> None:
    first, second = counted(desk, create(OWNER, COMMENT), create(OWNER, COMMENT))
    assert (len(first), len(second)) == (8, 4)


def test_an_update_reads_the_issue_with_its_edit_screen_at_once(desk: Any) -> None:
    key = desk.issue()
    (found,) = counted(desk, update(key, RISK))
    path = f"/rest/api/2/issue/{key}"
    assert found == [f"GET {path}", f"PUT {path}", f"GET {path}"]


def test_an_update_of_what_is_so_is_one_request(desk: Any) -> None:
    key = desk.issue(customfield_10010={"value": "High"})
    (found,) = counted(desk, update(key, RISK, transitionTo={"status": "to do"}))
    assert found == [f"GET /rest/api/2/issue/{key}"]


def test_an_update_of_everything_is_six_requests(desk: Any) -> None:
    way = {"transitionTo": {"status": "Pending Approval"}}
    (found,) = counted(desk, update(desk.issue(), RISK, COMMENT, **way))
    assert len(found) == 6


def test_a_jira_that_leaves_the_edit_screen_out_is_asked_for_it(desk: Any) -> None:
    key = desk.issue()
    told = desk.ask("GET", f"rest/api/2/issue/{key}?expand=names,schema")
    body = json.dumps(told)
    desk.fault("GET", f"/issue/{key}$", kind="status", status=200, body=body)
    (found,) = counted(desk, update(key, RISK))
    assert found[:2] == [
        f"GET /rest/api/2/issue/{key}",
        f"GET /rest/api/2/issue/{key}/editmeta",
    ]
    assert desk.fields(key)["customfield_10010"]["value"] == "High"


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_look_of_a_gate_is_one_request(desk: Any, number: int) -> None:
    conditions = [{"key": "Status", "operator": "equals", "value": "Approved"}]
    gate = {
        "connectorRef": "account.jira",
        "issueKey": desk.issue(),
        "approvalCriteria": {"type": "KeyValues", "spec": {"conditions": conditions}},
    }
    looks = counted(desk, ("JiraApproval", gate), timeout="5m")
    assert len(looks[number]) == 1
