"""The document (ADF) for a text in Markdown: only nodes that Jira Cloud takes where they stand."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from penstock.json_types import Json
from penstock_jira.answer import members, text
from penstock_jira.markdown import is_safe, parsed

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode

__all__ = ["document"]

_LISTS: Final = {"bullet_list": "bulletList", "ordered_list": "orderedList"}
_CODE: Final = {"fence", "code_block"}
_MARKS: Final = {"strong": "strong", "em": "em", "s": "strike"}
_CELLS: Final = {"th": "tableHeader", "td": "tableCell"}


def document(markdown: str) -> Json:
    """Return the document for a text in Markdown."""
    from markdown_it.tree import SyntaxTreeNode

    tree = SyntaxTreeNode(parsed(markdown))
    return {"type": "doc", "version": 1, "content": _blocks(tree.children)}


def _paragraph(content: Sequence[Json]) -> Json:
    return {"type": "paragraph", "content": list(content)}


def _blocks(nodes: "Sequence[SyntaxTreeNode]", *, inside: bool = False) -> list[Json]:
    """Return the blocks; *inside* a list or a quote, where Jira takes fewer kinds of them."""
    return [block for node in nodes for block in _block(node, inside=inside)]


def _block(node: "SyntaxTreeNode", *, inside: bool) -> list[Json]:
    match node.type:
        case "heading":
            return _heading(node, inside=inside)
        case "blockquote":
            quoted = _blocks(node.children, inside=True) or [_paragraph([])]
            return quoted if inside else [{"type": "blockquote", "content": quoted}]
        case "table":
            return _table(node, inside=inside)
        case "hr":
            return [] if inside else [{"type": "rule"}]
        case "bullet_list" | "ordered_list":
            return [_list(node)]
    return [_code(node) if node.type in _CODE else _paragraph(_words(node))]


def _heading(node: "SyntaxTreeNode", *, inside: bool) -> list[Json]:
    if inside:
        return [_paragraph(_words(node, ({"type": "strong"},)))]
    level = int(node.tag[1:])
    return [{"type": "heading", "attrs": {"level": level}, "content": _words(node)}]


def _code(node: "SyntaxTreeNode") -> Json:
    content = node.content.rstrip("\n")
    found: dict[str, Json] = {"type": "codeBlock"}
    language = node.info.split(maxsplit=1)[0] if node.info.strip() else ""
    if language:
        found["attrs"] = {"language": language}
    return {**found, "content": [{"type": "text", "text": content}] if content else []}


def _list(node: "SyntaxTreeNode") -> Json:
    items: list[Json] = [
        {"type": "listItem", "content": _blocks(item.children, inside=True) or [_paragraph([])]}
        for item in node.children
    ]
    found: dict[str, Json] = {"type": _LISTS[node.type]}
    start = node.attrs.get("start")
    if isinstance(start, int) and start != 1:
        found["attrs"] = {"order": start}
    return {**found, "content": items}


def _table(node: "SyntaxTreeNode", *, inside: bool) -> list[Json]:
    rows = [row.children for part in node.children for row in part.children]
    if inside:
        return [_flat_row(row) for row in rows]
    made: list[Json] = [
        {
            "type": "tableRow",
            "content": [
                {"type": _CELLS[cell.type], "content": [_paragraph(_words(cell))]} for cell in row
            ],
        }
        for row in rows
    ]
    return [{"type": "table", "content": made}]


def _flat_row(cells: "Sequence[SyntaxTreeNode]") -> Json:
    parts: list[Json] = []
    for number, cell in enumerate(cells):
        parts += [{"type": "text", "text": " | "}] if number else []
        parts += _words(cell)
    return _paragraph(_joined(parts))


Mark: TypeAlias = Mapping[str, Json]


def _words(node: "SyntaxTreeNode", marks: Sequence[Mark] = ()) -> list[Json]:
    """Return the inline content of a block."""
    return _joined(piece for part in node.children for piece in _inline(part, marks))


def _joined(pieces: Iterable[Json]) -> list[Json]:
    """Return the pieces, texts of one look made one."""
    joined: list[Json] = []
    for piece in pieces:
        before, now = members(joined[-1]) if joined else {}, members(piece)
        texts = before.get("type") == now.get("type") == "text"
        if texts and before.get("marks") == now.get("marks"):
            joined[-1] = {**before, "text": text(before.get("text")) + text(now.get("text"))}
        else:
            joined.append(piece)
    return joined


def _inline(node: "SyntaxTreeNode", marks: Sequence[Mark]) -> list[Json]:
    match node.type:
        case "text" | "softbreak":
            return _text(" " if node.type == "softbreak" else node.content, marks)
        case "hardbreak":
            return [{"type": "hardBreak"}]
        case "code_inline":
            links = [mark for mark in marks if mark["type"] == "link"]
            return _text(node.content, [{"type": "code"}, *links])
        case "link" | "image":
            return _link(node, str(node.attrs.get("href") or node.attrs.get("src") or ""), marks)
    mark = _MARKS.get(node.type)
    known = {one["type"] for one in marks}
    own: Mark = {"type": mark}
    inner = marks if mark is None or mark in known else (*marks, own)
    return [piece for child in node.children for piece in _inline(child, inner)]


def _link(node: "SyntaxTreeNode", address: str, marks: Sequence[Mark]) -> list[Json]:
    """Return a link; a picture is one, too. An address that is not safe is told as text."""
    within = any(mark["type"] == "link" for mark in marks)
    linked = is_safe(address) and not within
    link: Mark = {"type": "link", "attrs": {"href": address}}
    inner = (*marks, link) if linked else marks
    shown = [piece for child in node.children for piece in _inline(child, inner)]
    if linked or within:
        return shown or _text(address, inner)
    return [*shown, *_text(f" ({address})" if shown else address, marks)]


def _text(content: str, marks: Sequence[Mark]) -> list[Json]:
    if not content:
        return []
    shown: dict[str, Json] = {"type": "text", "text": content}
    return [{**shown, "marks": list(marks)} if marks else shown]
