"""What is so already is not sent again: each kind of write is made twice, on both flavours."""

from typing import Any

import pytest

FIELDS: dict[str, dict[str, Any]] = {
    "summary": {"name": "Summary", "value": "Another"},
    "text area": {"name": "Description", "value": "h3. Why\n* one\n"},
    "url": {"name": "Build URL", "value": "https://ci.example.com/1"},
    "number": {"name": "Story Points", "value": "3"},
    "date": {"name": "Planned Date", "value": "20260310"},
    "instant": {"name": "Deployment Window", "value": "2026-03-10T10:00:00+01:00"},
    "priority": {"name": "Priority", "value": "high"},
    "option": {"name": "Risk Level", "value": "Low"},
    "options": {"name": "Affected Regions", "value": "US,EU"},
    "cascade": {"name": "Location", "value": "EU > Dublin"},
    "half a cascade": {"name": "Location", "value": {"value": "EU"}},
    "user": {"name": "Change Owner", "value": "CAB Lead"},
    "users": {"name": "Reviewers", "value": "reviewer@example.com,CAB Lead"},
    "group": {"name": "Support Group", "value": "release-managers"},
    "components": {"name": "components", "value": "Gateway,Ledger"},
    "version": {"name": "fixVersions", "value": "1.0"},
    "labels": {"name": "Labels", "value": "b,a,b"},
    "sprint": {"name": "Sprint", "value": "sprint 1"},
    "flag": {"name": "Flagged", "value": "Impediment"},
    "security": {"name": "Security Level", "value": "internal"},
    "estimate": {"name": "Original Estimate", "value": "150m"},
    "issue type": {"name": "Issue Type", "value": "Bug"},
    "raw": {"name": "Risk Level", "raw": {"value": "Low"}},
    "added": {"name": "Labels", "add": "a,b"},
    "epic": {"name": "Epic Link", "value": "REL-2"},
}


@pytest.mark.parametrize("kind", FIELDS)
def test_a_field_is_set_once_and_cleared_once(live: Any, kind: str) -> None:
    entry = FIELDS[kind]
    assert live.update(fields=[entry]) == 1
    assert live.update(fields=[entry]) == 0
    assert live.notes == [f"{live.key} has these values already; nothing was sent"]
    if kind in ("summary", "estimate", "issue type"):
        return
    cleared = {"name": entry["name"], "value": None}
    assert live.update(fields=[cleared]) == 1
    assert live.update(fields=[cleared]) == 0


def test_a_parent_is_set_once_and_taken_away_once(live: Any) -> None:
    if not live.cloud:  # Data Center has parents for sub-tasks only
        return
    for value in (live.epic, None):
        entry = {"name": "Parent", "value": value}
        assert [live.update(fields=[entry]), live.update(fields=[entry])] == [1, 0]


def test_what_is_not_in_a_list_is_not_taken_from_it(live: Any) -> None:
    live.update(fields=[{"name": "Labels", "value": "a,b"}])
    taken = {"name": "Labels", "remove": "b,c"}
    assert [live.update(fields=[taken]), live.update(fields=[taken])] == [1, 0]
    both = {"name": "Labels", "add": "a", "remove": "b"}
    assert live.update(fields=[both]) == 0


def test_a_list_that_holds_more_or_less_is_set(live: Any) -> None:
    entry = {"name": "Affected Regions", "value": "EU,US"}
    live.update(fields=[entry])
    assert live.update(fields=[{**entry, "value": "EU,EU"}]) == 1
    assert live.update(fields=[entry]) == 1


AROUND: dict[str, dict[str, Any]] = {
    "link": {"links": [{"type": "blocks", "to": "REL-2"}]},
    "symmetric link": {"links": [{"type": "relates to", "to": "REL-2"}]},
    "watcher": {"watchers": "CAB Lead"},
    "link to the run": {"remoteLink": True},
    "remote link": {"remoteLink": {"title": "Run", "url": "https://ci.example.com/1"}},
    "transition": {"transitionTo": {"status": "In Progress"}},
}


@pytest.mark.parametrize("kind", AROUND)
def test_what_hangs_on_an_issue_is_hung_once(live: Any, kind: str) -> None:
    assert [live.update(**AROUND[kind]), live.update(**AROUND[kind])] == [1, 0]


def test_a_remote_link_with_another_title_is_sent(live: Any) -> None:
    link = AROUND["remote link"]["remoteLink"]
    assert live.update(remoteLink=link) == 1
    assert live.update(remoteLink={**link, "title": "The run"}) == 1
    assert live.update(remoteLink={**link, "title": "The run"}) == 0
