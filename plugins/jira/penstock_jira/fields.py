"""The ``fields`` of a step, made into what is sent: all their faults are told at once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from penstock.json_types import Json
from penstock_jira.document import is_document
from penstock_jira.errors import FieldFault, FieldsRefused
from penstock_jira.metadata import FieldMeta, FieldSet
from penstock_jira.names import folded
from penstock_jira.rich import Written, in_one_form, rich
from penstock_jira.shape import Shaping
from penstock_jira.spec import FieldEntry
from penstock_jira.text import check_text
from penstock_jira.values import ListChange, Values

__all__ = [
    "SPECIAL",
    "Resolution",
    "comment_of",
    "is_comment",
    "missing",
    "with_parent",
]

#: Pseudo-fields of Harness's, and what they are inside Jira's time tracking.
_ESTIMATES = {
    "original estimate": "originalEstimate",
    "originalestimate": "originalEstimate",
    "remaining estimate": "remainingEstimate",
    "remainingestimate": "remainingEstimate",
}
_TIME_TRACKING = "timetracking"
_EPIC_LINK = "epic link"
#: Names, folded, that mean something though Jira may have no field of them.
SPECIAL = frozenset({*_ESTIMATES, _EPIC_LINK})
#: Jira fills these in itself: the user who asks, the project's default.
_FILLED_BY_JIRA = {"reporter", "assignee"}


def is_comment(entry: FieldEntry) -> bool:
    """Whether the entry is no field but a comment (Harness: ``Comment``, earlier ``comment``)."""
    return entry.name in {"Comment", "comment"}


def comment_of(entries: Sequence[FieldEntry]) -> str | None:
    """Return the comment among the entries, or ``None`` where there is none or an empty one."""
    found = [_comment(entry) for entry in entries if is_comment(entry)]
    return found[0] if found and found[0].strip() else None


def _comment(entry: FieldEntry) -> str:
    if isinstance(entry.value, str):
        return entry.value
    return "\n".join(entry.value) if isinstance(entry.value, tuple) else ""


def _is_empty(entry: FieldEntry) -> bool:
    if entry.is_raw or (entry.clears and not is_comment(entry)):
        return False
    if entry.changes_list:
        return not entry.add and not entry.remove
    return not entry.value or (isinstance(entry.value, str) and not entry.value.strip())


def _check_comment(entry: FieldEntry) -> None:
    if not isinstance(entry.value, (str, tuple)):
        raise FieldFault("takes a text")
    check_text(_comment(entry))


def with_parent(fields: FieldSet) -> FieldSet:
    """Return the set with ``Parent``, which Jira takes though some create screens leave it out."""
    if fields.get("parent") is not None:
        return fields
    parent = FieldMeta("parent", "Parent", type="issuelink")
    return FieldSet((*fields.fields, parent), fields.place, fields.age)


def missing(fields: FieldSet, given: Iterable[str]) -> list[str]:
    """Return the names of required fields of a screen that neither the step nor Jira fills."""
    known = {*given, *_FILLED_BY_JIRA}
    return [
        field.name
        for field in fields.fields
        if field.required and not field.has_default and field.id not in known
    ]


class Resolution:
    """Takes entries one by one and keeps what they come to: values, or faults."""

    def __init__(
        self, fields: FieldSet, shaping: Shaping, refused: Mapping[str, str], *, new: bool = False
    ) -> None:
        """Take the screen's fields, how values are made, and advice for names of no field.

        *refused* maps a folded name (``status``) to what to write instead. A *new* issue has
        nothing to clear, and no list to add to.
        """
        self._new = new
        self._fields, self._shaping, self._refused = fields, shaping, refused
        self._found = Values()
        self._named: set[str] = set()
        self._rich: dict[str, Written] = {}
        self._unknown: list[str] = []
        self._faults: list[str] = []

    def add(self, entry: FieldEntry) -> None:
        """Take one entry; of a comment, only whether Jira can store it.

        An empty text is left out with a note (Harness: without one).
        """
        if _is_empty(entry) or (self._new and entry.clears):
            self._shaping.note(f"{entry.name} is empty and is not sent")
            return
        try:
            if is_comment(entry):
                _check_comment(entry)
            else:
                self._set(entry)
        except FieldFault as fault:
            self.fault(f"{entry.name}: {fault}")

    @property
    def found(self) -> Values:
        """What the entries so far come to, those with faults left out."""
        return self._settled(lambda _: None)

    @property
    def faults(self) -> Sequence[str]:
        """What is wrong with the entries so far, but for names of no field."""
        return self._faults

    @property
    def unknown(self) -> Sequence[str]:
        """The names so far that are no field of the screen."""
        return self._unknown

    def fault(self, sentence: str) -> None:
        """Add a fault that was found elsewhere."""
        self._faults.append(sentence)

    def values(self, *, complete: bool) -> Values:
        """Return what is sent; raise ``FieldsRefused`` with every fault there is.

        *complete* asks for the screen's required fields too, as a new issue needs them.
        """
        faults = [*self._unknown_fields(), *self._faults]
        absent = missing(self._fields, self._named) if complete else []
        if absent:
            faults.append(
                f"Required fields {{{', '.join(absent)}}} for the provided jira issue type "
                f"are missing; add them to fields"
            )
        if faults:
            raise FieldsRefused(faults)
        return self._settled(self._shaping.note)

    def _settled(self, note: Callable[[str], None]) -> Values:
        """Return what was found, its rich texts in one form."""
        values = self._found.values
        rich = {name: written for name, written in self._rich.items() if name in values}
        return replace(self._found, values=in_one_form(values, rich, note))

    def _unknown_fields(self) -> list[str]:
        if not self._unknown:
            return []
        near = [
            f"{name}: {advice}" for name in self._unknown if (advice := self._fields.near(name))
        ]
        told = (
            f"Fields {{{', '.join(self._unknown)}}} are invalid for the provided jira issue type: "
            f"not on {self._fields.place}"
        )
        return ["; ".join([told, *near])]

    def _set(self, entry: FieldEntry) -> None:
        meta = self._fields.named(entry.name)
        if meta is None:
            self._set_special(entry)
            return
        earlier = self._found.written.get(meta.id)
        if earlier is not None:
            raise FieldFault(f"{earlier.name} is the same field ({meta.id}); keep one of them")
        self._named.add(meta.id)
        self._found.written[meta.id] = entry
        if entry.changes_list:
            self._found.lists[meta.id] = self._list_change(meta, entry)
        else:
            self._found.values[meta.id] = self._value(meta, entry)

    def _value(self, meta: FieldMeta, entry: FieldEntry) -> Json:
        if entry.is_raw:
            if is_document(entry.raw) and not self._shaping.users.cloud:
                raise FieldFault("is a document, which only Jira Cloud takes; write wiki markup")
            return entry.raw
        if entry.value is None:
            if meta.required:
                raise FieldFault(f"is required on {self._fields.place}, and cannot be cleared")
            return self._cleared(meta)
        if meta.is_text and isinstance(entry.value, str):
            return self._text(meta, entry, entry.value)
        if entry.format != "wiki":
            raise FieldFault(f"has the type {meta.kind}; format: {entry.format} is for text")
        return self._shaping.value(meta, entry.value)

    def _text(self, meta: FieldMeta, entry: FieldEntry, value: str) -> Json:
        """Return a text. Jira Cloud tells texts that have a look from those that are plain."""
        if meta.is_rich:
            self._rich[meta.id] = value, entry.format
        if entry.format == "wiki":
            return self._shaping.value(meta, value)
        if meta.is_rich or not self._shaping.users.cloud:
            return rich(value, entry.format, documents=self._shaping.users.cloud)
        if entry.format == "markdown":
            raise FieldFault("is plain text on Jira Cloud; format: markdown is for text areas")
        return self._shaping.value(meta, value)

    def _cleared(self, meta: FieldMeta) -> Json:
        """Return what clears the field. Jira Cloud has a verb of its own for the parent."""
        if meta.id == "parent" and self._shaping.users.cloud:
            self._found.unset.add(meta.id)
        return [] if meta.type == "array" and not meta.is_sprint else None

    def _list_change(self, meta: FieldMeta, entry: FieldEntry) -> ListChange:
        if self._new:
            raise FieldFault("has no list to change on a new issue; write a value")
        if meta.type != "array" or meta.is_sprint:
            raise FieldFault(f"has the type {meta.kind}, which is no list; write a value")
        verbs = [name for name, items in (("add", entry.add), ("remove", entry.remove)) if items]
        refused = [verb for verb in verbs if meta.operations and verb not in meta.operations]
        if refused:
            raise FieldFault(
                f"cannot be changed by {' and '.join(refused)} (Jira allows: "
                f"{', '.join(meta.operations)}); write the whole list as value"
            )
        return ListChange(
            self._shaping.items(meta, entry.add), self._shaping.items(meta, entry.remove)
        )

    def _set_special(self, entry: FieldEntry) -> None:
        name = folded(entry.name)
        if name == _EPIC_LINK and self._shaping.users.cloud and self._fields.get("parent"):
            self._shaping.note(f"{entry.name} is sent as Parent, as Jira Cloud has it")
            self._set(entry.model_copy(update={"name": "parent"}))
        elif name in _ESTIMATES:
            self._set_estimate(entry, _ESTIMATES[name])
        elif name in self._refused:
            raise FieldFault(self._refused[name])
        else:
            self._unknown.append(entry.name)

    def _set_estimate(self, entry: FieldEntry, member: str) -> None:
        if self._fields.get(_TIME_TRACKING) is None:
            raise FieldFault(f"Time tracking is not on {self._fields.place}; leave this out")
        if not isinstance(entry.value, str):
            raise FieldFault("takes one value, such as 2h 30m")
        earlier = self._found.values.get(_TIME_TRACKING)
        known = dict(earlier) if isinstance(earlier, Mapping) else {}
        if member in known:
            raise FieldFault("is given twice; keep one of them")
        self._named.add(_TIME_TRACKING)
        self._found.values[_TIME_TRACKING] = {**known, member: entry.value.strip()}
        self._found.written[_TIME_TRACKING] = entry
