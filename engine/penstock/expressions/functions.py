"""Harness's functions with a name before them: ``json.select("key", x)``, ``regex.match("a", x)``.

An allow-list, each with its bound; what a function yields is data, as everything is.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NoReturn

from penstock.expressions.dates import Moment
from penstock.expressions.faults import OperandError
from penstock.expressions.json_paths import JsonPath
from penstock.expressions.limits import MAX_JSON
from penstock.expressions.operators import Function, text
from penstock.expressions.searches import extracted, is_found, substituted
from penstock.expressions.values import describe, is_list, to_json

__all__ = ["CLOCKS", "FUNCTIONS", "PATHS", "PATTERNS", "RESOLVED"]

#: Digits of a whole number in JSON; one of more than 64 bits is refused where it is used.
_LONGEST = 30


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST:
        raise ValueError(f"a number in it has {len(digits)} digits")
    return int(digits)


def _parsed(value: object) -> object:
    """Return the JSON that a text holds; what is a map or a list already stays one."""
    if isinstance(value, Mapping) or is_list(value):
        return value
    if not isinstance(value, str):
        raise OperandError(f"JSON is needed here, not {describe(value)}")
    if len(value) > MAX_JSON:
        raise OperandError(f"the text is longer than {MAX_JSON} characters, too long for JSON")
    try:
        return json.loads(value, parse_constant=_no_constant, parse_int=_integer)
    except ValueError as error:
        raise OperandError(f"{describe(value)} is not JSON: {error}") from None
    except RecursionError:
        raise OperandError("the JSON is nested too deep") from None


def _select(path: object, value: object) -> object:
    """Return what is at the path: one value, or a list if several are (Harness)."""
    way, parsed = JsonPath(text(path)), _parsed(value)
    if way.is_definite:
        return way.one(parsed)
    found = way.all(parsed)
    return found[0] if len(found) == 1 else found


def _list(path: object, value: object) -> object:
    way, parsed = JsonPath(text(path)), _parsed(value)
    found = way.one(parsed) if way.is_definite else way.all(parsed)
    if not is_list(found):
        raise OperandError(f"{describe(found)} is not a list", "write json.select for one value")
    return found


#: Functions of the present; ``datetime`` before them changes nothing (Harness).
CLOCKS: Mapping[str, Callable[[datetime], Moment]] = {
    "currentDate": Moment.today,
    "currentTime": Moment.of,
}
#: Functions of a name: whether it is there and not null (Harness).
RESOLVED: Mapping[str, bool] = {"isResolved": True, "isUnresolved": False}


def _of_the_evaluation(*_: object) -> NoReturn:
    raise OperandError("only an evaluation can tell")  # pragma: no cover - it does, itself


#: Every function by the names before and after its dot.
FUNCTIONS: Mapping[str, Mapping[str, Function]] = {
    "datetime": dict.fromkeys(CLOCKS, Function(_of_the_evaluation)),
    "expression": dict.fromkeys(RESOLVED, Function(_of_the_evaluation, 1, 1)),
    "json": {
        "format": Function(to_json, 1, 1),
        "list": Function(_list, 2, 2),
        "object": Function(_parsed, 1, 1),
        "select": Function(_select, 2, 2),
    },
    "regex": {
        "extract": Function(lambda wanted, x: extracted(text(wanted), text(x)), 2, 2),
        "match": Function(lambda wanted, x: is_found(text(wanted), text(x)), 2, 2),
        "replace": Function(
            lambda wanted, new, x: substituted(text(wanted), text(new), text(x)), 3, 3
        ),
    },
    "secrets": {"getValue": Function(_of_the_evaluation, 1, 1)},
}
#: Those whose first argument is a path, and those whose first argument is a pattern.
PATHS = frozenset({("json", "list"), ("json", "select")})
PATTERNS = frozenset(("regex", name) for name in FUNCTIONS["regex"])
