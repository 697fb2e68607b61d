"""How gates look at Jira: few questions, and every failure an ``Unavailable`` that says why."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from penstock.connector import Binding
from penstock.errors import ConnectorError
from penstock.secret import Secret
from penstock.testing import FakeClock
from penstock.watch import Snapshot, Unavailable, Watch
from penstock_jira.account import ACCOUNTS
from penstock_jira.changelog import entries, last
from penstock_jira.connector import JiraConnector

CAPTCHA = {"X-Seraph-LoginReason": "AUTHENTICATION_DENIED"}
BULK = "/rest/api/3/issue/bulkfetch"
FIELDS = [
    {"id": "status", "name": "Status", "schema": {"type": "status"}},
    {"id": "labels", "name": "Labels", "schema": {"type": "array", "items": "string"}},
    {"id": "resolution", "name": "Resolution", "schema": {"type": "resolution"}},
    {"id": "description", "name": "Description", "schema": {"type": "string"}},
    {"id": "timetracking", "name": "Time tracking", "schema": {"type": "timetracking"}},
    {"id": "assignee", "name": "Assignee", "schema": {"type": "user"}},
    {"id": "fixVersions", "name": "Fix Version/s", "schema": {"type": "array"}},
    {"id": "environment", "name": "Environment", "schema": {"type": "string"}},
    {"id": "customfield_1", "name": "Risk Level", "schema": {"type": "option"}},
    {"id": "customfield_2", "name": "Environment", "schema": {"type": "string"}},
    {"id": "customfield_3", "name": "Risk Owner", "schema": {"type": "user"}},
    {"id": "customfield_4", "name": "Risk Levels", "schema": {"type": "option"}},
    {"name": "without id"},
]


def issue(number: int, **fields: Any) -> dict[str, Any]:
    known = {
        "status": {"id": "1", "name": "To Do", "self": "https://x"},
        "issuetype": {"id": "10", "name": "Change"},
        "project": {"id": "1", "key": "REL", "name": "Releases"},
    }
    return {"id": str(10000 + number), "key": f"REL-{number}", "fields": {**known, **fields}}


@pytest.fixture
def site(jira: Any) -> Any:
    jira.cloud()
    jira.answer("GET", "/rest/api/2/field", FIELDS)
    return jira


def watch(key: str = "REL-1", *names: str) -> Watch:
    return Watch("account.jira", key, names)


def seen(connector: JiraConnector, *watches: Watch) -> list[Any]:
    return list(connector.look(watches))


def content(connector: JiraConnector, *names: str) -> Any:
    (look,) = seen(connector, watch("REL-1", *names))
    assert isinstance(look, Snapshot)
    return look.content


def test_a_single_issue_is_read_with_only_what_is_needed(
    site: Any, connector: JiraConnector, clock: FakeClock
) -> None:
    risk = {"id": "1", "value": "Low", "self": "https://x"}
    site.answer("GET", "/rest/api/2/issue/REL-1", issue(1, customfield_1=risk))
    (look,) = seen(connector, watch("REL-1", "Risk Level"))
    assert look.at == clock.now()
    assert look.content == {
        "key": "REL-1",
        "id": "10001",
        "url": "https://jira.example.com/browse/REL-1",
        "status": "To Do",
        "issuetype": "Change",
        "project": "REL",
        "fields": {
            "Risk Level": {
                "id": "customfield_1",
                "type": "option",
                "items": "",
                "value": {"id": "1", "value": "Low"},
            }
        },
        "absent": {},
        "unknown": {},
        "ambiguous": {},
        "since": {},
    }
    asked = site.mocker.last_request.qs
    assert asked["fields"] == ["customfield_1,issuetype,project,status"]
    assert asked["expand"] == ["changelog"]


def bulk(jira: Any, answers: Any) -> None:
    jira.mocker.post(f"https://jira.example.com{BULK}", json=answers)


def test_many_issues_are_read_in_one_question_on_cloud(site: Any, connector: JiraConnector) -> None:
    bulk(site, lambda r, c: {"issues": [issue(n) for n in (3, 1, 2)]})
    watches = [watch(f"REL-{n}", "Labels") for n in (1, 2, 3, 1)]
    looks = seen(connector, *watches)
    assert [look.content["key"] for look in looks] == ["REL-1", "REL-2", "REL-3", "REL-1"]
    (question,) = site.sent("POST")
    assert question == {
        "issueIdsOrKeys": ["REL-1", "REL-2", "REL-3"],
        "fields": ["issuetype", "labels", "project", "status"],
        "expand": ["changelog"],
    }


def test_more_than_a_hundred_issues_are_read_by_the_hundred(
    site: Any, connector: JiraConnector
) -> None:
    def answer(request: Any, context: Any) -> Any:
        numbers = [int(key.partition("-")[2]) for key in request.json()["issueIdsOrKeys"]]
        return {"issues": [issue(number) for number in numbers]}

    bulk(site, answer)
    looks = seen(connector, *[watch(f"REL-{n}") for n in range(1, 251)])
    assert all(isinstance(look, Snapshot) for look in looks)
    assert [len(question["issueIdsOrKeys"]) for question in site.sent("POST")] == [100, 100, 50]


def test_an_issue_that_a_bulk_read_leaves_out_is_read_by_itself(
    site: Any, connector: JiraConnector
) -> None:
    bulk(site, {"issues": [issue(1), {**issue(9), "key": "OPS-4"}]})
    moved = {**issue(2), "key": "OPS-4"}
    site.answer("GET", "/rest/api/2/issue/REL-2", moved)
    site.answer("GET", "/rest/api/2/myself", {"displayName": "Release Bot"})
    one, two, three = seen(connector, watch("REL-1"), watch("REL-2"), watch("REL-3"))
    assert one.content["key"] == "REL-1"
    assert (two.content["key"], two.content["moved_from"]) == ("OPS-4", "REL-2")
    assert three.reason == "REL-3 is not found, or not visible to Release Bot"


def test_an_issue_watched_by_its_number_has_not_moved(site: Any, connector: JiraConnector) -> None:
    bulk(site, {"issues": [issue(1), issue(2)]})
    one, _ = seen(connector, watch("10001"), watch("REL-2"))
    assert "moved_from" not in one.content


def test_data_center_is_asked_for_each_issue(site: Any, connector: JiraConnector) -> None:
    site.cloud(cloud=False)
    for number in (1, 2):
        site.answer("GET", f"/rest/api/2/issue/REL-{number}", issue(number))
    looks = seen(connector, watch("REL-1"), watch("REL-2"), watch("REL-1"))
    assert [look.content["key"] for look in looks] == ["REL-1", "REL-2", "REL-1"]
    assert len(site.sent("GET", "/issue/")) == 2


@pytest.mark.parametrize(
    ("answer", "reason", "after"),
    [
        ({"status": 401}, "credentials are not accepted", 60.0),
        ({"status": 403, "headers": CAPTCHA}, "Jira wants a CAPTCHA", 600.0),
        ({"status": 403}, "check the user's permissions", None),
        ({"status": 503}, "Jira answered 503 when asked to read REL-1", None),
        ({"status": 429, "headers": {"Retry-After": "30"}}, "too many requests", 30.0),
        ({"text": "<html>"}, "it is a web page", None),
    ],
)
def test_an_issue_that_cannot_be_read_is_unavailable_with_words(
    *, site: Any, connector: JiraConnector, clock: FakeClock, answer: Any, reason: str, after: Any
) -> None:
    site.answer("GET", "/rest/api/2/issue/REL-1", **answer)
    (look,) = seen(connector, watch())
    assert isinstance(look, Unavailable)
    assert reason in look.reason
    assert (look.at, look.retry_after) == (clock.now(), after)
    assert clock.monotonic() == 0


def test_what_keeps_jira_from_answering_once_is_told_of_all(
    site: Any, connector: JiraConnector
) -> None:
    site.cloud(cloud=False)
    site.answer("GET", "/rest/api/2/issue/REL-1", issue(1))
    site.answer("GET", "/rest/api/2/issue/REL-2", None, 503)
    one, two, three = seen(connector, watch("REL-1"), watch("REL-2"), watch("REL-3"))
    assert isinstance(one, Snapshot)
    assert "503" in two.reason
    assert "503" in three.reason
    assert site.sent("GET", "REL-3") == []


def test_a_missing_issue_is_never_missing_for_a_stranger(
    site: Any, connector: JiraConnector
) -> None:
    site.answer("GET", "/rest/api/2/myself", {}, 401)
    (look,) = seen(connector, watch())
    assert "credentials are not accepted" in look.reason


def test_a_user_is_asked_who_it_is_once(site: Any, connector: JiraConnector) -> None:
    site.cloud(cloud=False)
    site.answer("GET", "/rest/api/2/myself", {"name": "bot"})
    looks = seen(connector, watch("REL-1"), watch("REL-2"))
    assert [look.reason.split()[-1] for look in looks] == ["bot", "bot"]
    assert len(site.sent("GET", "myself")) == 1


def test_a_secret_that_is_missing_is_unavailable(jira: Any, clock: FakeClock) -> None:
    def secret(name: str) -> Secret:
        raise ConnectorError(f"no secret {name}")

    auth = {"type": "PersonalAccessToken", "spec": {"patRef": "pat"}}
    made = JiraConnector.model_validate({"jiraUrl": "https://jira.example.com", "auth": auth})
    (look,) = seen(made.bind(Binding("jira", secret, clock)), watch())
    assert look.reason == "no secret pat"


def test_a_gateway_that_hides_its_pages_is_unavailable(jira: Any, clock: FakeClock) -> None:
    gateway = "https://api.atlassian.com/ex/jira/1"
    jira.mocker.get(f"{gateway}/rest/api/2/field", json=FIELDS)
    jira.mocker.get(f"{gateway}/rest/api/2/issue/REL-1", json=issue(1))
    told = [{"json": {"deploymentType": "Cloud"}}, {"status_code": 503}]
    jira.mocker.get(f"{gateway}/rest/api/2/serverInfo", told)
    made = JiraConnector.at(gateway, "bot", "tok-1").bind(Binding(clock=clock))
    (first,) = seen(made, watch())
    assert isinstance(first, Snapshot)
    ACCOUNTS.clear()  # what Jira says of itself is kept
    (second,) = seen(made, watch())
    assert "503" in second.reason


def test_the_site_is_read_once_in_ten_minutes(
    site: Any, connector: JiraConnector, clock: FakeClock
) -> None:
    site.answer("GET", "/rest/api/2/issue/REL-1", issue(1))
    for _ in range(3):
        content(connector, "Status", "Labels")
        clock.advance(60)
    assert len(site.sent("GET", "/field")) == 1
    clock.advance(600)
    content(connector, "Labels")
    assert len(site.sent("GET", "/field")) == 2


def test_a_name_is_unknown_only_after_a_fresh_look(
    site: Any, connector: JiraConnector, clock: FakeClock
) -> None:
    site.answer("GET", "/rest/api/2/issue/REL-1", issue(1, customfield_9="x"))
    content(connector, "Labels")
    clock.advance(1)
    site.answer("GET", "/rest/api/2/field", [*FIELDS, {"id": "customfield_9", "name": "New"}])
    assert content(connector, "New")["unknown"] == {}


def test_the_site_is_read_again_after_a_failure(site: Any, connector: JiraConnector) -> None:
    site.in_turn("GET", "/rest/api/2/issue/REL-1", {"status_code": 500}, {"json": issue(1)})
    seen(connector, watch())
    seen(connector, watch())
    assert len(site.sent("GET", "/field")) == 2


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("Risk Levl", ["Risk Level", "Risk Levels", "Risk Owner"]),
        ("Risk Leve", ["Risk Level", "Risk Levels", "Risk Owner"]),
        ("statuss", ["Status"]),
        ("Xyzzy", []),
    ],
)
def test_a_name_that_exists_nowhere_is_unknown_with_near_misses(
    site: Any, connector: JiraConnector, name: str, near: list[str]
) -> None:
    site.answer("GET", "/rest/api/2/issue/REL-1", issue(1))
    assert content(connector, name)["unknown"][name][: len(near)] == near


@pytest.mark.parametrize(
    ("fields", "absent"),
    [({"customfield_1": None}, "empty"), ({}, "not on this issue")],
)
def test_a_field_without_a_value_is_absent_with_the_reason(
    site: Any, connector: JiraConnector, fields: Any, absent: str
) -> None:
    site.answer("GET", "/rest/api/2/issue/REL-1", issue(1, **fields))
    assert content(connector, "Risk Level")["absent"] == {"Risk Level": absent}


@pytest.mark.parametrize("value", ["", []])
def test_an_empty_text_or_list_is_empty(site: Any, connector: JiraConnector, value: Any) -> None:
    site.answer("GET", "/rest/api/2/issue/REL-1", issue(1, labels=value))
    assert content(connector, "Labels")["absent"] == {"Labels": "empty"}


def test_of_two_fields_with_one_name_the_one_on_the_issue_counts(
    site: Any, connector: JiraConnector
) -> None:
    site.answer("GET", "/rest/api/2/issue/REL-1", issue(1, customfield_2="staging"))
    assert content(connector, "Environment")["fields"]["Environment"]["id"] == "customfield_2"


def test_two_fields_with_one_name_on_one_issue_are_ambiguous(
    site: Any, connector: JiraConnector
) -> None:
    both = issue(1, customfield_2=None, environment="x")
    site.answer("GET", "/rest/api/2/issue/REL-1", both)
    found = content(connector, "Environment", "customfield_2")
    assert found["ambiguous"] == {"Environment": "environment (string), customfield_2 (string)"}
    assert found["absent"] == {"customfield_2": "empty"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("key", "REL-1"),
        ("url", "https://jira.example.com/browse/REL-1"),
        ("Status", {"id": "1", "name": "To Do"}),
        ("__status", {"id": "1", "name": "To Do"}),
        ("__Status", {"id": "1", "name": "To Do"}),
        ("Issue Type", {"id": "10", "name": "Change"}),
        ("Project Key", "REL"),
        ("Project Name", "Releases"),
        ("Parent", {"key": "REL-5"}),
        ("Original Estimate", "2h"),
    ],
)
def test_names_of_the_read_model_that_are_no_fields_are_known(
    site: Any, connector: JiraConnector, name: str, value: Any
) -> None:
    more = {"parent": {"key": "REL-5"}, "timetracking": {"originalEstimate": "2h"}}
    site.answer("GET", "/rest/api/2/issue/REL-1", issue(1, **more))
    found = content(connector, name)
    assert found["fields"][name]["value"] == value
    assert (found["fields"][name]["type"] == "raw") is name.startswith("__")


def history(at: str, by: Any, **item: Any) -> dict[str, Any]:
    return {"created": at, "author": by, "items": [item]}


EARLY, LATE = "2026-03-01T10:00:00.000+0100", "2026-03-01T11:00:00.000+0100"
ANN, BOT = {"displayName": "Ann Ray"}, {"name": "bot"}


@pytest.mark.parametrize(
    ("histories", "change"),
    [
        (
            [history(LATE, ANN, fieldId="status"), history(EARLY, BOT, fieldId="status")],
            {"at": "2026-03-01T10:00:00+00:00", "by": "Ann Ray"},
        ),
        (
            [history(EARLY, ANN, fieldId="status"), history(LATE, BOT, field="status")],
            {"at": "2026-03-01T10:00:00+00:00", "by": "bot"},
        ),
        ([history(EARLY, ANN, fieldId="summary", field="status")], None),
        ([history(EARLY, {}, field="Status")], {"at": "2026-03-01T09:00:00+00:00", "by": None}),
        ([history("long ago", ANN, field="status")], None),
        ([{"created": EARLY, "items": "odd"}], None),
        ("odd", None),
    ],
)
def test_the_last_change_of_a_field_tells_when_and_who(histories: Any, change: Any) -> None:
    found = last(entries({"changelog": {"histories": histories}}), "status", "Status")
    assert (found and {"at": found.at.isoformat(), "by": found.by}) == change


def test_changelogs_name_versions_in_the_singular() -> None:
    found = {"changelog": {"histories": [history(EARLY, ANN, field="Fix Version")]}}
    assert last(entries(found), "fixVersions", "Fix Version/s") is not None


def test_since_when_a_field_is_so_is_part_of_what_is_seen(
    site: Any, connector: JiraConnector
) -> None:
    changelog = {"histories": [history(EARLY, ANN, fieldId="status")]}
    site.answer("GET", "/rest/api/2/issue/REL-1", {**issue(1), "changelog": changelog})
    found = content(connector, "Status", "Labels")
    assert found["since"] == {"Status": {"at": "2026-03-01T09:00:00+00:00", "by": "Ann Ray"}}


# What it was since the gate opened, and what an answer left out


OPENED = "2026-03-01T09:30:00+00:00"


def opened_watch(*names: str, asks: Any = None, **known: Any) -> Watch:
    moment = datetime.fromisoformat(OPENED)
    return Watch("account.jira", "REL-1", names, asks=asks or {}, known=known, opened=moment)


def moved(number: int, minute: int, before: str, after: str) -> dict[str, Any]:
    item = {"fieldId": "status", "field": "status", "from": before, "to": after}
    item |= {"fromString": f"Status {before}", "toString": f"Status {after}"}
    created = f"2026-03-01T09:{minute:02}:00.000+0000"
    return {"id": str(number), "created": created, "author": ANN, "items": [item]}


def test_what_an_issue_was_since_the_gate_opened_is_seen(
    site: Any, connector: JiraConnector
) -> None:
    histories = [moved(3, 50, "2", "1"), moved(2, 40, "3", "2"), moved(1, 10, "1", "3")]
    found = {**issue(1), "changelog": {"histories": histories}}
    site.answer("GET", "/rest/api/2/issue/REL-1", found)
    (look,) = seen(connector, opened_watch("Status"))
    (past,) = look.content["past"]
    assert past["fields"]["Status"]["value"] == {"id": "2", "name": "Status 2"}
    assert (past["at"], past["until"]) == ("2026-03-01T09:40:00+00:00", "2026-03-01T09:50:00+00:00")
    assert past["since"]["Status"] == {"at": "2026-03-01T09:40:00+00:00", "by": "Ann Ray"}
    assert past["ended_by"] == "Ann Ray"


@pytest.mark.parametrize("histories", [[], [moved(1, 10, "1", "3")], [moved(2, 40, "3", "1")]])
def test_an_issue_that_changed_once_at_most_was_nothing_else(
    site: Any, connector: JiraConnector, histories: Any
) -> None:
    found = {**issue(1), "changelog": {"histories": histories}}
    site.answer("GET", "/rest/api/2/issue/REL-1", found)
    (look,) = seen(connector, opened_watch("Status"))
    assert "past" not in look.content


def cut_short(number: int) -> dict[str, Any]:
    """Return an issue as a bulk read tells it: with the newest 40 changes, all of them late."""
    edits = [{**moved(n, 59, "1", "1"), "items": []} for n in range(100, 140)]
    return {**issue(number), "changelog": {"histories": edits, "total": 41}}


CHANGES = "/rest/api/3/changelog/bulkfetch"


def test_changes_that_a_bulk_read_left_out_are_read_in_one_question_for_all(
    site: Any, connector: JiraConnector
) -> None:
    bulk(site, {"issues": [cut_short(1), cut_short(2), issue(3)]})
    first = {"issueId": "10001", "changeHistories": [moved(7, 31, "2", "1")]}
    second = {"issueId": "10002", "changeHistories": [moved(8, 32, "2", "1")]}
    site.in_turn(
        "POST",
        CHANGES,
        {"json": {"issueChangeLogs": [first], "nextPageToken": "more"}},
        {"json": {"issueChangeLogs": [second]}},
    )
    watches = [replace(opened_watch("Status"), key=f"REL-{n}") for n in (1, 2, 3)]
    looks = seen(connector, *watches)
    since = [look.content["since"].get("Status", {}).get("at") for look in looks]
    assert since == ["2026-03-01T09:31:00+00:00", "2026-03-01T09:32:00+00:00", None]
    asked, again = site.sent("POST", "changelog")
    assert asked == {
        "issueIdsOrKeys": ["10001", "10002"],
        "maxResults": 10_000,
        "fieldIds": ["issuetype", "project", "status"],
    }
    assert again == {**asked, "nextPageToken": "more"}


def test_changes_that_go_back_to_the_opening_of_the_gate_are_enough(
    site: Any, connector: JiraConnector
) -> None:
    told = cut_short(1)
    told["changelog"]["histories"][0] = moved(1, 10, "1", "1")
    bulk(site, {"issues": [told, issue(2)]})
    seen(connector, opened_watch("Status"), replace(opened_watch("Status"), key="REL-2"))
    assert site.sent("POST", "changelog") == []


def test_an_issue_whose_changes_cannot_be_read_is_not_seen(
    site: Any, connector: JiraConnector
) -> None:
    bulk(site, {"issues": [cut_short(1), issue(2)]})
    site.answer("POST", CHANGES, None, 503)
    other = replace(opened_watch("Status"), key="REL-2")
    first, second = seen(connector, opened_watch("Status"), other)
    assert isinstance(first, Unavailable)
    assert first.reason == "Jira answered 503 when asked to read the changes of 1 issue"
    assert isinstance(second, Snapshot)


def test_a_page_that_leads_to_itself_ends(site: Any, connector: JiraConnector) -> None:
    bulk(site, {"issues": [cut_short(1), issue(2)]})
    site.answer("POST", CHANGES, {"issueChangeLogs": [], "nextPageToken": "same"})
    seen(connector, opened_watch("Status"), replace(opened_watch("Status"), key="REL-2"))
    assert len(site.sent("POST", "changelog")) == 2


# Statuses, and names that had an id


def test_statuses_are_read_once_for_all_gates_that_ask(site: Any, connector: JiraConnector) -> None:
    bulk(site, {"issues": [issue(1), issue(2)]})
    site.answer("GET", "/rest/api/2/status", [{"id": "1", "name": "To Do"}])
    asking = opened_watch("Status", asks={"statuses": True})
    for _ in range(2):
        looks = seen(connector, asking, replace(asking, key="REL-2"))
        assert [look.content["statuses"] for look in looks] == [{"1": "To Do"}] * 2
    assert len(site.sent("GET", "/status")) == 1


def test_statuses_that_may_not_be_read_are_none(site: Any, connector: JiraConnector) -> None:
    site.answer("GET", "/rest/api/2/issue/REL-1", issue(1))
    site.answer("GET", "/rest/api/2/status", {"errorMessages": ["no"]}, 403)
    (look,) = seen(connector, opened_watch("Status", asks={"statuses": True}))
    assert look.content["statuses"] == {}


def test_a_field_that_was_renamed_is_found_by_the_id_that_it_had(
    site: Any, connector: JiraConnector
) -> None:
    site.answer("GET", "/rest/api/2/issue/REL-1", issue(1, customfield_1={"value": "Low"}))
    known = {"field_ids": {"Risk before": "customfield_1"}}
    (look,) = seen(connector, opened_watch("Risk before", **known))
    assert look.content["fields"]["Risk before"]["value"] == {"value": "Low"}
    assert look.content["unknown"] == {}
    assert "customfield_1" in site.mocker.last_request.qs["fields"][0]
