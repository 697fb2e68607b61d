"""Which documents version 3 takes: nodes where they belong, with marks that go together."""

import pytest


def text(words="x", *marks):
    return {"type": "text", "text": words, **({"marks": list(marks)} if marks else {})}


def node(kind, *content, **attributes):
    return {"type": kind, "attrs": attributes, "content": list(content)}


def doc(*content):
    return {"type": "doc", "version": 1, "content": list(content)}


PARA = node("paragraph", text())
ITEM = node("listItem", PARA)
LINK = {"type": "link", "attrs": {"href": "https://e.example.com"}}
CODE, STRONG = {"type": "code"}, {"type": "strong"}
CELL = node("tableCell", node("heading", text(), level=3), node("bulletList", ITEM))
GOOD = {
    "nothing": [],
    "lists in lists": [node("bulletList", node("listItem", PARA, node("orderedList", ITEM)))],
    "a quote": [node("blockquote", PARA, node("bulletList", ITEM), node("codeBlock", text()))],
    "a table": [node("table", node("tableRow", node("tableHeader", PARA), CELL))],
    "a panel": [node("panel", PARA, node("rule"), panelType="info")],
    "code in a link": [node("paragraph", text("x", CODE, LINK))],
    "marks together": [node("paragraph", text("x", STRONG, {"type": "em"}, LINK))],
    "a mention": [node("paragraph", {"type": "mention", "attrs": {"id": "712020:1"}})],
    "an expand": [node("expand", node("table", node("tableRow", CELL)))],
}
DEEP = ITEM
for _ in range(60):
    DEEP = node("listItem", node("bulletList", DEEP))
BAD = {
    "a node that is none": [{"type": "macro"}],
    "an item at the root": [ITEM],
    "text at the root": [text()],
    "a heading in an item": [
        node("bulletList", node("listItem", node("heading", text(), level=1)))
    ],
    "a quote in a quote": [node("blockquote", node("blockquote", PARA))],
    "a table in a cell": [node("table", node("tableRow", node("tableCell", node("table"))))],
    "an empty list": [node("bulletList")],
    "an empty item": [node("bulletList", node("listItem"))],
    "an empty quote": [node("blockquote")],
    "a rule in a paragraph": [node("paragraph", node("rule"))],
    "a heading without a level": [node("heading", text())],
    "a heading of level 7": [node("heading", text(), level=7)],
    "a mention of nobody": [node("paragraph", {"type": "mention", "attrs": {}})],
    "a mark that is none": [node("paragraph", text("x", {"type": "blink"}))],
    "a mark twice": [node("paragraph", text("x", STRONG, STRONG))],
    "a mark that is no object": [node("paragraph", text("x", "strong"))],
    "marks that are no list": [node("paragraph", {"type": "text", "text": "x", "marks": "em"})],
    "code beside strong": [node("paragraph", text("x", CODE, STRONG))],
    "marks in a code block": [node("codeBlock", text("x", STRONG))],
    "a break in a code block": [node("codeBlock", {"type": "hardBreak"})],
    "a link to nowhere": [node("paragraph", text("x", {"type": "link"}))],
    "content that is a text": [{"type": "paragraph", "content": "x"}],
    "an empty text": [node("paragraph", text(""))],
    "too deep": [node("bulletList", DEEP)],
}


@pytest.mark.parametrize("case", GOOD)
def test_a_right_document_is_kept_as_it_is(cloud, case):
    three = cloud.at("3")
    key = three.create(description=doc(*GOOD[case]))
    assert three.fields(key)["description"] == doc(*GOOD[case])


@pytest.mark.parametrize("case", BAD)
def test_a_wrong_document_is_refused_wherever_it_is_written(cloud, new_issue, case):
    three, wrong = cloud.at("3"), doc(*BAD[case])
    refused = three("POST", "/issue", new_issue(description=wrong))
    assert refused.status_code == 400 and "Atlassian Document" in refused.text
    key = three.create()
    for path, body in (
        ("comment", {"body": wrong}),
        ("worklog", {"timeSpent": "1h", "comment": wrong}),
    ):
        refused = three("POST", f"/issue/{key}/{path}", body)
        assert refused.status_code == 400 and "Comment body is not valid!" in refused.text
