"""Gates that ask no connector: what they see by themselves, and what people have answered."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from penstock.errors import PenstockError
from penstock.journal import AttemptRecord, WaitRecord
from penstock.json_types import Json
from penstock.run.interruption import Interrupted
from penstock.run.spec import evaluate_spec
from penstock.run.state import RunState
from penstock.run.step_run import context_of, defect, log_of, step_of, type_of
from penstock.spec_place import any_entry
from penstock.step import Gate, Step
from penstock.watch import Look, Snapshot, Unavailable, Watch

__all__ = ["gate_of", "is_polled", "look_of"]


def gate_of(state: RunState, attempt: AttemptRecord, spec: Mapping[str, Any] | None = None) -> Gate:
    """Return the gate that waits at the attempt's path; without *spec*, with its secrets masked."""
    step = state.spots[attempt.path].step
    gate = step_of(type_of(state.world.types, step), attempt.spec if spec is None else spec)
    if not isinstance(gate, Gate):
        raise TypeError(f"steps of type {step.type} do not wait any more")
    return gate


def _spec_now(state: RunState, attempt: AttemptRecord) -> Mapping[str, Any]:
    """Return the spec as it was evaluated, and in it the secrets as they are now."""
    spot = state.spots[attempt.path]
    step = spot.step
    kind = type_of(state.world.types, step)
    if not kind.secret_keys:
        return attempt.spec
    names, file = state.names.at(spot.level.frame, step, spot.item), state.plan.file
    keys, quoting = kind.secret_keys, kind.quoting
    now = evaluate_spec(step, kind.deferred, names, file, keys, quoting=quoting)
    kept = attempt.spec.items()
    return {key: _with_secrets(value, now.get(key), kind, key) for key, value in kept}


def _with_secrets(kept: Any, now: Any, kind: type[Step], path: str) -> Any:
    """Return what was *kept*, and what is *now* where secrets may be."""
    if any_entry(path) in kind.secret_keys:
        return now
    if isinstance(kept, Mapping) and isinstance(now, Mapping):
        return {k: _with_secrets(v, now.get(k), kind, f"{path}.{k}") for k, v in kept.items()}
    if isinstance(kept, list) and isinstance(now, list) and len(kept) == len(now):
        pairs = enumerate(zip(kept, now, strict=True))
        return [_with_secrets(old, new, kind, f"{path}.{i}") for i, (old, new) in pairs]
    return kept


def is_polled(wait: WaitRecord, gate: Gate) -> bool:
    """Whether a gate looks at something; else time and people are all that moves it."""
    return bool(wait.connector) or type(gate).look is not Gate.look


def look_of(state: RunState, watch: Watch, wait: WaitRecord) -> Look:
    """Return what a gate that waits sees by itself, with the answers of people so far.

    Its snapshot has ``opened`` (ISO 8601), ``user`` (who started the run) and ``answers``, the
    oldest first, beside what the gate puts into it.
    """
    attempt = state.attempts[wait.path]
    try:
        seen = _own_look(state, watch, attempt)
    except Interrupted:
        raise
    except PenstockError as error:
        return Unavailable(state.now(), str(error))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin's defect must not end a wait
        return Unavailable(state.now(), defect("step", error))
    if not isinstance(seen, Snapshot):
        return seen
    answers = state.journal.answers.of(state.claim.run, wait.path, attempt.attempt)
    known: dict[str, Json] = {
        "opened": wait.opened.isoformat(),
        "user": state.facts.user,
        "answers": [answer.to_json() for answer in answers],
    }
    return replace(seen, content={**seen.content, **known})


def _own_look(state: RunState, watch: Watch, attempt: AttemptRecord) -> Look:
    gate = gate_of(state, attempt, _spec_now(state, attempt))
    with log_of(state, attempt.path) as log:
        seen = gate.look(watch, context_of(state, state.spots[attempt.path], attempt, log))
    if not isinstance(seen, Look):
        raise TypeError(f"look returned {type(seen).__name__}, neither Snapshot nor Unavailable")
    return seen
