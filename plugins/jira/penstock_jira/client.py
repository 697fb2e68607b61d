"""The client that speaks to one Jira: reads are asked again, writes are sent once.

What an answer means is judged by evidence (see ``judge``): a write is *done*, *refused*, *not
sent*, or its outcome is unknown; and only what was certainly not done is tried again.
"""

import json
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from urllib.parse import quote, urlsplit

from urllib3.filepost import encode_multipart_formdata

from penstock.clock import Clock
from penstock.errors import OutcomeUnknown, StepExpired, StepFailed
from penstock.json_types import Json
from penstock_jira.answer import Answer, as_mapping, parse, text
from penstock_jira.errors import JiraUnreachable, NotFound, NotJira
from penstock_jira.judge import judge_read, judge_write
from penstock_jira.retry import backoff
from penstock_jira.transport import Interrupted, NotSent, Transport

__all__ = ["JiraClient"]

#: Tries of a read that meets a broken connection or a 5xx. A 429 is obeyed without counting.
_TRIES = 5
_GATEWAY = "api.atlassian.com"
_NO_PARAMETERS: Mapping[str, str] = {}
_JSON: Mapping[str, str] = {"Content-Type": "application/json"}


class JiraClient:
    """Speaks to the Jira at *url* until *deadline*."""

    def __init__(
        self,
        url: str,
        transport: Transport,
        *,
        clock: Clock,
        deadline: datetime,
        timeout: float = 60.0,
        patient: bool = True,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """Take the address, the way there and the time: *timeout* is seconds for one request.

        A client that is not *patient* never waits: its user has a better time to ask again.
        *jitter* gives seconds to add to a wait, so that many clients do not come back at once.
        """
        self._url, self._transport = url.rstrip("/"), transport
        self._clock, self._deadline, self._timeout = clock, deadline, timeout
        self._patient, self._jitter = patient, jitter
        #: Headers of the last answer (lower-case names), and the seconds that Jira's clock is
        #: ahead of ours; ``None``: Jira did not tell.
        self.headers: Mapping[str, str] = {}
        self.skew: float | None = None

    @cached_property
    def server(self) -> Mapping[str, Json]:
        """What Jira says of itself (``serverInfo``)."""
        what = "tell its version"
        return as_mapping(self.get("/rest/api/2/serverInfo", what=what), what)

    @cached_property
    def cloud(self) -> bool:
        """Whether this is Jira Cloud; Jira says so itself, a host name does not."""
        return text(self.server.get("deploymentType")).lower() == "cloud"

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
        tries = 0
        while True:
            tries += 1
            problem: StepFailed
            try:
                answer = self._exchange(
                    method, path, _NO_PARAMETERS, content, fresh=True, headers=headers
                )
            except NotSent as failure:
                problem = self._unreachable(what, str(failure))
            except Interrupted as failure:
                raise _unknown(what, str(failure)) from failure
            else:
                refusal = judge_write(answer, what, self._clock.now())
                if refusal is None:
                    return self._written(answer, what)
                problem = refusal
            self._pause_or_raise(problem, tries)

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
            try:
                answer = self._exchange(method, path, params, content, fresh=False)
            except (NotSent, Interrupted) as failure:
                problem = self._unreachable(what, str(failure))
            else:
                refusal = judge_read(answer, what, self._clock.now())
                try:
                    if refusal is None:
                        return parse(answer.body, what)
                    problem = refusal
                except NotJira as doubt:
                    if not doubt.cut_off:
                        raise
                    problem = self._unreachable(what, "the answer broke off")
            self._pause_or_raise(problem, tries)

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
        left = (self._deadline - self._clock.now()).total_seconds()
        if left <= 0:
            raise StepExpired("the time for this step is over")
        answer = self._transport.exchange(
            method,
            self._url + path,
            seconds=min(left, self._timeout),
            params=params,
            body=content,
            fresh=fresh,
            headers=headers,
        )
        self.headers, self.skew = answer.headers, _skew(answer, self._clock.now())
        return answer

    def _written(self, answer: Answer, what: str) -> Json:
        try:
            return parse(answer.body, what)
        except NotJira as doubt:
            raise _unknown(what, doubt.message) from doubt

    def _unreachable(self, what: str, reason: str) -> JiraUnreachable:
        place = urlsplit(self._url)
        return JiraUnreachable(
            f"{place.scheme}://{place.netloc} could not be asked to {what}: {reason}",
            hint="check jiraUrl of the connector, and the network",
        )

    def _pause_or_raise(self, problem: StepFailed, tries: int) -> None:
        """Wait until Jira may be asked again, or raise *problem* when that makes no sense."""
        if not isinstance(problem, JiraUnreachable) or not self._patient:
            raise problem
        told = problem.retry_after
        if told is None and tries >= _TRIES:
            raise problem
        pause = max(told or 0.0, backoff(tries)) + self._jitter()
        left = (self._deadline - self._clock.now()).total_seconds()
        if pause >= left:
            raise StepExpired(
                f"{problem.message}; the next try would be in {pause:.0f} s, "
                f"and the step has {max(0.0, left):.0f} s left"
            ) from problem
        self._clock.wait(pause)


def _json(body: Json) -> bytes:
    return json.dumps(body, ensure_ascii=False, allow_nan=False).encode()


def _skew(answer: Answer, now: datetime) -> float | None:
    """Return how far the other clock is ahead, by the header ``Date`` (whole seconds)."""
    try:
        told = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return None
    told = told if told.tzinfo is not None else told.replace(tzinfo=UTC)
    return (told - now).total_seconds()


def _unknown(what: str, reason: str) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"Jira was asked to {what}, and nobody knows whether it did: {reason}",
        hint="look in Jira before doing it again by hand",
    )
