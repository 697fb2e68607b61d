"""A plan held against the real systems: reads only, every finding with its place in the file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NoReturn

from pydantic import ValidationError

from penstock.clock import Clock
from penstock.connector import Connector
from penstock.errors import ConnectorError, ExpressionError, Fault, StepFailed
from penstock.expressions import Names, has_expression
from penstock.inspection import Finding, Inspection, Level, SpecPath
from penstock.json_types import Json
from penstock.pipeline.plan import Plan, PlannedStep
from penstock.pipeline.preview import StepPreview, preview_steps
from penstock.run.spec import kept_for_later
from penstock.spec_place import Later, any_entry
from penstock.step import Connectors, RunFacts, Step, StepContext

__all__ = ["InspectedStep", "Inspector", "LivePlan", "Placed"]

_CONNECTOR: SpecPath = ("connectorRef",)


@dataclass(frozen=True)
class Placed:
    """A finding at its place in the file."""

    level: Level
    fault: Fault


@dataclass(frozen=True)
class InspectedStep:
    """A step as it would run, and what was found of it."""

    preview: StepPreview
    inspection: Inspection
    findings: tuple[Placed, ...]


@dataclass(frozen=True)
class LivePlan:
    """What was found: who we are behind each connector, by its reference, and each step."""

    connectors: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[InspectedStep, ...] = ()

    def findings(self, *levels: Level) -> Iterator[Placed]:
        """Yield the findings of these levels, in the order of the steps."""
        for step in self.steps:
            yield from (finding for finding in step.findings if finding.level in levels)


class _NoEffects:
    """Effects that refuse: a plan writes nothing."""

    def once(self, name: str, **_: object) -> NoReturn:
        """Refuse."""
        raise TypeError(f"the effect {name!r} was asked for while a plan was looked at")


class Inspector:
    """Holds one plan against what its connectors find."""

    def __init__(
        self,
        plan: Plan,
        types: Mapping[str, type[Step]],
        kinds: Mapping[str, type[Connector]],
        connectors: Connectors,
        *,
        clock: Clock,
        facts: RunFacts,
    ) -> None:
        """Take the plan, the step and connector *types*, and who a run would be started by."""
        self._plan, self._types, self._kinds = plan, types, kinds
        self._connectors, self._clock, self._facts = connectors, clock, facts
        #: Who we are, by reference; ``None``: nobody would let us in.
        self._known: dict[str, str | None] = {}

    def all(self) -> LivePlan:
        """Inspect each step in turn."""
        previews = preview_steps(self._plan, self._types, self._clock.now())
        steps = tuple(self._inspected(preview) for preview in previews)
        known = {reference: found for reference, found in self._known.items() if found}
        return LivePlan(known, steps)

    def _inspected(self, preview: StepPreview) -> InspectedStep:
        found: list[Finding] = []
        inspection = Inspection()
        if self._signs_in(preview, found):
            inspection = self._inspect(preview, found)
        findings = (*found, *inspection.findings)
        placed = tuple(Placed(each.level, self._fault(preview.step, each)) for each in findings)
        return InspectedStep(preview, inspection, placed)

    def _fault(self, step: PlannedStep, finding: Finding) -> Fault:
        line, column, file = _place(step, finding.place)
        return Fault(finding.message, finding.hint, file or self._plan.file, line, column)

    def _signs_in(self, preview: StepPreview, found: list[Finding]) -> bool:
        """Whether the step's connector lets us in, if it has one; tell of it the first time."""
        reference = preview.spec.get("connectorRef")
        name = self._types[preview.step.type].connector_type
        if name is None or not isinstance(reference, str):
            return True
        if has_expression(reference):
            text = f"connectorRef comes with the run ({reference}): nothing of the step is checked"
            found.append(Finding(Level.NOTE, text, place=_CONNECTOR))
            return False
        if reference in self._known:
            good = self._known[reference] is not None
            if not good:
                text = f"not checked: the connector {reference!r} cannot be used"
                found.append(Finding(Level.NOTE, text, place=_CONNECTOR))
            return good
        self._known[reference] = None
        try:
            kind = self._kinds.get(name, Connector)
            self._known[reference] = self._connectors.resolve(reference, kind).sign_in()
        except ConnectorError as error:
            found += [Finding(Level.ERROR, str(fault), place=_CONNECTOR) for fault in error.faults]
            return False
        except StepFailed as error:
            found.append(_error(error, _CONNECTOR))
            return False
        return True

    def _inspect(self, preview: StepPreview, found: list[Finding]) -> Inspection:
        kind = self._types[preview.step.type]
        spec = _captured(preview, kind.deferred, found)
        try:
            step = kind.model_validate(spec)
        except ValidationError as error:
            found += _not_valid(error, preview.lines)
            return Inspection()
        try:
            return step.inspect(self._context(preview, found))
        except StepFailed as error:
            found.append(_error(error))
        except ConnectorError as error:
            found += [Finding(Level.ERROR, str(fault), place=_CONNECTOR) for fault in error.faults]
        except Exception as error:  # noqa: BLE001 - what a plugin raises must not hide the other steps
            text = f"a defect of the step's plugin: {type(error).__name__}: {error}"
            found.append(Finding(Level.ERROR, text))
        return Inspection()

    def _context(self, preview: StepPreview, found: list[Finding]) -> StepContext:
        return StepContext(
            run=self._facts,
            path=preview.step.path,
            attempt=1,
            deadline=self._clock.now() + timedelta(seconds=preview.step.timeout),
            clock=self._clock,
            effects=_NoEffects(),
            connectors=self._connectors,
            note=lambda text: found.append(Finding(Level.NOTE, text)),
        )


