"""``JiraCreate``: the order of its requests, and one issue whatever goes wrong."""

import re
from typing import Any

import pytest
from pydantic import ValidationError

from penstock.errors import OutcomeUnknown, StepExpired, StepFailed
from penstock.step import Headline, StepContext
from penstock.testing import FakeClock
from penstock_jira.create import JiraCreate
from penstock_jira.errors import FieldsRefused, JiraRefused, NotFound, NotJira, SignInRefused
from penstock_jira.transport import Interrupted

META = "/rest/api/2/issue/createmeta/REL/issuetypes"
ISSUE = "/rest/api/2/issue"
SUMMARY = {"fieldId": "summary", "name": "Summary", "required": True, "schema": {"type": "string"}}
LABELS = {"fieldId": "labels", "name": "Labels", "schema": {"type": "array", "items": "string"}}
RISK = {
    "fieldId": "customfield_10010",
    "name": "Risk Level",
    "schema": {"type": "option"},
    "allowedValues": [{"id": "1", "value": "Low"}, {"id": "2", "value": "High"}],
}
READ = {
    "id": "10001",
    "key": "REL-8",
    "self": "https://jira.example.com/rest/api/2/issue/10001",
    "fields": {"summary": "Release", "status": {"name": "To Do", "id": "1"}},
    "names": {"summary": "Summary", "status": "Status"},
}
LABEL = "penstock-create-mark"


class Shop:
    """A Jira with a project REL whose newest issue is REL-7."""

    def __init__(self, jira: Any, fields: list[Any]) -> None:
        self.jira = jira
        jira.cloud()
        jira.answer("GET", META, {"issueTypes": [{"id": "10", "name": "Change"}], "total": 1})
        jira.answer("GET", f"{META}/10", {"fields": fields, "total": len(fields)})
        self.newest: Any = {"issues": [{"id": "10000", "key": "REL-7"}]}
        self.labelled: Any = {"issues": []}
        jira.mocker.post("https://jira.example.com/rest/api/3/search/jql", json=self._search)
        jira.mocker.post("https://jira.example.com/rest/api/3/issue/bulkfetch", json=self._bulk)
        jira.answer("POST", ISSUE, {"id": "10001", "key": "REL-8"}, 201)
        jira.answer("GET", f"{ISSUE}/REL-8", READ)
        self.there: dict[str, Any] = {}

    def _search(self, request: Any, context: Any) -> Any:
        found = self.newest if "ORDER BY key" in request.json()["jql"] else self.labelled
        if isinstance(found, int):
            context.status_code = found
            return {"errorMessages": ["no search"]}
        return found

    def _bulk(self, request: Any, context: Any) -> Any:
        wanted = request.json()["issueIdsOrKeys"]
        return {"issues": [self.there[key] for key in wanted if key in self.there]}

    def exists(self, key: str, marker: str | None, creator: str | None = None, **more: Any) -> None:
        """Let an issue be readable by key and id, with the marker in its property."""
        value = {"penstock": {"marker": marker, **more}} if marker else {}
        fields = {"creator": {"accountId": creator}} if creator else {}
        number = str(10000 + int(key.rpartition("-")[2]) - 7)
        found = {"id": number, "key": key, "fields": fields, "properties": value}
        self.there[key] = found
        for name in (key, number):
            self.jira.answer("GET", f"{ISSUE}/{name}?properties=penstock", found)

    def finds(self, *keys: str) -> None:
        """Let the search by label find these."""
        found = [{"id": str(10000 + int(key.rpartition("-")[2]) - 7), "key": key} for key in keys]
        self.labelled = {"issues": found}


@pytest.fixture
def shop(jira: Any) -> Shop:
    return Shop(jira, [SUMMARY, LABELS, RISK])


def step(**more: Any) -> JiraCreate:
    spec = {
        "connectorRef": "account.jira",
        "projectKey": "REL",
        "issueType": "Change",
        "fields": [{"name": "Summary", "value": "Release"}],
    }
    return JiraCreate.model_validate({**spec, **more})


def fields(**values: Any) -> list[dict[str, Any]]:
    return [{"name": name, "value": value} for name, value in values.items()]


