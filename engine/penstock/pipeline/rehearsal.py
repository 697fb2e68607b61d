"""What a rehearsal makes of a pipeline that only the platform (Harness) could run as it is.

Stages of other types run their steps; keys without a meaning here are noted; and every name that
is read of what will only be stood in for gets a value that shows where it comes from.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from penstock.errors import ExpressionError, Fault, Refused
from penstock.expressions import has_expression, parse
from penstock.json_types import Json
from penstock.pipeline.checking import texts_of
from penstock.pipeline.document import UNSUPPORTED
from penstock.pipeline.filling import Filled
from penstock.pipeline.leaves import STEP
from penstock.pipeline.model import STAGE_TYPES
from penstock.pipeline.places import Path
from penstock.pipeline.platform import PLATFORM, advice
from penstock.source import Source

__all__ = ["StandInValues", "for_rehearsal", "step_types_of"]

_Tree: TypeAlias = dict[str, Any]
#: What a stage without steps of its own is turned into.
_STEP_OF_A_STAGE = "whole"


@dataclass(frozen=True)
class StandInValues:
    """Values for what only the platform knows, and what steps that are stood in for leave.

    ``names`` are nested as they are read (``{"artifact": {"tag": …}}``); ``outputs`` are those of
    steps, by identifier.
    """

    names: Mapping[str, Json]
    outputs: Mapping[str, Mapping[str, Json]]


def for_rehearsal(
    source: Source, filled: Filled, given: Mapping[str, str]
) -> tuple[Filled, StandInValues, list[Fault]]:
    """Return the pipeline as it can be rehearsed, the values of stand-ins, and what is left out.

    *given* are values of stand-ins by their path (``artifact.tag``, ``STEP.output.x``); one that
    is JSON of a list or a mapping is that. Raise ``Refused`` for a path that cannot be.
    """
    notes: list[Fault] = []
    tree = _cleaned(filled.tree, (), source, notes)
    names: _Tree = {}
    outputs: _Tree = {}
    for path in _reads(tree):
        _take(path, names, outputs)
    for written, text in given.items():
        _give(written, text, names, outputs)
    return replace(filled, tree=tree), StandInValues(names, outputs), notes


def step_types_of(tree: object) -> dict[str, int]:
    """Return the types of the steps in a pipeline's tree, with how often each stands there."""
    found: dict[str, int] = {}
    for step in _steps(tree):
        if isinstance(step.get("type"), str):
            found[step["type"]] = found.get(step["type"], 0) + 1
    return found


def _steps(node: object) -> Iterator[_Tree]:
    if isinstance(node, list):
        for item in node:
            yield from _steps(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "step" and isinstance(value, dict):
                yield value
            elif key != "spec" or "execution" in (value if isinstance(value, dict) else ()):
                yield from _steps(value)


# The tree


def _cleaned(node: Any, path: Path, source: Source, notes: list[Fault]) -> Any:
    """Take out what no rehearsal can honour, with a note; stages become some that run here."""
    if isinstance(node, list):
        return [_cleaned(item, (*path, i), source, notes) for i, item in enumerate(node)]
    if not isinstance(node, dict):
        return node
    kept = {}
    for key, value in node.items():
        here = (*path, key)
        if key in UNSUPPORTED and value and path[-1:] != ("spec",):
            notes.append(source.fault(here, f"`{key}` is left out of the rehearsal", key=True))
        elif key == "stage" and isinstance(value, dict):
            kept[key] = _stage(_cleaned(value, here, source, notes), here, source, notes)
        elif key == "step":
            kept[key] = value if not isinstance(value, dict) else _step(value, here, source, notes)
        else:
            kept[key] = _cleaned(value, here, source, notes)
    return kept


def _step(step: _Tree, path: Path, source: Source, notes: list[Fault]) -> _Tree:
    """Return a step without what is left out; its spec is its type's own."""
    spec = {"spec": step["spec"]} if "spec" in step else {}
    rest = {key: value for key, value in step.items() if key != "spec"}
    return {**_cleaned(rest, path, source, notes), **spec}


def _stage(stage: _Tree, path: Path, source: Source, notes: list[Fault]) -> _Tree:
    kind = stage.get("type")
    if not isinstance(kind, str) or kind in STAGE_TYPES:
        return stage
    spec = stage.get("spec")
    execution = spec.get("execution") if isinstance(spec, dict) else None
    if execution is None:
        text = f"a stage of type {kind} is one step in a rehearsal"
        rest = {key: value for key, value in (spec or {}).items() if isinstance(key, str)}
        step = {"identifier": _STEP_OF_A_STAGE, "type": kind, "spec": rest}
        execution = {"steps": [{"step": step}]}
    else:
        text = f"of a stage of type {kind}, only the steps are rehearsed"
    notes.append(source.fault((*path, "type"), text))
    return {**stage, "type": "Custom", "spec": {"execution": execution}}


# Values


def _reads(tree: object) -> Iterator[tuple[str, ...]]:
    for _, text in texts_of(tree):
        if has_expression(text):
            try:
                reads = parse(text).reads
            except ExpressionError:
                continue  # told where the text is checked
            yield from (read.path for read in reads)


def _take(path: Sequence[str], names: _Tree, outputs: _Tree) -> None:
    """Give a value to what *path* reads, if only a stand-in can."""
    if "steps" in path[:-1]:
        at = len(path) - 1 - path[::-1].index("steps")
        identifier, rest = path[at + 1], path[at + 2 :]
        if rest and rest[0] not in STEP:
            _put(outputs.setdefault(identifier, {}), rest, f"«{rest[-1]}»")
        return
    if path[0] in PLATFORM or any(advice(path, i) for i in range(1, len(path))):
        value = f"«{'.'.join(path)}»"
        _put(names, path if len(path) > 1 else (*path, "name"), value)


def _give(written: str, text: str, names: _Tree, outputs: _Tree) -> None:
    path = tuple(written.split("."))
    if not path[1:] or not all(path):
        raise Refused(
            f"--stand-in {written!r} names nothing; write, for example, artifact.tag=1.2.3 or "
            "STEP.output.outputVariables.url=https://example.com"
        )
    platform = path[0] in PLATFORM or any(advice(path, i) for i in range(1, len(path)))
    _put(names if platform else outputs, path, _value(text))


def _value(text: str) -> Json:
    if text.strip().startswith(("[", "{")):
        try:
            value: Json = json.loads(text)
        except ValueError:
            return text
        return value
    return text


def _put(node: _Tree, path: Sequence[str], value: Json) -> None:
    """Put a value at *path*; what stands deeper there already stays."""
    *above, last = path
    for part in above:
        below = node.get(part)
        if not isinstance(below, dict):
            below = node[part] = {}
        node = below
    if not isinstance(node.get(last), dict):
        node[last] = value
