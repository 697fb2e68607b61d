"""The ``fields`` of a step, one by one: what each comes to, and what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from penstock.inspection import Finding, Level, SpecPath
from penstock.json_types import Json
from penstock_jira.errors import FieldFault
from penstock_jira.fields import Resolution, is_comment
from penstock_jira.inspection.lookout import Lookout
from penstock_jira.inspection.open_values import comes_with_the_run, is_open, written_value
from penstock_jira.metadata import FieldSet
from penstock_jira.names import folded
from penstock_jira.shape import Shaping
from penstock_jira.spec import FieldEntry
from penstock_jira.sprints import Sprints
from penstock_jira.users import Users
from penstock_jira.values import Values

__all__ = ["Entries"]

#: Fields that hold the key of another issue, by the type of their schema or the end of their kind.
_ISSUE, _EPIC = "issuelink", ":gh-epic-link"


class Entries:
    """What the entries of a step come to on a screen, and what was found of them."""

    def __init__(
        self,
        lookout: Lookout,
        fields: FieldSet,
        sprints: Sprints,
        elsewhere: Mapping[str, str],
        *,
        new: bool,
    ) -> None:
        """Take the screen's *fields*, and advice for names of no field (see ``Resolution``)."""
        self.findings: list[Finding] = []
        #: Entries whose value comes with the run, by field id.
        self.pending: dict[str, FieldEntry] = {}
        self._lookout, self._fields = lookout, fields
        self._place: SpecPath = ("fields",)
        shaping = Shaping(Users(lookout.client, self._note), sprints, self._note)
        self._resolution = Resolution(fields, shaping, elsewhere, new=new)

    @property
    def values(self) -> Values:
        """What the entries without a fault come to."""
        found = self._resolution.found
        good = {name: entry for name, entry in found.written.items() if name in found.names}
        return replace(found, written=good)

    @property
    def given(self) -> set[str]:
        """The ids of all fields that are set, now or with the run."""
        return {*self.values.names, *self.pending}

    @property
    def pending_values(self) -> dict[str, Json]:
        """What comes with the run, as it is written, by field id."""
        return {name: written_value(entry) for name, entry in self.pending.items()}

    def add(self, entries: Sequence[FieldEntry]) -> None:
        """Take the entries of a step; comments are none of ours."""
        for number, entry in enumerate(entries):
            if is_comment(entry):
                continue
            self._place = ("fields", number)
            known = len(self._resolution.faults), len(self._resolution.unknown)
            if not self._is_pending(entry):
                self._resolution.add(entry)
            faults = self._resolution.faults[known[0] :]
            level = Level.WARNING if entry.clears else Level.ERROR
            self.findings += [Finding(level, fault, place=self._place) for fault in faults]
            if len(self._resolution.unknown) > known[1]:
                self.findings.append(self._off_screen(entry.name))
            elif not faults:
                self._check_issue(entry)

    def _note(self, text: str) -> None:
        self.findings.append(Finding(Level.NOTE, text, place=self._place))

    def _is_pending(self, entry: FieldEntry) -> bool:
        """Whether the value comes with the run; then only the name was looked up."""
        parts = (entry.value, entry.raw, entry.add, entry.remove)
        if not any(is_open(part) for part in parts):
            return False
        try:
            meta = self._fields.named(entry.name)
        except FieldFault as fault:
            told = f"{entry.name}: {fault}"
            self.findings.append(Finding(Level.ERROR, told, place=self._place))
            return True
        name = meta.id if meta is not None else self._other_name(entry)
        if name is None:
            return False
        if not entry.changes_list:
            self.pending[name] = entry
        place = (*self._place, "value")
        self.findings.append(comes_with_the_run(entry.name, entry.value, place))
        return True

    def _other_name(self, entry: FieldEntry) -> str | None:
        """Return the field that Jira Cloud has in the place of one that is not on the screen."""
        is_epic = folded(entry.name) == "epic link"
        return "parent" if is_epic and self._fields.get("parent") is not None else None

    def _off_screen(self, name: str) -> Finding:
        place = (*self._place, "name")
        near = [field.name for field in self._fields.fields]
        if not self._lookout.called(name):
            return self._lookout.no_field(name, place, near)
        told = f"{name} is not on {self._fields.place}"
        return Finding(Level.WARNING, told, "put it there, or leave this entry out", place)

    def _check_issue(self, entry: FieldEntry) -> None:
        """See whether the issue exists that a parent or an epic link names."""
        meta = next(iter(self._fields.matches(entry.name)), None)
        if meta is None or not isinstance(entry.value, str) or is_open(entry.value):
            return
        if meta.type == _ISSUE or meta.custom.endswith(_EPIC):
            key = entry.value.strip()
            missing = self._lookout.missing_issue(key, (*self._place, "value"))
            if missing is not None:
                self.findings.append(missing)
