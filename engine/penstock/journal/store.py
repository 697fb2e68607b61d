"""Reading and writing the journal."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import RLock

from penstock.errors import JournalError, OwnershipLost
from penstock.events import Status
from penstock.journal.answers import Answers
from penstock.journal.database import open_database, read, transaction
from penstock.journal.masking import masked_json, masked_text
from penstock.journal.records import (
    AttemptRecord,
    EffectRecord,
    Row,
    RunRecord,
    WaitRecord,
    made,
    moment,
    sealed_verdict,
    to_json,
    verdict_to_json,
)
from penstock.secret import Masker
from penstock.verdict import Verdict

__all__ = ["Claim", "Journal"]

_ENDED = frozenset(status for status in Status if status.is_final)


@dataclass(frozen=True)
class Claim:
    """The right to write about a run, until somebody claims it with a higher epoch."""

    run: str
    epoch: int


class Journal:
    """The journal in one SQLite file. Every write names the claim that it is made under.

    Threads take turns; other processes open the file for themselves.
    """

    def __init__(self, file: Path, masker: Masker | None = None) -> None:
        """Open or make *file*; *masker* hides secrets in whatever is written."""
        self.file = file
        self._masker = masker or Masker()
        self._connection = open_database(file)
        self._lock = RLock()
        self.answers = Answers(self._connection, self._masker, self._lock)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    # Runs

    def add_run(self, run: RunRecord, kept: Iterable[AttemptRecord] = ()) -> RunRecord:
        """Write a new run, with the next sequence number of its pipeline, and return it.

        *kept* is what it takes over from another run, in the same commit: a run of which only a
        part was taken over would do the rest again.
        """
        pipeline = self._text(run.pipeline)
        with self._written():
            sql = "SELECT coalesce(max(sequence), 0) + 1 FROM run WHERE pipeline = ?"
            sequence = self._read(sql, pipeline)[0][0]
            self._connection.execute(
                "INSERT INTO run VALUES (?,?,?,?,?,?,?,?,?,NULL,'',NULL,0)",
                (
                    run.id,
                    pipeline,
                    self._text(run.name),
                    sequence,
                    run.status,
                    masked_json(run.plan, self._masker),
                    self._json(run.facts),
                    self._json(run.settings),
                    moment(run.started),
                ),
            )
            for attempt in kept:
                self._put_attempt(run.id, attempt)
        return self.run(run.id)

    def run(self, identifier: str) -> RunRecord:
        """Return the run with this id; raise ``JournalError`` when there is none."""
        rows = self._read("SELECT * FROM run WHERE id = ?", identifier)
        if not rows:
            raise self._no_run(identifier)
        return made(RunRecord, rows[0])

    def runs(self, limit: int = -1) -> Iterator[RunRecord]:
        """Yield runs, the newest first."""
        sql = "SELECT * FROM run ORDER BY started DESC, id LIMIT ?"
        return (made(RunRecord, row) for row in self._read(sql, limit))

    def ids(self, prefix: str, limit: int = 10) -> list[str]:
        """Return the ids that begin with *prefix*."""
        sql = "SELECT id FROM run WHERE substr(id, 1, length(?)) = ? ORDER BY id LIMIT ?"
        return [str(row[0]) for row in self._read(sql, prefix, prefix, limit)]

    def claim(self, run: str, owner: str) -> Claim:
        """Take the run over from whoever had it: their writes are refused from now on."""
        with self._written():
            rows = self._connection.execute(
                "UPDATE run SET epoch = epoch + 1, owner = ? WHERE id = ? RETURNING epoch",
                (owner, run),
            ).fetchall()
        if not rows:
            raise self._no_run(run)
        return Claim(run, int(str(rows[0][0])))

    def holds(self, claim: Claim) -> bool:
        """Whether *claim* is still the latest one."""
        sql = "SELECT 1 FROM run WHERE id = ? AND epoch = ?"
        return bool(self._read(sql, claim.run, claim.epoch))

    def changed_elsewhere(self) -> int:
        """Return a number that changes when another process commits; cheap to ask."""
        return int(self._read("PRAGMA data_version")[0][0])

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
                    self._text(message),
                    claim.run,
                ),
            )

    # Attempts

    def attempts(self, run: str) -> list[AttemptRecord]:
        """Return the latest attempt of each path, in the order in which they were begun."""
        sql = "SELECT * FROM attempt WHERE run = ? ORDER BY attempt, started, path"
        rows = self._read(sql, run)
        latest = {attempt.path: attempt for attempt in (made(AttemptRecord, row) for row in rows)}
        return list(latest.values())

    def write_attempt(self, claim: Claim, attempt: AttemptRecord) -> None:
        """Write an attempt, over its earlier row if it has one."""
        with self._fenced(claim):
            self._put_attempt(claim.run, attempt)

    # Waits

    def open_wait(self, claim: Claim, attempt: AttemptRecord, wait: WaitRecord) -> None:
        """Park a gate: its attempt, its wait and that the run waits, in one commit."""
        with self._fenced(claim):
            self._put_attempt(claim.run, attempt)
            self._connection.execute(
                "INSERT OR REPLACE INTO wait VALUES (?,?,?,?,?,?,?,?,?,?)",
                (
                    claim.run,
                    wait.path,
                    self._text(wait.connector),
                    self._text(wait.key),
                    self._json(wait.fields),
                    wait.interval,
                    None if wait.link is None else self._text(wait.link),
                    moment(wait.opened),
                    moment(wait.deadline),
                    None,
                ),
            )
            self._put_status(claim.run, Status.APPROVAL_WAITING)

    def waits(self, run: str) -> list[WaitRecord]:
        """Return the open gates of a run."""
        sql = "SELECT * FROM wait WHERE run = ? ORDER BY path"
        return [made(WaitRecord, row) for row in self._read(sql, run)]

    def write_verdict(self, claim: Claim, path: str, verdict: Verdict) -> None:
        """Keep what a gate saw; asked for only when it differs from what is kept."""
        with self._fenced(claim):
            self._put_verdict(claim.run, path, verdict)

    def close_wait(
        self,
        claim: Claim,
        attempt: AttemptRecord,
        verdict: Verdict | None = None,
        *,
        waits: bool = False,
    ) -> None:
        """End a wait: the attempt's end, the last verdict and that the run goes on, in one commit.

        *waits* says that other gates of the run wait still: then the run does.
        The wait's row stays, for ``penstock show``, with the evidence sealed; it is no longer open
        once the attempt ended.
        """
        with self._fenced(claim):
            self._put_attempt(claim.run, attempt)
            if verdict is not None:
                self._put_verdict(claim.run, attempt.path, verdict, final=True)
            self._put_status(claim.run, Status.APPROVAL_WAITING if waits else Status.RUNNING)

    # Effects

    def effect(self, run: str, path: str, name: str) -> EffectRecord | None:
        """Return the effect of this name of a step, if one was ever intended."""
        sql = "SELECT * FROM effect WHERE run = ? AND path = ? AND name = ?"
        rows = self._read(sql, run, path, name)
        return made(EffectRecord, rows[0]) if rows else None

    def write_effect(self, claim: Claim, effect: EffectRecord) -> None:
        """Write an effect, durably, before it is sent and after it is answered."""
        with self._fenced(claim):
            self._connection.execute(
                "INSERT OR REPLACE INTO effect VALUES (?,?,?,?,?,?,?,?,?,?,?)",
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
                    moment(effect.sent) if effect.sent else None,
                    effect.again,
                ),
            )

    def effects(self, run: str) -> list[EffectRecord]:
        """Return the effects of a run that are to be looked at once more, or have no result."""
        sql = (
            "SELECT * FROM effect WHERE run = ? AND (again IS NOT NULL OR NOT done) "
            "ORDER BY begun, path, name"
        )
        return [made(EffectRecord, row) for row in read(self._connection, sql, run)]

    def forget_effect(self, claim: Claim, path: str, name: str) -> None:
        """Remove an effect that certainly has not happened."""
        with self._fenced(claim):
            self._connection.execute(
                "DELETE FROM effect WHERE run = ? AND path = ? AND name = ?",
                (claim.run, path, name),
            )

    def close_effect(self, claim: Claim, path: str, name: str) -> None:
        """Write that an effect is not to be looked at any more."""
        with self._fenced(claim):
            self._connection.execute(
                "UPDATE effect SET again = NULL WHERE run = ? AND path = ? AND name = ?",
                (claim.run, path, name),
            )

    # Inside

    def _read(self, sql: str, *bindings: str | int) -> list[Row]:
        with self._lock:
            return read(self._connection, sql, *bindings)

    @contextmanager
    def _written(self) -> Iterator[None]:
        with self._lock, transaction(self._connection):
            yield

    @contextmanager
    def _fenced(self, claim: Claim) -> Iterator[None]:
        sql = "SELECT epoch, status FROM run WHERE id = ?"
        with self._written():
            rows = self._read(sql, claim.run)
            if not rows or rows[0][0] != claim.epoch:
                raise OwnershipLost(f"run {claim.run} is carried by another process now")
            if rows[0][1] in _ENDED:
                raise JournalError(f"run {claim.run} has ended already: {rows[0][1]}")
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
                self._text(attempt.message),
                attempt.failure,
            ),
        )

    def _put_verdict(self, run: str, path: str, verdict: Verdict, *, final: bool = False) -> None:
        text = masked_json(verdict_to_json(verdict), self._masker)
        if final:
            text = sealed_verdict(text)  # of what is written: masked
        self._connection.execute(
            "UPDATE wait SET verdict = ? WHERE run = ? AND path = ?", (text, run, path)
        )

    def _put_status(self, run: str, status: Status) -> None:
        self._connection.execute("UPDATE run SET status = ? WHERE id = ?", (status, run))

    def _json(self, value: object) -> str:
        return masked_json(to_json(value), self._masker)

    def _text(self, text: str) -> str:
        return masked_text(text, self._masker)

    def _no_run(self, identifier: str) -> JournalError:
        return JournalError(f"there is no run {identifier!r} in {self.file}")
