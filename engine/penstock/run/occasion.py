"""Whether a node runs when its turn comes (Harness: ``when``)."""

from penstock.errors import ExpressionError, Fault
from penstock.events import Status
from penstock.expressions import Names, parse_criterion
from penstock.pipeline.plan import PlannedNode, PlannedStage
from penstock.run.level import Spot

__all__ = ["whether"]

#: Harness's ``pipelineStatus`` and ``stageStatus``.
_ALL, _FAILURE = "All", "Failure"


def whether(
    spot: Spot, so_far: Status, names: Names, file: str, *, conditions: bool = True
) -> tuple[Status, str]:
    """Return RUNNING if the node at *spot* is to run, else the status it gets instead, and why.

    *so_far* is the status of what it stands in. Without *conditions* only that is looked at: the
    conditions of a looped node are those of its items.
    """
    node = spot.node
    level = "pipeline" if isinstance(node, PlannedStage) else "stage"
    if node.occasion == _FAILURE and so_far.is_good:
        return Status.SKIPPED, f"it runs only after a failure, and the {level} has none"
    if node.occasion not in {_ALL, _FAILURE} and not so_far.is_good:
        return Status.SKIPPED, f"the {level} is {so_far}"
    item = node.strategy.condition if node.strategy is not None and spot.item else None
    texts = [node.condition, item] if conditions else []
    for text in texts:
        if text is not None and text.strip():
            status, reason = _by_condition(node, text.strip(), names, file)
            if status is not Status.RUNNING:
                return status, reason
    return Status.RUNNING, ""


def _by_condition(node: PlannedNode, text: str, names: Names, file: str) -> tuple[Status, str]:
    try:
        value = parse_criterion(text).render(names)
    except ExpressionError as error:
        return Status.FAILED, _at(node, file, f"`when`: {error}")
    # A variable that holds "true" is text; Harness takes it for the truth.
    answer = value.strip().lower() if isinstance(value, str) else value
    if answer is True or answer == "true":
        return Status.RUNNING, ""
    if answer is False or answer == "false":
        return Status.SKIPPED, f"its condition is false: {text}"
    return Status.FAILED, _at(node, file, f"`when` must yield true or false, and yields {value!r}")


def _at(node: PlannedNode, file: str, message: str) -> str:
    return str(Fault(message, "", node.file or file, node.line, node.column))
