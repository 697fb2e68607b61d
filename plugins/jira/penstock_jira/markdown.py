"""Markdown as Jira's wiki markup, which version 2 of the REST API takes on both flavours.

The parser is ``markdown-it-py`` (CommonMark, with tables and strikethrough); raw HTML is text.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = ["wiki"]

#: What opens and closes a run of marked words.
_MARKS: Final = {"strong": "*", "em": "_", "s": "-"}
#: Blocks that are one sign.
_BLOCKS: Final = {"hr": "----", "blockquote_open": "{quote}", "blockquote_close": "{quote}"}
#: Words that are one sign: a line of Markdown may end anywhere in a paragraph.
_BREAKS: Final = {"softbreak": " ", "hardbreak": "\n"}
#: Signs that wiki markup would read, each escaped by a backslash.
_SIGNS: Final = "\\{}[]*_-+^~|!"


def wiki(markdown: str) -> str:
    """Return Jira's wiki markup for a text in Markdown."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    writer = _Writer()
    for token in parser.parse(markdown):
        writer.take(token)
    return writer.text()


class _Writer:
    """Takes the blocks of a document one by one and keeps the lines they come to."""

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._lists: list[str] = []
        self._prefix = ""
        self._cells: list[str] = []
        self._bar = "|"

    def text(self) -> str:
        return "".join(self._blocks).strip("\n")

    def take(self, token: "Token") -> None:
        match token.type:
            case "heading_open":
                self._prefix = f"{token.tag}. "
            case "inline":
                self._words(_inline(token.children or ()))
            case _ if token.type in _BLOCKS:
                self._block(_BLOCKS[token.type])
            case "fence" | "code_block":
                self._code(token)
            case _:
                self._list(token)
                self._table(token)

    def _list(self, token: "Token") -> None:
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                self._lists.append("*" if token.type.startswith("bullet") else "#")
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
                if not self._lists:
                    self._blocks.append("\n")
            case "list_item_open":
                self._prefix = f"{''.join(self._lists)} "

    def _code(self, token: "Token") -> None:
        language = token.info.split(maxsplit=1)[0] if token.info.strip() else ""
        name = f":{language}" if language.isalnum() else ""
        content = token.content.rstrip("\n")
        self._block(f"{{code{name}}}\n{content}\n{{code}}")

    def _table(self, token: "Token") -> None:
        match token.type:
            case "tr_open":
                self._cells = []
            case "th_open" | "td_open":
                self._bar = "||" if token.type == "th_open" else "|"
                self._cells.append("")
            case "tr_close":
                row = "".join(f"{self._bar}{cell or ' '}" for cell in self._cells)
                self._blocks.append(f"{row}{self._bar}\n")
                self._cells = []
            case "table_close":
                self._blocks.append("\n")

    def _words(self, words: str) -> None:
        if self._cells:
            self._cells[-1] = words.replace("\n", " ")
        elif self._lists:
            self._blocks.append(f"{self._prefix}{words}\n")
        else:
            self._block(f"{self._prefix}{words}")
        self._prefix = ""

    def _block(self, text: str) -> None:
        self._blocks.append(text + ("\n" if self._lists else "\n\n"))


def _inline(tokens: Sequence["Token"]) -> str:
    parts: list[str] = []
    address = ""
    for token in tokens:
        if token.type == "link_open":
            address = str(token.attrGet("href") or "")
        parts.append(f"|{address}]" if token.type == "link_close" else _piece(token))
    return "".join(parts)


def _piece(token: "Token") -> str:
    match token.type:
        case "text":
            return _escaped(token.content)
        case "code_inline":
            return f"{{{{{_escaped(token.content)}}}}}"
        case "link_open":
            return "["
        case "image":
            return f"!{token.attrGet('src')}!"
    name = token.type.rpartition("_")[0]
    return _BREAKS.get(token.type) or _MARKS.get(name, "")


def _escaped(text: str) -> str:
    """Return text whose signs stay signs; a sign between two letters marks nothing."""
    return "".join(
        f"\\{char}" if char in _SIGNS and not _marks_nothing(text, place, char) else char
        for place, char in enumerate(text)
    )


def _marks_nothing(text: str, place: int, char: str) -> bool:
    """Whether a mark stands where Jira reads none: amid letters (``a-b``), or between spaces."""
    if char in "{}[]|\\":
        return False
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    if char == "!" and not after.strip():
        return True
    return (before.isalnum() and after.isalnum()) or (before.isspace() and after.isspace())
