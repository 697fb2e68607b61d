"""Distributions with plugins, as an installer would leave them in a directory."""

import sys
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import EntryPoint, distributions
from pathlib import Path

import pytest

from penstock.plugins import Plugins, load_plugins

HEAD = """
from collections.abc import Sequence
from typing import ClassVar
import penstock
from pydantic import Field

class Hello(penstock.Step):
    type: ClassVar[str] = "Hello"
    def run(self, context): return {}

class Chat(penstock.Connector):
    type: ClassVar[str] = "Chat"
"""


class Site:
    """A directory of installed distributions."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def install(self, name: str, plugins: Mapping[str, str], version: str = "1.2") -> None:
        """Install a distribution: *plugins* maps ``plugin = module`` to the module's source."""
        home = self.path / f"{name.replace('-', '_')}-{version}.dist-info"
        home.mkdir()
        (home / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n")
        (home / "entry_points.txt").write_text("\n".join(["[penstock]", *plugins]))
        for line, source in plugins.items():
            module = line.partition("=")[2].partition(":")[0].strip()
            (self.path / f"{module}.py").write_text(HEAD + source)

    def entry_points(self) -> list[EntryPoint]:
        return [p for d in distributions(path=[str(self.path)]) for p in d.entry_points]

    def load(self) -> Plugins:
        return load_plugins(entry_points=self.entry_points())


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield Site(tmp_path)
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.fixture
def load_one(site: Site) -> Callable[[str], Plugins]:
    """Return a function that loads one plugin, ``'one' of penstock-one (one)``, from source."""

    def load(source: str) -> Plugins:
        site.install("penstock-one", {"one = one": source})
        return site.load()

    return load
