"""A verdict's tree as rows, in the order in which a person reads it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo

from penstock.render.moments import since
from penstock.render.text import clean, one_value
from penstock.verdict import Combination, Condition, Verdict

__all__ = ["Row", "condition_rows", "sentence"]

_WORDS = {
    Combination.ALL: "all of",
    Combination.ANY: "any of",
    Combination.NOT: "not",
}


@dataclass(frozen=True)
class Row:
    """One condition; ``label`` and the values are cleaned, ``""`` stands for what is not there."""

    depth: int
    #: Whether it belongs to the rejection criteria.
    rejection: bool
    truth: bool | None
    label: str
    expected: str = ""
    actual: str = ""
    since: str = ""
    by: str = ""
    why: str = ""

    @property
    def title(self) -> str:
        """The label, with ``rejects when`` before what is outermost in the rejection criteria."""
        return f"rejects when {self.label}" if self.rejection and not self.depth else self.label


def condition_rows(verdict: Verdict, now: datetime, zone: tzinfo | None = None) -> tuple[Row, ...]:
    """Return the approval criteria's rows, then the rejection criteria's.

    A combination is a row of its own, with its parts one deeper, except where it says nothing:
    an outermost *all of*, and a combination of one part.
    """
    found: list[Row] = []
    for condition, rejection in ((verdict.approval, False), (verdict.rejection, True)):
        if condition is not None:
            nodes = _nodes(condition, 0)
            found += [_row(node, depth, rejection, now, zone) for node, depth in nodes]
    return tuple(found)


def sentence(row: Row) -> str:
    """Return a row as text: ``Status equals: expected Approved, actual To Do, since …, by …``."""
    names = ("expected", "actual", "since", "by")
    text = ", ".join(f"{name} {getattr(row, name)}" for name in names if getattr(row, name))
    text = f"{row.title}: {text}" if text else row.title
    return f"{text} ({row.why})" if row.why else text


def _nodes(condition: Condition, depth: int) -> Iterator[tuple[Condition, int]]:
    silent = condition.combine in {Combination.ALL, Combination.ANY} and (
        len(condition.parts) == 1 or (depth == 0 and condition.combine is Combination.ALL)
    )
    if not silent or not condition.parts:
        yield condition, depth
        depth += 1
    for part in condition.parts:
        yield from _nodes(part, depth)


def _row(
    condition: Condition, depth: int, rejection: bool, now: datetime, zone: tzinfo | None
) -> Row:
    return Row(
        depth=depth,
        rejection=rejection,
        truth=condition.truth,
        label=_label(condition),
        expected=_value(condition.expected),
        actual=_value(condition.actual),
        since=since(condition.since, now, zone) if condition.since else "",
        by=one_value(condition.by or ""),
        why=clean(condition.why or ""),
    )


def _value(text: str | None) -> str:
    if text is None:
        return ""
    return one_value(text) if text.strip() else f'"{clean(text)}"'  # a blank must be seen


def _label(condition: Condition) -> str:
    label = one_value(condition.label)
    if condition.combine is None:
        return label
    word = _WORDS[condition.combine]
    if label.lower() in {"", word, condition.combine.value}:
        return word
    return f"{word}: {label}"
