"""``plan --live`` of the three steps against the sandbox Jira, on Cloud and Data Center."""

import json
from typing import Any

import pytest

from penstock.app import App, StartOptions
from penstock.inspection import Level
from penstock.live import live_plan
from penstock.run.inspector import InspectedStep, LivePlan
from penstock.verdict import VerdictStatus


def live(desk: Any, *specs: tuple[str, dict[str, Any]]) -> LivePlan:
    """Return what is found of a pipeline with these steps; nothing may be written."""
    app = App(desk.directory / "plan.db", desk.environ)
    options = StartOptions(desk.pipeline(*specs))
    written = len(desk.ledger())
    found = live_plan(app, options, app.plan(options, complete=True).plan)
    assert len(desk.ledger()) == written
    assert not app.database.exists()
    return found


def create(desk: Any, *entries: Any, **more: Any) -> LivePlan:
    spec = {"connectorRef": "account.jira", "projectKey": "REL", "issueType": "Change"}
    fields = [{"name": "Summary", "value": "Release"}, *entries]
    return live(desk, ("JiraCreate", {**spec, "fields": fields, **more}))


def update(desk: Any, key: str, *entries: Any, **more: Any) -> LivePlan:
    spec = {"connectorRef": "account.jira", "issueKey": key, "fields": list(entries)}
    return live(desk, ("JiraUpdate", {**spec, **more}))


def gate(desk: Any, key: str, *conditions: Any, **more: Any) -> LivePlan:
    criteria = {"type": "KeyValues", "spec": {"conditions": list(conditions)}}
    spec = {"connectorRef": "account.jira", "issueKey": key, "approvalCriteria": criteria}
    return live(desk, ("JiraApproval", {**spec, **more}))


def told(found: LivePlan, *levels: Level) -> list[str]:
    """Return what was found, without its places."""
    found = [each.fault for each in found.findings(*(levels or Level))]
    return [f"{fault.message}; {fault.hint}" if fault.hint else fault.message for fault in found]


def only(found: LivePlan) -> InspectedStep:
    (step,) = found.steps
    return step


def differences(step: InspectedStep) -> list[tuple[str, str, str]]:
    return [(each.name, each.before, each.after) for each in step.inspection.differences]


def condition(key: str, operator: str, value: str) -> dict[str, str]:
    return {"key": key, "operator": operator, "value": value}


OPEN_KEY = "<+pipeline.executionId>"


def test_a_create_shows_the_request_that_a_run_sends(desk: Any) -> None:
    found = create(
        desk,
        {"name": "risk level", "value": "High"},
        {"name": "Change Owner", "value": "operator@example.com"},
        {"name": "Location", "value": "EU > Dublin"},
        {"name": "Labels", "value": "a,b"},
        {"name": "Story Points", "value": "3"},
        {"name": "Comment", "value": "Opened"},
    )
    assert told(found) == []
    made, comment = only(found).inspection.writes
    assert made.what == "POST /rest/api/2/issue"
    shown = json.loads(json.dumps(made.body).replace("MARK", "0" * 24))
    app = desk.app()
    options = StartOptions(desk.directory / "p.yaml")
    done = desk.carry(app, app.start(options, app.plan(options, complete=True)))
    real, said = [entry["body"] for entry in desk.ledger()]
    mark = real["properties"][0]["value"]["marker"].removeprefix("penstock-")
    real = json.loads(json.dumps(real).replace(mark, "0" * 24).replace(done.run, "RUN"))
    assert shown == real
    assert comment.what == "POST /rest/api/2/issue/(its key)/comment"
    assert comment.body["body"] == said["body"] == "Opened"  # type: ignore[index]  # a mapping


def test_a_connector_is_said_to_be_who_it_is(desk: Any) -> None:
    flavour = "Jira Cloud" if desk.flavour == "cloud" else "Jira Data Center"
    assert create(desk).connectors == {
        "account.jira": f"Release Bot at {desk.sandbox.url} ({flavour})"
    }


