"""Search, old and new, and the little JQL."""

import pytest

RISK = "customfield_10010"


@pytest.fixture
def found(data_center, clock):
    """Return what finds the keys of a query among six issues, sorted by key."""
    lead = {"name": "cab-lead"}
    one = data_center.create(summary="Deploy the gateway", labels=["a", "run-1"], assignee=lead)
    clock.advance(3600)
    data_center.create(
        summary="Rotate certificates",
        labels=["b"],
        description="with *care*",
        assignee={"name": "operator"},
        fixVersions=[{"name": "1.0"}],
        duedate="2026-03-10",
        **{RISK: {"value": "High"}, "customfield_10014": 5},
    )
    data_center.create("Bug", priority={"name": "High"}, components=[{"name": "Ledger"}])
    data_center.create("Task", "OPS")
    data_center.create("Sub-task", parent={"key": "REL-3"})
    done = data_center.create()
    data_center.move(one, "Request approval")
    data_center.move(done, "Request approval", "Approve", "Start deployment", "Complete")
    data_center("POST", f"/issue/{one}/comment", {"body": "all green"})

    def keys(jql):
        query = {"jql": jql, "fields": ["summary"], "maxResults": 100}
        answer = data_center("POST", "/search", query)
        assert answer.status_code == 200, answer.text
        return sorted(each["key"] for each in answer.json()["issues"])

    return keys


ALL = ["OPS-1", "REL-1", "REL-2", "REL-3", "REL-4", "REL-5"]

QUERIES = [
    ("", ALL),
    ("key in (REL-1, OPS-1)", ["OPS-1", "REL-1"]),
    ("issuekey = rel-2", ["REL-2"]),
    ("id = 10000", ["REL-1"]),
    ("key not in (REL-1, REL-2, REL-3, REL-4)", ["OPS-1", "REL-5"]),
    ("project = REL AND key > REL-3", ["REL-4", "REL-5"]),
    ("key <= REL-1", ["REL-1"]),
    ("project = OPS", ["OPS-1"]),
    ("project = Operations", ["OPS-1"]),
    ("project != REL", ["OPS-1"]),
    ('labels = "run-1"', ["REL-1"]),
    ("labels in (a, b)", ["REL-1", "REL-2"]),
    ("labels != a", ["REL-2"]),
    ("labels is EMPTY and project = OPS", ["OPS-1"]),
    ("labels is not null", ["REL-1", "REL-2"]),
    ("status = 'Pending Approval'", ["REL-1"]),
    ("status in (Done, 10001)", ["REL-1", "REL-5"]),
    ("status != 'To Do'", ["REL-1", "REL-5"]),
    ("statusCategory = Done", ["REL-5"]),
    ("statusCategory = 'In Progress'", ["REL-1"]),
    ("summary ~ gateway", ["REL-1"]),
    ("summary ~ 'gate*'", ["REL-1"]),
    ("summary ~ gate", []),
    ("summary !~ change and project = REL", ["REL-1", "REL-2"]),
    ("text ~ 'care'", ["REL-2"]),
    ("comment ~ green", ["REL-1"]),
    ("created >= -30m", ["OPS-1", "REL-2", "REL-3", "REL-4", "REL-5"]),
    ("created < '2026-03-02 09:30'", ["REL-1"]),
    ("created >= 2026/03/02", ALL),
    ("created > -1d and created <= now()", ALL),
    ("updated < -1w", []),
    ("duedate > 2026-03-09", ["REL-2"]),
    ("due is empty and issuetype = Bug", ["REL-3"]),
    ("resolution is EMPTY and labels is not empty", ["REL-1", "REL-2"]),
    ("resolution = Unresolved AND type = Task", ["OPS-1"]),
    ("resolution = Done", ["REL-5"]),
    ("resolution != Done", []),
    ("resolved >= -1h", ["REL-5"]),
    ("resolved is not empty", ["REL-5"]),
    ("priority = High", ["REL-3"]),
    ("component = Ledger", ["REL-3"]),
    ("fixVersion = 1.0", ["REL-2"]),
    ("assignee = operator and project = REL", ["REL-2"]),
    ("assignee in (currentUser(), operator)", ["OPS-1", "REL-2"]),
    ("reporter = currentUser() and type = Bug", ["REL-3"]),
    ("creator = release-bot and type = Bug", ["REL-3"]),
    ('"Risk Level" = High', ["REL-2"]),
    ("cf[10010] = high", ["REL-2"]),
    ('"Story Points" >= 5', ["REL-2"]),
    ('"Story Points" < 5', []),
    ('"Story Points" > x', []),
    ("parent = REL-3", ["REL-4"]),
    ("NOT project = REL", ["OPS-1"]),
    ("(labels = a OR labels = b) AND NOT key = REL-1", ["REL-2"]),
    ("labels = a OR project = REL AND type = Bug", ["REL-1", "REL-3"]),
    ('summary ~ "\\"gateway\\""', ["REL-1"]),
    ('summary ~ "\\u0067ate\\u0077ay"', ["REL-1"]),
    ('summary ~ "the\\ngateway"', ["REL-1"]),
]


