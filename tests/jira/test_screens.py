"""Create metadata from the new addresses and the old one, on Cloud and on Data Center."""

from typing import Any

import pytest

from penstock.errors import FailureType, StepFailed
from penstock_jira.client import JiraClient
from penstock_jira.errors import JiraRefused, NotJira, SignInRefused
from penstock_jira.screens import create_screen, edit_screen

META = "/rest/api/2/issue/createmeta"
TYPES = [{"id": "10", "name": "Change"}, {"id": "11", "name": "Task"}]
SUMMARY = {
    "fieldId": "summary",
    "name": "Summary",
    "required": True,
    "hasDefaultValue": False,
    "operations": ["set"],
    "schema": {"type": "string", "system": "summary"},
}
RISK = {
    "fieldId": "customfield_10010",
    "name": "Risk Level",
    "required": False,
    "schema": {"type": "option", "custom": "x:select", "customId": 10010},
    "allowedValues": [{"id": "1", "value": "Low"}, {"id": "2", "value": "Old", "disabled": True}],
}
PROJECT = {"fieldId": "project", "name": "Project", "required": True, "schema": {"type": "project"}}


@pytest.mark.parametrize(("types", "fields"), [("issueTypes", "fields"), ("values", "values")])
def test_the_new_addresses_are_read_on_cloud_and_on_data_center(
    jira: Any, client: JiraClient, types: str, fields: str
) -> None:
    jira.answer("GET", f"{META}/REL/issuetypes", {types: TYPES, "total": 2})
    jira.answer("GET", f"{META}/REL/issuetypes/10", {fields: [SUMMARY, RISK, PROJECT]})
    screen = create_screen(client, "REL", "Change")
    assert screen.issue_type == "10"
    assert [field.id for field in screen.fields] == ["summary", "customfield_10010"]
    summary, risk = screen.fields
    assert (summary.required, summary.has_default, summary.system) == (True, False, "summary")
    assert summary.operations == ("set",)
    assert [option.name for option in risk.allowed or ()] == ["Low"]
    assert risk.label == "Risk Level (customfield_10010)"
    assert screen.place == "the create screen of Change in REL"


def test_all_pages_are_read(jira: Any, client: JiraClient) -> None:
    def page(request: Any, context: Any) -> Any:
        start = int(request.qs["startAt"][0])
        return {"issueTypes": TYPES[start : start + 1], "total": 2}

    jira.mocker.get(f"https://jira.example.com{META}/REL/issuetypes", json=page)
    jira.answer("GET", f"{META}/REL/issuetypes/11", {"fields": [], "total": 0})
    assert create_screen(client, "REL", "Task").issue_type == "11"


@pytest.mark.parametrize("last", [{"isLast": True}, {"total": 1}, {}])
def test_the_last_page_ends_the_reading(jira: Any, client: JiraClient, last: Any) -> None:
    jira.answer("GET", f"{META}/REL/issuetypes", {"values": TYPES[:1], **last})
    jira.answer("GET", f"{META}/REL/issuetypes/10", {"values": []})
    create_screen(client, "REL", "Change")
    assert len(jira.sent("GET", "issuetypes")) == 2


def test_pages_that_never_end_are_given_up(jira: Any, client: JiraClient) -> None:
    def page(request: Any, _: Any) -> Any:
        start = request.qs["startAt"][0]
        return {"values": [{"id": start, "name": f"Type {start}"}], "isLast": False}

    jira.mocker.get(f"https://jira.example.com{META}/REL/issuetypes", json=page)
    with pytest.raises(StepFailed, match="Invalid issue type in project REL: Story"):
        create_screen(client, "REL", "Story")
    assert len(jira.sent("GET", "issuetypes")) == 50


def test_a_page_that_comes_twice_is_not_jiras(jira: Any, client: JiraClient) -> None:
    jira.answer("GET", f"{META}/REL/issuetypes", {"values": TYPES, "isLast": False})
    with pytest.raises(NotJira, match="it repeats a page"):
        create_screen(client, "REL", "Change")
    assert len(jira.sent("GET", "issuetypes")) == 2


