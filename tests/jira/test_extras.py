"""What is hung on an issue is there once, on both flavours, whatever becomes of an answer."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from pydantic import ValidationError

from penstock.connector import Binding
from penstock.errors import StepFailed
from penstock.sandbox import SandboxOptions
from penstock.step import RunFacts, StepContext
from penstock.testing import FakeClock
from penstock_jira.attachment import files_of
from penstock_jira.connector import JiraConnector
from penstock_jira.create import JiraCreate
from penstock_jira.errors import FieldFault, FieldsRefused
from penstock_jira.observe import SITES
from penstock_jira.sandbox import JiraSandbox
from penstock_jira.update import JiraUpdate

RUN_URL = "https://ci.example.com/run/1"


class Crash(Exception):
    """The process dies here."""


class Site:
    """A sandbox with the issue REL-1, and a step's context whose effects outlive a crash."""

    def __init__(self, flavour: str, effects: Any, resolver: Any, directory: Path) -> None:
        self.clock, self.cloud = FakeClock(), flavour == "cloud"
        self.sandbox = JiraSandbox(SandboxOptions(flavour=flavour, clock=self.clock))
        self.sandbox.start()
        made = self.sandbox.stand_in(None).bind(Binding("account.jira", clock=self.clock))
        assert isinstance(made, JiraConnector)
        self.connector = made
        self.notes: list[str] = []
        self.effects = effects(self.clock)
        now = self.clock.now()
        facts = RunFacts("run-1", "release", now, RUN_URL, "ann", directory)
        self.context = StepContext(
            facts,
            "change/step",
            1,
            now + timedelta(hours=9),
            self.clock,
            self.effects,
            resolver(made),
            self.notes.append,
        )
        project: Any = {"key": "REL"}
        for name in ("Release", "Other"):
            fields = {"project": project, "issuetype": {"name": "Change"}, "summary": name}
            self.connector.client().send(
                "POST", "/rest/api/2/issue", {"fields": fields}, what="create"
            )

    def read(self, path: str = "", issue: str = "REL-1", **params: str) -> Any:
        return self.connector.client().get(
            f"/rest/api/2/issue/{issue}{path}", what="read", **params
        )

    def fault(self, method: str, path: str, **played: Any) -> None:
        planned = {"match": {"method": method, "path": path}, "times": 1, "fault": played}
        answer = requests.post(f"{self.sandbox.url}/sandbox/faults", json=planned, timeout=5)
        assert answer.ok, answer.text

    def fired(self) -> list[int]:
        answer = requests.get(f"{self.sandbox.url}/sandbox/faults", timeout=5)
        return [fault["fired"] for fault in answer.json()]

    def writes(self) -> list[tuple[str, str]]:
        answer = requests.get(f"{self.sandbox.url}/sandbox/ledger", timeout=5)
        return [(entry["method"], entry["path"]) for entry in answer.json()]

    def counts(self, issue: str = "REL-1") -> dict[str, int]:
        fields = self.read(issue=issue)["fields"]
        return {
            "comments": len(fields["comment"]["comments"]),
            "links": len(fields["issuelinks"]),
            "files": len(fields["attachment"]),
            "times": len(fields["worklog"]["worklogs"]),
            "watchers": self.read("/watchers", issue)["watchCount"],
            "remote": len(self.read("/remotelink", issue)),
        }


