"""Checks of a syntax tree before it is used: its size, and that it holds only what is allowed."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import ClassVar, cast

from jinja2 import nodes

from penstock.errors import ExpressionError
from penstock.expressions.faults import OperandError, available
from penstock.expressions.filters import FILTERS, TESTS
from penstock.expressions.functions import CLOCKS, FUNCTIONS, PATHS, PATTERNS
from penstock.expressions.json_paths import JsonPath
from penstock.expressions.limits import MAX_DEPTH, MAX_NODES
from penstock.expressions.methods import METHODS, arguments
from penstock.expressions.operators import count, pattern
from penstock.expressions.reads import key_of, unwound
from penstock.expressions.spans import Origin

__all__ = ["check"]


def check(tree: nodes.Expr, origin: Origin) -> None:
    """Raise ``ExpressionError`` unless all of *tree* is part of the language.

    Marks each comparison that was written ``=~``.
    """
    _Check(origin).node(tree, 1)


class _Check:
    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._count = 0

    def node(self, node: nodes.Expr, depth: int) -> None:
        start, steps = unwound(node)
        self._count += 1 + len(steps)
        if depth > MAX_DEPTH or self._count > MAX_NODES:
            raise self._wrong(
                node,
                f"the expression has more than {MAX_NODES} parts or {MAX_DEPTH} levels",
                "split it into variables",
            )
        if steps and isinstance(start, nodes.Name) and start.name in FUNCTIONS:
            raise self._wrong(node, f"{start.name!r} has functions only", _usage(start.name))
        for step in steps:
            key = key_of(step)
            if isinstance(step, nodes.Call):
                self._no_named_arguments(step, step)
            if isinstance(key, nodes.Expr):
                self.node(key, depth + 1)
        for part in self._parts(start):
            self.node(part, depth + 1)

    def _parts(self, node: nodes.Expr) -> Iterator[nodes.Expr]:
        """Yield the parts of an allowed node; raise for any other."""
        rule = self._RULES.get(type(node))
        if rule is None:
            raise self._wrong(node, _FOREIGN.get(type(node), "this is not part of the language"))
        return rule(self, node)

    def _wrong(self, node: nodes.Expr, message: str, hint: str = "") -> ExpressionError:
        excerpt = self._origin.excerpt(node)
        return ExpressionError(
            f"{excerpt}: {message}", hint=hint, offset=self._origin.span(node)[0]
        )

    def _no_named_arguments(
        self, node: nodes.Expr, call: nodes.Call | nodes.Filter | nodes.Test
    ) -> None:
        if call.kwargs or call.dyn_args or call.dyn_kwargs:
            raise self._wrong(node, "arguments are given by their order, without names or stars")

    def _count_arguments(
        self, node: nodes.Expr, name: str, given: Sequence[object], allowed: tuple[int, int]
    ) -> None:
        try:
            count(name, len(given), *allowed)
        except OperandError as error:
            raise self._wrong(node, error.message) from None

    def _leaf(self, _: nodes.Expr) -> Iterator[nodes.Expr]:
        return iter(())

    def _children(self, node: nodes.Expr) -> Iterator[nodes.Expr]:
        return cast(Iterator[nodes.Expr], node.iter_child_nodes())

    def _choice(self, node: nodes.Expr) -> Iterator[nodes.Expr]:
        if cast(nodes.CondExpr, node).expr2 is None:
            raise self._wrong(node, "an 'if' needs its 'else'", "add else and the other value")
        return self._children(node)

    def _compare(self, node: nodes.Expr) -> Iterator[nodes.Expr]:
        compare = cast(nodes.Compare, node)
        if len(compare.ops) > 1:
            raise self._wrong(node, "compare two values at a time", "join comparisons with &&")
        operand = compare.ops[0]
        if operand.op == "in" and self._origin.operator(operand.expr) == "=~":
            operand.op = "match"
            self._pattern(operand.expr)
        return iter((compare.expr, operand.expr))

    def _pattern(self, node: nodes.Expr) -> None:
        """Refuse a pattern that is written out and is not RE2."""
        if isinstance(node, nodes.Const) and isinstance(node.value, str):
            try:
                pattern(node.value)
            except OperandError as error:
                raise self._wrong(node, error.message, error.hint) from None

    def _separator(self, node: nodes.Expr) -> None:
        """Refuse what ``split`` cannot split at; one character stands for itself (Java)."""
        if not (isinstance(node, nodes.Const) and isinstance(node.value, str)):
            return
        if not node.value:
            raise self._wrong(node, "split needs something to split at")
        if len(node.value) > 1:
            self._pattern(node)

    def _call(self, node: nodes.Expr) -> Iterator[nodes.Expr]:
        call = cast(nodes.Call, node)
        self._no_named_arguments(node, call)
        callee = call.node
        if isinstance(callee, nodes.Name):
            self._clock(node, callee.name, call.args)
            return iter(())
        if not isinstance(callee, nodes.Getattr):
            raise self._wrong(node, "this cannot be called")
        receiver = callee.node.name if isinstance(callee.node, nodes.Name) else ""
        if receiver in FUNCTIONS:
            return self._function(node, receiver, callee.attr, call.args)
        if receiver == "xml":
            raise self._wrong(node, "XML is not read here", "let the step before leave JSON")
        if callee.attr not in METHODS:
            known = _by_nearness(callee.attr, METHODS)
            raise self._wrong(
                node, f"there is no method {callee.attr!r}", available(callee.attr, known)
            )
        self._count_arguments(node, callee.attr, call.args, arguments(callee.attr))
        if callee.attr == "split":
            self._separator(call.args[0])
        return iter((callee.node, *call.args))

    def _clock(self, node: nodes.Expr, name: str, given: Sequence[object]) -> None:
        if name not in CLOCKS:
            raise self._wrong(node, f"there is no function {name!r}", available(name, CLOCKS))
        self._count_arguments(node, name, given, (0, 0))

    def _function(
        self, node: nodes.Expr, space: str, name: str, given: list[nodes.Expr]
    ) -> Iterator[nodes.Expr]:
        function = FUNCTIONS[space].get(name)
        if function is None:
            hint = available(name, FUNCTIONS[space])
            raise self._wrong(node, f"there is no function '{space}.{name}'", hint)
        self._count_arguments(node, name, given, (function.least, function.most))
        if (space, name) in PATTERNS:
            self._pattern(given[0])
        if (space, name) in PATHS:
            self._path(given[0])
        return iter(given)

    def _path(self, node: nodes.Expr) -> None:
        """Refuse a path that is written out and cannot be followed."""
        if isinstance(node, nodes.Const) and isinstance(node.value, str):
            try:
                JsonPath(node.value)
            except OperandError as error:
                raise self._wrong(node, error.message, error.hint) from None

    def _filter(self, node: nodes.Expr) -> Iterator[nodes.Expr]:
        used = cast(nodes.Filter, node)
        self._no_named_arguments(node, used)
        known = FILTERS.get(used.name)
        if known is None or used.node is None:
            raise self._wrong(
                node, f"there is no filter {used.name!r}", available(used.name, FILTERS)
            )
        self._count_arguments(node, used.name, used.args, (known.least, known.most))
        return iter((used.node, *used.args))

    def _test(self, node: nodes.Expr) -> Iterator[nodes.Expr]:
        used = cast(nodes.Test, node)
        if used.name not in TESTS or used.args or used.kwargs:
            raise self._wrong(
                node, f"there is no test {used.name!r}", available(used.name, sorted(TESTS))
            )
        return iter((used.node,))

    _RULES: ClassVar[Mapping[type[nodes.Expr], Callable[..., Iterator[nodes.Expr]]]] = {
        nodes.Name: _leaf,
        nodes.Const: _leaf,
        nodes.List: _children,
        nodes.And: _children,
        nodes.Or: _children,
        nodes.Not: _children,
        nodes.Add: _children,
        nodes.Sub: _children,
        nodes.Mul: _children,
        nodes.Div: _children,
        nodes.Neg: _children,
        nodes.Concat: _children,
        nodes.CondExpr: _choice,
        nodes.Compare: _compare,
        nodes.Call: _call,
        nodes.Filter: _filter,
        nodes.Test: _test,
    }


def _by_nearness(word: str, names: Iterable[str]) -> list[str]:
    """Return *names*, the most similar to *word* first; a long word is compared in part."""
    short = word[:128].lower()

    def distance(name: str) -> float:
        return -SequenceMatcher(None, short, name.lower()).ratio()

    return sorted(sorted(names), key=distance)


def _usage(space: str) -> str:
    """Return how the functions of a name are written."""
    written = [
        f"{space}.{name}({', '.join('…' * function.most)})"
        for name, function in FUNCTIONS[space].items()
    ]
    return f"write {' or '.join(written)}"


#: What to say to what Jinja knows and this language does not.
_FOREIGN: dict[type[nodes.Expr], str] = {
    nodes.Tuple: "brackets hold one value; a list is written [a, b]",
    nodes.Pos: "a value is missing before '+'",
}
