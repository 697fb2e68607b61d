"""``JiraCreate``: one issue, exactly once.

Jira has no idempotency key. So the issue carries a mark from its first moment, what was meant is
journalled before the request, and an outcome that nobody knows is looked for (a search by label,
then a walk along the project's keys) until it can no longer come true, before anything is sent
again. Once more, late, it is looked for duplicates.
"""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from penstock.inspection import Inspection
from penstock.json_types import Json
from penstock.step import Doubt, Effect, Headline, Outputs, Quote, StepContext
from penstock_jira.answer import members, text
from penstock_jira.apart import told_apart
from penstock_jira.around import IssueStep
from penstock_jira.connector import JiraConnector
from penstock_jira.draft import Draft
from penstock_jira.duplicates import Duplicates
from penstock_jira.extras import Extras, extra_lines
from penstock_jira.issue import fetch_issue, headline, shown
from penstock_jira.jql import written_into
from penstock_jira.own_issues import advice
from penstock_jira.preview import entry_lines
from penstock_jira.readback import report
from penstock_jira.reuse import Reuse
from penstock_jira.spec import ProjectKey, Text, known

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["JiraCreate"]

#: How often the request is sent at most, by ``onUnknown``.
_TRIES = {"retry": 3, "fail": 1}


class JiraCreate(IssueStep):
    """Creates an issue and leaves it as the output ``issue``; ``created``: it was not there."""

    type: ClassVar[str] = "JiraCreate"
    connector_type: ClassVar[str | None] = "Jira"
    repeatable: ClassVar[bool] = True
    output_names: ClassVar[Collection[str] | None] = ("issue", "created")
    quoting: ClassVar[Mapping[str, Quote]] = {"reuse.jql": written_into}

    project_key: ProjectKey = Field(description="The project's key, such as REL.")
    issue_type: Text = Field(description="The name of the issue type, such as Change.")
    on_unknown: Literal["retry", "fail"] = Field(
        "retry",
        description="What follows when nobody knows whether the issue was created, and it is not "
        "found: the request again, at most three times, or a failed step (not Harness's).",
    )

    reuse: Reuse | None = Field(
        None, description="Which issue is taken instead, if there is one (not Harness's)."
    )

    def run(self, context: StepContext) -> Outputs:
        """Create the issue, unless it is there or an earlier life did, and read it back."""
        known(self.project_key)
        connector = context.connector(self.connector_ref, JiraConnector)
        client = connector.client(context.deadline, note=context.note)
        with told_apart(client, self.project_key):
            return self._create(context, client, connector.settle_time)

    def _create(self, context: StepContext, client: "JiraClient", settle: float) -> Outputs:
        extras = Extras(self, client, context, settle)
        draft = Draft(
            client,
            context,
            extras,
            project=self.project_key,
            issue_type=self.issue_type,
            entries=self.fields,
            reuse=self.reuse,
        )
        doubt = Doubt(settle, _TRIES[self.on_unknown], again=True, advice=advice)
        created = members(
            context.effects.once(
                "create", intent=draft.intent, do=draft.post, look=draft.look, doubt=doubt
            )
        )
        reused = members(created.get("reused"))
        if reused:
            issue = fetch_issue(client, text(reused.get("id")))
            return {"issue": shown(client, issue), "created": False}
        key = text(created.get("key"))
        extras.write(key, extras.check)
        issue = fetch_issue(client, key, text(created.get("id")))
        report(client, context, issue, [created.get("asked")], fail=self.on_mismatch == "fail")
        return {"issue": shown(client, issue), "created": True}

    def look_again(self, context: StepContext, effect: Effect, result: Json) -> None:
        """Report issues that a request made after it was given up."""
        if effect.intent.get("reused"):
            return
        connector = context.connector(self.connector_ref, JiraConnector)
        client = connector.client(context.deadline, note=context.note)
        Duplicates(client, context, effect, result).report(connector.settle_time)

    def headline(self, outputs: Outputs) -> Headline | None:
        """Return the new issue's key and address."""
        return headline(outputs)

    def inspect(self, context: StepContext) -> Inspection:
        """Hold the step against Jira, reads only."""
        from penstock_jira.inspection.create import inspect_create

        return inspect_create(self, context)

    def preview(self) -> tuple[str, ...]:
        """Return the request and its fields, a line each."""
        first = f"POST /rest/api/2/issue  project {self.project_key}, issue type {self.issue_type}"
        made = extra_lines(self, "/rest/api/2/issue/(its key)")
        return (*self._preview_of_reuse(), first, *entry_lines(self.fields), *made)

    def _preview_of_reuse(self) -> tuple[str, ...]:
        if self.reuse is None:
            return ()
        several = (
            "fails" if self.reuse.on_several == "fail" else f"takes the {self.reuse.on_several}"
        )
        return (
            f"search  {self.reuse.jql}",
            f"  takes the issue that it finds; of several {several}; of none:",
        )
