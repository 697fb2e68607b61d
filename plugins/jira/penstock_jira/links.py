"""Links from an issue: to other issues, and to the run outside Jira."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from penstock.json_types import Json
from penstock.nearest import suggestion
from penstock.step import Effect, StepContext
from penstock_jira.answer import as_list, as_mapping, members, text
from penstock_jira.around import LinkTo, RemoteLinkTo
from penstock_jira.errors import FieldFault
from penstock_jira.extra import Extra, identified, issue_path, listed_field
from penstock_jira.names import unique
from penstock_jira.spec import known
from penstock_jira.text import check_text

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["IssueLink", "RemoteLink"]

#: Jira: characters of the title of a link.
_TITLE = 255


@dataclass(frozen=True)
class _Kind:
    """A type of link. Jira: the inward issue *outward words* the outward one (A blocks B).

    ``reversed`` says that the step's issue is the outward one, ``symmetric`` that both ends say
    the same.
    """

    id: str
    name: str
    reversed: bool
    symmetric: bool


class IssueLink(Extra):
    """A link to another issue. Jira: one that is there already is not made again."""

    kept_once: ClassVar[bool] = True

    def __init__(self, client: "JiraClient", wanted: LinkTo, number: int) -> None:
        """Take what the step asks for, as its link *number*."""
        self.name = f"link {number}"
        self._client, self._wanted = client, wanted

    @override
    def check(self) -> None:
        _ = self._kind, self._other

    @cached_property
    def _kind(self) -> _Kind:
        what = "list the types of issue links"
        answer = as_mapping(self._client.get("/rest/api/2/issueLinkType", what=what), what)
        kinds = [members(item) for item in as_list(answer.get("issueLinkTypes"), what)]
        wanted = self._wanted.type
        for member in ("name", "outward", "inward"):
            found = unique(wanted, kinds, _by(member))
            if len(found) == 1:
                inward, outward = text(found[0].get("inward")), text(found[0].get("outward"))
                return _Kind(
                    text(found[0].get("id")),
                    text(found[0].get("name")),
                    member == "inward",
                    inward == outward,
                )
        words = [text(kind.get(m)) for kind in kinds for m in ("name", "outward", "inward")]
        raise FieldFault(
            f"links: there is no one type of link {wanted!r}; "
            f"{suggestion(wanted, list(dict.fromkeys(words)))}"
        )

    @cached_property
    def _other(self) -> str:
        """The id of the other issue."""
        key = known(self._wanted.to)
        found = self._client.find(issue_path(key), what=f"read {key}", fields="summary")
        if found is None:
            raise FieldFault(f"links: {key} does not exist, or the user cannot see it")
        return text(members(found).get("id"))

    @override
    def intent(self, key: str) -> Mapping[str, Json]:
        return {"issue": key, "type": self._kind.name, "to": self._wanted.to, "id": self._other}

    @override
    def write(self, key: str, effect: Effect) -> Json:
        present = self.look(key, effect)
        if present is not None:
            return present
        ends: list[Json] = [{"key": key}, {"id": self._other}]
        if self._kind.reversed:
            ends.reverse()
        body: Json = {
            "type": {"name": self._kind.name},
            "inwardIssue": ends[0],
            "outwardIssue": ends[1],
        }
        what = f"link {key} with {self._wanted.to}"
        self._client.send("POST", "/rest/api/2/issueLink", body, what=what)
        return {"type": self._kind.name, "to": self._wanted.to}

    @override
    def look(self, key: str, effect: Effect) -> Json:
        kind = self._kind
        side = "inwardIssue" if kind.reversed else "outwardIssue"
        sides = ("inwardIssue", "outwardIssue") if kind.symmetric else (side,)
        for link in listed_field(self._client, key, "issuelinks"):
            others = {text(members(link.get(side)).get("id")) for side in sides}
            if text(members(link.get("type")).get("id")) == kind.id and self._other in others:
                return {"type": kind.name, "to": self._wanted.to}
        return None


def _by(member: str) -> Callable[[Mapping[str, Json]], tuple[str]]:
    return lambda kind: (text(kind.get(member)),)


class RemoteLink(Extra):
    """A link to the run, or to an address, that carries the step's own id: Jira keeps one."""

    name = "remote link"
    kept_once: ClassVar[bool] = True

    def __init__(
        self, client: "JiraClient", context: StepContext, wanted: RemoteLinkTo, url: str
    ) -> None:
        """Take what the step asks for, and the address behind it."""
        self._client = client
        run = context.run
        self._id = f"penstock:{run.id}/{context.path}"[:255]
        self._title = wanted.title or f"{run.pipeline} {run.id}"
        self._target: Mapping[str, Json] = {"url": url, "title": self._title}

    @override
    def check(self) -> None:
        try:
            check_text(self._title, limit=_TITLE)
        except FieldFault as fault:
            raise FieldFault(f"remoteLink.title: {fault}") from None

    @override
    def intent(self, key: str) -> Mapping[str, Json]:
        return {"issue": key, "globalId": self._id}

    @override
    def write(self, key: str, effect: Effect) -> Json:
        present = self._present(key)
        shown = members(present.get("object"))
        if all(shown.get(name) == value for name, value in self._target.items()):
            return {"id": text(present.get("id"))}
        what = f"link {key} with the run"
        body: Json = {"globalId": self._id, "object": self._target}
        return identified(
            self._client.send("POST", f"{issue_path(key)}/remotelink", body, what=what), what
        )

    @override
    def look(self, key: str, effect: Effect) -> Json:
        present = self._present(key)
        return {"id": text(present.get("id"))} if present else None

    def _present(self, key: str) -> Mapping[str, Json]:
        """Return the link that has our id already, or nothing."""
        what = f"read the remote links of {key}"
        path = f"{issue_path(key)}/remotelink"
        return members(self._client.find(path, what=what, globalId=self._id))
