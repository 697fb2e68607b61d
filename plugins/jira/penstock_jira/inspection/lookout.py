"""What a whole Jira has, to tell what is merely not here from what does not exist at all."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from penstock.inspection import Finding, Level, SpecPath
from penstock.nearest import suggestion
from penstock.step import StepContext
from penstock_jira.answer import members, text
from penstock_jira.connector import JiraConnector
from penstock_jira.errors import printable
from penstock_jira.extra import issue_path
from penstock_jira.fields import SPECIAL, is_comment
from penstock_jira.glance import is_pseudo
from penstock_jira.metadata import FieldMeta
from penstock_jira.names import folded
from penstock_jira.observe import SITES
from penstock_jira.site import Site
from penstock_jira.spec import FieldEntry

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["Lookout"]


class Lookout:
    """Looks names up in one Jira, for one step."""

    def __init__(self, context: StepContext, reference: str) -> None:
        """Take the connector's reference; nothing is read yet."""
        self.connector = context.connector(reference, JiraConnector)
        self.client: JiraClient = self.connector.client()
        self._clock = context.clock

    @cached_property
    def me(self) -> str:
        """Our name in Jira."""
        me = members(self.client.get("/rest/api/2/myself", what="say who we are"))
        return printable(text(me.get("displayName")) or text(me.get("name")))

    @cached_property
    def statuses(self) -> Sequence[str]:
        """The names of all statuses."""
        site = self._site("status")
        return tuple(printable(text(name)) for name in site.statuses(self.client).values())

    def called(self, name: str) -> tuple[FieldMeta, ...]:
        """Return all fields of this Jira that *name* may mean."""
        return self._site(name).called(name)

    def no_field(self, name: str, place: SpecPath, near: Sequence[str] = ()) -> Finding:
        """Return the error that no field has this name; *near* are names to prefer as advice."""
        advice = suggestion(name, near) if near else ""
        if not advice.startswith("did you mean"):
            found = self._site(name).near(name)
            advice = f"did you mean {found[0]!r}?" if found else "see the fields in Jira"
        return Finding(Level.ERROR, f"{name}: Jira has no field of this name", advice, place)

    def unknown_fields(self, entries: Sequence[FieldEntry]) -> Iterable[Finding]:
        """Yield an error for each entry whose name is no field of this Jira."""
        for number, entry in enumerate(entries):
            if is_comment(entry) or folded(entry.name) in SPECIAL or is_pseudo(entry.name):
                continue
            if not self.called(entry.name):
                yield self.no_field(entry.name, ("fields", number, "name"))

    def unknown_status(self, wanted: str, place: SpecPath) -> Finding | None:
        """Return the error that no workflow has the status, or ``None`` if there is one."""
        known = self.statuses
        if not known or wanted.isdecimal() or folded(wanted) in map(folded, known):
            return None
        advice = suggestion(wanted, known)
        return Finding(Level.ERROR, f"Jira has no status {wanted!r}", advice, place)

    def missing_issue(self, key: str, place: SpecPath) -> Finding | None:
        """Return the error that there is no issue *key*, or ``None`` if there is."""
        found = self.client.find(issue_path(key), what=f"read {key}", fields="summary")
        return None if found is not None else self.not_there(key, place)

    def not_there(self, key: str, place: SpecPath) -> Finding:
        """Return the error that there is no issue *key*."""
        told = f"{key} does not exist, or {self.me} may not see it"
        return Finding(Level.ERROR, told, "check the key", place)

    def _site(self, name: str) -> Site:
        url, now = self.connector.jira_url, self._clock.now()
        return SITES.get(url, self.client, now, [name])
