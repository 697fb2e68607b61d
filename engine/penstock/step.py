"""What a plugin writes: a step, or a gate, which is a step that waits.

A step *is* a pydantic model. Its fields are the ``spec`` of the YAML (``snake_case`` here,
``camelCase`` there), its ``type`` is what stands behind ``type:``.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Protocol, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from penstock.clock import Clock
from penstock.connector import Connector
from penstock.errors import ConnectorError, Refused
from penstock.inspection import Finding, Inspection, Level
from penstock.json_types import Json
from penstock.secret import Secret
from penstock.spec_place import Later
from penstock.verdict import Verdict
from penstock.watch import Answer, Look, Snapshot, Unavailable, Watch

__all__ = [
    "Connectors",
    "Doubt",
    "Effect",
    "Effects",
    "Gate",
    "Headline",
    "Outputs",
    "Quote",
    "RunFacts",
    "Step",
    "StepContext",
]

#: What a step leaves for later steps: ``<+execution.steps.ID.NAME>`` reads the entry ``NAME``.
Outputs: TypeAlias = Mapping[str, Json]

#: Writes a value into a text of another language, such as a query: it is given the value and the
#: text before it, and returns what stands for the value there. Raises ``ValueError`` for a value
#: that has no place there.
Quote: TypeAlias = Callable[[Json, str], str]

C = TypeVar("C", bound=Connector)


@dataclass(frozen=True)
class RunFacts:
    """What a step may know of the run that it is part of."""

    id: str
    pipeline: str
    started: datetime
    url: str
    user: str
    #: Where the pipeline's file is: what a step calls a file by a relative path is beside it.
    directory: Path = Path()


@dataclass(frozen=True)
class Headline:
    """A short text to show beside a step, and the address behind it."""

    text: str
    link: str | None = None


@dataclass(frozen=True)
class Effect:
    """A write to another system, as the journal knows it before it is sent.

    ``marker`` is the same for every try of this effect and for no other; ``intent`` is what the
    step wanted to be remembered; ``in_doubt`` says that an earlier try may have happened.
    """

    name: str
    marker: str
    intent: Mapping[str, Json]
    begun: datetime
    in_doubt: bool


@dataclass(frozen=True)
class Doubt:
    """What becomes of a write whose outcome nobody knows."""

    #: Seconds after it was sent in which it may still come true, or still be out of sight: for so
    #: long it is looked for before it is sent again.
    settle: float = 0.0
    #: How often it is sent at most, in all lives of the step.
    tries: int = 3
    #: Whether it is looked at once more, late, by the step's ``look_again``.
    again: bool = False
    #: Says how a person can look for it.
    advice: Callable[[Effect], str] | None = None

    def advice_of(self, effect: Effect) -> str:
        """Return what a person should do about *effect*."""
        if self.advice is not None:
            return self.advice(effect)
        return f"look for {effect.marker} before you run this again"


class Effects(Protocol):
    """Writes that happen once, however often the step is started again."""

    def once(
        self,
        name: str,
        *,
        intent: Callable[[], Mapping[str, Json]],
        do: Callable[[Effect], Json],
        look: Callable[[Effect], Json],
        doubt: Doubt | None = None,
    ) -> Json:
        """Return what *do* returned, now or in an earlier life of this step.

        *intent* (reads only) is journalled before *do* is called. *do* raises ``OutcomeUnknown``
        if the write may have happened, any other ``StepFailed`` if it certainly has not. *look*
        returns what an earlier try left behind, or ``None`` when there is nothing; it looks once,
        and is asked again as *doubt* says. It raises ``OutcomeUnknown`` where more looking would
        not help and another write would be wrong.
        """
        ...


class Connectors(Protocol):
    """Resolves connector references in the scope of the run's pipeline."""

    def resolve(self, reference: str, kind: type[C]) -> C:
        """Return the connector, read afresh; raise ``ConnectorError`` with what does exist."""
        ...


def _no_log(line: str) -> None:
    """Keep nothing."""


def _no_secret(reference: str) -> Secret:
    raise ConnectorError(f"the secret {reference!r} was asked for where there are none")


@dataclass(frozen=True)
class StepContext:
    """What a step is given when it runs."""

    run: RunFacts
    #: Where the step stands: ``stage/step``.
    path: str
    attempt: int
    #: When the step's ``timeout`` is over.
    deadline: datetime
    clock: Clock
    effects: Effects
    connectors: Connectors
    #: Tells the person who watches; for progress and warnings.
    note: Callable[[str], None]
    #: Keeps a line that what runs on behalf of the step has printed, masked and within bounds.
    log: Callable[[str], None] = _no_log
    #: Finds the secret that a reference names, in the scope of the run's pipeline.
    secret: Callable[[str], Secret] = _no_secret

    def connector(self, reference: str, kind: type[C]) -> C:
        """Resolve *reference*, which must name a connector of *kind*."""
        return self.connectors.resolve(reference, kind)

    def seconds_left(self) -> float:
        """Return how many seconds the step still has, at least 0."""
        return max(0.0, (self.deadline - self.clock.now()).total_seconds())


