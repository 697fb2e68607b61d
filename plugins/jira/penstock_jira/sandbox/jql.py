"""The little JQL that the sandbox understands, read into a tree.

::

    query  = [or] ["ORDER BY" field ["ASC" | "DESC"] {"," …}]
    or     = and {"OR" and}
    and    = not {"AND" not}
    not    = "NOT" not | "(" or ")" | clause
    clause = field operator value | field ["NOT"] "IN" "(" value {"," value} ")"
           | field "IS" ["NOT"] ("EMPTY" | "NULL")
"""

import re
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from penstock_jira.sandbox.problem import Problem

__all__ = ["Both", "Clause", "Either", "Not", "Order", "Query", "Tree", "parse_jql"]

_OPERATORS = ("=", "!=", "<=", ">=", "<", ">", "~", "!~")
_VALID = "'=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'"
_TOKEN = re.compile(
    r"""\s*(?:
        "(?P<double>(?:[^"\\\n\r]|\\.)*)" | '(?P<single>(?:[^'\\\n\r]|\\.)*)'
      | (?P<mark><=|>=|!=|!~|[=<>~(),])
      | (?P<word>cf\[\d+\]|[^\s"'=<>!~(),]+(?:\(\))?)
    )""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}
#: Deeper queries are refused: nobody writes one.
_DEEPEST = 40


class _Token(NamedTuple):
    text: str
    #: ``mark``, ``word`` or ``quoted``.
    sort: str
    at: int


@dataclass(frozen=True)
class Clause:
    """One comparison: *operator* is one of Jira's, ``in``, ``not in``, ``is`` or ``is not``."""

    field: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Both:
    """All of its parts are true."""

    parts: tuple["Tree", ...]


@dataclass(frozen=True)
class Either:
    """One of its parts is true."""

    parts: tuple["Tree", ...]


@dataclass(frozen=True)
class Not:
    """Its part is not true."""

    part: "Tree"


Tree: TypeAlias = Clause | Both | Either | Not


@dataclass(frozen=True)
class Order:
    """A field to sort by, and in which direction."""

    field: str
    descending: bool


@dataclass(frozen=True)
class Query:
    """A whole query; without a tree, it asks for everything."""

    tree: Tree | None
    order: tuple[Order, ...]


def parse_jql(text: str) -> Query:
    """Read a query; raise Jira's 400."""
    return _Parser(text).query()


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            raise _fault(f"'{text[position:].strip()[0]}' is not expected here", text, position)
        sort = str(match.lastgroup)
        found = match.group(sort)
        if sort in ("double", "single"):
            found, sort = _ESCAPE.sub(_unescaped, found), "quoted"
        tokens.append(_Token(found, sort, match.start()))
        position = match.end()
    return tokens


def _unescaped(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _ESCAPED.get(escape[2], escape[2])


def _fault(what: str, text: str, at: int) -> Problem:
    line = text.count("\n", 0, at) + 1
    column = at - text.rfind("\n", 0, at)
    return Problem(400, f"Error in the JQL Query: {what}. (line {line}, character {column})")


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._next = 0
        self._depth = 0

    def query(self) -> Query:
        tree = None if self._at_end() or self._is("order") else self._either()
        order = self._order() if self._take("order") else ()
        if not self._at_end():
            got = self._tokens[self._next].text
            raise self._wrong(f"Expecting either 'OR' or 'AND' but got '{got}'")
        return Query(tree, order)

    def _either(self) -> Tree:
        parts = [self._both()]
        while self._take("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _both(self) -> Tree:
        parts = [self._single()]
        while self._take("and"):
            parts.append(self._single())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _single(self) -> Tree:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._wrong("it is nested too deeply")
        tree: Tree
        if self._take("not"):
            tree = Not(self._single())
        elif self._take("("):
            tree = self._either()
            self._expect(")")
        else:
            tree = self._clause()
        self._depth -= 1
        return tree

    def _clause(self) -> Clause:
        field = self._value("a field name")
        operator = self._operator()
        if operator in ("in", "not in"):
            return Clause(field, operator, self._list())
        if operator in ("is", "is not"):
            empty = self._value("'EMPTY' or 'NULL'")
            if empty.lower() not in ("empty", "null"):
                raise self._wrong(f"The operator '{operator}' only takes EMPTY or NULL")
            return Clause(field, operator, ())
        return Clause(field, operator, (self._value("a value"),))

    def _operator(self) -> str:
        for mark in _OPERATORS:
            if self._take(mark):
                return mark
        if self._take("in"):
            return "in"
        if self._take("is"):
            return "is not" if self._take("not") else "is"
        if self._take("not"):
            self._expect("in")
            return "not in"
        if self._at_end():
            raise self._wrong("Expecting operator before the end of the query")
        got = self._tokens[self._next].text
        raise self._wrong(f"Expecting operator but got '{got}'. The valid operators are {_VALID}")

    def _list(self) -> tuple[str, ...]:
        self._expect("(")
        values = [self._value("a value")]
        while self._take(","):
            values.append(self._value("a value"))
        self._expect(")")
        return tuple(values)

    def _order(self) -> tuple[Order, ...]:
        self._expect("by")
        order = []
        while True:
            field = self._value("a field name")
            descending = self._take("desc")
            if not descending:
                self._take("asc")
            order.append(Order(field, descending))
            if not self._take(","):
                return tuple(order)

    def _value(self, what: str) -> str:
        if self._at_end():
            raise self._wrong(f"Expecting {what} before the end of the query")
        token = self._tokens[self._next]
        if token.sort == "mark":
            raise self._wrong(f"Expecting {what} but got '{token.text}'")
        self._next += 1
        return token.text

    def _at_end(self) -> bool:
        return self._next >= len(self._tokens)

    def _is(self, text: str) -> bool:
        if self._at_end():
            return False
        token = self._tokens[self._next]
        return token.sort != "quoted" and token.text.lower() == text

    def _take(self, text: str) -> bool:
        found = self._is(text)
        self._next += found
        return found

    def _expect(self, text: str) -> None:
        if not self._take(text):
            got = "the end of the query" if self._at_end() else self._tokens[self._next].text
            raise self._wrong(f"Expecting '{text.upper()}' but got '{got}'")

    def _wrong(self, what: str) -> Problem:
        at = len(self._text) if self._at_end() else self._tokens[self._next].at
        return _fault(what, self._text, at)