def test_an_issue_is_created_marked_and_read_back(shop: Shop, context: StepContext) -> None:
    outputs = step().run(context)
    (body,) = shop.jira.sent("POST", "/rest/api/2/issue")
    mark = body["properties"][0]["value"]
    assert len(mark.pop("body")) == 16
    assert body == {
        "fields": {
            "project": {"key": "REL"},
            "issuetype": {"id": "10"},
            "summary": "Release",
            "labels": [LABEL],
        },
        "properties": [
            {
                "key": "penstock",
                "value": {"marker": LABEL, "run": "run-1", "path": "change/open"},
            }
        ],
    }
    assert outputs["issue"]["key"] == "REL-8"
    assert set(outputs) == set(JiraCreate.output_names)
    assert outputs["issue"]["Summary"] == "Release"
    assert step().headline(outputs) == Headline("REL-8", "https://jira.example.com/browse/REL-8")


def test_the_mark_joins_the_labels_that_are_given(shop: Shop, context: StepContext) -> None:
    step(fields=fields(Summary="x", Labels="a,b")).run(context)
    (body,) = shop.jira.sent("POST", "/rest/api/2/issue")
    assert body["fields"]["labels"] == ["a", "b", LABEL]


def test_without_labels_on_the_screen_only_the_property_marks(
    jira: Any, context: StepContext
) -> None:
    shop = Shop(jira, [SUMMARY])
    step().run(context)
    (body,) = shop.jira.sent("POST", "/rest/api/2/issue")
    assert "labels" not in body["fields"]


def test_all_reads_come_before_the_write(shop: Shop, context: StepContext) -> None:
    step().run(context)
    made = [(r.method, r.path) for r in shop.jira.mocker.request_history]
    assert made == [
        ("GET", META),
        ("GET", f"{META}/10"),
        ("GET", "/rest/api/2/serverInfo"),
        ("POST", "/rest/api/3/search/jql"),
        ("POST", ISSUE),
        ("GET", f"{ISSUE}/REL-8"),
    ]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (fields(Sumary="x"), "Fields {Sumary} are invalid for the provided jira issue type"),
        (fields(), "Required fields {Summary} for the provided jira issue type are missing"),
        (fields(Summary="x", Project="OPS"), "Project: is set by projectKey"),
        (fields(Summary="x", **{"Issue Type": "Bug"}), "Issue Type: is set by issueType"),
        (fields(Summary="x", Status="Done"), "JiraUpdate step and transitionTo"),
        (fields(Summary="x", Comment="a\x00"), "Comment: holds the control character"),
    ],
)
def test_faults_in_fields_are_told_before_anything_is_sent(
    shop: Shop, context: StepContext, given: Any, words: str
) -> None:
    with pytest.raises(FieldsRefused) as told:
        step(fields=given).run(context)
    assert words in str(told.value)
    assert shop.jira.writes == []


def test_jiras_field_errors_get_names_values_and_near_misses(
    shop: Shop, context: StepContext
) -> None:
    errors = {"customfield_10010": "Option is not valid.", "customfield_9": "unknown"}
    shop.jira.answer("POST", ISSUE, {"errorMessages": [], "errors": errors}, 400)
    with pytest.raises(JiraRefused) as told:
        step(fields=fields(Summary="x", **{"Risk Level": "low"})).run(context)
    assert told.value.field_errors == {
        "Risk Level (customfield_10010)": "Option is not valid. Allowed values: [Low, High]; "
        "did you mean 'Low'?",
        "customfield_9": "unknown",
    }


def test_a_list_that_jira_refuses_gets_the_allowed_values(shop: Shop, context: StepContext) -> None:
    shop.jira.answer("POST", ISSUE, {"errors": {"customfield_10010": "no"}}, 400)
    with pytest.raises(JiraRefused, match=r"no\. Allowed values: \[Low, High\]$"):
        step(fields=fields(Summary="x", **{"Risk Level": ["Low"]})).run(context)


def test_a_field_off_the_screen_is_told_with_the_screen(shop: Shop, context: StepContext) -> None:
    words = "Field 'labels' cannot be set. It is not on the appropriate screen, or unknown."
    shop.jira.answer("POST", ISSUE, {"errors": {"labels": words}}, 400)
    with pytest.raises(JiraRefused, match="put the field on the create screen of Change in REL"):
        step().run(context)


