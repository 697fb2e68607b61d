"""What a plan would do, as far as it can be told without asking anybody."""

from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from penstock.errors import ExpressionError
from penstock.expressions import Names, Template, parse
from penstock.pipeline.checking import is_open
from penstock.pipeline.document import only
from penstock.pipeline.number import number_of
from penstock.pipeline.plan import Plan, PlannedStage, PlannedStep, PlannedVariable, tag_variables
from penstock.secret import Secret
from penstock.spec_place import any_entry
from penstock.step import Quote, Step
from penstock.validation import sentences_of

if TYPE_CHECKING:
    from penstock.expressions.syntax import Expression

__all__ = ["StepPreview", "names_before_a_run", "preview_steps", "preview_variables"]


@dataclass(frozen=True)
class StepPreview:
    """A step as it would run: ``spec`` with what is known filled in, and what it would send.

    Where a value depends on the run, its expression stays as it is written; ``names`` are those
    whose values are known.
    """

    stage: PlannedStage
    step: PlannedStep
    spec: Mapping[str, Any]
    lines: tuple[str, ...]
    names: Names


def preview_variables(plan: Plan, now: datetime) -> dict[str, object]:
    """Return the pipeline's variables as far as they are known; a secret as ``(secret ref)``."""
    names = _Known(plan, now).at_pipeline()
    return {item.name: _shown(item, names) for item in plan.variables}


def _shown(variable: PlannedVariable, names: Names) -> object:
    try:
        value = _value(variable, names)
    except ExpressionError:
        return _text(variable.value or "", names)
    return _masked(value) if isinstance(value, Secret) else value


def preview_steps(
    plan: Plan, types: Mapping[str, type[Step]], now: datetime
) -> tuple[StepPreview, ...]:
    """Return each step of *plan*, in order; *now* stands for the time of each."""
    known = _Known(plan, now)
    previews = []
    for stage, step in plan.steps():
        kind = types[step.type]
        names = known.at_stage(stage, step)
        spec = {key: _filled(item, names, kind, key) for key, item in step.spec.items()}
        previews.append(StepPreview(stage, step, spec, _lines(kind, spec), names))
    return tuple(previews)


def names_before_a_run(plan: Plan, stage: PlannedStage, step: PlannedStep, now: datetime) -> Names:
    """Return what the expressions of *step* see before there is a run; *now* is the present.

    What only a run will tell raises ``ExpressionError``.
    """
    return _Known(plan, now).at_stage(stage, step)


def _lines(kind: type[Step], spec: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what the step says of itself; nothing while a typed field is still an expression."""
    try:
        return tuple(kind.model_validate(spec).preview())
    except ValidationError as error:
        certain = only(error, lambda each: not is_open(spec, each["loc"]))
        sentences = sentences_of(certain, spec, model=kind)
        return tuple(f"it would fail: {sentence}" for sentence in sentences)
    except Exception as error:  # noqa: BLE001 - what a plugin raises must not hide the other steps
        return (f"a defect of the step's plugin: {type(error).__name__}: {error}",)


def _filled(node: object, names: Names, kind: type[Step], path: str) -> Any:
    if isinstance(node, str):
        place = any_entry(path)
        return node if place in kind.deferred else _text(node, names, kind.quoting.get(place))
    if isinstance(node, Mapping):
        return {key: _filled(item, names, kind, f"{path}.{key}") for key, item in node.items()}
    if isinstance(node, list):
        return [_filled(item, names, kind, f"{path}.{i}") for i, item in enumerate(node)]
    return node


def _text(text: str, names: Names, quote: Quote | None = None) -> object:
    """Return a text with each expression in it replaced whose value is known."""
    template = Template(text, tuple(_part(part, names) for part in parse(text).parts))
    try:
        return template.render_into(names, quote) if quote else template.render(names)
    except ExpressionError:  # the whole would be too long, or a value has no place in it
        return text


def _part(part: "str | Expression", names: Names) -> "str | Expression":
    """Return an expression if it has a value, and text to stand for it if not."""
    if isinstance(part, str):
        return part
    try:
        value = Template(part.written, (part,)).render(names)
    except ExpressionError:
        return part.written
    return _masked(value) if isinstance(value, Secret) else part


def _masked(secret: Secret) -> str:
    return f"(secret {secret.reference})"


def _value(variable: PlannedVariable, names: Names) -> object:
    """Return the value of a variable; raise ``ExpressionError`` if it is not known yet."""
    text = variable.value or ""
    if variable.type == "Secret":
        return Secret("", text)
    value = parse(text).render(names)
    number = number_of(value) if variable.type == "Number" and isinstance(value, str) else None
    return value if number is None else number


class _Partly(dict[str, object]):
    """Names of which some will be known only in the run: nothing may take their place before."""

    def __missing__(self, name: str) -> object:
        raise ExpressionError(f"only the run will tell {name!r}")


class _Variables(Mapping[str, object]):
    """Variables by name, each evaluated once, when it is first read."""

    def __init__(self, variables: tuple[PlannedVariable, ...], names: Callable[[], Names]) -> None:
        self._variables = {variable.name: variable for variable in variables}
        self._names = names
        self._found: dict[str, object] = {}

    def __getitem__(self, name: str) -> object:
        if name not in self._found:
            self._found[name] = self._read(self._variables[name])
        value = self._found[name]
        if isinstance(value, ExpressionError):
            raise value
        return value

    def _read(self, variable: PlannedVariable) -> object:
        try:
            return _value(variable, self._names())
        except ExpressionError as error:
            # Another class: ``default`` must not take the place of what is only not known yet.
            return ExpressionError(error.message)

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)


class _Known:
    """The names that are known before a run."""

    def __init__(self, plan: Plan, now: datetime) -> None:
        self._now = now
        org, project = plan.org or "", plan.project or ""
        self._home = {
            "org": {"identifier": org, "name": org},
            "project": {"identifier": project, "name": project},
            "variable": plan.shared,
        }
        self._stages = _Partly()
        self._variables: Any = _Variables(plan.variables, self.at_pipeline)
        self._pipeline = _Partly(
            name=plan.name,
            identifier=plan.identifier,
            description=plan.description,
            executionMode="NORMAL",
            selectedStages=[stage.identifier for stage in plan.stages],
            orgIdentifier=org,
            projectIdentifier=project,
            tags=_Variables(tag_variables(plan.tags), self.at_pipeline),
            variables=self._variables,
            stages=self._stages,
        )
        for stage in plan.stages:
            self._stages[stage.identifier] = _Partly(
                name=stage.name,
                identifier=stage.identifier,
                description=stage.description,
                type=stage.type,
                tags=_Variables(tag_variables(stage.tags), partial(self.at_stage, stage)),
                variables=_Variables(stage.variables, partial(self.at_stage, stage)),
            )

    def at_pipeline(self) -> Names:
        return self._names(_Partly(pipeline=self._pipeline, **self._home))

    def at_stage(self, stage: PlannedStage, step: PlannedStep | None = None) -> Names:
        node: Any = self._stages[stage.identifier]
        names = _Partly(
            pipeline=self._pipeline,
            stages=self._stages,
            stage=node,
            variables=ChainMap(node["variables"], self._variables),
            Always=True,
            **self._home,
        )
        if step is not None:
            names["step"] = _Partly(name=step.name, identifier=step.identifier, type=step.type)
        return self._names(names)

    def _names(self, values: Mapping[str, object]) -> Names:
        return Names(values, lambda: self._now, lambda reference: Secret("", reference))
