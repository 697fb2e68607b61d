"""An input set to fill in: the shape of a pipeline down to its inputs, each with what it takes."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from penstock.pipeline.input_form import START, is_input
from penstock.pipeline.inputs import Input, is_in_spec, label
from penstock.pipeline.places import Path
from penstock.source import Source

__all__ = ["blank_input_set", "facts_of"]

#: Keys that say which part of the pipeline is meant, in the order in which they are written.
_IDENTITY = ("identifier", "name", "key", "type")
_HOMES = ("orgIdentifier", "projectIdentifier")
_TYPES: Mapping[str, str] = {"Number": "a number", "Secret": "the name of a secret"}
#: What needs no quotes in YAML, nor is taken for something else than a text by other readers.
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*|[0-9]+(?:\.[0-9]+){2,}|[0-9]+[smhdw]")
_WORDS = frozenset({"false", "n", "no", "null", "off", "on", "true", "y", "yes"})
_UNSEEN = re.compile(r"[^\x20-\x7e\xa0-\U0010ffff]+")


def facts_of(item: Input) -> list[str]:
    """Return what there is to know of an input, in short texts of one line."""
    form = item.form
    listed = ", ".join(form.allowed)
    several = "several, with commas between, of" if form.many else "one of"
    facts = [
        _type_of(item),
        "required" if item.required else "",
        f"{several} {listed}" if listed else "",
        *(f"matches {pattern}" for pattern in form.patterns),
        "" if form.default is None else f"default {form.default or 'empty'}",
        "asked for during the run (not supported yet: give it here)" if form.during_run else "",
        item.description,
    ]
    return [" ".join(_UNSEEN.sub(" ", fact).split()) for fact in facts if fact]


def _type_of(item: Input) -> str:
    """Return what sort of value an input takes; what a step's spec takes, only its type knows."""
    if item.is_structure:
        return "a mapping or a list"
    return "" if is_in_spec(item.path) else _TYPES.get(item.type, "text")


def blank_input_set(source: Source, inputs: Sequence[Input]) -> str:
    """Return an input set in which each of the *inputs* of a pipeline stands with its default.

    It is YAML that ``InputSets`` takes: one without a default is ``<+input>``, which gives nothing.
    """
    tree = source.value
    root: Path = ("pipeline",) if isinstance(tree, dict) and "pipeline" in tree else ()
    body: Any = tree.get("pipeline", tree) if isinstance(tree, dict) else {}
    body = body if isinstance(body, dict) else {}
    identifier = body.get("identifier")
    known = isinstance(identifier, str) and not is_input(identifier)
    shape = _Shape({item.path: item for item in inputs})
    lines = [
        f"# The inputs of {_UNSEEN.sub(' ', source.file)}: fill in each <+input>, and give this "
        "file with --input-set.",
        "inputSet:",
        f"  identifier: {_quoted(f'{identifier}_inputs' if known else 'inputs')}",
        *(f"  {key}: {_quoted(body[key])}" for key in _HOMES if isinstance(body.get(key), str)),
        "  pipeline:",
        *([f"    identifier: {_quoted(str(identifier))}"] if known else []),
        *shape.keys(body, root, "    "),
    ]
    if lines[-1] == "  pipeline:":
        lines[-1] += " {}"
    return "".join(f"{line}\n" for line in lines)


class _Shape:
    """Writes a tree down to its inputs."""

    def __init__(self, inputs: Mapping[Path, Input]) -> None:
        self._inputs = inputs
        self._above = {path[:length] for path in inputs for length in range(len(path) + 1)}

    def keys(self, node: Mapping[str, Any], path: Path, indent: str) -> Iterator[str]:
        """Yield the lines of the keys of a mapping that are inputs, or have some below them."""
        for key, value in node.items():
            here = (*path, key)
            if here in self._inputs:
                yield from self._input(self._inputs[here], f"{indent}{_quoted(key)}: ", indent)
            elif here in self._above:
                yield f"{indent}{_quoted(key)}:"
                below = self._mapping if isinstance(value, dict) else self._list
                yield from below(value, here, f"{indent}  ")

    def _mapping(self, node: Mapping[str, Any], path: Path, indent: str) -> Iterator[str]:
        """Yield the lines of a mapping, what it is called first."""
        called = [key for key in _IDENTITY if isinstance(node.get(key), str)]
        for key in called:
            is_second = key == "name" and "identifier" in called
            if not is_second and (*path, key) not in self._inputs:
                yield f"{indent}{key}: {_quoted(node[key])}"
        yield from self.keys(node, path, indent)

    def _list(self, node: Sequence[Any], path: Path, indent: str) -> Iterator[str]:
        """Yield the lines of a list; only what has names can be left out."""
        all_named = all(_is_named(item) for item in node)
        for i, item in enumerate(node):
            here = (*path, i)
            if here in self._inputs:
                yield from self._input(self._inputs[here], f"{indent}- ", indent)
            elif here in self._above:
                below = self._mapping if isinstance(item, dict) else self._list
                yield from _dashed(below(item, here, f"{indent}  "), indent)
            elif not all_named:
                yield f"{indent}- null"

    def _input(self, item: Input, start: str, indent: str) -> Iterator[str]:
        facts = facts_of(item)
        if facts:
            yield f"{indent}# {'; '.join(facts)}"
        default = item.form.default
        yield start + (START if default is None else _quoted(default))


def _is_named(item: object) -> bool:
    return isinstance(item, dict) and ("parallel" in item or label(item) is not None)


def _dashed(lines: Iterator[str], indent: str) -> Iterator[str]:
    """Put a dash before the first line that is no comment; comments before it stay before it."""
    dashed = False
    for line in lines:
        if dashed or line.lstrip().startswith("#"):
            yield line
        else:
            yield f"{indent}- {line[len(indent) + 2 :]}"
            dashed = True


def _quoted(text: str) -> str:
    """Return a text as YAML writes it: as it is, or in double quotes."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return str(text)
    return json.dumps(str(text), ensure_ascii=bool(_UNSEEN.search(text)) or not text.isprintable())
