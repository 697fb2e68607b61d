"""``HarnessApproval``: waits until enough people of the right groups have approved.

They answer with ``penstock approve`` and ``penstock reject``. On one machine that is an honour
system: whoever can write to the journal can answer as anybody.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from penstock.errors import FailureType, Refused, StepFailed
from penstock.json_types import Json
from penstock.step import Gate, RunFacts, StepContext
from penstock.verdict import Condition, Verdict, VerdictStatus
from penstock.watch import Answer, Snapshot, Watch
from penstock_core.approver_inputs import ApproverInput, taken
from penstock_core.auto_approval import AutoApproval
from penstock_core.groups import Groups
from penstock_core.spec import Spec, not_twice

__all__ = ["Approvers", "HarnessApproval"]

#: What counts the service accounts among the groups.
_SERVICE = "service account"


def _names(value: object) -> object:
    """Read a text as names with commas between them, as an expression may yield one."""
    if isinstance(value, str):
        return tuple(name.strip() for name in value.split(",") if name.strip())
    return value


class Approvers(Spec):
    """Who may approve, and how many of them it takes."""

    user_groups: Annotated[tuple[str, ...], BeforeValidator(_names)] = Field(
        (), description="Groups of groups.yaml; each of their people may approve."
    )
    service_accounts: Annotated[tuple[str, ...], BeforeValidator(_names)] = Field(
        (), description="Further names that may approve."
    )
    minimum_count: int = Field(1, ge=1, description="How many people must approve.")
    disallow_pipeline_executor: bool = Field(
        default=False, description="Whether who started the run may not approve it."
    )
    disallowed_user_emails: Annotated[tuple[str, ...], BeforeValidator(_names)] = Field(
        (), description="Who may not approve, by e-mail address or name."
    )

    @model_validator(mode="after")
    def _are_some(self) -> Self:
        if not (self.user_groups or self.service_accounts):
            raise ValueError(
                "needs userGroups or serviceAccounts: somebody must be able to approve"
            )
        return self


class HarnessApproval(Gate):
    """Waits for people to approve. Leaves who they were, and what they have given."""

    type: ClassVar[str] = "HarnessApproval"
    only_waits: ClassVar[bool] = True
    output_names: ClassVar[Collection[str] | None] = ("output",)

    approval_message: str = Field("", description="What those who approve should know.")
    approvers: Approvers = Field(description="Who may approve, and how many it takes.")
    approver_inputs: tuple[ApproverInput, ...] = Field(
        (), description="What is asked of those who approve."
    )
    auto_approval: AutoApproval | None = Field(None, description="Approves by itself at a time.")
    include_pipeline_execution_history: bool = Field(
        default=False, description="Harness's; has no effect."
    )
    is_auto_reject_enabled: bool = Field(default=False, description="Must be false.")
    callback_id: str = Field("", description="Harness's; has no effect.")

    @field_validator("is_auto_reject_enabled")
    @classmethod
    def _rejects_no_others(cls, enabled: bool) -> bool:
        if enabled:
            raise ValueError(
                "must be false: a run does not end others here; reject them with "
                "`penstock reject RUN`"
            )
        return enabled

    @field_validator("approver_inputs")
    @classmethod
    def _names_are_unique(cls, inputs: tuple[ApproverInput, ...]) -> tuple[ApproverInput, ...]:
        not_twice(item.name for item in inputs)
        return inputs

    def watch(self, context: StepContext) -> Watch:
        """Tell how to approve; fail where nobody could, or where it would approve at once."""
        try:
            Groups(self.approvers.user_groups, context.run.directory)
        except Refused as error:
            raise StepFailed(str(error), failure=FailureType.CONFIGURATION) from error
        self._check_deadline(context)
        for line in self.approval_message.strip().splitlines():
            context.note(line)
        context.note(f"approve with: penstock approve {context.run.id} {context.path}")
        who = [*self.approvers.user_groups, *self.approvers.service_accounts]
        return Watch("", f"approval by {', '.join(who)}")

    def _check_deadline(self, context: StepContext) -> None:
        if self.auto_approval is None:
            return
        at = self.auto_approval.scheduled_deadline.at
        if at <= context.clock.now():
            raise StepFailed(
                f"autoApproval is scheduled for {_shown(at)}, which has passed",
                hint="schedule it for later, or take it out",
                failure=FailureType.CONFIGURATION,
            )
        if at > context.deadline:
            context.note(f"autoApproval ({_shown(at)}) comes after the step's time is over")

    def answered(self, answer: Answer, earlier: Sequence[Answer], run: RunFacts) -> Answer:  # noqa: ARG002 - each person's counts alone
        """Return the answer with the person's groups and all inputs, if it may be given."""
        groups = Groups(self.approvers.user_groups, run.directory).of(answer.user, answer.email)
        accounts = {name.casefold() for name in self.approvers.service_accounts}
        if answer.user.casefold() in accounts:
            groups = (*groups, _SERVICE)
        if not groups:
            names = ", ".join([*self.approvers.user_groups, *self.approvers.service_accounts])
            raise Refused(f"{answer.user} may not answer: only {names} may")
        approves = answer.action == "approve"
        problem = self._barred(answer.user, answer.email, run.user) if approves else None
        if problem is not None:
            raise Refused(f"{answer.user} may not approve: {problem}")
        given = taken(self.approver_inputs, answer.inputs) if approves else dict(answer.inputs)
        return replace(answer, groups=groups, inputs=given)

    def _barred(self, user: str, email: str, starter: str) -> str | None:
        """Return why somebody of the right groups may not approve all the same."""
        names = {text.casefold() for text in (user, email) if text}
        if self.approvers.disallow_pipeline_executor and starter.casefold() in names:
            return "who started the run may not (disallowPipelineExecutor)"
        if names & {entry.casefold() for entry in self.approvers.disallowed_user_emails}:
            return "disallowedUserEmails names them"
        return None

    def judge(self, snapshot: Snapshot) -> Verdict:
        """Judge the answers: one rejection rejects, enough approvals approve."""
        answers = self._counted(snapshot.content)
        approvals = [answer for answer in answers if answer["action"] == "approve"]
        needed = self.approvers.minimum_count
        condition = Condition(
            "approvals at least",
            len(approvals) >= needed,
            str(needed),
            f"{len(approvals)}" + (f" ({_people(approvals)})" if approvals else ""),
        )
        outputs = _outputs(answers)
        for answer in answers:
            if answer["action"] == "reject":
                at = datetime.fromisoformat(answer["at"])
                said = f": {answer['comment']}" if answer["comment"] else ""
                reason = f"{answer['user']} has rejected it{said}"
                return Verdict(VerdictStatus.REJECTED, reason, condition, None, at, outputs)
        if len(approvals) >= needed:
            at = datetime.fromisoformat(approvals[needed - 1]["at"])
            reason = f"{_people(approvals)} approved"
            return Verdict(VerdictStatus.APPROVED, reason, condition, None, at, outputs)
        return self._by_itself(snapshot, condition, answers)

    def _by_itself(
        self, snapshot: Snapshot, condition: Condition, answers: list[dict[str, Any]]
    ) -> Verdict:
        """Return the verdict where too few have approved: wait, unless it is time."""
        at = self.auto_approval.scheduled_deadline.at if self.auto_approval else None
        if at is None or snapshot.at < at:
            reason = f"{condition.actual} of {condition.expected} approvals"
            outputs = _outputs(answers)
            return Verdict(VerdictStatus.WAITING, reason, condition, outputs=outputs, again=at)
        comment = self.auto_approval.comments if self.auto_approval else ""
        own = {"user": "autoApproval", "email": "", "action": "approve", "comment": comment}
        outputs = _outputs([*answers, {**own, "at": at.isoformat(), "inputs": self._defaults()}])
        reason = f"approved by itself, as scheduled for {_shown(at)}"
        return Verdict(VerdictStatus.APPROVED, reason, condition, None, at, outputs)

    def _defaults(self) -> dict[str, Json]:
        return {item.name: item.default_value for item in self.approver_inputs}

    def _counted(self, content: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the answers that count: who gave them was asked, and not barred."""
        starter = str(content["user"])
        return [
            answer
            for answer in content["answers"]
            if answer["groups"]
            and not (
                answer["action"] == "approve"
                and self._barred(answer["user"], answer["email"], starter)
            )
        ]

    def preview(self) -> tuple[str, ...]:
        """Return who is asked, and when it would approve by itself."""
        who = ", ".join([*self.approvers.user_groups, *self.approvers.service_accounts])
        lines = [f"waits for {self.approvers.minimum_count} of {who} to approve"]
        if self.auto_approval is not None:
            at = _shown(self.auto_approval.scheduled_deadline.at)
            lines.append(f"approves by itself at {at}")
        return tuple(lines)


def _people(answers: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(str(answer["user"]) for answer in answers)


def _shown(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _outputs(answers: Sequence[Mapping[str, Any]]) -> dict[str, Json]:
    """Return the outputs: Harness's activities, and the inputs, of which the latest count."""
    if not answers:
        return {}
    activities: list[Json] = [
        {
            "action": str(answer["action"]).upper(),
            "user": {"name": answer["user"], "email": answer["email"]},
            "comments": answer["comment"],
            "at": answer["at"],
        }
        for answer in answers
    ]
    inputs: dict[str, Json] = {}
    for answer in answers:
        inputs |= answer["inputs"]
    return {"output": {"approvalActivities": activities, "approverInputs": inputs}}
