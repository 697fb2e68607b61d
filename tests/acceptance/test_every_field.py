"""Every type of field is set from YAML, on Cloud and on Data Center, and stored as it was meant.

One pipeline for each flavour creates issues with all the values below, a second one clears,
extends and replaces them; each test compares one field with what the sandbox Jira stores then.
"""

import re
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

LIMIT = 120
CLOUD, DATA_CENTER = "cloud", "data-center"
CONNECTOR = """\
connector:
  identifier: jira
  type: Jira
  spec:
    jiraUrl: %s
    auth:
      type: UsernamePassword
      spec: {username: release-bot, passwordRef: account.jira_token}
"""


#: What Data Center calls some fields of Jira's own.
ON_DATA_CENTER = {
    "Components": "Component/s",
    "Fix versions": "Fix Version/s",
    "Affects versions": "Affects Version/s",
    "Due date": "Due Date",
}


def called(name: str, flavour: str) -> str:
    return ON_DATA_CENTER.get(name, name) if flavour == DATA_CENTER else name


def plain(value: Any) -> Any:
    return value


def named(value: Any) -> Any:
    """Return what a thing, or each of a list of things, is called."""
    if isinstance(value, list):
        return [named(item) for item in value]
    return next(value[key] for key in ("value", "displayName", "name", "key") if key in value)


def cascade(value: Any) -> Any:
    return value["value"], value.get("child", {}).get("value")


def key(value: Any) -> Any:
    return value["key"]


def labels(value: Any) -> Any:
    """Return the labels but for the mark that every issue of a run carries."""
    return [item for item in value if not item.startswith("penstock-")]


def estimates(value: Any) -> Any:
    return value["originalEstimate"], value["remainingEstimate"]


@dataclass(frozen=True)
class Case:
    """A value as YAML has it, the field that it is for, and what is stored then."""

    id: str
    name: str
    value: Any
    field: str
    stored: Any
    read: Callable[[Any], Any] = plain
    flavour: str | None = None
    #: Written with ``raw`` or ``format: markdown`` in the place of a plain value.
    how: str = "value"

    def entry(self, flavour: str) -> dict[str, Any]:
        name = called(self.name, flavour)
        if self.how == "markdown":
            return {"name": name, "value": self.value, "format": "markdown"}
        return {"name": name, self.how: self.value}


RISK, REGIONS, PLANNED, WINDOW, POINTS, OWNER, REVIEWERS, LOCATION, NOTES, URL, GROUP, SPRINT = (
    f"customfield_{number}" for number in range(10010, 10022)
)
EPIC, FLAGGED, ENVIRONMENT, COST = (f"customfield_{number}" for number in range(10022, 10026))
EMOJI = "Größe ✓ 🚀 <b>&amp;</b>"

