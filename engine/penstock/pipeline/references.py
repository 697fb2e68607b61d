"""Checks, before anything runs, that each name an expression reads will be there.

A reference to a step that comes later, to itself, or to nothing is a fault with its place and the
near miss; so is a variable that needs its own value.
"""

from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from penstock.connectors.scope import Reference, Scope
from penstock.errors import ConnectorError, ExpressionError, Fault
from penstock.expressions import Read, SecretRead, parse, parse_criterion
from penstock.nearest import suggestion
from penstock.pipeline.document import Document
from penstock.pipeline.flow_model import MATRIX_KEYS
from penstock.pipeline.leaves import (
    MOST_NEEDED,
    MOST_READINGS,
    Leaf,
    StepLeaf,
    VariableLeaf,
    settled,
    variable_leaves,
)
from penstock.pipeline.places import Path, Place

__all__ = ["Here", "References"]

#: Below a name that maps to this, only the run will tell.
_ANY = None
_PIPELINE = (
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
)
_STAGE = ("name", "identifier", "type", "status")
_GROUP = ("name", "identifier", "status")
_STEP = {"step": {"name": _ANY, "identifier": _ANY}}
#: What is known of the items of a strategy (Harness: the namespace ``strategy``).
_STRATEGY = ("iteration", "iterations", "totalIterations", "identifierPostFix")
#: What the platform knows and a run here does not.
# fmt: off
_PLATFORM = frozenset({
    "account", "artifact", "artifacts", "codebase", "connector", "env", "eventPayload",
    "expression", "infra", "json", "manifests", "regex", "service", "serviceVariables",
    "trigger", "variable", "xml",
})
# fmt: on
#: Names that only exist at some places, and where.
_SOMEWHERE = {
    "matrix": "it is known only below a `strategy` with a matrix",
    "repeat": "it is known only below a `strategy` with repeat",
    "strategy": "it is known only below a `strategy`",
    "stepGroup": "it is known only inside of a step group",
}
#: At so many faults the near miss is looked for: it takes its time.
_HINTED = 100
#: A longer chain of variables is cut in the middle.
_SHOWN = 8


@dataclass(frozen=True)
class Here:
    """A place that reads: the names there, and whose turn it is (steps before that have run)."""

    names: Mapping[str, Any]
    turn: float = float("inf")
    #: The step that reads, as ``stage/step``.
    own: str = ""


class StepNames(dict[str, Any]):
    """Steps and groups by identifier; of a looped one each item too (``deploy_0``)."""

    def __init__(self) -> None:
        """Start without any."""
        super().__init__()
        self.loops: dict[str, Any] = {}

    def __contains__(self, name: object) -> bool:
        """Whether *name* is a node, or an item of a looped one."""
        return super().__contains__(name) or self._item(name) is not None

    def __missing__(self, name: str) -> Any:
        """Return what can be read of an item."""
        return self._item(name)

    def _item(self, name: object) -> Any:
        if not isinstance(name, str):
            return None
        fitting = (node for key, node in self.loops.items() if name.startswith(f"{key}_"))
        return next(fitting, None)


