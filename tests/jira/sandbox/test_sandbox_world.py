"""The default world, and what becomes of a world file that is wrong."""

import re

import pytest

from penstock.errors import Refused
from penstock.sandbox import SandboxOptions
from penstock_jira.sandbox import JiraSandbox
from penstock_jira.sandbox.world_build import load_world

CHANGE = {
    "To Do": {"Request approval": "Pending Approval", "Cancel": "Cancelled"},
    "Pending Approval": {"Approve": "Approved", "Reject": "Rejected", "Cancel": "Cancelled"},
    "Approved": {"Start deployment": "Deploying", "Cancel": "Cancelled"},
    "Deploying": {"Complete": "Done", "Cancel": "Cancelled"},
    "Done": {},
    "Rejected": {},
    "Cancelled": {},
}
OTHERS = {
    "To Do": {"Start": "In Progress", "Done": "Done"},
    "In Progress": {"To Do": "To Do", "Done": "Done"},
    "Done": {"To Do": "To Do", "Start": "In Progress"},
}
PEOPLE = ("release-bot", "cab-lead", "reviewer", "operator")
CUSTOM = [
    ("Risk Level", "select"),
    ("Affected Regions", "multiselect"),
    ("Planned Date", "date"),
    ("Deployment Window", "datetime"),
    ("Story Points", "number"),
    ("Change Owner", "user"),
    ("Reviewers", "users"),
    ("Location", "cascading"),
    ("Release Notes", "textarea"),
    ("Build URL", "url"),
    ("Support Group", "group"),
    ("Sprint", "sprint"),
    ("Epic Link", "epic"),
    ("Flagged", "checkboxes"),
    ("Environment", "text"),
]


def ways(world, kind, status):
    workflow = next(each.workflow for each in world.types if each.name == kind)
    here = next(each.id for each in world.statuses if each.name == status)
    return {way.name: world.status(way.target).name for way in workflow.from_status(here)}


@pytest.mark.parametrize("status", CHANGE)
def test_a_change_moves_as_the_design_says(status):
    assert ways(load_world(None, "cloud"), "Change", status) == CHANGE[status]


@pytest.mark.parametrize("kind", ["Task", "Bug", "Epic", "Sub-task"])
@pytest.mark.parametrize("status", OTHERS)
def test_the_other_types_move_from_each_status_to_each_other(kind, status):
    assert ways(load_world(None, "cloud"), kind, status) == OTHERS[status]


def test_custom_fields_are_numbered_from_10010_in_the_order_of_the_design():
    fields = [each for each in load_world(None, "cloud").fields if each.custom]
    assert [(each.name, each.kind) for each in fields] == CUSTOM
    assert [each.id for each in fields] == [f"customfield_{10010 + i}" for i in range(15)]


def test_the_options_of_the_fields_are_those_of_the_design():
    fields = {each.name: each for each in load_world(None, "cloud").fields if each.custom}
    texts = {name: [option.value for option in each.options] for name, each in fields.items()}
    assert texts["Risk Level"] == ["Low", "Medium", "High"]
    assert texts["Affected Regions"] == ["EU", "US", "APAC"]
    assert texts["Flagged"] == ["Impediment"]
    location = {
        option.value: [child.value for child in option.children]
        for option in fields["Location"].options
    }
    assert location == {"EU": ["Dublin", "Berlin"], "US": ["Austin", "Denver"]}


def test_no_two_options_have_one_id():
    options = [
        each
        for field in load_world(None, "cloud").fields
        for option in field.options
        for each in (option, *option.children)
    ]
    assert len({each.id for each in options}) == len(options) == 13


def test_the_people_and_the_group_are_those_of_the_design():
    world = load_world(None, "cloud")
    assert [(u.name, u.email) for u in world.users] == [
        (name, f"{name}@example.com")
        for name in ("release-bot", "cab-lead", "reviewer", "operator")
    ]
    assert [(g.name, g.members) for g in world.groups] == [
        ("release-managers", ("cab-lead", "reviewer"))
    ]
    assert {p.key: p.name for p in world.projects} == {"REL": "Releases", "OPS": "Operations"}


def test_only_complete_asks_for_a_resolution_and_it_is_required():
    world = load_world(None, "cloud")
    asked = {
        (way.name, each.field, each.required)
        for kind in world.types
        for way in kind.workflow.transitions
        for each in way.screen
    }
    assert asked == {("Complete", "resolution", True)}
    assert world.off_screen == {"resolution"}


@pytest.mark.parametrize("flavour", ["cloud", "data-center"])
def test_the_printed_world_read_back_is_the_same_world(written, flavour):
    path = written("world.yaml", JiraSandbox.print_world())
    assert load_world(path, flavour) == load_world(None, flavour)


def test_the_printed_world_explains_itself():
    assert JiraSandbox.print_world().count("\n# ") > 10


