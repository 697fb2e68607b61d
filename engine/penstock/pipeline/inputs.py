"""Runtime inputs: found in a pipeline, matched to what was given, filled in before planning."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from penstock.errors import Fault
from penstock.expressions import literal
from penstock.nearest import nearest, suggestion
from penstock.pipeline.document import NOTED, UNSUPPORTED
from penstock.pipeline.input_form import START, InputForm, parse_input
from penstock.pipeline.model import is_true
from penstock.pipeline.number import number_of
from penstock.pipeline.places import Path
from penstock.source import Source

__all__ = ["Entry", "Filled", "Input", "Verbatim", "entries", "fill_inputs", "find_inputs"]

#: Levels of the document that say nothing in an input's name.
_SILENT = frozenset(
    {"pipeline", "stages", "stage", "steps", "step", "spec", "execution", "variables", "value"}
)
#: Below these keys nothing is read, so nothing is asked for; a step's spec may use them otherwise.
_UNREAD = NOTED | UNSUPPORTED.keys()
_INTO_A_VARIABLE = "put it into a variable and write `<+pipeline.variables.NAME>` here"


class Verbatim(str):
    """A given value that is data: what looks like an expression in it is not evaluated.

    A job that passes on a stranger's text (``-i title="$PR_TITLE"``) must not run it.
    """

    __slots__ = ()


class Entry(str):
    """A given value that stands in an input set, where its faults are told."""

    __slots__ = ("path", "source")

    source: Source
    path: Path

    @classmethod
    def of(cls, text: str, source: Source, path: Path) -> "Entry":
        """Take the value, and where it stands."""
        entry = cls(text)
        entry.source = source
        entry.path = path
        return entry


@dataclass(frozen=True)
class Input:
    """An input of a pipeline: where it stands, what it is called at ``-i``, what it takes."""

    path: Path
    name: str
    form: InputForm
    type: str = "String"
    required: bool = False
    #: Why it cannot be asked for, if it is written wrongly.
    fault: Fault | None = None


@dataclass(frozen=True)
class Filled:
    """A pipeline's tree with its inputs replaced, as far as there are values for them."""

    tree: object
    #: What was given, by the inputs' whole names.
    values: Mapping[str, str] = field(default_factory=dict)
    #: Where an input still stands as it was written.
    open: frozenset[Path] = frozenset()
    faults: tuple[Fault, ...] = ()


def find_inputs(source: Source) -> tuple[Input, ...]:
    """Return every input in *source*, in order; one that is written wrongly has its fault."""
    found = []
    ways = []
    for path, text, parents in _texts(source.value, (), ()):
        if START in text:
            found.append(_input(source, path, text, parents))
            ways.append(parents)
    taken = Counter(item.name for item in found)
    return tuple(
        item if taken[item.name] == 1 else replace(item, name=_name(item.path, way, frozenset()))
        for item, way in zip(found, ways, strict=True)
    )


def _input(source: Source, path: Path, text: str, parents: tuple[object, ...]) -> Input:
    form, fault = InputForm(), None
    stripped = text.strip()
    if not stripped.startswith(START):
        offset = text.index(START)
        message = "`<+input>` must stand alone as a value"
        fault = source.fault(path, message, _INTO_A_VARIABLE, offset=offset)
    elif path[-1] in {"identifier", "type"} and not _is_in_spec(path):
        fault = source.fault(path, f"`{path[-1]}` cannot be an input", "write it out")
    else:
        try:
            form = parse_input(stripped)
        except ValueError as error:
            fault = source.fault(path, str(error))
    name = _name(path, parents, _SILENT)
    holder = parents[-1] if parents else None
    is_variable = path[-1:] == ("value",) and path[-3:-2] == ("variables",)
    if not is_variable or _is_in_spec(path) or not isinstance(holder, dict):
        return Input(path, name, form, fault=fault)
    default = holder.get("default")
    if form.default is None and isinstance(default, str):
        form = replace(form, default=default)
    required = is_true(holder.get("required"))
    return Input(path, name, form, str(holder.get("type", "String")), required, fault)


def _texts(
    node: object, path: Path, parents: tuple[object, ...]
) -> Iterator[tuple[Path, str, tuple[object, ...]]]:
    """Yield each text with its path and the mappings and lists on the way to it."""
    if isinstance(node, str):
        yield path, node, parents
    elif isinstance(node, dict):
        for key, value in node.items():
            if key not in _UNREAD or _is_in_spec(path):
                yield from _texts(value, (*path, key), (*parents, node))
    elif isinstance(node, list):
        for i, item in enumerate(node):
            yield from _texts(item, (*path, i), (*parents, node))


