"""The pipeline document: what of its tree is taken, noted or refused, and where its steps stand.

A key that the platform (Harness) knows and that has no meaning here is noted; one whose meaning
would be lost is refused, with its line.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError
from pydantic_core.core_schema import ErrorType

from penstock.errors import Fault, Refused
from penstock.nearest import nearest
from penstock.pipeline.model import STAGE_TYPES, Pipeline
from penstock.pipeline.places import NODES, Path, Place, places_of
from penstock.source import Source
from penstock.validation import faults_of

__all__ = [
    "MARK",
    "NOTED",
    "OPTIONAL",
    "UNSUPPORTED",
    "Document",
    "is_of_deployment",
    "only",
]

#: Keys that the platform uses and a run here has no use for: accepted, and noted once.
NOTED = frozenset(
    {
        "allowStageExecutions",
        "delegateSelectors",
        "fixedInputsOnRerun",
        "notificationRules",
        "properties",
        "runMode",
        "sharedPaths",
        "stepGroupInfra",
        "storeType",
    }
)
#: Keys whose meaning would be lost: refused unless empty. Each with what to do instead.
UNSUPPORTED = {
    "enforce": "cannot be honoured: there is no policy engine here; take it away to run without",
    "flowControl": "is not supported yet; take it away",
    "insert": "is not supported yet; take it away",
}
#: The platform's own marks in its files; they mean nothing to a person.
MARK = "__uuid"
#: What other files of the platform begin with, and what to do with them.
_OTHER_FILES = {
    "connector": "it is a connector: put it into the directory of connectors",
    "inputSet": "it is an input set: give it with --input-set",
    "overlayInputSet": "it is an overlay of input sets: give it with --input-set",
    "template": "it is a template: put it into templates/ beside a pipeline that names it",
}
#: Keys that may be left out until their input is known.
OPTIONAL = frozenset(
    {
        "condition",
        "failureStrategies",
        "pipelineStatus",
        "stageStatus",
        "strategy",
        "timeout",
        "when",
    }
)
#: Those that pydantic makes itself; a plugin's validators may make others.
_ERROR_TYPES = frozenset(get_args(ErrorType))
#: What the platform calls the items of a strategy by.
_ITEM_NAME = "nodeName"
#: Parts whose keys are names of their author's, or no level of the document.
_AS_WRITTEN = frozenset({"failureStrategies", "strategy", "tags", "variables"})
#: Of a Deployment stage: what is deployed, and where to.
_DEPLOYMENT = frozenset(
    {
        "customDeploymentRef",
        "deploymentType",
        "environment",
        "environmentGroup",
        "environments",
        "gitOpsEnabled",
        "infrastructure",
        "service",
        "serviceConfig",
        "services",
    }
)


@dataclass
class Document:
    """A pipeline's tree, cleaned, with what was found wrong with it and what is worth a note."""

    source: Source
    #: Where the pipeline's mapping is: ``("pipeline",)``, or ``()`` in a rootless document.
    root: Path
    #: Where an input has no value yet.
    open: frozenset[Path] = frozenset()
    tree: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    #: Identifiers inside what was refused: names that would be there.
    hidden: set[str] = field(default_factory=set)
    #: Keys that stand on the wrong level, of which a fault tells already.
    misplaced: set[Path] = field(default_factory=set)
    _refused: set[Path] = field(default_factory=set)
    _noted: dict[str, list[Path]] = field(default_factory=dict)

    @classmethod
    def of(cls, source: Source, tree: object, open_: frozenset[Path] = frozenset()) -> "Document":
        """Take the tree of *source*, inputs filled in but for those at the paths *open_*.

        Raise ``Refused`` if it is no pipeline at all.
        """
        document = cls(source, (), open_)
        if isinstance(tree, dict) and "pipeline" in tree:
            document.root = ("pipeline",)
            for key in tree.keys() - {"pipeline", MARK}:
                document.fault((key,), f"unknown key `{key}`", "put it below `pipeline:`", key=True)
            tree = tree["pipeline"]
        elif isinstance(tree, dict) and not tree.keys() & {"identifier", "stages"}:
            raise Refused(source.fault((), "this is not a pipeline", _what_else(tree)))
        if not isinstance(tree, dict):
            message, hint = "a pipeline must be a mapping", "write its keys below `pipeline:`"
            document.fault(document.root, message, hint)
            raise Refused(*document.faults)
        document.tree = document._cleaned_mapping(tree, document.root)
        return document

    def fault(self, path: Path, message: str, hint: str, *, key: bool = False) -> None:
        """Add a fault at *path*, or at the key before it."""
        self.faults.append(self.source.fault(path, message, hint, key=key))

    def pipeline(self) -> Pipeline | None:
        """Return the model, or ``None`` after adding to ``faults`` why there is none."""
        try:
            return Pipeline.model_validate(self.tree)
        except ValidationError as error:
            news = only(error, lambda each: not self._is_known(each))
            self.faults += faults_of(news, self.source, self.root, model=Pipeline)
            return None

    @property
    def notes(self) -> list[Fault]:
        """What is worth a note: one for each key without effect, at its first place."""
        notes = []
        for key, paths in self._noted.items():
            more = len(paths) - 1
            elsewhere = f", nor in {more} other place{'s' if more > 1 else ''}" if more else ""
            message = f"`{key}` has no effect here{elsewhere}"
            notes.append(self.source.fault(paths[0], message, key=True))
        return notes

    @cached_property
    def stages(self) -> tuple[Place, ...]:
        """Every stage that can be recognised as one, in order, with what is in it."""
        return places_of(self.tree.get("stages"), "stages", (*self.root, "stages"))

    def _is_known(self, error: ErrorDetails) -> bool:
        """Whether an error only follows from what a fault tells already."""
        location = error["loc"]
        path = (*self.root, *location)
        match location:
            case ("stages", *_, "stage", "spec", _):
                stage: Any = self.tree
                for part in location[:-2]:
                    stage = stage[part]
                kind = stage.get("type")
                if isinstance(kind, str) and kind not in STAGE_TYPES:
                    return True
        refused = error["type"] == "missing" and path[:-1] in self._refused
        emptied = location[-1:] and isinstance(location[-1], int) and path in self._refused
        return bool(refused or emptied or path in self.misplaced)

    def _cleaned(self, node: Any, path: Path) -> Any:
        if isinstance(node, list):
            return [self._cleaned(item, (*path, i)) for i, item in enumerate(node)]
        return self._cleaned_mapping(node, path) if isinstance(node, dict) else node

    def _cleaned_mapping(self, node: Mapping[str, Any], path: Path) -> dict[str, Any]:
        """Take out of the document's own levels what is noted, refused or empty."""
        kept: dict[str, Any] = {}
        for key, value in node.items():
            here = (*path, key)
            if key == MARK or value is None or (here in self.open and _may_wait(here)):
                continue
            if key in NOTED or key in UNSUPPORTED or is_of_deployment(key, node, path):
                if value:
                    self._put_aside(path, key, value)
            elif key == "strategy" and isinstance(value, dict):
                kept[key] = self._unnamed(value, here)
            elif key in _AS_WRITTEN or (key == "spec" and path[-1:] == ("step",)):
                kept[key] = _without_marks(value)
            elif key in {*NODES, "parallel"} and isinstance(value, list):
                kept[key] = self._cleaned_list(value, here)
            else:
                kept[key] = self._cleaned(value, here)
        return kept

    def _unnamed(self, strategy: Mapping[str, Any], path: Path) -> dict[str, Any]:
        """Take out what would name the items; all else of a strategy is its author's."""
        kept: dict[str, Any] = _without_marks(strategy)
        for kind, value in strategy.items():
            if isinstance(value, dict) and value.get(_ITEM_NAME):
                self._put_aside((*path, kind), _ITEM_NAME, value[_ITEM_NAME])
                kept[kind] = {key: it for key, it in kept[kind].items() if key != _ITEM_NAME}
        return kept

    def _cleaned_list(self, items: list[Any], path: Path) -> list[Any]:
        kinds = next(NODES[part] for part in reversed(path) if part in NODES)
        return [
            self._cleaned(self._indented(item, kinds, (*path, i)), (*path, i))
            for i, item in enumerate(items)
        ]

    def _put_aside(self, path: Path, key: str, value: object) -> None:
        if key not in UNSUPPORTED:
            self._noted.setdefault(key, []).append((*path, key))
            return
        what, _, advice = UNSUPPORTED[key].rpartition("; ")
        self.fault((*path, key), f"`{key}` {what}", advice, key=True)
        self.hidden.update(_identifiers(value))
        self._refused.add(path)

    def _indented(self, item: object, kinds: tuple[str, ...], path: Path) -> object:
        """Tell of a ``step:`` with its keys beside it; leave nothing of it."""
        key = next((k for k in kinds if isinstance(item, dict) and item.get(k, item) is None), None)
        if key is None or not isinstance(item, dict) or not item.keys() - {key, MARK}:
            return item
        message = f"`{key}` is empty, and its keys stand beside it"
        self.fault((*path, key), message, f"indent them more than `{key}`", key=True)
        self.hidden.update(_identifiers(item))
        self._refused.add(path)
        return {}


