"""A comment on an issue, once however often the step is started again."""

import hashlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote

from penstock.errors import OutcomeUnknown
from penstock.json_types import Json
from penstock.step import Effect, StepContext
from penstock_jira.answer import as_list, as_mapping, members, repeated, text
from penstock_jira.around import Commented
from penstock_jira.difference import has_already
from penstock_jira.extra import issue_path
from penstock_jira.marker import PROPERTY, is_marked, marked, properties
from penstock_jira.rich import api_of, for_client

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["Comment", "digest", "digest_of"]

_PAGE = 100
#: Comments are listed newest first; ours is not older than this many.
_PAGES = 10


def digest(content: str) -> str:
    """Return a short hash of what was written, for the journal: never the text itself."""
    return digest_of(content.encode())


def digest_of(content: bytes) -> str:
    """Return a short hash of a file."""
    return hashlib.sha256(content).hexdigest()[:16]


class Comment:
    """One comment of a step, on the issue with *key*."""

    def __init__(
        self, client: "JiraClient", context: StepContext, key: str, said: Commented
    ) -> None:
        """Take where it goes, what it says and who sees it."""
        self._client, self._context = client, context
        self._key, self._said = key, said

    @cached_property
    def _content(self) -> Json:
        return for_client(self._client, self._said.text, self._said.format)

    @property
    def api(self) -> str:
        """The version of the API that takes the comment."""
        return api_of([self._content])

    @property
    def _path(self) -> str:
        return f"{issue_path(self._key, self.api)}/comment"

    def intent(self) -> dict[str, Json]:
        """Return what is journalled before the comment is posted."""
        return {"issue": self._key, "text": digest(self._said.text)}

    def post(self, effect: Effect) -> Json:
        """Post the comment with its mark."""
        what = f"comment on {self._key}"
        answer = members(self._client.send("POST", self._path, self.body(effect), what=what))
        identifier = text(answer.get("id"))
        if not identifier:
            raise OutcomeUnknown(f"Jira was asked to {what} and gave back no comment")
        return {"id": identifier}

    def body(self, effect: Effect) -> dict[str, Json]:
        """Return the body of the request that posts it."""
        body: dict[str, Json] = {
            "body": self._content,
            "properties": properties(effect, self._context),
        }
        seen = self._said.visibility
        if seen is not None:
            body["visibility"] = {"type": seen.type, "value": seen.value}
        return body

    def look(self, effect: Effect) -> Json:
        """Return the comment that an earlier try left, or ``None``.

        Reads the issue's comments, newest first; not every Jira lists their properties, and
        then those with our text are asked for them one by one.
        """
        for comment in self._listed():
            if self._is_ours(comment, effect.marker):
                return {"id": text(comment.get("id"))}
        return None

    def _listed(self) -> Iterator[Mapping[str, Json]]:
        """Yield the newest comments, by pages of whatever size Jira gives them."""
        what = f"list the comments of {self._key}"
        start, before = 0, None
        for _ in range(_PAGES):
            answer = as_mapping(
                self._client.get(
                    self._path,
                    what=what,
                    orderBy="-created",
                    expand="properties",
                    startAt=str(start),
                    maxResults=str(_PAGE),
                ),
                what,
            )
            listed = as_list(answer.get("comments"), what)
            if listed and listed == before:
                raise repeated(what)
            yield from map(members, listed)
            start, before = start + len(listed), listed
            if _is_last(answer, start, len(listed)):
                return

    def _is_ours(self, comment: Mapping[str, Json], marker: str) -> bool:
        if comment.get("properties"):
            return marked(comment["properties"], marker)
        if not has_already(comment.get("body"), self._content):
            return False
        identifier = quote(text(comment.get("id")), safe="")
        answer = self._client.find(
            f"/rest/api/2/comment/{identifier}/properties/{PROPERTY}",
            what=f"read the mark of a comment on {self._key}",
        )
        return is_marked(members(answer).get("value"), marker)


def _is_last(page: Mapping[str, Json], read: int, here: int) -> bool:
    """Whether no page comes after this one of *here* comments, *read* of them all being read."""
    total, most = page.get("total"), page.get("maxResults")
    if isinstance(total, int):
        return read >= total
    return here < (most if isinstance(most, int) and most > 0 else _PAGE)