def test_a_refusal_without_field_errors_stays_as_it_is(shop: Shop, context: StepContext) -> None:
    shop.jira.answer("POST", ISSUE, {"errorMessages": ["no"]}, 403)
    with pytest.raises(JiraRefused, match=r"Jira refused to create an issue in REL \(403\): no"):
        step().run(context)


def test_a_step_started_again_after_its_end_sends_nothing(shop: Shop, context: StepContext) -> None:
    first = step().run(context)
    writes = shop.jira.writes
    assert step().run(context) == first
    assert shop.jira.writes == writes


def test_a_step_started_again_needs_no_metadata_for_what_is_done(
    shop: Shop, context: StepContext
) -> None:
    step().run(context)
    shop.jira.answer("GET", META, {}, 500)
    assert step().run(context)["issue"]["key"] == "REL-8"


class CrashError(Exception):
    """The process dies here."""


def crash(name: str) -> None:
    raise CrashError(name)


@pytest.mark.parametrize("how", ["label", "walk"])
def test_a_crash_after_the_write_leaves_one_issue(
    shop: Shop, context: StepContext, effects: Any, notes: list[str], how: str
) -> None:
    effects.after = crash
    with pytest.raises(CrashError):
        step().run(context)
    effects.after = lambda name: None
    if how == "label":
        shop.finds("REL-8")
    shop.exists("REL-8", LABEL)
    assert step().run(context)["issue"]["key"] == "REL-8"
    assert shop.jira.writes == [("POST", ISSUE)]
    assert notes == ["REL-8 was created by an earlier try, and is taken over"]


@pytest.mark.parametrize(
    "lost",
    [
        {"exc": Interrupted("the connection was closed")},
        {"status_code": 502},
        {"status_code": 201, "json": {}},
        {"status_code": 201, "text": "<html>"},
    ],
)
def test_a_lost_answer_leads_to_a_look_and_not_to_a_second_issue(
    shop: Shop, context: StepContext, lost: Any
) -> None:
    shop.jira.in_turn("POST", ISSUE, lost)
    shop.exists("REL-8", LABEL)
    assert step().run(context)["issue"]["key"] == "REL-8"
    assert shop.jira.writes == [("POST", ISSUE)]


def test_a_walk_goes_over_the_issues_of_others_and_over_gaps(
    shop: Shop, context: StepContext
) -> None:
    shop.jira.in_turn("POST", ISSUE, {"status_code": 500})
    shop.exists("REL-8", None)
    shop.exists("REL-9", "penstock-other")
    shop.exists("REL-13", LABEL)
    shop.exists("REL-13", LABEL)
    shop.jira.answer(
        "GET", f"{ISSUE}/REL-13?expand=names,schema", {**READ, "id": "10006", "key": "REL-13"}
    )
    assert step().run(context)["issue"]["key"] == "REL-13"
    assert shop.jira.writes == [("POST", ISSUE)]


def test_a_new_issue_that_is_read_back_as_another_one_is_no_success(
    shop: Shop, context: StepContext
) -> None:
    shop.jira.answer("GET", f"{ISSUE}/REL-8", {**READ, "id": "777"})
    with pytest.raises(NotJira, match=r"another issue .* has the id 10001, and 777 came back"):
        step().run(context)


def test_an_issue_is_looked_for_until_it_would_be_visible(
    shop: Shop, context: StepContext, clock: FakeClock
) -> None:
    made = {"status_code": 201, "json": {"id": "10001", "key": "REL-8"}}
    shop.jira.in_turn("POST", ISSUE, {"status_code": 500}, made)
    step().run(context)
    assert clock.monotonic() == 120
    assert len(shop.jira.writes) == 2


def test_long_after_the_write_one_look_is_enough(
    shop: Shop, context: StepContext, effects: Any, clock: FakeClock
) -> None:
    effects.after = crash
    with pytest.raises(CrashError):
        step().run(context)
    effects.after = lambda name: None
    clock.advance(600)
    before = clock.monotonic()
    step().run(context)
    assert clock.monotonic() == before
    assert len(shop.jira.writes) == 2


