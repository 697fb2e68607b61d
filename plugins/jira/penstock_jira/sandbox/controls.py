"""What lies below ``/sandbox``: ledger, request log, faults, the page's heartbeat, avatars."""

import hashlib
from collections.abc import Callable

from werkzeug.wrappers import Request, Response

from penstock.json_types import Json
from penstock_jira.sandbox.call import json_reply, parsed
from penstock_jira.sandbox.desk import Desk
from penstock_jira.sandbox.faults import Faults, WrongFault
from penstock_jira.sandbox.ledger import Ledger
from penstock_jira.sandbox.origin import foreign_fault, rebound_fault
from penstock_jira.sandbox.request_log import RequestLog

__all__ = ["Controls"]

_AVATAR = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" role="img">'
    '<rect width="48" height="48" rx="{round}" fill="hsl({hue} 45% 42%)"/>'
    '<text x="24" y="31" font-family="sans-serif" font-size="20" fill="#fff" '
    'text-anchor="middle">{letter}</text></svg>'
)


class Controls:
    """Answers what is about the sandbox rather than about Jira."""

    def __init__(self, desk: Desk, ledger: Ledger, faults: Faults, log: RequestLog) -> None:
        """Take what is shown and changed."""
        self._desk = desk
        self._ledger = ledger
        self._faults = faults
        self._log = log

    def answer(self, request: Request, raw: bytes) -> Response:
        """Answer one request below ``/sandbox``."""
        refuse = rebound_fault if request.method in ("GET", "HEAD") else foreign_fault
        fault = refuse(request, self._desk.site)
        if fault is not None:
            return json_reply({"message": fault}, 403)
        known: dict[tuple[str, str], Callable[[bytes], Response]] = {
            ("GET", "/sandbox/ledger"): self._show_ledger,
            ("GET", "/sandbox/requests"): self._show_requests,
            ("DELETE", "/sandbox/requests"): self._clear_requests,
            ("GET", "/sandbox/revision"): self._show_revision,
            ("GET", "/sandbox/faults"): self._show_faults,
            ("POST", "/sandbox/faults"): self._plan_faults,
            ("DELETE", "/sandbox/faults"): self._clear_faults,
        }
        found = known.get((request.method, request.path))
        if found is not None:
            return found(raw)
        if request.path.startswith("/sandbox/avatar/") and request.method == "GET":
            return _avatar(request.path.removeprefix("/sandbox/avatar/"))
        return json_reply({"message": f"There is no {request.method} {request.path} here."}, 404)

    def _show_ledger(self, _raw: bytes) -> Response:
        return Response(self._ledger.text(), 200, mimetype="application/json")

    def _show_requests(self, _raw: bytes) -> Response:
        return json_reply(self._log.shown())

    def _clear_requests(self, _raw: bytes) -> Response:
        self._log.clear()
        return Response(b"", 204)

    def _show_revision(self, _raw: bytes) -> Response:
        return json_reply({"revision": self._desk.contents.revision})

    def _show_faults(self, _raw: bytes) -> Response:
        return json_reply([fault.show() for fault in self._faults.planned])

    def _plan_faults(self, raw: bytes) -> Response:
        try:
            made = self._faults.plan(parsed(raw))
        except WrongFault as wrong:
            return json_reply({"message": str(wrong)}, 400)
        except (ValueError, RecursionError):
            return json_reply({"message": "a planned fault is written as JSON"}, 400)
        shown: list[Json] = [fault.show() for fault in made]
        return json_reply(shown, 201)

    def _clear_faults(self, _raw: bytes) -> Response:
        self._faults.clear()
        return Response(b"", 204)


def _avatar(path: str) -> Response:
    sort, _, name = path.partition("/")
    letter = next((each for each in name if each.isalnum() and each.isascii()), "?").upper()
    hue = hashlib.sha256(name.encode()).digest()[0] * 360 // 256
    picture = _AVATAR.format(round=24 if sort == "user" else 8, hue=hue, letter=letter)
    answer = Response(picture, 200, mimetype="image/svg+xml")
    answer.headers["Cache-Control"] = "max-age=3600"
    answer.headers["Content-Security-Policy"] = "default-src 'none'"
    return answer
