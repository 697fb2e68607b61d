"""Fields that offer a choice: priorities, resolutions, components, versions, options."""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from penstock.json_types import Json
from penstock_jira.sandbox import portraits
from penstock_jira.sandbox.field import Option
from penstock_jira.sandbox.kind import Invalid, Kind, ManyOf, Slot, Told, items_of, member
from penstock_jira.sandbox.lens import Lens
from penstock_jira.sandbox.world import NamedThing, find

__all__ = [
    "Cascading",
    "Checkboxes",
    "Components",
    "MultiSelect",
    "Priority",
    "Resolution",
    "Security",
    "Select",
    "Versions",
]

_CUSTOM = "com.atlassian.jira.plugin.system.customfieldtypes:"
_NO_OPTION = "Could not find valid 'id' or 'value' in the {} Option object."


class _Thing(Kind):
    """One of the world's named things. Subclasses say which, and how it is shown."""

    word: ClassVar[str]
    portrait: ClassVar[Callable[[Lens, NamedThing], Json]]

    def things(self, _slot: Slot) -> tuple[NamedThing, ...]:
        """Return what there is to choose from."""
        raise Invalid(f"{self.word} cannot be chosen here")

    def allowed(self, slot: Slot) -> Sequence[Json] | None:
        """Show all of them."""
        return [type(self).portrait(slot.lens, thing) for thing in self.things(slot)]

    def choices(self, slot: Slot) -> Sequence[str]:
        """Name all of them."""
        return [thing.name for thing in self.things(slot)]

    def parse(self, value: Json, slot: Slot) -> Json:
        """Read ``{id}`` or ``{name}``."""
        if value is None:
            return None
        given = member(value, "id", "name")
        if given is None:
            raise Invalid(f"Could not find valid 'id' or 'name' in {self.word.lower()} object.")
        what, text = given
        known = [thing for thing in self.things(slot) if getattr(thing, what) == text]
        if not known:
            raise Invalid(f"{self.word} {what} '{text}' is not valid")
        return known[0].id

    def shape(self, plain: Json, slot: Slot) -> Json:
        """Name it, unless it is an id."""
        found = find(self.things(slot), str(plain))
        return {"id": found.id} if found else {"name": str(plain)}

    def show(self, stored: Json, slot: Slot) -> Json:
        """Show the thing."""
        found = self._stored(stored, slot)
        return type(self).portrait(slot.lens, found) if found else None

    def tell(self, stored: Json, slot: Slot) -> Told:
        """Tell its id and its name."""
        found = self._stored(stored, slot)
        return Told(found.id, found.name) if found else Told(None, None)

    def _stored(self, stored: Json, slot: Slot) -> NamedThing | None:
        return next((thing for thing in self.things(slot) if thing.id == stored), None)


class Priority(_Thing):
    """A priority."""

    type = "priority"
    word = "Priority"
    portrait = portraits.priority

    def things(self, slot: Slot) -> tuple[NamedThing, ...]:
        """Return the priorities."""
        return slot.lens.world.priorities


class Resolution(_Thing):
    """A resolution."""

    type = "resolution"
    word = "Resolution"
    portrait = portraits.resolution

    def things(self, slot: Slot) -> tuple[NamedThing, ...]:
        """Return the resolutions."""
        return slot.lens.world.resolutions


class Security(_Thing):
    """A security level."""

    type = "securitylevel"
    word = "Security level"
    portrait = portraits.security_level

    def things(self, slot: Slot) -> tuple[NamedThing, ...]:
        """Return the security levels."""
        return slot.lens.world.security_levels


class _Component(_Thing):
    word = "Component"
    portrait = portraits.component

    def things(self, slot: Slot) -> tuple[NamedThing, ...]:
        return slot.project.components


class _Version(_Thing):
    word = "Version"
    portrait = portraits.version

    def things(self, slot: Slot) -> tuple[NamedThing, ...]:
        return slot.project.versions


class Components(ManyOf):
    """Components of the issue's project."""

    items = "component"
    one = _Component()


class Versions(ManyOf):
    """Versions of the issue's project."""

    items = "version"
    one = _Version()


