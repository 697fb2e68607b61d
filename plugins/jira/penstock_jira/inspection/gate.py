"""A ``JiraApproval`` held against Jira: the fields that it reads, and what it would say now."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from penstock.inspection import Finding, Inspection, Level, SpecPath
from penstock.nearest import suggestion
from penstock.step import StepContext
from penstock.verdict import Verdict, VerdictStatus
from penstock.watch import Snapshot
from penstock_jira.approval import JiraApproval
from penstock_jira.conditions import FieldCondition, KeyValuesCriteria
from penstock_jira.criteria import Criteria
from penstock_jira.errors import FieldFault
from penstock_jira.glance import is_pseudo
from penstock_jira.inspection.lookout import Lookout
from penstock_jira.inspection.open_values import comes_with_the_run, is_open
from penstock_jira.metadata import FieldSet
from penstock_jira.names import folded, same
from penstock_jira.operators import LIST_OPERATORS
from penstock_jira.present import Present
from penstock_jira.text import split_list
from penstock_jira.users import Users

__all__ = ["inspect_gate"]

_KEY = ("issueKey",)
_LATER = ": the names of fields and statuses are checked, and there is nothing to judge yet"


def inspect_gate(step: JiraApproval, context: StepContext) -> Inspection:
    """Return what the gate would say now, and what in its criteria can never come true."""
    lookout = Lookout(context, step.connector_ref)
    names = tuple(_unknown_names(step, lookout))
    people = tuple(_unknown_people(step, lookout, context))
    if is_open(step.issue_key):
        note = comes_with_the_run("issueKey", step.issue_key, _KEY, _LATER)
        return Inspection((note, *names, *_unknown_values(step, lookout, None), *people))
    missing = lookout.missing_issue(step.issue_key, _KEY)
    if missing is not None:
        return Inspection((missing, *names, *_unknown_values(step, lookout, None), *people))
    screen = Present(lookout.client, step.issue_key).screen
    values = tuple(_unknown_values(step, lookout, screen))
    found = (*names, *values, *people)
    if names:  # the verdict would only say so again
        return Inspection(found)
    return _judged(step, lookout, context, found)


def _judged(
    step: JiraApproval, lookout: Lookout, context: StepContext, found: tuple[Finding, ...]
) -> Inspection:
    now = context.clock.now()
    watch = replace(step.watch(context), asks=step.asks(), opened=now, user=context.run.user)
    (seen,) = lookout.connector.look([watch])
    if not isinstance(seen, Snapshot):
        return Inspection((*found, Finding(Level.ERROR, seen.reason, place=_KEY)))
    verdict = step.judge(seen)
    if verdict.status is VerdictStatus.FAILED:
        return Inspection((*found, Finding(Level.ERROR, verdict.reason, place=_guard(verdict))))
    return Inspection(found, verdict=verdict)


def _guard(verdict: Verdict) -> SpecPath:
    """Return which key of the spec a gate that has failed fails by."""
    if verdict.reason.startswith("Invalid project key"):
        return ("projectKey",)
    return ("issueType",) if verdict.reason.startswith("Invalid issue type") else _KEY


def _criteria(step: JiraApproval) -> Iterator[tuple[str, Criteria]]:
    yield "approvalCriteria", step.approval_criteria
    if step.rejection_criteria is not None and step.rejection_criteria.lack is None:
        yield "rejectionCriteria", step.rejection_criteria


def _conditions(step: JiraApproval) -> Iterator[tuple[SpecPath, FieldCondition]]:
    for key, criteria in _criteria(step):
        if isinstance(criteria, KeyValuesCriteria):
            for number, condition in enumerate(criteria.spec.conditions):
                yield (key, "spec", "conditions", number), condition


def _unknown_names(step: JiraApproval, lookout: Lookout) -> Iterator[Finding]:
    """Yield an error for each name in the criteria that is no field of this Jira."""
    places = {condition.key: (*place, "key") for place, condition in _conditions(step)}
    for key, criteria in _criteria(step):
        for name in criteria.names:
            plain = name.removeprefix("__")
            if is_open(name) or is_pseudo(name) or is_pseudo(plain) or lookout.called(plain):
                continue
            yield lookout.no_field(name, places.get(name, (key, "spec", "expression")))


def _unknown_values(
    step: JiraApproval, lookout: Lookout, screen: FieldSet | None
) -> Iterator[Finding]:
    """Yield a warning for each value that a condition waits for and that Jira does not have."""
    for place, condition in _conditions(step):
        if condition.operator not in LIST_OPERATORS or condition.value is None:
            continue
        allowed = _allowed(condition.key, lookout, screen)
        wanted = condition.value
        for value in split_list(wanted) if isinstance(wanted, str) else wanted:
            if allowed and not is_open(value) and not any(same(value, name) for name in allowed):
                told = f"{condition.key}: Jira has no value {value!r}"
                advice = suggestion(value, [name for name in allowed if not name.isdecimal()])
                yield Finding(Level.WARNING, told, advice, (*place, "value"))


def _allowed(key: str, lookout: Lookout, screen: FieldSet | None) -> Sequence[str]:
    """Return what a field may hold, by name and by id; nothing where that is not known."""
    if folded(key) == "status":
        return lookout.statuses
    fields = screen.matches(key) if screen is not None else ()
    if len(fields) != 1 or not fields[0].allowed:
        return ()
    found = []
    for option in fields[0].allowed:
        below = [f"{option.name} > {child.name}" for child in option.children]
        found += [option.name, option.id, *below]
    return found


def _unknown_people(
    step: JiraApproval, lookout: Lookout, context: StepContext
) -> Iterator[Finding]:
    """Yield a warning for each approver whom Jira does not know, or does not show."""
    users = Users(lookout.client, context.note)
    for number, name in enumerate(step.approvers.users if step.approvers is not None else ()):
        try:
            users.value(name)
        except FieldFault as fault:
            place = ("approvers", "users", number)
            yield Finding(Level.WARNING, f"approvers: {fault}", place=place)
