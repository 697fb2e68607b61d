"""Reads: which names an expression looks up, found in its syntax tree."""

from collections.abc import Iterator
from itertools import takewhile
from typing import cast

from jinja2 import nodes

from penstock.expressions.functions import FUNCTIONS
from penstock.expressions.names import Read, SecretRead
from penstock.expressions.spans import Origin

__all__ = ["key_of", "reads_of", "secrets_of", "unwound"]


def unwound(node: nodes.Expr) -> tuple[nodes.Expr, list[nodes.Expr]]:
    """Return what a chain of look-ups begins with, and its steps in the order they are taken.

    A step is ``.name``, ``["name"]``, ``[0]`` or ``.get("name")``.
    """
    steps: list[nodes.Expr] = []
    while True:
        if isinstance(node, (nodes.Getattr, nodes.Getitem)):
            steps.append(node)
            node = node.node
        elif isinstance(node, nodes.Call) and _is_get(node):
            steps.append(node)
            node = cast(nodes.Getattr, node.node).node
        else:
            return node, steps[::-1]


def _is_get(call: nodes.Call) -> bool:
    return isinstance(call.node, nodes.Getattr) and call.node.attr == "get" and len(call.args) == 1


def key_of(step: nodes.Expr) -> object:
    """Return what a step looks up: the constant itself, or the node that will tell."""
    if isinstance(step, nodes.Getattr):
        return step.attr
    key = step.args[0] if isinstance(step, nodes.Call) else cast(nodes.Getitem, step).arg
    return key.value if isinstance(key, nodes.Const) else key


def reads_of(node: nodes.Expr, origin: Origin) -> tuple[Read, ...]:
    """Return every read of *node*, in the order of the text."""
    found = _Reads(origin)
    found.visit(node, optional=False)
    return tuple(sorted(found.reads, key=lambda read: read.offset))


def secrets_of(node: nodes.Expr, origin: Origin) -> tuple[SecretRead, ...]:
    """Return every call of ``secrets.getValue`` in *node*, in the order of the text."""
    if "secrets" not in origin.text:
        return ()
    found = []
    for call in [node, *node.find_all(nodes.Call)]:
        if isinstance(call, nodes.Call) and isinstance(call.node, nodes.Getattr):
            wanted = call.args[0] if call.args else None
            value = wanted.value if isinstance(wanted, nodes.Const) else None
            if _space(call) == "secrets":
                reference = value if isinstance(value, str) else None
                found.append(SecretRead(reference, origin.span(call)[0]))
    return tuple(sorted(found, key=lambda read: read.offset))


class _Reads:
    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self.reads: list[Read] = []

    def visit(self, node: nodes.Expr, *, optional: bool) -> None:
        """Collect the reads of *node*; *optional* says that its absence is allowed for."""
        start, steps = unwound(node)
        if isinstance(start, nodes.Name):
            self._add(start, steps, optional=optional)
        elif steps:
            self.visit(start, optional=optional)
        for step in steps:
            key = key_of(step)
            if isinstance(key, nodes.Expr):
                self.visit(key, optional=False)
        if not steps and not isinstance(start, nodes.Name):
            for child, allowed in _children(start):
                self.visit(child, optional=allowed)

    def _add(self, root: nodes.Name, steps: list[nodes.Expr], *, optional: bool) -> None:
        keys = [key_of(step) for step in steps]
        names = list(takewhile(lambda key: isinstance(key, str), keys))
        path = (root.name, *cast("list[str]", names))
        offset = self._origin.span(root)[0]
        more = tuple(keys[len(names) :])
        self.reads.append(Read(path, offset, optional, more, _beginning(*more[:1])))


def _beginning(key: object = None) -> str:
    """Return what is written out at the beginning of a name that is joined from pieces."""
    if not isinstance(key, nodes.Concat):
        return ""
    pieces = takewhile(lambda piece: isinstance(piece, nodes.Const), key.nodes)
    return "".join(str(cast(nodes.Const, piece).value) for piece in pieces)


def _children(node: nodes.Expr) -> Iterator[tuple[nodes.Expr, bool]]:
    """Yield the parts of a node that are evaluated, and whether their absence is allowed for."""
    if isinstance(node, nodes.Call):
        space = _space(node)
        if isinstance(node.node, nodes.Getattr) and not space:
            yield node.node.node, False
        for argument in node.args:
            yield argument, space == "expression"
        return
    allowed = _allows_absence(node)
    for child in node.iter_child_nodes():
        # The checks let nothing else through.
        yield cast(nodes.Expr, child.expr if isinstance(child, nodes.Operand) else child), allowed
        allowed = False


def _space(call: nodes.Call) -> str:
    """Return what stands before the dot of a function: ``json`` of ``json.select``; or nothing."""
    root = call.node.node if isinstance(call.node, nodes.Getattr) else None
    return root.name if isinstance(root, nodes.Name) and root.name in FUNCTIONS else ""


def _allows_absence(node: nodes.Expr) -> bool:
    """Whether the first part of *node* may be undefined."""
    return (isinstance(node, nodes.Filter) and node.name == "default") or (
        isinstance(node, nodes.Test) and node.name in {"defined", "undefined"}
    )
