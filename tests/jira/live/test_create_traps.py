"""Traps of other systems in creating an issue: each test is named after one, and is not caught.

Left out are traps that need what Penstock does not have: *XebiaLabs' CheckQuery passes for an empty
result* and reads every second page (no gate takes a query; what is searched here is one label), and
*a GitHub action ends a wait for ServiceNow* (its gates are in ``test_gate_traps``).
"""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from penstock.app import StartOptions
from penstock.errors import OwnedElsewhere
from penstock.events import Status, StepNoted
from penstock.sandbox import SandboxOptions
from penstock_jira.client import JiraClient
from penstock_jira.sandbox import JiraSandbox

CREATE = {"connectorRef": "account.jira", "projectKey": "REL", "issueType": "Change"}


def step(*entries: dict[str, Any], **more: Any) -> tuple[str, dict[str, Any]]:
    fields = [{"name": "Summary", "value": "Release"}, *entries]
    return "JiraCreate", {**CREATE, "fields": fields, **more}


def issues(desk: Any) -> int:
    """Return how many issues there are, by trying their keys."""
    client: JiraClient = desk.app_client()
    found = [client.find(f"/rest/api/2/issue/REL-{n}", what="look") for n in range(1, 9)]
    return len([issue for issue in found if issue is not None])


def creates(desk: Any) -> list[int]:
    """Return the status of every request to create that was answered."""
    return [
        status for method, path, status in desk.writes() if (method, path) == ("POST", "/issue")
    ]


LOST = [
    {"kind": "lose_reply"},
    {"kind": "status", "status": 503, "commit": True, "headers": {"Retry-After": "1"}},
]


@pytest.mark.parametrize("lost", LOST, ids=["reply lost", "503 after commit"])
@pytest.mark.parametrize("lagging", [False, True], ids=["", "index behind"])
def test_pycontribs_jira_and_atlassian_python_api_make_three_issues_of_one_create(
    desk: Any, lost: dict[str, Any], lagging: bool
) -> None:
    if lagging:
        desk.fault("POST", "/search", times=None, kind="index_lag", seconds=3600)
    desk.fault("POST", "/issue$", **lost)
    done = desk.run(step())
    assert done.status is Status.SUCCEEDED
    assert issues(desk) == 1
    assert "REL-1 was created by an earlier try, and is taken over" in done.notes


def test_pycontribs_jira_loses_the_keys_and_the_general_message_of_a_400(desk: Any) -> None:
    body = (
        '{"errorMessages": ["A rule of this project was broken."], '
        '"errors": {"customfield_10010": "Risk is too high.", "summary": "is not valid"}}'
    )
    desk.fault("POST", "/issue$", kind="status", status=400, body=body)
    done = desk.run(step({"name": "Risk Level", "value": "High"}))
    assert done.status is Status.FAILED
    message = done.steps["s0"].message
    assert message.startswith(
        "Jira refused to create an issue in REL (400): A rule of this project was broken; "
        "Risk Level (customfield_10010): Risk is too high. Allowed values: [Low, Medium, High]"
    )
    assert message.endswith("Summary: is not valid")


def test_pycontribs_jira_fails_on_a_retry_after_that_is_a_date(desk: Any) -> None:
    # By the clock of the Jira, which is months ahead of ours.
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    desk.fault("POST", "/issue$", kind="status", status=429, headers={"Retry-After": date})
    begun = desk.clock.now()
    done = desk.run(step())
    assert done.status is Status.SUCCEEDED
    assert 80 <= (desk.clock.now() - begun).total_seconds() < 110
    assert issues(desk) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_spinnaker_and_the_frieder_action_retry_a_create_that_was_refused(
    desk: Any, status: int
) -> None:
    body = '{"errorMessages": ["No."], "errors": {}}'
    desk.fault("POST", "/issue$", times=None, kind="status", status=status, body=body)
    assert desk.run(step()).status is Status.FAILED
    assert creates(desk) == [status]


