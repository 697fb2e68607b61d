"""How an issue or a comment says which step of which run made it."""

from collections.abc import Mapping

from penstock.json_types import Json
from penstock.step import Effect, StepContext
from penstock_jira.answer import as_list, members, text

__all__ = ["PROPERTY", "is_marked", "label", "marked", "properties"]

#: The key of the entity property; no person sees it, and no search finds it.
PROPERTY = "penstock"


def properties(effect: Effect, context: StepContext) -> list[Json]:
    """Return the ``properties`` of a create request: the proof of who made it."""
    value: Json = {"marker": effect.marker, "run": context.run.id, "path": context.path}
    return [{"key": PROPERTY, "value": value}]


def label(marker: str) -> str:
    """Return the label that makes the marker searchable; Jira's labels hold no spaces."""
    plain = "".join(char if char.isalnum() or char in "-_." else "-" for char in marker)
    return plain if plain.startswith("penstock-") else f"penstock-{plain}"


def marked(listed: Json, marker: str) -> bool:
    """Whether an entity's ``properties``, as an object or a list of pairs, hold *marker*."""
    if isinstance(listed, Mapping):
        return is_marked(listed.get(PROPERTY), marker)
    pairs = [members(item) for item in as_list(listed, "list properties")] if listed else []
    return any(is_marked(p.get("value"), marker) for p in pairs if p.get("key") == PROPERTY)


def is_marked(value: Json, marker: str) -> bool:
    """Whether *value* is our property with this marker."""
    return text(members(value).get("marker")) == marker
