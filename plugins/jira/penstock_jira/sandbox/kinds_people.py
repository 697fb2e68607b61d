"""Fields that hold people and groups."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from penstock.json_types import Json
from penstock_jira.sandbox import portraits
from penstock_jira.sandbox.kind import Invalid, Kind, ManyOf, Slot, Told, member
from penstock_jira.sandbox.lens import Lens
from penstock_jira.sandbox.world import Group, User

__all__ = ["AUTOMATIC", "Assignee", "GroupField", "Person", "Persons", "Reporter", "user_with"]

_CUSTOM = "com.atlassian.jira.plugin.system.customfieldtypes:"

#: What a client writes for "whoever the project says".
AUTOMATIC = "-1"


def user_with(lens: Lens, identity: str) -> User | None:
    """Return the user with this account id (Cloud) or name (Data Center)."""
    for user in lens.world.users:
        if identity == (user.account_id if lens.cloud else user.name):
            return user
    return None


class Person(Kind):
    """A user, named by accountId on Cloud and by name on Data Center; the name is stored."""

    type = "user"
    custom: ClassVar[str | None] = f"{_CUSTOM}userpicker"
    completes = "user/search?query="

    def choices(self, slot: Slot) -> Sequence[str]:
        """Name everybody."""
        return [user.name for user in slot.lens.world.users]

    def parse(self, value: Json, slot: Slot) -> Json:
        """Read ``{accountId}`` or ``{name}``; an empty one is nobody."""
        if value is None:
            return None
        cloud = slot.lens.cloud
        names = ("accountId", "id") if cloud else ("name", "key")
        if isinstance(value, Mapping) and names[0] in value and not value[names[0]]:
            return None
        given = member(value, *names)
        if given is None:
            raise Invalid(f"expected Object containing a `{names[0]}` property")
        user = self._known(given[1], slot, by_key=given[0] == "key")
        if user is None:
            raise Invalid(f"User '{given[1]}' does not exist.")
        return user.name

    def _known(self, identity: str, slot: Slot, *, by_key: bool) -> User | None:
        if by_key:
            return next((user for user in slot.lens.world.users if user.key == identity), None)
        return user_with(slot.lens, identity)

    def shape(self, plain: Json, slot: Slot) -> Json:
        """Find the user by name, e-mail, account id or display name."""
        text = str(plain)
        world = slot.lens.world
        user = world.user_known_as(text) or next(
            (each for each in world.users if text in (each.account_id, each.display)), None
        )
        identity = text if user is None else user.account_id if slot.lens.cloud else user.name
        return {"accountId" if slot.lens.cloud else "name": identity}

    def show(self, stored: Json, slot: Slot) -> Json:
        """Show the user."""
        return portraits.person(slot.lens, stored)

    def tell(self, stored: Json, slot: Slot) -> Told:
        """Tell who it is, by Cloud's account id or Data Center's key."""
        user = slot.lens.world.user(stored if isinstance(stored, str) else None)
        if user is None:
            return Told(None, None)
        return Told(user.account_id if slot.lens.cloud else user.key, user.display)


class Assignee(Person):
    """The assignee; ``-1`` is whoever the project says: its lead on Data Center, else nobody."""

    custom = None

    def parse(self, value: Json, slot: Slot) -> Json:
        """Read a user, or the automatic one."""
        given = member(value, "accountId", "name")
        if given is not None and given[1] == AUTOMATIC:
            return None if slot.lens.cloud else slot.project.lead
        return super().parse(value, slot)


class Reporter(Person):
    """The reporter, who cannot be nobody."""

    custom = None

    def parse(self, value: Json, slot: Slot) -> Json:
        """Read a user."""
        user = super().parse(value, slot)
        if user is None:
            raise Invalid("Reporter is required.")
        return user


class Persons(ManyOf):
    """Several users."""

    items = "user"
    custom = f"{_CUSTOM}multiuserpicker"
    completes = "user/search?query="
    one = Person()


class GroupField(Kind):
    """A group; its name is stored."""

    type = "group"
    custom = f"{_CUSTOM}grouppicker"
    completes = "groups/picker?query="

    def choices(self, slot: Slot) -> Sequence[str]:
        """Name the groups."""
        return [group.name for group in slot.lens.world.groups]

    def parse(self, value: Json, slot: Slot) -> Json:
        """Read ``{name}``, or ``{groupId}`` on Cloud."""
        if value is None:
            return None
        given = member(value, "name", "groupId") if slot.lens.cloud else member(value, "name")
        if given is None:
            raise Invalid("expected Object containing a `name` property")
        what = "id" if given[0] == "groupId" else "name"
        known = [each for each in slot.lens.world.groups if getattr(each, what) == given[1]]
        if not known:
            raise Invalid(f"Group '{given[1]}' does not exist.")
        return known[0].name

    def shape(self, plain: Json, _slot: Slot) -> Json:
        """Name the group."""
        return {"name": str(plain)}

    def show(self, stored: Json, slot: Slot) -> Json:
        """Show the group."""
        found = self._stored(stored, slot)
        return portraits.group(slot.lens, found) if found else None

    def _stored(self, stored: Json, slot: Slot) -> Group | None:
        return next((each for each in slot.lens.world.groups if each.name == stored), None)
