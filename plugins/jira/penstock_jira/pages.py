"""Lists that Jira gives by pages."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from penstock.json_types import Json
from penstock_jira.answer import as_list, as_mapping, repeated

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["pages"]

#: More pages than this and Jira repeats itself.
_PAGES = 50


def pages(
    client: "JiraClient", path: str, what: str, *names: str, size: int, **params: str
) -> Iterator[Json]:
    """Yield the items of all pages at *path*, asking for *size* of them at a time.

    *names* are the members that may hold them, besides ``values`` and ``results``: Cloud and Data
    Center differ. Raises as ``JiraClient.get`` does, and ``NotJira`` for a
    page that comes twice.
    """
    start, before = 0, None
    for _ in range(_PAGES):
        answer = client.get(path, what=what, startAt=str(start), maxResults=str(size), **params)
        page = as_mapping(answer, what)
        held = [page[name] for name in (*names, "values", "results") if name in page]
        items = as_list(held[0] if held else None, what)
        if items and items == before:
            raise repeated(what)
        before = items
        yield from items
        start += len(items)
        if not items or not _goes_on(page, start):
            return


def _goes_on(page: Mapping[str, Json], read: int) -> bool:
    """Whether there is a page after this one, *read* items being read."""
    total = page.get("total")
    if isinstance(total, int):
        return read < total
    return page.get("isLast") is False
