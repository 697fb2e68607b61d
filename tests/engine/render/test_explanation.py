import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from penstock.events import Status
from penstock.evidence import sealed
from penstock.render.explanation import (
    PageStyle,
    RunView,
    StepView,
    run_json,
    run_page,
    run_row,
    runs_table,
)
from penstock.verdict import Verdict, VerdictStatus

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
STYLE = PageStyle(START + timedelta(hours=3), UTC)
WAITING = Status.APPROVAL_WAITING


def at(minutes):
    return START + timedelta(minutes=minutes)


@pytest.fixture
def view(story):
    return RunView(
        "r1",
        "payments",
        "Payments release",
        "pipelines/change.yaml",
        WAITING,
        at(0),
        user="maria",
        inputs={"version": "1.2.3", "regions": ["EU", "US"]},
        steps=(
            StepView("change", "Change record", "Approval", 0, WAITING, at(0)),
            StepView(
                "change/open",
                "Open the change",
                "JiraCreate",
                1,
                Status.SUCCEEDED,
                at(0),
                at(0.1),
                title="REL-1",
                link=story.link,
                outputs={"issueKey": "REL-1", "count": 3},
            ),
            StepView(
                "change/approval",
                "Wait for approval",
                "JiraApproval",
                1,
                WAITING,
                at(1),
                link=story.link,
                verdict=story.verdict(),
                deadline=at(1441),
                key="REL-1",
            ),
            StepView("deploy", "Deploy", "Custom", 0, Status.NOT_STARTED),
        ),
    )


@pytest.fixture
def failed():
    return RunView(
        "r2",
        "payments",
        "Payments release",
        "my pipelines/a.yaml",
        Status.FAILED,
        at(0),
        at(90),
        steps=(
            StepView("a", "A", "Custom", 0, Status.FAILED, at(0), at(90), message="a step failed"),
            StepView(
                *("a/b", "B", "JiraCreate", 1, Status.FAILED, at(0), at(90)),
                attempt=3,
                message="Jira refused Risk\nuse Low",
            ),
        ),
    )


def test_a_waiting_run_is_explained(view):
    assert run_page(view, STYLE).splitlines() == [
        "Payments release  ApprovalWaiting",
        "  run      r1",
        "  file     pipelines/change.yaml",
        "  started  12:00:00 (3h ago) by maria",
        "  inputs   version = 1.2.3",
        '           regions = ["EU", "US"]',
        "",
        "◔ Change record                       3h 00m  ApprovalWaiting",
        "  ✓ Open the change    JiraCreate       6.0s  REL-1",
        "      http://jira.example/browse/REL-1",
        "      outputs:",
        "        issueKey = REL-1",
        "        count = 3",
        "  ◔ Wait for approval  JiraApproval   2h 59m  REL-1  ApprovalWaiting",
        "      http://jira.example/browse/REL-1",
        "      waiting: Status is To Do, needs Approved",
        "         condition                   expected  actual  since              by",
        "      ✗  Status equals               Approved  To Do   11:57:00 (3h ago)  A. Ray",
        "      ?  Risk Level in               Low",
        "      ✗  rejects when Status equals  Rejected  To Do",
        "      Risk Level in: no such field on the issue",
        "      expires 2026-03-02 12:01 (in 21h)",
        "○ Deploy",
        "",
        "What to do next:",
        "  Wait for approval waits for REL-1: http://jira.example/browse/REL-1",
        "  If no process carries this run now, go on with:  penstock resume r1",
    ]


def test_a_failed_run_is_explained_with_its_message_and_a_command(failed):
    assert run_page(failed, STYLE).splitlines() == [
        "Payments release  Failed",
        "  run       r2",
        "  file      my pipelines/a.yaml",
        "  started   12:00:00 (3h ago)",
        "  finished  13:30:00 (1h ago), after 1h 30m",
        "",
        "✗ A                 1h 30m  Failed",
        "  ✗ B  JiraCreate   1h 30m  attempt 3, Failed",
        "      Jira refused Risk",
        "      use Low",
        "",
        "What to do next:",
        "  Mend what is said above and start anew:  penstock run 'my pipelines/a.yaml'",
    ]


def test_a_run_that_succeeded_needs_nothing_more(view):
    page = run_page(replace(view, status=Status.SUCCEEDED, steps=()), STYLE)
    assert "What to do next" not in page


@pytest.mark.parametrize(
    ("carried", "advice"),
    [
        (True, "A process carries this run. To end it for good:  penstock abort r1"),
        (False, "Go on with:  penstock resume r1"),
        (None, "If no process carries this run now, go on with:  penstock resume r1"),
    ],
)
def test_the_advice_knows_whether_a_process_carries_the_run(view, carried, advice):
    page = run_page(replace(view, carried=carried), STYLE)
    assert page.splitlines()[-1] == f"  {advice}"