@pytest.mark.parametrize("status", [302, 403])
@pytest.mark.parametrize("how", ["new", "old"])
def test_a_refusal_that_is_not_about_the_project_is_told_as_it_is(
    jira: Any, client: JiraClient, status: int, how: str
) -> None:
    path = f"{META}/REL/issuetypes" if how == "new" else META
    jira.answer("GET", path, {}, status, headers={"Location": "https://sso.example/"})
    with pytest.raises(JiraRefused) as told:
        create_screen(client, "REL", "Change")
    assert told.value.status == status


def test_an_old_server_is_asked_the_old_way(jira: Any, client: JiraClient) -> None:
    fields = {"summary": SUMMARY, "project": PROJECT}
    kinds = [{**TYPES[0], "fields": fields}, TYPES[1]]
    projects = [{"key": "REL", "issuetypes": kinds}]
    jira.answer("GET", META, {"projects": projects})
    screen = create_screen(client, "REL", "change")
    assert (screen.issue_type, [field.id for field in screen.fields]) == ("10", ["summary"])


@pytest.mark.parametrize(
    ("wanted", "hint"), [("Chnge", "did you mean 'Change'?"), ("Story", "known: Change, Task")]
)
def test_an_unknown_issue_type_is_named_with_the_near_miss(
    jira: Any, client: JiraClient, wanted: str, hint: str
) -> None:
    jira.answer("GET", f"{META}/REL/issuetypes", {"issueTypes": TYPES, "total": 2})
    with pytest.raises(StepFailed) as told:
        create_screen(client, "REL", wanted)
    assert told.value.message == f"Invalid issue type in project REL: {wanted}"
    assert told.value.hint == hint
    assert told.value.failure_type is FailureType.CONFIGURATION


def test_an_issue_type_may_be_given_by_its_id(jira: Any, client: JiraClient) -> None:
    jira.answer("GET", f"{META}/REL/issuetypes", {"issueTypes": TYPES, "total": 2})
    jira.answer("GET", f"{META}/REL/issuetypes/11", {"fields": []})
    assert create_screen(client, "REL", "11").issue_type == "11"


@pytest.mark.parametrize(
    ("projects", "hint"),
    [
        ([{"key": "REL", "name": "Releases"}], "did you mean 'REL'?"),
        ([{"key": "AB", "name": "RELS"}], "projectKey is the key, not the name: write AB"),
        ([], "the user must see the project and may create issues in it"),
        (None, "the user must see the project and may create issues in it"),
    ],
)
@pytest.mark.parametrize("how", ["new", "old", "empty"])
def test_an_unknown_project_is_named_with_the_near_miss(
    jira: Any, client: JiraClient, projects: Any, hint: str, how: str
) -> None:
    if projects is not None:
        jira.answer("GET", "/rest/api/2/project", projects)
    if how == "new":
        jira.answer("GET", f"{META}/RELS/issuetypes", {"errorMessages": ["no"]}, 400)
    if how == "empty":
        jira.answer("GET", META, {"projects": []})
    with pytest.raises(StepFailed) as told:
        create_screen(client, "RELS", "Change")
    assert (told.value.message, told.value.hint) == ("Invalid project: RELS", hint)


@pytest.mark.parametrize("how", ["new", "old"])
def test_a_refused_sign_in_is_not_taken_for_an_unknown_project(
    jira: Any, client: JiraClient, how: str
) -> None:
    path = f"{META}/REL/issuetypes" if how == "new" else META
    jira.answer("GET", path, {}, 401)
    with pytest.raises(SignInRefused):
        create_screen(client, "REL", "Change")


def test_a_page_without_a_list_is_not_jiras(jira: Any, client: JiraClient) -> None:
    jira.answer("GET", f"{META}/REL/issuetypes", {"issueTypes": "none"})
    with pytest.raises(NotJira, match="an array was expected"):
        create_screen(client, "REL", "Change")


def test_the_edit_screen_lists_fields_by_id(jira: Any, client: JiraClient) -> None:
    jira.answer("GET", "/rest/api/2/issue/REL-1/editmeta", {"fields": {"summary": SUMMARY}})
    screen = edit_screen(client, "REL-1")
    assert [field.name for field in screen.fields] == ["Summary"]
    assert screen.place == "the edit screen of REL-1"


def test_an_answer_that_is_no_object_is_not_jiras(jira: Any, client: JiraClient) -> None:
    jira.answer("GET", "/rest/api/2/issue/REL-1/editmeta", [])
    with pytest.raises(NotJira, match="an object was expected"):
        edit_screen(client, "REL-1")
