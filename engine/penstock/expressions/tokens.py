"""Tokens: what an expression is made of, in either spelling, and where each piece stands.

The scanner also finds where an expression ends: at the ``>`` or ``}}`` that is in no quotes and
in no brackets. Inside brackets a ``>`` compares.
"""

import re
from dataclasses import dataclass
from typing import TypeAlias

from penstock.errors import ExpressionError
from penstock.expressions.limits import MAX_DEPTH, MAX_NESTING, MAX_TEXT, MAX_TOKENS

__all__ = ["Part", "Scanner", "Token"]

#: A piece of a quoted text or of a member's name: literal, or the tokens of a ``<+ … >`` in it.
Part: TypeAlias = "str | list[Token]"


@dataclass(slots=True)
class Token:
    """One token. ``kind`` is name, number, string, member (``.name``), or the operator itself."""

    kind: str
    text: str
    start: int
    end: int
    parts: tuple[Part, ...] = ()
    #: Of an opening bracket (``(``, ``[``, ``<+``): the index of the closing one.
    partner: int = -1


_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n]+)
  | (?P<name>[^\W\d][\w$]*)
  | (?P<number>[0-9]+(?:\.[0-9]+)?(?P<tail>\w)?)
  | (?P<quote>["'])
  | (?P<member>\.)
  | (?P<open>[(\[]|<\+)
  | (?P<close>[)\]])
  | (?P<operator>&&|\|\||[=!]=|<=|>=|=~|(?!\*\*|//)[-+*/<>!?:,|~])
    """,
    re.VERBOSE,
)
_WORD = re.compile(r"[\w$]+")
#: What stands between the quotes and means itself.
_QUOTED = {'"': re.compile(r'[^"\\<]+'), "'": re.compile(r"[^'\\<]+")}
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'"}
_CLOSING = {"(": ")", "[": "]", "<+": ">"}
#: Words that are operators: no value, so another may follow.
_WORDS = frozenset(
    ["and", "or", "not", "in", "is", "if", "else", "eq", "ne", "lt", "gt", "le", "ge"]
)
_ADVICE = {
    "*": "powers are not part of the language",
    "/": "division that cuts is not part of the language",
    "%": "remainders are not part of the language",
    "=": "write == to compare; nothing can be assigned",
    "&": "write && or and",
    "{": "maps cannot be written in an expression",
    "\u00a0": "this is a no-break space; type a plain one",
}


class Scanner:
    """Reads the tokens of one expression of a text."""

    def __init__(self, text: str, start: int, *, harness: bool, end: int | None = None) -> None:
        """Take the text and the part of it to read; *harness* allows ``<+ … >`` inside."""
        self._text = text
        self._harness = harness
        self._end = len(text) if end is None else end
        self._origin = start
        self._count = 0
        #: Where brackets and quotes open and end, as (start, end).
        self.pairs: list[tuple[int, int]] = []

    def scan(self, start: int, closing: str, nesting: int = 0) -> tuple[list[Token], int]:
        """Return the tokens from *start* on, and the offset after *closing*, which ends them.

        An empty *closing* reads to the end of the text. Raises ``ExpressionError``.
        """
        tokens: list[Token] = []
        stack: list[int] = []
        position = start
        while True:
            if position - self._origin > MAX_TEXT or self._count > MAX_TOKENS:
                raise ExpressionError(
                    f"the expression is longer than {MAX_TEXT} characters or {MAX_TOKENS} words, "
                    f"or its {closing or 'end'!r} is missing",
                    offset=start,
                )
            if position >= self._end:
                self._finish(closing, tokens[stack[-1]] if stack else None, start)
                return tokens, position
            if not stack and closing and self._text.startswith(closing, position):
                return tokens, position + len(closing)
            position = self._token(tokens, stack, position, nesting)

    def _finish(self, closing: str, unclosed: Token | None, start: int) -> None:
        if unclosed is not None:
            raise ExpressionError(
                f"{unclosed.text!r} is never closed",
                hint=f"add {_CLOSING[unclosed.text]!r}",
                offset=unclosed.start,
            )
        if closing:
            opening = "<+" if closing == ">" else "{{"
            raise ExpressionError(
                f"{opening!r} is never closed by {closing!r}",
                hint=f"to write it as plain text, write {{{{ '{opening}' }}}}",
                offset=max(0, start - 2),
            )

    def _token(self, tokens: list[Token], stack: list[int], position: int, nesting: int) -> int:
        """Read what stands at *position*, and return where the next token may begin."""
        if stack and self._text[position] == ">" and tokens[stack[-1]].text == "<+":
            return self._close(tokens, stack, ">", position)
        kind, text = self._next(position)
        end = position + len(text)
        if kind == "space":
            return end
        if kind == "close":
            return self._close(tokens, stack, text, position)
        if kind == "open":
            self._open(tokens, stack, text, position, nesting)
            return end
        if kind == "quote":
            token = self._string(position, nesting)
        elif kind == "member":
            token = self._member(position, nesting)
        else:
            token = Token(text if kind == "operator" else kind, text, position, end)
        if kind in {"name", "number", "quote"} and text not in _WORDS:
            self._refuse_neighbour(tokens, token)
        tokens.append(token)
        return token.end

    def _next(self, position: int) -> tuple[str, str]:
        """Return the kind and the text of the token at *position*."""
        match = _TOKEN.match(self._text, position, self._end)
        if match is None or match.lastgroup is None:
            character = self._text[position]
            raise ExpressionError(
                f"{character!r} has no meaning in an expression",
                hint=_ADVICE.get(character, "put text into quotes"),
                offset=position,
            )
        if match["tail"]:
            raise ExpressionError(
                f"{match.group()!r} is not a number", hint="put text into quotes", offset=position
            )
        self._count += 1
        return match.lastgroup, match.group()

    def _refuse_neighbour(self, tokens: list[Token], token: Token) -> None:
        """Refuse a value right after a value: ``a "b"``, and ``f <+x>``, which is no call."""
        before = tokens[-1] if tokens else None
        if before is None or before.text in _WORDS:
            return
        if before.kind in {"name", "number", "string", "member", ")", "]", ">"}:
            if before.kind == ">" and before.partner < 0:
                return
            raise ExpressionError(
                f"an operator is missing before {token.text!r}", offset=token.start
            )

    def _open(
        self, tokens: list[Token], stack: list[int], text: str, position: int, nesting: int
    ) -> None:
        token = Token(text, text, position, position + len(text))
        if text == "<+":
            around = sum(tokens[index].text == "<+" for index in stack)
            self._check_nesting(position, nesting + around + 1)
            self._refuse_neighbour(tokens, token)
        if len(stack) >= MAX_DEPTH:
            raise ExpressionError(f"more than {MAX_DEPTH} brackets are open", offset=position)
        stack.append(len(tokens))
        tokens.append(token)

    def _check_nesting(self, position: int, nesting: int) -> None:
        if not self._harness:
            raise ExpressionError(
                "'<+' cannot stand inside '{{ }}'",
                hint="inside {{ }} a name needs no brackets of its own",
                offset=position,
            )
        if nesting > MAX_NESTING:
            raise ExpressionError(
                f"'<+' is nested deeper than {MAX_NESTING} levels", offset=position
            )

    def _close(self, tokens: list[Token], stack: list[int], text: str, position: int) -> int:
        if not stack:
            raise ExpressionError(f"{text!r} closes nothing", offset=position)
        opening = tokens[stack[-1]]
        expected = _CLOSING[opening.text]
        if expected != text:
            raise ExpressionError(
                f"{text!r} stands where {expected!r} should close {opening.text!r}",
                offset=position,
            )
        opening.partner = len(tokens)
        end = position + len(text)
        tokens.append(Token(text, text, position, end, partner=stack.pop()))
        self.pairs.append((opening.start, end))
        return end

    def _string(self, start: int, nesting: int) -> Token:
        """Read a quoted text; in Harness's spelling, ``<+ … >`` in it is an expression."""
        quote = self._text[start]
        parts: list[Part] = []
        literal: list[str] = []
        position = start + 1
        while not self._text.startswith(quote, position):
            if position >= self._end or position - self._origin > MAX_TEXT:
                raise ExpressionError(
                    f"the quote {quote} is never closed", hint=f"add {quote}", offset=start
                )
            if self._harness and self._text.startswith("<+", position):
                self._check_nesting(position, nesting + 1)
                tokens, position = self.scan(position + 2, ">", nesting + 1)
                parts += [_text_of(literal, start), tokens]
                literal = []
            else:
                piece = _QUOTED[quote].match(self._text, position, self._end) or _ESCAPE.match(
                    self._text, position, self._end
                )
                position = piece.end() if piece else position + 1
                literal.append(piece.group() if piece else self._text[position - 1])
        parts.append(_text_of(literal, start))
        self.pairs.append((start, position + 1))
        return Token("string", self._text[start : position + 1], start, position + 1, tuple(parts))

    def _member(self, start: int, nesting: int) -> Token:
        """Read ``.name``, ``."a name"``, or, in Harness's spelling, ``.name<+ … >``."""
        position = start + 1
        if position < self._end and self._text[position] in _QUOTED:
            quoted = self._string(position, nesting)
            return Token("member", quoted.text, start, quoted.end, quoted.parts)
        parts: list[Part] = []
        while position < self._end:
            word = _WORD.match(self._text, position, self._end)
            if word:
                parts.append(word.group())
                position = word.end()
            elif self._harness and self._text.startswith("<+", position):
                self._check_nesting(position, nesting + 1)
                tokens, position = self.scan(position + 2, ">", nesting + 1)
                parts.append(tokens)
            else:
                break
        if not parts:
            raise ExpressionError("a name is missing after '.'", offset=start)
        return Token("member", self._text[start:position], start, position, tuple(parts))


def _text_of(pieces: list[str], start: int) -> str:
    """Return what a quoted text says: ``\\n``, ``\\"``, ``\\u0041`` mean what they mean in JEXL."""
    text = "".join(
        _ESCAPE.sub(_unescaped, piece) if piece.startswith("\\") else piece for piece in pieces
    )
    if any("\ud800" <= character <= "\udfff" for character in text):
        try:
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            raise ExpressionError("the text holds half a character", offset=start) from None
    return text


def _unescaped(match: re.Match[str]) -> str:
    if match[1]:
        return chr(int(match[1], 16))
    # A backslash before anything else stays: patterns are full of them.
    return _ESCAPED.get(match[2], match.group())
