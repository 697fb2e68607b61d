"""The answers of people to gates: written by other processes while a run waits."""

from contextlib import AbstractContextManager

import apsw

from penstock.errors import Refused
from penstock.events import Status
from penstock.journal.database import read, transaction
from penstock.journal.masking import masked_json, masked_text
from penstock.journal.records import Row, answer_of, instant, moment, to_json
from penstock.secret import Masker
from penstock.watch import Answer

__all__ = ["Answers"]


class Answers:
    """The table of answers; whoever answers holds no claim on the run."""

    def __init__(
        self, connection: apsw.Connection, masker: Masker, lock: AbstractContextManager[bool]
    ) -> None:
        """Take the journal's connection and its lock, and what hides secrets."""
        self._connection = connection
        self._masker = masker
        self._lock = lock

    def add(self, run: str, path: str, attempt: int, answer: Answer) -> None:
        """Write an answer, if its gate still waits for one.

        Raise ``Refused`` if the run or the gate has ended, if its time is over, or if the same
        person has answered already: in one transaction with the look, so that nothing of it
        changes in between.
        """
        with self._lock, transaction(self._connection):
            self._check(run, path, attempt, answer)
            sql = "SELECT count(*) FROM answer WHERE run = ? AND path = ? AND attempt = ?"
            number = self._read(sql, run, path, attempt)[0][0] + 1
            self._connection.execute(
                "INSERT INTO answer VALUES (?,?,?,?,?,?,?,?,?)",
                (
                    run,
                    path,
                    attempt,
                    number,
                    moment(answer.at),
                    masked_text(answer.user, self._masker),
                    answer.action,
                    masked_text(answer.comment, self._masker),
                    masked_json(to_json(answer.rest()), self._masker),
                ),
            )

    def _check(self, run: str, path: str, attempt: int, answer: Answer) -> None:
        sql = (
            "SELECT run.status, attempt.status, attempt.attempt, wait.deadline FROM run "
            "JOIN attempt ON attempt.run = run.id JOIN wait ON wait.run = run.id "
            "AND wait.path = attempt.path WHERE run.id = ? AND attempt.path = ? "
            "ORDER BY attempt.attempt DESC LIMIT 1"
        )
        rows = self._read(sql, run, path)
        if not rows:
            raise Refused(f"{path} of run {run} does not wait")
        of_run, of_gate, latest, deadline = rows[0]
        if Status(of_run).is_final:
            raise Refused(f"run {run} has ended already: {of_run}")
        if of_gate != Status.APPROVAL_WAITING or latest != attempt:
            raise Refused(f"{path} of run {run} does not wait any more: {of_gate}")
        if answer.at > instant(deadline):
            raise Refused(f"the time of {path} of run {run} is over")
        for earlier in self.of(run, path, attempt):
            if earlier.user.casefold() == answer.user.casefold():
                raise Refused(f"{answer.user} has answered already: {earlier.action}")

    def of(self, run: str, path: str, attempt: int) -> list[Answer]:
        """Return the answers to one try of a gate, the oldest first."""
        sql = "SELECT * FROM answer WHERE run = ? AND path = ? AND attempt = ? ORDER BY number"
        return [answer_of(row) for row in self._read(sql, run, path, attempt)]

    def count(self, run: str) -> int:
        """Return how many answers there are to all gates of a run; cheap to ask."""
        sql = "SELECT count(*) FROM answer WHERE run = ?"
        return int(self._read(sql, run)[0][0])

    def _read(self, sql: str, *bindings: str | int) -> list[Row]:
        with self._lock:
            return read(self._connection, sql, *bindings)
