"""What a site says of itself, and what a client is told before it writes."""

import pytest

RISK, LOCATION = "customfield_10010", "customfield_10017"


def test_the_server_says_which_jira_it_is(cloud, data_center):
    one, other = cloud("GET", "/serverInfo").json(), data_center("GET", "/serverInfo").json()
    assert (one["deploymentType"], one["versionNumbers"]) == ("Cloud", [1001, 0, 0])
    assert (other["deploymentType"], other["versionNumbers"]) == ("Server", [10, 3, 0])
    assert one["baseUrl"] == cloud.sandbox.url
    assert one["serverTime"] == "2026-03-02T09:00:00.000+0000"


@pytest.mark.parametrize(
    ("flavour", "api", "status"),
    [
        ("cloud", "2", 200),
        ("cloud", "3", 200),
        ("cloud", "latest", 200),
        ("cloud", "4", 404),
        ("data-center", "2", 200),
        ("data-center", "latest", 200),
        ("data-center", "3", 404),
    ],
)
def test_each_flavour_has_its_versions(start, flavour, api, status):
    assert start(flavour).at(api)("GET", "/myself").status_code == status


def test_only_cloud_has_a_tenant(cloud, data_center):
    address = "/_edge/tenant_info"
    assert "cloudId" in cloud("GET", f"{cloud.sandbox.url}{address}").json()
    assert data_center("GET", f"{data_center.sandbox.url}{address}").status_code == 404


def test_what_there_is_not_is_a_plain_404_and_a_wrong_method_a_405(jira):
    missing = jira("GET", "/nothing")
    assert missing.status_code == 404 and "GET /rest/api/2/nothing" in missing.text
    assert jira("PATCH", "/myself").status_code == 405


def test_myself_is_shown_by_each_flavours_names(cloud, data_center):
    mine = cloud("GET", "/myself").json()
    assert mine["emailAddress"] == "release-bot@example.com" and "name" not in mine
    there = data_center("GET", "/myself").json()
    assert (there["name"], there["key"]) == ("release-bot", "JIRAUSER10100")


def test_projects_are_listed_and_shown(jira):
    assert [each["key"] for each in jira("GET", "/project").json()] == ["REL", "OPS"]
    assert "issueTypes" in jira("GET", "/project?expand=issueTypes").json()[0]
    project = jira("GET", "/project/OPS").json()
    assert project["lead"]["displayName"] == "Operator"
    assert [each["name"] for each in project["components"]] == ["Gateway", "Ledger"]
    assert [each["name"] for each in project["versions"]] == ["1.0", "2.0"]
    assert jira("GET", f"/project/{project['id']}").json()["key"] == "OPS"
    missing = jira("GET", "/project/NO")
    assert missing.status_code == 404
    assert missing.json()["errorMessages"] == ["No project could be found with key 'NO'."]
    assert [each["name"] for each in jira("GET", "/project/REL/versions").json()] == ["1.0", "2.0"]
    assert len(jira("GET", "/project/REL/components").json()) == 2
    statuses = jira("GET", "/project/REL/statuses").json()
    assert [each["name"] for each in statuses[1]["statuses"]] == ["To Do", "In Progress", "Done"]


def test_projects_are_searched_on_cloud(cloud, data_center):
    page = cloud("GET", "/project/search?query=oper").json()
    assert [each["key"] for each in page["values"]] == ["OPS"] and page["isLast"]
    page = cloud("GET", "/project/search?keys=REL,OPS&maxResults=1").json()
    assert len(page["values"]) == 1 and not page["isLast"] and page["total"] == 2
    assert data_center("GET", "/project/search").status_code == 404


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("priority", ["Highest", "High", "Medium", "Low", "Lowest"]),
        ("resolution", ["Done", "Won't Do", "Duplicate", "Cannot Reproduce"]),
        ("issuetype", ["Change", "Task", "Bug", "Epic", "Sub-task"]),
        ("statuscategory", ["To Do", "In Progress", "Done"]),
    ],
)
def test_the_worlds_lists_are_shown_as_a_whole_and_one_by_one(jira, sort, names):
    listed = jira("GET", f"/{sort}").json()
    assert [each["name"] for each in listed] == names
    assert jira("GET", f"/{sort}/{listed[0]['id']}").json() == listed[0]
    assert jira("GET", f"/{sort}/nothing").status_code == 404


def test_a_status_is_found_by_its_name_too(jira):
    assert (
        jira("GET", "/status/Pending Approval").json()["statusCategory"]["key"] == "indeterminate"
    )
    assert len(jira("GET", "/status").json()) == 8


