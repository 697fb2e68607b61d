"""Puts templates in the place of the references to them, before anything else is read.

Harness: ``template: {templateRef, versionLabel, templateInputs}`` in a step, a step group, a stage
or the pipeline. What comes out is a tree without templates that knows where each part is written.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from penstock.connectors.scope import Home, Reference
from penstock.errors import Fault, Refused
from penstock.pipeline.document import MARK
from penstock.pipeline.filling import fill_inputs
from penstock.pipeline.input_form import START, is_input
from penstock.pipeline.inputs import Input, find_inputs, is_in_spec, label
from penstock.pipeline.matching import Entry, Matching
from penstock.pipeline.places import Path
from penstock.pipeline.template_files import TemplateDirectory, TemplateFile
from penstock.source import Part, Source, Value, Woven
from penstock.source.tree import MAX_DEPTH
from penstock.validation import faults_of

__all__ = ["MOST_NESTED", "MOST_VALUES", "Link", "without_templates"]

#: How many templates may stand one in another, and how many values all of it may have.
MOST_NESTED, MOST_VALUES = 16, 40_000
#: At most about so many faults are listed.
_MOST_FAULTS = 50
#: What each kind of place takes (Harness: the template's ``type``).
_TYPES: Mapping[str, str] = {
    "pipeline": "Pipeline",
    "stage": "Stage",
    "stepGroup": "StepGroup",
    "step": "Step",
}
#: What a reference says of itself; it takes the place of what the template says.
_OWN = frozenset({"description", "identifier", "name", "tags", MARK})
_KEY, _GIVEN = "template", "templateInputs"


class Link(BaseModel):
    """A reference to a template, as written."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)

    template_ref: str
    version_label: str | None = None
    template_inputs: Mapping[str, Any] | None = None
    mark: Any = Field(default=None, alias=MARK)


@dataclass(frozen=True)
class _Chain:
    """The templates on the way to a place: what lives where, and which files they are."""

    home: Home
    files: tuple[str, ...] = ()


def without_templates(source: Source, templates: TemplateDirectory) -> Source:
    """Return the pipeline of *source* with what its templates hold in place of the references.

    What is no pipeline is returned as it is. Raise ``Refused`` with every fault of a reference,
    and of a template that was to be used.
    """
    tree = source.value
    if not isinstance(tree, dict):
        return source
    root: Path = ("pipeline",) if "pipeline" in tree else ()
    body = tree.get("pipeline", tree)
    if not isinstance(body, dict) or not (root or body.keys() & {"identifier", "stages"}):
        return source
    org, project = (body.get(f"{key}Identifier") for key in ("org", "project"))
    home = Home(
        org if isinstance(org, str) else None, project if isinstance(project, str) else None
    )
    weaving = _Weaving(source, templates, root)
    value = weaving.node(tree, (source, ()), (), _Chain(home))
    Refused.unless_empty(weaving.faults)
    return Woven(value, source.file, weaving.parts)


class _TooMuch(Refused):
    """What comes out is too large, or nobody needs more faults: nothing more is put together."""


class _Weaving:
    """Walks a tree; follows each reference to a template, and remembers where everything stands."""

    def __init__(self, source: Source, templates: TemplateDirectory, root: Path) -> None:
        self.parts: dict[Path, Part] = {(): (source, ())}
        self.faults: list[Fault] = []
        self._templates = templates
        self._root = root
        self._count = 0

    def node(self, node: Value, at: Part, out: Path, chain: _Chain) -> Value:
        """Return what stands *at* a part of a source, and *out* of the whole, without templates."""
        self._measured(at, out)
        if isinstance(node, dict):
            return self._mapping(node, at, out, chain)
        if isinstance(node, list):
            return [self.node(item, _below(at, i), (*out, i), chain) for i, item in enumerate(node)]
        return node

    def _measured(self, at: Part, out: Path) -> None:
        self._count += 1
        what = None
        if self._count > MOST_VALUES:
            what = f"more than {MOST_VALUES} values"
        elif len(out) > MAX_DEPTH:
            what = f"more than {MAX_DEPTH} levels"
        if what:
            message = f"with its templates the pipeline has {what}"
            raise _TooMuch(at[0].fault(at[1], message, "use fewer of them"))

    def _mapping(
        self,
        node: Mapping[str, Value],
        at: Part,
        out: Path,
        chain: _Chain,
        taken: frozenset[str] = frozenset(),
    ) -> dict[str, Value]:
        """Return a mapping without templates; *taken* keys stand beside the reference to it."""
        kind = _kind(out, self._root)
        own = {key: value for key, value in node.items() if not (kind and key == _KEY)}
        found = {
            key: self.node(value, _below(at, key), (*out, key), chain) for key, value in own.items()
        }
        if kind and node.get(_KEY):
            below = _below(at, _KEY)
            try:
                found |= self._linked(kind, taken | own.keys(), below, out, chain)
            except _TooMuch:
                raise
            except Refused as error:
                self.faults += error.faults
                if len(self.faults) >= _MOST_FAULTS:
                    raise _TooMuch(*self.faults) from error
        return found

    def _linked(
        self, kind: str, taken: frozenset[str], at: Part, out: Path, chain: _Chain
    ) -> dict[str, Value]:
        """Return what the template that is named *at* gives, but for what is *taken* there."""
        link = _link(at)
        file = self._found(link, kind, at, chain)
        content = _content(link, file, kind, at)
        spec = _value((content, (kind,)))
        given = spec if isinstance(spec, dict) else {}
        for key in sorted(taken & given.keys() - _OWN - file.overrides):
            message = f"`{key}` stands in the template {link.template_ref!r} as well"
            hint = "take it away here, or let the template allow it (`allowedOverrides`)"
            self.faults.append(at[0].fault((*at[1][:-1], key), message, hint, key=True))
        kept = {key: value for key, value in given.items() if key not in taken}
        below: Part = (content, (kind,))
        self.parts |= {(*out, key): _below(below, key) for key in kept}
        inner = _Chain(file.home, (*chain.files, file.source.file))
        return self._mapping(kept, below, out, inner, taken)

    def _found(self, link: Link, kind: str, at: Part, chain: _Chain) -> TemplateFile:
        """Return the file of a template; raise ``Refused`` where it cannot stand here."""
        text = link.template_ref

        def fault(message: str, hint: str) -> Fault:
            return at[0].fault((*at[1], "templateRef"), message, hint)

        try:
            if chain.files:
                _require_reach(text, chain.home)
            file = self._templates.find(text, link.version_label or None, chain.home)
        except Refused as error:
            placed = (
                each if each.file else fault(each.message, each.hint) for each in error.faults
            )
            raise Refused(*placed) from error
        path = file.source.file
        if file.type != _TYPES[kind]:
            message = f"the template {text!r} ({path}) is of type {file.type}"
            raise Refused(fault(message, f"name one of type {_TYPES[kind]} here"))
        if path in chain.files:
            way = " → ".join((*chain.files[chain.files.index(path) :], path))
            raise Refused(fault(f"the template {text!r} needs itself: {way}", "break the cycle"))
        if len(chain.files) >= MOST_NESTED:
            message = f"more than {MOST_NESTED} templates stand one in another"
            raise Refused(fault(message, "use fewer levels"))
        return file


