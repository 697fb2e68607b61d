"""What each kind of field takes, shows and refuses."""

import pytest

RISK, REGIONS, PLANNED, WINDOW = (f"customfield_{n}" for n in range(10010, 10014))
POINTS, OWNER, REVIEWERS, LOCATION = (f"customfield_{n}" for n in range(10014, 10018))
NOTES, BUILD, GROUP, SPRINT = (f"customfield_{n}" for n in range(10018, 10022))
EPIC, FLAGGED, ENVIRONMENT = (f"customfield_{n}" for n in range(10022, 10025))
NO_OPTION = "Could not find valid 'id' or 'value' in the {} Option object."
TOO_LONG = "The entered text is too long. It exceeds the allowed limit of 32,767 characters."

#: Field, what is written, what is seen of what is shown.
GOOD = [
    (RISK, {"value": "High"}, ("value", "High")),
    (RISK, {"id": "10100"}, ("value", "Low")),
    (REGIONS, [{"value": "EU"}, {"value": "US"}, {"value": "EU"}], ("value", ["EU", "US"])),
    (FLAGGED, [{"value": "Impediment"}], ("value", ["Impediment"])),
    (PLANNED, "2026-03-04", (None, "2026-03-04")),
    (WINDOW, "2026-03-04T10:30:00.000+0100", (None, "2026-03-04T09:30:00.000+0000")),
    (WINDOW, "2026-03-04T10:30:00.5Z", (None, "2026-03-04T10:30:00.500+0000")),
    (POINTS, 3, (None, 3.0)),
    (POINTS, 2.5, (None, 2.5)),
    (LOCATION, {"value": "EU", "child": {"value": "Dublin"}}, ("value", "EU")),
    (LOCATION, {"value": "US"}, ("value", "US")),
    (NOTES, "h1. Notes", (None, "h1. Notes")),
    (BUILD, "https://ci.example.com/1", (None, "https://ci.example.com/1")),
    (GROUP, {"name": "release-managers"}, ("name", "release-managers")),
    (SPRINT, 2, ("name", ["Sprint 2"])),
    (SPRINT, "1", ("name", ["Sprint 1"])),
    (SPRINT, 1, ("state", ["active"])),
    ("security", {"name": "Restricted"}, ("name", "Restricted")),
    ("security", {"id": "10000"}, ("name", "Internal")),
    (ENVIRONMENT, "blue", (None, "blue")),
    ("environment", "prod", (None, "prod")),
    ("description", "x" * 32767, (None, "x" * 32767)),
    ("priority", {"name": "Highest"}, ("name", "Highest")),
    ("priority", {"id": "5"}, ("name", "Lowest")),
    ("components", [{"name": "Gateway"}], ("name", ["Gateway"])),
    ("fixVersions", [{"name": "1.0"}, {"name": "2.0"}], ("name", ["1.0", "2.0"])),
    ("versions", [{"name": "2.0"}], ("name", ["2.0"])),
    ("labels", ["zeta", "alpha", "zeta"], (None, ["alpha", "zeta"])),
    ("duedate", "2026-12-31", (None, "2026-12-31")),
]


@pytest.mark.parametrize(("field", "value", "seen"), GOOD)
def test_a_good_value_is_kept_and_shown(jira, field, value, seen):
    shown = jira.fields(jira.create(**{field: value}))[field]
    member, expected = seen
    if isinstance(shown, list) and member:
        assert [each[member] for each in shown] == expected
    else:
        assert (shown if member is None else shown[member]) == expected


