"""Search: the old form on Data Center, the new one on Cloud, where the old one is gone."""

import base64
import binascii
from collections.abc import Mapping, Sequence

from werkzeug.wrappers import Response

from penstock.json_types import Json
from penstock_jira.sandbox import issue_view
from penstock_jira.sandbox.call import Access, Call, Route, json_reply
from penstock_jira.sandbox.contents import Issue
from penstock_jira.sandbox.field_choice import NAVIGABLE, FieldChoice
from penstock_jira.sandbox.instant import read_instant
from penstock_jira.sandbox.jql import parse_jql
from penstock_jira.sandbox.jql_match import Matcher
from penstock_jira.sandbox.kind import items_of
from penstock_jira.sandbox.lens import CLOUD, DATA_CENTER
from penstock_jira.sandbox.portraits import Portrait
from penstock_jira.sandbox.problem import Problem

__all__ = ["ROUTES"]

_REMOVED = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full "
    "migration guideline is available at "
    "https://developer.atlassian.com/changelog/#CHANGE-2046"
)
_UNBOUNDED = (
    "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
)
_MOST_RECONCILED = 50
#: Without fields, Cloud gives many ids at once; with fields, a hundred issues.
_MOST_IDS, _MOST_ISSUES, _MOST_ON_DATA_CENTER = 5000, 100, 1000
_NO_FIELDS = FieldChoice(everything=False, navigable=False, named=frozenset(), without=frozenset())


class _Asked:
    """What a search asks for, in the query of a GET or in the body of a POST."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._body: Mapping[str, Json] | None = call.body if call.request.method == "POST" else None

    def text(self, name: str) -> str | None:
        """Return one value as text."""
        if self._body is None:
            return self._call.text(name)
        value = self._body.get(name)
        if isinstance(value, bool):
            return str(value).lower()
        return None if value is None else str(value)

    def words(self, name: str) -> list[str]:
        """Return several values."""
        if self._body is None:
            return self._call.words(name)
        value = self._body.get(name)
        listed = items_of(value)
        written = [str(each) for each in listed] if listed is not None else [str(value or "")]
        return [word.strip() for text in written for word in text.split(",") if word.strip()]

    def number(self, name: str, default: int, most: int) -> int:
        """Return a number from 0 to *most*."""
        written = self.text(name)
        if written is None or written == "":
            return default
        if not written.removeprefix("-").isdecimal():
            raise Problem(400, f"The value '{written}' of '{name}' is not a number.")
        return min(max(int(written), 0), most)


def removed(_call: Call) -> Response:
    """Say that the old search is gone."""
    raise Problem(410, _REMOVED)


def _visible(call: Call, reconciled: Sequence[str] = ()) -> list[Issue]:
    """Return the issues that the index knows by now, and those that are to be reconciled."""
    if call.lens.user is None:
        return []
    lag = call.index_lag
    if not lag:
        return list(call.lens.contents)
    now = call.desk.clock.now()
    return [
        issue
        for issue in call.lens.contents
        if str(issue.id) in reconciled or (now - read_instant(issue.created)).total_seconds() >= lag
    ]


def search(call: Call) -> Response:
    """Search as Data Center does: by number of the first, with a total."""
    asked = _Asked(call)
    matcher = Matcher(call.lens, call.desk.clock.now(), parse_jql(asked.text("jql") or ""))
    strict = (asked.text("validateQuery") or "true").lower() in ("true", "strict")
    if strict and matcher.warnings:
        raise Problem(400, *matcher.warnings)
    found = matcher.find(_visible(call))
    start = asked.number("startAt", 0, len(found))
    most = asked.number("maxResults", 50, _MOST_ON_DATA_CENTER)
    choice = FieldChoice.of(asked.words("fields"), NAVIGABLE)
    page: Portrait = {
        "expand": "schema,names",
        "startAt": start,
        "maxResults": most,
        "total": len(found),
        "issues": _shown(call, asked, found[start : start + most], choice),
    }
    if matcher.warnings:
        page["warningMessages"] = list(matcher.warnings)
    return json_reply({**page, **_names(call, asked, found, choice)})


def search_by_token(call: Call) -> Response:
    """Search as Cloud does: ids alone unless fields are named, pages by token, no total."""
    asked = _Asked(call)
    query = parse_jql(asked.text("jql") or "")
    if query.tree is None:
        raise Problem(400, _UNBOUNDED)
    reconciled = asked.words("reconcileIssues")
    if len(reconciled) > _MOST_RECONCILED:
        raise Problem(400, f"reconcileIssues must have at most {_MOST_RECONCILED} entries.")
    matcher = Matcher(call.lens, call.desk.clock.now(), query)
    if matcher.warnings:
        raise Problem(400, *matcher.warnings)
    found = matcher.find(_visible(call, reconciled))
    choice = FieldChoice.of(asked.words("fields"), _NO_FIELDS)
    start = _start(asked.text("nextPageToken"))
    limit = _MOST_IDS if choice.nothing else _MOST_ISSUES
    end = start + max(1, asked.number("maxResults", 50, limit))
    page: Portrait = {
        "issues": _shown(call, asked, found[start:end], choice),
        "isLast": end >= len(found),
    }
    if end < len(found):
        page["nextPageToken"] = base64.urlsafe_b64encode(f"from {end}".encode()).decode()
    return json_reply({**page, **_names(call, asked, found, choice)})


def _start(token: str | None) -> int:
    if not token:
        return 0
    try:
        word, _, number = base64.urlsafe_b64decode(token).decode().partition(" ")
    except (binascii.Error, UnicodeDecodeError):
        word, number = "", ""
    if word != "from" or not number.isdecimal():
        raise Problem(400, "The nextPageToken is not valid.")
    return int(number)


def _shown(call: Call, asked: _Asked, issues: Sequence[Issue], choice: FieldChoice) -> Json:
    expand = [each for each in asked.words("expand") if each not in ("names", "schema")]
    if call.lens.cloud and choice.nothing and not expand:
        return [{"id": str(issue.id)} for issue in issues]
    shown = []
    for issue in issues:
        portrait = issue_view.show_issue(
            call.lens, issue, choice, expand, asked.words("properties")
        )
        if choice.nothing:
            del portrait["fields"]
        shown.append(portrait)
    return shown


def _names(call: Call, asked: _Asked, found: Sequence[Issue], choice: FieldChoice) -> Portrait:
    expand = asked.words("expand")
    shown = issue_view.shown_fields(call.lens, found[0], choice) if found else []
    told: Portrait = {}
    if "names" in expand:
        told["names"] = issue_view.field_names(shown)
    if "schema" in expand:
        told["schema"] = issue_view.field_schemas(shown)
    return told


ROUTES: tuple[Route, ...] = (
    Route("GET", "/search", search, Access.OPEN, flavour=DATA_CENTER),
    Route("POST", "/search", search, Access.OPEN, flavour=DATA_CENTER),
    Route("GET", "/search", removed, Access.OPEN, flavour=CLOUD),
    Route("POST", "/search", removed, Access.OPEN, flavour=CLOUD),
    Route("GET", "/search/jql", search_by_token, Access.OPEN, flavour=CLOUD),
    Route("POST", "/search/jql", search_by_token, Access.OPEN, flavour=CLOUD),
)
