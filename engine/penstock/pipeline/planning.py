"""From a pipeline file to its plan, with every fault that can be found without asking anybody."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from penstock.connectors.scope import Home
from penstock.connectors.variables import SharedVariables
from penstock.errors import Fault, Refused
from penstock.pipeline.checking import Check, ConnectorCheck, texts_of
from penstock.pipeline.document import Document, Path
from penstock.pipeline.filling import Filled
from penstock.pipeline.model import Pipeline, Stage, Variable
from penstock.pipeline.model import Step as StepModel
from penstock.pipeline.plan import Plan, PlannedStage, PlannedStep, PlannedVariable
from penstock.pipeline.stand_ins import StandIns
from penstock.source import Source
from penstock.step import Step

__all__ = ["Planned", "make_plan"]

#: Harness: a step without ``timeout`` has ten hours.
DEFAULT_TIMEOUT = 36_000.0


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
    return Planned(_plan(pipeline, document, filled.values, around), tuple(document.notes))


def _plan(
    pipeline: Pipeline,
    document: Document,
    inputs: Mapping[str, str],
    shared: Mapping[str, Any],
) -> Plan:
    root = document.root
    stages = [
        _planned_stage(item.stage, document.source, (*root, "stages", i, "stage"))
        for i, item in enumerate(pipeline.stages)
    ]
    return Plan(
        document.source.file,
        pipeline.identifier,
        pipeline.name or pipeline.identifier,
        pipeline.org_identifier,
        pipeline.project_identifier,
        pipeline.tags,
        _planned_variables(pipeline.variables, document.source, (*root, "variables")),
        pipeline.timeout,
        tuple(stages),
        inputs,
        pipeline.description or "",
        shared,
    )


def _planned_stage(stage: Stage, source: Source, path: Path) -> PlannedStage:
    steps = [
        _planned_step(item.step, stage, source, (*path, "spec", "execution", "steps", i, "step"))
        for i, item in enumerate(stage.spec.execution.steps)
    ]
    place = source.place(path)
    return PlannedStage(
        stage.identifier,
        stage.identifier,
        stage.name or stage.identifier,
        stage.type,
        stage.tags,
        _planned_variables(stage.variables, source, (*path, "variables")),
        stage.timeout,
        stage.when.pipeline_status,
        stage.when.condition,
        tuple(steps),
        place.line,
        place.column,
        stage.description or "",
    )


def _planned_step(step: StepModel, stage: Stage, source: Source, path: Path) -> PlannedStep:
    places = {}
    for below, _ in texts_of(step.spec):
        at = source.place((*path, "spec", *below))
        places[".".join(str(part) for part in below)] = (at.line, at.column)
    place = source.place((*path, "identifier"))
    return PlannedStep(
        f"{stage.identifier}/{step.identifier}",
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
    )


def _planned_variables(
    variables: list[Variable], source: Source, path: Path
) -> tuple[PlannedVariable, ...]:
    planned = []
    for i, variable in enumerate(variables):
        key, value = "value", variable.value
        if value is None and variable.default is not None:
            key, value = "default", variable.default
        place = source.place((*path, i, key))
        planned.append(
            PlannedVariable(variable.name, variable.type, value, place.line, place.column)
        )
    return tuple(planned)
