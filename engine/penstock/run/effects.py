"""Writes to other systems that happen once: intent first, then the write, then its result.

The protocol: no request without a durable intent; an outcome that is not known is looked for,
until the write can no longer come true, before it is tried again; a result is returned from the
journal ever after.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from penstock.clock import Clock
from penstock.errors import OutcomeUnknown, StepFailed
from penstock.journal import Claim, EffectRecord, Journal
from penstock.json_types import Json
from penstock.run.looking import Looking
from penstock.step import Doubt, Effect

__all__ = ["JournalledEffects", "effect_of"]

_PLAIN = Doubt()


class JournalledEffects:
    """The effects of one step, kept in the journal."""

    def __init__(
        self,
        journal: Journal,
        claim: Claim,
        path: str,
        clock: Clock,
        *,
        deadline: datetime,
        note: Callable[[str], None],
    ) -> None:
        """Take where to write, under which claim, for which step, until when, and whom to tell."""
        self._journal = journal
        self._claim = claim
        self._path = path
        self._clock = clock
        self._deadline = deadline
        self._note = note
        #: When each effect was last sent in this life, by the clock that nobody can set.
        self._sent_at: dict[str, float] = {}

    def once(
        self,
        name: str,
        *,
        intent: Callable[[], Mapping[str, Json]],
        do: Callable[[Effect], Json],
        look: Callable[[Effect], Json],
        doubt: Doubt | None = None,
    ) -> Json:
        """Return what *do* returned, now or in an earlier life; see ``penstock.step.Effects``."""
        doubt = doubt or _PLAIN
        record = self._journal.effect(self._claim.run, self._path, name)
        if record is None:
            begun = self._clock.now()
            record = EffectRecord(self._path, name, self._marker(name), intent(), begun)
        elif record.done:
            return record.result
        else:
            found = self._found(record, look, doubt)
            if found is not None:
                return self._done(record, found)
        return self._send(record, do, look, doubt)

    def _send(
        self,
        record: EffectRecord,
        do: Callable[[Effect], Json],
        look: Callable[[Effect], Json],
        doubt: Doubt,
    ) -> Json:
        last = ""
        while record.tries < doubt.tries:
            in_doubt = record.tries > 0
            record = self._begun(record, doubt)
            try:
                result = do(effect_of(record, in_doubt=in_doubt))
            except OutcomeUnknown as unknown:
                last = f" (the last answer: {unknown.message})"
                found = self._found(record, look, doubt)
                if found is not None:
                    return self._done(record, found)
            except StepFailed:
                # This try has not happened; of an earlier one nobody knows.
                if not in_doubt:
                    self._journal.forget_effect(self._claim, self._path, record.name)
                raise
            else:
                return self._done(record if in_doubt else replace(record, again=None), result)
        times = "once" if record.tries == 1 else f"{record.tries} times"
        raise OutcomeUnknown(
            f"nobody knows whether the write {record.name!r} has happened: it was sent {times}, "
            f"and nothing of it is to be seen{last}",
            hint=doubt.advice_of(effect_of(record, in_doubt=True)),
        )

    def _begun(self, record: EffectRecord, doubt: Doubt) -> EffectRecord:
        """Journal that the write is about to be sent."""
        begun = replace(
            record,
            tries=record.tries + 1,
            sent=self._clock.now(),
            again=doubt.settle if doubt.again else None,
        )
        self._journal.write_effect(self._claim, begun)
        self._sent_at[record.name] = self._clock.monotonic()
        return begun

    def _found(self, record: EffectRecord, look: Callable[[Effect], Json], doubt: Doubt) -> Json:
        """Return what an earlier try left behind; ``None`` once it can leave nothing any more."""
        looking = Looking(effect_of(record, in_doubt=True), doubt, self._clock, self._deadline)
        return looking.until(self._settled(record, doubt.settle), look, self._note)

    def _settled(self, record: EffectRecord, settle: float) -> float:
        """Return from when on the latest try cannot come true, by the monotonic clock."""
        sent_at = self._sent_at.get(record.name)
        if sent_at is not None:
            return sent_at + settle
        # By the wall: a clock that was set back costs a wait, and never a second write.
        passed = (self._clock.now() - (record.sent or record.begun)).total_seconds()
        return self._clock.monotonic() + settle - min(max(0.0, passed), settle)

    def _done(self, record: EffectRecord, result: Json) -> Json:
        self._journal.write_effect(self._claim, replace(record, done=True, result=result))
        return result

    def _marker(self, name: str) -> str:
        """Return the mark that tells this effect from every other one of any run, anywhere."""
        whole = f"{self._claim.run}/{self._path}/{name}"
        return f"penstock-{hashlib.sha256(whole.encode()).hexdigest()[:24]}"


def effect_of(record: EffectRecord, *, in_doubt: bool) -> Effect:
    """Return an effect as a step sees it."""
    return Effect(record.name, record.marker, record.intent, record.begun, in_doubt)
