"""Texts and criteria with names that only their step will know: checked, kept, and evaluated."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import ClassVar

import pytest
from pydantic import BaseModel

from penstock.errors import ExpressionError
from penstock.events import Status
from penstock.expressions import Deferred, DeferredText, Names
from penstock.pipeline.preview import preview_steps
from penstock.secret import Secret
from penstock.spec_place import Later, any_entry
from penstock.step import Outputs, Step, StepContext

NOW = datetime(2026, 1, 31, tzinfo=UTC)
ANSWER = Later(("code", "body"))


def now():
    return NOW


class Wanted(BaseModel):
    """An output that is made of the answer."""

    value: DeferredText


class Ask(Step):
    """Gets an answer, and makes outputs of it."""

    type: ClassVar[str] = "Ask"
    repeatable: ClassVar[bool] = True
    deferred: ClassVar[Mapping[str, str | Later]] = {
        "holds": Later(("code", "body"), criterion=True),
        "wanted.*.value": ANSWER,
    }
    holds: Deferred | None = None
    wanted: tuple[Wanted, ...] = ()

    def run(self, context: StepContext) -> Outputs:
        values = {"code": 200, "body": '{"a": {"b": [1, 2]}}'}
        truth = self.holds.judge(values, now=now).truth if self.holds else None
        return {"truth": truth, "values": [w.value.value(values, now=now) for w in self.wanted]}


@pytest.fixture
def asked(bench):
    bench.types["Ask"] = Ask

    def run(**spec):
        step = f"- step: {{identifier: a, type: Ask, spec: {json.dumps(spec)}}}\n"
        return bench.pipeline(step, variables="[{name: x, value: y}]")

    return run


@pytest.mark.parametrize(
    ("path", "place"),
    [("a", "a"), ("a.0", "a.*"), ("a.10.b.2", "a.*.b.*"), ("a1.b2", "a1.b2"), ("0.a", "0.a")],
)
def test_the_place_of_an_entry_stands_for_all_of_them(path, place):
    assert any_entry(path) == place


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<+code>", 200),
        ("the code is <+code> for <+pipeline.variables.x>", "the code is 200 for y"),
        ("<+json.select('a.b[1]', <+body>)>", 2),
        ("{{ json.object(body).a }}", {"b": [1, 2]}),
        ("plain", "plain"),
        ("", ""),
        ("<+pipeline.variables.x>", "y"),
    ],
)
def test_a_text_is_evaluated_when_the_answer_is_there(bench, asked, value, expected):
    record = bench.add(asked(wanted=[{"value": "first"}, {"value": value}]))
    assert bench.carry(record) is Status.SUCCEEDED
    (attempt,) = bench.journal.attempts(record.id)
    assert attempt.outputs["values"] == ["first", expected]


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("<+code> == 200", True),
        ("<+code> == 200 && <+pipeline.variables.x> == 'z'", False),
        ("<+json.select('a.c', <+body>)> == 1", None),
        ("<+code> == '200'", None),
    ],
)
def test_a_criterion_is_judged_when_the_answer_is_there(bench, asked, text, truth):
    record = bench.add(asked(holds=text))
    assert bench.carry(record) is Status.SUCCEEDED
    assert bench.journal.attempts(record.id)[0].outputs["truth"] is truth


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("<+cod>", "'cod' cannot be read: there is no 'cod'"),
        ("<+pipeline.variables.nix>", "'nix' is not in 'pipeline.variables'"),
        ("<+json.select('a'>", ""),
        ("<+secrets.getValue('account.x')>", "would be written in the open"),
    ],
)
@pytest.mark.parametrize("key", ["holds", "wanted"])
def test_what_is_wrong_in_one_is_found_before_the_run(bench, asked, value, message, key):
    text = asked(holds=value) if key == "holds" else asked(wanted=[{"value": value}])
    assert any(message in fault for fault in bench.faults(text))


def test_a_name_that_only_the_step_knows_says_where_it_may_be_read(bench, asked):
    text = bench.pipeline("- step: {identifier: a, type: Say, spec: {text: <+code>}}\n")
    bench.types["Ask"] = Ask
    (fault,) = bench.faults(text)
    assert "it is known only in `holds` of Ask, `wanted` of Ask" in fault


def test_a_plan_shows_it_as_it_is_written(bench, asked):
    plan = bench.plan(asked(holds="<+code> == 200", wanted=[{"value": "<+code> <+body>"}]))
    (preview,) = preview_steps(plan, bench.types, bench.clock.now())
    assert preview.spec == {"holds": "<+code> == 200", "wanted": [{"value": "<+code> <+body>"}]}


def test_a_text_is_kept_with_what_it_needs_and_read_again():
    text = DeferredText("<+a.b> of <+code>").capture(Names({"a": {"b": [1]}}, now), ANSWER)
    assert text.names == {"a": {"b": [1]}}
    again = Wanted.model_validate_json(Wanted(value=text).model_dump_json()).value
    assert again == text
    assert isinstance(again, DeferredText)
    assert again.value({"code": 3}, now=now) == "[1] of 3"


def test_a_text_that_cannot_be_evaluated_says_why():
    with pytest.raises(ExpressionError, match=r"code\.x: the number 3 has nothing"):
        DeferredText("<+code.x>").value({"code": 3}, now=now)
    names = Names({"token": Secret("correct-horse", "account.t")}, now)
    with pytest.raises(ExpressionError, match="a secret cannot be used here"):
        DeferredText("<+token>").capture(names, ANSWER)


def test_the_root_of_what_is_known_later_may_be_read_as_a_whole():
    assert DeferredText("<+body>").capture(Names({}, now), ANSWER).names == {}
    with pytest.raises(ExpressionError, match="'body' is used as a whole"):
        Deferred("<+body> == 1").capture(Names({}, now), "body")
