"""What a step is about to change in one issue, resolved against what Jira offers for it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING

from penstock.json_types import Json
from penstock.step import Effect, StepContext
from penstock_jira.answer import members, text
from penstock_jira.difference import has_already, has_times, holds
from penstock_jira.errors import JiraRefused
from penstock_jira.extra import issue_path
from penstock_jira.fields import Resolution, is_comment
from penstock_jira.present import Present
from penstock_jira.readback import asked
from penstock_jira.refusal import explained
from penstock_jira.shape import Shaping
from penstock_jira.spec import FieldEntry
from penstock_jira.sprints import Sprints
from penstock_jira.transitions import Status, Transition, Wanted
from penstock_jira.users import Users
from penstock_jira.values import Values

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["ELSEWHERE", "Change", "parted", "unlike", "written"]

#: Names of no field, and what to write instead.
ELSEWHERE = {
    "status": "is no field; write transitionTo with the status",
    "project": "cannot be changed by an update; move the issue in Jira",
}
#: Tries of a write that met somebody else's at the same moment (409).
_TRIES = 3


@dataclass(frozen=True)
class _Resolved:
    """The change in Jira's terms: what an edit sets, what the transition sets, and that."""

    edit: Values
    move: Values
    way: Transition | None


class Change:
    """The change of one issue: read lazily, and as a whole before anything is written."""

    def __init__(
        self,
        client: "JiraClient",
        context: StepContext,
        key: str,
        entries: Sequence[FieldEntry],
        wanted: Wanted | None,
        *,
        also: Callable[[], None] = lambda: None,
    ) -> None:
        """Take the issue's key, the step's fields, the transition it asks for, and what else is
        to be checked before anything is written.
        """
        self._also = also
        self._client, self._context, self._key = client, context, key
        self._entries = [entry for entry in entries if not is_comment(entry)]
        self._comments = [entry for entry in entries if is_comment(entry)]
        self._wanted = wanted
        self._now = Present(client, key)

    @property
    def seen(self) -> Mapping[str, Json] | None:
        """The issue as it was read before anything was sent, if it was."""
        return self._now.seen

    def check(self) -> None:
        """Resolve everything; raise ``StepFailed`` with what is wrong with any part."""
        _ = self._checked

    def fields_intent(self) -> Mapping[str, Json]:
        """Return what is journalled before the edit."""
        edit = self._checked.edit
        return {"issue": self._key, "fields": list(edit.names), "asked": asked(edit)}

    def put(self, effect: Effect) -> Json:
        """Edit the fields that differ; send nothing when none does."""
        return self._decided(self._put, effect)

    def _put(self, effect: Effect) -> Json:
        edit = self._resolved.edit
        changed = unlike(edit, self._now.beside(edit))
        if changed:
            body, what = written(edit, changed), f"edit {self._key}"
            with explained(self._client, self._now.screen, edit.written):
                self._client.send("PUT", issue_path(self._key, edit.api), body, what=what)
        elif edit.names:
            self._context.note(f"{self._key} has these values already; nothing was sent")
        return {"changed": list(changed), "asked": effect.intent.get("asked")}

    def is_set(self, effect: Effect) -> Json:
        """Return what an earlier edit changed if all of it is there now, else ``None``."""
        edit = self._resolved.edit
        present = self._now.read(",".join(edit.names), api=edit.api)
        if unlike(edit, members(present.get("fields"))):
            return None
        return {"changed": list(edit.names), "asked": effect.intent.get("asked")}

    def move_intent(self) -> Mapping[str, Json]:
        """Return what is journalled before the transition."""
        resolved = self._checked
        target = resolved.way.to if resolved.way is not None else self._now.status
        return {
            "issue": self._key,
            "from": self._now.status.id,
            "to": target.id,
            "asked": asked(resolved.move),
        }

    def move(self, effect: Effect) -> Json:
        """Make the transition, with the fields that only its screen takes."""
        return self._decided(self._move, effect)

    def _move(self, effect: Effect) -> Json:
        way, values = self._resolved.way, self._resolved.move
        if way is None:
            self._context.note(f"{self._key} is {self._now.status.name} already; nothing was sent")
            return {"status": self._now.status.name}
        body = {"transition": {"id": way.id}, **written(values, values.names)}
        with explained(self._client, way.screen, values.written):
            what = f"move {self._key} to {way.to.name}"
            path = f"{issue_path(self._key, values.api)}/transitions"
            self._client.send("POST", path, body, what=what)
        return {"status": way.to.name, "asked": effect.intent.get("asked")}

    def is_there(self, effect: Effect) -> Json:
        """Return the status if the issue is where an earlier try would have moved it."""
        now = Status.of(members(self._now.read("status").get("fields")).get("status"))
        if now.id != text(effect.intent.get("to")):
            return None
        return {"status": now.name, "asked": effect.intent.get("asked")}

    @property
    def _checked(self) -> _Resolved:
        """The change, once everything beside it was found to be possible too."""
        resolved = self._resolved
        self._also()
        return resolved

    @cached_property
    def _resolved(self) -> _Resolved:
        way = self._now.way(self._wanted, self._entries)
        fields = self._now.takes(way)
        note, client = self._context.note, self._client
        shaping = Shaping(Users(client, note), Sprints(client, lambda: self._now.project), note)
        resolution = Resolution(fields, shaping, ELSEWHERE)
        for entry in (*self._entries, *self._comments):
            if way is not None or not self._was_set_on_the_way(entry):
                resolution.add(entry)
        if way is not None:
            self._check_required(way, resolution)
        found = resolution.values(complete=False)
        edit, move = parted(found, {field.id for field in self._now.screen.fields})
        return _Resolved(edit, move, way)

    def _check_required(self, way: Transition, resolution: Resolution) -> None:
        absent = self._now.lacking(way, self._entries)
        if absent:
            resolution.fault(
                f"Required fields {{{', '.join(absent)}}} for the transition {way} of {self._key} "
                "are missing; add them to fields"
            )

    def _was_set_on_the_way(self, entry: FieldEntry) -> bool:
        """Whether an issue that has arrived already has a value that only the way could set."""
        if self._wanted is None or not self._now.has_off_screen(entry):
            return False
        self._context.note(f"{entry.name} is {entry.value} already")
        return True

    def _decided(self, write: Callable[[Effect], Json], effect: Effect) -> Json:
        """Write; where somebody else wrote at the same moment (409), read and decide again.

        Three times at most: what is wanted may be so by then, or possible no more.
        """
        tries = 1
        while True:
            try:
                return write(effect)
            except JiraRefused as refused:
                if refused.status != HTTPStatus.CONFLICT or tries == _TRIES:
                    raise
            tries += 1
            self._context.clock.wait(1.0)
            self._now = Present(self._client, self._key)
            vars(self).pop("_resolved", None)


