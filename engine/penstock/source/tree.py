"""Builds a tree of text out of YAML, strictly: no anchors, tags, merges, or guessed types."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

from yaml.error import Mark, MarkedYAMLError
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    Event,
    MappingEndEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

from penstock.errors import Fault, Refused
from penstock.source.advice import (
    QUOTE_EXPRESSION,
    UNQUOTED_TEMPLATE,
    advice,
    cut_expression,
    shown_key,
    wrong_key,
)
from penstock.source.place import Lines, Spot

__all__ = ["MAX_DEPTH", "MAX_NODES", "PlainText", "Tree", "Value", "build"]

#: How deep lists and mappings may nest.
MAX_DEPTH: Final = 64
#: How many values a file may hold: 256 KiB of ordinary YAML have 15,000.
MAX_NODES: Final = 20_000
#: At most so many faults are listed.
_MOST = 50

#: What counts as nothing, where it is not quoted.
_NULL = frozenset({"", "~", "null"})
_REMARK = re.compile(" +#")
_SURROGATE = re.compile("[\ud800-\udfff]")

_TOO_DEEP = f"more than {MAX_DEPTH} levels"
_TOO_MANY = f"more than {MAX_NODES} values"
_EMPTY = ("the file is empty", "write a mapping into it, such as 'key: value'")
_NO_COLLECTION = ("the file holds one text only", "write a mapping into it, such as 'key: value'")
_SECOND = ("a second document begins here", "keep one document in a file")
_NO_KEY = ("a list or a mapping cannot be a key", "write a text before ':'")
_ALIAS = ("YAML aliases are not supported", "write the value out, or quote a text with '*'")
_ANCHOR = ("YAML anchors are not supported", "delete it, or quote a text that begins with '&'")
_TAG = ("YAML tags are not supported", "delete it, or quote a text that begins with '!'")
_HALF = ("half of a surrogate pair in this text", "write the whole character")
_NUL = ("a NUL character in this text", "delete it")
_COMMENT = ("' #' begins a comment and cuts the expression before it", QUOTE_EXPRESSION)


class PlainText(str):
    """A scalar that stood unquoted in the YAML: it could be meant as a number or a boolean."""

    __slots__ = ()


#: What a YAML text becomes: a ``str`` may be a ``PlainText``.
Value: TypeAlias = "str | list[Value] | dict[str, Value] | None"
_Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True)
class Tree:
    """The value, and where each part of it stands, by path."""

    value: Value
    spots: Mapping[_Path, Spot]


def build(text: str, file: str, lines: Lines) -> Tree:
    """Return the tree of *text*, which ``text_file.checked`` has seen.

    Raise ``Refused`` with every fault found up to the first place where parsing cannot go on.
    """
    builder = _Builder(text, file, lines)
    value: Value = None
    try:
        value = builder.document()
    except MarkedYAMLError as error:
        message, hint, index = advice(error, text)
        builder.found(index, message, hint)
    Refused.unless_empty(builder.faults)
    return Tree(value, builder.spots)


class _Events(Reader, Scanner, Parser):
    """PyYAML's pure Python parser; the C one differs (tabs) and can be crashed (nesting)."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)

    def next(self) -> Event:
        """Return the next event; whatever goes wrong is a ``MarkedYAMLError``."""
        try:
            event: Event = self.get_event()  # type: ignore[no-untyped-call] # so in the stubs
        except (ValueError, OverflowError) as error:  # an escape beyond Unicode
            problem = "found unknown escape"
            raise MarkedYAMLError(problem=problem, problem_mark=self.get_mark()) from error
        return event

    def fetch_directive(self) -> None:
        raise MarkedYAMLError(problem="directive", problem_mark=self.get_mark())

    def fetch_flow_collection_start(self, token_class: object) -> None:
        # Here and not later: looking ahead for a key costs the square of the nesting.
        if self.flow_level >= MAX_DEPTH:
            raise MarkedYAMLError(problem=_TOO_DEEP, problem_mark=self.get_mark())
        Scanner.fetch_flow_collection_start(self, token_class)


