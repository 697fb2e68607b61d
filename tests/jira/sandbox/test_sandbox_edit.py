"""Editing issues: fields, verbs, and the history that they leave."""

import pytest

RISK, REGIONS = "customfield_10010", "customfield_10011"


def history(jira, key):
    """Return the history as lists of (field, before, after), oldest first."""
    shown = jira("GET", f"/issue/{key}?expand=changelog").json()["changelog"]
    assert shown["total"] == len(shown["histories"])
    return [
        [(item["field"], item["fromString"], item["toString"]) for item in change["items"]]
        for change in sorted(shown["histories"], key=lambda each: int(each["id"]))
    ]


def test_an_edit_answers_204_and_is_seen(jira, clock):
    key = jira.create()
    clock.advance(60)
    edited = jira(
        "PUT", f"/issue/{key}", {"fields": {"summary": "Another", RISK: {"value": "Low"}}}
    )
    assert (edited.status_code, edited.content) == (204, b"")
    fields = jira.fields(key)
    assert (fields["summary"], fields[RISK]["value"]) == ("Another", "Low")
    assert fields["updated"] == "2026-03-02T09:01:00.000+0000" != fields["created"]


def test_an_edit_may_answer_with_the_issue_on_cloud(cloud):
    key = cloud.create()
    body = {"fields": {"summary": "Another"}}
    edited = cloud("PUT", f"/issue/{key}?returnIssue=true&expand=names", body)
    assert edited.status_code == 200
    assert edited.json()["fields"]["summary"] == "Another" and "names" in edited.json()


def test_verbs_change_lists(jira):
    key = jira.create(labels=["a", "b"], **{REGIONS: [{"value": "EU"}]})
    update = {
        "labels": [{"add": "c"}, {"remove": "a"}, {"remove": "never"}],
        REGIONS: [{"add": {"value": "US"}}, {"add": {"value": "EU"}}],
        "fixVersions": [{"set": [{"name": "1.0"}]}],
        "summary": [{"set": "Another"}],
    }
    assert jira("PUT", f"/issue/{key}", {"update": update}).status_code == 204
    fields = jira.fields(key)
    assert fields["labels"] == ["b", "c"]
    assert [each["value"] for each in fields[REGIONS]] == ["EU", "US"]
    assert [each["name"] for each in fields["fixVersions"]] == ["1.0"]
    assert fields["summary"] == "Another"


WRONG_UPDATES = [
    ({"summary": [{"add": "x"}]}, "does not support operation 'add' Supported operation(s) is/are"),
    ({"summary": {"set": "x"}}, "Operations must be an array"),
    ({"summary": ["x"]}, "An operation is an object with one verb"),
    ({"labels": [{"add": "x", "remove": "y"}]}, "An operation is an object with one verb"),
    ({"labels": [{"add": "a b"}]}, "contains spaces"),
    ({"resolution": [{"set": {"name": "Done"}}]}, "is not on the appropriate screen"),
    ({"comment": [{"shout": {}}]}, "does not support operation 'shout'"),
    ({"attachment": [{"set": {}}]}, "is not on the appropriate screen"),
]


@pytest.mark.parametrize(("update", "text"), WRONG_UPDATES)
def test_a_wrong_verb_is_refused_and_nothing_changes(jira, update, text):
    key = jira.create(labels=["kept"])
    body = {"fields": {"environment": "changed"}, "update": update}
    refused = jira("PUT", f"/issue/{key}", body)
    assert refused.status_code == 400
    [told] = refused.json()["errors"].values()
    assert text in told
    assert jira.fields(key)["environment"] is None


def test_an_empty_edit_is_refused(jira):
    refused = jira("PUT", f"/issue/{jira.create()}", {})
    assert refused.status_code == 400
    assert refused.json()["errorMessages"] == ["one of 'fields' or 'update' required"]


def test_status_is_never_edited(jira):
    key = jira.create()
    refused = jira("PUT", f"/issue/{key}", {"fields": {"status": {"name": "Done"}}})
    assert "status" in refused.json()["errors"]
    assert jira.fields(key)["status"]["name"] == "To Do"


