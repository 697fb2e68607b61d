"""What people write and what Jira is sent: names, lists, and every type of field."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from penstock_jira.client import JiraClient
from penstock_jira.errors import FieldsRefused
from penstock_jira.fields import Resolution, comment_of, with_parent
from penstock_jira.metadata import FieldSet
from penstock_jira.shape import Shaping
from penstock_jira.spec import FieldEntry
from penstock_jira.sprints import Sprints
from penstock_jira.text import split_list
from penstock_jira.users import Users
from penstock_jira.values import Values


def schema(kind: str, items: str = "", custom: str = "") -> dict[str, str]:
    return {"type": kind, "items": items, "custom": custom}


def field(name: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    items, custom = more.pop("items", ""), more.pop("custom", "")
    return {"name": name, "schema": schema(kind, items, custom), **more}


LEVELS = [{"id": "1", "value": "Low"}, {"id": "2", "value": "High"}, {"id": "3", "value": "high "}]
NAMED = [{"id": "7", "name": "Gateway"}, {"id": "8", "name": "A, B"}]
PLACES = [
    {
        "id": "20",
        "value": "EU",
        "children": [{"id": "21", "value": "Dublin"}, {"id": "22", "value": "Berlin"}],
    },
    {"id": "30", "value": "5 > 4", "children": [{"id": "31", "value": "yes > no"}]},
]
SCREEN: dict[str, Any] = {
    "summary": field("Summary", required=True),
    "description": field("Description"),
    "environment": field("Environment"),
    "customfield_10024": field("Environment"),
    "labels": field("Labels", "array", items="string"),
    "components": field("Component/s", "array", items="component", allowedValues=NAMED),
    "versions": field("Affects versions", "array", items="version"),
    "priority": field("Priority", "priority", allowedValues=NAMED),
    "resolution": field("Resolution", "resolution"),
    "security": field("Security Level", "securitylevel", allowedValues=[]),
    "duedate": field("Due date", "date"),
    "assignee": field("Assignee", "user", required=True),
    "parent": field("Parent", "issuelink"),
    "issuetype": field("Issue Type", "issuetype", allowedValues=NAMED),
    "timetracking": field("Time tracking", "timetracking"),
    "customfield_1": field("Risk Level", "option", allowedValues=LEVELS),
    "customfield_2": field("Regions", "array", items="option", allowedValues=LEVELS[:2]),
    "customfield_3": field("Story Points", "number"),
    "customfield_4": field("Window", "datetime"),
    "customfield_5": field("Reviewers", "array", items="user"),
    "customfield_6": field("Location", "option-with-child", allowedValues=PLACES),
    "customfield_7": field("Open Location", "option-with-child"),
    "customfield_8": field("Sprint", "array", items="json", custom="com.pyxis:gh-sprint"),
    "customfield_9": field("Epic Link", "any"),
    "customfield_10": field("Team", "team"),
    "customfield_11": field("Assets", "array", items="cmdb"),
    "customfield_12": field("Support Group", "group"),
    "customfield_13": field("Choice", "option"),
    "customfield_14": field("Related", "project"),
    "customfield_15": field("Flagged", "array", items="option", allowedValues=[LEVELS[0]]),
    "customfield_20": field(
        "Street", "option", allowedValues=[{"id": "40", "value": "M\u00fcnchener Stra\u00dfe"}]
    ),
    "customfield_21": field("STRASSE"),
    "customfield_18": field("Words", "array", items="string"),
    "customfield_19": field("Tags", "array", items="string", custom="com.atlassian:labels"),
    "customfield_16": {"name": "Untyped"},
    "customfield_17": field("By name", "option", allowedValues=[{"value": "Only"}]),
}


@pytest.fixture
def shaping(client: JiraClient, jira: Any, notes: list[str]) -> Shaping:
    jira.cloud()
    return Shaping(Users(client, notes.append), Sprints(client, lambda: "REL"), notes.append)


def resolve(
    shaping: Shaping,
    entries: Mapping[str, Any] | Sequence[tuple[str, Any]],
    *,
    complete: bool = False,
    refused: Mapping[str, str] = {},
) -> Values:
    resolution = Resolution(FieldSet.of(SCREEN, "the create screen"), shaping, refused)
    pairs = entries.items() if isinstance(entries, Mapping) else entries
    for name, value in pairs:
        resolution.add(FieldEntry(name=name, value=value))
    return resolution.values(complete=complete)


def sent(shaping: Shaping, name: str, value: Any) -> Any:
    (only,) = resolve(shaping, {name: value}).values.values()
    return only


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("Summary", "  Release 1.10 \n", "Release 1.10"),
        ("Summary", 1.5, "1.5"),
        ("Summary", 10, "10"),
        ("Summary", 3.0, "3"),
        ("Summary", True, "true"),
        ("Description", "h3. One\n* two\n", "h3. One\n* two\n"),
        ("description", "by id", "by id"),
        ("DESCRIPTION ", "whatever the case", "whatever the case"),
        ("Untyped", "text", "text"),
        ("Epic Link", "REL-1", "REL-1"),
        ("Story Points", "3", 3),
        ("Story Points", " 2.5 ", 2.5),
        ("Story Points", "3.0", 3),
        ("Story Points", "1e3", 1000),
        ("Story Points", "-4", -4),
        ("Story Points", "1" * 30, int("1" * 30)),
        ("Due date", "2026-03-01", "2026-03-01"),
        ("Due date", "20260301", "2026-03-01"),
        ("Window", "2026-03-01T10:00:00.123+0100", "2026-03-01T10:00:00.123+0100"),
        ("Window", "2026-03-01T10:00:00Z", "2026-03-01T10:00:00.000+0000"),
        ("Window", "2026-03-01T10:00+05:30", "2026-03-01T10:00:00.000+0530"),
        ("Window", "2026-03-01T10:00+01:00[Europe/Berlin]", "2026-03-01T10:00:00.000+0100"),
        ("Window", "1772359200000", "2026-03-01T10:00:00.000+0000"),
        ("Risk Level", "Low", {"id": "1"}),
        ("Risk Level", "2", {"id": "2"}),
        ("Risk Level", " LOW ", {"id": "1"}),
        ("Street", "MU\u0308NCHENER STRASSE", {"id": "40"}),
        ("stra\u00dfe", "x", "x"),
        ("By name", "Only", {"value": "Only"}),
        ("Choice", "anything", {"value": "anything"}),
        ("Priority", "gateway", {"id": "7"}),
        ("Resolution", "Done", {"name": "Done"}),
        ("Support Group", "release-managers", {"name": "release-managers"}),
        ("Related", "OPS", {"key": "OPS"}),
        ("Issue Type", "Gateway", {"id": "7"}),
        ("Summary", " one\n  two\r\nthree ", "one two three"),
        ("Labels", "release,urgent", ["release", "urgent"]),
        ("Words", 'release,"needs, review"', ["release", "needs, review"]),
        ("Words", ["a", "b, c"], ["a", "b, c"]),
        ("Labels", ["a", 1], ["a", "1"]),
        ("Component/s", 'Gateway, "A, B"', [{"id": "7"}, {"id": "8"}]),
        ("Affects versions", "1.0,1.10", [{"name": "1.0"}, {"name": "1.10"}]),
        ("Regions", "Low,High", [{"id": "1"}, {"id": "2"}]),
        ("Flagged", "Low", [{"id": "1"}]),
        ("Parent", "REL-100", {"key": "REL-100"}),
        ("Parent", "10001", {"id": "10001"}),
        ("Location", "EU > Dublin", {"id": "20", "child": {"id": "21"}}),
        ("Location", "eu>berlin", {"id": "20", "child": {"id": "22"}}),
        ("Location", "EU", {"id": "20"}),
        ("Location", "5 > 4", {"id": "30"}),
        ("Open Location", "US > Austin", {"value": "US", "child": {"value": "Austin"}}),
        ("Open Location", "US", {"value": "US"}),
        ("Sprint", "12", 12),
        ("Risk Level", ["Low"], {"id": "1"}),
        ("customfield_10024", "staging", "staging"),
        ("environment", "staging", "staging"),
    ],
)
def test_a_value_is_shaped_by_the_type_of_its_field(
    shaping: Shaping, name: str, value: Any, expected: Any
) -> None:
    assert sent(shaping, name, value) == expected


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("Story Points", "many", "Invalid number value for field [Story Points]: 'many'"),
        ("Story Points", "1_000", "Invalid number value for field [Story Points]"),
        ("Story Points", "nan", "Invalid number value"),
        ("Story Points", "1e999", "it is too large"),
        ("Story Points", "٣", "Invalid number value"),
        ("Due date", "1 March", "Invalid date value for field [Due date]: '1 March'"),
        ("Due date", "2026-02-30", "Invalid date value for field [Due date]"),
        ("Due date", "2026-0301", "Invalid date value for field [Due date]"),
        ("Window", "2026-03-01T10:00:00", "needs its zone"),
        ("Window", "2026-03-01", "Invalid datetime value for field [Window]"),
        ("Window", "noonT", "Invalid datetime value for field [Window]"),
        (
            "Priority",
            "Gatewy",
            "Value [Gatewy] is not allowed for field [Priority]. Allowed values: "
            "[Gateway, A, B]; did you mean 'Gateway'?",
        ),
        ("Security Level", "Top", "Value [Top] is not allowed for field [Security Level]"),
        ("Risk Level", "HIGH", "names 2 values: High (2), high (3); write the id"),
        ("Location", "EU > Paris", "Value [Paris] is not allowed for field [Location]"),
        ("Location", "Asia", "Value [Asia] is not allowed"),
        ("Parent", "the epic", "Invalid issuelink value for field [Parent]: 'the epic'"),
        ("Summary", "a" * 256, "Summary: has 256 characters; Jira takes 255, so shorten it"),
        ("Summary", "😀" * 128, "has 256 characters, as Jira counts (UTF-16); Jira takes 255"),
        ("Labels", ["needs review"], "holds no space, and 'needs review' does; write needs-review"),
        ("Tags", "a b", "Tags: a label holds no space"),
        ("Labels", "x" * 256, "Labels: has 256 characters; Jira takes 255"),
        ("Description", "a\x00b", "the control character U+0000"),
        ("Description", "a\x1b[31m", "the control character U+001B"),
        ("Description", "a" * 32768, "has 32,768 characters; Jira takes 32,767"),
        ("Description", "😀" * 16_384, "has 32,768 characters, as Jira counts (UTF-16)"),
        ("Risk Level", ["Low", "High"], "takes one value, and 2 are given"),
        ("Environment", "x", "2 fields are called 'Environment': environment (string), "),
        ("Original Estimate", ["2h"], "takes one value, such as 2h 30m"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_advice(
    shaping: Shaping, name: str, value: Any, words: str
) -> None:
    with pytest.raises(FieldsRefused, match=re.escape(words)):
        resolve(shaping, {name: value})


def test_a_summary_of_several_lines_is_sent_as_one_with_a_note(
    shaping: Shaping, notes: list[str]
) -> None:
    assert sent(shaping, "Summary", "Release\n4.2.0") == "Release 4.2.0"
    assert notes == ["Summary is one line in Jira: its line breaks are sent as spaces"]


@pytest.mark.parametrize("value", ["a" * 32_767, "😀" * 16_383 + "a"])
def test_a_text_may_have_32767_units(shaping: Shaping, value: str) -> None:
    assert sent(shaping, "Description", value) == value


@pytest.mark.parametrize("value", ["a" * 255, "😀" * 127])
def test_a_summary_may_have_255_units(shaping: Shaping, value: str) -> None:
    assert sent(shaping, "Summary", value) == value


def test_an_ambiguous_name_lists_ids_and_types(shaping: Shaping) -> None:
    with pytest.raises(FieldsRefused, match=r"customfield_10024 \(string\); write the id"):
        resolve(shaping, {"Environment": "x"})


@pytest.mark.parametrize(
    ("name", "value", "expected", "note"),
    [
        ("Team", "blue", "blue", "Team (customfield_10) has the type team"),
        ("Assets", "a,b", ["a", "b"], "has the type array of cmdb"),
    ],
)
def test_a_type_that_nobody_knows_passes_through_as_text_with_a_note(
    *, shaping: Shaping, notes: list[str], name: str, value: str, expected: Any, note: str
) -> None:
    assert sent(shaping, name, value) == expected
    assert note in notes[0]


@pytest.mark.parametrize("value", ["", "  ", []])
def test_an_empty_value_is_not_sent_and_noted(
    shaping: Shaping, notes: list[str], value: Any
) -> None:
    assert resolve(shaping, {"Description": value}).values == {}
    assert notes == ["Description is empty and is not sent"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("null", "Field [Summary] has invalid jira field value: the text null"),
        ({"id": "1"}, "must be a text, a list of texts, or value and child"),
    ],
)
def test_what_is_no_value_is_refused_when_the_pipeline_is_read(value: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(words)):
        FieldEntry(name="Summary", value=value)


def test_every_fault_of_the_list_is_told_at_once(shaping: Shaping) -> None:
    entries = {
        "Sumary": "x",
        "Prio": "y",
        "Story Points": "many",
        "Due date": "soon",
        "Status": "Done",
    }
    with pytest.raises(FieldsRefused) as told:
        resolve(shaping, entries, complete=True, refused={"status": "write transitionTo"})
    assert told.value.faults == (
        "Fields {Sumary, Prio} are invalid for the provided jira issue type: not on the create "
        "screen; Sumary: did you mean 'Summary'?; Prio: did you mean 'Priority'?",
        "Story Points: Invalid number value for field [Story Points]: 'many'",
        "Due date: Invalid date value for field [Due date]: 'soon' (a date is written 2026-03-01)",
        "Status: write transitionTo",
        "Required fields {Summary} for the provided jira issue type are missing; "
        "add them to fields",
    )


def test_a_required_field_with_a_bad_value_is_not_called_missing(shaping: Shaping) -> None:
    with pytest.raises(FieldsRefused) as told:
        resolve(shaping, {"Summary": "a\x00b"}, complete=True)
    assert len(told.value.faults) == 1


def test_a_field_named_twice_is_refused(shaping: Shaping) -> None:
    with pytest.raises(FieldsRefused, match=r"Due date is the same field \(duedate\); keep one"):
        resolve(shaping, {"Due date": "2026-03-01", "duedate": "2026-03-02"})


def test_both_estimates_go_into_the_time_tracking(shaping: Shaping) -> None:
    found = resolve(shaping, {"Original Estimate": " 2h 30m", "remainingEstimate": "1h"})
    tracking = {"originalEstimate": "2h 30m", "remainingEstimate": "1h"}
    assert found.values == {"timetracking": tracking}


def test_an_estimate_given_twice_is_refused(shaping: Shaping) -> None:
    with pytest.raises(FieldsRefused, match="is given twice"):
        resolve(shaping, {"Original Estimate": "2h", "originalEstimate": "1h"})


def test_an_estimate_needs_the_time_tracking(shaping: Shaping) -> None:
    resolution = Resolution(FieldSet((), "the create screen"), shaping, {})
    resolution.add(FieldEntry(name="Original Estimate", value="2h"))
    with pytest.raises(FieldsRefused, match="Time tracking is not on the create screen"):
        resolution.values(complete=False)


def test_parent_may_be_given_though_the_screen_leaves_it_out() -> None:
    bare = with_parent(FieldSet((), "x"))
    assert bare.named("Parent") is not None
    assert with_parent(bare) is bare


@pytest.mark.parametrize(
    ("entries", "comment"),
    [
        ([("Comment", "Hello \\\\ there")], "Hello \\\\ there"),
        ([("comment", ["a", "b"])], "a\nb"),
        ([("Comment", "  ")], None),
        ([("Summary", "x")], None),
    ],
)
def test_a_comment_is_no_field(entries: list[tuple[str, Any]], comment: str | None) -> None:
    listed = [FieldEntry(name=name, value=value) for name, value in entries]
    assert comment_of(listed) == comment


def test_a_comment_that_jira_cannot_store_is_refused_with_the_rest(shaping: Shaping) -> None:
    with pytest.raises(FieldsRefused) as told:
        resolve(shaping, {"Comment": "a" * 32768, "Story Points": "many"})
    assert [fault.partition(":")[0] for fault in told.value.faults] == ["Comment", "Story Points"]


def test_a_comment_is_left_out_of_the_fields(shaping: Shaping) -> None:
    assert resolve(shaping, {"Comment": "x"}).values == {}


@pytest.mark.parametrize(
    ("value", "items"),
    [
        ("A,B", ("A", "B")),
        ('A,"B, C"', ("A", "B, C")),
        (' A , "B" ', ("A", "B")),
        ('"say ""hi"""', ('say "hi"',)),
        ("A,,B,", ("A", "B")),
        ('"', ('"',)),
        ('""', ()),
        ('a"b,c', ('a"b', "c")),
        ('a"b,c"d,e', ('a"b,c"d', "e")),
        ("", ()),
    ],
)
def test_a_list_is_split_by_commas_outside_quotes(value: str, items: tuple[str, ...]) -> None:
    assert split_list(value) == items


@given(st.text(alphabet='a," \n', max_size=30))
@settings(max_examples=300)
def test_lists_are_split_as_harness_splits_them(value: str) -> None:
    def unquoted(item: str) -> str:
        if len(item) >= 2 and item.startswith('"') and item.endswith('"'):
            item = item[1:-1]
        return item.replace('""', '"')

    parts = re.split(r',(?=(?:[^"]*"[^"]*")*[^"]*$)', value)
    expected = tuple(item for part in parts if (item := unquoted(part.strip())))
    assert split_list(value) == expected
