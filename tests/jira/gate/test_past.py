"""Rebuilding what an issue was: against what the sandbox had shown of it at the time."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from penstock.connector import Binding
from penstock.sandbox import SandboxOptions
from penstock.testing import FakeClock
from penstock_jira.changelog import Entry, entries
from penstock_jira.client import JiraClient
from penstock_jira.comparable import comparable
from penstock_jira.connector import JiraConnector
from penstock_jira.metadata import FieldMeta, field_of
from penstock_jira.past import State, states
from penstock_jira.sandbox import JiraSandbox

START = datetime(2026, 1, 1, tzinfo=UTC)
STATUS = FieldMeta("status", "Status", "status")
#: Each is a set of edits that are made one after another, in one issue.
EDITS: list[dict[str, Any]] = [
    {"customfield_10010": {"value": "Low"}, "labels": ["a", "b"]},
    {"customfield_10010": {"value": "High"}},
    {"customfield_10011": [{"value": "EU"}, {"value": "US"}], "customfield_10014": 3},
    {"customfield_10011": [{"value": "APAC"}], "customfield_10014": 2.5},
    {"customfield_10012": "2026-12-24", "customfield_10013": "2026-12-24T20:00:00.000+0000"},
    {"customfield_10012": "2027-01-01", "customfield_10013": None},
    {"customfield_10017": {"value": "EU", "child": {"value": "Dublin"}}},
    {"customfield_10017": {"value": "US"}, "customfield_10018": "notes"},
    {"fixVersions": [{"name": "1.0"}, {"name": "2.0"}], "components": [{"name": "Gateway"}]},
    {"fixVersions": [{"name": "2.0"}], "components": [{"name": "Ledger"}], "labels": []},
    {"priority": {"name": "High"}, "duedate": "2026-11-11", "summary": "Another one"},
    {"priority": {"name": "Low"}, "duedate": None, "customfield_10023": [{"value": "Impediment"}]},
    {"customfield_10010": None, "customfield_10011": [], "customfield_10023": None},
]


class Lab:
    """A sandbox with one issue that is edited, and read after each edit."""

    def __init__(self, flavour: str) -> None:
        self.clock = FakeClock()
        self.sandbox = JiraSandbox(SandboxOptions(flavour=flavour, clock=self.clock))
        self.sandbox.start()
        connector = self.sandbox.stand_in(None).bind(Binding(clock=self.clock))
        assert isinstance(connector, JiraConnector)
        self.client: JiraClient = connector.client(self.clock.now() + timedelta(days=1))
        fields = {"project": {"key": "REL"}, "issuetype": {"name": "Change"}, "summary": "One"}
        self.key = self.client.send("POST", "/rest/api/2/issue", {"fields": fields}, what="x")[
            "key"
        ]
        listed: Any = self.client.get("/rest/api/2/field", what="x")
        self.fields = [field_of(one["id"], one) for one in listed]

    @property
    def path(self) -> str:
        return f"/rest/api/2/issue/{self.key}"

    def edit(self, fields: dict[str, Any]) -> None:
        self.clock.advance(60)
        self.client.send("PUT", self.path, {"fields": fields}, what="edit")

    def move(self, name: str) -> None:
        self.clock.advance(60)
        listed: Any = self.client.get(f"{self.path}/transitions", what="x")
        (number,) = [one["id"] for one in listed["transitions"] if one["name"] == name]
        body: Any = {"transition": {"id": number}}
        self.client.send("POST", f"{self.path}/transitions", body, what="move")

    def read(self) -> Any:
        return self.client.get(self.path, what="read", expand="changelog")

    def rebuilt(self, start: datetime = START) -> tuple[State, ...]:
        issue = self.read()
        return states(issue, entries(issue), self.fields, start)

    def shown(self, issue: Any) -> dict[str, Any]:
        """Return how each field is compared: what a condition sees of it."""
        found = {}
        for one in self.fields:
            value = issue["fields"].get(one.id)
            entry = {"type": one.type, "items": one.items, "value": value}
            empty = value in (None, "", [])
            seen = None if empty else comparable(entry)
            found[one.id] = seen and (seen.is_list, sorted(i.shown for i in seen.items))
        return {name: value for name, value in found.items() if name not in NOT_KEPT}


#: What no changelog tells of, since it is no field that people change.
NOT_KEPT = {"updated", "statuscategorychangedate", "lastViewed", "watches", "votes", "comment"}


@pytest.fixture(params=["cloud", "data-center"])
def lab(request: Any) -> Iterator[Lab]:
    made = Lab(request.param)
    yield made
    made.sandbox.stop()


def test_every_state_of_an_issue_is_rebuilt_as_it_was(lab: Lab) -> None:
    seen = [lab.shown(lab.read())]
    for fields in EDITS:
        lab.edit(fields)
        seen.append(lab.shown(lab.read()))
    lab.move("Request approval")
    seen.append(lab.shown(lab.read()))
    rebuilt = lab.rebuilt()
    assert [lab.shown(state.issue) for state in rebuilt] == seen
    assert all(state.lost == {} for state in rebuilt)
    assert rebuilt[0].since == START
    assert rebuilt[-1].since - rebuilt[1].since == timedelta(minutes=len(EDITS))


def test_a_person_who_was_there_is_known_by_any_of_their_names(lab: Lab) -> None:
    found: Any = lab.client.get("/rest/api/2/myself", what="x")
    member = "accountId" if "accountId" in found else "name"
    lab.edit({"assignee": {member: found[member]}})
    lab.edit({"assignee": None})
    was = lab.rebuilt()[1].issue["fields"]["assignee"]
    seen = comparable({"type": "user", "value": was})
    identity = found.get("accountId") or found["key"]
    assert seen.items[0].is_called(identity)
    assert seen.items[0].is_called("Release Bot")


def test_only_changes_since_the_start_and_of_what_is_looked_at_make_a_state(lab: Lab) -> None:
    lab.edit({"labels": ["a"]})
    lab.move("Request approval")
    opened = lab.clock.now() + timedelta(seconds=1)
    lab.edit({"labels": ["b"]})
    lab.move("Approve")
    lab.edit({"summary": "Nobody looks at it"})
    issue = lab.read()
    found = states(issue, entries(issue), [STATUS], opened)
    names = [state.issue["fields"]["status"]["name"] for state in found]
    assert names == ["Pending Approval", "Approved"]
    assert found[0].since == opened
    assert len(found[0].changes) == 2


def changed(*items: Any) -> Callable[[Any], tuple[Entry, ...]]:
    histories = [
        {"created": f"2026-03-0{number + 1}T10:00:00.000+0000", "items": one}
        for number, one in enumerate(items)
    ]
    return lambda: entries({"changelog": {"histories": histories}})


def test_a_moved_issue_had_its_old_key_and_project() -> None:
    moved = [
        {"field": "Key", "fromString": "OPS-4", "toString": "REL-9"},
        {"field": "project", "from": "2", "fromString": "Operations", "toString": "Releases"},
    ]
    issue: Any = {"key": "REL-9", "fields": {"project": {"key": "REL"}, "status": {"name": "A"}}}
    first, now = states(issue, changed(moved)(), [STATUS], START)
    assert (first.issue["key"], first.issue["fields"]["project"]["key"]) == ("OPS-4", "OPS")
    assert (now.issue["key"], now.issue["fields"]["project"]["key"]) == ("REL-9", "REL")


def test_what_the_changelog_does_not_tell_is_lost_until_it_tells_again() -> None:
    when = FieldMeta("customfield_1", "Window", "datetime")
    item = {"fieldId": "customfield_1", "field": "Window"}
    issue: Any = {"key": "REL-1", "fields": {"customfield_1": "2026-03-05T10:00:00.000+0000"}}
    told = changed(
        [{**item, "from": "2026-03-01T10:00:00+0000", "fromString": "01/Mar/26 10:00 AM"}],
        [{**item, "fromString": "02/Mar/26 10:00 AM"}],
    )()
    first, second, now = states(issue, told, [when], START)
    assert (first.lost, now.lost) == ({}, {})
    assert first.issue["fields"]["customfield_1"] == "2026-03-01T10:00:00.000+0000"
    assert second.lost == {"customfield_1": "the changelog tells '02/Mar/26 10:00 AM' of it"}
