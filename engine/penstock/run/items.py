"""The items of a strategy: what a node runs for, evaluated when its turn comes.

Harness: ``matrix`` with ``exclude``, ``repeat`` (``times`` or ``items``, ``start``/``end``,
``partitionSize``) and ``parallelism``.
"""

import json
from collections.abc import Mapping
from itertools import product
from math import prod
from typing import Any

from penstock.errors import FailureType, StepFailed
from penstock.expressions import Names, parse
from penstock.json_types import Json
from penstock.pipeline.flow_model import MATRIX_KEYS
from penstock.pipeline.plan import Strategy

__all__ = ["Item", "items_of", "most_at_once"]

#: A loop with more items is a mistake.
_MOST = 10_000

#: The names that an item gives, below ``matrix`` or ``repeat``.
Item = Mapping[str, Json]


def items_of(strategy: Strategy, names: Names) -> list[Item]:
    """Return the items in order; raise ``StepFailed`` or ``ExpressionError`` if there are none."""
    spec = strategy.spec
    found = _rows(spec, names) if strategy.kind == "matrix" else _repeats(spec, names)
    try:
        json.dumps(found, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise _wrong(f"the items of the strategy are no JSON: {error}") from error
    return found


def most_at_once(strategy: Strategy, names: Names) -> int | None:
    """Return how many items may run side by side; ``None``: all of them."""
    written = strategy.spec.get("maxConcurrency")
    return None if written is None else _count(written, "maxConcurrency", names) or None


def _rows(spec: Mapping[str, Any], names: Names) -> list[Item]:
    axes = {
        axis: _list(values, axis, names) for axis, values in spec.items() if axis not in MATRIX_KEYS
    }
    _check_number(prod(len(values) for values in axes.values()))  # before they are made
    rows = [dict(zip(axes, row, strict=True)) for row in product(*axes.values())]
    without = _list(spec.get("exclude", []), "exclude", names)
    return [{"matrix": row} for row in rows if not any(_fits(row, out) for out in without)]


def _check_number(count: int) -> None:
    if count > _MOST:
        raise _wrong(f"a strategy of {count} items is too long: {_MOST} are the most")


def _fits(row: Mapping[str, Json], pattern: object) -> bool:
    if not isinstance(pattern, Mapping):
        raise _wrong("exclude must be a list of axis values, such as [{region: EU}]")
    return bool(pattern) and all(str(row.get(axis)) == str(it) for axis, it in pattern.items())


def _repeats(spec: Mapping[str, Any], names: Names) -> list[Item]:
    if "items" not in spec:
        count = _count(spec["times"], "times", names)
        _check_number(count)
        return [{"repeat": {"item": i}} for i in range(count)]
    items = _sliced(_list(spec["items"], "items", names), spec, names)
    _check_number(len(items))
    size = _count(spec["partitionSize"], "partitionSize", names) if "partitionSize" in spec else 0
    if size:
        parts = [items[at : at + size] for at in range(0, len(items), size)]
        return [{"repeat": {"item": ",".join(map(str, it)), "partition": it}} for it in parts]
    return [{"repeat": {"item": item}} for item in items]


def _sliced(items: list[Any], spec: Mapping[str, Any], names: Names) -> list[Any]:
    """Return the items from ``start`` to ``end``, as counts or in per cent."""
    if "start" not in spec and "end" not in spec:
        return items
    share = len(items) / 100 if spec.get("unit") == "Percentage" else 1.0
    start = _count(spec.get("start", "0"), "start", names)
    end = round(_count(spec["end"], "end", names) * share) if "end" in spec else len(items)
    return items[round(start * share) : end]


def _list(written: object, key: str, names: Names) -> list[Any]:
    value = _evaluated(written, names)
    if isinstance(value, str):
        value = _from_text(value)
    if not isinstance(value, list):
        raise _wrong(f"`{key}` of the strategy must yield a list, and yields {value!r}")
    return value


def _from_text(text: str) -> object:
    """Return the list that a text holds: JSON, or values with commas between them."""
    if text.strip().startswith("["):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return [part.strip() for part in text.split(",")] if text.strip() else []


def _evaluated(node: object, names: Names) -> Any:
    if isinstance(node, str):
        return parse(node).render(names)
    if isinstance(node, list):
        return [_evaluated(item, names) for item in node]
    if isinstance(node, Mapping):
        return {key: _evaluated(item, names) for key, item in node.items()}
    return node


def _count(written: object, key: str, names: Names) -> int:
    value = str(_evaluated(written, names)).strip()
    if not value.isdecimal():
        raise _wrong(f"`{key}` of the strategy must be a whole number, and is {value!r}")
    return int(value)


def _wrong(message: str) -> StepFailed:
    return StepFailed(message, failure=FailureType.CONFIGURATION)
