"""The page for people: what it shows, what its buttons do, and what it never does."""

import re

import pytest
import requests

XSS = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>"


@pytest.fixture
def browser(jira):
    """Return what opens a page, or sends a form of it, as a browser on the same site would."""
    session = requests.Session()
    session.trust_env = False
    session.headers["User-Agent"] = "Mozilla/5.0"

    def ask(path, form=None, **headers):
        address = f"{jira.sandbox.url}{path}"
        if form is None:
            return session.get(address, headers=headers, timeout=10)
        own = headers or {"Origin": jira.sandbox.url, "Sec-Fetch-Site": "same-origin"}
        return session.post(address, form, headers=own, timeout=10)

    return ask


def test_the_first_page_tells_how_to_sign_in(jira, browser):
    page = browser("/").text
    for text in (
        "sandbox-token",
        "release-bot",
        "cab-lead@example.com"[8:],
        jira.sandbox.url,
        "REL",
    ):
        assert text in page
    assert "No issues yet" in page and ("Jira Cloud" in page or "Jira Data Center" in page)


def test_the_board_lists_issues_by_status(jira, browser):
    one, two = jira.create(summary="First thing"), jira.create(summary="Second thing")
    jira.move(two, "Request approval")
    page = browser("/").text
    assert page.index("To Do") < page.index("First thing")
    assert page.index("Pending Approval") < page.index("Second thing")
    assert f'href="/browse/{one}"' in page and "No issues yet" not in page


def test_an_issue_has_a_button_for_each_transition(jira, browser):
    key = jira.create()
    jira.move(key, "Request approval")
    page = browser(f"/browse/{key}").text
    buttons = dict(re.findall(r'value="move:(\d+)" title="[^"]*">([^<]+)<', page))
    assert buttons == {"21": "Approve", "31": "Reject", "61": "Cancel"}


def test_a_button_moves_the_issue_as_the_chosen_person(jira, browser):
    key = jira.create()
    jira.move(key, "Request approval")
    answer = browser(f"/browse/{key}", {"do": "move:21", "as": "reviewer"})
    assert answer.status_code == 200 and answer.url.endswith(f"/browse/{key}?as=reviewer")
    assert 'value="reviewer" selected' in answer.text
    assert jira.fields(key)["status"]["name"] == "Approved"
    [*_, change] = sorted(
        jira("GET", f"/issue/{key}?expand=changelog").json()["changelog"]["histories"],
        key=lambda each: int(each["id"]),
    )
    assert change["author"]["displayName"] == "Reviewer"
    assert len(jira.sandbox_call("GET", "/ledger").json()) == 2


def test_a_screen_is_filled_in_beside_its_button(jira, browser):
    key = jira.create()
    jira.move(key, "Request approval", "Approve", "Start deployment")
    page = browser(f"/browse/{key}").text
    assert 'name="screen:51:resolution"' in page and "Cannot Reproduce" in page
    browser(f"/browse/{key}", {"do": "move:51", "screen:51:resolution": "Won't Do"})
    fields = jira.fields(key)
    assert (fields["status"]["name"], fields["resolution"]["name"]) == ("Done", "Won't Do")
    done = browser(f"/browse/{key}").text
    assert "Nothing more can happen to it." in done and "Won&#39;t Do" in done


def test_what_jira_refuses_is_shown_and_what_was_typed_is_kept(jira, browser):
    key = jira.create()
    jira.move(key, "Request approval", "Approve", "Start deployment")
    answer = browser(f"/browse/{key}", {"do": "move:51", "comment": "half a thought"})
    assert answer.status_code == 400
    assert "Resolution: Resolution is required." in answer.text
    assert "half a thought</textarea>" in answer.text
    late = browser(f"/browse/{key}", {"do": "move:21"})
    assert late.status_code == 400 and "is not valid for this issue" in late.text
    assert browser(f"/browse/{key}", {"do": "dance"}).status_code == 400
    assert browser(f"/browse/{key}", {}).status_code == 400


def test_a_comment_is_written(jira, browser):
    key = jira.create()
    page = browser(f"/browse/{key}", {"do": "comment", "comment": "Looks\ngood", "as": "cab-lead"})
    assert "Looks\ngood" in page.text
    [comment] = jira.fields(key)["comment"]["comments"]
    assert (comment["body"], comment["author"]["displayName"]) == ("Looks\ngood", "CAB Lead")


