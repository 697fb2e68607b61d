"""One issue whatever happens, on both flavours: what is proof of it, and what was made twice."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests

from penstock.connector import Binding
from penstock.errors import OutcomeUnknown, StepExpired
from penstock.json_types import Json
from penstock.run.effects import effect_of
from penstock.sandbox import SandboxOptions
from penstock.step import RunFacts, StepContext
from penstock.testing import FakeClock
from penstock_jira.connector import JiraConnector
from penstock_jira.create import JiraCreate
from penstock_jira.observe import SITES
from penstock_jira.sandbox import JiraSandbox

LABEL = "penstock-create-mark"
MARK = {"marker": LABEL, "run": "run-1", "path": "change/open"}
ISSUE = "/rest/api/2/issue"


class Crash(Exception):
    """The process dies here."""


class Site:
    """A sandbox with the issue REL-1, and a step's context whose effects outlive a crash."""

    def __init__(self, flavour: str, effects: Any, resolver: Any) -> None:
        self.clock = FakeClock()
        self.sandbox = JiraSandbox(SandboxOptions(flavour=flavour, clock=self.clock))
        self.sandbox.start()
        made = self.sandbox.stand_in(None).bind(Binding("account.jira", clock=self.clock))
        assert isinstance(made, JiraConnector)
        self.connector = made.model_copy(update={"settle_time": 120.0})
        self.notes: list[str] = []
        self.effects = effects(self.clock, self.notes.append)
        now = self.clock.now()
        facts = RunFacts("run-1", "release", now, "https://ci.example.com/1", "ann")
        self.context = StepContext(
            facts,
            "change/open",
            1,
            now + timedelta(hours=1),
            self.clock,
            self.effects,
            resolver(self.connector),
            self.notes.append,
        )
        self.make("Somebody's", user="cab-lead", label="other")

    def make(
        self, summary: str, *, mark: Json = None, user: str = "release-bot", label: str = LABEL
    ) -> str:
        """Create an issue with the label, and with our property if *mark* is given."""
        properties = [{"key": "penstock", "value": mark}] if mark else []
        fields = {
            "project": {"key": "REL"},
            "issuetype": {"name": "Change"},
            "summary": summary,
            "labels": [label],
        }
        answer = requests.post(
            f"{self.sandbox.url}{ISSUE}",
            json={"fields": fields, "properties": properties},
            auth=(user, "sandbox-token"),
            timeout=5,
        )
        assert answer.ok, answer.text
        key: str = answer.json()["key"]
        return key

    def fault(self, method: str, path: str, times: int | None = 1, **played: Any) -> None:
        planned: dict[str, Any] = {"match": {"method": method, "path": path}, "fault": played}
        planned |= {"times": times} if times else {}
        answer = requests.post(f"{self.sandbox.url}/sandbox/faults", json=planned, timeout=5)
        assert answer.ok, answer.text

    def lose(self, times: int | None = 1) -> None:
        """Let the next create requests come to nothing, and nobody know."""
        self.fault("POST", f"{ISSUE}$", times, kind="status", status=502)

    def lag(self) -> None:
        self.fault("POST", "/search", None, kind="index_lag", seconds=3600)

    def run(self, **more: Any) -> Mapping[str, Any]:
        return create(**more).run(self.context)  # type: ignore[no-any-return] # JSON

    def read(self, key: str) -> Any:
        return self.connector.client().get(f"{ISSUE}/{key}", what="read")

    def creates(self) -> int:
        """Return how many requests to create an issue the sandbox carried out."""
        ledger = requests.get(f"{self.sandbox.url}/sandbox/ledger", timeout=5).json()
        return sum(entry["path"] == ISSUE and entry["status"] == 201 for entry in ledger) - 1

    def crash(self, **more: Any) -> None:
        """Let the process die after the create request, before its answer is journalled."""

        def die(name: str) -> None:
            raise Crash

        self.effects.after = die
        with pytest.raises(Crash):
            self.run(**more)
        self.effects.after = lambda name: None

    def look_again(self) -> None:
        record = self.effects.written["create"]
        create().look_again(self.context, effect_of(record, in_doubt=True), record.result)

    def comments(self, key: str) -> list[str]:
        return [item["body"] for item in self.read(key)["fields"]["comment"]["comments"]]

    def links(self, key: str) -> list[tuple[str, str]]:
        """Return the words and the other end of each link."""
        found = []
        for link in self.read(key)["fields"]["issuelinks"]:
            way = "outward" if "outwardIssue" in link else "inward"
            found.append((link["type"][way], link[f"{way}Issue"]["key"]))
        return found


