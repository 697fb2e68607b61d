"""Who is let in, and what becomes of those who are not."""

import base64

import pytest

HIDDEN = "Issue does not exist or you do not have permission to see it."
REASON = "X-Seraph-LoginReason"


def basic(text):
    return f"Basic {base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize("user", ["cab-lead", "cab-lead@example.com", "CAB-LEAD"])
def test_anybody_signs_in_by_name_or_e_mail(jira, user):
    assert jira.as_(user)("GET", "/myself").json()["displayName"] == "CAB Lead"


def test_a_bearer_token_is_the_release_bot(jira):
    nobody = jira.as_(None)
    mine = nobody("GET", "/myself", headers={"Authorization": "Bearer sandbox-token"})
    assert mine.json()["displayName"] == "Release Bot"


WRONG = [
    "Bearer wrong",
    "Basic ???",
    basic("cab-lead:wrong"),
    basic("nobody:sandbox-token"),
    "Digest x",
    f"Basic {base64.b64encode(bytes([255, 254])).decode()}",
]


@pytest.mark.parametrize("header", WRONG)
def test_cloud_takes_wrong_credentials_for_nobodys(cloud, header):
    key = cloud.create()
    nobody, headers = cloud.as_(None), {"Authorization": header}
    hidden = nobody("GET", f"/issue/{key}", headers=headers)
    assert hidden.status_code == 404 and hidden.json()["errorMessages"] == [HIDDEN]
    assert hidden.headers[REASON] == "AUTHENTICATED_FAILED"
    opened = nobody("GET", "/serverInfo", headers=headers)
    assert opened.status_code == 200 and opened.headers[REASON] == "AUTHENTICATED_FAILED"
    assert nobody("GET", "/myself", headers=headers).status_code == 401


@pytest.mark.parametrize("header", WRONG)
def test_data_center_refuses_wrong_credentials(data_center, header):
    nobody, headers = data_center.as_(None), {"Authorization": header}
    for path in ("/serverInfo", "/myself", "/issue/REL-1"):
        refused = nobody("GET", path, headers=headers)
        assert refused.status_code == 401
        assert refused.headers[REASON] == "AUTHENTICATED_FAILED"
        assert refused.headers["Content-Type"].startswith("text/html")


def test_nobody_sees_nothing_on_cloud(cloud, new_issue):
    key = cloud.create()
    nobody = cloud.as_(None)
    assert nobody("GET", "/project").json() == []
    assert nobody("GET", "/project/REL").status_code == 404
    assert nobody("GET", "/issue/createmeta").json()["projects"] == []
    assert nobody("GET", f"/issue/{key}/comment").status_code == 404
    assert nobody("POST", f"/issue/{key}/comment", {"body": "x"}).status_code == 404
    assert nobody("GET", "/user/search?query=cab").json() == []
    assert nobody("POST", "/search/jql", {"jql": "labels = a"}).json()["issues"] == []
    assert nobody("GET", "/search/jql?jql=project=REL").status_code == 400
    fetched = nobody("POST", "/issue/bulkfetch", {"issueIdsOrKeys": [key]}).json()
    assert fetched["issues"] == [] and fetched["issueErrors"][0]["id"] == key
    asked = nobody("GET", "/mypermissions?permissions=CREATE_ISSUES").json()["permissions"]
    assert asked["CREATE_ISSUES"]["havePermission"] is False
    refused = nobody("POST", "/issue", new_issue())
    assert refused.status_code == 400
    assert refused.json()["errors"]["project"].startswith("Anonymous users do not have permission")
    assert REASON not in refused.headers


def test_nobody_must_log_in_on_data_center(data_center, new_issue):
    key = data_center.create()
    nobody = data_center.as_(None)
    refused = nobody("GET", f"/issue/{key}")
    assert refused.status_code == 401 and "Login Required" in refused.json()["errorMessages"]
    assert refused.headers["X-AUSERNAME"] == "anonymous"
    assert nobody("GET", "/serverInfo").status_code == 200
    assert nobody("POST", "/issue", new_issue()).status_code == 401
    assert nobody("GET", "/search?jql=").json()["total"] == 0


def test_answers_say_whom_they_are_for(cloud, data_center):
    there = data_center("GET", "/myself")
    assert (there.headers[REASON], there.headers["X-AUSERNAME"]) == ("OK", "release-bot")
    mine = cloud("GET", "/myself")
    assert mine.headers["X-AACCOUNTID"] == mine.json()["accountId"] and REASON not in mine.headers


def test_a_write_that_looks_like_a_browsers_needs_a_token(jira, new_issue):
    browser = {"User-Agent": "Mozilla/5.0"}
    refused = jira("POST", "/issue", new_issue(), headers=browser)
    assert (refused.status_code, refused.text) == (403, "XSRF check failed")
    browser["X-Atlassian-Token"] = "no-check"
    assert jira("POST", "/issue", new_issue(), headers=browser).status_code == 201
    assert jira("GET", "/myself", headers={"User-Agent": "Mozilla/5.0"}).status_code == 200