@pytest.fixture(params=["cloud", "data-center"])
def site(request: Any, memory_effects: Any, one_connector: Any, tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("one", encoding="utf-8")
    (tmp_path / "notes" / "b ü.txt").write_text("two", encoding="utf-8")
    made = Site(request.param, memory_effects, one_connector, tmp_path)
    url = made.sandbox.url
    yield made
    made.sandbox.stop()
    SITES.forget(url)


ALL: dict[str, Any] = {
    "comment": {
        "text": "**Go**",
        "format": "markdown",
        "visibility": {"type": "role", "value": "Administrators"},
    },
    "links": [{"type": "blocks", "to": "REL-2"}],
    "remoteLink": "true",
    "watchers": ["CAB Lead"],
    "attachments": ["notes/*.txt"],
    "worklog": {"timeSpent": "1h 30m", "comment": "prepared"},
}
ONE_EACH = {"comments": 1, "links": 1, "files": 2, "times": 1, "watchers": 1, "remote": 1}


def update(**more: Any) -> JiraUpdate:
    return JiraUpdate.model_validate({"connectorRef": "x", "issueKey": "REL-1", **more})


def create(**more: Any) -> JiraCreate:
    spec = {"connectorRef": "x", "projectKey": "REL", "issueType": "Change", **more}
    return JiraCreate.model_validate({"fields": [{"name": "Summary", "value": "New"}], **spec})


def test_all_of_it_is_hung_on_an_issue(site: Site) -> None:
    outputs = update(**ALL).run(site.context)
    assert outputs["issue"]["key"] == "REL-1"  # type: ignore[index, call-overload] # a map
    assert site.counts() == ONE_EACH
    fields = site.read()["fields"]
    (comment,) = fields["comment"]["comments"]
    shown = "Go" if site.cloud else "*Go*"  # the sandbox's version 2 shows a document's words
    assert (comment["body"], comment["visibility"]["value"]) == (shown, "Administrators")
    (link,) = fields["issuelinks"]
    assert (link["type"]["name"], link["outwardIssue"]["key"]) == ("Blocks", "REL-2")
    assert {file["filename"] for file in fields["attachment"]} == {"a.txt", "b ü.txt"}
    assert fields["worklog"]["worklogs"][0]["timeSpentSeconds"] == 5400
    (remote,) = site.read("/remotelink")
    assert remote["globalId"] == "penstock:run-1/change/step"
    assert remote["object"] == {"url": RUN_URL, "title": "release run-1"}
    assert [user["displayName"] for user in site.read("/watchers")["watchers"]] == ["CAB Lead"]


def test_a_new_issue_gets_all_of_it(site: Site) -> None:
    assert create(**ALL).run(site.context)["issue"]["key"] == "REL-3"  # type: ignore[index, call-overload] # a map
    assert site.counts("REL-3") == ONE_EACH


LOST = [
    {"kind": "lose_reply"},
    {"kind": "truncate"},
    {"kind": "status", "status": 503, "commit": True},
    {"kind": "status", "status": 502},
    {"kind": "refuse_connection"},
    {"kind": "login_page", "commit": True},
    {"kind": "status", "status": 429, "headers": {"Retry-After": "2"}},
]
PLACES = ("/comment$", "/issueLink$", "/remotelink$", "/watchers$", "/attachments$", "/worklog$")


@pytest.mark.parametrize("lost", LOST, ids=lambda one: f"{one['kind']}-{one.get('status', '')}")
def test_nothing_is_doubled_whatever_becomes_of_an_answer(site: Site, lost: Any) -> None:
    if lost["kind"] == "truncate":  # an empty answer cannot be cut
        places = [place for place in PLACES if place not in ("/issueLink$", "/watchers$")]
    else:
        places = list(PLACES)
    for place in places:
        site.fault("POST", place, **lost)
    update(**ALL).run(site.context)
    assert site.counts() == ONE_EACH
    assert site.fired() == [1] * len(places)


@pytest.mark.parametrize(
    "where",
    ["comment", "link 1", "remote link", "watcher 1", "attachment b ü.txt", "worklog"],
)
def test_a_process_that_dies_after_a_write_doubles_nothing(site: Site, where: str) -> None:
    def die(name: str) -> None:
        if name == where:
            raise Crash

    site.effects.after = die
    with pytest.raises(Crash):
        update(**ALL).run(site.context)
    site.effects.after = lambda name: None
    site.clock.wait(60)
    update(**ALL).run(site.context)
    assert site.counts() == ONE_EACH


def test_another_file_of_the_same_name_and_size_is_no_earlier_try(site: Site) -> None:
    update(attachments="notes/a.txt").run(site.context)
    site.effects.kept.clear()
    site.fault("POST", "/attachments$", kind="status", status=502)
    update(attachments="notes/a.txt").run(site.context)
    assert site.counts()["files"] == 2


def test_a_file_that_changes_while_its_upload_is_in_doubt_is_not_sent_again(site: Site) -> None:
    def die(name: str) -> None:
        raise Crash

    site.effects.after = die
    site.fault("POST", "/attachments$", kind="delay", seconds=0)
    with pytest.raises(Crash):
        update(attachments="notes/a.txt").run(site.context)
    site.effects.after = lambda name: None
    (site.context.run.directory / "notes" / "a.txt").write_text("longer", encoding="utf-8")
    identifier = site.read()["fields"]["attachment"][0]["id"]
    assert update(attachments="notes/a.txt").run(site.context)
    assert site.effects.kept["attachment a.txt"] == {"id": identifier}
    assert site.counts()["files"] == 1


def test_an_upload_that_left_nothing_is_not_repeated_with_another_content(site: Site) -> None:
    step = update(attachments="notes/a.txt")
    site.effects.after = lambda name: (_ for _ in ()).throw(Crash)
    with pytest.raises(Crash):
        step.run(site.context)
    effect = site.effects.open["attachment a.txt"]
    before = [site.read()["fields"]["attachment"][0]["id"]]
    site.effects.open["attachment a.txt"] = replace(
        effect, intent={**effect.intent, "before": before}
    )
    (site.context.run.directory / "notes" / "a.txt").write_text("new", encoding="utf-8")
    with pytest.raises(StepFailed, match="has changed while nobody knew"):
        step.run(site.context)


def test_what_is_there_already_is_not_written_again(site: Site) -> None:
    step = update(links=ALL["links"], watchers="CAB Lead")
    step.run(site.context)
    before = site.writes()
    site.effects.kept.clear()
    step.run(site.context)
    assert site.writes() == before


@pytest.mark.parametrize(
    ("words", "side", "other"),
    [
        ("is blocked by", "inwardIssue", "REL-2"),
        ("Blocks", "outwardIssue", "REL-2"),
        ("relates to", "outwardIssue", "REL-2"),
    ],
)
def test_a_link_goes_the_way_its_words_say(site: Site, words: str, side: str, other: str) -> None:
    update(links=[{"type": words, "to": other}]).run(site.context)
    (link,) = site.read()["fields"]["issuelinks"]
    assert link[side]["key"] == other
    site.effects.kept.clear()
    update(links=[{"type": words, "to": other}]).run(site.context)
    assert site.counts()["links"] == 1


def test_a_remote_link_may_lead_elsewhere_and_needs_an_address(site: Site) -> None:
    elsewhere = {"title": "Build", "url": "https://build.example.com/7"}
    update(remoteLink=elsewhere).run(site.context)
    assert site.read("/remotelink")[0]["object"] == elsewhere
    nowhere = replace(site.context, run=replace(site.context.run, url="penstock:run/1"))
    update(remoteLink=True).run(replace(nowhere, path="change/other"))
    assert site.notes == ["this run has no address, so the issue gets no link to it"]
    assert site.counts()["remote"] == 1


WRONG = {
    "links": [{"type": "blokcs", "to": "REL-2"}, {"type": "blocks", "to": "REL-77"}],
    "watchers": ["nobody@example.com"],
    "worklog": {"timeSpent": "1h", "comment": "bell \a"},
    "comment": {"text": "bell \a"},
    "attachments": ["gone/*"],
    "remoteLink": {"title": "x" * 256, "url": RUN_URL},
}
TOLD = (
    "there is no one type of link 'blokcs'",
    "did you mean 'Blocks'?",
    "REL-77 does not exist, or the user cannot see it",
    "watchers: Found no jira users",
    "worklog: holds the control character",
    "comment: holds the control character",
    "attachments: 'gone/*' names no file in",
    "remoteLink.title: has 256 characters; Jira takes 255",
)


@pytest.mark.parametrize("kind", ["create", "update", "fields", "transition"])
def test_every_fault_is_told_before_anything_is_written(site: Site, kind: str) -> None:
    before = site.writes()
    step: Any = create(**WRONG) if kind == "create" else update(**WRONG)
    if kind == "fields":
        step = update(**WRONG, fields=[{"name": "Summary", "value": "Another"}])
    if kind == "transition":
        step = update(**WRONG, transitionTo={"status": "Pending Approval"})
    with pytest.raises(FieldsRefused) as refused:
        step.run(site.context)
    assert [words for words in TOLD if words not in str(refused.value)] == []
    assert site.writes() == before


def test_a_transition_that_cannot_be_made_leaves_nothing_behind(site: Site) -> None:
    before = site.writes()
    with pytest.raises(StepFailed, match="Invalid transition"):
        update(**ALL, transitionTo={"status": "Nowhere"}).run(site.context)
    assert site.writes() == before


def test_a_file_that_has_gone_is_told(site: Site) -> None:
    with pytest.raises(FieldsRefused, match="names no file in"):
        update(attachments="gone/*").run(site.context)
    site.effects.kept["comment"] = {"id": "1"}
    with pytest.raises(FieldsRefused, match="names no file in"):
        update(attachments="gone/*", comment={"text": "x"}).run(site.context)


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("/attachments$", "[]", "gave back no attachment"),
        ("/worklog$", "{}", "gave back no id"),
    ],
)
def test_an_answer_that_proves_nothing_is_looked_into(
    site: Site, path: str, body: str, told: str
) -> None:
    for _ in range(3):
        site.fault("POST", path, kind="status", status=200, body=body)
    with pytest.raises(StepFailed, match=rf"was sent 3 times, .*{told}"):
        update(attachments="notes/a.txt", worklog=ALL["worklog"]).run(site.context)


