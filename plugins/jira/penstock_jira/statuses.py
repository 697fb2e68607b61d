"""Statuses by the names that they had when a gate opened: people rename them while it waits."""

from collections.abc import Iterable, Mapping

from penstock.json_types import Json
from penstock.nearest import suggestion
from penstock_jira.answer import members, text

__all__ = ["NAMES", "by_first_name", "first_names", "warnings"]

#: How criteria may name the status.
NAMES = ("Status", "status")


def first_names(mentioned: Iterable[str], content: Mapping[str, Json]) -> dict[str, Json]:
    """Return the statuses of *mentioned* names, by id: as remembered, else as they are called now.

    Jira: statuses of several projects may have one name.
    """
    known = members(content.get("known"))
    if "statuses" in known:
        return dict(members(known["statuses"]))
    wanted = set(mentioned)
    now = members(content.get("statuses"))
    return {identifier: name for identifier, name in now.items() if text(name) in wanted}


def by_first_name(content: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return *content* with a status that was renamed since under the name that it had first."""
    first = members(members(content.get("known")).get("statuses"))
    if not first:
        return content
    renamed = {**content, **_called(content, first)}
    past = content.get("past")
    if isinstance(past, (list, tuple)):
        renamed["past"] = [{**members(one), **_called(members(one), first)} for one in past]
    return renamed


def _called(content: Mapping[str, Json], first: Mapping[str, Json]) -> dict[str, Json]:
    fields = dict(members(content.get("fields")))
    for key in NAMES:
        entry = members(fields.get(key))
        value = members(entry.get("value"))
        name = first.get(text(value.get("id")))
        if name is not None:
            fields[key] = {**entry, "value": {**value, "name": name}}
    return {"fields": fields}


def warnings(mentioned: Iterable[str], content: Mapping[str, Json]) -> list[str]:
    """Return what is to be told of statuses: renamed, gone, or never there."""
    now = {identifier: text(name) for identifier, name in members(content.get("statuses")).items()}
    if not now:
        return []
    first = members(members(content.get("known")).get("statuses"))
    told = []
    for name in dict.fromkeys(mentioned):
        if name in now.values() or name in now:
            continue
        ids = [identifier for identifier, was in first.items() if was == name]
        told.append(_warning(name, [now[one] for one in ids if one in now], bool(ids), now))
    return told


def _warning(name: str, called: list[str], known: bool, now: Mapping[str, str]) -> str:
    if called:
        new = " or ".join(repr(one) for one in dict.fromkeys(called))
        return f"the status {name!r} is called {new} in Jira now, and still counts"
    if known:
        return f"Jira has no status {name!r} any more"
    return f"Jira has no status called {name!r}; {suggestion(name, [*dict.fromkeys(now.values())])}"
