"""A rehearsal while it is carried: what stands in for what, and what is to go wrong."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from pydantic import ConfigDict

from penstock.connector import Connector
from penstock.errors import FailureType, Refused, StepFailed
from penstock.events import Status
from penstock.journal import RunRecord
from penstock.json_types import Json
from penstock.nearest import suggestion
from penstock.pipeline.plan import Plan
from penstock.pipeline.rehearsal import StandInValues
from penstock.step import Outputs, Step, StepContext

__all__ = ["Rehearsal", "RehearsedTrouble", "rehearsal_of", "rehearsed_types", "stand_in"]

#: Lines of a spec that are shown of a step that is stood in for.
_SHOWN = 8
#: Characters of a value that are shown.
_LONGEST = 100


class _EveryKey(frozenset[str]):
    """Holds every key: a step that is stood in for sends nothing, so that secrets may be in it."""

    def __contains__(self, key: object) -> bool:
        return True


_EVERY_KEY = _EveryKey()


@dataclass(frozen=True)
class Trouble:
    """How a step is to go wrong."""

    status: Status
    failure: FailureType


_TROUBLES = {
    "fail": Trouble(Status.FAILED, FailureType.UNKNOWN),
    "reject": Trouble(Status.APPROVAL_REJECTED, FailureType.APPROVAL_REJECTION),
    "expire": Trouble(Status.EXPIRED, FailureType.TIMEOUT),
}


class RehearsedTrouble(StepFailed):
    """A step goes wrong because the rehearsal was asked for that."""

    def __init__(self, trouble: Trouble) -> None:
        """Take how it goes wrong."""
        self.status = trouble.status
        super().__init__("as this rehearsal was asked for", failure=trouble.failure)


@dataclass(frozen=True)
class Rehearsal:
    """What a run that is only a rehearsal does otherwise than a real one."""

    #: Types of steps that are stood in for.
    types: tuple[str, ...]
    values: StandInValues
    #: ``fail``, ``reject`` or ``expire``, by the path or the identifier of a step.
    troubles: Mapping[str, str] = field(default_factory=dict)
    #: Whether gates really wait: for people whom a script plays.
    waits: bool = False

    def check(self, plan: Plan) -> None:
        """Raise ``Refused`` if a step that is to go wrong is not in the plan."""
        known = {name for _, step in plan.steps() for name in (step.path, step.identifier)}
        faults = [
            f"--{how} {name!r} names no step of this pipeline; {suggestion(name, known)}"
            for name, how in self.troubles.items()
            if _plain(name) not in known
        ]
        if faults:
            raise Refused(*faults)

    def trouble(self, path: str) -> Trouble | None:
        """Return how the step at *path* is to go wrong, if it is."""
        plain = _plain(path)
        for name in (path, plain, plain.rpartition("/")[2]):
            if name in self.troubles:
                return _TROUBLES[self.troubles[name]]
        return None

    def outputs(self, path: str, step: Step) -> Outputs:
        """Return what stands for the outputs of the step at *path*."""
        read = self.values.outputs.get(_plain(path).rpartition("/")[2], {})
        return _merged(read, step.rehearsed())

    def step_types(self, installed: Mapping[str, type[Step]]) -> dict[str, type[Step]]:
        """Return the types that stand in."""
        return {name: stand_in(name, self, installed.get(name)) for name in self.types}

    def to_json(self) -> dict[str, Json]:
        """Return the rehearsal for the journal."""
        return {
            "types": list(self.types),
            "names": dict(self.values.names),
            "outputs": {name: dict(value) for name, value in self.values.outputs.items()},
            "troubles": dict(self.troubles),
            "waits": self.waits,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return the rehearsal that ``to_json`` wrote."""
        values = StandInValues(value["names"], value["outputs"])
        return cls(tuple(value["types"]), values, value["troubles"], value["waits"])


def rehearsal_of(record: RunRecord) -> Rehearsal | None:
    """Return the rehearsal that a run is, if it is one."""
    value = record.settings.get("rehearsal")
    return Rehearsal.from_json(value) if value else None


def rehearsed_types(
    used: Iterable[str],
    steps: Mapping[str, type[Step]],
    connectors: Mapping[str, type[Connector]],
    real: Iterable[str] = (),
) -> tuple[str, ...]:
    """Return which of the *used* types are stood in for.

    Real are the steps of a connector that has a sandbox, those that only wait, and those that are
    asked for by *real*: a rehearsal runs no script and calls no other system.
    """
    return tuple(sorted({name for name in used if not _is_real(name, steps, connectors, real)}))


def _is_real(
    name: str,
    steps: Mapping[str, type[Step]],
    connectors: Mapping[str, type[Connector]],
    real: Iterable[str],
) -> bool:
    kind = steps.get(name)
    if kind is None:
        return False
    if name in set(real):
        return True
    if kind.connector_type is None:
        return kind.only_waits
    connector = connectors.get(kind.connector_type)
    return connector is not None and connector.sandbox() is not None


def stand_in(name: str, rehearsal: Rehearsal, kind: type[Step] | None) -> type[Step]:
    """Return a step type that takes any spec, says what it would have done, and leaves values.

    Of a type that is installed (*kind*), the spec is checked and its own words are shown.
    """

    class StandIn(Step):
        """Stands in for a step that does not run in a rehearsal."""

        model_config = ConfigDict(extra="allow")
        type: ClassVar[str] = name
        repeatable: ClassVar[bool] = True
        secret_keys: ClassVar[frozenset[str]] = _EVERY_KEY

        def run(self, context: StepContext) -> Outputs:
            """Say what would have happened."""
            extra = self.model_extra or {}
            shown = [f"{key}: {_short(value)}" for key, value in extra.items()]
            lines = shown[:_SHOWN] + [f"and {len(shown) - _SHOWN} more"] * (len(shown) > _SHOWN)
            context.note("\n".join([f"stands in for {name}", *lines]))
            return rehearsal.outputs(context.path, self)

    if kind is None:
        return StandIn
    return _of_installed(name, rehearsal, kind)


def _of_installed(name: str, rehearsal: Rehearsal, kind: type[Step]) -> type[Step]:
    def run(self: Step, context: StepContext) -> Outputs:
        lines = self.preview()
        context.note("\n".join([f"stands in for {name}", *lines[:_SHOWN]]))
        return rehearsal.outputs(context.path, self)

    members = {"run": run, "__module__": __name__, "repeatable": True, "type": name}
    return type(f"StandIn{name}", (kind,), {**members, "__annotations__": _CLASS_VARIABLES})


_CLASS_VARIABLES = {"repeatable": ClassVar[bool], "type": ClassVar[str]}


def _plain(path: str) -> str:
    """Return a path without the numbers of items."""
    return "/".join(part.partition("[")[0] for part in path.split("/"))


def _short(value: object) -> str:
    text = str(value).replace("\n", " ⏎ ")
    return f"{text[:_LONGEST]}…" if len(text) > _LONGEST else text


def _merged(near: Mapping[str, Json], far: Mapping[str, Json]) -> dict[str, Json]:
    """Return both mappings in one; where both have a value, the one of *far*."""
    found = dict(near)
    for key, value in far.items():
        other = found.get(key)
        both = isinstance(value, Mapping) and isinstance(other, Mapping)
        found[key] = _merged(other, value) if both else value  # type: ignore[arg-type]  # both are mappings
    return found
