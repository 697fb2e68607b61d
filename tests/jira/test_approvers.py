"""``approvers``, ``holdFor`` and ``allowExisting``: who may approve, how long, since when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from penstock.testing import FakeClock
from penstock.verdict import Verdict, VerdictStatus
from penstock.watch import Snapshot, Unavailable, Watch
from penstock_jira.approval import JiraApproval
from penstock_jira.connector import JiraConnector

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OPENED = NOW - timedelta(hours=1)
BEFORE, AFTER = OPENED - timedelta(minutes=5), OPENED + timedelta(minutes=5)
ANN = {"accountId": "5b1", "displayName": "Ann Ray", "emailAddress": "Ann@example.com"}
BOB = {"key": "JIRAUSER7", "name": "bob", "displayName": "Bob"}
WAITING, APPROVED = VerdictStatus.WAITING, VerdictStatus.APPROVED


def condition(key: str) -> dict[str, Any]:
    return {"key": key, "operator": "equals", "value": "yes"}


def gate(*names: str, any_: bool = False, **more: Any) -> JiraApproval:
    conditions = [condition(name) for name in names or ("CAB",)]
    spec = {"matchAnyCondition": any_, "conditions": conditions}
    criteria = {"type": "KeyValues", "spec": spec}
    base = {"connectorRef": "x", "issueKey": "REL-8", "approvalCriteria": criteria}
    return JiraApproval.model_validate({**base, **more})


def seen(*changes: tuple[str, datetime | None, Any], at: datetime = NOW, **more: Any) -> Snapshot:
    """Return an issue whose fields say yes, each since and by whom it says."""
    dated = [change for change in changes if change[1] is not None]
    content: dict[str, Any] = {
        "key": "REL-8",
        "id": "10001",
        "project": "REL",
        "issuetype": "Change",
        "opened": OPENED.isoformat(),
        "known": {},
        "fields": {
            name: {"id": name, "type": "option", "items": "", "value": {"value": "yes"}}
            for name, _, _ in changes
        },
        "since": {
            name: {"at": moment.isoformat(), "by": who.get("displayName")}
            for name, moment, who in dated
            if moment is not None
        },
        "people": {name: who for name, _, who in dated},
    }
    return Snapshot(at, {**content, **more})


def judged(approvers: Any, *changes: Any, **more: Any) -> Verdict:
    names = [name for name, _, _ in changes]
    return gate(*names, approvers=approvers).judge(seen(*changes, **more))


@pytest.mark.parametrize(
    ("approvers", "who", "status", "reason"),
    [
        ({"users": ["5b1"]}, ANN, APPROVED, "CAB is"),
        ({"users": ["ann@EXAMPLE.com"]}, ANN, APPROVED, "CAB is"),
        ({"users": ["BOB"]}, BOB, APPROVED, "CAB is"),
        ({"users": ["JIRAUSER7"]}, BOB, APPROVED, "CAB is"),
        ({"users": ["Ann Ray"]}, ANN, WAITING, "Ann Ray (5b1) is not among the approvers"),
        ({"users": ["5B1"]}, ANN, WAITING, "is not among the approvers"),
        ({"users": ["bob"]}, ANN, WAITING, "is not among the approvers"),
        ({"users": ["bob"]}, {}, WAITING, "Jira does not say who changed CAB equals"),
        ({"groups": ["cab"]}, {**ANN, "groups": ["x", "cab"]}, APPROVED, "CAB is"),
        ({"groups": ["cab"]}, {**ANN, "groups": ["CAB"]}, WAITING, "not among the approvers"),
        ({"groups": ["cab"]}, {**ANN, "groups": []}, WAITING, "not among the approvers"),
        ({"groups": ["cab"]}, ANN, WAITING, "the groups of Ann Ray (5b1) are not known"),
        ({"groups": ["cab"]}, {**ANN, "groups_fault": "no right"}, WAITING, "no right"),
        ({"groups": ["cab"], "users": ["5b1"]}, ANN, APPROVED, "CAB is"),
        ({"minimumCount": 1}, ANN, APPROVED, "CAB is"),
        (
            {"notInitiator": True},
            {**ANN, "is_us": False, "is_initiator": False},
            APPROVED,
            "CAB is",
        ),
        (
            {"notInitiator": True, "users": ["5b1"]},
            {**ANN, "is_us": False, "is_initiator": True},
            WAITING,
            "Ann Ray (5b1) started the run",
        ),
        (
            {"notInitiator": True},
            {**ANN, "is_us": True, "is_initiator": False},
            WAITING,
            "Ann Ray (5b1) is the connector's own user",
        ),
        (
            {"notInitiator": True},
            {**ANN, "is_us": False, "initiator": "root"},
            WAITING,
            "the run was started by root, whom Jira does not know; set PENSTOCK_USER",
        ),
    ],
)
def test_an_approval_counts_if_it_is_of_somebody_who_may(
    approvers: Any, who: Any, status: VerdictStatus, reason: str
) -> None:
    verdict = judged(approvers, ("CAB", AFTER, who))
    assert verdict.status is status
    assert reason in verdict.reason


ANY_ONE = {"minimumCount": 1}


def test_an_approval_from_before_the_gate_is_nobodys() -> None:
    verdict = judged(ANY_ONE, ("CAB", BEFORE, ANN))
    assert (
        verdict.reason
        == 'CAB is "yes" (by Ann Ray), but nobody has approved since it opened: anybody'
    )


def test_what_has_no_history_is_nobodys() -> None:
    assert judged(ANY_ONE, ("CAB", None, {})).status is WAITING


def test_without_the_gates_opening_nothing_is_known() -> None:
    verdict = judged(ANY_ONE, ("CAB", AFTER, ANN), opened=None)
    assert "nobody knows when the gate opened" in verdict.reason


def test_a_clock_of_jiras_that_is_ahead_makes_no_old_approval_new() -> None:
    assert judged(ANY_ONE, ("CAB", AFTER, ANN), skew=3600.0).status is WAITING
    assert judged(ANY_ONE, ("CAB", BEFORE, ANN), skew=-3600.0).status is APPROVED


def test_every_change_since_the_gate_opened_must_be_of_somebody_who_may() -> None:
    verdict = judged({"users": ["5b1"]}, ("CAB", AFTER, BOB), ("Security", AFTER, ANN))
    assert verdict.reason.endswith("but Bob (JIRAUSER7) is not among the approvers")
    verdict = judged({"users": ["5b1"]}, ("CAB", BEFORE, BOB), ("Security", AFTER, ANN))
    assert verdict.status is APPROVED


def test_where_one_condition_is_enough_only_those_count_that_are_by_right() -> None:
    made = gate("CAB", "Security", any_=True, approvers={"users": ["5b1"]})
    both = made.judge(seen(("CAB", AFTER, BOB), ("Security", AFTER, ANN)))
    assert both.status is APPROVED
    wrong = made.judge(seen(("CAB", AFTER, BOB)))
    assert "Bob (JIRAUSER7) is not among the approvers" in wrong.reason


def test_two_approvers_are_two_people() -> None:
    two = {"minimumCount": 2}
    verdict = judged(two, ("CAB", AFTER, ANN), ("Security", AFTER, ANN))
    assert verdict.status is WAITING
    assert "but 1 more must approve: anybody (2 people)" in verdict.reason
    assert judged(two, ("CAB", AFTER, ANN), ("Security", AFTER, BOB)).status is APPROVED


def test_two_people_of_one_name_at_one_instant_must_both_be_approvers() -> None:
    twin = {**BOB, "displayName": "Ann Ray"}
    verdict = judged({"users": ["5b1"]}, ("CAB", AFTER, ANN), ("Security", AFTER, twin))
    assert verdict.status is WAITING


def test_an_expression_is_judged_by_who_changed_its_fields_too() -> None:
    text = {"type": "Jexl", "spec": {"expression": '!(<+issue.CAB> == "no")'}}
    made = gate(approvalCriteria=text, approvers={"users": ["bob"]})
    assert made.judge(seen(("CAB", AFTER, ANN))).status is WAITING
    assert made.judge(seen(("CAB", AFTER, BOB))).status is APPROVED


def test_the_tree_says_who_may_and_who_did() -> None:
    tree = judged({"users": ["5b1"], "groups": ["cab"]}, ("CAB", AFTER, ANN)).approval
    assert tree is not None
    assert [part.truth for part in tree.parts] == [True, True]
    own = tree.parts[1]
    assert (own.label, own.expected, own.actual) == (
        "approved by those who may",
        "5b1 or group cab",
        "Ann Ray (5b1)",
    )


def test_criteria_that_do_not_hold_are_what_a_gate_waits_for() -> None:
    made = gate(approvers=ANY_ONE, holdFor="10m", allowExisting=False)
    verdict = made.judge(seen())
    assert verdict.reason == 'CAB is not on this issue, needs "yes"'
    assert verdict.approval is not None
    assert [part.truth for part in verdict.approval.parts] == [None, False, False, False]


def test_rejection_needs_no_approver() -> None:
    reject = {"type": "KeyValues", "spec": {"conditions": [condition("Stop")]}}
    made = gate(rejectionCriteria=reject, approvers={"users": ["5b1"]})
    verdict = made.judge(seen(("CAB", AFTER, ANN), ("Stop", AFTER, BOB)))
    assert verdict.status is VerdictStatus.REJECTED


@pytest.mark.parametrize(
    ("approvers", "words"),
    [
        ({}, "approvers says nothing"),
        ({"minimumCount": 0}, "greater than or equal to 1"),
        ({"users": ["a", "A"], "minimumCount": 2}, "minimumCount is 2, and users names 1"),
        ({"minimumCount": 2}, "approvalCriteria look at CAB only"),
        ({"user": ["a"]}, "Extra inputs"),
    ],
)
def test_approvers_that_could_never_approve_are_refused(approvers: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        gate(approvers=approvers)


def test_the_plan_shows_the_keys_that_are_penstocks_own() -> None:
    approvers = {"groups": ["cab"], "notInitiator": True, "minimumCount": 1}
    made = gate(approvers=approvers, holdFor="10m", allowExisting=False)
    assert made.preview()[3:] == (
        "  approvers: group cab, but not who started the run",
        "  must hold for 10m",
        "  must be approved after the gate opened",
    )


# How long it must have been so.


@pytest.mark.parametrize(
    ("changed", "status"),
    [(NOW - timedelta(minutes=9), WAITING), (NOW - timedelta(minutes=10), APPROVED)],
)
def test_an_approval_must_have_held_since_jiras_last_change(
    changed: datetime, status: VerdictStatus
) -> None:
    verdict = gate(holdFor="10m").judge(seen(("CAB", changed, ANN)))
    assert verdict.status is status
    if status is WAITING:
        assert "but it must stay so until 2026-03-02T09:01:00+00:00" in verdict.reason
    else:
        assert verdict.decided == NOW


def test_without_a_history_an_approval_has_held_since_the_first_look() -> None:
    made = gate(holdFor="10m")
    first = made.judge(seen(("CAB", None, {})))
    assert first.status is WAITING
    assert first.outputs["approved_since"] == NOW.isoformat()
    for minutes, status in ((9, WAITING), (10, APPROVED)):
        later = NOW + timedelta(minutes=minutes)
        verdict = made.judge(seen(("CAB", None, {}), at=later, known=first.outputs))
        assert verdict.status is status


def test_an_approval_that_went_away_between_two_looks_begins_anew() -> None:
    made = gate("CAB", "Security", holdFor="10m")
    known = {"approved_since": (NOW - timedelta(hours=1)).isoformat()}
    changed = NOW - timedelta(minutes=1)
    verdict = made.judge(seen(("CAB", changed, ANN), ("Security", None, {}), known=known))
    assert verdict.status is WAITING


def test_a_negated_expression_holds_since_its_last_change() -> None:
    text = {"type": "Jexl", "spec": {"expression": '!(<+issue.CAB> == "no")'}}
    made = gate(approvalCriteria=text, holdFor="10m")
    assert made.judge(seen(("CAB", NOW - timedelta(minutes=10), ANN))).status is APPROVED


def test_a_hold_that_looks_the_same_is_the_same() -> None:
    made = gate(holdFor="10m")
    changed = NOW - timedelta(minutes=5)
    one, two = (
        made.judge(seen(("CAB", changed, ANN), at=NOW + timedelta(minutes=minutes)))
        for minutes in (0, 1)
    )
    assert replace(one, evidence={}) == replace(two, evidence={})


# What was approved before the gate.


@pytest.mark.parametrize(
    ("moment", "status", "why"),
    [
        (AFTER, APPROVED, ""),
        (BEFORE, WAITING, "it was so before the gate opened, since 2026-03-02T07:55:00+00:00"),
        (None, WAITING, "Jira's history does not say since when it is so"),
    ],
)
def test_an_older_approval_counts_unless_it_is_told_not_to(
    moment: datetime | None, status: VerdictStatus, why: str
) -> None:
    found = seen(("CAB", moment, ANN))
    assert gate().judge(found).status is APPROVED
    verdict = gate(allowExisting=False).judge(found)
    assert verdict.status is status
    assert why in verdict.reason


def test_an_approval_is_dated_by_our_own_clock() -> None:
    verdict = gate().judge(seen(("CAB", AFTER, ANN), skew=60.0))
    assert verdict.decided == AFTER - timedelta(minutes=1)
    assert verdict.outputs["approved_at"] == AFTER.isoformat()


# What a look finds out.

CAB = {"id": "customfield_1", "name": "CAB", "schema": {"type": "option"}}
USER = "/rest/api/2/user"


def observed(jira: Any, connector: JiraConnector, who: Any, approvers: Any, **more: Any) -> Any:
    """Return what is known of *who* after a look at an issue that they have changed."""
    moment = more.pop("moment", AFTER)
    item = {"fieldId": "customfield_1", "field": "CAB"}
    history = {"created": moment.isoformat(), "author": who, "items": [item]}
    jira.answer("GET", "/rest/api/2/field", [CAB])
    jira.answer(
        "GET",
        "/rest/api/2/issue/REL-8",
        {
            "id": "10001",
            "key": "REL-8",
            "fields": {"customfield_1": {"value": "yes"}},
            "changelog": {"histories": [history]},
        },
    )
    made = gate(approvers=approvers)
    watch = Watch("account.jira", "REL-8", ("CAB",), asks=made.asks(), opened=OPENED, user="maria")
    (look,) = connector.look([watch])
    return look.content["people"]["CAB"] if isinstance(look, Snapshot) else look


@pytest.fixture
def cloud(jira: Any) -> Any:
    jira.cloud()
    jira.answer("GET", "/rest/api/2/myself", {"accountId": "9", "displayName": "Bot"})
    return jira


def test_people_are_not_looked_up_where_nothing_asks_for_them(
    cloud: Any, connector: JiraConnector
) -> None:
    assert observed(cloud, connector, ANN, {"users": ["5b1"]}) == ANN
    assert cloud.sent("GET", "/user") == []
    assert cloud.sent("GET", "/myself") == []


def test_groups_are_asked_for_on_cloud_by_account_id(cloud: Any, connector: JiraConnector) -> None:
    groups = {"groups": {"size": 1, "items": [{"name": "cab"}]}}
    cloud.answer("GET", f"{USER}?accountId=5b1&expand=groups", groups)
    assert observed(cloud, connector, ANN, {"groups": ["cab"]})["groups"] == ["cab"]


@pytest.mark.parametrize(
    ("who", "asked"), [(BOB, "username=bob"), ({"key": "JIRAUSER7"}, "key=JIRAUSER7")]
)
def test_groups_are_asked_for_on_data_center_by_name_or_key(
    jira: Any, connector: JiraConnector, who: Any, asked: str
) -> None:
    jira.cloud(cloud=False)
    jira.answer("GET", f"{USER}?{asked}&expand=groups", {"groups": {"items": [{"name": "cab"}]}})
    assert observed(jira, connector, who, {"groups": ["cab"]})["groups"] == ["cab"]


def test_groups_that_may_not_be_read_are_a_reason_to_wait(
    cloud: Any, connector: JiraConnector
) -> None:
    cloud.answer("GET", USER, {"errorMessages": ["no right"]}, 403)
    found = observed(cloud, connector, ANN, {"groups": ["cab"]})
    assert "list the groups of Ann Ray (403): no right" in found["groups_fault"]


def test_groups_are_asked_for_once_in_ten_minutes(
    cloud: Any, connector: JiraConnector, clock: FakeClock
) -> None:
    cloud.answer("GET", f"{USER}?accountId=5b1&expand=groups", {"groups": {"items": []}})
    for seconds in (0, 599, 1):
        clock.advance(seconds)
        assert observed(cloud, connector, ANN, {"groups": ["cab"]})["groups"] == []
    assert len(cloud.sent("GET", "/user")) == 2


def test_groups_that_cannot_be_read_now_are_no_look(cloud: Any, connector: JiraConnector) -> None:
    cloud.answer("GET", USER, None, 503)
    assert isinstance(observed(cloud, connector, ANN, {"groups": ["cab"]}), Unavailable)


def test_changes_from_before_the_gate_are_not_looked_into(
    cloud: Any, connector: JiraConnector
) -> None:
    assert observed(cloud, connector, ANN, {"groups": ["cab"]}, moment=BEFORE) == ANN
    assert cloud.sent("GET", "/user") == []


SEARCH = "/rest/api/2/user/search"


@pytest.mark.parametrize(
    ("who", "hits", "found"),
    [
        ({**ANN, "accountId": "9"}, [], {"is_us": True}),
        ({**ANN, "emailAddress": "Maria@example.com"}, [], {"is_initiator": True}),
        ({**ANN, "displayName": "maria"}, [], {"is_initiator": True}),
        (ANN, [{"accountId": "5b1", "displayName": "maria"}], {"is_initiator": True}),
        (ANN, [{"accountId": "7", "displayName": "Maria"}], {"initiator": "maria"}),
        (ANN, [{"accountId": "7", "displayName": "maria"}], {"is_initiator": False}),
        (ANN, [], {"initiator": "maria"}),
    ],
)
def test_who_started_the_run_is_found_in_jira(
    *, cloud: Any, connector: JiraConnector, who: Any, hits: Any, found: Any
) -> None:
    cloud.answer("GET", SEARCH, hits)
    told = observed(cloud, connector, who, {"notInitiator": True})
    assert told | found == told


def test_somebody_without_an_identity_stays_unknown(cloud: Any, connector: JiraConnector) -> None:
    nobody = {"displayName": "Former user"}
    assert observed(cloud, connector, nobody, {"notInitiator": True}) == nobody


def test_a_clock_that_is_a_little_off_is_taken_for_the_same(
    cloud: Any, connector: JiraConnector, clock: FakeClock
) -> None:
    cloud.answer("GET", "/rest/api/2/field", [CAB])
    for date, skew in (
        ("Mon, 02 Mar 2026 09:00:04 GMT", None),
        ("Mon, 02 Mar 2026 09:01:00 GMT", 60.0),
        ("Mon, 02 Mar 2026 08:59:00 -0000", -60.0),
        ("yesterday", None),
    ):
        issue = {"id": "1", "key": "REL-8", "fields": {}}
        cloud.answer("GET", "/rest/api/2/issue/REL-8", issue, headers={"Date": date})
        (look,) = connector.look([Watch("account.jira", "REL-8")])
        assert isinstance(look, Snapshot)
        assert look.content.get("skew") == skew


@pytest.mark.parametrize(
    ("date", "skew"),
    [
        ("Mon, 02 Mar 2026 09:00:00 GMT", None),
        ("Mon, 02 Mar 2026 09:00:20 GMT", None),
        ("Mon, 02 Mar 2026 09:01:30 GMT", 60.0),
        ("Mon, 02 Mar 2026 08:59:00 GMT", -60.0),
    ],
)
def test_an_answer_that_took_its_time_is_no_clock_that_is_off(
    cloud: Any, connector: JiraConnector, clock: FakeClock, date: str, skew: float | None
) -> None:
    def slowly(request: Any, context: Any) -> dict[str, Any]:
        clock.advance(30)
        return {"id": "1", "key": "REL-8", "fields": {}}

    cloud.answer("GET", "/rest/api/2/field", [CAB])
    cloud.answer("GET", "/rest/api/2/issue/REL-8", slowly, headers={"Date": date})
    (look,) = connector.look([Watch("account.jira", "REL-8")])
    assert isinstance(look, Snapshot)
    assert look.content.get("skew") == skew
