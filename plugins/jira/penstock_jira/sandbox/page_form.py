"""What a person's form asks for, carried out as a client's request would be."""

from werkzeug.datastructures import MultiDict

from penstock.json_types import Json
from penstock_jira.sandbox.contents import Issue
from penstock_jira.sandbox.desk import Desk
from penstock_jira.sandbox.fields import kind_of
from penstock_jira.sandbox.kind import ManyOf, Slot
from penstock_jira.sandbox.lens import Lens
from penstock_jira.sandbox.portraits import Portrait
from penstock_jira.sandbox.problem import Problem
from penstock_jira.sandbox.remarks import add_comment, read_comment
from penstock_jira.sandbox.screens import project_of

__all__ = ["carry_out"]


def carry_out(desk: Desk, lens: Lens, issue: Issue, form: "MultiDict[str, str]") -> None:
    """Do what the button ``do`` says: ``move:ID``, ``comment`` or ``fields``; raise ``Problem``."""
    what, _, identifier = form.get("do", "").partition(":")
    match what:
        case "move":
            asked = _filled_in(lens, issue, form, f"screen:{identifier}:")
            desk.move(lens, issue, {"transition": {"id": identifier}, "fields": asked})
        case "comment":
            add_comment(desk, lens, issue, read_comment(lens, {"body": form.get("comment", "")}))
        case "fields":
            changed = _changed(lens, issue, form)
            if changed:
                desk.edit(lens, issue, {"fields": changed})
        case _:
            raise Problem(400, "The form has no such button.")


def _filled_in(lens: Lens, issue: Issue, form: "MultiDict[str, str]", prefix: str) -> Portrait:
    """Return the fields whose inputs begin with *prefix* and are not empty."""
    named = [name.removeprefix(prefix) for name in form if name.startswith(prefix)]
    return {
        name: _shaped(lens, issue, name, written)
        for name in named
        if lens.world.has_field(name) and (written := _written(form, f"{prefix}{name}"))
    }


def _changed(lens: Lens, issue: Issue, form: "MultiDict[str, str]") -> Portrait:
    """Return the fields that the person changed: others may have changed the rest meanwhile."""
    changed: Portrait = {}
    for name in form:
        identifier = name.removeprefix("was:")
        if identifier == name or not lens.world.has_field(identifier):
            continue
        written = _written(form, f"field:{identifier}")
        if written != [part for part in form.getlist(name) if part]:
            empty = not written
            changed[identifier] = None if empty else _shaped(lens, issue, identifier, written)
    return changed


def _written(form: "MultiDict[str, str]", name: str) -> list[str]:
    return [part.strip() for part in form.getlist(name) if part.strip()]


def _shaped(lens: Lens, issue: Issue, identifier: str, written: list[str]) -> Json:
    slot = Slot(lens.world.field(identifier), lens, project_of(lens, issue))
    kind = kind_of(slot.field)
    return kind.shape(list(written) if isinstance(kind, ManyOf) else written[0], slot)
