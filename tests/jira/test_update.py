"""``JiraUpdate``: fields, a comment and a transition; nothing is written if any part cannot be."""

from typing import Any

import pytest
from pydantic import ValidationError

from penstock.errors import OutcomeUnknown, StepFailed
from penstock.step import Headline, StepContext
from penstock.testing import FakeClock
from penstock_jira.difference import has_already, has_times
from penstock_jira.errors import FieldsRefused, JiraRefused
from penstock_jira.update import JiraUpdate

ISSUE = "/rest/api/2/issue/REL-1"
EDIT, COMMENT, MOVE = ISSUE, f"{ISSUE}/comment", f"{ISSUE}/transitions"
RISK = {
    "name": "Risk Level",
    "schema": {"type": "option"},
    "allowedValues": [{"id": "1", "value": "Low"}, {"id": "2", "value": "High"}],
}
RESOLUTION = {
    "name": "Resolution",
    "required": True,
    "schema": {"type": "resolution"},
    "allowedValues": [{"id": "9", "name": "Done"}, {"id": "8", "name": "Won't Do"}],
}
SUMMARY = {"name": "Summary", "schema": {"type": "string"}}


def way(number: str, name: str, to: str, status: str, **screen: Any) -> dict[str, Any]:
    return {"id": number, "name": name, "to": {"id": status, "name": to}, "fields": screen}


COMPLETE = way("41", "Complete", "Done", "5", resolution=RESOLUTION)
CANCEL = way("51", "Cancel", "Cancelled", "6")


class Desk:
    """A Jira with the issue REL-1 in Deploying."""

    def __init__(self, jira: Any) -> None:
        self.jira = jira
        self.fields: dict[str, Any] = {
            "summary": "Release",
            "status": {"id": "4", "name": "Deploying"},
            "customfield_10010": {"id": "1", "value": "Low"},
            "resolution": None,
        }
        names = {"resolution": "Resolution", "summary": "Summary"}
        read = {"id": "10001", "key": "REL-1", "names": names, "fields": self.fields}
        jira.mocker.get(f"https://jira.example.com{ISSUE}", json=lambda *_: read)
        self.edit({"summary": SUMMARY, "customfield_10010": RISK})
        self.ways(COMPLETE, CANCEL)
        jira.cloud()
        for method, path, status in (("PUT", EDIT, 204), ("POST", MOVE, 204)):
            jira.answer(method, path, None, status)
        jira.answer("POST", COMMENT, {"id": "500"}, 201)

    def edit(self, fields: Any) -> None:
        self.jira.answer("GET", f"{ISSUE}/editmeta", {"fields": fields})

    def ways(self, *ways: Any) -> None:
        self.jira.answer("GET", MOVE, {"transitions": list(ways)})

    def becomes(self, **fields: Any) -> None:
        self.fields.update(fields)


@pytest.fixture
def desk(jira: Any) -> Desk:
    return Desk(jira)


def step(**more: Any) -> JiraUpdate:
    return JiraUpdate.model_validate({"connectorRef": "jira", "issueKey": "REL-1", **more})


def fields(**values: Any) -> list[dict[str, Any]]:
    return [{"name": name.replace("_", " "), "value": value} for name, value in values.items()]


def to(status: str = "", name: str | None = None) -> dict[str, Any]:
    return {"status": status, "transitionName": name}


def test_fields_comment_and_transition_are_written_in_this_order(
    desk: Desk, context: StepContext
) -> None:
    changed = fields(Risk_Level="High", Resolution="Done", Comment="Done now")
    outputs = step(fields=changed, transitionTo=to("done", "")).run(context)
    assert desk.jira.writes == [("PUT", EDIT), ("POST", COMMENT), ("POST", MOVE)]
    assert desk.jira.sent("PUT") == [{"fields": {"customfield_10010": {"id": "2"}}}]
    assert desk.jira.sent("POST", "/transitions") == [
        {"transition": {"id": "41"}, "fields": {"resolution": {"id": "9"}}}
    ]
    assert outputs["issue"]["key"] == "REL-1"
    assert set(outputs) == set(JiraUpdate.output_names)
    assert step().headline(outputs) == Headline("REL-1", "https://jira.example.com/browse/REL-1")


