"""The history of issues as the sandbox tells it: how much of it, and of many issues at once."""

from datetime import datetime
from typing import Any

import pytest

BULK = "/changelog/bulkfetch"


def relabel(jira: Any, key: str, times: int) -> None:
    for number in range(times):
        jira("PUT", f"/issue/{key}", {"fields": {"labels": [f"l{number}"]}})


def test_cloud_tells_of_the_newest_changes_only(cloud: Any) -> None:
    key = cloud.create()
    relabel(cloud, key, 101)
    told = cloud("GET", f"/issue/{key}?expand=changelog").json()["changelog"]
    assert (told["total"], told["maxResults"], len(told["histories"])) == (101, 100, 100)
    assert told["histories"][0]["items"][0]["toString"] == "l100"
    question = {"issueIdsOrKeys": [key], "expand": ["changelog"]}
    (issue,) = cloud.at("3")("POST", "/issue/bulkfetch", question).json()["issues"]
    assert (issue["changelog"]["total"], len(issue["changelog"]["histories"])) == (101, 40)


def test_data_center_tells_of_all_changes_the_oldest_first(data_center: Any) -> None:
    key = data_center.create()
    relabel(data_center, key, 101)
    told = data_center("GET", f"/issue/{key}?expand=changelog").json()["changelog"]
    assert len(told["histories"]) == 101
    assert told["histories"][0]["items"][0]["toString"] == "l0"


def test_changes_of_many_issues_come_in_pages_the_oldest_first(cloud: Any) -> None:
    jira = cloud.at("3")
    first, second = jira.create(), jira.create()
    jira.move(second, "Request approval")
    jira.sandbox.site.desk.clock.advance(1)
    jira.move(first, "Request approval")
    relabel(jira, first, 1)
    question = {"issueIdsOrKeys": [first, second, "REL-99"], "fieldIds": ["status"]}
    whole = jira("POST", BULK, question).json()
    ids = [jira("GET", f"/issue/{key}").json()["id"] for key in (second, first)]
    assert [log["issueId"] for log in whole["issueChangeLogs"]] == ids
    (change,) = whole["issueChangeLogs"][1]["changeHistories"]
    assert change["items"][0]["fieldId"] == "status"
    one = jira("GET", f"/issue/{first}/changelog").json()["values"][0]
    assert datetime.fromisoformat(one["created"]).timestamp() * 1000 == change["created"]
    page = jira("POST", BULK, {**question, "maxResults": 1}).json()
    assert len(page["issueChangeLogs"]) == 1
    rest = jira("POST", BULK, {**question, "nextPageToken": page["nextPageToken"]}).json()
    assert rest == {"issueChangeLogs": whole["issueChangeLogs"][1:]}


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ({}, "issueIdsOrKeys must have 1 to 1000 entries."),
        ({"issueIdsOrKeys": ["REL-1"] * 1001}, "issueIdsOrKeys must have 1 to 1000 entries."),
        (
            {"issueIdsOrKeys": ["REL-1"], "fieldIds": [str(n) for n in range(11)]},
            "fieldIds must have at most 10 entries.",
        ),
        (
            {"issueIdsOrKeys": ["REL-1"], "maxResults": 10_001},
            "maxResults must be between 1 and 10000.",
        ),
        ({"issueIdsOrKeys": ["REL-1"], "nextPageToken": "x"}, "The nextPageToken is not valid."),
    ],
)
def test_a_question_that_asks_for_too_much_is_refused(
    cloud: Any, question: Any, words: str
) -> None:
    answer = cloud.at("3")("POST", BULK, question)
    assert (answer.status_code, answer.json()["errorMessages"]) == (400, [words])


def test_data_center_has_no_such_question(data_center: Any) -> None:
    assert data_center("POST", BULK, {"issueIdsOrKeys": ["REL-1"]}).status_code == 404


def test_who_is_not_signed_in_sees_no_changes(cloud: Any) -> None:
    key = cloud.create()
    relabel(cloud, key, 1)
    answer = cloud.at("3", user=None)("POST", BULK, {"issueIdsOrKeys": [key]})
    assert answer.json() == {"issueChangeLogs": []}