def test_fields_are_listed_with_their_schemas(jira):
    fields = {each["id"]: each for each in jira("GET", "/field").json()}
    assert fields[RISK]["clauseNames"] == ["cf[10010]", "Risk Level"]
    assert fields["issuekey"]["name"] == "Key" and "schema" not in fields["issuekey"]
    expected = {"type": "array", "items": "component", "system": "components"}
    assert fields["components"]["schema"] == expected
    assert fields["status"]["schema"] == {"type": "status", "system": "status"}
    assert fields[LOCATION]["schema"]["type"] == "option-with-child"


def test_some_fields_have_other_names_on_data_center(cloud, data_center):
    def names(client):
        return {each["id"]: each["name"] for each in client("GET", "/field").json()}

    assert names(cloud)["fixVersions"] == "Fix versions"
    assert names(data_center)["fixVersions"] == "Fix Version/s"
    assert "statuscategorychangedate" not in names(data_center)


def test_an_option_has_a_resource_of_its_own(jira):
    assert jira("GET", "/customFieldOption/10100").json()["value"] == "Low"
    assert jira("GET", "/customFieldOption/10107").json()["value"] == "Dublin"
    assert jira("GET", "/customFieldOption/1").status_code == 404


OLD = "/issue/createmeta?projectKeys=REL&issuetypeNames=Change&expand=projects.issuetypes.fields"


def test_the_old_form_of_createmeta_is_clouds(cloud):
    [project] = cloud("GET", OLD).json()["projects"]
    [kind] = project["issuetypes"]
    assert (project["key"], kind["name"]) == ("REL", "Change")
    fields = kind["fields"]
    required = {name for name, field in fields.items() if field["required"]}
    assert required == {"summary", "project", "issuetype", "reporter"}
    assert fields["reporter"]["hasDefaultValue"] and fields["priority"]["hasDefaultValue"]
    assert fields["priority"]["defaultValue"]["name"] == "Medium"
    assert [each["name"] for each in fields["issuetype"]["allowedValues"]] == ["Change"]
    assert [each["value"] for each in fields[RISK]["allowedValues"]] == ["Low", "Medium", "High"]
    location = fields[LOCATION]["allowedValues"][0]
    assert [each["value"] for each in location["children"]] == ["Dublin", "Berlin"]
    assert not {"resolution", "status", "comment", "created"} & set(fields)
    assert fields["labels"]["operations"] == ["add", "set", "remove"]
    assert "fieldId" not in fields["labels"]


def test_the_old_form_is_narrowed(cloud):
    everything = cloud("GET", "/issue/createmeta").json()["projects"]
    assert [len(each["issuetypes"]) for each in everything] == [5, 5]
    assert "fields" not in everything[0]["issuetypes"][0]
    query = "projectIds=10001&issuetypeIds=10000&issuetypeNames=Bug&issuetypeNames=Task,Epic"
    [narrow] = cloud("GET", f"/issue/createmeta?{query}").json()["projects"]
    assert {each["name"] for each in narrow["issuetypes"]} == {"Change", "Bug", "Task", "Epic"}
    assert cloud("GET", "/issue/createmeta?projectKeys=NO").json()["projects"] == []


def test_data_center_takes_the_old_form_for_a_key(data_center):
    missing = data_center("GET", OLD)
    assert missing.status_code == 404
    assert missing.json()["errorMessages"] == ["Issue Does Not Exist"]


def test_the_new_form_has_pages(cloud, data_center):
    for client, name in ((cloud, "issueTypes"), (data_center, "values")):
        page = client("GET", "/issue/createmeta/REL/issuetypes?maxResults=2").json()
        assert [each["name"] for each in page[name]] == ["Change", "Task"]
        assert (page["total"], page["startAt"], page["maxResults"]) == (5, 0, 2)
    assert page["isLast"] is False


def test_the_new_form_lists_the_fields_of_a_type(cloud, data_center):
    for client, name in ((cloud, "fields"), (data_center, "values")):
        page = client("GET", "/issue/createmeta/REL/issuetypes/10000?maxResults=200").json()
        fields = {each["fieldId"]: each for each in page[name]}
        assert len(fields) == page["total"] > 20
        assert fields[RISK]["key"] == RISK and fields[RISK]["name"] == "Risk Level"
    subtask = cloud("GET", "/issue/createmeta/REL/issuetypes/10004?maxResults=200").json()
    assert [f["required"] for f in subtask["fields"] if f["fieldId"] == "parent"] == [True]
    for path in ("NO/issuetypes", "REL/issuetypes/99", "NO/issuetypes/10000"):
        assert cloud("GET", f"/issue/createmeta/{path}").status_code == 404


