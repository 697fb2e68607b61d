"""Who may approve: judged by who made the changes that the criteria wait for.

Penstock's own; Harness does not look at who changed an issue.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from pydantic import Field, model_validator

from penstock.json_types import Json
from penstock.verdict import Combination, Condition
from penstock_jira.answer import members, text
from penstock_jira.errors import printable
from penstock_jira.names import folded
from penstock_jira.people import identity
from penstock_jira.reasons import decisive
from penstock_jira.spec import Spec, Text
from penstock_jira.standing import by_our_clock, opened

__all__ = ["Approvers"]

_LABEL = "approved by those who may"


@dataclass(frozen=True)
class _Tally:
    """Whether a part of the criteria holds by right; by whom since the gate opened; else why."""

    truth: bool | None
    people: Mapping[str, str] = field(default_factory=dict)
    why: tuple[str, ...] = ()


class Approvers(Spec):
    """Whose approval counts, once the gate is open."""

    users: tuple[Text, ...] = Field(
        (), description="Account ids, user names or e-mails; display names do not count."
    )
    groups: tuple[Text, ...] = Field((), description="Names of groups in Jira.")
    not_initiator: bool = Field(
        default=False,
        description="Neither who started the run may approve nor the connector's own user.",
    )
    minimum_count: int = Field(1, ge=1, description="How many different people must approve.")

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if not self.model_fields_set:
            raise ValueError(
                "approvers says nothing: write users, groups, notInitiator or minimumCount"
            )
        named = len({folded(name) for name in self.users})
        if self.users and not self.groups and self.minimum_count > named:
            raise ValueError(f"minimumCount is {self.minimum_count}, and users names {named}")
        return self

    @property
    def asks(self) -> dict[str, Json]:
        """What a look has to find out."""
        return {"people": True, "groups": bool(self.groups), "initiator": self.not_initiator}

    def judge(self, criteria: Condition, content: Mapping[str, Json]) -> Condition:
        """Return the condition that the right people made *criteria* true."""
        expected = self.expected
        if criteria.truth is not True:
            return Condition(_LABEL, False, expected)
        tally = self._tally(criteria, content)
        actual = ", ".join(tally.people.values()) or None
        if tally.truth is not True:
            return Condition(_LABEL, tally.truth, expected, actual, "; ".join(tally.why))
        missing = self.minimum_count - len(tally.people)
        if missing <= 0:
            return Condition(_LABEL, True, expected, actual)
        why = f"{missing} more must approve" if actual else "nobody has approved since it opened"
        return Condition(_LABEL, False, expected, actual, f"{why}: {expected}")

    @property
    def expected(self) -> str:
        """Who may approve, in words."""
        named = [*self.users, *(f"group {name}" for name in self.groups)]
        words = " or ".join(named) or "anybody"
        if self.not_initiator:
            words += ", but not who started the run"
        count = self.minimum_count
        return f"{words} ({count} people)" if count > 1 else words

    def _tally(self, part: Condition, content: Mapping[str, Json]) -> _Tally:
        """Judge a tree. Of parts that must all hold, each must have been made so by right."""
        if part.combine not in {Combination.ALL, Combination.ANY}:
            return self._leaf(part, content)
        tallies = [self._tally(one, content) for one in part.parts]
        if part.combine is Combination.ANY:
            good = [one for one in tallies if one.truth is True]
            return _joined(True, good) if good else _joined(_least(tallies), tallies)
        return _joined(_least(tallies), tallies)

    def _leaf(self, leaf: Condition, content: Mapping[str, Json]) -> _Tally:
        if leaf.truth is not True:
            return _Tally(False)
        since, by = decisive(leaf)
        start = opened(content)
        if start is None:
            return _Tally(None, why=("nobody knows when the gate opened",))
        if since is None or by_our_clock(since, content) < start:
            return _Tally(True)
        changes = [self._may(person, leaf) for person in _who(since, by, content) or [{}]]
        return _joined(_least(changes), changes)

    def _may(self, person: Mapping[str, Json], leaf: Condition) -> _Tally:
        if not identity(person):
            return _Tally(None, why=(f"Jira does not say who changed {leaf.label}",))
        shown = printable(f"{text(person.get('displayName'))} ({identity(person)})".strip())
        objection = self._objection(person, shown) if self.not_initiator else None
        if objection is not None:
            return objection
        if not (self.users or self.groups) or self._named(person):
            return _Tally(True, {identity(person): shown})
        groups = person.get("groups")
        if self.groups and groups is None:
            fault = text(person.get("groups_fault")) or f"the groups of {shown} are not known"
            return _Tally(None, why=(fault,))
        listed = {text(name) for name in groups} if isinstance(groups, (list, tuple)) else set()
        if listed & set(self.groups):
            return _Tally(True, {identity(person): shown})
        return _Tally(False, why=(f"{shown} is not among the approvers",))

    def _objection(self, person: Mapping[str, Json], shown: str) -> _Tally | None:
        if person.get("is_us") is not False:
            return _Tally(False, why=(f"{shown} is the connector's own user",))
        told = person.get("is_initiator")
        if told is True:
            return _Tally(False, why=(f"{shown} started the run",))
        if told is False:
            return None
        starter = text(person.get("initiator"))
        return _Tally(
            None,
            why=(
                f"the run was started by {printable(starter) or 'nobody known'}, whom Jira does "
                "not know; set PENSTOCK_USER to the e-mail that Jira has",
            ),
        )

    def _named(self, person: Mapping[str, Json]) -> bool:
        names = {folded(text(person.get(name))) for name in ("key", "name", "emailAddress")}
        wanted = {folded(name) for name in self.users}
        return text(person.get("accountId")) in self.users or bool(names & wanted - {""})


def _who(since: str, by: str | None, content: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    """Return who made the change that a leaf tells of; several only if they did so at once."""
    people = members(content.get("people"))
    return [
        members(people.get(name))
        for name, change in members(content.get("since")).items()
        if members(change).get("at") == since and (members(change).get("by") or None) == by
    ]


def _least(tallies: list[_Tally]) -> bool | None:
    truths = {one.truth for one in tallies}
    return False if False in truths else None if None in truths else True


def _joined(truth: bool | None, tallies: Iterable[_Tally]) -> _Tally:
    people: dict[str, str] = {}
    why: dict[str, None] = {}
    for one in tallies:
        people |= one.people
        why |= dict.fromkeys(one.why)
    return _Tally(truth, people, tuple(why))
