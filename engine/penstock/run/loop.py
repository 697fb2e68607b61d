"""A node that a strategy multiplies: its items are journalled once, so that they stay the same."""

from dataclasses import replace

from penstock.errors import ExpressionError, StepFailed
from penstock.events import Status, StepStarted
from penstock.journal import AttemptRecord
from penstock.json_types import Json
from penstock.pipeline.plan import Strategy
from penstock.run.items import items_of, most_at_once
from penstock.run.level import Spot
from penstock.run.names import LoopItem
from penstock.run.state import RunState
from penstock.run.step_run import failed

__all__ = ["journalled_items", "open_loop"]


def open_loop(state: RunState, spot: Spot, strategy: Strategy) -> AttemptRecord:
    """Journal the items of the node at *spot*, or that it has none that can be told."""
    state.tell_level(spot.level)
    row = AttemptRecord(spot.path, 1, Status.RUNNING, {}, {}, state.now())
    names = state.names.at(spot.level.frame)
    try:
        spec: dict[str, Json] = {
            "items": [dict(item) for item in items_of(strategy, names)],
            "at_most": most_at_once(strategy, names),
        }
    except (ExpressionError, StepFailed) as error:
        state.end(failed(row, error))
        return state.attempts[spot.path]
    row = replace(row, spec=spec)
    state.begin(row)
    state.emit(StepStarted(state.facts.id, row.started, spot.path))
    return row


def journalled_items(row: AttemptRecord) -> list[LoopItem]:
    """Return the items that ``open_loop`` journalled, each with its place among them."""
    listed = row.spec.get("items")
    items = listed if isinstance(listed, list) else []
    total = len(items)
    found = []
    for i, item in enumerate(items):
        place = {
            "iteration": i,
            "iterations": total,
            "totalIterations": total,
            "identifierPostFix": f"_{i}",
        }
        names = dict(item) if isinstance(item, dict) else {}
        found.append(LoopItem(i, {**names, "strategy": place}))
    return found
