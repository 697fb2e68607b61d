"""The forms of a field's entry beside a value: clear, add and remove, raw JSON, Markdown."""

import re
from typing import Any

import pytest
from pydantic import ValidationError

from penstock.step import StepContext
from penstock_jira.around import Commented
from penstock_jira.client import JiraClient
from penstock_jira.create import JiraCreate
from penstock_jira.errors import FieldsRefused
from penstock_jira.fields import Resolution, comment_of
from penstock_jira.metadata import FieldSet
from penstock_jira.shape import Shaping
from penstock_jira.spec import FieldEntry
from penstock_jira.sprints import Sprints
from penstock_jira.update import JiraUpdate
from penstock_jira.users import Users
from penstock_jira.values import Values

PLACES = [{"id": "20", "value": "EU > US", "children": [{"id": "21", "value": "Dublin"}]}]
EPIC = "com.pyxis.greenhopper.jira:gh-epic-link"


def meta(name: str, kind: str = "string", items: str = "", **more: Any) -> dict[str, Any]:
    custom = more.pop("custom", "")
    return {"name": name, "schema": {"type": kind, "items": items, "custom": custom}, **more}


SCREEN = {
    "summary": meta("Summary", required=True),
    "description": meta("Description"),
    "labels": meta("Labels", "array", "string", operations=["add", "set", "remove"]),
    "versions": meta("Affects versions", "array", "version", operations=["set"]),
    "customfield_1": meta("Location", "option-with-child", allowedValues=PLACES),
    "customfield_2": meta("Points", "number"),
    "customfield_3": meta("Sprint", "array", "json", custom="x:gh-sprint"),
    "customfield_4": meta("Assets", "array", "cmdb"),
}
PARENT = {"parent": meta("Parent", "issuelink")}


@pytest.fixture
def shaping(client: JiraClient, jira: Any, notes: list[str]) -> Shaping:
    jira.cloud()
    return Shaping(Users(client, notes.append), Sprints(client, lambda: "REL"), notes.append)


def resolve(shaping: Shaping, *entries: Any, screen: Any = SCREEN, new: bool = False) -> Values:
    resolution = Resolution(FieldSet.of(screen, "the screen"), shaping, {}, new=new)
    for entry in entries:
        resolution.add(FieldEntry.model_validate(entry))
    return resolution.values(complete=False)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"name": "Description", "value": None}, {"description": None}),
        ({"name": "Points", "value": None}, {"customfield_2": None}),
        ({"name": "Labels", "value": None}, {"labels": []}),
        ({"name": "Sprint", "value": None}, {"customfield_3": None}),
        ({"name": "Assets", "raw": [{"key": "CMDB-1"}]}, {"customfield_4": [{"key": "CMDB-1"}]}),
        ({"name": "Points", "raw": "3.5"}, {"customfield_2": 3.5}),
        ({"name": "Points", "raw": '{"a": [true, null]}'}, {"customfield_2": {"a": [True, None]}}),
        ({"name": "Points", "raw": "null"}, {"customfield_2": None}),
        (
            {"name": "Location", "value": {"value": "EU > US", "child": "Dublin"}},
            {"customfield_1": {"id": "20", "child": {"id": "21"}}},
        ),
        ({"name": "Location", "value": {"value": "EU > US"}}, {"customfield_1": {"id": "20"}}),
    ],
)
def test_an_entry_becomes_what_is_sent(shaping: Shaping, entry: Any, expected: Any) -> None:
    assert resolve(shaping, entry).values == expected


