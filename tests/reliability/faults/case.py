"""A case: one fault, or one value of it, and what must become of it."""

import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faults.scene import Findings, Scene

__all__ = ["CASES", "Case", "Played", "case", "cases"]

Play = Callable[..., str]


@dataclass(frozen=True)
class Played:
    """What became of a case: how often the fault came to pass, and what the outcome was."""

    fired: int
    outcome: str
    findings: Findings
    #: What was not as it must be.
    failure: AssertionError | None = None

    @property
    def survived(self) -> bool:
        """Whether all is well."""
        return self.failure is None and self.fired > 0 and not str(self.findings)


@dataclass(frozen=True)
class Case:
    """A fault by its name, and how it is tried."""

    name: str
    play: Play
    scene: Mapping[str, Any] = field(default_factory=dict)
    values: tuple[Any, ...] = ()

    def tried(self, directory: Path | None = None) -> Played:
        """Try it in *directory* (default: a passing one)."""
        if directory is None:
            with tempfile.TemporaryDirectory() as made:
                return self.tried(Path(made))
        scene = Scene(directory, **self.scene)
        outcome, failure = "", None
        try:
            outcome = self.play(scene, *self.values)
        except AssertionError as error:
            failure = error
        finally:
            fired, findings = scene.fired, scene.close()
        return Played(fired, outcome, findings, failure)


CASES: list[Case] = []


def case(name: str, **scene: Any) -> Callable[[Play], Play]:
    """Make a function that plays in a scene a case; it returns the outcome in words."""
    return cases(name, [()], **scene)


def cases(name: str, table: Iterable[Any], **scene: Any) -> Callable[[Play], Play]:
    """Make a function a case for each row of *table*; *name* is formatted with the row."""

    def add(play: Play) -> Play:
        for row in table:
            values = row if isinstance(row, tuple) else (row,)
            shown = [value for value in values if isinstance(value, (str, int, float))]
            CASES.append(Case(name.format(*shown), play, scene, values))
        return play

    return add