def _may_wait(path: Path) -> bool:
    """Whether a key may be left out until its input is known."""
    return path[-1] in OPTIONAL or path[-2:] == ("step", "spec")


def is_of_deployment(key: str, node: Mapping[str, Any], path: Path) -> bool:
    """Whether a key of a stage's spec says what is deployed and where, not what runs."""
    return key in _DEPLOYMENT and path[-2:] == ("stage", "spec") and "execution" in node


def only(error: ValidationError, wanted: Callable[[ErrorDetails], bool]) -> ValidationError:
    """Return *error* with those of its parts only that *wanted* takes."""
    parts = [_again(each) for each in error.errors(include_url=False) if wanted(each)]
    return ValidationError.from_exception_data(error.title, parts)


def _again(details: ErrorDetails) -> InitErrorDetails:
    """Return a part of an error as pydantic takes it for a new one."""
    kind: str | PydanticCustomError = details["type"]
    if kind not in _ERROR_TYPES:
        kind = PydanticCustomError("value_error", "{why}", {"why": details["msg"]})
    again = InitErrorDetails(type=kind, loc=details["loc"], input=details["input"])
    if "ctx" in details and isinstance(kind, str):
        again["ctx"] = details["ctx"]
    return again


def _what_else(tree: Mapping[str, Any]) -> str:
    """Return what a file may be that is no pipeline, and what to do."""
    for key, advice in _OTHER_FILES.items():
        if key in tree:
            return advice
    meant = next((key for key in tree if nearest(key, ["pipeline"])), None)
    return f"did you mean 'pipeline' by {meant!r}?" if meant else "begin it with `pipeline:`"


def _without_marks(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _without_marks(value) for key, value in node.items() if key != MARK}
    return [_without_marks(item) for item in node] if isinstance(node, list) else node


def _identifiers(node: object) -> Iterator[str]:
    """Yield every identifier at and below *node*."""
    if isinstance(node, list):
        for item in node:
            yield from _identifiers(item)
    elif isinstance(node, dict):
        identifier = _text(node.get("identifier"))
        yield from [] if identifier is None else [identifier]
        yield from _identifiers(list(node.values()))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