def test_only_the_fields_that_were_changed_are_saved(jira, browser):
    risk, regions = "customfield_10010", "customfield_10011"
    regional = {regions: [{"value": "EU"}]}
    key = jira.create(labels=["a"], **{risk: {"value": "Low"}}, **regional)
    page = browser(f"/browse/{key}").text
    assert f'name="was:{risk}" value="Low"' in page
    # Somebody else changes the labels while the person looks at the page.
    jira("PUT", f"/issue/{key}", {"fields": {"labels": ["b"]}})
    form = {
        "do": "fields",
        f"field:{risk}": "High",
        f"was:{risk}": "Low",
        f"field:{regions}": ["US", "APAC"],
        f"was:{regions}": "EU",
        "field:labels": "a",
        "was:labels": "a",
        "field:assignee": "operator",
        "was:assignee": "",
        "field:customfield_10017": "EU > Berlin",
        "was:customfield_10017": "",
        "was:nonsense": "x",
    }
    assert browser(f"/browse/{key}", form).status_code == 200
    fields = jira.fields(key)
    assert fields[risk]["value"] == "High" and fields["labels"] == ["b"]
    assert [each["value"] for each in fields[regions]] == ["US", "APAC"]
    assert fields["assignee"]["displayName"] == "Operator"
    assert fields["customfield_10017"]["child"]["value"] == "Berlin"
    shown = browser(f"/browse/{key}").text
    assert "<option selected>High</option>" in shown and 'value="US" checked' in shown
    browser(f"/browse/{key}", {"do": "fields", f"field:{risk}": "", f"was:{risk}": "High"})
    assert jira.fields(key)[risk] is None
    unchanged = len(jira("GET", f"/issue/{key}?expand=changelog").json()["changelog"]["histories"])
    browser(f"/browse/{key}", {"do": "fields", f"field:{risk}": "", f"was:{risk}": ""})
    again = len(jira("GET", f"/issue/{key}?expand=changelog").json()["changelog"]["histories"])
    assert again == unchanged


