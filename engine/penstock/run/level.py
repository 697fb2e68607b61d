"""Where the walk of a run is: in which stage or group, at which node, for which item of a loop."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from penstock.pipeline.plan import FailureRule, PlannedNode, PlannedStep
from penstock.run.names import Frame, LoopItem

__all__ = ["Level", "Spot"]


@dataclass
class Level:
    """The whole run, or a stage or a group under way."""

    frame: Frame
    path: str
    above: "Level | None" = None
    #: Rules for what fails below: its own, then those of what it stands in.
    rules: tuple[FailureRule, ...] = ()
    #: When its time, or that of what it stands in, is over.
    limit: datetime | None = None
    #: The stage it stands in, or is.
    stage: "Level | None" = None
    #: Its first moment, as far as it is known.
    started: datetime | None = None
    #: Whether this life of the run has told that it began.
    told: bool = False
    #: Of a stage: whether the rest of its steps is given up for those that undo it.
    leaving: bool = False
    #: Whether what stands in it undoes a stage.
    undoing: bool = False

    def begin(self, at: datetime) -> None:
        """Note that something in it began at an instant."""
        level: Level | None = self
        while level is not None:
            level.started = at if level.started is None else min(level.started, at)
            level = level.above


@dataclass(frozen=True)
class Spot:
    """A node at its place in the run; of a looped one, one item."""

    level: Level
    node: PlannedNode
    path: str
    #: Under which name expressions know it.
    key: str
    item: LoopItem | None = None

    @classmethod
    def of(cls, level: Level, node: PlannedNode, item: LoopItem | None = None) -> "Spot":
        """Return the spot of *node* in *level*, for an *item* of its strategy."""
        mark, postfix = (item.mark, item.postfix) if item is not None else ("", "")
        path = f"{level.frame.path}{node.identifier}{mark}"
        return cls(level, node, path, f"{node.identifier}{postfix}", item)

    @property
    def step(self) -> PlannedStep:
        """The step that stands here; raise ``TypeError`` for another node."""
        if not isinstance(self.node, PlannedStep):
            raise TypeError(f"{self.path} is no step")
        return self.node

    @property
    def rules(self) -> tuple[FailureRule, ...]:
        """The failure rules that count here, the nearest first."""
        return (*self.node.failures, *self.level.rules)

    def deadline(self, started: datetime) -> datetime:
        """Return when a step that began at *started* must be done: by the nearest timeout."""
        end = started + timedelta(seconds=self.step.timeout)
        return end if self.level.limit is None else min(end, self.level.limit)
