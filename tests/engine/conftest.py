"""Steps, gates and a connector of our own, and a run made of them in memory."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import pytest

from penstock.connector import Binding, Connector
from penstock.errors import Refused, StepFailed
from penstock.events import Event, Status
from penstock.journal import Journal, RunRecord
from penstock.json_types import Json
from penstock.pipeline.plan import Plan
from penstock.pipeline.planning import make_plan
from penstock.run.interruption import InterruptibleClock, Stop
from penstock.run.local import carry
from penstock.run.names import RunNames
from penstock.run.state import RunState, World
from penstock.secret import Masker, Secret
from penstock.source import parse
from penstock.step import Doubt, Effect, Gate, Headline, Outputs, RunFacts, Step, StepContext
from penstock.testing import FakeClock
from penstock.verdict import Condition, Verdict, VerdictStatus
from penstock.watch import Look, Snapshot, Unavailable, Watch


@dataclass
class Remote:
    """Another system: what was written to it, what gates see of it, and how it misbehaves."""

    written: list[str] = field(default_factory=list)
    looks: dict[str, list[Look | Exception]] = field(default_factory=dict)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    watched: list[Watch] = field(default_factory=list)
    #: Called for each write; may raise before or after it is done.
    before_write: Callable[[str], None] = lambda text: None
    after_write: Callable[[str], None] = lambda text: None
    on_say: Callable[[str], None] = lambda text: None
    on_look: Callable[[Effect], None] = lambda effect: None
    #: Called for each late look; may raise.
    on_late_look: Callable[[StepContext, Effect, Json], None] = lambda *given: None
    #: What becomes of a connector's answers, and of a gate's verdict; may raise.
    answer: Callable[[list[Look]], object] = lambda looks: looks
    verdict: Callable[[Verdict], object] = lambda verdict: verdict
    #: Called for each reference that is resolved; may raise.
    on_resolve: Callable[[str], None] = lambda reference: None


REMOTE = Remote()


class Say(Step):
    """Says something; may be run again."""

    type: ClassVar[str] = "Say"
    repeatable: ClassVar[bool] = True
    text: Json
    times: int = 1

    def run(self, context: StepContext) -> Outputs:
        REMOTE.on_say(str(self.text))
        return {"said": self.text, "times": self.times}

    def headline(self, outputs: Outputs) -> Headline | None:
        return Headline("SAID-1", "http://127.0.0.1/SAID-1")


class Fail(Step):
    """Fails, as it is told to."""

    type: ClassVar[str] = "Fail"
    repeatable: ClassVar[bool] = True
    how: str = "it does not work"

    def run(self, context: StepContext) -> Outputs:
        if self.how == "defect":
            raise KeyError("whoops")
        if self.how == "exit":
            raise SystemExit(3)
        if self.how == "no outputs":
            return "text"  # type: ignore[return-value] # what a plugin's author may do
        if self.how == "no json":
            return {"x": object()}  # type: ignore[dict-item] # as above
        if self.how == "too much":
            return {"x": "x" * 2_000_000}
        raise StepFailed(self.how, hint="mend it")


class Once(Step):
    """Does something that must not be repeated, and keeps no effects."""

    type: ClassVar[str] = "Once"

    def run(self, context: StepContext) -> Outputs:
        REMOTE.before_write("once")
        REMOTE.written.append("once")
        REMOTE.after_write("once")
        return {}


class Write(Step):
    """Writes to the remote system through an effect."""

    type: ClassVar[str] = "Write"
    repeatable: ClassVar[bool] = True
    connector_type: ClassVar[str | None] = "Remote"
    connector_ref: str
    text: str
    #: Seconds; with them, it asks for a late look.
    settle: float = 0.0

    def run(self, context: StepContext) -> Outputs:
        context.connector(self.connector_ref, RemoteConnector)

        def do(effect: Effect) -> Json:
            REMOTE.before_write(self.text)
            REMOTE.written.append(f"{self.text} {effect.marker}")
            REMOTE.after_write(self.text)
            return len(REMOTE.written)

        def look(effect: Effect) -> Json:
            REMOTE.on_look(effect)
            marked = [item for item in REMOTE.written if item.endswith(effect.marker)]
            return len(marked) or None

        doubt = Doubt(settle=self.settle, again=self.settle > 0)
        intent = {"text": self.text}
        number = context.effects.once("write", intent=lambda: intent, do=do, look=look, doubt=doubt)
        context.note(f"wrote {self.text}")
        return {"number": number}

    def look_again(self, context: StepContext, effect: Effect, result: Json) -> None:
        REMOTE.on_late_look(context, effect, result)


class Await(Gate):
    """Waits until a key has a wanted state."""

    type: ClassVar[str] = "Await"
    connector_type: ClassVar[str | None] = "Remote"
    connector_ref: str
    key: str
    wanted: str = "yes"
    interval: float = 60.0

    def watch(self, context: StepContext) -> Watch:
        return Watch(self.connector_ref, self.key, ("state",), self.interval)

    def asks(self) -> dict[str, Json]:
        return {"wanted": self.wanted}

    def judge(self, snapshot: Snapshot) -> Verdict:
        state = snapshot.content["state"]
        if state == "defect":
            raise ZeroDivisionError("cannot judge")
        leaf = Condition("state equals", state == self.wanted, self.wanted, str(state))
        table = {
            self.wanted: VerdictStatus.APPROVED,
            "no": VerdictStatus.REJECTED,
            "gone": VerdictStatus.FAILED,
        }
        status = table.get(str(state), VerdictStatus.WAITING)
        decided = snapshot.at if snapshot.content.get("decided") == "now" else None
        outputs: Mapping[str, Json] = {"state": state, "note": snapshot.content.get("note")}
        verdict = Verdict(status, f"state is {state}", leaf, None, decided, outputs)
        return REMOTE.verdict(verdict)  # type: ignore[return-value] # what a plugin's author may do


class RemoteConnector(Connector):
    """Where the remote system is."""

    type: ClassVar[str] = "Remote"
    url: str = "http://127.0.0.1"

    def look(self, watches: list[Watch]) -> list[Look]:  # type: ignore[override] # lists in tests
        REMOTE.asked.append(tuple(watch.key for watch in watches))
        REMOTE.watched += watches
        if len(REMOTE.asked) > 10_000:
            pytest.fail("it asks without an end")
        found: list[Look] = []
        for watch in watches:
            answers = REMOTE.looks.get(watch.key, [])
            answer = answers.pop(0) if len(answers) > 1 else answers[0] if answers else None
            if isinstance(answer, Exception):
                raise answer
            now = self.binding.clock.now()
            found.append(answer or Unavailable(now, "nothing is known"))
        return REMOTE.answer(found)  # type: ignore[return-value] # as above


TYPES: dict[str, type[Step]] = {kind.type: kind for kind in (Say, Fail, Once, Write, Await)}


class OneConnector:
    """Resolves every reference to the remote system."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock

    def resolve(self, reference, kind):  # type: ignore[no-untyped-def] # a test's double
        REMOTE.on_resolve(reference)
        return RemoteConnector().bind(Binding(reference=reference, clock=self.clock))


