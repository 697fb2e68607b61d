"""``JiraUpdate``: fields, a comment and a transition of one issue, each once.

Everything is read and resolved before the first write, so that a transition that cannot be made
leaves the fields and the comments as they were.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import BeforeValidator, Field, model_validator

from penstock.inspection import Inspection
from penstock.step import Headline, Outputs, StepContext
from penstock_jira.answer import members
from penstock_jira.apart import told_apart
from penstock_jira.around import IssueStep
from penstock_jira.change import Change
from penstock_jira.connector import JiraConnector
from penstock_jira.extras import Extras, extra_lines
from penstock_jira.fields import is_comment
from penstock_jira.issue import fetch_issue, headline, shown, trimmed
from penstock_jira.preview import entry_lines
from penstock_jira.readback import report
from penstock_jira.spec import IssueKey, Spec, known, scalar_text
from penstock_jira.transitions import Wanted

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["JiraUpdate", "TransitionTo"]


class TransitionTo(Spec):
    """Where an issue is moved: by target status, by transition, or by both."""

    status: str = Field("", description="The target status; letter case does not matter.")
    transition_name: str | None = Field(
        None, description="The transition, where several lead there; its id will do. May be empty."
    )
    id: Annotated[str | None, BeforeValidator(scalar_text)] = Field(
        None, description="The transition's id, instead of its name."
    )

    @model_validator(mode="after")
    def _is_named_once(self) -> Self:
        if (self.id or "").strip() and (self.transition_name or "").strip():
            raise ValueError("id stands beside transitionName; keep one of them")
        return self

    @property
    def wanted(self) -> Wanted | None:
        """What is asked for, or ``None`` if nothing is."""
        status, name = self.status.strip(), (self.id or self.transition_name or "").strip()
        return Wanted(status or None, name or None) if status or name else None


class JiraUpdate(IssueStep):
    """Changes an issue and leaves it as the output ``issue``; without a change, only reads it."""

    type: ClassVar[str] = "JiraUpdate"
    connector_type: ClassVar[str | None] = "Jira"
    repeatable: ClassVar[bool] = True
    output_names: ClassVar[Collection[str] | None] = ("issue",)

    issue_key: IssueKey = Field(description="The issue's key, such as REL-12.")
    transition_to: TransitionTo | None = Field(None, description="Where the issue is moved.")
    project_key: str | None = Field(None, description="Harness's; for its editor only.")
    issue_type: str | None = Field(None, description="Harness's; for its editor only.")

    @property
    def wanted(self) -> Wanted | None:
        """The transition that is asked for."""
        return self.transition_to.wanted if self.transition_to is not None else None

    def run(self, context: StepContext) -> Outputs:
        """Make each part of the change that an earlier life of this step has not made."""
        key = known(self.issue_key)
        connector = context.connector(self.connector_ref, JiraConnector)
        client = connector.client(context.deadline, note=context.note)
        with told_apart(client, key):
            return self._update(context, client, key, connector.settle_time)

    def _update(
        self, context: StepContext, client: "JiraClient", key: str, settle: float
    ) -> Outputs:
        extras = Extras(self, client, context, settle)
        change = Change(client, context, key, self.fields, self.wanted, also=extras.check)
        effects, results = context.effects, []
        if any(not is_comment(entry) for entry in self.fields):
            results.append(
                effects.once(
                    "fields", intent=change.fields_intent, do=change.put, look=change.is_set
                )
            )
        extras.write(key, change.check)
        if self.wanted is not None:
            results.append(
                effects.once(
                    "transition", intent=change.move_intent, do=change.move, look=change.is_there
                )
            )
        # What was read is what is there, as long as nothing was sent.
        before = change.seen if not client.written else None
        issue = trimmed(before) if before is not None else fetch_issue(client, key)
        told = [members(result).get("asked") for result in results]
        report(client, context, issue, told, fail=self.on_mismatch == "fail")
        return {"issue": shown(client, issue)}

    def headline(self, outputs: Outputs) -> Headline | None:
        """Return the issue's key and address."""
        return headline(outputs)

    def inspect(self, context: StepContext) -> Inspection:
        """Hold the step against Jira, reads only."""
        from penstock_jira.inspection.update import inspect_update

        return inspect_update(self, context)

    def preview(self) -> tuple[str, ...]:
        """Return the requests and their fields, a line each."""
        path = f"/rest/api/2/issue/{self.issue_key}"
        entries = [entry for entry in self.fields if not is_comment(entry)]
        comments = [entry for entry in self.fields if is_comment(entry)]
        lines = [f"PUT {path}", *entry_lines(entries)] if entries else []
        lines += [f"POST {path}/comment", *entry_lines(comments)] if comments else []
        lines += extra_lines(self, path)
        if self.wanted is not None:
            by = f", by {self.wanted.name}" if self.wanted.name else ""
            lines.append(f"POST {path}/transitions  to {self.wanted.status or 'its target'}{by}")
        return tuple(lines)
