"""Variables and steps as what expressions read: what each variable needs, and what runs last."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from penstock.pipeline.model import text_of
from penstock.pipeline.places import Path, Place

__all__ = [
    "MOST_NEEDED",
    "MOST_READINGS",
    "STEP",
    "Leaf",
    "StepLeaf",
    "VariableLeaf",
    "settled",
    "step_leaf",
    "tag_leaves",
    "variable_leaves",
]

#: A variable may need so many others, one through another, and so many readings of them in all.
MOST_NEEDED, MOST_READINGS = 32, 1_000


@dataclass(frozen=True)
class StepLeaf:
    """A step as something that is read: whose turn comes when, and where it is."""

    turn: int
    written: str
    #: The names below it, or ``None`` if only the run will tell.
    names: tuple[str, ...] | None = None


@dataclass(eq=False)
class VariableLeaf:
    """A variable as something that is read, with what its value reads."""

    name: str
    #: Where its value is.
    path: Path
    needs: list["Leaf"] = field(default_factory=list)
    #: Of the steps that its value needs, through other variables too, the one that runs last.
    last: StepLeaf | None = None
    #: How many variables one through another, and how many readings, its value takes.
    depth: int = 1
    readings: int = 1
    #: Whether it is a Secret, or its value needs one.
    is_secret: bool = False
    #: What messages call it.
    kind: str = "variable"

    @property
    def is_heavy(self) -> bool:
        """Whether a run would take too long, or too much of the stack, for the value."""
        return self.depth > MOST_NEEDED or self.readings > MOST_READINGS

    def learn(self, needed: "Leaf") -> None:
        """Take in what is needed, itself settled."""
        if isinstance(needed, VariableLeaf):
            step = needed.last
            self.depth = max(self.depth, needed.depth + 1)
            self.readings += needed.readings
            self.is_secret = self.is_secret or needed.is_secret
        else:
            step = needed
        if step is not None and (self.last is None or self.last.turn < step.turn):
            self.last = step


Leaf: TypeAlias = StepLeaf | VariableLeaf


#: What a run knows of every step.
STEP = ("name", "identifier", "type", "status", "startTs", "endTs", "retryCount", "spec")


def step_leaf(step: Place, written: str, outputs: Mapping[str, frozenset[str]]) -> StepLeaf:
    """Return a step as something that is read; messages call it *written*.

    *outputs* holds the names of the outputs of step types, where they are known.
    """
    own = outputs.get(str(step.node.get("type")))
    names = None if own is None else (*sorted(own), *STEP)
    return StepLeaf(step.turn, written, names)


def variable_leaves(variables: object, path: Path, prefix: str) -> dict[str, VariableLeaf]:
    """Return the variables of a list at *path* by name; messages put *prefix* before it."""
    found: dict[str, VariableLeaf] = {}
    for i, item in enumerate(variables if isinstance(variables, list) else []):
        name = item.get("name") if isinstance(item, dict) else None
        if isinstance(name, str):
            place = (*path, i, text_of(item)[0])
            secret = item.get("type") == "Secret"
            found.setdefault(name, VariableLeaf(f"{prefix}{name}", place, is_secret=secret))
    return found


def tag_leaves(tags: object, path: Path, prefix: str) -> dict[str, VariableLeaf]:
    """Return the tags in the mapping at *path* by name; messages put *prefix* before it."""
    return {
        name: VariableLeaf(f"{prefix}{name}", (*path, name), kind="tag")
        for name in (tags if isinstance(tags, dict) else ())
    }


def settled(variables: Iterable[VariableLeaf]) -> Iterator[list[VariableLeaf]]:
    """Let variables learn what they need, those that others need first; yield each cycle met.

    A walk without recursion: a chain of variables may be as long as a file.
    """
    done: set[VariableLeaf] = set()
    reported: set[VariableLeaf] = set()
    for start in variables:
        way = {} if start in done else {start: iter(start.needs)}
        while way:
            leaf, left = next(reversed(way.items()))
            below = next(left, None)
            if below is None:
                done.add(leaf)
                way.pop(leaf)
                if way:
                    next(reversed(way)).learn(leaf)
            elif isinstance(below, StepLeaf) or below in done:
                leaf.learn(below)
            elif below not in way:
                way[below] = iter(below.needs)
            elif below not in reported:
                reported.add(below)
                whole = list(way)
                yield whole[whole.index(below) :]
