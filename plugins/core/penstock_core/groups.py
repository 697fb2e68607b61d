"""Who is in which group: a small file beside the pipeline, ``groups.yaml``."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from penstock.errors import Refused
from penstock.nearest import suggestion
from penstock.source import read

__all__ = ["FILE", "Groups"]

#: What the file is called.
FILE: Final = "groups.yaml"
#: Harness's groups that everybody is in.
_EVERYBODY = ("_account_all_users", "_organization_all_users", "_project_all_users")
_SCOPES = ("account.", "org.")


class Groups:
    """The groups that a step names, and the people in them."""

    def __init__(self, names: Sequence[str], directory: Path) -> None:
        """Look *names* up in the file in *directory*; raise ``Refused`` for one that is not there.

        Without a name that needs it, the file is not read.
        """
        self._everybody = [name for name in names if _is_for_everybody(name)]
        wanted = [name for name in names if not _is_for_everybody(name)]
        self._people = {name: set[str]() for name in wanted}
        if not wanted:
            return
        file = directory / FILE
        if not file.is_file():
            raise Refused(
                f"nobody knows who is in {', '.join(wanted)}; write it into {file}: "
                f"groups: {{{wanted[0]}: [maria, lead@example.com]}}"
            )
        found = _read(file)
        for name in wanted:
            if name not in found:
                raise Refused(f"{file} has no group {name!r}; {suggestion(name, found)}")
            self._people[name] = {person.casefold() for person in found[name]}

    def of(self, user: str, email: str) -> tuple[str, ...]:
        """Return the groups that a person is in, by name or by e-mail address."""
        names = {text.casefold() for text in (user, email) if text}
        inside = [name for name, people in self._people.items() if people & names]
        return (*self._everybody, *inside)


def _is_for_everybody(name: str) -> bool:
    for scope in _SCOPES:
        name = name.removeprefix(scope)
    return name in _EVERYBODY


def _read(file: Path) -> Mapping[str, list[str]]:
    source = read(file)
    value = source.value
    groups = value.get("groups") if isinstance(value, dict) and set(value) == {"groups"} else None
    if not isinstance(groups, dict):
        hint = "write: groups: {name: [person, person]}"
        raise Refused(source.fault((), "it holds no mapping `groups`, or more than that", hint))
    found: dict[str, list[str]] = {}
    for name, people in groups.items():
        if not isinstance(people, list) or not all(isinstance(p, str) and p for p in people):
            fault = source.fault(("groups", name), f"the group {name!r} is no list of people")
            raise Refused(fault)
        found[name] = [str(person) for person in people]
    return found