def test_a_second_try_is_looked_for_as_long_as_the_first(
    shop: Shop, context: StepContext, clock: FakeClock
) -> None:
    shop.jira.in_turn("POST", ISSUE, {"status_code": 500})
    with pytest.raises(OutcomeUnknown, match="sent 3 times") as told:
        step().run(context)
    assert clock.monotonic() == 3 * 120
    assert told.value.hint == (f'look in Jira with labels = "{LABEL}" before you run this again')


def test_of_several_issues_with_the_mark_the_oldest_is_taken(
    shop: Shop, context: StepContext, notes: list[str]
) -> None:
    shop.jira.in_turn("POST", ISSUE, {"status_code": 500})
    for key in ("REL-8", "REL-9"):
        shop.exists(key, LABEL)
    shop.finds("REL-9", "REL-8")
    assert step().run(context)["issue"]["key"] == "REL-8"
    assert notes == ["REL-8 was created by an earlier try, and is taken over"]


def test_a_project_without_issues_is_walked_from_the_first(
    shop: Shop, context: StepContext
) -> None:
    shop.newest = {"issues": []}
    shop.jira.in_turn("POST", ISSUE, {"status_code": 500})
    shop.exists("REL-1", LABEL)
    shop.jira.answer(
        "GET", f"{ISSUE}/REL-1?expand=names,schema", {**READ, "id": "9994", "key": "REL-1"}
    )
    assert step().run(context)["issue"]["key"] == "REL-1"


@pytest.mark.parametrize("status", [400, 410, 503])
def test_a_search_that_jira_refuses_is_noted_and_the_label_found(
    shop: Shop, context: StepContext, notes: list[str], status: int
) -> None:
    shop.newest = status
    shop.jira.in_turn("POST", ISSUE, {"status_code": 500})
    shop.exists("REL-8", LABEL)
    shop.finds("REL-8")
    assert step().run(context)["issue"]["key"] == "REL-8"
    assert notes[0].startswith("the newest issue is not known: Jira ")


def test_a_label_that_is_not_found_leaves_the_try_to_be_made_again(
    shop: Shop, context: StepContext
) -> None:
    shop.newest = 400
    made = {"status_code": 201, "json": {"id": "10001", "key": "REL-8"}}
    shop.jira.in_turn("POST", ISSUE, {"status_code": 500}, made)
    assert step().run(context)["issue"]["key"] == "REL-8"


def test_an_issue_that_is_gone_though_the_index_knows_it_is_created_again(
    shop: Shop, context: StepContext
) -> None:
    made = {"status_code": 201, "json": {"id": "10001", "key": "REL-8"}}
    shop.jira.in_turn("POST", ISSUE, {"status_code": 500}, made)
    shop.finds("REL-9")
    assert step().run(context)["issue"]["key"] == "REL-8"
    assert len(shop.jira.writes) == 2


def test_what_can_be_found_by_nothing_is_not_created_again(jira: Any, context: StepContext) -> None:
    shop = Shop(jira, [SUMMARY])
    shop.newest = 400
    jira.in_turn("POST", ISSUE, {"status_code": 500})
    with pytest.raises(StepFailed, match="nobody knows whether an issue was created in REL"):
        step().run(context)
    assert shop.jira.writes == [("POST", ISSUE)]


def test_a_refused_sign_in_of_the_search_ends_the_step(shop: Shop, context: StepContext) -> None:
    shop.newest = 401
    with pytest.raises(SignInRefused):
        step().run(context)
    assert shop.jira.writes == []


@pytest.mark.parametrize("flavour", ["cloud", "data-center"])
def test_a_walk_ends_where_no_run_can_have_come_and_reads_no_issue_twice(
    shop: Shop, context: StepContext, flavour: str
) -> None:
    made = {"status_code": 201, "json": {"id": "10001", "key": "REL-8"}}
    shop.jira.in_turn("POST", ISSUE, {"status_code": 500}, made)
    for number in range(9, 700):
        shop.there[f"REL-{number}"] = {"id": "1", "key": f"REL-{number}", "properties": {}}
    if flavour == "cloud":
        step().run(context)
        asked = [body["issueIdsOrKeys"] for body in shop.jira.sent("POST", "bulkfetch")]
        assert {len(keys) for keys in asked} == {6, 100}
        assert {keys[0] for keys in asked} == {"REL-7"}
        assert {key for keys in asked for key in keys} == {f"REL-{n}" for n in range(7, 508)}
    else:
        shop.jira.cloud(cloud=False)
        shop.jira.mocker.post("https://jira.example.com/rest/api/2/search", json=shop._search)
        others = re.compile(r"https://jira\.example\.com/rest/api/2/issue/REL-\d+\?.*properties")
        shop.jira.mocker.get(others, json={"id": "1", "key": "REL-1", "properties": {}})
        step().run(context)
        assert len(shop.jira.sent("GET", "properties=penstock")) == 500


