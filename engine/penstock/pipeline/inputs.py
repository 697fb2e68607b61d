"""Runtime inputs: where a pipeline asks for a value, what each is called, and what it takes."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from penstock.errors import Fault
from penstock.pipeline.document import NOTED, UNSUPPORTED, is_of_deployment
from penstock.pipeline.input_form import START, InputForm, is_input, parse_input
from penstock.pipeline.model import is_true
from penstock.pipeline.number import number_of
from penstock.pipeline.places import Path
from penstock.source import Source

__all__ = ["Input", "find_inputs", "is_in_spec", "label"]

#: Levels of the document that say nothing in an input's name.
_SILENT = frozenset(
    {
        "pipeline",
        "stages",
        "stage",
        "parallel",
        "steps",
        "step",
        "stepGroup",
        "spec",
        "execution",
        "variables",
        "value",
    }
)
#: Below these keys nothing is read, so nothing is asked for; a step's spec may use them otherwise.
_UNREAD = NOTED | UNSUPPORTED.keys()
#: The document's own keys that hold a mapping or a list: only a file can give one.
_STRUCTURES = frozenset(
    {"failureStrategies", "stages", "steps", "strategy", "tags", "variables", "when"}
)
_INTO_A_VARIABLE = "put it into a variable and write `<+pipeline.variables.NAME>` here"


@dataclass(frozen=True)
class Input:
    """An input of a pipeline: where it stands, what it is called at ``-i``, what it takes."""

    path: Path
    name: str
    form: InputForm
    type: str = "String"
    required: bool = False
    description: str = ""
    #: Whether it is the value of a variable, which may be empty.
    is_variable: bool = False
    #: Why it cannot be asked for, if it is written wrongly.
    fault: Fault | None = None

    @property
    def is_secret(self) -> bool:
        """Whether it asks for the name of a secret; what is given may be the secret itself."""
        return self.type == "Secret"

    @property
    def is_structure(self) -> bool:
        """Whether a mapping or a list is asked for, which only an input set can give."""
        if self.path[-1] == "spec":
            return self.path[-2:-1] in {("stage",), ("step",)}
        return self.path[-1] in _STRUCTURES and not is_in_spec(self.path)

    def complaint(self, value: str) -> str | None:
        """Return why *value* is not acceptable, or ``None``; what may be a secret is not shown.

        Harness: the conditions of an input do not apply to an empty value.
        """
        if self.is_structure:
            return "it must be a mapping or a list, which only an input set can give"
        if not value.strip():
            return "it is empty, and the variable is required" if self.required else None
        if self.type == "Number" and number_of(value) is None:
            return f"{value[:40]!r} is not a number; write digits, such as 3 or 0.5"
        return self.form.complaint(value, shown=not self.is_secret)


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
    form, fault = _form(source, path, text)
    name = _name(path, parents, _SILENT)
    holder = parents[-1] if parents else None
    is_variable = path[-1:] == ("value",) and path[-3:-2] == ("variables",)
    if not is_variable or is_in_spec(path) or not isinstance(holder, dict):
        return Input(path, name, form, fault=fault)
    default = holder.get("default")
    if form.default is None and isinstance(default, str):
        form = replace(form, default=default)
    return Input(
        path,
        name,
        form,
        str(holder.get("type", "String")),
        is_true(holder.get("required")),
        str(holder.get("description") or ""),
        is_variable,
        fault,
    )


def _form(source: Source, path: Path, text: str) -> tuple[InputForm, Fault | None]:
    """Return what a text that holds ``<+input>`` asks for, or what is wrong with it."""
    none = InputForm()
    if not is_input(text):
        message = "`<+input>` must stand alone as a value"
        offset = text.index(START)
        return none, source.fault(path, message, _INTO_A_VARIABLE, offset=offset)
    if path[-1] in {"identifier", "type"} and not is_in_spec(path):
        return none, source.fault(path, f"`{path[-1]}` cannot be an input", "write it out")
    try:
        form = parse_input(text.strip())
    except ValueError as error:
        return none, source.fault(path, str(error))
    if form.during_run and path[-1] == "timeout" and not is_in_spec(path):
        message = "a timeout cannot be asked for while the run waits (`.executionInput()`)"
        return none, source.fault(path, message, "take `.executionInput()` away")
    return form, None


def _texts(
    node: object, path: Path, parents: tuple[object, ...]
) -> Iterator[tuple[Path, str, tuple[object, ...]]]:
    """Yield each text with its path and the mappings and lists on the way to it."""
    if isinstance(node, str):
        yield path, node, parents
    elif isinstance(node, dict):
        for key, value in node.items():
            if is_in_spec(path) or not (key in _UNREAD or is_of_deployment(key, node, path)):
                yield from _texts(value, (*path, key), (*parents, node))
    elif isinstance(node, list):
        for i, item in enumerate(node):
            yield from _texts(item, (*path, i), (*parents, node))


def is_in_spec(path: Path) -> bool:
    """Whether *path* is inside the spec of a step."""
    return any(pair == ("step", "spec") for pair in pairwise(path))


def _name(path: Path, parents: Sequence[object], silent: frozenset[str]) -> str:
    """Return the name for ``-i``: identifiers and keys joined by dots (``cab.jira.issueKey``)."""
    parts: list[str] = []
    for part, parent in zip(path, parents, strict=True):
        if isinstance(part, int) and isinstance(parent, list):
            called = label(parent[part])
            if called or not (isinstance(parent[part], dict) and "parallel" in parent[part]):
                parts.append(called or str(part))
        elif part not in silent:
            parts.append(str(part))
    return ".".join(parts)


def label(item: object) -> str | None:
    """Return what a list's item is called: its own identifier, name or key, or its stage's."""
    if not isinstance(item, dict):
        return None
    body = next((item[key] for key in ("stage", "step", "stepGroup") if key in item), item)
    body = body if isinstance(body, dict) else {}
    return next((str(body[key]) for key in ("identifier", "name", "key") if body.get(key)), None)
