"""What can be found wrong with a pipeline before anything is asked of anybody."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, TypeAlias

from pydantic import ValidationError

from penstock.connectors.scope import Home
from penstock.connectors.variables import SharedVariables
from penstock.errors import ConnectorError, Fault
from penstock.expressions import has_expression
from penstock.model_keys import known_keys
from penstock.nearest import nearest
from penstock.pipeline.document import Document, only
from penstock.pipeline.model import Step as StepModel
from penstock.pipeline.places import Path, Place
from penstock.pipeline.references import References
from penstock.pipeline.stand_ins import StandIns
from penstock.pipeline.surroundings import surroundings
from penstock.pipeline.variables import tag_faults, variable_faults
from penstock.pipeline.visible import Here
from penstock.spec_place import Later, any_entry
from penstock.step import Step
from penstock.validation import faults_of

__all__ = ["Check", "ConnectorCheck", "is_open", "texts_of"]

#: Raises ``ConnectorError`` if a reference, and the type it must have, cannot be resolved in an
#: org and a project.
ConnectorCheck: TypeAlias = Callable[[str, str | None, str | None, str | None], None]

#: What to do about a step that only the platform has.
_ELSEWHERE = "`penstock rehearse` stands in for others"
#: Names that a strategy gives to what it multiplies.
_LOOPS = frozenset({"matrix", "repeat", "strategy"})
_STEP_KEYS = frozenset(known_keys(StepModel, ()))


class Check:
    """Finds the faults of variables, steps, connectors and expressions, in any document."""

    def __init__(
        self,
        document: Document,
        types: Mapping[str, type[Step]],
        check_connector: ConnectorCheck | None,
        stand_ins: StandIns,
        shared: SharedVariables | None,
    ) -> None:
        """Take the document, the step types there are, how connectors are looked up, stand-ins,
        and the variables of the account, the org and the project, if they are known.
        """
        self._document = document
        self._source = document.source
        self._types = types
        self._keys = {name: frozenset(known_keys(kind, ())) for name, kind in types.items()}
        self._check_connector = check_connector
        self._connectors: dict[tuple[str, str | None], tuple[Fault, ...]] = {}
        home = Home(document.tree.get("orgIdentifier"), document.tree.get("projectIdentifier"))
        around = surroundings(home, shared, self._connector_faults if check_connector else None)
        self._references = References(document, _gates(types), _outputs(types), stand_ins, around)

    def all(self) -> None:
        """Add every fault found to the document's."""
        document = self._document
        places = [place for stage in document.stages for place in _walk(stage)]
        for place in (None, *(each for each in places if each.kind != "step")):
            document.faults += variable_faults(document, self._references, place)
            document.faults += tag_faults(document, self._references, place)
        document.faults += self._references.settle()
        self._home()
        self._twins(document.stages)
        for place in places:
            here = self._references.visible.at(place, starts=True)
            self._condition(place, here)
            self._strategy(place, here)
            if place.kind == "step":
                self._step(place, here)
            else:
                self._twins(place.inside)
                self._twins(place.rollback)

    def _home(self) -> None:
        tree, root = self._document.tree, self._document.root
        if tree.get("projectIdentifier") and not tree.get("orgIdentifier"):
            message = "a pipeline of a project needs `orgIdentifier` too"
            path = (*root, "projectIdentifier")
            self._document.fault(path, message, "add the project's org", key=True)

    def _twins(self, places: tuple[Place, ...]) -> None:
        """Two nodes of one level with one identifier."""
        first: dict[str, Path] = {}
        for place in places:
            if place.identifier is None:
                continue
            earlier = first.setdefault(place.identifier, place.path)
            if earlier != place.path:
                line = self._source.place((*earlier, "identifier")).line
                message = f"the identifier {place.identifier!r} is taken already, in line {line}"
                self._document.fault((*place.path, "identifier"), message, "choose another one")

    def _strategy(self, place: Place, here: Here) -> None:
        """The expressions of a strategy, which see no item yet."""
        outside = {name: node for name, node in here.names.items() if name not in _LOOPS}
        path = (*place.path, "strategy")
        for below, text in texts_of(place.node.get("strategy")):
            seen = here if below == ("when",) else Here(outside, here.turn)
            self._text(text, (*path, *below), seen, whole=below == ("when",))

    def _condition(self, place: Place, here: Here) -> None:
        when = place.node.get("when")
        text = when.get("condition") if isinstance(when, dict) else None
        if isinstance(text, str) and text.strip():
            self._text(text, (*place.path, "when", "condition"), here, whole=True)

    def _text(
        self,
        text: str,
        path: Path,
        here: Here,
        *,
        whole: bool = False,
        kept: Collection[str] = (),
        secret: bool = False,
    ) -> None:
        if path in self._document.open or not (whole or has_expression(text)):
            return
        self._document.faults += self._references.faults(
            text, path, here, whole=whole, kept=kept, secret=secret
        )

    def _step(self, place: Place, here: Here) -> None:
        name = place.node.get("type")
        kind = self._types.get(name) if isinstance(name, str) else None
        if kind is not None:
            self._spec(kind, place, here)
        elif isinstance(name, str):
            known = list(self._types)
            none = "no plugins are installed; in a checkout run `pip install -e .`"
            near = nearest(name, known)
            advice = (
                f"did you mean {near!r}?" if near else f"known: {', '.join(known)}; {_ELSEWHERE}"
            )
            advice = advice if known else none
            self._document.fault((*place.path, "type"), f"unknown step type {name!r}", advice)

    def _spec(self, kind: type[Step], place: Place, here: Here) -> None:
        path = (*place.path, "spec")
        spec = place.node.get("spec", {})
        if not isinstance(spec, dict) or path in self._document.open:
            return  # the model tells, or it is not known yet
        misplaced = self._misplaced(kind, place, spec)
        known = {key: value for key, value in spec.items() if key not in misplaced}
        try:
            kind.model_validate(known)
        except ValidationError as error:
            news = only(error, lambda each: each["loc"][:1] not in {(key,) for key in misplaced})
            self._spec_faults(kind, place, known, news)
        for below, text in texts_of(spec):
            key = ".".join(str(part) for part in below)
            later, secret = _later(kind, key), any_entry(key) in kind.secret_keys
            if not later.criterion or text.strip():  # a blank criterion is none
                where, whole = (*path, *below), later.criterion
                self._text(text, where, here, whole=whole, kept=later.names, secret=secret)
        self._connector(kind, spec.get("connectorRef"), (*path, "connectorRef"))

    def _misplaced(self, kind: type[Step], place: Place, spec: Mapping[str, Any]) -> frozenset[str]:
        """Tell of keys beside the spec that belong into it, and the other way; return them."""
        document, keys = self._document, self._keys[kind.type]
        beside = {key for key in place.node.keys() - _STEP_KEYS if key in keys}
        within = {key for key in spec.keys() & _STEP_KEYS if key not in keys}
        for key in beside:
            path = (*place.path, key)
            document.misplaced.add(path)
            document.fault(path, f"`{key}` belongs into `spec`", "move it there", key=True)
        for key in within:
            message = f"`{key}` belongs to the step, not into its `spec`"
            document.fault((*place.path, "spec", key), message, "move it beside `spec`", key=True)
        return frozenset(beside | within)

    def _spec_faults(
        self, kind: type[Step], place: Place, spec: Mapping[str, Any], error: ValidationError
    ) -> None:
        path = (*place.path, "spec")
        if "spec" in place.node:
            self._document.faults += faults_of(
                error, self._source, path, model=kind, keep=lambda below: _counts(kind, spec, below)
            )
            return
        missing = [str(each["loc"][0]) for each in error.errors() if each["type"] == "missing"]
        hint = f"it holds {', '.join(missing)}" if missing else ""
        self._document.fault(path, "`spec` is required", hint)

    def _connector(self, kind: type[Step], reference: object, path: Path) -> None:
        if not isinstance(reference, str) or has_expression(reference):
            return
        for fault in self._connector_faults(reference, kind.connector_type):
            here = self._source.fault(path, fault.message, fault.hint)
            self._document.faults.append(fault if fault.file else here)

    def _connector_faults(self, reference: str, kind: str | None = None) -> tuple[Fault, ...]:
        """Return what is wrong with a reference, looked up once."""
        key = (reference, kind)
        if key not in self._connectors:
            self._connectors[key] = self._looked_up(*key)
        return self._connectors[key]

    def _looked_up(self, reference: str, kind: str | None) -> tuple[Fault, ...]:
        tree = self._document.tree
        org, project = tree.get("orgIdentifier"), tree.get("projectIdentifier")
        homes = all(home is None or isinstance(home, str) for home in (org, project))
        if self._check_connector is None or not homes:
            return ()  # nobody knows; or the model tells
        try:
            self._check_connector(reference, kind, org, project)
        except ConnectorError as error:
            return error.faults
        return ()


