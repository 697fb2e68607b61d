"""Rows of the journal as values."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Self, TypeAlias, TypeVar

from penstock.errors import JournalError
from penstock.events import Status
from penstock.evidence import sealed
from penstock.json_types import Json
from penstock.verdict import Combination, Condition, Verdict, VerdictStatus
from penstock.watch import Answer

__all__ = [
    "AttemptRecord",
    "EffectRecord",
    "Row",
    "RunRecord",
    "WaitRecord",
    "answer_of",
    "instant",
    "made",
    "moment",
    "sealed_verdict",
    "to_json",
    "verdict_from_json",
    "verdict_to_json",
]

#: A row as the database gives it: texts, numbers and NULLs.
Row: TypeAlias = "tuple[Any, ...]"


@dataclass(frozen=True)
class RunRecord:
    """A run: its plan (JSON text), what it was started with, and who carries it."""

    id: str
    pipeline: str
    name: str
    sequence: int
    status: Status
    plan: str
    #: What the plan's expressions see of the world at the start: user, url and the like.
    facts: Mapping[str, Any]
    #: What this machine needs to go on: connectors directory, sandbox.
    settings: Mapping[str, Any]
    started: datetime
    finished: datetime | None = None
    message: str = ""
    owner: str | None = None

    @classmethod
    def of(cls, row: Row) -> Self:
        """Return the run that a row of the table holds, columns in the order of the fields."""
        key, pipeline, name, sequence, status, plan, facts, settings = row[:8]
        started, finished, message, owner = row[8:12]
        return cls(
            key,
            pipeline,
            name,
            sequence,
            Status(status),
            plan,
            json.loads(facts),
            json.loads(settings),
            instant(started),
            instant(finished) if finished else None,
            message,
            owner,
        )


@dataclass(frozen=True)
class AttemptRecord:
    """One try of a step: the latest one of a path counts."""

    path: str
    attempt: int
    status: Status
    spec: Mapping[str, Json]
    outputs: Mapping[str, Json]
    started: datetime
    finished: datetime | None = None
    message: str = ""
    failure: str | None = None

    @classmethod
    def of(cls, row: Row) -> Self:
        """Return the attempt that a row of the table holds."""
        path, attempt, status, spec, outputs, started, finished, message, failure = row[1:]
        return cls(
            path,
            attempt,
            Status(status),
            json.loads(spec),
            json.loads(outputs),
            instant(started),
            instant(finished) if finished else None,
            message,
            failure,
        )


@dataclass(frozen=True)
class WaitRecord:
    """An open gate of a run: what it watches, until when, and what it saw last."""

    run: str
    path: str
    connector: str
    key: str
    fields: tuple[str, ...]
    interval: float
    link: str | None
    opened: datetime
    deadline: datetime
    verdict: Verdict | None = None

    @classmethod
    def of(cls, row: Row) -> Self:
        """Return the wait that a row of the table holds."""
        run, path, connector, key, fields, interval, link, opened, deadline, verdict = row
        return cls(
            run,
            path,
            connector,
            key,
            tuple(json.loads(fields)),
            interval,
            link,
            instant(opened),
            instant(deadline),
            verdict_from_json(verdict) if verdict else None,
        )


@dataclass(frozen=True)
class EffectRecord:
    """A write to another system: intended, and, once ``done``, its result."""

    path: str
    name: str
    marker: str
    intent: Mapping[str, Json]
    begun: datetime
    done: bool = False
    result: Json = None
    #: How often it was sent, in all lives of its step, and when last.
    tries: int = 0
    sent: datetime | None = None
    #: Seconds after it was last sent at which it is looked at once more; ``None``: never (again).
    again: float | None = None

    @classmethod
    def of(cls, row: Row) -> Self:
        """Return the effect that a row of the table holds."""
        path, name, marker, intent, begun, done, result, tries, sent, again = row[1:]
        return cls(
            path,
            name,
            marker,
            json.loads(intent),
            instant(begun),
            bool(done),
            json.loads(result) if result else None,
            tries,
            instant(sent) if sent else None,
            again,
        )


R = TypeVar("R", RunRecord, AttemptRecord, WaitRecord, EffectRecord)


def made(kind: type[R], row: Row) -> R:
    """Return the record that a row holds; raise ``JournalError`` for a row that holds none."""
    try:
        return kind.of(row)
    except (KeyError, TypeError, ValueError) as error:
        what = kind.__name__.removesuffix("Record").lower()
        raise _unreadable(what, row, error) from error


def _unreadable(table: str, row: Row, error: Exception) -> JournalError:
    return JournalError(
        f"the journal holds a row of the table {table}, of run {row[0]!r}, that cannot be read: "
        f"{error}; it was changed by hand, or its disk is failing"
    )


def moment(at: datetime) -> str:
    """Return an instant as text that sorts as it happened: ISO 8601, UTC, microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def instant(text: str) -> datetime:
    """Return the instant that ``moment`` wrote."""
    return datetime.fromisoformat(text)


def to_json(value: object) -> str:
    """Return *value* as compact JSON; only JSON types are taken.

    It is ASCII: a lone surrogate, which other systems' JSON may hold, comes back as it was.
    """
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def verdict_to_json(verdict: Verdict) -> str:
    """Return a verdict tree as JSON text."""
    instants = {name: getattr(verdict, name) for name in ("decided", "again")}
    texts = {name: moment(at) if at else None for name, at in instants.items()}
    return to_json({**asdict(verdict), **texts})


def sealed_verdict(text: str) -> str:
    """Return a verdict as JSON text with its evidence complete and sealed."""
    value = json.loads(text)
    tree = {key: value[key] for key in ("status", "reason", "approval", "rejection", "decided")}
    return to_json({**value, "evidence": sealed({**value["evidence"], "verdict": tree})})


def verdict_from_json(text: str) -> Verdict:
    """Return the verdict that ``verdict_to_json`` wrote."""
    value = json.loads(text)
    return Verdict(
        VerdictStatus(value["status"]),
        value["reason"],
        _condition(value["approval"]),
        _condition(value["rejection"]),
        instant(value["decided"]) if value["decided"] else None,
        value["outputs"],
        value.get("evidence", {}),
        instant(value["again"]) if value.get("again") else None,
    )


def answer_of(row: Row) -> Answer:
    """Return the answer that a row of the table holds; raise ``JournalError`` for what is none."""
    user, action, comment = row[5], row[6], row[7]
    try:
        rest = json.loads(row[8])
        at, groups = instant(row[4]), tuple(rest["groups"])
        return Answer(user, action, at, rest["email"], comment, rest["inputs"], groups)
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable("answer", row, error) from error


def _condition(value: Mapping[str, Any] | None) -> Condition | None:
    if value is None:
        return None
    known = {key: value[key] for key in ("expected", "actual", "why", "since", "by")}
    parts = (_condition(part) for part in value["parts"])
    return Condition(
        value["label"],
        value["truth"],
        **known,
        combine=Combination(value["combine"]) if value["combine"] else None,
        parts=tuple(part for part in parts if part is not None),
    )
