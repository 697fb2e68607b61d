"""Which secrets the steps of a plan will read, so that a missing one is found before it starts."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from penstock.connectors.scope import Scope
from penstock.connectors.secrets import SecretStore
from penstock.errors import ConnectorError, Fault
from penstock.expressions import parse
from penstock.pipeline.checking import texts_of
from penstock.pipeline.plan import Plan, PlannedStage, PlannedVariable
from penstock.spec_place import any_entry
from penstock.step import Step

__all__ = ["secret_faults", "secrets_read"]

#: By what stands before ``variables`` (``stage``, ``pipeline`` or nothing), and by name.
_Variables: TypeAlias = Mapping[tuple[str, str], PlannedVariable]


def secret_faults(plan: Plan, types: Mapping[str, type[Step]], secrets: SecretStore) -> list[Fault]:
    """Return what is wrong with the secrets that steps will read; no value is shown."""
    scope = Scope.of(org=plan.org, project=plan.project)
    faults: list[Fault] = []
    for reference in secrets_read(plan, types):
        try:
            secrets.get(reference, scope=scope, org=plan.org, project=plan.project)
        except ConnectorError as error:
            faults += error.faults
    return faults


def secrets_read(plan: Plan, types: Mapping[str, type[Step]]) -> tuple[str, ...]:
    """Return the references of the secrets in the specs of steps, also by way of variables.

    A reference that only the run will tell is not among them.
    """
    found: dict[str, None] = {}
    for stage, step in plan.steps():
        keys = types[step.type].secret_keys
        for path, text in texts_of(step.spec):
            if any_entry(".".join(str(part) for part in path)) in keys:
                found |= dict.fromkeys(_of_text(text, _variables(plan, stage), set()))
    return tuple(found)


def _variables(plan: Plan, stage: PlannedStage) -> _Variables:
    far = {("pipeline", item.name): item for item in plan.variables}
    near = {("stage", item.name): item for item in stage.variables}
    either = {("", name): item for (_, name), item in {**far, **near}.items()}
    return {**far, **near, **either}


def _of_text(text: str, variables: _Variables, seen: set[tuple[str, str]]) -> Iterator[str]:
    template = parse(text)
    yield from (read.reference for read in template.secrets if read.reference is not None)
    for read in template.reads:
        key = _key(read.path)
        variable = variables.get(key)
        if variable is None or variable.value is None or key in seen:
            continue
        seen.add(key)
        if variable.type == "Secret":
            yield variable.value
        else:
            yield from _of_text(variable.value, variables, seen)


def _key(path: tuple[str, ...]) -> tuple[str, str]:
    """Return how the variable is found that a read looks up, if it looks one up."""
    before, name = (path[:1], path[2:3]) if path[0] != "variables" else (("",), path[1:2])
    is_one = "variables" in path[:2] and name
    return (before[0], name[0]) if is_one else ("", "")
