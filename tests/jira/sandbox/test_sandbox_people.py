"""The script of the people, checked before anything starts, and done in order."""

import re
import threading

import pytest

from penstock.errors import Refused
from penstock.sandbox import SandboxOptions
from penstock_jira.sandbox import JiraSandbox
from penstock_jira.sandbox.contents import Contents
from penstock_jira.sandbox.desk import Desk
from penstock_jira.sandbox.people import People
from penstock_jira.sandbox.script import load_script
from penstock_jira.sandbox.world_build import load_world


@pytest.fixture
def stage(written, clock):
    """Return what sets up a desk and people with a script, without a server."""

    def set_up(script, flavour="cloud"):
        desk = Desk(load_world(None, flavour), flavour, Contents(), clock)
        deeds = load_script(written("script.yaml", script), desk.lens())
        return desk, People(deeds, desk, clock)

    return set_up


def create(desk, kind="Change"):
    bot = desk.world.users[0]
    fields = {"project": {"key": "REL"}, "issuetype": {"name": kind}, "summary": "x"}
    return desk.create(desk.lens(bot), {"fields": fields})


def status(desk, issue):
    return desk.world.status(issue.status).name


def move(desk, issue, identifier):
    desk.move(desk.lens(desk.world.users[0]), issue, {"transition": {"id": identifier}})


def test_a_deed_waits_for_its_issue_its_transition_and_its_time(stage, clock):
    desk, people = stage("- {after: 2s, issue: last, transition: Approve}")
    assert not people.act() and people.seconds_left() == 2
    clock.advance(2)
    assert not people.act()  # no issue
    issue = create(desk)
    assert not people.act()  # no such transition yet
    move(desk, issue, "11")
    assert people.act()
    assert status(desk, issue) == "Approved"
    assert issue.history[-1].author == "cab-lead"
    assert people.finished and people.done == 1 and not people.act()


def test_the_time_counts_from_the_deed_before(stage, clock):
    desk, people = stage("- {after: 1s, comment: one}\n- {after: 3s, comment: two}")
    issue = create(desk)
    clock.advance(10)
    assert people.act() and not people.act()
    assert people.seconds_left() == 3
    clock.advance(3)
    assert people.act()
    assert [comment.body for comment in issue.comments] == ["one", "two"]


def test_issues_are_named_by_last_number_and_key(stage):
    desk, people = stage(
        "- {issue: created 2, comment: second}\n"
        "- {issue: last, comment: newest}\n"
        "- {issue: REL-1, comment: first}"
    )
    one = create(desk)
    assert not people.act()  # there is no second issue yet
    two, three = create(desk), create(desk)
    assert [people.act() for _ in range(3)] == [True] * 3
    assert [[c.body for c in issue.comments] for issue in (one, two, three)] == [
        ["first"],
        ["second"],
        ["newest"],
    ]


PLAIN = [
    ("Risk Level: High", "customfield_10010", "10102"),
    ("customfield_10010: Low", "customfield_10010", "10100"),
    ("Affected Regions: [EU, US]", "customfield_10011", ["10103", "10104"]),
    ("Affected Regions: EU, US", "customfield_10011", ["10103", "10104"]),
    ("Planned Date: 2026-03-04", "customfield_10012", "2026-03-04"),
    (
        "Deployment Window: 2026-03-04T10:00:00.000+0000",
        "customfield_10013",
        "2026-03-04T10:00:00.000+0000",
    ),
    ("Story Points: 3", "customfield_10014", 3.0),
    ("Change Owner: operator", "customfield_10015", "operator"),
    ("Change Owner: Operator", "customfield_10015", "operator"),
    ("Reviewers: [reviewer, cab-lead@example.com]", "customfield_10016", ["reviewer", "cab-lead"]),
    ("Location: EU > Dublin", "customfield_10017", ["10106", "10107"]),
    ("Location: [US, Denver]", "customfield_10017", ["10109", "10111"]),
    ("Location: US", "customfield_10017", ["10109"]),
    ("Release Notes: all of it", "customfield_10018", "all of it"),
    ("Support Group: release-managers", "customfield_10020", "release-managers"),
    ("Sprint: Sprint 2", "customfield_10021", ["2"]),
    ("Sprint: 1", "customfield_10021", ["1"]),
    ("Flagged: Impediment", "customfield_10023", ["10112"]),
    ("customfield_10024: blue", "customfield_10024", "blue"),
    ("environment: prod", "environment", "prod"),
    ("Labels: [traffic, cab-ok]", "labels", ["traffic", "cab-ok"]),
    ("Labels: traffic cab-ok", "labels", ["traffic", "cab-ok"]),
    ("Priority: Highest", "priority", "1"),
    ("Components: Gateway", "components", ["10000"]),
    ("Fix versions: [1.0, 2.0]", "fixVersions", ["10000", "10001"]),
    ("Assignee: reviewer", "assignee", "reviewer"),
    ("Summary: Another", "summary", "Another"),
    ("Time tracking: 2h", "timetracking", {"original": 7200, "remaining": 7200}),
    ("Issue Type: Change", "summary", "x"),
]