def test_a_step_without_a_change_only_reads(desk: Desk, context: StepContext) -> None:
    for empty in (step(), step(fields=[], transitionTo=to("", ""))):
        assert empty.run(context)["issue"]["key"] == "REL-1"
    assert desk.jira.writes == []


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (
            to("Approved"),
            "Invalid transition to status: Approved: REL-1 is 'Deploying', and from there only "
            "Complete → Done, Cancel → Cancelled are possible",
        ),
        (to("Canceled"), "did you mean 'Cancelled'?"),
        (to("Done", "Finish"), "Invalid transition [Finish] to status Done"),
        (to("", "Complet"), "Invalid transition [Complet]: REL-1 is"),
        (to("Done"), "Required fields {Resolution} for the transition Complete → Done of REL-1"),
    ],
)
def test_a_transition_that_cannot_be_made_leaves_everything_as_it_was(
    desk: Desk, context: StepContext, wanted: Any, words: str
) -> None:
    with pytest.raises(StepFailed) as told:
        step(fields=fields(Risk_Level="High", Comment="x"), transitionTo=wanted).run(context)
    assert words in str(told.value)
    assert desk.jira.writes == []


@pytest.mark.parametrize("given", [fields(Comment="x"), []])
def test_it_is_found_out_before_a_comment_and_before_the_transition(
    desk: Desk, context: StepContext, given: Any
) -> None:
    with pytest.raises(StepFailed, match="Invalid transition to status: Approved"):
        step(fields=given, transitionTo=to("Approved")).run(context)
    assert desk.jira.writes == []


def test_a_comment_that_cannot_be_stored_keeps_everything_back(
    desk: Desk, context: StepContext
) -> None:
    with pytest.raises(FieldsRefused, match="Comment: holds the control character"):
        step(fields=fields(Comment="a\x00", Summary="New")).run(context)
    assert desk.jira.writes == []


def test_an_issue_without_a_way_on_is_told(desk: Desk, context: StepContext) -> None:
    desk.ways({**CANCEL, "isAvailable": False})
    with pytest.raises(StepFailed, match=r"there is no way on from there; check the workflow"):
        step(transitionTo=to("Cancelled")).run(context)


def test_one_way_on_is_told_in_the_singular(desk: Desk, context: StepContext) -> None:
    desk.ways(CANCEL)
    with pytest.raises(StepFailed, match=r"only Cancel → Cancelled is possible$"):
        step(transitionTo=to("Xyz")).run(context)


@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        (to("CANCELLED"), "51"),
        (to("6"), "51"),
        (to("Cancelled", "Cancel"), "51"),
        (to("", "cancel "), "51"),
        (to("", "51"), "51"),
        ({"status": "Cancelled"}, "51"),
        ({"transitionName": "Cancel"}, "51"),
    ],
)
def test_a_transition_is_meant_by_status_name_or_id(
    desk: Desk, context: StepContext, wanted: Any, number: str
) -> None:
    step(transitionTo=wanted).run(context)
    assert desk.jira.sent("POST", "/transitions") == [{"transition": {"id": number}}]


def test_an_issue_that_is_there_already_is_left_alone(
    desk: Desk, context: StepContext, notes: list[str]
) -> None:
    step(transitionTo=to("deploying")).run(context)
    assert desk.jira.writes == []
    assert notes == ["REL-1 is Deploying already; nothing was sent"]


QUICK = way("42", "Quick close", "Done", "5")


def test_of_several_transitions_the_one_whose_screen_takes_the_fields_is_made(
    desk: Desk, context: StepContext
) -> None:
    desk.ways(QUICK, COMPLETE)
    step(fields=fields(Resolution="Done"), transitionTo=to("Done")).run(context)
    (sent,) = desk.jira.sent("POST", "/transitions")
    assert sent["transition"] == {"id": "41"}


def test_of_several_transitions_the_one_that_asks_for_nothing_is_made(
    desk: Desk, context: StepContext
) -> None:
    desk.ways(QUICK, COMPLETE)
    step(transitionTo=to("Done")).run(context)
    (sent,) = desk.jira.sent("POST", "/transitions")
    assert sent["transition"] == {"id": "42"}


@pytest.mark.parametrize("ways", [(QUICK, {**QUICK, "id": "43"}), (COMPLETE, COMPLETE)])
def test_several_transitions_that_fit_alike_are_listed(
    desk: Desk, context: StepContext, ways: Any
) -> None:
    desk.ways(*ways)
    with pytest.raises(StepFailed, match=r"2 transitions of REL-1 lead there: .*\(4\d\), .*write"):
        step(transitionTo=to("Done")).run(context)


