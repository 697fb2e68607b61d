"""Boards and sprints, at the address of Jira Software."""

import pytest

from penstock_jira.sandbox import JiraSandbox


@pytest.fixture
def agile(jira):
    """Return what asks for a path below the agile address."""

    def ask(path):
        return jira("GET", f"{jira.sandbox.url}/rest/agile/1.0{path}")

    return ask


def names(answer):
    return [each["name"] for each in answer.json()["values"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Releases", "Operations"]),
        ("?projectKeyOrId=REL", ["Releases"]),
        ("?projectKeyOrId=10001", ["Operations"]),
        ("?type=scrum", ["Releases"]),
        ("?name=oper", ["Operations"]),
        ("?startAt=1", ["Operations"]),
        ("?maxResults=1", ["Releases"]),
    ],
)
def test_boards_are_listed(agile, query, found):
    assert names(agile(f"/board{query}")) == found


def test_a_page_says_whether_it_is_the_last(agile):
    first = agile("/board?maxResults=1").json()
    assert (first["isLast"], first["total"]) == (False, 2)
    assert agile("/board?maxResults=1&startAt=1").json()["isLast"] is True


def test_only_cloud_says_where_a_board_is(agile, jira):
    cloud = jira.sandbox.site.flavour == "cloud"
    shown = agile("/board/1").json()
    assert (shown["id"], shown["type"], "location" in shown) == (1, "scrum", cloud)


@pytest.mark.parametrize(
    ("query", "found"),
    [("", ["Sprint 1", "Sprint 2"]), ("?state=future", ["Sprint 2"]), ("?state=closed", [])],
)
def test_the_sprints_of_a_board_are_listed(agile, query, found):
    assert names(agile(f"/board/1/sprint{query}")) == found


def test_a_sprint_is_shown(agile):
    shown = agile("/sprint/2").json()
    assert (shown["name"], shown["state"], shown["originBoardId"]) == ("Sprint 2", "future", 1)


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/board/9", 404, "cannot be viewed"),
        ("/board/9/sprint", 404, "cannot be viewed"),
        ("/board/2/sprint", 400, "does not support sprints"),
        ("/board/1/sprint?state=open", 400, "open is not a valid sprint state"),
        ("/sprint/9", 404, "Sprint does not exist"),
        ("/board?projectKeyOrId=NO", 404, "No project"),
    ],
)
def test_what_is_not_there_is_told(agile, path, status, words):
    answer = agile(path)
    assert answer.status_code == status
    assert words in answer.json()["errorMessages"][0]


def test_nobody_sees_a_board(jira):
    assert jira.as_(None)("GET", f"{jira.sandbox.url}/rest/agile/1.0/board").status_code == 401


def test_a_closed_sprint_is_offered_to_nobody(start, written):
    text = JiraSandbox.print_world().replace("state: active", "state: closed")
    client = start(world=written("world.yaml", text))
    page = client("GET", f"{client.sandbox.url}/browse/{client.create()}").text
    assert "Sprint 2" in page and "Sprint 1" not in page


def test_on_cloud_a_parent_is_taken_away_by_none(cloud):
    epic = cloud.create("Epic")
    key = cloud.create(parent={"key": epic})
    taken = {"update": {"parent": [{"set": {"none": True}}]}}
    assert cloud("PUT", f"/issue/{key}", taken).status_code == 204
    assert cloud.fields(key).get("parent") is None


def test_without_security_levels_there_is_no_such_field(start, written):
    text = JiraSandbox.print_world().replace("securityLevels: [Internal, Restricted]", "")
    client = start(world=written("world.yaml", text))
    told = client("GET", f"/issue/{client.create()}/editmeta").json()["fields"]
    assert "security" not in told
