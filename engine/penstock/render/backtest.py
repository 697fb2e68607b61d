"""A backtest as text and as JSON: what a gate would have said, and what is odd about it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from penstock.json_types import Json
from penstock.render.json_lines import to_json
from penstock.render.moments import day_time, elapsed
from penstock.render.signs import paint
from penstock.render.text import align, clean, fit, joined, one_value

__all__ = ["BacktestPage", "BacktestRow", "OddCondition", "row_json", "summary_json"]

_WIDEST_KEY = 30
_COLOURS = {"approved": "green", "rejected": "red", "failed": "red", "hung": "yellow"}
#: So many of the values that were there are listed.
_LISTED = 6


@dataclass(frozen=True)
class BacktestRow:
    """What the gate would have said of one thing."""

    key: str
    outcome: str
    reason: str
    at: datetime | None = None
    seconds: float | None = None
    link: str | None = None
    verdict: Json = None


@dataclass(frozen=True)
class OddCondition:
    """A condition that was true of nothing: what it wants, and how often what was there."""

    label: str
    expected: str | None
    rejection: bool
    seen: Mapping[str, int]
    near: str | None = None

    @property
    def told(self) -> str:
        """What is odd, in one sentence."""
        title = f"rejects when {self.label}" if self.rejection else self.label
        # An expression is its own label, with what it wants in it.
        wanted = f' "{self.expected}"' if self.expected and self.expected not in title else ""
        values = sorted(self.seen, key=lambda value: -self.seen[value])
        rest = f" and {len(values) - _LISTED} more" if len(values) > _LISTED else ""
        there = ", ".join(f'"{value}"' for value in values[:_LISTED]) + rest
        text = f"{title}{wanted} was never true"
        text += f"; there was {there}" if there else "; nothing was there to compare"
        return f"{text}; did you mean {self.near!r}?" if self.near else text


@dataclass(frozen=True)
class BacktestPage:
    """A whole backtest: ``gate`` is its path, ``timeout`` (seconds) the step's own."""

    gate: str
    query: str
    timeout: float
    rows: Sequence[BacktestRow]
    #: Whether there may be more that were not looked at.
    cut: bool = False
    approved_after: Sequence[float] = ()
    median: float | None = None
    never_true: Sequence[OddCondition] = ()
    suspicions: Sequence[str] = ()
    #: What nobody can tell any more, and of how many.
    doubts: Mapping[str, int] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """How often each outcome was."""
        outcomes = [row.outcome for row in self.rows]
        return {name: outcomes.count(name) for name in _COLOURS}

    @property
    def late(self) -> int:
        """How many approvals came later than the step's timeout, counted from the beginning."""
        return sum(1 for seconds in self.approved_after if seconds > self.timeout)

    def text(self, now: datetime, zone: tzinfo | None = None, *, colour: bool = False) -> str:
        """Return the page for a person."""
        lines = [f"{paint(clean(self.gate), 'bold', colour)}  {clean(self.query)}", ""]
        if self.rows:
            lines += [*self._table(now, zone, colour), ""]
        lines += self._sums()
        for title, told in (("Suspicious:", self._odd()), ("Not known:", self._doubts())):
            if told:
                lines += ["", paint(title, "bold", colour), *(f"  {line}" for line in told)]
        return "\n".join(lines) + "\n"

    def _table(self, now: datetime, zone: tzinfo | None, colour: bool) -> Iterator[str]:
        cells = [["TICKET", "OUTCOME", "WHEN", "AFTER", "BECAUSE"]]
        for row in self.rows:
            when = day_time(row.at, now, zone) if row.at else ""
            after = elapsed(row.seconds) if row.seconds is not None else ""
            key = fit(clean(row.key), _WIDEST_KEY)
            cells.append([key, row.outcome, when, after, one_value(row.reason)])
        title, *rest = align(cells)
        yield paint(joined(title), "dim", colour)
        for row, line in zip(self.rows, rest, strict=True):
            line[1] = paint(line[1], _COLOURS[row.outcome], colour)
            yield joined(line)

    def _sums(self) -> Iterator[str]:
        count = len(self.rows)
        told = ", ".join(f"{number} {name}" for name, number in self.counts.items() if number)
        tickets = f"{count} ticket{'' if count == 1 else 's'}"
        yield f"{tickets}: {told}" if told else "no ticket was found"
        if self.median is not None:
            longest = elapsed(max(self.approved_after))
            yield f"approved {elapsed(self.median)} after it was made (median), {longest} at most"
        if self.late:
            yield f"{self.late} of them later than the step's timeout of {elapsed(self.timeout)}"
        if self.cut:
            yield f"there are more than {count}: these are the first; --limit takes more"

    def _odd(self) -> list[str]:
        return [clean(text) for text in (*(one.told for one in self.never_true), *self.suspicions)]

    def _doubts(self) -> list[str]:
        return [f"{clean(text)} ({number} of {len(self.rows)})" for text, number in self._most()]

    def _most(self) -> list[tuple[str, int]]:
        return sorted(self.doubts.items(), key=lambda pair: -pair[1])


def row_json(row: BacktestRow) -> dict[str, Json]:
    """Return one ticket's line of JSON."""
    return {
        "event": "ticket_replayed",
        "key": row.key,
        "link": row.link,
        "outcome": row.outcome,
        "at": to_json(row.at),
        "after": row.seconds,
        "reason": row.reason,
        "verdict": row.verdict,
    }


def summary_json(page: BacktestPage) -> dict[str, Json]:
    """Return the last line of JSON."""
    return {
        "event": "backtest_finished",
        "gate": page.gate,
        "query": page.query,
        "tickets": len(page.rows),
        "cut": page.cut,
        **page.counts,
        "median": page.median,
        "longest": max(page.approved_after, default=None),
        "late": page.late,
        "never_true": [to_json(one) for one in page.never_true],
        "suspicions": [*page.suspicions],
        "doubts": dict(page.doubts),
    }