def test_editmeta_has_what_can_be_edited(jira):
    key = jira.create("Sub-task", parent={"key": jira.create("Task")})
    fields = jira("GET", f"/issue/{key}/editmeta").json()["fields"]
    assert {"summary", "issuetype", "comment", "parent", RISK} <= set(fields)
    assert not {"project", "resolution", "status"} & set(fields)
    assert fields["comment"]["operations"] == ["add", "edit", "remove"]
    assert "parent" not in jira("GET", f"/issue/{jira.create('Epic')}/editmeta").json()["fields"]


def test_labels_are_completed_from_what_is_used(jira):
    jira.create(labels=["traffic", "cab"])
    address = f"{jira.sandbox.url}/rest/api/1.0/labels/suggest?query=tr"
    assert [each["label"] for each in jira("GET", address).json()["suggestions"]] == ["traffic"]


def test_permissions_are_told(cloud, data_center):
    key = cloud.create()
    asked = f"permissions=CREATE_ISSUES,ADMINISTER&projectKey=REL&issueKey={key}"
    told = cloud("GET", f"/mypermissions?{asked}").json()["permissions"]
    assert {name: each["havePermission"] for name, each in told.items()} == {
        "CREATE_ISSUES": True,
        "ADMINISTER": False,
    }
    assert cloud("GET", "/mypermissions").status_code == 400
    assert cloud("GET", "/mypermissions?permissions=FLY").status_code == 400
    assert cloud("GET", f"/mypermissions?{asked.replace('REL', 'NO', 1)}").status_code == 404
    assert len(data_center("GET", "/mypermissions").json()["permissions"]) > 10


def test_users_are_found_by_each_flavours_means(cloud, data_center):
    [lead] = cloud("GET", "/user/search?query=CAB").json()
    assert cloud("GET", f"/user/search?accountId={lead['accountId']}").json() == [lead]
    assert cloud("GET", "/user/search?accountId=nobody").json() == []
    assert cloud("GET", "/user/search").status_code == 400
    assert len(cloud("GET", "/user/search?query=example.com&maxResults=2&startAt=1").json()) == 2
    assert cloud("GET", f"/user?accountId={lead['accountId']}").json() == lead
    assert cloud("GET", "/user?accountId=nobody").status_code == 404
    assert cloud("GET", "/user").status_code == 404
    page = cloud("GET", f"/user/bulk?accountId={lead['accountId']}&accountId=nobody").json()
    assert page["values"] == [lead] and page["isLast"]
    assert cloud("GET", "/user/bulk").status_code == 400
    [there] = data_center("GET", "/user/search?username=cab").json()
    assert data_center("GET", f"/user?key={there['key']}").json() == there
    assert data_center("GET", "/user?username=cab-lead").json() == there
    grouped = data_center("GET", "/user?username=cab-lead&expand=groups").json()["groups"]
    assert [group["name"] for group in grouped["items"]] == ["release-managers"]
    assert data_center("GET", "/user?username=nobody").status_code == 404
    assert data_center("GET", "/user/search").status_code == 400
    assert len(data_center("GET", "/user/assignable/search?username=re&project=REL").json()) == 2


def test_a_groups_members_are_listed(cloud, data_center):
    for client in (cloud, data_center):
        page = client("GET", "/group/member?groupname=release-managers&maxResults=1").json()
        assert [each["displayName"] for each in page["values"]] == ["CAB Lead"]
        assert page["total"] == 2 and not page["isLast"]
        assert client("GET", "/group/member?groupname=nobody").status_code == 404
        whole = client("GET", "/group?groupname=release-managers&expand=users[0:50]").json()
        assert [each["displayName"] for each in whole["users"]["items"]] == ["CAB Lead", "Reviewer"]
        assert "items" not in client("GET", "/group?groupname=release-managers").json()["users"]
    shown = cloud.create(customfield_10020={"name": "release-managers"})
    group = cloud.fields(shown)["customfield_10020"]
    assert cloud("GET", f"/group/member?groupId={group['groupId']}").json()["total"] == 2
    named = cloud.create(customfield_10020={"groupId": group["groupId"]})
    assert cloud.fields(named)["customfield_10020"] == group