def test_a_list_is_changed_without_what_else_it_holds(site: Site) -> None:
    update(fields=[{"name": "Labels", "value": "a,b"}]).run(site.context)
    site.effects.kept.clear()
    changed = [{"name": "Labels", "add": "c", "remove": "a"}]
    site.fault("PUT", "/issue/REL-1$", kind="lose_reply")
    update(fields=changed).run(site.context)
    assert site.read()["fields"]["labels"] == ["b", "c"]
    before = site.writes()
    site.effects.kept.clear()
    update(fields=changed).run(site.context)
    assert site.writes() == before
    assert site.notes == ["REL-1 has these values already; nothing was sent"]


CLEARED = {
    "Description": "text",
    "Risk Level": "Low",
    "Affected Regions": "EU,US",
    "Story Points": "3",
    "Change Owner": "CAB Lead",
    "Location": "EU > Dublin",
    "Due date": "2026-03-10",
    "Labels": "a",
}


def test_a_field_is_cleared_by_null(site: Site) -> None:
    entries = [{"name": name, "value": value} for name, value in CLEARED.items()]
    update(fields=entries).run(site.context)
    site.effects.kept.clear()
    emptied = [{"name": name, "value": None} for name in CLEARED]
    issue: Any = update(fields=emptied).run(site.context)["issue"]
    named = {name.lower(): value for name, value in issue.items()}
    assert [name for name in CLEARED if named[name.lower()] not in (None, [])] == []
    assert site.notes == []


