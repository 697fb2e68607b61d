"""A field of somebody's plug-in: a type that no client knows, and whatever JSON it is given."""

from typing import ClassVar

from penstock.json_types import Json
from penstock_jira.sandbox.kind import Kind, Slot, Told

__all__ = ["Plugin"]


class Plugin(Kind):
    """Any value that is not empty."""

    type: ClassVar[str] = "plugin-value"
    custom: ClassVar[str | None] = "com.example.plugin:value"

    def parse(self, value: Json, _slot: Slot) -> Json:
        """Take it as it is."""
        return None if value in (None, "", [], {}) else value

    def tell(self, stored: Json, _slot: Slot) -> Told:
        """Tell a text as it is, and nothing of what else there may be."""
        return Told(None, stored if isinstance(stored, str) else None)
