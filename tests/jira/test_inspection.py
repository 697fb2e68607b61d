"""``plan --live`` of the three steps against the sandbox Jira, on Cloud and Data Center."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from penstock.app import App, StartOptions
from penstock.inspection import Level
from penstock.live import live_plan
from penstock.run.inspector import InspectedStep, LivePlan
from penstock.sandbox import SandboxOptions
from penstock.verdict import VerdictStatus
from penstock_jira.missing import MISSING
from penstock_jira.observe import SITES
from penstock_jira.sandbox import JiraSandbox

CONNECTOR = """\
connector:
  identifier: jira
  type: Jira
  spec:
    jiraUrl: %s
    auth:
      type: UsernamePassword
      spec: {username: release-bot, passwordRef: account.token}
"""


@dataclass
class Desk:
    """A sandbox with an issue in it, and a directory with a connector that leads there."""

    directory: Path
    flavour: str
    environ: dict[str, str] = field(
        default_factory=lambda: {"PENSTOCK_SECRET_ACCOUNT_TOKEN": "sandbox-token"}
    )

    def __post_init__(self) -> None:
        self.sandbox = JiraSandbox(SandboxOptions(flavour=self.flavour))
        self.sandbox.start()
        self.connect(self.sandbox.url)

    def connect(self, url: str) -> None:
        file = self.directory / "connectors" / "jira.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(CONNECTOR % url)

    def ask(self, method: str, path: str, body: Any = None, user: str = "release-bot") -> Any:
        answer = requests.request(
            method,
            f"{self.sandbox.url}/{path}",
            json=body,
            auth=(user, "sandbox-token"),
            timeout=10,
        )
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def issue(self, **fields: Any) -> str:
        of = {"project": {"key": "REL"}, "issuetype": {"name": "Change"}, "summary": "A change"}
        key: str = self.ask("POST", "rest/api/2/issue", {"fields": {**of, **fields}})["key"]
        self.written = len(self.ask("GET", "sandbox/ledger"))
        return key

    def move(self, key: str, name: str, user: str = "cab-lead") -> None:
        listed = self.ask("GET", f"rest/api/2/issue/{key}/transitions")["transitions"]
        (found,) = [way["id"] for way in listed if way["name"] == name]
        self.ask("POST", f"rest/api/2/issue/{key}/transitions", {"transition": {"id": found}}, user)
        self.written = len(self.ask("GET", "sandbox/ledger"))

    written: int = 0

    def live(self, *specs: tuple[str, dict[str, Any]], variables: Any = ()) -> LivePlan:
        """Return what is found of a pipeline with these steps; nothing may be written."""
        steps = [
            {"step": {"identifier": f"s{number}", "type": kind, "spec": spec}}
            for number, (kind, spec) in enumerate(specs)
        ]
        stage = {"identifier": "c", "type": "Custom", "spec": {"execution": {"steps": steps}}}
        pipeline = {"identifier": "p", "variables": list(variables), "stages": [{"stage": stage}]}
        file = self.directory / "p.yaml"
        text = yaml.safe_dump({"pipeline": pipeline}, sort_keys=False, default_style='"')
        file.write_text(text.replace('!!null "null"', "null"))
        app = App(self.directory / "journal.db", self.environ)
        options = StartOptions(file)
        found = live_plan(app, options, app.plan(options, complete=True).plan)
        assert len(self.ask("GET", "sandbox/ledger")) == self.written
        assert not app.database.exists()
        return found

    def create(self, *entries: Any, **more: Any) -> LivePlan:
        spec = {"connectorRef": "account.jira", "projectKey": "REL", "issueType": "Change"}
        fields = [{"name": "Summary", "value": "Release"}, *entries]
        return self.live(("JiraCreate", {**spec, "fields": fields, **more}))

    def update(self, key: str, *entries: Any, **more: Any) -> LivePlan:
        spec = {"connectorRef": "account.jira", "issueKey": key, "fields": list(entries)}
        return self.live(("JiraUpdate", {**spec, **more}))

    def gate(self, key: str, *conditions: Any, **more: Any) -> LivePlan:
        criteria = {"type": "KeyValues", "spec": {"conditions": list(conditions)}}
        spec = {"connectorRef": "account.jira", "issueKey": key, "approvalCriteria": criteria}
        return self.live(("JiraApproval", {**spec, **more}))


@pytest.fixture(params=["cloud", "data-center"])
def desk(request: Any, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, request.param)
    url = made.sandbox.url
    yield made
    made.sandbox.stop()
    SITES.forget(url)
    MISSING.forget(url)


def told(live: LivePlan, *levels: Level) -> list[str]:
    """Return what was found, without its places."""
    found = [each.fault for each in live.findings(*(levels or Level))]
    return [f"{fault.message}; {fault.hint}" if fault.hint else fault.message for fault in found]


def only(live: LivePlan) -> InspectedStep:
    (step,) = live.steps
    return step


def differences(step: InspectedStep) -> list[tuple[str, str, str]]:
    return [(each.name, each.before, each.after) for each in step.inspection.differences]


def condition(key: str, operator: str, value: str) -> dict[str, str]:
    return {"key": key, "operator": operator, "value": value}


OPEN_KEY = "<+pipeline.executionId>"


def test_a_create_shows_the_request_that_a_run_sends(desk: Desk) -> None:
    live = desk.create(
        {"name": "risk level", "value": "High"},
        {"name": "Change Owner", "value": "operator@example.com"},
        {"name": "Location", "value": "EU > Dublin"},
        {"name": "Labels", "value": "a,b"},
        {"name": "Story Points", "value": "3"},
        {"name": "Comment", "value": "Opened"},
    )
    assert told(live) == []
    create, comment = only(live).inspection.writes
    desk.environ["PENSTOCK_USER"] = "ann"
    assert create.what == "POST /rest/api/2/issue"
    shown = json.loads(json.dumps(create.body).replace("MARK", "0" * 24))
    run = App(desk.directory / "run.db", desk.environ)
    options = StartOptions(desk.directory / "p.yaml")
    record = run.start(options, run.plan(options, complete=True))

    class Silent:
        def show(self, event: object) -> None:
            """Show nothing."""

    run.carry(record, Silent(), resumed=False)  # type: ignore[arg-type]  # it only needs to show
    sent = [entry["body"] for entry in desk.ask("GET", "sandbox/ledger")][desk.written :]
    marker = sent[0]["properties"][0]["value"]["marker"].removeprefix("penstock-")
    (real,) = [json.loads(json.dumps(sent[0]).replace(marker, "0" * 24))]
    real["properties"][0]["value"]["run"] = "RUN"
    assert shown == real
    assert comment.what == "POST /rest/api/2/issue/(its key)/comment"
    assert comment.body["body"] == sent[1]["body"] == "Opened"  # type: ignore[index]  # a mapping


def test_a_connector_is_said_to_be_who_it_is(desk: Desk) -> None:
    flavour = "Jira Cloud" if desk.flavour == "cloud" else "Jira Data Center"
    assert desk.create().connectors == {
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
    desk: Desk, entry: Any, level: Level | None, message: str
) -> None:
    live = desk.create(entry, {"name": "Due date", "value": "2026-12-24"})
    if level is None:
        assert told(live) == []
        return
    (finding,) = live.findings(*Level)
    assert finding.level is level
    assert told(live)[0].startswith(message)
    assert finding.fault.file is not None
    lines = (desk.directory / "p.yaml").read_text().splitlines()
    assert '"fields":' in "\n".join(lines[: finding.fault.line])
    (write,) = only(live).inspection.writes
    assert write.body["fields"]["duedate"] == "2026-12-24"  # type: ignore[call-overload,index]  # a mapping


def test_all_faults_are_told_at_once_each_at_its_line(desk: Desk) -> None:
    live = desk.create(
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
        for finding in live.findings(Level.ERROR)
    }
    assert placed == {
        "Risk Levle": '- "name": "Risk Levle"',
        "Priority": '- "name": "Priority"',
        "links": '- "type": "blocsk"',
        "watchers": '- "nobody"',
        "attachments": '- "missing-*.txt"',
    }
    assert sorted(told(live, Level.NOTE)) == [
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
    desk: Desk, more: Any, key: str, message: str
) -> None:
    live = desk.create({"name": "Risk Levle", "value": "High"}, **more)
    found, name = told(live, Level.ERROR)
    assert found.startswith(message)
    assert name.startswith("Risk Levle: Jira has no field of this name")
    line = next(live.findings(Level.ERROR)).fault.line or 0
    assert (desk.directory / "p.yaml").read_text().splitlines()[line - 1].strip() == (
        f'"{key}": "{more[key]}"'
    )


@pytest.mark.parametrize("key", ["projectKey", "issueType"])
def test_a_project_that_comes_with_the_run_leaves_the_names_to_be_checked(
    desk: Desk, key: str
) -> None:
    live = desk.create({"name": "Risk Levle", "value": "High"}, **{key: "<+pipeline.executionId>"})
    assert told(live, Level.NOTE) == [
        f"{key} comes with the run (<+pipeline.executionId>): only the names of fields are checked"
    ]
    assert len(told(live, Level.ERROR)) == 1
    assert only(live).inspection.writes == ()


def test_what_the_metadata_require_is_a_warning_and_no_error(desk: Desk) -> None:
    spec = {"connectorRef": "account.jira", "projectKey": "REL", "issueType": "Change"}
    live = desk.live(("JiraCreate", spec))
    assert told(live, Level.ERROR) == []
    assert told(live, Level.WARNING) == [
        "Required fields {Summary} for the provided jira issue type are missing; add them to "
        "fields; without them the step stops before it sends anything"
    ]
    pending = {"fields": [{"name": "Summary", "value": "<+pipeline.executionId>"}]}
    live = desk.live(("JiraCreate", {**spec, **pending}))
    assert told(live, Level.WARNING) == []


def test_an_update_shows_the_difference_the_transition_and_its_requests(desk: Desk) -> None:
    key = desk.issue(description="old", labels=["a"], duedate="2026-12-24")
    live = desk.update(
        key,
        {"name": "Risk Level", "value": "High"},
        {"name": "Due date", "value": "2026-12-24"},
        {"name": "Description", "value": None},
        {"name": "Labels", "add": ["urgent"], "remove": ["a"]},
        {"name": "Story Points", "value": "<+pipeline.sequenceId>"},
        {"name": "Comment", "value": "moving"},
        transitionTo={"status": "pending approval"},
    )
    step = only(live)
    assert told(live, Level.ERROR, Level.WARNING) == []
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


def test_a_value_that_does_not_fit_leaves_the_rest_of_the_difference(desk: Desk) -> None:
    live = desk.update(
        desk.issue(), {"name": "Priority", "value": "Hihg"}, {"name": "Story Points", "value": "3"}
    )
    assert differences(only(live)) == [("Story Points", "nothing", "3")]
    assert told(live)[0].startswith("Priority: Value [Hihg] is not allowed")


def test_an_update_that_changes_nothing_says_so_by_silence(desk: Desk) -> None:
    key = desk.issue(duedate="2026-12-24")
    live = desk.update(
        key, {"name": "Due date", "value": "2026-12-24"}, transitionTo={"status": "To Do"}
    )
    assert differences(only(live)) == []
    assert only(live).inspection.writes == ()
    assert told(live) == [f"{key} is To Do already: no transition is made"]


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
    desk: Desk, way: Any, level: Level, message: str
) -> None:
    key = desk.issue()
    live = desk.update(key, {"name": "Risk Level", "value": "Low"}, transitionTo=way)
    (finding,) = live.findings(*Level)
    assert (finding.level, told(live)[0].startswith(message)) == (level, True), told(live)
    assert differences(only(live)) == [("Risk Level", "nothing", "Low")]


def test_a_field_that_a_transition_requires_is_a_warning(desk: Desk) -> None:
    key = desk.issue()
    for name in ("Request approval", "Approve", "Start deployment"):
        desk.move(key, name)
    live = desk.update(key, transitionTo={"status": "Done"})
    assert told(live, Level.WARNING)[0].startswith(
        "Required fields {Resolution} for the transition Complete → Done are missing"
    )
    live = desk.update(
        key, {"name": "Resolution", "value": "Done"}, transitionTo={"status": "Done"}
    )
    assert told(live) == []
    assert differences(only(live)) == [
        ("Resolution", "nothing", "Done"),
        ("Status", "Deploying", "Done (by Complete)"),
    ]


def test_an_issue_that_does_not_exist_is_an_error_and_the_names_are_checked_all_the_same(
    desk: Desk,
) -> None:
    live = desk.update(
        "REL-99", {"name": "Risk Levle", "value": "x"}, transitionTo={"status": "Dnoe"}
    )
    assert told(live, Level.ERROR) == [
        "REL-99 does not exist, or Release Bot may not see it; check the key",
        "Risk Levle: Jira has no field of this name; did you mean 'Risk Level'?",
        "Jira has no status 'Dnoe'; did you mean 'Done'?",
    ]


def test_what_an_earlier_step_will_make_is_said_to_come_with_the_run(desk: Desk) -> None:
    spec = {"connectorRef": "account.jira", "projectKey": "REL", "issueType": "Change"}
    summary = {"fields": [{"name": "Summary", "value": "x"}]}
    key = {"connectorRef": "account.jira", "issueKey": "<+execution.steps.s0.issue.key>"}
    update = {"fields": [{"name": "Rsik Level", "value": "Hihg"}]}
    wanted = [condition("Status", "in", "Aproved,Done"), condition("Rsik Level", "equals", "Low")]
    criteria = {"type": "KeyValues", "spec": {"conditions": wanted}}
    live = desk.live(
        ("JiraCreate", {**spec, **summary}),
        ("JiraUpdate", {**key, **update, "transitionTo": {"status": "Done"}}),
        ("JiraApproval", {**key, "approvalCriteria": criteria}),
    )
    notes = told(live, Level.NOTE)
    assert [note.partition(":")[0] for note in notes] == 2 * [
        "issueKey comes with the run (<+execution.steps.s0.issue.key>)"
    ]
    assert (
        told(live, Level.ERROR)
        == ["Rsik Level: Jira has no field of this name; did you mean 'Risk Level'?"] * 2
    )
    assert told(live, Level.WARNING) == [
        "Status: Jira has no value 'Aproved'; did you mean 'Approved'?"
    ]
    assert live.steps[2].inspection.verdict is None


@pytest.mark.parametrize(
    ("moves", "status"),
    [
        ((), VerdictStatus.WAITING),
        (("Request approval", "Approve"), VerdictStatus.APPROVED),
        (("Request approval", "Reject"), VerdictStatus.REJECTED),
    ],
)
def test_a_gate_says_what_its_verdict_would_be_now(
    desk: Desk, moves: tuple[str, ...], status: VerdictStatus
) -> None:
    key = desk.issue()
    for name in moves:
        desk.move(key, name)
    rejection = {"type": "Jexl", "spec": {"expression": '<+issue.Status> == "Rejected"'}}
    live = desk.gate(key, condition("Status", "equals", "Approved"), rejectionCriteria=rejection)
    verdict = only(live).inspection.verdict
    assert verdict is not None
    assert verdict.status is status
    assert told(live) == []


@pytest.mark.parametrize(
    ("more", "key", "message"),
    [
        ({"projectKey": "OPS"}, "projectKey", "Invalid project key. Execution sent: OPS."),
        ({"issueType": "Bug"}, "issueType", "Invalid issue type. Execution sent: Bug."),
        ({"issueKey": "REL-99"}, "issueKey", "REL-99 does not exist, or Release Bot may not see"),
    ],
)
def test_a_gate_at_the_wrong_issue_is_an_error_of_the_key_that_says_so(
    desk: Desk, more: Any, key: str, message: str
) -> None:
    live = desk.gate(desk.issue(), condition("Status", "equals", "Done"), **more)
    (error,) = live.findings(Level.ERROR)
    assert error.fault.message.startswith(message)
    line = (desk.directory / "p.yaml").read_text().splitlines()[(error.fault.line or 0) - 1]
    assert line.strip().startswith(f'"{key}":')


def test_what_a_gate_waits_for_in_vain_is_a_warning(desk: Desk) -> None:
    key = desk.issue()
    live = desk.gate(
        key,
        condition("Status", "equals", "approved"),
        condition("Risk Level", "in", "Low,Hihg"),
        condition("Location", "equals", "EU > Dublin"),
        condition("Summary", "contains", "x"),
    )
    assert told(live)[:2] == [
        "Status: Jira has no value 'approved'; did you mean 'Approved'?",
        "Risk Level: Jira has no value 'Hihg'; did you mean 'High'?",
    ]
    assert len(told(live)) == 2


def test_names_that_exist_nowhere_are_errors_of_their_conditions(desk: Desk) -> None:
    key = desk.issue()
    expression = '<+issue.Statsu> == "Rejected" && <+issue.__Assignee.displayName> != "x"'
    live = desk.gate(
        key,
        condition("Risk Levle", "equals", "Low"),
        rejectionCriteria={"type": "Jexl", "spec": {"expression": expression}},
    )
    text = (desk.directory / "p.yaml").read_text().splitlines()
    lines = [text[(each.fault.line or 0) - 1].strip() for each in live.findings(Level.ERROR)]
    assert [line.partition(":")[0] for line in lines] == ['- "key"', '"expression"']
    assert told(live, Level.ERROR)[1].startswith("Statsu: Jira has no field of this name")


def test_approvers_whom_jira_does_not_know_are_a_warning(desk: Desk) -> None:
    approvers = {"users": ["cab-lead@example.com", "nobody@example.com"]}
    live = desk.gate(desk.issue(), condition("Status", "equals", "Done"), approvers=approvers)
    assert [each.partition(";")[0] for each in told(live, Level.WARNING)] == [
        "approvers: Found no jira users with this query : [nobody@example.com]"
    ]


def test_a_refused_sign_in_is_one_error(desk: Desk) -> None:
    desk.environ["PENSTOCK_SECRET_ACCOUNT_TOKEN"] = "wrong-token"
    live = desk.create()
    (error,) = told(live, Level.ERROR)
    assert "check the connector's user and secret" in error
    assert "wrong-token" not in error
    assert live.connectors == {}


def test_an_address_where_no_jira_is_is_one_error(desk: Desk) -> None:
    desk.connect(f"{desk.sandbox.url}/wiki")
    (error,) = told(desk.create(), Level.ERROR)
    assert "jiraUrl is not the address of a Jira" in error


def test_a_jira_that_does_not_answer_is_one_error(desk: Desk) -> None:
    desk.connect("http://127.0.0.1:9")
    live = desk.gate("REL-1", condition("Status", "equals", "Done"))
    (error,) = told(live, Level.ERROR)
    assert "the connection was refused" in error


def test_a_look_that_fails_is_an_error_of_the_gate(desk: Desk) -> None:
    key = desk.issue()
    passed = {"match": {"path": f"/issue/{key}$"}, "after": 1, "fault": {"kind": "status"}}
    desk.ask("POST", "sandbox/faults", passed)
    live = desk.gate(key, condition("Status", "equals", "Done"))
    (error,) = told(live, Level.ERROR)
    assert "503" in error


def test_an_epic_link_that_comes_with_the_run_is_the_parent_on_cloud(desk: Desk) -> None:
    live = desk.create({"name": "Epic Link", "value": OPEN_KEY})
    assert told(live) == [f"Epic Link comes with the run ({OPEN_KEY})"]
    (write,) = only(live).inspection.writes
    assert OPEN_KEY in write.body["fields"].values()  # type: ignore[call-overload,index,union-attr]  # a mapping
