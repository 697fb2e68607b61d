"""What is so already is not sent again: each kind of write is made twice, on both flavours."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from penstock.connector import Binding
from penstock.sandbox import SandboxOptions
from penstock.step import RunFacts, StepContext
from penstock.testing import FakeClock
from penstock_jira.connector import JiraConnector
from penstock_jira.create import JiraCreate
from penstock_jira.observe import SITES
from penstock_jira.sandbox import JiraSandbox
from penstock_jira.update import JiraUpdate


class Site:
    """A sandbox with an issue and an epic, whose steps remember nothing of each other."""

    def __init__(self, flavour: str, memory: Any, resolver: Any) -> None:
        self.cloud, self.clock, self.notes = flavour == "cloud", FakeClock(), list[str]()
        self.sandbox = JiraSandbox(SandboxOptions(flavour=flavour, clock=self.clock))
        self.sandbox.start()
        made = self.sandbox.stand_in(None).bind(Binding("account.jira", clock=self.clock))
        assert isinstance(made, JiraConnector)
        self.connector = made
        self._memory, self._resolver = memory, resolver
        self.key = self.create("Task")
        self.epic = self.create("Epic")

    def context(self) -> StepContext:
        now = self.clock.now()
        return StepContext(
            RunFacts("run-1", "release", now, "https://ci.example.com/run/1", "ann"),
            "change/step",
            1,
            now + timedelta(hours=1),
            self.clock,
            self._memory(self.clock),
            self._resolver(self.connector),
            self.notes.append,
        )

    def create(self, kind: str) -> str:
        spec = {"connectorRef": "x", "projectKey": "REL", "issueType": kind}
        entries = [{"name": "Summary", "value": f"A {kind}"}]
        outputs: Any = JiraCreate.model_validate({**spec, "fields": entries}).run(self.context())
        key: str = outputs["issue"]["key"]
        return key

    def update(self, **more: Any) -> int:
        """Run a step; return how many writes Jira was sent."""
        before = len(self.writes())
        JiraUpdate.model_validate({"connectorRef": "x", "issueKey": self.key, **more}).run(
            self.context()
        )
        return len(self.writes()) - before

    def writes(self) -> list[Any]:
        answer = requests.get(f"{self.sandbox.url}/sandbox/ledger", timeout=5)
        found: list[Any] = answer.json()
        return found


@pytest.fixture(params=["cloud", "data-center"])
def site(request: Any, memory_effects: Any, one_connector: Any) -> Iterator[Site]:
    made = Site(request.param, memory_effects, one_connector)
    url = made.sandbox.url
    yield made
    made.sandbox.stop()
    SITES.forget(url)


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
def test_a_field_is_set_once_and_cleared_once(site: Site, kind: str) -> None:
    entry = FIELDS[kind]
    assert site.update(fields=[entry]) == 1
    assert site.update(fields=[entry]) == 0
    assert site.notes == [f"{site.key} has these values already; nothing was sent"]
    if kind in ("summary", "estimate", "issue type"):
        return
    cleared = {"name": entry["name"], "value": None}
    assert site.update(fields=[cleared]) == 1
    assert site.update(fields=[cleared]) == 0


def test_a_parent_is_set_once_and_taken_away_once(site: Site) -> None:
    if not site.cloud:  # Data Center has parents for sub-tasks only
        return
    for value in (site.epic, None):
        entry = {"name": "Parent", "value": value}
        assert [site.update(fields=[entry]), site.update(fields=[entry])] == [1, 0]


def test_what_is_not_in_a_list_is_not_taken_from_it(site: Site) -> None:
    site.update(fields=[{"name": "Labels", "value": "a,b"}])
    taken = {"name": "Labels", "remove": "b,c"}
    assert [site.update(fields=[taken]), site.update(fields=[taken])] == [1, 0]
    both = {"name": "Labels", "add": "a", "remove": "b"}
    assert site.update(fields=[both]) == 0


def test_a_list_that_holds_more_or_less_is_set(site: Site) -> None:
    entry = {"name": "Affected Regions", "value": "EU,US"}
    site.update(fields=[entry])
    assert site.update(fields=[{**entry, "value": "EU,EU"}]) == 1
    assert site.update(fields=[entry]) == 1


AROUND: dict[str, dict[str, Any]] = {
    "link": {"links": [{"type": "blocks", "to": "REL-2"}]},
    "symmetric link": {"links": [{"type": "relates to", "to": "REL-2"}]},
    "watcher": {"watchers": "CAB Lead"},
    "link to the run": {"remoteLink": True},
    "remote link": {"remoteLink": {"title": "Run", "url": "https://ci.example.com/1"}},
    "transition": {"transitionTo": {"status": "In Progress"}},
}


@pytest.mark.parametrize("kind", AROUND)
def test_what_hangs_on_an_issue_is_hung_once(site: Site, kind: str) -> None:
    assert [site.update(**AROUND[kind]), site.update(**AROUND[kind])] == [1, 0]


def test_a_remote_link_with_another_title_is_sent(site: Site) -> None:
    link = AROUND["remote link"]["remoteLink"]
    assert site.update(remoteLink=link) == 1
    assert site.update(remoteLink={**link, "title": "The run"}) == 1
    assert site.update(remoteLink={**link, "title": "The run"}) == 0
