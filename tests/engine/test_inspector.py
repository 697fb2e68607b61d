"""A plan held against what its connectors find: what each step says, and where."""

from collections.abc import Mapping
from typing import ClassVar

import pytest

from penstock.connector import Connector
from penstock.errors import ConnectorError, Fault, StepFailed
from penstock.expressions import Deferred, DeferredText
from penstock.inspection import Difference, Finding, Inspection, Level, Write
from penstock.pipeline.plan import Plan
from penstock.run.inspector import Inspector
from penstock.spec_place import Later
from penstock.step import Outputs, RunFacts, Step, StepContext
from penstock.verdict import VerdictStatus

#: How an expression begins in the YAML of these tests.
OPEN = '"<+pipe'


class Inspected(Step):
    """Finds what it is told to find."""

    type: ClassVar[str] = "Inspected"
    connector_type: ClassVar[str | None] = "Told"
    deferred: ClassVar[Mapping[str, str | Later]] = {
        "criteria.expression": "issue",
        "rows.*.text": Later(("code",)),
    }
    connector_ref: str
    text: str = "x"
    level: Level = Level.NOTE
    how: str = "find"
    count: int = 1
    listed: tuple[str, ...] = ()
    criteria: Mapping[str, Deferred] | None = None
    rows: tuple[Mapping[str, DeferredText], ...] = ()

    def run(self, context: StepContext) -> Outputs:
        raise AssertionError("nothing is run")

    def preview(self) -> tuple[str, ...]:
        return (f"would say {self.text}",)

    def inspect(self, context: StepContext) -> Inspection:
        if self.how == "fail":
            raise StepFailed("it cannot be", hint="mend it")
        if self.how == "refuse":
            raise ConnectorError(Fault("no such connector", "write another"))
        if self.how == "write":
            context.effects.once("w", intent=dict, do=lambda _: 1, look=lambda _: None)
        if self.how == "look":
            (expression,) = (self.criteria or {}).values()
            truth = expression.judge({"issue": {"a": 1}}, now=context.clock.now).truth
            return Inspection((Finding(Level.NOTE, f"it is {truth}"),))
        if self.how == "rows":
            texts = [row["text"].value({"code": 7}, now=context.clock.now) for row in self.rows]
            return Inspection((Finding(Level.NOTE, f"they are {texts}"),))
        context.note(f"{context.run.user} asks at {context.path}")
        places = {"text": ("text",), "listed": ("listed", 1), "whole": ("listed",)}
        finding = Finding(self.level, "found", "do it", places.get(self.text, ()))
        return Inspection(
            (finding,), (Difference("a", "1", "2"),), (Write("PUT /a", {"a": self.text}),)
        )


class Told(Connector):
    """Lets us in, or not."""

    type: ClassVar[str] = "Told"
    asked: ClassVar[list[str]] = []

    def sign_in(self) -> str:
        Told.asked.append(self.binding.reference)
        return "Ann"


class Connectors:
    """Resolves ``good`` and nothing else; ``closed`` does not let us in."""

    def resolve(self, reference, kind):
        assert kind is Told
        if reference == "closed":
            raise StepFailed("wrong password", hint="look again")
        if reference != "good":
            raise ConnectorError(f"there is no connector {reference!r}")
        return Told()


@pytest.fixture
def inspect(bench):
    """Return what inspects a pipeline of one stage with these specs."""
    bench.types["Inspected"] = Inspected
    Told.asked.clear()

    def inspected(*specs, variables="[]"):
        steps = "".join(
            f"- step: {{identifier: s{i}, type: Inspected, spec: {{{spec}}}}}\n"
            for i, spec in enumerate(specs)
        )
        text = bench.pipeline(steps, variables=variables)
        inspected.lines = text.splitlines()
        plan = bench.plan(text)
        facts = RunFacts("RUN", "p", bench.clock.now(), "http://ci/1", "ann")
        return Inspector(
            plan, bench.types, {"Told": Told}, Connectors(), clock=bench.clock, facts=facts
        ).all()

    return inspected


def place(inspect, word, nth=1):
    """Return file, line and column of the *nth* line that holds *word*."""
    found = [(i, line) for i, line in enumerate(inspect.lines, 1) if word in line]
    number, line = found[nth - 1]
    return f"p.yaml:{number}:{line.index(word) + 1}"


def told(live, *levels):
    return [str(each.fault) for each in live.findings(*(levels or Level))]


def test_what_a_step_finds_is_told_in_its_order(inspect):
    live = inspect("connectorRef: good, text: hello")
    (step,) = live.steps
    assert step.inspection.differences == (Difference("a", "1", "2"),)
    assert step.inspection.writes == (Write("PUT /a", {"a": "hello"}),)
    assert [each.fault.message for each in step.findings] == ["ann asks at s/s0", "found"]
    assert live.connectors == {"good": "Ann"}


@pytest.mark.parametrize(
    ("spec", "word"),
    [
        ("connectorRef: good, text: text", "text}"),
        ("connectorRef: good, text: listed, listed: [one, two]", "two"),
        ("connectorRef: good, text: whole, listed: [one, two]", "one"),
        ("connectorRef: good, text: else", "s0"),
    ],
)
def test_a_finding_stands_at_its_place_in_the_file(inspect, spec, word):
    live = inspect(spec)
    assert f"{place(inspect, word)}: found; do it" in told(live)


