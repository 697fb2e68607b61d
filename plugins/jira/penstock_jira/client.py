"""The client that speaks to one Jira: reads are asked again, writes are sent once.

What an answer means is judged by evidence (see ``judge``): a write is *done*, *refused*, *not
sent*, or its outcome is unknown; and only what was certainly not done is tried again.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from urllib.parse import quote, unquote, urlsplit

from urllib3.filepost import encode_multipart_formdata

from penstock.errors import OutcomeUnknown, StepFailed
from penstock.json_types import Json
from penstock_jira.account import Account
from penstock_jira.answer import Answer, as_mapping, parse, text
from penstock_jira.errors import JiraUnreachable, NotFound, NotJira
from penstock_jira.judge import judge_read, judge_write
from penstock_jira.pace import Pace
from penstock_jira.retry import their_time
from penstock_jira.transport import Interrupted, NotSent, TooLarge, Transport

__all__ = ["JiraClient"]

#: The headers by which Jira tells whom it took us for.
_ACCOUNT = ("x-aaccountid", "x-ausername")
_GATEWAY = "api.atlassian.com"
_BROKE_OFF = "check the network, and the proxy if there is one"
_NO_PARAMETERS: Mapping[str, str] = {}
_JSON: Mapping[str, str] = {"Content-Type": "application/json"}
#: The issue that a request to this path writes.
_ISSUE = re.compile(r"/rest/api/[0-9a-z]+/issue/([^/]+)")


class JiraClient:
    """Speaks to the Jira at *url*, as *pace* lets it."""

    def __init__(
        self, url: str, transport: Transport, pace: Pace, *, timeout: float = 60.0
    ) -> None:
        """Take the address, the way there, the pace, and the seconds for one request."""
        self._url, self._transport = url.rstrip("/"), transport
        self._pace, self._timeout = pace, timeout
        #: Headers of the last answer (lower-case names), and the seconds that Jira's clock is
        #: ahead of ours; ``None``: Jira did not tell.
        self.headers: Mapping[str, str] = {}
        #: How many writes were sent, or may have been.
        self.written = 0
        self.skew: float | None = None

    @property
    def address(self) -> str:
        """The connector's address, without a final slash."""
        return self._url

    @property
    def account(self) -> Account:
        """What this process knows of the user that this client acts as."""
        return self._pace.account

    @property
    def seconds(self) -> float:
        """The monotonic time, by which it is told how old something is."""
        return self._pace.clock.monotonic()

    @cached_property
    def server(self) -> Mapping[str, Json]:
        """What Jira says of itself (``serverInfo``), or said at most ten minutes ago."""
        what = "tell its version"
        return self.account.server.get(
            "",
            lambda: as_mapping(self.get("/rest/api/2/serverInfo", what=what), what),
            self.seconds,
        ).value

    @cached_property
    def cloud(self) -> bool:
        """Whether this is Jira Cloud; Jira says so itself, a host name does not."""
        return text(self.server.get("deploymentType")).lower() == "cloud"

    @property
    def signed_in_as(self) -> str | None:
        """Whom Jira took us for in its last answer: an account id, or a name on Data Center."""
        told = (self.headers.get(name, "") for name in _ACCOUNT)
        return next((unquote(name) for name in told if name), None)

    def browse(self, key: str) -> str:
        """Return the address where a person sees the issue.

        The gateway for scoped tokens has no pages; there Jira names its own address.
        """
        url = self._url
        if urlsplit(url).hostname == _GATEWAY:
            url = text(self.server.get("baseUrl")).rstrip("/") or url
        return f"{url}/browse/{quote(key, safe='')}"

    def get(self, path: str, *, what: str, **params: str) -> Json:
        """Return the JSON found at *path*; *what* completes "asked to" in messages.

        Raises ``JiraRefused``, ``JiraUnreachable``, ``NotJira`` or ``StepExpired``.
        """
        return self._read("GET", path, params, None, what)

    def find(self, path: str, *, what: str, **params: str) -> Json:
        """As ``get``, but what is missing (404) is ``None``."""
        try:
            return self.get(path, what=what, **params)
        except NotFound:
            return None

    def ask(self, path: str, question: Mapping[str, Json], *, what: str) -> Json:
        """As ``get``, for a question that is too long for an address and goes as a POST."""
        return self._read("POST", path, _NO_PARAMETERS, question, what)

    def send(self, method: str, path: str, body: Json, *, what: str) -> Json:
        """Write once, on a fresh connection, and return the JSON that came back, if any.

        Raises ``OutcomeUnknown`` if it may have happened; whatever else it raises, it has not:
        ``JiraRefused`` (Jira's own words), ``JiraUnreachable`` or ``StepExpired``.
        """
        return self._write(method, path, _json(body), _JSON, what)

    def send_file(self, path: str, name: str, content: bytes, *, what: str) -> Json:
        """As ``send``, for a POST of one file as the form field ``file`` (Jira: attachments)."""
        form, media_type = encode_multipart_formdata({"file": (name, content)})
        headers = {"Content-Type": media_type, "X-Atlassian-Token": "no-check"}
        return self._write("POST", path, form, headers, what)

    def _write(
        self, method: str, path: str, content: bytes, headers: Mapping[str, str], what: str
    ) -> Json:
        found = _ISSUE.match(path)
        issue = found[1].upper() if found else None
        tries = 0
        while True:
            tries += 1
            problem: StepFailed
            self._pace.turn(what, writes=True, issue=issue)
            self.written += 1
            try:
                answer = self._exchange(
                    method, path, _NO_PARAMETERS, content, fresh=True, headers=headers
                )
            except NotSent as failure:
                problem = self._unreachable(what, str(failure), failure.advice)
            except Interrupted as failure:
                raise _unknown(what, str(failure)) from failure
            else:
                self._pace.heard(answer, issue)
                refusal = judge_write(answer, what, self._pace.clock.now())
                self._pace.judged(refusal)
                if refusal is None:
                    return self._written(answer, what)
                problem = refusal
            self._pace.again(problem, tries)

    def _read(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        body: Mapping[str, Json] | None,
        what: str,
    ) -> Json:
        content = None if body is None else _json(body)
        tries = 0
        while True:
            tries += 1
            problem: StepFailed
            self._pace.turn(what, writes=False)
            try:
                answer = self._exchange(method, path, params, content, fresh=False)
            except TooLarge as failure:
                told = f"the answer when asked to {what} is not Jira's: {failure}"
                problem = JiraUnreachable(told, hint=failure.advice)
            except (NotSent, Interrupted) as failure:
                problem = self._unreachable(what, str(failure), failure.advice)
            else:
                self._pace.heard(answer, None)
                refusal = judge_read(answer, what, self._pace.clock.now())
                self._pace.judged(refusal)
                try:
                    if refusal is None:
                        return parse(answer.body, what)
                    problem = refusal
                except NotJira as doubt:
                    if not doubt.cut_off:
                        raise
                    problem = self._unreachable(what, "the answer broke off", _BROKE_OFF)
            self._pace.again(problem, tries)

    def _exchange(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        content: bytes | None,
        *,
        fresh: bool,
        headers: Mapping[str, str] = _JSON,
    ) -> Answer:
        asked = self._pace.clock.now()
        answer = self._transport.exchange(
            method,
            self._url + path,
            seconds=min(self._pace.left, self._timeout),
            params=params,
            body=content,
            fresh=fresh,
            headers=headers,
        )
        self.headers, self.skew = answer.headers, _skew(answer, asked, self._pace.clock.now())
        return answer

    def _written(self, answer: Answer, what: str) -> Json:
        try:
            return parse(answer.body, what)
        except NotJira as doubt:
            raise _unknown(what, doubt.message) from doubt

    def _unreachable(self, what: str, reason: str, advice: str) -> JiraUnreachable:
        place = urlsplit(self._url)
        return JiraUnreachable(
            f"{place.scheme}://{place.netloc} could not be asked to {what}: {reason}", hint=advice
        )


def _json(body: Json) -> bytes:
    return json.dumps(body, ensure_ascii=False, allow_nan=False).encode()


def _skew(answer: Answer, asked: datetime, got: datetime) -> float | None:
    """Return how far the other clock is ahead, by the header ``Date`` (whole seconds).

    An answer that took its time is no clock that is slow: what lies between the question and its
    answer is the same time.
    """
    told = their_time(answer.headers)
    return None if told is None else (told - min(max(told, asked), got)).total_seconds()


def _unknown(what: str, reason: str) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"Jira was asked to {what}, and nobody knows whether it did: {reason}",
        hint="look in Jira before doing it again by hand",
    )
