"""Traps of other systems in updating an issue: each test is named after one, and is not caught."""

import json
from typing import Any

import pytest

from penstock.app import StartOptions
from penstock.events import Status, StepNoted


def step(key: str, *entries: dict[str, Any], **more: Any) -> tuple[str, dict[str, Any]]:
    return "JiraUpdate", {
        "connectorRef": "account.jira",
        "issueKey": key,
        "fields": list(entries),
        **more,
    }


RISK = {"name": "Risk Level", "value": "High"}
COMMENT = {"name": "Comment", "value": "On its way"}


@pytest.mark.parametrize(
    "way", [{"status": "Done"}, {"status": "Nowhere"}, {"transitionName": "Complete"}]
)
def test_harness_and_jenkins_leave_fields_and_a_comment_behind_when_the_transition_fails(
    desk: Any, way: dict[str, str]
) -> None:
    key = desk.issue()
    before = len(desk.ledger())
    done = desk.run(step(key, RISK, COMMENT, transitionTo=way))
    assert done.status is Status.FAILED
    assert "Invalid transition" in done.steps["s0"].message
    assert "Request approval → Pending Approval" in done.steps["s0"].message
    assert desk.writes(before) == []


def test_atlassian_python_api_posts_a_transition_without_an_id_to_an_unknown_status(
    desk: Any,
) -> None:
    key = desk.issue()
    done = desk.run(step(key, transitionTo={"status": "Apporved"}))
    assert done.status is Status.FAILED
    assert not [path for _, path, _ in desk.writes() if path.endswith("/transitions")]


def test_the_frieder_action_takes_a_transition_that_is_not_available(desk: Any) -> None:
    key = desk.issue()
    listed = desk.ask("GET", f"rest/api/2/issue/{key}/transitions?expand=transitions.fields")
    for way in listed["transitions"]:
        way["isAvailable"] = False
    body = json.dumps(listed)
    desk.fault("GET", "/transitions$", times=None, kind="status", status=200, body=body)
    done = desk.run(step(key, transitionTo={"status": "Pending Approval"}))
    assert done.status is Status.FAILED
    assert "there is no way on from there" in done.steps["s0"].message
    assert not [path for _, path, _ in desk.writes() if path.endswith("/transitions")]


def test_the_frieder_action_repeats_the_comment_when_the_transition_is_tried_again(
    desk: Any,
) -> None:
    key = desk.issue()
    desk.fault("POST", "/transitions$", kind="status", status=429, headers={"Retry-After": "3"})
    done = desk.run(step(key, COMMENT, transitionTo={"status": "Pending Approval"}))
    assert done.status is Status.SUCCEEDED
    comments = desk.ask("GET", f"rest/api/2/issue/{key}/comment")["comments"]
    assert [comment["body"] for comment in comments] == ["On its way"]


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_the_frieder_action_retries_what_was_refused(desk: Any, status: int) -> None:
    key = desk.issue()
    body = '{"errorMessages": ["No."], "errors": {}}'
    desk.fault("PUT", f"/issue/{key}$", times=None, kind="status", status=status, body=body)
    before = len(desk.ledger())
    assert desk.run(step(key, RISK)).status is Status.FAILED
    assert [found for _, _, found in desk.writes(before)] == [status]


def test_kestra_sends_an_update_of_fields_as_a_post(desk: Any) -> None:
    key = desk.issue()
    before = len(desk.ledger())
    desk.run(step(key, RISK))
    assert desk.writes(before) == [("PUT", f"/issue/{key}", 204)]


def test_alertmanager_takes_an_empty_transition_name_for_an_error(desk: Any) -> None:
    key = desk.issue()
    way = {"status": "Pending Approval", "transitionName": ""}
    done = desk.run(step(key, transitionTo=way))
    assert done.status is Status.SUCCEEDED
    assert desk.fields(key)["status"]["name"] == "Pending Approval"


def test_the_frieder_action_reports_success_when_nothing_changed_and_we_say_so(desk: Any) -> None:
    key = desk.issue(customfield_10010={"value": "High"})
    before = len(desk.ledger())
    done = desk.run(step(key, RISK, transitionTo={"status": "to do"}))
    assert done.status is Status.SUCCEEDED
    assert desk.writes(before) == []
    assert f"{key} has these values already; nothing was sent" in done.notes
    assert f"{key} is To Do already; nothing was sent" in done.notes


def test_a_comment_is_made_once_though_the_process_dies_after_it(desk: Any) -> None:
    """Clients that replay a step repeat its comment; ours looks before it writes again."""

    class Died(BaseException):
        """The process is gone."""

    def die(event: Any) -> None:
        if isinstance(event, StepNoted):
            raise Died

    key = desk.issue(customfield_10010={"value": "High"})
    desk.fault("POST", "/comment$", kind="lose_reply")
    app = desk.app()
    way = {"status": "to do"}
    options = StartOptions(desk.pipeline(step(key, COMMENT, transitionTo=way)))
    record = app.start(options, app.plan(options, complete=True))
    desk.on_event = die
    with pytest.raises(Died):
        desk.carry(app, record)
    desk.on_event = lambda event: None
    assert desk.resume(record.id).status is Status.SUCCEEDED
    comments = desk.ask("GET", f"rest/api/2/issue/{key}/comment")["comments"]
    assert [comment["body"] for comment in comments] == ["On its way"]
