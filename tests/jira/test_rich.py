"""Rich text: a document on Cloud, wiki markup on Data Center, and one form in one request."""

from typing import Any

import pytest

from penstock_jira.errors import FieldFault, FieldsRefused
from penstock_jira.rich import in_one_form, rich

WHY = "# Why\n\nThe ledger is **slow** and [full](https://e.com).\n\n- one\n  - two"
MARKED = {"name": "Description", "value": WHY, "format": "markdown"}
WIKI = "h1. Why\n\nThe ledger is *slow* and [full|https://e.com].\n\n* one\n** two"


def text_of(kind: str) -> dict[str, Any]:
    return {"name": "Release Notes", "value": "{html}*all*{html} @all", "format": kind}


@pytest.mark.parametrize("form", ["wiki", "markdown", "text"])
@pytest.mark.parametrize("documents", [True, False])
def test_what_cannot_be_stored_is_told_of_every_form(form: Any, documents: bool) -> None:
    with pytest.raises(FieldFault, match="control character"):
        rich("a\x00", form, documents=documents)
    with pytest.raises(FieldFault, match="has 32,768 characters; Jira takes 32,767"):
        rich("a" * 32_768, form, documents=documents)


def test_what_becomes_too_long_as_wiki_markup_is_told() -> None:
    with pytest.raises(FieldFault, match="Jira takes 32,767"):
        rich("*" * 20_000, "text", documents=False)
    assert rich("*" * 20_000, "text", documents=True)


PLAIN = ["staging", "Zürich 4.2, EU/US; all", "9"]
MARKUP = ["*slow*", "h1. Why", "bq. no", "two\nlines", "https://e.com", "a - b", "_x_", ":)", "a|b"]


@pytest.mark.parametrize("other", PLAIN)
def test_beside_markdown_a_line_without_markup_becomes_a_document(other: str) -> None:
    notes: list[str] = []
    values = {"description": rich("**a**", "markdown", documents=True), "e": other, "n": 3}
    written: Any = {"description": ("**a**", "markdown"), "e": (other, "wiki")}
    found: Any = in_one_form(values, written, notes.append)
    assert found["e"]["content"][0]["content"] == [{"type": "text", "text": other}]
    assert (found["description"], found["n"], notes) == (values["description"], 3, [])


@pytest.mark.parametrize("other", MARKUP)
@pytest.mark.parametrize(
    ("form", "sent", "noted"), [("markdown", "*a*", 1), ("text", "\\*\\*a\\*\\*", 0)]
)
def test_beside_wiki_markup_the_others_become_wiki_markup(
    *, other: str, form: Any, sent: str, noted: int
) -> None:
    notes: list[str] = []
    values = {"description": rich("**a**", form, documents=True), "e": other}
    written: Any = {"description": ("**a**", form), "e": (other, "wiki")}
    assert in_one_form(values, written, notes.append) == {"description": sent, "e": other}
    assert len(notes) == noted


def stored(live: Any, field: str = "description", key: str = "") -> Any:
    api = "3" if live.cloud else "2"
    return live.read(api=api, key=key, fields=field)["fields"][field]


def test_markdown_is_stored_and_read_back(live: Any) -> None:
    made = live.create("Change", MARKED)
    assert live.notes == []
    if live.cloud:
        kinds = [block["type"] for block in stored(live, key=made["key"])["content"]]
        assert kinds == ["heading", "paragraph", "bulletList"]
        assert made["Description"].startswith("Why\n\nThe ledger is slow and full.")
    else:
        assert stored(live, key=made["key"]) == WIKI


def test_markdown_that_is_there_is_not_sent_again(live: Any) -> None:
    assert [live.update(fields=[MARKED]), live.update(fields=[MARKED])] == [1, 0]
    other = {**MARKED, "value": WHY.replace("**slow**", "slow")}
    assert live.update(fields=[other]) == 1
    path = [entry["path"] for entry in live.writes()][-1]
    assert path.startswith("/rest/api/3/" if live.cloud else "/rest/api/2/")
    assert live.update(fields=[{"name": "Description", "value": None}]) == 1


def test_plain_text_is_no_macro_and_no_mention(live: Any) -> None:
    live.update(fields=[text_of("text")])
    seen = stored(live, "customfield_10018")
    if live.cloud:
        words = [{"type": "text", "text": "{html}*all*{html} @all"}]
        assert seen["content"] == [{"type": "paragraph", "content": words}]
    else:
        assert seen == "\\{html\\}\\*all\\*\\{html\\} @all"
    assert live.update(fields=[text_of("text")]) == 0


def test_a_line_of_text_needs_no_markup(live: Any) -> None:
    custom = {"name": "customfield_10024", "value": "*a* {b}", "format": "text"}
    if not live.cloud:  # there a line may have a look, too
        assert live.update(fields=[custom]) == 1
        assert stored(live, "customfield_10024") == "\\*a\\* \\{b\\}"
        return
    assert live.update(fields=[custom]) == 1
    assert stored(live, "customfield_10024") == "*a* {b}"
    with pytest.raises(FieldsRefused, match="is plain text on Jira Cloud; format: markdown is for"):
        live.update(fields=[{**custom, "format": "markdown"}])


def test_wiki_markup_beside_markdown_is_stored_as_it_is(live: Any) -> None:
    notes = {"name": "Release Notes", "value": "h2. Notes"}
    live.create("Change", MARKED, notes)
    assert stored(live, key="REL-3", field="summary") == "A Change"
    assert len(live.notes) == (1 if live.cloud else 0)
    assert all("Markdown is sent as wiki markup" in note for note in live.notes)
    assert live.read(key="REL-3")["fields"]["description"] == WIKI


def test_raw_documents_go_where_documents_are_taken(live: Any) -> None:
    words = [{"type": "paragraph", "content": [{"type": "text", "text": "raw"}]}]
    raw = {"name": "Description", "raw": {"type": "doc", "version": 1, "content": words}}
    if live.cloud:
        assert [live.update(fields=[raw]), live.update(fields=[raw])] == [1, 0]
        return
    with pytest.raises(FieldsRefused, match="is a document, which only Jira Cloud takes"):
        live.update(fields=[raw])


def test_comments_and_worklogs_are_documents_on_cloud(live: Any) -> None:
    said = {"text": "**Go** {html}", "format": "markdown"}
    live.update(
        comment=said, worklog={"timeSpent": "1h", "comment": "*done*", "format": "markdown"}
    )
    api = "3" if live.cloud else "2"
    (comment,) = live.read("/comment", api)["comments"]
    (booked,) = live.read("/worklog", api)["worklogs"]
    if not live.cloud:
        assert (comment["body"], booked["comment"]) == ("*Go* \\{html\\}", "_done_")
        return
    assert comment["body"]["content"][0]["content"] == [
        {"type": "text", "text": "Go", "marks": [{"type": "strong"}]},
        {"type": "text", "text": " {html}"},
    ]
    assert booked["comment"]["content"][0]["content"][0]["marks"] == [{"type": "em"}]
