"""Plays a planned fault around a request: before it, after it, or instead of it."""

import socket
import struct
from collections.abc import Callable

from werkzeug.wrappers import Request, Response

from penstock.clock import Clock
from penstock_jira.sandbox.faults import PlannedFault, Play

__all__ = ["play"]

_LOGIN_PAGE = (
    "<!DOCTYPE html><html><head><title>Log in - Jira</title></head><body>"
    '<form action="/login.jsp" method="post"><input name="os_username">'
    '<input name="os_password" type="password"><button>Log in</button></form></body></html>'
)


def play(
    fault: PlannedFault | None,
    request: Request,
    clock: Clock,
    serve: Callable[[], Response],
) -> Response:
    """Return what the client gets; *serve* carries the request out, where the fault lets it.

    Raise ``ConnectionError`` where the client gets nothing: the connection is closed then.
    """
    if fault is None:
        return serve()
    what = fault.play
    if what.kind == "refuse_connection":
        _reset(request)
        raise ConnectionResetError("a planned fault refused the connection")
    if what.kind == "delay" and not what.commit:
        clock.wait(what.seconds)
    answer = serve() if what.commits else Response()
    if what.kind == "delay" and what.commit:
        clock.wait(what.seconds)
    if what.kind == "lose_reply":
        raise ConnectionAbortedError("a planned fault lost the reply")
    played = _played(what, answer)
    for name, value in what.headers.items():
        played.headers[name] = value
    return played


def _played(what: Play, answer: Response) -> Response:
    if what.kind == "login_page":
        return Response(what.body or _LOGIN_PAGE, 200, mimetype="text/html")
    if what.kind == "status":
        json = (what.body or "{").startswith(("{", "["))
        kind = "application/json" if json else "text/html"
        return Response(what.body or "", what.status, mimetype=kind)
    if what.kind == "truncate":
        return _half(answer)
    return answer


def _half(answer: Response) -> Response:
    """Return an answer that promises its whole length and holds half of it."""
    whole = answer.get_data()
    answer.set_data(whole[: len(whole) // 2])
    answer.headers["Content-Length"] = str(len(whole))
    return answer


def _reset(request: Request) -> None:
    """Let the connection end with a reset rather than a close, where there is one."""
    connection = request.environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        linger = struct.pack("ii", 1, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
