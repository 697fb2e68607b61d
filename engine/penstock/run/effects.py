"""Writes to other systems that happen once: intent first, then the write, then its result.

The protocol: no request without a durable intent; an outcome that is not known is looked for
before the write is tried again; a result is returned from the journal ever after.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace

from penstock.clock import Clock
from penstock.errors import OutcomeUnknown, StepFailed
from penstock.journal import Claim, EffectRecord, Journal
from penstock.json_types import Json
from penstock.step import Effect

__all__ = ["JournalledEffects"]

#: How often a write whose outcome stays unknown is sent in one life of a step.
_TRIES = 3


class JournalledEffects:
    """The effects of one step, kept in the journal."""

    def __init__(self, journal: Journal, claim: Claim, path: str, clock: Clock) -> None:
        """Take where to write, under which claim, and for which step."""
        self._journal = journal
        self._claim = claim
        self._path = path
        self._clock = clock

    def once(
        self,
        name: str,
        *,
        intent: Callable[[], Mapping[str, Json]],
        do: Callable[[Effect], Json],
        look: Callable[[Effect], Json],
    ) -> Json:
        """Return what *do* returned, now or in an earlier life; see ``penstock.step.Effects``."""
        record = self._journal.effect(self._claim.run, self._path, name)
        if record is None:
            begun = self._clock.now()
            record = EffectRecord(self._path, name, self._marker(name), intent(), begun)
            return self._send(record, do, look)
        if record.done:
            return record.result
        found = self._found(record, look)
        if found is not None:
            return self._done(record, found)
        return self._send(record, do, look)

    def _send(
        self,
        record: EffectRecord,
        do: Callable[[Effect], Json],
        look: Callable[[Effect], Json],
    ) -> Json:
        for _ in range(_TRIES):
            in_doubt = record.tries > 0
            record = replace(record, tries=record.tries + 1)
            self._journal.write_effect(self._claim, record)
            try:
                return self._done(record, do(_effect(record, in_doubt=in_doubt)))
            except OutcomeUnknown:
                found = self._found(record, look)
                if found is not None:
                    return self._done(record, found)
            except StepFailed:
                # This try has not happened; of an earlier one nobody knows.
                if not in_doubt:
                    self._journal.forget_effect(self._claim, self._path, record.name)
                raise
        raise OutcomeUnknown(
            f"the write {record.name!r} was sent {record.tries} times and its outcome is unknown",
            hint=f"look for {record.marker} before you run this again",
        )

    def _found(self, record: EffectRecord, look: Callable[[Effect], Json]) -> Json:
        """Return what an earlier try left behind; say that it is not known if looking fails."""
        try:
            return look(_effect(record, in_doubt=True))
        except StepFailed as error:
            raise OutcomeUnknown(
                f"nobody knows whether the write {record.name!r} has happened, and it could not "
                f"be looked for: {error.message}",
                hint=error.hint or f"look for {record.marker} before you run this again",
                failure=error.failure_type,
            ) from error

    def _done(self, record: EffectRecord, result: Json) -> Json:
        self._journal.write_effect(self._claim, replace(record, done=True, result=result))
        return result

    def _marker(self, name: str) -> str:
        """Return the mark that tells this effect from every other one of any run, anywhere."""
        whole = f"{self._claim.run}/{self._path}/{name}"
        return f"penstock-{hashlib.sha256(whole.encode()).hexdigest()[:24]}"


def _effect(record: EffectRecord, *, in_doubt: bool) -> Effect:
    return Effect(record.name, record.marker, record.intent, record.begun, in_doubt)
