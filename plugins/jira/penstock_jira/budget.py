"""When one account may ask its Jira: the limits that Jira tells of, shared by writes and polls.

A pause that one request was asked for holds for all: a poll that goes on meanwhile makes the pause
longer, and takes what a write has waited for. Where requests are scarce, writes and what steps read
for them go before polls.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto

from penstock_jira.answer import Answer
from penstock_jira.limits import Allowance, allowance_of, pause_of
from penstock_jira.retry import backoff

__all__ = ["Budget", "Hold", "Purpose"]

#: Jira Cloud: so many writes to one issue in so many seconds.
_WRITES = ((20, 2.0), (100, 30.0))
_WINDOW = max(seconds for _, seconds in _WRITES)
#: The part of Data Center's tokens that is left to steps: one of so many.
_RESERVED = 5
#: Seconds after which a poll may ask again that stood back for a step.
_BEHIND = 1.0


class Purpose(Enum):
    """What a request is for."""

    WRITE = auto()
    READ = auto()
    #: A look of a gate, or another question that can as well be asked later.
    POLL = auto()


@dataclass(frozen=True)
class Hold:
    """A request must wait: so many seconds, and what Jira ("it") has to do with it."""

    seconds: float
    reason: str


@dataclass
class _Issue:
    """What is known of the writes to one issue, in seconds of the monotonic clock."""

    sent: deque[float] = field(default_factory=deque)
    until: float = 0.0
    reason: str = ""


class _Tokens:
    """The tokens of Data Center as they are spent and come back."""

    def __init__(self, told: Allowance, at: float) -> None:
        self.told, self.left = told, told.left
        self.next = at + told.next_in

    def refill(self, now: float) -> None:
        if now >= self.next:
            batches = 1 + int((now - self.next) // self.told.interval)
            self.left = min(self.told.size, self.left + self.told.fill * batches)
            self.next += self.told.interval * batches


class Budget:
    """The limits of one account. Seconds are the monotonic clock's; threads may share it."""

    def __init__(self) -> None:
        """Start with nothing known: whatever is asked first may be asked."""
        self._lock = threading.Lock()
        self._until, self._reason = 0.0, ""
        self._issues: dict[str, _Issue] = {}
        self._tokens: _Tokens | None = None
        self._refusals = 0
        self._waiting = 0

    def ask(self, purpose: Purpose, issue: str | None, now: float) -> Hold | None:
        """Return ``None`` and count a request that may be sent at *now*, or say what it waits for.

        *issue* is the key of the one that is written.
        """
        with self._lock:
            written = self._issues.get(issue) if issue is not None else None
            hold = (
                self._paused(now)
                or _held(written, now)
                or self._without_tokens(purpose, now)
                or self._behind(purpose)
            )
            if hold is None:
                self._count(issue, now)
            return hold

    def heard(self, answer: Answer, issue: str | None, *, at: float, now: datetime) -> None:
        """Take in what an answer says of the limits, at the monotonic *at* and the wall's *now*."""
        pause = pause_of(answer.status, answer.headers, now)
        allowance = allowance_of(answer.headers, now)
        with self._lock:
            if allowance is not None:
                self._tokens = _Tokens(allowance, at)
            if pause is None:
                self._refusals = 0
                return
            self._refusals += 1
            seconds = max(pause.seconds or 0.0, backoff(self._refusals))
            reason = f"it {pause}"
            if pause.of_issue and issue is not None:
                known = self._issues.setdefault(issue, _Issue())
                if at + seconds > known.until:
                    known.until, known.reason = at + seconds, reason
            elif at + seconds > self._until:
                self._until, self._reason = at + seconds, reason

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Let polls stand back while a step waits for its turn."""
        with self._lock:
            self._waiting += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting -= 1

    def _paused(self, now: float) -> Hold | None:
        return Hold(self._until - now, self._reason) if now < self._until else None

    def _without_tokens(self, purpose: Purpose, now: float) -> Hold | None:
        tokens = self._tokens
        if tokens is None:
            return None
        tokens.refill(now)
        told = tokens.told
        if tokens.left > (told.size // _RESERVED if purpose is Purpose.POLL else 0):
            return None
        return Hold(tokens.next - now, f"it allows {told.fill} requests in {told.interval:g} s")

    def _behind(self, purpose: Purpose) -> Hold | None:
        if purpose is not Purpose.POLL or not self._waiting:
            return None
        return Hold(_BEHIND, "a step waits for it, and goes first")

    def _count(self, issue: str | None, now: float) -> None:
        """Note a request that is sent now."""
        if self._tokens is not None:
            self._tokens.left -= 1
        if issue is not None:
            for key in [key for key, known in self._issues.items() if _is_over(known, now)]:
                del self._issues[key]
            self._issues.setdefault(issue, _Issue()).sent.append(now)


def _held(known: _Issue | None, now: float) -> Hold | None:
    """Return what holds a write to one issue, by Jira's word or by its documented limit."""
    if known is None:
        return None
    if now < known.until:
        return Hold(known.until - now, known.reason)
    while known.sent and now - known.sent[0] >= _WINDOW:
        known.sent.popleft()
    for most, seconds in _WRITES:
        if len(known.sent) >= most:
            left = known.sent[-most] + seconds - now
            if left > 0:
                return Hold(left, f"it takes {most} writes to one issue in {seconds:g} s")
    return None


def _is_over(known: _Issue, now: float) -> bool:
    return now >= known.until and (not known.sent or now - known.sent[-1] >= _WINDOW)