@pytest.mark.parametrize(
    ("entry", "level", "message"),
    [
        (
            {"name": "Risk Levle", "value": "High"},
            Level.ERROR,
            "Risk Levle: Jira has no field of this name; did you mean 'Risk Level'?",
        ),
        (
            {"name": "Zzz", "value": "High"},
            Level.ERROR,
            "Zzz: Jira has no field of this name; ",
        ),
        (
            {"name": "Resolution", "value": "Done"},
            Level.WARNING,
            "Resolution is not on the create screen of Change in REL; put it there, or leave",
        ),
        (
            {"name": "Priority", "value": "Hihg"},
            Level.ERROR,
            "Priority: Value [Hihg] is not allowed for field [Priority]. Allowed values: [Highe",
        ),
        (
            {"name": "Assignee", "value": "operatr@example.com"},
            Level.ERROR,
            "Assignee: Found no jira users with this query : [operatr@example.com]",
        ),
        (
            {"name": "Environment", "value": "staging"},
            Level.ERROR,
            "Environment: 2 fields are called 'Environment'",
        ),
        (
            {"name": "Story Points", "value": "three"},
            Level.ERROR,
            "Story Points: Invalid number value for field [Story Points]",
        ),
        (
            {"name": "Status", "value": "Done"},
            Level.ERROR,
            "Status: is no field: a new issue starts in the first status",
        ),
        (
            {"name": "Parent", "value": "REL-99"},
            Level.ERROR,
            "REL-99 does not exist, or Release Bot may not see it; check the key",
        ),
        (
            {"name": "Story Points", "value": "<+pipeline.sequenceId>"},
            Level.NOTE,
            "Story Points comes with the run (<+pipeline.sequenceId>)",
        ),
        (
            {"name": "Stroy Points", "value": "<+pipeline.sequenceId>"},
            Level.ERROR,
            "Stroy Points: Jira has no field of this name; did you mean 'Story Points'?",
        ),
        (
            {"name": "Environment", "value": "<+pipeline.executionId>"},
            Level.ERROR,
            "Environment: 2 fields are called 'Environment'",
        ),
        (
            {"name": "Labels", "value": ["a", "<+pipeline.executionId>"]},
            Level.NOTE,
            "Labels comes with the run",
        ),
        (
            {"name": "Location", "value": {"value": "EU", "child": "<+pipeline.executionId>"}},
            Level.NOTE,
            "Location comes with the run",
        ),
        (
            {"name": "Location", "raw": {"value": "<+pipeline.executionId>"}},
            Level.NOTE,
            "Location comes with the run",
        ),
        (
            {"name": "Original Estimate", "value": "<+pipeline.executionId>"},
            None,
            "",
        ),
        ({"name": "Labels", "value": ""}, Level.NOTE, "Labels is empty and is not sent"),
    ],
    ids=lambda value: value.get("name", "") if isinstance(value, dict) else None,
)
def test_each_entry_of_a_create_is_judged_by_itself(
    desk: Any, entry: Any, level: Level | None, message: str
) -> None:
    found = create(desk, entry, {"name": "Due date", "value": "2026-12-24"})
    if level is None:
        assert told(found) == []
        return
    (finding,) = found.findings(*Level)
    assert finding.level is level
    assert told(found)[0].startswith(message)
    assert finding.fault.file is not None
    lines = (desk.directory / "p.yaml").read_text().splitlines()
    assert '"fields":' in "\n".join(lines[: finding.fault.line])
    (write,) = only(found).inspection.writes
    assert write.body["fields"]["duedate"] == "2026-12-24"  # type: ignore[call-overload,index]  # a mapping


def test_all_faults_are_told_at_once_each_at_its_line(desk: Any) -> None:
    found = create(
        desk,
        {"name": "Risk Levle", "value": "High"},
        {"name": "Priority", "value": "Hihg"},
        links=[{"type": "blocsk", "to": "REL-98"}, {"type": "Blocks", "to": OPEN_KEY}],
        watchers=["nobody", OPEN_KEY],
        attachments=["missing-*.txt"],
        comment={"text": "x", "visibility": {"type": "role", "value": "Administrators"}},
    )
    text = (desk.directory / "p.yaml").read_text().splitlines()
    placed = {
        finding.fault.message.partition(":")[0]: text[(finding.fault.line or 0) - 1].strip()
        for finding in found.findings(Level.ERROR)
    }
    assert placed == {
        "Risk Levle": '- "name": "Risk Levle"',
        "Priority": '- "name": "Priority"',
        "links": '- "type": "blocsk"',
        "watchers": '- "nobody"',
        "attachments": '- "missing-*.txt"',
    }
    assert sorted(told(found, Level.NOTE)) == [
        f"links comes with the run ({OPEN_KEY})",
        f"watchers comes with the run ({OPEN_KEY})",
    ]


