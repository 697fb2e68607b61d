"""Where the nodes of a syntax tree come from in the user's text."""

from dataclasses import dataclass

from jinja2 import nodes

from penstock.expressions.rewriting import Piece
from penstock.expressions.values import cut

__all__ = ["Origin", "first_line"]

#: Nodes whose line is that of a piece of their own; the others' lines say where they end.
_PLACED = (
    nodes.Call,
    nodes.Const,
    nodes.Filter,
    nodes.Getattr,
    nodes.Getitem,
    nodes.List,
    nodes.Name,
    nodes.Neg,
    nodes.Not,
    nodes.Pos,
    nodes.Test,
)
#: The line of the first piece: line 1 is ``{{``.
_FIRST_LINE = 2
_EXCERPT = 80


@dataclass(frozen=True)
class Origin:
    """The text of an expression, its pieces, and its brackets and quotes as (start, end)."""

    text: str
    pieces: tuple[Piece, ...]
    pairs: tuple[tuple[int, int], ...]

    def source(self) -> str:
        """Return what Jinja's parser reads: one piece a line."""
        return "\n".join(["{{", *(piece.code for piece in self.pieces), "}}"])

    def piece(self, line: int) -> Piece | None:
        """Return the piece on a line of the source."""
        index = line - _FIRST_LINE
        return self.pieces[index] if 0 <= index < len(self.pieces) else None

    def operator(self, right: nodes.Expr) -> str:
        """Return the operator before an operand, as the user wrote it."""
        index = first_line(right) - _FIRST_LINE - 1
        while self.pieces[index].code == "(":
            index -= 1
        piece = self.pieces[index]
        return self.text[piece.start : piece.end]

    def span(self, node: nodes.Expr) -> tuple[int, int]:
        """Return where *node* starts and ends in the text, with every bracket it opens closed."""
        start, end = len(self.text), 0
        for inner in [node, *node.find_all(nodes.Expr)]:
            piece = self.piece(inner.lineno) if isinstance(inner, _PLACED) else None
            if piece is not None:
                start, end = min(start, piece.start), max(end, piece.end)
        grown = True
        while grown:
            grown = False
            for opens, closes in self.pairs:
                if (start <= opens < end) != (start < closes <= end):
                    start, end = min(start, opens), max(end, closes)
                    grown = True
        return start, end

    def excerpt(self, node: nodes.Expr) -> str:
        """Return the text of *node*, cut, for a message."""
        start, end = self.span(node)
        return cut(self.text[start:end], _EXCERPT)

    def label(self, node: nodes.Expr, length: int) -> str:
        """Return the text of *node* with the ``<+ >`` around it, at most *length* characters."""
        start, end = self.span(node)
        # Inner brackets close before outer ones, and so come first.
        for opens, closes in self.pairs:
            inside = self.text[opens + 2 : start] + self.text[end : closes - 1]
            if opens < start and self.text.startswith("<+", opens) and not inside.strip():
                start, end = opens, closes
        return cut(" ".join(self.text[start:end].split()), length)


def first_line(node: nodes.Expr) -> int:
    """Return the line on which *node* begins."""
    return min(inner.lineno for inner in [node, *node.find_all(nodes.Expr)] if inner.lineno)
