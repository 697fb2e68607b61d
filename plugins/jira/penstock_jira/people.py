"""What a look finds out of the people who changed an issue: groups, and whose they are."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from penstock.json_types import Json
from penstock_jira.answer import as_mapping, members, text
from penstock_jira.errors import FieldFault, NotAllowed, NotFound, printable
from penstock_jira.names import folded
from penstock_jira.site import Site
from penstock_jira.users import Users

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["People", "identity"]

_IDS = ("accountId", "key", "name")


def identity(person: Mapping[str, Json]) -> str:
    """Return what tells this person from every other: an account id, a key or a user name."""
    return next((text(person.get(name)) for name in _IDS if text(person.get(name))), "")


class People:
    """The people of a site. Each question is asked once, and only when its answer counts."""

    def __init__(
        self, client: "JiraClient", site: Site, me: Callable[[], Mapping[str, Json]]
    ) -> None:
        """Take the client, what is known of its site, and who we are ourselves."""
        self._client, self._site, self._me = client, site, me

    def described(
        self, person: Mapping[str, Json], asks: Mapping[str, Json], user: str
    ) -> dict[str, Json]:
        """Return *person* with what *asks* wants to know; *user* started the run.

        ``groups`` lists group names, ``groups_fault`` says why there are none; ``is_us`` and
        ``is_initiator`` are truths, the latter missing where Jira does not know *user*.
        """
        found: dict[str, Json] = {**person}
        if not identity(person):
            return found
        if asks.get("groups"):
            found |= self._groups_of(person)
        if asks.get("initiator"):
            found["is_us"] = identity(person) == identity(self._me())
            told = self._is(person, user)
            found |= {"initiator": user} if told is None else {"is_initiator": told}
        return found

    def _groups_of(self, person: Mapping[str, Json]) -> dict[str, Json]:
        who = identity(person)
        if who not in self._site.groups:
            self._site.groups[who] = self._read_groups(person)
        return self._site.groups[who]

    def _read_groups(self, person: Mapping[str, Json]) -> dict[str, Json]:
        member, asked = ("accountId", "accountId") if self._site.cloud else ("name", "username")
        if not text(person.get(member)):
            member, asked = "key", "key"
        who = {asked: text(person.get(member))}
        what = f"list the groups of {printable(text(person.get('displayName')))}"
        try:
            answer = self._client.get("/rest/api/2/user", what=what, expand="groups", **who)
        except (NotFound, NotAllowed) as refusal:
            return {"groups_fault": refusal.message}
        listed = members(as_mapping(answer, what).get("groups")).get("items")
        items = listed if isinstance(listed, (list, tuple)) else ()
        return {"groups": [text(members(item).get("name")) for item in items]}

    def _is(self, person: Mapping[str, Json], user: str) -> bool | None:
        """Whether *person* is *user*, a name that our own system knows; ``None``: nobody knows."""
        names = {folded(text(value)) for value in person.values()}
        if folded(user) in names | {name.partition("@")[0] for name in names}:
            return True
        if user not in self._site.starters:
            self._site.starters[user] = self._look_up(user)
        starter = self._site.starters[user]
        return None if starter is None else starter in {text(person.get(name)) for name in _IDS}

    def _look_up(self, user: str) -> str | None:
        if not user:
            return None
        try:
            return (
                identity(members(Users(self._client, lambda _: None, exact=True).value(user)))
                or None
            )
        except FieldFault:
            return None
