"""What Jira says of fields: which there are, what they take, and which a name means."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from penstock.json_types import Json
from penstock.nearest import suggestion
from penstock_jira.answer import as_list, members, text
from penstock_jira.errors import FieldFault, printable
from penstock_jira.names import unique

__all__ = ["FieldMeta", "FieldSet", "Option", "field_of"]

#: How many allowed values a message lists.
_LISTED = 10
#: Jira's own fields whose text has a look.
_RICH = {"description", "environment"}


@dataclass(frozen=True)
class Option:
    """One allowed value: an option, priority, version, component, resolution or issue type."""

    id: str
    name: str
    children: tuple["Option", ...] = ()


@dataclass(frozen=True)
class FieldMeta:
    """A field as Jira's metadata describes it; ``type`` and ``items`` are those of its schema."""

    id: str
    name: str
    type: str = "string"
    items: str = ""
    system: str = ""
    custom: str = ""
    required: bool = False
    has_default: bool = False
    #: ``None``: Jira lists none, so that any may do.
    allowed: tuple[Option, ...] | None = None
    operations: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The name as people know it, with the id where that says more."""
        return f"{self.name} ({self.id})" if self.id.startswith("customfield_") else self.name

    @property
    def kind(self) -> str:
        """The type in words: ``option``, ``array of user``."""
        return f"array of {self.items}" if self.type == "array" else self.type

    @property
    def is_sprint(self) -> bool:
        """Whether it holds sprints. Jira: it is read as a list, and set as one number."""
        return self.custom.endswith(":gh-sprint")

    @property
    def is_labels(self) -> bool:
        """Whether it holds labels, Jira's own or those of a custom field."""
        return self.id == "labels" or self.custom.endswith(":labels")

    @property
    def is_text(self) -> bool:
        """Whether it holds text for people."""
        return self.type == "string" and self.id != "summary"

    @property
    def is_rich(self) -> bool:
        """Whether its text has a look. Jira Cloud: a document, in version 3 of the API."""
        return self.id in _RICH or self.custom.endswith(":textarea")

    def listed(self) -> str:
        """Return the allowed values for a message, the first ten of them."""
        names = [option.name for option in self.allowed or ()]
        rest = f", and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        return f"[{', '.join(names[:_LISTED])}{rest}]"


def field_of(field_id: str, described: Json) -> FieldMeta:
    """Return the field that Jira describes in create, edit or transition metadata."""
    found = members(described)
    schema = members(found.get("schema"))
    allowed = found.get("allowedValues")
    return FieldMeta(
        id=text(found.get("fieldId")) or field_id,
        name=text(found.get("name")) or field_id,
        type=text(schema.get("type")) or "string",
        items=text(schema.get("items")),
        system=text(schema.get("system")),
        custom=text(schema.get("custom")),
        required=found.get("required") is True,
        has_default=found.get("hasDefaultValue") is True or "defaultValue" in found,
        allowed=_options(allowed) if isinstance(allowed, list) else None,
        operations=tuple(text(item) for item in _list(found.get("operations"))),
    )


def _list(value: Json) -> Sequence[Json]:
    return as_list(value, "describe a field") if isinstance(value, list) else ()


def _options(values: Json) -> tuple[Option, ...]:
    found = []
    for item in _list(values):
        option = members(item)
        name = text(option.get("value")) or text(option.get("name")) or text(option.get("key"))
        identifier = text(option.get("id"))
        if option.get("disabled") is not True and (name or identifier):
            children = _options(option.get("children"))
            found.append(Option(identifier, printable(name or identifier), children))
    return tuple(found)


class FieldSet:
    """The fields of one screen, by name and by id."""

    def __init__(self, fields: Iterable[FieldMeta], place: str, age: float = 0.0) -> None:
        """Take the fields, where they are (``the create screen of Change in REL``), and how many
        seconds ago Jira said so.
        """
        self.fields = tuple(fields)
        self.place, self.age = place, age
        self._by_id = {field.id: field for field in self.fields}

    @classmethod
    def of(cls, described: Json, place: str) -> "FieldSet":
        """Return the set that Jira describes as an object, by field id."""
        return cls((field_of(name, item) for name, item in members(described).items()), place)

    @property
    def as_of(self) -> str:
        """How old this is, for a message: ``as of 12 s ago``; empty where it was read just now."""
        return f"as of {max(1, round(self.age))} s ago" if self.age else ""

    def get(self, field_id: str) -> FieldMeta | None:
        """Return the field with this id, if the set has it."""
        return self._by_id.get(field_id)

    def matches(self, name: str) -> tuple[FieldMeta, ...]:
        """Return the fields that *name* may mean: by name, by id, then whatever the letter case."""
        return unique(name, self.fields, lambda f: (f.name,), lambda f: (f.id,))

    def named(self, name: str) -> FieldMeta | None:
        """Return the one field that *name* means, or ``None``.

        Raises ``FieldFault`` where two fields have the name (Harness takes the last of them).
        """
        found = self.matches(name)
        if len(found) > 1:
            listed = ", ".join(f"{field.id} ({field.kind})" for field in found)
            raise FieldFault(f"{len(found)} fields are called {name!r}: {listed}; write the id")
        return found[0] if found else None

    def near(self, name: str) -> str:
        """Return what else *name* may have been meant as, for a message."""
        return suggestion(name, [field.name for field in self.fields])