@pytest.mark.parametrize(
    ("more", "key", "message"),
    [
        ({"projectKey": "REK"}, "projectKey", "Invalid project: REK; did you mean 'REL'?"),
        ({"issueType": "Chnage"}, "issueType", "Invalid issue type in project REL: Chnage"),
    ],
)
def test_a_project_or_an_issue_type_that_does_not_exist_is_an_error_of_its_key(
    desk: Any, more: Any, key: str, message: str
) -> None:
    found = create(desk, {"name": "Risk Levle", "value": "High"}, **more)
    first, name = told(found, Level.ERROR)
    assert first.startswith(message)
    assert name.startswith("Risk Levle: Jira has no field of this name")
    line = next(found.findings(Level.ERROR)).fault.line or 0
    assert (desk.directory / "p.yaml").read_text().splitlines()[line - 1].strip() == (
        f'"{key}": "{more[key]}"'
    )


@pytest.mark.parametrize(
    ("jql", "level", "message"),
    [
        ("summary ~ nowhere", None, ""),
        ('summary ~ "A change"', Level.NOTE, "REL-1 is there already, by reuse.jql: it would be"),
        ("project = REL", Level.ERROR, "reuse.jql finds several issues: REL-2, REL-1"),
        ("projct = REL", Level.ERROR, "Jira refused to look for an issue to take (400)"),
        (f'summary ~ "{OPEN_KEY}"', Level.NOTE, "reuse.jql comes with the run"),
    ],
)
def test_an_issue_that_is_taken_instead_is_told(
    desk: Any, jql: str, level: Level | None, message: str
) -> None:
    desk.issue()
    desk.issue(summary="Another")
    found = create(desk, reuse={"jql": jql})
    if level is None:
        assert told(found) == []
    else:
        (one,) = told(found, level)
        assert one.startswith(message)
    taken = message.startswith("REL-1 is there")
    assert (only(found).inspection.writes[0].what == "nothing is created: REL-1 is taken") is taken


@pytest.mark.parametrize("key", ["projectKey", "issueType"])
def test_a_project_that_comes_with_the_run_leaves_the_names_to_be_checked(
    desk: Any, key: str
) -> None:
    found = create(
        desk, {"name": "Risk Levle", "value": "High"}, **{key: "<+pipeline.executionId>"}
    )
    assert told(found, Level.NOTE) == [
        f"{key} comes with the run (<+pipeline.executionId>): only the names of fields are checked"
    ]
    assert len(told(found, Level.ERROR)) == 1
    assert only(found).inspection.writes == ()


def test_what_the_metadata_require_is_a_warning_and_no_error(desk: Any) -> None:
    spec = {"connectorRef": "account.jira", "projectKey": "REL", "issueType": "Change"}
    found = live(desk, ("JiraCreate", spec))
    assert told(found, Level.ERROR) == []
    assert told(found, Level.WARNING) == [
        "Required fields {Summary} for the provided jira issue type are missing; add them to "
        "fields; without them the step stops before it sends anything"
    ]
    pending = {"fields": [{"name": "Summary", "value": "<+pipeline.executionId>"}]}
    found = live(desk, ("JiraCreate", {**spec, **pending}))
    assert told(found, Level.WARNING) == []