def test_a_gate_without_key_link_and_conditions_is_told_all_the_same(view):
    gate = StepView(
        *("a/b", "Ask", "Ask", 1, WAITING),
        link="javascript:x",
        verdict=Verdict(VerdictStatus.WAITING, "Nobody answered"),
    )
    page = run_page(replace(view, steps=(gate,)), STYLE)
    assert "Ask waits for an answer\n" in page and "javascript" not in page
    assert "waiting: Nobody answered" in page and "condition" not in page


def test_colours_and_signs_are_for_those_who_can_show_them(view):
    plain = run_page(view, STYLE)
    assert "\x1b" not in plain
    assert "\x1b[33m◔\x1b[0m" in run_page(view, replace(STYLE, colour=True))
    assert "???  Risk Level in" in run_page(view, replace(STYLE, signs=False))
    run_page(view, replace(STYLE, signs=False)).encode("ascii")


def test_a_page_for_machines_has_everything(view):
    found = json.loads(json.dumps(run_json(view)))
    assert list(found)[:5] == ["run", "pipeline", "name", "file", "status"]
    assert found["finished"] is None and found["inputs"]["regions"] == ["EU", "US"]
    gate = found["steps"][2]
    assert gate["key"] == "REL-1" and gate["deadline"] == "2026-03-02T12:01:00.000Z"
    assert gate["verdict"]["approval"]["parts"][0]["actual"] == "To Do"


def test_runs_are_a_table(view, failed):
    done = replace(view, id="r3", name="x" * 50, status=Status.SUCCEEDED, steps=())
    assert runs_table([view, failed, done], STYLE).splitlines() == [
        "RUN  PIPELINE                                  STATUS           STARTED           "
        " TOOK    BY     WAITS FOR",
        "r1   Payments release                          ApprovalWaiting  12:00:00 (3h ago) "
        "         maria  REL-1",
        "r2   Payments release                          Failed           12:00:00 (3h ago)  1h 30m",
        f"r3   {'x' * 39}…  Succeeded        12:00:00 (3h ago)          maria",
    ]


def test_the_table_colours_the_status_only(view):
    named = replace(view, name="ApprovalWaiting")
    row = runs_table([named], replace(STYLE, colour=True)).splitlines()[1]
    assert row.startswith("r1   ApprovalWaiting  \x1b[33mApprovalWaiting\x1b[0m")


def test_without_runs_the_table_says_how_to_start_one():
    assert runs_table([], STYLE) == "There are no runs yet. Start one with:  penstock run FILE\n"


def test_a_run_is_one_object_for_machines(view):
    assert run_row(view) == {
        "run": "r1",
        "pipeline": "payments",
        "name": "Payments release",
        "status": "ApprovalWaiting",
        "started": "2026-03-01T12:00:00.000Z",
        "finished": None,
    }


def test_what_comes_from_outside_is_cleaned(view, story):
    evil = "x\x1b]0;t\x07\u202e\ny"
    verdict = story.verdict(evil)
    step = StepView(
        *("a/b", evil, evil, 1, WAITING),
        message=evil,
        title=evil,
        link=f"http://{evil}",
        outputs={evil: evil},
        verdict=Verdict(VerdictStatus.WAITING, evil, verdict.approval, verdict.rejection),
        key=evil,
    )
    hostile = replace(
        view, id=evil, pipeline=evil, file=evil, user=evil, inputs={evil: [evil]}, steps=(step,)
    )
    for text in (run_page(hostile, STYLE), runs_table([hostile], STYLE)):
        assert "\x1b" not in text and "\u202e" not in text and "\n\n\n" not in text
        assert not any(line.startswith("y") for line in text.splitlines())


def ended(view, evidence):
    verdict = Verdict(VerdictStatus.APPROVED, "it is so", evidence=evidence)
    step = replace(view.steps[2], status=Status.SUCCEEDED, verdict=verdict)
    return replace(view, steps=(*view.steps[:2], step))


def test_the_evidence_of_a_gate_is_told_in_short_on_the_page_and_whole_in_json(view):
    evidence = sealed({"issue": {"key": "REL-1"}, "verdict": "yes"})
    found = ended(view, evidence)
    page = run_page(found, STYLE)
    first, second = (evidence["sha256"][name][:12] for name in ("issue", "verdict"))
    assert f"evidence: issue {first}…, verdict {second}…\n" in page
    assert "REL-1" not in page.partition("evidence: ")[2]
    assert run_json(found)["steps"][2]["verdict"]["evidence"] == evidence


def test_evidence_that_was_changed_is_told(view):
    evidence = {**sealed({"issue": {"key": "REL-1"}, "changes": []}), "issue": {"key": "REL-2"}}
    page = run_page(ended(view, evidence), STYLE)
    assert "evidence: issue differs from what was kept when the gate ended\n" in page
    assert "evidence" not in run_page(ended(view, {}), STYLE)
