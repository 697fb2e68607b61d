"""Checks, before anything runs, that each name an expression reads will be there.

A reference to a step that comes later, to itself, or to nothing is a fault with its place and the
near miss; so is a variable that needs its own value.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from penstock.connectors.scope import Reference, Scope
from penstock.errors import ConnectorError, ExpressionError, Fault
from penstock.expressions import Read, SecretRead, parse, parse_criterion
from penstock.nearest import suggestion
from penstock.pipeline.document import Document
from penstock.pipeline.leaves import (
    MOST_NEEDED,
    MOST_READINGS,
    Leaf,
    StepLeaf,
    VariableLeaf,
    settled,
)
from penstock.pipeline.places import Path
from penstock.pipeline.platform import advice
from penstock.pipeline.stand_ins import StandIns
from penstock.pipeline.surroundings import Advised
from penstock.pipeline.visible import Here, StepNames, Visible

__all__ = ["References"]

#: At so many faults the near miss is looked for: it takes its time.
_HINTED = 100
#: A longer chain of variables is cut in the middle.
_SHOWN = 8


class References:
    """What can be read at each place of a document, and the faults of what cannot."""

    def __init__(
        self,
        document: Document,
        gates: Mapping[str, str],
        outputs: Mapping[str, frozenset[str]] = MappingProxyType({}),
        stand_ins: StandIns = MappingProxyType({}),
        around: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        """Take the document, valid or not.

        *gates* maps the names that only a gate knows (``issue``) to a text that says where;
        *outputs* holds the names of the outputs of step types, where they are known;
        *stand_ins* are names that a rehearsal will have besides; *around* are names from
        outside of the document, such as ``variable``.
        """
        self._source = document.source
        self._hidden = document.hidden
        self._gates = gates
        self._hints_left = _HINTED
        tree = document.tree
        org, project = tree.get("orgIdentifier"), tree.get("projectIdentifier")
        self._scope = Scope.of(org=org, project=project)
        self.visible = Visible(document, outputs, stand_ins, around)

    def faults(
        self,
        text: str,
        path: Path,
        here: Here,
        *,
        whole: bool = False,
        kept: Collection[str] = (),
        secret: bool = False,
        reader: VariableLeaf | None = None,
    ) -> list[Fault]:
        """Return the faults of the text at *path*, read by what stands *here*.

        *whole* says that all of it is one expression (a criterion, a condition); *kept* names the
        roots (``issue``) that only the step will know; *secret* says that secrets may be in it;
        *reader* is the variable whose value it is.
        """
        try:
            template = parse_criterion(text) if whole else parse(text)
        except ExpressionError as error:
            return [self._source.fault(path, error.message, error.hint, offset=error.offset)]
        found = self._secrets(template.secrets, path, reader, allowed=secret)
        for read in template.reads:
            known = read.path[0] in kept
            complaint = None if known else self._complaint(read, here, reader, secret=secret)
            if complaint:
                found.append(self._source.fault(path, *complaint, offset=read.offset))
        return found

    def _secrets(
        self,
        secrets: Iterable[SecretRead],
        path: Path,
        reader: VariableLeaf | None,
        *,
        allowed: bool,
    ) -> list[Fault]:
        """Return the faults of secrets that are read by their reference.

        A variable may hold one, of a scope within the pipeline's reach, and so may the value of a
        key where it is *allowed*; nothing else may.
        """
        found = []
        for secret in secrets:
            if reader is not None:
                reader.is_secret = True
            if reader is not None or allowed:
                complaint = _out_of_reach(secret.reference, self._scope)
            else:
                complaint = _in_the_open(f"the secret {secret.reference or ''}".strip())
            if complaint:
                found.append(self._source.fault(path, *complaint, offset=secret.offset))
        return found

    def _complaint(
        self, read: Read, here: Here, reader: VariableLeaf | None, *, secret: bool
    ) -> tuple[str, str] | None:
        node: Any = here.names
        for i, part in enumerate(read.path):
            if isinstance(node, StepLeaf) and node.names is not None and part not in node.names:
                return self._not_there(read, i, node.names)
            if not isinstance(node, Mapping):
                break
            if part not in node:
                return None if part in self._hidden else self._not_there(read, i, node)
            node = node[part]
        if isinstance(node, StepNames) and read.begins:
            return self._joined(read, node, here)
        if isinstance(node, StepLeaf) and read.optional:
            return None
        return _misuse(read, node, here, reader, secret=secret)

    def _joined(self, read: Read, nodes: StepNames, here: Here) -> tuple[str, str] | None:
        """Tell what is wrong with a node whose name an expression ends: ``deploy<+…>``."""
        if read.optional:
            return None
        if any(name.startswith(read.begins) for name in (*nodes, *self._hidden)):
            whole = replace(read, path=(*read.path, f"{read.begins}…"))
            return _too_early(whole, nodes.loops.get(read.begins), here)
        above = ".".join(read.path)
        there = f"nothing in {above!r} begins with {read.begins!r}"
        message = f"'{above}.{read.begins}…' cannot be read: {there}"
        return message, suggestion(read.begins, nodes) or "nothing is defined there"

    def _not_there(self, read: Read, i: int, known: Collection[str]) -> tuple[str, str] | None:
        if read.optional:
            return None
        part = read.path[i]
        above = ".".join(read.path[:i])
        there = f"{part!r} is not in {above!r}" if above else f"there is no {part!r}"
        message = f"{'.'.join(read.path)!r} cannot be read: {there}"
        self._hints_left -= 1
        return message, self._hint(read.path, i, known) if self._hints_left >= 0 else ""

    def _hint(self, path: tuple[str, ...], i: int, known: Collection[str]) -> str:
        part = path[i]
        if i == 0 and part in self._gates:
            return f"it is known only in {self._gates[part]}"
        if i == 0 and part == "input":
            return "an input must be all of a value, and begin with `<+input>`"
        if of_the_platform := advice(path, i):
            return of_the_platform
        if isinstance(known, Advised):
            return known.advice(part)
        longer = [name for name in known if name.startswith((f"{part}.", f"{part}-"))]
        if longer:
            quoted = [f'."{name}"' for name in longer[:3]]
            return f"a name with . or - in it is written in quotes: {' or '.join(quoted)}"
        return suggestion(part, known) or "nothing is defined there"

    def settle(self) -> Iterator[Fault]:
        """Learn what each variable needs; yield a fault for each cycle and for what is too much."""
        variables = [*self.visible.variables()]
        for cycle in settled(variables):
            names = [leaf.name for leaf in (*cycle, cycle[0])]
            if len(names) > _SHOWN:
                names[_SHOWN // 2 : -_SHOWN // 2] = ["…"]
            first = f"the {cycle[0].kind} {names[0]!r}"
            message = f"{first} needs its own value: {' → '.join(names)}"
            yield self._source.fault(cycle[0].path, message, "break the cycle")
        for leaf in variables:
            below = [needed for needed in leaf.needs if isinstance(needed, VariableLeaf)]
            if leaf.is_heavy and not any(needed.is_heavy for needed in below):
                message = f"the {leaf.kind} {leaf.name!r} needs too many others"
                hint = (
                    f"a chain may have {MOST_NEEDED} of them, and {MOST_READINGS} readings in all"
                )
                yield self._source.fault(leaf.path, message, hint)


def _in_the_open(what: str) -> tuple[str, str] | None:
    return f"{what} would be written in the open", "secrets belong into connectors; take it out"


def _out_of_reach(reference: str | None, scope: Scope) -> tuple[str, str] | None:
    """Tell what is wrong with a reference to a secret that is read in a pipeline of *scope*."""
    try:
        if reference is not None:
            Reference.parse(reference).require_reach(scope)
    except ConnectorError as error:
        return error.faults[0].message, error.faults[0].hint
    return None


def _misuse(
    read: Read, node: object, here: Here, reader: VariableLeaf | None, *, secret: bool
) -> tuple[str, str] | None:
    """Tell what is wrong with reading *node*, which is there; *reader* learns that it needs it."""
    if reader is not None and isinstance(node, Leaf):
        reader.needs.append(node)
    elif isinstance(node, VariableLeaf) and node.is_secret and not secret:
        return _in_the_open(f"the secret in the {node.kind} {node.name!r}")
    return _too_early(read, node, here)


def _too_early(read: Read, node: object, here: Here) -> tuple[str, str] | None:
    """Tell what needs a step that has not run when it is read."""
    step = node.last if isinstance(node, VariableLeaf) else node
    if not isinstance(step, StepLeaf) or step.turn < here.turn:
        return None
    verb = "reads" if step is node else "needs"
    written = ".".join(read.path)
    if step.written == here.own:
        return f"{written!r} {verb} the step that it is part of", "read an earlier step"
    return (
        f"{written!r} {verb} {step.written}, which has not run yet at this point",
        "move that step before this one",
    )