@pytest.mark.parametrize(("jql", "keys"), QUERIES)
def test_a_query_finds_what_it_asks_for(found, jql, keys):
    assert found(jql) == keys


@pytest.mark.parametrize(
    ("order", "keys"),
    [
        ("", ["REL-2", "REL-1"]),
        ("ORDER BY key", ["REL-1", "REL-2"]),
        ("ORDER BY key DESC", ["REL-2", "REL-1"]),
        ("order by created asc", ["REL-1", "REL-2"]),
        ("ORDER BY summary, key", ["REL-1", "REL-2"]),
        ("ORDER BY priority desc, created DESC", ["REL-2", "REL-1"]),
    ],
)
def test_a_query_orders_what_it_finds(data_center, found, order, keys):
    query = {"jql": f"labels in (a, b) {order}"}
    shown = data_center("POST", "/search", query).json()["issues"]
    assert [each["key"] for each in shown] == keys


def test_keys_are_ordered_as_numbers(data_center):
    keys = [data_center.create() for _ in range(11)]
    shown = data_center("GET", "/search?jql=project=REL order by key").json()["issues"]
    assert [each["key"] for each in shown] == keys


WRONG = [
    ("nonsense = 1", "Field 'nonsense' does not exist or you do not have permission to view it."),
    ("cf[1] = 1", "Field 'cf[1]' does not exist or you do not have permission to view it."),
    ("project = REL order by x", "Field 'x' does not exist or you do not have permission to view"),
    ("project = NO", "The value 'NO' does not exist for the field 'project'."),
    ("status in (Done, Gone)", "The value 'Gone' does not exist for the field 'status'."),
    ("key = REL-99", "An issue with key 'REL-99' does not exist for field 'key'."),
    ("project", "Expecting operator before the end of the query. (line 1, character 8)"),
    ("project REL", "Expecting operator but got 'REL'. The valid operators are '=', '!=', '<'"),
    ("project =", "Expecting a value before the end of the query"),
    ("project = )", "Expecting a value but got ')'"),
    ("project in REL", "Expecting '(' but got 'REL'"),
    ("project in (REL", "Expecting ')' but got 'the end of the query'"),
    ("(project = REL", "Expecting ')'"),
    ("project = REL labels = a", "Expecting either 'OR' or 'AND' but got 'labels'"),
    ("project not REL", "Expecting 'IN' but got 'REL'"),
    ("labels is a", "The operator 'is' only takes EMPTY or NULL"),
    ("project = 'REL", "is not expected here"),
    ("summary ~ 'the\ngateway'", "is not expected here"),
    ("created > yesterday", "Date value 'yesterday' for field 'created' is invalid."),
    ("project = REL order key", "Expecting 'BY' but got 'key'"),
    ("(" * 50 + "project = REL" + ")" * 50, "it is nested too deeply"),
]


@pytest.mark.parametrize(("jql", "text"), WRONG)
def test_a_wrong_query_is_refused(data_center, cloud, jql, text):
    for answer in (
        data_center("POST", "/search", {"jql": jql}),
        cloud("POST", "/search/jql", {"jql": jql}),
    ):
        assert answer.status_code == 400
        assert text in answer.json()["errorMessages"][0]


def test_a_missing_key_is_a_warning_where_the_query_is_not_validated(data_center):
    data_center.create()
    for lenient in (False, "warn", "none"):
        body = {"jql": "key in (REL-1, REL-99)", "validateQuery": lenient, "fields": ["summary"]}
        answer = data_center("POST", "/search", body).json()
        assert [each["key"] for each in answer["issues"]] == ["REL-1"]
        assert len(answer["warningMessages"]) == 1
    assert data_center("GET", "/search?jql=key=REL-99&validateQuery=false").json()["total"] == 0


