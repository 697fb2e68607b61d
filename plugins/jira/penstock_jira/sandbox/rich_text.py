"""Rich text: an Atlassian document in API version 3, plain text in version 2."""

from collections.abc import Mapping, Sequence

from penstock.json_types import Json

__all__ = ["document_of", "plain_text"]

#: Nodes that end a line when a document is told as text.
_BLOCKS = {"paragraph", "heading", "codeBlock", "listItem", "rule", "tableRow", "mediaSingle"}


def document_of(text: str) -> Json:
    """Return a document with one paragraph for each block of *text*."""
    return {
        "type": "doc",
        "version": 1,
        "content": [_paragraph(block) for block in text.split("\n\n")],
    }


def _paragraph(block: str) -> Json:
    content: list[Json] = []
    for number, line in enumerate(block.split("\n")):
        if number:
            content.append({"type": "hardBreak"})
        if line:
            content.append({"type": "text", "text": line})
    return {"type": "paragraph", "content": content}


def plain_text(value: Json) -> str:
    """Return stored rich text, a document or text, as text."""
    if isinstance(value, Mapping):
        return _told(value).strip("\n")
    return value if isinstance(value, str) else ""


def _told(node: Mapping[str, Json]) -> str:
    match node.get("type"):
        case "text":
            return str(node.get("text", ""))
        case "hardBreak":
            return "\n"
        case "mention" | "emoji" | "status" as kind:
            attributes = node.get("attrs")
            known = attributes if isinstance(attributes, Mapping) else {}
            return str(known.get("shortName" if kind == "emoji" else "text", ""))
    content = node.get("content")
    parts = content if isinstance(content, Sequence) and not isinstance(content, str) else ()
    text = "".join(_told(part) for part in parts if isinstance(part, Mapping))
    return _as_block(str(node.get("type")), text)


def _as_block(kind: str, text: str) -> str:
    match kind:
        case "listItem":
            return f"* {text.strip()}\n"
        case "paragraph" | "heading" | "codeBlock":
            return f"{text}\n\n"
        case _:
            return f"{text}\n" if kind in _BLOCKS else text
