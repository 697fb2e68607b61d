"""What a field was before a change, in each form that Jira's changelog has for it."""

from typing import Any

import pytest

from penstock_jira.changelog import entries, is_cut, last, merged
from penstock_jira.former import Lost, before
from penstock_jira.metadata import FieldMeta


def item(before_id: str | None, before_text: str | None, **more: Any) -> dict[str, Any]:
    return {"from": before_id, "fromString": before_text, "to": "9", "toString": "now", **more}


@pytest.mark.parametrize(
    ("kind", "told", "value"),
    [
        ("status", item("3", "Approved"), {"id": "3", "name": "Approved"}),
        ("priority", item("2", "High"), {"id": "2", "name": "High"}),
        ("option", item("10", "Low"), {"id": "10", "value": "Low"}),
        ("string", item(None, "a text, with commas"), "a text, with commas"),
        ("any", item("", "REL-4"), "REL-4"),
        ("number", item(None, "3.0"), 3.0),
        ("number", item(None, "2.5"), 2.5),
        ("date", item("2026-12-24", "24/Dec/26"), "2026-12-24"),
        ("date", item("", "2026-12-24 00:00:00.0"), "2026-12-24"),
        ("datetime", item("2026-03-01T10:00:00+0100", "01/Mar"), "2026-03-01T10:00:00.000+0100"),
        ("group", item("cab", "cab"), {"name": "cab"}),
        ("issuelink", item("10001", "REL-1"), {"id": "10001", "key": "REL-1"}),
        (
            "user",
            item("5b1", "Ann"),
            {"accountId": "5b1", "name": "5b1", "key": "5b1", "displayName": "Ann"},
        ),
        (
            "option-with-child",
            item("1", "Parent values: EU(10100)Level 1 values: Dublin (Ireland)(10101)"),
            {"value": "EU", "child": {"value": "Dublin (Ireland)"}},
        ),
        ("option-with-child", item("1", "Parent values: EU(10100)"), {"value": "EU"}),
        (
            "option-with-child",
            item("1", "EU > Dublin"),
            {"value": "EU", "child": {"value": "Dublin"}},
        ),
        ("status", item(None, None), None),
        ("number", item("", ""), None),
    ],
)
def test_a_value_is_read_back_from_the_changelog(kind: str, told: Any, value: Any) -> None:
    assert before(FieldMeta("f", "F", kind), [told], "now") == value


@pytest.mark.parametrize(
    ("items", "told", "value"),
    [
        ("string", item("", "a b"), ["a", "b"]),
        ("string", item("", ""), []),
        (
            "option",
            item("[1, 2]", "EU,US"),
            [{"id": "1", "value": "EU"}, {"id": "2", "value": "US"}],
        ),
        ("option", item("[1]", "EU, and more"), [{"id": "1", "value": "EU, and more"}]),
        ("option", item(None, None), []),
        ("json", item("4, 5", "One,Two"), [{"id": "4", "name": "One"}, {"id": "5", "name": "Two"}]),
    ],
)
def test_a_list_is_read_back_from_the_changelog(items: str, told: Any, value: Any) -> None:
    assert before(FieldMeta("f", "F", "array", items), [told], ["now"]) == value


def test_values_that_come_and_go_one_by_one_are_undone_one_by_one() -> None:
    versions = FieldMeta("fixVersions", "Fix versions", "array", "version")
    gone = {"from": "1", "fromString": "1.0", "to": None, "toString": None}
    come = {"from": None, "fromString": None, "to": "2", "toString": "2.0"}
    now: Any = [{"id": "2", "name": "2.0"}, {"id": "3", "name": "3.0"}]
    assert before(versions, [gone, come], now) == [
        {"id": "3", "name": "3.0"},
        {"id": "1", "name": "1.0"},
    ]
    assert before(versions, [gone], None) == [{"id": "1", "name": "1.0"}]


@pytest.mark.parametrize(
    ("field", "told", "why"),
    [
        (FieldMeta("f", "F", "number"), item(None, "three"), "tells 'three' of it"),
        (FieldMeta("f", "F", "date"), item("", "24/Dec/26"), "tells '24/Dec/26' of it"),
        (FieldMeta("f", "F", "datetime"), item("", "24/Dec/26 8:00 PM"), "8:00 PM' of it"),
        (FieldMeta("f", "F", "progress"), item("1", "x"), "what a field of type progress was"),
        (
            FieldMeta("f", "F", "array", "option"),
            item("[1, 2]", "A, or B,C"),
            "tells 'A, or B,C' of it, which may be 2 values or more",
        ),
    ],
)
def test_what_the_changelog_does_not_tell_for_sure_is_lost(field: Any, told: Any, why: str) -> None:
    with pytest.raises(Lost, match=why):
        before(field, [told], "now")


def test_a_change_that_is_of_another_field_leaves_a_value_alone() -> None:
    assert before(FieldMeta("f", "F", "option"), [], {"value": "Low"}) == {"value": "Low"}


# The changelog itself


def history(number: int, created: Any) -> dict[str, Any]:
    return {"id": str(number), "created": created, "items": [{"fieldId": "f", "field": "F"}]}


@pytest.mark.parametrize("created", [1772355600, 1772355600000, "2026-03-01T09:00:00.000+0000"])
def test_a_bulk_read_dates_changes_by_numbers(created: Any) -> None:
    (entry,) = entries({"changelog": {"histories": [history(1, created)]}})
    assert entry.at.isoformat() == "2026-03-01T09:00:00+00:00"


def test_changes_of_one_instant_are_in_the_order_of_their_numbers() -> None:
    same = "2026-03-01T09:00:00.000+0000"
    told = {"changelog": {"histories": [history(10, same), history(9, same), history(8, same)]}}
    assert [entry.id for entry in entries(told)] == ["8", "9", "10"]
    found = last(entries(told), "f", "F")
    assert found is not None and found.id == "10"


@pytest.mark.parametrize(
    ("count", "total", "cut"),
    [
        (3, 3, False),
        (3, 4, True),
        (40, 40, True),
        (41, 41, False),
        (100, 100, True),
        (0, None, False),
    ],
)
def test_changes_may_be_cut_where_jira_tells_of_so_many_at_most(
    count: int, total: Any, *, cut: bool
) -> None:
    listed = [history(number, 1772355600 + number) for number in range(count)]
    assert is_cut({"changelog": {"histories": listed, "total": total}}) is cut


def test_more_changes_of_an_issue_are_each_taken_once() -> None:
    told = {"changelog": {"histories": [history(2, 1772355602)], "total": 3}}
    nameless = {"created": 1772355600, "items": []}
    whole = merged(told, (history(1, 1772355601), history(2, 1772355602), nameless))
    assert [entry.id for entry in entries(whole)] == ["", "1", "2"]
    assert not is_cut(whole)
