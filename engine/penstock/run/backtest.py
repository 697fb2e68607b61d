"""A gate tried on the past: what it would have said to each thing that it might have waited for."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from statistics import median
from typing import Any

from penstock.errors import Fault, Refused, StepFailed
from penstock.nearest import nearest
from penstock.past import Past, Replayable
from penstock.pipeline.plan import Plan, PlannedStage, PlannedStep
from penstock.pipeline.preview import names_before_a_run
from penstock.run.judging import judged
from penstock.run.spec import SpecFailed, evaluate_spec
from penstock.run.step_run import step_of
from penstock.step import Gate, Step
from penstock.verdict import Condition, Verdict, VerdictStatus

__all__ = ["Leaf", "Replay", "Tally", "find_gate", "made_gate", "replayed"]

#: So many different values of one condition are remembered.
_MOST_VALUES = 1000
_GIVE_IT = "there is no run to tell it: write a value, or an input or a variable that has one"


@dataclass(frozen=True)
class Replay:
    """What a gate would have said of one thing; its last word while it waited, if it never did."""

    past: Past
    verdict: Verdict
    #: When it would have ended; ``None``: it would be waiting to this day.
    at: datetime | None
    #: Every verdict on the way, the last one included.
    looks: tuple[Verdict, ...]

    @property
    def outcome(self) -> str:
        """One of approved, rejected, failed and hung."""
        return "hung" if self.at is None else self.verdict.status.value

    @property
    def seconds(self) -> float | None:
        """How long it would have waited, from the time that the thing was made."""
        return (self.at - self.past.snapshots[0].at).total_seconds() if self.at else None


def replayed(gate: Gate, past: Past) -> Replay:
    """Return what *gate* would have said of *past*, looked at after each change."""
    looks: list[Verdict] = []
    for snapshot in past.snapshots:
        looks.append(judged(gate, snapshot))
        if looks[-1].status is not VerdictStatus.WAITING:
            return Replay(past, looks[-1], snapshot.at, tuple(looks))
    return Replay(past, looks[-1], None, tuple(looks))


@dataclass
class Leaf:
    """One condition of a gate, over everything that it was tried on."""

    label: str
    expected: str | None
    rejection: bool
    #: Of how many things it was true at some time, and what was there instead.
    true: int = 0
    seen: Counter[str] = field(default_factory=Counter)

    @property
    def near(self) -> str | None:
        """What was there that *expected*, one value, may have been meant as."""
        if not self.expected or "," in self.expected:
            return None
        values = [value.rpartition(" = ")[2] for value in self.seen]
        return nearest(self.expected, values)


class Tally:
    """What all replays of one gate come to."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.outcomes: Counter[str] = Counter()
        self.doubts: Counter[str] = Counter()
        #: Seconds until each approval.
        self.approved_after: list[float] = []
        self._leaves: dict[tuple[bool, str, str | None], Leaf] = {}

    def add(self, replay: Replay) -> None:
        """Count one more."""
        self.outcomes[replay.outcome] += 1
        self.doubts.update(set(replay.past.doubts))
        if replay.outcome == VerdictStatus.APPROVED and replay.seconds is not None:
            self.approved_after.append(replay.seconds)
        held: set[tuple[bool, str, str | None]] = set()
        for verdict in replay.looks:
            for leaf, rejection in _leaves(verdict):
                place = (rejection, leaf.label, leaf.expected)
                known = self._leaves.setdefault(place, Leaf(leaf.label, leaf.expected, rejection))
                if leaf.truth is True:
                    held.add(place)
                elif leaf.actual and len(known.seen) < _MOST_VALUES:
                    known.seen[leaf.actual] += 1
        for place in held:
            self._leaves[place].true += 1

    @property
    def total(self) -> int:
        """How many things there were."""
        return self.outcomes.total()

    @property
    def median(self) -> float | None:
        """The seconds within which half of the approvals came."""
        return median(self.approved_after) if self.approved_after else None

    def leaves(self) -> list[Leaf]:
        """Return every condition that was judged, in the order of the tree."""
        return list(self._leaves.values())

    def never_true(self) -> list[Leaf]:
        """Return the conditions that were true of nothing at no time."""
        return [leaf for leaf in self._leaves.values() if not leaf.true]


def _leaves(verdict: Verdict) -> Iterator[tuple[Condition, bool]]:
    for tree, rejection in ((verdict.approval, False), (verdict.rejection, True)):
        if tree is not None:
            yield from ((leaf, rejection) for leaf in _below(tree))


def _below(condition: Condition) -> Iterator[Condition]:
    for part in condition.parts:
        yield from _below(part)
    if not condition.parts:
        yield condition


def find_gate(
    plan: Plan, types: Mapping[str, type[Step]], wanted: str | None
) -> tuple[PlannedStage, PlannedStep]:
    """Return the gate that is to be tried: the only one, or the one whose path or id is *wanted*.

    Raise ``Refused`` where there is none, where there are several, or where it has no past.
    """
    gates = [(stage, step) for stage, step in plan.steps() if issubclass(types[step.type], Gate)]
    if not gates:
        raise Refused(f"{plan.file} has no step that waits: there is nothing to try on the past")
    paths = ", ".join(step.path for _, step in gates)
    if wanted is None and len(gates) > 1:
        raise Refused(f"{plan.file} has {len(gates)} gates: {paths}; name one with --step")
    found = [pair for pair in gates if wanted in {None, pair[1].path, pair[1].identifier}]
    if not found:
        near = nearest(wanted or "", [name for _, step in gates for name in _names(step)])
        advice = f"did you mean {near!r}?" if near else f"its gates are: {paths}"
        raise Refused(f"{plan.file} has no gate {wanted!r}; {advice}")
    if len(found) > 1:
        several = ", ".join(step.path for _, step in found)
        raise Refused(f"{wanted!r} is several gates of {plan.file}: {several}; name one of them")
    kind = types[found[0][1].type]
    if not issubclass(kind, Replayable):
        raise Refused(
            f"steps of type {kind.type} cannot be tried on the past: their plugin does not tell "
            "what they would have seen"
        )
    return found[0]


def _names(step: PlannedStep) -> tuple[str, str]:
    return step.identifier, step.path


def made_gate(
    plan: Plan, stage: PlannedStage, step: PlannedStep, kind: type[Step], now: datetime
) -> Gate:
    """Return the gate as it would be in a run, without what only a run tells.

    Raise ``Refused`` for a key that the past cannot do without.
    """
    names = names_before_a_run(plan, stage, step, now)
    optional = kind.present_only() if issubclass(kind, Replayable) else ()
    spec: dict[str, Any] = {}
    faults: list[Fault] = []
    for key, value in step.spec.items():
        try:
            spec |= evaluate_spec(
                replace(step, spec={key: value}), kind.deferred, names, plan.file, kind.secret_keys
            )
        except SpecFailed as error:
            if key in optional:
                spec[key] = value
            else:
                faults.append(replace(error.fault, hint=error.fault.hint or _GIVE_IT))
    Refused.unless_empty(faults)
    try:
        gate = step_of(kind, spec)
    except StepFailed as error:
        raise Refused(error.message) from error
    if not isinstance(gate, Gate):  # pragma: no cover - find_gate has looked
        raise Refused(f"steps of type {step.type} do not wait")
    return gate