class _Builder:
    """Walks the events once; remembers where everything stands, and every fault."""

    def __init__(self, text: str, file: str, lines: Lines) -> None:
        self.faults: list[Fault] = []
        self.spots: dict[_Path, Spot] = {}
        self._text = text
        self._file = file
        self._lines = lines
        self._events = _Events(text)
        self._count = 0

    def found(self, index: int, message: str, hint: str) -> None:
        """Note a fault; after fifty of them nobody needs more."""
        place = self._lines.place(index)
        self.faults.append(Fault(message, hint, self._file, place.line, place.column))
        if len(self.faults) == _MOST:
            Refused.unless_empty(self.faults)

    def document(self) -> Value:
        """Return the value of the only document."""
        self._events.next()
        event = self._events.next()
        if isinstance(event, StreamEndEvent):
            self.found(0, *_EMPTY)
            return None
        event = self._events.next()
        value = self._node(event, ())
        if value is None and not self.faults:
            self.found(0, *_EMPTY)
        elif isinstance(value, str):
            self.found(_index(event), *_NO_COLLECTION)
        self._events.next()
        event = self._events.next()
        if not isinstance(event, StreamEndEvent):
            self.found(_index(event), *_SECOND)
        return value

    def _node(self, event: Event, path: _Path, key: int | None = None) -> Value:
        self._counted(event)
        style = event.style if isinstance(event, ScalarEvent) else None
        self.spots[path] = Spot(_index(event), _end(event), key, style)
        if not self._is_bare(event):
            return None
        if isinstance(event, ScalarEvent):
            return self._scalar(event)
        if len(path) >= MAX_DEPTH:
            raise MarkedYAMLError(problem=_TOO_DEEP, problem_mark=_begin(event))
        if isinstance(event, SequenceStartEvent):
            return self._sequence(path)
        return self._mapping(path)

    def _sequence(self, path: _Path) -> list[Value]:
        items: list[Value] = []
        while not isinstance(event := self._events.next(), SequenceEndEvent):
            items.append(self._node(event, (*path, len(items))))
        return items

    def _mapping(self, path: _Path) -> dict[str, Value]:
        entries: dict[str, Value] = {}
        while not isinstance(event := self._events.next(), MappingEndEvent):
            key = self._key(event)
            if key in entries:
                self._twice(key, self.spots[*path, key], event)
            value = self._events.next()
            if key is None or key in entries:
                self._skip(value)
            else:
                entries[key] = self._node(value, (*path, key), _index(event))
        return entries

    def _key(self, event: Event) -> str | None:
        """Return a key as text, or ``None`` for what cannot be one."""
        if isinstance(event, CollectionStartEvent):
            self._skip(event)
            begins = _index(event) - 1
            if self._text[max(begins, 0) : begins + 2] == "{{":
                self.found(begins, *UNQUOTED_TEMPLATE)
            else:
                self.found(begins + 1, *_NO_KEY)
            return None
        if not self._is_bare(event) or not isinstance(event, ScalarEvent):
            return None
        wrong = wrong_key(event.value, plain=event.style is None)
        if wrong:
            self.found(_index(event), *wrong)
            return None
        return str(event.value)

    def _scalar(self, event: ScalarEvent) -> str | None:
        text: str = event.value
        if event.style is None:
            if text in _NULL:
                return None
            comment = _REMARK.match(self._text, _end(event))
            if comment and cut_expression(text):
                self.found(comment.end() - 1, *_COMMENT)
            return PlainText(text)
        if _SURROGATE.search(text):
            text = self._joined(text, event)
        if "\0" in text:
            self.found(_index(event), *_NUL)
        return text

    def _joined(self, text: str, event: ScalarEvent) -> str:
        """Join the halves in which JSON writes a character beyond U+FFFF."""
        try:
            return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        except UnicodeDecodeError:
            self.found(_index(event), *_HALF)
            return text

    def _is_bare(self, event: Event) -> bool:
        """Note whatever stands before a value and is not supported; tell whether it is one."""
        if isinstance(event, AliasEvent):
            self.found(_index(event), *_ALIAS)
            return False
        if isinstance(event, NodeEvent) and event.anchor:
            self.found(_index(event), *_ANCHOR)
        if isinstance(event, ScalarEvent | CollectionStartEvent) and event.tag:
            self.found(_index(event), *_TAG)
        return True

    def _counted(self, event: Event) -> None:
        self._count += 1
        if self._count > MAX_NODES:
            raise MarkedYAMLError(problem=_TOO_MANY, problem_mark=_begin(event))

    def _twice(self, key: str, first: Spot, event: Event) -> None:
        where = [self._lines.place(index).line for index in (first.key or 0, _index(event))]
        message = (
            f"the key {shown_key(key)} stands twice, in line {where[0]} and in line {where[1]}"
        )
        self.found(_index(event), message, "keep one of them")

    def _skip(self, event: Event) -> None:
        """Consume a value that nobody can use."""
        depth = 0
        while True:
            self._counted(event)
            depth += isinstance(event, CollectionStartEvent)
            depth -= isinstance(event, CollectionEndEvent)
            if depth == 0:
                return
            event = self._events.next()


def _index(event: Event) -> int:
    return int(_begin(event).index)


def _begin(event: Event) -> Mark:
    return cast("Mark", event.start_mark)  # the parser always gives one


def _end(event: Event) -> int:
    return int(cast("Mark", event.end_mark).index)
