"""Creating issues: what is needed, what is refused and in which words."""

import pytest

SCREEN = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."


def test_an_issue_is_created_with_an_id_a_key_and_its_address(jira, new_issue):
    made = jira("POST", "/issue", new_issue())
    assert made.status_code == 201
    assert made.json() == {"id": "10000", "key": "REL-1", "self": f"{jira.root}/issue/10000"}
    assert jira("GET", "/issue/10000").json()["key"] == "REL-1"
    assert jira("GET", "/issue/rel-1").json()["id"] == "10000"


def test_numbers_start_at_one_in_each_project(jira):
    assert [jira.create(project=key) for key in ("REL", "OPS", "REL")] == [
        "REL-1",
        "OPS-1",
        "REL-2",
    ]


def test_a_new_issue_has_its_first_status_and_its_defaults(jira):
    fields = jira.fields(jira.create())
    assert fields["status"]["name"] == "To Do"
    assert fields["status"]["statusCategory"]["key"] == "new"
    assert fields["priority"]["name"] == "Medium"
    assert fields["reporter"]["displayName"] == fields["creator"]["displayName"] == "Release Bot"
    assert (
        fields["resolution"] is None and fields["labels"] == [] and fields["comment"]["total"] == 0
    )
    assert fields["created"] == fields["updated"] == "2026-03-02T09:00:00.000+0000"


def test_nobody_is_assigned_on_cloud_and_the_lead_on_data_center(cloud, data_center):
    assert cloud.fields(cloud.create())["assignee"] is None
    assert data_center.fields(data_center.create())["assignee"]["name"] == "cab-lead"


def test_automatic_assignment_asks_the_project(cloud, data_center):
    on_cloud = cloud.create(assignee={"accountId": "-1"})
    assert cloud.fields(on_cloud)["assignee"] is None
    there = data_center.create(project="OPS", assignee={"name": "-1"})
    assert data_center.fields(there)["assignee"]["name"] == "operator"


WRONG_PLACES = [
    ("cloud", {"project": None}, {"project": "Specify a valid project ID or key"}),
    ("cloud", {"project": {"key": "NO"}}, {"project": "Specify a valid project ID or key"}),
    ("cloud", {"issuetype": {"name": "Chang"}}, {"issuetype": "Specify a valid issue type"}),
    ("cloud", {"issuetype": None}, {"issuetype": "Specify a valid issue type"}),
    ("data-center", {"project": None}, {"project": "project is required"}),
    ("data-center", {"project": {"id": "1"}}, {"project": "valid project is required"}),
    ("data-center", {"issuetype": {"id": "1"}}, {"issuetype": "valid issue type is required"}),
]


@pytest.mark.parametrize(("flavour", "fields", "errors"), WRONG_PLACES)
def test_a_wrong_project_or_type_is_refused(start, new_issue, flavour, fields, errors):
    refused = start(flavour)("POST", "/issue", new_issue(**fields))
    assert refused.status_code == 400
    assert refused.json() == {"errorMessages": [], "errors": errors}


def test_project_and_type_may_be_given_by_number(jira, new_issue):
    body = new_issue(project={"id": 10001}, issuetype={"id": 10001})
    assert jira("POST", "/issue", body).json()["key"] == "OPS-1"


SUMMARIES = [
    ("", "You must specify a summary of the issue."),
    ("   ", "You must specify a summary of the issue."),
    (None, "You must specify a summary of the issue."),
    ("x" * 256, "Summary must be less than 255 characters."),
    ("\U0001f600" * 128, "Summary must be less than 255 characters."),
    ("two\nlines", "The summary is invalid because it contains newline characters."),
    (7, "Operation value must be a string"),
]


@pytest.mark.parametrize(("summary", "text"), SUMMARIES)
def test_a_wrong_summary_is_refused(jira, new_issue, summary, text):
    refused = jira("POST", "/issue", new_issue(summary=summary))
    assert refused.status_code == 400
    assert refused.json()["errors"] == {"summary": text}


@pytest.mark.parametrize("summary", ["x" * 255, "\U0001f600" * 127, " padded "])
def test_a_long_summary_is_kept_as_it_is(jira, summary):
    assert jira.fields(jira.create(summary=summary))["summary"] == summary


def test_a_missing_summary_is_told_with_everything_else(jira, new_issue):
    body = new_issue(nonsense=1, resolution={"name": "Done"}, labels="x")
    del body["fields"]["summary"]
    refused = jira("POST", "/issue", body).json()["errors"]
    assert refused == {
        "summary": "You must specify a summary of the issue.",
        "nonsense": SCREEN.format("nonsense"),
        "resolution": SCREEN.format("resolution"),
        "labels": "data was not an array",
    }


