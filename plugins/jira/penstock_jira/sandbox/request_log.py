"""The log of requests: every one that was made of the Jira, reads too, for counting them."""

from collections import deque
from collections.abc import Sequence
from datetime import datetime

from werkzeug.wrappers import Request

from penstock.json_types import Json

__all__ = ["RequestLog"]

#: So many are kept, the newest; the log is not saved.
_MOST = 10_000


class RequestLog:
    """Entries ``{at, method, path, query, status}`` in order, without bodies and headers.

    ``query`` is as it was sent, ``status`` is ``None`` where the client got no answer.
    """

    def __init__(self) -> None:
        """Start with none."""
        self._entries: deque[Json] = deque(maxlen=_MOST)

    def record(self, request: Request, *, at: datetime, status: int | None) -> None:
        """Write down a request and the status that it got."""
        self._entries.append(
            {
                "at": at.isoformat(timespec="milliseconds"),
                "method": request.method,
                "path": request.path,
                "query": request.query_string.decode("latin-1"),
                "status": status,
            }
        )

    def clear(self) -> None:
        """Forget them all."""
        self._entries.clear()

    def shown(self) -> Sequence[Json]:
        """Return the entries."""
        return list(self._entries)