def test_a_required_field_that_the_issue_has_need_not_be_given(
    desk: Desk, context: StepContext
) -> None:
    desk.becomes(resolution={"id": "9", "name": "Done"})
    step(transitionTo=to("Done")).run(context)
    assert desk.jira.sent("POST", "/transitions") == [{"transition": {"id": "41"}}]


def test_a_field_on_no_screen_is_told_with_both(desk: Desk, context: StepContext) -> None:
    with pytest.raises(
        FieldsRefused, match=r"not on the edit screen of REL-1 nor on the screen of Cancel; Sum"
    ):
        step(fields=fields(Sumary="x"), transitionTo=to("Cancelled")).run(context)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (fields(Status="Done"), "Status: is no field; write transitionTo with the status"),
        (fields(Project="OPS"), "Project: cannot be changed by an update"),
        (fields(Resolution="Done"), "Fields {Resolution} are invalid"),
    ],
)
def test_what_an_edit_cannot_set_is_told_with_advice(
    desk: Desk, context: StepContext, given: Any, words: str
) -> None:
    with pytest.raises(FieldsRefused) as told:
        step(fields=given).run(context)
    assert words in str(told.value)


def test_the_issue_type_may_be_changed(desk: Desk, context: StepContext) -> None:
    kinds = {"type": "issuetype"}
    desk.edit(
        {
            "issuetype": {
                "name": "Issue Type",
                "schema": kinds,
                "allowedValues": [{"id": "10", "name": "Change"}, {"id": "11", "name": "Task"}],
            }
        }
    )
    step(fields=fields(Issue_Type="Task")).run(context)
    assert desk.jira.sent("PUT") == [{"fields": {"issuetype": {"id": "11"}}}]


def test_an_edit_that_changes_nothing_is_not_sent(
    desk: Desk, context: StepContext, notes: list[str]
) -> None:
    step(fields=fields(Risk_Level="Low", Summary="Release")).run(context)
    assert desk.jira.writes == []
    assert notes == ["REL-1 has these values already; nothing was sent"]


def test_only_the_fields_that_differ_are_sent(desk: Desk, context: StepContext) -> None:
    step(fields=fields(Risk_Level="Low", Summary="New")).run(context)
    assert desk.jira.sent("PUT") == [{"fields": {"summary": "New"}}]


def test_an_edit_of_empty_values_sends_nothing(
    desk: Desk, context: StepContext, notes: list[str]
) -> None:
    step(fields=fields(Summary="")).run(context)
    assert desk.jira.writes == []
    assert notes == ["Summary is empty and is not sent"]


def test_an_arrived_issue_that_has_the_resolution_is_left_alone(
    desk: Desk, context: StepContext, notes: list[str]
) -> None:
    desk.becomes(resolution={"id": "9", "name": "Done"}, status={"id": "5", "name": "Done"})
    step(fields=fields(Resolution="Done"), transitionTo=to("Done")).run(context)
    assert desk.jira.writes == []
    assert notes[0] == "Resolution is Done already"


def test_an_arrived_issue_with_another_resolution_is_told(desk: Desk, context: StepContext) -> None:
    desk.becomes(resolution={"id": "8", "name": "Won't Do"}, status={"id": "5", "name": "Done"})
    with pytest.raises(FieldsRefused, match=r"Fields \{Resolution\} are invalid"):
        step(fields=fields(Resolution="Done"), transitionTo=to("Done")).run(context)


def test_an_arrived_issue_may_still_be_edited(desk: Desk, context: StepContext) -> None:
    step(fields=fields(Summary="New"), transitionTo=to("Deploying")).run(context)
    assert desk.jira.writes == [("PUT", EDIT)]


def test_jiras_words_about_a_field_get_its_name(desk: Desk, context: StepContext) -> None:
    desk.jira.answer("PUT", EDIT, {"errors": {"customfield_10010": "not you"}}, 400)
    with pytest.raises(JiraRefused, match=r"Risk Level \(customfield_10010\): not you\. Allowed"):
        step(fields=fields(Risk_Level="High")).run(context)


def test_jiras_words_about_a_transition_get_the_fields_name(
    desk: Desk, context: StepContext
) -> None:
    desk.jira.answer("POST", MOVE, {"errors": {"resolution": "required"}}, 400)
    with pytest.raises(JiraRefused, match=r"move REL-1 to Done \(400\): Resolution: required"):
        step(fields=fields(Resolution="Done"), transitionTo=to("Done")).run(context)


