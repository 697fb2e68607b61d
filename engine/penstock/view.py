"""A run of the journal as the renderers show it."""

from collections.abc import Mapping

from penstock.errors import JournalError
from penstock.events import Status
from penstock.journal import AttemptRecord, Journal, RunRecord, WaitRecord
from penstock.pipeline.plan import Plan, PlannedStage, PlannedStep
from penstock.render.explanation import RunView, StepView
from penstock.run.step_run import step_of, type_of
from penstock.step import Headline, Step

__all__ = ["run_view"]


def run_view(
    record: RunRecord, journal: Journal, types: Mapping[str, type[Step]] | None = None
) -> RunView:
    """Return what there is to show of a run; with *types*, each step's headline too.

    A run whose plan another version of Penstock wrote is shown without its steps.
    """
    try:
        plan = Plan.from_json(record.plan)
    except JournalError:
        plan = Plan("", record.pipeline, record.name, None, None, {}, (), None, ())
    attempts = {attempt.path: attempt for attempt in journal.attempts(record.id)}
    waits = {wait.path: wait for wait in journal.waits(record.id)}
    steps: list[StepView] = []
    for stage in plan.stages:
        below = [
            _step(step, attempts.get(step.path), waits.get(step.path), types or {})
            for step in stage.steps
        ]
        steps += [_stage(stage, below, attempts.get(stage.path), record.status), *below]
    return RunView(
        id=record.id,
        pipeline=record.pipeline,
        name=record.name,
        file=plan.file,
        status=record.status,
        started=record.started,
        finished=record.finished,
        user=record.facts.get("user", ""),
        inputs=dict(plan.inputs),
        steps=tuple(steps),
    )


def _stage(
    stage: PlannedStage, below: list[StepView], own: AttemptRecord | None, run: Status
) -> StepView:
    """Return a stage's view: its own row if it was skipped, else what its steps add up to."""
    started = min((step.started for step in below if step.started), default=None)
    ends = [step.finished for step in below if step.finished]
    status = own.status if own else _sum([step.status for step in below])
    if run.is_final and not status.is_final and status is not Status.NOT_STARTED:
        status = run  # it was aborted between two steps
    return StepView(
        stage.path,
        stage.name,
        stage.type,
        0,
        status,
        own.started if own else started,
        own.finished if own else (max(ends) if ends and status.is_final else None),
        message=own.message if own else "",
    )


def _sum(statuses: list[Status]) -> Status:
    """Return the status of a stage: what goes on in it, else its first bad end."""
    for status in (Status.APPROVAL_WAITING, Status.RUNNING):
        if status in statuses:
            return status
    for status in statuses:
        if status.is_final and not status.is_good:
            return status
    if all(status.is_final for status in statuses):
        return Status.SUCCEEDED
    begun = any(status is not Status.NOT_STARTED for status in statuses)
    return Status.RUNNING if begun else Status.NOT_STARTED


def _step(
    step: PlannedStep,
    attempt: AttemptRecord | None,
    wait: WaitRecord | None,
    types: Mapping[str, type[Step]],
) -> StepView:
    if attempt is None:
        return StepView(step.path, step.name, step.type, 1, Status.NOT_STARTED)
    headline = _headline(step, attempt, types)
    if headline is None and wait is not None:
        headline = Headline(wait.key, wait.link)
    return StepView(
        step.path,
        step.name,
        step.type,
        1,
        attempt.status,
        attempt.started,
        attempt.finished,
        attempt.attempt,
        attempt.message,
        headline.text if headline else None,
        headline.link if headline else None,
        attempt.outputs,
        wait.verdict if wait else None,
        wait.deadline if wait else None,
        wait.key if wait else None,
    )


def _headline(
    step: PlannedStep, attempt: AttemptRecord, types: Mapping[str, type[Step]]
) -> Headline | None:
    """Return what the step's type shows beside it, if its plugin can still tell."""
    if attempt.status is not Status.SUCCEEDED or step.type not in types:
        return None
    try:
        return step_of(type_of(types, step), attempt.spec).headline(attempt.outputs)
    except Exception:  # noqa: BLE001 - another version of the plugin wrote it: a run is shown anyhow
        return None
