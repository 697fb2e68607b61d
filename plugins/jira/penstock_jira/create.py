"""``JiraCreate``: one issue, exactly once.

Jira has no idempotency key. So the issue carries a mark from its first moment, what was meant is
journalled before the request, and an outcome that nobody knows is looked for (a search by label,
then a walk along the project's keys) before anything is sent again.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from penstock.errors import OutcomeUnknown, StepFailed
from penstock.json_types import Json
from penstock.step import Effect, Headline, Outputs, StepContext
from penstock_jira.answer import members, text
from penstock_jira.around import IssueStep
from penstock_jira.comment import digest
from penstock_jira.connector import JiraConnector
from penstock_jira.errors import JiraRefused, JiraUnreachable, SignInRefused
from penstock_jira.extras import Extras, extra_lines
from penstock_jira.fields import Resolution, Values, with_parent
from penstock_jira.issue import fetch_issue, headline, shown
from penstock_jira.marker import label, properties
from penstock_jira.preview import entry_lines
from penstock_jira.readback import asked, report
from penstock_jira.refusal import explained
from penstock_jira.screens import CreateScreen, on_create_screen
from penstock_jira.search import found_by_label, highest_number, walk
from penstock_jira.shape import Shaping
from penstock_jira.spec import ProjectKey, Text, known
from penstock_jira.sprints import Sprints
from penstock_jira.users import Users

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["ELSEWHERE", "JiraCreate", "body_of", "fields_of"]

#: Seconds after a request in which an issue that it made may still not be visible.
SETTLE = 5.0
#: Names of no field, and what to do instead.
ELSEWHERE = {
    "project": "is set by projectKey",
    "issue type": "is set by issueType",
    "issuetype": "is set by issueType",
    "status": "is no field: a new issue starts in the first status; move it with a JiraUpdate "
    "step and transitionTo",
}


class JiraCreate(IssueStep):
    """Creates an issue and leaves it as the output ``issue``."""

    type: ClassVar[str] = "JiraCreate"
    connector_type: ClassVar[str | None] = "Jira"
    repeatable: ClassVar[bool] = True
    output_names: ClassVar[Collection[str] | None] = ("issue",)

    project_key: ProjectKey = Field(description="The project's key, such as REL.")
    issue_type: Text = Field(description="The name of the issue type, such as Change.")

    def run(self, context: StepContext) -> Outputs:
        """Create the issue, unless an earlier life of this step did, and read it back."""
        known(self.project_key)
        client = context.connector(self.connector_ref, JiraConnector).client(
            context.deadline, note=context.note
        )
        extras = Extras(self, client, context)
        draft = _Draft(self, client, context, extras)
        created = members(
            context.effects.once("create", intent=draft.intent, do=draft.post, look=draft.look)
        )
        key = text(created.get("key"))
        extras.write(key, extras.check)
        issue = fetch_issue(client, key)
        report(client, context, issue, [created.get("asked")], fail=self.on_mismatch == "fail")
        return {"issue": shown(client, issue)}

    def headline(self, outputs: Outputs) -> Headline | None:
        """Return the new issue's key and address."""
        return headline(outputs)

    def preview(self) -> tuple[str, ...]:
        """Return the request and its fields, a line each."""
        first = f"POST /rest/api/2/issue  project {self.project_key}, issue type {self.issue_type}"
        made = extra_lines(self, "/rest/api/2/issue/(its key)")
        return (first, *entry_lines(self.fields), *made)


class _Draft:
    """The issue that a step is about to create."""

    def __init__(
        self, step: JiraCreate, client: "JiraClient", context: StepContext, extras: Extras
    ) -> None:
        self._step, self._client, self._context = step, client, context
        self._extras = extras
        self._sent: datetime | None = None

    @cached_property
    def _resolved(self) -> tuple[CreateScreen, Values]:
        """The screen and what the fields come to: all the reading there is, every fault found."""
        step, note = self._step, self._context.note
        return on_create_screen(self._client, step.project_key, step.issue_type, self._on, note)

    def _on(self, screen: CreateScreen, note: Callable[[str], None]) -> Values:
        sprints = Sprints(self._client, lambda: self._step.project_key)
        shaping = Shaping(Users(self._client, note), sprints, note)
        resolution = Resolution(with_parent(screen), shaping, ELSEWHERE, new=True)
        for entry in self._step.fields:
            resolution.add(entry)
        return resolution.values(complete=True)

    @property
    def _screen(self) -> CreateScreen:
        return self._resolved[0]

    @property
    def _values(self) -> Values:
        return self._resolved[1]

    def _fields(self) -> dict[str, Json]:
        return fields_of(self._step.project_key, self._screen, self._values)

    def intent(self) -> dict[str, Json]:
        """Return what is journalled before the request: enough to find its issue again."""
        body = digest(json.dumps(self._fields(), sort_keys=True))
        self._extras.check()
        return {
            "project": self._step.project_key,
            "body": body,
            "labelled": self._screen.get("labels") is not None,
            "highest": self._highest(),
            "asked": asked(self._values),
        }

    def _highest(self) -> int | None:
        """Return the project's highest issue number, or ``None`` if Jira will not search."""
        try:
            return highest_number(self._client, self._step.project_key)
        except SignInRefused:
            raise
        except (JiraRefused, JiraUnreachable) as failure:
            self._context.note(f"the newest issue is not known: {failure.message}")
            return None

    def post(self, effect: Effect) -> Json:
        """Send the one request; raise ``OutcomeUnknown`` for an answer that proves nothing."""
        labelled = effect.intent.get("labelled") is True
        body = body_of(self._fields(), effect, self._context, labelled=labelled)
        what = f"create an issue in {self._step.project_key}"
        self._sent = self._context.clock.now()
        with explained(self._screen, self._values.written), self._doubted():
            answer = members(self._client.send("POST", "/rest/api/2/issue", body, what=what))
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
            step = self._step
            self._client.account.screens.forget((step.project_key, step.issue_type))
            raise

    def look(self, effect: Effect) -> Json:
        """Return the issue that an earlier try left; look again until it would be visible."""
        clock = self._context.clock
        latest = max(effect.begun, self._sent or effect.begun)
        left = SETTLE - (clock.now() - latest).total_seconds()
        end = clock.monotonic() + min(SETTLE, left)
        while True:
            found = self._look_once(effect)
            if found is not None:
                key = text(members(found).get("key"))
                self._context.note(f"{key} was created by an earlier try, and is taken over")
                return {**members(found), "asked": effect.intent.get("asked")}
            if clock.monotonic() >= end:
                return None
            clock.wait(1.0)

    def _look_once(self, effect: Effect) -> Json:
        project = text(effect.intent.get("project"))
        labelled = effect.intent.get("labelled") is True
        highest = effect.intent.get("highest")
        if labelled:
            found = found_by_label(self._client, project, label(effect.marker))
            if len(found) > 1:
                keys = ", ".join(text(members(issue).get("key")) for issue in found)
                self._context.note(f"several issues carry this step's label: {keys}")
            if found:
                return found[0]
        if isinstance(highest, int):
            return walk(self._client, project, highest, effect.marker)
        if not labelled:
            raise StepFailed(
                f"nobody knows whether an issue was created in {project}, and it cannot be found: "
                "labels are not on the create screen, and Jira would not search",
                hint=f"look for the newest issue of {project} before you run this again",
            )
        return None


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
    return {"fields": marked, "properties": properties(effect, context)}