def test_an_update_shows_the_difference_the_transition_and_its_requests(desk: Any) -> None:
    key = desk.issue(description="old", labels=["a"], duedate="2026-12-24")
    found = update(
        desk,
        key,
        {"name": "Risk Level", "value": "High"},
        {"name": "Due date", "value": "2026-12-24"},
        {"name": "Description", "value": None},
        {"name": "Labels", "add": ["urgent"], "remove": ["a"]},
        {"name": "Story Points", "value": "<+pipeline.sequenceId>"},
        {"name": "Comment", "value": "moving"},
        transitionTo={"status": "pending approval"},
    )
    step = only(found)
    assert told(found, Level.ERROR, Level.WARNING) == []
    assert differences(step) == [
        ("Risk Level", "nothing", "High"),
        ("Story Points", "nothing", "<+pipeline.sequenceId>"),
        ("Description", "old", "nothing"),
        ("Labels", "[a]", "+ urgent - a"),
        ("Status", "To Do", "Pending Approval (by Request approval)"),
    ]
    edit, comment, move = step.inspection.writes
    assert edit.what == f"PUT /rest/api/2/issue/{key}"
    assert edit.body["update"] == {"labels": [{"add": "urgent"}, {"remove": "a"}]}  # type: ignore[index]  # a mapping
    assert comment.what.endswith(f"{key}/comment")
    assert move.what.endswith(f"{key}/transitions")
    assert list(move.body) == ["transition"]  # type: ignore[arg-type]  # a mapping


def test_a_value_that_does_not_fit_leaves_the_rest_of_the_difference(desk: Any) -> None:
    found = update(
        desk,
        desk.issue(),
        {"name": "Priority", "value": "Hihg"},
        {"name": "Story Points", "value": "3"},
    )
    assert differences(only(found)) == [("Story Points", "nothing", "3")]
    assert told(found)[0].startswith("Priority: Value [Hihg] is not allowed")


def test_an_update_that_changes_nothing_says_so_by_silence(desk: Any) -> None:
    key = desk.issue(duedate="2026-12-24")
    found = update(
        desk, key, {"name": "Due date", "value": "2026-12-24"}, transitionTo={"status": "To Do"}
    )
    assert differences(only(found)) == []
    assert only(found).inspection.writes == ()
    assert told(found) == [f"{key} is To Do already: no transition is made"]


@pytest.mark.parametrize(
    ("way", "level", "message"),
    [
        ({"status": "Aproved"}, Level.ERROR, "Jira has no status 'Aproved'; did you mean 'App"),
        (
            {"status": "Deploying"},
            Level.WARNING,
            "not possible now: Invalid transition to status: Deploying: REL-1 is 'To Do', and from",
        ),
        ({"transitionName": "Aprove"}, Level.WARNING, "not possible now: Invalid transition [Ap"),
        (
            {"status": OPEN_KEY},
            Level.NOTE,
            "transitionTo comes with the run",
        ),
    ],
    ids=["nowhere", "not now", "by name", "open"],
)
def test_a_transition_that_cannot_be_made_now_is_a_warning_unless_its_status_does_not_exist(
    desk: Any, way: Any, level: Level, message: str
) -> None:
    key = desk.issue()
    found = update(desk, key, {"name": "Risk Level", "value": "Low"}, transitionTo=way)
    (finding,) = found.findings(*Level)
    assert (finding.level, told(found)[0].startswith(message)) == (level, True), told(found)
    assert differences(only(found)) == [("Risk Level", "nothing", "Low")]


def test_a_field_that_a_transition_requires_is_a_warning(desk: Any) -> None:
    key = desk.issue()
    for name in ("Request approval", "Approve", "Start deployment"):
        desk.move(key, name)
    found = update(desk, key, transitionTo={"status": "Done"})
    assert told(found, Level.WARNING)[0].startswith(
        "Required fields {Resolution} for the transition Complete → Done are missing"
    )
    found = update(
        desk, key, {"name": "Resolution", "value": "Done"}, transitionTo={"status": "Done"}
    )
    assert told(found) == []
    assert differences(only(found)) == [
        ("Resolution", "nothing", "Done"),
        ("Status", "Deploying", "Done (by Complete)"),
    ]


