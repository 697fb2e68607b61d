import io
from datetime import UTC, timedelta, timezone

import pytest

from penstock.events import Status
from penstock.render.lines import LineRenderer
from penstock.verdict import Verdict, VerdictStatus


def printed(*events, stream=None, colour=False, zone=UTC):
    stream = stream if stream is not None else io.StringIO()
    renderer = LineRenderer(stream, colour, zone)
    for event in events:
        renderer.show(event)
    renderer.close()
    return stream.getvalue().splitlines()


def test_a_run_is_told_as_a_line_per_change(story):
    lines = printed(
        story.started(),
        story.sandbox(),
        story.step("change"),
        story.step("change/open", 1),
        story.ended("change/open", after=2, title="REL-1", link=story.link),
        story.opened(3),
        story.ended("deploy", Status.SKIPPED, after=4),
        story.finished(after=5),
    )
    assert lines == [
        "12:00:00  Payments release: run r1 started",
        "12:00:00  Sandbox Jira: http://127.0.0.1:8080/",
        "12:00:00  change           started",
        "12:00:01  change/open      started",
        f"12:00:02  change/open      Succeeded in 1.5s  REL-1  {story.link}",
        "12:00:03  change/approval  waits for REL-1 until 2026-03-02 12:00,"
        f" looking every 30s  {story.link}",
        "12:00:04  deploy           Skipped",
        "Payments release: Succeeded in 1m 02s",
    ]


def test_a_waiting_gate_is_told_with_every_condition(story):
    assert printed(story.looked(story.verdict())) == [
        "12:00:00  change/approval  waiting: Status is To Do, needs Approved",
        "            ✗ Status equals: expected Approved, actual To Do,"
        " since 11:57:00 (3m ago), by A. Ray",
        "            ? Risk Level in: expected Low (no such field on the issue)",
        "            ✗ rejects when Status equals: expected Rejected, actual To Do",
    ]


def test_a_stream_without_signs_gets_words(story, streams):
    lines = printed(
        story.looked(story.verdict("Rejected")),
        story.ended("a", Status.FAILED, message="one\ntwo"),
        stream=streams["ascii"](),
    )
    assert [line.split()[0] for line in lines[1:4]] == ["no", "???", "yes"]
    assert lines[5:] == ["            | one", "            | two"]


def test_looks_that_tell_nothing_new_are_left_out(story):
    assert printed(story.looked(story.verdict(), changed=False)) == []
    assert printed(story.unavailable("503", changed=False)) == []


def test_a_gate_that_cannot_be_seen_is_told_with_the_next_look(story):
    lines = printed(story.unavailable("Jira answers 503"), story.unavailable("no answer", 3))
    assert lines == [
        "12:00:00  change/approval  cannot look: Jira answers 503; next look at 12:01:00",
        "12:00:00  change/approval  cannot look, 3 times in a row: no answer;"
        " next look at 12:01:00",
    ]


def test_a_second_attempt_says_so(story):
    assert printed(story.step("a", attempt=2)) == ["12:00:00  a  started (attempt 2)"]


def test_a_run_taken_up_again_says_so(story):
    assert printed(story.started(resumed=True)) == ["12:00:00  Payments release: run r1 resumed"]


def test_a_note_is_told_with_all_its_lines(story):
    assert printed(story.note("a", "one\ntwo"), story.note("", "")) == [
        "12:00:00  a  one",
        "            │ two",
        "12:00:00",
    ]


def test_times_are_local(story):
    (line,) = printed(story.step("a"), zone=timezone(timedelta(hours=-5)))
    assert line.startswith("07:00:00  ")


@pytest.mark.parametrize("status", [Status.FAILED, Status.APPROVAL_REJECTED, Status.EXPIRED])
def test_the_summary_has_the_message_of_what_went_wrong(story, status):
    lines = printed(
        story.started(),
        story.ended("change/approval", status, message="REL-1 was\nnot approved"),
        story.ended("change", status, message="a step failed"),
        story.finished(status, message="change/approval: REL-1 was not approved"),
    )
    assert lines[-2:] == [
        f"Payments release: {status} in 1m 02s",
        f"  change/approval: {status}: REL-1 was not approved",
    ]