#: Field, what is written, what Jira says.
BAD = [
    (RISK, "High", NO_OPTION.format("Parent")),
    (RISK, {"value": "high"}, "Option value 'high' is not valid"),
    (RISK, {"id": "1"}, "Option id '1' is not valid"),
    (RISK, {"id": True}, NO_OPTION.format("Parent")),
    (REGIONS, {"value": "EU"}, "data was not an array"),
    (REGIONS, [{"value": "MARS"}], "Option value 'MARS' is not valid"),
    (PLANNED, "04.03.2026", "Error parsing date string: 04.03.2026"),
    (PLANNED, "2026-02-30", "Error parsing date string: 2026-02-30"),
    (PLANNED, 20260304, "Error parsing date string: 20260304"),
    (WINDOW, "2026-03-04", "Error parsing time: 2026-03-04"),
    (WINDOW, "2026-03-04T10:00:00Z", "Error parsing time: 2026-03-04T10:00:00Z"),
    (WINDOW, "2026-13-04T10:00:00.000Z", "Error parsing time: 2026-13-04T10:00:00.000Z"),
    (POINTS, "3", "Operation value must be a number"),
    (POINTS, True, "Operation value must be a number"),
    (LOCATION, {"value": "MARS"}, "Option value 'MARS' is not valid"),
    (LOCATION, "EU", NO_OPTION.format("Parent")),
    (LOCATION, {"value": "EU", "child": {"value": "Austin"}}, "Option value 'Austin' is not valid"),
    (LOCATION, {"value": "EU", "child": "Dublin"}, NO_OPTION.format("Child")),
    (BUILD, "javascript:alert(1)", "Not a valid URL"),
    (BUILD, "http://[", "Not a valid URL"),
    (GROUP, {"name": "nobody"}, "Group 'nobody' does not exist."),
    (GROUP, "release-managers", "expected Object containing a `name` property"),
    (SPRINT, "Sprint 1", "Number value expected as the Sprint id."),
    (SPRINT, [1], "Number value expected as the Sprint id."),
    (SPRINT, 99, "Sprint with id 99 does not exist."),
    (EPIC, "REL-99", "Could not find issue by id or key."),
    ("description", "x" * 32768, TOO_LONG),
    ("description", {"type": "doc", "version": 1}, "Operation value must be a string"),
    ("priority", "High", "Could not find valid 'id' or 'name' in priority object."),
    ("priority", {"name": "Urgent"}, "Priority name 'Urgent' is not valid"),
    ("components", [{"name": "Nothing"}], "Component name 'Nothing' is not valid"),
    ("fixVersions", [{"id": "7"}], "Version id '7' is not valid"),
    ("labels", ["a b"], "The label 'a b' contains spaces which is invalid."),
    ("labels", [7], "Operation value must be a string"),
    ("labels", ["x" * 256], None),
    ("duedate", "tomorrow", "Error parsing date string: tomorrow"),
    ("timetracking", "2h", "Operation value must be an object with the estimates"),
    (
        "timetracking",
        {"originalEstimate": "soon"},
        "The original estimate specified is not valid.",
    ),
    ("reporter", None, "Reporter is required."),
]


@pytest.mark.parametrize(("field", "value", "text"), BAD)
def test_a_bad_value_is_refused_in_jiras_words(jira, new_issue, field, value, text):
    refused = jira("POST", "/issue", new_issue(**{field: value}))
    assert refused.status_code == 400
    errors = refused.json()["errors"]
    assert set(errors) == {field}
    assert text is None or errors[field] == text


CLEARED = [
    (RISK, {"value": "High"}, None),
    (REGIONS, [{"value": "EU"}], None),
    (PLANNED, "2026-03-04", None),
    (WINDOW, "2026-03-04T10:00:00.000Z", None),
    (POINTS, 3, None),
    (LOCATION, {"value": "EU"}, None),
    (NOTES, "x", None),
    (BUILD, "https://x.example", None),
    (GROUP, {"name": "release-managers"}, None),
    (SPRINT, 1, None),
    ("labels", ["x"], []),
    ("timetracking", {"originalEstimate": "1h"}, {}),
]


@pytest.mark.parametrize(("field", "value", "empty"), CLEARED)
def test_null_clears_a_field(jira, field, value, empty):
    key = jira.create(**{field: value})
    assert jira("PUT", f"/issue/{key}", {"fields": {field: None}}).status_code == 204
    assert jira.fields(key)[field] == empty


def test_a_user_is_an_account_on_cloud(cloud, new_issue):
    [lead] = cloud("GET", "/user/search?query=cab").json()
    named = {OWNER: {"accountId": lead["accountId"]}, REVIEWERS: [{"id": lead["accountId"]}]}
    fields = cloud.fields(cloud.create(assignee={"accountId": lead["accountId"]}, **named))
    assert fields["assignee"] == fields[OWNER] == fields[REVIEWERS][0] == lead
    assert "name" not in lead and lead["accountType"] == "atlassian"
    refused = cloud("POST", "/issue", new_issue(**{OWNER: {"name": "cab-lead"}}))
    assert refused.json()["errors"][OWNER] == "expected Object containing a `accountId` property"
    unknown = cloud("POST", "/issue", new_issue(assignee={"accountId": "nobody"}))
    assert unknown.json()["errors"]["assignee"] == "User 'nobody' does not exist."