def test_raw_json_and_a_cascade_as_a_mapping_are_stored(site: Site) -> None:
    entries = [
        {"name": "Location", "value": {"value": "EU", "child": "Berlin"}},
        {"name": "Risk Level", "raw": {"value": "High"}},
        {"name": "Story Points", "raw": "2.5"},
    ]
    issue: Any = update(fields=entries).run(site.context)["issue"]
    assert (issue["Location"], issue["Risk Level"]) == ("EU > Berlin", "High")
    assert issue["Story Points"] == 2.5


def test_a_transition_is_named_by_its_id(site: Site) -> None:
    listed = site.read("/transitions")["transitions"]
    way = next(way for way in listed if way["to"]["name"] == "Pending Approval")
    moved: Any = update(transitionTo={"id": int(way["id"])}).run(site.context)["issue"]
    assert moved["Status"] == "Pending Approval"
    with pytest.raises(ValidationError, match="id stands beside transitionName"):
        update(transitionTo={"id": "1", "transitionName": "x"})


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (
            {"comment": {"text": "a"}, "fields": [{"name": "Comment", "value": "b"}]},
            "comment stands beside the field Comment",
        ),
        ({"worklog": {"timeSpent": "two hours"}}, "is no time; write it as 2h 30m"),
        ({"remoteLink": {"url": "javascript:x"}}, "must begin with http:// or https://"),
        ({"comment": {"text": "a", "visibility": {"type": "user", "value": "x"}}}, "role"),
        ({"links": [{"type": "blocks", "to": "rel"}]}, "issueKey must be a key"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_document(spec: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(words)):
        update(**spec)


def test_a_plan_shows_every_request() -> None:
    lines = update(**{**ALL, "remoteLink": {"url": "https://x.example.com"}}).preview()
    path = "/rest/api/2/issue/REL-1"
    assert lines == (
        f"POST {path}/comment  for the role Administrators",
        "  **Go**",
        "POST /rest/api/2/issueLink  blocks REL-2",
        f"POST {path}/remotelink  to https://x.example.com",
        f"POST {path}/watchers  CAB Lead",
        f"POST {path}/attachments  notes/*.txt",
        f"POST {path}/worklog  1h 30m",
    )
    shown = create(comment={"text": "x"}, remoteLink=True).preview()
    assert shown[2:] == (
        "POST /rest/api/2/issue/(its key)/comment",
        "  x",
        "POST /rest/api/2/issue/(its key)/remotelink  to this run",
    )


def test_files_are_found_by_path_and_pattern(tmp_path: Path) -> None:
    for name in ("a/x.log", "b/x.log", "y [1].log"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x", encoding="utf-8")
    assert files_of(["y [1].log", "**/y*.log"], tmp_path) == [tmp_path / "y [1].log"]
    assert files_of([str(tmp_path / "a" / "*")], Path("elsewhere")) == [tmp_path / "a" / "x.log"]
    with pytest.raises(FieldFault, match="have one name; rename one"):
        files_of(["*/x.log"], tmp_path)
    with pytest.raises(FieldFault, match="names no file"):
        files_of(["a"], tmp_path)


def test_a_file_that_jira_would_not_take_is_told(site: Site) -> None:
    directory = site.context.run.directory
    with (directory / "large.bin").open("wb") as file:
        file.truncate(10 * 1024 * 1024 + 1)
    (directory / "bell\a.txt").write_text("x", encoding="utf-8")
    for name, words in (
        ("large.bin", "10,485,761 bytes; 10 MiB is the most"),
        ("bell*", "is no name that Jira keeps"),
    ):
        with pytest.raises(FieldsRefused, match=words):
            update(attachments=name).run(site.context)
