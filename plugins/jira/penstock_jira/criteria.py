"""What an approval, or a rejection, asks of an issue: ``KeyValues`` or ``Jexl``."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from penstock.expressions import Absent, Deferred
from penstock.json_types import Json
from penstock.nearest import suggestion
from penstock.verdict import Condition
from penstock_jira.answer import members, text
from penstock_jira.conditions import KeyValuesCriteria
from penstock_jira.plain import plain
from penstock_jira.spec import Spec
from penstock_jira.statuses import NAMES

__all__ = [
    "Criteria",
    "Jexl",
    "JexlCriteria",
    "judge",
    "plain_values",
    "statuses_in",
    "values_of",
    "wanted_names",
]

_TYPES = ("KeyValues", "Jexl")


def _blank_is_none(value: object) -> object:
    words = value.get("text") if isinstance(value, Mapping) else value
    return None if isinstance(words, str) and not words.strip() else value


class Jexl(Spec):
    """The expression."""

    expression: Annotated[Deferred | None, BeforeValidator(_blank_is_none)] = Field(
        description='An expression over issue: <+issue.Status> == "Approved".'
    )


class JexlCriteria(Spec):
    """Criteria of type ``Jexl``."""

    type: Literal["Jexl"]
    spec: Jexl

    @property
    def lack(self) -> str | None:
        """What is missing for the criteria to say anything, or ``None``."""
        return None if self.spec.expression is not None else "Expression can't be null"

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that are looked at."""
        return self.spec.expression.fields("issue") if self.spec.expression is not None else ()

    def judge(self, content: Mapping[str, Json], at: datetime) -> Condition:
        """Return the expression's tree; *at* is the present of ``currentDate()`` and its like."""
        if self.spec.expression is None:
            return Condition("no expression", None, why="there is nothing to judge")
        since = members(content.get("since"))

        def since_of(name: str) -> tuple[str | None, str | None]:
            change = members(since.get(name))
            return text(change.get("at")) or None, text(change.get("by")) or None

        return self.spec.expression.judge(
            {"issue": values_of(content)}, now=lambda: at, since=since_of
        )


def plain_values(content: Mapping[str, Json]) -> dict[str, Json]:
    """Return the plain value of every field of a snapshot that has one."""
    found: dict[str, Json] = {}
    for name, entry in members(content.get("fields")).items():
        described = members(entry)
        kind = text(described.get("items")) or text(described.get("type"))
        value = described.get("value")
        found[name] = value if described.get("type") == "raw" else plain(value, kind)
    return found


def values_of(content: Mapping[str, Json]) -> dict[str, object]:
    """Return what ``issue`` is in an expression: plain values by name, and what is absent."""
    found: dict[str, object] = {**plain_values(content)}
    for name, why in members(content.get("absent")).items():
        found[name] = Absent(name, f"{name} is {text(why)}", empty=why == "empty")
    return found


def _in_plain_words(value: object) -> object:
    """Refuse what the union below would refuse in words that only pydantic understands."""
    if isinstance(value, Mapping) and value.get("type") not in _TYPES:
        name = value.get("type")
        raise ValueError(f"unknown criteria type {name!r}; {suggestion(str(name), _TYPES)}")
    return value


Criteria: TypeAlias = Annotated[
    Annotated[KeyValuesCriteria | JexlCriteria, Field(discriminator="type")],
    BeforeValidator(_in_plain_words),
]


def judge(criteria: Criteria, content: Mapping[str, Json], at: datetime) -> Condition:
    """Return the tree of conditions of either kind."""
    if isinstance(criteria, KeyValuesCriteria):
        return criteria.judge(content)
    return criteria.judge(content, at)


def statuses_in(criteria: Criteria, names: Iterable[str]) -> list[str]:
    """Return which texts of *criteria* are held against the status.

    Of conditions these are their values, whatever they are; of an expression those of *names*
    that it holds as a text.
    """
    if isinstance(criteria, KeyValuesCriteria):
        return criteria.values_for(NAMES)
    expression = criteria.spec.expression
    words = expression.text if expression is not None and set(criteria.names) & set(NAMES) else ""
    return [name for name in names if f'"{name}"' in words or f"'{name}'" in words]


def wanted_names(*criteria: Criteria) -> dict[str, list[str]]:
    """Return which names each field of *criteria* is to have, of several, or not to have.

    A single name that a field is to have is left out: that is a condition of its own.
    """
    found: dict[str, list[str]] = {}
    listed = [one for one in criteria if isinstance(one, KeyValuesCriteria)]
    for one in (condition for each in listed for condition in each.spec.conditions):
        if len(one.values) > 1 or (one.values and one.operator.startswith("not ")):
            found.setdefault(one.key, []).extend(one.values)
    return found
