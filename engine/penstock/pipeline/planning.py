"""From a pipeline file to its plan, with every fault that can be found without asking anybody."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from penstock.connectors.scope import Home
from penstock.connectors.variables import SharedVariables
from penstock.errors import Fault, Refused
from penstock.pipeline.checking import Check, ConnectorCheck, texts_of
from penstock.pipeline.document import Document
from penstock.pipeline.filling import Filled
from penstock.pipeline.flow_model import Action, FailureStrategy, StrategyModel
from penstock.pipeline.model import (
    Pipeline,
    Stage,
    StageItem,
    StepGroup,
    StepItem,
    Variable,
)
from penstock.pipeline.model import Step as StepModel
from penstock.pipeline.places import Path
from penstock.pipeline.plan import (
    FailureAction,
    FailureRule,
    Plan,
    PlannedGroup,
    PlannedStage,
    PlannedStep,
    PlannedVariable,
    Rank,
    Strategy,
)
from penstock.pipeline.stand_ins import StandIns
from penstock.source import Source
from penstock.step import Step

__all__ = ["ROLLBACK", "Planned", "make_plan"]

#: Harness: a step without ``timeout`` has ten hours.
DEFAULT_TIMEOUT = 36_000.0
#: The part of a path below which the steps stand that undo a stage.
ROLLBACK = "rollback"

_Ranks: TypeAlias = tuple[Rank, ...]


@dataclass(frozen=True)
class Planned:
    """A plan, and what is worth a note though it is no fault."""

    plan: Plan
    notes: tuple[Fault, ...]


def make_plan(
    source: Source,
    tree: object,
    types: Mapping[str, type[Step]],
    check_connector: ConnectorCheck | None,
    inputs: Mapping[str, str] | None = None,
    *,
    stand_ins: StandIns | None = None,
    shared: SharedVariables | None = None,
) -> Planned:
    """Return the plan of the pipeline in *tree*: what ``fill_inputs`` made of *source*.

    A bare tree stands for one without inputs. *check_connector* ``None`` leaves connectors alone;
    *inputs* is what the plan tells of its inputs, if *tree* does not know; *stand_ins* are names
    that a rehearsal will have besides; *shared*, if given, are the variables of the account, of
    orgs and of projects. Raise ``Refused`` with all faults at once, those of the inputs too.
    """
    filled = tree if isinstance(tree, Filled) else Filled(tree, inputs or {})
    source = filled.source or source
    document = Document.of(source, filled.tree, filled.open)
    document.faults += filled.faults
    Check(document, types, check_connector, stand_ins or {}, shared).all()
    pipeline = document.pipeline()
    Refused.unless_empty(document.faults)
    if pipeline is None:  # pragma: no cover - its faults were raised above
        raise Refused(source.fault(document.root, "the pipeline is not valid"))
    home = Home(pipeline.org_identifier, pipeline.project_identifier)
    around = (shared or SharedVariables()).seen_from(home)
    plan = _Planning(source).plan(pipeline, document.root, filled.values, around)
    return Planned(plan, tuple(document.notes))


@dataclass(frozen=True)
class _Planning:
    """Turns the models of a document into the values of a plan, with their places in the file."""

    source: Source

    def plan(
        self, pipeline: Pipeline, root: Path, inputs: Mapping[str, str], shared: Mapping[str, Any]
    ) -> Plan:
        ranks = tuple(
            self._stages(item, (*root, "stages", i)) for i, item in enumerate(pipeline.stages)
        )
        return Plan(
            self.source.file,
            pipeline.identifier,
            pipeline.name or pipeline.identifier,
            pipeline.org_identifier,
            pipeline.project_identifier,
            pipeline.tags,
            self._variables(pipeline.variables, (*root, "variables")),
            pipeline.timeout,
            ranks,
            inputs,
            pipeline.description or "",
            shared,
        )

    def _stages(self, item: StageItem, path: Path) -> tuple[PlannedStage, ...]:
        if item.stage is not None:
            return (self._stage(item.stage, (*path, "stage")),)
        beside = enumerate(item.parallel or ())
        found = [self._stages(each, (*path, "parallel", i)) for i, each in beside]
        return tuple(stage for rank in found for stage in rank)

    def _stage(self, stage: Stage, path: Path) -> PlannedStage:
        place = self.source.place(path)
        execution, below = stage.spec.execution, (*path, "spec", "execution")
        above = stage.identifier
        return PlannedStage(
            above,
            stage.identifier,
            stage.name or stage.identifier,
            stage.type,
            stage.tags,
            self._variables(stage.variables, (*path, "variables")),
            stage.timeout,
            stage.when.pipeline_status,
            stage.when.condition,
            self._ranks(execution.steps, (*below, "steps"), above),
            place.line,
            place.column,
            self._ranks(execution.rollback_steps, (*below, "rollbackSteps"), f"{above}/{ROLLBACK}"),
            _failures(stage.failure_strategies),
            _strategy(stage.strategy),
            self._file(path),
            stage.description or "",
        )

    def _ranks(self, items: list[StepItem], path: Path, above: str) -> _Ranks:
        return tuple(self._rank(item, (*path, i), above) for i, item in enumerate(items))

    def _rank(self, item: StepItem, path: Path, above: str) -> Rank:
        if item.step is not None:
            return (self._step(item.step, (*path, "step"), above),)
        if item.step_group is not None:
            return (self._group(item.step_group, (*path, "stepGroup"), above),)
        beside = enumerate(item.parallel or ())
        found = [self._rank(each, (*path, "parallel", i), above) for i, each in beside]
        return tuple(node for rank in found for node in rank)

    def _group(self, group: StepGroup, path: Path, above: str) -> PlannedGroup:
        place = self.source.place((*path, "identifier"))
        here = f"{above}/{group.identifier}"
        return PlannedGroup(
            here,
            group.identifier,
            group.name or group.identifier,
            self._variables(group.variables, (*path, "variables")),
            group.timeout,
            group.when.stage_status,
            group.when.condition,
            self._ranks(group.steps, (*path, "steps"), here),
            place.line,
            place.column,
            _failures(group.failure_strategies),
            _strategy(group.strategy),
            file=self._file((*path, "identifier")),
        )

    def _step(self, step: StepModel, path: Path, above: str) -> PlannedStep:
        places = {}
        for below, _ in texts_of(step.spec):
            here = (*path, "spec", *below)
            at = self.source.place(here)
            places[".".join(map(str, below))] = (at.line, at.column, self._file(here))
        place = self.source.place((*path, "identifier"))
        return PlannedStep(
            f"{above}/{step.identifier}",
            step.identifier,
            step.name or step.identifier,
            step.type,
            step.spec,
            DEFAULT_TIMEOUT if step.timeout is None else step.timeout,
            step.when.stage_status,
            step.when.condition,
            places,
            place.line,
            place.column,
            _failures(step.failure_strategies),
            _strategy(step.strategy),
            self._file((*path, "identifier")),
        )

    def _file(self, path: Path) -> str:
        """Return the file in which something stands, if it is another than the pipeline's."""
        file = self.source.file_of(path)
        return "" if file == self.source.file else file

    def _variables(self, variables: list[Variable], path: Path) -> tuple[PlannedVariable, ...]:
        planned = []
        for i, variable in enumerate(variables):
            key, value = "value", variable.value
            if value is None and variable.default is not None:
                key, value = "default", variable.default
            place = self.source.place((*path, i, key))
            planned.append(
                PlannedVariable(variable.name, variable.type, value, place.line, place.column)
            )
        return tuple(planned)


def _failures(strategies: list[FailureStrategy]) -> tuple[FailureRule, ...]:
    found = (strategy.on_failure for strategy in strategies)
    return tuple(FailureRule(tuple(each.errors), _action(each.action)) for each in found)


def _action(action: Action) -> FailureAction:
    spec = action.spec
    then = _action(spec.on_retry_failure.action) if spec.on_retry_failure is not None else None
    return FailureAction(action.type, spec.retry_count or 0, tuple(spec.retry_intervals), then)


def _strategy(strategy: StrategyModel | None) -> Strategy | None:
    if strategy is None:
        return None
    skips = strategy.on_failure == "SkipQueued"
    if strategy.matrix is not None:
        return Strategy("matrix", dict(strategy.matrix), strategy.when, skips)
    if strategy.parallelism is not None:
        return Strategy("parallelism", {"times": strategy.parallelism}, strategy.when, skips)
    repeat = strategy.repeat or strategy.older
    spec = repeat.model_dump(by_alias=True, exclude_none=True) if repeat is not None else {}
    return Strategy("repeat", spec, strategy.when, skips)
