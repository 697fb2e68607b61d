"""The issues that one effect has made: found in two ways, and proven before they count.

The proof is the mark in an entity property, which Jira writes with the issue and copies to no
clone, and our own account as its creator where Jira tells. A label alone proves nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from penstock.errors import OutcomeUnknown
from penstock.json_types import Json
from penstock.step import Effect
from penstock_jira.answer import members, text
from penstock_jira.jql import quoted
from penstock_jira.marker import label, mark_of
from penstock_jira.search import found_by_label
from penstock_jira.walk import Walk, marked_issue

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["OwnIssues", "advice"]

#: The members of a user of Jira's that name one.
_NAMES = ("accountId", "name", "key")


class OwnIssues:
    """Looks for the issues of one effect, as often as it is asked."""

    def __init__(self, client: "JiraClient", effect: Effect, note: Callable[[str], None]) -> None:
        """Take the effect, whose intent says where to look."""
        self._client, self._effect, self._note = client, effect, note
        self._project = text(effect.intent.get("project"))
        self._labelled = effect.intent.get("labelled") is True
        highest = effect.intent.get("highest")
        self._walk = Walk(client, self._project, highest) if isinstance(highest, int) else None

    def first(self) -> Mapping[str, Json] | None:
        """Return the oldest one that is to be found, ``{"id", "key"}``; ``None``: there is none.

        Raise ``OutcomeUnknown`` where only a copy of it is to be found, or nothing can be.
        """
        copies: list[str] = []
        ours = self._by_label(copies)
        if not ours:
            ours = next(([issue] for issue in self._by_key()), [])
        if copies:
            self._tell_copies(copies, ours)
        if ours:
            return ours[0]
        if not self._labelled and self._walk is None:
            raise OutcomeUnknown(
                f"nobody knows whether an issue was created in {self._project}, and it cannot be "
                "found: labels are not on the create screen, and Jira would not search",
                hint=advice(self._effect),
            )
        return None

    def all(self) -> list[Mapping[str, Json]]:
        """Return all that are to be found, the oldest first."""
        found = {text(issue.get("id")): issue for issue in (*self._by_label([]), *self._by_key())}
        return sorted(found.values(), key=_age)

    def _by_label(self, copies: list[str]) -> list[Mapping[str, Json]]:
        """Return those that have our label and are ours; note the keys of others in *copies*."""
        if not self._labelled:
            return []
        ours: list[Mapping[str, Json]] = []
        for named in found_by_label(self._client, label(self._effect.marker)):
            issue = marked_issue(self._client, named["id"])
            if issue is None:
                continue  # deleted, and the index does not know it yet
            if _is_ours(issue, self._effect):
                ours.append(_named(issue))
            else:
                copies.append(named["key"])
        return sorted(ours, key=_age)

    def _by_key(self) -> Iterator[Mapping[str, Json]]:
        """Yield those that are ours among what was made since the intent, by number."""
        issues = self._walk.issues() if self._walk is not None else ()
        return (_named(issue) for issue in issues if _is_ours(issue, self._effect))

    def _tell_copies(self, copies: list[str], ours: list[Mapping[str, Json]]) -> None:
        """Note that issues with our label are none of ours; raise if there is nothing else."""
        what = f"{', '.join(copies)} {'has' if len(copies) == 1 else 'have'} this step's label"
        what += ", but not its mark, or another creator: a copy"
        if not ours:
            raise OutcomeUnknown(
                f"{what}, of an issue that was created and is not to be found",
                hint="find out where the original is before you run this again",
            )
        self._note(f"{what}, which is left alone")


def advice(effect: Effect) -> str:
    """Return how a person can look for the issue of *effect*."""
    if effect.intent.get("labelled") is True:
        jql = f"labels = {quoted(label(effect.marker))}"
        return f"look in Jira with {jql} before you run this again"
    project = text(effect.intent.get("project"))
    return f"look at the newest issues of {project} before you run this again"


def _is_ours(issue: Mapping[str, Json], effect: Effect) -> bool:
    mark = mark_of(issue.get("properties"))
    if text(mark.get("marker")) != effect.marker:
        return False
    account = text(effect.intent.get("account"))
    creator = members(members(issue.get("fields")).get("creator"))
    names = {text(creator.get(name)) for name in _NAMES} - {""}
    return not account or not names or account in names


def _named(issue: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return what is kept of an issue: its id and key, and the hash of what was sent."""
    found: dict[str, Json] = {name: text(issue.get(name)) for name in ("id", "key")}
    return {**found, "body": text(mark_of(issue.get("properties")).get("body"))}


def _age(issue: Mapping[str, Json]) -> int:
    identifier = text(issue.get("id"))
    return int(identifier) if identifier.isdecimal() else 0
