"""The spec of a step when its turn comes: every expression evaluated, or kept for its gate."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from penstock.errors import ExpressionError, FailureType, Fault, StepFailed
from penstock.expressions import Deferred, Names, parse
from penstock.pipeline.plan import PlannedStep
from penstock.secret import Secret

__all__ = ["evaluate_spec"]


def evaluate_spec(
    step: PlannedStep, deferred: Mapping[str, str], names: Names, file: str
) -> dict[str, Any]:
    """Return the spec of *step* as JSON values.

    *deferred* maps the places of expressions that only the gate can judge to the name that it
    will know; of those, everything else is captured now. Raise ``StepFailed`` with the place of
    what cannot be evaluated, or would put a secret into the open.
    """
    evaluation = _Evaluation(step, deferred, names, file)
    return {key: evaluation.value(value, key) for key, value in step.spec.items()}


@dataclass(frozen=True)
class _Evaluation:
    step: PlannedStep
    deferred: Mapping[str, str]
    names: Names
    file: str

    def value(self, node: object, path: str) -> Any:
        if isinstance(node, str):
            return self._text(node, path)
        if isinstance(node, Mapping):
            return {key: self.value(item, f"{path}.{key}") for key, item in node.items()}
        if isinstance(node, list):
            return [self.value(item, f"{path}.{i}") for i, item in enumerate(node)]
        return node

    def _text(self, text: str, path: str) -> object:
        kept = self.deferred.get(path)
        try:
            if kept is not None:
                criterion = Deferred(text).capture(self.names, kept)
                return {"text": criterion.text, "names": criterion.names}
            value = parse(text).render(self.names)
        except ExpressionError as error:
            self._fail(path, error.message, error.hint)
        if isinstance(value, Secret):
            self._fail(
                path,
                f"the secret {value.reference} would be written in the open",
                "secrets belong into connectors; take it out",
            )
        return value

    def _fail(self, path: str, message: str, hint: str) -> NoReturn:
        line, column = self.step.places.get(path, (self.step.line, self.step.column))
        fault = Fault(f"`{path}`: {message}", hint, self.file, line, column)
        raise StepFailed(str(fault), failure=FailureType.CONFIGURATION) from None
