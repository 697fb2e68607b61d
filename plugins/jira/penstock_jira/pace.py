"""When a client sends its next request, and when it gives up: waits, deadline, and tries."""

import random
from collections.abc import Callable
from datetime import datetime

from penstock.clock import Clock
from penstock.duration import format_duration
from penstock.errors import StepExpired, StepFailed
from penstock_jira.account import Account
from penstock_jira.answer import Answer
from penstock_jira.budget import Purpose
from penstock_jira.errors import AskedToWait, CaptchaWanted, JiraUnreachable, SignInRefused
from penstock_jira.retry import backoff

__all__ = ["Pace"]

#: Tries of what meets a broken connection or a 5xx. A 429 is obeyed without counting.
_TRIES = 5
#: Seconds of a wait from which on it is told: one that Jira asked for, and one of our own.
_ASKED_FOR, _OUR_OWN = 1.0, 5.0


def _silent(text: str) -> None:
    """Say nothing."""


class Pace:
    """The time that one client has until *deadline*, and the account whose limits it shares."""

    def __init__(
        self,
        account: Account,
        clock: Clock,
        deadline: datetime,
        *,
        fingerprint: str | None = None,
        patient: bool = True,
        note: Callable[[str], None] = _silent,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """Take the account and, unless it does not sign in, the credential's *fingerprint*.

        One that is not *patient* never waits: its user has a better time to ask again. *note*
        tells whoever watches of a wait. *jitter* gives seconds to add to one, so that many
        clients do not come back at once.
        """
        self.clock, self.account = clock, account
        self._fingerprint = fingerprint
        self._deadline, self._patient = deadline, patient
        self._note, self._jitter = note, jitter

    @property
    def left(self) -> float:
        """The seconds until the deadline; raises ``StepExpired`` when there are none."""
        left = (self._deadline - self.clock.now()).total_seconds()
        if left <= 0:
            raise StepExpired("the time for this step is over")
        return left

    def turn(self, what: str, *, writes: bool, issue: str | None = None) -> None:
        """Return once a request may be sent that is to *what*; *issue* is the one it writes.

        Raises ``AskedToWait`` where that is later and the client is not patient, ``StepExpired``
        where it is too late, and what was raised before for a credential that is not to be tried.
        """
        purpose = Purpose.WRITE if writes else Purpose.READ
        while True:
            _ = self.left
            if self._fingerprint is not None:
                self.account.lockout.check(self._fingerprint, what, self.clock.monotonic())
            hold = self.account.budget.ask(
                purpose if self._patient else Purpose.POLL, issue, self.clock.monotonic()
            )
            if hold is None:
                return
            words = f"Jira is not asked to {what} yet: {hold.reason}"
            problem = AskedToWait(words, retry_after=hold.seconds)
            if not self._patient:
                raise problem
            self._wait(hold.seconds + self._jitter(), problem)

    def heard(self, answer: Answer, issue: str | None) -> None:
        """Take in what an answer says of Jira's limits."""
        at, now = self.clock.monotonic(), self.clock.now()
        self.account.budget.heard(answer, issue, at=at, now=now)

    def judged(self, problem: StepFailed | None) -> None:
        """Take in what an answer was found to mean for the credential."""
        if self._fingerprint is None:
            return
        if isinstance(problem, (SignInRefused, CaptchaWanted)):
            now = self.clock.monotonic()
            self.account.lockout.refused(self._fingerprint, problem, now)
        elif problem is None:
            self.account.lockout.accepted(self._fingerprint)

    def again(self, problem: StepFailed, tries: int) -> None:
        """Return when a request may be tried again, or raise *problem* if that makes no sense."""
        if not isinstance(problem, JiraUnreachable) or not self._patient:
            raise problem
        if isinstance(problem, AskedToWait):
            return  # the budget knows until when, and the next turn waits for it
        told = problem.retry_after
        if told is None and tries >= _TRIES:
            raise problem
        self._wait(max(told or 0.0, backoff(tries)) + self._jitter(), problem)

    def _wait(self, pause: float, problem: JiraUnreachable) -> None:
        left = (self._deadline - self.clock.now()).total_seconds()
        if pause >= left:
            raise StepExpired(
                f"{problem.message}; the next try would be in {format_duration(pause)}, "
                f"and the step has {format_duration(left)} left"
            ) from problem
        if pause >= (_ASKED_FOR if isinstance(problem, AskedToWait) else _OUR_OWN):
            self._note(f"{problem.message}; it goes on in {format_duration(pause)}")
        with self.account.budget.waiting():
            self.clock.wait(pause)