def _error(failure: StepFailed, place: SpecPath = ()) -> Finding:
    return Finding(Level.ERROR, failure.message, failure.hint, place)


def _not_valid(error: ValidationError, lines: tuple[str, ...]) -> list[Finding]:
    """Return why a spec is none yet: what is wrong for good, or what an expression will give."""
    place = error.errors(include_url=False)[0]["loc"]
    if lines:  # the preview tells what is certainly wrong
        return [Finding(Level.ERROR, line, place=place) for line in lines]
    name = ".".join(str(part) for part in place)
    return [Finding(Level.NOTE, f"not checked: only the run tells `{name}`", place=place)]


def _captured(
    preview: StepPreview, deferred: Mapping[str, str | Later], found: list[Finding]
) -> dict[str, Any]:
    """Return the spec with what is known put into the expressions that are kept for later."""

    def captured(node: Any, path: SpecPath) -> Any:
        if isinstance(node, Mapping):
            return {key: captured(item, (*path, key)) for key, item in node.items()}
        if isinstance(node, list):
            return [captured(item, (*path, i)) for i, item in enumerate(node)]
        keep = deferred.get(any_entry(".".join(map(str, path))))
        if keep is None or not isinstance(node, str) or not node.strip():
            return node
        return _criterion(node, keep, preview.names, path, found)

    return {key: captured(item, (key,)) for key, item in preview.spec.items()}


def _criterion(
    text: str, keep: str | Later, names: Names, path: SpecPath, found: list[Finding]
) -> Json:
    try:
        return kept_for_later(text, keep, names)
    except ExpressionError as error:
        told = f"the expression reads what comes with the run: {error.message}"
        found.append(Finding(Level.NOTE, told, place=path))
        return text


def _place(step: PlannedStep, path: SpecPath) -> tuple[int, int, str]:
    """Return where *path* stands, the first text in it, or what is around."""
    while path:
        dotted = ".".join(map(str, path))
        for name, place in step.places.items():
            if name == dotted or name.startswith(f"{dotted}."):
                return place
        path = path[:-1]
    return step.line, step.column, step.file
