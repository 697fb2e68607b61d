"""What a step hangs on its issue: whether it can be, and what would be sent."""

from collections.abc import Iterator, Sequence
from typing import Any

from penstock.inspection import Finding, Level, Write
from penstock.step import Effect, StepContext
from penstock_jira.around import IssueStep
from penstock_jira.comment import Comment
from penstock_jira.errors import FieldsRefused
from penstock_jira.extras import Extras, extra_lines
from penstock_jira.inspection.lookout import Lookout
from penstock_jira.inspection.open_values import comes_with_the_run, is_open

__all__ = ["beside_findings", "beside_writes", "effect"]

#: What a list of the step is called in YAML, and the member of its items that may be open.
_LISTS = {"links": "to", "watchers": "", "attachments": ""}


def effect(name: str, context: StepContext) -> Effect:
    """Return an effect as a run would have it; MARK stands for its mark."""
    return Effect(name, "penstock-MARK", {}, context.clock.now(), in_doubt=False)


def beside_findings(step: IssueStep, lookout: Lookout, context: StepContext) -> Iterator[Finding]:
    """Yield what is wrong with the comment, links, watchers, files and worklog of a step."""
    closed: dict[str, Any] = {}
    for name, member in _LISTS.items():
        items = list(getattr(step, name))
        known = [item for item in items if not is_open(getattr(item, member) if member else item)]
        closed[name] = tuple(known)
        for number, item in enumerate(items):
            if item not in known:
                value = getattr(item, member) if member else item
                yield comes_with_the_run(name, value, (name, number))
    try:
        settle = lookout.connector.settle_time
        Extras(step.model_copy(update=closed), lookout.client, context, settle).check()
    except FieldsRefused as refused:
        for fault in refused.faults:
            key = fault.partition(":")[0]
            place = (key,) if key in type(step).model_fields else ("fields",)
            yield Finding(Level.ERROR, fault, place=place)


def beside_writes(
    step: IssueStep, lookout: Lookout, context: StepContext, key: str
) -> Sequence[Write]:
    """Return the writes of a step beside its fields, to the issue with *key*."""
    path = f"/rest/api/2/issue/{key}"
    found = []
    if step.said is not None:
        comment = Comment(lookout.client, context, key, step.said)
        line = f"POST /rest/api/{comment.api}/issue/{key}/comment"
        found.append(Write(line, comment.body(effect("comment", context))))
    rest = step.model_copy(update={"comment": None})
    return [*found, *(Write(line) for line in extra_lines(rest, path))]
