"""Checks of variables: names, types, values that are missing, and what their values read."""

from collections.abc import Iterator, Mapping
from typing import Any

from penstock.connectors.scope import Reference
from penstock.errors import ConnectorError, Fault
from penstock.expressions import has_expression
from penstock.pipeline.document import Document
from penstock.pipeline.model import is_true, text_of
from penstock.pipeline.number import number_of
from penstock.pipeline.places import Path, Place
from penstock.pipeline.references import References

__all__ = ["tag_faults", "variable_faults"]


def variable_faults(
    document: Document, references: References, place: Place | None
) -> Iterator[Fault]:
    """Yield what is wrong with the variables of *place*, or of the pipeline, but for cycles.

    *references* learns what each of them reads.
    """
    holder = document.tree if place is None else place.node
    above = document.root if place is None else place.path
    variables = holder.get("variables")
    first: dict[str, Path] = {}
    for i, item in enumerate(variables if isinstance(variables, list) else []):
        path: Path = (*above, "variables", i)
        name = item.get("name") if isinstance(item, dict) else None
        if not isinstance(name, str):
            continue
        if name in first:
            line = document.source.place((*first[name], "name")).line
            message = f"the variable {name!r} stands in line {line} already"
            yield document.source.fault((*path, "name"), message, "keep one of them")
            continue
        first[name] = path
        yield from _value_faults(document, item, path)
        key, value = text_of(item)
        if isinstance(value, str) and item.get("type") != "Secret":
            here = references.visible.at(place, starts=False)
            reader = references.visible.variable(place, name)
            if (*path, key) not in document.open:
                yield from references.faults(value, (*path, key), here, reader=reader)


def tag_faults(document: Document, references: References, stage: Place | None) -> Iterator[Fault]:
    """Yield what is wrong with the expressions in the tags of a stage, or of the pipeline.

    *references* learns what each of them reads.
    """
    holder = document.tree if stage is None else stage.node
    above = document.root if stage is None else stage.path
    tags = holder.get("tags")
    here = references.visible.at(stage, starts=False)
    for name, value in tags.items() if isinstance(tags, dict) else ():
        path: Path = (*above, "tags", name)
        if isinstance(value, str) and has_expression(value) and path not in document.open:
            reader = references.visible.tag(stage, name)
            yield from references.faults(value, path, here, reader=reader)


def _value_faults(document: Document, item: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    """Yield what is wrong with the value of a variable, as far as it is known."""
    key, value = text_of(item)
    name, place = item["name"], (*path, key)
    if place in document.open:
        return
    fault = document.source.fault
    if not value:
        if is_true(item.get("required")):
            message = f"the variable {name} is required and has no value"
            yield fault(path, message, "give it a `value:`, or `<+input>`")
    elif not isinstance(value, str):
        return  # the model tells
    elif item.get("type") == "Secret" and not _is_reference(value):
        # What stands there may be the secret itself: it is not shown.
        message = f"the variable {name} is a Secret, and its value is not the name of one"
        hint = "write the name only, such as account.jira_token: no expression, not the value"
        yield fault(place, message, hint)
    elif item.get("type") == "Number" and not has_expression(value) and number_of(value) is None:
        message = f"the variable {name} is a Number, and its value {value[:40]!r} is none"
        yield fault(place, message, "write digits, such as 3 or 0.5, or make it a String")


def _is_reference(text: str) -> bool:
    try:
        Reference.parse(text)
    except ConnectorError:
        return False
    return True
