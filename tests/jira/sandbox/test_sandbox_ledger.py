"""The ledger of writes, and the state that a killed sandbox leaves."""

import json
import os
import subprocess
import sys

import pytest

from penstock.errors import Refused
from penstock.sandbox import SandboxOptions
from penstock_jira.sandbox import JiraSandbox

SCRIPT = """
import sys, time
from pathlib import Path
from penstock.sandbox import SandboxOptions
from penstock_jira.sandbox import JiraSandbox
state, ledger = map(Path, sys.argv[1:])
print(JiraSandbox(SandboxOptions(state=state, ledger=ledger)).start(), flush=True)
time.sleep(60)
"""


def test_every_write_is_in_the_ledger_and_no_read(jira, new_issue, clock):
    body = new_issue()
    jira("POST", "/issue", body)
    clock.advance(1)
    jira.as_("cab-lead")("PUT", "/issue/REL-1", {"fields": {"nonsense": 1}})
    jira("GET", "/issue/REL-1")
    jira("DELETE", "/issue/REL-1?deleteSubtasks=true")
    listed = jira.sandbox_call("GET", "/ledger").json()
    assert listed[0] == {
        "at": "2026-03-02T09:00:00.000+00:00",
        "by": "release-bot",
        "method": "POST",
        "path": "/rest/api/2/issue",
        "body": body,
        "status": 201,
    }
    told = [(e["by"], e["method"], e["path"], e["status"]) for e in listed[1:]]
    assert told == [
        ("cab-lead", "PUT", "/rest/api/2/issue/REL-1", 400),
        ("release-bot", "DELETE", "/rest/api/2/issue/REL-1", 204),
    ]
    assert listed[2]["body"] is None


def test_questions_by_post_are_no_writes(cloud, data_center):
    cloud("POST", "/search/jql", {"jql": "project = REL"})
    cloud("POST", "/issue/bulkfetch", {"issueIdsOrKeys": ["REL-1"]})
    data_center("POST", "/search", {"jql": "project = REL"})
    for client in (cloud, data_center):
        assert client.sandbox_call("GET", "/ledger").json() == []


def test_writes_that_were_not_understood_are_in_the_ledger_too(jira):
    jira.as_(None)("POST", "/issue", data=b"\xff{", headers={"Content-Type": "application/json"})
    jira("POST", "/nothing", {"x": 1})
    files = {"file": ("a.txt", b"abc")}
    jira("POST", "/issue/REL-1/attachments", files=files)
    listed = jira.sandbox_call("GET", "/ledger").json()
    assert [entry["by"] for entry in listed] == ["anonymous", "release-bot", "release-bot"]
    assert listed[0]["body"] == "\ufffd{"
    assert (listed[1]["status"], listed[1]["body"]) == (404, {"x": 1})
    assert listed[2]["body"] == [{"file": "a.txt", "size": 3}]


