"""The state file: everything that a killed sandbox needs to be found again as it was."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from penstock.errors import Fault, Refused
from penstock_jira.sandbox.contents import Contents, Issue, IssueLink

__all__ = ["Saved", "StateFile", "check_writable", "write_text"]

_VERSION = 1


def check_writable(option: str, path: Path) -> None:
    """Raise ``Refused``, naming *option*, for a file that ``write_text`` cannot write.

    Nothing is written, so that a file of an earlier run stays as it is.
    """
    parent = path.parent
    if not parent.is_dir():
        why, hint = f"there is no directory {parent}", "create it, or name another file"
    elif path.is_dir():
        why, hint = "it is a directory", f"name a file in it, such as {path / f'{option}.json'}"
    elif path.exists() and not path.is_file():
        why, hint = "it is no regular file", "name another file"
    elif not os.access(parent, os.W_OK | os.X_OK):
        why = f"you may not write in the directory {parent}"
        hint = "change its permissions, or name a file elsewhere"
    else:
        return
    raise Refused(Fault(f"--{option} {path}: {why}", hint))


def write_text(path: Path, text: str) -> None:
    """Write a file as a whole or not at all: beside it first, then in its place; mode 0600."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    beside.replace(path)


@dataclass
class Saved:
    """What was found in a state file."""

    contents: Contents = field(default_factory=Contents)
    ledger: list[str] = field(default_factory=list)
    script: Mapping[str, Any] = field(default_factory=dict)
    port: int = 0
    flavour: str | None = None


class StateFile:
    """Keeps the contents in a file. An issue that did not change is not written out again."""

    def __init__(self, path: Path) -> None:
        """Take the file's path."""
        self._path = path
        self._known: dict[int, tuple[int, str]] = {}

    def load(self) -> Saved:
        """Return what the file has, or nothing where there is none; raise ``Refused``."""
        try:
            stored = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return Saved()
        except (OSError, ValueError) as error:
            raise self._refused(str(error)) from error
        try:
            return _restore(stored)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._refused(f"{type(error).__name__}: {error}") from error

    def _refused(self, why: str) -> Refused:
        message = f"cannot be read as the state of a sandbox: {why}"
        hint = "move it away to start with an empty world"
        return Refused(Fault(message, hint, str(self._path)))

    def save(
        self,
        contents: Contents,
        ledger: Sequence[str],
        script: Mapping[str, Any],
        *,
        port: int,
        flavour: str,
    ) -> None:
        """Write everything down."""
        head = {
            "version": _VERSION,
            "port": port,
            "flavour": flavour,
            "script": script,
            "counters": contents.counters,
            "links": [vars(link) for link in contents.links],
        }
        issues = ",\n".join(self._issue(issue) for issue in contents)
        entries = ",\n".join(ledger)
        text = json.dumps(head)[:-1]
        write_text(self._path, f'{text},\n"issues": [\n{issues}],\n"ledger": [\n{entries}]}}\n')

    def _issue(self, issue: Issue) -> str:
        known = self._known.get(issue.id)
        if known is None or known[0] != issue.revision:
            known = (issue.revision, json.dumps(vars(issue), default=vars))
            self._known[issue.id] = known
        return known[1]


def _restore(stored: Mapping[str, Any]) -> Saved:
    if stored["version"] != _VERSION:
        raise ValueError(f"version {stored['version']} is not {_VERSION}")
    contents = Contents()
    for each in stored["issues"]:
        contents.add(Issue.restore(each))
    contents.links = [IssueLink(**each) for each in stored["links"]]
    contents.counters = dict(stored["counters"])
    return Saved(
        contents=contents,
        ledger=[json.dumps(entry) for entry in stored["ledger"]],
        script=dict(stored["script"]),
        port=int(stored["port"]),
        flavour=str(stored["flavour"]),
    )
