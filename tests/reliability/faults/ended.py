"""How a run ended, as whoever started it is told."""

import json
from dataclasses import dataclass
from typing import Any

__all__ = ["Ended"]


@dataclass
class Ended:
    """How a run ended: its exit code and what it told."""

    code: int
    out: str
    error: str = ""

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events it told of."""
        return [json.loads(line) for line in self.out.splitlines()]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return the events of one kind."""
        return [event for event in self.events if event["event"] == kind]

    @property
    def message(self) -> str:
        """What the run says of its end."""
        ends = self.of("run_finished")
        return str(ends[-1].get("message", "")) if ends else self.error

    @property
    def status(self) -> str:
        """The status of the last step."""
        ends = [event for event in self.of("step_finished") if "/" in event["path"]]
        return str(ends[-1]["status"]) if ends else "Refused"

    @property
    def keys(self) -> list[str]:
        """The keys of issues that steps left as outputs: what the run says that it has done."""
        outputs = [event["outputs"] for event in self.of("step_finished")]
        return [told["issue"]["key"] for told in outputs if isinstance(told.get("issue"), dict)]

    @property
    def notes(self) -> list[str]:
        """What steps had to say."""
        return [event["text"] for event in self.of("step_noted")]

    @property
    def reasons(self) -> list[str]:
        """Why gates could not see their issue."""
        return [event["reason"] for event in self.of("gate_unavailable")]