class Select(Kind):
    """One option of a custom field; its id is stored."""

    type = "option"
    custom = f"{_CUSTOM}select"

    def allowed(self, slot: Slot) -> Sequence[Json] | None:
        """Show the options."""
        return [portraits.option(slot.lens, each) for each in slot.field.options]

    def choices(self, slot: Slot) -> Sequence[str]:
        """Name the options."""
        return [each.value for each in slot.field.options]

    def parse(self, value: Json, slot: Slot) -> Json:
        """Read ``{id}`` or ``{value}``."""
        return None if value is None else _chosen(value, slot.field.options, "Parent").id

    def shape(self, plain: Json, slot: Slot) -> Json:
        """Name the option, unless it is an id."""
        return _named(str(plain), slot.field.options)

    def show(self, stored: Json, slot: Slot) -> Json:
        """Show the option."""
        found = _with_id(stored, slot.field.options)
        return portraits.option(slot.lens, found) if found else None

    def tell(self, stored: Json, slot: Slot) -> Told:
        """Tell the option's id and text."""
        found = _with_id(stored, slot.field.options)
        return Told(found.id, found.value) if found else Told(None, None)


def _chosen(value: Json, options: tuple[Option, ...], word: str) -> Option:
    given = member(value, "id", "value")
    if given is None:
        raise Invalid(_NO_OPTION.format(word))
    what, text = given
    found = next((each for each in options if getattr(each, what) == text), None)
    if found is None:
        raise Invalid(f"Option {what} '{text}' is not valid")
    return found


def _named(text: str, options: tuple[Option, ...]) -> Json:
    return {"id": text} if _with_id(text, options) else {"value": text}


def _with_id(stored: Json, options: tuple[Option, ...]) -> Option | None:
    return next((each for each in options if each.id == stored), None)


class MultiSelect(ManyOf):
    """Several options of a custom field."""

    items = "option"
    custom = f"{_CUSTOM}multiselect"
    one = Select()


class Checkboxes(MultiSelect):
    """Several options, shown as boxes to tick."""

    custom = f"{_CUSTOM}multicheckboxes"


class Cascading(Kind):
    """An option and one of its children; stored as a list of one id or two."""

    type = "option-with-child"
    custom = f"{_CUSTOM}cascadingselect"

    def allowed(self, slot: Slot) -> Sequence[Json] | None:
        """Show the options with their children."""
        return [
            {
                **portraits.option(slot.lens, parent),
                "children": [portraits.option(slot.lens, child) for child in parent.children],
            }
            for parent in slot.field.options
        ]

    def choices(self, slot: Slot) -> Sequence[str]:
        """Name each option, and each child after its parent."""
        return [
            text
            for parent in slot.field.options
            for text in (parent.value, *(f"{parent.value} > {c.value}" for c in parent.children))
        ]

    def parse(self, value: Json, slot: Slot) -> Json:
        """Read ``{id | value, child: {id | value}}``; the child may be missing."""
        if value is None:
            return None
        parent = _chosen(value, slot.field.options, "Parent")
        child = value.get("child") if isinstance(value, Mapping) else None
        if child is None:
            return [parent.id]
        return [parent.id, _chosen(child, parent.children, "Child").id]

    def shape(self, plain: Json, slot: Slot) -> Json:
        """Read ``EU > Dublin``, or a list of the two."""
        listed = items_of(plain)
        parts = [str(each) for each in listed] if listed is not None else str(plain).split(">")
        first, *rest = [part.strip() for part in parts] or [""]
        options = slot.field.options
        parent = find_option(first, options)
        shaped: dict[str, Json] = {"id": parent.id} if parent else {"value": first}
        if rest:
            shaped["child"] = _named(rest[0], parent.children if parent else ())
        return shaped

    def show(self, stored: Json, slot: Slot) -> Json:
        """Show the option with its child."""
        chain = self._chain(stored, slot)
        if not chain:
            return None
        shown = portraits.option(slot.lens, chain[0])
        return {**shown, "child": portraits.option(slot.lens, chain[1])} if chain[1:] else shown

    def tell(self, stored: Json, slot: Slot) -> Told:
        """Tell the option and its child with an arrow between them."""
        chain = self._chain(stored, slot)
        if not chain:
            return Told(None, None)
        return Told(chain[-1].id, " > ".join(each.value for each in chain))

    def _chain(self, stored: Json, slot: Slot) -> list[Option]:
        chain: list[Option] = []
        options = slot.field.options
        for identifier in items_of(stored) or ():
            found = _with_id(identifier, options)
            if found is None:
                break
            chain.append(found)
            options = found.children
        return chain


def find_option(text: str, options: tuple[Option, ...]) -> Option | None:
    """Return the option with this id or, if there is none, with this value."""
    named = next((each for each in options if each.value == text), None)
    return _with_id(text, options) or named
