"""Turns what pydantic found wrong into faults: plain sentences, at the right line of the file."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from penstock.errors import Fault
from penstock.model_keys import known_keys
from penstock.nearest import nearest, suggestion
from penstock.source import Source

__all__ = ["Location", "faults_of", "sentences_of"]

#: Keys and list indexes, from the root of what was validated.
Location: TypeAlias = tuple[str | int, ...]

#: What a value must be, by the beginning of pydantic's error type.
_KINDS = {
    "string_type": "text",
    "is_instance_of": "text",  # or a `Secret`, which a text with a secret in it becomes
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "finite_number": "a number",
    "bool": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "iterable_type": "a list",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "none_required": "left out",
    "datetime": "a date with a time, such as 2026-03-02T09:00:00Z",
    "date": "a date, such as 2026-03-02",
    "url": "a URL, such as https://jira.example.com",
}
_KIND = re.compile("|".join(f"(?:{kind})(?![a-z])" for kind in _KINDS))
_KIND_HINTS = {
    "a list": "begin each item with '- '",
    "a mapping": "write 'key: value' lines, indented below it",
}
#: What a limit asks for, by pydantic's error type; the names are pydantic's.
_LIMITS = {
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "needs {min_length} or more characters",
    "string_too_long": "has more than {max_length} characters",
    "too_short": "needs {min_length} or more entries",
    "too_long": "has more than {max_length} entries",
    "string_pattern_mismatch": "does not match the pattern {pattern}",
}
#: Errors about a key rather than its value.
_KEY_TYPES = frozenset({"missing", "extra_forbidden", "union_tag_not_found"})
#: Values are shown up to this length, and where they should have been one of these.
_ECHOED = 40
_ECHO = frozenset({"a whole number", "a number", "true or false"})


@dataclass(frozen=True)
class _Wrong:
    """One of pydantic's errors, placed in the document."""

    #: Where in the document, a missing key included, union members not.
    path: Location
    type: str
    details: ErrorDetails
    #: What the value must be, if its kind is what is wrong; several where it has alternatives.
    kinds: tuple[str, ...]
    #: Whether it speaks of one member of a union only.
    alternative: bool

    @property
    def context(self) -> Mapping[str, Any]:
        """What pydantic adds to this type of error."""
        return self.details.get("ctx", {})


def faults_of(
    error: ValidationError,
    source: Source,
    prefix: Sequence[str | int] = (),
    *,
    model: type[BaseModel] | None = None,
    keep: Callable[[Location], bool] | None = None,
) -> list[Fault]:
    """Return a fault for each thing that pydantic found wrong.

    *prefix* is the path in *source* of what was validated; *model* is what validated it, and
    lets an unknown key name its near miss. *keep*, given the path below *prefix* (without the
    names of union members, which pydantic puts in), tells whether an error counts; a missing or
    an unknown key always does.
    """
    faults = []
    for wrong in _wrongs(error, _at(source.value, prefix)):
        if wrong.type not in _KEY_TYPES and keep and not keep(wrong.path):
            continue
        path = (*prefix, *wrong.path)
        message, hint = _sentence(wrong, _name(path), model)
        key = wrong.type in _KEY_TYPES or wrong.details["loc"][-1:] == ("[key]",)
        faults.append(source.fault(path, message, hint, key=key))
    return list(dict.fromkeys(faults))


def sentences_of(
    error: ValidationError, value: object, *, model: type[BaseModel] | None = None
) -> list[str]:
    """Return what ``faults_of`` would say of a *value* that stands in no file."""
    sentences = []
    for wrong in _wrongs(error, value):
        message, hint = _sentence(wrong, _name(wrong.path), model)
        sentences.append(f"{message}; {hint}" if hint else message)
    return list(dict.fromkeys(sentences))


def _wrongs(error: ValidationError, root: object) -> list[_Wrong]:
    details = error.errors(include_url=False)
    return _alternatives_joined([_placed(each, root) for each in details])


def _placed(details: ErrorDetails, root: object) -> _Wrong:
    """Find the part of the document that an error is about."""
    path: list[str | int] = []
    passed: list[str | int] = []
    node = root
    for part in details["loc"]:
        if _has(node, part):
            path.append(part)
            node = _at(node, [part])
        else:
            passed.append(part)
    kind = details["type"]
    if kind == "missing" and passed:
        path.append(passed.pop())
    if kind == "union_tag_not_found" and not isinstance(node, Mapping):
        kind = "dict_type"
    elif kind.startswith("union_tag"):
        path.append(details["ctx"]["discriminator"].strip("'"))
    elif kind == "is_instance_of" and details["ctx"]["class"] == "Sequence":
        kind = "list_type"
    match = _KIND.match(kind)
    kinds = (_KINDS[match.group()],) if match else ()
    alternative = bool(passed) and passed[-1] != "[key]"
    return _Wrong(tuple(path), kind, details, kinds, alternative)


