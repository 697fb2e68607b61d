"""Evaluation: our own walk over the syntax tree that Jinja's parser made.

Nothing is compiled, and nothing of Python is reachable: a name is looked up in mappings only, a
method or a filter is one of a short list. The tree was checked before, so the walk is short; the
values it makes are bounded where they are made.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar, cast

from jinja2 import nodes

from penstock.errors import ExpressionError, PenstockError
from penstock.expressions.faults import MissingError, OperandError, UndefinedError
from penstock.expressions.filters import FILTERS
from penstock.expressions.functions import CLOCKS, FUNCTIONS, RESOLVED
from penstock.expressions.lookups import part
from penstock.expressions.methods import call
from penstock.expressions.names import Names
from penstock.expressions.operators import ARITHMETIC, COMPARISONS, alike, equal, negative, text
from penstock.expressions.reads import key_of, unwound
from penstock.expressions.spans import Origin
from penstock.expressions.values import Absent, describe, is_list, joined

__all__ = ["Evaluation"]


class Evaluation:
    """Evaluates one syntax tree with one set of names.

    An ``Absent`` among the values makes every operation on it ``Absent``: only ``Judging`` has
    any, here an undefined name is an ``UndefinedError``.
    """

    #: Whether values of unlike types may not even be compared for equality.
    strict: ClassVar[bool] = False

    def __init__(self, names: Names, origin: Origin) -> None:
        """Take what the expression sees and where its nodes come from."""
        self._names = names
        self._origin = origin

    def value(self, node: nodes.Expr) -> object:
        """Return the value of *node*; raise ``ExpressionError`` with its place."""
        try:
            return self._RULES[type(node)](self, node)
        except MissingError as error:
            raise self._wrong(node, error, UndefinedError) from None
        except OperandError as error:
            raise self._wrong(node, error) from None

    def truth(self, node: nodes.Expr) -> bool | Absent:
        """Return the value of *node*, which must be a real boolean."""
        value = self.value(node)
        if isinstance(value, (bool, Absent)):
            return value
        error = OperandError(f"yields {describe(value)}, not true or false")
        raise self._wrong(node, error)

    def excerpt(self, node: nodes.Expr) -> str:
        """Return the text of *node* as the user wrote it, cut."""
        return self._origin.excerpt(node)

    def _wrong(
        self,
        node: nodes.Expr,
        error: OperandError,
        kind: type[ExpressionError] = ExpressionError,
    ) -> ExpressionError:
        message = f"{self.excerpt(node)}: {error.message}"
        return kind(message, hint=error.hint, offset=self._origin.span(node)[0])

    def _values(self, *parts: nodes.Expr) -> list[object] | Absent:
        """Return the values of *parts*, or the first that is absent."""
        values = [self.value(part) for part in parts]
        return next((value for value in values if isinstance(value, Absent)), values)

    def _chain(self, node: nodes.Expr) -> object:
        """Follow look-ups, in mappings by key and in lists by position, and nowhere else."""
        start, steps = unwound(node)
        if not isinstance(start, nodes.Name):
            value = self.value(start)
        else:
            value = part(self._names.values, start.name)
        for step in steps:
            if isinstance(value, Absent):
                return value
            key = key_of(step)
            if isinstance(key, nodes.Expr):
                key = self.value(key)
                if isinstance(key, Absent):
                    return key
            value = part(value, key)
        return value

    def _constant(self, node: nodes.Const) -> object:
        return node.value

    def _list(self, node: nodes.List) -> object:
        return self._values(*node.items)

    def _both(self, node: nodes.And) -> bool | Absent:
        return self._combined(node.left, node.right, decisive=False)

    def _either(self, node: nodes.Or) -> bool | Absent:
        return self._combined(node.left, node.right, decisive=True)

    def _combined(self, left: nodes.Expr, right: nodes.Expr, *, decisive: bool) -> bool | Absent:
        """Combine two truths (Kleene): one *decisive* decides, whatever the other is."""
        one = self.truth(left)
        if one is decisive:
            return one
        other = self.truth(right)
        return one if isinstance(one, Absent) and other is not decisive else other

    def _not(self, node: nodes.Not) -> bool | Absent:
        truth = self.truth(node.node)
        return truth if isinstance(truth, Absent) else not truth

    def _choice(self, node: nodes.CondExpr) -> object:
        truth = self.truth(node.test)
        yes, no = node.expr1, cast(nodes.Expr, node.expr2)
        if not isinstance(truth, Absent):
            return self.value(yes if truth else no)
        # Kleene: it does not matter which way, if both lead to the same.
        one, other = self.value(yes), self.value(no)
        if isinstance(one, Absent) or isinstance(other, Absent):
            return truth
        return one if equal(one, other) else truth

    def _compare(self, node: nodes.Compare) -> object:
        operand = node.ops[0]
        left, right = self.value(node.expr), self.value(operand.expr)
        for one, other in ((left, right), (right, left)):
            if isinstance(one, Absent) and one.empty and other is None and operand.op in _EQUALITY:
                return _EQUALITY[operand.op]
        for one in (left, right):
            if isinstance(one, Absent):
                return one
        if self.strict and operand.op in _EQUALITY and not alike(left, right):
            raise OperandError(f"{describe(left)} cannot be compared with {describe(right)}")
        return COMPARISONS[operand.op](left, right)

    def _arithmetic(self, node: nodes.BinExpr) -> object:
        values = self._values(node.left, node.right)
        return values if isinstance(values, Absent) else ARITHMETIC[node.operator](*values)

    def _negative(self, node: nodes.Neg) -> object:
        value = self.value(node.node)
        return value if isinstance(value, Absent) else negative(value)

    def _concatenation(self, node: nodes.Concat) -> object:
        values = self._values(*node.nodes)
        return values if isinstance(values, Absent) else joined(values)

    def _call(self, node: nodes.Call) -> object:
        if isinstance(node.node, nodes.Name):
            return CLOCKS[node.node.name](self._names.now())
        method = cast(nodes.Getattr, node.node)
        if method.attr == "get":
            return self._chain(node)
        if isinstance(method.node, nodes.Name) and method.node.name in FUNCTIONS:
            return self._function(method.node.name, method.attr, node.args)
        values = self._values(method.node, *node.args)
        return values if isinstance(values, Absent) else call(values[0], method.attr, values[1:])

    def _function(self, space: str, name: str, given: list[nodes.Expr]) -> object:
        match space:
            case "datetime":
                return CLOCKS[name](self._names.now())
            case "expression":
                return self._resolved(given[0], wanted=RESOLVED[name])
            case "secrets":
                return self._secret(self.value(given[0]))
        values = self._values(*given)
        return values if isinstance(values, Absent) else FUNCTIONS[space][name].run(*values)

    def _resolved(self, node: nodes.Expr, *, wanted: bool) -> bool | Absent:
        """Tell whether it is *wanted* that *node* has a value: that it is there, and not null."""
        value = self._optional(node)
        if isinstance(value, Absent) and not value.empty:
            return value
        return wanted is not (value is None or isinstance(value, Absent))

    def _secret(self, reference: object) -> object:
        if isinstance(reference, Absent):
            return reference
        if self._names.secret is None:
            raise OperandError("secrets cannot be read here")
        try:
            return self._names.secret(text(reference))
        except PenstockError as error:
            raise OperandError(str(error)) from error

    def _filter(self, node: nodes.Filter) -> object:
        filtered = cast(nodes.Expr, node.node)
        if node.name == "default":
            return self._default(filtered, *node.args)
        values = self._values(filtered, *node.args)
        return values if isinstance(values, Absent) else FILTERS[node.name].run(*values)

    def _optional(self, node: nodes.Expr) -> object:
        """Return the value of *node*, or an empty ``Absent`` if its name is not there."""
        try:
            # Not the subclass's: it would make something else of an undefined name.
            return Evaluation.value(self, node)
        except UndefinedError as error:
            return Absent("", error.message, empty=True)

    def _default(self, node: nodes.Expr, other: nodes.Expr, *also: nodes.Expr) -> object:
        """Return what is there; *other* for what is not, or is null (Jinja keeps null).

        With *also* true, *other* stands for what is empty, zero or false, too (Jinja; JEXL's ?:).
        """
        value = self._optional(node)
        if isinstance(value, Absent) and not value.empty:
            return value
        falsy = bool(also) and self.truth(also[0]) is True and _is_falsy(value)
        return self.value(other) if value is None or isinstance(value, Absent) or falsy else value

    def _test(self, node: nodes.Test) -> bool | Absent:
        if node.name == "none":
            value = self.value(node.node)
            return value.empty or value if isinstance(value, Absent) else value is None
        value = self._optional(node.node)
        if isinstance(value, Absent) and not value.empty:
            return value
        return isinstance(value, Absent) is (node.name == "undefined")

    _RULES: ClassVar[Mapping[type[nodes.Expr], Callable[..., object]]] = {
        nodes.Name: _chain,
        nodes.Getattr: _chain,
        nodes.Getitem: _chain,
        nodes.Call: _call,
        nodes.Const: _constant,
        nodes.List: _list,
        nodes.And: _both,
        nodes.Or: _either,
        nodes.Not: _not,
        nodes.CondExpr: _choice,
        nodes.Compare: _compare,
        nodes.Add: _arithmetic,
        nodes.Sub: _arithmetic,
        nodes.Mul: _arithmetic,
        nodes.Div: _arithmetic,
        nodes.Neg: _negative,
        nodes.Concat: _concatenation,
        nodes.Filter: _filter,
        nodes.Test: _test,
    }


def _is_falsy(value: object) -> bool:
    if isinstance(value, (str, Mapping)) or is_list(value):
        return len(value) == 0
    return value in (False, 0)


_EQUALITY = {"eq": True, "ne": False}
