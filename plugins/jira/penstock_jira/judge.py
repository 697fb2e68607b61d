"""What an HTTP answer says about a request: done, refused, or nothing that can be relied on.

The rules are Jira's as observed: a bad token may be answered with 200 on open paths and with 404
on issues (``X-Seraph-LoginReason``), a CAPTCHA is a 403, a gateway's 429 may carry no
``Retry-After``, and a 5xx tells nothing about a write.
"""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

from penstock.errors import FailureType, OutcomeUnknown, StepFailed
from penstock.json_types import Json
from penstock_jira.answer import Answer, as_list, members, parse, text
from penstock_jira.errors import (
    AskedToWait,
    CaptchaWanted,
    JiraRefused,
    JiraUnreachable,
    NotAllowed,
    NotFound,
    NotJira,
    SignInRefused,
    printable,
)
from penstock_jira.limits import pause_of
from penstock_jira.retry import retry_after

__all__ = ["judge_read", "judge_write"]

_NOWHERE = "about:nowhere"
#: Whoever says so, a proxy or Jira, has not let the request through.
_TOO_LARGE = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.REQUEST_URI_TOO_LONG,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
}
#: Bytes of a plain text that are shown.
_LONGEST_WORDS = 300
_XSRF = "a proxy may have taken the header X-Atlassian-Token away, or changed User-Agent"
_SIGN_IN = "check the connector's user and secret; a token may have expired"


def judge_read(answer: Answer, what: str, now: datetime) -> StepFailed | None:
    """Return what is wrong with the answer to a read, or ``None``."""
    if _captcha(answer):
        return _captcha_wanted(answer, what)
    if _anonymous(answer):
        return _sign_in_refused(answer, what)
    if answer.is_done:
        return None
    return _moved(answer, what) or _common(answer, what, now) or _refused(answer, what)


def judge_write(answer: Answer, what: str, now: datetime) -> StepFailed | None:
    """Return why a write was certainly not done, or ``None`` if it was.

    Raises ``OutcomeUnknown`` for what proves neither: 3xx, 5xx, and a 4xx that is not Jira's.
    """
    if answer.is_done:
        return None
    if answer.is_redirect:
        raise _unknown(answer, what, f", a redirect to {_place(answer)}")
    if answer.is_breakdown:
        raise _unknown(answer, what)
    if _anonymous(answer):
        return _sign_in_refused(answer, what)
    found = _common(answer, what, now)
    if found is not None:
        return found
    if not _is_jiras(answer, what) and answer.status not in _TOO_LARGE:
        raise _unknown(answer, what)
    return _refused(answer, what)


def _anonymous(answer: Answer) -> bool:
    reason = answer.headers.get("x-seraph-loginreason", "")
    user = answer.headers.get("x-ausername", "")
    return "AUTHENTICATED_FAILED" in reason or user.lower() == "anonymous"


def _common(answer: Answer, what: str, now: datetime) -> StepFailed | None:
    """Judge the statuses that mean the same for a read and a write."""
    if _captcha(answer):
        return _captcha_wanted(answer, what)
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return _sign_in_refused(answer, what)
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return _too_many(answer, what, now)
    if answer.is_breakdown:
        return JiraUnreachable(
            f"Jira answered {answer.status} when asked to {what}",
            retry_after=retry_after(answer.headers, now),
        )
    if answer.status == HTTPStatus.FORBIDDEN:
        return _forbidden(answer, what)
    return None


def _forbidden(answer: Answer, what: str) -> NotAllowed:
    messages, errors = _words(answer, what)
    xsrf = any("XSRF" in message for message in messages)
    hint = "check the user's permissions"
    if xsrf:
        hint = _XSRF
    elif not _is_jiras(answer, what) and not messages:
        hint += "; or a proxy or a firewall in front of Jira said so, and not Jira"
    return NotAllowed(what, 403, messages, errors, hint=hint)


def _refused(answer: Answer, what: str) -> JiraRefused:
    messages, errors = _words(answer, what)
    if answer.status == HTTPStatus.NOT_FOUND:
        said = any("does not exist" in text and "permission" in text for text in messages)
        missing = NotFound(what, 404, messages, errors, hint=_LOOK if said else _MISSING)
        missing.is_jiras = _is_jiras_own(answer, what)
        return missing
    return JiraRefused(what, answer.status, messages, errors, hint=_ADVICE.get(answer.status, ""))


#: What to do about a status that says enough.
_ADVICE: Mapping[int, str] = {
    HTTPStatus.CONFLICT: "somebody else changed it at the same moment; try it again",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "send less, or make room: Jira limits how many comments, "
    "attachments, links and worklogs an issue has, and how large a request is",
}
#: What to do where Jira itself says that either may be so.
_LOOK = "check the key, and what the connector's user may see"
_MISSING = "it does not exist, or the connector's user may not see it"