def test_a_user_is_a_name_on_data_center(data_center, new_issue):
    named = {OWNER: {"name": "reviewer"}, REVIEWERS: [{"key": "JIRAUSER10101"}]}
    fields = data_center.fields(data_center.create(assignee={"name": ""}, **named))
    assert fields["assignee"] is None
    assert fields[OWNER]["name"] == "reviewer" and "accountId" not in fields[OWNER]
    assert fields[REVIEWERS][0]["name"] == "cab-lead"
    refused = data_center("POST", "/issue", new_issue(assignee={"accountId": "x"}))
    assert refused.json()["errors"]["assignee"] == "expected Object containing a `name` property"
    unknown = data_center("POST", "/issue", new_issue(**{OWNER: {"key": "nobody"}}))
    assert unknown.json()["errors"][OWNER] == "User 'nobody' does not exist."


def test_an_epic_link_names_an_epic(jira, new_issue):
    epic, task = jira.create("Epic"), jira.create("Task")
    assert jira.fields(jira.create(**{EPIC: epic}))[EPIC] == epic
    refused = jira("POST", "/issue", new_issue(**{EPIC: task}))
    assert refused.json()["errors"] == {EPIC: f"Issue '{task}' is not an Epic."}


def test_estimates_are_told_as_text_and_in_seconds(jira):
    key = jira.create(timetracking={"originalEstimate": "1w 1d 2h 30m"})
    shown = jira.fields(key)
    assert shown["timetracking"] == {
        "originalEstimate": "1w 1d 2h 30m",
        "remainingEstimate": "1w 1d 2h 30m",
        "originalEstimateSeconds": 181_800,
        "remainingEstimateSeconds": 181_800,
    }
    jira(
        "PUT",
        f"/issue/{key}",
        {"update": {"timetracking": [{"edit": {"remainingEstimate": "90"}}]}},
    )
    shown = jira.fields(key)
    assert shown["timetracking"]["originalEstimate"] == "1w 1d 2h 30m"
    assert shown["timeestimate"] == 5400 and shown["timespent"] is None


DOCUMENT = {
    "type": "doc",
    "version": 1,
    "content": [
        {"type": "heading", "attrs": {"level": 1}, "content": [{"type": "text", "text": "Plan"}]},
        {
            "type": "bulletList",
            "content": [
                {
                    "type": "listItem",
                    "content": [
                        {"type": "paragraph", "content": [{"type": "text", "text": "one"}]}
                    ],
                }
            ],
        },
        {
            "type": "paragraph",
            "content": [
                {"type": "text", "text": "a"},
                {"type": "hardBreak"},
                {"type": "mention", "attrs": {"id": "1", "text": "@cab"}},
                {"type": "emoji", "attrs": {"shortName": ":ok:"}},
            ],
        },
    ],
}


@pytest.mark.parametrize("field", ["description", "environment", NOTES])
def test_version_3_takes_documents_and_version_2_shows_their_text(cloud, field):
    three = cloud.at("3")
    key = three.create(**{field: DOCUMENT})
    assert three.fields(key)[field] == DOCUMENT
    assert cloud.fields(key)[field] == "Plan\n\n* one\na\n@cab:ok:"


def test_text_of_version_2_is_a_document_in_version_3(cloud):
    key = cloud.create(description="one\ntwo\n\nthree")
    shown = cloud.at("3").fields(key)["description"]
    assert shown["type"] == "doc" and len(shown["content"]) == 2
    assert shown["content"][0]["content"][1] == {"type": "hardBreak"}


NO_DOCUMENTS = [
    "text",
    {"type": "doc"},
    {"type": "doc", "version": 1, "content": "x"},
    {"type": "doc", "version": 1, "content": [{"text": "x"}]},
    {"type": "doc", "version": 1, "content": [{"type": "text", "text": ""}]},
    {"type": "paragraph", "version": 1},
]


@pytest.mark.parametrize("value", NO_DOCUMENTS)
def test_version_3_refuses_what_is_no_document(cloud, new_issue, value):
    refused = cloud.at("3")("POST", "/issue", new_issue(description=value))
    expected = "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
    assert refused.json()["errors"] == {"description": expected}


def test_a_document_that_is_too_deep_or_too_long_is_refused(cloud, new_issue):
    deep = {"type": "paragraph"}
    for _ in range(70):
        deep = {"type": "blockquote", "content": [deep]}
    long = {"type": "paragraph", "content": [{"type": "text", "text": "x" * 32768}]}
    for content in (deep, long):
        body = new_issue(description={"type": "doc", "version": 1, "content": [content]})
        assert cloud.at("3")("POST", "/issue", body).status_code == 400


def test_a_name_can_be_ambiguous(jira):
    key = jira.create(environment="the system's", **{ENVIRONMENT: "the custom one"})
    names = jira("GET", f"/issue/{key}?expand=names").json()["names"]
    assert [each for each, name in names.items() if name == "Environment"] == [
        "environment",
        ENVIRONMENT,
    ]
