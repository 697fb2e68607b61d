import io
import re
import threading
import time
from datetime import UTC, datetime

import pytest
from rich.console import Console
from rich.text import Text

from penstock.events import RunStarted, Status, StepOutline
from penstock.render.output import Output
from penstock.render.tree import LiveRenderer
from penstock.testing import FakeClock
from penstock.verdict import Verdict, VerdictStatus

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def console_on(stream, width=100, height=40, **more):
    return Console(
        file=Output(stream), width=width, height=height, legacy_windows=False, _environ={}, **more
    )


@pytest.fixture
def clock():
    return FakeClock(START)


@pytest.fixture
def live(streams, clock):
    """Return a function that shows events on a terminal and gives what it was sent."""

    def show(*events, **more):
        stream = streams["terminal"]()
        renderer = LiveRenderer(console_on(stream, **more), clock, zone=UTC, auto_refresh=False)
        for event in events:
            renderer.show(event)
        renderer.close()
        return stream.getvalue()

    return show


@pytest.fixture
def seen(clock):
    """Return a function that gives the lines of the picture after some events."""

    def picture(*events, after=0.0, closing=False, **more):
        stream = io.StringIO()
        console = console_on(stream, **more)
        renderer = LiveRenderer(console, clock, zone=UTC)
        for event in events:
            renderer._progress.apply(event)
        renderer._closing = closing
        clock.advance(after)
        console.print(renderer)
        return [line.rstrip() for line in stream.getvalue().splitlines()]

    return picture


def test_a_run_is_a_tree_with_times(story, seen):
    assert seen(
        story.started(),
        story.sandbox(),
        story.step("change/open"),
        story.ended("change/open", title="REL-1", link=story.link),
        story.opened(2),
        after=63,
    ) == [
        "Payments release  run r1  1m 03s",
        "Sandbox Jira: http://127.0.0.1:8080/",
        "● Change record                       1m 03s",
        "  ✓ Open the change    JiraCreate       1.5s  REL-1",
        "  ◔ Wait for approval  JiraApproval   1m 01s  REL-1",
        "      http://jira.example/browse/REL-1",
        "      23h 58m left",
        "○ Deploy",
        "  ○ Canary             ShellScript",
    ]


def test_a_waiting_gate_shows_its_conditions_and_the_next_look(story, seen):
    lines = seen(story.started(), story.opened(), story.looked(story.verdict()), after=23)
    assert lines[4:11] == [
        "      http://jira.example/browse/REL-1",
        "         condition                   expected  actual  since              by",
        "      ✗  Status equals               Approved  To Do   11:57:00 (3m ago)  A. Ray",
        "      ?  Risk Level in               Low",
        "      ✗  rejects when Status equals  Rejected  To Do",
        "      ?  Risk Level in: no such field on the issue",
        "      23h 59m left · next look in 7s",
    ]


def test_the_last_problem_of_a_gate_is_shown(story, seen):
    lines = seen(story.opened(), story.unavailable("Jira answers 503"))
    assert any(line.strip() == "cannot look: Jira answers 503" for line in lines)
    lines = seen(story.opened(), story.unavailable("no answer", 4))
    assert any(line.strip() == "cannot look (4 times in a row): no answer" for line in lines)


def test_a_verdict_without_conditions_shows_its_reason(story, seen):
    verdict = Verdict(VerdictStatus.WAITING, "Nobody has looked at it")
    assert any("Nobody has looked at it" in line for line in seen(story.looked(verdict)))


def test_a_gate_that_is_through_keeps_its_reason_only(story, seen):
    lines = seen(
        story.started(),
        story.opened(),
        story.looked(Verdict(VerdictStatus.APPROVED, "Status is Approved")),
        story.ended("change/approval"),
    )
    assert [line.strip() for line in lines[3:6]][1] == "Status is Approved"
    assert not any("condition" in line or "left" in line for line in lines)