CREATED = [
    Case("text", "Summary", "Release 4.2.0", "summary", "Release 4.2.0"),
    Case("text with more than ASCII", "Summary", EMOJI, "summary", EMOJI),
    Case("number", "Story Points", "3", POINTS, 3),
    Case("number with a fraction", "Story Points", "2.5", POINTS, 2.5),
    Case("number in YAML", "Story Points", 8, POINTS, 8),
    Case("date", "Planned Date", "2026-12-24", PLANNED, "2026-12-24"),
    Case("date without dashes", "Planned Date", "20261224", PLANNED, "2026-12-24"),
    Case("date of Jira's own", "Due date", "2026-12-25", "duedate", "2026-12-25"),
    Case(
        "datetime with a zone",
        "Deployment Window",
        "2026-12-24T20:00:00+01:00",
        WINDOW,
        "2026-12-24T19:00:00.000+0000",
    ),
    Case(
        "datetime in UTC",
        "Deployment Window",
        "2026-12-24T20:00:00Z",
        WINDOW,
        "2026-12-24T20:00:00.000+0000",
    ),
    Case(
        "datetime in milliseconds",
        "Deployment Window",
        "1798142400000",
        WINDOW,
        "2026-12-24T20:00:00.000+0000",
    ),
    Case("option", "Risk Level", "High", RISK, "High", named),
    Case("option in another case", "risk level", "high", RISK, "High", named),
    Case("option by its id", "Risk Level", "10100", RISK, "Low", named),
    Case("field by its id", RISK, "Medium", RISK, "Medium", named),
    Case("several options", "Affected Regions", "EU,US", REGIONS, ["EU", "US"], named),
    Case("several as a list", "Affected Regions", ["EU", "APAC"], REGIONS, ["EU", "APAC"], named),
    Case("cascade", "Location", "EU > Dublin", LOCATION, ("EU", "Dublin"), cascade),
    Case(
        "cascade as a mapping",
        "Location",
        {"value": "US", "child": "Austin"},
        LOCATION,
        ("US", "Austin"),
        cascade,
    ),
    Case("cascade without a child", "Location", "US", LOCATION, ("US", None), cascade),
    Case("user by e-mail", "Change Owner", "operator@example.com", OWNER, "Operator", named),
    Case("user by display name", "Change Owner", "CAB Lead", OWNER, "CAB Lead", named),
    Case("user by account id", "Change Owner", "@operator", OWNER, "Operator", named, CLOUD),
    Case("user by user name", "Change Owner", "operator", OWNER, "Operator", named, DATA_CENTER),
    Case("user by key", "Change Owner", "@operator", OWNER, "Operator", named, DATA_CENTER),
    Case("assignee", "Assignee", "reviewer@example.com", "assignee", "Reviewer", named),
    Case("reporter", "Reporter", "Operator", "reporter", "Operator", named),
    Case(
        "several users",
        "Reviewers",
        "CAB Lead,reviewer@example.com",
        REVIEWERS,
        ["CAB Lead", "Reviewer"],
        named,
    ),
    Case(
        "several users as a list",
        "Reviewers",
        ["operator@example.com", "Reviewer"],
        REVIEWERS,
        ["Operator", "Reviewer"],
        named,
    ),
    Case("group", "Support Group", "release-managers", GROUP, "release-managers", named),
    Case("components", "Components", "Gateway,Ledger", "components", ["Gateway", "Ledger"], named),
    Case("component", "Components", "Gateway", "components", ["Gateway"], named),
    Case("fix version", "Fix versions", "1.0", "fixVersions", ["1.0"], named),
    Case(
        "affected versions", "Affects versions", ["1.0", "2.0"], "versions", ["1.0", "2.0"], named
    ),
    Case("priority", "Priority", "Highest", "priority", "Highest", named),
    Case("priority by its id", "Priority", "5", "priority", "Lowest", named),
    Case("labels", "Labels", 'cab,"release"', "labels", ["cab", "release"], labels),
    Case("sprint by number", "Sprint", "1", SPRINT, ["Sprint 1"], named),
    Case("sprint by name", "Sprint", "Sprint 2", SPRINT, ["Sprint 2"], named),
    Case("epic", "Epic Link", "REL-1", EPIC, "REL-1"),
    Case("security level", "Security Level", "Restricted", "security", "Restricted", named),
    Case("flagged", "Flagged", "Impediment", FLAGGED, ["Impediment"], named),
    Case("url", "Build URL", "https://ci.example.com/42", URL, "https://ci.example.com/42"),
    Case("rich text", "Description", "h3. Why\n* one", "description", "h3. Why\n* one"),
    Case(
        "rich text in Markdown",
        "Release Notes",
        "### Why\nThe ledger is **slow**.",
        NOTES,
        "h3. Why\n\nThe ledger is *slow*.",
        how="markdown",
    ),
    Case("ambiguous name by Jira's id", "environment", "production", "environment", "production"),
    Case("ambiguous name by the custom id", ENVIRONMENT, "staging", ENVIRONMENT, "staging"),
    Case(
        "time tracking",
        "Original Estimate",
        "2h 30m",
        "timetracking",
        ("2h 30m", "2h"),
        estimates,
    ),
    Case(
        "raw JSON",
        "Location",
        {"value": "EU", "child": {"value": "Berlin"}},
        LOCATION,
        ("EU", "Berlin"),
        cascade,
        how="raw",
    ),
    Case("raw JSON as text", "Risk Level", '{"id": "10101"}', RISK, "Medium", named, how="raw"),
    Case("a type nobody knows", "Cost Center", "CC-42", COST, "CC-42"),
    Case("a type nobody knows, raw", "Cost Center", '{"id": 42}', COST, {"id": 42}, how="raw"),
]

