import importlib
import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

import penstock

#: What plugin authors were promised; a name may be added, none may go.
PROMISED = {
    *("hookimpl", "Step", "Gate", "StepContext", "Outputs", "Headline", "Connector", "Check"),
    *("Watch", "Snapshot", "Unavailable", "Verdict", "VerdictStatus", "Condition", "Combination"),
    *("StepFailed", "OutcomeUnknown", "FailureType", "Deferred", "Absent", "Duration", "Secret"),
    *("Event", "__version__"),
}


def test_all_public_names_are_listed_in_order():
    assert penstock.__all__ == sorted(penstock.__all__)
    assert len(set(penstock.__all__)) == len(penstock.__all__)


def test_the_list_is_complete():
    homes = {name for names in penstock._HOMES.values() for name in names}
    assert set(penstock.__all__) == homes | {"__version__"}
    assert set(penstock.__all__) >= PROMISED


def test_all_events_are_public():
    events = importlib.import_module("penstock.events")
    assert set(events.__all__) <= set(penstock.__all__)


@pytest.mark.parametrize("name", penstock.__all__)
def test_every_name_is_there_and_is_what_its_module_has(name):
    found = getattr(penstock, name)
    if name != "__version__":
        home = importlib.import_module(f"penstock.{penstock._HOME_OF[name]}")
        assert found is getattr(home, name)
        assert name in home.__all__
    assert name in dir(penstock)


def test_what_is_not_public_is_not_there():
    with pytest.raises(AttributeError, match="module 'penstock' has no attribute 'Stepp'"):
        _ = penstock.Stepp


def test_the_version_is_that_of_the_installation():
    try:
        installed = version("penstock")
    except PackageNotFoundError:
        installed = "0+unknown"
    assert penstock.__version__ == installed


def test_a_checkout_that_was_not_installed_has_a_version_too():
    script = "import penstock, sys; sys.exit(penstock.__version__ != '0+unknown')"
    environ = {**os.environ, "PYTHONPATH": str(Path(penstock.__file__).parents[1])}
    command = [sys.executable, "-S", "-c", script]  # without the site's packages
    assert subprocess.run(command, env=environ, check=False).returncode == 0


def test_importing_penstock_loads_nothing_heavy():
    script = """
import sys
import penstock
heavy = {"pydantic", "pluggy", "jinja2", "yaml", "rich", "importlib.metadata"} & set(sys.modules)
sys.exit(f"loaded: {heavy}" if heavy else 0)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