def test_a_rejected_gate_keeps_its_conditions(story, seen):
    lines = seen(
        story.started(),
        story.opened(),
        story.looked(story.verdict("Rejected", VerdictStatus.REJECTED)),
        story.ended("change/approval", Status.APPROVAL_REJECTED, message="rejected by\nA. Ray"),
        story.finished(Status.APPROVAL_REJECTED, 5.0),
        after=100,
    )
    text = "\n".join(lines)
    assert lines[0].endswith("5.0s")  # the run's time stands still
    assert "REL-1  ApprovalRejected" in text
    assert "✓  rejects when Status equals  Rejected  Rejected" in text
    assert "      rejected by\n      A. Ray\n" in text
    assert "left" not in text


def test_attempts_skips_and_notes_are_shown(story, seen):
    lines = seen(
        story.started(resumed=True, finished={"change/open": Status.SUCCEEDED}),
        story.step("change/approval", attempt=2),
        story.note("change/approval", "asked for High, stored Medium"),
        story.note("", "plugin 'x' failed"),
        story.ended("deploy/canary", Status.SKIPPED, seconds=0),
        after=1,
    )
    assert lines[0] == "Payments release  resumed r1  1.0s"
    assert lines[1] == "plugin 'x' failed"
    assert lines[3].split() == ["✓", "Open", "the", "change", "JiraCreate"]
    assert lines[4].endswith("1.0s    attempt 2")
    assert lines[5].strip() == "asked for High, stored Medium"
    assert lines[7].endswith("Skipped") and "0.0s" not in lines[7]


def test_a_running_step_turns(story, seen, clock):
    events = (story.started(), story.step("change/open"))
    first, second = seen(*events)[2], seen(*events, after=0.25)[2]
    assert first.split()[0] != second.split()[0]


@pytest.mark.parametrize("width", [20, 40, 60, 100])
def test_the_width_of_the_terminal_is_respected(story, seen, width):
    lines = seen(
        story.started(),
        story.sandbox(),
        story.opened(),
        story.looked(story.verdict("a very long status " * 30)),
        story.unavailable("a long reason " * 30),
        story.note("change/open", "a long note " * 30),
        width=width,
    )
    assert max(map(len, lines)) <= width


def test_a_narrow_terminal_leaves_out_types_and_history(story, seen):
    text = "\n".join(seen(story.started(), story.opened(), story.looked(story.verdict()), width=60))
    assert "JiraApproval" not in text and "A. Ray" not in text and "Approved" in text


def many(story, stages=10, steps=4):
    outline = [
        StepOutline(*row)
        for s in range(stages)
        for row in [
            (f"s{s}", f"Stage {s}", "Custom", 0),
            *((f"s{s}/t{t}", f"Step {s}.{t}", "Hello", 1) for t in range(steps)),
        ]
    ]
    return RunStarted("r1", story.at(0), "many", "Many", tuple(outline))


def test_what_does_not_fit_is_folded_around_what_runs(story, seen):
    events = [many(story)]
    events += [story.ended(f"s0/t{t}") for t in range(4)] + [story.ended("s0")]
    events += [story.step("s1/t0")]
    lines = seen(*events, height=20)
    assert len(lines) < 20
    assert [line.split()[1] for line in lines[1:8]] == ["Stage"] * 2 + ["Step"] * 4 + ["Stage"]
    assert lines[-1] == "  … 36 more"


def test_a_very_low_terminal_shows_what_runs_and_what_went_wrong(story, seen):
    lines = seen(
        many(story),
        story.step("s1/t0"),
        story.ended("s1/t0", Status.FAILED),
        story.step("s7/t2"),
        height=8,
    )
    names = [" ".join(line.split()[1:3]) for line in lines[1:-1]]
    assert names == ["Stage 1", "Step 1.0", "Stage 7", "Step 7.2"]


def test_the_last_picture_is_whole(story, seen):
    assert len(seen(many(story), height=10, closing=True)) == 51


def test_a_thousand_steps_are_drawn_in_no_time(story, seen):
    began = time.process_time()
    seen(many(story, stages=100, steps=10), story.step("s50/t5"), height=30)
    assert time.process_time() - began < 2