def test_what_is_added_and_removed_becomes_verbs(shaping: Shaping) -> None:
    found = resolve(shaping, {"name": "Labels", "add": 'a,"b"', "remove": ["c"]})
    assert found.values == {}
    assert found.lists["labels"].verbs == [{"add": "a"}, {"add": "b"}, {"remove": "c"}]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"name": "Summary", "value": None}, "is required on the screen, and cannot be cleared"),
        ({"name": "Description", "add": "x"}, "has the type string, which is no list"),
        ({"name": "Sprint", "remove": "1"}, "which is no list"),
        ({"name": "Affects versions", "add": "1"}, "cannot be changed by add (Jira allows: set)"),
        ({"name": "Points", "value": "# 1", "format": "markdown"}, "format: markdown is for text"),
        ({"name": "Labels", "value": "a", "format": "text"}, "format: text is for text"),
        ({"name": "Points", "value": {"value": "EU"}}, "value and child are for a cascade"),
        ({"name": "Comment", "value": {"value": "EU"}}, "takes a text"),
    ],
)
def test_what_a_field_cannot_be_is_told(shaping: Shaping, entry: Any, words: str) -> None:
    with pytest.raises(FieldsRefused, match=re.escape(words)):
        resolve(shaping, entry)


def test_a_new_issue_has_nothing_to_clear_and_no_list_to_add_to(
    shaping: Shaping, notes: list[str]
) -> None:
    assert resolve(shaping, {"name": "Description", "value": None}, new=True).values == {}
    assert notes == ["Description is empty and is not sent"]
    with pytest.raises(FieldsRefused, match="no list to change on a new issue; write a value"):
        resolve(shaping, {"name": "Labels", "add": "a"}, new=True)


def test_entries_with_nothing_in_them_are_left_out(shaping: Shaping, notes: list[str]) -> None:
    entries = [{"name": "Labels", "add": [], "remove": ""}, {"name": "Comment", "value": None}]
    found = resolve(shaping, *entries)
    assert (found.values, found.lists, len(notes)) == ({}, {}, 2)
    assert comment_of([FieldEntry.model_validate(entries[1])]) is None


def test_an_epic_link_is_a_key_and_the_parent_where_cloud_has_no_such_field(
    shaping: Shaping, notes: list[str]
) -> None:
    epic = {"customfield_9": meta("Epic Link", "any", custom=EPIC)}
    entry = {"name": "Epic Link", "value": "REL-4"}
    assert resolve(shaping, entry, screen=epic).values == {"customfield_9": "REL-4"}
    with pytest.raises(FieldsRefused, match="an epic is given by its key"):
        resolve(shaping, {"name": "Epic Link", "value": "Payments"}, screen=epic)
    assert resolve(shaping, entry, screen=PARENT).values == {"parent": {"key": "REL-4"}}
    assert notes == ["Epic Link is sent as Parent, as Jira Cloud has it"]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({}, "has no value; write one of value, raw, or add and remove"),
        ({"value": "x", "raw": 1}, "has value beside raw"),
        ({"raw": 1, "remove": "x"}, "has raw beside add and remove"),
        ({"value": ["x"], "format": "markdown"}, "format: markdown needs a text as value"),
        ({"raw": "{id: 1}"}, "is not JSON"),
        ({"raw": "NaN"}, "NaN is no value of JSON"),
        ({"add": {"x": 1}}, "add"),
        ({"value": "x", "format": "html"}, "wiki"),
    ],
)
def test_an_entry_says_one_thing(entry: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(words)):
        FieldEntry.model_validate({"name": "Labels", **entry})


def test_a_plan_shows_each_form(context: StepContext) -> None:
    entries = [
        {"name": "Labels", "add": "a", "remove": "b"},
        {"name": "Location", "value": {"value": "EU", "child": "Dublin"}},
        {"name": "Points", "value": None},
        {"name": "Assets", "raw": [1]},
        {"name": "Regions", "value": ["EU", "US"]},
    ]
    step = JiraUpdate.model_validate({"connectorRef": "x", "issueKey": "REL-1", "fields": entries})
    assert step.preview() == (
        "PUT /rest/api/2/issue/REL-1",
        "  Labels: + a - b",
        "  Location: EU > Dublin",
        "  Points: null",
        "  Assets: [1]",
        "  Regions: EU, US",
    )


def test_the_field_comment_keeps_how_it_is_written(context: StepContext) -> None:
    spec = {"connectorRef": "x", "projectKey": "REL", "issueType": "Change"}
    written = {"name": "Comment", "value": "**Go**", "format": "markdown"}
    step = JiraCreate.model_validate({**spec, "fields": [written]})
    assert step.said == Commented(text="**Go**", format="markdown")
