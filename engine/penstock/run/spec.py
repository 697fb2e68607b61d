"""The spec of a step when its turn comes: every expression evaluated, or kept for its gate."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from penstock.errors import ExpressionError, FailureType, Fault, StepFailed
from penstock.events import Status
from penstock.expressions import Deferred, DeferredText, Names, parse
from penstock.json_types import Json
from penstock.pipeline.plan import PlannedStep
from penstock.secret import MASK, Secret
from penstock.spec_place import Later, any_entry
from penstock.step import Quote

__all__ = ["SpecFailed", "evaluate_spec", "kept_for_later", "without_secrets"]


def evaluate_spec(
    step: PlannedStep,
    deferred: Mapping[str, str | Later],
    names: Names,
    file: str,
    secret_keys: frozenset[str] = frozenset(),
    *,
    quoting: Mapping[str, Quote] | None = None,
) -> dict[str, Any]:
    """Return the spec of *step* as JSON values, and a ``Secret`` for a text with secrets in it.

    *deferred* maps the places of expressions that only the step can evaluate to the names that it
    will know; of those, everything else is captured now. *secret_keys* are the places where
    secrets may be, and *quoting* writes values into texts of other languages. Raise
    ``StepFailed`` with the place of what cannot be evaluated, or would put a secret into the open.
    """
    evaluation = _Evaluation(step, deferred, names, file, secret_keys, quoting or {})
    return {key: evaluation.value(value, key) for key, value in step.spec.items()}


def without_secrets(spec: Any) -> Any:
    """Return an evaluated *spec* as the journal may keep it: the mask in place of each secret."""
    if isinstance(spec, Secret):
        return MASK
    if isinstance(spec, Mapping):
        return {key: without_secrets(item) for key, item in spec.items()}
    if isinstance(spec, list):
        return [without_secrets(item) for item in spec]
    return spec


def kept_for_later(text: str, keep: str | Later, names: Names) -> dict[str, Json]:
    """Return an expression for later as JSON, with all that it reads but the names to *keep*."""
    is_text = isinstance(keep, Later) and not keep.criterion
    later = (DeferredText if is_text else Deferred)(text).capture(names, keep)
    return later.to_json()


class SpecFailed(StepFailed):
    """A value of a spec cannot be evaluated; ``fault`` says where it stands."""

    failure = FailureType.CONFIGURATION

    def __init__(self, fault: Fault) -> None:
        """Take the fault."""
        self.fault = fault
        super().__init__(str(fault))


@dataclass(frozen=True)
class _Evaluation:
    step: PlannedStep
    deferred: Mapping[str, str | Later]
    names: Names
    file: str
    secret_keys: frozenset[str]
    quoting: Mapping[str, Quote]

    def value(self, node: object, path: str) -> Any:
        if isinstance(node, str):
            return self._text(node, path)
        if isinstance(node, Mapping):
            return {key: self.value(item, f"{path}.{key}") for key, item in node.items()}
        if isinstance(node, list):
            return [self.value(item, f"{path}.{i}") for i, item in enumerate(node)]
        return node

    def _text(self, text: str, path: str) -> object:
        kept = self.deferred.get(any_entry(path))
        if kept is not None and not text.strip():
            return text  # a blank criterion is none
        try:
            if kept is not None:
                return kept_for_later(text, kept, self.names)
            quote, template = self.quoting.get(any_entry(path)), parse(text)
            if quote is not None:
                return template.render_into(self.names, quote)
            value = template.render(self.names)
        except ExpressionError as error:
            nothing = None if kept else _left_nothing(text, self.names)
            self._fail(path, nothing or error.message, "" if nothing else error.hint)
        if isinstance(value, Secret) and any_entry(path) not in self.secret_keys:
            self._fail(
                path,
                f"the secret {value.reference} would be written in the open",
                "secrets belong into connectors; take it out",
            )
        return value

    def _fail(self, path: str, message: str, hint: str) -> NoReturn:
        step = self.step
        line, column, file = step.places.get(path, (step.line, step.column, step.file))
        written = re.sub(r"\.(\d+)", r"[\1]", path)
        raise SpecFailed(
            Fault(f"`{written}`: {message}", hint, file or self.file, line, column)
        ) from None


def _left_nothing(text: str, names: Names) -> str | None:
    """Say so where *text* reads what a step that did not succeed would have left."""
    try:
        reads = parse(text).reads
    except ExpressionError:
        return None
    for read in reads:
        node: Any = names.values
        for i, part in enumerate(read.path):
            if not isinstance(node, dict):
                break
            is_step = {"status", "startTs", "spec"} <= node.keys()
            if is_step and part not in node and node["status"] != Status.SUCCEEDED:
                wanted = ".".join(read.path[i:])
                return f"the step {node['identifier']!r} is {node['status']} and left no {wanted!r}"
            node = node.get(part)
    return None
