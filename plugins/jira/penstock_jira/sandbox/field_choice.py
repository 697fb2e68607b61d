"""Which fields of an issue a client asked for: ``*all``, ``*navigable``, ids, ``-ids``."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

__all__ = ["ALL", "NAVIGABLE", "FieldChoice"]

#: Fields that are not navigable: long lists that a search leaves out.
_NOT_NAVIGABLE = frozenset({"comment", "worklog", "attachment"})


@dataclass(frozen=True)
class FieldChoice:
    """A choice of fields. What is named in ``without`` is never shown."""

    everything: bool
    navigable: bool
    named: frozenset[str]
    without: frozenset[str]

    @classmethod
    def of(cls, written: Iterable[str], default: "FieldChoice") -> Self | "FieldChoice":
        """Read what was asked for, each part may hold several with commas; nothing: *default*."""
        parts = [part.strip() for text in written for part in text.split(",")]
        asked = [part for part in parts if part]
        if not asked:
            return default
        without = frozenset(part[1:] for part in asked if part.startswith("-"))
        named = frozenset(part for part in asked if part[0] not in "-*")
        only_without = len(asked) == len([part for part in asked if part.startswith("-")])
        return cls(
            everything="*all" in asked or (only_without and default.everything),
            navigable="*navigable" in asked or (only_without and default.navigable),
            named=named,
            without=without,
        )

    def has(self, field: str) -> bool:
        """Whether the field with this id is shown."""
        if field in self.without:
            return False
        shown = field in self.named or self.everything
        return shown or (self.navigable and field not in _NOT_NAVIGABLE)

    @property
    def nothing(self) -> bool:
        """Whether no field at all can be shown."""
        return not (self.everything or self.navigable or self.named)


ALL = FieldChoice(everything=True, navigable=True, named=frozenset(), without=frozenset())
NAVIGABLE = FieldChoice(everything=False, navigable=True, named=frozenset(), without=frozenset())
