"""Reading and writing the journal."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from penstock.errors import JournalError, OwnershipLost
from penstock.events import Status
from penstock.journal.database import open_database, transaction
from penstock.journal.records import (
    AttemptRecord,
    EffectRecord,
    RunRecord,
    WaitRecord,
    moment,
    to_json,
    verdict_to_json,
)
from penstock.json_types import Json
from penstock.secret import Masker
from penstock.verdict import Verdict

__all__ = ["Claim", "Journal"]


@dataclass(frozen=True)
class Claim:
    """The right to write about a run, until somebody claims it with a higher epoch."""

    run: str
    epoch: int


class Journal:
    """The journal in one SQLite file. Every write names the claim that it is made under."""

    def __init__(self, file: Path, masker: Masker | None = None) -> None:
        """Open or make *file*; *masker* hides secrets in whatever is written."""
        self.file = file
        self._masker = masker or Masker()
        self._connection = open_database(file)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    # Runs

    def add_run(self, run: RunRecord) -> RunRecord:
        """Write a new run, with the next sequence number of its pipeline, and return it."""
        with transaction(self._connection):
            highest = self._one(
                "SELECT coalesce(max(sequence), 0) FROM run WHERE pipeline = ?", run.pipeline
            )
            sequence = int(str(highest)) + 1
            self._connection.execute(
                "INSERT INTO run VALUES (?,?,?,?,?,?,?,?,?,NULL,'',NULL,0)",
                (
                    run.id,
                    run.pipeline,
                    run.name,
                    sequence,
                    run.status,
                    run.plan,
                    self._json(run.facts),
                    self._json(run.settings),
                    moment(run.started),
                ),
            )
        return self.run(run.id)

    def run(self, identifier: str) -> RunRecord:
        """Return the run with this id; raise ``JournalError`` when there is none."""
        rows = self._connection.execute("SELECT * FROM run WHERE id = ?", (identifier,))
        for row in rows:
            return RunRecord.of(row)
        raise JournalError(f"there is no run {identifier!r} in {self.file}")

    def runs(self, limit: int = -1) -> Iterator[RunRecord]:
        """Yield runs, the newest first."""
        sql = "SELECT * FROM run ORDER BY started DESC, id LIMIT ?"
        for row in self._connection.execute(sql, (limit,)):
            yield RunRecord.of(row)

    def ids(self, prefix: str, limit: int = 10) -> list[str]:
        """Return the ids that begin with *prefix*."""
        sql = "SELECT id FROM run WHERE substr(id, 1, length(?)) = ? ORDER BY id LIMIT ?"
        return [str(row[0]) for row in self._connection.execute(sql, (prefix, prefix, limit))]

    def claim(self, run: str, owner: str) -> Claim:
        """Take the run over from whoever had it: their writes are refused from now on."""
        with transaction(self._connection):
            rows = self._connection.execute(
                "UPDATE run SET epoch = epoch + 1, owner = ? WHERE id = ? RETURNING epoch",
                (owner, run),
            ).fetchall()
        if not rows:
            raise JournalError(f"there is no run {run!r} in {self.file}")
        return Claim(run, int(str(rows[0][0])))

    def holds(self, claim: Claim) -> bool:
        """Whether *claim* is still the latest one."""
        return self._one("SELECT epoch FROM run WHERE id = ?", claim.run) == claim.epoch

    def changed_elsewhere(self) -> int:
        """Return a number that changes when another process commits; cheap to ask."""
        return int(str(self._connection.pragma("data_version")))

    def set_run_status(
        self, claim: Claim, status: Status, *, finished: datetime | None = None, message: str = ""
    ) -> None:
        """Write where the run stands."""
        with self._fenced(claim):
            self._connection.execute(
                "UPDATE run SET status = ?, finished = ?, message = ? WHERE id = ?",
                (
                    status,
                    moment(finished) if finished else None,
                    self._masker.mask(message),
                    claim.run,
                ),
            )

    # Attempts

    def attempts(self, run: str) -> list[AttemptRecord]:
        """Return the latest attempt of each path, in the order in which they were begun."""
        sql = "SELECT * FROM attempt WHERE run = ? ORDER BY started, path, attempt"
        latest = {}
        for row in self._connection.execute(sql, (run,)):
            attempt = AttemptRecord.of(row)
            latest[attempt.path] = attempt
        return list(latest.values())

    def write_attempt(self, claim: Claim, attempt: AttemptRecord) -> None:
        """Write an attempt, over its earlier row if it has one."""
        with self._fenced(claim):
            self._put_attempt(claim.run, attempt)

    # Waits

    def open_wait(self, claim: Claim, attempt: AttemptRecord, wait: WaitRecord) -> None:
        """Park a gate: its attempt and its wait, in one commit."""
        with self._fenced(claim):
            self._put_attempt(claim.run, attempt)
            self._connection.execute(
                "INSERT OR REPLACE INTO wait VALUES (?,?,?,?,?,?,?,?,?,?)",
                (
                    claim.run,
                    wait.path,
                    wait.connector,
                    wait.key,
                    to_json(wait.fields),
                    wait.interval,
                    wait.link,
                    moment(wait.opened),
                    moment(wait.deadline),
                    None,
                ),
            )

    def waits(self, run: str) -> list[WaitRecord]:
        """Return the open gates of a run."""
        sql = "SELECT * FROM wait WHERE run = ? ORDER BY path"
        return [WaitRecord.of(row) for row in self._connection.execute(sql, (run,))]

    def write_verdict(self, claim: Claim, path: str, verdict: Verdict) -> None:
        """Keep what a gate saw; asked for only when it differs from what is kept."""
        text = self._masker.mask(verdict_to_json(verdict))
        with self._fenced(claim):
            self._connection.execute(
                "UPDATE wait SET verdict = ? WHERE run = ? AND path = ?", (text, claim.run, path)
            )

    def close_wait(
        self, claim: Claim, attempt: AttemptRecord, verdict: Verdict | None = None
    ) -> None:
        """End a wait: the attempt's end and the last verdict, in one commit.

        The wait's row stays, for ``penstock show``; it is no longer open once the attempt ended.
        """
        with self._fenced(claim):
            self._put_attempt(claim.run, attempt)
            if verdict is not None:
                self._connection.execute(
                    "UPDATE wait SET verdict = ? WHERE run = ? AND path = ?",
                    (self._masker.mask(verdict_to_json(verdict)), claim.run, attempt.path),
                )

    # Effects

    def effect(self, run: str, path: str, name: str) -> EffectRecord | None:
        """Return the effect of this name of a step, if one was ever intended."""
        sql = "SELECT * FROM effect WHERE run = ? AND path = ? AND name = ?"
        for row in self._connection.execute(sql, (run, path, name)):
            return EffectRecord.of(row)
        return None

    def write_effect(self, claim: Claim, effect: EffectRecord) -> None:
        """Write an effect, durably, before it is sent and after it is answered."""
        with self._fenced(claim):
            self._connection.execute(
                "INSERT OR REPLACE INTO effect VALUES (?,?,?,?,?,?,?,?,?)",
                (
                    claim.run,
                    effect.path,
                    effect.name,
                    effect.marker,
                    self._json(effect.intent),
                    moment(effect.begun),
                    int(effect.done),
                    self._json(effect.result),
                    effect.tries,
                ),
            )

    def forget_effect(self, claim: Claim, path: str, name: str) -> None:
        """Remove an effect that certainly has not happened."""
        with self._fenced(claim):
            self._connection.execute(
                "DELETE FROM effect WHERE run = ? AND path = ? AND name = ?",
                (claim.run, path, name),
            )

    # Inside

    @contextmanager
    def _fenced(self, claim: Claim) -> Iterator[None]:
        with transaction(self._connection):
            if not self.holds(claim):
                raise OwnershipLost(f"run {claim.run} is carried by another process now")
            yield

    def _put_attempt(self, run: str, attempt: AttemptRecord) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO attempt VALUES (?,?,?,?,?,?,?,?,?,?)",
            (
                run,
                attempt.path,
                attempt.attempt,
                attempt.status,
                self._json(attempt.spec),
                self._json(attempt.outputs),
                moment(attempt.started),
                moment(attempt.finished) if attempt.finished else None,
                self._masker.mask(attempt.message),
                attempt.failure,
            ),
        )

    def _json(self, value: Json | Mapping[str, object]) -> str:
        return self._masker.mask(to_json(value))

    def _one(self, sql: str, *bindings: str) -> object:
        return self._connection.execute(sql, bindings).fetchall()[0][0]
