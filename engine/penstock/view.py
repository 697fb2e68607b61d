"""A run of the journal as the renderers show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from penstock.errors import JournalError
from penstock.events import Status
from penstock.journal import AttemptRecord, Journal, RunRecord, WaitRecord
from penstock.pipeline.plan import Plan, PlannedNode, PlannedStage, PlannedStep
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
    known = _Known(
        {attempt.path: attempt for attempt in journal.attempts(record.id)},
        {wait.path: wait for wait in journal.waits(record.id)},
        types or {},
        record.status,
    )
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
        steps=tuple(step for stage in plan.stages for step in known.views(stage, "", 0)),
    )


@dataclass(frozen=True)
class _Known:
    """What the journal holds of a run."""

    attempts: Mapping[str, AttemptRecord]
    waits: Mapping[str, WaitRecord]
    types: Mapping[str, type[Step]]
    run: Status

    def views(self, node: PlannedNode, above: str, depth: int) -> list[StepView]:
        """Return the view of a node below the path *above*, and of what stands in it."""
        path = f"{above}{node.identifier}"
        if node.strategy is None:
            return self._one(node, path, depth)
        row = self.attempts.get(path)
        items = row.spec.get("items") if row is not None else None
        count = len(items) if isinstance(items, list) else 0
        below = [self._one(node, f"{path}[{i}]", depth + 1) for i in range(count)]
        inside = [view for views in below for view in views]
        return [self._whole(node, path, depth, [views[0] for views in below]), *inside]

    def _one(self, node: PlannedNode, path: str, depth: int) -> list[StepView]:
        if isinstance(node, PlannedStep):
            return [self._step(node, path, depth)]
        parts = [self.views(below, f"{path}/", depth + 1) for rank in node.ranks for below in rank]
        undo = node.rollback if isinstance(node, PlannedStage) else ()
        undone = [
            view
            for rank in undo
            for below in rank
            for view in self.views(below, f"{path}/rollback/", depth + 1)
        ]
        whole = self._whole(node, path, depth, [views[0] for views in parts])
        return [whole, *(view for views in parts for view in views), *undone]

    def _whole(
        self, node: PlannedNode, path: str, depth: int, parts: Sequence[StepView]
    ) -> StepView:
        """Return the view of what holds others: its own row, else what they add up to."""
        own = self.attempts.get(path)
        started = min((part.started for part in parts if part.started), default=None)
        ends = [part.finished for part in parts if part.finished]
        status = own.status if own else _sum([part.status for part in parts])
        if self.run.is_final and not status.is_final and status is not Status.NOT_STARTED:
            status = self.run  # it was aborted between two steps
        return StepView(
            path,
            _name(node, path),
            node.type,
            depth,
            status,
            own.started if own else started,
            own.finished if own else (max(ends) if ends and status.is_final else None),
            message=own.message if own else "",
        )

    def _step(self, step: PlannedStep, path: str, depth: int) -> StepView:
        attempt, wait = self.attempts.get(path), self.waits.get(path)
        name = _name(step, path)
        if attempt is None:
            return StepView(path, name, step.type, depth, Status.NOT_STARTED)
        headline = self._headline(step, attempt)
        if headline is None and wait is not None:
            headline = Headline(wait.key, wait.link)
        return StepView(
            path,
            name,
            step.type,
            depth,
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

    def _headline(self, step: PlannedStep, attempt: AttemptRecord) -> Headline | None:
        """Return what the step's type shows beside it, if its plugin can still tell."""
        if attempt.status is not Status.SUCCEEDED or step.type not in self.types:
            return None
        try:
            return step_of(type_of(self.types, step), attempt.spec).headline(attempt.outputs)
        except Exception:  # noqa: BLE001 - another version of the plugin wrote it: a run is shown anyhow
            return None


def _name(node: PlannedNode, path: str) -> str:
    """Return a node's name, with the number of its item where a strategy multiplies it."""
    last = path.rpartition("/")[2]
    return f"{node.name}{last.removeprefix(node.identifier)}" if last.endswith("]") else node.name


def _sum(statuses: Sequence[Status]) -> Status:
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
