"""The ways from an issue's present status to another, and which of them a step means."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from penstock.errors import FailureType, StepFailed
from penstock.json_types import Json
from penstock.nearest import nearest
from penstock_jira.answer import as_list, as_mapping, members, text
from penstock_jira.errors import printable
from penstock_jira.metadata import FieldSet
from penstock_jira.names import folded, unique

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["Status", "Transition", "Wanted", "choose", "transitions_of"]


@dataclass(frozen=True)
class Status:
    """A status by id and name."""

    id: str
    name: str

    @classmethod
    def of(cls, value: Json) -> "Status":
        """Return the status that Jira describes."""
        found = members(value)
        return cls(text(found.get("id")), printable(text(found.get("name"))))

    def is_called(self, wanted: str) -> bool:
        """Whether *wanted* is the name, whatever the letter case (Harness), or the id."""
        return folded(wanted) == folded(self.name) or wanted == self.id


@dataclass(frozen=True)
class Transition:
    """One way out of a status; ``screen`` are the fields that it asks for."""

    id: str
    name: str
    to: Status
    screen: FieldSet

    def __str__(self) -> str:
        """Return ``Complete → Done``."""
        return f"{self.name} → {self.to.name}"


@dataclass(frozen=True)
class Wanted:
    """What a step asks for: a target status, a transition by name or id, or both."""

    status: str | None
    name: str | None

    def __str__(self) -> str:
        """Return it as Harness's messages name it."""
        if self.name is None:
            return f"Invalid transition to status: {self.status}"
        to = f" to status {self.status}" if self.status else ""
        return f"Invalid transition [{self.name}]{to}"


def transitions_of(client: "JiraClient", key: str) -> tuple[Transition, ...]:
    """Return the transitions that the user may make now, with their screens."""
    what = f"list the transitions of {key}"
    path = f"/rest/api/2/issue/{quote(key, safe='')}/transitions"
    answer = as_mapping(client.get(path, what=what, expand="transitions.fields"), what)
    found = []
    for item in map(members, as_list(answer.get("transitions"), what)):
        name = printable(text(item.get("name")))
        screen = FieldSet.of(item.get("fields"), f"the screen of {name}")
        if item.get("isAvailable") is not False:
            found.append(Transition(text(item.get("id")), name, Status.of(item.get("to")), screen))
    return tuple(found)


def choose(
    wanted: Wanted,
    listed: Sequence[Transition],
    *,
    issue: str,
    here: Status,
    fits: Callable[[Transition], bool],
) -> Transition:
    """Return the one transition that *wanted* means; of several, the one that *fits*.

    Raises ``StepFailed`` with what is possible from *here*, the present status of *issue*.
    """
    found = _named(wanted, listed)
    if not found:
        raise _impossible(wanted, listed, issue, here)
    if len(found) == 1:
        return found[0]
    fitting = [way for way in found if fits(way)]
    if len(fitting) == 1:
        return fitting[0]
    ways = ", ".join(f"{way} ({way.id})" for way in fitting or found)
    raise StepFailed(
        f"{len(fitting or found)} transitions of {issue} lead there: {ways}",
        hint="write transitionName, or the transition's id as transitionName",
        failure=FailureType.CONFIGURATION,
    )


def _named(wanted: Wanted, listed: Sequence[Transition]) -> tuple[Transition, ...]:
    found = tuple(way for way in listed if not wanted.status or way.to.is_called(wanted.status))
    if wanted.name is None:
        return found
    return unique(wanted.name, found, lambda way: (way.name,), lambda way: (way.id,))


def _impossible(
    wanted: Wanted, listed: Sequence[Transition], issue: str, here: Status
) -> StepFailed:
    if not listed:
        return StepFailed(
            f"{wanted}: {issue} is {here.name!r}, and there is no way on from there",
            hint="check the workflow, and whether the user has Transition Issues",
            failure=FailureType.CONFIGURATION,
        )
    names = [name for way in listed for name in (way.to.name, way.name)]
    near = nearest(wanted.name or wanted.status or "", names)
    return StepFailed(
        f"{wanted}: {issue} is {here.name!r}, and from there only "
        f"{', '.join(str(way) for way in listed)} "
        f"{'is' if len(listed) == 1 else 'are'} possible",
        hint=f"did you mean '{near}'?" if near else "",
        failure=FailureType.CONFIGURATION,
    )