def create(**more: Any) -> JiraCreate:
    spec = {"connectorRef": "x", "projectKey": "REL", "issueType": "Change", **more}
    return JiraCreate.model_validate({"fields": [{"name": "Summary", "value": "New"}], **spec})


@pytest.fixture(params=["cloud", "data-center"])
def site(request: Any, memory_effects: Any, one_connector: Any) -> Iterator[Site]:
    made = Site(request.param, memory_effects, one_connector)
    url = made.sandbox.url
    yield made
    made.sandbox.stop()
    SITES.forget(url)


TAKEN = "REL-2 was created by an earlier try, and is taken over"
COPY = "{} has this step's label, but not its mark, or another creator: a copy"


@pytest.mark.parametrize("lagging", [False, True])
def test_what_an_earlier_life_created_is_found_at_once(site: Site, lagging: bool) -> None:
    if lagging:
        site.lag()
    site.crash()
    assert site.run()["issue"]["key"] == "REL-2"
    assert (site.creates(), site.notes, site.clock.monotonic()) == (1, [TAKEN], 0)


@pytest.mark.parametrize(
    ("mark", "user"), [(None, "cab-lead"), (None, "release-bot"), (MARK, "cab-lead")]
)
def test_a_clone_that_carries_the_label_is_not_taken_over(
    site: Site, mark: Json, user: str
) -> None:
    site.crash()
    site.make("Clone of it", mark=mark, user=user)
    assert site.run()["issue"]["key"] == "REL-2"
    assert site.notes == [f"{COPY.format('REL-3')}, which is left alone", TAKEN]


def test_a_clone_of_what_is_gone_is_neither_taken_over_nor_reason_to_create_again(
    site: Site,
) -> None:
    site.crash()
    site.make("Clone of it", user="cab-lead")
    site.connector.client().send("DELETE", f"{ISSUE}/REL-2", None, what="delete")
    with pytest.raises(OutcomeUnknown) as told:
        site.run()
    assert str(told.value) == (
        f"{COPY.format('REL-3')}, of an issue that was created and is not to be found; find out "
        "where the original is before you run this again"
    )
    assert site.creates() == 2  # the clone among them
    assert site.clock.monotonic() == 0


def test_what_was_sent_with_other_fields_is_taken_over_with_a_word(site: Site) -> None:
    site.crash()
    record = site.effects.open["create"]
    site.effects.open["create"] = replace(record, intent={**record.intent, "body": "other"})
    assert site.run()["issue"]["key"] == "REL-2"
    told = "REL-2 was sent other fields than this step began with; see them"
    assert site.notes == [TAKEN, told]


def test_a_lost_request_is_sent_again_after_the_settle_time(site: Site) -> None:
    site.lose()
    assert site.run()["issue"]["key"] == "REL-2"
    assert (site.creates(), site.clock.monotonic()) == (1, 120)
    assert site.notes == [
        "nobody knows yet whether 'create' has happened; it is looked for for up to 2m"
    ]


def test_three_requests_are_sent_at_most(site: Site) -> None:
    site.lose(None)
    for _ in range(2):
        with pytest.raises(OutcomeUnknown, match="it was sent 3 times, and nothing of it"):
            site.run()
    ledger = requests.get(f"{site.sandbox.url}/sandbox/ledger", timeout=5).json()
    assert sum(entry["path"] == ISSUE for entry in ledger) == 1 + 3


def test_a_step_that_shall_not_send_again_fails_and_says_how_to_look(site: Site) -> None:
    site.lose()
    for _ in range(2):
        with pytest.raises(OutcomeUnknown) as told:
            site.run(onUnknown="fail")
        assert told.value.message.startswith(
            "nobody knows whether the write 'create' has happened: it was sent once, and nothing "
            "of it is to be seen"
        )
        assert told.value.hint == (
            f'look in Jira with labels = "{LABEL}" before you run this again'
        )
    assert site.creates() == 0
    assert site.clock.monotonic() == 120


