"""An answer of Jira's: strict JSON, and the reading of what nobody promised the shape of."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from penstock.json_types import Json
from penstock_jira.errors import NotJira

__all__ = ["Answer", "as_list", "as_mapping", "members", "parse", "repeated", "text"]

#: Python refuses longer integers itself, with an error of its own.
_LONGEST_NUMBER = 400


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, read whole. ``url`` is what was asked, ``headers`` have
    lower-case names.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_done(self) -> bool:
        """Whether the status says that what was asked is done (2xx)."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def is_redirect(self) -> bool:
        """Whether the status sends us elsewhere (3xx)."""
        return HTTPStatus.MULTIPLE_CHOICES <= self.status < HTTPStatus.BAD_REQUEST

    @property
    def is_breakdown(self) -> bool:
        """Whether the server says that it failed (5xx)."""
        return self.status >= HTTPStatus.INTERNAL_SERVER_ERROR


class _Doubtful(ValueError):
    """Valid for a lax reader, but no two readers would agree on it."""


def _no_duplicates(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Doubtful(f"it has the key {twice[:80]!r} twice")
    return found


def _no_constant(name: str) -> Json:
    raise _Doubtful(f"it holds {name}, which is not JSON")


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise _Doubtful(f"it holds a number of {len(digits)} digits")
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if value in {float("inf"), float("-inf")}:
        raise _Doubtful(f"it holds the number {digits[:40]}, which is too large")
    return value


def parse(body: bytes, what: str) -> Json:
    """Return the JSON of *body*; an empty body is ``None``.

    Raises ``NotJira`` for anything that is not plain JSON in UTF-8: duplicate keys, ``NaN``,
    bottomless nesting, numbers beyond reason, lone surrogates, text after the end.
    """
    if not body:
        return None
    try:
        decoded = body.decode("utf-8")
        value: Json = json.loads(
            decoded,
            object_pairs_hook=_no_duplicates,
            parse_constant=_no_constant,
            parse_int=_integer,
            parse_float=_number,
        )
        if "\\u" in decoded:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except _Doubtful as doubt:
        raise _not_jira(what, str(doubt)) from None
    except RecursionError:
        raise _not_jira(what, "it is nested too deep") from None
    except UnicodeError:
        raise _not_jira(what, "its text is not valid UTF-8") from None
    except json.JSONDecodeError:
        first = body.lstrip()[:1]
        why = "it is a web page" if first == b"<" else "it is not JSON"
        raise _not_jira(what, why, cut_off=first in {b"{", b"["}) from None
    return value


def _not_jira(what: str, why: str, *, cut_off: bool = False) -> NotJira:
    return NotJira(
        f"the answer when asked to {what} is not Jira's: {why}",
        hint="check jiraUrl, and whether a proxy or a login page stands in between",
        cut_off=cut_off,
    )


def repeated(what: str) -> NotJira:
    """Return what is raised for pages that repeat: they would never end, or hide what is there."""
    return _not_jira(what, "it repeats a page")


def as_mapping(value: Json, what: str) -> Mapping[str, Json]:
    """Return *value*, which must be an object; else raise ``NotJira``."""
    if not isinstance(value, Mapping):
        raise _not_jira(what, "an object was expected")
    return value


def as_list(value: Json, what: str) -> Sequence[Json]:
    """Return *value*, which must be an array; else raise ``NotJira``."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise _not_jira(what, "an array was expected")
    return value


def members(value: Json) -> Mapping[str, Json]:
    """Return *value* if it is an object, else an empty one: for what may be left out."""
    return value if isinstance(value, Mapping) else {}


def text(value: Json) -> str:
    """Return *value* as text; anything but a text or a number is the empty text."""
    if isinstance(value, bool):
        return ""
    return str(value) if isinstance(value, (str, int, float)) else ""
