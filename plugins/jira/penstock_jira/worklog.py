"""Time booked on an issue, once."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from typing_extensions import override

from penstock.json_types import Json
from penstock.step import Effect
from penstock_jira.answer import as_list, as_mapping, members, text
from penstock_jira.around import WorkDone
from penstock_jira.errors import FieldFault
from penstock_jira.extra import Extra, identified, issue_path
from penstock_jira.instant import jira_instant, read_instant
from penstock_jira.rich import api_of, for_client

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["Worklog"]


class Worklog(Extra):
    """One entry; what an earlier try left begins at the effect's own moment, and is new."""

    name = "worklog"

    def __init__(self, client: "JiraClient", wanted: WorkDone) -> None:
        """Take what is booked."""
        self._client, self._wanted = client, wanted

    @cached_property
    def _comment(self) -> Json:
        written = self._wanted
        return for_client(self._client, written.comment or "", written.format)

    @override
    def check(self) -> None:
        try:
            _ = self._comment
        except FieldFault as fault:
            raise FieldFault(f"worklog: {fault}") from None

    @override
    def intent(self, key: str) -> Mapping[str, Json]:
        before = [text(item.get("id")) for item in self._listed(key)]
        return {"issue": key, "timeSpent": self._wanted.time_spent, "before": before}

    @override
    def write(self, key: str, effect: Effect) -> Json:
        body: dict[str, Json] = {
            "timeSpent": self._wanted.time_spent,
            "started": jira_instant(effect.begun),
        }
        if self._comment:
            body["comment"] = self._comment
        what = f"book time on {key}"
        path = f"{issue_path(key, api_of([self._comment]))}/worklog"
        return identified(self._client.send("POST", path, body, what=what), what)

    @override
    def look(self, key: str, effect: Effect) -> Json:
        before = effect.intent.get("before")
        known = before if isinstance(before, list) else []
        for item in self._listed(key):
            identifier = text(item.get("id"))
            if identifier not in known and _began(item, effect):
                return {"id": identifier}
        return None

    def _listed(self, key: str) -> list[Mapping[str, Json]]:
        what = f"list the worklog of {key}"
        answer = as_mapping(self._client.get(f"{issue_path(key)}/worklog", what=what), what)
        return [members(item) for item in as_list(answer.get("worklogs"), what)]


def _began(item: Mapping[str, Json], effect: Effect) -> bool:
    try:
        started = read_instant(text(item.get("started")))
    except ValueError:
        return False
    return abs(started - effect.begun) < timedelta(seconds=1)
