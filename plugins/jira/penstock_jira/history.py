"""The past of issues that a search finds, as a gate would have seen it: for ``backtest``."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from penstock.json_types import Json
from penstock.nearest import nearest, suggestion
from penstock.past import Past
from penstock.verdict import Verdict
from penstock.watch import Snapshot
from penstock_jira.answer import members, text
from penstock_jira.changelog import Entry, entries, last
from penstock_jira.comparable import comparable
from penstock_jira.finding import found_issues
from penstock_jira.glance import Seen, content, ids_of, meant
from penstock_jira.instant import read_instant
from penstock_jira.observe import site_of
from penstock_jira.past import State, states
from penstock_jira.people import People
from penstock_jira.statuses import NAMES

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient
    from penstock_jira.connector import JiraConnector

__all__ = ["IssueHistory", "Wanted"]

#: Seconds that reading a page of issues may take.
_PATIENCE = 300.0
#: Names that are what they are as long as there is an issue, or of which every change is told.
_SURE = {"key", "id", "url", "restUrl", "Status", "Issue Type", "Project Key", "Project Name"}
#: Jira: no entry of the changelog tells of them, or they change by themselves.
_UNTOLD = {
    *("comment", "worklog", "attachment", "votes", "watches", "subtasks", "issuelinks"),
    *("updated", "lastViewed", "resolutiondate", "statuscategorychangedate", "workratio"),
    *("timespent", "aggregatetimespent", "progress", "aggregateprogress"),
}


@dataclass(frozen=True)
class Wanted:
    """What a gate wants to know of the past."""

    names: Sequence[str]
    judge: Callable[[Snapshot], Verdict]
    asks: Mapping[str, Json] = field(default_factory=dict)
    #: Names that a field was to have, or not to have, by the field's name.
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    #: Seconds after a change at which it may judge otherwise though nothing has changed since.
    later: float | None = None


class IssueHistory:
    """What a gate would have seen of the issues that a search finds, read as it goes."""

    def __init__(self, connector: "JiraConnector", query: str, wanted: Wanted) -> None:
        """Take where to search, for what (JQL), and what is looked at; nothing is asked yet."""
        self._connector, self._query, self._wanted = connector, query, wanted
        self._clock = connector.binding.clock
        self._client = self._fresh()
        self._site = site_of(connector, self._client, wanted.names)
        self._people = People(self._client, self._site, self._myself)
        self._me: Mapping[str, Json] = {}
        #: Every name that a field ever had, on any of the issues.
        self._seen: dict[str, set[str]] = {}

    def _fresh(self) -> "JiraClient":
        return self._connector.client(self._clock.now() + timedelta(seconds=_PATIENCE))

    def __iter__(self) -> Iterator[Past]:
        """Yield the past of each issue, in the order of the search."""
        fields = sorted({*ids_of(self._wanted.names, self._site), "created"})
        found = found_issues(self._fresh, self._query, fields, cloud=self._site.cloud)
        for issue in found:
            yield self._past(issue)

    def _past(self, issue: Mapping[str, Json]) -> Past:
        changes = entries(issue)
        url = self._client.browse(text(issue.get("key")))
        now = Seen(issue, changes, url)
        fields = [one for name in self._wanted.names for one in meant(name, now, self._site)]
        untold = {one.id: _untold(one.name) for one in fields if one.id in _UNTOLD}
        made = _made(issue, changes)
        former = states(issue, changes, fields, made)
        snapshots: list[Snapshot] = []
        known: Mapping[str, Json] = {}
        for moment, state in self._moments(former):
            lost = dict(state.lost) if state is former[-1] else {**untold, **state.lost}
            seen = Seen(state.issue, state.changes, url, lost)
            snapshot = Snapshot(moment, self._content(seen, known, made))
            known = self._wanted.judge(snapshot).outputs
            snapshots.append(snapshot)
        doubts = dict.fromkeys([*untold.values(), *self._doubts(now, former)])
        return Past(text(issue.get("key")), tuple(snapshots), url, tuple(doubts))

    def _moments(self, former: Sequence[State]) -> Iterator[tuple[datetime, State]]:
        """Yield when the gate looks: at each change, a while after it if that counts, and now."""
        now = self._clock.now()
        for number, state in enumerate(former):
            yield state.since, state
            end = former[number + 1].since if number + 1 < len(former) else now
            if self._wanted.later is not None:
                later = state.since + timedelta(seconds=self._wanted.later)
                if later < end:
                    yield later, state
        if former[-1].since < now:
            yield now, former[-1]

    def _content(self, seen: Seen, known: Mapping[str, Json], made: datetime) -> dict[str, Json]:
        key, asks = text(seen.issue.get("key")), self._wanted.asks
        asks_people = bool(asks.get("people"))
        found = content(seen, self._wanted.names, self._site, watched=key, people=asks_people)
        statuses = self._site.statuses(self._client) if asks.get("statuses") else {}
        remembered = {"statuses": statuses} if statuses else {}
        found |= {"opened": made.isoformat(), "known": {**known, **remembered}}
        found |= {"statuses": statuses} if statuses else {}
        if asks_people:
            people = members(found.get("people"))
            found["people"] = {name: self._person(members(one)) for name, one in people.items()}
        for name, entry in members(found["fields"]).items():
            items = comparable(members(entry)).items
            self._seen.setdefault(name, set()).update(one for item in items for one in item.names)
        return found

    def _person(self, person: Mapping[str, Json]) -> Json:
        """Return who made a change, described; nobody is who started a run that never was."""
        return {**self._people.described(person, self._wanted.asks, ""), "is_initiator": False}

    def _myself(self) -> Mapping[str, Json]:
        if not self._me:
            self._me = members(self._client.get("/rest/api/2/myself", what="say who we are"))
        return self._me

    def _doubts(self, now: Seen, former: Sequence[State]) -> Iterator[str]:
        lost = {name for state in former for name in state.lost}
        for name in self._wanted.names:
            fields = meant(name, now, self._site)
            if any(one.id in lost for one in fields):
                yield f"what {name} was at some time: its changes do not tell it"
            elif name not in _SURE and not any(last(now.changes, f.id, f.name) for f in fields):
                yield f"{name} has never changed: it is taken to have always been what it is now"
        if self._wanted.asks.get("initiator"):
            yield "who would have started the run: nobody is taken for that"

    def suspicions(self) -> Sequence[str]:
        """Return the values of the criteria that no issue ever had, with the near miss."""
        return [one for name in self._wanted.values for one in self._suspicions(name)]

    def _suspicions(self, name: str) -> Iterator[str]:
        had = sorted(self._seen.get(name, ()))
        statuses = self._site.statuses(self._client) if name in NAMES else {}
        for value in dict.fromkeys(self._wanted.values[name]):
            if had and value not in had:
                yield _suspicion(name, value, had, statuses)


def _suspicion(name: str, value: str, had: Sequence[str], statuses: Mapping[str, Json]) -> str:
    names = [*dict.fromkeys(map(text, statuses.values()))]
    if names and value not in names and value not in statuses:
        return f"Jira has no status called {value!r}; {suggestion(value, names)}"
    near = nearest(value, had)
    advice = f"; did you mean {near!r}?" if near else ""
    return f"no ticket ever had the {name} {value!r}{advice}"


def _untold(name: str) -> str:
    return f"what {name} was: no change of an issue tells it"


def _made(issue: Mapping[str, Json], changes: Sequence[Entry]) -> datetime:
    try:
        return read_instant(text(members(issue.get("fields")).get("created"))).astimezone(UTC)
    except ValueError:  # hidden from us, or not of Jira's making: its first change comes next
        return changes[0].at if changes else datetime(1970, 1, 1, tzinfo=UTC)