#: What is done to an issue that has them all: an entry, a field, and what is stored then.
CHANGED: list[tuple[str, dict[str, Any], str, Any, Callable[[Any], Any]]] = [
    (
        "add a label",
        {"name": "Labels", "add": ["new"]},
        "labels",
        ["cab", "new", "release"],
        labels,
    ),
    (
        "remove a component",
        {"name": "Components", "remove": "Gateway"},
        "components",
        ["Ledger"],
        named,
    ),
    (
        "add an option and remove one",
        {"name": "Affected Regions", "add": "APAC", "remove": "US"},
        REGIONS,
        ["EU", "APAC"],
        named,
    ),
    ("add a version", {"name": "Fix versions", "add": "2.0"}, "fixVersions", ["1.0", "2.0"], named),
    (
        "add a user",
        {"name": "Reviewers", "add": "operator@example.com"},
        REVIEWERS,
        ["CAB Lead", "Reviewer", "Operator"],
        named,
    ),
    ("change an option", {"name": "Risk Level", "value": "Medium"}, RISK, "Medium", named),
    ("change the type", {"name": "Issue Type", "value": "Task"}, "issuetype", "Task", named),
]
CLEARED = [
    *("Story Points", "Planned Date", "Due date", "Deployment Window", "Change Owner", "Location"),
    *(
        "Support Group",
        "Sprint",
        "Security Level",
        "Flagged",
        "Build URL",
        "Description",
        "Assignee",
    ),
    *("Release Notes", "environment", ENVIRONMENT, "Epic Link", "Cost Center"),
]


@dataclass
class Stored:
    """The issues as the sandbox has them, in the order of the steps, and what the run noted."""

    flavour: str
    issues: list[dict[str, Any]]
    changed: dict[str, Any]
    resolved: dict[str, Any]
    child: dict[str, Any]
    notes: list[str]


def steps_of(flavour: str) -> tuple[list[list[dict[str, Any]]], dict[str, int]]:
    """Return the entries of each JiraCreate, and by case which of them has it."""
    steps: list[dict[str, dict[str, Any]]] = []
    places: dict[str, int] = {}
    for case in CREATED:
        if case.flavour not in (None, flavour):
            continue
        free = (n for n, step in enumerate(steps) if case.field not in step)
        place = next(free, len(steps))
        if place == len(steps):
            steps.append({})
        steps[place][case.field] = case.entry(flavour)
        places[case.id] = place
    listed = [list(step.values()) for step in steps]
    for step in listed:
        if not any(entry["name"] == "Summary" for entry in step):
            step.append({"name": "Summary", "value": "Another"})
    listed[places["time tracking"]].append({"name": "Remaining Estimate", "value": "2h"})
    return listed, places


def pipeline(steps: list[dict[str, Any]]) -> str:
    stage = {"identifier": "s", "type": "Custom", "spec": {"execution": {"steps": steps}}}
    return yaml.safe_dump(
        {"pipeline": {"identifier": "fields", "stages": [{"stage": stage}]}},
        sort_keys=False,
        allow_unicode=True,
    )


def create(identifier: str, kind: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    spec = {"connectorRef": "account.jira", "projectKey": "REL", "issueType": kind}
    step = {"identifier": identifier, "type": "JiraCreate", "spec": {**spec, "fields": entries}}
    return {"step": step}


def update(identifier: str, issue: str, **spec: Any) -> dict[str, Any]:
    whole = {"connectorRef": "account.jira", "issueKey": issue, **spec}
    return {"step": {"identifier": identifier, "type": "JiraUpdate", "spec": whole}}


class Site:
    """A sandbox in a process of its own, with a field that no client knows."""

    def __init__(self, shell: Any, flavour: str) -> None:
        self.shell, self.flavour = shell, flavour
        world = shell("sandbox", "--print-world").out
        field = "  - {name: Environment, kind: text}\n"
        assert field in world
        more = f"{field}  - {{name: Cost Center, kind: plugin}}\n"
        shell.write("world.yaml", world.replace(field, more))
        self.process = shell.start("sandbox", "--world", "world.yaml", "--flavour", flavour)
        found = re.search(r"http://[\d.:]+", self.process.stdout.readline())
        assert found
        self.url = found.group()
        shell.environ["PENSTOCK_SECRET_ACCOUNT_JIRA_TOKEN"] = "sandbox-token"
        shell.write("connectors/jira.yaml", CONNECTOR % self.url)

    def get(self, path: str) -> Any:
        answer = requests.get(
            f"{self.url}/rest/api/2/{path}", auth=("release-bot", "sandbox-token"), timeout=LIMIT
        )
        answer.raise_for_status()
        return answer.json()

    def fields(self, key: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"issue/{key}")["fields"]
        return found

    def user(self, name: str) -> str:
        """Return what names a user for good: the account id, or the key on Data Center."""
        question = "query" if self.flavour == CLOUD else "username"
        (user,) = self.get(f"user/search?{question}={name}")
        found: str = user["accountId" if self.flavour == CLOUD else "key"]
        return found

    def run(self, name: str, text: str) -> list[dict[str, Any]]:
        self.shell.write(name, text)
        result = self.shell("run", name, "--output", "json")
        assert result.code == 0, result.out + result.err
        events: list[dict[str, Any]] = result.events
        return events

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=LIMIT)


