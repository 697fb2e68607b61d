"""The issue that ``JiraCreate`` is about to create: what is sent, and how it is found again."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from penstock.errors import OutcomeUnknown
from penstock.json_types import Json
from penstock.step import Effect, StepContext
from penstock_jira.answer import members, text
from penstock_jira.comment import digest
from penstock_jira.errors import JiraRefused, JiraUnreachable, SignInRefused
from penstock_jira.extras import Extras
from penstock_jira.fields import Resolution, with_parent
from penstock_jira.marker import label, properties
from penstock_jira.own_issues import OwnIssues
from penstock_jira.readback import asked
from penstock_jira.refusal import explained
from penstock_jira.reuse import Reuse, newest_ids
from penstock_jira.screens import CreateScreen, on_create_screen
from penstock_jira.search import highest_number
from penstock_jira.shape import Shaping
from penstock_jira.spec import FieldEntry
from penstock_jira.sprints import Sprints
from penstock_jira.users import Users
from penstock_jira.values import Values

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["ELSEWHERE", "Draft", "body_of", "fields_of"]

#: Names of no field, and what to do instead.
ELSEWHERE = {
    "project": "is set by projectKey",
    "issue type": "is set by issueType",
    "issuetype": "is set by issueType",
    "status": "is no field: a new issue starts in the first status; move it with a JiraUpdate "
    "step and transitionTo",
}


class Draft:
    """An issue of a project and a type, with the fields of a step."""

    def __init__(
        self,
        client: "JiraClient",
        context: StepContext,
        extras: Extras,
        *,
        project: str,
        issue_type: str,
        entries: Sequence[FieldEntry],
        reuse: Reuse | None,
    ) -> None:
        """Take what is created, what is hung on it, and what may be taken instead of it.

        Nothing is read yet.
        """
        self._client, self._context, self._extras = client, context, extras
        self._project, self._issue_type, self._entries = project, issue_type, entries
        self._reuse = reuse
        self._own: OwnIssues | None = None

    @cached_property
    def _resolved(self) -> tuple[CreateScreen, Values]:
        """The screen and what the fields come to: all the reading there is, every fault found."""
        return on_create_screen(
            self._client, self._project, self._issue_type, self._on, self._context.note
        )

    def _on(self, screen: CreateScreen, note: Callable[[str], None]) -> Values:
        sprints = Sprints(self._client, lambda: self._project)
        shaping = Shaping(Users(self._client, note), sprints, note)
        resolution = Resolution(with_parent(screen), shaping, ELSEWHERE, new=True)
        for entry in self._entries:
            resolution.add(entry)
        return resolution.values(complete=True)

    @property
    def _screen(self) -> CreateScreen:
        return self._resolved[0]

    @property
    def _values(self) -> Values:
        return self._resolved[1]

    def _fields(self) -> dict[str, Json]:
        return fields_of(self._project, self._screen, self._values)

    def intent(self) -> dict[str, Json]:
        """Return what is journalled before the request: enough to find its issue again.

        Or which issue is taken instead, in which case there is no request.
        """
        taken = self._taken()
        if taken is not None:
            return {"reused": taken}
        body = _hash(self._fields())
        self._extras.check()
        return {
            "project": self._project,
            "body": body,
            "labelled": self._screen.get("labels") is not None,
            "highest": self._highest,
            "account": self._client.signed_in_as,
            "asked": asked(self._values),
        }

    def _taken(self) -> Mapping[str, Json] | None:
        """Return the issue that is there already, if one is wanted and there is."""
        if self._reuse is None:
            return None
        fresh = newest_ids(self._client, self._project, self._highest)
        found = self._reuse.find(self._client, fresh)
        if found is None:
            return None
        self._context.note(
            f"{found['key']} is there already, by reuse.jql: it is taken as it is, and nothing is "
            "created"
        )
        return {"id": found["id"], "key": found["key"]}

    @cached_property
    def _highest(self) -> int | None:
        """Return the project's highest issue number, or ``None`` if Jira will not search."""
        try:
            return highest_number(self._client, self._project)
        except SignInRefused:
            raise
        except (JiraRefused, JiraUnreachable) as failure:
            self._context.note(f"the newest issue is not known: {failure.message}")
            return None

    def post(self, effect: Effect) -> Json:
        """Send the one request; raise ``OutcomeUnknown`` for an answer that proves nothing."""
        if effect.intent.get("reused"):
            return effect.intent
        labelled = effect.intent.get("labelled") is True
        body = body_of(self._fields(), effect, self._context, labelled=labelled)
        what = f"create an issue in {self._project}"
        with explained(self._client, self._screen, self._values.written), self._doubted():
            path = f"/rest/api/{self._values.api}/issue"
            answer = members(self._client.send("POST", path, body, what=what))
        created = {name: text(answer.get(name)) for name in ("id", "key")}
        if not all(created.values()):
            raise OutcomeUnknown(f"Jira was asked to {what} and gave back no key")
        return {**created, "asked": effect.intent.get("asked")}

    @contextmanager
    def _doubted(self) -> Iterator[None]:
        """Read the screen afresh the next time, if Jira refuses what fits the one we know."""
        try:
            yield
        except JiraRefused:
            self._client.account.screens.forget((self._project, self._issue_type))
            raise

    def look(self, effect: Effect) -> Json:
        """Return the issue that an earlier try left, if one is to be found now."""
        if effect.intent.get("reused"):
            return effect.intent
        self._own = self._own or OwnIssues(self._client, effect, self._context.note)
        found = self._own.first()
        if found is None:
            return None
        key = text(found.get("key"))
        self._context.note(f"{key} was created by an earlier try, and is taken over")
        sent = text(found.get("body"))
        if sent and sent != text(effect.intent.get("body")):
            self._context.note(f"{key} was sent other fields than this step began with; see them")
        return {"id": found.get("id"), "key": key, "asked": effect.intent.get("asked")}


def fields_of(project: str, screen: CreateScreen, values: Values) -> dict[str, Json]:
    """Return the ``fields`` of a create request, before the issue's mark is among the labels."""
    return {"project": {"key": project}, "issuetype": {"id": screen.issue_type}, **values.values}


def body_of(
    fields: Mapping[str, Json], effect: Effect, context: StepContext, *, labelled: bool
) -> dict[str, Json]:
    """Return the body of a create request, with the marks by which its issue is found again."""
    marked = dict(fields)
    if labelled:
        given = marked.get("labels")
        labels = list(given) if isinstance(given, (list, tuple)) else []
        marked["labels"] = [*labels, label(effect.marker)]
    return {"fields": marked, "properties": properties(effect, context, body=_hash(fields))}


def _hash(fields: Mapping[str, Json]) -> str:
    return digest(json.dumps(fields, sort_keys=True))