def test_an_issue_that_does_not_exist_is_an_error_and_the_names_are_checked_all_the_same(
    desk: Any,
) -> None:
    found = update(
        desk, "REL-99", {"name": "Risk Levle", "value": "x"}, transitionTo={"status": "Dnoe"}
    )
    assert told(found, Level.ERROR) == [
        "REL-99 does not exist, or Release Bot may not see it; check the key",
        "Risk Levle: Jira has no field of this name; did you mean 'Risk Level'?",
        "Jira has no status 'Dnoe'; did you mean 'Done'?",
    ]


def test_what_an_earlier_step_will_make_is_said_to_come_with_the_run(desk: Any) -> None:
    spec = {"connectorRef": "account.jira", "projectKey": "REL", "issueType": "Change"}
    summary = {"fields": [{"name": "Summary", "value": "x"}]}
    key = {"connectorRef": "account.jira", "issueKey": "<+execution.steps.s0.issue.key>"}
    update = {"fields": [{"name": "Rsik Level", "value": "Hihg"}]}
    wanted = [condition("Status", "in", "Aproved,Done"), condition("Rsik Level", "equals", "Low")]
    criteria = {"type": "KeyValues", "spec": {"conditions": wanted}}
    found = live(
        desk,
        ("JiraCreate", {**spec, **summary}),
        ("JiraUpdate", {**key, **update, "transitionTo": {"status": "Done"}}),
        ("JiraApproval", {**key, "approvalCriteria": criteria}),
    )
    notes = told(found, Level.NOTE)
    assert [note.partition(":")[0] for note in notes] == 2 * [
        "issueKey comes with the run (<+execution.steps.s0.issue.key>)"
    ]
    assert (
        told(found, Level.ERROR)
        == ["Rsik Level: Jira has no field of this name; did you mean 'Risk Level'?"] * 2
    )
    assert told(found, Level.WARNING) == [
        "Status: Jira has no value 'Aproved'; did you mean 'Approved'?"
    ]
    assert found.steps[2].inspection.verdict is None


@pytest.mark.parametrize(
    ("moves", "status"),
    [
        ((), VerdictStatus.WAITING),
        (("Request approval", "Approve"), VerdictStatus.APPROVED),
        (("Request approval", "Reject"), VerdictStatus.REJECTED),
    ],
)
def test_a_gate_says_what_its_verdict_would_be_now(
    desk: Any, moves: tuple[str, ...], status: VerdictStatus
) -> None:
    key = desk.issue()
    for name in moves:
        desk.move(key, name)
    rejection = {"type": "Jexl", "spec": {"expression": '<+issue.Status> == "Rejected"'}}
    found = gate(desk, key, condition("Status", "equals", "Approved"), rejectionCriteria=rejection)
    verdict = only(found).inspection.verdict
    assert verdict is not None
    assert verdict.status is status
    assert told(found) == []


@pytest.mark.parametrize(
    ("more", "key", "message"),
    [
        ({"projectKey": "OPS"}, "projectKey", "Invalid project key. Execution sent: OPS."),
        ({"issueType": "Bug"}, "issueType", "Invalid issue type. Execution sent: Bug."),
        ({"issueKey": "REL-99"}, "issueKey", "REL-99 does not exist, or Release Bot may not see"),
    ],
)
def test_a_gate_at_the_wrong_issue_is_an_error_of_the_key_that_says_so(
    desk: Any, more: Any, key: str, message: str
) -> None:
    found = gate(desk, desk.issue(), condition("Status", "equals", "Done"), **more)
    (error,) = found.findings(Level.ERROR)
    assert error.fault.message.startswith(message)
    line = (desk.directory / "p.yaml").read_text().splitlines()[(error.fault.line or 0) - 1]
    assert line.strip().startswith(f'"{key}":')


def test_what_a_gate_waits_for_in_vain_is_a_warning(desk: Any) -> None:
    key = desk.issue()
    found = gate(
        desk,
        key,
        condition("Status", "equals", "approved"),
        condition("Risk Level", "in", "Low,Hihg"),
        condition("Location", "equals", "EU > Dublin"),
        condition("Summary", "contains", "x"),
    )
    assert told(found)[:2] == [
        "Status: Jira has no value 'approved'; did you mean 'Approved'?",
        "Risk Level: Jira has no value 'Hihg'; did you mean 'High'?",
    ]
    assert len(told(found)) == 2