BROKEN = {
    "an unknown key": ("users:\n", "userz:\n", "unknown key `userz`.*did you mean 'users'"),
    "an unknown key deep inside": (
        "{name: Task, workflow: Simple,",
        "{name: Task, workflw: Simple,",
        r":\d+:\d+: .*workfl.*",
    ),
    "a category that is none": ("category: new", "category: fresh", r":\d+:\d+: .*category"),
    "a status that is not there": (
        "to: Rejected",
        "to: Rejcted",
        "'Rejcted'.*'Rejected'",
    ),
    "a source that is not there": ("from: Approved", "from: Aproved", "no status 'Aproved'"),
    "a workflow that is not there": ("workflow: Change", "workflow: Chang", "no workflow 'Chang'"),
    "a member who is not there": ("[cab-lead, rev", "[cab-led, rev", "no user 'cab-led'"),
    "a lead who is not there": ("lead: operator", "lead: operater", "no user 'operater'"),
    "a kind that is none": ("kind: url", "kind: link", "no kind of field 'link'"),
    "a select without options": (", options: [Low, Medium, High]", "", "'select' needs 'options'"),
    "options where none belong": ("kind: url}", "kind: url, options: [x]}", "'url' has no 'opti"),
    "options of the wrong form": (
        "options: [EU, US, APAC]",
        "options: {EU: [a]}",
        "options of 'multiselect' are a list",
    ),
    "a screen field that is not there": ("field: Resolution", "field: Resoluton", "no field 'Res"),
    "an off-screen field that is not there": (
        "offScreen: [Res",
        "offScreen: [Rez",
        "'Rez",
    ),
    "a default that is not there": ("defaultPriority: Medium", "defaultPriority: Mid", "'Mid'"),
    "a name twice": ("{name: Bug,", "{name: Task,", "'Task' is in 'types' already"),
    "a key that is none": ("key: REL", "key: rel", r":\d+:\d+: .*key"),
    "sprints as options": ("kind: sprint}", "kind: sprint, options: [x]}", "under 'boards'"),
    "a board of no project": ("    project: REL", "    project: RLE", "no project 'RLE'"),
    "a kanban board with sprints": (
        "    project: REL",
        "    project: REL\n    kind: kanban",
        "a kanban board has no sprints; leave 'kind' out",
    ),
    "a sprint in no state": ("state: active", "state: actve", r":\d+:\d+: .*state"),
    "a security level twice": ("[Internal, Res", "[Internal, Internal, Res", "in 'securityLevels'"),
    "a level that is none": ("level: -1", "level: -2", r":\d+:\d+: .*level"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_wrong_world_is_refused_with_its_place(written, case):
    before, after, expected = BROKEN[case]
    text = JiraSandbox.print_world()
    assert before in text
    path = written("world.yaml", text.replace(before, after, 1))
    with pytest.raises(Refused) as refused:
        JiraSandbox(SandboxOptions(world=path)).check()
    found = str(refused.value)
    assert re.search(expected, found), found
    assert re.match(rf"{re.escape(str(path))}:\d+:\d+: ", found)


def test_all_faults_of_a_world_are_told_at_once(written):
    text = (
        JiraSandbox.print_world().replace("to: Rejected", "to: X1").replace("kind: url", "kind: X2")
    )
    with pytest.raises(Refused) as refused:
        JiraSandbox(SandboxOptions(world=written("world.yaml", text))).start()
    assert [fault.line is not None for fault in refused.value.faults] == [True, True]
    assert "X1" in str(refused.value) and "X2" in str(refused.value)


def test_a_transition_may_come_from_a_list_of_statuses(written):
    text = JiraSandbox.print_world().replace("from: Approved,", "from: [Approved, To Do],")
    world = load_world(written("world.yaml", text), "cloud")
    assert "Start deployment" in ways(world, "Change", "To Do")


def test_another_world_is_what_the_api_shows(start, written):
    text = JiraSandbox.print_world()
    text = text.replace("key: REL, name: Releases", "key: PIE, name: Pies, types: [Task]")
    text = text.replace("project: REL", "project: PIE")
    text = text.replace("offScreen: [Resolution]", "offScreen: [Resolution, Labels, Priority]")
    client = start(world=written("world.yaml", text))
    shown = client("GET", "/project/PIE").json()
    assert [each["name"] for each in shown["issueTypes"]] == ["Task"]
    key = client.create("Task", "PIE")
    refused = client("PUT", f"/issue/{key}", {"fields": {"labels": ["x"]}})
    assert refused.json()["errors"] == {
        "labels": "Field 'labels' cannot be set. It is not on the appropriate screen, or unknown."
    }
    assert client.fields(key)["priority"] is None


def test_a_field_may_be_required(start, written):
    text = JiraSandbox.print_world().replace("High]}", "High], required: true}", 1)
    client = start(world=written("world.yaml", text))
    refused = client(
        "POST",
        "/issue",
        {"fields": {"project": {"key": "REL"}, "issuetype": {"name": "Bug"}, "summary": "x"}},
    )
    assert refused.json()["errors"] == {"customfield_10010": "Risk Level is required."}
    key = client.create("Bug", customfield_10010={"value": "Low"})
    cleared = client("PUT", f"/issue/{key}", {"fields": {"customfield_10010": None}})
    assert cleared.json()["errors"] == {"customfield_10010": "Risk Level is required."}


def test_an_unknown_flavour_is_refused_with_the_near_miss():
    with pytest.raises(Refused, match="did you mean 'data-center'"):
        JiraSandbox(SandboxOptions(flavour="data-centre")).check()


def test_the_first_flavour_is_the_default(start):
    assert JiraSandbox.flavours[0] == "cloud"
    assert start()("GET", "/serverInfo").json()["deploymentType"] == "Cloud"
