"""Fills in the inputs of a pipeline: what was given is matched, checked, and put in its place."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from penstock.errors import Fault
from penstock.expressions import has_expression, literal
from penstock.nearest import nearest, suggestion
from penstock.pipeline.input_form import joined_values, split_values
from penstock.pipeline.inputs import Input
from penstock.pipeline.matching import Entry
from penstock.pipeline.places import Path
from penstock.source import Source, Value, Woven, typed

__all__ = ["Filled", "Verbatim", "fill_inputs", "named"]


class Verbatim(str):
    """A given value that is data: what looks like an expression in it is not evaluated.

    A job that passes on a stranger's text (``-i title="$PR_TITLE"``) must not run it.
    """

    __slots__ = ()


@dataclass(frozen=True)
class Filled:
    """A pipeline's tree with its inputs replaced, as far as there are values for them."""

    tree: object
    #: What was given, by the inputs' whole names; secrets are left out.
    values: Mapping[str, str] = field(default_factory=dict)
    #: Where an input still stands as it was written.
    open: frozenset[Path] = frozenset()
    faults: tuple[Fault, ...] = ()
    #: The tree as a source that knows from which files its values come.
    source: Source | None = None


def fill_inputs(
    source: Source,
    inputs: Sequence[Input],
    given: Mapping[str, str] | None = None,
    entries: Mapping[Path, Entry] | None = None,
    *,
    complete: bool,
) -> Filled:
    """Return the tree of *source* with inputs replaced by what is given, or by their defaults.

    *given* has texts by name, *entries* values of files by path; the former win. Both are the
    pipeline's own, in which expressions are evaluated, unless a text is ``Verbatim``.

    *complete* says that an input without a value is a fault; else it stays as written. The faults
    (missing, unknown, not acceptable, written wrongly) come with the tree, for ``make_plan``.
    """
    faults = [item.fault for item in inputs if item.fault]
    values: dict[Path, str | Entry] = {**(entries or {})}
    values |= named(source, inputs, given or {}, faults)
    replaced: dict[Path, Value] = {}
    for item in inputs:
        value = values.get(item.path, None if item.form.during_run else item.form.default)
        if item.fault or (value is None and not complete):
            continue
        found = _missing(source, item) if value is None else _unacceptable(source, item, value)
        if found:
            faults.append(found)
        elif value is not None:
            replaced[item.path] = _written(item, value)
    tree = _replace(source.value, (), replaced)
    parts = {path: (each.source, each.path) for path, each in _entries(values, replaced).items()}
    return Filled(
        tree,
        {item.name: _shown(values[item.path]) for item in inputs if _is_told(item, values)},
        frozenset(item.path for item in inputs) - replaced.keys(),
        tuple(faults),
        Woven(tree, source.file, {(): (source, ()), **parts}),
    )


def named(
    source: Source, inputs: Sequence[Input], given: Mapping[str, str], faults: list[Fault]
) -> dict[Path, str]:
    """Match given names to inputs: the whole name, or an ending that only one input has.

    What cannot be matched is added to *faults*.
    """
    by_ending: dict[str, list[Input]] = {}
    for item in inputs:
        parts = item.name.split(".")
        for i in range(len(parts)):
            by_ending.setdefault(".".join(parts[i:]), []).append(item)
    values: dict[Path, str] = {}
    for name, value in given.items():
        found = by_ending.get(name, [])
        matches = [item for item in found if item.name == name] or found
        if len(matches) == 1:
            values[matches[0].path] = value
        elif matches:
            advice = f"write one of: {', '.join(item.name for item in matches)}"
            faults.append(Fault(f"several inputs are called {name!r}", advice, source.file))
        else:
            near = nearest(name, by_ending)
            known = suggestion(name, [item.name for item in inputs])
            advice = f"did you mean '{near}'?" if near else known or "it asks for none"
            faults.append(Fault(f"the pipeline has no input {name!r}", advice, source.file))
    return values


def _missing(source: Source, item: Input) -> Fault:
    """Return the fault of an input without a value, with how to give one."""
    message, how = f"the input {item.name} has no value", f"give it with -i {item.name}=…"
    if item.is_structure:
        how = "give it in an input set: it is a mapping or a list"
    elif item.form.during_run:
        message = f"the input {item.name} is to be asked for during the run (`.executionInput()`)"
        how = f"that is not supported yet: {how} at the start"
    elif item.form.allowed:
        how = f"{how} (one of: {', '.join(item.form.allowed)})"
    return source.fault(item.path, message, how)


def _unacceptable(source: Source, item: Input, value: str | Entry) -> Fault | None:
    """Return the fault of a value that the input does not take, where that value stands."""
    complaint = _complaint(item, value)
    if complaint is None:
        return None
    message = f"The value provided for {item.name}: {complaint}"
    if isinstance(value, Entry):
        return value.source.fault(value.path, message)
    return source.fault(item.path, message)


def _complaint(item: Input, value: str | Entry) -> str | None:
    text = value.value if isinstance(value, Entry) else value
    if isinstance(text, list) and item.form.many and all(isinstance(each, str) for each in text):
        text = joined_values([str(each) for each in text])
    if isinstance(text, str):
        # Harness: an expression is not checked; only a file or a default can give one.
        is_data = isinstance(text, Verbatim) or not has_expression(text)
        return item.complaint(text) if is_data else None
    if item.form.allowed or item.form.patterns or item.is_variable:
        return "it must be a text, not a mapping or a list"
    return None


def _written(item: Input, value: str | Entry) -> Value:
    """Return what is put in the place of an input."""
    whole = value.value if isinstance(value, Entry) else value
    if item.form.many and isinstance(whole, list):
        return joined_values([str(each) for each in whole])
    if not isinstance(whole, str):
        return whole
    if isinstance(whole, Verbatim):
        whole = _joined(item, whole)
        return literal(whole)
    return whole if has_expression(whole) else _joined(item, whole)


def _joined(item: Input, text: str) -> str:
    """Return several values as they are joined; any other text as it is."""
    return joined_values(split_values(text, quotes=True)) if item.form.many else text


def _entries(values: Mapping[Path, str | Entry], used: Mapping[Path, Value]) -> dict[Path, Entry]:
    return {
        path: value for path, value in values.items() if isinstance(value, Entry) and path in used
    }


def _is_told(item: Input, values: Mapping[Path, str | Entry]) -> bool:
    return item.path in values and not item.is_secret


def _shown(value: str | Entry) -> str:
    """Return a given value as one text."""
    whole = value.value if isinstance(value, Entry) else value
    return str(whole) if isinstance(whole, str) else json.dumps(typed(whole), ensure_ascii=False)


def _replace(node: Any, path: Path, replaced: Mapping[Path, Value]) -> Any:
    if isinstance(node, dict):
        return {key: _replace(value, (*path, key), replaced) for key, value in node.items()}
    if isinstance(node, list):
        return [_replace(item, (*path, i), replaced) for i, item in enumerate(node)]
    return replaced.get(path, node)
