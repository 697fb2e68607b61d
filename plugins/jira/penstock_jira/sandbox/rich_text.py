"""Rich text: an Atlassian document in API version 3, plain text in version 2."""

from collections.abc import Mapping, Sequence

from penstock.json_types import Json

__all__ = ["document_fault", "document_of", "plain_text"]

#: Nodes that end a line when a document is told as text.
_BLOCKS = {"paragraph", "heading", "codeBlock", "listItem", "rule", "tableRow", "mediaSingle"}
#: Deeper documents are refused: Jira's editor makes none.
_DEEPEST = 60


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


def document_fault(value: Json) -> str | None:
    """Return what keeps *value* from being an Atlassian document, or ``None``."""
    if not isinstance(value, Mapping) or value.get("type") != "doc":
        return "it is no object of type 'doc'"
    if value.get("version") != 1:
        return "its version is not 1"
    return _content_fault(value, 0)


def _content_fault(node: Mapping[str, Json], depth: int) -> str | None:
    content = node.get("content", [])
    if depth > _DEEPEST:
        return "it is nested too deeply"
    if isinstance(content, str) or not isinstance(content, Sequence):
        return "'content' is not an array"
    for child in content:
        fault = _node_fault(child, depth)
        if fault is not None:
            return fault
    return None


def _node_fault(node: Json, depth: int) -> str | None:
    if not isinstance(node, Mapping) or not isinstance(node.get("type"), str):
        return "a node has no type"
    if node["type"] == "text" and not (isinstance(node.get("text"), str) and node["text"]):
        return "a text node has no text"
    return _content_fault(node, depth + 1)


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