def test_the_old_search_is_asked_on_data_center(shop: Shop, context: StepContext) -> None:
    shop.jira.cloud(cloud=False)
    shop.jira.answer("POST", "/rest/api/2/search", {"issues": []})
    step().run(context)
    (question,) = shop.jira.sent("POST", "/rest/api/2/search")
    assert question["jql"] == 'project = "REL" ORDER BY key DESC'


COMMENT = f"{ISSUE}/REL-8/comment"
COMMENTED = fields(Summary="x", Comment="Opened")


def test_a_comment_is_posted_by_itself_with_its_own_mark(shop: Shop, context: StepContext) -> None:
    shop.jira.answer("POST", COMMENT, {"id": "500"}, 201)
    step(fields=COMMENTED).run(context)
    (body,) = shop.jira.sent("POST", "/comment")
    value = {"marker": "penstock-comment-mark", "run": "run-1", "path": "change/open"}
    assert body == {"body": "Opened", "properties": [{"key": "penstock", "value": value}]}


def test_a_comment_that_fails_never_leads_to_a_second_issue(
    shop: Shop, context: StepContext
) -> None:
    for _ in range(2):
        with pytest.raises(NotFound):
            step(fields=COMMENTED).run(context)
    shop.jira.answer("POST", COMMENT, {"id": "500"}, 201)
    step(fields=COMMENTED).run(context)
    assert shop.jira.writes == [("POST", ISSUE), *[("POST", COMMENT)] * 3]


MARKED = [{"key": "penstock", "value": {"marker": "penstock-comment-mark"}}]


@pytest.mark.parametrize(
    ("comments", "posts"),
    [
        ([{"id": "500", "body": "Opened", "properties": MARKED}], 1),
        ([{"id": "500", "body": "Opened"}], 1),
        ([{"id": "500", "body": " Opened\r\n", "properties": []}], 1),
        ([{"id": "501", "body": "Opened"}], 2),
        ([{"id": "500", "body": "Other"}], 2),
        ([{"id": "500", "body": "Opened", "properties": [{"key": "x", "value": 1}]}], 2),
        ([], 2),
    ],
)
def test_a_comment_whose_answer_was_lost_is_looked_for(
    shop: Shop, context: StepContext, comments: Any, posts: int
) -> None:
    done = {"status_code": 201, "json": {"id": "502"}}
    shop.jira.in_turn("POST", COMMENT, {"status_code": 504}, done)
    shop.jira.answer("GET", COMMENT, {"comments": comments})
    mark = {"key": "penstock", "value": {"marker": "penstock-comment-mark"}}
    shop.jira.answer("GET", "/rest/api/2/comment/500/properties/penstock", mark)
    step(fields=COMMENTED).run(context)
    assert len(shop.jira.sent("POST", "/comment")) == posts


def test_a_comment_is_looked_for_page_by_page(shop: Shop, context: StepContext) -> None:
    page = [{"id": str(n), "body": "Other"} for n in range(100)]
    ours = {"id": "500", "body": "Opened", "properties": MARKED}
    shop.jira.in_turn("POST", COMMENT, {"status_code": 201, "json": {}})
    shop.jira.in_turn("GET", COMMENT, {"json": {"comments": page}}, {"json": {"comments": [ours]}})
    step(fields=COMMENTED).run(context)
    assert len(shop.jira.sent("POST", "/comment")) == 1


