"""The issues that gates wait for, read with as few questions as Jira allows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import quote

from penstock.clock import Clock
from penstock.errors import StepFailed
from penstock.json_types import Json
from penstock.watch import Unavailable, Watch
from penstock_jira.answer import as_list, as_mapping, members, text
from penstock_jira.changelog import entries, is_cut, merged
from penstock_jira.errors import JiraRefused, JiraUnreachable, printable
from penstock_jira.missing import MISSING
from penstock_jira.site import Site

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["Issues", "all_changes", "unavailable"]

#: Jira Cloud: a bulk read takes so many keys; one of changes so many issues, and so many fields.
_BULK, _BULK_CHANGES, _MOST_FIELDS = 100, 1000, 10
#: Jira: changes on one page of a bulk read of changes.
_PAGE = 10_000
#: More pages than this are no answer to a question about at most a thousand issues.
_MOST_PAGES = 100


def unavailable(clock: Clock, failure: Exception) -> Unavailable:
    """Return that nothing was seen by *failure*, and how long not to ask again."""
    after = failure.retry_after if isinstance(failure, (JiraRefused, JiraUnreachable)) else None
    return Unavailable(clock.now(), str(failure), after)


class Issues:
    """The issues of one look, by watched key, or the reason why one is not seen."""

    def __init__(
        self, client: "JiraClient", site: Site, clock: Clock, watches: Sequence[Watch]
    ) -> None:
        """Take whom to ask, and what for; nothing is asked yet."""
        self._client, self._site, self._clock = client, site, clock
        self._watches = watches
        self._issues: dict[str, Mapping[str, Json]] = {}
        #: Why an issue is not seen, and what is told of one that is missing for good.
        self.failures: dict[str, Unavailable] = {}
        self.gone: dict[str, Json] = {}
        self._me: Mapping[str, Json] | None = None
        #: The number of each issue, where an earlier look saw it.
        self._ids = {
            watch.key: text(watch.known["issue_id"])
            for watch in watches
            if watch.known.get("issue_id")
        }

    def get(self, key: str) -> Mapping[str, Json] | None:
        """Return the issue that *key* means, if it was seen."""
        return self._issues.get(key)

    def ask(self, fields: Sequence[str]) -> StepFailed | None:
        """Read *fields* (ids) of everything that is watched, each issue once.

        Return what kept Jira from answering to the end; what it left out is among the failures.
        """
        keys = list(dict.fromkeys(watch.key for watch in self._watches))
        try:
            self._ask(keys, fields)
        except StepFailed as failure:
            # What keeps Jira from answering for one issue keeps it from answering for all.
            gone = unavailable(self._clock, failure)
            for key in keys:
                if key not in self._issues and key not in self.gone:
                    self.failures.setdefault(key, gone)
            return failure
        return None

    def _ask(self, keys: Sequence[str], fields: Sequence[str]) -> None:
        if self._site.cloud and len(keys) > 1:
            for some in _chunks(keys, _BULK):
                self._bulk(some, fields)
        for key in keys:
            if key not in self._issues:
                self._single(key, fields)
        if self._site.cloud:
            self._complete(fields)

    def _bulk(self, keys: list[str], fields: Sequence[str]) -> None:
        """Read up to 100 issues at once. One that is missing, hidden or moved is not among them."""
        what = f"read {len(keys)} issues"
        question: dict[str, Json] = {
            "issueIdsOrKeys": keys,
            "fields": list(fields),
            "expand": ["changelog"],
        }
        answer = as_mapping(
            self._client.ask("/rest/api/3/issue/bulkfetch", question, what=what), what
        )
        wanted = set(keys)
        for issue in map(members, as_list(answer.get("issues"), what)):
            for name in (text(issue.get("key")), text(issue.get("id"))):
                if name in wanted and self._is_the_one(name, issue):
                    self._keep(name, issue)

    def _keep(self, key: str, issue: Mapping[str, Json]) -> None:
        self._issues[key] = issue
        MISSING.found(self._site.url, key)

    def _is_the_one(self, key: str, issue: Mapping[str, Json]) -> bool:
        """Whether *issue* is what *key* meant at an earlier look.

        Jira: the old key of a moved issue may come to mean another one.
        """
        return self._ids.get(key, text(issue.get("id"))) == text(issue.get("id"))

    def _single(self, key: str, fields: Sequence[str]) -> None:
        """Read one issue by its key, or by its number where the key does not lead to it."""
        issue, other = self._read(key, fields), False
        if key in self._ids and (issue is None or not self._is_the_one(key, issue)):
            other = issue is not None
            issue = self._read(self._ids[key], fields)
        if issue is not None and self._is_the_one(key, issue):
            self._keep(key, issue)
        elif other or issue is not None:
            reason = f"Jira answered for another issue: {key} had the id {self._ids[key]}"
            self.failures[key] = Unavailable(self._clock.now(), reason)
        else:
            self._missed(key)

    def _read(self, key: str, fields: Sequence[str]) -> Mapping[str, Json] | None:
        what = f"read {key}"
        answer = self._client.find(
            f"/rest/api/2/issue/{quote(key, safe='')}",
            what=what,
            fields=",".join(fields),
            expand="changelog",
        )
        return None if answer is None else as_mapping(answer, what)

    def _missed(self, key: str) -> None:
        """Note that the issue was not found by a user that Jira knows; in the end it is gone."""
        me = self.myself()
        user = printable(text(me.get("displayName")) or text(me.get("name")))
        misses = MISSING.again(self._site.url, key, self._clock.monotonic())
        if misses.confirmed:
            told: dict[str, Json] = {"key": key, "user": user}
            self.gone[key] = {**told, "looks": misses.looks, "minutes": misses.minutes}
        else:
            reason = f"{key} is not found, or not visible to {user}"
            self.failures[key] = Unavailable(self._clock.now(), reason)

    def _complete(self, fields: Sequence[str]) -> None:
        """Read the changes that an answer left out, of issues that changed much since the gate."""
        skew = timedelta(seconds=self._client.skew or 0.0)
        opened = {watch.key: watch.opened for watch in self._watches if watch.opened is not None}
        short = {}
        for key, issue in self._issues.items():
            if key in opened and is_cut(issue):
                told = entries(issue)
                if not told or told[0].at - skew > opened[key]:
                    short[key] = text(issue.get("id"))
        if not short:
            return
        cut = {key: self._issues.pop(key) for key in short}  # unseen, unless they are made whole
        more = all_changes(self._client, list(dict.fromkeys(short.values())), fields)
        for key, issue in cut.items():
            self._issues[key] = merged(issue, more.get(short[key], ()))

    def myself(self) -> Mapping[str, Json]:
        """Return who we are; raises what a user that Jira does not know gets.

        Jira: a bad token makes us anonymous, and then every issue is "not found".
        """
        if self._me is None:
            what = "say who we are"
            self._me = as_mapping(self._client.get("/rest/api/2/myself", what=what), what)
        return self._me


def all_changes(
    client: "JiraClient", ids: Sequence[str], fields: Sequence[str]
) -> dict[str, tuple[Json, ...]]:
    """Return every change of *fields* (of all, if they are none or many) of issues, by issue id.

    One question for up to 1,000 issues on Cloud; Data Center tells all changes with an issue.
    """
    found: dict[str, list[Json]] = {}
    for some in _chunks(ids, _BULK_CHANGES):
        question: dict[str, Json] = {"issueIdsOrKeys": some, "maxResults": _PAGE}
        if 0 < len(fields) <= _MOST_FIELDS:
            question["fieldIds"] = list(fields)
        count = f"{len(some)} issue{'s' if len(some) > 1 else ''}"
        for page in _pages(client, question, f"read the changes of {count}"):
            for item in map(members, page):
                told = item.get("changeHistories")
                listed = told if isinstance(told, (list, tuple)) else ()
                found.setdefault(text(item.get("issueId")), []).extend(listed)
    return {name: tuple(listed) for name, listed in found.items()}


def _pages(
    client: "JiraClient", question: Mapping[str, Json], what: str
) -> Iterator[Sequence[Json]]:
    token = ""
    for _ in range(_MOST_PAGES):
        asked = {**question, "nextPageToken": token} if token else question
        page = as_mapping(client.ask("/rest/api/3/changelog/bulkfetch", asked, what=what), what)
        yield as_list(page.get("issueChangeLogs"), what)
        before, token = token, text(page.get("nextPageToken"))
        if not token or token == before:
            return


def _chunks(keys: Iterable[str], size: int) -> Iterator[list[str]]:
    left = iter(keys)
    while some := list(islice(left, size)):
        yield some
