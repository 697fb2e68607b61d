"""A walk along a project's keys: what the search index does not know yet is found by its key.

Jira answers a read by key from its database, and a search from an index that may be behind.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from penstock.json_types import Json
from penstock_jira.answer import as_list, as_mapping, members, text
from penstock_jira.extra import issue_path
from penstock_jira.marker import PROPERTY

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["Walk", "marked_issue"]

#: So many keys in a row that nobody can see end a walk key by key: a deleted issue leaves a gap.
_GAP = 5
#: Keys of one question to Cloud; a walk ends with one that finds none of them.
_AT_ONCE = 100
#: A walk is for the time since a request; more keys than this were not given in it.
_LONGEST = 500
#: What tells whose an issue is.
_FIELDS = "creator"


def marked_issue(client: "JiraClient", key: str) -> Mapping[str, Json] | None:
    """Return an issue with its creator and our property, or ``None`` if nobody can see it."""
    found = client.find(issue_path(key), what=f"look at {key}", fields=_FIELDS, properties=PROPERTY)
    return None if found is None else members(found)


class Walk:
    """The issues of a project that were made after the one with a number."""

    def __init__(self, client: "JiraClient", project: str, after: int) -> None:
        """Take the number of the last issue that is known; nothing is read yet."""
        self._client, self._project = client, project
        self._first = after + 1
        #: Keys of issues that were yielded before: what is asked of them never changes.
        self._seen: set[str] = set()

    def issues(self) -> Iterator[Mapping[str, Json]]:
        """Yield each issue with its creator and our property, by number; each in one walk only."""
        numbers = range(self._first, self._first + _LONGEST)
        # Cloud's answer is only known for a question of whose issues one at least is there.
        if self._first > 1 and self._client.cloud:
            return self._at_once(numbers)
        return self._one_by_one(numbers)

    def _one_by_one(self, numbers: range) -> Iterator[Mapping[str, Json]]:
        gap = 0
        for number in numbers:
            key = f"{self._project}-{number}"
            issue = None if key in self._seen else marked_issue(self._client, key)
            if issue is not None:
                self._seen.add(key)
                yield issue
            gap = 0 if key in self._seen else gap + 1
            if gap >= _GAP:
                return

    def _at_once(self, numbers: range) -> Iterator[Mapping[str, Json]]:
        known = f"{self._project}-{self._first - 1}"
        for start in numbers[:: _AT_ONCE - 1]:
            some = [n for n in range(start, start + _AT_ONCE - 1) if n in numbers]
            keys = [f"{self._project}-{number}" for number in some]
            found = self._fetched([known, *keys], f"look at {keys[0]} to {keys[-1]}")
            new = [issue for issue in found if text(issue.get("key")) != known]
            yield from new
            if not new:
                return

    def _fetched(self, keys: list[str], what: str) -> list[Mapping[str, Json]]:
        question: dict[str, Json] = {
            "issueIdsOrKeys": keys,
            "fields": [_FIELDS],
            "properties": [PROPERTY],
        }
        answer = self._client.ask("/rest/api/3/issue/bulkfetch", question, what=what)
        return [members(issue) for issue in as_list(as_mapping(answer, what).get("issues"), what)]
