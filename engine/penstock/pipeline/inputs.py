"""Runtime inputs: ``<+input>`` and its conditions, filled in before anything is planned.

Harness: "Runtime inputs"; ``<+input>.default(v).allowedValues(a,b).selectOneFrom(a,b)
.selectManyFrom(a,b).regex(re)`` in any order.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import re2

from penstock.errors import Fault, Refused
from penstock.nearest import suggestion
from penstock.source import Source

__all__ = ["Input", "InputForm", "fill_inputs", "find_inputs", "input_set_values", "parse_input"]

Path: TypeAlias = "tuple[str | int, ...]"
_START = "<+input>"
_CALL = re.compile(r"\s*\.\s*(\w+)\(")
_CONDITIONS = ("default", "allowedValues", "selectOneFrom", "selectManyFrom", "regex")


@dataclass(frozen=True)
class InputForm:
    """What an ``<+input>…`` text asks for."""

    default: str | None = None
    allowed: tuple[str, ...] = ()
    #: Whether several of the allowed values may be given, joined by commas.
    many: bool = False
    regex: str | None = None

    def complaint(self, value: str) -> str | None:
        """Return why *value* is not acceptable, in Harness's recognisable words, or ``None``."""
        given = split_values(value) if self.many else [value]
        strangers = [item for item in given if self.allowed and item not in self.allowed]
        if strangers:
            listed = ", ".join(self.allowed)
            return f"{strangers[0]!r} does not match any of the allowed values [{listed}]"
        if self.regex is not None and not re2.fullmatch(self.regex, value):
            return f"{value!r} does not match the required regex pattern {self.regex}"
        return None


@dataclass(frozen=True)
class Input:
    """An input of a pipeline: where it stands, what it is called at ``-i``, what it takes."""

    path: Path
    name: str
    form: InputForm
    type: str = "String"
    required: bool = False


@dataclass
class _Filling:
    source: Source
    inputs: tuple[Input, ...]
    faults: list[Fault] = field(default_factory=list)


def parse_input(text: str) -> InputForm:
    """Return what *text*, which begins with ``<+input>``, asks for; raise ``ValueError``."""
    found: dict[str, Any] = {}
    at = len(_START)
    while call := _CALL.match(text, at):
        name, begin = call.group(1), call.end()
        at = _closing(text, begin) + 1
        body = text[begin : at - 1]
        if name == "executionInput":
            raise ValueError(
                "`.executionInput()` is not supported yet: give the value at the start"
            )
        if name not in _CONDITIONS:
            raise ValueError(f"`<+input>` has no `.{name}(…)`; {suggestion(name, _CONDITIONS)}")
        _take(found, name, body)
    if text[at:].strip():
        raise ValueError(
            f"`<+input>` must stand alone, and {text[at:].strip()!r} follows it: "
            "put it into a variable and write `<+pipeline.variables.NAME>` in the text"
        )
    form = InputForm(**found)
    complaint = form.default is not None and form.complaint(form.default)
    if complaint:
        raise ValueError(f"the default is not acceptable: {complaint}")
    return form


def _take(found: dict[str, Any], name: str, body: str) -> None:
    if name == "default":
        found["default"] = _unquoted(body)
    elif name == "regex":
        try:
            re2.compile(body)
        except re2.error as error:
            raise ValueError(f"the pattern of `.regex({body})` cannot be used: {error}") from None
        found["regex"] = body
    else:
        found["allowed"] = tuple(split_values(body))
        found["many"] = name == "selectManyFrom"


def _closing(text: str, begin: int) -> int:
    """Return where the bracket that was opened before *begin* is closed."""
    depth = 1
    at = begin
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] in "()":
            depth += 1 if text[at] == "(" else -1
            if depth == 0:
                return at
        at += 1
    raise ValueError(f"a bracket is not closed in {text!r}")


def split_values(text: str) -> list[str]:
    r"""Split at commas; ``\'london,uk\'`` is one value (Harness's quoting)."""
    pieces = re.findall(r"\\'(.*?)\\'|([^,]+)", text)
    return [quoted or plain.strip() for quoted, plain in pieces if quoted or plain.strip()]


def _unquoted(text: str) -> str:
    return text[2:-2] if text.startswith(r"\'") and text.endswith(r"\'") else text


def find_inputs(source: Source) -> tuple[Input, ...]:
    """Return every input in *source*; raise ``Refused`` with all that are malformed."""
    faults: list[Fault] = []
    inputs = []
    for path, text, parents in _texts(source.value, (), ()):
        if _START not in text:
            continue
        if not text.strip().startswith(_START):
            message = "`<+input>` must stand alone as a value"
            advice = "put it into a variable and write `<+pipeline.variables.NAME>` here"
            faults.append(source.fault(path, message, advice, offset=text.index(_START)))
            continue
        try:
            form = parse_input(text.strip())
        except ValueError as error:
            faults.append(source.fault(path, str(error)))
            continue
        holder = parents[-1] if isinstance(parents[-1], dict) else {}
        is_variable = path[-1:] == ("value",) and "variables" in path
        inputs.append(
            Input(
                path,
                _name(path, parents),
                form,
                str(holder.get("type", "String")) if is_variable else "String",
                is_variable and str(holder.get("required", "")).lower() == "true",
            )
        )
    Refused.unless_empty(faults)
    return tuple(inputs)


