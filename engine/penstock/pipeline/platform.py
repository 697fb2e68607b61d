"""What the platform (Harness) knows and a run here does not: each name, and what to do instead.

A rehearsal stands in for such names: see ``penstock.pipeline.stand_ins``.
"""

import re
from collections.abc import Mapping, Sequence

__all__ = ["PLATFORM", "advice"]

_ARTIFACTS = "artifacts belong to a deployment of the platform"
_DEPLOYMENTS = "services, environments and infrastructures belong to a deployment of the platform"
_TRIGGERS = "no trigger of the platform started this run"
_GIT = "the pipeline is a file here, and nobody asked Git for it"
_DELEGATES = "there are no delegates here"

#: The names without a counterpart here that an expression may begin with, each with the reason.
PLATFORM: Mapping[str, str] = {
    "account": "accounts belong to the platform",
    "artifact": _ARTIFACTS,
    "artifacts": _ARTIFACTS,
    "codebase": "the platform checks out code, and nothing does here",
    "env": _DEPLOYMENTS,
    "eventPayload": _TRIGGERS,
    "infra": _DEPLOYMENTS,
    "INFRA_KEY": _DEPLOYMENTS,
    "manifests": "manifests belong to a deployment of the platform",
    "rollbackArtifact": _ARTIFACTS,
    "service": _DEPLOYMENTS,
    "serviceConfig": _DEPLOYMENTS,
    "serviceVariables": _DEPLOYMENTS,
    "trigger": _TRIGGERS,
}
#: Names that are there at some places only, and where.
_ELSEWHERE: Mapping[str, str] = {
    "matrix": "it is known only where a `strategy` repeats a stage or a step",
    "repeat": "it is known only where a `strategy` repeats a stage or a step",
    "step": "it is known only in a step",
    "stepGroup": "it is known only in a step group",
    "strategy": "it is known only where a `strategy` repeats a stage or a step",
}
#: The same below a pipeline, a stage and a step.
_BELOW: Mapping[str, str] = {
    "branch": _GIT,
    "companyName": "accounts belong to the platform",
    "delegateSelectors": _DELEGATES,
    "infrastructure": _DEPLOYMENTS,
    "log": "a step has no page of its log here",
    "originalExecution": "no run here repeats or rolls back another",
    "repo": _GIT,
    "serviceConfig": _DEPLOYMENTS,
    "storeType": _GIT,
}
#: Below these stand names that the pipeline's author chose.
_CHOSEN = frozenset({"stages", "steps", "tags", "variables"})
_NO_LETTERS = re.compile("[^0-9a-zA-Z_]+")
_LONGEST = 60


def advice(path: Sequence[str], missing: int) -> str | None:
    """Return what to do about ``path[missing]``, which is not there, if only the platform has it.

    *path* is a whole look-up: ``("artifact", "tag")``.
    """
    name = path[missing]
    if missing == 0 and name in _ELSEWHERE:
        return _ELSEWHERE[name]
    if missing == 0:
        reason = PLATFORM.get(name)
    else:
        reason = None if path[missing - 1] in _CHOSEN else _BELOW.get(name)
    if reason is None:
        return None
    variable = _NO_LETTERS.sub("_", "_".join(path[-2:])).strip("_")
    written = f", as <+pipeline.variables.{variable}>" if 0 < len(variable) <= _LONGEST else ""
    return f"{reason}: hand the value over in a variable{written}"