def test_a_comment_is_not_looked_for_without_end(shop: Shop, context: StepContext) -> None:
    def page(request: Any, _: Any) -> Any:
        start = int(request.qs["startAt"][0])
        return {"comments": [{"id": str(n), "body": "Other"} for n in range(start, start + 100)]}

    done = {"status_code": 201, "json": {"id": "502"}}
    shop.jira.in_turn("POST", COMMENT, {"status_code": 504}, done)
    shop.jira.mocker.get(f"https://jira.example.com{COMMENT}", json=page)
    step(fields=COMMENTED).run(context)
    assert len(shop.jira.sent("GET", "/comment")) == 10 * 12  # pages, looks


def test_comments_that_come_twice_are_nothing_to_go_by(shop: Shop, context: StepContext) -> None:
    page = [{"id": str(n), "body": "Other"} for n in range(100)]
    shop.jira.in_turn("POST", COMMENT, {"status_code": 504})
    shop.jira.answer("GET", COMMENT, {"comments": page})
    with pytest.raises(StepExpired, match="it repeats a page"):
        step(fields=COMMENTED).run(context)
    assert len(shop.jira.sent("POST", "/comment")) == 1


@pytest.mark.parametrize("told", [{}, {"maxResults": 50}, {"total": 60, "maxResults": 50}])
def test_comments_come_by_pages_of_jiras_size(
    shop: Shop, context: StepContext, told: dict[str, int]
) -> None:
    others = [{"id": str(n), "body": "Other"} for n in range(told.get("maxResults", 100))]
    ours = {"id": "500", "body": "Opened", "properties": MARKED}
    shop.jira.in_turn("POST", COMMENT, {"status_code": 504})
    pages = [{"json": {**told, "comments": listed}} for listed in (others, [ours])]
    shop.jira.in_turn("GET", COMMENT, *pages)
    step(fields=COMMENTED).run(context)
    sent = shop.jira.mocker.request_history
    asked = [request.qs["startAt"] for request in sent if "orderBy" in request.url]
    assert asked == [["0"], [str(len(others))]]


def test_the_deadline_of_the_step_is_the_clients(
    shop: Shop, context: StepContext, clock: FakeClock
) -> None:
    clock.advance(3600)
    with pytest.raises(StepExpired):
        step().run(context)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"projectKey": "Releases of all"}, "Invalid project: 'Releases of all' is not a key"),
        ({"projectKey": "rel"}, "write 'REL'"),
        ({"projectKey": ""}, "projectKey can't be empty"),
        ({"projectKey": None}, "projectKey can't be empty"),
        ({"issueType": " "}, "issueType can't be empty; write a text"),
        ({"connectorRef": ""}, "connectorRef can't be empty; write a text"),
        ({"fields": fields(**{"<+pipeline.name>": "x"})}, "takes no expression, and '<.pipeline"),
        ({"fields": fields(Summary="null")}, "Field \\[Summary\\] has invalid jira field value"),
        ({"fields": fields(A="1") * 2 + fields(B="1") * 2}, r"Duplicate jira fields: \[A, B\]"),
        ({"fields": fields(Comment="1", comment="2")}, r"Duplicate jira fields: \[Comment\]"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_a_spec_that_is_wrong_is_refused_when_the_pipeline_is_read(spec: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        step(**spec)


def test_no_fields_may_be_written_in_any_way() -> None:
    assert step(fields=None).fields == step(fields=[]).fields == ()


def test_delegate_selectors_are_accepted_and_have_no_effect() -> None:
    assert step(delegateSelectors=["eu"]).delegate_selectors == ("eu",)


def test_the_plan_shows_the_request_and_each_field() -> None:
    planned = step(fields=fields(Summary="x " * 80, Labels=["a", "b"])).preview()
    assert planned[0] == "POST /rest/api/2/issue  project REL, issue type Change"
    assert planned[1] == f"  Summary: {('x ' * 80)[:100]}…"
    assert planned[2] == "  Labels: a, b"


def test_a_project_that_is_an_expression_can_be_planned_and_is_never_asked_for(
    shop: Shop, context: StepContext
) -> None:
    planned = step(projectKey="<+pipeline.variables.project>")
    assert "<+pipeline.variables.project>" in planned.preview()[0]
    with pytest.raises(StepFailed, match="has no value"):
        planned.run(context)
    assert shop.jira.mocker.request_history == []


def test_a_step_without_an_issue_has_no_headline() -> None:
    assert step().headline({}) is None
