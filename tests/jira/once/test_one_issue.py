"""One issue whatever happens, on both flavours: what is proof of it, and what was made twice."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests

from penstock.errors import OutcomeUnknown, StepExpired
from penstock.json_types import Json
from penstock_jira.connector import JiraConnector

LABEL = "penstock-create-mark"
MARK = {"marker": LABEL, "run": "run-1", "path": "change/open"}
ISSUE = "/rest/api/2/issue"
TAKEN = "REL-2 was created by an earlier try, and is taken over"
COPY = "{} has this step's label, but not its mark, or another creator: a copy"


@pytest.mark.parametrize("lagging", [False, True])
def test_what_an_earlier_life_created_is_found_at_once(site: Any, lagging: bool) -> None:
    if lagging:
        site.lag()
    site.crash()
    assert site.run()["issue"]["key"] == "REL-2"
    assert (site.creates(), site.notes, site.clock.monotonic()) == (1, [TAKEN], 0)


@pytest.mark.parametrize(
    ("mark", "user"), [(None, "cab-lead"), (None, "release-bot"), (MARK, "cab-lead")]
)
def test_a_clone_that_carries_the_label_is_not_taken_over(site: Any, mark: Json, user: str) -> None:
    site.crash()
    site.make("Clone of it", mark=mark, user=user)
    assert site.run()["issue"]["key"] == "REL-2"
    assert site.notes == [f"{COPY.format('REL-3')}, which is left alone", TAKEN]


def test_a_clone_of_what_is_gone_is_neither_taken_over_nor_reason_to_create_again(
    site: Any,
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


def test_what_was_sent_with_other_fields_is_taken_over_with_a_word(site: Any) -> None:
    site.crash()
    record = site.effects.open["create"]
    site.effects.open["create"] = replace(record, intent={**record.intent, "body": "other"})
    assert site.run()["issue"]["key"] == "REL-2"
    told = "REL-2 was sent other fields than this step began with; see them"
    assert site.notes == [TAKEN, told]


def test_a_lost_request_is_sent_again_after_the_settle_time(site: Any) -> None:
    site.lose()
    assert site.run()["issue"]["key"] == "REL-2"
    assert (site.creates(), site.clock.monotonic()) == (1, 120)
    assert site.notes == [
        "nobody knows yet whether 'create' has happened; it is looked for for up to 2m"
    ]


def test_three_requests_are_sent_at_most(site: Any) -> None:
    site.lose(None)
    for _ in range(2):
        with pytest.raises(OutcomeUnknown, match="it was sent 3 times, and nothing of it"):
            site.run()
    ledger = requests.get(f"{site.sandbox.url}/sandbox/ledger", timeout=5).json()
    assert sum(entry["path"] == ISSUE for entry in ledger) == 1 + 3


def test_a_step_that_shall_not_send_again_fails_and_says_how_to_look(site: Any) -> None:
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


def test_a_step_that_shall_not_send_again_takes_over_what_is_found(site: Any) -> None:
    site.fault("POST", f"{ISSUE}$", kind="lose_reply")
    assert site.run(onUnknown="fail")["issue"]["key"] == "REL-2"


def test_a_step_without_the_time_to_be_certain_expires_and_can_be_taken_up_again(
    site: Any,
) -> None:
    site.lose()
    site.effects._deadline = site.clock.now() + timedelta(seconds=30)
    with pytest.raises(StepExpired, match="certain only 2m after it was sent; look in Jira with"):
        site.run()
    site.effects._deadline = site.clock.now() + timedelta(hours=1)
    assert site.run()["issue"]["key"] == "REL-2"
    assert (site.creates(), site.clock.monotonic()) == (1, 120)


def test_one_issue_is_no_duplicate(site: Any) -> None:
    site.crash()
    site.run()
    site.notes.clear()
    site.look_again()
    assert (site.notes, site.comments("REL-2")) == ([], [])


@pytest.mark.parametrize("lagging", [False, True])
def test_a_second_issue_is_told_of_and_linked_and_never_deleted(site: Any, lagging: bool) -> None:
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


def test_the_oldest_is_kept_also_where_the_run_goes_on_with_a_younger_one(site: Any) -> None:
    site.crash()
    site.run()
    record = site.effects.written["create"]
    site.make("The same, late", mark=MARK)
    site.effects.written["create"] = replace(record, result={"id": "10002", "key": "REL-3"})
    site.look_again()
    assert "; this run goes on with REL-3; nothing was deleted" in site.notes[-1]
    assert site.comments("REL-3")[0].endswith("late; this run goes on with REL-3.")


def test_what_a_failed_step_created_after_all_is_told(site: Any) -> None:
    site.lose()
    with pytest.raises(OutcomeUnknown):
        site.run(onUnknown="fail")
    site.notes.clear()
    site.make("Late", mark=MARK)
    site.look_again()
    assert site.notes == ["REL-2 was created after all, though this step has failed; see to it"]


def test_a_duplicate_that_may_not_be_commented_on_is_told_of_all_the_same(site: Any) -> None:
    site.crash()
    site.run()
    site.make("The same, late", mark=MARK)
    site.fault("POST", "/comment$", kind="status", status=403, body='{"errorMessages": ["no"]}')
    site.look_again()
    assert site.notes[-1].startswith("REL-3 itself does not tell whose duplicate it is: Jira ref")


def test_a_jira_without_links_for_duplicates_gets_the_comment_alone(site: Any) -> None:
    site.crash()
    site.run()
    site.make("The same, late", mark=MARK)
    site.fault("GET", "/issueLinkType", kind="status", status=200, body='{"issueLinkTypes": []}')
    site.look_again()
    assert site.notes[-1].startswith("REL-3 is not linked to REL-2: links: there is no one type")
    assert (len(site.comments("REL-3")), site.links("REL-3")) == (1, [])


def test_a_sandbox_needs_little_time_unless_the_connector_says_otherwise(site: Any) -> None:
    spec = {"jiraUrl": "https://jira.example.com", "username": "x", "passwordRef": "account.x"}
    for more, seconds in (({}, 2.0), ({"settleTime": "5m"}, 300.0)):
        connector = JiraConnector.model_validate({**spec, **more})
        made = site.sandbox.stand_in(connector)
        assert isinstance(made, JiraConnector) and made.settle_time == seconds
    assert JiraConnector.model_validate(spec).settle_time == 120.0
    plain = site.sandbox.stand_in(None)
    assert isinstance(plain, JiraConnector) and plain.settle_time == 2.0