def test_the_ledger_is_left_when_the_sandbox_stops(start, tmp_path):
    ledger = tmp_path / "ledger.json"
    client = start(ledger=ledger)
    client.create()
    assert not ledger.exists()
    client.sandbox.stop()
    assert [entry["status"] for entry in json.loads(ledger.read_text())] == [201]
    assert ledger.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("option", ["ledger", "state"])
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("none/file.json", "there is no directory .*none; create it"),
        ("", "it is a directory; name a file in it"),
        ("pipe", "it is no regular file; name another file"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_first(tmp_path, option, name, told):
    os.mkfifo(tmp_path / "pipe")
    path = tmp_path / name
    sandbox = JiraSandbox(SandboxOptions(**{option: path}))
    for begin in (sandbox.check, sandbox.start):
        with pytest.raises(Refused, match=f"^--{option} {path}: {told}[^\n]*$"):
            begin()


def test_a_directory_without_permission_is_refused_first(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    with pytest.raises(Refused, match=r"you may not write in the directory [^;]+; change its perm"):
        JiraSandbox(SandboxOptions(ledger=tmp_path / "ledger.json")).check()


def test_a_check_leaves_an_earlier_ledger_alone(written):
    path = written("ledger.json", "[1]")
    JiraSandbox(SandboxOptions(ledger=path)).check()
    assert path.read_text() == "[1]" and [each.name for each in path.parent.iterdir()] == [
        path.name
    ]


def test_a_ledger_that_cannot_be_written_in_the_end_is_a_warning(start, tmp_path, caplog):
    ledger = tmp_path / "later" / "ledger.json"
    ledger.parent.mkdir()
    client = start(ledger=ledger)
    ledger.parent.rmdir()
    client.sandbox.stop()
    assert f"the ledger cannot be written to {ledger}: No such file" in caplog.text
    assert "Traceback" not in caplog.text


def test_an_empty_ledger_is_an_empty_array(start, tmp_path):
    ledger = tmp_path / "ledger.json"
    start(ledger=ledger).sandbox.stop()
    assert json.loads(ledger.read_text()) == []


def killed(tmp_path, work):
    """Start a sandbox in another process, let *work* use it, kill it, and return its address."""
    command = [sys.executable, "-c", SCRIPT, tmp_path / "state.json", tmp_path / "ledger.json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        page = process.stdout.readline().strip()
        work(page.rstrip("/"))
        process.kill()
    return page


def test_a_killed_sandbox_finds_its_world_again_on_the_same_port(start, tmp_path, new_issue):
    import requests

    auth = ("release-bot", "sandbox-token")

    def work(site):
        root = f"{site}/rest/api/2/issue"
        first = {**new_issue(labels=["x"]), "properties": [{"key": "p", "value": 1}]}
        for body in (first, new_issue()):
            assert requests.post(root, json=body, auth=auth, timeout=10).status_code == 201
        requests.post(f"{root}/REL-1/comment", json={"body": "Hello"}, auth=auth, timeout=10)
        way = {"transition": {"id": "11"}}
        requests.post(f"{root}/REL-1/transitions", json=way, auth=auth, timeout=10)
        worklog = {"timeSpent": "1h"}
        requests.post(f"{root}/REL-1/worklog", json=worklog, auth=auth, timeout=10)
        remote = {"object": {"title": "t", "url": "u"}}
        requests.post(f"{root}/REL-1/remotelink", json=remote, auth=auth, timeout=10)
        files, token = {"file": ("a", b"abc")}, {"X-Atlassian-Token": "no-check"}
        requests.post(
            f"{root}/REL-1/attachments", files=files, headers=token, auth=auth, timeout=10
        )
        link = {"type": {"name": "Blocks"}, "inwardIssue": {"key": "REL-1"}}
        link["outwardIssue"] = {"key": "REL-2"}
        requests.post(f"{site}/rest/api/2/issueLink", json=link, auth=auth, timeout=10)

    page = killed(tmp_path, work)
    # The ledger is complete although nobody stopped the sandbox.
    left = json.loads((tmp_path / "ledger.json").read_text())
    assert [entry["status"] for entry in left] == [201, 201, 201, 204, 201, 201, 200, 201]
    client = start(state=tmp_path / "state.json")
    assert f"{client.sandbox.url}/" == page
    fields = client.fields("REL-1")
    assert (fields["status"]["name"], fields["labels"]) == ("Pending Approval", ["x"])
    assert fields["comment"]["comments"][0]["body"] == "Hello"
    assert fields["timespent"] == 3600 and fields["attachment"][0]["size"] == 3
    assert fields["issuelinks"][0]["outwardIssue"]["key"] == "REL-2"
    shown = client("GET", "/issue/REL-1?expand=changelog&properties=*all").json()
    assert shown["properties"] == {"p": 1} and shown["changelog"]["total"] == 1
    assert len(client("GET", "/issue/REL-1/remotelink").json()) == 1
    assert client.sandbox_call("GET", "/ledger").json() == left
    assert client.create() == "REL-3"


def test_another_port_is_taken_where_the_old_one_is_not_free(start, tmp_path):
    first = start(state=tmp_path / "state.json")
    first.create()
    second = start(state=tmp_path / "state.json")
    assert second.sandbox.url != first.sandbox.url
    assert second.fields("REL-1")["summary"] == "A change"


def test_a_state_remembers_its_flavour(start, tmp_path):
    state = tmp_path / "state.json"
    start("data-center", state=state).sandbox.stop()
    assert start(state=state)("GET", "/serverInfo").json()["deploymentType"] == "Server"
    with pytest.raises(Refused, match="was left by a sandbox of flavour 'data-center'"):
        start("cloud", state=state)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 2}', '{"version": 1}', '{"version": 1, "issues": [{}]}']
)
def test_a_state_that_cannot_be_read_is_refused(written, text):
    path = written("state.json", text)
    with pytest.raises(Refused, match="cannot be read as the state of a sandbox"):
        JiraSandbox(SandboxOptions(state=path)).check()


def test_a_state_of_another_world_is_refused(start, tmp_path, written):
    state = tmp_path / "state.json"
    client = start(state=state)
    client.create()
    client.sandbox.stop()
    text = (
        JiraSandbox.print_world()
        .replace("key: REL", "key: ROL")
        .replace("project: REL", "project: ROL")
    )
    with pytest.raises(Refused, match="holds REL-1, which is not of this world"):
        start(state=state, world=written("world.yaml", text))


def test_a_port_that_is_taken_is_told(start):
    port = int(start().sandbox.url.rpartition(":")[2])
    with pytest.raises(Refused, match=f"cannot listen on 127.0.0.1 port {port}"):
        start(port=port)


def test_changes_wake_whoever_asked_and_reads_do_not(start):
    client = start()
    woken = []
    client.sandbox.on_change(lambda: woken.append(1))
    key = client.create()
    client("GET", f"/issue/{key}")
    client("PUT", f"/issue/{key}", {"fields": {"nonsense": 1}})
    assert len(woken) == 1
    client.move(key, "Request approval")
    assert len(woken) == 2


def test_a_callback_may_ask_the_sandbox_itself(start):
    client = start()
    seen = []

    def look():
        # A second connection: were the lock still held, this would never be answered.
        seen.append(client.as_("cab-lead")("GET", "/issue/REL-1").status_code)

    client.sandbox.on_change(look)
    client.create()
    assert seen == [200]


def test_a_stopped_sandbox_has_no_address():
    sandbox = JiraSandbox(SandboxOptions())
    with pytest.raises(RuntimeError, match="not started"):
        _ = sandbox.url
    sandbox.stop()


@pytest.mark.parametrize(
    ("host", "shown"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("localhost", "localhost")],
)
def test_the_address_is_one_that_can_be_opened(start, host, shown):
    client = start(host=host)
    assert client.sandbox.url.startswith(f"http://{shown}:")
    assert client("GET", "/myself").status_code == 200
