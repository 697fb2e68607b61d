"""How an issue or a comment says which step of which run made it."""

from collections.abc import Mapping

from penstock.json_types import Json
from penstock.step import Effect, StepContext
from penstock_jira.answer import as_list, members, text

__all__ = ["PROPERTY", "is_marked", "label", "mark_of", "marked", "properties"]

#: The key of the entity property; no person sees it, and no search finds it.
PROPERTY = "penstock"


def properties(effect: Effect, context: StepContext, **more: Json) -> list[Json]:
    """Return the ``properties`` of a create request: the proof of who made it."""
    value: Json = {"marker": effect.marker, "run": context.run.id, "path": context.path, **more}
    return [{"key": PROPERTY, "value": value}]


def label(marker: str) -> str:
    """Return the label that makes the marker searchable; Jira's labels hold no spaces."""
    plain = "".join(char if char.isalnum() or char in "-_." else "-" for char in marker)
    return plain if plain.startswith("penstock-") else f"penstock-{plain}"


def mark_of(listed: Json) -> Mapping[str, Json]:
    """Return our property among an entity's ``properties``, an object or a list of pairs."""
    if isinstance(listed, Mapping):
        return members(listed.get(PROPERTY))
    pairs = [members(item) for item in as_list(listed, "list properties")] if listed else []
    ours = (pair.get("value") for pair in pairs if pair.get("key") == PROPERTY)
    return members(next(ours, None))


def marked(listed: Json, marker: str) -> bool:
    """Whether an entity's ``properties`` hold *marker*."""
    return is_marked(mark_of(listed), marker)


def is_marked(value: Json, marker: str) -> bool:
    """Whether *value* is our property with this marker."""
    return text(members(value).get("marker")) == marker
