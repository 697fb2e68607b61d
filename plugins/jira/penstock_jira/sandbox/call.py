"""One request to the REST API, and what is answered."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from penstock.json_types import Json
from penstock_jira.sandbox.contents import Issue
from penstock_jira.sandbox.lens import Flavour, Lens
from penstock_jira.sandbox.problem import Problem
from penstock_jira.sandbox.world import Project

if TYPE_CHECKING:
    from penstock_jira.sandbox.desk import Desk

__all__ = ["Access", "Answer", "Call", "Route", "json_reply", "no_content", "parsed"]

_UNREADABLE = "There was an error parsing JSON. Check that your request body is valid."


class Access(StrEnum):
    """Who may use a resource."""

    #: Anybody; those who are not signed in see less.
    OPEN = "open"
    #: Whoever may see the issue: nobody who is not signed in.
    ISSUE = "issue"
    #: Whoever is signed in.
    SIGNED_IN = "signed in"


def json_reply(content: Json, status: int = 200) -> Response:
    """Return an answer in JSON."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    body = text.encode("utf-8", "backslashreplace")
    return Response(body, status, content_type="application/json;charset=UTF-8")


def no_content() -> Response:
    """Return the empty 204."""
    return Response(b"", 204)


def parsed(raw: bytes) -> Json:
    """Return the JSON in *raw*; raise ``ValueError`` for anything that is not JSON."""
    value: Json = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    return value


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


@dataclass(frozen=True)
class Call:
    """A request that was matched to a resource, and what it may use."""

    request: Request
    raw: bytes
    lens: Lens
    desk: "Desk"
    #: Seconds for which a search does not see a new issue.
    index_lag: float = 0.0

    @cached_property
    def json(self) -> Json:
        """The body; raise Jira's 415 or 400 where it is no JSON."""
        if "json" not in (self.request.mimetype or ""):
            raise Problem(415, "The body must be JSON: send Content-Type: application/json.")
        try:
            return parsed(self.raw)
        except (ValueError, RecursionError):
            raise Problem(400, _UNREADABLE) from None

    @property
    def body(self) -> Mapping[str, Json]:
        """The body, which must be an object."""
        value = self.json
        if not isinstance(value, Mapping):
            raise Problem(400, _UNREADABLE)
        return value

    def text(self, name: str) -> str | None:
        """Return a query parameter."""
        return self.request.args.get(name)

    def words(self, name: str) -> list[str]:
        """Return the words of a query parameter, written with commas or several times."""
        written = self.request.args.getlist(name)
        return [word.strip() for text in written for word in text.split(",") if word.strip()]

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a query parameter that is ``true`` or ``false``."""
        written = self.text(name)
        return default if written is None else written.lower() == "true"

    def number(self, name: str, default: int, most: int = 2**31 - 1) -> int:
        """Return a query parameter that is a number, from 0 to *most*."""
        written = self.text(name)
        if written is None or written == "":
            return default
        if not written.removeprefix("-").isdecimal():
            raise Problem(400, f"The value '{written}' of '{name}' is not a number.")
        return min(max(int(written), 0), most)

    def issue(self, id_or_key: str) -> Issue:
        """Return an issue; raise Jira's 404."""
        return self.desk.issue(id_or_key)

    def project(self, id_or_key: str | None) -> Project:
        """Return a project that one may see; raise Jira's 404."""
        found = self.lens.world.project(id_or_key) if self.lens.user else None
        if found is None:
            raise Problem(404, f"No project could be found with key '{id_or_key}'.")
        return found


#: Answers a call; further arguments are the variable parts of the path.
Answer = Callable[..., Response]


@dataclass(frozen=True)
class Route:
    """A resource: a method, a path below ``/rest/api/N`` (or from ``/``), and who answers."""

    method: str
    path: str
    answer: Answer
    access: Access = Access.ISSUE
    #: Whether it changes anything; such calls are written to the ledger.
    writes: bool = False
    flavour: Flavour | None = None
    #: Whether ``path`` begins at the site's root.
    rooted: bool = False
