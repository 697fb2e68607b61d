"""What is done about a failure: Harness's ``failureStrategies``, the nearest rule first.

Pure: the same attempt under the same rules always gets the same answer, so that a run that is
taken up again decides as it did before.
"""

from collections.abc import Sequence
from dataclasses import replace

from penstock.events import Status
from penstock.journal import AttemptRecord
from penstock.pipeline.plan import FailureAction, FailureRule

__all__ = ["action_for", "pause_before_retry", "tempered"]

_ALL = "AllErrors"
#: What an action makes of the failed step at once.
_MEANS = {"Ignore": Status.IGNORE_FAILED, "MarkAsSuccess": Status.SUCCEEDED}


def action_for(rules: Sequence[FailureRule], attempt: AttemptRecord) -> FailureAction | None:
    """Return what is to be done about a failed attempt; ``None``: nothing but to fail.

    A Retry that has been used up gives way to what is behind it. *rules* has the step's own
    first, then those of its groups, then its stage's (Harness: step before group before stage).
    """
    if attempt.status.is_good or not attempt.status.is_final or attempt.failure is None:
        return None  # what did not fail at its work, such as at its condition, has no failure
    found = next((rule.action for rule in rules if _fits(rule, attempt)), None)
    if found is not None and found.type == "Retry" and attempt.attempt > found.retries:
        return found.then
    return found


def _fits(rule: FailureRule, attempt: AttemptRecord) -> bool:
    return _ALL in rule.errors or attempt.failure in rule.errors


def tempered(action: FailureAction | None, attempt: AttemptRecord) -> AttemptRecord:
    """Return *attempt* with the status that *action* gives to it."""
    status = _MEANS.get(action.type) if action is not None else None
    return attempt if status is None else replace(attempt, status=status)


def pause_before_retry(action: FailureAction, attempt: AttemptRecord) -> float:
    """Return the seconds to wait before the attempt after *attempt*."""
    return action.intervals[min(attempt.attempt, len(action.intervals)) - 1]