def test_findings_are_told_by_level(inspect):
    live = inspect(*(f"connectorRef: good, level: {level}" for level in Level))
    assert len(told(live, Level.ERROR)) == len(told(live, Level.WARNING)) == 1
    assert len(told(live, Level.NOTE)) == 1 + len(Level)  # each step notes something, too


def test_one_connector_is_asked_once_and_a_closed_one_is_told_once(inspect):
    good = inspect("connectorRef: good", "connectorRef: good")
    assert len(Told.asked) == 1
    assert len(told(good)) == 4
    live = inspect("connectorRef: closed", "connectorRef: closed", "connectorRef: nowhere")
    assert told(live, Level.ERROR) == [
        f"{place(inspect, 'closed')}: wrong password; look again",
        f"{place(inspect, 'nowhere')}: there is no connector 'nowhere'",
    ]
    assert told(live, Level.NOTE) == [
        f"{place(inspect, 'closed', 2)}: not checked: the connector 'closed' cannot be used"
    ]
    assert live.connectors == {}


def test_a_connector_that_comes_with_the_run_is_a_note(inspect):
    live = inspect('connectorRef: "<+pipeline.sequenceId>"')
    assert told(live, Level.NOTE) == [
        f"{place(inspect, OPEN)}: connectorRef comes with the run (<+pipeline.sequenceId>): "
        "nothing of the step is checked"
    ]
    assert told(live, Level.ERROR, Level.WARNING) == []


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("fail", "it cannot be; mend it"),
        ("refuse", "no such connector; write another"),
        ("write", "a defect of the step's plugin: TypeError: the effect 'w' was asked for while"),
    ],
)
def test_a_step_that_fails_is_an_error_and_the_others_are_told_all_the_same(inspect, how, message):
    live = inspect(f"connectorRef: good, how: {how}", "connectorRef: good")
    (error,) = told(live, Level.ERROR)
    assert message in error
    assert any("found" in each for each in told(live, Level.NOTE))


def test_a_spec_that_is_wrong_once_its_values_are_known_is_an_error(inspect):
    variables = "[{name: n, value: many}]"
    live = inspect('connectorRef: good, count: "<+pipeline.variables.n>"', variables=variables)
    (error,) = told(live, Level.ERROR)
    assert error.startswith(place(inspect, OPEN))
    assert "it would fail: `count` must be a whole number, not 'many'" in error


def test_a_typed_value_that_comes_with_the_run_leaves_the_step_unchecked(inspect):
    live = inspect('connectorRef: good, count: "<+pipeline.sequenceId>"')
    assert told(live) == [f"{place(inspect, OPEN)}: not checked: only the run tells `count`"]


def test_an_expression_that_is_kept_for_later_has_what_is_known_put_in(inspect):
    spec = "connectorRef: good, how: look, criteria: {expression: '<+issue.a> == %s'}"
    variables = "[{name: n, type: Number, value: '1'}]"
    live = inspect(spec % "<+pipeline.variables.n>", variables=variables)
    assert [each.rpartition(": ")[2] for each in told(live)] == ["it is True"]
    live = inspect(spec % "<+pipeline.sequenceId>")
    assert [each.partition(": ")[2] for each in told(live)] == [
        "the expression reads what comes with the run: only the run will tell 'sequenceId'",
        "it is None",
    ]


def test_a_step_without_an_inspection_of_its_own_is_previewed(bench):
    plan = bench.plan(bench.pipeline("- step: {identifier: a, type: Say, spec: {text: hi}}"))
    facts = RunFacts("RUN", "p", bench.clock.now(), "", "ann")
    live = Inspector(plan, bench.types, {}, Connectors(), clock=bench.clock, facts=facts).all()
    assert live.steps[0].inspection == Inspection()
    assert list(live.findings(*Level)) == []


@pytest.mark.parametrize("state", ["yes", "wait", "no", ""])
def test_a_gate_of_any_plugin_says_what_its_verdict_would_be_now(bench, remote, state):
    gate = "- step: {identifier: g, type: Await, spec: {connectorRef: here, key: K-1}}"
    if state:
        bench.see("K-1", state)
    record = bench.add(bench.pipeline(gate))
    connectors = bench.state(record).world.connectors
    facts = RunFacts("RUN", "p", bench.clock.now(), "", "ann")
    plan = Plan.from_json(record.plan)
    live = Inspector(plan, bench.types, {}, connectors, clock=bench.clock, facts=facts).all()
    verdict = live.steps[0].inspection.verdict
    if not state:
        assert verdict is None
        (error,) = live.findings(Level.ERROR)
        assert error.fault.message == "nothing is known"
        return
    assert (
        verdict.status
        is {
            "yes": VerdictStatus.APPROVED,
            "wait": VerdictStatus.WAITING,
            "no": VerdictStatus.REJECTED,
        }[state]
    )
    (watch,) = remote.watched
    assert (watch.asks, watch.user, watch.opened) == ({"wanted": "yes"}, "ann", bench.clock.now())


def test_texts_for_later_know_what_is_known_before_the_run(inspect):
    rows = "rows: [{text: '<+code> of <+pipeline.variables.x>'}, {text: plain}]"
    variables = "[{name: x, value: y}]"
    live = inspect(f"connectorRef: good, how: rows, {rows}", variables=variables)
    (line,) = told(live)
    assert line.endswith(": they are ['7 of y', 'plain']")
