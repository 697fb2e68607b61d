"""The history of an issue: what a change of fields looks like in Jira's changelog."""

from collections.abc import Mapping

from penstock.json_types import Json
from penstock_jira.sandbox import fields, portraits
from penstock_jira.sandbox.contents import Change, ChangeItem, Issue
from penstock_jira.sandbox.kind import ManyOf, Slot, items_of
from penstock_jira.sandbox.lens import Lens
from penstock_jira.sandbox.screens import project_of

__all__ = ["changed_items", "show_change", "status_item"]

#: Jira's own fields whose name in the history is not their id.
_NAMES = {
    "fixVersions": "Fix Version",
    "versions": "Version",
    "components": "Component",
    "parent": "Parent",
}
#: Fields of which each value that comes or goes is an item of its own.
_ONE_BY_ONE = {"fixVersions", "versions", "components"}


def changed_items(lens: Lens, issue: Issue, values: Mapping[str, Json]) -> list[ChangeItem]:
    """Return an item for each field whose new value in *values* differs from the issue's."""
    project = project_of(lens, issue)
    items: list[ChangeItem] = []
    for identifier, after in values.items():
        before = issue.type if identifier == "issuetype" else issue.fields.get(identifier)
        if before == after:
            continue
        slot = Slot(lens.world.field(identifier), lens, project)
        if identifier in _ONE_BY_ONE:
            items += _one_by_one(slot, before, after)
        elif identifier == "timetracking":
            items += _estimates(before, after)
        else:
            items.append(_item(slot, before, after))
    return items


def _item(slot: Slot, before: Json, after: Json) -> ChangeItem:
    kind = fields.kind_of(slot.field)
    was, now = kind.tell(before, slot), kind.tell(after, slot)
    return ChangeItem(
        field=_history_name(slot),
        field_id=slot.field.id,
        before=was.id,
        before_text=was.text,
        after=now.id,
        after_text=now.text,
        custom=slot.field.custom,
    )


def _history_name(slot: Slot) -> str:
    return slot.field.name if slot.field.custom else _NAMES.get(slot.field.id, slot.field.id)


def _one_by_one(slot: Slot, before: Json, after: Json) -> list[ChangeItem]:
    kind = fields.kind_of(slot.field)
    one = kind.one if isinstance(kind, ManyOf) else kind
    was, now = items_of(before) or (), items_of(after) or ()
    name, identifier = _history_name(slot), slot.field.id
    gone = [one.tell(each, slot) for each in was if each not in now]
    come = [one.tell(each, slot) for each in now if each not in was]
    return [
        *(ChangeItem(name, identifier, told.id, told.text, None, None) for told in gone),
        *(ChangeItem(name, identifier, None, None, told.id, told.text) for told in come),
    ]


def _estimates(before: Json, after: Json) -> list[ChangeItem]:
    names = {"original": "timeoriginalestimate", "remaining": "timeestimate"}
    was = before if isinstance(before, Mapping) else {}
    now = after if isinstance(after, Mapping) else {}
    return [
        ChangeItem(name, name, _text(was.get(word)), _text(was.get(word)), text, text)
        for word, name in names.items()
        if (text := _text(now.get(word))) != _text(was.get(word))
    ]


def _text(seconds: Json) -> str | None:
    return None if seconds is None else str(seconds)


def status_item(lens: Lens, before: str, after: str) -> ChangeItem:
    """Return the item of a change of status, from one id to another."""
    was, now = lens.world.status(before), lens.world.status(after)
    return ChangeItem("status", "status", was.id, was.name, now.id, now.name)


def show_change(lens: Lens, change: Change) -> portraits.Portrait:
    """Return an entry of the history as the REST API shows it."""
    shown: portraits.Portrait = {
        "id": change.id,
        "author": portraits.person(lens, change.author),
        "created": change.created,
        "items": [_show_item(lens, item) for item in change.items],
    }
    return {**shown, "historyMetadata": change.metadata} if change.metadata else shown


def _show_item(lens: Lens, item: ChangeItem) -> Json:
    shown: portraits.Portrait = {
        "field": item.field,
        "fieldtype": "custom" if item.custom else "jira",
        "from": item.before,
        "fromString": item.before_text,
        "to": item.after,
        "toString": item.after_text,
    }
    return {**shown, "fieldId": item.field_id} if lens.cloud else shown
