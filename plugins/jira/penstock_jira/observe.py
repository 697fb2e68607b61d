"""How gates look at Jira: for all watches of one connector, as few questions as it allows."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from penstock.errors import ConnectorError, StepFailed
from penstock.watch import Look, Snapshot, Watch
from penstock_jira.answer import members, text
from penstock_jira.errors import AskedToWait
from penstock_jira.glance import ids_of, is_pseudo
from penstock_jira.people import People
from penstock_jira.reading import Issues, unavailable
from penstock_jira.sight import Sight
from penstock_jira.site import Site, Sites

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient
    from penstock_jira.connector import JiraConnector

__all__ = ["SITES", "look", "site_of"]

#: Seconds for one look, and for each issue that has to be read by itself.
_LOOK, _EACH = 20.0, 2.0
SITES = Sites()


def look(connector: "JiraConnector", watches: Sequence[Watch]) -> list[Look]:
    """Return a snapshot for each watch, in order, or why there is none.

    Nothing is waited for and nothing tried twice: the next look is the next try.
    """
    clock = connector.binding.clock
    seconds = _LOOK + _EACH * len(watches)
    try:
        client = connector.client(clock.now() + timedelta(seconds=seconds), patient=False)
        names = {name for watch in watches for name in watch.fields}
        site = site_of(connector, client, names)
    except (StepFailed, ConnectorError) as failure:
        _forget(connector.jira_url, failure)
        return [unavailable(clock, failure) for _ in watches]
    return _Looker(connector, client, site, watches).looks()


def site_of(connector: "JiraConnector", client: "JiraClient", names: Iterable[str]) -> Site:
    """Return what is known of the connector's Jira, read afresh where it lacks one of *names*."""
    wanted = [name.removeprefix("__") for name in names if not is_pseudo(name)]
    return SITES.get(connector.jira_url, client, connector.binding.clock.now(), wanted)


def _forget(url: str, failure: Exception) -> None:
    """Read the site afresh the next time, unless Jira has only asked for fewer requests."""
    if not isinstance(failure, AskedToWait):
        SITES.forget(url)


class _Looker:
    """One look at many issues."""

    def __init__(
        self,
        connector: "JiraConnector",
        client: "JiraClient",
        site: Site,
        watches: Sequence[Watch],
    ) -> None:
        self._clock, self._url = connector.binding.clock, connector.jira_url
        self._watches, self._site = watches, site
        self._issues = Issues(client, site, self._clock, watches)
        people = People(client, site, self._issues.myself)
        self._sight = Sight(client, site, people)

    def looks(self) -> list[Look]:
        """Ask for everything that is watched, and return what was seen for each watch."""
        names = {name for watch in self._watches for name in watch.fields}
        fields = ids_of(names, self._site)
        remembered = (members(watch.known.get("field_ids")).values() for watch in self._watches)
        fields.update(text(name) for names in remembered for name in names)
        failure = self._issues.ask(sorted(fields))
        if failure is not None:
            _forget(self._url, failure)
        return [self._seen(watch) for watch in self._watches]

    def _seen(self, watch: Watch) -> Look:
        now, issue = self._clock.now(), self._issues.get(watch.key)
        if watch.key in self._issues.gone:
            return Snapshot(now, {"missing": self._issues.gone[watch.key]})
        if issue is None:
            return self._issues.failures[watch.key]
        try:
            return Snapshot(now, self._sight.content(watch, issue))
        except StepFailed as failure:
            return unavailable(self._clock, failure)
