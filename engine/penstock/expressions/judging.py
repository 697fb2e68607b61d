"""Judging: a criterion's truth in three values, and the tree of reasons that a person reads.

What cannot be known is *unknown*, and what is wrong with a value makes its condition unknown,
too: neither ever approves anything.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import cast

from jinja2 import nodes

from penstock.errors import ExpressionError
from penstock.expressions.evaluation import Evaluation
from penstock.expressions.faults import MissingError, OperandError, available
from penstock.expressions.limits import MAX_DEPTH
from penstock.expressions.lookups import part
from penstock.expressions.names import Names, Read
from penstock.expressions.reads import reads_of
from penstock.expressions.spans import Origin
from penstock.expressions.syntax import Expression
from penstock.expressions.values import Absent, cut, describe, is_list, to_text
from penstock.verdict import Combination, Condition

__all__ = ["Since", "judged"]

#: Gives since when a field is what it is (ISO 8601), and who made it so, where that is known.
Since = Callable[[str], tuple[str | None, str | None]]

_LABEL = 120
_SHOWN = 80


class Partial(Mapping[str, object]):
    """A mapping of which only a part is known: what it lacks is ``Absent``, and may yet be there.

    Its size and its names are unknown, so that nothing can be concluded from a gap.
    """

    def __init__(self, known: Mapping[str, object]) -> None:
        """Take what is known."""
        self._known = known

    def __getitem__(self, name: str) -> object:
        """Return what is known under *name*, or an ``Absent`` that names the near miss."""
        try:
            value = self._known[name]
        except KeyError:
            hint = available(name, self._known)
            return Absent(name, f"there is no field {cut(name, _SHOWN)!r}; {hint}", empty=False)
        if value is None:
            return Absent(name, f"{cut(name, _SHOWN)!r} has no value", empty=True)
        return _partial(value)

    def __contains__(self, name: object) -> bool:
        """Whether there is a value under *name*; raise ``OperandError`` if nobody knows."""
        value = self[str(name)]
        if isinstance(value, Absent) and not value.empty:
            raise OperandError(value.why)
        return not isinstance(value, Absent)

    def __iter__(self) -> Iterator[str]:
        """Raise ``OperandError``."""
        raise OperandError("it may have more fields than are known", "name the field that is meant")

    def __len__(self) -> int:
        """Raise ``OperandError``."""
        raise OperandError("it may have more fields than are known", "name the field that is meant")


def _partial(value: object, depth: int = 0) -> object:
    if isinstance(value, Mapping):
        return Partial(value)
    if is_list(value) and depth < MAX_DEPTH:
        return [_partial(entry, depth + 1) for entry in value]
    return value


class Judging(Evaluation):
    """An evaluation in which an error makes its part of the expression unknown."""

    #: A wrong type must not approve: ``!=`` of a number and a text is unknown.
    strict = True

    def value(self, node: nodes.Expr) -> object:
        """Return the value of *node*, or an ``Absent`` that says what is wrong."""
        try:
            value = super().value(node)
        except ExpressionError as error:
            return Absent("", str(error), empty=False)
        if value is None and not isinstance(node, nodes.Const):
            # Only a null that is written out may be compared: ``x != y`` must not come true
            # because there is no y.
            return Absent("", f"{self.excerpt(node)} is null", empty=True)
        return value

    def truth(self, node: nodes.Expr) -> bool | Absent:
        """Return the truth of *node*, or an ``Absent`` that says why there is none."""
        try:
            return super().truth(node)
        except ExpressionError as error:
            return Absent("", str(error), empty=False)


def judged(
    expression: Expression, names: Names, values: Mapping[str, object], since: Since | None
) -> Condition:
    """Return the tree of conditions of a criterion; *values* are the roots that are judged."""
    roots = {root: _partial(value) for root, value in values.items()}
    seen = Names({**names.values, **roots}, names.now, names.secret)
    judgement = _Judgement(Judging(seen, expression.origin), expression.origin, values, since)
    return judgement.condition(expression.tree)


class _Judgement:
    def __init__(
        self,
        evaluation: Judging,
        origin: Origin,
        values: Mapping[str, object],
        since: Since | None,
    ) -> None:
        self._evaluation = evaluation
        self._origin = origin
        self._values = values
        self._since = since

    def condition(self, node: nodes.Expr) -> Condition:
        """Return the condition that *node* is; every part is evaluated, to be shown."""
        match node:
            case nodes.And():
                return self._combined(node, Combination.ALL, decisive=False)
            case nodes.Or():
                return self._combined(node, Combination.ANY, decisive=True)
            case nodes.Not() if not isinstance(node.node, nodes.Test):
                only = self.condition(node.node)
                truth = None if only.truth is None else not only.truth
                label = self._origin.label(node, _LABEL)
                return Condition(label, truth, combine=Combination.NOT, parts=(only,))
            case _:
                return self._leaf(node)

    def _combined(
        self, node: nodes.And | nodes.Or, combination: Combination, *, decisive: bool
    ) -> Condition:
        parts = tuple(self.condition(each) for each in _flat(node, type(node)))
        truths = [each.truth for each in parts]
        truth = decisive if decisive in truths else None if None in truths else not decisive
        label = self._origin.label(node, _LABEL)
        return Condition(label, truth, combine=combination, parts=parts)

    def _leaf(self, node: nodes.Expr) -> Condition:
        value = self._evaluation.value(node)
        reads = [read for read in reads_of(node, self._origin) if read.path[0] in self._values]
        fields = list(dict.fromkeys(read.path[1] for read in reads if len(read.path) > 1))
        since, by = self._since(fields[0]) if self._since and len(fields) == 1 else (None, None)
        return Condition(
            self._origin.label(node, _LABEL),
            value if isinstance(value, bool) else None,
            expected=self._expected(node) if len(fields) == 1 else None,
            actual=self._actual(reads),
            why=None if isinstance(value, bool) else _why(value),
            since=since,
            by=by,
        )

    def _actual(self, reads: list[Read]) -> str | None:
        """Return the fields that are read, and what they are: ``Status = Done``."""
        shown = {".".join(read.path[1:]): self._shown(read) for read in reads if len(read.path) > 1}
        return ", ".join(f"{name} = {value}" for name, value in shown.items()) or None

    def _shown(self, read: Read) -> str:
        value: object = self._values
        try:
            for name in read.path:
                value = part(value, name)
                if isinstance(value, Absent):
                    return "(empty)" if value.empty else "(no such field)"
            return "(empty)" if value is None else cut(to_text(value), _SHOWN)
        except MissingError:
            return "(no such field)"
        except OperandError:
            return "(cannot be shown)"

    def _expected(self, node: nodes.Expr) -> str | None:
        """Return the side of a comparison that reads no field, as text."""
        sides = _sides(node)
        for side in sides:
            if not any(read.path[0] in self._values for read in reads_of(side, self._origin)):
                value = self._evaluation.value(side)
                try:
                    shown = "null" if value is None else cut(to_text(value), _SHOWN)
                except OperandError:
                    return None
                return _relation(node, flipped=side is sides[0]) + shown
        return None


def _flat(node: nodes.Expr, kind: type[nodes.Expr]) -> Iterator[nodes.Expr]:
    """Yield the parts of a chain of one operator: ``a && b && c`` are three."""
    if isinstance(node, kind):
        for side in (cast(nodes.BinExpr, node).left, cast(nodes.BinExpr, node).right):
            yield from _flat(side, kind)
    else:
        yield node


def _sides(node: nodes.Expr) -> tuple[nodes.Expr, ...]:
    return (node.expr, node.ops[0].expr) if isinstance(node, nodes.Compare) else ()


#: How the fields stand to the other side of a comparison; flipped when they stand on the right.
_RELATIONS = {"eq": "", "ne": "not ", "lt": "< ", "lteq": "<= ", "gt": "> ", "gteq": ">= "}
_FLIPPED = {"lt": "gt", "lteq": "gteq", "gt": "lt", "gteq": "lteq"}


def _relation(node: nodes.Expr, *, flipped: bool) -> str:
    """Return what is put before the expected value, so that it is not taken for equality."""
    operator = cast(nodes.Compare, node).ops[0].op
    return _RELATIONS.get(_FLIPPED.get(operator, operator) if flipped else operator, "")


def _why(value: object) -> str:
    if isinstance(value, Absent):
        return value.why
    try:
        return f"yields {describe(value)}, not true or false"
    except OperandError as error:
        return error.message