def test_every_change_is_in_the_history_with_its_author(jira, clock):
    key = jira.create(labels=["a"], **{RISK: {"value": "Low"}})
    clock.advance(60)
    jira.as_("cab-lead")("PUT", f"/issue/{key}", {"fields": {RISK: {"value": "High"}}})
    jira("PUT", f"/issue/{key}", {"update": {"labels": [{"add": "b"}]}})
    jira("PUT", f"/issue/{key}", {"fields": {"fixVersions": [{"name": "1.0"}, {"name": "2.0"}]}})
    jira(
        "PUT",
        f"/issue/{key}",
        {"fields": {"fixVersions": [{"name": "2.0"}], "duedate": "2026-04-01"}},
    )
    assert history(jira, key) == [
        [("Risk Level", "Low", "High")],
        [("labels", "a", "a b")],
        [("Fix Version", None, "1.0"), ("Fix Version", None, "2.0")],
        [("Fix Version", "1.0", None), ("duedate", None, "2026-04-01")],
    ]
    shown = jira("GET", f"/issue/{key}?expand=changelog").json()["changelog"]["histories"]
    first = min(shown, key=lambda each: int(each["id"]))
    assert first["author"]["displayName"] == "CAB Lead"
    assert first["created"] == "2026-03-02T09:01:00.000+0000"
    item = first["items"][0]
    assert (item["fieldtype"], item["from"], item["to"]) == ("custom", "10100", "10102")


def test_an_edit_that_changes_nothing_leaves_no_history(jira):
    key = jira.create(labels=["a"])
    jira("PUT", f"/issue/{key}", {"fields": {"labels": ["a"], "summary": "A change"}})
    assert history(jira, key) == []


def test_estimates_and_people_are_told_in_the_history(data_center):
    key = data_center.create()
    body = {"timetracking": {"originalEstimate": "1h"}, "assignee": {"name": "operator"}}
    data_center("PUT", f"/issue/{key}", {"fields": body})
    assert history(data_center, key) == [
        [
            ("timeoriginalestimate", None, "3600"),
            ("timeestimate", None, "3600"),
            ("assignee", "CAB Lead", "Operator"),
        ]
    ]


def test_the_history_has_pages_on_cloud_and_is_expanded_newest_first(cloud, data_center):
    key = cloud.create()
    for number in range(5):
        cloud("PUT", f"/issue/{key}", {"fields": {"summary": f"Number {number}"}})
    page = cloud("GET", f"/issue/{key}/changelog?startAt=1&maxResults=2").json()
    assert [each["items"][0]["toString"] for each in page["values"]] == ["Number 1", "Number 2"]
    assert (page["total"], page["isLast"], page["startAt"]) == (5, False, 1)
    rest = cloud("GET", page["nextPage"]).json()
    assert rest["isLast"] and len(rest["values"]) == 2 and "nextPage" not in rest
    assert page["values"][0]["items"][0]["fieldId"] == "summary"
    expanded = cloud("GET", f"/issue/{key}?expand=changelog").json()["changelog"]["histories"]
    assert expanded[0]["items"][0]["toString"] == "Number 4"
    assert data_center("GET", f"/issue/{data_center.create()}/changelog").status_code == 404


def test_the_reason_of_a_change_comes_back_with_it(jira):
    key = jira.create()
    metadata = {"type": "penstock", "extraData": {"marker": "m-1"}}
    jira("PUT", f"/issue/{key}", {"fields": {"summary": "Another"}, "historyMetadata": metadata})
    [change] = jira("GET", f"/issue/{key}?expand=changelog").json()["changelog"]["histories"]
    assert change["historyMetadata"] == metadata


def test_the_type_changes_only_where_the_status_exists(jira):
    task = jira.create("Task")
    assert (
        jira("PUT", f"/issue/{task}", {"fields": {"issuetype": {"name": "Bug"}}}).status_code == 204
    )
    assert jira.fields(task)["issuetype"]["name"] == "Bug"
    change = jira.create("Change")
    jira.move(change, "Request approval")
    for wanted in ("Task", "Sub-task"):
        refused = jira("PUT", f"/issue/{change}", {"fields": {"issuetype": {"name": wanted}}})
        assert refused.json()["errors"] == {"issuetype": "The issue type selected is invalid."}
    assert history(jira, task) == [[("issuetype", "Task", "Bug")]]


def test_a_parent_can_be_changed(jira):
    one, two = jira.create("Task"), jira.create("Task")
    child = jira.create("Sub-task", parent={"key": one})
    assert jira("PUT", f"/issue/{child}", {"fields": {"parent": {"key": two}}}).status_code == 204
    assert jira.fields(child)["parent"]["key"] == two
    refused = jira("PUT", f"/issue/{child}", {"fields": {"parent": None}})
    assert "parent" in refused.json()["errors"]


