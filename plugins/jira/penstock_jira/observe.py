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
from penstock_jira.errors import AskedToWait, JiraRefused, JiraUnreachable, printable
from penstock_jira.glance import content, ids_of, is_pseudo
from penstock_jira.missing import MISSING
from penstock_jira.people import People
from penstock_jira.site import Site, Sites
from penstock_jira.standing import by_our_clock

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient
    from penstock_jira.connector import JiraConnector

__all__ = ["SITES", "look"]

#: Jira Cloud: a bulk read takes so many keys.
_BULK = 100
#: Seconds for one look, and for each issue that has to be read by itself.
_LOOK, _EACH = 20.0, 2.0
#: Seconds of difference between two clocks that mean nothing: ``Date`` has whole ones.
_SAME_TIME = 5.0
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
        _forget(connector, failure)
        return [_unavailable(connector, failure) for _ in watches]
    looker = _Looker(connector, client, site, watches)
    looker.ask()
    return [looker.seen(watch) for watch in watches]


def _unavailable(connector: "JiraConnector", failure: Exception) -> Unavailable:
    after = failure.retry_after if isinstance(failure, (JiraRefused, JiraUnreachable)) else None
    return Unavailable(connector.binding.clock.now(), str(failure), after)


def _forget(connector: "JiraConnector", failure: Exception) -> None:
    """Read the site afresh the next time, unless Jira has only asked for fewer requests."""
    if not isinstance(failure, AskedToWait):
        SITES.forget(connector.jira_url)


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
        self._gone: dict[str, Json] = {}
        self._me: Mapping[str, Json] | None = None
        self._people = People(client, self._myself)
        #: The number of each issue, where an earlier look saw it.
        self._ids = {
            watch.key: text(watch.known["issue_id"])
            for watch in watches
            if watch.known.get("issue_id")
        }

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
            _forget(self._connector, failure)
            gone = _unavailable(self._connector, failure)
            for key in keys:
                if key not in self._issues:
                    self._failures.setdefault(key, gone)

    def seen(self, watch: Watch) -> Look:
        """Return what was seen for one watch."""
        now = self._connector.binding.clock.now()
        if watch.key in self._gone:
            return Snapshot(now, {"missing": self._gone[watch.key]})
        issue = self._issues.get(watch.key)
        if issue is None:
            return self._failures[watch.key]
        try:
            return Snapshot(now, self._content(watch, issue))
        except StepFailed as failure:
            return _unavailable(self._connector, failure)

    def _content(self, watch: Watch, issue: Mapping[str, Json]) -> dict[str, Json]:
        asks, skew = watch.asks, self._client.skew or 0.0
        found = content(
            issue,
            watch.fields,
            self._site,
            url=self._client.browse(text(issue.get("key"))),
            watched=watch.key,
            people=bool(asks.get("people")),
        )
        if abs(skew) >= _SAME_TIME:
            found["skew"] = skew
        if watch.opened is not None:
            found |= {"opened": watch.opened.isoformat(), "known": dict(watch.known)}
        people = members(found.get("people"))
        if people:
            found["people"] = {
                name: self._person(watch, person, members(members(found["since"])[name]), found)
                for name, person in people.items()
            }
        return found

    def _person(
        self, watch: Watch, person: Json, change: Mapping[str, Json], found: Mapping[str, Json]
    ) -> Json:
        """Return who made a change, described if it is one of those that count."""
        late = watch.opened is None or by_our_clock(text(change["at"]), found) >= watch.opened
        if not late:
            return person
        return self._people.described(members(person), watch.asks, watch.user)

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
                if name in wanted and self._is_the_one(name, issue):
                    self._issues[name] = issue
                    MISSING.found(self._connector.jira_url, name)

    def _is_the_one(self, key: str, issue: Mapping[str, Json]) -> bool:
        """Whether *issue* is what *key* meant at an earlier look.

        Jira: the old key of a moved issue may come to mean another one.
        """
        return self._ids.get(key, text(issue.get("id"))) == text(issue.get("id"))

    def _single(self, key: str) -> None:
        """Read one issue by its key, or by its number where the key does not lead to it."""
        issue, other = self._read(key), False
        if key in self._ids and (issue is None or not self._is_the_one(key, issue)):
            other = issue is not None
            issue = self._read(self._ids[key])
        if issue is not None and self._is_the_one(key, issue):
            self._issues[key] = issue
            MISSING.found(self._connector.jira_url, key)
        elif other or issue is not None:
            reason = f"Jira answered for another issue: {key} had the id {self._ids[key]}"
            self._failures[key] = Unavailable(self._connector.binding.clock.now(), reason)
        else:
            self._missed(key)

    def _read(self, key: str) -> Mapping[str, Json] | None:
        what = f"read {key}"
        answer = self._client.find(
            f"/rest/api/2/issue/{quote(key, safe='')}",
            what=what,
            fields=",".join(self._fields),
            expand="changelog",
        )
        return None if answer is None else as_mapping(answer, what)

    def _missed(self, key: str) -> None:
        """Note that the issue was not found by a user that Jira knows; in the end it is gone."""
        user = self._who()
        clock = self._connector.binding.clock
        misses = MISSING.again(self._connector.jira_url, key, clock.monotonic())
        if misses.confirmed:
            told: dict[str, Json] = {"key": key, "user": user}
            self._gone[key] = {**told, "looks": misses.looks, "minutes": misses.minutes}
        else:
            reason = f"{key} is not found, or not visible to {user}"
            self._failures[key] = Unavailable(clock.now(), reason)

    def _who(self) -> str:
        """Return our name in Jira."""
        me = self._myself()
        return printable(text(me.get("displayName")) or text(me.get("name")))

    def _myself(self) -> Mapping[str, Json]:
        """Return who we are; raises what a user that Jira does not know gets.

        Jira: a bad token makes us anonymous, and then every issue is "not found".
        """
        if self._me is None:
            what = "say who we are"
            self._me = as_mapping(self._client.get("/rest/api/2/myself", what=what), what)
        return self._me


def _chunks(keys: Iterable[str]) -> Iterator[list[str]]:
    left = iter(keys)
    while some := list(islice(left, _BULK)):
        yield some
