"""Deferred expressions: what they capture, which fields they read, how they are stored."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from pydantic import BaseModel, ValidationError

from penstock.expressions import Deferred, ExpressionError, Names, parse_criterion
from penstock.expressions.status_text import StatusText
from penstock.secret import Secret

NOW = datetime(2026, 1, 31, 22, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("<+issue.Status> == 1", ("Status",)),
        ("<+issue.'Risk Level'> == <+issue.\"1-line Update\">", ("1-line Update", "Risk Level")),
        ('issue.get("X") == issue["Y"] && issue.Status', ("Status", "X", "Y")),
        ("issue.Status == issue.Status.name", ("Status",)),
        ('"<+issue.A>" == other.B', ("A",)),
        ("issue.A ? issue.B : (issue.C | default(issue.D))", ("A", "B", "C", "D")),
        ("other[issue.A] == [issue.B].size() && -issue.C < 1", ("A", "B", "C")),
        ("true", ()),
    ],
)
def test_fields_are_what_is_looked_up_under_the_root(text: str, fields: tuple[str, ...]) -> None:
    assert Deferred(text).fields("issue") == fields


def seen() -> Names:
    values = {
        "pipeline": {"name": "P", "variables": {"x": "1", "on": [1, {"a": None}], "n": None}},
        "token": Secret("hunter2-hunter2", "t"),
        "odd": {1, 2},
    }
    return Names(values, lambda: NOW)


@pytest.mark.parametrize(
    ("text", "captured"),
    [
        ("<+issue.Status> == 1", {}),
        ('<+issue.Status> == "<+pipeline.variables.x>"', {"pipeline": {"variables": {"x": "1"}}}),
        ("issue.A == pipeline.name && issue.B == pipeline.variables.on[1].a", None),
        ("pipeline.variables.size() == pipeline.variables.x.size()", None),
        ("pipeline.nope | default(3) == 3", {}),
        ("pipeline.nope is defined && pipeline.nope == issue.A", {}),
        ("(pipeline.nope ?: pipeline.name) == issue.A", {"pipeline": {"name": "P"}}),
        ("currentDate() == issue.A", {}),
    ],
)
def test_capturing_keeps_what_judging_will_read(
    text: str, captured: Mapping[str, object] | None
) -> None:
    kept = Deferred(text).capture(seen(), "issue")
    if captured is not None:
        assert kept.names == captured
    issue = {"A": "P", "B": None, "Status": "1"}
    alone = kept.judge({"issue": issue}, now=lambda: NOW)
    full = Deferred(text, dict(seen().values)).judge({"issue": issue}, now=lambda: NOW)
    assert alone.truth is full.truth
    assert [part.truth for part in alone.parts] == [part.truth for part in full.parts]


def test_what_is_captured_is_a_copy_that_later_changes_do_not_reach() -> None:
    variables = {"x": "Done"}
    criterion = Deferred("<+issue.A> == <+pipeline.variables.x>").capture(
        Names({"pipeline": {"variables": variables}}, lambda: NOW), "issue"
    )
    variables["x"] = "Other"
    assert criterion.judge({"issue": {"A": "Done"}}, now=lambda: NOW).truth is True


@pytest.mark.parametrize(
    ("text", "words", "offset"),
    [
        ("<+issue.A> == <+pipelin.name>", "pipelin.name: 'pipelin' is not there; did you mean", 16),
        (
            "<+issue.A> == <+pipeline.nme>",
            "pipeline.nme: 'nme' is not there; did you mean 'name'",
            16,
        ),
        ("<+issue.A> == <+pipeline.name.x>", "text 'P' has nothing called 'x' in it", 16),
        ("<+issue.A> == <+token>", "token: a secret cannot be used here", 16),
        ("<+issue.A> == <+odd>", "a value of type set", 16),
        ("<+issue.A> == 1 && issue.size() > 1", "name the field that is meant: issue.Status", 19),
        ("issue[<+pipeline.name>] == 1", "'issue' is used as a whole", 0),
    ],
)
def test_what_cannot_be_captured_is_an_error_at_once(text: str, words: str, offset: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        Deferred(text).capture(seen(), "issue")
    assert words in str(caught.value)
    assert caught.value.offset == offset


def test_a_condition_of_a_pipeline_is_rendered_like_any_expression() -> None:
    condition = parse_criterion('<+pipeline.variables.x> == "1" && <+pipeline.name> != "x"')
    assert condition.is_lone
    assert condition.render(seen()) is True


class Criteria(BaseModel):
    """A model as a step has it."""

    expression: Deferred


@pytest.mark.parametrize(
    "given",
    [
        "<+issue.A> == 1",
        {"text": "<+issue.A> == 1"},
        {"text": "<+issue.A> == 1", "names": {}},
        Deferred("<+issue.A> == 1"),
    ],
)
def test_a_deferred_expression_is_a_field_of_a_model(given: object) -> None:
    model = Criteria.model_validate({"expression": given})
    assert model.expression == Deferred("<+issue.A> == 1", {})
    assert model.model_dump() == {"expression": {"text": "<+issue.A> == 1", "names": {}}}
    assert Criteria.model_validate_json(model.model_dump_json()) == model


def test_captured_values_survive_the_journal() -> None:
    captured = Deferred("<+issue.A> == <+pipeline.name>").capture(seen(), "issue")
    stored = json.loads(Criteria(expression=captured).model_dump_json())
    again = Criteria.model_validate(stored).expression
    assert again == captured
    assert again.judge({"issue": {"A": "P"}}, now=lambda: NOW).truth is True


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, "an expression is needed here, as text"),
        (3, "an expression is needed here, as text"),
        ({"names": {}}, "an expression is needed here, as text"),
        ("<+issue.", "a name is missing after '.'"),
        ({"text": "true", "names": {"x": object()}}, "a value of type object"),
    ],
)
def test_what_is_no_deferred_expression_is_a_validation_error(given: object, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Criteria.model_validate({"expression": given})


def test_editors_see_a_text_where_a_deferred_expression_stands() -> None:
    schema = Criteria.model_json_schema()
    assert schema["properties"]["expression"]["type"] == "string"


def test_a_deferred_expression_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Deferred("true").text = "false"  # type: ignore[misc]  # what is tested


LOOPED = {
    "steps": {
        "open_0": {"issue": {"key": "REL-1"}},
        "open_1": {"issue": {"key": "REL-2", "Labels": ["a", "b"]}},
        "secret": Secret("hunter2-hunter2", "t"),
    },
    "strategy": {"identifierPostFix": "_1", "n": 1},
    "which": "key",
}


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        (
            "<+issue.X> == <+steps.open<+strategy.identifierPostFix>.issue.key>",
            {"open_1": {"issue": {"key": "REL-2"}}},
        ),
        (
            "<+issue.X> == <+steps.open<+strategy.identifierPostFix>.issue.<+which>>",
            {"open_1": {"issue": {"key": "REL-2"}}},
        ),
        (
            '<+issue.X> == <+steps["open<+strategy.identifierPostFix>"].issue.Labels[1]>',
            {"open_1": {"issue": {"Labels": ["a", "b"]}}},
        ),
        (
            "<+issue.X> == <+steps.open_1.issue.Labels[<+strategy.n>]>",
            {"open_1": {"issue": {"Labels": ["a", "b"]}}},
        ),
        (
            "<+issue.X> == <+steps.open<+strategy.identifierPostFix>.issue[issue.Y]>",
            {"open_1": {"issue": {"key": "REL-2", "Labels": ["a", "b"]}}},
        ),
    ],
)
def test_of_steps_that_are_named_by_an_expression_only_the_one_meant_is_captured(text, steps):
    kept = Deferred(text).capture(Names(LOOPED, lambda: NOW), "issue")
    assert kept.names["steps"] == steps
    issue = {"X": "REL-2" if "Labels" not in text else "b", "Y": "key"}
    assert kept.judge({"issue": issue}, now=lambda: NOW).truth is True


def test_a_step_named_by_an_expression_that_is_not_there_is_refused_where_it_is_read():
    text = "<+issue.X> == <+steps.opne<+strategy.identifierPostFix>.issue.key>"
    with pytest.raises(ExpressionError, match=r"'opne_1' is not there; did you mean 'open_1'"):
        Deferred(text).capture(Names(LOOPED, lambda: NOW), "issue")
    assert Deferred(f"{text} ?: null").capture(Names(LOOPED, lambda: NOW), "issue")


def test_a_field_that_is_named_by_an_expression_is_refused():
    with pytest.raises(ExpressionError, match="is used as a whole"):
        Deferred("<+issue.<+which>> == 1").capture(Names(LOOPED, lambda: NOW), "issue")


@pytest.mark.parametrize("written", ['"SUCCEEDED"', '"Succeeded"'])
def test_a_captured_status_keeps_both_of_its_names(written):
    class Model(BaseModel):
        when: Deferred

    values = {"steps": {"a": {"status": StatusText("Succeeded"), "said": "Succeeded"}}}
    text = f"<+steps.a.status> == {written} && <+issue.X> == 1"
    kept = Deferred(text).capture(Names(values, lambda: NOW), "issue")
    assert kept.to_json() == {
        "text": text,
        "names": {"steps": {"a": {"status": "Succeeded"}}},
        "statuses": [["steps", "a", "status"]],
    }
    model = Model.model_validate_json(json.dumps({"when": kept.to_json()}))
    assert model.when == kept
    assert Model.model_validate(model.model_dump()).when == kept
    assert model.when.judge({"issue": {"X": 1}}, now=lambda: NOW).truth is True
    # What only looks like a status is none.
    other = Deferred(text.replace("status", "said")).capture(Names(values, lambda: NOW), "issue")
    expected = written == '"Succeeded"'
    assert other.judge({"issue": {"X": 1}}, now=lambda: NOW).truth is expected


@pytest.mark.parametrize("statuses", [5, [5], [["gone"]], [[]], [["a", "b"]]])
def test_statuses_that_are_none_are_refused(statuses):
    class Model(BaseModel):
        when: Deferred

    with pytest.raises(ValidationError, match="its statuses are none"):
        Model.model_validate({"when": {"text": "a", "names": {"a": 1}, "statuses": statuses}})
