"""Input sets: files that give values for the inputs of a pipeline.

Harness: ``inputSet``, and ``overlayInputSet``, which names several of them; the later one wins.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from penstock.errors import Fault, Refused
from penstock.nearest import suggestion
from penstock.pipeline.document import MARK
from penstock.pipeline.input_form import is_input
from penstock.pipeline.matching import Entry, Matching
from penstock.pipeline.places import Path
from penstock.source import Part, Source, Value, read
from penstock.source.directory import yaml_files
from penstock.validation import faults_of

__all__ = ["DIRECTORY", "InputSets"]

#: Where a set is looked for by its identifier: this directory beside the pipeline.
DIRECTORY = "inputsets"
_SET, _OVERLAY = "inputSet", "overlayInputSet"


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)

    identifier: str | None = None
    name: str | None = None
    description: str | None = None
    tags: Mapping[str, str | None] | None = None
    org_identifier: str | None = None
    project_identifier: str | None = None
    mark: Any = Field(default=None, alias=MARK)


class _InputSet(_Part):
    pipeline: Mapping[str, Any]


class _Overlay(_Part):
    pipeline_identifier: str | None = None
    input_set_references: list[str]


_MODELS: Mapping[str, type[_Part]] = {_SET: _InputSet, _OVERLAY: _Overlay}


class InputSets:
    """The input sets of one pipeline, given by file, or by identifier from a directory."""

    def __init__(self, pipeline: Source, directory: FilePath) -> None:
        """Take the pipeline, its templates in place, and the directory; it need not exist."""
        self._pipeline = pipeline
        self._directory = directory
        tree = pipeline.value
        self._root: Path = ("pipeline",) if isinstance(tree, dict) and "pipeline" in tree else ()
        body = tree.get("pipeline", tree) if isinstance(tree, dict) else None
        self._body: dict[str, Value] = body if isinstance(body, dict) else {}

    def values(self, name: str) -> dict[Path, Entry]:
        """Return the values of the set or the overlay *name* by the path of their input.

        *name* is a file, or the identifier of a set in the directory. Raise ``Refused`` for what
        is none, for a set of another pipeline, and for values that the pipeline does not ask for.
        """
        file = FilePath(name)
        if not file.is_file() and not file.suffix and file.name == name:
            return self._of(self._found(name, (self._directory,)))
        return self._of(read(file))

    def _of(self, source: Source) -> dict[Path, Entry]:
        kind = _kind(source)
        if kind is None:
            advice = f"write `{_SET}:` with a `pipeline:` that holds the values"
            raise Refused(source.fault((), "this is not an input set", advice))
        model = _MODELS[kind]
        try:
            body = model.model_validate(_at(source.value, (kind,)))
        except ValidationError as error:
            raise Refused(*faults_of(error, source, (kind,), model=model)) from error
        self._refuse_another(source, kind)
        if isinstance(body, _Overlay):
            return self._overlay(source, body.input_set_references)
        return self._set(source)

    def _set(self, source: Source) -> dict[Path, Entry]:
        matching = Matching(source, "the pipeline")
        path: Path = (_SET, "pipeline")
        matching.take(_at(source.value, path), path, self._body, self._root)
        Refused.unless_empty(matching.faults)
        return {
            here: entry for here, entry in matching.entries.items() if not is_input(entry.value)
        }

    def _overlay(self, source: Source, references: Sequence[str]) -> dict[Path, Entry]:
        """Return what the sets of an overlay give; they are looked for beside it as well."""
        directories = (FilePath(source.file).parent, self._directory)
        found: dict[Path, Entry] = {}
        faults: list[Fault] = []
        for i, name in enumerate(references):
            at: Part = (source, (_OVERLAY, "inputSetReferences", i))
            try:
                one = self._found(name, directories, at)
                if _kind(one) == _OVERLAY:
                    what = f"{name!r} is an overlay itself ({one.file})"
                    raise Refused(_fault(at, what, "name its input sets"))  # noqa: TRY301 - as others
                found |= self._of(one)
            except Refused as error:
                faults += error.faults
        Refused.unless_empty(faults)
        return found

    def _found(self, name: str, directories: Sequence[FilePath], at: Part | None = None) -> Source:
        """Return the only file of the directories that holds the set *name*, asked for *at*."""
        known: dict[str, list[Source]] = {}
        broken: list[Fault] = []
        for each in _files(directories, broken):
            known.setdefault(_identifier(each), []).append(each)
        found = known.pop(name, [])
        if len(found) == 1:
            return found[0]
        if found:
            files = " and in ".join(each.file for each in found)
            what = f"the input set {name!r} stands in {files}"
            raise Refused(_fault(at, what, "rename one of them"))
        message = f"there is no input set {name!r} in {self._directory}"
        hint = suggestion(name, sorted(known)) or "give the set by its file"
        raise Refused(_fault(at, message, hint), *broken)

    def _refuse_another(self, source: Source, kind: str) -> None:
        """Refuse what names another pipeline, or one elsewhere; what names none is taken."""
        keys = ("orgIdentifier", "projectIdentifier")
        places: dict[Path, str] = {(kind, key): key for key in keys}
        places[(kind, "pipelineIdentifier")] = "identifier"
        places |= {(kind, "pipeline", key): key for key in ("identifier", *keys)}
        for path, key in places.items():
            wanted, own = _at(source.value, path), self._body.get(key)
            if isinstance(wanted, str) and isinstance(own, str) and wanted != own:
                what = "the pipeline" if key == "identifier" else f"`{key}`"
                message = (
                    f"this input set is for {what} {wanted!r}, and that of {self._pipeline.file} "
                    f"is {own!r}"
                )
                advice = f"give an input set of this pipeline, or mend the `{path[-1]}`"
                raise Refused(source.fault(path, message, advice))


def _fault(at: Part | None, message: str, hint: str) -> Fault:
    return at[0].fault(at[1], message, hint) if at else Fault(message, hint)


def _files(directories: Sequence[FilePath], broken: list[Fault]) -> Iterator[Source]:
    """Yield each input set in the directories once; what cannot be read is added to *broken*."""
    files = (file for each in directories if each.is_dir() for file in yaml_files(each))
    for file in {file.resolve(): file for file in files}.values():
        try:
            source = read(file)
        except Refused as error:
            broken += error.faults
            continue
        if _kind(source) is not None:
            yield source


def _kind(source: Source) -> str | None:
    """Return which key of an input set or an overlay the file begins with."""
    tree = source.value
    return next((kind for kind in _MODELS if isinstance(tree, dict) and kind in tree), None)


def _identifier(source: Source) -> str:
    found = _at(source.value, (_kind(source) or "", "identifier"))
    return found if isinstance(found, str) else ""


def _at(node: Any, path: Path) -> Any:
    for part in path:
        node = node.get(part) if isinstance(node, dict) else None
    return node
