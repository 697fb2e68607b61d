"""Comments, worklogs, watchers, links, remote links, attachments and properties."""

import pytest

DOCUMENT = {
    "type": "doc",
    "version": 1,
    "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Hello"}]}],
}


def test_a_comment_is_written_read_changed_and_taken_away(jira, clock):
    key = jira.create()
    made = jira("POST", f"/issue/{key}/comment", {"body": "Hello"})
    assert made.status_code == 201
    comment = made.json()
    assert comment["author"]["displayName"] == "Release Bot" and comment["body"] == "Hello"
    address = f"/issue/{key}/comment/{comment['id']}"
    assert jira("GET", address).json() == comment
    clock.advance(5)
    changed = jira.as_("cab-lead")("PUT", address, {"body": "Hello again"}).json()
    assert changed["updateAuthor"]["displayName"] == "CAB Lead"
    assert changed["created"] < changed["updated"]
    assert jira("DELETE", address).status_code == 204
    missing = jira("GET", address)
    assert missing.status_code == 404
    assert missing.json()["errorMessages"] == [
        f"Can not find a comment for the id: {comment['id']}."
    ]


def test_comments_have_pages_and_an_order(jira):
    key = jira.create()
    for number in range(4):
        jira("POST", f"/issue/{key}/comment", {"body": f"Number {number}"})
    page = jira("GET", f"/issue/{key}/comment?startAt=1&maxResults=2").json()
    assert [each["body"] for each in page["comments"]] == ["Number 1", "Number 2"]
    assert (page["startAt"], page["maxResults"], page["total"]) == (1, 2, 4)
    backwards = jira("GET", f"/issue/{key}/comment?orderBy=-created").json()["comments"]
    assert backwards[0]["body"] == "Number 3"
    assert jira("GET", f"/issue/{key}/comment?startAt=x").status_code == 400


@pytest.mark.parametrize(
    ("api", "body", "told"),
    [
        ("2", "", "Comment body can not be empty!"),
        ("2", None, "Comment body can not be empty!"),
        ("2", "  \n", "Comment body can not be empty!"),
        ("2", "x" * 32768, "The entered text is too long. It exceeds the allowed limit of"),
        ("2", DOCUMENT, "Can not deserialize instance of java.lang.String"),
        ("3", "Hello", "Comment body is not valid!"),
        ("3", {"type": "doc", "version": 1, "content": []}, "Comment body can not be empty!"),
    ],
)
def test_a_wrong_comment_is_refused(cloud, api, body, told):
    key = cloud.create()
    refused = cloud.at(api)("POST", f"/issue/{key}/comment", {"body": body})
    assert refused.status_code == 400 and told in refused.text
    assert cloud.fields(key)["comment"]["total"] == 0


def test_version_3_writes_documents_and_version_2_reads_text(cloud):
    key = cloud.create()
    made = cloud.at("3")("POST", f"/issue/{key}/comment", {"body": DOCUMENT}).json()
    assert made["body"] == DOCUMENT
    assert cloud("GET", f"/issue/{key}/comment/{made['id']}").json()["body"] == "Hello"


def test_a_comment_may_be_for_a_group(jira):
    key = jira.create()
    visibility = {"type": "group", "value": "release-managers"}
    body = {"body": "Between us", "visibility": visibility}
    assert jira("POST", f"/issue/{key}/comment", body).json()["errors"] == {
        "commentLevel": "You are currently not a member of the group: release-managers."
    }
    made = jira.as_("reviewer")("POST", f"/issue/{key}/comment", body).json()
    assert made["visibility"] == visibility
    assert jira("GET", f"/issue/{key}/comment/{made['id']}").status_code == 404
    assert jira.as_("cab-lead").fields(key)["comment"]["total"] == 1
    assert jira.fields(key)["comment"]["total"] == 0


@pytest.mark.parametrize(
    "visibility",
    [{"type": "group", "value": "nobody"}, {"type": "crowd", "value": "x"}, {"type": "role"}],
)
def test_a_wrong_visibility_is_refused(jira, visibility):
    body = {"body": "Hello", "visibility": visibility}
    refused = jira("POST", f"/issue/{jira.create()}/comment", body)
    assert set(refused.json()["errors"]) == {"commentLevel"}


def test_a_role_may_be_named(jira):
    body = {"body": "Hello", "visibility": {"type": "role", "value": "Administrators"}}
    key = jira.create()
    assert jira("POST", f"/issue/{key}/comment", body).status_code == 201
    assert jira.fields(key)["comment"]["total"] == 1


