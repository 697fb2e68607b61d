"""Rich text on its way to Jira: in what form it is sent, and through which version of the API.

Version 3, which only Cloud has, takes documents; version 2 takes wiki markup. So all rich texts of
one request have one form.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from penstock.json_types import Json
from penstock_jira.adf import document
from penstock_jira.document import is_document, of_text
from penstock_jira.plain import plain
from penstock_jira.spec import Format
from penstock_jira.text import check_text
from penstock_jira.wiki import escaped, wiki

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["Written", "api_of", "for_client", "in_one_form", "rich"]

#: A rich text as the step writes it: the text, and how it is written.
Written: TypeAlias = tuple[str, Format]

#: One line in which wiki markup reads no sign: it may as well be a document.
_PLAIN = re.compile(r"(?!h[1-6]\.|bq\.)[^\W_](?:[^\W_]|[ .,;/])*")


def rich(text: str, form: Format, *, documents: bool) -> Json:
    """Return what is sent for *text*: a document where there are *documents*, or wiki markup.

    Wiki markup is sent as it is. Raises ``FieldFault`` for what Jira cannot store.
    """
    check_text(text)
    if form == "wiki":
        return text
    if documents:
        made = document(text) if form == "markdown" else of_text(text)
        check_text(str(plain(made) or ""))
        return made
    return check_text(wiki(text) if form == "markdown" else escaped(text))


def for_client(client: "JiraClient", text: str, form: Format) -> Json:
    """Return what the Jira of *client* is sent for *text*, as ``rich`` does."""
    return rich(text, form, documents=form != "wiki" and client.cloud)


def in_one_form(
    values: Mapping[str, Json], written: Mapping[str, Written], note: Callable[[str], None]
) -> dict[str, Json]:
    """Return *values* with the rich texts among them, *written* by field, in one form.

    Where one is wiki markup, the others become wiki markup, too; *note* is told of Markdown.
    """
    if not any(is_document(values[name]) for name in written):
        return dict(values)
    if all(form != "wiki" or _is_plain(text) for text, form in written.values()):
        made = {name: _document(text, form) for name, (text, form) in written.items()}
        return {**values, **made}
    if any(form == "markdown" for _, form in written.values()):
        note(
            "Markdown is sent as wiki markup, since another text of the same request is: "
            "write format: markdown or text there, too"
        )
    return {
        **values,
        **{name: rich(text, form, documents=False) for name, (text, form) in written.items()},
    }


def api_of(values: Iterable[Json]) -> str:
    """Return the version of the API that takes *values*: ``3`` with a document, else ``2``."""
    return "3" if any(map(is_document, values)) else "2"


def _is_plain(text: str) -> bool:
    return _PLAIN.fullmatch(text) is not None


def _document(text: str, form: Format) -> Json:
    return rich(text, "text" if form == "wiki" else form, documents=True)