@pytest.fixture(scope="module", params=[CLOUD, DATA_CENTER])
def stored(
    request: pytest.FixtureRequest, shell_type: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stored]:
    directory: Path = tmp_path_factory.mktemp(request.param)
    site = Site(shell_type(directory), request.param)
    try:
        yield _stored(site)
    finally:
        site.stop()


def _stored(site: Site) -> Stored:
    steps, _ = steps_of(site.flavour)
    created = [create("epic", "Epic", [{"name": "Summary", "value": "An epic"}])]
    created += [create(f"c{n}", "Change", entries) for n, entries in enumerate(steps)]
    parent = {"name": "Parent", "value": "<+execution.steps.epic.issue.key>"}
    child = [{"name": "Summary", "value": "A part"}]
    first = "<+execution.steps.c0.issue.key>"
    created.append(create("child", "Sub-task", [*child, {**parent, "value": first}]))
    written = pipeline(created).replace("'@operator'", site.user("operator"))
    events = site.run("created.yaml", written)
    issues = [site.fields(f"REL-{n}") for n in range(2, 2 + len(steps))]
    subtask = site.fields(f"REL-{2 + len(steps)}")
    changes = [{**entry, "name": called(entry["name"], site.flavour)} for _, entry, *_ in CHANGED]
    clears = [{"name": name, "value": None} for name in CLEARED]
    ways = [{"status": name} for name in ("Pending Approval", "Approved", "Deploying")]
    moved = [update(f"m{n}", "REL-3", transitionTo=way) for n, way in enumerate(ways)]
    resolution = {"name": "Resolution", "value": "won't do"}
    moved.append(update("done", "REL-3", transitionTo={"status": "Done"}, fields=[resolution]))
    events += site.run(
        "changed.yaml", pipeline([update("change", "REL-2", fields=[*changes, *clears]), *moved])
    )
    notes = [event["text"] for event in events if event["event"] == "step_noted"]
    return Stored(site.flavour, issues, site.fields("REL-2"), site.fields("REL-3"), subtask, notes)


@pytest.mark.parametrize("case", CREATED, ids=lambda case: case.id)
def test_a_field_is_stored_as_it_was_meant(stored: Stored, case: Case) -> None:
    if case.flavour not in (None, stored.flavour):
        # The other flavour has no such name for a user, and says so.
        assert case.id not in steps_of(stored.flavour)[1]
        return
    place = steps_of(stored.flavour)[1][case.id]
    assert case.read(stored.issues[place][case.field]) == case.stored


@pytest.mark.parametrize("change", CHANGED, ids=lambda change: change[0])
def test_a_field_is_changed(stored: Stored, change: Any) -> None:
    _, _, field, expected, read = change
    assert read(stored.changed[field]) == expected


CLEARED_IDS = {
    "Story Points": POINTS,
    "Planned Date": PLANNED,
    "Due date": "duedate",
    "Deployment Window": WINDOW,
    "Change Owner": OWNER,
    "Location": LOCATION,
    "Support Group": GROUP,
    "Sprint": SPRINT,
    "Security Level": "security",
    "Flagged": FLAGGED,
    "Build URL": URL,
    "Description": "description",
    "Assignee": "assignee",
    "Release Notes": NOTES,
    "Epic Link": EPIC,
    "Cost Center": COST,
}


@pytest.mark.parametrize("name", CLEARED)
def test_null_clears_a_field(stored: Stored, name: str) -> None:
    field = CLEARED_IDS.get(name, name)
    assert stored.issues[0][field] not in (None, [])
    assert stored.changed[field] in (None, [])


def test_a_sub_task_has_its_parent(stored: Stored) -> None:
    assert key(stored.child["parent"]) == "REL-2"


def test_a_resolution_is_set_by_the_transition_that_asks_for_it(stored: Stored) -> None:
    assert named(stored.resolved["resolution"]) == "Won't Do"
    assert named(stored.resolved["status"]) == "Done"


def test_a_type_that_nobody_knows_is_sent_with_a_warning(stored: Stored) -> None:
    wanted = f"Cost Center ({COST}) has the type plugin-value: its value is sent as text"
    assert wanted in stored.notes


def test_no_value_was_stored_as_something_else(stored: Stored) -> None:
    assert [note for note in stored.notes if "stores something else" in note] == []
    assert len([note for note in stored.notes if "sent as text" in note]) == 1
