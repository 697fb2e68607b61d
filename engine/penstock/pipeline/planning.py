"""From a pipeline file to its plan, with every fault that can be found without asking anybody."""

from collections.abc import Mapping
from dataclasses import dataclass

from penstock.errors import Fault, Refused
from penstock.expressions import has_expression
from penstock.pipeline.checking import Check, ConnectorCheck, spec_of, texts_of
from penstock.pipeline.document import Document, Path, Pipeline, Stage, Variable
from penstock.pipeline.document import Step as StepDocument
from penstock.pipeline.plan import Plan, PlannedStage, PlannedStep, PlannedVariable
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
) -> Planned:
    """Return the plan of the pipeline in *tree*, the tree of *source* with its inputs filled in.

    Raise ``Refused`` with all faults at once. *check_connector* ``None`` leaves connectors alone.
    """
    document = Document.of(source, tree)
    pipeline = document.pipeline()
    Check(document, types, check_connector).all()
    Refused.unless_empty(document.faults)
    if pipeline is None:  # pragma: no cover - its faults were raised above
        raise Refused(source.fault(document.root, "the pipeline is not valid"))
    return Planned(_plan(pipeline, document, dict(inputs or {})), tuple(document.notes))


def _plan(pipeline: Pipeline, document: Document, inputs: Mapping[str, str]) -> Plan:
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
        stage.when.pipeline_status or "Success",
        stage.when.condition,
        tuple(steps),
        place.line,
        place.column,
    )


def _planned_step(step: StepDocument, stage: Stage, source: Source, path: Path) -> PlannedStep:
    spec = spec_of(step.spec)
    places = {}
    for below, text in texts_of(spec):
        if has_expression(text):
            at = source.place((*path, "spec", *below))
            places[".".join(str(part) for part in below)] = (at.line, at.column)
    place = source.place((*path, "identifier"))
    return PlannedStep(
        f"{stage.identifier}/{step.identifier}",
        step.identifier,
        step.name or step.identifier,
        step.type,
        spec,
        DEFAULT_TIMEOUT if step.timeout is None else step.timeout,
        step.when.stage_status or "Success",
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
        place = source.place((*path, i, "value"))
        value = variable.default if variable.value is None else variable.value
        planned.append(
            PlannedVariable(variable.name, variable.type, value, place.line, place.column)
        )
    return tuple(planned)
