"""The lines of ``penstock plan`` for the fields of a step."""

import json
from collections.abc import Sequence

from penstock_jira.spec import Cascade, FieldEntry
from penstock_jira.text import join_list

__all__ = ["entry_lines", "entry_text", "short"]

_LONGEST = 100


def entry_lines(entries: Sequence[FieldEntry]) -> tuple[str, ...]:
    """Return one line for each entry: its name and the beginning of its value."""
    return tuple(f"  {entry.name}: {short(entry_text(entry))}" for entry in entries)


def entry_text(entry: FieldEntry) -> str:
    """Return the value of an entry in words."""
    if entry.is_raw:
        return json.dumps(entry.raw, ensure_ascii=False)
    if entry.changes_list:
        parts = [("+", entry.add), ("-", entry.remove)]
        return "  ".join(f"{sign} {join_list(items)}" for sign, items in parts if items)
    if isinstance(entry.value, Cascade):
        return " > ".join(part for part in (entry.value.value, entry.value.child) if part)
    if entry.value is None:
        return "null"
    return entry.value if isinstance(entry.value, str) else join_list(entry.value)


def short(text: str) -> str:
    """Return the beginning of a text, on one line."""
    line = " ".join(text.split())
    return f"{line[:_LONGEST]}…" if len(line) > _LONGEST else line
