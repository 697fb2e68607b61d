"""What can be found wrong with a pipeline before anything is asked of anybody."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from pydantic import ValidationError

from penstock.errors import ConnectorError
from penstock.expressions import has_expression
from penstock.nearest import suggestion
from penstock.pipeline.document import Document, Path, StepPlace
from penstock.pipeline.references import References, Where
from penstock.step import Step
from penstock.validation import faults_of

__all__ = ["Check", "ConnectorCheck", "spec_of", "texts_of"]

#: Raises ``ConnectorError`` if a reference, and the type it must have, cannot be resolved in an
#: org and a project.
ConnectorCheck: TypeAlias = Callable[[str, str | None, str | None, str | None], None]


class Check:
    """Finds the faults of steps, connectors and expressions, in a document valid or not."""

    def __init__(
        self,
        document: Document,
        types: Mapping[str, type[Step]],
        check_connector: ConnectorCheck | None,
    ) -> None:
        """Take the document, the step types there are, and how connectors are looked up."""
        self._document = document
        self._source = document.source
        self._faults = document.faults
        self._types = types
        self._check_connector = check_connector
        self._references = References(document.source, document.tree)

    def all(self) -> None:
        """Add every fault found to the document's."""
        document = self._document
        self._variables(document.tree.get("variables"), (*document.root, "variables"), None)
        stages: set[Path] = set()
        for place in document.steps():
            if place.stage_path not in stages:
                stages.add(place.stage_path)
                self._stage(place)
            self._step(place)
        self._twins(document)

    def _stage(self, place: StepPlace) -> None:
        stage = place.stage.get("identifier")
        path = (*place.stage_path, "variables")
        self._variables(place.stage.get("variables"), path, stage)
        self._condition(place.stage, place.stage_path, (stage, None))

    def _variables(self, variables: object, path: Path, stage: str | None) -> None:
        for i, item in enumerate(variables if isinstance(variables, list) else []):
            if not isinstance(item, dict):
                continue
            value = item.get("value") or item.get("default")
            if isinstance(value, str):
                where = (stage, None)
                self._faults += self._references.faults(value, (*path, i, "value"), where)
            elif str(item.get("required", "")).lower() == "true":
                message = f"the variable {item.get('name')} is required and has no value"
                self._faults.append(
                    self._source.fault((*path, i), message, "give it a `value:`, or `<+input>`")
                )
        self._faults += self._references.cycles(variables, path)

    def _condition(self, node: Mapping[str, Any], path: Path, here: Where) -> None:
        when = node.get("when")
        text = when.get("condition") if isinstance(when, dict) else None
        if isinstance(text, str):
            place = (*path, "when", "condition")
            self._faults += self._references.faults(text, place, here, whole=True)

    def _step(self, place: StepPlace) -> None:
        here = (place.stage.get("identifier"), place.step.get("identifier"))
        self._condition(place.step, place.path, here)
        name = place.step.get("type")
        kind = self._types.get(name) if isinstance(name, str) else None
        if kind is not None:
            spec = spec_of(place.step.get("spec", {}))
            self._spec(kind, spec, (*place.path, "spec"))
            self._expressions(kind, spec, (*place.path, "spec"), here)
            self._connector(kind, spec, (*place.path, "spec", "connectorRef"))
        elif isinstance(name, str):
            known = list(self._types)
            none = "no plugins are installed; in a checkout run `pip install -e .`"
            advice = suggestion(name, known) if known else none
            self._fault((*place.path, "type"), f"unknown step type {name!r}", advice)

    def _spec(self, kind: type[Step], spec: object, path: Path) -> None:
        try:
            kind.model_validate(spec)
        except ValidationError as error:
            self._faults += faults_of(
                error,
                self._source,
                path,
                model=kind,
                keep=lambda place: not _is_expression(spec, place),
            )

    def _expressions(self, kind: type[Step], spec: object, path: Path, here: Where) -> None:
        for below, text in texts_of(spec):
            kept = kind.deferred.get(".".join(str(part) for part in below))
            self._faults += self._references.faults(
                text, (*path, *below), here, whole=kept is not None, kept=kept
            )

    def _connector(self, kind: type[Step], spec: object, path: Path) -> None:
        reference = spec.get("connectorRef") if isinstance(spec, dict) else None
        if not self._check_connector or not isinstance(reference, str):
            return
        if has_expression(reference):
            return
        tree = self._document.tree
        org, project = tree.get("orgIdentifier"), tree.get("projectIdentifier")
        try:
            self._check_connector(reference, kind.connector_type, org, project)
        except ConnectorError as error:
            for fault in error.faults:
                here = self._source.fault(path, fault.message, fault.hint)
                self._faults.append(fault if fault.file else here)

    def _fault(self, path: Path, message: str, hint: str) -> None:
        self._faults.append(self._source.fault(path, message, hint))

    def _twins(self, document: Document) -> None:
        """Two stages, or two steps of one stage, with one identifier."""
        first: dict[tuple[object, ...], Path] = {}
        for place in document.steps():
            stage = ((), place.stage.get("identifier"))
            step = (place.stage_path, place.step.get("identifier"))
            for key, path in ((stage, place.stage_path), (step, place.path)):
                earlier = first.setdefault(key, path)
                if key[1] is not None and earlier != path:
                    line = self._source.place((*earlier, "identifier")).line
                    message = f"the identifier {key[1]!r} is taken already, in line {line}"
                    self._fault((*path, "identifier"), message, "choose another one")


def spec_of(spec: Any) -> Any:
    if isinstance(spec, dict):
        return {key: value for key, value in spec.items() if not key.startswith("__")}
    return spec


def _is_expression(spec: object, location: Path) -> bool:
    """Whether a validation error's place holds an expression, whose value is not known yet."""
    node: Any = spec
    for part in location:
        try:
            node = node[part]
        except (KeyError, IndexError, TypeError):  # a key that is missing
            return False
    return isinstance(node, str) and has_expression(node)


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
