"""Checks, before anything runs, that each name an expression reads will be there.

A reference to a step that comes later, to itself, or to nothing is a fault with its place and the
near miss; so is a variable that refers to itself through others.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from penstock.errors import ExpressionError, Fault
from penstock.expressions import Read, Template, parse, parse_criterion
from penstock.nearest import suggestion
from penstock.pipeline.document import Path
from penstock.source import Source

__all__ = ["References", "Where"]

#: Below a name that maps to this, only the run will tell.
_ANY = None
_PIPELINE = [
    "name",
    "identifier",
    "orgIdentifier",
    "projectIdentifier",
    "executionId",
    "executionUrl",
    "sequenceId",
    "startTs",
    "status",
    "triggerType",
]
_STAGE = ("name", "identifier", "type", "status")
_STEPS = ("spec", "execution", "steps")
#: Roots that a stage adds; those not listed here are ways to say ``pipeline.stages.…``.
_IN_STAGE = {"org": {"identifier": _ANY}, "project": {"identifier": _ANY}}
_IN_STEP = {"step": {"name": _ANY, "identifier": _ANY}}

#: A step: the identifiers of its stage and its own.
Where: TypeAlias = "tuple[str | None, str | None]"


class References:
    """What can be read at a place, and the faults of what is read and cannot be."""

    def __init__(self, source: Source, tree: Mapping[str, Any]) -> None:
        """Take the document's tree; it may be incomplete or wrong."""
        self._source = source
        #: When each step runs: its place in the file's order.
        self._turn: dict[Where, int] = {}
        self._stages: dict[str, Any] = {}
        self._pipeline = {
            **dict.fromkeys(_PIPELINE, _ANY),
            "execution": {"url": _ANY},
            "triggeredBy": {"name": _ANY, "email": _ANY},
            "tags": dict.fromkeys(tree.get("tags") or {}, _ANY),
            "variables": dict.fromkeys(_names_of(tree.get("variables")), _ANY),
            "stages": self._stages,
        }
        for item in _list(tree.get("stages")):
            self._add_stage(item.get("stage") if isinstance(item, dict) else None)

    def _add_stage(self, stage: object) -> None:
        if not isinstance(stage, dict) or not isinstance(stage.get("identifier"), str):
            return
        steps: dict[str, None] = {}
        for item in _list(_dig(stage, *_STEPS)):
            step = item.get("step") if isinstance(item, dict) else None
            if isinstance(step, dict):
                identifier = str(step.get("identifier"))
                steps[identifier] = _ANY
                self._turn[stage["identifier"], identifier] = len(self._turn)
        self._stages[stage["identifier"]] = {
            **dict.fromkeys(_STAGE, _ANY),
            "tags": dict.fromkeys(stage.get("tags") or {}, _ANY),
            "variables": dict.fromkeys(_names_of(stage.get("variables")), _ANY),
            "spec": {"execution": {"steps": steps}},
        }

    def faults(
        self,
        text: str,
        path: Path,
        here: Where = (None, None),
        *,
        whole: bool = False,
        kept: str | None = None,
    ) -> list[Fault]:
        """Return the faults of the text at *path*, read by the step *here*.

        *whole* says that all of it is one expression (a criterion, a condition); *kept* names the
        root (``issue``) that only a gate will know.
        """
        try:
            template: Template = parse_criterion(text) if whole else parse(text)
        except ExpressionError as error:
            return [self._source.fault(path, error.message, error.hint, offset=error.offset)]
        found = []
        for read in template.reads:
            complaint = None if read.path[0] == kept else self._complaint(read, here)
            if complaint:
                found.append(self._source.fault(path, *complaint, offset=read.offset))
        return found

    def _complaint(self, read: Read, here: Where) -> tuple[str, str] | None:
        full = self._full_path(read.path, here[0])
        return self._too_early(read, full, here) or self._not_there(read, full, here)

    def _full_path(self, path: tuple[str, ...], stage: str | None) -> tuple[str, ...]:
        """Return the path from ``pipeline`` for what a path says relative to its place."""
        match path:
            case _ if stage is None:
                start: tuple[str, ...] = ()
            case ("stages", *_):
                start = ("pipeline",)
            case ("stage", *rest):
                start, path = ("pipeline", "stages", stage), tuple(rest)
            case ("execution", "steps", *_):
                start = ("pipeline", "stages", stage, "spec")
            case ("steps", *_):
                start = ("pipeline", "stages", stage, "spec", "execution")
            case ("variables", name, *_) if name in self._stages[stage]["variables"]:
                start = ("pipeline", "stages", stage)
            case ("variables", *_):
                start = ("pipeline",)
            case _:
                start = ()
        return (*start, *path)

    def _too_early(self, read: Read, full: tuple[str, ...], here: Where) -> tuple[str, str] | None:
        """Tell a step that exists, and has not run when it is read, from one that does not."""
        match full:
            case ("pipeline", "stages", stage, "spec", "execution", "steps", step, *_):
                target = (stage, step)
            case _:
                return None
        if self._turn.get(target, -1) < self._turn.get(here, len(self._turn)):
            return None
        written = ".".join(read.path)
        if target == here:
            return f"{written!r} reads the step that it is part of", "read an earlier step"
        return (
            f"{written!r} reads {stage}/{step}, which has not run yet at this point",
            "move that step before this one",
        )

    def _not_there(self, read: Read, full: tuple[str, ...], here: Where) -> tuple[str, str] | None:
        known: Any = {"pipeline": self._pipeline}
        known |= _IN_STAGE if here[0] else {}
        known |= _IN_STEP if here[1] else {}
        for i, part in enumerate(full):
            if known is _ANY:
                return None
            if part not in known:
                written = ".".join(read.path)
                where = ".".join(full[:i])
                there = f"{part!r} is not in {where!r}" if where else f"there is no {part!r}"
                return f"{written!r} cannot be read: {there}", suggestion(part, list(known))
            known = known[part]
        return None

    def cycles(self, variables: object, path: Path) -> list[Fault]:
        """Return a fault for each variable that needs its own value."""
        needs = {}
        for i, item in enumerate(_list(variables)):
            if isinstance(item, dict) and isinstance(item.get("value"), str):
                needs[str(item.get("name"))] = (i, _variables_read(item["value"]))
        found = []
        for name, (i, _) in needs.items():
            chain = _chain_back(name, {key: reads for key, (_, reads) in needs.items()})
            if chain:
                shown = " → ".join(chain)
                message = f"the variable {name!r} needs its own value: {shown}"
                found.append(self._source.fault((*path, i, "value"), message, "break the cycle"))
        return found


def _variables_read(text: str) -> list[str]:
    try:
        reads = parse(text).reads
    except ExpressionError:
        return []
    roots = {("pipeline", "variables"), ("variables",), ("stage", "variables")}
    return [read.path[-1] for read in reads if read.path[:-1] in roots]


def _chain_back(name: str, needs: Mapping[str, Iterable[str]]) -> list[str] | None:
    """Return the way from *name* to itself, if there is one."""
    ways = [[name]]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for needed in needs.get(way[-1], ()):
            if needed == name:
                return [*way, name]
            if needed not in seen:
                seen.add(needed)
                ways.append([*way, needed])
    return None


def _names_of(variables: object) -> list[str]:
    items = [item for item in _list(variables) if isinstance(item, dict)]
    return [str(item["name"]) for item in items if "name" in item]


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _dig(tree: object, *path: str) -> object:
    for part in path:
        tree = tree.get(part) if isinstance(tree, dict) else None
    return tree