def test_names_that_exist_nowhere_are_errors_of_their_conditions(desk: Any) -> None:
    key = desk.issue()
    expression = '<+issue.Statsu> == "Rejected" && <+issue.__Assignee.displayName> != "x"'
    found = gate(
        desk,
        key,
        condition("Risk Levle", "equals", "Low"),
        rejectionCriteria={"type": "Jexl", "spec": {"expression": expression}},
    )
    text = (desk.directory / "p.yaml").read_text().splitlines()
    lines = [text[(each.fault.line or 0) - 1].strip() for each in found.findings(Level.ERROR)]
    assert [line.partition(":")[0] for line in lines] == ['- "key"', '"expression"']
    assert told(found, Level.ERROR)[1].startswith("Statsu: Jira has no field of this name")


def test_approvers_whom_jira_does_not_know_are_a_warning(desk: Any) -> None:
    approvers = {"users": ["cab-lead@example.com", "nobody@example.com"]}
    found = gate(desk, desk.issue(), condition("Status", "equals", "Done"), approvers=approvers)
    assert [each.partition(";")[0] for each in told(found, Level.WARNING)] == [
        "approvers: Found no jira users with this query : [nobody@example.com]"
    ]


def test_a_refused_sign_in_is_one_error(desk: Any) -> None:
    desk.environ["PENSTOCK_SECRET_ACCOUNT_TOKEN"] = "wrong-token"
    found = create(desk)
    (error,) = told(found, Level.ERROR)
    assert "check the connector's user and secret" in error
    assert "wrong-token" not in error
    assert found.connectors == {}


def test_an_address_where_no_jira_is_is_one_error(desk: Any) -> None:
    desk.connect(f"{desk.sandbox.url}/wiki")
    (error,) = told(create(desk), Level.ERROR)
    assert "jiraUrl is not the address of a Jira" in error


def test_a_jira_that_does_not_answer_is_one_error(desk: Any) -> None:
    desk.connect("http://127.0.0.1:9")
    found = gate(desk, "REL-1", condition("Status", "equals", "Done"))
    (error,) = told(found, Level.ERROR)
    assert "the connection was refused" in error


def test_a_look_that_fails_is_an_error_of_the_gate(desk: Any) -> None:
    key = desk.issue()
    passed = {"match": {"path": f"/issue/{key}$"}, "after": 1, "fault": {"kind": "status"}}
    desk.ask("POST", "sandbox/faults", passed)
    found = gate(desk, key, condition("Status", "equals", "Done"))
    (error,) = told(found, Level.ERROR)
    assert "503" in error


def test_an_epic_link_that_comes_with_the_run_is_the_parent_on_cloud(desk: Any) -> None:
    found = create(desk, {"name": "Epic Link", "value": OPEN_KEY})
    assert told(found) == [f"Epic Link comes with the run ({OPEN_KEY})"]
    (write,) = only(found).inspection.writes
    assert OPEN_KEY in write.body["fields"].values()  # type: ignore[call-overload,index,union-attr]  # a mapping


def test_markdown_is_shown_as_it_would_be_sent(desk: Any) -> None:
    cloud = desk.flavour == "cloud"
    api = "3" if cloud else "2"
    entry = {"name": "Description", "value": "**a**", "format": "markdown"}
    said = {"text": "*b*", "format": "markdown"}
    made, comment = only(create(desk, entry, comment=said)).inspection.writes
    assert (made.what, comment.what) == (
        f"POST /rest/api/{api}/issue",
        f"POST /rest/api/{api}/issue/(its key)/comment",
    )
    sent = made.body["fields"]["description"]
    assert sent["type"] == "doc" if cloud else sent == "*a*"
    key = desk.issue(description="*a*")
    changed = only(update(desk, key, entry))
    words = [("Description", "*a*", "**a**")]
    assert differences(changed) == (words if cloud else [])
    lines = [write.what for write in changed.inspection.writes]
    assert lines == ([f"PUT /rest/api/3/issue/{key}"] if cloud else [])
