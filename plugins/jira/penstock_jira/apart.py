"""What a 404 of Jira's means: one more question tells what the answer itself does not.

Jira answers 404 for an issue that is not there, for one that the user may not see, and to a user
whom it takes for nobody; whatever else stands at a wrong address answers 404, too.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from penstock.errors import FailureType, StepFailed
from penstock_jira.answer import members
from penstock_jira.errors import NotFound, SignInRefused, WrongAddress, printable

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["told_apart", "wrong_address"]

_BROWSE = "BROWSE_PROJECTS"


@contextmanager
def told_apart(client: "JiraClient", key: str) -> Iterator[None]:
    """Say of a 404 inside what it means for the issue, or the project, with *key*.

    Jira is asked once. Raises ``SignInRefused``, ``WrongAddress``, or the ``NotFound`` with other
    advice.
    """
    try:
        yield
    except NotFound as missing:
        raise _told(client, key, missing) from missing


def _told(client: "JiraClient", key: str, missing: NotFound) -> StepFailed:
    project = "" if key.isdecimal() else key.partition("-")[0]
    try:
        seen = _is_seen(client, project)
    except SignInRefused as refused:
        return refused
    except NotFound as hidden:
        if not hidden.is_jiras:
            return wrong_address(client)
        return _advised(missing, f"{project} is no project that {_us(client)} may see")
    except StepFailed:  # the question was only for the advice
        return missing
    if not project:
        return missing
    return _advised(missing, *(_GONE if seen else _HIDDEN), us=_us(client), project=project)


_GONE = (
    "{us} may see {project}: it was deleted or moved, or was never there; an issue security level "
    "may hide it as well",
    FailureType.CONFIGURATION,
)
_HIDDEN = ("{us} lacks Browse Projects in {project}: grant it there", FailureType.AUTHORIZATION)


def _is_seen(client: "JiraClient", project: str) -> bool:
    """Whether we may see *project*, or any; the one question that is asked."""
    about = {"projectKey": project} if project else {}
    path, what = "/rest/api/2/mypermissions", "say what we may see"
    answer = client.get(path, what=what, permissions=_BROWSE, **about)
    told = members(members(members(answer).get("permissions")).get(_BROWSE))
    return told.get("havePermission") is True


def wrong_address(client: "JiraClient") -> WrongAddress:
    """Return that everything is a 404 there, which no Jira would say."""
    return WrongAddress(
        f"there is no Jira at {client.address}: what every Jira has is not found there",
        hint="check jiraUrl: it ends before /rest, with the context path if there is one (such as "
        "/jira), and it is not the address of another product (/wiki)",
    )


def _us(client: "JiraClient") -> str:
    return printable(client.signed_in_as or "the connector's user")


def _advised(
    missing: NotFound, hint: str, failure: FailureType = FailureType.CONFIGURATION, **words: str
) -> NotFound:
    """Return *missing* with another advice, in which *words* are filled in."""
    told = NotFound(
        missing.what,
        missing.status,
        missing.messages,
        missing.field_errors,
        hint=hint.format(**words) if words else hint,
    )
    told.is_jiras, told.failure_type = missing.is_jiras, failure
    return told