def test_the_summary_has_the_run_s_own_message_where_no_step_has_one(story):
    lines = printed(story.started(), story.finished(Status.ABORTED, message="aborted by maria"))
    assert lines[-2:] == ["Payments release: Aborted in 1m 02s", "  aborted by maria"]


def test_a_failure_without_a_message_is_told_without_one(story):
    lines = printed(story.ended("a", Status.FAILED), story.finished(Status.FAILED))
    assert lines[-2:] == ["The run: Failed in 1m 02s", "  a: Failed"]


def test_an_interrupted_run_says_how_to_go_on(story):
    assert printed(story.started(), story.interrupted())[-2:] == [
        "Payments release: interrupted: Ctrl-C",
        "  The run is kept. Go on with:  penstock resume r1",
    ]


def test_a_renderer_that_is_closed_twice_says_it_once(story):
    stream = io.StringIO()
    renderer = LineRenderer(stream, colour=False)
    renderer.show(story.finished())
    renderer.close()
    renderer.close()
    assert stream.getvalue().count("Succeeded in") == 1


def test_no_text_can_pass_for_a_line_of_ours(story):
    forged = "x\n12:00:00  change/approval  Succeeded\n::set-output name=a::b\r\x1b[1A"
    verdict = Verdict(VerdictStatus.WAITING, forged, story.verdict(forged).approval)
    lines = printed(
        story.looked(verdict),
        story.note("change/open", forged),
        story.unavailable(forged),
        story.ended("change/open", Status.FAILED, message=forged, title=forged),
        story.finished(Status.FAILED),
    )
    assert not any(line.startswith("12:00:00  change/approval  Succeeded") for line in lines)
    assert not any(line.lstrip().startswith("::") for line in lines)
    assert not any("\x1b" in line or "\r" in line for line in lines)


def test_only_web_addresses_are_printed_as_links(story):
    (line,) = printed(story.ended("a", title="REL-1", link="javascript:alert(1)"))
    assert line == "12:00:00  a  Succeeded in 1.5s  REL-1"
    (line,) = printed(story.opened(link=None))
    assert line.endswith("looking every 30s")


def test_colours_are_for_those_who_want_them(story):
    events = (story.started(), story.looked(story.verdict()), story.ended("a"), story.finished())
    assert not any("\x1b" in line for line in printed(*events))
    coloured = printed(*events, colour=True)
    assert "\x1b[32mSucceeded\x1b[0m" in coloured[-1]
    assert any("\x1b[33m✗ Status equals" in line for line in coloured)


def test_events_of_other_kinds_are_passed_over(story):
    assert printed(story.interrupted())[0].startswith("The run: interrupted")


def test_an_output_that_is_gone_does_not_end_the_run(story, streams):
    stream = streams["broken"](lasts=2)
    lines = printed(story.started(), story.step("change"), story.step("change/open"), stream=stream)
    assert len(lines) == 2


def test_a_line_of_a_log_stands_behind_a_bar_and_is_harmless(story, streams):
    evil = "12:00:00 \x1b[2Jall good\nSucceeded ##vso[task.complete]"
    (line,) = printed(story.logged("deploy/canary", evil))
    assert line == "12:00:00  deploy/canary  │ 12:00:00 all good Succeeded # #vso[task.complete]"
    (line,) = printed(story.logged("deploy/canary", "x"), stream=streams["ascii"]())
    assert line == "12:00:00  deploy/canary  | x"


def test_a_line_of_a_log_is_dimmed_where_there_are_colours(story):
    (line,) = printed(story.logged("deploy/canary", "x"), colour=True)
    assert line == "12:00:00  deploy/canary  \x1b[2m│ x\x1b[0m"