def _is_in_spec(path: Path) -> bool:
    """Whether *path* is inside the spec of a step."""
    return any(pair == ("step", "spec") for pair in pairwise(path))


def _name(path: Path, parents: Sequence[object], silent: frozenset[str]) -> str:
    """Return the name for ``-i``: identifiers and keys joined by dots (``cab.jira.issueKey``)."""
    parts: list[str] = []
    for part, parent in zip(path, parents, strict=True):
        if isinstance(part, int) and isinstance(parent, list):
            parts.append(_label(parent[part]) or str(part))
        elif part not in silent:
            parts.append(str(part))
    return ".".join(parts)


def _label(item: object) -> str | None:
    """Return what a list's item is called: its own identifier, name or key, or its stage's."""
    if not isinstance(item, dict):
        return None
    body = item.get("stage", item.get("step", item))
    body = body if isinstance(body, dict) else {}
    return next((str(body[key]) for key in ("identifier", "name", "key") if body.get(key)), None)


def entries(source: Source, path: Path, node: object) -> Iterator[tuple[str, Entry]]:
    """Yield each text of *node*, at *path* of *source*, with the name of the input it is for."""
    for below, text, parents in _texts(node, (), ()):
        yield _name(below, parents, _SILENT), Entry.of(text, source, (*path, *below))


def fill_inputs(
    source: Source, inputs: Sequence[Input], given: Mapping[str, str], *, complete: bool
) -> Filled:
    """Return the tree of *source* with inputs replaced by *given* values or their defaults.

    A value is a text of the pipeline's, in which expressions are evaluated, unless it is
    ``Verbatim``.

    *complete* says that an input without a value is a fault; else it stays as written. The faults
    (missing, unknown, not acceptable, written wrongly) come with the tree, for ``make_plan``.
    """
    faults = [item.fault for item in inputs if item.fault]
    values = _assign(source, inputs, given, faults)
    replaced: dict[Path, str] = {}
    missing: set[Path] = set()
    for item in inputs:
        value = values.get(item.path, item.form.default)
        complaint = None if value is None else _complaint(item, value)
        if complaint:
            message = f"The value provided for {item.name}: {complaint}"
            faults.append(_fault(value, message) or source.fault(item.path, message))
        elif value is None and complete and not item.fault:
            faults.append(
                source.fault(item.path, f"the input {item.name} has no value", _how(item))
            )
        if value is None or complaint or item.fault:
            missing.add(item.path)
        else:
            replaced[item.path] = literal(value) if isinstance(value, Verbatim) else str(value)
    names = {item.path: item.name for item in inputs}
    given = {names[path]: value for path, value in values.items()}
    tree = _replace(source.value, (), replaced)
    return Filled(tree, given, frozenset(missing), tuple(faults))


def _fault(value: str | None, message: str, hint: str = "") -> Fault | None:
    """Return a fault at the place of a given value, if that is in a file."""
    if not isinstance(value, Entry):
        return None
    return value.source.fault(value.path, message, hint)


def _how(item: Input) -> str:
    if item.form.allowed:
        return f"give it with -i {item.name}=… (one of: {', '.join(item.form.allowed)})"
    return f"give it with -i {item.name}=…"


def _complaint(item: Input, value: str) -> str | None:
    if not value.strip():
        return "it is empty, and the variable is required" if item.required else None
    if item.type == "Number" and number_of(value) is None:
        return f"{value[:40]!r} is not a number; write digits, such as 3 or 0.5"
    return item.form.complaint(value, shown=item.type != "Secret")


def _assign(
    source: Source, inputs: Sequence[Input], given: Mapping[str, str], faults: list[Fault]
) -> dict[Path, str]:
    """Match given names to inputs: the whole name, or an ending that only one input has."""
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
            listed = ", ".join(item.name for item in matches)
            message, advice = f"several inputs are called {name!r}", f"write one of: {listed}"
            faults.append(_fault(value, message, advice) or Fault(message, advice, source.file))
        else:
            near = nearest(name, by_ending)
            advice = (
                f"did you mean '{near}'?" if near else suggestion(name, [i.name for i in inputs])
            )
            message, advice = f"the pipeline has no input {name!r}", advice or "it asks for none"
            faults.append(_fault(value, message, advice) or Fault(message, advice, source.file))
    return values


def _replace(node: Any, path: Path, replaced: Mapping[Path, str]) -> object:
    if isinstance(node, dict):
        return {key: _replace(value, (*path, key), replaced) for key, value in node.items()}
    if isinstance(node, list):
        return [_replace(item, (*path, i), replaced) for i, item in enumerate(node)]
    return replaced.get(path, node)