def _alternatives_joined(wrongs: Sequence[_Wrong]) -> list[_Wrong]:
    """Say once what a value with alternatives may be; leave out those it was not meant to be.

    A list that fails as a list fails as a text too: that something is wrong inside the list
    tells which was meant.
    """
    entered = {wrong.path[:length] for wrong in wrongs for length in range(len(wrong.path))}
    joined: dict[object, _Wrong] = {}
    for number, wrong in enumerate(wrongs):
        choice = wrong.alternative and wrong.kinds
        if choice and wrong.path in entered:
            continue
        first = joined.setdefault(wrong.path if choice else number, wrong)
        if first is not wrong:
            kinds = tuple(dict.fromkeys(first.kinds + wrong.kinds))
            joined[wrong.path] = replace(first, kinds=kinds)
    return list(joined.values())


def _sentence(wrong: _Wrong, name: str, model: type[BaseModel] | None) -> tuple[str, str]:
    """Return what is wrong and what to do."""
    if wrong.kinds:
        return _kind_sentence(wrong, name)
    if wrong.type in _LIMITS:
        return f"{name} {_LIMITS[wrong.type].format(**wrong.context)}", ""
    if wrong.type in _KEY_TYPES:
        return _key_sentence(wrong, model)
    expected = wrong.context.get("expected_tags") or wrong.context.get("expected")
    if expected:
        return _choice_sentence(wrong, name, str(expected))
    return _own_sentence(wrong, name), ""


def _key_sentence(wrong: _Wrong, model: type[BaseModel] | None) -> tuple[str, str]:
    key = str(wrong.path[-1])
    if wrong.type != "extra_forbidden":
        return f"`{key}` is required", ""
    known = known_keys(model, wrong.details["loc"][:-1]) if model else []
    return f"unknown key `{key}`", suggestion(key, known) or "delete it"


def _kind_sentence(wrong: _Wrong, name: str) -> tuple[str, str]:
    found = wrong.details["input"]
    must = f"{name} must be {' or '.join(wrong.kinds)}"
    hint = _KIND_HINTS.get(wrong.kinds[0], "") if len(wrong.kinds) == 1 else ""
    if found is None:
        return f"{must}, but it is empty", hint
    if isinstance(found, Mapping):
        return f"{must}, not a mapping", hint
    if isinstance(found, list | tuple):
        return f"{must}, not a list", hint
    # A number or a boolean can be no secret; anything else is not shown.
    shown = isinstance(found, str) and len(found) <= _ECHOED and wrong.kinds[0] in _ECHO
    return f"{must}, not {found!r}" if shown else must, hint


def _choice_sentence(wrong: _Wrong, name: str, expected: str) -> tuple[str, str]:
    choices = re.findall(r"'([^']*)'", expected) or [expected]
    found = str(wrong.context.get("tag", wrong.details["input"]))
    must = f"{name} must be {'one of ' if len(choices) > 1 else ''}{', '.join(choices)}"
    if len(found) > _ECHOED:
        return must, ""
    near = nearest(found, choices)
    return f"{must}, not {found!r}", f"did you mean '{near}'?" if near else ""


def _own_sentence(wrong: _Wrong, name: str) -> str:
    """Return the text that a validator raised; what begins with a verb gets its subject."""
    raised = wrong.context.get("error")
    text = str(raised) if isinstance(raised, Exception) else wrong.details["msg"]
    text = text.removeprefix("Input ").removeprefix("Value ")
    return f"{name} {text}" if re.match("(must|should|is|has|needs|cannot) ", text) else text


def _name(path: Location) -> str:
    """Return what a message calls the value at *path*: its key, with the index in a list."""
    indexes = ""
    for part in reversed(path):
        if isinstance(part, str):
            return f"`{part}{indexes}`"
        indexes = f"[{part}]{indexes}"
    return f"entry {indexes}" if indexes else "the document"


def _has(node: object, part: str | int) -> bool:
    if isinstance(node, list | tuple):
        return isinstance(part, int) and part < len(node)
    return isinstance(node, Mapping) and part in node


def _at(node: object, path: Sequence[str | int]) -> object:
    """Return what stands at *path*, or ``None``."""
    for part in path:
        node = node[part] if _has(node, part) else None  # type: ignore[index] # it has
    return node
