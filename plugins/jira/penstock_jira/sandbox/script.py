"""The script of the people in the sandbox: what they do, in order, and when."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from penstock.duration import Delay
from penstock.errors import Fault, Refused
from penstock.json_types import Json
from penstock.nearest import suggestion
from penstock.source import Source, read
from penstock_jira.sandbox.field import FieldDefinition
from penstock_jira.sandbox.fields import kind_of, operations
from penstock_jira.sandbox.kind import Invalid, Slot
from penstock_jira.sandbox.lens import Lens
from penstock_jira.sandbox.reading import Path as Place
from penstock_jira.sandbox.reading import Written, read_as
from penstock_jira.sandbox.world import User

__all__ = ["Deed", "load_script", "read_deeds"]

#: Who acts where the script does not say.
_ACTOR = "cab-lead"
_ISSUE = re.compile(r"last|created [1-9][0-9]{0,5}|[A-Z][A-Z0-9_]+-[1-9][0-9]*", re.ASCII)
#: Kinds whose values can only be judged when the issue is there.
_LATER = {"components", "versions", "parent", "epic", "issuetype", "project"}


class _WrittenDeed(Written):
    after: Delay = 0.0
    issue: str = "last"
    transition: str | None = None
    values: dict[str, Json] = Field({}, alias="set")
    comment: str | None = None
    actor: str = Field(_ACTOR, alias="as")


@dataclass(frozen=True)
class Deed:
    """What a person does: sets fields, comments, and moves an issue."""

    #: Seconds to let pass since the deed before.
    after: float
    #: ``last``, ``created N`` or a key.
    issue: str
    transition: str | None
    values: tuple[tuple[FieldDefinition, Json], ...]
    comment: str | None
    user: User

    def __str__(self) -> str:
        """Return what it is in short: ``transition 'Approve' of last``."""
        if self.transition is not None:
            return f"transition {self.transition!r} of {self.issue}"
        return f"comment on {self.issue}" if not self.values else f"set fields of {self.issue}"


def load_script(path: Path, lens: Lens) -> tuple[Deed, ...]:
    """Return the deeds that a file lists; raise ``Refused`` with every fault."""
    source = read(path)
    listed = source.value
    if not isinstance(listed, list):
        raise Refused(source.fault((), "a script is a list", "begin each deed with '- '"))
    return read_deeds(listed, source, (), lens)


def read_deeds(listed: Sequence[object], source: Source, at: Place, lens: Lens) -> tuple[Deed, ...]:
    """Return the deeds of a list that stands *at* a place; raise ``Refused`` with every fault."""
    deeds, faults = [], list[Fault]()
    for index, value in enumerate(listed):
        place = (*at, index)
        try:
            written = read_as(_WrittenDeed, value, source, place)
        except Refused as refused:
            faults += refused.faults
            continue
        checked = _Checked(written, place, source, lens)
        faults += checked.faults
        if not checked.faults:
            deeds.append(checked.deed())
    Refused.unless_empty(faults)
    return tuple(deeds)


class _Checked:
    """One entry, checked against the world."""

    def __init__(self, written: _WrittenDeed, path: Place, source: Source, lens: Lens) -> None:
        self._written = written
        self._path = path
        self._source = source
        self._lens = lens
        self._screen = self._screen_fields()
        self.faults = [*self._own_faults(), *self._value_faults()]

    def deed(self) -> Deed:
        user = self._user()
        if user is None:
            raise ValueError("a deed with faults was asked for")
        return Deed(
            after=self._written.after,
            issue=self._written.issue,
            transition=self._written.transition,
            values=tuple(
                (self._named(name)[0], value) for name, value in self._written.values.items()
            ),
            comment=self._written.comment,
            user=user,
        )

    def _fault(self, key: str, message: str, hint: str = "") -> Fault:
        return self._source.fault((*self._path, key), message, hint)

    def _user(self) -> User | None:
        users, wanted = self._lens.world.users, self._written.actor
        if "actor" not in self._written.model_fields_set and wanted not in [u.name for u in users]:
            return users[0]  # another world, without our default person
        return self._lens.world.user_known_as(wanted)

    def _own_faults(self) -> Iterator[Fault]:
        written = self._written
        if not (written.transition or written.values or written.comment):
            hint = "write 'transition', 'set' or 'comment'"
            yield self._source.fault(self._path, "this entry does nothing", hint)
        if not _ISSUE.fullmatch(written.issue):
            hint = "write 'last', 'created 2' or a key such as REL-1"
            yield self._fault("issue", f"{written.issue!r} names no issue", hint)
        if self._user() is None:
            names = [user.name for user in self._lens.world.users]
            hint = suggestion(written.actor, names)
            yield self._fault("as", f"there is no user {written.actor!r}", hint)
        ways = self._ways()
        if written.transition is not None and written.transition not in ways:
            hint = suggestion(written.transition, ways)
            message = f"no workflow has a transition {written.transition!r}"
            yield self._fault("transition", message, hint)

    def _ways(self) -> Sequence[str]:
        return [way.name for kind in self._lens.world.types for way in kind.workflow.transitions]

    def _screen_fields(self) -> dict[str, bool]:
        """Return the fields that the transition asks for, and whether every such one needs them."""
        named = {
            (kind.workflow.name, way.id): way
            for kind in self._lens.world.types
            for way in kind.workflow.transitions
            if way.name == self._written.transition
        }
        asked = [{each.field: each.required for each in way.screen} for way in named.values()]
        return {
            field: all(screen.get(field, False) for screen in asked)
            for field in {field for screen in asked for field in screen}
        }

    def _named(self, name: str) -> Sequence[FieldDefinition]:
        return self._lens.world.fields_called(name)

    def _value_faults(self) -> Iterator[Fault]:
        given = set()
        for name, value in self._written.values.items():
            path = (*self._path, "set", name)
            found = self._named(name)
            if len(found) != 1:
                yield self._source.fault(path, *self._not_one(name, found), key=True)
                continue
            given.add(found[0].id)
            off_screen = found[0].id in self._lens.world.off_screen
            if not operations(found[0]) or (off_screen and found[0].id not in self._screen):
                message = f"the field {name!r} cannot be set"
                hint = "it is on no screen that this entry goes through"
                yield self._source.fault(path, message, hint, key=True)
            elif found[0].kind not in _LATER:
                yield from self._unfit(found[0], value, path)
        for field, needed in self._screen.items():
            if needed and field not in given:
                name = self._lens.world.field(field).name
                message = f"the transition {self._written.transition!r} needs the field {name!r}"
                yield self._fault("transition", message, f"write 'set: {{{name}: …}}'")

    def _not_one(self, name: str, found: Sequence[FieldDefinition]) -> tuple[str, str]:
        if found:
            ids = " or ".join(each.id for each in found)
            return f"{len(found)} fields are called {name!r}", f"write its id: {ids}"
        names = [each.name for each in self._lens.world.fields]
        return f"there is no field {name!r}", suggestion(name, names)

    def _unfit(self, field: FieldDefinition, value: Json, path: Place) -> Iterator[Fault]:
        slot = Slot(field, self._lens, self._lens.world.projects[0])
        kind = kind_of(field)
        try:
            if value is not None and value != "":
                kind.parse(kind.shape(value, slot), slot)
        except Invalid as invalid:
            choices = kind.choices(slot)
            hint = f"choose from: {', '.join(choices)}" if choices else ""
            yield self._source.fault(path, str(invalid), hint)
