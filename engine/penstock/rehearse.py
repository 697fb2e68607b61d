"""The plan of a rehearsal: what stands in for what, put together from the parts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from penstock.app import App, StartOptions
from penstock.connectors.variables import SharedVariables
from penstock.pipeline.planning import Planned, make_plan
from penstock.pipeline.rehearsal import for_rehearsal, step_types_of
from penstock.run.rehearsal import Rehearsal, rehearsed_types
from penstock.step import Step

__all__ = ["RehearsalOptions", "plan_rehearsal"]


@dataclass(frozen=True)
class RehearsalOptions:
    """What ``penstock rehearse`` was asked for."""

    #: ``fail``, ``reject`` or ``expire``, by the path or the identifier of a step.
    troubles: Mapping[str, str] = field(default_factory=dict)
    #: Values of stand-ins by their path.
    values: Mapping[str, str] = field(default_factory=dict)
    #: Types of steps that are to run as they are.
    real: tuple[str, ...] = ()


def plan_rehearsal(
    app: App, options: StartOptions, asked: RehearsalOptions
) -> tuple[Planned, Rehearsal]:
    """Return the plan of a rehearsal and what is different in it; raise ``Refused``."""
    intake = app.intake(options)
    filled, values, notes = for_rehearsal(intake.source, intake.fill(complete=True), asked.values)
    installed, connectors = app.plugins.step_types, app.plugins.connector_types
    types = rehearsed_types(step_types_of(filled.tree), installed, connectors, asked.real)
    waits = options.sandbox is not None and options.sandbox.script is not None
    rehearsal = Rehearsal(types, values, asked.troubles, waits)
    known: dict[str, type[Step]] = {**installed, **rehearsal.step_types(installed)}
    directory = app.connector_directory(options)
    planned = make_plan(
        intake.source,
        filled,
        known,
        None,
        stand_ins=values.names,
        shared=SharedVariables.read(directory.directory if directory else None),
    )
    rehearsal.check(planned.plan)
    return Planned(planned.plan, (*notes, *planned.notes)), rehearsal