def test_a_step_that_shall_not_send_again_takes_over_what_is_found(site: Site) -> None:
    site.fault("POST", f"{ISSUE}$", kind="lose_reply")
    assert site.run(onUnknown="fail")["issue"]["key"] == "REL-2"


def test_a_step_without_the_time_to_be_certain_expires_and_can_be_taken_up_again(
    site: Site,
) -> None:
    site.lose()
    site.effects._deadline = site.clock.now() + timedelta(seconds=30)
    with pytest.raises(StepExpired, match="certain only 2m after it was sent; look in Jira with"):
        site.run()
    site.effects._deadline = site.clock.now() + timedelta(hours=1)
    assert site.run()["issue"]["key"] == "REL-2"
    assert (site.creates(), site.clock.monotonic()) == (1, 120)


def test_one_issue_is_no_duplicate(site: Site) -> None:
    site.crash()
    site.run()
    site.notes.clear()
    site.look_again()
    assert (site.notes, site.comments("REL-2")) == ([], [])


@pytest.mark.parametrize("lagging", [False, True])
def test_a_second_issue_is_told_of_and_linked_and_never_deleted(site: Site, lagging: bool) -> None:
    site.crash()
    site.run()
    site.notes.clear()
    site.make("The same, late", mark=MARK)
    if lagging:
        site.lag()
    for _ in range(2):
        site.look_again()
    told = (
        "REL-3 is a duplicate of REL-2: a request that was given up was carried out late; "
        "nothing was deleted"
    )
    assert site.notes == [told, told]
    assert site.comments("REL-3") == [
        "This issue is a duplicate of REL-2: the step change/open of release (run run-1) created "
        "both, since a request that was given up was carried out late."
    ]
    assert site.links("REL-3") == [("duplicates", "REL-2")]
    assert site.comments("REL-2") == []


def test_the_oldest_is_kept_also_where_the_run_goes_on_with_a_younger_one(site: Site) -> None:
    site.crash()
    site.run()
    record = site.effects.written["create"]
    site.make("The same, late", mark=MARK)
    site.effects.written["create"] = replace(record, result={"id": "10002", "key": "REL-3"})
    site.look_again()
    assert "; this run goes on with REL-3; nothing was deleted" in site.notes[-1]
    assert site.comments("REL-3")[0].endswith("late; this run goes on with REL-3.")


def test_what_a_failed_step_created_after_all_is_told(site: Site) -> None:
    site.lose()
    with pytest.raises(OutcomeUnknown):
        site.run(onUnknown="fail")
    site.notes.clear()
    site.make("Late", mark=MARK)
    site.look_again()
    assert site.notes == ["REL-2 was created after all, though this step has failed; see to it"]


def test_a_duplicate_that_may_not_be_commented_on_is_told_of_all_the_same(site: Site) -> None:
    site.crash()
    site.run()
    site.make("The same, late", mark=MARK)
    site.fault("POST", "/comment$", kind="status", status=403, body='{"errorMessages": ["no"]}')
    site.look_again()
    assert site.notes[-1].startswith("REL-3 itself does not tell whose duplicate it is: Jira ref")


def test_a_jira_without_links_for_duplicates_gets_the_comment_alone(site: Site) -> None:
    site.crash()
    site.run()
    site.make("The same, late", mark=MARK)
    site.fault("GET", "/issueLinkType", kind="status", status=200, body='{"issueLinkTypes": []}')
    site.look_again()
    assert site.notes[-1].startswith("REL-3 is not linked to REL-2: links: there is no one type")
    assert (len(site.comments("REL-3")), site.links("REL-3")) == (1, [])


def test_a_sandbox_needs_little_time_unless_the_connector_says_otherwise(site: Site) -> None:
    spec = {"jiraUrl": "https://jira.example.com", "username": "x", "passwordRef": "account.x"}
    for more, seconds in (({}, 2.0), ({"settleTime": "5m"}, 300.0)):
        connector = JiraConnector.model_validate({**spec, **more})
        made = site.sandbox.stand_in(connector)
        assert isinstance(made, JiraConnector) and made.settle_time == seconds
    assert JiraConnector.model_validate(spec).settle_time == 120.0
    plain = site.sandbox.stand_in(None)
    assert isinstance(plain, JiraConnector) and plain.settle_time == 2.0
