"""What is known of a run after the events so far: the state behind each picture of it."""

from dataclasses import dataclass, field
from datetime import datetime

from penstock.events import (
    Event,
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
from penstock.verdict import Verdict

__all__ = ["RunProgress", "StepProgress"]

#: So many of a step's notes, and of the lines of its log, are kept, the newest.
_NOTES, _LINES = 3, 5


@dataclass
class StepProgress:
    """A stage or a step, and how far it is."""

    path: str
    name: str
    type: str
    depth: int
    status: Status = Status.NOT_STARTED
    started: datetime | None = None
    seconds: float | None = None
    attempt: int = 1
    message: str = ""
    title: str | None = None
    link: str | None = None
    deadline: datetime | None = None
    next_look: datetime | None = None
    verdict: Verdict | None = None
    #: Why the last look saw nothing, and how many looks in a row did not.
    problem: str = ""
    failures: int = 0
    notes: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)


@dataclass
class RunProgress:
    """A run, and the stages and steps in the order of the plan."""

    run: str = ""
    name: str = ""
    started: datetime | None = None
    resumed: bool = False
    steps: dict[str, StepProgress] = field(default_factory=dict)
    #: Connector type and page of each sandbox.
    sandboxes: list[tuple[str, str]] = field(default_factory=list)
    #: Notes of the engine's own, such as an observer's failure; the newest.
    notes: list[str] = field(default_factory=list)
    finished: RunFinished | None = None
    interrupted: RunInterrupted | None = None

    def apply(self, event: Event) -> None:
        """Take one event into account; a kind that is not known here changes nothing."""
        match event:
            case RunStarted():
                self._start(event)
            case SandboxStarted():
                self.sandboxes.append((event.connector_type, event.page))
            case StepNoted() | StepLogged():
                self._tell(event)
            case StepStarted() | StepFinished():
                self._move(event)
            case GateOpened() | GateLooked() | GateUnavailable():
                self._wait(event)
            case RunFinished():
                self.finished = event
            case RunInterrupted():
                self.interrupted = event

    def troubles(self) -> list[StepProgress]:
        """Return the steps that ended badly, and of a stage and its bad steps only the steps."""
        bad = [step for step in self.steps.values() if _is_bad(step.status)]
        return [step for step in bad if not any(_is_below(o.path, step.path) for o in bad)]

    def step(self, path: str) -> StepProgress:
        """Return the step at *path*; one that the outline lacks is added below its parent."""
        if path not in self.steps:
            self._add(path)
        return self.steps[path]

    def _start(self, event: RunStarted) -> None:
        self.run, self.name, self.resumed = event.run, event.name, event.resumed
        self.started = event.at
        self.steps = {o.path: _fresh(o) for o in event.outline}
        for path, status in (event.finished or {}).items():
            self.step(path).status = status

    def _tell(self, event: StepNoted | StepLogged) -> None:
        if isinstance(event, StepLogged):
            texts, kept = self.step(event.path).log, _LINES
        else:
            texts, kept = self.step(event.path).notes if event.path else self.notes, _NOTES
        texts.append(event.text)
        del texts[:-kept]

    def _move(self, event: StepStarted | StepFinished) -> None:
        step = self.step(event.path)
        if isinstance(event, StepStarted):
            step.status, step.attempt, step.started = Status.RUNNING, event.attempt, event.at
            step.seconds, step.message, step.verdict, step.problem = None, "", None, ""
            self._open_parents(event)
        else:
            step.status, step.seconds, step.message = event.status, event.seconds, event.message
            step.title, step.link = event.title or step.title, event.link or step.link
            step.problem = ""

    def _wait(self, event: GateOpened | GateLooked | GateUnavailable) -> None:
        step = self.step(event.path)
        if not step.status.is_final:
            step.status = Status.APPROVAL_WAITING
        if isinstance(event, GateOpened):
            step.title, step.link, step.deadline = event.key, event.link, event.deadline
            step.started = step.started or event.at
            self._open_parents(event)
            return
        step.next_look = event.next_look
        if isinstance(event, GateLooked):
            step.verdict, step.problem, step.failures = event.verdict, "", 0
        else:
            step.problem, step.failures = event.reason, event.failures

    def _open_parents(self, event: StepStarted | GateOpened) -> None:
        parent = _above(event.path)
        while parent:
            step = self.steps.get(parent)
            if step is not None and step.status is Status.NOT_STARTED:
                step.status, step.started = Status.RUNNING, event.at
            parent = _above(parent)

    def _add(self, path: str) -> None:
        above = _above(path)
        if above:
            self.step(above)
        depth = self.steps[above].depth + 1 if above else 0
        rows = list(self.steps.items())
        family = [i for i, (p, _) in enumerate(rows) if p == above or _is_below(p, above)]
        place = family[-1] + 1 if family else len(rows)
        new = StepProgress(path, path.rpartition("/")[2], "", depth)
        self.steps = dict([*rows[:place], (path, new), *rows[place:]])


def _above(path: str) -> str:
    """Return the path of what holds a step: of an item of a loop (``deploy[0]``), the loop."""
    if path.endswith("]"):
        return path.rpartition("[")[0]
    above = path.rpartition("/")[0]
    return above.removesuffix("/rollback")


def _is_below(path: str, above: str) -> bool:
    return path.startswith((f"{above}/", f"{above}["))


def _fresh(outline: StepOutline) -> StepProgress:
    return StepProgress(outline.path, outline.name, outline.type, outline.depth)


def _is_bad(status: Status) -> bool:
    return status.is_final and not status.is_good