def test_nothing_is_created_by_a_refused_request(jira, new_issue):
    jira("POST", "/issue", new_issue(labels=["a b"]))
    assert jira.create() == "REL-1"


def test_status_and_comment_cannot_be_set_as_fields(jira, new_issue):
    refused = jira("POST", "/issue", new_issue(status={"name": "Done"}, comment="x"))
    assert set(refused.json()["errors"]) == {"status", "comment"}


def test_a_sub_task_needs_a_parent_of_the_right_sort(jira, new_issue):
    task, epic, other = jira.create("Task"), jira.create("Epic"), jira.create("Task", "OPS")
    for parent, text in (
        (None, "Issue type is a sub-task but parent issue key or id not specified."),
        ({"key": "REL-99"}, "Could not find issue by id or key."),
        ({"key": epic}, "Given parent issue does not belong to appropriate hierarchy."),
        ({"key": other}, "Sub-tasks must be created in the same project as the parent."),
    ):
        fields = {} if parent is None else {"parent": parent}
        refused = jira("POST", "/issue", new_issue("Sub-task", **fields))
        assert refused.json()["errors"] == {"parent": text}
    child = jira.create("Sub-task", parent={"key": task})
    assert jira.fields(child)["parent"]["key"] == task
    assert [each["key"] for each in jira.fields(task)["subtasks"]] == [child]


def test_an_epic_is_a_parent_on_cloud_only(cloud, data_center, new_issue):
    epic = cloud.create("Epic")
    assert cloud.fields(cloud.create("Task", parent={"key": epic}))["parent"]["key"] == epic
    elsewhere = data_center.create("Epic")
    refused = data_center("POST", "/issue", new_issue("Task", parent={"key": elsewhere}))
    assert refused.json()["errors"] == {"parent": SCREEN.format("parent")}


def test_properties_are_written_with_the_issue(jira, new_issue):
    body = {**new_issue(), "properties": [{"key": "penstock.run", "value": {"id": 7}}]}
    key = jira("POST", "/issue", body).json()["key"]
    shown = jira("GET", f"/issue/{key}?properties=penstock.run,other").json()
    assert shown["properties"] == {"penstock.run": {"id": 7}}
    assert "properties" not in jira("GET", f"/issue/{key}").json()


@pytest.mark.parametrize(
    "properties", [[{"key": "x"}], [{"value": 1}], [{"key": "x", "value": "y" * 32768}]]
)
def test_a_wrong_property_refuses_the_create(jira, new_issue, properties):
    refused = jira("POST", "/issue", {**new_issue(), "properties": properties})
    assert refused.status_code == 400
    assert jira.create() == "REL-1"


def test_links_and_worklogs_may_come_with_the_issue(jira, new_issue):
    other = jira.create()
    update = {
        "issuelinks": [{"add": {"type": {"name": "Blocks"}, "outwardIssue": {"key": other}}}],
        "worklog": [{"add": {"timeSpent": "30m"}}],
    }
    key = jira("POST", "/issue", {**new_issue(), "update": update}).json()["key"]
    fields = jira.fields(key)
    assert fields["issuelinks"][0]["outwardIssue"]["key"] == other
    assert fields["worklog"]["worklogs"][0]["timeSpentSeconds"] == 1800


def test_a_body_that_is_no_json_is_refused(jira):
    wrong = {"data": b"{", "headers": {"Content-Type": "application/json"}}
    assert jira("POST", "/issue", **wrong).status_code == 400
    assert jira("POST", "/issue", data=b"x=1").status_code == 415
    assert jira("POST", "/issue", []).status_code == 400
    assert jira("POST", "/issue", {"fields": 3}).status_code == 400
    nan = {"data": b'{"fields": NaN}', "headers": {"Content-Type": "application/json"}}
    assert jira("POST", "/issue", **nan).status_code == 400
    deep = {"data": b"[" * 200_000, "headers": {"Content-Type": "application/json"}}
    assert jira("POST", "/issue", **deep).status_code == 400


def test_a_field_cannot_be_in_fields_and_update(jira, new_issue):
    body = {**new_issue(), "update": {"summary": [{"set": "other"}]}}
    refused = jira("POST", "/issue", body)
    expected = "Field 'summary' cannot appear in both 'fields' and 'update'"
    assert refused.json()["errors"] == {"summary": expected}
