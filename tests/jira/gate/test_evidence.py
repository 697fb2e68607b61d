"""What a gate's end rests on: the issue as it was seen, and the changes that made it so."""

from typing import Any

import pytest

from penstock_jira.changelog import entries
from penstock_jira.evidence import relevant
from penstock_jira.metadata import FieldMeta

STATUS = FieldMeta("status", "Status", "status")


def history(number: int, *items: Any, **author: str) -> dict[str, Any]:
    created = f"2026-03-02T08:{number:02}:00.000+0000"
    return {"id": str(number), "created": created, "author": author, "items": [*items]}


def item(field: str, before: str, after: str) -> dict[str, Any]:
    found = {"field": field, "fieldId": field, "from": "1", "to": "2", "fieldtype": "jira"}
    return {**found, "fromString": before, "toString": after}


def told(*histories: Any) -> list[Any]:
    changes = entries({"changelog": {"histories": [*histories]}})
    return relevant(changes, [STATUS, STATUS])


def test_only_changes_of_what_is_looked_at_are_kept_each_with_who_and_when() -> None:
    found = told(
        history(1, item("summary", "a", "b")),
        history(
            2,
            item("status", "To Do", "Approved"),
            item("labels", "", "x"),
            accountId="5b1",
            displayName="Ann",
            emailAddress="ann@example.com",
            self="https://x",
        ),
    )
    assert found == [
        {
            "id": "2",
            "at": "2026-03-02T08:02:00+00:00",
            "author": {"accountId": "5b1", "displayName": "Ann"},
            "items": [
                {
                    "field": "status",
                    "fieldId": "status",
                    "from": "1",
                    "fromString": "To Do",
                    "to": "2",
                    "toString": "Approved",
                }
            ],
        }
    ]


def test_of_very_many_changes_the_newest_are_kept() -> None:
    histories = [history(number % 60, item("status", "a", "b")) for number in range(150)]
    assert len(told(*histories)) == 100


def test_a_verdict_brings_the_issue_and_the_changes(gate: Any, snapshot: Any) -> None:
    changes = told(history(2, item("status", "To Do", "Approved"), displayName="Ann"))
    seen = snapshot(changes=changes, opened="2026-03-02T08:00:00+00:00", known={"issue_id": "1"})
    bundle = gate().judge(seen).evidence
    assert bundle["changes"] == changes
    issue = bundle["issue"]
    assert (issue["key"], issue["status"], issue["project"]) == ("REL-8", "Approved", "REL")
    assert issue["fields"]["Status"]["value"] == {"id": "3", "name": "Approved"}
    assert issue["absent"]["Resolution"] == "empty"
    assert (issue["seen"], issue["opened"]) == (
        "2026-03-02T09:00:00+00:00",
        "2026-03-02T08:00:00+00:00",
    )


@pytest.mark.parametrize("name", ["Assignee", "Reviewers"])
def test_e_mail_addresses_are_left_out(gate: Any, snapshot: Any, name: str) -> None:
    fields = gate().judge(snapshot()).evidence["issue"]["fields"]
    assert "example.com" not in str(fields[name])
    assert "5b1" in str(fields[name])


def test_a_very_long_text_is_cut(gate: Any, snapshot: Any) -> None:
    text = {"type": "string", "value": "x" * 32_768}
    fields = snapshot().content["fields"] | {"Long": {"id": "l", **text}}
    kept = gate().judge(snapshot(fields)).evidence["issue"]["fields"]["Long"]["value"]
    assert kept == "x" * 4000 + "…"
