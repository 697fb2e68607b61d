"""After the last write, what was asked is compared with what Jira stores."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from penstock.errors import StepFailed
from penstock.step import StepContext
from penstock_jira.client import JiraClient
from penstock_jira.readback import report
from penstock_jira.update import JiraUpdate

ISSUE = "/rest/api/2/issue/REL-1"
AREA = {"type": "string", "custom": "com.atlassian.jira.plugin.system.customfieldtypes:textarea"}
SPRINT = {"type": "array", "items": "json", "custom": "com.pyxis.greenhopper.jira:gh-sprint"}


Compared = Callable[..., list[str]]


@pytest.fixture
def compared(client: JiraClient, context: StepContext, jira: Any, notes: list[str]) -> Compared:
    """Return what compares one value on a Cloud, or another Jira, and gives the notes."""

    def compare(wanted: Any, stored: Any, schema: Any = None, *, cloud: bool = True) -> list[str]:
        jira.cloud(cloud=cloud)
        issue = {
            "key": "REL-1",
            "fields": {"f": stored},
            "names": {"f": "Field"},
            "schema": {"f": schema or {"type": "any"}},
        }
        report(client, context, issue, [{"values": {"f": wanted}}, None], fail=False)
        return notes

    return compare


@pytest.mark.parametrize(
    ("wanted", "stored", "schema"),
    [
        ("text\n", "text", None),
        (3, 3.0, None),
        ({"id": "1"}, {"id": "1", "value": "Low"}, None),
        ({"id": "1", "child": {"id": "2"}}, {"id": "1", "child": {"id": "2", "value": "x"}}, None),
        ([{"id": "1"}, {"id": "1"}], [{"id": "1", "value": "Low"}], None),
        ([], None, None),
        (None, [], None),
        ("x", {"name": "of a type nobody knows"}, None),
        (7, [{"id": 6}, {"id": 7, "name": "Sprint 7"}], SPRINT),
        (7, ["com.atlassian.greenhopper.service.sprint.Sprint@1[id=7]"], SPRINT),
        ("h3. A", "h3.A", AREA),
        ("2026-03-10T10:00:00.000+0100", "2026-03-10T09:00:00.000+0000", None),
    ],
)
def test_what_is_stored_as_asked_needs_no_word(
    compared: Compared, wanted: Any, stored: Any, schema: Any
) -> None:
    assert compared(wanted, stored, schema) == []


@pytest.mark.parametrize(
    ("wanted", "stored", "schema", "words"),
    [
        ("a", "b", None, "Field: asked a, stored b"),
        ({"id": "1"}, {"id": "2", "value": "Low"}, None, "Field: asked 1, stored Low"),
        ({"id": "1"}, None, None, "Field: asked 1, stored nothing"),
        ([{"id": "1"}], [{"id": "1"}, {"id": "2"}], None, "Field: asked [1], stored [1, 2]"),
        (None, "x", None, "Field: asked nothing, stored x"),
        (7, [{"id": 6, "name": "Sprint 6"}], SPRINT, "Field: asked 7, stored [Sprint 6]"),
        ("h3. A", None, AREA, "Field: asked h3. A, stored nothing"),
        ("a" * 99, "b", None, f"Field: asked {'a' * 80}…, stored b"),
    ],
)
def test_what_is_stored_otherwise_is_told(
    compared: Compared, wanted: Any, stored: Any, schema: Any, words: str
) -> None:
    told = f"REL-1 stores something else than was sent: {words}"
    assert compared(wanted, stored, schema) == [told]


def paragraph(*content: Any) -> dict[str, Any]:
    return {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": content}]}


WORD = {"type": "text", "text": "Why"}
STRONG = {**WORD, "marks": [{"type": "strong"}]}


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        (paragraph(WORD), []),
        (paragraph(STRONG), ["f: asked Why, stored another text, or another look of it"]),
        (paragraph({**WORD, "text": "Because"}), ["f: asked Why, stored Because"]),
        (None, ["f: asked Why, stored nothing"]),
    ],
)
def test_a_document_is_compared_with_the_document_that_is_there(
    *, client: JiraClient, context: StepContext, jira: Any, stored: Any, told: Any, notes: list[str]
) -> None:
    issue = {"key": "REL-1", "fields": {"f": "Why", "g": 1}}
    jira.answer("GET", "/rest/api/3/issue/REL-1?fields=f", {"fields": {"f": stored}})
    wanted = {"values": {"f": paragraph(WORD), "g": 1}}
    report(client, context, issue, [wanted, None], fail=False)
    assert [note.partition("sent: ")[2] for note in notes] == told


def test_markup_is_compared_as_written_where_jira_keeps_it(compared: Compared) -> None:
    assert len(compared("h3. A", "h3.A", AREA, cloud=False)) == 1


@pytest.mark.parametrize(
    ("wanted", "stored", "notes_of_it"),
    [("150m", "2h 30m", 0), ("2h", "3h", 1), ("24h", "3d", 0), ("", "2h", 0)],
)
def test_times_are_compared_where_their_length_is_known(
    client: JiraClient, context: StepContext, wanted: str, stored: str, notes_of_it: int
) -> None:
    notes: list[str] = []
    issue = {"key": "REL-1", "fields": {"timetracking": {"originalEstimate": stored}}}
    values = {"values": {"timetracking": {"originalEstimate": wanted}}}
    report(client, replace(context, note=notes.append), issue, [values], fail=False)
    assert len(notes) == notes_of_it


def test_lists_are_compared_by_what_was_asked_of_them(
    client: JiraClient, context: StepContext, notes: list[str]
) -> None:
    issue = {"key": "REL-1", "fields": {"labels": ["a", "penstock-x"], "l": ["a"]}}
    report(client, context, issue, [{"values": {"labels": ["a"], "gone": 1}}], fail=False)
    assert notes == []
    asked = {"lists": {"l": {"add": ["b"], "remove": ["a"]}, "labels": {"add": [], "remove": []}}}
    report(client, context, issue, [asked], fail=False)
    assert notes == [
        "REL-1 stores something else than was sent: l: asked to add [b] and remove [a], stored [a]"
    ]


@pytest.mark.parametrize("mode", ["warn", "fail"])
def test_a_step_warns_or_fails_as_it_says(
    jira: Any, context: StepContext, notes: list[str], mode: str
) -> None:
    jira.cloud()
    fields = {"summary": "Old", "status": {"id": "4", "name": "Deploying"}}
    read = {"id": "1", "key": "REL-1", "names": {"summary": "Summary"}, "fields": fields}
    jira.answer("GET", ISSUE, read)
    summary = {"summary": {"name": "Summary", "schema": {"type": "string"}}}
    jira.answer("GET", f"{ISSUE}/editmeta", {"fields": summary})
    jira.answer("PUT", ISSUE, None, 204)
    entry = {"name": "Summary", "value": "New"}
    step = JiraUpdate.model_validate(
        {"connectorRef": "x", "issueKey": "REL-1", "fields": [entry], "onMismatch": mode}
    )
    told = "REL-1 stores something else than was sent: Summary: asked New, stored Old"
    if mode == "fail":
        with pytest.raises(StepFailed, match=told):
            step.run(context)
        assert jira.writes == [("PUT", ISSUE)]
        return
    assert step.run(context)["issue"]
    assert notes == [told]
