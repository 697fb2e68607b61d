"""Markdown becomes a document of Jira Cloud's, of nodes that Jira takes where they stand."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock_jira.adf import document
from penstock_jira.document import is_document, of_text, same_document
from penstock_jira.errors import FieldFault
from penstock_jira.markdown import is_safe
from penstock_jira.plain import plain
from penstock_jira.sandbox.adf_rules import document_fault

WEB = "https://ci.example.com/4"


def word(text: str, *marks: Any) -> dict[str, Any]:
    shown: list[Any] = [{"type": m} if isinstance(m, str) else m for m in marks]
    return {"type": "text", "text": text, **({"marks": shown} if shown else {})}


def node(kind: str, *content: Any, **attributes: Any) -> dict[str, Any]:
    told = {"attrs": attributes} if attributes else {}
    return {"type": kind, **told, "content": list(content)}


def para(*content: Any) -> dict[str, Any]:
    return node("paragraph", *[word(c) if isinstance(c, str) else c for c in content])


def item(*content: Any) -> dict[str, Any]:
    return node("listItem", *content)


def link(address: str) -> dict[str, Any]:
    return {"type": "link", "attrs": {"href": address}}


BREAK, RULE = {"type": "hardBreak"}, {"type": "rule"}
SAME: list[tuple[str, list[Any]]] = [
    ("", []),
    ("one\ntwo\n\nthree", [para("one two"), para("three")]),
    ("one  \ntwo", [para("one", BREAK, "two")]),
    ("### Why", [node("heading", word("Why"), level=3)]),
    ("*a* **b** ", [para(word("a", "em"), " ", word("b", "strong"))]),
    ("~~c~~", [para(word("c", "strike"))]),
    ("***a***", [para(word("a", "em", "strong"))]),
    ("__a **b**__", [para(word("a b", "strong"))]),
    ("`x *y*`", [para(word("x *y*", "code"))]),
    ("**`x`**", [para(word("x", "code"))]),
    ("- a\n- b", [node("bulletList", item(para("a")), item(para("b")))]),
    ("3. a", [node("orderedList", item(para("a")), order=3)]),
    (
        "1. a\n   - b\n\n     c",
        [node("orderedList", item(para("a"), node("bulletList", item(para("b"), para("c")))))],
    ),
    ("-", [node("bulletList", item(para()))]),
    ("- # a\n- ***", [node("bulletList", item(para(word("a", "strong"))), item(para()))]),
    ("- > a", [node("bulletList", item(para("a")))]),
    ("```py x\na *b*\n```", [node("codeBlock", word("a *b*"), language="py")]),
    ("    a", [node("codeBlock", word("a"))]),
    ("```\n```", [node("codeBlock")]),
    ("> a\n> > b", [node("blockquote", para("a"), para("b"))]),
    (">", [node("blockquote", para())]),
    ("a\n\n---", [para("a"), RULE]),
    (f"[run 4]({WEB})", [para(word("run 4", link(WEB)))]),
    (f"**[a `b`]({WEB})**", [para(word("a ", "strong", link(WEB)), word("b", "code", link(WEB)))]),
    (f"<{WEB}>", [para(word(WEB, link(WEB)))]),
    (f"[]({WEB})", [para(word(WEB, link(WEB)))]),
    ("[a](mailto:a@example.com)", [para(word("a", link("mailto:a@example.com")))]),
    ("[a](docs/a.md)", [para("a (docs/a.md)")]),
    ("[](docs/a.md)", [para("docs/a.md")]),
    ("[a](ftp://e.example.com)", [para("a (ftp://e.example.com)")]),
    ("[a](javascript:alert(1))", [para("[a](javascript:alert(1))")]),
    (f"![plan]({WEB})", [para(word("plan", link(WEB)))]),
    ("![plan](plan.png)", [para("plan (plan.png)")]),
    (f"[![ok](https://b.example.com/x.svg)]({WEB})", [para(word("ok", link(WEB)))]),
    ("{html}<b>x</b>{html}", [para("{html}<b>x</b>{html}")]),
    ("@all [~admin] @[Ann](accountid:1)", [para("@all [~admin] @Ann (accountid:1)")]),
    (
        "| a | b |\n|---|---|\n| 1 | |",
        [
            node(
                "table",
                node("tableRow", node("tableHeader", para("a")), node("tableHeader", para("b"))),
                node("tableRow", node("tableCell", para("1")), node("tableCell", para())),
            )
        ],
    ),
    ("> | a | b |\n> |---|---|", [node("blockquote", para("a | b"))]),
    ("😀 \\* &amp;", [para("😀 * &")]),
]


@pytest.mark.parametrize(("markdown", "content"), SAME, ids=[repr(each[0]) for each in SAME])
def test_markdown_becomes_a_document(markdown: str, content: list[Any]) -> None:
    made = document(markdown)
    assert made == {"type": "doc", "version": 1, "content": content}
    assert document_fault(made) is None


PIECES = ["# ", "- ", "1. ", "> ", "\n", "\n\n", "    ", "`", "```\n", "~~", "*", "**", "a", " b "]
PIECES += [
    "[x](https://e.com)",
    "![i](j)",
    "|",
    "\n|a|b|\n|-|-|\n|1|2|\n",
    "---",
    "\\",
    "<b>",
    "😀",
]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_every_document_is_one_that_jira_takes(markdown: str) -> None:
    try:
        made = document(markdown)
    except FieldFault:
        return
    assert document_fault(made) is None
    assert same_document(made, made)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="a {}[]*_#~@\n|!\r", max_size=60))
def test_a_plain_text_is_its_own_words(text: str) -> None:
    made = of_text(text)
    assert document_fault(made) is None
    lines = str(plain(made) or "").replace("\n", "").replace("\r", "")
    assert lines == text.replace("\n", "").replace("\r", "")


def test_a_plain_text_keeps_its_lines() -> None:
    made: Any = of_text("# a\n*b*\n\nc\n")
    assert made["content"] == [para("# a", BREAK, "*b*"), para("c")]


def test_what_is_nested_too_deeply_is_refused_and_not_cut() -> None:
    with pytest.raises(FieldFault, match="nested too deeply"):
        document("> " * 50 + "x")
    assert plain(document("- " * 15 + "x")) == "x"


def doc(*content: Any) -> dict[str, Any]:
    return {"type": "doc", "version": 1, "content": list(content)}


def test_a_document_is_known_again_in_jiras_form() -> None:
    asked = doc(node("heading", word("a", "em", "strong"), level=1), node("codeBlock"))
    heading = {"level": 1, "localId": "4f"}
    marked = {"type": "text", "text": "a", "marks": [{"type": "strong"}, {"type": "em"}]}
    stored = {
        "type": "doc",
        "version": 1,
        "content": [
            {"type": "heading", "attrs": heading, "content": [marked]},
            {"type": "codeBlock", "attrs": {"language": None, "uniqueId": "1"}},
        ],
    }
    assert same_document(stored, asked)
    listed = doc(node("orderedList", item(para("a")), order=1))
    assert same_document(listed, doc(node("orderedList", item(para("a")))))


@pytest.mark.parametrize(
    "other",
    [
        doc(node("heading", word("a"), level=2)),
        doc(node("heading", word("b"), level=1)),
        doc(node("heading", word("a", "em"), level=1)),
        doc(para("a")),
        doc(node("heading", word("a"), level=1), para("b")),
        "h1. a",
        None,
    ],
)
def test_another_document_is_another(other: Any) -> None:
    assert not same_document(other, doc(node("heading", word("a"), level=1)))


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        (WEB, True),
        ("HTTP://e.com", True),
        ("//e.com", False),
        ("data:x", False),
        ("http://[", False),
    ],
)
def test_a_link_leads_to_the_web_or_to_a_mail_box(address: str, safe: bool) -> None:
    assert is_safe(address) is safe


@pytest.mark.parametrize(("value", "told"), [(doc(), True), ({"id": "1"}, False), ("doc", False)])
def test_a_document_is_told_from_other_values(value: Any, told: bool) -> None:
    assert is_document(value) is told
