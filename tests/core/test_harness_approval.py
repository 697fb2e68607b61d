"""The step ``HarnessApproval``: who may answer, what is asked of them, and what follows."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from penstock.errors import Refused, StepFailed
from penstock.step import RunFacts
from penstock.testing import FakeClock
from penstock.validation import sentences_of
from penstock.verdict import VerdictStatus
from penstock.watch import Answer, Snapshot
from penstock_core import penstock_step_types
from penstock_core.auto_approval import Deadline
from penstock_core.harness_approval import HarnessApproval

CLOCK = FakeClock()
NOW = CLOCK.now()
GROUPS = "groups: {cab: [maria, eve], account.ops: [lead@example.com, ann]}\n"
SCHEDULED = {"time": "2026-03-02 10:30 AM", "timeZone": "Europe/Berlin"}  # 09:30 UTC


def spec(minimum=1, more=None, **approvers):
    approvers = {"userGroups": ["cab", "account.ops"], "minimumCount": minimum, **approvers}
    return {"approvers": approvers, **(more or {})}


def gate(minimum=1, more=None, **approvers):
    return HarnessApproval.model_validate(spec(minimum, more, **approvers))


@pytest.fixture
def facts(tmp_path):
    (tmp_path / "groups.yaml").write_text(GROUPS)
    return RunFacts("r1", "demo", NOW, "", "ann", tmp_path)


def answer(user="maria", action="approve", after=0, **more):
    return Answer(user, action, NOW + timedelta(seconds=after), **more)


def seen(*answers, after=60, starter="ann"):
    content = {
        "opened": NOW.isoformat(),
        "user": starter,
        "answers": [item.to_json() for item in answers],
    }
    return Snapshot(NOW + timedelta(seconds=after), content)


def counted(user, action="approve", after=0, **more):
    return answer(user, action, after, groups=("cab",), **more)


# Who may answer.


@pytest.mark.parametrize(
    ("user", "email", "groups"),
    [
        ("maria", "", ("cab",)),
        ("MARIA", "", ("cab",)),
        ("lead@example.com", "", ("account.ops",)),
        ("x", "Lead@Example.com", ("account.ops",)),
        ("robot", "", ("service account",)),
    ],
)
def test_people_of_the_groups_and_service_accounts_may_answer(facts, user, email, groups):
    step = gate(serviceAccounts=["robot"])
    kept = step.answered(answer(user, email=email, comment="ok"), (), facts)
    assert kept == answer(user, email=email, comment="ok", groups=groups)


@pytest.mark.parametrize("action", ["approve", "reject"])
def test_nobody_else_may_answer(facts, action):
    with pytest.raises(Refused, match=r"^bob may not answer: only cab, account\.ops, robot may$"):
        gate(serviceAccounts=["robot"]).answered(answer("bob", action), (), facts)


@pytest.mark.parametrize(
    ("approvers", "user", "why"),
    [
        ({"disallowPipelineExecutor": True}, "Ann", "who started the run may not"),
        ({"disallowedUserEmails": ["LEAD@example.com"]}, "lead@example.com", "names them"),
        ({"disallowedUserEmails": "eve, maria"}, "maria", "names them"),
    ],
)
def test_some_may_reject_but_not_approve(facts, approvers, user, why):
    step = gate(**approvers)
    with pytest.raises(Refused, match=f"{user} may not approve: .*{why}"):
        step.answered(answer(user), (), facts)
    assert step.answered(answer(user, "reject"), (), facts).action == "reject"


def test_who_started_the_run_may_approve_where_nothing_forbids_it(facts):
    assert gate().answered(answer("ann"), (), facts).groups == ("account.ops",)


# What is asked of them.

INPUTS = [
    {"name": "window", "required": True, "selectOneFrom": ["day", "night"], "description": "When"},
    {"name": "regions", "selectManyFrom": ["EU", "US", "APAC"], "defaultValue": "EU"},
    {"name": "ticket", "regex": "[A-Z]+-[0-9]+"},
    {"name": "risk", "allowedValues": ["low", "high"], "defaultValue": "low"},
]


@pytest.mark.parametrize(
    ("given", "more"),
    [
        ({"window": "day"}, {}),
        ({"window": "night", "regions": "EU, US"}, {"regions": "EU, US"}),
        ({"window": "day", "ticket": "OPS-7", "risk": "high"}, {"ticket": "OPS-7", "risk": "high"}),
        ({"window": "day", "regions": ""}, {"regions": ""}),
    ],
)
def test_inputs_are_taken_with_their_defaults(facts, given, more):
    kept = gate(more={"approverInputs": INPUTS}).answered(answer(inputs=given), (), facts)
    defaults = {"regions": "EU", "ticket": "", "risk": "low"}
    assert kept.inputs == {"window": given["window"], **defaults, **more}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "-i window=… (When): it must be given"),
        ({"window": ""}, "-i window=… (When): it must be given"),
        ({"window": "noon"}, "-i window=… (When): it must be one of day, night"),
        ({"window": "day", "regions": "EU,Mars"}, "it must be some of EU, US, APAC, with commas"),
        ({"window": "day", "ticket": "ops-7 "}, "-i ticket=…: it does not match [A-Z]+-[0-9]+"),
        ({"window": "day", "risk": "low,high"}, "-i risk=…: it must be one of low, high"),
        ({"window": "day", "wndow": "x"}, "no approver input 'wndow'; did you mean 'window'?"),
    ],
)
def test_inputs_that_will_not_do_are_refused(facts, given, message):
    with pytest.raises(Refused) as caught:
        gate(more={"approverInputs": INPUTS}).answered(answer(inputs=given), (), facts)
    assert message in str(caught.value)


def test_all_that_is_wrong_with_inputs_is_told_at_once(facts):
    given = {"risk": "none", "more": "x"}
    with pytest.raises(Refused) as caught:
        gate(more={"approverInputs": INPUTS}).answered(answer(inputs=given), (), facts)
    assert len(caught.value.faults) == 3


def test_who_rejects_is_asked_for_nothing(facts):
    step = gate(more={"approverInputs": INPUTS})
    assert step.answered(answer(action="reject"), (), facts).inputs == {}


def test_an_input_that_nobody_asks_for_says_so(facts):
    with pytest.raises(Refused, match="there is no approver input 'x'; it asks for none"):
        gate().answered(answer(inputs={"x": "y"}), (), facts)


# What follows.


def test_too_few_approvals_wait_and_say_how_many():
    verdict = gate(2).judge(seen(counted("maria")))
    assert verdict.status is VerdictStatus.WAITING
    assert verdict.reason == "1 (maria) of 2 approvals"
    assert verdict.approval.truth is False
    assert (verdict.approval.expected, verdict.approval.actual) == ("2", "1 (maria)")
    assert verdict.again is None
    nobody = gate(2).judge(seen())
    assert (nobody.reason, nobody.outputs) == ("0 of 2 approvals", {})


def test_enough_approvals_approve_as_of_the_one_that_made_it():
    said = [counted("maria", after=1), counted("eve", after=5), counted("lead", after=9)]
    verdict = gate(2).judge(seen(*said))
    assert verdict.status is VerdictStatus.APPROVED
    assert verdict.reason == "maria, eve, lead approved"
    assert verdict.decided == NOW + timedelta(seconds=5)


def test_one_rejection_rejects_whatever_the_others_say():
    said = [counted("maria"), counted("eve", "reject", 7, comment="not now"), counted("lead")]
    verdict = gate(2).judge(seen(*said))
    assert verdict.status is VerdictStatus.REJECTED
    assert verdict.reason == "eve has rejected it: not now"
    assert verdict.decided == NOW + timedelta(seconds=7)
    assert gate().judge(seen(counted("eve", "reject"))).reason == "eve has rejected it"


def test_an_answer_that_may_not_be_given_does_not_count_even_if_it_was_kept():
    step = gate(disallowPipelineExecutor=True, disallowedUserEmails=["eve"])
    barred = [answer("bob"), counted("ann"), counted("eve")]
    assert step.judge(seen(*barred)).status is VerdictStatus.WAITING
    assert step.judge(seen(*barred, counted("maria"))).status is VerdictStatus.APPROVED
    assert step.judge(seen(answer("bob", "reject"))).status is VerdictStatus.WAITING


def test_later_steps_may_read_who_it_was_and_what_they_gave():
    said = [
        counted("maria", after=1, email="m@x", comment="ok", inputs={"a": "1", "b": "2"}),
        counted("eve", after=2, inputs={"a": "3"}),
    ]
    assert gate(2).judge(seen(*said)).outputs == {
        "output": {
            "approvalActivities": [
                {
                    "action": "APPROVE",
                    "user": {"name": "maria", "email": "m@x"},
                    "comments": "ok",
                    "at": (NOW + timedelta(seconds=1)).isoformat(),
                },
                {
                    "action": "APPROVE",
                    "user": {"name": "eve", "email": ""},
                    "comments": "",
                    "at": (NOW + timedelta(seconds=2)).isoformat(),
                },
            ],
            "approverInputs": {"a": "3", "b": "2"},
        }
    }


# By itself.


def automatic(**more):
    inputs = [{"name": "window", "defaultValue": "night"}]
    auto = {"action": "APPROVE", "scheduledDeadline": SCHEDULED, **more}
    return gate(2, {"autoApproval": auto, "approverInputs": inputs})


def test_it_approves_by_itself_at_its_instant_and_not_before():
    step = automatic(comments="as agreed")
    before = step.judge(seen(counted("maria"), after=30 * 60 - 1))
    due = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    assert (before.status, before.again) == (VerdictStatus.WAITING, due)
    verdict = step.judge(seen(counted("maria"), after=40 * 60))
    assert (verdict.status, verdict.decided) == (VerdictStatus.APPROVED, due)
    assert verdict.reason == "approved by itself, as scheduled for 2026-03-02 09:30 UTC"
    first, own = verdict.outputs["output"]["approvalActivities"]
    assert first["user"]["name"] == "maria"
    assert (own["user"]["name"], own["comments"]) == ("autoApproval", "as agreed")
    assert verdict.outputs["output"]["approverInputs"] == {"window": "night"}


def test_a_rejection_before_is_a_rejection():
    verdict = automatic().judge(seen(counted("maria", "reject"), after=40 * 60))
    assert verdict.status is VerdictStatus.REJECTED


@pytest.mark.parametrize(
    ("time", "zone", "at"),
    [
        ("2026-12-24 06:30 PM", "UTC", "2026-12-24T18:30"),
        ("2026-12-24 12:05 AM", "UTC", "2026-12-24T00:05"),
        ("2026-12-24 12:05 pm", "UTC", "2026-12-24T12:05"),
        ("2026-12-24 18:30", "Europe/Berlin", "2026-12-24T17:30"),
        ("2026-12-24T18:30", "Asia/Kolkata", "2026-12-24T13:00"),
        ("2026-10-25 02:30", "Europe/Berlin", "2026-10-25T00:30"),  # twice: the first
    ],
)
def test_a_time_is_read_by_the_clock_of_its_zone(time, zone, at):
    deadline = Deadline.model_validate({"time": time, "timeZone": zone})
    assert deadline.at == datetime.fromisoformat(at).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("time", "zone", "message"),
    [
        ("tomorrow", "UTC", "'tomorrow' is no time; write it like '2026-12-24 06:30 PM'"),
        ("2026-13-24 06:30 PM", "UTC", "month must be in 1..12"),
        ("2026-12-24 13:30 PM", "UTC", "with AM and PM hours are 1 to 12"),
        ("2026-12-24 00:30 AM", "UTC", "with AM and PM hours are 1 to 12"),
        ("2026-12-24 18:30", "Mars/Base", "must be a time zone of the tz database"),
        ("2026-12-24 18:30", "../etc/passwd", "must be a time zone of the tz database"),
    ],
)
def test_what_is_no_time_is_refused(time, zone, message):
    with pytest.raises(ValidationError) as caught:
        Deadline.model_validate({"time": time, "timeZone": zone})
    assert message in str(caught.value)


# Beginning to wait.


def test_it_tells_what_it_is_about_and_how_to_approve(desk, facts):
    desk.clock = FakeClock()
    watch = gate(more={"approvalMessage": "Deploy?\nSee the plan.\n"}).watch(desk.context())
    assert (watch.connector, watch.key) == ("", "approval by cab, account.ops")
    assert desk.notes == [
        "Deploy?",
        "See the plan.",
        "approve with: penstock approve r1 stage/step",
    ]


def test_a_group_that_nobody_knows_fails_it_at_once(desk):
    with pytest.raises(StepFailed, match=r"nobody knows who is in cab, account\.ops"):
        gate().watch(desk.context())


def test_an_instant_that_has_passed_fails_it_at_once(desk, facts):
    desk.clock = FakeClock(datetime(2026, 3, 2, 9, 30, tzinfo=UTC))
    with pytest.raises(StepFailed, match="scheduled for 2026-03-02 09:30 UTC, which has passed"):
        automatic().watch(desk.context())


def test_an_instant_after_its_time_is_told(desk, facts):
    desk.clock = FakeClock()
    automatic().watch(desk.context(60))
    assert desk.notes[0] == (
        "autoApproval (2026-03-02 09:30 UTC) comes after the step's time is over"
    )
    desk.notes.clear()
    automatic().watch(desk.context(3600))
    assert len(desk.notes) == 1


@pytest.mark.parametrize(
    ("more", "approvers", "sentence"),
    [
        ({}, {"userGroups": []}, "`approvers` needs userGroups or serviceAccounts"),
        ({}, {"minimumCount": 0}, "`minimumCount` must be at least 1"),
        ({"isAutoRejectEnabled": True}, {}, "`isAutoRejectEnabled` must be false: a run does not"),
        (
            {"approverInputs": [{"name": "a"}, {"name": "a"}]},
            {},
            "`approverInputs` has 'a' 2 times",
        ),
        ({"approverInputs": [{"name": "a", "regex": "("}]}, {}, ""),
        ({"autoApproval": {"action": "REJECT", "scheduledDeadline": SCHEDULED}}, {}, "`action` mu"),
    ],
)
def test_what_cannot_be_is_refused_with_words(more, approvers, sentence):
    with pytest.raises(ValidationError) as caught:
        gate(1, more, **approvers)
    told = sentences_of(caught.value, spec(1, more, **approvers), model=HarnessApproval)
    assert told[0].startswith(sentence)


def test_what_harness_writes_besides_is_taken():
    gate(
        more={
            "includePipelineExecutionHistory": True,
            "isAutoRejectEnabled": False,
            "callbackId": "x",
            "approverInputs": [],
        }
    )


def test_a_plan_says_who_is_asked():
    assert gate(2).preview() == ("waits for 2 of cab, account.ops to approve",)
    assert automatic().preview()[1] == "approves by itself at 2026-03-02 09:30 UTC"


def test_the_plugin_provides_the_step():
    assert HarnessApproval in penstock_step_types()
