"""Which sprint a text means: one that is active or to come, of a board of the issue's project."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING

from penstock.nearest import nearest
from penstock_jira.answer import members, text
from penstock_jira.errors import FieldFault, JiraRefused, printable
from penstock_jira.names import unique
from penstock_jira.pages import pages

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["Sprints"]

_AGILE = "/rest/agile/1.0"
#: Jira gives no more at a time.
_PAGE = 50
_LISTED = 10
#: Jira: a board of a team-managed project may have none, and says so only when it is asked.
_NO_SPRINTS = HTTPStatus.BAD_REQUEST
_BY_NUMBER = "write the sprint's number, which is in the board's address"


@dataclass(frozen=True)
class _Sprint:
    """A sprint, and the name of the board on which it was met first."""

    id: str
    name: str
    state: str
    board: str

    def __str__(self) -> str:
        return f"{printable(self.name)} ({self.id}, {self.state}, on {self.board})"


class Sprints:
    """Looks sprints up by their names, through the address of Jira Software."""

    def __init__(self, client: "JiraClient", project: Callable[[], str]) -> None:
        """Take the client, and what gives the key of the issue's project."""
        self._client, self._project = client, project

    def number(self, wanted: str) -> int:
        """Return the number of a sprint, given by its number or its name.

        Raises ``FieldFault`` unless exactly one active or future sprint has the name, with those
        that there are.
        """
        name = wanted.strip()
        if name.isascii() and name.isdecimal():
            return int(name)
        found = unique(name, self._known, lambda sprint: (sprint.name,))
        if len(found) == 1:
            return int(found[0].id)
        if found:
            listed = ", ".join(map(str, found))
            raise FieldFault(
                f"{len(found)} sprints are called {name!r}: {listed}; write the number"
            )
        raise FieldFault(self._unknown(name))

    def _unknown(self, name: str) -> str:
        if not self._known:
            return (
                f"{self._project()} has no board with an active or future sprint that the user "
                f"may see, so {name[:60]!r} names none; {_BY_NUMBER}"
            )
        rest = len(self._known) - _LISTED
        listed = ", ".join(map(str, self._known[:_LISTED]))
        near = nearest(name, [sprint.name for sprint in self._known])
        return (
            f"no active or future sprint of {self._project()} is called {name[:60]!r}; there are: "
            f"{listed}{f', and {rest} more' if rest > 0 else ''}"
            f"{f'; did you mean {near!r}?' if near else ''}"
        )

    @cached_property
    def _known(self) -> tuple[_Sprint, ...]:
        """All that are active or to come, each once: a sprint may be on several boards."""
        try:
            listed = list(self._read())
        except JiraRefused as refused:
            raise FieldFault(
                f"sprints cannot be found by name: {refused.message}; {_BY_NUMBER}"
            ) from refused
        return tuple({sprint.id: sprint for sprint in reversed(listed)}.values())[::-1]

    def _read(self) -> Iterator[_Sprint]:
        project = self._project()
        what = f"list the boards of {project}"
        address = f"{_AGILE}/board"
        for item in pages(self._client, address, what, size=_PAGE, projectKeyOrId=project):
            board = members(item)
            if text(board.get("type")) != "kanban":
                yield from self._of(text(board.get("id")), printable(text(board.get("name"))))

    def _of(self, board: str, name: str) -> Iterator[_Sprint]:
        what = f"list the sprints of the board {name}"
        path = f"{_AGILE}/board/{board}/sprint"
        try:
            listed = list(pages(self._client, path, what, size=_PAGE, state="active,future"))
        except JiraRefused as refused:
            if refused.status == _NO_SPRINTS:
                return
            raise
        for item in map(members, listed):
            identifier = text(item.get("id"))
            if identifier.isdecimal():
                state = printable(text(item.get("state")))
                yield _Sprint(identifier, text(item.get("name")), state, name)