def _stage(identifier: str, steps: str, more: str) -> str:
    indented = "\n".join("            " + line for line in steps.strip("\n").splitlines())
    return f"""\
    - stage:
        identifier: {identifier}
        type: Custom
{more}
        spec:
          execution:
            steps:
{indented}
"""


def _pipeline(
    *steps: str, variables: str = "[]", extra: str = "", stages: Mapping[str, str]
) -> str:
    names = "stuvwxyz"
    made = [_stage(names[i], item, stages.get(names[i], "")) for i, item in enumerate(steps)]
    head = f"pipeline:\n  identifier: p\n  name: A pipeline\n  variables: {variables}\n{extra}\n"
    return head + "  stages:\n" + "".join(made)


@dataclass
class Bench:
    """A journal in a directory of its own, and runs in it under a fake clock."""

    directory: Path
    clock: FakeClock = field(default_factory=FakeClock)
    events: list[Event] = field(default_factory=list)
    stop: Stop = field(default_factory=Stop)
    types: dict[str, type[Step]] = field(default_factory=lambda: dict(TYPES))
    masker: Masker = field(default_factory=Masker)
    #: Looks come exactly when they are due.
    jitter: Callable[[], float] = lambda: 0.0

    def __post_init__(self) -> None:
        self.journal = Journal(self.directory / "journal.db")

    @property
    def logs(self) -> Path:
        """Where the logs of steps are kept."""
        return self.directory / "logs"

    def reopen(self, kind: type[Journal] = Journal) -> Journal:
        """Open the journal anew, as the process after this one would, and forget this one."""
        self.journal.close()
        self.journal = kind(self.journal.file)
        self.events, self.stop = [], Stop()
        return self.journal

    def jump(self, step: timedelta) -> None:
        """Set the wall clock ahead or back; the monotonic one goes on as if nothing were."""
        self.clock._start += step

    def pipeline(self, *steps: str, variables: str = "[]", extra: str = "", **stages: str) -> str:
        """Return a pipeline with a stage ``s``, ``t``, … for each list of steps (YAML items).

        Keyword arguments named after a stage are further keys of it.
        """
        return _pipeline(*steps, variables=variables, extra=extra, stages=stages)

    def see(self, key: str, *states: str, **more: Json) -> None:
        """Let gates find *key* in these states, one after another; the last one stays."""
        REMOTE.looks[key] = [Snapshot(self.clock.now(), {"state": item, **more}) for item in states]

    def faults(self, text: str) -> list[str]:
        """Return what is wrong with a pipeline, a line each."""
        with pytest.raises(Refused) as caught:
            self.plan(text)
        return str(caught.value).splitlines()

    def plan(self, text: str) -> Plan:
        source = parse(text, "p.yaml")
        return make_plan(source, source.value, self.types, None).plan

    def add(self, text: str) -> RunRecord:
        plan = self.plan(text)
        number = sum(1 for _ in self.journal.runs())
        facts = {"user": "ann", "email": "ann@example.com", "url": "http://ci/1"}
        return self.journal.add_run(
            RunRecord(
                f"run{number}",
                plan.identifier,
                plan.name,
                0,
                Status.RUNNING,
                plan.to_json(),
                facts,
                {},
                self.clock.now(),
            )
        )

    def state(self, record: RunRecord, emit: Callable[[Event], None] | None = None) -> RunState:
        """Claim the run for a new life."""
        plan = Plan.from_json(record.plan)
        claim = self.journal.claim(record.id, "test")
        facts = RunFacts(record.id, plan.name, record.started, "http://ci/1", "ann")

        def secret(reference: str) -> Secret:
            return Secret("hunter22", reference)

        names = RunNames(
            plan,
            facts,
            sequence=record.sequence,
            email="ann@example.com",
            secret=secret,
            now=self.clock.now,
        )
        world = World(
            self.types,
            OneConnector(self.clock),
            InterruptibleClock(self.clock, self.stop),
            emit or self.events.append,
            self.jitter,
            self.masker,
            self.logs,
        )
        return RunState(plan, facts, names, journal=self.journal, claim=claim, world=world)

    def carry(self, record: RunRecord) -> Status:
        """Carry a run to its end, in a new life of it."""
        return carry(self.state(record), self.stop)

    def run(self, text: str) -> Status:
        return self.carry(self.add(text))

    def of_kind(self, kind: str) -> list[Event]:
        return [event for event in self.events if event.kind == kind]

    def statuses(self, record: RunRecord) -> dict[str, str]:
        return {item.path: str(item.status) for item in self.journal.attempts(record.id)}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.journal.close()


@pytest.fixture(autouse=True)
def remote() -> Iterator[Remote]:
    """The remote system, empty for each test."""
    REMOTE.__init__()  # type: ignore[misc] # one object that all doubles share, made anew
    return REMOTE
