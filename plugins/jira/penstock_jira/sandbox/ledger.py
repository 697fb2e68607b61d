"""The ledger: every write that the sandbox received, in order, whatever became of it."""

import json
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import IO

from werkzeug.wrappers import Request

from penstock.json_types import Json
from penstock_jira.sandbox.call import parsed
from penstock_jira.sandbox.state import write_text

__all__ = ["Ledger"]


class Ledger:
    """Entries ``{at, by, method, path, body, status}``; kept as text, since none ever changes."""

    def __init__(self, lines: Iterable[str] = ()) -> None:
        """Start with the entries of an earlier life, each as JSON."""
        self.lines: list[str] = list(lines)

    def __len__(self) -> int:
        """Count the entries."""
        return len(self.lines)

    def record(self, request: Request, raw: bytes, *, at: datetime, by: str, status: int) -> None:
        """Write down a request and the status that it got; ``at`` is ISO 8601 in UTC."""
        entry: dict[str, Json] = {
            "at": at.isoformat(timespec="milliseconds"),
            "by": by,
            "method": request.method,
            "path": request.path,
            "body": _body(request, raw),
            "status": status,
        }
        self.lines.append(json.dumps(entry))

    def text(self) -> str:
        """Return the ledger as a JSON array, an entry a line."""
        return "[\n" + ",\n".join(self.lines) + "\n]\n" if self.lines else "[]\n"

    def leave(self, path: Path) -> None:
        """Write the ledger to a file, as a whole or not at all."""
        write_text(path, self.text())


def _body(request: Request, raw: bytes) -> Json:
    if request.mimetype == "multipart/form-data":
        files = request.files.getlist("file")
        return [{"file": file.filename, "size": _size(file.stream)} for file in files]
    if not raw:
        return None
    try:
        return parsed(raw)
    except (ValueError, RecursionError):
        return raw.decode("utf-8", "replace")


def _size(stream: IO[bytes]) -> int:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    return size
