"""``JiraApproval``: waits until an issue meets its approval criteria, or its rejection criteria.

What is unknown never approves: a field that is not there, an empty one, a value of another type.
Rejection is judged first, and wins when both hold.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from penstock.duration import Duration, format_duration
from penstock.expressions import has_expression
from penstock.inspection import Inspection
from penstock.json_types import Json
from penstock.step import Connectors, Gate, Headline, Outputs, StepContext
from penstock.verdict import Combination, Condition, Verdict, VerdictStatus
from penstock.watch import Snapshot, Watch
from penstock_jira.answer import members, text
from penstock_jira.approvers import Approvers
from penstock_jira.conditions import combined
from penstock_jira.connector import JiraConnector
from penstock_jira.criteria import Criteria, judge, statuses_in, wanted_names
from penstock_jira.evidence import evidence
from penstock_jira.history import IssueHistory, Wanted
from penstock_jira.issue import headline
from penstock_jira.mistaken import is_first_look, missing, nameless, wrong_issue
from penstock_jira.outcome import decided, kept
from penstock_jira.reasons import met, unmet
from penstock_jira.repeal import spells
from penstock_jira.spec import DelegateSelectors, IssueKey, Text, known
from penstock_jira.standing import held, holds_from, newer
from penstock_jira.statuses import NAMES, by_first_name, first_names, warnings

__all__ = ["JiraApproval"]

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
    output_names: ClassVar[Collection[str] | None] = (
        *("issue", "output", "approved_by", "approved_at", "rejected_by", "rejected_at"),
    )
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
    approvers: Approvers | None = Field(
        None, description="Whose approval counts, and how many it takes (not Harness's)."
    )
    hold_for: Duration | None = Field(
        None, description="How long it must have been approved (not Harness's)."
    )
    allow_existing: bool = Field(
        default=True,
        description="Whether an approval older than the gate counts (not Harness's).",
    )

    @model_validator(mode="after")
    def _has_enough_fields(self) -> Self:
        """A field has one last change, so that it is approved by one person."""
        count = self.approvers.minimum_count if self.approvers is not None else 1
        names = self.approval_criteria.names
        if count > max(1, len(names)):
            raise ValueError(
                f"approvers.minimumCount is {count}, and approvalCriteria look at "
                f"{', '.join(names)} only: each person must change a field of their own"
            )
        return self

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
        key = known(self.issue_key)
        left = context.seconds_left()
        if left < self.retry_interval:
            context.note(
                f"retryInterval ({format_duration(self.retry_interval)}) is longer than the time "
                f"left ({format_duration(left)}): the issue is looked at now, and when the time is "
                "over; shorten it, or raise timeout"
            )
        return Watch(
            self.connector_ref,
            key,
            self._names,
            self.retry_interval,
            connector.browse(key),
        )

    @classmethod
    def present_only(cls) -> Collection[str]:
        """Return the keys that say which issue it is: the past of others needs none."""
        return ("issueKey", "projectKey", "issueType")

    def history(self, connectors: Connectors, query: str) -> IssueHistory:
        """Return the past of the issues that *query* (JQL) finds, as this gate would see it."""
        connector = connectors.resolve(self.connector_ref, JiraConnector)
        every = [one for one in (self.approval_criteria, self._rejection) if one is not None]
        wanted = Wanted(self._names, self.judge, self.asks(), wanted_names(*every), self.hold_for)
        return IssueHistory(connector, query, wanted)

    @property
    def _guards(self) -> tuple[str | None, str | None]:
        """The project and the type that are meant; one that only a run would tell is none."""
        project, kind = (
            None if name and has_expression(name) else name
            for name in (self.project_key, self.issue_type)
        )
        return project, kind

    @property
    def _names(self) -> tuple[str, ...]:
        """The fields that the criteria look at, each once."""
        rejection = self._rejection
        names = [*self.approval_criteria.names, *(rejection.names if rejection else ())]
        return tuple(dict.fromkeys(names))

    def asks(self) -> Mapping[str, Json]:
        """Return what is to be found out beside the fields: of people, and of statuses."""
        people = self.approvers.asks if self.approvers is not None else {}
        return {**people, "statuses": True} if set(self._names) & set(NAMES) else people

    def judge(self, snapshot: Snapshot) -> Verdict:
        """Judge the issue as it was seen: failed, rejected, approved, or still waiting."""
        verdict = self._judged(Snapshot(snapshot.at, by_first_name(snapshot.content)))
        return replace(verdict, evidence=evidence(snapshot.content, snapshot.at))

    def _judged(self, snapshot: Snapshot) -> Verdict:
        content = snapshot.content
        fault = missing(content) or wrong_issue(content, *self._guards)
        if is_first_look(content):
            fault = fault or nameless(content)
        if fault is not None:
            return Verdict(VerdictStatus.FAILED, fault)
        criteria = judge(self.approval_criteria, content, snapshot.at)
        start = holds_from(criteria, content, snapshot.at)
        own = self._own(criteria, content, start, snapshot.at)
        approval = combined((criteria, *own), Combination.ALL) if own else criteria
        rejected, rejection = self._rejected(approval, content, snapshot.at)
        if rejected is not None:
            return rejected
        if approval.truth is True:
            found = Verdict(VerdictStatus.APPROVED, met(criteria), approval, rejection)
            return self._after_the_hold(decided(found, criteria, content), start)
        reason = "; ".join([_waits_for(criteria, own), *self._remarks(criteria, content)])
        statuses = first_names(self._mentioned(content), content)
        left = kept(content, statuses, start if criteria.truth is True else None)
        return Verdict(VerdictStatus.WAITING, reason, approval, rejection, None, left)

    def _rejected(
        self, approval: Condition, content: Mapping[str, Json], at: datetime
    ) -> tuple[Verdict | None, Condition | None]:
        """Return the rejection, if it is one, and the tree of the rejection criteria."""
        if self._rejection is None:
            return None, None
        now = judge(self._rejection, content, at)
        if now.truth is True:
            reason = met(now)
            if approval.truth is True:
                reason += "; the approval criteria hold as well, and rejection goes first"
            found = Verdict(VerdictStatus.REJECTED, reason, approval, now)
            return decided(found, now, content), now
        for spell in spells(self._rejection, content):
            if spell.seconds >= self.retry_interval:
                interval = format_duration(self.retry_interval)
                reason = f"{spell.told}; a rejection that stood for {interval} counts"
                found = Verdict(VerdictStatus.REJECTED, reason, approval, spell.condition)
                return decided(found, spell.condition, content), now
        return None, now

    def _remarks(self, criteria: Condition, content: Mapping[str, Json]) -> Iterator[str]:
        """Yield what a person should know beside what the gate waits for."""
        if criteria.truth is not True:
            for spell in spells(self.approval_criteria, content)[-1:]:
                yield f"it was approved: {spell.told}; an approval that is taken back is none"
        if not is_first_look(content):
            yield from filter(None, [nameless(content)])
        yield from warnings(self._mentioned(content), content)
        if "moved_from" in content:
            yield f"{text(content['moved_from'])} is {text(content.get('key'))} now"

    def _mentioned(self, content: Mapping[str, Json]) -> list[str]:
        """Return the names of statuses that the criteria hold against the issue's."""
        first = members(members(content.get("known")).get("statuses"))
        now = members(content.get("statuses"))
        names = [text(name) for name in (*first.values(), *now.values())]
        every = (self.approval_criteria, self._rejection)
        return [name for one in every if one is not None for name in statuses_in(one, names)]

    def _own(
        self, criteria: Condition, content: Mapping[str, Json], start: datetime, at: datetime
    ) -> tuple[Condition, ...]:
        """Return the conditions that the keys of Penstock's own add to the criteria."""
        found = []
        if not self.allow_existing:
            found.append(newer(criteria, content))
        if self.approvers is not None:
            found.append(self.approvers.judge(criteria, content))
        if self.hold_for is not None:
            found.append(held(self.hold_for, criteria, start, at))
        return tuple(found)

    def _after_the_hold(self, verdict: Verdict, start: datetime) -> Verdict:
        """Return an approval that was given when it had held for long enough."""
        if self.hold_for is None:
            return verdict
        return replace(verdict, decided=start + timedelta(seconds=self.hold_for))

    def headline(self, outputs: Outputs) -> Headline | None:
        """Return the issue's key and address."""
        return headline(outputs)

    def inspect(self, context: StepContext) -> Inspection:
        """Hold the criteria against Jira, and look at the issue once."""
        from penstock_jira.inspection.gate import inspect_gate

        return inspect_gate(self, context)

    def preview(self) -> tuple[str, ...]:
        """Return what is looked at, and how often."""
        rejection = self._rejection
        lines = [
            f"GET /rest/api/2/issue/{self.issue_key}  every {self.retry_interval:g} s",
            f"  approves by {', '.join(self.approval_criteria.names)}",
            f"  rejects by {', '.join(rejection.names) if rejection else 'nothing'}",
        ]
        if self.approvers is not None:
            lines.append(f"  approvers: {self.approvers.expected}")
        if self.hold_for is not None:
            lines.append(f"  must hold for {format_duration(self.hold_for)}")
        if not self.allow_existing:
            lines.append("  must be approved after the gate opened")
        return tuple(lines)


def _waits_for(criteria: Condition, own: tuple[Condition, ...]) -> str:
    """Return why an approval is not given, in one sentence."""
    if criteria.truth is not True:
        return unmet(criteria)
    why = [part.why or part.label for part in own if part.truth is not True]
    return f"{met(criteria)}, but {'; '.join(why)}"
