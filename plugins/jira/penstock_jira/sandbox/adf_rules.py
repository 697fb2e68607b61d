"""What Jira takes as an Atlassian document: which nodes stand where, with which marks."""

from collections.abc import Mapping, Sequence
from typing import Final

from penstock.json_types import Json

__all__ = ["document_fault"]

#: Deeper documents are refused: Jira's editor makes none.
_DEEPEST = 100

_INLINE: Final = frozenset(
    [
        "text",
        "hardBreak",
        "mention",
        "emoji",
        "date",
        "status",
        "inlineCard",
        "mediaInline",
        "placeholder",
        "inlineExtension",
    ]
)
_IN_ITEM: Final = frozenset(
    [
        "paragraph",
        "bulletList",
        "orderedList",
        "taskList",
        "mediaSingle",
        "codeBlock",
        "extension",
    ]
)
_IN_QUOTE: Final = _IN_ITEM - {"taskList"} | {"mediaGroup"}
_IN_CELL: Final = _IN_QUOTE | frozenset(
    [
        "panel",
        "blockquote",
        "rule",
        "heading",
        "taskList",
        "decisionList",
        "blockCard",
        "embedCard",
        "nestedExpand",
    ]
)
_IN_EXPAND: Final = _IN_CELL | {"table"}
_AT_ROOT: Final = _IN_EXPAND - {"nestedExpand"} | frozenset(
    ["expand", "layoutSection", "bodiedExtension"]
)
#: What each node may hold; a node that is not here is none of Jira's.
_HOLDS: Final[Mapping[str, frozenset[str]]] = {
    "doc": _AT_ROOT,
    "paragraph": _INLINE,
    "heading": _INLINE,
    "codeBlock": frozenset({"text"}),
    "blockquote": _IN_QUOTE,
    "bulletList": frozenset({"listItem"}),
    "orderedList": frozenset({"listItem"}),
    "listItem": _IN_ITEM,
    "table": frozenset({"tableRow"}),
    "tableRow": frozenset({"tableCell", "tableHeader"}),
    "tableCell": _IN_CELL,
    "tableHeader": _IN_CELL,
    "panel": _IN_CELL - {"panel", "blockquote", "nestedExpand"},
    "expand": _IN_EXPAND,
    "nestedExpand": _IN_CELL - {"nestedExpand"},
    "bodiedExtension": _IN_EXPAND - {"nestedExpand"},
    "taskList": frozenset({"taskItem", "taskList"}),
    "taskItem": _INLINE,
    "decisionList": frozenset({"decisionItem"}),
    "decisionItem": _INLINE,
    "mediaSingle": frozenset({"media", "caption"}),
    "mediaGroup": frozenset({"media"}),
    "caption": _INLINE,
    "layoutSection": frozenset({"layoutColumn"}),
    "layoutColumn": _AT_ROOT - {"layoutSection"},
    **{name: frozenset() for name in (*_INLINE, "rule", "media", "extension")},
    **{name: frozenset() for name in ("blockCard", "embedCard")},
}
_NEVER_EMPTY: Final = frozenset(
    [
        "blockquote",
        "bulletList",
        "orderedList",
        "listItem",
        "table",
        "tableCell",
        "tableHeader",
        "panel",
    ]
)
_WITH_CODE: Final = frozenset({"code", "link", "annotation"})
_MARKS: Final = _WITH_CODE | frozenset(
    ["em", "strong", "strike", "subsup", "underline", "textColor", "backgroundColor"]
)
_HEADINGS: Final = range(1, 7)


def document_fault(value: Json) -> str | None:
    """Return what keeps *value* from being an Atlassian document, or ``None``."""
    if not isinstance(value, Mapping) or value.get("type") != "doc":
        return "it is no object of type 'doc'"
    if value.get("version") != 1:
        return "its version is not 1"
    return _content_fault(value, 0)


def _content_fault(node: Mapping[str, Json], depth: int) -> str | None:
    kind, content = str(node["type"]), node.get("content", [])
    if depth > _DEEPEST:
        return "it is nested too deeply"
    if isinstance(content, str) or not isinstance(content, Sequence):
        return "'content' is not an array"
    if kind in _NEVER_EMPTY and not content:
        return f"{kind} is empty"
    for child in content:
        fault = _node_fault(child, kind, depth)
        if fault is not None:
            return fault
    return None


def _node_fault(node: Json, within: str, depth: int) -> str | None:
    if not isinstance(node, Mapping) or not isinstance(node.get("type"), str):
        return "a node has no type"
    kind = str(node["type"])
    if kind not in _HOLDS[within]:
        return f"{kind} does not belong into {within}"
    attributes = node.get("attrs")
    told = attributes if isinstance(attributes, Mapping) else {}
    if kind == "text":
        return _text_fault(node, within)
    if kind == "heading" and told.get("level") not in _HEADINGS:
        return "a heading has no level from 1 to 6"
    if kind == "mention" and not isinstance(told.get("id"), str):
        return "a mention has no id"
    return _content_fault(node, depth + 1)


def _text_fault(node: Mapping[str, Json], within: str) -> str | None:
    if not (isinstance(node.get("text"), str) and node["text"]):
        return "a text node has no text"
    listed = node.get("marks", [])
    if isinstance(listed, str) or not isinstance(listed, Sequence):
        return "'marks' is not an array"
    marks = [mark for mark in listed if isinstance(mark, Mapping)]
    names = [str(mark.get("type")) for mark in marks]
    if len(marks) != len(listed) or not _MARKS.issuperset(names) or len(set(names)) != len(names):
        return "a text has a mark that is none, or one twice"
    if within == "codeBlock" and names:
        return "text in a code block has no marks"
    if "code" in names and not _WITH_CODE.issuperset(names):
        return "code stands beside marks other than a link"
    return next((_LINK for mark in marks if mark["type"] == "link" and not _href(mark)), None)


_LINK: Final = "a link has no href"


def _href(mark: Mapping[str, Json]) -> bool:
    attributes = mark.get("attrs")
    return isinstance(attributes, Mapping) and isinstance(attributes.get("href"), str)
