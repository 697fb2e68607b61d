"""What the three steps have in common in YAML: keys, issue keys, the list of fields."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    ValidationInfo,
    model_validator,
)
from pydantic.alias_generators import to_camel

from penstock.errors import FailureType, StepFailed
from penstock.expressions import has_expression
from penstock_jira.text import split_list

__all__ = [
    "Cascade",
    "DelegateSelectors",
    "FieldEntries",
    "FieldEntry",
    "Format",
    "IssueKey",
    "ProjectKey",
    "Spec",
    "Text",
    "WantedValue",
    "known",
    "scalar_text",
]

_ISSUE_KEY = re.compile(r"[A-Z][A-Z0-9_]+-[1-9][0-9]{0,17}|[1-9][0-9]{0,17}")
_PROJECT_KEY = re.compile(r"[A-Z][A-Z0-9_]{0,254}")


class Spec(BaseModel):
    """Base of the parts of a spec: camelCase in YAML, nothing unknown, unchangeable."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, populate_by_name=True
    )


def scalar_text(value: object) -> object:
    """Return a YAML scalar as text (Harness: scalars are read as text); leave others alone."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() else repr(value)
    return str(value) if isinstance(value, int) else value


def _text(value: object, place: ValidationInfo) -> object:
    text = scalar_text(value)
    if isinstance(text, str) and not text.strip():
        raise ValueError(f"{to_camel(place.field_name or 'it')} can't be empty; write a text")
    return text.strip() if isinstance(text, str) else text


#: A text that is not blank; other YAML scalars are read as text.
Text: TypeAlias = Annotated[str, BeforeValidator(_text)]


class Cascade(Spec):
    """The value of a cascading select: an option, and one of those below it."""

    value: Text = Field(description="The first option.")
    child: Text | None = Field(None, description="The option below it.")


def _wanted(value: object) -> object:
    if value is None:
        raise ValueError("has no value; write one, or leave the whole entry out")
    if isinstance(value, Mapping):
        raise ValueError("must be a text or a list of texts; Jira's JSON is made from them")  # noqa: TRY004 - pydantic wants it
    return _text_or_list(value)


def _text_or_list(value: object) -> object:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [scalar_text(item) for item in value]
    return scalar_text(value)


def _field_value(value: object) -> object:
    if isinstance(value, Mapping):
        if set(value) - {"value", "child"}:
            raise ValueError(
                "must be a text, a list of texts, or value and child of a cascading select; "
                "other JSON is written as raw"
            )
        return value
    return _text_or_list(value)


def _issue_key(value: object) -> object:
    key = scalar_text(value)
    if not isinstance(key, str) or not key.strip():
        raise ValueError("issueKey can't be empty: write a key such as REL-12")
    key = key.strip()
    if _ISSUE_KEY.fullmatch(key) or has_expression(key):
        return key
    advice = f"; write {key.upper()!r}" if _ISSUE_KEY.fullmatch(key.upper()) else ""
    raise ValueError(
        f"issueKey must be a key such as REL-12 or an issue's number, not {key[:60]!r}{advice}"
    )


def _project_key(value: object) -> object:
    key = value.strip() if isinstance(value, str) else value
    if not isinstance(key, str) or not key:
        raise ValueError("projectKey can't be empty: write the project's key, such as REL")
    if _PROJECT_KEY.fullmatch(key) or has_expression(key):
        return key
    advice = f"; write {key.upper()!r}" if _PROJECT_KEY.fullmatch(key.upper()) else ""
    raise ValueError(f"Invalid project: {key[:60]!r} is not a key such as REL (not a name){advice}")


def known(key: str) -> str:
    """Return a key for a request; raise ``StepFailed`` if it is an expression still.

    A plan shows expressions whose value comes with the run; nothing is ever sent to one.
    """
    if has_expression(key):
        raise StepFailed(
            f"{key[:60]!r} has no value",
            hint="an expression that a value holds is not evaluated; write a key",
            failure=FailureType.CONFIGURATION,
        )
    return key


IssueKey: TypeAlias = Annotated[str, BeforeValidator(_issue_key)]
ProjectKey: TypeAlias = Annotated[str, BeforeValidator(_project_key)]
#: What is compared with a field: a text, or a list of them.
WantedValue: TypeAlias = Annotated[str | tuple[str, ...], BeforeValidator(_wanted)]
#: The value of a field: a text, a list of them, or an option with its child; ``None`` clears.
FieldValue: TypeAlias = Annotated[
    str | tuple[str, ...] | Cascade | None, BeforeValidator(_field_value)
]
#: How a text is written: as Jira's own markup, as Markdown, or so that no sign means anything.
Format: TypeAlias = Literal["wiki", "markdown", "text"]


def _raw(value: object) -> object:
    """Return JSON: what a text says, or a mapping or list as it is (its texts stay texts)."""
    if not isinstance(value, str) or has_expression(value):
        return value
    try:
        return json.loads(value, parse_constant=_no_constant)
    except ValueError as error:
        raise ValueError(
            f"is not JSON ({error}); write a mapping, a list, or JSON in single quotes"
        ) from None


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no value of JSON")


def _items(value: object) -> object:
    if isinstance(value, str):
        return split_list(value)
    if isinstance(value, Sequence):
        return [scalar_text(item) for item in value]
    return value


Raw: TypeAlias = Annotated[JsonValue, BeforeValidator(_raw)]
#: Items of a list field; a text is read by the comma and quote rule.
Items: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(_items)]
#: Harness's; Penstock runs everything where it runs itself.
DelegateSelectors: TypeAlias = tuple[str, ...] | str


class FieldEntry(Spec):
    """One entry of ``fields``: a value, raw JSON, or what is added to and removed from a list."""

    name: Text = Field(description="The field's name as Jira shows it, or its id.")
    value: FieldValue = Field(
        None, description='The value; lists as A,"B, C" or as a YAML list. null clears the field.'
    )
    raw: Raw = Field(None, description="JSON that is sent as it is: a mapping, a list, JSON text.")
    add: Items = Field((), description="What is added to a list; in JiraUpdate only.")
    remove: Items = Field((), description="What is taken from a list; in JiraUpdate only.")
    format: Format = Field("wiki", description="How the text is written: wiki, markdown or text.")

    @property
    def is_raw(self) -> bool:
        """Whether it holds Jira's own JSON."""
        return "raw" in self.model_fields_set

    @property
    def changes_list(self) -> bool:
        """Whether it adds to a list or removes from it."""
        return not self.model_fields_set.isdisjoint({"add", "remove"})

    @property
    def clears(self) -> bool:
        """Whether its value is an explicit ``null``."""
        return self.value is None and not self.is_raw and not self.changes_list

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        ways: list[str] = [name for name in ("value", "raw") if name in self.model_fields_set]
        ways += ["add and remove"] * self.changes_list
        if len(ways) != 1:
            said = f"has {' beside '.join(ways)}" if ways else "has no value"
            raise ValueError(f"{said}; write one of value, raw, or add and remove")
        if self.format != "wiki" and not isinstance(self.value, str):
            raise ValueError(f"format: {self.format} needs a text as value")
        return self

    @model_validator(mode="after")
    def _has_a_fixed_name(self) -> Self:
        """Harness: a field's name is fixed; only its value may be an expression.

        Said of the whole entry: what an expression's own text fails at is not told in a plan.
        """
        if has_expression(self.name):
            raise ValueError(
                f"a field's name takes no expression, and {self.name[:60]!r} is one; write the "
                "name or id that Jira has, and the expression in value"
            )
        return self

    @model_validator(mode="after")
    def _is_not_null(self) -> Self:
        """Harness renders what it cannot resolve as ``null``, and silently leaves the field out."""
        if isinstance(self.value, str) and self.value.strip() == "null":
            raise ValueError(
                f"Field [{self.name}] has invalid jira field value: the text null, which is what "
                "Harness makes of an unknown expression; mend it, leave the entry out, or write "
                "an unquoted null to clear the field"
            )
        return self


def _no_twins(entries: tuple[FieldEntry, ...]) -> tuple[FieldEntry, ...]:
    """Harness: a name may stand once in the list."""
    names = ["Comment" if entry.name == "comment" else entry.name for entry in entries]
    twins = _twice(names)
    if twins:
        raise ValueError(f"Duplicate jira fields: [{', '.join(twins)}]; keep one of each")
    return entries


def _twice(names: Iterable[str]) -> list[str]:
    listed = list(names)
    return list(dict.fromkeys(name for name in listed if listed.count(name) > 1))


def _entries(value: object) -> object:
    return () if value is None else value


#: The list of fields; ``fields:`` with nothing behind it is an empty one.
FieldEntries: TypeAlias = Annotated[
    tuple[FieldEntry, ...], BeforeValidator(_entries), AfterValidator(_no_twins)
]
