"""The people of the sandbox: they do what their script says, in order, when it can be done."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Any

from penstock.clock import Clock
from penstock.json_types import Json
from penstock_jira.sandbox.contents import Issue
from penstock_jira.sandbox.desk import Desk
from penstock_jira.sandbox.fields import kind_of
from penstock_jira.sandbox.kind import Slot
from penstock_jira.sandbox.lens import Lens
from penstock_jira.sandbox.portraits import Portrait
from penstock_jira.sandbox.problem import Problem
from penstock_jira.sandbox.remarks import add_comment, read_comment
from penstock_jira.sandbox.screens import project_of
from penstock_jira.sandbox.script import Deed
from penstock_jira.sandbox.world import Transition

__all__ = ["Left", "People"]

_LOG = logging.getLogger("penstock.sandbox")


@dataclass(frozen=True)
class Left:
    """An entry of the script that is not done."""

    #: Counted from 1, as in the file.
    number: int
    deed: Deed
    why: str


class People:
    """Does one deed after another.

    A deed waits until its time has passed since the deed before (the first: since the start),
    then until its issue is there and its transition can be taken.
    """

    def __init__(self, deeds: tuple[Deed, ...], desk: Desk, clock: Clock) -> None:
        """Take what is to be done, and what does it."""
        self._deeds = deeds
        self._desk = desk
        self._clock = clock
        self._position = 0
        self._since: datetime = clock.now()
        self._bell = Event()
        self._stopped = False
        self._thread: Thread | None = None

    # -- step by step ------------------------------------------------------------------------

    @property
    def done(self) -> int:
        """How many deeds are done."""
        return self._position

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        return self._position >= len(self._deeds)

    def seconds_left(self) -> float:
        """Return the seconds until the next deed's time has passed, at least 0."""
        due = self._since + timedelta(seconds=self._deeds[self._position].after)
        return max(0.0, (due - self._clock.now()).total_seconds())

    def act(self) -> bool:
        """Do the next deed if it can be done now; return whether it was."""
        if self.finished or self.seconds_left() > 0:
            return False
        deed = self._deeds[self._position]
        issue = self._issue(deed.issue)
        if issue is None:
            return False
        way = self._way(issue, deed.transition)
        if deed.transition is not None and way is None:
            return False
        try:
            self._do(deed, issue, way)
        except Problem as problem:
            text = f"entry {self._position + 1} of the script, on {issue.key}: {problem}"
            self._desk.notices.append(text)
            _LOG.warning("%s", text)
        self._position += 1
        self._since = self._clock.now()
        self._desk.contents.revision += 1
        return True

    # -- what is left ------------------------------------------------------------------------

    def left(self) -> list[Left]:
        """Return the entries that are not done, in order, each with what it waits for."""
        rest = self._deeds[self._position :]
        first = self._position + 1
        return [
            Left(number, deed, f"entry {number - 1} comes first" if number > first else self._why())
            for number, deed in enumerate(rest, first)
        ]

    def pending(self) -> str | None:
        """Return what the next deed waits for although its time has passed; else ``None``."""
        if self.finished or self.seconds_left() > 0:
            return None
        entry = self.left()[0]
        return f"Entry {entry.number} of the script ({entry.deed}) waits: {entry.why}"

    def _why(self) -> str:
        deed, contents = self._deeds[self._position], self._desk.contents
        issue = self._issue(deed.issue)
        if issue is None and not len(contents):
            return "there is no issue"
        if issue is None and deed.issue.startswith("created "):
            return f"there are {len(contents)} issues" if len(contents) > 1 else "there is 1 issue"
        if issue is None:
            return f"there is no issue {deed.issue}"
        if deed.transition is not None and self._way(issue, deed.transition) is None:
            names = [way.name for way in self._desk.transitions(issue)]
            status = self._desk.world.status(issue.status).name
            return f"{issue.key} is {status}, from which there is {', '.join(names) or 'no way'}"
        left = self.seconds_left()
        return f"its time comes in {left:.0f} s" if left > 0 else "the sandbox stopped first"

    def _issue(self, wanted: str) -> Issue | None:
        contents = self._desk.contents
        if wanted == "last":
            return contents.newest()
        if wanted.startswith("created "):
            created = sorted(contents, key=lambda issue: issue.id)
            return next(iter(created[int(wanted.removeprefix("created ")) - 1 :]), None)
        return contents.find(wanted)

    def _way(self, issue: Issue, name: str | None) -> Transition | None:
        return next((way for way in self._desk.transitions(issue) if way.name == name), None)

    def _do(self, deed: Deed, issue: Issue, way: Transition | None) -> None:
        lens = self._desk.lens(deed.user)
        on_screen = {each.field for each in way.screen} if way else set()
        edited: Portrait = {}
        asked: Portrait = {}
        for field, plain in deed.values:
            shaped = _shaped(Slot(field, lens, project_of(lens, issue)), plain)
            (asked if field.id in on_screen else edited)[field.id] = shaped
        if edited:
            self._desk.edit(lens, issue, {"fields": edited})
        if deed.comment is not None:
            self._comment(lens, issue, deed.comment)
        if way is not None:
            self._desk.move(lens, issue, {"transition": {"id": way.id}, "fields": asked})

    def _comment(self, lens: Lens, issue: Issue, text: str) -> None:
        add_comment(self._desk, lens, issue, read_comment(lens, {"body": text}))

    # -- state -------------------------------------------------------------------------------

    def saved(self) -> Mapping[str, Json]:
        """Return the position, for the state file."""
        return {"done": self._position, "since": self._since.isoformat()}

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Go on where an earlier life of the sandbox was; an empty *saved* is a first life."""
        if saved:
            self._position = min(int(saved["done"]), len(self._deeds))
            self._since = datetime.fromisoformat(saved["since"])

    # -- on their own ------------------------------------------------------------------------

    def start(self, act: Callable[[], bool]) -> None:
        """Begin to act in a thread; *act* calls ``act`` with whatever must be around it."""
        if self._deeds:
            self._thread = Thread(target=self._live, args=(act,), name="people", daemon=True)
            self._thread.start()

    def wake(self) -> None:
        """Look again: something changed."""
        self._bell.set()

    def stop(self) -> None:
        """Let everybody go home."""
        self._stopped = True
        self._bell.set()
        if self._thread is not None:
            self._thread.join()

    def _live(self, act: Callable[[], bool]) -> None:
        while not self._stopped and not self.finished:
            self._bell.clear()
            left = self.seconds_left()
            if left > 0:
                self._clock.wait(left, self._bell)
            elif not act():
                self._bell.wait()


def _shaped(slot: Slot, plain: Json) -> Json:
    return None if plain is None or plain == "" else kind_of(slot.field).shape(plain, slot)
