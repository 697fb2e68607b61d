"""Searching for issues page by page, with all of their changes, in the words of each flavour."""

from typing import Any

import pytest

from penstock_jira.changelog import entries
from penstock_jira.client import JiraClient
from penstock_jira.errors import JiraRefused
from penstock_jira.finding import found_issues

JQL, CLOUD, DC = "project = REL", "/rest/api/3/search/jql", "/rest/api/2/search"
CHANGES = "/rest/api/3/changelog/bulkfetch"


def issue(number: int) -> dict[str, Any]:
    return {"id": str(number), "key": f"REL-{number}", "fields": {}}


def change(number: int) -> dict[str, Any]:
    return {"id": str(number), "created": 1772355600 + number, "items": []}


def keys(client: JiraClient, *, cloud: bool = True) -> list[Any]:
    found = found_issues(lambda: client, JQL, ["status"], cloud=cloud)
    return [(one["key"], [entry.id for entry in entries(one)]) for one in found]


def test_cloud_is_asked_by_token_and_for_the_changes_of_each_page(
    jira: Any, client: JiraClient
) -> None:
    jira.in_turn(
        "POST",
        CLOUD,
        {"json": {"issues": [issue(1), issue(2)], "nextPageToken": "more"}},
        {"json": {"issues": [issue(3)]}},
    )
    logs = [{"issueId": "1", "changeHistories": [change(7), change(8)]}]
    jira.answer("POST", CHANGES, {"issueChangeLogs": logs})
    assert keys(client) == [("REL-1", ["7", "8"]), ("REL-2", []), ("REL-3", [])]
    first, second = jira.sent("POST", "search")
    assert first == {"jql": JQL, "fields": ["status"], "maxResults": 100}
    assert second == {**first, "nextPageToken": "more"}
    changes = [{"issueIdsOrKeys": ids, "maxResults": 10_000} for ids in (["1", "2"], ["3"])]
    assert jira.sent("POST", "changelog") == changes


@pytest.mark.parametrize("issues", [[issue(1)], []])
def test_a_token_that_leads_back_ends_a_search(jira: Any, client: JiraClient, issues: Any) -> None:
    jira.answer("POST", CLOUD, {"issues": issues, "nextPageToken": "same"})
    jira.answer("POST", CHANGES, {"issueChangeLogs": []})
    keys(client)
    assert len(jira.sent("POST", "search")) == (2 if issues else 1)


def test_data_center_is_asked_by_number_with_the_changes(jira: Any, client: JiraClient) -> None:
    whole = {**issue(1), "changelog": {"histories": [change(7)]}}
    jira.in_turn(
        "POST",
        DC,
        {"json": {"issues": [whole, issue(2)], "total": 3}},
        {"json": {"issues": [issue(3)], "total": 3}},
    )
    assert keys(client, cloud=False) == [("REL-1", ["7"]), ("REL-2", []), ("REL-3", [])]
    asked = jira.sent("POST", "search")
    assert [one["startAt"] for one in asked] == [0, 2]
    assert asked[0]["expand"] == ["changelog"]


@pytest.mark.parametrize("page", [{"issues": []}, {"issues": [], "total": 9}])
def test_an_empty_page_ends_a_search(jira: Any, client: JiraClient, page: Any) -> None:
    jira.answer("POST", DC, page)
    assert keys(client, cloud=False) == []
    assert len(jira.sent("POST", "search")) == 1


def test_what_is_wrong_with_a_query_is_said_in_jiras_words(jira: Any, client: JiraClient) -> None:
    jira.answer("POST", CLOUD, {"errorMessages": ["Field 'proje' does not exist"]}, 400)
    with pytest.raises(JiraRefused, match=r"search for issues .400.: Field 'proje' does not exist"):
        keys(client)
