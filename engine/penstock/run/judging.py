"""What a look at a gate means: its verdict, checked, and since when things are as they are."""

from dataclasses import replace
from datetime import datetime

from penstock.journal.records import verdict_to_json
from penstock.step import Gate
from penstock.verdict import Condition, Verdict, VerdictStatus
from penstock.watch import Snapshot

__all__ = ["bounded", "dated", "is_same", "judged"]

#: Characters of a verdict that the journal takes.
_LARGEST = 1_048_576


def judged(gate: Gate, seen: Snapshot) -> Verdict:
    """Return the verdict of *gate*; what cannot be judged waits, and says why."""
    try:
        verdict = gate.judge(seen)
        _check(verdict)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin's defect must not end a wait
        what = f"it cannot be judged: {type(error).__name__}: {error}"
        return Verdict(VerdictStatus.WAITING, what)
    return verdict


def _check(verdict: object) -> None:
    """Raise for what is no verdict, or what the journal could not hold."""
    if not isinstance(verdict, Verdict):
        raise TypeError(f"judge returned {type(verdict).__name__}, no verdict")
    if verdict.decided is not None and verdict.decided.tzinfo is None:
        raise ValueError("the instant of a decision has no time zone")
    if len(verdict_to_json(replace(verdict, evidence={}))) > _LARGEST:
        raise ValueError(f"the verdict is larger than {_LARGEST} characters")


def bounded(verdict: Verdict) -> Verdict:
    """Return *verdict* with evidence that the journal can hold.

    What is wrong with its evidence ends no wait otherwise than the verdict does.
    """
    try:
        if len(verdict_to_json(verdict)) <= _LARGEST:
            return verdict
        reason = f"it is larger than {_LARGEST} characters"
    except (TypeError, ValueError, RecursionError) as error:
        reason = f"it is no JSON: {error}"
    return replace(verdict, evidence={"left_out": f"the evidence was left out: {reason}"})


def is_same(before: Verdict, after: Verdict) -> bool:
    """Whether a person would see no difference; outputs count once the gate is through."""
    return _shown(before) == _shown(after)


def _shown(verdict: Verdict) -> Verdict:
    return replace(verdict, outputs={}, evidence={})


def dated(before: Verdict | None, after: Verdict, at: datetime) -> Verdict:
    """Return *after*, with since when each value is what it is where the connector cannot tell."""
    if before is None:
        return after
    return replace(
        after,
        approval=_dated_condition(before.approval, after.approval, at),
        rejection=_dated_condition(before.rejection, after.rejection, at),
    )


def _dated_condition(
    before: Condition | None, after: Condition | None, at: datetime
) -> Condition | None:
    if before is None or after is None or before.label != after.label:
        return after
    if after.combine is not None:
        pairs = zip(before.parts, after.parts, strict=False)
        parts = [_dated_condition(old, new, at) for old, new in pairs]
        kept = tuple(part for part in parts if part is not None)
        return replace(after, parts=kept) if len(kept) == len(after.parts) else after
    if after.since is not None:
        return after
    same = before.actual == after.actual
    return replace(after, since=before.since if same else at.isoformat(timespec="seconds"))
