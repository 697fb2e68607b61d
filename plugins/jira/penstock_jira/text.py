"""Text on its way to Jira: Harness's list grammar, and what Jira cannot store."""

import re
import unicodedata

from penstock_jira.errors import FieldFault

__all__ = ["check_label", "check_text", "join_list", "one_line", "split_list"]

#: Jira, which counts as Java does, in UTF-16 units: an emoji is two.
_SUMMARY = _LABEL = 255
_TEXT = 32_767
_QUOTED = 2
_BREAKS = re.compile(r"\s*[\r\n]\s*")


def split_list(value: str) -> tuple[str, ...]:
    """Return the items of a comma list: ``A,"B, C"`` is ``A`` and ``B, C``.

    Harness's grammar exactly: split on commas with an even number of double quotes behind them,
    trim each item, take the outer quotes off, and read a doubled quote as one. Empty items are
    left out.
    """
    parts: list[str] = []
    start, inside = 0, value.count('"') % 2 == 1
    for match in re.finditer(r'[",]', value):
        if match.group() == '"':
            inside = not inside
        elif not inside:
            parts.append(value[start : match.start()])
            start = match.end()
    parts.append(value[start:])
    items = (_unquoted(part.strip()) for part in parts)
    return tuple(item for item in items if item)


def _unquoted(item: str) -> str:
    if len(item) >= _QUOTED and item[0] == item[-1] == '"':
        item = item[1:-1]
    return item.replace('""', '"')


def join_list(items: tuple[str, ...]) -> str:
    """Return the items as text for people."""
    return ", ".join(items)


def check_text(value: str, *, limit: int = _TEXT) -> str:
    """Return *value* if Jira can store it; raise ``FieldFault`` saying what is in the way."""
    for char in value:
        if unicodedata.category(char) in {"Cc", "Cs"} and char not in "\n\r\t":
            raise FieldFault(f"holds the control character U+{ord(char):04X}; take it out")
    units = len(value.encode("utf-16-le")) // 2
    if units > limit:
        as_jira = "" if units == len(value) else ", as Jira counts (UTF-16)"
        raise FieldFault(f"has {units:,} characters{as_jira}; Jira takes {limit:,}, so shorten it")
    return value


def one_line(value: str) -> str:
    """Return a summary on one line, without space around it: a line break becomes a space.

    Raises ``FieldFault`` for one that Jira refuses.
    """
    return check_text(_BREAKS.sub(" ", value.strip()), limit=_SUMMARY)


def check_label(value: str) -> str:
    """Return *value* if it can be a label; raise ``FieldFault`` saying what is in the way."""
    if re.search(r"\s", value):
        joined = "-".join(value.split())
        raise FieldFault(f"a label holds no space, and {value[:60]!r} does; write {joined[:60]}")
    return check_text(value, limit=_LABEL)
