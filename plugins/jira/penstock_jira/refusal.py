"""Jira's refusals with the names that people use."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from penstock.errors import StepFailed
from penstock.nearest import nearest
from penstock_jira.answer import as_list, members, text
from penstock_jira.errors import JiraRefused
from penstock_jira.metadata import FieldMeta, FieldSet
from penstock_jira.spec import FieldEntry
from penstock_jira.text import split_list

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["explained"]


@contextmanager
def explained(
    client: "JiraClient", fields: FieldSet, written: Mapping[str, FieldEntry]
) -> Iterator[None]:
    """Raise what Jira refuses inside with field names beside ids, allowed values and near misses.

    Jira names fields by id, and says of one that is not on the screen only that it may be unknown:
    then Jira is asked what it is called.
    """
    try:
        yield
    except JiraRefused as refused:
        if not refused.field_errors:
            raise
        labels = _labels(client, fields, refused.field_errors)
        told = {
            labels.get(name, name): _words(name, words, fields, written)
            for name, words in refused.field_errors.items()
        }
        raise type(refused)(
            refused.what,
            refused.status,
            refused.messages,
            told,
            hint=_hint(refused.field_errors, fields) or refused.hint,
        ) from refused


def _labels(client: "JiraClient", fields: FieldSet, names: Mapping[str, str]) -> dict[str, str]:
    """Return what the fields with these ids are called, with their ids."""
    known = {name: field.label for name in names if (field := fields.get(name)) is not None}
    strange = [name for name in names if name not in known and name.startswith("customfield_")]
    return known | (_elsewhere(client, strange) if strange else {})


def _elsewhere(client: "JiraClient", names: Sequence[str]) -> dict[str, str]:
    what = "list its fields"
    try:
        listed = as_list(client.get("/rest/api/2/field", what=what), what)
    except StepFailed:  # the refusal is told all the same, by the ids
        return {}
    found = {text(members(item).get("id")): text(members(item).get("name")) for item in listed}
    return {name: f"{found[name]} ({name})" for name in names if found.get(name)}


def _words(name: str, words: str, fields: FieldSet, written: Mapping[str, FieldEntry]) -> str:
    field = fields.get(name)
    if field is None or not field.allowed:
        return words
    age = f" {fields.as_of}" if fields.age else ""
    told = f"{words.rstrip('.')}. Allowed values{age}: {field.listed()}"
    near = [] if name not in written else _near(field, written[name])
    return f"{told}; did you mean {' and '.join(near)}?" if near else told


def _near(field: FieldMeta, entry: FieldEntry) -> list[str]:
    """Return what was probably meant by each text of *entry* that is no allowed value."""
    allowed = [option.name for option in field.allowed or ()]
    known = {*allowed, *(option.id for option in field.allowed or ())}
    found = [nearest(each, allowed) for each in _texts(field, entry) if each not in known]
    return [repr(each) for each in dict.fromkeys(found) if each]


def _texts(field: FieldMeta, entry: FieldEntry) -> Sequence[str]:
    value = entry.value
    if isinstance(value, str):
        return split_list(value) if field.type == "array" else (value,)
    return value if isinstance(value, tuple) else (*entry.add, *entry.remove)


def _hint(errors: Mapping[str, str], fields: FieldSet) -> str:
    """Say what to do about a field that is "not on the appropriate screen" (Jira)."""
    if any("appropriate screen" in words for words in errors.values()):
        return f"put the field on {fields.place}, let the user edit it, or leave it out"
    return ""
