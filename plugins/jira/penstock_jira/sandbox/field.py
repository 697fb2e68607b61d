"""What a field of the world is: its id, its name, its kind and its options."""

from dataclasses import dataclass

__all__ = ["FieldDefinition", "Option"]


@dataclass(frozen=True)
class Option:
    """One choice of a select field; a cascading field's options have children."""

    id: str
    value: str
    children: tuple["Option", ...] = ()


@dataclass(frozen=True)
class FieldDefinition:
    """A field. ``kind`` names an entry of ``fields.KINDS``, or of the read-only ones."""

    id: str
    name: str
    kind: str
    options: tuple[Option, ...] = ()
    required: bool = False

    @property
    def custom(self) -> bool:
        """Whether an administrator made this field, rather than Jira itself."""
        return self.id.startswith("customfield_")

    @property
    def number(self) -> int:
        """The number in a custom field's id."""
        return int(self.id.removeprefix("customfield_"))
