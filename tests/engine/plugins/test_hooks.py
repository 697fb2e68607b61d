"""Each hook with a test named after it, and the test that sees to it."""

import inspect
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from penstock import hooks
from penstock.events import RunInterrupted

HOOKS = [name for name in hooks.__all__ if name.startswith("penstock_")]
EVENT = RunInterrupted("r1", datetime(2026, 3, 1, tzinfo=UTC), "Ctrl-C")
OBSERVER = """
seen = []
@penstock.hookimpl
def penstock_event(event):
    seen.append(event)
"""


def test_penstock_step_types_are_collected(load_one):
    plugins = load_one("\n@penstock.hookimpl\ndef penstock_step_types(): return [Hello]")
    assert plugins.step_types == {"Hello": sys.modules["one"].Hello}


def test_penstock_connector_types_are_collected(load_one):
    plugins = load_one("\n@penstock.hookimpl\ndef penstock_connector_types(): return [Chat]")
    assert plugins.connector_types == {"Chat": sys.modules["one"].Chat}


def test_penstock_event_is_called_for_each_event(load_one):
    plugins = load_one(OBSERVER)
    assert plugins.notify(EVENT) == []
    assert sys.modules["one"].seen == [EVENT]


def test_penstock_event_may_take_fewer_arguments(load_one):
    plugins = load_one(OBSERVER.replace("event(event)", "event()").replace("(event)", "(1)"))
    assert plugins.notify(EVENT) == []
    assert sys.modules["one"].seen == [1]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("raise ValueError('no disk')", "ValueError: no disk"),
        ("raise SystemExit(1)", "it called sys.exit(1)"),
    ],
)
def test_penstock_event_of_one_plugin_never_silences_another(site, wrong, told):
    failing = f"\n@penstock.hookimpl\ndef penstock_event(event): {wrong}"
    site.install("penstock-a", {"a = mod_a": OBSERVER})
    site.install("penstock-b", {"b = mod_b": failing})
    site.install("penstock-c", {"c = mod_c": OBSERVER})
    assert site.load().notify(EVENT) == [
        f"plugin 'b' of penstock-b (mod_b): penstock_event failed on run_interrupted: {told}"
    ]
    assert sys.modules["mod_a"].seen == sys.modules["mod_c"].seen == [EVENT]


def test_penstock_event_that_is_interrupted_interrupts(load_one):
    plugins = load_one("\n@penstock.hookimpl\ndef penstock_event(): raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        plugins.notify(EVENT)


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_test_named_after_it(hook):
    assert any(name.startswith(f"test_{hook}_") for name in globals())


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_heading_with_its_arguments_in_the_documentation(hook):
    page = Path(__file__).parents[3] / "docs" / "writing-a-plugin.md"
    arguments = ", ".join(inspect.signature(getattr(hooks, hook)).parameters)
    assert f"### {hook}({arguments})" in page.read_text(encoding="utf-8").splitlines()


def test_every_hook_says_when_it_is_called():
    for hook in HOOKS:
        assert getattr(hooks, hook).__doc__.startswith(("Asked once, when", "Called for each"))


def test_all_hooks_fit_one_screen():
    assert len(inspect.getsource(hooks).splitlines()) <= 40
