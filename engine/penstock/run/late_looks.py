"""Effects that were in doubt are looked at once more, late, when nothing of them is in the air.

A process that is frozen in the middle of a write, and thaws after another one has taken its run
over, writes a second time whatever the protocol. Nobody can prevent that; it can be seen.
"""

from datetime import timedelta

from penstock.duration import format_duration
from penstock.errors import JournalError, OwnershipLost, PenstockError
from penstock.journal import EffectRecord
from penstock.run.effects import effect_of
from penstock.run.interruption import Interrupted
from penstock.run.state import RunState
from penstock.run.step_run import context_of, defect, log_of, step_of, type_of

__all__ = ["LateLooks"]

#: Seconds that one look may take.
_TIME = 120.0
#: Seconds after which a process that waits for a look notices that it has lost the run.
_SLICE = 1.0


class LateLooks:
    """The late looks that one run still owes."""

    def __init__(self, state: RunState) -> None:
        """Take the run."""
        self._state = state

    def take_due(self) -> None:
        """Look at what is due; what cannot be looked at now is left for another time."""
        for record in self._owed():
            if self._left(record) <= 0:
                self._take(record)

    def take_rest(self) -> None:
        """Wait for what is not due yet, and look at all of it: the run is about to end."""
        for record in self._owed():
            left = self._left(record)
            if left > 0:
                self._tell(
                    record,
                    f"{record.name!r} was in doubt; before the run ends, it is looked at once more "
                    f"in {format_duration(left)}",
                )
                self._wait(left)
            problem = self._take(record)
            if problem:
                self._tell(
                    record,
                    f"{record.name!r} was in doubt and could not be looked at once more: {problem};"
                    f" look for {record.marker}",
                )
                self._settle(record)

    def _owed(self) -> list[EffectRecord]:
        """Return the effects to look at; one whose step is still at work is not among them."""
        attempts = self._state.attempts
        records = self._state.journal.effects(self._state.claim.run)
        ended = {path for path, attempt in attempts.items() if attempt.status.is_final}
        return [item for item in records if item.again is not None and item.path in ended]

    def _left(self, record: EffectRecord) -> float:
        """Return the seconds until a look is due, however the clock was set meanwhile."""
        again = record.again or 0.0
        due = (record.sent or record.begun) + timedelta(seconds=again)
        return min(again, (due - self._state.now()).total_seconds())

    def _wait(self, seconds: float) -> None:
        clock = self._state.world.clock
        end = clock.monotonic() + seconds
        while (left := end - clock.monotonic()) > 0:
            clock.wait(min(left, _SLICE))
            if not self._state.journal.holds(self._state.claim):
                raise OwnershipLost(f"run {self._state.facts.id} is carried by another process now")

    def _take(self, record: EffectRecord) -> str:
        """Let the step look; return what went wrong, if anything."""
        try:
            self._look(record)
        except (Interrupted, JournalError):
            raise
        except PenstockError as error:
            return str(error)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - what a plugin raises ends no run
            return defect("step", error)
        self._settle(record)
        return ""

    def _look(self, record: EffectRecord) -> None:
        spot = self._state.spots[record.path]
        attempt = self._state.attempts[record.path]
        instance = step_of(type_of(self._state.world.types, spot.step), attempt.spec)
        deadline = self._state.now() + timedelta(seconds=_TIME)
        with log_of(self._state, record.path) as log:
            context = context_of(self._state, spot, attempt, log, deadline=deadline)
            instance.look_again(context, effect_of(record, in_doubt=True), record.result)

    def _settle(self, record: EffectRecord) -> None:
        """Journal that nothing is owed any more."""
        self._state.journal.close_effect(self._state.claim, record.path, record.name)

    def _tell(self, record: EffectRecord, text: str) -> None:
        self._state.note(record.path, text)
