"""A run once more, from one of its stages on: what came before is kept, issues and all."""

import shutil
from dataclasses import replace

from penstock.app import App
from penstock.errors import Refused
from penstock.events import Status
from penstock.journal import AttemptRecord, RunRecord
from penstock.nearest import suggestion
from penstock.pipeline.plan import Plan, PlannedStage
from penstock.run.origin import new_id, origin_of_run

__all__ = ["rerun"]


def rerun(app: App, record: RunRecord, stage: str | None) -> RunRecord:
    """Journal a new run with the plan and the inputs of *record*, not yet carried.

    It begins with *stage*; without one, with the first that did not end well. The stages before
    it keep their ends and outputs (Harness: a rerun from a stage). Raise ``Refused`` where that
    cannot be.
    """
    if not record.status.is_final:
        raise Refused(f"run {record.id} has not ended; `penstock resume {record.id}` goes on")
    plan = Plan.from_json(record.plan)
    attempts = app.journal.attempts(record.id)
    kept = _kept(plan, attempts, stage, record)
    identifier = new_id()
    # Before the run is there: one without its issues must not be taken up.
    _keep_sandboxes(app, record.id, identifier)
    return app.journal.add_run(
        replace(
            record,
            id=identifier,
            status=Status.RUNNING,
            facts={**origin_of_run(app.environ, identifier), "resumed": _first_of(record)},
            started=app.clock.now(),
            finished=None,
            message="",
            owner=None,
        ),
        [attempt for attempt in attempts if _stage_of(attempt.path) in kept],
    )


def _first_of(record: RunRecord) -> str:
    """Return the run that was the first of them all."""
    return str(record.facts.get("resumed") or record.id)


def _kept(
    plan: Plan, attempts: list[AttemptRecord], asked: str | None, record: RunRecord
) -> set[str]:
    """Return the stages that are not run again."""
    names = [stage.identifier for stage in plan.stages]
    if asked is not None and asked not in names:
        raise Refused(f"run {record.id} has no stage {asked!r}; {suggestion(asked, names)}")
    kept: set[str] = set()
    for rank in plan.ranks:
        good = {stage.identifier for stage in rank if _ended_well(stage, attempts)}
        if asked is None and len(good) < len(rank):
            return kept | good
        if any(stage.identifier == asked for stage in rank):
            return kept | (good - {asked or ""})
        bad = [stage.identifier for stage in rank if stage.identifier not in good]
        if bad:
            raise Refused(
                f"the stage {bad[0]!r}, which comes before {asked!r}, did not end well; "
                f"write --from {bad[0]}"
            )
        kept |= good
    raise Refused(f"every stage of run {record.id} ended well; name one with --from")


def _ended_well(stage: PlannedStage, attempts: list[AttemptRecord]) -> bool:
    own = [item for item in attempts if _stage_of(item.path) == stage.identifier]
    return bool(own) and all(item.status.is_final and item.status.is_good for item in own)


def _stage_of(path: str) -> str:
    return path.split("/", maxsplit=1)[0].partition("[")[0]


def _keep_sandboxes(app: App, old: str, new: str) -> None:
    """Let a sandboxed run find the issues of the one before it."""
    directory = app.database.parent / "sandboxes"
    for state in directory.glob(f"{old}-*.json"):
        shutil.copy2(state, directory / state.name.replace(old, new, 1))
