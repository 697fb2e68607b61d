"""``Wait``: lets time pass. Costs a row of the journal, and goes on when the run is resumed."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import ClassVar

from pydantic import Field

from penstock.duration import Duration, format_duration
from penstock.errors import FailureType, StepFailed
from penstock.step import Gate, StepContext
from penstock.verdict import Verdict, VerdictStatus
from penstock.watch import Snapshot, Watch

__all__ = ["Wait"]


class Wait(Gate):
    """Waits for a time. No process is needed meanwhile."""

    type: ClassVar[str] = "Wait"
    only_waits: ClassVar[bool] = True
    output_names: ClassVar[Collection[str] | None] = ()

    duration: Duration = Field(description="For how long, from the step's beginning.")

    def watch(self, context: StepContext) -> Watch:
        """Return that time is all that is waited for; fail if there is too little of it."""
        left = context.seconds_left()
        if self.duration > left:
            raise StepFailed(
                f"it is to wait for {format_duration(self.duration)}, and has "
                f"{format_duration(left)}",
                hint="give the step, its stage or the pipeline a longer `timeout`",
                failure=FailureType.CONFIGURATION,
            )
        return Watch("", f"{format_duration(self.duration)} to pass")

    def judge(self, snapshot: Snapshot) -> Verdict:
        """Approve once the time has passed."""
        opened = datetime.fromisoformat(str(snapshot.content["opened"]))
        end = opened + timedelta(seconds=self.duration)
        shown = format_duration(self.duration)
        if snapshot.at < end:
            return Verdict(VerdictStatus.WAITING, f"{shown} have not passed yet", again=end)
        return Verdict(VerdictStatus.APPROVED, f"{shown} have passed", decided=end)

    def preview(self) -> tuple[str, ...]:
        """Return how long it would wait."""
        return (f"waits for {format_duration(self.duration)}",)
