"""Moving issues: which ways there are, what their screens ask for, what is refused."""

import pytest

RISK = "customfield_10010"
SCREEN = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."


def test_transitions_are_listed_with_their_targets(jira):
    key = jira.create()
    listed = jira("GET", f"/issue/{key}/transitions").json()
    assert [(way["name"], way["to"]["name"]) for way in listed["transitions"]] == [
        ("Request approval", "Pending Approval"),
        ("Cancel", "Cancelled"),
    ]
    assert all("fields" not in way for way in listed["transitions"])


def test_cloud_says_more_of_a_transition(cloud):
    key = cloud.create("Task")
    [first, _] = cloud("GET", f"/issue/{key}/transitions").json()["transitions"]
    assert first["isGlobal"] and first["isAvailable"] and not first["hasScreen"]


def test_one_transition_can_be_asked_for_with_its_fields(jira):
    key = jira.create()
    jira.move(key, "Request approval", "Approve", "Start deployment")
    address = f"/issue/{key}/transitions?expand=transitions.fields&transitionId=51"
    [way] = jira("GET", address).json()["transitions"]
    assert way["name"] == "Complete" and set(way["fields"]) == {"resolution"}
    asked = way["fields"]["resolution"]
    assert asked["required"] and asked["operations"] == ["set"]
    assert [each["name"] for each in asked["allowedValues"]] == [
        "Done",
        "Won't Do",
        "Duplicate",
        "Cannot Reproduce",
    ]


def test_a_whole_change_leaves_its_history(jira, clock):
    key = jira.create()
    jira.move(key, "Request approval")
    clock.advance(60)
    jira.as_("cab-lead").move(key, "Approve")
    jira.move(key, "Start deployment", "Complete")
    fields = jira.fields(key)
    assert fields["status"]["name"] == "Done"
    assert fields["resolution"]["name"] == "Done"
    assert fields["resolutiondate"] == "2026-03-02T09:01:00.000+0000"
    shown = jira("GET", f"/issue/{key}?expand=changelog").json()["changelog"]["histories"]
    changes = sorted(shown, key=lambda each: int(each["id"]))
    status = [item for change in changes for item in change["items"] if item["field"] == "status"]
    assert [item["toString"] for item in status] == [
        "Pending Approval",
        "Approved",
        "Deploying",
        "Done",
    ]
    assert changes[1]["author"]["displayName"] == "CAB Lead"
    assert status[0]["fieldtype"] == "jira" and status[0]["from"] == "10000"
    assert {item["field"] for item in changes[3]["items"]} == {"resolution", "status"}


WRONG = [
    ({}, "Missing 'transition' identifier"),
    ({"transition": {"name": "Cancel"}}, "Missing 'transition' identifier"),
    ({"transition": {"id": None}}, "Missing 'transition' identifier"),
    ({"transition": {"id": "first"}}, "'transition' identifier must be an integer"),
    ({"transition": {"id": "51"}}, "Transition id '51' is not valid for this issue."),
    ({"transition": {"id": 999}}, "Transition id '999' is not valid for this issue."),
]


@pytest.mark.parametrize(("body", "text"), WRONG)
def test_a_wrong_transition_is_refused(jira, body, text):
    key = jira.create()
    refused = jira("POST", f"/issue/{key}/transitions", body)
    assert (refused.status_code, refused.json()["errorMessages"]) == (400, [text])
    assert jira.fields(key)["status"]["name"] == "To Do"


def test_a_required_field_of_the_screen_must_be_given(jira):
    key = jira.create()
    jira.move(key, "Request approval", "Approve", "Start deployment")
    body = {"transition": {"id": "51"}}
    refused = jira("POST", f"/issue/{key}/transitions", body)
    assert refused.status_code == 400
    assert refused.json() == {
        "errorMessages": [],
        "errors": {"resolution": "Resolution is required."},
    }
    wrong = {**body, "fields": {"resolution": {"name": "Donne"}}}
    told = jira("POST", f"/issue/{key}/transitions", wrong).json()["errors"]
    assert told == {"resolution": "Resolution name 'Donne' is not valid"}
    assert jira.fields(key)["status"]["name"] == "Deploying"
    right = {**body, "update": {"resolution": [{"set": {"id": "10001"}}]}}
    assert jira("POST", f"/issue/{key}/transitions", right).status_code == 204
    assert jira.fields(key)["resolution"]["name"] == "Won't Do"


@pytest.mark.parametrize("field", [RISK, "summary", "resolution", "nonsense"])
def test_only_fields_of_the_screen_are_taken(jira, field):
    key = jira.create()
    body = {"transition": {"id": 11}, "fields": {field: "x"}}
    refused = jira("POST", f"/issue/{key}/transitions", body)
    assert refused.json()["errors"] == {field: SCREEN.format(field)}
    assert jira.fields(key)["status"]["name"] == "To Do"


def test_a_comment_may_go_with_a_transition(jira):
    key = jira.create()
    update = {"comment": [{"add": {"body": "Please look at it"}}]}
    body = {"transition": {"id": "11"}, "update": update}
    assert jira("POST", f"/issue/{key}/transitions", body).status_code == 204
    fields = jira.fields(key)
    assert fields["status"]["name"] == "Pending Approval"
    assert fields["comment"]["comments"][0]["body"] == "Please look at it"


def test_a_wrong_comment_keeps_the_issue_where_it_is(jira):
    key = jira.create()
    body = {"transition": {"id": "11"}, "update": {"comment": [{"add": {"body": ""}}]}}
    refused = jira("POST", f"/issue/{key}/transitions", body)
    assert refused.json()["errors"] == {"comment": "Comment body can not be empty!"}
    assert jira.fields(key)["status"]["name"] == "To Do"


def test_reopening_takes_the_resolution_away(start, written):
    from penstock_jira.sandbox import JiraSandbox

    cancel = "- {name: Cancel, from: open, to: Cancelled}"
    reopen = "- {name: Reopen, from: Done, to: To Do}"
    text = JiraSandbox.print_world().replace(cancel, f"{cancel}\n      {reopen}")
    client = start(world=written("world.yaml", text))
    key = client.create()
    client.move(key, "Request approval", "Approve", "Start deployment", "Complete", "Reopen")
    fields = client.fields(key)
    assert fields["resolution"] is None and fields["resolutiondate"] is None


def test_the_status_category_keeps_the_instant_of_its_change(cloud, clock):
    key = cloud.create()
    clock.advance(60)
    cloud.move(key, "Request approval")
    clock.advance(60)
    cloud.move(key, "Approve")
    assert cloud.fields(key)["statuscategorychangedate"] == "2026-03-02T09:01:00.000+0000"