def test_the_last_picture_and_the_summary_stay_on_the_screen(story, live):
    text = live(story.started(), story.step("change/open"), story.finished())
    assert Text.from_ansi(text).plain.endswith("\n\nPayments release: Succeeded in 1m 02s\n")
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") == 1  # the cursor is back


def test_an_interrupted_run_says_how_to_go_on(story, live):
    assert "penstock resume r1" in live(story.started(), story.interrupted()).splitlines()[-1]


def test_a_run_that_breaks_off_has_no_summary(story, live):
    last = Text.from_ansi(live(story.started())).plain.splitlines()[-1]
    assert last.split() == ["○", "Canary", "ShellScript"]


def test_closing_what_never_began_prints_nothing(live):
    assert live() == ""


def test_a_ticket_is_a_link_on_a_terminal(story, live):
    text = live(story.started(), story.ended("change/open", title="REL-1", link=story.link))
    assert re.search(r"\x1b]8;id=\d+;http://jira.example/browse/REL-1\x1b\\", text)


@pytest.mark.parametrize("link", ["javascript:alert(1)", "http://x/\x07\x1b[31m", None])
def test_what_is_no_web_address_is_no_link(story, live, link):
    text = live(story.started(), story.ended("change/open", title="REL-1", link=link))
    assert "\x1b]8" not in text and "REL-1" in text


def test_markup_and_escapes_from_outside_are_only_text(story, live):
    evil = "[bold red]x[/]\x1b]0;title\x07\x1b[2J\u202e:smile:"
    verdict = story.verdict(evil)
    text = live(
        story.started(),
        story.note("change/open", evil),
        story.opened(),
        story.looked(Verdict(VerdictStatus.WAITING, evil, verdict.approval, verdict.rejection)),
        story.unavailable(evil),
        story.ended("change/approval", Status.FAILED, message=evil, title=evil),
        story.finished(Status.FAILED),
        color_system=None,
        width=200,
    )
    assert "[bold red]x[/]\\u202e:smile:" in text
    assert "\x1b]0" not in text and "\x1b[2J" not in text and "\u202e" not in text


def test_colours_are_only_for_terminals_that_want_them(story, streams, clock):
    for environ, coloured in (
        ({"TERM": "xterm"}, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
    ):
        stream = streams["terminal"]()
        console = Console(file=Output(stream), width=80, height=20, _environ=environ)
        renderer = LiveRenderer(console, clock, zone=UTC, auto_refresh=False)
        renderer.show(story.started())
        renderer.show(story.finished())
        renderer.close()
        assert ("\x1b[32mSucceeded" in stream.getvalue()) is coloured


def test_the_tree_is_redrawn_by_itself(story, streams, clock):
    redrawn = threading.Event()

    class Watched(streams["terminal"]):
        def write(self, text: str) -> int:
            if "Payments" in self.getvalue() and "Payments" in text:
                redrawn.set()
            return super().write(text)

    renderer = LiveRenderer(console_on(Watched()), clock)
    renderer.show(story.started())
    assert redrawn.wait(timeout=20)
    renderer.show(story.finished())
    renderer.close()


def test_a_terminal_that_is_gone_does_not_end_the_run(story, streams, clock):
    class Gone(streams["broken"]):
        def isatty(self) -> bool:
            return True

    renderer = LiveRenderer(console_on(Gone(lasts=1)), clock, auto_refresh=False)
    renderer.show(story.started())
    renderer.show(story.step("change/open"))
    renderer.show(story.finished())
    renderer.close()


def test_the_newest_lines_of_a_log_are_shown_while_the_step_is_at_work(story, seen):
    events = [story.started(), story.step("deploy/canary")]
    events += [story.logged("deploy/canary", f"line {i} \x1b[31mred") for i in range(9)]
    lines = [line.strip() for line in seen(*events)]
    assert [line for line in lines if line.startswith("│")] == [
        f"│ line {i} red" for i in range(4, 9)
    ]
    ended = story.ended("deploy/canary", Status.FAILED, message="line 8")
    assert not any("│" in line for line in seen(*events, ended))