def test_a_comment_has_properties(jira):
    key = jira.create()
    body = {"body": "Hello", "properties": [{"key": "marker", "value": "m-1"}]}
    made = jira("POST", f"/issue/{key}/comment?expand=properties", body).json()
    assert made["properties"] == [{"key": "marker", "value": "m-1"}]
    address = f"/comment/{made['id']}/properties"
    assert jira("GET", f"{address}/marker").json() == {"key": "marker", "value": "m-1"}
    assert jira("PUT", f"{address}/other", [1]).status_code == 201
    assert {each["key"] for each in jira("GET", address).json()["keys"]} == {"marker", "other"}
    plain = jira("GET", f"/issue/{key}/comment/{made['id']}").json()
    assert "properties" not in plain
    assert jira("GET", "/comment/1/properties").status_code == 404


def test_comments_can_be_written_changed_and_removed_by_an_edit(jira):
    key = jira.create()

    def update(*operations):
        return jira("PUT", f"/issue/{key}", {"update": {"comment": list(operations)}})

    assert update({"add": {"body": "One"}}, {"add": {"body": "Two"}}).status_code == 204
    one, two = jira.fields(key)["comment"]["comments"]
    assert update({"edit": {"id": one["id"], "body": "First"}}).status_code == 204
    assert update({"remove": {"id": two["id"]}}).status_code == 204
    assert [each["body"] for each in jira.fields(key)["comment"]["comments"]] == ["First"]
    assert update({"remove": {"id": "1"}}).status_code == 404
    assert update({"remove": {}}).status_code == 400


def test_a_property_is_put_shown_listed_and_deleted(jira):
    key = jira.create()
    address = f"/issue/{key}/properties"
    assert jira("PUT", f"{address}/run", {"id": 1}).status_code == 201
    assert jira("PUT", f"{address}/run", {"id": 2}).status_code == 200
    assert jira("GET", f"{address}/run").json() == {"key": "run", "value": {"id": 2}}
    [listed] = jira("GET", address).json()["keys"]
    assert listed["key"] == "run" and listed["self"].endswith("/properties/run")
    assert jira("DELETE", f"{address}/run").status_code == 204
    assert jira("GET", f"{address}/run").status_code == 404
    assert jira("DELETE", f"{address}/run").status_code == 404


@pytest.mark.parametrize(
    ("key", "content"), [("run", b"{"), ("run", b'"' + b"x" * 32768 + b'"'), ("k" * 256, b"1")]
)
def test_a_wrong_property_is_refused(jira, key, content):
    address = f"/issue/{jira.create()}/properties/{key}"
    assert jira("PUT", address, data=content).status_code == 400


def test_time_is_booked_and_taken_off_the_estimate(jira):
    key = jira.create(timetracking={"originalEstimate": "2h"})
    body = {"timeSpent": "30m", "comment": "Hello", "started": "2026-03-01T08:00:00.000+0000"}
    if jira.api == "3":
        body["comment"] = DOCUMENT
    made = jira("POST", f"/issue/{key}/worklog", body)
    assert made.status_code == 201
    assert made.json()["timeSpentSeconds"] == 1800 and made.json()["started"] == body["started"]
    jira("POST", f"/issue/{key}/worklog", {"timeSpentSeconds": 60})
    assert jira("GET", f"/issue/{key}/worklog").json()["total"] == 2
    fields = jira.fields(key)
    assert (fields["timespent"], fields["timeestimate"]) == (1860, 7200 - 1860)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "timeLogged"),
        ({"timeSpent": "soon"}, "timeLogged"),
        ({"timeSpentSeconds": 0}, "timeLogged"),
        ({"timeSpentSeconds": True}, "timeLogged"),
        ({"timeSpent": "1h", "started": "2026-03-01"}, "started"),
    ],
)
def test_a_wrong_worklog_is_refused(jira, body, field):
    refused = jira("POST", f"/issue/{jira.create()}/worklog", body)
    assert set(refused.json()["errors"]) == {field}


def test_a_worklog_of_version_3_wants_a_document(cloud):
    three, body = cloud.at("3"), {"timeSpent": "1h", "comment": "text"}
    key = cloud.create()
    assert three("POST", f"/issue/{key}/worklog", body).status_code == 400
    made = three("POST", f"/issue/{key}/worklog", {**body, "comment": DOCUMENT}).json()
    assert made["comment"] == DOCUMENT


def test_people_watch_and_stop_watching(cloud, data_center):
    for client, parameter, identity in (
        (cloud, "accountId", None),
        (data_center, "username", "operator"),
    ):
        who = identity or client("GET", "/user/search?query=operator").json()[0]["accountId"]
        key = client.create()
        address = f"/issue/{key}/watchers"
        assert client("POST", address).status_code == 204
        assert client("POST", address, who).status_code == 204
        assert client("POST", address, who).status_code == 204
        shown = client("GET", address).json()
        assert shown["watchCount"] == 2 and shown["isWatching"]
        assert client("DELETE", f"{address}?{parameter}={who}").status_code == 204
        assert client.fields(key)["watches"]["watchCount"] == 1
        assert client("POST", address, "nobody").status_code == 404


