"""Rich text as Jira Data Center keeps it, and REST version 2 takes it: wiki markup."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from penstock_jira.markdown import is_safe, parsed

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = ["escaped", "wiki"]

#: What opens and closes a run of marked words.
_MARKS: Final = {"strong": "*", "em": "_", "s": "-"}
#: Blocks that are one sign.
_BLOCKS: Final = {"hr": "----", "blockquote_open": "{quote}", "blockquote_close": "{quote}"}
#: Words that are one sign: a line of Markdown may end anywhere in a paragraph.
_BREAKS: Final = {"softbreak": " ", "hardbreak": "\n"}
#: Signs that wiki markup would read, each escaped by a backslash.
_SIGNS: Final = "\\{}[]*_-+^~|!"
#: What is read where it begins a line: a list, a heading or a quote; and what is an entity.
_LIST: Final = re.compile(r"^(\s*)#", re.MULTILINE)
_HEADING: Final = re.compile(r"^(\s*(?:h[1-6]|bq))\.", re.MULTILINE)
_ENTITY: Final = re.compile(r"&(?=#?\w+;)")


def wiki(markdown: str) -> str:
    """Return Jira's wiki markup for a text in Markdown."""
    writer = _Writer()
    for token in parsed(markdown):
        writer.take(token)
    return writer.text()


def escaped(text: str) -> str:
    """Return wiki markup in which no sign of *text* means anything: no macro, link or mention."""
    text = _ENTITY.sub("&amp;", text)
    signs = "".join(
        f"\\{char}" if char in _SIGNS and not _marks_nothing(text, place, char) else char
        for place, char in enumerate(text)
    )
    return _HEADING.sub(r"\1&#46;", _LIST.sub(r"\1\\#", signs))


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
        if "{code" not in content:
            self._block(f"{{code{name}}}\n{content}\n{{code}}")
        elif "{noformat" not in content:
            self._block(f"{{noformat}}\n{content}\n{{noformat}}")
        else:  # either would end inside: every line is written as code by itself
            lines = content.split("\n")
            self._block("\n".join(f"{{{{{escaped(line)}}}}}" if line else "" for line in lines))

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
        match token.type:
            case "link_open":
                address = str(token.attrGet("href") or "")
                parts.append("[" if is_safe(address) else "")
            case "link_close":
                parts.append(f"|{address}]" if is_safe(address) else f" ({escaped(address)})")
            case _:
                parts.append(_piece(token))
    return "".join(parts)


def _piece(token: "Token") -> str:
    match token.type:
        case "text":
            return escaped(token.content)
        case "code_inline":
            return f"{{{{{escaped(token.content)}}}}}"
        case "image":
            return _image(str(token.attrGet("src") or ""), token.content)
    name = token.type.rpartition("_")[0]
    return _BREAKS.get(token.type) or _MARKS.get(name, "")


def _image(address: str, words: str) -> str:
    if is_safe(address) and not address.startswith("mailto:"):
        return f"!{address}!"
    return escaped(f"{words} ({address})" if words else address)


def _marks_nothing(text: str, place: int, char: str) -> bool:
    """Whether a mark stands where Jira reads none: amid letters (``a-b``), or between spaces."""
    if char in "{}[]|\\":
        return False
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    if char == "!" and not after.strip():
        return True
    return (before.isalnum() and after.isalnum()) or (before.isspace() and after.isspace())