def _kind(out: Path, root: Path) -> str | None:
    """Return what stands at a path, if a template may take its place."""
    if out == root:
        return "pipeline"
    return str(out[-1]) if out and out[-1] in _TYPES and not is_in_spec(out) else None


def _link(at: Part) -> Link:
    source, path = at
    try:
        return Link.model_validate(_value(at))
    except ValidationError as error:
        raise Refused(*faults_of(error, source, path, model=Link)) from error


def _require_reach(text: str, home: Home) -> None:
    """Refuse what a template of a wider scope would take from a narrower one."""
    wanted = Reference.parse(text).scope
    if wanted not in home.scope.reaches:
        message = f"The {wanted} level template {text!r} cannot be used at {home.scope} level"
        hint = "move it to a scope that both may use, and write that before its name"
        raise Refused(Fault(message, hint))


def _content(link: Link, file: TemplateFile, kind: str, at: Part) -> Source:
    """Return what a template holds, below *kind*, with the inputs that the reference gives."""
    start: dict[Path, Part] = {
        (): (file.source, (_KEY,)),
        (kind,): (file.source, (_KEY, "spec")),
    }
    spec = _value(start[kind,])
    content = Woven({kind: spec}, file.source.file, start)
    matching = Matching(at[0], f"the template {link.template_ref!r}")
    matching.take(_value(_below(at, _GIVEN)), (*at[1], _GIVEN), spec, (kind,))
    entries = {path: _passed_on(content, path, each) for path, each in matching.entries.items()}
    faults = [*matching.faults]
    asked = []
    for item in find_inputs(content):
        if item.path not in entries and item.form.during_run:
            continue  # it stays as it is written
        if item.path in entries or item.fault or item.form.default is not None:
            asked.append(item)
        else:
            faults.append(_missing(link, content, item, at))
    filled = fill_inputs(content, asked, None, entries, complete=False)
    Refused.unless_empty([*faults, *filled.faults])
    return filled.source or content


def _passed_on(content: Source, path: Path, entry: Entry) -> Entry:
    """Return the value for an input; an ``<+input>`` keeps the template's conditions too."""
    if not is_input(entry.value):
        return entry
    more = str(entry.value).strip().removeprefix(START)
    return Entry(f"{str(_value((content, path))).strip()}{more}", entry.source, entry.path)


def _missing(link: Link, content: Source, item: Input, at: Part) -> Fault:
    source, path = at
    there = str(content.fault(item.path, "")).removesuffix(": ")
    key = ".".join(_steps(content.value, item.path))
    message = f"the template {link.template_ref!r} asks for `{key}` ({there})"
    hint = f"give it below `{_GIVEN}`, or write `<+input>` there"
    return source.fault((*path, "templateRef"), message, hint)


def _steps(node: Any, path: Path) -> Iterator[str]:
    """Yield the keys on the way to *path*, and what entries of lists are called."""
    for i, part in enumerate(path):
        node = node[part]
        if i:  # the first is the kind of the template
            yield str((label(node) if isinstance(part, int) else None) or part)


def _below(at: Part, key: str | int) -> Part:
    return at[0], (*at[1], key)


def _value(at: Part) -> Value:
    """Return what stands at a part of a source, if anything."""
    node: Any = at[0].value
    for part in at[1]:
        node = node.get(part) if isinstance(node, dict) else node[part]
    return cast("Value", node)
