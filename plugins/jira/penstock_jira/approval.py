"""``JiraApproval``: waits until an issue meets its approval criteria, or its rejection criteria.

What is unknown never approves: a field that is not there, an empty one, a value of another type.
Rejection is judged first, and wins when both hold.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, field_validator

from penstock.duration import Duration, format_duration
from penstock.json_types import Json
from penstock.step import Gate, Headline, Outputs, StepContext
from penstock.verdict import Condition, Verdict, VerdictStatus
from penstock.watch import Snapshot, Watch
from penstock_jira.answer import as_list, members, text
from penstock_jira.connector import JiraConnector
from penstock_jira.criteria import Criteria, judge, plain_values
from penstock_jira.issue import headline
from penstock_jira.reasons import as_json, decisive, met, unmet
from penstock_jira.spec import DelegateSelectors, IssueKey, Text, known

__all__ = ["JiraApproval"]

_FACTS = {
    "key": "key",
    "id": "id",
    "url": "url",
    "Status": "status",
    "Issue Type": "issuetype",
    "Project Key": "project",
}
#: Harness: seconds between two looks, and the fewest there may be.
_INTERVAL, _SHORTEST = 60.0, 10.0


def _not_too_often(seconds: float) -> float:
    if seconds < _SHORTEST:
        raise ValueError("retry interval field for Jira approval cannot be less than 10s")
    return seconds


class JiraApproval(Gate):
    """Waits for an issue. Leaves ``issue``, and who approved and when, as outputs."""

    type: ClassVar[str] = "JiraApproval"
    connector_type: ClassVar[str | None] = "Jira"
    deferred: ClassVar[Mapping[str, str]] = {
        "approvalCriteria.spec.expression": "issue",
        "rejectionCriteria.spec.expression": "issue",
    }

    connector_ref: Text = Field(description="The Jira connector: jira, org.jira or account.jira.")
    issue_key: IssueKey = Field(description="The issue's key, such as REL-12.")
    approval_criteria: Criteria = Field(description="What approves.")
    rejection_criteria: Criteria | None = Field(None, description="What rejects, if anything.")
    retry_interval: Annotated[Duration, AfterValidator(_not_too_often)] = Field(
        _INTERVAL, description="Time between two looks; at least 10s."
    )
    project_key: Text | None = Field(None, description="Fails if the issue is in another project.")
    issue_type: Text | None = Field(None, description="Fails if the issue is of another type.")
    delegate_selectors: DelegateSelectors = Field((), description="Harness's; has no effect.")

    @field_validator("approval_criteria")
    @classmethod
    def _approves_by_something(cls, criteria: Criteria) -> Criteria:
        """Harness: an approval needs a condition; a rejection without one never happens."""
        if criteria.lack is not None:
            raise ValueError(f"{criteria.lack}: approvalCriteria must say what approves")
        return criteria

    @property
    def _rejection(self) -> Criteria | None:
        criteria = self.rejection_criteria
        return criteria if criteria is not None and criteria.lack is None else None

    def watch(self, context: StepContext) -> Watch:
        """Return the issue and the fields that the criteria name."""
        connector = context.connector(self.connector_ref, JiraConnector)
        key, rejection = known(self.issue_key), self._rejection
        left = context.seconds_left()
        if left < self.retry_interval:
            context.note(
                f"retryInterval ({format_duration(self.retry_interval)}) is longer than the time "
                f"left ({format_duration(left)}): the issue is looked at now, and when the time is "
                "over; shorten it, or raise timeout"
            )
        names = [*self.approval_criteria.names, *(rejection.names if rejection else ())]
        return Watch(
            self.connector_ref,
            key,
            tuple(dict.fromkeys(names)),
            self.retry_interval,
            connector.browse(key),
        )

    def judge(self, snapshot: Snapshot) -> Verdict:
        """Judge the issue as it was seen: failed, rejected, approved, or still waiting."""
        content = snapshot.content
        fault = self._guarded(content) or _unknown(content)
        if fault is not None:
            return Verdict(VerdictStatus.FAILED, fault)
        approval = judge(self.approval_criteria, content, snapshot.at)
        rejection = judge(self._rejection, content, snapshot.at) if self._rejection else None
        if rejection is not None and rejection.truth is True:
            reason = met(rejection)
            if approval.truth is True:
                reason += "; the approval criteria hold as well, and rejection goes first"
            return _decided(VerdictStatus.REJECTED, reason, approval, rejection, content)
        if approval.truth is True:
            return _decided(VerdictStatus.APPROVED, met(approval), approval, rejection, content)
        reason = unmet(approval)
        if "moved_from" in content:
            reason += f"; {text(content['moved_from'])} is {text(content.get('key'))} now"
        return Verdict(VerdictStatus.WAITING, reason, approval, rejection)

    def headline(self, outputs: Outputs) -> Headline | None:
        """Return the issue's key and address."""
        return headline(outputs)

    def preview(self) -> tuple[str, ...]:
        """Return what is looked at, and how often."""
        rejection = self._rejection
        return (
            f"GET /rest/api/2/issue/{self.issue_key}  every {self.retry_interval:g} s",
            f"  approves by {', '.join(self.approval_criteria.names)}",
            f"  rejects by {', '.join(rejection.names) if rejection else 'nothing'}",
        )

    def _guarded(self, content: Mapping[str, Json]) -> str | None:
        """Return why this is not the issue that was meant (Harness's words), or ``None``."""
        project, kind = text(content.get("project")), text(content.get("issuetype"))
        if self.project_key and self.project_key != project:
            return (
                f"Invalid project key. Execution sent: {self.project_key}. "
                f"Parsed from issue: {project}"
            )
        if self.issue_type and self.issue_type != kind:
            return (
                f"Invalid issue type. Execution sent: {self.issue_type}. Parsed from issue: {kind}"
            )
        return None


def _unknown(content: Mapping[str, Json]) -> str | None:
    """Return which names of the criteria mean no field, or several, with what was meant."""
    faults = []
    for name, near in members(content.get("unknown")).items():
        meant = [text(item) for item in as_list(near, "suggest a field")]
        advice = f"did you mean {' or '.join(meant)}?" if meant else "see the fields in Jira"
        faults.append(f"Jira has no field called {name!r}; {advice}")
    for name, listed in members(content.get("ambiguous")).items():
        faults.append(f"several fields are called {name!r}: {text(listed)}; write the id")
    return "; ".join(faults) or None


def _decided(
    status: VerdictStatus,
    reason: str,
    approval: Condition,
    rejection: Condition | None,
    content: Mapping[str, Json],
) -> Verdict:
    """Return the verdict with what later steps may read: the issue, who decided, and when."""
    approved = status is VerdictStatus.APPROVED
    condition = approval if approved or rejection is None else rejection
    at, by = decisive(condition)
    word = "approved" if approved else "rejected"
    decision: dict[str, Json] = {f"{word}_by": by, f"{word}_at": at}
    outputs: dict[str, Json] = {
        "issue": _issue(content),
        "output": {**decision, "verdict": as_json(condition)},
        **decision,
    }
    decided = datetime.fromisoformat(at) if at is not None else None
    return Verdict(status, reason, approval, rejection, decided, outputs)


def _issue(content: Mapping[str, Json]) -> dict[str, Json]:
    """Return what was seen of the issue, by the names of the criteria."""
    found = {name: content.get(member) for name, member in _FACTS.items()}
    found.update(dict.fromkeys(members(content.get("absent"))))
    return {**found, **plain_values(content)}
