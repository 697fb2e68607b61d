"""Where stages, groups and steps stand in a tree, and in which order they run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

__all__ = ["NODES", "Path", "Place", "places_of"]

Path: TypeAlias = "tuple[str | int, ...]"

#: Lists of nodes, and what their entries hold.
NODES = {
    "stages": ("stage",),
    "steps": ("step", "stepGroup"),
    "rollbackSteps": ("step", "stepGroup"),
}


@dataclass(frozen=True)
class Place:
    """A stage, a step group or a step in the tree, whether or not the document is valid.

    ``turn`` and ``end`` count the steps that run one after another: what ends before the turn of
    another has run then. What runs side by side has the same turn.
    """

    kind: str
    path: Path
    node: Mapping[str, Any]
    turn: int
    end: int
    inside: "tuple[Place, ...]" = ()
    rollback: "tuple[Place, ...]" = ()

    @property
    def identifier(self) -> str | None:
        """Its identifier, if it has one that is text."""
        return _text(self.node.get("identifier"))

    @property
    def is_looped(self) -> bool:
        """Whether it runs once for each item of a strategy."""
        return bool(self.node.get("strategy"))

    @property
    def below(self) -> "tuple[Place, ...]":
        """What stands directly in it, its rollback included."""
        return (*self.inside, *self.rollback)


def places_of(items: object, key: str, path: Path, turn: int = 0) -> tuple[Place, ...]:
    """Return what stands in a list of nodes at *path*, which its *key* names, as places."""
    found: list[Place] = []
    for i, item in enumerate(items if isinstance(items, list) else []):
        if not isinstance(item, dict):
            continue
        rank = [(item, (*path, i))]
        if isinstance(item.get("parallel"), list):
            here = (*path, i, "parallel")
            rank = [(it, (*here, j)) for j, it in enumerate(item["parallel"])]
        places = [place for it, at in rank if (place := _place(it, key, at, turn)) is not None]
        found += places
        turn = max((place.end + 1 for place in places), default=turn)
    return tuple(found)


def _place(item: object, key: str, path: Path, turn: int) -> Place | None:
    kinds = [k for k in NODES[key] if isinstance(item, dict) and isinstance(item.get(k), dict)]
    if not kinds or not isinstance(item, dict):
        return None
    kind, node, here = kinds[0], item[kinds[0]], (*path, kinds[0])
    if kind == "step":
        return Place(kind, here, node, turn, turn)
    holder = node
    if kind == "stage":
        for part in ("spec", "execution"):
            holder = holder.get(part) if isinstance(holder, dict) else None
            here = (*here, part)
    holder = holder if isinstance(holder, dict) else {}
    inside = places_of(holder.get("steps"), "steps", (*here, "steps"), turn)
    end = max((place.end for place in inside), default=turn)
    undo = (*here, "rollbackSteps")
    rollback = places_of(holder.get("rollbackSteps"), "rollbackSteps", undo, end + 1)
    end = max((place.end for place in rollback), default=end)
    return Place(kind, (*path, kind), node, turn, end, inside, rollback)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
