"""A value that must be one of those Jira allows: options, priorities, versions, components."""

from penstock.json_types import Json
from penstock.nearest import nearest
from penstock_jira.errors import FieldFault
from penstock_jira.metadata import FieldMeta, Option
from penstock_jira.names import folded, unique

__all__ = ["cascade", "choose", "parts_of"]

#: Types whose values are named by ``name``; the others by ``value``.
_BY_NAME = {"priority", "resolution", "component", "version", "issuetype", "securitylevel", "group"}


def choose(field: FieldMeta, wanted: str, kind: str) -> Json:
    """Return what is sent for *wanted*: its id, or its name where Jira lists no values.

    Matches the id, the name or the value exactly, then one that differs in case or outer space
    only. Raises ``FieldFault`` with the allowed values.
    """
    if field.allowed is None:
        return {"name" if kind in _BY_NAME else "value": wanted}
    option = _one(field, field.allowed, wanted)
    if option.id:
        return {"id": option.id}
    return {"name" if kind in _BY_NAME else "value": option.name}


def parts_of(field: FieldMeta, wanted: str) -> tuple[str, str | None]:
    """Return the two parts of ``EU > Dublin``, or ``EU`` and nothing.

    An option whose own name has the sign is taken as a whole.
    """
    if any(folded(option.name) == folded(wanted) for option in field.allowed or ()):
        return wanted.strip(), None
    first, arrow, second = (part.strip() for part in wanted.partition(">"))
    return first, second if arrow else None


def cascade(field: FieldMeta, first: str, second: str | None) -> Json:
    """Return what is sent for an option and one below it, or for the first alone."""
    if field.allowed is None:
        child: Json = {"value": first, "child": {"value": second}}
        return child if second is not None else {"value": first}
    parent = _one(field, field.allowed, first)
    if second is None:
        return {"id": parent.id}
    return {"id": parent.id, "child": {"id": _one(field, parent.children, second).id}}


def _one(field: FieldMeta, options: tuple[Option, ...], wanted: str) -> Option:
    found = unique(wanted, options, lambda o: (o.name,), lambda o: (o.id,))
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(f"{option.name} ({option.id})" for option in found)
        raise FieldFault(f"Value [{wanted}] names {len(found)} values: {ids}; write the id")
    listed = FieldMeta(field.id, field.name, allowed=options).listed()
    near = nearest(wanted, [option.name for option in options])
    advice = f"; did you mean '{near}'?" if near else ""
    raise FieldFault(
        f"Value [{wanted}] is not allowed for field [{field.name}]. "
        f"Allowed values: {listed}{advice}"
    )
