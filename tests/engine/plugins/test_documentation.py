"""The code of ``docs/writing-a-plugin.md`` is run as it stands there."""

import inspect
import re
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest

import penstock
from penstock.events import RunFinished, Status, StepFinished
from penstock.plugins import load_plugins
from penstock.plugins.checks import type_faults
from penstock.testing import FakeClock

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "writing-a-plugin.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def documented(monkeypatch):
    """Return a module with all Python of the page in it, in order."""
    module = ModuleType("documented_plugin")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for block in BLOCKS:
        exec(compile(block, "writing-a-plugin.md", "exec"), module.__dict__)
    return module


@pytest.fixture
def plugins(documented):
    return load_plugins(entry_points=[EntryPoint("documented", "documented_plugin", "penstock")])


def test_the_first_paragraph_says_that_fewer_arguments_will_do():
    first = PAGE.split("\n\n")[1]
    assert "may take fewer arguments than its hook has" in " ".join(first.split())


def test_the_documented_plugin_loads_as_it_stands(plugins):
    assert list(plugins.step_types) == ["Hello"]
    assert list(plugins.connector_types) == ["Calendar"]


@pytest.mark.parametrize("name", ["Announce", "FreezeOver"])
def test_the_other_documented_steps_are_in_order(documented, name):
    assert list(type_faults(getattr(documented, name), penstock.Step)) == []


def test_the_documented_observer_observes(plugins, documented):
    now = FakeClock().now()
    assert plugins.notify(StepFinished("r1", now, "a/b", Status.FAILED, 1.0, {})) == []
    assert plugins.notify(RunFinished("r1", now, Status.FAILED, 1.0, {})) == []
    assert documented.finished == ["a/b: Failed"]


TESTS = re.findall(r"^def (test_\w+)\(", "\n".join(BLOCKS), re.MULTILINE)


@pytest.mark.parametrize("name", TESTS)
def test_the_documented_tests_pass(documented, tmp_path, name):
    documented_test = getattr(documented, name)
    wants = inspect.signature(documented_test).parameters
    documented_test(**({"tmp_path": tmp_path} if wants else {}))


def test_the_page_has_tests_of_its_own():
    assert len(TESTS) >= 7


@pytest.mark.parametrize("look", ["frozen", "open"])
def test_the_documented_gate_opens_when_the_calendar_says_so(documented, tmp_path, look):
    file = tmp_path / "calendar.json"
    file.write_text(f'{{"REL": "{look}"}}', encoding="utf-8")
    gate = documented.FreezeOver(connector_ref="calendar", project="REL")
    watch = gate.watch(None)
    (snapshot,) = documented.CalendarConnector(file=file).look([watch])
    verdict = gate.judge(snapshot)
    assert verdict.status == ("approved" if look == "open" else "waiting")
    assert verdict.approval.actual == look


def test_every_name_that_the_page_takes_from_penstock_is_public():
    assert set(re.findall(r"\bpenstock\.([A-Z]\w+)", PAGE)) <= set(penstock.__all__)
