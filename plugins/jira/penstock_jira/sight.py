"""What a look tells a gate of one issue: its fields, who changed them, and what they were."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from penstock.json_types import Json
from penstock.watch import Watch
from penstock_jira.answer import members, text
from penstock_jira.changelog import Entry, entries
from penstock_jira.evidence import relevant
from penstock_jira.glance import Seen, content, meant
from penstock_jira.metadata import FieldMeta
from penstock_jira.past import states
from penstock_jira.people import People
from penstock_jira.site import Site
from penstock_jira.standing import by_our_clock

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["Sight"]

#: Seconds of difference between two clocks that mean nothing: ``Date`` has whole ones.
_SAME_TIME = 5.0
#: So many states of an issue since the gate opened are told, the newest ones.
_MOST_STATES = 50


class Sight:
    """Puts together the contents of snapshots, for the gates of one look."""

    def __init__(self, client: "JiraClient", site: Site, people: People) -> None:
        """Take the client that read the issues, and what is known of its site."""
        self._client, self._site, self._people = client, site, people

    def content(self, watch: Watch, issue: Mapping[str, Json]) -> dict[str, Json]:
        """Return what *watch* sees of *issue*; raises ``StepFailed`` where more has to be asked."""
        changes = entries(issue)
        seen = Seen(
            issue,
            changes,
            self._client.browse(text(issue.get("key"))),
            ids=members(watch.known.get("field_ids")),
        )
        asks_people = bool(watch.asks.get("people"))
        found = content(seen, watch.fields, self._site, watched=watch.key, people=asks_people)
        skew = self._client.skew or 0.0
        if abs(skew) >= _SAME_TIME:
            found["skew"] = skew
        if watch.opened is not None:
            found |= {"opened": watch.opened.isoformat(), "known": dict(watch.known)}
            fields = [one for name in watch.fields for one in meant(name, seen, self._site)]
            found["changes"] = relevant(changes, fields)
            start = watch.opened + timedelta(seconds=_skew_of(found))
            found |= self._since(watch, seen, fields, start)
        if watch.asks.get("statuses"):
            found["statuses"] = self._site.statuses(self._client)
        people = members(found.get("people"))
        if people:
            found["people"] = {
                name: self._person(watch, person, members(members(found["since"])[name]), found)
                for name, person in people.items()
            }
        return found

    def _since(
        self, watch: Watch, seen: Seen, fields: Sequence[FieldMeta], start: datetime
    ) -> dict[str, Json]:
        """Return what the issue was since *start*, if it was anything else than now."""
        if not seen.changes or seen.changes[-1].at < start:
            return {}
        former = states(seen.issue, seen.changes, fields, start)
        told = []
        for state, after in pairwise(former[1:]):
            was = Seen(state.issue, state.changes, seen.url, state.lost, seen.ids)
            shown = content(was, watch.fields, self._site, watched=watch.key)
            told.append(_former(shown, state.changes[-1], after.changes[-1]))
        return {"past": [*told[-_MOST_STATES:]]} if told else {}

    def _person(
        self, watch: Watch, person: Json, change: Mapping[str, Json], found: Mapping[str, Json]
    ) -> Json:
        """Return who made a change, described if it is one of those that count."""
        late = watch.opened is None or by_our_clock(text(change["at"]), found) >= watch.opened
        if not late:
            return person
        return self._people.described(members(person), watch.asks, watch.user)


def _skew_of(found: Mapping[str, Json]) -> float:
    skew = found.get("skew")
    return float(skew) if isinstance(skew, (int, float)) else 0.0


def _former(shown: Mapping[str, Json], begun: Entry, ended: Entry) -> dict[str, Json]:
    """Return a state that is over: what was seen of it, from when to when, and who ended it."""
    kept = {name: shown[name] for name in ("fields", "absent", "since")}
    return {
        **kept,
        "at": begun.at.isoformat(),
        "until": ended.at.isoformat(),
        "ended_by": ended.by,
    }