def _walk(place: Place) -> Iterator[Place]:
    """Yield a node and everything below it, in the order of the file."""
    yield place
    for below in place.below:
        yield from _walk(below)


def _gates(types: Mapping[str, type[Step]]) -> dict[str, str]:
    """Return for each name that only a gate knows where it may be read, in words."""
    places: dict[str, list[str]] = {}
    for kind in types.values():
        for place in kind.deferred:
            for root in _later(kind, place).names:
                places.setdefault(root, []).append(f"`{place.partition('.')[0]}` of {kind.type}")
    return {root: ", ".join(dict.fromkeys(found)) for root, found in places.items()}


def _later(kind: type[Step], path: str) -> Later:
    """Return what only the step will know at a place of its spec; else no names."""
    found = kind.deferred.get(any_entry(path), Later(()))
    return Later((found,), criterion=True) if isinstance(found, str) else found


def _outputs(types: Mapping[str, type[Step]]) -> dict[str, frozenset[str]]:
    """Return the names of the outputs of each step type that tells them."""
    names = {name: kind.output_names for name, kind in types.items()}
    return {name: frozenset(known) for name, known in names.items() if known is not None}


def _counts(kind: type[Step], spec: object, location: Path) -> bool:
    """Whether a validation error is one: not of an expression, whose value is not known yet."""
    node = _at(spec, location)
    if not isinstance(node, str):
        return True
    later = _later(kind, ".".join(str(part) for part in location))
    # A criterion is checked as an expression, unless there is nothing to check.
    return not (node.strip() if later.criterion else has_expression(node))


def is_open(spec: object, location: Path) -> bool:
    """Whether there is a text with an expression at the place of a validation error in a spec."""
    node = _at(spec, location)
    return isinstance(node, str) and has_expression(node)


def _at(spec: object, location: Path) -> object:
    """Return what stands at pydantic's *location*, passing over members of unions in it."""
    node: Any = spec
    for part in location:
        if isinstance(node, Mapping):
            node = node.get(part, node)
        elif isinstance(node, list) and isinstance(part, int):
            node = node[part]
    return node


def texts_of(node: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield each text of a spec with its path below it."""
    if isinstance(node, str):
        yield path, node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from texts_of(value, (*path, key))
    elif isinstance(node, list):
        for i, item in enumerate(node):
            yield from texts_of(item, (*path, i))
