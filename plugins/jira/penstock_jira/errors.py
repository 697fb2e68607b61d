"""What can go wrong between a step and Jira, as one tree.

::

    StepFailed (penstock)
    ├── JiraRefused         Jira said no, and nothing was done; keeps the status and Jira's words
    │   ├── SignInRefused   401, or an answer that says the credentials were not accepted
    │   ├── NotAllowed      403
    │   │   └── CaptchaWanted   too many failed logins: a person must sign in first
    │   └── NotFound        404: missing, or not visible to the user
    ├── JiraUnreachable     no answer or 5xx: nothing was done; keeps how long to stay away
    │   └── AskedToWait     429, or a pause that an earlier one asked for; a limit of Jira's
    ├── WrongAddress        everything is a 404: another system is there, or none
    ├── NotJira             an answer that no Jira gives: a login page, broken or doubtful JSON
    └── FieldsRefused       the ``fields`` of a step do not fit Jira's metadata; nothing was sent

A write whose outcome nobody knows is penstock's ``OutcomeUnknown``, and a deadline that has
passed is penstock's ``StepExpired``.
"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import ClassVar

from penstock.errors import FailureType, StepFailed

__all__ = [
    "AskedToWait",
    "CaptchaWanted",
    "FieldFault",
    "FieldsRefused",
    "JiraRefused",
    "JiraUnreachable",
    "NotAllowed",
    "NotFound",
    "NotJira",
    "SignInRefused",
    "WrongAddress",
    "printable",
]

_LONGEST = 500
#: What a status says of the reason, where its class says nothing.
_FAILURES: Mapping[int, FailureType] = {
    HTTPStatus.BAD_REQUEST: FailureType.CONFIGURATION,
    HTTPStatus.NOT_FOUND: FailureType.CONFIGURATION,
    HTTPStatus.METHOD_NOT_ALLOWED: FailureType.CONFIGURATION,
    HTTPStatus.CONFLICT: FailureType.TRANSIENT,
    HTTPStatus.GONE: FailureType.CONFIGURATION,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: FailureType.RESOURCE_LIMITS,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: FailureType.CONFIGURATION,
    HTTPStatus.UNPROCESSABLE_ENTITY: FailureType.CONFIGURATION,
}


def printable(text: str) -> str:
    """Return text of Jira's on one line, without control characters, at most 500 characters."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


class JiraRefused(StepFailed):
    """Jira answered with a definite refusal: nothing was done.

    ``messages`` are Jira's general messages, ``field_errors`` its messages by field id,
    ``retry_after`` the seconds in which to ask again is in vain (``None``: whenever something is
    done about it).
    """

    #: What ``retry_after`` is if nothing else is said. Failed logins in a row lead to a CAPTCHA.
    stay_away: ClassVar[float | None] = None
    #: Whether the answer has the form of Jira's own errors; another 404 may be anybody's.
    is_jiras: bool = True

    def __init__(
        self,
        what: str,
        status: int,
        messages: Iterable[str] = (),
        field_errors: Mapping[str, str] = MappingProxyType({}),
        *,
        hint: str = "",
        retry_after: float | None = None,
    ) -> None:
        """Take what was asked (``create an issue``), the HTTP status and Jira's own words."""
        self.retry_after = self.stay_away if retry_after is None else retry_after
        self.what = what
        self.status = status
        self.messages = tuple(printable(text) for text in messages)
        self.field_errors = {name: printable(text) for name, text in field_errors.items()}
        by_field = [f"{name}: {text}" for name, text in self.field_errors.items()]
        words = _once([*self.messages, *by_field])
        told = "; ".join(words) or "it gave no reason"
        failure = _FAILURES.get(status) if self.failure is FailureType.UNKNOWN else None
        super().__init__(f"Jira refused to {what} ({status}): {told}", hint=hint, failure=failure)


def _once(sentences: Iterable[str]) -> list[str]:
    """Return each sentence once, without the full stop at its end: more is joined to it."""
    without = (text if text.endswith("..") else text.removesuffix(".") for text in sentences)
    return list(dict.fromkeys(text for text in without if text))


class SignInRefused(JiraRefused):
    """Jira does not accept the connector's credentials."""

    failure: ClassVar[FailureType] = FailureType.AUTHENTICATION
    stay_away: ClassVar[float | None] = 60.0


class NotAllowed(JiraRefused):
    """The user is known, but may not do this."""

    failure: ClassVar[FailureType] = FailureType.AUTHORIZATION


class CaptchaWanted(NotAllowed):
    """Jira wants a person to sign in and solve a CAPTCHA; every other try is in vain."""

    failure: ClassVar[FailureType] = FailureType.AUTHENTICATION
    stay_away: ClassVar[float | None] = 600.0


class NotFound(JiraRefused):
    """What was asked for does not exist, or is not visible to the user: Jira does not say which."""


class JiraUnreachable(StepFailed):
    """Jira gave no answer that could be used, and nothing was done."""

    failure: ClassVar[FailureType] = FailureType.CONNECTIVITY

    def __init__(self, message: str, *, hint: str = "", retry_after: float | None = None) -> None:
        """Take what happened, and the seconds that Jira asked us to stay away."""
        self.retry_after = retry_after
        super().__init__(message, hint=hint)


class WrongAddress(StepFailed):
    """There is no Jira at the connector's address."""

    failure: ClassVar[FailureType] = FailureType.CONFIGURATION


class AskedToWait(JiraUnreachable):
    """A limit of Jira's was met, by this request or by one before it: nothing was done."""


class NotJira(StepFailed):
    """The answer is none that Jira gives; ``cut_off`` says that it looks like the start of one."""

    failure: ClassVar[FailureType] = FailureType.CONNECTIVITY

    def __init__(self, message: str, *, hint: str = "", cut_off: bool = False) -> None:
        """Take what is odd about the answer."""
        self.cut_off = cut_off
        super().__init__(message, hint=hint)


class FieldFault(ValueError):
    """One field of a step that does not fit; collected into a ``FieldsRefused``."""


class FieldsRefused(StepFailed):
    """Some fields of a step do not fit; lists every fault. Nothing was sent."""

    failure: ClassVar[FailureType] = FailureType.CONFIGURATION

    def __init__(self, faults: Iterable[str]) -> None:
        """Take one fault or more, each a sentence."""
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))
