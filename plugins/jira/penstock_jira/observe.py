"""How gates look at Jira: for all watches of one connector, as few questions as it allows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import quote

from penstock.errors import ConnectorError, StepFailed
from penstock.json_types import Json
from penstock.watch import Look, Snapshot, Unavailable, Watch
from penstock_jira.answer import as_list, as_mapping, members, text
from penstock_jira.errors import (
    CaptchaWanted,
    JiraUnreachable,
    NotFound,
    SignInRefused,
    printable,
)
from penstock_jira.glance import content, ids_of, is_pseudo
from penstock_jira.site import Site, Sites

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient
    from penstock_jira.connector import JiraConnector

__all__ = ["SITES", "look"]

#: Jira Cloud: a bulk read takes so many keys.
_BULK = 100
#: Seconds for one look, and for each issue that has to be read by itself.
_LOOK, _EACH = 20.0, 2.0
#: Seconds to leave a Jira alone that refuses our sign-in, or wants a person's.
_SIGN_IN, _CAPTCHA = 60.0, 600.0
SITES = Sites()


def look(connector: "JiraConnector", watches: Sequence[Watch]) -> list[Look]:
    """Return a snapshot for each watch, in order, or why there is none.

    Nothing is waited for and nothing tried twice: the next look is the next try.
    """
    clock = connector.binding.clock
    seconds = _LOOK + _EACH * len(watches)
    try:
        client = connector.client(clock.now() + timedelta(seconds=seconds), patient=False)
        names = {name.removeprefix("__") for watch in watches for name in watch.fields}
        wanted = [name for name in names if not is_pseudo(name)]
        site = SITES.get(connector.jira_url, client, clock.now(), wanted)
    except (StepFailed, ConnectorError) as failure:
        SITES.forget(connector.jira_url)
        return [_unavailable(connector, failure) for _ in watches]
    looker = _Looker(connector, client, site, watches)
    looker.ask()
    return [looker.seen(watch) for watch in watches]


def _unavailable(connector: "JiraConnector", failure: Exception) -> Unavailable:
    return Unavailable(connector.binding.clock.now(), str(failure), _stay_away(failure))


def _stay_away(failure: Exception) -> float | None:
    """Return how long not to ask: failed logins in a row make Jira want a CAPTCHA."""
    if isinstance(failure, SignInRefused):
        return _SIGN_IN
    if isinstance(failure, CaptchaWanted):
        return _CAPTCHA
    return failure.retry_after if isinstance(failure, JiraUnreachable) else None


class _Looker:
    """One look: the issues by watched key, or the reason why one is not seen."""

    def __init__(
        self,
        connector: "JiraConnector",
        client: "JiraClient",
        site: Site,
        watches: Sequence[Watch],
    ) -> None:
        self._connector, self._client, self._site = connector, client, site
        self._watches = watches
        self._fields = sorted(ids_of([n for watch in watches for n in watch.fields], site))
        self._issues: dict[str, Mapping[str, Json]] = {}
        self._failures: dict[str, Unavailable] = {}
        self._user: str | None = None

    def ask(self) -> None:
        """Ask for everything that is watched."""
        keys = list(dict.fromkeys(watch.key for watch in self._watches))
        try:
            if self._site.cloud and len(keys) > 1:
                for some in _chunks(keys):
                    self._bulk(some)
            for key in keys:
                if key not in self._issues:
                    self._single(key)
        except StepFailed as failure:
            # What keeps Jira from answering for one issue keeps it from answering for all.
            SITES.forget(self._connector.jira_url)
            gone = _unavailable(self._connector, failure)
            for key in keys:
                if key not in self._issues:
                    self._failures.setdefault(key, gone)

    def seen(self, watch: Watch) -> Look:
        """Return what was seen for one watch."""
        issue = self._issues.get(watch.key)
        if issue is None:
            return self._failures[watch.key]
        now = self._connector.binding.clock.now()
        try:
            url = self._client.browse(text(issue.get("key")))
        except StepFailed as failure:
            return _unavailable(self._connector, failure)
        return Snapshot(now, content(issue, watch.fields, self._site, url=url, watched=watch.key))

    def _bulk(self, keys: list[str]) -> None:
        """Read up to 100 issues at once. One that is missing, hidden or moved is not among them."""
        what = f"read {len(keys)} issues"
        question: dict[str, Json] = {
            "issueIdsOrKeys": keys,
            "fields": self._fields,
            "expand": ["changelog"],
        }
        answer = as_mapping(
            self._client.ask("/rest/api/3/issue/bulkfetch", question, what=what), what
        )
        wanted = set(keys)
        for issue in map(members, as_list(answer.get("issues"), what)):
            for name in (text(issue.get("key")), text(issue.get("id"))):
                if name in wanted:
                    self._issues[name] = issue

    def _single(self, key: str) -> None:
        what = f"read {key}"
        try:
            answer = self._client.get(
                f"/rest/api/2/issue/{quote(key, safe='')}",
                what=what,
                fields=",".join(self._fields),
                expand="changelog",
            )
        except NotFound:
            reason = f"{key} is not found, or not visible to {self._who()}"
            now = self._connector.binding.clock.now()
            self._failures[key] = Unavailable(now, reason)
        else:
            self._issues[key] = as_mapping(answer, what)

    def _who(self) -> str:
        """Return the user's name; raises what a user that Jira does not know gets.

        Jira: a bad token makes us anonymous, and then every issue is "not found".
        """
        if self._user is None:
            what = "say who we are"
            me = as_mapping(self._client.get("/rest/api/2/myself", what=what), what)
            self._user = printable(text(me.get("displayName")) or text(me.get("name")))
        return self._user


def _chunks(keys: Iterable[str]) -> Iterator[list[str]]:
    left = iter(keys)
    while some := list(islice(left, _BULK)):
        yield some