@pytest.mark.parametrize("conflicts", [1, 2])
def test_a_conflict_is_tried_again(
    desk: Desk, context: StepContext, clock: FakeClock, conflicts: int
) -> None:
    busy = {"status_code": 409, "json": {"errorMessages": ["conflict"]}}
    desk.jira.in_turn("POST", MOVE, *[busy] * conflicts, {"status_code": 204})
    step(transitionTo=to("Cancelled")).run(context)
    assert clock.monotonic() == conflicts


@pytest.mark.parametrize("path", [MOVE, EDIT])
def test_after_a_conflict_it_is_decided_again(desk: Desk, context: StepContext, path: str) -> None:
    def conflict(request: Any, answer: Any) -> Any:
        desk.becomes(status={"id": "3", "name": "Cancelled"}, summary="New")
        answer.status_code = 409
        return {"errorMessages": ["conflict"]}

    method = "POST" if path == MOVE else "PUT"
    more = {"transitionTo": to("Cancelled")} if path == MOVE else {"fields": fields(Summary="New")}
    desk.jira.mocker.register_uri(method, f"https://jira.example.com{path}", json=conflict)
    step(**more).run(context)
    assert desk.jira.writes == [(method, path)]


def test_a_conflict_that_stays_is_told(desk: Desk, context: StepContext) -> None:
    desk.jira.answer("POST", MOVE, {"errorMessages": ["conflict"]}, 409)
    with pytest.raises(JiraRefused, match="conflict"):
        step(transitionTo=to("Cancelled")).run(context)
    assert len(desk.jira.writes) == 3


def test_an_edit_whose_answer_was_lost_is_looked_for(desk: Desk, context: StepContext) -> None:
    def lost(request: Any, answer: Any) -> str:
        desk.becomes(summary="New")
        answer.status_code = 504
        return ""

    desk.jira.mocker.put(f"https://jira.example.com{EDIT}", text=lost)
    step(fields=fields(Summary="New")).run(context)
    assert desk.jira.writes == [("PUT", EDIT)]


def test_an_edit_that_was_lost_on_its_way_is_sent_again(desk: Desk, context: StepContext) -> None:
    desk.jira.in_turn("PUT", EDIT, {"status_code": 502}, {"status_code": 204})
    step(fields=fields(Summary="New")).run(context)
    assert desk.jira.writes == [("PUT", EDIT)] * 2


def test_a_transition_whose_answer_was_lost_is_looked_for(desk: Desk, context: StepContext) -> None:
    def lost(request: Any, answer: Any) -> str:
        desk.becomes(status={"id": "6", "name": "Cancelled"})
        answer.status_code = 504
        return ""

    desk.jira.mocker.post(f"https://jira.example.com{MOVE}", text=lost)
    step(transitionTo=to("", "Cancel")).run(context)
    assert desk.jira.writes == [("POST", MOVE)]


def test_a_transition_that_was_lost_on_its_way_is_sent_again(
    desk: Desk, context: StepContext
) -> None:
    desk.jira.answer("POST", MOVE, None, 502)
    with pytest.raises(OutcomeUnknown):
        step(transitionTo=to("Cancelled")).run(context)
    assert len(desk.jira.writes) == 3


class CrashError(Exception):
    """The process dies here."""


