"""What a step sends for the fields of an issue, by field id."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from penstock.json_types import Json
from penstock_jira.document import is_document
from penstock_jira.rich import api_of
from penstock_jira.spec import FieldEntry

__all__ = ["ListChange", "Values"]


@dataclass(frozen=True)
class Values:
    """What is sent, by field id; ``written`` is how the step names and writes each.

    ``values`` are set; ``lists`` are what is added to lists and removed from them; ``unset`` are
    those of ``values`` that Jira takes away by a verb of its own.
    """

    values: dict[str, Json] = field(default_factory=dict)
    lists: dict[str, "ListChange"] = field(default_factory=dict)
    written: dict[str, FieldEntry] = field(default_factory=dict)
    unset: set[str] = field(default_factory=set)

    @property
    def names(self) -> list[str]:
        """The ids of all fields that are changed, sorted."""
        return sorted({*self.values, *self.lists})

    @property
    def documents(self) -> list[str]:
        """The ids of the fields that are set to a document, sorted."""
        return sorted(name for name, value in self.values.items() if is_document(value))

    @property
    def api(self) -> str:
        """The version of the API that takes them all."""
        return api_of(self.values.values())


@dataclass(frozen=True)
class ListChange:
    """What is added to a list, and removed from it, whatever else it holds."""

    add: Sequence[Json]
    remove: Sequence[Json]

    @property
    def verbs(self) -> list[Json]:
        """The operations of Jira's ``update``."""
        return [*({"add": item} for item in self.add), *({"remove": item} for item in self.remove)]
