"""Who a text means: exactly one user of Jira's, or an error that lists who it could be."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from penstock.json_types import Json
from penstock_jira.answer import as_list, members, text
from penstock_jira.errors import FieldFault, NotFound, printable
from penstock_jira.names import folded, same

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["Users"]

User: TypeAlias = Mapping[str, Json]

_FOUND = "50"
_LISTED = 10


class Users:
    """Looks users up, each once."""

    def __init__(
        self, client: "JiraClient", note: Callable[[str], None], *, exact: bool = False
    ) -> None:
        """Take the client, and where to say what a person may want to check.

        *exact*: a name in another letter case names nobody; for where a guess would be unsafe.
        """
        self._client, self._note = client, note
        self._exact = exact
        self._tests = (_is_id, _is_email, _is_name, *(() if exact else (_is_folded_name,)))
        self._known: dict[str, Json] = {}

    @property
    def cloud(self) -> bool:
        """Whether they are users of Jira Cloud."""
        return self._client.cloud

    def value(self, wanted: str) -> Json:
        """Return what is sent for a user: ``{"accountId": …}`` on Cloud, else ``{"name": …}``.

        *wanted* is an account id, a user name, ``JIRAUSER…``, an e-mail or a display name. Unlike
        Harness, a single hit of Jira's search counts only if it *is* what was asked for.
        """
        if wanted not in self._known:
            found = self._client.account.users.get(
                (wanted, self._exact), lambda: self._identity(wanted), self._client.seconds
            )
            self._known[wanted], doubt = found.value
            if doubt:
                self._note(doubt)
        return self._known[wanted]

    def _identity(self, wanted: str) -> tuple[Json, str]:
        """Return what is sent, and what a person may want to check about it."""
        user = self._one(wanted)
        member = "accountId" if self._client.cloud else "name"
        doubt = ""
        if not any(test(user, wanted) for test in self._tests):
            shown = printable(text(user.get("displayName")))
            doubt = f"{wanted} is taken to be {shown}, whose e-mail Jira hides"
        return {member: text(user.get(member))}, doubt

    def _one(self, wanted: str) -> User:
        found = self._search(wanted)
        if not found:
            raise FieldFault(
                f"Found no jira users with this query : [{wanted}]; write the e-mail, the display "
                f"name or the {'account id' if self._client.cloud else 'user name'}"
            )
        for test in self._tests:
            exact = [user for user in found if test(user, wanted)]
            if len(exact) == 1:
                return exact[0]
            if exact:
                raise FieldFault(
                    f"Found {len(exact)} jira users exactly matching with this query [{wanted}]. "
                    f"Should be exactly 1. They are: {_listed(exact)}"
                )
        if len(found) == 1 and _hides_email(found[0], wanted):
            return found[0]
        raise FieldFault(
            f"Found no jira users with exact match for this query : [{wanted}]; "
            f"similar are: {_listed(found)}"
        )

    def _search(self, wanted: str) -> list[User]:
        what = f"find the user {printable(wanted)}"
        if not self._client.cloud:
            if wanted.startswith("JIRAUSER"):
                return self._by_key(wanted, what)
            return self._hits({"username": wanted}, what)
        if "@" not in wanted and " " not in wanted:
            by_id = self._hits({"accountId": wanted}, what)
            if by_id:
                return by_id
        return self._hits({"query": wanted}, what)

    def _by_key(self, key: str, what: str) -> list[User]:
        try:
            return [members(self._client.get("/rest/api/2/user", what=what, key=key))]
        except NotFound:
            return []

    def _hits(self, question: Mapping[str, str], what: str) -> list[User]:
        path = "/rest/api/2/user/search"
        listed = self._client.get(path, what=what, maxResults=_FOUND, **question)
        return [members(item) for item in as_list(listed, what)]


def _is_id(user: User, wanted: str) -> bool:
    return wanted in {text(user.get(name)) for name in ("accountId", "name", "key")}


def _is_email(user: User, wanted: str) -> bool:
    email = text(user.get("emailAddress"))
    return bool(email) and folded(email) == folded(wanted)


def _is_name(user: User, wanted: str) -> bool:
    return same(text(user.get("displayName")), wanted)


def _is_folded_name(user: User, wanted: str) -> bool:
    return folded(wanted) in {folded(text(user.get(name))) for name in ("displayName", "name")}


def _hides_email(user: User, wanted: str) -> bool:
    """Whether the user must have been found by an e-mail that we are not shown.

    Jira Cloud: the query is compared with display names and e-mails, and most people hide theirs.
    """
    shown = folded(text(user.get("displayName")))
    return "@" in wanted and not text(user.get("emailAddress")) and "@" not in shown


def _listed(users: list[User]) -> str:
    shown = [
        f"{printable(text(user.get('displayName')))} "
        f"({text(user.get('accountId')) or text(user.get('name'))})"
        for user in users[:_LISTED]
    ]
    return ", ".join(shown)