FOREIGN = [
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Referer": "http://evil.example/page"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"X-Nothing": "said"},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_form_from_elsewhere_is_refused(jira, browser, headers):
    key = jira.create()
    refused = browser(f"/browse/{key}", {"do": "move:11"}, **headers)
    assert refused.status_code == 403
    assert jira.fields(key)["status"]["name"] == "To Do"


def test_a_strangers_name_for_this_machine_is_refused(jira, browser):
    key = jira.create()
    headers = {"Host": "evil.example:80", "Origin": "http://evil.example:80"}
    refused = browser(f"/browse/{key}", {"do": "move:11"}, **headers)
    assert refused.status_code == 403 and "127.0.0.1" in refused.text
    named = {"Host": "localhost:80", "Origin": "http://localhost:80"}
    session = requests.Session()
    moved = session.post(
        f"{jira.sandbox.url}/browse/{key}",
        {"do": "move:11"},
        headers=named,
        timeout=10,
        allow_redirects=False,
    )
    assert moved.status_code == 303


def test_a_referer_of_the_same_page_will_do(jira, browser):
    key = jira.create()
    own = {"Referer": f"{jira.sandbox.url}/browse/{key}"}
    assert browser(f"/browse/{key}", {"do": "move:11"}, **own).status_code == 200


def test_text_from_outside_is_only_text(jira, browser):
    key = jira.create(summary=XSS, description=XSS, labels=["<b>x</b>"], customfield_10024=XSS)
    jira("POST", f"/issue/{key}/comment", {"body": XSS})
    jira("PUT", f"/issue/{key}", {"fields": {"customfield_10024": f"{XSS}2"}})
    token = {"X-Atlassian-Token": "no-check"}
    jira("POST", f"/issue/{key}/attachments", files={"file": ("<i>.txt", b"x")}, headers=token)
    for path in ("/", f"/browse/{key}", f"/nothing/{XSS}"):
        page = browser(path).text
        assert "<script>alert" not in page and "<img src=x" not in page and "<b>x" not in page
        assert "<i>.txt" not in page


def test_only_web_addresses_become_links(jira, browser):
    key = jira.create(customfield_10019="https://ci.example.com/7")
    assert 'href="https://ci.example.com/7"' in browser(f"/browse/{key}").text
    jira.sandbox.site.desk.contents.find(key).fields["customfield_10019"] = "javascript:alert(1)"
    page = browser(f"/browse/{key}").text
    assert 'href="javascript:' not in page
    jira.sandbox.site.desk.contents.find(key).fields["customfield_10019"] = "http://["
    assert 'href="http://[' not in browser(f"/browse/{key}").text


def test_the_page_lets_nothing_in_from_outside(jira, browser):
    jira.create()
    for path in ("/", "/browse/REL-1"):
        answer = browser(path)
        policy = answer.headers["Content-Security-Policy"]
        nonce = re.search(r"script-src 'nonce-([^']+)'", policy)[1]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert answer.text.count(f'nonce="{nonce}"') == answer.text.count("nonce=") == 2
        assert not re.search(r'(src|href)="(https?:)?//', answer.text)
        assert " style=" not in answer.text and " onclick" not in answer.text
    assert browser("/").headers["Content-Security-Policy"] != policy


def test_the_page_sees_that_something_changed(jira, browser):
    before = browser("/sandbox/revision").json()["revision"]
    assert f"const seen = {before};" in browser("/").text
    jira.create()
    assert browser("/sandbox/revision").json()["revision"] > before


def test_what_is_not_there_says_so(jira, browser):
    for path in ("/browse/REL-99", "/nothing"):
        missing = browser(path)
        assert missing.status_code == 404 and f"There is nothing at {path}" in missing.text
    assert browser("/", {"do": "x"}).status_code == 404


def test_a_deed_of_the_script_that_failed_is_shown(start, written):
    script = written("script.yaml", "- set: {Components: Nothing}")
    client = start(script=script)
    client.create()
    while not client.sandbox.site.people.finished:
        client.sandbox.site.act()
    page = client("GET", f"{client.sandbox.url}/").text
    assert "entry 1 of the script, on REL-1" in page


def test_every_kind_of_field_can_be_shown(jira, browser):
    account = {"accountId": jira("GET", "/myself").json().get("accountId")}
    person = account if account["accountId"] else {"name": "release-bot"}
    parent = jira.create("Task")
    key = jira.create(
        "Sub-task",
        parent={"key": parent},
        timetracking={"originalEstimate": "1h"},
        environment="prod",
        customfield_10012="2026-03-04",
        customfield_10013="2026-03-04T10:00:00.000+0000",
        customfield_10014=3,
        customfield_10015=person,
        customfield_10016=[person],
        customfield_10018="notes",
        customfield_10020={"name": "release-managers"},
        customfield_10021=1,
        customfield_10022=jira.create("Epic"),
        customfield_10023=[{"value": "Impediment"}],
    )
    page = browser(f"/browse/{key}").text
    for text in (
        parent,
        "original 1h, remaining 1h",
        "2026-03-04T10:00:00.000",
        "notes",
        "Sprint 1",
    ):
        assert text in page
    assert "<option selected>release-bot</option>" in page
    assert "Environment (customfield_10024)" in page


def test_a_hidden_comment_is_for_its_group(jira, browser):
    key = jira.create()
    body = {"body": "secret", "visibility": {"type": "group", "value": "release-managers"}}
    jira.as_("reviewer")("POST", f"/issue/{key}/comment", body)
    assert "only release-managers" in browser(f"/browse/{key}?as=cab-lead").text
    assert "secret" not in browser(f"/browse/{key}?as=operator").text


@pytest.mark.parametrize("path", ["/", "/sandbox/ledger", "/sandbox/revision", "/sandbox/faults"])
@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("stranger.example", 403),
        ("stranger.example:80", 403),
        ("[::1", 403),
        ("localhost", 200),
        ("jira.localhost:8080", 200),
        ("127.0.0.1", 200),
        ("[::1]:8080", 200),
        ("sandbox", 200),
    ],
)
def test_a_strangers_name_for_this_machine_reads_nothing(cloud, path, host, status):
    shown = cloud("GET", f"{cloud.sandbox.url}{path}", headers={"Host": host})
    assert shown.status_code == status
    assert (cloud.sandbox.url in shown.text) <= (status == 200)


def test_a_name_with_dots_that_the_sandbox_was_given_is_its_own(cloud):
    cloud.sandbox.site.desk.site = "http://jira.example.com:8080"
    address = cloud.sandbox.site._server.site
    for path in ("/", "/sandbox/ledger"):
        headers = {"Host": "jira.example.com:8080"}
        assert cloud("GET", f"{address}{path}", headers=headers).status_code == 200
