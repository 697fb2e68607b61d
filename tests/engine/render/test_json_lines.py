import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from penstock.events import Event, Status
from penstock.render.json_lines import JsonRenderer, event_to_json, json_line, to_json


def printed(*events):
    stream = io.StringIO()
    renderer = JsonRenderer(stream)
    for event in events:
        renderer.show(event)
    renderer.close()
    return stream.getvalue().splitlines()


def test_an_event_is_a_line_that_begins_with_kind_run_and_instant(story):
    (line,) = printed(story.step("change/open", 0.25))
    assert line == (
        '{"event": "step_started", "run": "r1", "at": "2026-03-01T12:00:00.250Z",'
        ' "path": "change/open", "attempt": 1}'
    )


def test_the_last_line_of_a_run_tells_status_and_outputs(story):
    last = json.loads(printed(story.started(), story.finished())[-1])
    assert last["event"] == "run_finished" and last["run"] == "r1"
    assert last["status"] == "Succeeded"
    assert last["outputs"] == {"change/open": {"issueKey": "REL-1"}}


def test_the_shape_of_every_event_is_fixed(story):
    events = (
        *(story.started(), story.sandbox(), story.step("a"), story.note("a", "x")),
        story.logged("a", "x"),
        *(story.opened(), story.looked(story.verdict()), story.unavailable("x")),
        *(story.ended("a"), story.finished(), story.interrupted()),
    )
    head = ["event", "run", "at"]
    assert {event.kind: list(event_to_json(event)) for event in events} == {
        "run_started": [*head, "pipeline", "name", "outline", "resumed", "finished"],
        "sandbox_started": [*head, "connector_type", "page"],
        "step_started": [*head, "path", "attempt"],
        "step_noted": [*head, "path", "text"],
        "step_logged": [*head, "path", "text"],
        "gate_opened": [*head, "path", "key", "link", "interval", "deadline"],
        "gate_looked": [*head, "path", "verdict", "changed", "next_look"],
        "gate_unavailable": [*head, "path", "reason", "failures", "changed", "next_look"],
        "step_finished": [
            *head,
            *("path", "status", "seconds", "outputs", "message", "title", "link"),
        ],
        "run_finished": [*head, "status", "seconds", "outputs", "message"],
        "run_interrupted": [*head, "reason"],
    }


def test_a_verdict_is_a_tree(story):
    verdict = event_to_json(story.looked(story.verdict()))["verdict"]
    assert verdict["status"] == "waiting"
    assert verdict["approval"]["combine"] == "all"
    status, risk = verdict["approval"]["parts"]
    assert status == {
        "label": "Status equals",
        "truth": False,
        "expected": "Approved",
        "actual": "To Do",
        "why": None,
        "since": "2026-03-01T11:57:00+00:00",
        "by": "A. Ray",
        "combine": None,
        "parts": [],
    }
    assert risk["truth"] is None and risk["why"] == "no such field on the issue"


def test_finished_steps_of_an_earlier_life_are_named(story):
    event = story.started(resumed=True, finished={"change/open": Status.SUCCEEDED})
    assert event_to_json(event)["finished"] == {"change/open": "Succeeded"}


def test_looks_that_tell_nothing_new_are_left_out(story):
    assert printed(story.looked(story.verdict(), changed=False)) == []
    assert printed(story.unavailable("503", changed=False)) == []
    assert len(printed(story.looked(story.verdict()), story.unavailable("503"))) == 2


def test_an_event_of_a_kind_that_is_new_is_printed_all_the_same():
    @dataclass(frozen=True)
    class MoonRose(Event):
        phase: str

    line = json.loads(printed(MoonRose("r1", datetime(2026, 3, 1, tzinfo=UTC), "full"))[0])
    assert line["event"] == "moon_rose" and line["phase"] == "full"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (1.5, 1.5),
        (10**30, 10**30),
        (True, True),
        ({1: (1, 2)}, {"1": [1, 2]}),
        (datetime(2026, 3, 1, tzinfo=UTC), "2026-03-01T00:00:00.000Z"),
        (object, "<class 'object'>"),
    ],
)
def test_whatever_a_plugin_leaves_becomes_json(value, found):
    assert to_json(value) == found
    json.loads(json_line({"value": to_json(value)}))


@pytest.mark.parametrize(
    "text",
    ["\x1b[31mred", "line\nbreak", "\u202egnp", "half \ud83d", "##vso[task.x]", "\x7f", "grün ✓"],
)
def test_a_line_is_harmless_ascii_and_reads_back_as_what_it_was(text):
    line = json_line({"text": text})
    assert line.isascii() and line[:-1].isprintable() and "##" not in line
    assert json.loads(line) == {"text": text}


def test_an_output_that_is_gone_does_not_end_the_run(story, streams):
    renderer = JsonRenderer(streams["broken"]())
    renderer.show(story.started())
    renderer.show(story.finished())
    renderer.close()
