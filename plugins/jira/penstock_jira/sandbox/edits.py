"""What a client wants to change: ``fields`` and ``update`` of a request, read against a screen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from penstock.json_types import Json
from penstock_jira.sandbox import fields
from penstock_jira.sandbox.field import FieldDefinition
from penstock_jira.sandbox.kind import Invalid, ManyOf, Slot, items_of
from penstock_jira.sandbox.lens import Lens
from penstock_jira.sandbox.problem import Problem, not_on_screen
from penstock_jira.sandbox.screens import Screen
from penstock_jira.sandbox.world import Project

__all__ = ["Edits", "Remark", "read_edits"]


@dataclass(frozen=True)
class Remark:
    """A change to what hangs on the issue: a verb on its comments, its links or its worklog."""

    field: str
    verb: str
    value: Json


@dataclass
class Edits:
    """The new stored values by field id, the remarks, and what is wrong by field id."""

    values: dict[str, Json] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)

    def refuse_if_wrong(self) -> None:
        """Raise Jira's 400 with everything that is wrong."""
        if self.errors:
            raise Problem(400, errors=self.errors)


#: What is written through ``update`` alone, and changes no field.
_REMARKS = {"comment", "issuelinks", "worklog"}


def _object(body: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    found = body.get(name)
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise Problem(400, f"Can not deserialize instance of java.util.Map out of '{name}'")
    return found


def read_edits(
    body: Mapping[str, Json],
    screen: Screen,
    lens: Lens,
    project: Project,
    current: Mapping[str, Json],
    *,
    remarks: frozenset[str] = frozenset(_REMARKS),
) -> Edits:
    """Read ``fields`` and ``update``; *remarks* may be written whatever the screen has.

    The result lists every field that is wrong; nothing is changed.
    """
    edits = Edits()
    written, updated = _object(body, "fields"), _object(body, "update")
    for identifier in [*written, *(each for each in updated if each not in written)]:
        if identifier in written and identifier in updated:
            edits.errors[identifier] = (
                f"Field '{identifier}' cannot appear in both 'fields' and 'update'"
            )
        elif identifier in updated and identifier in remarks:
            _read_remarks(identifier, updated[identifier], lens, edits)
        elif identifier not in screen or identifier in _REMARKS:
            edits.errors[identifier] = not_on_screen(identifier)
        else:
            slot = Slot(screen[identifier][0], lens, project)
            _read_field(slot, written, updated, current, edits)
    return edits


def _read_field(
    slot: Slot,
    written: Mapping[str, Json],
    updated: Mapping[str, Json],
    current: Mapping[str, Json],
    edits: Edits,
) -> None:
    identifier = slot.field.id
    before = current.get(identifier)
    try:
        if identifier in written:
            value = _set(slot, before, written[identifier])
        else:
            value = _run_verbs(slot, before, updated[identifier])
    except Invalid as invalid:
        edits.errors[identifier] = str(invalid)
        return
    edits.values[identifier] = value
    if value is None and slot.field.required:
        edits.errors[identifier] = f"{slot.field.name} is required."


def _set(slot: Slot, before: Json, value: Json) -> Json:
    stored = fields.kind_of(slot.field).parse(value, slot)
    if slot.field.kind != "timetracking":
        return stored
    if not isinstance(value, Mapping) or not isinstance(before, Mapping):
        return stored
    names = {"original": "originalEstimate", "remaining": "remainingEstimate"}
    new = stored if isinstance(stored, Mapping) else {}
    return {word: (new if names[word] in value else before).get(word) for word in names}


def _run_verbs(slot: Slot, before: Json, operations: Json) -> Json:
    listed = items_of(operations)
    if listed is None:
        raise Invalid("Operations must be an array of objects, each with one verb")
    value = before
    for operation in listed:
        verb, wanted = _operation(slot.field, operation)
        kind = fields.kind_of(slot.field)
        if verb in ("set", "edit"):
            value = _set(slot, value, wanted)
        elif isinstance(kind, ManyOf):
            change = kind.added if verb == "add" else kind.removed
            value = change(value, wanted, slot)
    return value


def _operation(of: FieldDefinition, operation: Json) -> tuple[str, Json]:
    if not isinstance(operation, Mapping) or len(operation) != 1:
        raise Invalid('An operation is an object with one verb, such as {"set": …}')
    ((verb, value),) = operation.items()
    supported = fields.operations(of)
    if verb not in supported:
        raise Invalid(
            f"Field with id '{of.id}' and name '{of.name}' does not support operation '{verb}' "
            f"Supported operation(s) is/are: '{','.join(supported)}'"
        )
    return verb, value


def _read_remarks(identifier: str, operations: Json, lens: Lens, edits: Edits) -> None:
    listed: Sequence[Json] = items_of(operations) or ()
    try:
        for operation in listed:
            verb, value = _operation(lens.world.field(identifier), operation)
            edits.remarks.append(Remark(identifier, verb, value))
    except Invalid as invalid:
        edits.errors[identifier] = str(invalid)
