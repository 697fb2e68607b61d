"""A look for what a write may have left: again and again, until it can leave nothing any more."""

from collections.abc import Callable
from datetime import datetime

from penstock.clock import Clock
from penstock.duration import format_duration
from penstock.errors import FailureType, OutcomeUnknown, StepExpired, StepFailed
from penstock.json_types import Json
from penstock.step import Doubt, Effect

__all__ = ["Looking"]

#: Seconds between the first two looks; each further pause is twice as long, up to the longest.
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 15.0


class Looking:
    """Looks for one effect whose outcome nobody knows, until its step's deadline."""

    def __init__(self, effect: Effect, doubt: Doubt, clock: Clock, deadline: datetime) -> None:
        """Take what is looked for; *deadline* is the step's."""
        self._effect = effect
        self._doubt = doubt
        self._clock = clock
        self._deadline = deadline
        #: What kept the last look from being one.
        self._problem = ""

    def until(
        self, settled: float, look: Callable[[Effect], Json], note: Callable[[str], None]
    ) -> Json:
        """Return what *look* finds; ``None`` if it finds nothing at *settled* (monotonic) or later.

        *note* is told once if that takes time. A look that meets a broken connection has seen
        nothing and proves nothing: it is repeated. Raise ``StepExpired`` when the step's time is
        over before anything is certain, and ``OutcomeUnknown`` when looking is refused.
        """
        pause, told = _FIRST_PAUSE, False
        while True:
            certain = self._clock.monotonic() >= settled
            found, problem = self._look(look, certain=certain)
            self._problem = problem
            if found is not None:
                return found
            if certain and not problem:
                return None
            left = (self._deadline - self._clock.now()).total_seconds()
            if left <= 0:
                raise self._expired(problem)
            wanted = settled - self._clock.monotonic()
            if not told:
                note(self._told(wanted, left, problem))
                told = True
            self._clock.wait(min(pause, left, wanted if wanted > 0 else pause))
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _look(self, look: Callable[[Effect], Json], *, certain: bool) -> tuple[Json, str]:
        """Return what was found, and what kept the look from being one."""
        try:
            return look(self._effect), ""
        except OutcomeUnknown:
            raise  # the step knows more of it than could be said here
        except StepExpired as error:
            raise self._expired(self._problem or (error.message if certain else "")) from error
        except StepFailed as error:
            if error.failure_type is FailureType.CONNECTIVITY:
                return None, error.message
            raise OutcomeUnknown(
                f"nobody knows whether the write {self._effect.name!r} has happened, and it could "
                f"not be looked for: {error.message}",
                hint=error.hint or self._doubt.advice_of(self._effect),
                failure=error.failure_type,
            ) from error

    def _told(self, wanted: float, left: float, problem: str) -> str:
        name = repr(self._effect.name)
        if problem:
            text = f"nobody knows whether {name} has happened, and it cannot be looked for yet"
            text += f" ({problem})"
        else:
            text = f"nobody knows yet whether {name} has happened"
        if wanted > 0:
            text += f"; it is looked for for up to {format_duration(wanted)}"
        if problem or wanted > left:
            text += f"; the step has {format_duration(left)} left"
        return text

    def _expired(self, problem: str) -> StepExpired:
        settle = self._doubt.settle
        why = problem or f"that is certain only {format_duration(settle)} after it was sent"
        return StepExpired(
            f"its time is over, and nobody knows whether the write {self._effect.name!r} has "
            f"happened: {why}",
            hint=f"{self._doubt.advice_of(self._effect)}; a longer `timeout` gives it more time",
        )
