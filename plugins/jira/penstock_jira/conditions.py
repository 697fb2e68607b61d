"""``KeyValues`` criteria: conditions on fields, all of which must hold, or any."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from penstock.json_types import Json
from penstock.nearest import suggestion
from penstock.pattern import Pattern
from penstock.verdict import Combination, Condition
from penstock_jira.answer import members, text
from penstock_jira.comparable import comparable
from penstock_jira.operators import LIST_OPERATORS, OPERATORS, VALUELESS, Finding, compare
from penstock_jira.spec import Spec, Text, WantedValue
from penstock_jira.text import join_list, split_list

__all__ = ["FieldCondition", "KeyValues", "KeyValuesCriteria", "combined"]

_EMPTY = "empty"


def _operator(value: object) -> object:
    if value not in OPERATORS:
        raise ValueError(f"unknown operator {value!r}; {suggestion(str(value), OPERATORS)}")
    return value


class FieldCondition(Spec):
    """One condition: a field, an operator and a value."""

    key: Text = Field(description="The field's display name, or its id.")
    operator: Annotated[str, BeforeValidator(_operator)] = Field(
        description="How the field is compared.", json_schema_extra={"enum": [*OPERATORS]}
    )
    value: WantedValue | None = Field(
        None, description='What it is compared with; several as A,"B, C" or as a YAML list.'
    )

    @field_validator("value")
    @classmethod
    def _can_be_compared(
        cls, value: str | tuple[str, ...] | None, info: ValidationInfo
    ) -> str | tuple[str, ...] | None:
        operator = info.data.get("operator")
        if operator in VALUELESS:
            raise ValueError(f"the operator {operator!r} takes no value; leave it out")
        if not value or (isinstance(value, str) and not value.strip()):
            raise ValueError("value can't be empty; to ask for an empty field, use 'is empty'")
        if operator not in LIST_OPERATORS and not isinstance(value, str):
            raise ValueError(f"the operator {operator!r} takes one value, and no list")
        if operator == "matches" and isinstance(value, str):
            Pattern(value)
        return value

    @model_validator(mode="after")
    def _has_a_value(self) -> Self:
        if self.value is None and self.operator not in VALUELESS:
            raise ValueError("value can't be null: write one, or use 'is empty'")
        return self

    @property
    def values(self) -> tuple[str, ...]:
        """What the field is compared with for equality, each value of several by itself."""
        if self.operator not in LIST_OPERATORS or self.value is None:
            return ()
        if isinstance(self.value, tuple):
            return self.value
        return split_list(self.value) if self.operator in {"in", "not in"} else (self.value,)

    def judge(self, content: Mapping[str, Json]) -> Condition:
        """Return the leaf that says what was expected, what is there, and since when."""
        finding, actual = self._find(content)
        since = members(members(content.get("since")).get(self.key))
        return Condition(
            f"{self.key} {self.operator}",
            finding.truth,
            expected=self._expected(),
            actual=actual,
            why=finding.why,
            since=text(since.get("at")) or None,
            by=text(since.get("by")) or None,
        )

    def _expected(self) -> str | None:
        return join_list(self.value) if isinstance(self.value, tuple) else self.value

    def _find(self, content: Mapping[str, Json]) -> tuple[Finding, str]:
        entry = members(content.get("fields")).get(self.key)
        absent = text(members(content.get("absent")).get(self.key)) or "not on this issue"
        if entry is None and absent != _EMPTY:
            return Finding(None, f"the field is {absent}"), absent
        if self.operator in VALUELESS:
            truth = (entry is None) == (self.operator == "is empty")
            shown = _EMPTY if entry is None else comparable(members(entry)).shown
            return Finding(truth), shown
        if entry is None:
            return Finding(None, "the field is empty"), _EMPTY
        actual = comparable(members(entry))
        return compare(self.operator, actual, self.value or ""), actual.shown


class KeyValues(Spec):
    """The conditions, and how they combine."""

    match_any_condition: bool = Field(
        default=False, description="Whether one condition is enough; else all must hold."
    )
    conditions: tuple[FieldCondition, ...] = Field(description="The conditions.")

    @field_validator("match_any_condition", mode="before")
    @classmethod
    def _unset_is_no(cls, value: object) -> object:
        return False if value in (None, "") else value

    @field_validator("conditions", mode="before")
    @classmethod
    def _nothing_is_none(cls, value: object) -> object:
        return () if value is None else value


class KeyValuesCriteria(Spec):
    """Criteria of type ``KeyValues``."""

    type: Literal["KeyValues"]
    spec: KeyValues

    @property
    def lack(self) -> str | None:
        """What is missing for the criteria to say anything (Harness's words), or ``None``."""
        return None if self.spec.conditions else _LACK

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that are looked at."""
        return tuple(dict.fromkeys(condition.key for condition in self.spec.conditions))

    def values_for(self, keys: Sequence[str]) -> list[str]:
        """Return the whole values that any field of *keys* is compared with for equality."""
        found: list[str] = []
        for one in self.spec.conditions:
            if one.key in keys:
                found += one.values
        return found

    def judge(self, content: Mapping[str, Json]) -> Condition:
        """Return the tree of conditions."""
        parts = tuple(condition.judge(content) for condition in self.spec.conditions)
        if len(parts) == 1:
            return parts[0]
        any_ = self.spec.match_any_condition
        return combined(parts, Combination.ANY if any_ else Combination.ALL)


_LACK = "At least 1 condition is required in KeyValues criteria"


def combined(parts: tuple[Condition, ...], combine: Combination) -> Condition:
    """Return the branch of *parts*: one unknown part keeps it from being surely so."""
    truths = [part.truth for part in parts]
    decisive = combine is Combination.ANY
    truth = decisive if decisive in truths else None if None in truths else not decisive
    label = "any of" if decisive else "all of"
    return Condition(label, truth, combine=combine, parts=parts)