@pytest.mark.parametrize(("written_value", "field", "stored"), PLAIN)
def test_plain_values_are_shaped(stage, written_value, field, stored):
    desk, people = stage(f"- set: {{{written_value}}}".replace("EU, US}", "'EU, US'}"))
    issue = create(desk)
    assert people.act(), desk.notices
    assert desk.notices == []
    assert issue.fields[field] == stored


@pytest.mark.parametrize("flavour", ["cloud", "data-center"])
def test_a_field_can_be_emptied(stage, flavour):
    desk, people = stage("- set: {Priority: null, Assignee: ''}", flavour)
    issue = create(desk)
    assert people.act() and "priority" not in issue.fields and "assignee" not in issue.fields


def test_a_resolution_goes_with_the_transition_that_asks_for_it(stage):
    desk, people = stage(
        "- {transition: Complete, set: {Resolution: Duplicate, Risk Level: Low}, as: operator}"
    )
    issue = create(desk)
    for identifier in ("11", "21", "41"):
        move(desk, issue, identifier)
    assert people.act()
    assert status(desk, issue) == "Done"
    assert issue.fields["resolution"] == "10002" and issue.fields["customfield_10010"] == "10100"


def test_a_deed_that_jira_refuses_is_told_and_passed_over(stage, caplog):
    desk, people = stage("- set: {Components: Nothing}\n- comment: later")
    issue = create(desk)
    assert people.act() and people.act()
    assert desk.notices == [
        "entry 1 of the script, on REL-1: Component name 'Nothing' is not valid"
    ]
    assert "entry 1" in caplog.text and len(issue.comments) == 1


WRONG = [
    ("- {transiton: Approve}", "unknown key `transiton`.*did you mean 'transition'"),
    ("- {transition: Aprove}", "no workflow has a transition 'Aprove'.*'Approve'"),
    ("- {set: {Risk Levle: High}}", "no field 'Risk Levle'.*'Risk Level'"),
    ("- {set: {Environment: x}}", "2 fields are called 'Environment'.*customfield_10024"),
    ("- {set: {Risk Level: Extreme}}", "'Extreme' is not valid.*Low, Medium, High"),
    ("- {set: {Planned Date: soon}}", "Error parsing date string: soon"),
    ("- {set: {Story Points: many}}", "must be a number"),
    ("- {set: {Change Owner: nobody}}", "User 'nobody' does not exist"),
    ("- {set: {Status: Done}}", "the field 'Status' cannot be set"),
    ("- {set: {Resolution: Done}}", "the field 'Resolution' cannot be set"),
    ("- {transition: Complete}", "'Complete' needs the field 'Resolution'"),
    ("- {comment: x, as: cab-led}", "no user 'cab-led'.*'cab-lead'"),
    ("- {comment: x, after: soon}", "'soon' is not a duration"),
    ("- {comment: x, after: -2s}", "not a duration"),
    ("- {comment: x, issue: first}", "'first' names no issue"),
    ("- {comment: x, issue: created 0}", "'created 0' names no issue"),
    ("- {after: 2s}", "this entry does nothing"),
    ("- Approve", "mapping"),
    ("transition: Approve", "a script is a list"),
]


@pytest.mark.parametrize(("text", "told"), WRONG)
def test_a_wrong_script_is_refused_before_anything_listens(written, text, told):
    path = written("script.yaml", text)
    sandbox = JiraSandbox(SandboxOptions(script=path))
    with pytest.raises(Refused) as refused:
        sandbox.start()
    found = str(refused.value)
    assert re.search(told, found, re.DOTALL), found
    assert re.match(rf"{re.escape(str(path))}:\d+:\d+: ", found)


