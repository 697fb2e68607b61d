"""The sandbox as a WSGI application: every request goes through here, one at a time."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from threading import RLock
from typing import TYPE_CHECKING, TypeVar

from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.http import http_date
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from penstock.json_types import Json
from penstock_jira.sandbox import (
    rest_agile,
    rest_changes,
    rest_issue,
    rest_metadata,
    rest_people,
    rest_property,
    rest_remarks,
    rest_search,
    rest_site,
)
from penstock_jira.sandbox.call import Call, Route, json_reply
from penstock_jira.sandbox.controls import Controls
from penstock_jira.sandbox.desk import Desk
from penstock_jira.sandbox.faults import Faults
from penstock_jira.sandbox.ledger import Ledger
from penstock_jira.sandbox.lens import CLOUD, Flavour
from penstock_jira.sandbox.misbehaviour import play
from penstock_jira.sandbox.page import Page
from penstock_jira.sandbox.problem import Problem
from penstock_jira.sandbox.request_log import RequestLog
from penstock_jira.sandbox.sign_in import admit, check_origin, sign_in

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["Application"]

_ROUTES: tuple[Route, ...] = (
    *rest_site.ROUTES,
    *rest_metadata.ROUTES,
    *rest_issue.ROUTES,
    *rest_changes.ROUTES,
    *rest_remarks.ROUTES,
    *rest_property.ROUTES,
    *rest_search.ROUTES,
    *rest_people.ROUTES,
    *rest_agile.ROUTES,
)
T = TypeVar("T")

#: The most that a request's body may hold.
_MOST_BYTES = 64 * 1024 * 1024
_LOG = logging.getLogger("penstock.sandbox")


@dataclass
class _Matched:
    route: Route
    arguments: Mapping[str, str]
    api: str


class Application:
    """Finds who answers, lets faults play, keeps the ledger, and saves before it answers."""

    def __init__(
        self,
        desk: Desk,
        faults: Faults,
        ledger: Ledger,
        *,
        save: Callable[[], None],
        changed: Callable[[], None],
    ) -> None:
        """Take what requests work on; *save* runs under the lock, *changed* outside of it."""
        self.desk = desk
        self.ledger = ledger
        self.lock = RLock()
        self._faults = faults
        self._save = save
        self._changed = changed
        self._page = Page(desk)
        self._log = RequestLog()
        self._controls = Controls(desk, ledger, faults, self._log)
        self._map = _map(desk.flavour)

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        """Answer one request (WSGI)."""
        with Request(environ) as request:
            return self.answer(request)(environ, start)

    def answer(self, request: Request) -> Response:
        """Answer one request; ``ConnectionError`` closes the connection without an answer."""
        request.max_content_length = _MOST_BYTES
        try:
            answer = self._answer(request, request.get_data(parse_form_data=True))
        except ConnectionError:
            raise
        except HTTPException as wrong:
            answer = Response(wrong.get_body(), wrong.code, mimetype="text/html")
        except Exception as defect:  # noqa: BLE001 - a defect of ours must not look like Jira hanging up
            _LOG.exception("%s %s", request.method, request.path)
            text = f"The sandbox itself failed: {type(defect).__name__}. Please report this."
            answer = json_reply({"errorMessages": [text], "errors": {}}, 500)
        answer.headers["Date"] = http_date(self.desk.clock.now())
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer

    def _answer(self, request: Request, raw: bytes) -> Response:
        if request.path.startswith("/sandbox/"):
            return self.watched(lambda: self._controls.answer(request, raw))
        if not request.path.startswith(("/rest/", "/_edge/", "/secure/")):
            return self.watched(lambda: self._page.answer(request))
        status: int | None = None
        try:
            answer = self._asked(request, raw)
            status = answer.status_code
        finally:
            self._log.record(request, at=self.desk.clock.now(), status=status)
        return answer

    def _asked(self, request: Request, raw: bytes) -> Response:
        """Answer a request that is made of the Jira, with the fault that meets it."""
        with self.lock:
            met = self._faults.meet(request.method, request.path)
            matched = self._match(request)
        answer = play(
            met.fault,
            request,
            self.desk.clock,
            lambda: self.watched(lambda: self._served(request, raw, matched, met.index_lag)),
        )
        if met.fault is not None and not met.fault.play.commits:
            self.watched(lambda: self._record(request, raw, matched, answer.status_code))
        return answer

    def watched(self, work: Callable[[], T]) -> T:
        """Do something under the lock; if contents changed, save, and tell everybody after."""
        with self.lock:
            before, written = self.desk.contents.revision, len(self.ledger)
            done = work()
            changed = self.desk.contents.revision != before
            if changed or len(self.ledger) != written:
                self._save()
        if changed:
            self._changed()
        return done

    def _served(
        self, request: Request, raw: bytes, matched: _Matched | Problem, index_lag: float
    ) -> Response:
        who = sign_in(request, self.desk.world)
        try:
            if isinstance(matched, Problem):
                raise matched
            lens = self.desk.lens(who.user, matched.api)
            admit(who, lens, matched.route.access)
            if matched.route.writes:
                check_origin(request)
            call = Call(request, raw, lens, self.desk, index_lag)
            answer = matched.route.answer(call, **matched.arguments)
        except Problem as problem:
            answer = _refused(problem)
        who.mark(answer, cloud=self.desk.flavour == CLOUD)
        self._record(request, raw, matched, answer.status_code)
        return answer

    def _record(
        self, request: Request, raw: bytes, matched: _Matched | Problem, status: int
    ) -> None:
        if _is_write(request, matched):
            by = sign_in(request, self.desk.world).name
            now = self.desk.clock.now()
            self.ledger.record(request, raw, at=now, by=by, status=status)

    def _match(self, request: Request) -> _Matched | Problem:
        adapter = self._map.bind("", path_info=request.path)
        try:
            rule, arguments = adapter.match(method=request.method, return_rule=True)
        except MethodNotAllowed:
            return Problem(405, f"{request.path} cannot be asked to {request.method}.")
        except HTTPException:
            return Problem(404, f"The sandbox has no {request.method} {request.path}.")
        route: Route = rule.endpoint
        variable = {name: str(value) for name, value in arguments.items()}
        return _Matched(route, variable, variable.pop("api", "2"))


@cache
def _map(flavour: Flavour) -> Map:
    versions = '"2","3","latest"' if flavour == CLOUD else '"2","latest"'
    own = [each for each in _ROUTES if each.flavour in (None, flavour)]
    rules = [_rule(route, versions) for route in own]
    return Map(rules, strict_slashes=False, merge_slashes=False)


def _rule(route: Route, versions: str) -> Rule:
    path = route.path if route.rooted else f"/rest/api/<any({versions}):api>{route.path}"
    return Rule(path, endpoint=route, methods=[route.method])


def _is_write(request: Request, matched: _Matched | Problem) -> bool:
    if isinstance(matched, Problem):
        return request.method in ("POST", "PUT", "DELETE")
    return matched.route.writes


def _refused(problem: Problem) -> Response:
    body: Json = problem.body
    if isinstance(body, str):
        kind = "text/html" if body.startswith("<") else "text/plain"
        answer = Response(body, problem.status, mimetype=kind)
    else:
        answer = json_reply(body, problem.status)
    answer.headers.extend(problem.headers)
    return answer
