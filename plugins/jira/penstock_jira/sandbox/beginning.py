"""The issues that are in a world at the start, with the history that people made of them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

from penstock.clock import Clock
from penstock.errors import Fault, Refused
from penstock.nearest import suggestion
from penstock.source import Source, read
from penstock_jira.sandbox.desk import Desk
from penstock_jira.sandbox.fields import kind_of
from penstock_jira.sandbox.kind import Invalid, Slot
from penstock_jira.sandbox.people import People
from penstock_jira.sandbox.portraits import Portrait
from penstock_jira.sandbox.problem import Problem
from penstock_jira.sandbox.reading import Path as Place
from penstock_jira.sandbox.reading import read_as
from penstock_jira.sandbox.script import Deed, read_deeds
from penstock_jira.sandbox.world_file import WrittenIssue, WrittenWorld

__all__ = ["begin"]


class _Then:
    """A clock that stands at an instant of the past until it is moved."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def wait(self, seconds: float, signal: Event | None = None) -> bool:
        self.at += timedelta(seconds=seconds)
        return signal is not None and signal.is_set()


def begin(world: Path, desk: Desk, clock: Clock) -> None:
    """Make the issues that the file *world* lists, in the past; *desk* has none yet.

    Raise ``Refused`` with every fault.
    """
    source = read(world)
    written = read_as(WrittenWorld, source.value, source)
    faults: list[Fault] = []
    for index, issue in enumerate(written.issues):
        faults += _Maker(issue, ("issues", index), source, desk, clock.now()).faults()
    Refused.unless_empty(faults)


class _Maker:
    """One issue: made, and then worked on by its people."""

    def __init__(
        self, written: WrittenIssue, at: Place, source: Source, desk: Desk, now: datetime
    ) -> None:
        self._written, self._at, self._source, self._now = written, at, source, now
        self._then = _Then(now - timedelta(seconds=written.made))
        self._desk = Desk(desk.world, desk.flavour, desk.contents, self._then)
        creator = desk.world.user_known_as(written.creator or desk.world.users[0].name)
        self._lens = self._desk.lens(creator)

    def faults(self) -> Iterator[Fault]:
        """Make the issue; yield what cannot be done of it."""
        place = (*self._at, "history")
        try:
            deeds = read_deeds(self._written.history, self._source, place, self._lens)
            fields = self._fields()
            self._desk.create(self._lens, {"fields": fields})
        except Refused as refused:
            yield from refused.faults
        except Problem as problem:
            yield self._source.fault(self._at, f"Jira would refuse it: {problem}")
        else:
            yield from self._worked_on(deeds)

    def _fields(self) -> Portrait:
        found: Portrait = {
            "project": {"key": self._written.project},
            "issuetype": {"name": self._written.type},
        }
        (project,) = (one for one in self._lens.world.projects if one.key == self._written.project)
        names = {name: self._lens.world.fields_called(name) for name in self._written.values}
        for name, fields in names.items():
            path = (*self._at, "set", name)
            if len(fields) != 1:
                every = [each.name for each in self._lens.world.fields]
                hint = "write its id" if fields else suggestion(name, every)
                message = f"{len(fields) or 'no'} fields are called {name!r}"
                raise Refused(self._source.fault(path, message, hint, key=True))
            slot = Slot(fields[0], self._lens, project)
            try:
                found[fields[0].id] = kind_of(fields[0]).shape(self._written.values[name], slot)
            except Invalid as invalid:
                raise Refused(self._source.fault(path, str(invalid))) from invalid
        return found

    def _worked_on(self, deeds: Sequence[Deed]) -> Iterator[Fault]:
        """Let the people do what they did, each at its time."""
        for number, deed in enumerate(deeds):
            place = (*self._at, "history", number)
            self._then.wait(deed.after)
            if self._then.at > self._now:
                hint = "make it longer ago (`made`), or do things sooner (`after`)"
                yield self._source.fault(place, "this is in the future", hint)
                return
            people = People((replace(deed, after=0.0, issue="last"),), self._desk, self._then)
            told = len(self._desk.notices)
            if not people.act():
                yield self._source.fault(place, f"it cannot be done: {people.left()[0].why}")
                return
            for notice in self._desk.notices[told:]:
                yield self._source.fault(place, f"Jira would refuse it: {notice}")
