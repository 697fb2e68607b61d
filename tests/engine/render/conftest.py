"""A run as events, with a clock that stands still until it is told to go on."""

import io
from datetime import UTC, datetime, timedelta

import pytest

from penstock.events import (
    GateLooked,
    GateOpened,
    GateUnavailable,
    RunFinished,
    RunInterrupted,
    RunStarted,
    SandboxStarted,
    Status,
    StepFinished,
    StepLogged,
    StepNoted,
    StepOutline,
    StepStarted,
)
from penstock.verdict import Combination, Condition, Verdict, VerdictStatus

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LINK = "http://jira.example/browse/REL-1"
OUTLINE = (
    StepOutline("change", "Change record", "Approval", 0),
    StepOutline("change/open", "Open the change", "JiraCreate", 1),
    StepOutline("change/approval", "Wait for approval", "JiraApproval", 1),
    StepOutline("deploy", "Deploy", "Custom", 0),
    StepOutline("deploy/canary", "Canary", "ShellScript", 1),
)


class Story:
    """Makes the events of one run, each *after* so many seconds."""

    link = LINK

    def at(self, after: float) -> datetime:
        return START + timedelta(seconds=after)

    def started(self, after=0.0, **more):
        return RunStarted("r1", self.at(after), "release", "Payments release", OUTLINE, **more)

    def sandbox(self, after=0.0):
        return SandboxStarted("r1", self.at(after), "Jira", "http://127.0.0.1:8080/")

    def step(self, path, after=0.0, attempt=1):
        return StepStarted("r1", self.at(after), path, attempt)

    def note(self, path, text, after=0.0):
        return StepNoted("r1", self.at(after), path, text)

    def logged(self, path, text, after=0.0):
        return StepLogged("r1", self.at(after), path, text)

    def opened(self, after=0.0, link=LINK):
        deadline = self.at(after + 86400)
        return GateOpened("r1", self.at(after), "change/approval", "REL-1", link, 30.0, deadline)

    def looked(self, verdict, after=0.0, changed=True, path="change/approval"):
        return GateLooked("r1", self.at(after), path, verdict, changed, self.at(after + 30))

    def unavailable(self, reason, failures=1, after=0.0, changed=True):
        again = self.at(after + 60)
        path = "change/approval"
        return GateUnavailable("r1", self.at(after), path, reason, failures, changed, again)

    def ended(self, path, status=Status.SUCCEEDED, seconds=1.5, message="", after=0.0, **more):
        outputs = more.pop("outputs", {})
        return StepFinished("r1", self.at(after), path, status, seconds, outputs, message, **more)

    def finished(self, status=Status.SUCCEEDED, seconds=62.0, message="", after=0.0):
        outputs = {"change/open": {"issueKey": "REL-1"}}
        return RunFinished("r1", self.at(after), status, seconds, outputs, message)

    def interrupted(self, after=0.0):
        return RunInterrupted("r1", self.at(after), "Ctrl-C")

    def verdict(self, actual="To Do", status=VerdictStatus.WAITING, since=None):
        since = since or self.at(-180).isoformat()
        return Verdict(
            status,
            f"Status is {actual}, needs Approved",
            Condition(
                "all",
                False,
                combine=Combination.ALL,
                parts=(
                    Condition("Status equals", False, "Approved", actual, None, since, "A. Ray"),
                    Condition("Risk Level in", None, "Low", None, "no such field on the issue"),
                ),
            ),
            Condition("Status equals", actual == "Rejected", "Rejected", actual),
        )


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Ascii(io.StringIO):
    """A stream that can write ASCII only."""

    encoding = "ascii"


class Broken(io.StringIO):
    """A stream whose other end goes away after so many writes."""

    def __init__(self, lasts: int = 0, error: type[OSError] = BrokenPipeError) -> None:
        super().__init__()
        self.left, self.error = lasts, error

    def write(self, text: str) -> int:
        if self.left == 0:
            raise self.error
        self.left -= 1
        return super().write(text)


@pytest.fixture
def story() -> Story:
    return Story()


@pytest.fixture
def streams() -> dict[str, type[io.StringIO]]:
    return {"terminal": Terminal, "ascii": Ascii, "broken": Broken}