def _texts(
    node: object, path: Path, parents: tuple[object, ...]
) -> Iterator[tuple[Path, str, tuple[object, ...]]]:
    if isinstance(node, str):
        yield path, node, parents
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _texts(value, (*path, key), (*parents, node))
    elif isinstance(node, list):
        for i, item in enumerate(node):
            yield from _texts(item, (*path, i), (*parents, node))


#: Levels of the document that say nothing in an input's name.
_SILENT = {
    "pipeline",
    "stages",
    "stage",
    "steps",
    "step",
    "spec",
    "execution",
    "variables",
    "value",
}


def _name(path: Path, parents: Sequence[object]) -> str:
    """Return the name for ``-i``: identifiers and keys joined by dots (``cab.jira.issueKey``)."""
    parts: list[str] = []
    for part, parent in zip(path, parents, strict=True):
        if isinstance(part, int) and isinstance(parent, list):
            parts.append(_label(parent[part]) or str(part))
        elif part not in _SILENT:
            parts.append(str(part))
    return ".".join(parts)


def _label(item: object) -> str | None:
    """Return what a list's item is called: its own identifier, name or key, or its stage's."""
    if not isinstance(item, dict):
        return None
    body = item.get("stage", item.get("step", item))
    body = body if isinstance(body, dict) else {}
    return next((str(body[key]) for key in ("identifier", "name", "key") if body.get(key)), None)


def input_set_values(source: Source) -> dict[str, str]:
    """Return the values of an input set file by input name (Harness: ``inputSet``).

    Raise ``Refused`` when the file is not an input set.
    """
    tree = source.value
    body = tree.get("inputSet") if isinstance(tree, dict) else None
    pipeline = body.get("pipeline") if isinstance(body, dict) else None
    if not isinstance(pipeline, dict):
        advice = "write `inputSet:` with a `pipeline:` that holds the values"
        raise Refused(source.fault((), "this is not an input set", advice))
    silent = {"identifier", "name", "type", "key"}
    texts = _texts(pipeline, (), ())
    return {_name(path, parents): text for path, text, parents in texts if path[-1] not in silent}


def fill_inputs(
    source: Source, inputs: Sequence[Input], given: Mapping[str, str], *, complete: bool
) -> object:
    """Return the tree of *source* with inputs replaced by *given* values or their defaults.

    *complete* says that an input without a value is a fault; else it stays as written. Raise
    ``Refused`` with everything that is missing, unknown or not acceptable, at once.
    """
    filling = _Filling(source, tuple(inputs))
    values = _assign(filling, given)
    replaced: dict[Path, str] = {}
    missing = []
    for item in inputs:
        value = values.get(item.path, item.form.default)
        if value is None:
            missing.append(item)
            continue
        complaint = _complaint(item, value)
        if complaint:
            message = f"The value provided for {item.name}: {complaint}"
            filling.faults.append(source.fault(item.path, message))
        replaced[item.path] = value
    if complete:
        for item in missing:
            filling.faults.append(
                source.fault(item.path, f"the input {item.name} has no value", _how(item))
            )
    Refused.unless_empty(filling.faults)
    return _replace(source.value, (), replaced)


def _how(item: Input) -> str:
    if item.form.allowed:
        return f"give it with -i {item.name}=… (one of: {', '.join(item.form.allowed)})"
    return f"give it with -i {item.name}=…"


def _complaint(item: Input, value: str) -> str | None:
    if not value.strip():
        return "it is empty, and the variable is required" if item.required else None
    if item.type == "Number":
        try:
            float(value)
        except ValueError:
            return f"{value!r} is not a number"
    return item.form.complaint(value)


def _assign(filling: _Filling, given: Mapping[str, str]) -> dict[Path, str]:
    """Match given names to inputs: the whole name, or an ending that only one input has."""
    values = {}
    names = [item.name for item in filling.inputs]
    for name, value in given.items():
        matches = [item for item in filling.inputs if item.name == name]
        matches = matches or [item for item in filling.inputs if item.name.endswith(f".{name}")]
        if len(matches) == 1:
            values[matches[0].path] = value
        elif matches:
            listed = ", ".join(item.name for item in matches)
            filling.faults.append(
                Fault(f"-i {name}: several inputs end so", f"write one of: {listed}")
            )
        else:
            advice = suggestion(name, names) if names else "the pipeline asks for none"
            filling.faults.append(
                Fault(f"-i {name}: the pipeline has no such input", advice, filling.source.file)
            )
    return values


def _replace(node: object, path: Path, replaced: Mapping[Path, str]) -> object:
    if isinstance(node, dict):
        return {key: _replace(value, (*path, key), replaced) for key, value in node.items()}
    if isinstance(node, list):
        return [_replace(item, (*path, i), replaced) for i, item in enumerate(node)]
    return replaced.get(path, node)
