"""What changes in the sandbox: issues and all that hangs on them, as plain data."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from penstock.json_types import Json

__all__ = [
    "Attachment",
    "Change",
    "ChangeItem",
    "Comment",
    "Contents",
    "Issue",
    "IssueLink",
    "RemoteLink",
    "Worklog",
]

#: The number of the first id of each sort of thing.
_FIRST_ID = 10_000


@dataclass
class Comment:
    """A comment. ``body`` is text or an Atlassian document; times are Jira's text form."""

    id: str
    author: str
    body: Json
    created: str
    updated: str
    update_author: str
    visibility: Mapping[str, Json] | None = None
    properties: dict[str, Json] = field(default_factory=dict)


@dataclass
class ChangeItem:
    """One field's change: the ids and the texts before and after."""

    field: str
    field_id: str
    before: str | None
    before_text: str | None
    after: str | None
    after_text: str | None
    custom: bool = False


@dataclass
class Change:
    """One entry of an issue's history: who changed what, together, at one instant."""

    id: str
    author: str
    created: str
    items: list[ChangeItem]
    metadata: Mapping[str, Json] | None = None


@dataclass
class Worklog:
    """Time that somebody booked on an issue."""

    id: str
    author: str
    comment: Json
    started: str
    seconds: int
    created: str
    updated: str


@dataclass
class RemoteLink:
    """A link to something outside Jira; ``global_id`` names it, when the client gave one."""

    id: int
    global_id: str | None
    target: Mapping[str, Json]


@dataclass
class Attachment:
    """A file on an issue; ``content`` is its bytes in base64."""

    id: str
    author: str
    created: str
    filename: str
    media_type: str
    size: int
    content: str


@dataclass
class IssueLink:
    """A link between two issues, by their ids: *source* ``outward`` *target*."""

    id: str
    type: str
    source: int
    target: int


@dataclass
class Issue:
    """An issue. ``fields`` maps a field's id to what its kind stores; absent means empty."""

    id: int
    key: str
    project: str
    type: str
    status: str
    creator: str
    created: str
    updated: str
    status_since: str
    fields: dict[str, Json] = field(default_factory=dict)
    resolved: str | None = None
    comments: list[Comment] = field(default_factory=list)
    history: list[Change] = field(default_factory=list)
    properties: dict[str, Json] = field(default_factory=dict)
    worklogs: list[Worklog] = field(default_factory=list)
    remote_links: list[RemoteLink] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    watchers: list[str] = field(default_factory=list)
    #: Counts the changes, so that a saved text of the issue is known to be stale.
    revision: int = 0

    def text(self, identifier: str) -> str | None:
        """Return a field's stored value where it is text."""
        value = self.fields.get(identifier)
        return value if isinstance(value, str) else None

    def rests(self, stored: Mapping[str, Any]) -> None:
        """Take the lists of plain data in *stored* back as what they were."""
        self.comments = [Comment(**each) for each in stored["comments"]]
        self.worklogs = [Worklog(**each) for each in stored["worklogs"]]
        self.remote_links = [RemoteLink(**each) for each in stored["remote_links"]]
        self.attachments = [Attachment(**each) for each in stored["attachments"]]
        self.history = [
            Change(**{**each, "items": [ChangeItem(**item) for item in each["items"]]})
            for each in stored["history"]
        ]

    @classmethod
    def restore(cls, stored: Mapping[str, Any]) -> Self:
        """Return the issue whose ``vars`` were written as JSON."""
        issue = cls(**stored)
        issue.rests(stored)
        return issue


class Contents:
    """All issues and the links between them, with the counters that number them."""

    def __init__(self) -> None:
        """Start empty."""
        self._issues: dict[int, Issue] = {}
        self._by_key: dict[str, Issue] = {}
        self.links: list[IssueLink] = []
        #: The next number of each project, and the next id of each sort of thing.
        self.counters: dict[str, int] = {}
        #: Counts every change of anything; the page looks at it.
        self.revision = 0

    def __iter__(self) -> Iterator[Issue]:
        """Go through the issues in the order of their creation."""
        return iter(self._issues.values())

    def __len__(self) -> int:
        """Count the issues."""
        return len(self._issues)

    def next_number(self, project: str) -> int:
        """Return the number of the project's next issue, from 1."""
        return self._count(f"project {project}", 1)

    def next_id(self, sort: str) -> int:
        """Return the next id of a sort of thing, from 10000."""
        return self._count(sort, _FIRST_ID)

    def _count(self, sort: str, first: int) -> int:
        number = self.counters.get(sort, first)
        self.counters[sort] = number + 1
        return number

    def add(self, issue: Issue) -> None:
        """Take in a new issue."""
        self._issues[issue.id] = issue
        self._by_key[issue.key] = issue

    def remove(self, issue: Issue) -> None:
        """Forget an issue and the links that it has."""
        del self._issues[issue.id]
        del self._by_key[issue.key]
        self.links = [link for link in self.links if issue.id not in (link.source, link.target)]

    def find(self, id_or_key: str) -> Issue | None:
        """Return the issue with this id or key; keys are found in any case, as in Jira."""
        if id_or_key.isdecimal():
            return self._issues.get(int(id_or_key))
        return self._by_key.get(id_or_key.upper())

    def newest(self) -> Issue | None:
        """Return the issue created last, if there is one."""
        return self._issues[max(self._issues)] if self._issues else None

    def children(self, issue: Issue) -> list[Issue]:
        """Return the issues whose parent is *issue*."""
        return [each for each in self if each.fields.get("parent") == str(issue.id)]

    def links_of(self, issue: Issue) -> list[IssueLink]:
        """Return the links from or to *issue*."""
        return [link for link in self.links if issue.id in (link.source, link.target)]

    def holder(self, comment: str) -> tuple[Issue, Comment] | None:
        """Return the comment with this id and the issue that it is on, if there is one."""
        return next(
            ((issue, each) for issue in self for each in issue.comments if each.id == comment),
            None,
        )
