"""Templates as files: a directory of YAML, each file one version of one template of one scope.

Harness: ``template: {identifier, versionLabel, type, orgIdentifier, projectIdentifier, spec}``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from penstock.connectors.scope import Home, Reference
from penstock.errors import ConnectorError, Fault, Refused
from penstock.nearest import suggestion
from penstock.pipeline.document import MARK
from penstock.pipeline.model import Identifier
from penstock.source import Source, read
from penstock.source.directory import yaml_files
from penstock.source.text_file import reason_of
from penstock.validation import faults_of

__all__ = ["DIRECTORY", "TemplateDirectory", "TemplateFile"]

#: Where templates are: this directory beside the pipeline, if none is named.
DIRECTORY = "templates"
_ROOT = "template"
#: The tag of the version that is meant where none is named.
_STABLE = "stable"
#: What a template may let its users set (Harness: ``allowedOverrides``), and the key for it.
_OVERRIDES: Mapping[str, str] = {
    "ConditionalExecution": "when",
    "DelegateSelectors": "delegateSelectors",
    "FailureStrategy": "failureStrategies",
    "LoopingStrategy": "strategy",
    "PolicyEnforcement": "enforce",
}
_Override = Literal[
    "ConditionalExecution",
    "DelegateSelectors",
    "FailureStrategy",
    "LoopingStrategy",
    "PolicyEnforcement",
]


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class _Body(_Part):
    identifier: Identifier
    name: str | None = None
    version_label: str = ""
    type: str
    org_identifier: str | None = None
    project_identifier: str | None = None
    description: str | None = None
    icon: str | None = None
    tags: Mapping[str, str | None] = Field(default_factory=dict)
    #: Variables of a template itself; nothing here reads them.
    variables: list[Any] = Field(default_factory=list, max_length=0)
    allowed_overrides: list[_Override] = Field(default_factory=list)
    spec: Mapping[str, Any]
    mark: Any = Field(default=None, alias=MARK)


class _Document(_Part):
    template: _Body


@dataclass(frozen=True)
class TemplateFile:
    """One version of a template; its ``spec`` is at ``("template", "spec")`` of the source."""

    source: Source
    identifier: str
    version: str
    #: Step, StepGroup, Stage or Pipeline; others are no use here.
    type: str
    home: Home
    is_stable: bool
    #: Keys that may stand beside a reference though the template has them.
    overrides: frozenset[str]

    @property
    def reference(self) -> str:
        """How a pipeline within reach names it."""
        return str(Reference(self.home.scope, self.identifier))


class TemplateDirectory:
    """The templates of a directory and of the directories in it; read when first needed."""

    def __init__(self, directory: Path) -> None:
        """Take the directory; it need not exist."""
        self.directory = directory

    def find(self, text: str, version: str | None, home: Home) -> TemplateFile:
        """Return the template that the reference *text* means for what lives in *home*.

        Without a *version* the only one is meant, or the one with the tag ``stable``. Raise
        ``Refused`` for a miss, saying what there is; a fault without a place is for the reference.
        """
        try:
            reference = Reference.parse(text)
        except ConnectorError as error:
            raise Refused(*error.faults) from error
        wanted = home.up_to(reference.scope)
        files, broken = self._read
        versions = [
            file
            for file in files
            if file.home == wanted and file.identifier == reference.identifier
        ]
        if not versions:
            raise Refused(self._miss(reference, home, wanted, files), *broken)
        return _of_version(text, version, versions)

    def _miss(
        self, reference: Reference, home: Home, wanted: Home | None, files: Sequence[TemplateFile]
    ) -> Fault:
        what = f"there is no template '{reference}'"
        if wanted is None:
            message = f"{what}: a pipeline without a {reference.scope} has none of its own"
        else:
            message = f"{what} of {wanted} in {self.directory}"
        within = [file for file in files if home.reaches(file.home)]
        same = [file for file in within if file.identifier == reference.identifier]
        if same:
            return Fault(message, f"write '{same[0].reference}', which is in {same[0].source.file}")
        known = suggestion(str(reference), [file.reference for file in within])
        none = "name the directory with --templates DIR, or put the template's file into it"
        return Fault(message, known or none)

    @cached_property
    def _read(self) -> tuple[list[TemplateFile], list[Fault]]:
        """Return what could be read of all files, and what is wrong with the rest."""
        files: list[TemplateFile] = []
        faults: list[Fault] = []
        for path in _paths(self.directory):
            try:
                source = read(path)
                if isinstance(source.value, dict) and _ROOT in source.value:
                    files.append(_template_file(source))
            except Refused as error:
                faults += error.faults
        return files, faults


def _paths(directory: Path) -> Iterator[Path]:
    """Yield the YAML files of a directory, and those one level below it."""
    if not directory.is_dir():
        return
    try:
        below = sorted(path for path in directory.iterdir() if path.is_dir())
        for each in (directory, *below):
            yield from yaml_files(each)
    except OSError as error:
        message = f"the directory of templates cannot be read: {reason_of(error)}"
        raise Refused(Fault(message, "name it with --templates DIR", str(directory))) from error


def _template_file(source: Source) -> TemplateFile:
    try:
        body = _Document.model_validate(source.value).template
    except ValidationError as error:
        raise Refused(*faults_of(error, source, model=_Document)) from error
    if body.project_identifier and not body.org_identifier:
        message = "a template of a project needs `orgIdentifier` too"
        path = (_ROOT, "projectIdentifier")
        raise Refused(source.fault(path, message, "add the project's org", key=True))
    return TemplateFile(
        source,
        body.identifier,
        body.version_label,
        body.type,
        Home(body.org_identifier, body.project_identifier),
        _STABLE in body.tags,
        frozenset(_OVERRIDES[each] for each in body.allowed_overrides),
    )


def _of_version(text: str, version: str | None, files: Sequence[TemplateFile]) -> TemplateFile:
    labels = sorted({file.version for file in files})
    if version is None:
        stable = [file for file in files if file.is_stable]
        found = files if len(labels) == 1 else stable
        if len({file.version for file in found}) != 1:
            message = f"the template {text!r} has several versions: {', '.join(labels)}"
            hint = f"write a `versionLabel`, or give one of them the tag `{_STABLE}`"
            raise Refused(Fault(message, hint))
    else:
        found = [file for file in files if file.version == version]
    if not found:
        message = f"the template {text!r} has no version {version!r}"
        raise Refused(Fault(message, suggestion(version or "", labels)))
    if len(found) > 1:
        places = " and in ".join(file.source.file for file in found)
        message = f"the template {text!r}, version {found[0].version!r}, stands in {places}"
        raise Refused(Fault(message, "give one of them another versionLabel"))
    return found[0]
