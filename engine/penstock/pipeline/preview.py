"""What a plan would do, as far as it can be told without asking anybody."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from penstock.errors import ExpressionError
from penstock.expressions import Names, parse
from penstock.pipeline.plan import Plan, PlannedStage, PlannedStep, PlannedVariable
from penstock.secret import Secret
from penstock.step import Step

__all__ = ["StepPreview", "preview_steps", "preview_variables"]


@dataclass(frozen=True)
class StepPreview:
    """A step as it would run: ``spec`` with what is known filled in, and what it would send.

    Where a value depends on the run, its expression stays as it is written.
    """

    stage: PlannedStage
    step: PlannedStep
    spec: Mapping[str, Any]
    lines: tuple[str, ...]


def preview_variables(plan: Plan, now: datetime) -> dict[str, object]:
    """Return the pipeline's variables as far as they are known."""
    names = _Known(plan, now)
    return {item.name: names.variable(item) for item in plan.variables}


def preview_steps(
    plan: Plan, types: Mapping[str, type[Step]], now: datetime
) -> tuple[StepPreview, ...]:
    """Return each step of *plan*, in order."""
    names = _Known(plan, now)
    previews = []
    for stage, step in plan.steps():
        kind = types[step.type]
        known = names.at(stage)
        spec = {
            key: names.value(value, known, kind.deferred, key) for key, value in step.spec.items()
        }
        previews.append(StepPreview(stage, step, spec, _lines(kind, spec)))
    return tuple(previews)


def _lines(kind: type[Step], spec: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what the step says of itself; nothing while a typed field is still an expression."""
    try:
        return kind.model_validate(spec).preview()
    except ValidationError:
        return ()


class _Known:
    """The names that are known before a run."""

    def __init__(self, plan: Plan, now: datetime) -> None:
        self._now = now
        self._variables: dict[str, object] = {}
        self._pipeline = {
            "name": plan.name,
            "identifier": plan.identifier,
            "orgIdentifier": plan.org or "",
            "projectIdentifier": plan.project or "",
            "tags": dict(plan.tags),
            "variables": self._variables,
        }
        # Variables may need each other, in any order; as often as there are levels.
        for _ in plan.variables:
            before = dict(self._variables)
            for variable in plan.variables:
                value = self.variable(variable)
                if not _is_open(value):
                    self._variables[variable.name] = value
            if before == self._variables:
                break

    def _names(self, values: Mapping[str, object]) -> Names:
        return Names(values, lambda: self._now, lambda reference: Secret("", reference))

    def variable(self, variable: PlannedVariable) -> object:
        if variable.type == "Secret":
            return f"(secret {variable.value})"
        return self._text(variable.value or "", self._names({"pipeline": self._pipeline}))

    def at(self, stage: PlannedStage) -> Names:
        names = self._names({"pipeline": self._pipeline})
        own = {item.name: self._text(item.value or "", names) for item in stage.variables}
        known = {name: value for name, value in own.items() if not _is_open(value)}
        return self._names(
            {
                "pipeline": self._pipeline,
                "stage": {
                    "name": stage.name,
                    "identifier": stage.identifier,
                    "tags": dict(stage.tags),
                    "variables": known,
                },
                "variables": {**self._variables, **known},
            }
        )

    def value(self, node: object, names: Names, deferred: Mapping[str, str], path: str) -> Any:
        if path in deferred:
            return node
        if isinstance(node, str):
            return self._text(node, names)
        if isinstance(node, Mapping):
            return {
                key: self.value(item, names, deferred, f"{path}.{key}")
                for key, item in node.items()
            }
        if isinstance(node, list):
            return [self.value(item, names, deferred, f"{path}.{i}") for i, item in enumerate(node)]
        return node

    def _text(self, text: str, names: Names) -> object:
        try:
            value = parse(text).render(names)
        except ExpressionError:
            return text
        return f"(secret {value.reference})" if isinstance(value, Secret) else value


def _is_open(value: object) -> bool:
    return isinstance(value, str) and ("<+" in value or "{{" in value)
