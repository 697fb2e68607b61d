"""One thing that is hung on an issue, once however often the step is started again."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

from penstock.errors import OutcomeUnknown
from penstock.json_types import Json
from penstock.step import Effect
from penstock_jira.answer import as_list, as_mapping, members, text

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["Extra", "identified", "issue_path", "listed_field"]


class Extra(ABC):
    """A write to an issue whose key may not be known before the write is due.

    ``name`` tells it from every other one of the step.
    """

    name: str
    #: Whether Jira keeps one of it, however often it is sent.
    kept_once: ClassVar[bool] = False

    @abstractmethod
    def check(self) -> None:
        """Read what the write needs; raise ``FieldFault`` for what cannot be."""

    @abstractmethod
    def intent(self, key: str) -> Mapping[str, Json]:
        """Return what is journalled before the write: enough to find it again."""

    @abstractmethod
    def write(self, key: str, effect: Effect) -> Json:
        """Write it, unless it is there already."""

    @abstractmethod
    def look(self, key: str, effect: Effect) -> Json:
        """Return what an earlier try left, or ``None``."""


def issue_path(key: str, api: str = "2") -> str:
    """Return the address of an issue in a version of the API."""
    return f"/rest/api/{api}/issue/{quote(key, safe='')}"


def identified(answer: Json, what: str) -> Json:
    """Return ``{"id"}`` of what Jira says it made; without an id nobody knows that it did."""
    identifier = text(members(answer).get("id"))
    if not identifier:
        raise OutcomeUnknown(f"Jira was asked to {what} and gave back no id")
    return {"id": identifier}


def listed_field(client: "JiraClient", key: str, field: str) -> list[Mapping[str, Json]]:
    """Return the items of a field of an issue that is a list of objects."""
    what = f"read the {field} of {key}"
    issue = as_mapping(client.get(issue_path(key), what=what, fields=field), what)
    listed = members(issue.get("fields")).get(field)
    return [members(item) for item in as_list(listed, what)] if listed else []
