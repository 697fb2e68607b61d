"""Credentials that Jira did not accept, and until when they are not tried again.

Jira: a few failed logins in a row and it wants a CAPTCHA, from people and programs alike.
"""

import threading
from dataclasses import dataclass

from penstock_jira.errors import CaptchaWanted, JiraRefused, SignInRefused

__all__ = ["Lockout"]


@dataclass(frozen=True)
class _Refusal:
    """A refusal, when it came and until when it counts, by the monotonic clock."""

    problem: SignInRefused | CaptchaWanted
    at: float

    @property
    def until(self) -> float:
        return self.at + (self.problem.retry_after or 0.0)


class Lockout:
    """The credentials of one account, by fingerprint; threads may share it."""

    def __init__(self) -> None:
        """Start with none refused."""
        self._refusals: dict[str, _Refusal] = {}
        self._lock = threading.Lock()

    def refused(self, fingerprint: str, problem: SignInRefused | CaptchaWanted, now: float) -> None:
        """Note that a credential was not accepted; a new one is not held up by it."""
        with self._lock:
            kept = {name: each for name, each in self._refusals.items() if now < each.until}
            self._refusals = {**kept, fingerprint: _Refusal(problem, now)}

    def accepted(self, fingerprint: str) -> None:
        """Forget it: the credential is fine."""
        if self._refusals:
            with self._lock:
                self._refusals.pop(fingerprint, None)

    def check(self, fingerprint: str, what: str, now: float) -> None:
        """Raise what was raised before if the credential is not to be tried at *now*."""
        found = self._refusals.get(fingerprint)
        if found is None or not found.at <= now < found.until:
            return
        raise _again(found, what, now)


def _again(found: _Refusal, what: str, now: float) -> JiraRefused:
    problem, left = found.problem, found.until - now
    words = f"not asked: that was so {now - found.at:.0f} s ago, and is tried again in {left:.0f} s"
    return type(problem)(
        what,
        problem.status,
        [*problem.messages, words],
        hint=problem.hint,
        retry_after=left,
    )
