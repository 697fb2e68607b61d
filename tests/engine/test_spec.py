"""The spec of a step when its turn comes."""

from datetime import UTC, datetime

import pytest

from penstock.errors import FailureType, StepFailed
from penstock.expressions import Names
from penstock.pipeline.plan import PlannedStep
from penstock.run.spec import evaluate_spec
from penstock.secret import Secret

VALUES = {
    "version": "4.2",
    "count": 3,
    "list": ["EU", "US"],
    "map": {"x": {"y": True}},
    "nothing": None,
    "evil": "<+secrets.getValue('account.x')> {{ 7 * 7 }} None 1_000",
}


def names():
    return Names(
        {"v": VALUES},
        lambda: datetime(2026, 3, 2, tzinfo=UTC),
        lambda reference: Secret("hunter22", reference),
    )


def evaluate(spec, deferred=None, places=None, quoting=None):
    step = PlannedStep("s/a", "a", "a", "Say", spec, 60.0, "Success", None, places or {}, 7, 3)
    return evaluate_spec(step, deferred or {}, names(), "p.yaml", quoting=quoting)


def test_a_spec_without_expressions_is_as_it_was_written():
    spec = {"text": "x", "number": 7, "flag": True, "none": None, "list": ["a", {"b": "c"}]}
    assert evaluate(spec) == spec


def test_a_lone_expression_keeps_its_type_and_a_text_with_some_is_text():
    assert evaluate(
        {
            "number": "<+v.count>",
            "list": "<+v.list>",
            "map": "{{ v.map }}",
            "text": "v<+v.version> of <+v.count>",
            "nothing": "<+v.nothing>",
        }
    ) == {
        "number": 3,
        "list": ["EU", "US"],
        "map": {"x": {"y": True}},
        "text": "v4.2 of 3",
        "nothing": None,
    }


def test_every_text_at_any_depth_is_evaluated_and_no_key_is():
    spec = {"fields": [{"name": "<+v.version>", "value": ["<+v.count>"]}], "<+v.count>": "x"}
    assert evaluate(spec) == {"fields": [{"name": "4.2", "value": [3]}], "<+v.count>": "x"}


def test_a_value_is_never_evaluated_again():
    assert evaluate({"a": "<+v.evil>", "b": "say <+v.evil>"}) == {
        "a": VALUES["evil"],
        "b": f"say {VALUES['evil']}",
    }


def test_a_value_is_a_copy_that_nobody_else_holds():
    first = evaluate({"a": "<+v.map>"})["a"]
    first["x"]["y"] = "changed"
    assert VALUES["map"] == {"x": {"y": True}}


@pytest.mark.parametrize(
    ("spec", "path", "shown", "place"),
    [
        ({"text": "<+v.versio>"}, "text", "text", (9, 12)),
        (
            {"fields": [{"value": "x"}, {"value": "<+v.versio>"}]},
            "fields.1.value",
            "fields[1].value",
            (11, 20),
        ),
    ],
)
def test_what_cannot_be_evaluated_fails_with_its_place_and_the_near_miss(spec, path, shown, place):
    with pytest.raises(StepFailed) as caught:
        evaluate(spec, places={path: (*place, "")})
    message = str(caught.value)
    assert message.startswith(f"p.yaml:{place[0]}:{place[1]}: `{shown}`: ")
    assert "'version'" in message
    assert caught.value.failure_type is FailureType.CONFIGURATION


def test_a_place_in_a_template_names_its_file():
    with pytest.raises(StepFailed, match=r"^t\.yaml:9:1: `text`: "):
        evaluate({"text": "<+v.versio>"}, places={"text": (9, 1, "t.yaml")})


def test_a_place_that_is_not_known_is_that_of_the_step():
    with pytest.raises(StepFailed, match=r"p\.yaml:7:3: `text`: "):
        evaluate({"text": "<+v.versio>"})


SECRET = "<+secrets.getValue('account.x')>"


@pytest.mark.parametrize("text", [SECRET, f"Bearer {SECRET}", f"{SECRET}<+v.version>"])
@pytest.mark.parametrize("deep", [False, True])
def test_a_secret_never_gets_into_a_spec(text, deep):
    spec = {"fields": [{"value": text}]} if deep else {"text": text}
    with pytest.raises(StepFailed) as caught:
        evaluate(spec)
    message = str(caught.value)
    assert "the secret account.x would be written in the open; secrets belong into" in message
    assert "hunter22" not in message


def test_an_expression_for_later_is_kept_with_the_values_that_it_needs():
    spec = {
        "criteria": {
            "expression": '<+issue.Status> == "Done" && <+v.version> == "4.2"',
            "other": "<+v.count>",
        }
    }
    deferred = {"criteria.expression": "issue"}
    assert evaluate(spec, deferred) == {
        "criteria": {
            "expression": {
                "text": spec["criteria"]["expression"],
                "names": {"v": {"version": "4.2"}},
            },
            "other": 3,
        }
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('<+issue.Status> == "Done" && <+v.versio> == "x"', "versio"),
        ('<+issue.Status> == "Done" &&', ""),
    ],
)
def test_an_expression_for_later_that_can_never_be_judged_fails_now(text, message):
    with pytest.raises(StepFailed, match=rf"p\.yaml:2:4: `expression`: .*{message}"):
        evaluate({"expression": text}, {"expression": "issue"}, {"expression": (2, 4, "")})


def test_a_blank_criterion_is_none_and_is_left_to_the_step():
    spec = {"criteria": [{"expression": " "}]}
    assert evaluate(spec, {"criteria.*.expression": "issue"}) == spec


def bracketed(value, before):
    """Write a value into a text of brackets."""
    if value is None:
        raise ValueError("nothing has no place in brackets")
    return f"[{value} after {len(before)}]"


def test_a_text_of_another_language_gets_its_values_from_the_step_type():
    spec = {"query": {"text": "a = <+v.version>, b = {{ v.list }}"}, "text": "<+v.version>"}
    assert evaluate(spec, quoting={"query.text": bracketed}) == {
        "query": {"text": "a = [4.2 after 4], b = [['EU', 'US'] after 23]"},
        "text": "4.2",
    }


def test_a_lone_expression_and_a_plain_text_are_texts_of_that_language_too():
    quoting = {"a": bracketed, "b": bracketed}
    spec = {"a": "<+v.count>", "b": "<[plain]>"}
    assert evaluate(spec, quoting=quoting) == {"a": "[3 after 0]", "b": "<[plain]>"}


def test_what_a_value_holds_is_never_evaluated_there_either():
    (text,) = evaluate({"a": "<+v.evil>"}, quoting={"a": bracketed}).values()
    assert text == f"[{VALUES['evil']} after 0]"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x <+v.nothing>", "p.yaml:9:1: `a`: <+v.nothing>: nothing has no place in brackets"),
        ("x <+v.gone>", "p.yaml:9:1: `a`: v.gone: 'gone' is not there"),
        (
            "x <+secrets.getValue('account.x')>",
            "p.yaml:9:1: `a`: the secret account.x would be written in the open; secrets belong "
            "into connectors; take it out",
        ),
        ("<+v.long>" * 30, "p.yaml:9:1: `a`: the result would have"),
    ],
)
def test_what_has_no_place_in_a_language_is_told_with_its_place(text, words):
    VALUES["long"] = "x" * 50_000
    with pytest.raises(StepFailed) as told:
        evaluate({"a": text}, places={"a": (9, 1, "")}, quoting={"a": bracketed})
    del VALUES["long"]
    assert str(told.value).startswith(words)
    assert told.value.failure_type is FailureType.CONFIGURATION