class Step(BaseModel, ABC):
    """Base of step types that do something and are done."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, populate_by_name=True
    )

    #: The ``type:`` of the YAML.
    type: ClassVar[str]
    #: Whether a step that was interrupted may simply be run again. True for a step that only
    #: reads, and for one whose every write goes through ``context.effects``.
    repeatable: ClassVar[bool] = False
    #: The type of connector that ``connectorRef`` must name, for a step that has one.
    connector_type: ClassVar[str | None] = None
    #: Whether it only waits, and touches nothing: then a rehearsal runs it as it is.
    only_waits: ClassVar[bool] = False
    #: Spec keys (dotted, ``*`` for each entry of a list) that are expressions for later: they reach
    #: the step unevaluated. A name (``issue``): a criterion over the fields of what only the step
    #: will know. A ``Later``: names that only the step will know, for a criterion or for a text.
    #: Criteria are a ``penstock.Deferred``, texts a ``penstock.DeferredText``.
    deferred: ClassVar[Mapping[str, str | Later]] = {}
    #: The names of its outputs, if they are always among these: then a pipeline that reads another
    #: one is refused before it runs, with the near miss.
    output_names: ClassVar[Collection[str] | None] = None
    #: Spec keys (dotted, ``*`` for each entry of a list) in which a text may hold secrets: such a
    #: text reaches the step as a ``Secret``, and the journal as a mask.
    secret_keys: ClassVar[frozenset[str]] = frozenset()
    #: Spec keys (dotted) that are texts of another language, and what writes the value of an
    #: expression into one, so that no value is ever taken for a part of the language.
    quoting: ClassVar[Mapping[str, Quote]] = {}

    @abstractmethod
    def run(self, context: StepContext) -> Outputs | Watch:
        """Do the work and return its outputs, or return what to wait for.

        Raise ``StepFailed`` for what the user should read; anything else that is raised is a
        defect of the plugin, and reported as one.
        """

    def look_again(self, context: StepContext, effect: Effect, result: Json) -> None:
        """Look once more at an effect that was in doubt and asked for it (``Doubt.again``).

        Called in a run that is about to end, or whose gate is looked at, once nothing of the
        effect can still come true. *result* is what the effect returned, ``None`` if it never did.
        What was written twice is told, by ``context.note``; nothing is taken back.
        """

    def headline(self, outputs: Outputs) -> Headline | None:  # noqa: ARG002 - for those who override it
        """Return what to show beside the finished step, such as a ticket's key and address."""
        return None

    def rehearsed(self) -> Outputs:
        """Return what stands for the outputs in a rehearsal, where their shape is known."""
        return {}

    def preview(self) -> tuple[str, ...]:
        """Return lines that say what ``run`` would do, for ``penstock plan``; sends nothing."""
        return ()

    def inspect(self, context: StepContext) -> Inspection:  # noqa: ARG002 - for those who override it
        """Return what ``run`` would do as far as reading tells, for ``penstock plan --live``.

        Writes nothing: the effects of *context* refuse to. What depends on the run still stands as
        the expression that it is written as. ``StepFailed`` counts as an error of the whole step.
        """
        return Inspection()


class Gate(Step):
    """Base of step types that wait: they cost a row, not a thread."""

    repeatable: ClassVar[bool] = True

    @abstractmethod
    def watch(self, context: StepContext) -> Watch:
        """Return which connector, key and fields to look at, and how often; sends nothing."""

    def asks(self) -> Mapping[str, Json]:
        """Return what a look needs to find out beside the watch's fields, for the connector."""
        return {}

    def look(self, watch: Watch, context: StepContext) -> Look:  # noqa: ARG002 - for those who override it
        """Look, for a gate whose watch names no connector; the answers of people are added.

        What cannot be seen now is an ``Unavailable``, or raised.
        """
        return Snapshot(context.clock.now(), {})

    @abstractmethod
    def judge(self, snapshot: Snapshot) -> Verdict:
        """Judge what was seen. Pure: the same snapshot always gets the same verdict.

        Of a gate without a connector ``content`` has ``opened``, ``user`` (who started the run)
        and ``answers``, the oldest first, each as ``Answer.to_json`` has it.
        """

    def answered(self, answer: Answer, earlier: Sequence[Answer], run: RunFacts) -> Answer:  # noqa: ARG002 - for those who override it
        """Return a person's answer as it is to be kept; raise ``Refused`` if it may not be given.

        *earlier* are those that were given already, the oldest first.
        """
        raise Refused(f"a step of type {self.type} does not wait for people")

    def run(self, context: StepContext) -> Outputs | Watch:
        """Start to wait."""
        return self.watch(context)

    def inspect(self, context: StepContext) -> Inspection:
        """Look once, and return what the verdict would be now."""
        watch = replace(
            self.watch(context),
            asks=self.asks(),
            opened=context.clock.now(),
            user=context.run.user,
        )
        (seen,) = context.connector(watch.connector, Connector).look([watch])
        if isinstance(seen, Unavailable):
            return Inspection((Finding(Level.ERROR, seen.reason),))
        return Inspection(verdict=self.judge(seen))
