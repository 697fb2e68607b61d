"""Issues that one step made twice: told of in the run and on the younger ones, never deleted."""

from typing import TYPE_CHECKING

from penstock.errors import StepFailed
from penstock.json_types import Json
from penstock.step import Doubt, Effect, StepContext
from penstock_jira.answer import members, text
from penstock_jira.around import Commented, LinkTo
from penstock_jira.comment import Comment
from penstock_jira.errors import FieldFault
from penstock_jira.links import IssueLink
from penstock_jira.own_issues import OwnIssues

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["Duplicates"]

#: Jira's own type of link for it, where nobody has removed it.
_LINK = "Duplicate"


class Duplicates:
    """The issues of one effect beside the oldest, which is kept."""

    def __init__(
        self, client: "JiraClient", context: StepContext, effect: Effect, result: Json
    ) -> None:
        """Look for all issues of *effect*; *result* is what it returned, ``None``: it failed."""
        self._client, self._context = client, context
        found = OwnIssues(client, effect, context.note).all()
        self._keys = [text(issue.get("key")) for issue in found]
        self._goes_on = text(members(result).get("key"))

    def report(self, settle: float) -> None:
        """Tell the run of what should not be there, and each younger issue what it is.

        A comment may still come true *settle* seconds after it was sent.
        """
        note = self._context.note
        if not self._goes_on:
            for key in self._keys:
                note(f"{key} was created after all, though this step has failed; see to it")
        for key in self._keys[1:]:
            note(
                f"{key} is a duplicate of {self._keys[0]}: a request that was given up was carried "
                f"out late{self._aside()}; nothing was deleted"
            )
        for key in self._keys[1:]:
            try:
                self._comment(key, settle)
                self._link(key)
            except StepFailed as failure:
                note(f"{key} itself does not tell whose duplicate it is: {failure.message}")

    def _aside(self) -> str:
        """Return with which issue the run goes on, if it is not the one that is kept."""
        if self._goes_on in ("", self._keys[0]):
            return ""
        return f"; this run goes on with {self._goes_on}"

    def _comment(self, key: str, settle: float) -> None:
        run = self._context.run
        words = (
            f"This issue is a duplicate of {self._keys[0]}: the step {self._context.path} of "
            f"{run.pipeline} (run {run.id}) created both, since a request that was given up was "
            f"carried out late{self._aside()}."
        )
        comment = Comment(self._client, self._context, key, Commented(text=words))
        self._context.effects.once(
            f"duplicate {key}",
            intent=comment.intent,
            do=comment.post,
            look=comment.look,
            doubt=Doubt(settle),
        )

    def _link(self, key: str) -> None:
        """Link the issue to the one that is kept, where there is such a type of link."""
        link = IssueLink(self._client, LinkTo(type=_LINK, to=self._keys[0]), 1)
        try:
            link.check()
        except FieldFault as fault:
            self._context.note(f"{key} is not linked to {self._keys[0]}: {fault}")
            return
        self._context.effects.once(
            f"duplicate link {key}",
            intent=lambda: link.intent(key),
            do=lambda effect: link.write(key, effect),
            look=lambda effect: link.look(key, effect),
        )