def unlike(edit: Values, present: Mapping[str, Json]) -> list[str]:
    """Return the ids of the fields that have not what the edit would give them."""
    return sorted(
        [name for name, value in edit.values.items() if not _is_so(name, present.get(name), value)]
        + [
            name
            for name, change in edit.lists.items()
            if not holds(present.get(name), change.add, change.remove)
        ]
    )


def _is_so(name: str, current: Json, wanted: Json) -> bool:
    if name == "timetracking":
        return has_times(current, wanted)
    return has_already(current, wanted)


def written(values: Values, names: Sequence[str]) -> dict[str, Json]:
    """Return the ``fields`` and ``update`` of a request that writes the fields *names*."""
    verbs: dict[str, Json] = {n: values.lists[n].verbs for n in names if n in values.lists}
    verbs |= {name: [{"set": {"none": True}}] for name in names if name in values.unset}
    given = {name: values.values[name] for name in names if name in values.values}
    parts: dict[str, Json] = {
        "fields": {name: value for name, value in given.items() if name not in verbs},
        "update": verbs,
    }
    return {name: part for name, part in parts.items() if part}


def parted(found: Values, editable: set[str]) -> tuple[Values, Values]:
    """Return what an edit sets, and what only the transition can."""
    edit, move = Values(), Values()
    for name, entry in found.written.items():
        part = edit if name in editable else move
        part.written[name] = entry
        if name in found.lists:
            part.lists[name] = found.lists[name]
        else:
            part.values[name] = found.values[name]
        part.unset.update({name} & found.unset)
    return edit, move
