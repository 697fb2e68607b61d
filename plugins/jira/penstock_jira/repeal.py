"""What was so since the gate opened, and is so no more: an approval, a rejection taken back.

Penstock's own; Harness takes the issue as it is at a look, whatever it was between two looks.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from penstock.json_types import Json
from penstock.verdict import Condition
from penstock_jira.answer import members, text
from penstock_jira.criteria import Criteria, judge
from penstock_jira.reasons import met

__all__ = ["Spell", "spells"]


@dataclass(frozen=True)
class Spell:
    """A time, over now, in which criteria held (by Jira's clock): as ``condition`` says."""

    condition: Condition
    begun: datetime
    ended: datetime
    ended_by: str | None

    @property
    def seconds(self) -> float:
        """How long it was."""
        return (self.ended - self.begun).total_seconds()

    @property
    def told(self) -> str:
        """What was so, from when to when, and who ended it."""
        begun, ended = (at.isoformat(timespec="seconds") for at in (self.begun, self.ended))
        by = f"{self.ended_by} " if self.ended_by else "somebody "
        return f"{met(self.condition)} from {begun} to {ended}, when {by}changed it"


def spells(criteria: Criteria, content: Mapping[str, Json]) -> list[Spell]:
    """Return when *criteria* held since the gate opened, the oldest first; not what holds now."""
    runs = groupby(_judged(criteria, content), key=lambda one: one.condition.truth is True)
    found = []
    for holds, several in runs:
        if holds:
            first, *rest = several
            final = rest[-1] if rest else first
            found.append(Spell(first.condition, first.begun, final.ended, final.ended_by))
    return found


def _judged(criteria: Criteria, content: Mapping[str, Json]) -> Iterator[Spell]:
    past = content.get("past")
    for state in map(members, past if isinstance(past, (list, tuple)) else ()):
        begun = datetime.fromisoformat(text(state.get("at")))
        ended = datetime.fromisoformat(text(state.get("until")))
        condition = judge(criteria, {**content, **state}, begun)
        yield Spell(condition, begun, ended, text(state.get("ended_by")) or None)
