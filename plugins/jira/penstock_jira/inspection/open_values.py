"""Values that still stand as the expression that they are written as: only the run tells them."""

from collections.abc import Mapping

from penstock.expressions import has_expression
from penstock.inspection import Finding, Level, SpecPath
from penstock.json_types import Json
from penstock_jira.preview import short
from penstock_jira.spec import Cascade, FieldEntry

__all__ = ["comes_with_the_run", "is_open", "written_value"]


def is_open(value: object) -> bool:
    """Whether an expression stands in a value, at any depth."""
    if isinstance(value, str):
        return has_expression(value)
    if isinstance(value, Cascade):
        return is_open(value.value) or is_open(value.child)
    if isinstance(value, Mapping):
        return any(is_open(item) for item in value.values())
    return isinstance(value, (list, tuple)) and any(is_open(item) for item in value)


def written_value(entry: FieldEntry) -> Json:
    """Return the value of an open entry as it stands, to show where it will be sent."""
    if entry.is_raw:
        return entry.raw
    if isinstance(entry.value, Cascade):
        return {"value": entry.value.value, "child": entry.value.child}
    if isinstance(entry.value, tuple):
        return list(entry.value)
    return entry.value


def comes_with_the_run(name: str, value: object, place: SpecPath, rest: str = "") -> Finding:
    """Return the note that *name* is not known yet, and what follows (*rest*)."""
    shown = f" ({short(value)})" if isinstance(value, str) else ""
    return Finding(Level.NOTE, f"{name} comes with the run{shown}{rest}", place=place)
