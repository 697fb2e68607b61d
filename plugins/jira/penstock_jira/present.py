"""An issue as it is now: its values, its status, its edit screen, and the ways on from there."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from penstock.json_types import Json
from penstock_jira.answer import as_mapping, members, text
from penstock_jira.extra import issue_path
from penstock_jira.fields import missing, with_parent
from penstock_jira.metadata import FieldSet
from penstock_jira.plain import plain
from penstock_jira.screens import edit_screen, edit_screen_of
from penstock_jira.spec import FieldEntry
from penstock_jira.transitions import Status, Transition, Wanted, choose, transitions_of
from penstock_jira.values import Values

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["Present"]


class Present:
    """What Jira tells of the issue with a key; each part is read once, when it is asked for."""

    def __init__(self, client: "JiraClient", key: str) -> None:
        """Take the issue's key; nothing is read yet."""
        self._client, self.key = client, key

    @cached_property
    def issue(self) -> Mapping[str, Json]:
        """The issue with all its fields, their names and schemas, and what an edit takes."""
        return self.read("*all,-comment,-worklog,-attachment", expand="names,schema,editmeta")

    @property
    def seen(self) -> Mapping[str, Json] | None:
        """The issue, if it was read."""
        found: Mapping[str, Json] | None = self.__dict__.get("issue")
        return found

    @property
    def values(self) -> Mapping[str, Json]:
        """What the fields hold, by id."""
        return members(self.issue.get("fields"))

    @cached_property
    def status(self) -> Status:
        """The status."""
        return Status.of(self.values.get("status"))

    @property
    def project(self) -> str:
        """The key of the project."""
        return text(members(self.values.get("project")).get("key"))

    @cached_property
    def screen(self) -> FieldSet:
        """The fields that an edit takes; they are asked for where the issue came without them."""
        if "editmeta" in self.issue:
            return with_parent(edit_screen_of(self.issue["editmeta"], self.key))
        return with_parent(edit_screen(self._client, self.key))

    @cached_property
    def ways(self) -> Sequence[Transition]:
        """The transitions that the user may make."""
        return transitions_of(self._client, self.key)

    def read(self, fields: str, expand: str = "", api: str = "2") -> Mapping[str, Json]:
        """Return the issue with the *fields*, read afresh by a version of the API."""
        what = f"read {self.key}"
        more = {"expand": expand} if expand else {}
        path = issue_path(self.key, api)
        return as_mapping(self._client.get(path, what=what, fields=fields, **more), what)

    def beside(self, wanted: Values) -> Mapping[str, Json]:
        """Return what the fields hold, in the form in which *wanted* would be sent."""
        if not wanted.documents:
            return self.values
        told = self.read(",".join(wanted.documents), api=wanted.api)
        return {**self.values, **members(told.get("fields"))}

    def takes(self, way: Transition | None) -> FieldSet:
        """Return the fields that can be set: by an edit, and on the screen of *way*."""
        if way is None:
            return self.screen
        names = {field.id for field in self.screen.fields}
        extra = [field for field in way.screen.fields if field.id not in names]
        place = f"{self.screen.place} nor on {way.screen.place}"
        return FieldSet((*self.screen.fields, *extra), place)

    def way(self, wanted: Wanted | None, entries: Sequence[FieldEntry]) -> Transition | None:
        """Return the transition to make, or ``None`` when the issue is there already.

        Of several the one that takes the *entries*. Raises ``StepFailed`` where there is none.
        """
        if wanted is None or (wanted.status and self.status.is_called(wanted.status)):
            return None
        return choose(
            wanted,
            self.ways,
            issue=self.key,
            here=self.status,
            fits=lambda way: self._fits(way, entries),
        )

    def lacking(self, way: Transition, entries: Sequence[FieldEntry]) -> list[str]:
        """Return the names of fields that *way* requires, and that have no value so far."""
        known = {name for name, value in self.values.items() if value not in (None, [], "")}
        named = (field.id for entry in entries for field in way.screen.matches(entry.name))
        return missing(way.screen, {*known, *named})

    def _fits(self, way: Transition, entries: Sequence[FieldEntry]) -> bool:
        """Whether a transition takes what no edit does, and asks for nothing that is not given."""
        outside = [entry.name for entry in entries if not self.screen.matches(entry.name)]
        return all(way.screen.matches(name) for name in outside) and not self.lacking(way, entries)

    def has_off_screen(self, entry: FieldEntry) -> bool:
        """Whether a field that no edit takes has the value of *entry* already."""
        if self.screen.matches(entry.name):
            return False
        names = members(self.issue.get("names"))
        ids = [name for name in self.values if entry.name in (name, text(names.get(name)))]
        return len(ids) == 1 and plain(self.values[ids[0]]) == entry.value
