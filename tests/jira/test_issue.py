"""An issue as later steps read it, and Jira's values as plain ones."""

from typing import Any

import pytest

from penstock.step import Headline
from penstock_jira.client import JiraClient
from penstock_jira.issue import fetch_issue, headline, read_model, shown
from penstock_jira.plain import plain, reduced

ANN = {
    "accountId": "5b1",
    "displayName": "Ann Ray",
    "emailAddress": "ann@example.com",
    "avatarUrls": {"16x16": "https://x"},
    "self": "https://x",
}
ISSUE: dict[str, Any] = {
    "id": "10001",
    "key": "REL-8",
    "self": "https://jira.example.com/rest/api/2/issue/10001",
    "fields": {
        "summary": "{{ secrets.jira }} <+pipeline.name>",
        "status": {"id": "1", "name": "To Do", "iconUrl": "https://x"},
        "issuetype": {"id": "10", "name": "Change"},
        "project": {"id": "1", "key": "REL", "name": "Releases"},
        "assignee": ANN,
        "environment": "system",
        "resolution": None,
        "labels": ["a", "b"],
        "components": [{"id": "7", "name": "Gateway"}],
        "parent": {"id": "5", "key": "REL-1", "fields": {"summary": "Parent"}},
        "timetracking": {"originalEstimate": "2h", "remainingEstimate": "1h"},
        "customfield_3": 3.0,
        "customfield_4": 2.5,
        "customfield_5": {"id": "1", "value": "Low"},
        "customfield_6": {"value": "EU", "child": {"value": "Dublin"}},
        "customfield_7": [ANN],
        "customfield_8": "custom",
        "customfield_9": {"unheard": "of"},
        "duedate": "2026-03-01",
        "progress": {"total": 0, "progress": 0},
    },
    "names": {
        "summary": "Summary",
        "status": "Status",
        "issuetype": "Issue Type",
        "project": "Project",
        "assignee": "Assignee",
        "environment": "Environment",
        "resolution": "Resolution",
        "labels": "Labels",
        "components": "Components",
        "parent": "Parent",
        "customfield_3": "Story Points",
        "customfield_4": "Effort",
        "customfield_5": "Risk Level",
        "customfield_6": "Location",
        "customfield_7": "Reviewers",
        "customfield_8": "Environment",
        "customfield_9": "Odd",
        "duedate": "Due date",
    },
    "schema": {"parent": {"type": "issuelink"}, "labels": {"type": "array", "items": "string"}},
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("key", "REL-8"),
        ("id", "10001"),
        ("url", "https://jira.example.com/browse/REL-8"),
        ("restUrl", "https://jira.example.com/rest/api/2/issue/10001"),
        ("Status", "To Do"),
        ("__status", {"id": "1", "name": "To Do"}),
        ("Issue Type", "Change"),
        ("__issuetype", {"id": "10", "name": "Change"}),
        ("Project Key", "REL"),
        ("Project Name", "Releases"),
        ("__project", {"id": "1", "key": "REL", "name": "Releases"}),
        ("Summary", "{{ secrets.jira }} <+pipeline.name>"),
        ("summary", "{{ secrets.jira }} <+pipeline.name>"),
        ("Assignee", "Ann Ray"),
        (
            "__Assignee",
            {"accountId": "5b1", "displayName": "Ann Ray", "emailAddress": "ann@example.com"},
        ),
        ("Resolution", None),
        ("Labels", ["a", "b"]),
        ("Components", ["Gateway"]),
        ("Parent", "REL-1"),
        ("Story Points", 3),
        ("Effort", 2.5),
        ("Risk Level", "Low"),
        ("customfield_5", "Low"),
        ("Location", "EU > Dublin"),
        ("Reviewers", ["Ann Ray"]),
        ("Environment", "system"),
        ("customfield_8", "custom"),
        ("Odd", None),
        ("Due date", "2026-03-01"),
        ("Original Estimate", "2h"),
        ("Remaining Estimate", "1h"),
    ],
)
def test_an_issue_is_read_by_the_names_that_people_see(name: str, value: Any) -> None:
    model = read_model(ISSUE, "https://jira.example.com/browse/REL-8")
    assert model[name] == value
    assert name != "Story Points" or isinstance(model[name], int)


def test_an_empty_field_is_there_by_name_and_not_by_id() -> None:
    model = read_model(ISSUE, "x")
    assert "Resolution" in model
    assert "resolution" not in model


def test_an_issue_without_anything_can_be_read() -> None:
    assert read_model({"key": "REL-8"}, "x") == {"key": "REL-8", "url": "x"}


def test_lists_of_their_own_are_not_asked_for(jira: Any, client: JiraClient) -> None:
    jira.answer("GET", "/rest/api/2/issue/REL-8", ISSUE)
    assert shown(client, fetch_issue(client, "REL-8"))["key"] == "REL-8"
    asked = jira.mocker.last_request.qs
    assert asked["expand"] == ["names,schema"]
    assert "-comment" in asked["fields"][0]


def test_the_headline_is_the_key_with_its_address() -> None:
    assert headline({"issue": {"key": "REL-8"}}) == Headline("REL-8", None)
    assert headline({"issue": {}}) is None


RICH = {
    "type": "doc",
    "content": [
        {
            "type": "paragraph",
            "content": [
                {"type": "text", "text": "Hello "},
                {"type": "mention", "attrs": {"text": "@Ann"}},
                {"type": "hardBreak"},
                {"type": "text", "text": "there"},
            ],
        },
        {"type": "bulletList", "content": [{"type": "listItem", "content": "odd"}]},
        {"type": "heading", "content": [{"type": "text", "text": "End"}]},
    ],
}


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        (None, None),
        (True, True),
        ({"name": True, "key": "REL"}, "REL"),
        ("None", "None"),
        (1_000, 1000),
        (RICH, "Hello @Ann\nthere\nEnd"),
        ([{"displayName": "Ann"}, {"odd": 1}], ["Ann"]),
        ({"value": "EU", "child": {"odd": 1}}, "EU"),
    ],
)
def test_a_value_is_plain(value: Any, seen: Any) -> None:
    assert plain(value) == seen


def test_a_value_is_not_followed_without_end() -> None:
    deep: Any = "x"
    for _ in range(50):
        deep = [deep]
    assert "x" not in str(plain(deep))
    assert "x" not in str(reduced(deep))
