"""The lines of ``penstock plan`` for the fields of a step."""

from collections.abc import Sequence

from penstock_jira.spec import FieldEntry
from penstock_jira.text import join_list

__all__ = ["entry_lines"]

_LONGEST = 100


def entry_lines(entries: Sequence[FieldEntry]) -> tuple[str, ...]:
    """Return one line for each entry: its name and the beginning of its value."""
    return tuple(f"  {entry.name}: {_short(entry.value)}" for entry in entries)


def _short(value: str | tuple[str, ...]) -> str:
    text = value if isinstance(value, str) else join_list(value)
    line = " ".join(text.split())
    return f"{line[:_LONGEST]}…" if len(line) > _LONGEST else line