@pytest.mark.parametrize("name", ["fields", "comment", "transition"])
def test_a_crash_after_any_write_repeats_none(
    desk: Desk, context: StepContext, effects: Any, name: str
) -> None:
    def crash(done: str) -> None:
        desk.becomes(**({"summary": "New"} if done == "fields" else {}))
        if done == "transition":
            desk.becomes(status={"id": "6", "name": "Cancelled"})
            desk.ways()
            desk.edit({})
        if done == name:
            raise CrashError

    comment = {
        "id": "500",
        "body": "x",
        "properties": [{"key": "penstock", "value": {"marker": "penstock-comment-mark"}}],
    }
    desk.jira.answer("GET", COMMENT, {"comments": [comment]})
    asked = step(fields=fields(Summary="New", Comment="x"), transitionTo=to("", "Cancel"))
    effects.after = crash
    with pytest.raises(CrashError):
        asked.run(context)
    name = "none"
    asked.run(context)
    assert desk.jira.writes == [("PUT", EDIT), ("POST", COMMENT), ("POST", MOVE)]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("rel-1", "not 'rel-1'; write 'REL-1'"),
        ("../../rest/api/2/user", "issueKey must be a key such as REL-12"),
        ("", "issueKey can't be empty"),
        (None, "issueKey can't be empty"),
        ("REL-0", "issueKey must be a key"),
    ],
)
def test_an_issue_key_that_is_none_is_refused(key: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        step(issueKey=key)


@pytest.mark.parametrize(("key", "read"), [(" REL-1 ", "REL-1"), (10001, "10001")])
def test_an_issue_is_named_by_key_or_number(key: Any, read: str) -> None:
    assert step(issueKey=key).issue_key == read


def test_a_key_that_is_an_expression_can_be_planned_and_is_never_asked_for(
    desk: Desk, context: StepContext
) -> None:
    planned = step(issueKey="<+execution.steps.open.issue.key>", fields=fields(Summary="x"))
    assert planned.preview()[0] == "PUT /rest/api/2/issue/<+execution.steps.open.issue.key>"
    with pytest.raises(StepFailed, match="has no value"):
        planned.run(context)
    assert desk.jira.mocker.request_history == []


def test_harness_keys_for_its_editor_have_no_effect() -> None:
    made = step(projectKey="REL", issueType="Change", delegateSelectors="x")
    assert made.project_key == "REL"


def test_the_plan_shows_each_request() -> None:
    planned = step(
        fields=fields(Summary="New", Comment="x"), transitionTo=to("Done", "Complete")
    ).preview()
    assert planned == (
        f"PUT {EDIT}",
        "  Summary: New",
        f"POST {COMMENT}",
        "  Comment: x",
        f"POST {MOVE}  to Done, by Complete",
    )
    assert step(transitionTo=to("", "Complete")).preview() == (
        f"POST {MOVE}  to its target, by Complete",
    )
    assert step().preview() == ()


@pytest.mark.parametrize(
    ("current", "wanted", "same"),
    [
        ("a\r\nb ", "a\nb", True),
        ("a", "b", False),
        (None, "a", False),
        (3.0, 3, True),
        (3, 4, False),
        (True, 1, False),
        ("2026-03-01T10:00:00.000+0000", "2026-03-01T11:00:00.000+0100", True),
        ("2026-03-01T10:00:00.000+0000", "2026-03-01T10:00:00.000+0100", False),
        ("no T", "yes T", False),
        ({"id": "1", "value": "Low"}, {"id": "1"}, True),
        ({"id": "1"}, {"id": "2"}, False),
        (None, {"id": "1"}, False),
        ({"id": "1"}, {}, False),
        ({"accountId": "5b1", "displayName": "Ann"}, {"accountId": "5b1"}, True),
        ({"id": "1", "child": {"id": "2"}}, {"id": "1", "child": {"id": "2"}}, True),
        ({"id": "1", "child": {"id": "2"}}, {"id": "1", "child": {"id": "3"}}, False),
        ({"id": "1", "child": {"id": "2"}}, {"id": "1"}, False),
        (["b", "a"], ["a", "b"], True),
        (["a"], ["a", "b"], False),
        ([{"id": "1"}], [{"id": "1"}], True),
        (["a", "b"], ["a", "a"], False),
        (["a"], ["a", "a"], True),
        (None, [], True),
        ([], None, True),
        ("", None, True),
        ("x", None, False),
        ([{"id": 7, "state": "active"}], 7, True),
        ([{"id": 7, "state": "closed"}], 7, False),
        ([{"id": 6}], 7, False),
        (["com.atlassian.greenhopper.Sprint@1[id=7,rapidViewId=2,state=ACTIVE]"], 7, True),
        (["com.atlassian.greenhopper.Sprint@1[id=7,rapidViewId=2,state=CLOSED]"], 7, False),
        (["com.atlassian.greenhopper.Sprint@1[rapidViewId=7]"], 7, False),
        ("a", ["a"], False),
    ],
)
def test_a_value_is_known_again_in_jiras_form(current: Any, wanted: Any, same: bool) -> None:
    assert has_already(current, wanted) is same


@pytest.mark.parametrize(
    ("current", "wanted", "same"),
    [
        ("2h 30m", "150m", True),
        ("2h", "3h", False),
        ("3d", "3d", True),
        ("1w  2d", "1w 2d", True),
        ("3d", "24h", False),
        (None, "2h", False),
    ],
)
def test_a_time_is_known_again_where_its_length_is_known(
    current: Any, wanted: str, same: bool
) -> None:
    present = {"originalEstimate": current, "timeSpent": "1h"}
    assert has_times(present, {"originalEstimate": wanted}) is same
