"""Values: what an expression may compute with, how each is named, and how it becomes text."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeGuard

from penstock.expressions.dates import Moment
from penstock.expressions.faults import OperandError
from penstock.expressions.limits import MAX_DEPTH, MAX_INTEGER, MAX_LIST, MAX_STRING
from penstock.json_types import Json
from penstock.secret import Secret

__all__ = [
    "Absent",
    "Kind",
    "bounded",
    "cut",
    "describe",
    "is_list",
    "joined",
    "kind_of",
    "plain",
    "to_json",
    "to_text",
]

_QUOTED = 40


@dataclass(frozen=True)
class Absent:
    """A value that is not there.

    ``name`` is what was looked for; ``why`` says why it is not there, for people. ``empty`` is
    true when the field exists and has no value, false when there is no such field.
    """

    name: str
    why: str
    empty: bool


class Kind(StrEnum):
    """The types of the language, in the words of its messages."""

    NULL = "null"
    BOOLEAN = "a boolean"
    NUMBER = "a number"
    TEXT = "text"
    LIST = "a list"
    MAP = "a map"
    DATE = "a date"
    SECRET = "a secret"  # noqa: S105 - the word, not one


_KINDS: dict[type, Kind] = {
    type(None): Kind.NULL,
    bool: Kind.BOOLEAN,
    int: Kind.NUMBER,
    float: Kind.NUMBER,
    str: Kind.TEXT,
    list: Kind.LIST,
    tuple: Kind.LIST,
    dict: Kind.MAP,
    Moment: Kind.DATE,
    Secret: Kind.SECRET,
}


def kind_of(value: object) -> Kind:
    """Return the kind of *value*; raise ``OperandError`` for what the language does not know."""
    kind = _KINDS.get(type(value))
    if kind is not None:
        return kind
    if isinstance(value, str):
        return Kind.TEXT
    if isinstance(value, Mapping):
        return Kind.MAP
    if is_list(value):
        return Kind.LIST
    if isinstance(value, (int, float)):
        return Kind.NUMBER
    if isinstance(value, Absent):
        raise OperandError(value.why)
    raise OperandError(f"a value of type {type(value).__name__} cannot be used in an expression")


def is_list(value: object) -> TypeGuard[Sequence[object]]:
    """Whether *value* is a list of the language: any sequence that is neither text nor bytes."""
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray))


def describe(value: object) -> str:
    """Return what *value* is in a few words, for a message; never what a secret holds."""
    kind = kind_of(value)
    match kind:
        case Kind.TEXT:
            return f"text {cut(str(value), _QUOTED)!r}"
        case Kind.NUMBER:
            return f"the number {cut(to_text(value), _QUOTED)}"
        case Kind.BOOLEAN | Kind.NULL:
            return to_json(value)
        case Kind.DATE:
            return f"the date {to_text(value)}"
        case _:
            return str(kind)


def cut(text: str, length: int) -> str:
    """Return *text*, or its beginning and ``…`` if it is longer than *length* characters."""
    return text if len(text) <= length else text[: length - 1] + "…"


def bounded(length: int) -> None:
    """Raise ``OperandError`` if a text of *length* characters would be too long to be made."""
    if length > MAX_STRING:
        raise OperandError(f"the result would have {length} characters; at most {MAX_STRING}")


def to_text(value: object) -> str:
    """Return *value* as it stands in a text (Harness): ``true``, ``3`` for 3.0, lists as JSON."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return _number_text(value)
        case Moment():
            return value.text()
        case None:
            raise OperandError(
                "the value is null, which is not written into a text",
                "give another value with | default('…')",
            )
        case Secret():
            raise OperandError("a secret cannot be used here")
        case _:
            return to_json(value)


def _number_text(value: int | float) -> str:
    if isinstance(value, float):
        if not math.isfinite(value):
            raise OperandError("the number is not finite")
        whole = value.is_integer() and abs(value) <= MAX_INTEGER
        return str(int(value)) if whole else repr(value)
    if abs(value) > MAX_INTEGER:
        raise OperandError("the number has more than 64 bits")
    return str(int(value))


def joined(values: Iterable[object], separator: str = "") -> str | Secret:
    """Return *values* as one text, or as one ``Secret`` if there is a secret among them."""
    texts: list[str] = []
    secrets: list[str] = []
    length = 0
    for value in values:
        if isinstance(value, Secret):
            secrets.append(value.reference)
        texts.append(value.reveal() if isinstance(value, Secret) else to_text(value))
        length += len(texts[-1]) + len(separator)
        bounded(length - len(separator))
    text = separator.join(texts)
    return Secret(text, ", ".join(dict.fromkeys(secrets))) if secrets else text


def to_json(value: object) -> str:
    """Return *value* as compact JSON, 3.0 as 3."""
    text = json.dumps(_Copy(short=True).of(value, 0), ensure_ascii=False, separators=(",", ":"))
    bounded(len(text))
    return text


def plain(value: object) -> Json:
    """Return a copy of *value* made of JSON types only; dates become text.

    Raises ``OperandError`` for a secret, for what is not finite, and for what is too large.
    """
    return _Copy().of(value, 0)


class _Copy:
    def __init__(self, *, short: bool = False) -> None:
        self._short = short
        self._items = 0
        self._characters = 0

    def of(self, value: object, depth: int) -> Json:
        self._items += 1
        if depth > MAX_DEPTH or self._items > MAX_LIST:
            raise OperandError(f"the value is larger than {MAX_LIST} items or {MAX_DEPTH} levels")
        match value:
            case None | bool():
                return value
            case int() | float():
                text = _number_text(value)
                return int(text) if self._short and text.lstrip("-").isdecimal() else value
            case str() | Moment() | Secret():
                return self._text(value)
            case Mapping():
                return {self._text(key): self.of(value[key], depth + 1) for key in value}
        if is_list(value):
            return [self.of(item, depth + 1) for item in value]
        raise OperandError(f"{kind_of(value)} cannot be used here")

    def _text(self, value: object) -> str:
        text = to_text(value)
        self._characters += len(text)
        bounded(self._characters)
        # A plain str, whatever subclass it was.
        return str.__str__(text)