def _sign_in_refused(answer: Answer, what: str) -> SignInRefused:
    words = "the credentials are not accepted"
    if answer.is_done:
        return SignInRefused(what, 401, [f"{words}: it takes us for nobody"], hint=_SIGN_IN)
    messages, _ = _words(answer, what)
    return SignInRefused(what, 401, messages or [words], hint=_SIGN_IN)


def _captcha(answer: Answer) -> bool:
    denied = answer.headers.get("x-authentication-denied-reason", "")
    reason = answer.headers.get("x-seraph-loginreason", "")
    return "CAPTCHA" in denied or "AUTHENTICATION_DENIED" in reason


def _captcha_wanted(answer: Answer, what: str) -> CaptchaWanted:
    denied = answer.headers.get("x-authentication-denied-reason", "")
    page = printable(denied.partition("login-url=")[2]).split(" ")[0]
    if urlsplit(page).scheme not in {"http", "https"}:
        page = "Jira's login page"
    return CaptchaWanted(
        what,
        403,
        ["too many failed logins: Jira wants a CAPTCHA"],
        hint=f"sign in once as that user at {page}, then check the connector's secret",
    )


def _too_many(answer: Answer, what: str, now: datetime) -> AskedToWait:
    pause = pause_of(answer.status, answer.headers, now)
    seconds = pause.seconds if pause is not None else None
    return AskedToWait(
        f"Jira has too many requests to {what}{f', and {pause}' if pause is not None else ''}",
        retry_after=seconds or 0.0,
    )


def _moved(answer: Answer, what: str) -> JiraRefused | None:
    """Judge a redirect: it is not followed, since a POST would become a GET on the way."""
    if not answer.is_redirect:
        return None
    target, place = urlsplit(_target(answer)), _place(answer)
    _, rest, path = answer.url.partition("/rest/")
    path = rest + path.partition("?")[0]
    if target.path.endswith(path):
        place += target.path.removesuffix(path)
        hint = f"write jiraUrl: {printable(place)} if that is your Jira; redirects are not followed"
    else:
        hint = "a login page or a proxy stands in front of Jira; redirects are not followed"
    moved = JiraRefused(what, answer.status, [f"it redirects to {place}"], hint=hint)
    moved.failure_type = FailureType.CONFIGURATION
    return moved


def _place(answer: Answer) -> str:
    """Return the scheme, the host and the port that a redirect leads to."""
    target = urlsplit(_target(answer))
    if not target.hostname:
        return "nowhere in particular"
    return printable(
        f"{target.scheme}://{target.hostname}{f':{target.port}' if target.port else ''}"
    )


def _target(answer: Answer) -> str:
    """Return where a redirect leads, if that is a web address; else nowhere in particular."""
    try:
        target = urljoin(answer.url, answer.headers.get("location", ""))
        parts = urlsplit(target)
        valid = parts.scheme in {"http", "https"} and parts.port != 0
    except ValueError:
        return _NOWHERE
    return target if valid else _NOWHERE


def _is_jiras_own(answer: Answer, what: str) -> bool:
    """Whether an answer has the form of Jira's own errors, and no other system's."""
    try:
        return "errorMessages" in members(parse(answer.body, what))
    except NotJira:
        return False


def _is_jiras(answer: Answer, what: str) -> bool:
    try:
        return bool(members(parse(answer.body, what)))
    except NotJira:
        return False


def _words(answer: Answer, what: str) -> tuple[list[str], dict[str, str]]:
    """Return Jira's general messages and its messages by field, from any of its shapes."""
    try:
        body = members(parse(answer.body, what))
    except NotJira:
        return _plain_words(answer), {}
    return _messages(body), {
        name: text(value) for name, value in members(body.get("errors")).items()
    }


def _plain_words(answer: Answer) -> list[str]:
    """Return what an answer says as plain text (Jira: ``XSRF check failed``)."""
    if not answer.headers.get("content-type", "").startswith("text/plain"):
        return []
    said = printable(answer.body[:_LONGEST_WORDS].decode("utf-8", "replace"))
    return [said] if said else []


def _messages(body: Mapping[str, Json]) -> list[str]:
    listed = body.get("errorMessages")
    found = [text(item) for item in as_list(listed, "explain")] if isinstance(listed, list) else []
    found += [text(body.get(name)) for name in ("errorMessage", "message", "error")]
    return [message for message in found if message]


def _unknown(answer: Answer, what: str, more: str = "") -> OutcomeUnknown:
    return OutcomeUnknown(
        f"Jira was asked to {what} and answered {answer.status}{more}, which does not say whether "
        "it did",
        hint="look in Jira before doing it again by hand",
    )