def test_an_assignee_has_a_resource_of_its_own(cloud, data_center):
    key = data_center.create()
    assert data_center("PUT", f"/issue/{key}/assignee", {"name": "operator"}).status_code == 204
    assert data_center.fields(key)["assignee"]["name"] == "operator"
    assert data_center("PUT", f"/issue/{key}/assignee", {"name": None}).status_code == 204
    assert data_center.fields(key)["assignee"] is None
    account = cloud("GET", "/myself").json()["accountId"]
    other = cloud.create()
    cloud("PUT", f"/issue/{other}/assignee", {"accountId": account})
    assert cloud.fields(other)["assignee"]["accountId"] == account


def test_deleting_an_issue_with_sub_tasks_needs_saying_so(jira):
    task = jira.create("Task")
    child = jira.create("Sub-task", parent={"key": task})
    refused = jira("DELETE", f"/issue/{task}")
    assert refused.status_code == 400 and "has subtasks" in refused.json()["errorMessages"][0]
    assert jira("DELETE", f"/issue/{task}?deleteSubtasks=true").status_code == 204
    assert jira("GET", f"/issue/{child}").status_code == 404
    assert jira.create() == "REL-3"


def test_a_missing_issue_is_told_in_each_flavours_words(cloud, data_center):
    text = "Issue does not exist or you do not have permission to see it."
    for method, path in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/transitions")):
        missing = cloud(method, f"/issue/REL-99{path}", {} if method == "PUT" else None)
        assert missing.status_code == 404 and missing.json()["errorMessages"] == [text]
    missing = data_center("GET", "/issue/REL-99")
    assert missing.json()["errorMessages"] == ["Issue Does Not Exist"]


CHOICES = [
    ("summary,status", {"summary", "status"}),
    ("summary&fields=labels", {"summary", "labels"}),
    ("nonsense", set()),
    ("*all,-comment,-summary", None),
    ("-comment", None),
    ("*navigable", None),
]


@pytest.mark.parametrize(("asked", "expected"), CHOICES)
def test_fields_can_be_chosen(jira, asked, expected):
    key = jira.create()
    shown = set(jira("GET", f"/issue/{key}?fields={asked}").json()["fields"])
    if expected is not None:
        assert shown == expected
    else:
        assert "comment" not in shown and "labels" in shown
        assert ("summary" in shown) == ("-summary" not in asked)


def test_an_issue_can_be_expanded(jira):
    key = jira.create()
    expand = "names,schema,transitions,editmeta"
    shown = jira("GET", f"/issue/{key}?expand={expand}&fields=summary,{RISK}").json()
    assert shown["names"] == {"summary": "Summary", RISK: "Risk Level"}
    assert shown["schema"][RISK] == {
        "type": "option",
        "custom": "com.atlassian.jira.plugin.system.customfieldtypes:select",
        "customId": 10010,
    }
    assert shown["schema"]["summary"] == {"type": "string", "system": "summary"}
    assert [each["name"] for each in shown["transitions"]] == ["Request approval", "Cancel"]
    assert shown["editmeta"]["fields"][RISK]["operations"] == ["set"]
    all_properties = jira("GET", f"/issue/{key}?properties=*all").json()
    assert all_properties["properties"] == {}


def test_many_issues_are_fetched_at_once_on_cloud(cloud, data_center):
    keys = [cloud.create() for _ in range(3)]
    body = {
        "issueIdsOrKeys": [keys[2], keys[0], "10001", "REL-99"],
        "fields": ["summary"],
        "expand": ["names"],
    }
    answer = cloud("POST", "/issue/bulkfetch", body)
    shown = answer.json()
    assert answer.status_code == 200
    assert [each["key"] for each in shown["issues"]] == keys
    assert set(shown["issues"][0]["fields"]) == {"summary"} and "names" in shown["issues"][0]
    assert [each["id"] for each in shown["issueErrors"]] == ["REL-99"]
    for wrong in ([], [f"REL-{n}" for n in range(101)]):
        assert cloud("POST", "/issue/bulkfetch", {"issueIdsOrKeys": wrong}).status_code == 400
    assert data_center("POST", "/issue/bulkfetch", body).status_code in (404, 405)
