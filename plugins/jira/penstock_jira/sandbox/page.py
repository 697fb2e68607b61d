"""The page for people: what there is, one issue at a time, and buttons to move it."""

import secrets
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from penstock_jira.sandbox import page_form, page_view
from penstock_jira.sandbox.contents import Issue
from penstock_jira.sandbox.desk import Desk
from penstock_jira.sandbox.lens import CLOUD, Lens
from penstock_jira.sandbox.origin import page_fault, rebound_fault
from penstock_jira.sandbox.problem import Problem
from penstock_jira.sandbox.sign_in import TOKEN

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["Page"]

_TEMPLATES = Path(__file__).with_name("templates")


class Page:
    """Answers a browser."""

    def __init__(self, desk: Desk) -> None:
        """Take what does what the buttons say."""
        self._desk = desk

    def answer(self, request: Request) -> Response:
        """Answer a request for ``/`` or ``/browse/KEY``."""
        rebound = rebound_fault(request, self._desk.site)
        if rebound is not None:
            return Response(rebound, 403, mimetype="text/plain")
        path, reading = request.path.rstrip("/"), request.method in ("GET", "HEAD")
        if path == "" and reading:
            return self._board(request)
        if path.startswith("/browse/") and request.method in ("GET", "HEAD", "POST"):
            issue = self._desk.contents.find(path.removeprefix("/browse/"))
            if issue is not None:
                return self._issue(request, issue) if reading else self._post(request, issue)
        shown = self._shown(request, "missing.html", path=request.path)
        shown.status_code = 404
        return shown

    def _lens(self, request: Request) -> Lens:
        world = self._desk.world
        wanted = request.form.get("as") or request.args.get("as")
        fallback = world.users[min(1, len(world.users) - 1)]
        return self._desk.lens(world.user(wanted) or fallback)

    def _board(self, request: Request) -> Response:
        lens = self._lens(request)
        columns = page_view.columns(lens)
        return self._shown(
            request,
            "board.html",
            columns=columns,
            token=TOKEN,
            notices=self._desk.notices,
            pending=self._desk.pending(),
        )

    def _issue(self, request: Request, issue: Issue, fault: str = "") -> Response:
        lens = self._lens(request)
        view = page_view.issue_view(lens, issue, self._desk.transitions(issue))
        typed = request.form.get("comment", "") if fault else ""
        return self._shown(request, "issue.html", issue=view, fault=fault, typed=typed)

    def _post(self, request: Request, issue: Issue) -> Response:
        foreign = page_fault(request, self._desk.site)
        if foreign is not None:
            return Response(foreign, 403, mimetype="text/plain")
        lens = self._lens(request)
        try:
            page_form.carry_out(self._desk, lens, issue, request.form)
        except Problem as problem:
            names = {field.id: field.name for field in self._desk.world.fields}
            told = [*problem.messages]
            told += [f"{names.get(key, key)}: {text}" for key, text in problem.errors.items()]
            shown = self._issue(request, issue, " ".join(told))
            shown.status_code = 400
            return shown
        user = quote(lens.user.name if lens.user else "", safe="")
        return redirect(f"/browse/{quote(issue.key)}?as={user}", 303)

    def _shown(self, request: Request, template: str, **shown: Any) -> Response:
        nonce = secrets.token_urlsafe(16)
        lens = self._lens(request)
        text = self._templates.get_template(template).render(
            nonce=nonce,
            lens=lens,
            flavour="Jira Cloud" if self._desk.flavour == CLOUD else "Jira Data Center",
            revision=self._desk.contents.revision,
            **shown,
        )
        answer = Response(text, 200, mimetype="text/html")
        answer.headers["Content-Security-Policy"] = (
            f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; "
            "connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
            "frame-ancestors 'none'"
        )
        answer.headers["Referrer-Policy"] = "same-origin"
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @cached_property
    def _templates(self) -> "Environment":
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

        environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters["safe_link"] = _safe_link
        return environment


def _safe_link(text: str) -> str:
    """Return an address that may be followed: http or https, and nothing else."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.scheme in ("http", "https") and parts.netloc else ""