def test_the_old_search_is_gone_from_cloud(cloud):
    for api in ("2", "3"):
        for answer in (
            cloud.at(api)("GET", "/search?jql=project=REL"),
            cloud.at(api)("POST", "/search", {}),
        ):
            assert answer.status_code == 410 and "CHANGE-2046" in answer.text


def test_the_new_search_is_not_on_data_center(data_center):
    assert data_center("GET", "/search/jql?jql=project=REL").status_code == 404


def test_data_center_pages_by_number(data_center):
    for _ in range(5):
        data_center.create()
    query = "jql=project=REL order by key&startAt=2&maxResults=2&expand=names,schema"
    page = data_center("GET", f"/search?{query}&fields=summary,comment").json()
    assert [each["key"] for each in page["issues"]] == ["REL-3", "REL-4"]
    assert (page["startAt"], page["maxResults"], page["total"]) == (2, 2, 5)
    assert page["names"] == {"summary": "Summary", "comment": "Comment"}
    assert page["schema"]["summary"]["system"] == "summary"
    assert set(page["issues"][0]["fields"]) == {"summary", "comment"}
    everything = data_center("GET", "/search?jql=project=REL").json()["issues"][0]["fields"]
    assert "comment" not in everything and "labels" in everything
    assert data_center("GET", "/search?jql=project=REL&maxResults=x").status_code == 400


def test_cloud_gives_ids_alone_and_pages_by_token(cloud):
    keys = [cloud.create() for _ in range(5)]
    query = {"jql": "project = REL order by key", "maxResults": 2}
    first = cloud("POST", "/search/jql", query).json()
    assert first["issues"] == [{"id": "10000"}, {"id": "10001"}]
    assert first["isLast"] is False and "total" not in first
    seen = [*first["issues"]]
    page = first
    while "nextPageToken" in page:
        page = cloud(
            "POST", "/search/jql", {**query, "nextPageToken": page["nextPageToken"]}
        ).json()
        seen += page["issues"]
    assert page["isLast"] and len(seen) == len(keys)
    wrong = {**query, "nextPageToken": "nonsense"}
    assert cloud("POST", "/search/jql", wrong).status_code == 400


def test_cloud_shows_the_fields_that_are_asked_for(cloud):
    key = cloud.create()
    query = f"jql=key={key}&fields=summary&expand=names,changelog&properties=run"
    page = cloud("GET", f"/search/jql?{query}").json()
    [issue] = page["issues"]
    assert issue["key"] == key and set(issue["fields"]) == {"summary"}
    assert issue["properties"] == {} and "changelog" in issue
    assert page["names"] == {"summary": "Summary"}
    expanded = cloud("GET", f"/search/jql?jql=key={key}&expand=changelog").json()["issues"][0]
    assert "changelog" in expanded and "fields" not in expanded


@pytest.mark.parametrize("jql", ["", "order by key"])
def test_cloud_refuses_to_search_everything(cloud, jql):
    refused = cloud("GET", f"/search/jql?jql={jql}")
    assert refused.status_code == 400 and "Unbounded JQL" in refused.text


def test_an_index_lags_and_is_reconciled(cloud, clock):
    body = {"fault": {"kind": "index_lag", "seconds": 60}}
    assert cloud.sandbox_call("POST", "/faults", body).status_code == 201
    cloud.create(labels=["run-1"])
    query = {"jql": "labels = run-1"}
    assert cloud("POST", "/search/jql", query).json()["issues"] == []
    reconciled = cloud("POST", "/search/jql", {**query, "reconcileIssues": [10000]}).json()
    assert reconciled["issues"] == [{"id": "10000"}]
    assert cloud("GET", "/issue/REL-1").status_code == 200
    clock.advance(60)
    assert len(cloud("POST", "/search/jql", query).json()["issues"]) == 1
    [fault] = cloud.sandbox_call("GET", "/faults").json()
    assert fault["fired"] == 3
    many = {**query, "reconcileIssues": list(range(51))}
    assert cloud("POST", "/search/jql", many).status_code == 400
