"""What a person says to a gate of a run, taken in by a process that does not carry the run."""

import re
from collections.abc import Mapping

from penstock.errors import Refused
from penstock.events import Status
from penstock.journal import AttemptRecord, Journal, RunRecord, WaitRecord
from penstock.nearest import suggestion
from penstock.pipeline.plan import Plan
from penstock.run.origin import facts_of
from penstock.run.step_run import step_of, type_of
from penstock.step import Gate, Step
from penstock.watch import Answer

__all__ = ["give_answer"]

#: Which item of a loop a part of a path is.
_ITEM = re.compile(r"\[[^\]]*\]")


def give_answer(
    journal: Journal,
    record: RunRecord,
    types: Mapping[str, type[Step]],
    step: str | None,
    answer: Answer,
) -> str:
    """Keep *answer* to a gate of the run, and return the gate's path.

    *step* is ``stage/step`` or the step alone; ``None`` is the only gate that waits for people.
    Raise ``Refused`` where no such gate waits, or where it does not take the answer.
    """
    if record.status.is_final:
        raise Refused(f"run {record.id} has ended already: {record.status}")
    plan = Plan.from_json(record.plan)
    attempt = _chosen(journal, record, step)
    written = _ITEM.sub("", attempt.path)
    planned = next(planned for _, planned in plan.steps() if planned.path == written)
    gate = step_of(type_of(types, planned), attempt.spec)
    if not isinstance(gate, Gate):
        raise Refused(f"steps of type {planned.type} do not wait any more")
    earlier = journal.answers.of(record.id, attempt.path, attempt.attempt)
    kept = gate.answered(answer, earlier, facts_of(record, plan.name))
    journal.answers.add(record.id, attempt.path, attempt.attempt, kept)
    return attempt.path


def _chosen(journal: Journal, record: RunRecord, step: str | None) -> AttemptRecord:
    waits = {wait.path: wait for wait in journal.waits(record.id)}
    waiting = {
        attempt.path: attempt
        for attempt in journal.attempts(record.id)
        if attempt.status is Status.APPROVAL_WAITING
    }
    people = [path for path in waiting if not waits[path].connector]
    named = people if step is None else [p for p in people if step in {p, p.rpartition("/")[2]}]
    if len(named) == 1:
        return waiting[named[0]]
    if named:
        raise Refused(
            f"several steps of run {record.id} wait for people; name one: {', '.join(named)}"
        )
    elsewhere = [wait for path, wait in waits.items() if path in waiting and wait.connector]
    raise Refused(_nothing(record, step, people, elsewhere))


def _nothing(
    record: RunRecord, step: str | None, people: list[str], elsewhere: list[WaitRecord]
) -> str:
    """Return why there is nothing to answer."""
    if people:
        near = suggestion(str(step), people)
        return f"no step {step!r} of run {record.id} waits for people; {near}"
    text = f"no step of run {record.id} waits for people"
    if elsewhere:
        places = (f"{wait.path} for {wait.link or wait.key}" for wait in elsewhere)
        text += f"; what waits, waits elsewhere: {', '.join(places)}"
    return text
