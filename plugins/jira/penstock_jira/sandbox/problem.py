"""What Jira answers when it refuses: a status, general messages, and messages by field."""

from collections.abc import Mapping, Sequence

from penstock.json_types import Json

__all__ = ["NO_ISSUE_ON_CLOUD", "Problem", "no_issue", "not_on_screen"]

NO_ISSUE_ON_CLOUD = "Issue does not exist or you do not have permission to see it."
_NO_ISSUE_ON_DATA_CENTER = "Issue Does Not Exist"


def not_on_screen(identifier: str) -> str:
    """Return Jira's text for a field that the screen lacks, or that nobody knows."""
    return f"Field '{identifier}' cannot be set. It is not on the appropriate screen, or unknown."


class Problem(Exception):
    """A refusal with Jira's body ``{errorMessages, errors}``, or with another one."""

    def __init__(
        self,
        status: int,
        *messages: str,
        errors: Mapping[str, str] | None = None,
        body: Json = None,
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Take the HTTP status and what it says; *body* stands in for Jira's usual form."""
        self.status = status
        self.messages = messages
        self.errors = dict(errors or {})
        self._body = body
        self.headers = tuple(headers)
        super().__init__(" ".join([*messages, *self.errors.values()]))

    @property
    def body(self) -> Json:
        """What is sent: JSON."""
        if self._body is not None:
            return self._body
        return {"errorMessages": list(self.messages), "errors": dict(self.errors)}


def no_issue(*, cloud: bool) -> Problem:
    """Return the 404 that also hides an issue that one may not see."""
    return Problem(404, NO_ISSUE_ON_CLOUD if cloud else _NO_ISSUE_ON_DATA_CENTER)
