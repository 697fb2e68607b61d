"""Jira's refusals with the names that people use."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from penstock.nearest import nearest
from penstock_jira.errors import JiraRefused
from penstock_jira.metadata import FieldSet
from penstock_jira.spec import FieldEntry

__all__ = ["explained"]


@contextmanager
def explained(fields: FieldSet, written: Mapping[str, FieldEntry]) -> Iterator[None]:
    """Raise what Jira refuses inside with field names beside ids, allowed values and near misses.

    Jira names fields by id, and says of one that is not on the screen only that it may be unknown.
    """
    try:
        yield
    except JiraRefused as refused:
        if not refused.field_errors:
            raise
        told = {
            _label(name, fields): _words(name, words, fields, written)
            for name, words in refused.field_errors.items()
        }
        raise type(refused)(
            refused.what,
            refused.status,
            refused.messages,
            told,
            hint=_hint(refused.field_errors, fields),
        ) from refused


def _label(name: str, fields: FieldSet) -> str:
    field = fields.get(name)
    return field.label if field is not None else name


def _words(name: str, words: str, fields: FieldSet, written: Mapping[str, FieldEntry]) -> str:
    field = fields.get(name)
    if field is None or not field.allowed:
        return words
    age = f" {fields.as_of}" if fields.age else ""
    told = f"{words.rstrip('.')}. Allowed values{age}: {field.listed()}"
    entry = written.get(name)
    if entry is None or not isinstance(entry.value, str):
        return told
    near = nearest(entry.value, [option.name for option in field.allowed])
    return f"{told}; did you mean '{near}'?" if near else told


def _hint(errors: Mapping[str, str], fields: FieldSet) -> str:
    """Say what to do about a field that is "not on the appropriate screen" (Jira)."""
    if any("appropriate screen" in words for words in errors.values()):
        return f"put the field on {fields.place}, let the user edit it, or leave it out"
    return ""
