"""Who a request is from, and what Jira does with credentials that are wrong."""

import base64
import binascii
from dataclasses import dataclass

from werkzeug.wrappers import Request, Response

from penstock_jira.sandbox.lens import Lens
from penstock_jira.sandbox.problem import Problem, no_issue
from penstock_jira.sandbox.world import User, World

__all__ = ["TOKEN", "SignedIn", "admit", "check_origin", "sign_in"]

#: The token that everybody's client uses here.
TOKEN = "sandbox-token"  # noqa: S105 - a public constant of a sandbox, written in its manual

_LOGIN_REASON = "X-Seraph-LoginReason"
_FAILED = "AUTHENTICATED_FAILED"
_UNAUTHORIZED = (
    "<html><head><title>Unauthorized (401)</title></head><body><h1>Unauthorized (401)</h1>"
    "<p>Basic Authentication Failure - Reason : AUTHENTICATED_FAILED</p></body></html>"
)


@dataclass(frozen=True)
class SignedIn:
    """The user, if there is one, and whether credentials were shown that are wrong."""

    user: User | None
    failed: bool

    @property
    def name(self) -> str:
        """The user's name, or ``anonymous``."""
        return self.user.name if self.user else "anonymous"

    def mark(self, answer: Response, *, cloud: bool) -> None:
        """Add the headers by which Jira tells whom it took the caller for."""
        if self.failed:
            answer.headers[_LOGIN_REASON] = _FAILED
        elif self.user is not None and not cloud:
            answer.headers[_LOGIN_REASON] = "OK"
        if not cloud:
            answer.headers["X-AUSERNAME"] = self.name
        elif self.user is not None:
            answer.headers["X-AACCOUNTID"] = self.user.account_id


def sign_in(request: Request, world: World) -> SignedIn:
    """Read Basic (name or e-mail, and the token) or Bearer (the first user of the world)."""
    header = request.headers.get("Authorization")
    if header is None:
        return SignedIn(None, failed=False)
    scheme, _, rest = header.partition(" ")
    user: User | None = None
    if scheme.lower() == "bearer" and rest.strip() == TOKEN:
        user = world.users[0]
    elif scheme.lower() == "basic":
        user = _basic(rest.strip(), world)
    return SignedIn(user, failed=user is None)


def _basic(encoded: str, world: World) -> User | None:
    try:
        name, _, token = base64.b64decode(encoded).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return world.user_known_as(name) if token == TOKEN else None


def admit(who: SignedIn, lens: Lens, access: str) -> None:
    """Raise Jira's refusal for whoever may not use a resource.

    Data Center refuses wrong credentials outright. Cloud takes them for nobody's: open resources
    answer, an issue is not there, and only what is about oneself says 401.
    """
    if who.failed and not lens.cloud:
        raise Problem(401, "Basic Authentication Failure", body=_UNAUTHORIZED)
    if who.user is not None or access == "open":
        return
    if not lens.cloud:
        text = "You do not have the permission to see the specified issue."
        raise Problem(401, text, "Login Required")
    if access == "issue":
        raise no_issue(cloud=True)
    text = "Client must be authenticated to access this resource."
    raise Problem(401, text, body={"message": text, "status-code": 401})


def check_origin(request: Request) -> None:
    """Raise Jira's 403 for a write that a browser sends without saying so (XSRF)."""
    browser = (request.user_agent.string or "").startswith("Mozilla/")
    if browser and request.headers.get("X-Atlassian-Token") not in ("no-check", "nocheck"):
        raise Problem(403, "XSRF check failed", body="XSRF check failed")
