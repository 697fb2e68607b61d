"""A pipeline file as it is taken in: with its inputs, and with what is given for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from penstock.errors import Fault, Refused
from penstock.pipeline.document import Document
from penstock.pipeline.filling import Filled, Verbatim, fill_inputs, named
from penstock.pipeline.input_sets import DIRECTORY, InputSets
from penstock.pipeline.inputs import Input, find_inputs
from penstock.pipeline.matching import Entry
from penstock.pipeline.places import Path
from penstock.pipeline.template_files import DIRECTORY as TEMPLATES
from penstock.pipeline.template_files import TemplateDirectory
from penstock.pipeline.templates import without_templates
from penstock.source import Source, read

__all__ = ["Intake"]


@dataclass(frozen=True)
class Intake:
    """A pipeline, what it asks for, and what is given."""

    source: Source
    inputs: tuple[Input, ...]
    #: Values by input name: data, in which no expression is evaluated.
    given: Mapping[str, Verbatim] = field(default_factory=dict)
    #: Values of input sets.
    entries: Mapping[Path, Entry] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        file: FilePath,
        given: Mapping[str, str],
        input_sets: Sequence[str | FilePath] = (),
        templates: FilePath | None = None,
    ) -> "Intake":
        """Read a pipeline, its templates and its input sets; of these the later one wins.

        *templates* is a directory, ``None`` the one beside the pipeline. Raise ``Refused`` with
        all faults of the pipeline file, else of the templates, else of the sets.
        """
        if templates is not None and not templates.is_dir():
            raise Refused(f"{templates} is not a directory; --templates takes one")
        directory = TemplateDirectory(templates or file.parent / TEMPLATES)
        source = without_templates(read(file), directory)
        sets = InputSets(source, file.parent / DIRECTORY)
        entries: dict[Path, Entry] = {}
        faults: list[Fault] = []
        for each in input_sets:
            try:
                entries |= sets.values(str(each))
            except Refused as error:
                faults += error.faults
        Refused.unless_empty(faults)
        data = {name: Verbatim(value) for name, value in given.items()}
        return cls(source, find_inputs(source), data, entries)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Why it is no pipeline, or what is wrong with how its inputs are written."""
        try:
            Document.of(self.source, self.source.value)
        except Refused as error:
            return error.faults
        return tuple(item.fault for item in self.inputs if item.fault)

    def fill(self, *, complete: bool) -> Filled:
        """Return the tree with its inputs filled in; *complete*: each must have a value."""
        return fill_inputs(self.source, self.inputs, self.given, self.entries, complete=complete)

    @property
    def unanswered(self) -> tuple[Input, ...]:
        """The inputs for which nothing is given; some have a default."""
        known = {*self.entries, *named(self.source, self.inputs, self.given, [])}
        return tuple(item for item in self.inputs if item.path not in known)