def test_all_faults_of_a_script_are_told_at_once(written):
    text = "- {transition: X1}\n- {set: {X2: 1}, as: X3}\n- {x4: 1, comment: y}\n"
    with pytest.raises(Refused) as refused:
        JiraSandbox(SandboxOptions(script=written("script.yaml", text))).check()
    assert [fault.line for fault in refused.value.faults] == [1, 2, 2, 3]


def test_a_world_without_the_cab_lead_lets_its_first_user_act(written):
    text = JiraSandbox.print_world().replace("cab-lead", "somebody")
    script = written("script.yaml", "- comment: Hello")
    sandbox = JiraSandbox(SandboxOptions(world=written("world.yaml", text), script=script))
    sandbox.check()


def test_people_act_on_their_own_and_wake_the_watcher(start, written):
    script = written(
        "script.yaml", "- {after: 2s, transition: Approve}\n- {after: 1s, comment: Done}\n"
    )
    client = start(script=script)
    done = threading.Event()
    people = client.sandbox.site.people
    client.sandbox.on_change(lambda: done.set() if people.finished else None)
    key = client.create()
    client.move(key, "Request approval")
    assert done.wait(10)
    fields = client.fields(key)
    assert fields["status"]["name"] == "Approved"
    assert fields["comment"]["comments"][0]["author"]["displayName"] == "CAB Lead"
    ledger = client.sandbox_call("GET", "/ledger").json()
    assert [entry["path"].rpartition("/")[2] for entry in ledger] == ["issue", "transitions"]


def test_people_go_on_where_a_killed_sandbox_left_them(start, tmp_path, written):
    state = tmp_path / "state.json"
    script = written("script.yaml", "- {comment: one}\n- {comment: two, issue: REL-2}\n")
    client = start(state=state, script=script)
    client.create()
    while client.sandbox.site.people.done < 1:
        client.sandbox.site.act()
    client.sandbox.stop()
    again = start(state=state, script=script)
    assert again.sandbox.site.people.done == 1
    assert len(again.fields("REL-1")["comment"]["comments"]) == 1


LEFT = [
    ("- transition: Approve", 0, "transition 'Approve' of last", "there is no issue"),
    ("- {comment: x, issue: created 2}", 1, "comment on created 2", "there is 1 issue"),
    ("- {comment: x, issue: created 3}", 2, "comment on created 3", "there are 2 issues"),
    ("- {comment: x, issue: OPS-7}", 1, "comment on OPS-7", "there is no issue OPS-7"),
    (
        "- {transition: Start deployment, issue: created 1}",
        1,
        "transition 'Start deployment' of created 1",
        "REL-1 is To Do, from which there is Request approval, Cancel",
    ),
    ("- {after: 9s, set: {Labels: x}}", 1, "set fields of last", "its time comes in 9 s"),
    ("- comment: x", 1, "comment on last", "the sandbox stopped first"),
]


@pytest.mark.parametrize(("script", "issues", "deed", "why"), LEFT)
def test_an_entry_that_is_not_done_says_what_it_waits_for(stage, script, issues, deed, why):
    desk, people = stage(f"{script}\n- comment: later")
    for _ in range(issues):
        create(desk)
    first, second = people.left()
    assert (first.number, str(first.deed), first.why) == (1, deed, why)
    assert (second.number, second.why) == (2, "entry 1 comes first")
    waits = f"Entry 1 of the script ({deed}) waits: {why}"
    assert people.pending() == (None if "after" in script else waits)


def test_people_who_are_done_wait_for_nothing(stage):
    desk, people = stage("- comment: x")
    create(desk)
    assert people.act() and people.left() == [] and people.pending() is None


def test_a_sandbox_that_stops_names_what_was_not_done(start, written, caplog):
    entries = "- {issue: created 1, transition: Start deployment}\n" + "- comment: x\n" * 5
    client = start(script=written("people.yaml", entries))
    client.create()
    shown = client("GET", f"{client.sandbox.url}/").text
    assert "waits: REL-1 is To Do, from which there is Request approval, Cancel" in shown
    assert caplog.messages == []
    client.sandbox.stop()
    assert caplog.messages[0] == (
        "sandbox: entry 1 of people.yaml (transition 'Start deployment' of created 1) was not "
        "done: REL-1 is To Do, from which there is Request approval, Cancel"
    )
    assert len(caplog.messages) == 5
    assert caplog.messages[-1] == "sandbox: and 2 more entries were not done"
