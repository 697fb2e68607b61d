"""Reads the sandbox's own YAML files into models, with every fault at its line."""

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from penstock.errors import Refused
from penstock.source import Source
from penstock.validation import faults_of

__all__ = ["Path", "Written", "read_as"]

W = TypeVar("W", bound="Written")

#: Where something is in a document: keys and indexes from the root.
Path = tuple[str | int, ...]


class Written(BaseModel):
    """Base of what is written in a file: unknown keys are refused."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, populate_by_name=True
    )


def read_as(form: type[W], value: object, source: Source, path: Path = ()) -> W:
    """Return *value*, which stands at *path* of *source*; raise ``Refused`` with every fault."""
    try:
        return form.model_validate(value)
    except ValidationError as error:
        raise Refused(*faults_of(error, source, path, model=form)) from error
