"""What a whole Jira has: whether it is Cloud, its fields, statuses and people. Kept ten minutes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

from penstock.json_types import Json
from penstock.nearest import nearest
from penstock_jira.answer import as_list, members, text
from penstock_jira.errors import NotAllowed, NotFound
from penstock_jira.metadata import FieldMeta, field_of
from penstock_jira.names import unique

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["Site", "Sites"]

_KEPT = timedelta(minutes=10)
#: So many near misses are told of one name.
_NEAR = 3


@dataclass(frozen=True)
class Site:
    """One Jira's address, its flavour and its fields."""

    url: str
    cloud: bool
    fields: tuple[FieldMeta, ...]
    read: datetime
    #: What was found out of people since it was read: their groups, by who they are, and whom
    #: the names of those who start runs mean.
    groups: dict[str, dict[str, Json]] = field(default_factory=dict, compare=False)
    starters: dict[str, str | None] = field(default_factory=dict, compare=False)
    #: What was asked of it already: statuses by id, and the fields that names mean.
    _statuses: list[Mapping[str, Json]] = field(default_factory=list, compare=False)
    _called: dict[str, tuple[FieldMeta, ...]] = field(default_factory=dict, compare=False)

    def called(self, name: str) -> tuple[FieldMeta, ...]:
        """Return every field that *name* may mean: by name, by id, then whatever the letter case.

        Several is no fault here: of the same-named fields of many projects an issue has one.
        """
        if name not in self._called:
            found = unique(name, self.fields, lambda f: (f.name,), lambda f: (f.id,))
            self._called[name] = found
        return self._called[name]

    def serves(self, names: Iterable[str], now: datetime) -> bool:
        """Whether this is young enough to tell of *names*."""
        if abs(now - self.read) >= _KEPT:
            return False
        return self.read == now or all(self.called(name) for name in names)

    def statuses(self, client: "JiraClient") -> Mapping[str, Json]:
        """Return the names of statuses by id, asked for once; none if we may not read them."""
        if not self._statuses:
            what = "list its statuses"
            try:
                listed = as_list(client.get("/rest/api/2/status", what=what), what)
            except (NotFound, NotAllowed):
                listed = ()
            found = {text(members(one).get("id")): text(members(one).get("name")) for one in listed}
            self._statuses.append(found)
        return self._statuses[0]

    def near(self, name: str) -> list[str]:
        """Return at most three names that were probably meant."""
        found: list[str] = []
        names = [one.name for one in self.fields]
        while len(found) < _NEAR:
            one = nearest(name, [choice for choice in names if choice not in found])
            if one is None:
                break
            found.append(one)
        return found


class Sites:
    """The sites that this process has seen, by address; threads may share it."""

    def __init__(self) -> None:
        """Start with none."""
        self._known: dict[str, Site] = {}
        self._lock = Lock()

    def get(self, url: str, client: "JiraClient", now: datetime, names: Iterable[str]) -> Site:
        """Return the site at *url*, read if it is not known, is old, or lacks one of *names*.

        A field may have been made a minute ago: a name is unknown only after a fresh look.
        """
        with self._lock:
            known = self._known.get(url)
        if known is not None and known.serves(names, now):
            return known
        site = _read(url, client, now)
        with self._lock:
            self._known[url] = site
        return site

    def forget(self, url: str) -> None:
        """Read the site afresh the next time: something about it is not as it was."""
        with self._lock:
            self._known.pop(url, None)


def _read(url: str, client: "JiraClient", now: datetime) -> Site:
    what = "list its fields"
    listed = as_list(client.get("/rest/api/2/field", what=what), what)
    fields = tuple(
        field_of(text(members(item).get("id")), item) for item in listed if members(item).get("id")
    )
    return Site(url, client.cloud, fields, now)
