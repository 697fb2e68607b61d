"""Rewriting: turns tokens, in either spelling, into the source that Jinja's parser reads.

Jinja's tree knows lines and no columns. So each piece is written on a line of its own, and the
line of a node says which piece, and so which part of the user's text, it came from.
"""

import re
from dataclasses import dataclass

from penstock.errors import ExpressionError
from penstock.expressions.filters import TESTS
from penstock.expressions.limits import MAX_DEPTH, MAX_INTEGER
from penstock.expressions.tokens import Part, Token

__all__ = ["Piece", "rewrite"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A line of Jinja source, and the part of the text (start, end) that it stands for."""

    code: str
    start: int
    end: int


#: Harness's words and signs for what Jinja spells otherwise. ``=~`` has no counterpart: it is
#: read as ``in``, which binds alike, and told apart afterwards.
_CODES = {
    "&&": "and",
    "||": "or",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "gt": ">",
    "le": "<=",
    "ge": ">=",
    "=~": "in",
    "null": "none",
}
#: Digits of a number that is written out.
_LONGEST = 30
#: The words that may follow ``is``.
_TESTED = frozenset({"not", "null", *TESTS})
_PREFIXES = frozenset({"!", "-", "+", "not"})
_DIGITS = re.compile(r"\.[0-9]+")
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def rewrite(tokens: list[Token], start: int) -> list[Piece]:
    """Return the pieces of the expression that *tokens* are; *start* is where it begins.

    Raises ``ExpressionError`` where the order of the tokens makes no sense, and where Jinja's
    parser would have to go too deep.
    """
    if not tokens:
        raise _empty(max(0, start - 2))
    writer = _Writer()
    writer.items(tokens, 0, len(tokens))
    _check_depth(writer.pieces)
    return writer.pieces


def _empty(offset: int) -> ExpressionError:
    return ExpressionError("the expression is empty", offset=offset)


def _check_depth(pieces: list[Piece]) -> None:
    """Bound what makes a recursive parser go deeper: brackets, ``else`` and prefixes."""
    depth = elses = prefixes = 0
    for piece in pieces:
        depth += (piece.code in {"(", "["}) - (piece.code in {")", "]"})
        elses += piece.code == "else"
        prefixes = prefixes + 1 if piece.code in _PREFIXES else 0
        if depth + elses + prefixes > MAX_DEPTH:
            raise _too_deep(piece.start)


def _too_deep(offset: int) -> ExpressionError:
    return ExpressionError(
        f"the expression is nested deeper than {MAX_DEPTH} levels",
        hint="split it into variables",
        offset=offset,
    )


class _Writer:
    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self._depth = 0

    def _put(self, code: str, token: Token) -> None:
        self.pieces.append(Piece(code, token.start, token.end))

    def items(self, tokens: list[Token], first: int, last: int) -> None:
        """Write what stands between two brackets: expressions with commas between them."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _too_deep(tokens[first].start)
        begin = first
        for comma in _at_top(tokens, first, last, ","):
            self._choice(tokens, begin, comma)
            self._put(",", tokens[comma])
            begin = comma + 1
        self._choice(tokens, begin, last)
        self._depth -= 1

    def _choice(self, tokens: list[Token], first: int, last: int) -> None:
        """Write ``c ? a : b`` as ``a if c else b``, and ``a ?: b`` as a default."""
        marks = _at_top(tokens, first, last, "?", ":")
        if not marks:
            self._plain(tokens, first, last)
            return
        question = marks[0]
        if len(marks) > 2 * MAX_DEPTH:
            raise _too_deep(tokens[question].start)
        colon = _partner(tokens, marks)
        if question == first or colon + 1 == last:
            raise ExpressionError(
                "a value is missing beside '?' and ':'", offset=tokens[question].start
            )
        if colon == question + 1:
            self._bracketed(tokens, first, question, tokens[question])
            for code in ("|", "default", "("):
                self._put(code, tokens[question])
            self.items(tokens, colon + 1, last)
            for code in (",", "true", ")"):
                self._put(code, tokens[colon])
            return
        self._bracketed(tokens, question + 1, colon, tokens[question])
        self._put("if", tokens[question])
        self._bracketed(tokens, first, question, tokens[question])
        self._put("else", tokens[colon])
        self._choice(tokens, colon + 1, last)

    def _bracketed(self, tokens: list[Token], first: int, last: int, mark: Token) -> None:
        if all(token.kind != "?" and token.text != "if" for token in tokens[first:last]):
            self.items(tokens, first, last)
            return
        self._put("(", mark)
        self.items(tokens, first, last)
        self._put(")", mark)

    def _plain(self, tokens: list[Token], first: int, last: int) -> None:
        index = first
        while index < last:
            index = self._one(tokens, index, last)

    def _one(self, tokens: list[Token], index: int, last: int) -> int:
        """Write the token at *index* with all that belongs to it; return the next index."""
        token = tokens[index]
        if token.kind == "!":
            end = _end_of_operand(tokens, index, last)
            self._put("(", token)
            self._put("not", token)
            self.items(tokens, index + 1, end)
            self._put(")", token)
            return end
        if token.kind == "<+" and token.partner == index + 1:
            raise _empty(token.start)
        if token.kind == "<+" and _is_chain(tokens[index + 1 : token.partner]):
            self._plain(tokens, index + 1, token.partner)
            return token.partner + 1
        if token.partner > index:
            self._put("[" if token.kind == "[" else "(", token)
            self.items(tokens, index + 1, token.partner)
            closing = tokens[token.partner]
            self._put("]" if token.kind == "[" else ")", closing)
            return token.partner + 1
        if token.text == "is":
            return self._test(tokens, index, last)
        self._word(token)
        return index + 1

    def _word(self, token: Token) -> None:
        match token.kind:
            case "string":
                self._quoted(token, token.parts)
            case "member":
                self._member(token)
            case "number":
                self._put(_number(token), token)
            case "name" if not _NAME.fullmatch(token.text):
                raise ExpressionError(
                    f"{token.text!r} cannot begin a name",
                    hint="put text into quotes",
                    offset=token.start,
                )
            case _:
                self._put(_CODES.get(token.text, token.text), token)

    def _test(self, tokens: list[Token], index: int, last: int) -> int:
        """Write ``is not defined`` on one line, so that the node's line stands for all of it."""
        end = index + 1
        while end < last and tokens[end].text in _TESTED:
            end += 1
        words = [_CODES.get(token.text, token.text) for token in tokens[index:end]]
        # Without the brackets Jinja takes the ``if`` of ``x is defined if y`` for an argument.
        code = " ".join(words) + ("" if words[-1] in {"is", "not"} else "()")
        self.pieces.append(Piece(code, tokens[index].start, tokens[end - 1].end))
        return end

    def _quoted(self, token: Token, parts: tuple[Part, ...]) -> None:
        """Write a text; one with expressions in it as the pieces joined by ``~``."""
        if len(parts) == 1 and isinstance(parts[0], str):
            self._put(_literal(parts[0]), token)
            return
        self._put("(", token)
        # An empty text first: the result is text even if there is nothing but one expression.
        self._put('""', token)
        for part in parts:
            if isinstance(part, str) and not part:
                continue
            if not part:
                raise _empty(token.start)
            self._put("~", token)
            if isinstance(part, str):
                self._put(_literal(part), token)
            else:
                self._put("(", token)
                self.items(part, 0, len(part))
                self._put(")", token)
        self._put(")", token)

    def _member(self, token: Token) -> None:
        name = token.parts[0]
        if len(token.parts) > 1 or not isinstance(name, str):
            self._put("[", token)
            self._quoted(token, token.parts)
            self._put("]", token)
        elif _DIGITS.fullmatch(token.text):
            self._put(f"[{_number(token)}]", token)
        elif token.text == f".{name}" and _NAME.fullmatch(name):
            self._put(f".{name}", token)
        else:
            self._put(f"[{_literal(name)}]", token)


def _is_chain(tokens: list[Token]) -> bool:
    """Whether *tokens* are a name and its members, which need no brackets."""
    return (
        bool(tokens)
        and tokens[0].kind == "name"
        and all(token.kind == "member" for token in tokens[1:])
    )


def _at_top(tokens: list[Token], first: int, last: int, *kinds: str) -> list[int]:
    """Return where tokens of *kinds* stand outside of any bracket."""
    found = []
    index = first
    while index < last:
        token = tokens[index]
        if token.kind in kinds:
            found.append(index)
        index = token.partner + 1 if token.partner > index else index + 1
    return found


def _partner(tokens: list[Token], marks: list[int]) -> int:
    """Return where the ``:`` of the first ``?`` stands."""
    depth = 0
    for index in marks:
        depth += 1 if tokens[index].kind == "?" else -1
        if depth <= 0:
            break
    if depth != 0:
        mark = tokens[marks[0] if depth > 0 else index]
        raise ExpressionError(
            f"{mark.text!r} stands without {'?' if mark.kind == ':' else ':'!r}",
            hint="write condition ? value : other value",
            offset=mark.start,
        )
    return index


def _end_of_operand(tokens: list[Token], index: int, last: int) -> int:
    """Return where the operand of the ``!`` at *index* ends: ``!`` binds tighter than ``==``."""
    end = index + 1
    while end < last and tokens[end].kind in {"!", "-"}:
        end += 1
    if end >= last or (tokens[end].partner < end and tokens[end].kind not in _OPERANDS):
        raise ExpressionError("a value is missing after '!'", offset=tokens[index].start)
    end = max(end, tokens[end].partner) + 1
    while end < last and tokens[end].kind in {"member", "(", "["}:
        end = max(end, tokens[end].partner) + 1
    return end


_OPERANDS = frozenset({"name", "number", "string"})


def _literal(text: str) -> str:
    """Return *text* as a quoted text that Jinja's lexer reads back as the same."""
    return '"' + text.encode("unicode_escape").decode("ascii").replace('"', '\\"') + '"'


def _number(token: Token) -> str:
    digits = token.text.lstrip(".")
    whole, _, fraction = digits.partition(".")
    if len(whole) > 1 and whole.startswith("0"):
        raise ExpressionError(
            f"{digits!r} is not a number", hint="put text into quotes", offset=token.start
        )
    if len(digits) > _LONGEST or (not fraction and int(whole) > MAX_INTEGER):
        raise ExpressionError("the number has more than 64 bits", offset=token.start)
    return digits
