"""Markdown, read by ``markdown-it-py``: CommonMark, with tables and strikethrough.

Raw HTML is text. What is written from it is made elsewhere: a document (``adf``) for Jira Cloud,
wiki markup (``wiki``) for Data Center.
"""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from penstock_jira.errors import FieldFault

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = ["is_safe", "parsed"]

#: Deeper lists and quotes are refused: no editor of Jira's makes them.
_DEEPEST = 40
#: Where a link may lead. Everything else is told as text: no link runs a script.
_SCHEMES = {"http", "https", "mailto"}


def parsed(markdown: str) -> "list[Token]":
    """Return the tokens of a text in Markdown; raise ``FieldFault`` for one nested too deeply."""
    from markdown_it import MarkdownIt

    # The parser drops, without a word, what is nested deeper than it may be.
    limits = {"html": False, "maxNesting": 2 * _DEEPEST}
    tokens = MarkdownIt("commonmark", limits).enable(["table", "strikethrough"]).parse(markdown)
    words = [word for token in tokens for word in token.children or ()]
    if any(token.level > _DEEPEST for token in (*tokens, *words)):
        raise FieldFault("is nested too deeply, in lists, quotes or marks; write it flatter")
    return tokens


def is_safe(address: str) -> bool:
    """Whether a link may lead to *address*: a web page, or somebody's mail box."""
    try:
        return urlsplit(address).scheme in _SCHEMES
    except ValueError:
        return False