def test_issues_are_linked_once_and_shown_from_both_sides(jira):
    one, two = jira.create(), jira.create()
    body = {
        "type": {"name": "Blocks"},
        "inwardIssue": {"key": one},
        "outwardIssue": {"key": two},
        "comment": {"body": "Because"},
    }
    made = jira("POST", "/issueLink", body)
    assert (made.status_code, made.content) == (201, b"")
    assert jira("POST", "/issueLink", body).headers["Location"] == made.headers["Location"]
    [from_one] = jira.fields(one)["issuelinks"]
    [from_two] = jira.fields(two)["issuelinks"]
    assert from_one["outwardIssue"]["key"] == two and "inwardIssue" not in from_one
    assert from_two["inwardIssue"]["key"] == one
    assert from_one["type"]["outward"] == "blocks"
    address = f"/issueLink/{from_one['id']}"
    whole = jira("GET", address).json()
    assert whole["inwardIssue"]["key"] == one and whole["outwardIssue"]["key"] == two
    assert jira("DELETE", address).status_code == 204
    assert jira("GET", address).status_code == 404 and jira.fields(two)["issuelinks"] == []
    assert len(jira("GET", "/issueLinkType").json()["issueLinkTypes"]) == 4


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"type": {"name": "Likes"}}, 404),
        ({"type": {"name": "Blocks"}, "inwardIssue": {"key": "REL-99"}}, 404),
        ({"type": {"name": "Blocks"}}, 400),
    ],
)
def test_a_wrong_link_is_refused(jira, body, status):
    assert jira("POST", "/issueLink", body).status_code == status
    key = jira.create()
    edited = {"update": {"issuelinks": [{"add": body}]}}
    assert jira("PUT", f"/issue/{key}", edited).status_code == status


def test_a_remote_link_with_a_global_id_is_made_once(jira):
    key = jira.create()
    address = f"/issue/{key}/remotelink"
    target = {"title": "Run 7", "url": "https://ci.example.com/7"}
    body = {"globalId": "run=7", "application": {"name": "Penstock"}, "object": target}
    made = jira("POST", address, body)
    assert made.status_code == 201
    again = jira("POST", address, {"globalId": "run=7", "object": {**target, "title": "Run 7!"}})
    assert (again.status_code, again.json()["id"]) == (200, made.json()["id"])
    shown = jira("GET", f"{address}?globalId=run%3D7").json()
    assert shown["object"]["title"] == "Run 7!" and "application" not in shown
    jira("POST", address, {"object": target})
    assert jira("POST", address, {"object": target}).status_code == 201
    assert len(jira("GET", address).json()) == 3
    one = f"{address}/{made.json()['id']}"
    assert jira("PUT", one, {"object": target}).status_code == 204
    assert jira("GET", one).json()["object"] == target
    assert jira("DELETE", one).status_code == 204
    assert jira("GET", one).status_code == 404
    assert jira("GET", f"{address}?globalId=run%3D7").status_code == 404


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"title", "url"}),
        ({"object": {"title": "x"}}, {"url"}),
        ({"globalId": "x" * 256, "object": {"title": "x", "url": "y"}}, {"globalId"}),
    ],
)
def test_a_wrong_remote_link_is_refused(jira, body, fields):
    refused = jira("POST", f"/issue/{jira.create()}/remotelink", body)
    assert set(refused.json()["errors"]) == fields


def test_a_file_is_attached_and_comes_back(jira):
    key = jira.create()
    address = f"/issue/{key}/attachments"
    files = {"file": ("plan.html", b"<script>alert(1)</script>", "text/html")}
    refused = jira("POST", address, files=files)
    assert (refused.status_code, refused.text) == (403, "XSRF check failed")
    token = {"X-Atlassian-Token": "no-check"}
    [made] = jira("POST", address, files=files, headers=token).json()
    assert (made["filename"], made["size"], made["mimeType"]) == ("plan.html", 25, "text/html")
    content = jira("GET", made["content"])
    assert content.content == b"<script>alert(1)</script>"
    assert content.headers["Content-Disposition"] == "attachment"
    assert content.headers["Content-Type"] == "application/octet-stream"
    assert jira("GET", f"/attachment/{made['id']}").json() == made
    assert jira.fields(key)["attachment"] == [made]
    assert jira("POST", address, files={"other": b"x"}, headers=token).status_code == 400
    assert jira("GET", "/attachment/1").status_code == 404