class References:
    """What can be read at each place of a document, and the faults of what cannot."""

    def __init__(self, document: Document, gates: Mapping[str, str]) -> None:
        """Take the document, valid or not.

        *gates* maps the names that only a gate knows (``issue``) to a text that says where.
        """
        self._source = document.source
        self._hidden = document.hidden
        self._gates = gates
        self._hints_left = _HINTED
        self._stages = StepNames()
        tree = document.tree
        path = (*document.root, "variables")
        org, project = tree.get("orgIdentifier"), tree.get("projectIdentifier")
        self._scope = Scope.of(org=org, project=project)
        self._variables = variable_leaves(tree.get("variables"), path, "")
        self._pipeline = {
            **dict.fromkeys(_PIPELINE, _ANY),
            "execution": {"url": _ANY},
            "triggeredBy": {"name": _ANY, "email": _ANY},
            "tags": _tags(tree.get("tags")),
            "variables": self._variables,
            "stages": self._stages,
        }
        #: What is read in the pipeline's own variables.
        self.at_pipeline = Here({"pipeline": self._pipeline})
        #: What stands at each place sees.
        self._here: dict[Path, Mapping[str, Any]] = {}
        self._written: dict[Path, str] = {}
        self._variable_leaves = [self._variables]
        for stage in document.stages:
            self._add_stage(stage)

    def _add_stage(self, stage: Place) -> None:
        name = stage.identifier
        steps, undo = StepNames(), StepNames()
        execution = {"steps": steps, "rollbackSteps": undo}
        node = {
            **dict.fromkeys(_STAGE, _ANY),
            "tags": _tags(stage.node.get("tags")),
            "variables": self._own_variables(stage, f"{name}."),
            "spec": {"execution": execution},
            **_loop_names(stage),
        }
        if name is not None:
            self._stages.setdefault(name, node)
            if stage.is_looped:
                self._stages.loops.setdefault(name, node)
        names = {
            "pipeline": self._pipeline,
            "stages": self._stages,
            "stage": node,
            "steps": steps,
            "execution": execution,
            "variables": ChainMap(node["variables"], self._variables),
            "org": {"identifier": _ANY},
            "project": {"identifier": _ANY},
            **_loop_names(stage),
        }
        self._here[stage.path] = names
        for place in stage.inside:
            self._add_node(place, {**names, "steps": steps}, f"{name}")
        for place in stage.rollback:
            self._add_node(place, {**names, "steps": undo}, f"{name}/rollback")

    def _add_node(self, place: Place, names: Mapping[str, Any], above: str) -> None:
        """Take in a step or a group among its siblings, which are ``steps`` of *names*."""
        siblings: StepNames = names["steps"]
        written = f"{above}/{place.identifier}"
        inside = {**names, **_loop_names(place)}
        node: Any = StepLeaf(place.turn, written)
        if place.kind == "stepGroup":
            steps = StepNames()
            variables = self._own_variables(place, f"{place.identifier}.")
            node = {**dict.fromkeys(_GROUP, _ANY), "variables": variables, "steps": steps}
            inside |= {
                "steps": steps,
                "stepGroup": node,
                "variables": ChainMap(variables, *names["variables"].maps),
            }
            for below in place.inside:
                self._add_node(below, inside, written)
        self._here[place.path] = inside
        self._written[place.path] = written
        if place.identifier is not None and place.is_looped:
            siblings.loops.setdefault(place.identifier, node)
            siblings.setdefault(place.identifier, dict.fromkeys(_GROUP, _ANY))
        elif place.identifier is not None:
            siblings.setdefault(place.identifier, node)

    def _own_variables(self, place: Place, prefix: str) -> dict[str, VariableLeaf]:
        path = (*place.path, "variables")
        leaves = variable_leaves(place.node.get("variables"), path, prefix)
        self._variable_leaves.append(leaves)
        return leaves

    def at(self, place: Place, *, starts: bool) -> Here:
        """Return what is seen at *place*: by a step, or by what holds steps.

        If it *starts*, what its condition sees: the steps before it. Its variables are read at
        any time.
        """
        names = self._here[place.path]
        if place.kind == "step":
            return Here({**names, **_STEP}, place.turn, self._written[place.path])
        return Here(names, place.turn) if starts else Here(names)

    def variable(self, place: Place | None, name: str) -> VariableLeaf:
        """Return the leaf of a variable of the pipeline, or of a stage or group."""
        leaves = self._variables
        if place is not None:
            root = "stage" if place.kind == "stage" else "stepGroup"
            leaves = self._here[place.path][root]["variables"]
        leaf: VariableLeaf = leaves[name]
        return leaf

    def faults(
        self,
        text: str,
        path: Path,
        here: Here,
        *,
        whole: bool = False,
        kept: str | None = None,
        reader: VariableLeaf | None = None,
    ) -> list[Fault]:
        """Return the faults of the text at *path*, read by what stands *here*.

        *whole* says that all of it is one expression (a criterion, a condition); *kept* names the
        root (``issue``) that only a gate will know; *reader* is the variable whose value it is.
        """
        try:
            template = parse_criterion(text) if whole else parse(text)
        except ExpressionError as error:
            return [self._source.fault(path, error.message, error.hint, offset=error.offset)]
        found = self._secrets(template.secrets, path, reader)
        for read in template.reads:
            complaint = None if read.path[0] == kept else self._complaint(read, here, reader)
            if complaint:
                found.append(self._source.fault(path, *complaint, offset=read.offset))
        return found

    def _secrets(
        self, secrets: Iterable[SecretRead], path: Path, reader: VariableLeaf | None
    ) -> list[Fault]:
        """Return the faults of secrets that are read by their reference.

        A variable may hold one, of a scope within the pipeline's reach; nothing else may.
        """
        found = []
        for secret in secrets:
            if reader is None:
                complaint = _in_the_open(f"the secret {secret.reference or ''}".strip())
            else:
                reader.is_secret = True
                complaint = _out_of_reach(secret.reference, self._scope)
            if complaint:
                found.append(self._source.fault(path, *complaint, offset=secret.offset))
        return found

    def _complaint(
        self, read: Read, here: Here, reader: VariableLeaf | None
    ) -> tuple[str, str] | None:
        node: Any = here.names
        for i, part in enumerate(read.path):
            if not isinstance(node, Mapping):
                break
            if part not in node:
                return None if part in self._hidden else self._not_there(read, i, node)
            node = node[part]
        if isinstance(node, StepLeaf) and read.optional:
            return None
        if reader is not None and isinstance(node, Leaf):
            reader.needs.append(node)
        elif isinstance(node, VariableLeaf) and node.is_secret:
            return _in_the_open(f"the secret in the variable {node.name!r}")
        return _too_early(read, node, here)

    def _not_there(self, read: Read, i: int, node: Mapping[str, Any]) -> tuple[str, str] | None:
        if read.optional:
            return None
        part = read.path[i]
        above = ".".join(read.path[:i])
        there = f"{part!r} is not in {above!r}" if above else f"there is no {part!r}"
        message = f"{'.'.join(read.path)!r} cannot be read: {there}"
        self._hints_left -= 1
        return message, self._hint(part, i, node) if self._hints_left >= 0 else ""

    def _hint(self, part: str, i: int, node: Mapping[str, Any]) -> str:
        if i == 0 and part in self._gates:
            return f"it is known only in {self._gates[part]}"
        if i == 0 and part == "input":
            return "an input must be all of a value, and begin with `<+input>`"
        if i == 0 and part in _SOMEWHERE:
            return _SOMEWHERE[part]
        if i == 0 and part in _PLATFORM:
            return "only the platform has it: hand the value over in a variable"
        longer = [name for name in node if name.startswith((f"{part}.", f"{part}-"))]
        if longer:
            quoted = [f'."{name}"' for name in longer[:3]]
            return f"a name with . or - in it is written in quotes: {' or '.join(quoted)}"
        return suggestion(part, node) or "nothing is defined there"

    def settle(self) -> Iterator[Fault]:
        """Learn what each variable needs; yield a fault for each cycle and for what is too much."""
        variables = [leaf for leaves in self._variable_leaves for leaf in leaves.values()]
        for cycle in settled(variables):
            names = [leaf.name for leaf in (*cycle, cycle[0])]
            if len(names) > _SHOWN:
                names[_SHOWN // 2 : -_SHOWN // 2] = ["…"]
            message = f"the variable {names[0]!r} needs its own value: {' → '.join(names)}"
            yield self._source.fault(cycle[0].path, message, "break the cycle")
        for leaf in variables:
            below = [needed for needed in leaf.needs if isinstance(needed, VariableLeaf)]
            if leaf.is_heavy and not any(needed.is_heavy for needed in below):
                message = f"the variable {leaf.name!r} needs too many others"
                hint = (
                    f"a chain may have {MOST_NEEDED} of them, and {MOST_READINGS} readings in all"
                )
                yield self._source.fault(leaf.path, message, hint)


def _in_the_open(what: str) -> tuple[str, str] | None:
    return f"{what} would be written in the open", "secrets belong into connectors; take it out"


def _out_of_reach(reference: str | None, scope: Scope) -> tuple[str, str] | None:
    """Tell what is wrong with a reference to a secret that is read in a pipeline of *scope*."""
    try:
        if reference is not None:
            Reference.parse(reference).require_reach(scope)
    except ConnectorError as error:
        return error.faults[0].message, error.faults[0].hint
    return None


def _too_early(read: Read, node: object, here: Here) -> tuple[str, str] | None:
    """Tell what needs a step that has not run when it is read."""
    step = node.last if isinstance(node, VariableLeaf) else node
    if not isinstance(step, StepLeaf) or step.turn < here.turn:
        return None
    verb = "reads" if step is node else "needs"
    written = ".".join(read.path)
    if step.written == here.own:
        return f"{written!r} {verb} the step that it is part of", "read an earlier step"
    return (
        f"{written!r} {verb} {step.written}, which has not run yet at this point",
        "move that step before this one",
    )


def _loop_names(place: Place) -> dict[str, Any]:
    """Return the names that a strategy gives to what stands at *place* and below."""
    strategy = place.node.get("strategy")
    if not isinstance(strategy, dict):
        return {}
    found: dict[str, Any] = {"strategy": dict.fromkeys(_STRATEGY, _ANY)}
    matrix = strategy.get("matrix")
    if isinstance(matrix, dict):
        found["matrix"] = {axis: _ANY for axis in matrix if axis not in MATRIX_KEYS}
    elif "repeat" in strategy or "for" in strategy:
        found["repeat"] = dict.fromkeys(("item", "partition"), _ANY)
    return found


def _tags(tags: object) -> Mapping[str, None]:
    return dict.fromkeys(tags, _ANY) if isinstance(tags, dict) else {}
