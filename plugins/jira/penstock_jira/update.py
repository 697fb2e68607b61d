"""``JiraUpdate``: fields, a comment and a transition of one issue, each once.

Everything is read and resolved before the first write, so that a transition that cannot be made
leaves the fields and the comments as they were.
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from penstock.json_types import Json
from penstock.step import Headline, Outputs, Step, StepContext
from penstock_jira.change import Change
from penstock_jira.comment import Comment
from penstock_jira.connector import JiraConnector
from penstock_jira.fields import comment_of, is_comment
from penstock_jira.issue import headline, read_issue
from penstock_jira.preview import entry_lines
from penstock_jira.spec import DelegateSelectors, FieldEntries, IssueKey, Spec, Text, known
from penstock_jira.transitions import Wanted

__all__ = ["JiraUpdate", "TransitionTo"]


class TransitionTo(Spec):
    """Where an issue is moved: by target status, by transition, or by both."""

    status: str = Field("", description="The target status; letter case does not matter.")
    transition_name: str | None = Field(
        None, description="The transition, where several lead there; its id will do. May be empty."
    )

    @property
    def wanted(self) -> Wanted | None:
        """What is asked for, or ``None`` if nothing is."""
        status, name = self.status.strip(), (self.transition_name or "").strip()
        return Wanted(status or None, name or None) if status or name else None


class JiraUpdate(Step):
    """Changes an issue and leaves it as the output ``issue``; without a change, only reads it."""

    type: ClassVar[str] = "JiraUpdate"
    connector_type: ClassVar[str | None] = "Jira"
    repeatable: ClassVar[bool] = True

    connector_ref: Text = Field(description="The Jira connector: jira, org.jira or account.jira.")
    issue_key: IssueKey = Field(description="The issue's key, such as REL-12.")
    transition_to: TransitionTo | None = Field(None, description="Where the issue is moved.")
    fields: FieldEntries = Field((), description="What to set; Comment adds a comment.")
    project_key: str | None = Field(None, description="Harness's; for its editor only.")
    issue_type: str | None = Field(None, description="Harness's; for its editor only.")
    delegate_selectors: DelegateSelectors = Field((), description="Harness's; has no effect.")

    @property
    def wanted(self) -> Wanted | None:
        """The transition that is asked for."""
        return self.transition_to.wanted if self.transition_to is not None else None

    def run(self, context: StepContext) -> Outputs:
        """Make each part of the change that an earlier life of this step has not made."""
        key = known(self.issue_key)
        client = context.connector(self.connector_ref, JiraConnector).client(context.deadline)
        comment = comment_of(self.fields)
        change = Change(client, context, key, self.fields, self.wanted)
        effects = context.effects
        if any(not is_comment(entry) for entry in self.fields):
            effects.once("fields", intent=change.fields_intent, do=change.put, look=change.is_set)
        if comment is not None:
            said = Comment(client, context, key, comment)

            def intent() -> Mapping[str, Json]:
                change.check()
                return said.intent()

            effects.once("comment", intent=intent, do=said.post, look=said.look)
        if self.wanted is not None:
            effects.once(
                "transition", intent=change.move_intent, do=change.move, look=change.is_there
            )
        return {"issue": read_issue(client, key)}

    def headline(self, outputs: Outputs) -> Headline | None:
        """Return the issue's key and address."""
        return headline(outputs)

    def preview(self) -> tuple[str, ...]:
        """Return the requests and their fields, a line each."""
        path = f"/rest/api/2/issue/{self.issue_key}"
        entries = [entry for entry in self.fields if not is_comment(entry)]
        comments = [entry for entry in self.fields if is_comment(entry)]
        lines = [f"PUT {path}", *entry_lines(entries)] if entries else []
        lines += [f"POST {path}/comment", *entry_lines(comments)] if comments else []
        if self.wanted is not None:
            by = f", by {self.wanted.name}" if self.wanted.name else ""
            lines.append(f"POST {path}/transitions  to {self.wanted.status or 'its target'}{by}")
        return tuple(lines)