def test_harness_makes_another_issue_when_a_step_is_run_again(desk: Any) -> None:
    """A resumed run knows what it has created, even where it died before it could note it."""

    class Died(BaseException):
        """The process is gone."""

    def die(event: Any) -> None:
        if isinstance(event, StepNoted):
            raise Died

    desk.fault("POST", "/issue$", kind="lose_reply")
    desk.on_event = die
    app = desk.app()

    options = StartOptions(desk.pipeline(step()))
    record = app.start(options, app.plan(options, complete=True))
    with pytest.raises(Died):
        desk.carry(app, record)
    assert issues(desk) == 1
    desk.on_event = lambda event: None
    done = desk.resume(record.id)
    assert done.status is Status.SUCCEEDED
    assert issues(desk) == 1


def test_gajira_create_succeeds_without_an_issue_where_the_project_is_unknown(desk: Any) -> None:
    kind, spec = step()
    done = desk.run((kind, {**spec, "projectKey": "RELX"}))
    assert done.status is Status.FAILED
    assert done.steps["s0"].message == "Invalid project: RELX; did you mean 'REL'?"
    assert creates(desk) == []


def test_kestra_gives_no_key_of_what_it_created(desk: Any) -> None:
    done = desk.run(step())
    issue = done.steps["s0"].outputs["issue"]
    assert (issue["key"], issue["url"]) == ("REL-1", f"{desk.sandbox.url}/browse/REL-1")
    assert issue["Summary"] == "Release"


def test_alertmanager_misses_an_issue_without_a_resolution_and_makes_a_duplicate(desk: Any) -> None:
    """What is looked for is a label, whatever else the issue holds or lacks."""
    desk.fault("POST", "/issue$", kind="lose_reply")
    desk.run(step())
    asked = [path for method, path, _ in desk.requests() if "search" in path]
    assert asked
    assert desk.fields("REL-1")["resolution"] is None
    assert issues(desk) == 1


def test_two_alertmanagers_race_past_the_search_and_two_of_our_processes_cannot(desk: Any) -> None:
    """The second process is refused while the first one carries the run."""

    app = desk.app()
    options = StartOptions(desk.pipeline(step()))
    record = app.start(options, app.plan(options, complete=True))
    refused: list[str] = []

    def second(event: Any) -> None:
        if event.kind == "step_started" and not refused:
            try:
                desk.carry(desk.app(), record)
            except OwnedElsewhere as error:
                refused.append(str(error))

    desk.on_event = second
    assert desk.carry(app, record).status is Status.SUCCEEDED
    assert len(refused) == 1
    assert issues(desk) == 1


def test_circleci_never_retries_a_429_or_a_5xx(desk: Any) -> None:
    for status in (429, 500, 502, 503):
        desk.fault("GET", "/createmeta/", kind="status", status=status)
    desk.fault("POST", "/issue$", kind="status", status=429, headers={"Retry-After": "2"})
    assert desk.run(step()).status is Status.SUCCEEDED
    assert issues(desk) == 1


def test_xebialabs_reads_one_page_of_several(desk: Any) -> None:
    """Metadata of more fields than a page holds are read to their end."""

    lines = "".join(f"  - {{name: Extra {n}, kind: text}}\n" for n in range(230))
    world = desk.directory / "world.yaml"
    head, tail = JiraSandbox.print_world().split("  - {name: Environment, kind: text}\n")
    world.write_text(f"{head}  - {{name: Environment, kind: text}}\n{lines}{tail}")
    other = JiraSandbox(SandboxOptions(flavour=desk.flavour, world=world))
    other.start()
    try:
        desk.connect(other.url)
        done = desk.run(step({"name": "Extra 229", "value": "found"}))
        assert done.status is Status.SUCCEEDED
        assert done.steps["s0"].outputs["issue"]["Extra 229"] == "found"
    finally:
        other.stop()


def test_pycontribs_jira_puts_headers_into_the_text_of_its_exceptions(desk: Any) -> None:
    desk.fault("POST", "/issue$", kind="status", status=400, body='{"errorMessages": ["No."]}')
    told = repr(desk.run(step()).events)
    assert "sandbox-token" not in told
    assert "Authorization" not in told
