"""Somebody who watches an issue from now on."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from penstock.json_types import Json
from penstock.step import Effect
from penstock_jira.answer import as_list, as_mapping, members, text
from penstock_jira.errors import FieldFault
from penstock_jira.extra import Extra, issue_path
from penstock_jira.users import Users

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["Watcher"]


class Watcher(Extra):
    """One watcher; Jira keeps each once."""

    kept_once: ClassVar[bool] = True

    def __init__(self, client: "JiraClient", users: Users, wanted: str, number: int) -> None:
        """Take who is wanted, as watcher *number* of the step."""
        self.name = f"watcher {number}"
        self._client, self._users, self._wanted = client, users, wanted

    @override
    def check(self) -> None:
        _ = self._identity

    @cached_property
    def _identity(self) -> tuple[str, str]:
        """The member that names the user, and the name."""
        try:
            ((member, name),) = members(self._users.value(self._wanted)).items()
        except FieldFault as fault:
            raise FieldFault(f"watchers: {fault}") from None
        return member, text(name)

    @override
    def intent(self, key: str) -> Mapping[str, Json]:
        return {"issue": key, "user": self._identity[1]}

    @override
    def write(self, key: str, effect: Effect) -> Json:
        present = self.look(key, effect)
        if present is not None:
            return present
        what = f"add a watcher to {key}"
        name = self._identity[1]
        self._client.send("POST", f"{issue_path(key)}/watchers", name, what=what)
        return {"user": name}

    @override
    def look(self, key: str, effect: Effect) -> Json:
        what = f"list the watchers of {key}"
        answer = as_mapping(self._client.get(f"{issue_path(key)}/watchers", what=what), what)
        member, name = self._identity
        listed = as_list(answer.get("watchers"), what) if answer.get("watchers") else ()
        if any(text(members(user).get(member)) == name for user in listed):
            return {"user": name}
        return None
