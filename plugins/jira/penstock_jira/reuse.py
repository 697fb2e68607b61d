"""An issue that is there already, and is taken instead of a new one."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from penstock.errors import FailureType, StepFailed
from penstock_jira.answer import text
from penstock_jira.extra import issue_path
from penstock_jira.jql import has_order
from penstock_jira.search import searched
from penstock_jira.spec import Spec, Text
from penstock_jira.walk import Walk

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["Reuse", "newest_ids"]

#: Issues that one search gives, and that Cloud reads afresh for it.
_MOST = 50
#: So many keys are told of several issues.
_TOLD = 10


class Reuse(Spec):
    """Which issue is taken instead of a new one."""

    jql: Text = Field(description="A search; the issue that it finds is taken.")
    on_several: Literal["fail", "newest", "oldest"] = Field(
        "fail", description="What follows when it finds several: fail, newest or oldest."
    )

    @model_validator(mode="after")
    def _has_no_order(self) -> Self:
        """Said of the whole: what an expression's own text fails at is not told in a plan."""
        if has_order(self.jql):
            raise ValueError("jql takes no ORDER BY; onSeveral says which issue is taken")
        return self

    def find(self, client: "JiraClient", fresh: Sequence[int]) -> Mapping[str, str] | None:
        """Return ``{"id", "key"}`` of the issue to take, or ``None`` if there is none.

        *fresh* are the ids of issues that the index may not know yet. Raise ``StepFailed`` if
        there are several, and none of them is to be taken.
        """
        found = self._search(client, fresh)
        if found and client.cloud:
            # As they are now, not as the index knew them.
            known = [int(issue["id"]) for issue in found if issue["id"].isdecimal()]
            found = self._search(client, list(dict.fromkeys([*known, *fresh]))[:_MOST])
        there = (issue for issue in found if _is_there(client, issue))
        some = list(islice(there, _TOLD + 1 if self.on_several == "fail" else 1))
        if len(some) > 1:
            keys = [issue["key"] for issue in some[:_TOLD]]
            more = " and more" if len(some) > _TOLD else ""
            raise StepFailed(
                f"reuse.jql finds several issues: {', '.join(keys)}{more}",
                hint="make it narrower, or write onSeveral: newest, or oldest",
                failure=FailureType.CONFIGURATION,
            )
        return some[0] if some else None

    def _search(self, client: "JiraClient", fresh: Sequence[int]) -> list[Mapping[str, str]]:
        """Return the issues, the one to take first."""
        way = "ASC" if self.on_several == "oldest" else "DESC"
        jql = f"({self.jql}) ORDER BY created {way}"
        found = searched(client, jql, _MOST, "look for an issue to take", fresh=fresh)
        return sorted(found, key=_number, reverse=way == "DESC")


def _number(issue: Mapping[str, str]) -> int:
    return int(issue["id"]) if issue["id"].isdecimal() else 0


def _is_there(client: "JiraClient", issue: Mapping[str, str]) -> bool:
    """Whether an issue exists: the index may know one that was deleted."""
    path = issue_path(issue["id"])
    return client.find(path, what=f"read {issue['key']}", fields="summary") is not None


def newest_ids(client: "JiraClient", project: str, highest: int | None) -> list[int]:
    """Return the ids of the issues that the project got since the index knew the *highest*.

    Only Cloud can be told of them in a search; at most as many as it takes.
    """
    if highest is None or not client.cloud:
        return []
    ids = [text(issue.get("id")) for issue in Walk(client, project, highest).issues()]
    return [int(identifier) for identifier in ids if identifier.isdecimal()][-_MOST:]
