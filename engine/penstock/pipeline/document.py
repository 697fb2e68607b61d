"""The pipeline document: Harness's YAML as pydantic models, and what of it is refused or noted.

Keys and patterns: Harness's public pipeline schema v0. A key that the platform knows and that has
no meaning here is noted; one whose meaning would be lost is refused, with its line.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel

from penstock.duration import Duration
from penstock.errors import Fault, Refused
from penstock.source import Source
from penstock.validation import faults_of

__all__ = ["Document", "Pipeline", "Stage", "Step", "StepPlace", "Variable", "When"]

Path: TypeAlias = "tuple[str | int, ...]"
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z_][0-9a-zA-Z_]{0,127}$")]
VariableName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z_][0-9a-zA-Z_\.$-]{0,127}$")]
Occasion = Literal["Success", "Failure", "All"]

#: Keys that the platform uses and a run here has no use for: accepted, and noted once.
NOTED = frozenset(
    {
        "allowStageExecutions",
        "delegateSelectors",
        "notificationRules",
        "properties",
        "runMode",
        "storeType",
    }
)
#: Keys whose meaning would be lost: refused unless empty. Each with what to do instead.
UNSUPPORTED = {
    "enforce": "cannot be honoured: there is no policy engine here; take it away to run without",
    "failureStrategies": "is not supported yet; take it away, or write `[]`",
    "flowControl": "is not supported yet; take it away",
    "insert": "is not supported yet; take it away",
    "parallel": "is not supported yet; write what it holds one after another",
    "rollbackSteps": "is not supported yet; take it away, or write `[]`",
    "stepGroup": "is not supported yet; write its steps into the stage",
    "strategy": "is not supported yet; write the steps out",
    "template": "is not supported yet; write what the template holds",
}


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class When(_Model):
    """Under which circumstances a stage or a step runs (Harness: ``when``)."""

    pipeline_status: Occasion | None = None
    stage_status: Occasion | None = None
    condition: str | None = None


class Variable(_Model):
    """A pipeline's or a stage's variable."""

    name: VariableName
    type: Literal["String", "Number", "Secret"] = "String"
    value: str | None = None
    default: str | None = None
    required: bool = False
    description: str | None = None


class Step(_Model):
    """A step as written; its ``spec`` belongs to the step type."""

    identifier: Identifier
    name: str = ""
    type: str
    spec: Mapping[str, Any] = Field(default_factory=dict)
    description: str | None = None
    timeout: Duration | None = None
    when: When = When()


class StepItem(_Model):
    """One entry of ``steps``."""

    step: Step


class Execution(_Model):
    """What a stage runs."""

    steps: list[StepItem] = Field(min_length=1)


class StageSpec(_Model):
    """The spec of an Approval or a Custom stage."""

    execution: Execution


class Stage(_Model):
    """A stage as written."""

    identifier: Identifier
    name: str = ""
    type: Literal["Approval", "Custom"]
    description: str | None = None
    tags: Mapping[str, str] = Field(default_factory=dict)
    variables: list[Variable] = Field(default_factory=list)
    timeout: Duration | None = None
    when: When = When()
    spec: StageSpec


class StageItem(_Model):
    """One entry of ``stages``."""

    stage: Stage


class Pipeline(_Model):
    """A whole pipeline as written."""

    identifier: Identifier
    name: str = ""
    org_identifier: str | None = None
    project_identifier: str | None = None
    description: str | None = None
    tags: Mapping[str, str] = Field(default_factory=dict)
    variables: list[Variable] = Field(default_factory=list)
    timeout: Duration | None = None
    stages: list[StageItem] = Field(min_length=1)


@dataclass(frozen=True)
class StepPlace:
    """A step in the tree, whether or not the document around it is valid."""

    stage_path: Path
    path: Path
    stage: Mapping[str, Any]
    step: Mapping[str, Any]


@dataclass
class Document:
    """A pipeline's tree, cleaned, with what was found wrong with it and what is worth a note."""

    source: Source
    #: Where the pipeline's mapping is: ``("pipeline",)``, or ``()`` in a rootless document.
    root: Path
    tree: dict[str, Any]
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)
    _refused: set[Path] = field(default_factory=set)

    @classmethod
    def of(cls, source: Source, tree: object) -> "Document":
        """Take the tree of *source*, inputs filled in; raise ``Refused`` if it is no mapping."""
        root: Path = ()
        faults = []
        if isinstance(tree, dict) and "pipeline" in tree:
            others = [key for key in tree if key != "pipeline"]
            faults = [source.fault((key,), f"unknown key `{key}`", key=True) for key in others]
            tree, root = tree["pipeline"], ("pipeline",)
        if not isinstance(tree, dict):
            raise Refused(
                *faults,
                source.fault(root, "a pipeline must be a mapping", "begin it with `pipeline:`"),
            )
        document = cls(source, root, {}, faults)
        document.tree = document._clean_mapping(tree, root)
        return document

    def pipeline(self) -> Pipeline | None:
        """Return the model, or ``None`` after adding to ``faults`` why there is none."""
        try:
            return Pipeline.model_validate(self.tree)
        except ValidationError as error:
            self.faults += faults_of(
                error, self.source, self.root, model=Pipeline, keep=self._is_wanted
            )
            return None

    def steps(self) -> Iterator[StepPlace]:
        """Yield every step that can be recognised as one, in order."""
        for i, stage in _items(self.tree.get("stages"), "stage"):
            stage_path: Path = (*self.root, "stages", i, "stage")
            spec = stage.get("spec")
            execution = spec.get("execution") if isinstance(spec, dict) else None
            steps = execution.get("steps") if isinstance(execution, dict) else None
            for j, step in _items(steps, "step"):
                path = (*stage_path, "spec", "execution", "steps", j, "step")
                yield StepPlace(stage_path, path, stage, step)

    def _is_wanted(self, location: Path) -> bool:
        """Whether a fault at *location* says more than that something was refused already."""
        path = (*self.root, *location)
        return not any(path[: len(refused)] == refused for refused in self._refused)

    def _clean(self, node: Any, path: Path) -> Any:
        if isinstance(node, list):
            return [self._clean(item, (*path, i)) for i, item in enumerate(node)]
        if isinstance(node, dict):
            return self._clean_mapping(node, path)
        return node

    def _clean_mapping(self, node: Mapping[str, Any], path: Path) -> dict[str, Any]:
        """Take out of the document's own levels what is noted, refused or empty."""
        kept = {}
        for key, value in node.items():
            here = (*path, key)
            if key.startswith("__") or value is None:
                continue
            if key in NOTED:
                self.notes.append(self.source.fault(here, f"`{key}` has no effect here", key=True))
            elif key in UNSUPPORTED:
                self._refuse(path, key, value)
            elif key in {"tags", "variables"} or (key == "spec" and path[-1:] == ("step",)):
                kept[key] = value
            else:
                kept[key] = self._clean(value, here)
        return kept

    def _refuse(self, path: Path, key: str, value: object) -> None:
        if value:
            what, _, advice = UNSUPPORTED[key].rpartition("; ")
            self.faults.append(self.source.fault((*path, key), f"`{key}` {what}", advice, key=True))
        self._refused.add(path)


def _items(items: object, key: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for i, item in enumerate(items if isinstance(items, list) else []):
        body = item.get(key) if isinstance(item, dict) else None
        if isinstance(body, dict):
            yield i, body
