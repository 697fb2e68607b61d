"""Rich text as Jira Cloud keeps it: an Atlassian document (ADF), which REST version 3 takes.

A document is plain data: text in it is text, so that nothing in it is a macro or a mention.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from penstock.json_types import Json
from penstock_jira.answer import members, text

__all__ = ["is_document", "of_text", "same_document"]

#: Attributes that say something; the others are ids and measures that Jira adds.
_TELLING: Final = {"level", "language", "href", "id", "shortName", "text", "url"}


def is_document(value: Json) -> bool:
    """Whether *value* is an Atlassian document."""
    return isinstance(value, Mapping) and value.get("type") == "doc"


def of_text(plain: str) -> Json:
    """Return the document for a text in which no sign means anything: a paragraph per block."""
    blocks = [block.split("\n") for block in plain.replace("\r\n", "\n").strip("\n").split("\n\n")]
    return {"type": "doc", "version": 1, "content": [_lines(block) for block in blocks]}


def _lines(lines: Sequence[str]) -> Json:
    content: list[Json] = []
    for number, line in enumerate(lines):
        content += [{"type": "hardBreak"}] if number else []
        content += [{"type": "text", "text": line}] if line else []
    return {"type": "paragraph", "content": content}


def same_document(left: Json, right: Json) -> bool:
    """Whether two documents say and look the same, whatever ids and measures Jira has added."""
    return _bare(left) == _bare(right)


def _bare(node: Json) -> Json:
    found = members(node)
    bare: dict[str, Json] = {"type": found.get("type")}
    if found.get("text"):
        bare["text"] = text(found.get("text")).replace("\r\n", "\n")
    attributes = members(found.get("attrs"))
    telling = {
        name: value
        for name, value in attributes.items()
        if (name in _TELLING and value) or (name == "order" and value != 1)
    }
    if telling:
        bare["attrs"] = telling
    for name in ("marks", "content"):
        listed = found.get(name)
        parts = [_bare(part) for part in listed] if isinstance(listed, (list, tuple)) else []
        if parts:
            bare[name] = sorted(parts, key=str) if name == "marks" else parts
    return bare
