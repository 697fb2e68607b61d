"""A world with issues: made in the past, and worked on by people, or refused with every fault."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from penstock.errors import Refused
from penstock_jira.sandbox.world_file import DEFAULT_WORLD

GOOD = """\
issues:
  - project: REL
    type: Change
    made: 10d
    as: operator
    set: {Summary: One, Risk Level: Low}
    history:
      - {after: 1h, transition: Request approval, as: release-bot}
      - {after: 2h, set: {Risk Level: High}, comment: Riskier, as: reviewer}
  - project: OPS
    type: Task
    set: {Summary: Two}
"""


@pytest.fixture
def world(tmp_path: Path) -> Any:
    """Return what writes the default world with these issues."""

    def written(issues: str) -> Path:
        file = tmp_path / "world.yaml"
        text = DEFAULT_WORLD.read_text(encoding="utf-8")
        file.write_text(text + issues, encoding="utf-8")
        return file

    return written


@pytest.mark.parametrize("flavour", ["cloud", "data-center"])
def test_issues_are_there_from_the_start_with_their_history(
    start: Any, world: Any, flavour: str
) -> None:
    jira = start(flavour, world=world(GOOD))
    now = jira.sandbox.site.desk.clock.now()
    found = jira("GET", "/issue/REL-1?expand=changelog").json()
    fields = found["fields"]
    assert fields["summary"] == "One"
    assert fields["creator"]["displayName"] == "Operator"
    assert (fields["status"]["name"], fields["customfield_10010"]["value"]) == (
        "Pending Approval",
        "High",
    )
    assert fields["created"].startswith(f"{now - timedelta(days=10):%Y-%m-%dT%H:%M}")
    histories = sorted(found["changelog"]["histories"], key=lambda each: each["created"])
    assert [each["author"]["displayName"] for each in histories] == ["Release Bot", "Reviewer"]
    assert jira("GET", "/issue/REL-1/comment").json()["comments"][0]["body"] == "Riskier"
    assert jira.fields("OPS-1")["summary"] == "Two"
    assert jira.create() == "REL-2"


def test_a_sandbox_that_goes_on_begins_only_once(start: Any, world: Any, tmp_path: Path) -> None:
    file, state = world(GOOD), tmp_path / "state.json"
    first = start(world=file, state=state)
    key = first.create()
    first.sandbox.stop()
    second = start(world=file, state=state)
    assert second.create() == f"REL-{int(key.rpartition('-')[2]) + 1}"


def issues(lines: str, head: str = "project: REL, type: Change") -> str:
    return f"issues:\n  - {{{head}, {lines}}}\n"


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        (issues("set: {Summary: x}", "project: RLE, type: Change"), "there is no project 'RLE'; "),
        (issues("set: {Summary: x}", "project: REL, type: Chance"), "there is no type 'Chance'; "),
        (issues("set: {Summary: x}, as: nobody"), "there is no user 'nobody'; known: release-bot"),
        (issues("set: {Sumary: x}"), "no fields are called 'Sumary'; did you mean 'Summary'?"),
        (issues("set: {Summary: x, Environment: y}"), "2 fields are called 'Environment'; write"),
        (issues("set: {Summary: x, Risk Level: Lw}"), "Jira would refuse it: Option value 'Lw'"),
        (issues("set: {Risk Level: Low}"), "Jira would refuse it: You must specify a summary"),
        (
            issues("set: {Summary: x}, made: 1h, history: [{after: 2h, comment: x}]"),
            "this is in the future; make it longer ago (`made`), or do things sooner",
        ),
        (
            issues(
                "set: {Summary: x}, made: 1h, history: [{transition: Complete, set: {Resolution: "
                "Done}}]"
            ),
            "it cannot be done: REL-1 is To Do, from which there is Request approval, Cancel",
        ),
        (
            issues("set: {Summary: x}, history: [{transition: Aprove}]"),
            "no workflow has a transition 'Aprove'; did you mean 'Approve'?",
        ),
        (issues("made: soon"), "valid durations contain units"),
        (issues("sett: {Summary: x}"), "unknown key `sett`; did you mean 'set'?"),
    ],
)
def test_what_cannot_have_been_is_refused_where_it_stands(
    start: Any, world: Any, written: str, fault: str
) -> None:
    with pytest.raises(Refused) as told:
        start(world=world(written))
    assert fault in str(told.value)
    assert "world.yaml:" in str(told.value)


def test_every_fault_is_told_at_once(start: Any, world: Any) -> None:
    text = issues("set: {Sumary: x}") + issues("set: {Risk Level: Low}").partition("\n")[2]
    with pytest.raises(Refused) as told:
        start(world=world(text))
    assert len(told.value.faults) == 2
