"""What can be read at each place of a document: the names there, and when they are known."""

from collections import ChainMap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from penstock.pipeline.document import Document
from penstock.pipeline.flow_model import MATRIX_KEYS
from penstock.pipeline.leaves import VariableLeaf, step_leaf, tag_leaves, variable_leaves
from penstock.pipeline.places import Path, Place
from penstock.pipeline.stand_ins import StandIns, with_stand_ins

__all__ = ["Here", "StepNames", "Visible"]

#: Below a name that maps to this, only the run will tell.
_ANY = None
# fmt: off
_PIPELINE = (
    "name", "identifier", "description", "orgIdentifier", "projectIdentifier", "executionId",
    "resumedExecutionId", "executionUrl", "executionMode", "selectedStages", "sequenceId",
    "startTs", "status", "triggerType",
)
_STAGE = (
    "name", "identifier", "description", "type", "status", "currentStatus", "liveStatus",
    "executionUrl",
)
_GROUP = ("name", "identifier", "type", "status", "currentStatus", "liveStatus")
_STEP = {"step": dict.fromkeys(("name", "identifier", "type", "executionUrl"), _ANY)}
#: What is known of the items of a strategy (Harness: the namespace ``strategy``).
_STRATEGY = ("iteration", "iterations", "totalIterations", "identifierPostFix")
#: Where the pipeline lives.
_HOME = {name: {"identifier": _ANY, "name": _ANY} for name in ("org", "project")}
#: Whether something has failed (Harness's names for it).
_OUTCOMES = (
    "Always", "OnPipelineFailure", "OnPipelineSuccess", "OnRollbackModeExecution",
    "OnStageFailure", "OnStageSuccess",
)
# fmt: on


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


class Visible:
    """The names that can be read, place by place, in a document that may be wrong."""

    def __init__(
        self,
        document: Document,
        outputs: Mapping[str, frozenset[str]] = MappingProxyType({}),
        stand_ins: StandIns = MappingProxyType({}),
        around: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        """Take the document.

        *outputs* holds the names of the outputs of step types, where they are known; *stand_ins*
        are names that a rehearsal will have besides; *around* are names from outside of the
        document, such as ``variable``.
        """
        self._around = {**_HOME, **around}
        self._outputs = outputs
        self._stand_ins = stand_ins
        self._stages = StepNames()
        tree = document.tree
        path = (*document.root, "variables")
        self._variables = variable_leaves(tree.get("variables"), path, "")
        self._tags = tag_leaves(tree.get("tags"), (*document.root, "tags"), "")
        self._pipeline = {
            **dict.fromkeys(_PIPELINE, _ANY),
            "execution": {"url": _ANY},
            "triggeredBy": {"name": _ANY, "email": _ANY},
            "tags": self._tags,
            "variables": self._variables,
            "stages": self._stages,
        }
        #: What stands at each place sees.
        self._here: dict[Path, Mapping[str, Any]] = {}
        self._written: dict[Path, str] = {}
        self._variable_leaves = [self._variables, self._tags]
        for stage in document.stages:
            self._add_stage(stage)

    def _add_stage(self, stage: Place) -> None:
        name = stage.identifier
        steps, undo = StepNames(), StepNames()
        execution = {"steps": steps, "rollbackSteps": undo}
        tags = tag_leaves(stage.node.get("tags"), (*stage.path, "tags"), f"{name}.")
        self._variable_leaves.append(tags)
        node = {
            **dict.fromkeys(_STAGE, _ANY),
            "tags": tags,
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
            **self._around,
            **dict.fromkeys(_OUTCOMES, _ANY),
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
        node: Any = step_leaf(place, written, self._outputs)
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

    def _place(self, names: Mapping[str, Any], turn: float = float("inf"), own: str = "") -> Here:
        return Here(with_stand_ins(names, self._stand_ins), turn, own)

    def at(self, place: Place | None, *, starts: bool) -> Here:
        """Return what is seen at *place*: by a step, or by what holds steps; by the pipeline.

        If it *starts*, what its condition sees: the steps before it. Its variables are read at
        any time.
        """
        if place is None:
            return self._place({"pipeline": self._pipeline, **self._around})
        names = self._here[place.path]
        if place.kind == "step":
            return self._place({**names, **_STEP}, place.turn, self._written[place.path])
        return self._place(names, place.turn) if starts else self._place(names)

    def variable(self, place: Place | None, name: str) -> VariableLeaf:
        """Return the leaf of a variable of the pipeline, or of a stage or group."""
        leaves = self._variables
        if place is not None:
            root = "stage" if place.kind == "stage" else "stepGroup"
            leaves = self._here[place.path][root]["variables"]
        leaf: VariableLeaf = leaves[name]
        return leaf

    def tag(self, stage: Place | None, name: str) -> VariableLeaf:
        """Return the leaf of a tag of the pipeline or of a stage."""
        leaves = self._tags if stage is None else self._here[stage.path]["stage"]["tags"]
        leaf: VariableLeaf = leaves[name]
        return leaf

    def variables(self) -> Iterator[VariableLeaf]:
        """Yield every variable and tag."""
        for leaves in self._variable_leaves:
            yield from leaves.values()


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
