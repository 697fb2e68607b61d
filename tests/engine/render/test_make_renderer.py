import io
import subprocess
import sys

import pytest

from penstock.render import make_renderer
from penstock.testing import FakeClock


def kind_of(stream, environ, output="text"):
    return type(make_renderer(output, stream, FakeClock(), environ)).__name__


@pytest.mark.parametrize(
    ("environ", "kind"),
    [
        ({}, "LiveRenderer"),
        ({"TERM": "xterm-256color"}, "LiveRenderer"),
        ({"CI": ""}, "LiveRenderer"),
        ({"TERM": "dumb"}, "LineRenderer"),
        ({"CI": "true"}, "LineRenderer"),
    ],
)
def test_a_person_at_a_terminal_gets_the_live_tree(streams, environ, kind):
    assert kind_of(streams["terminal"](), environ) == kind


def test_what_is_not_a_terminal_gets_lines():
    assert kind_of(io.StringIO(), {}) == "LineRenderer"


def test_a_terminal_without_signs_gets_lines(streams):
    class Latin(streams["terminal"]):
        encoding = "latin-1"

    assert kind_of(Latin(), {}) == "LineRenderer"


def test_json_is_json_on_a_terminal_too(streams):
    assert kind_of(streams["terminal"](), {}, "json") == "JsonRenderer"


def test_the_environment_is_this_process_s_if_none_is_given(monkeypatch, streams):
    monkeypatch.setenv("CI", "true")
    assert kind_of(streams["terminal"](), None) == "LineRenderer"


@pytest.mark.parametrize(
    ("environ", "coloured"),
    [({"CI": "1"}, True), ({"CI": "1", "NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
)
def test_lines_are_coloured_on_a_terminal_unless_somebody_minds(story, streams, environ, coloured):
    stream = streams["terminal"]()
    renderer = make_renderer("text", stream, FakeClock(), environ)
    renderer.show(story.finished())
    renderer.close()
    assert ("\x1b[32m" in stream.getvalue()) is coloured


def test_rich_is_loaded_for_the_live_tree_only():
    script = """
import io, sys
from penstock.clock import SystemClock
from penstock.render import make_renderer
import penstock.render.explanation
for output in ("text", "json"):
    make_renderer(output, io.StringIO(), SystemClock(), {})
sys.exit("rich" in sys.modules or "pydantic" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
