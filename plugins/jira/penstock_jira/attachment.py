"""A file on an issue, uploaded once."""

import stat
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import override

from penstock.errors import OutcomeUnknown, StepFailed
from penstock.json_types import Json
from penstock.step import Effect
from penstock_jira.answer import as_list, text
from penstock_jira.comment import digest_of
from penstock_jira.errors import FieldFault, printable
from penstock_jira.extra import Extra, identified, issue_path, listed_field
from penstock_jira.names import same

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["Attachment", "files_of"]

#: Bytes of one file: Jira's own limit is 10 MiB where nobody has changed it.
_LARGEST = 10 * 1024 * 1024


def files_of(patterns: Sequence[str], directory: Path) -> list[Path]:
    """Return the files that paths and patterns name, those of a pattern by name.

    Relative ones are below *directory*. Raises ``FieldFault`` for one that names nothing, and for
    two files of one name, which nobody could tell apart on the issue.
    """
    found: dict[str, Path] = {}
    for pattern in patterns:
        files = [path for path in _matching(Path(pattern), directory) if path.is_file()]
        if not files:
            raise FieldFault(f"attachments: {pattern!r} names no file in {directory}")
        for path in files:
            earlier = found.setdefault(path.name, path)
            if not earlier.samefile(path):
                raise FieldFault(f"attachments: {earlier} and {path} have one name; rename one")
    return list(found.values())


def _matching(pattern: Path, directory: Path) -> list[Path]:
    if (directory / pattern).is_file():
        return [directory / pattern]
    start = Path(pattern.anchor) if pattern.is_absolute() else directory
    below = str(pattern.relative_to(pattern.anchor)) if pattern.anchor else str(pattern)
    return sorted(start.glob(below))


class Attachment(Extra):
    """One file; what an earlier try left is known by name and size, and by being new."""

    def __init__(self, client: "JiraClient", path: Path) -> None:
        """Take the file; it is read when it is needed."""
        self.name = f"attachment {path.name}"
        self._client, self._path = client, path

    @override
    def check(self) -> None:
        _ = self._content

    @cached_property
    def _content(self) -> bytes:
        if printable(self._path.name) != self._path.name:
            raise FieldFault(f"attachments: {self._path.name!r} is no name that Jira keeps")
        try:
            found = self._path.stat()
            if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST:
                size = f"{found.st_size:,} bytes; {_LARGEST // 2**20} MiB is the most"
                raise FieldFault(f"attachments: {self._path} has {size}")
            return self._path.read_bytes()
        except OSError as error:
            raise FieldFault(
                f"attachments: {self._path} cannot be read: {error.strerror}"
            ) from None

    @override
    def intent(self, key: str) -> Mapping[str, Json]:
        size = len(self._content)
        return {
            "issue": key,
            "file": self._path.name,
            "size": size,
            "content": digest_of(self._content),
            "before": list(self._alike(key, size)),
        }

    @override
    def write(self, key: str, effect: Effect) -> Json:
        content = self._content
        if effect.intent.get("content") != digest_of(content):
            raise StepFailed(
                f"{self._path} has changed while nobody knew whether it was attached to {key}",
                hint="look at the issue's attachments before you run this again",
            )
        what = f"attach {self._path.name} to {key}"
        path = f"{issue_path(key)}/attachments"
        answer = self._client.send_file(path, self._path.name, content, what=what)
        made = as_list(answer, what) if isinstance(answer, list) else ()
        if not made:
            raise OutcomeUnknown(f"Jira was asked to {what} and gave back no attachment")
        return identified(made[0], what)

    @override
    def look(self, key: str, effect: Effect) -> Json:
        before, size = effect.intent.get("before"), effect.intent.get("size")
        known = before if isinstance(before, list) else []
        new = [name for name in self._alike(key, size) if name not in known]
        return {"id": new[0]} if new else None

    def _alike(self, key: str, size: Json) -> list[str]:
        """Return the ids of the issue's attachments with this name and size."""
        return [
            text(item.get("id"))
            for item in listed_field(self._client, key, "attachment")
            if same(text(item.get("filename")), self._path.name) and item.get("size") == size
        ]
