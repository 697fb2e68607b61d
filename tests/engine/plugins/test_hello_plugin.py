"""The plugin template is loaded as its own ``pyproject.toml`` says."""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from pydantic import ValidationError

from penstock.plugins import load_plugins

HOME = Path(__file__).parents[3] / "examples" / "hello_plugin"
PROJECT = (HOME / "pyproject.toml").read_text(encoding="utf-8")


@pytest.fixture
def hello(monkeypatch):
    """Return the step type, found as an installed plugin's would be."""
    monkeypatch.syspath_prepend(str(HOME))
    monkeypatch.delitem(sys.modules, "hello_plugin", raising=False)
    named = tomllib.loads(PROJECT)["project"]["entry-points"]["penstock"]
    points = [EntryPoint(name, value, "penstock") for name, value in named.items()]
    yield load_plugins(entry_points=points).step_types["Hello"]
    sys.modules.pop("hello_plugin", None)


class Context:
    """As much of a step's context as the step uses."""

    def __init__(self):
        self.notes = []
        self.note = self.notes.append


@pytest.mark.parametrize(
    ("spec", "greeting"),
    [
        ({"name": "Ada"}, "Hello, Ada!"),
        ({"name": "Ada", "greeting": "Good morning"}, "Good morning, Ada!"),
    ],
)
def test_the_template_greets(hello, spec, greeting):
    context = Context()
    assert hello.model_validate(spec).run(context) == {"greeting": greeting}
    assert context.notes == [greeting]


@pytest.mark.parametrize("spec", [{}, {"name": ""}, {"name": "Ada", "nme": "Bob"}])
def test_the_template_refuses_a_wrong_spec(hello, spec):
    with pytest.raises(ValidationError):
        hello.model_validate(spec)


def test_a_step_that_only_tells_may_be_repeated(hello):
    assert hello.repeatable


def test_the_template_stays_small():
    assert len(PROJECT.splitlines()) <= 10
    assert len((HOME / "hello_plugin.py").read_text(encoding="utf-8").splitlines()) <= 40


def test_nothing_that_a_build_leaves_is_in_the_template():
    assert {path.name for path in HOME.iterdir()} - {"__pycache__"} == {
        *("README.md", "hello.yaml", "hello_plugin.py", "pyproject.toml")
    }


README = (HOME / "README.md").read_text(encoding="utf-8")
#: Each command of the README, and what it shows below it.
SESSIONS = re.findall(r"^\$ (penstock .*)\n((?:(?!\$ |```).*\n)*)", README, re.MULTILINE)


@pytest.fixture
def shell(tmp_path):
    """Return a function that runs a command of the README where the template is installed."""
    metadata = tomllib.loads(PROJECT)["project"]
    home = tmp_path / "site" / f"hello_plugin-{metadata['version']}.dist-info"
    home.mkdir(parents=True)
    (home / "METADATA").write_text(f"Name: {metadata['name']}\nVersion: {metadata['version']}\n")
    points = [f"{name} = {value}" for name, value in metadata["entry-points"]["penstock"].items()]
    (home / "entry_points.txt").write_text("\n".join(["[penstock]", *points]))
    path = [str(home.parent), str(HOME), *filter(None, sys.path)]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(path), "PYTHONIOENCODING": "utf-8"}
    environ["PENSTOCK_DATABASE"] = str(tmp_path / "journal.db")

    def run(command):
        words = shlex.split(command.removesuffix(" | cat"))[1:]
        return subprocess.run(
            [sys.executable, "-m", "penstock", *words],
            cwd=HOME.parents[1],
            env=environ,
            capture_output=True,
            encoding="utf-8",
            check=True,
            timeout=60,
        ).stdout

    return run


def test_the_readme_shows_the_whole_way():
    assert [command.split()[1] for command, _ in SESSIONS] == ["plugins", "steps", "run"]


@pytest.mark.parametrize(("command", "shown"), SESSIONS)
def test_the_readme_shows_what_the_commands_print(shell, command, shown):
    changing = re.compile(r"\d\d:\d\d:\d\d|\brun \w{10}\b|\d\.\ds")  # times, run ids
    assert changing.sub("_", shown) in changing.sub("_", shell(command))
