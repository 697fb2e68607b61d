"""A gate tried on the past: which one, what it would have said, and what it all comes to."""

from datetime import timedelta
from typing import ClassVar

import pytest

from penstock.errors import Refused
from penstock.past import Past
from penstock.run.backtest import Tally, find_gate, made_gate, replayed
from penstock.step import Gate
from penstock.verdict import Combination, Condition, Verdict, VerdictStatus
from penstock.watch import Snapshot, Watch


class Choose(Gate):
    """A gate with a past: approves by one colour, rejects by another."""

    type: ClassVar[str] = "Choose"
    deferred: ClassVar[dict[str, str]] = {"rule": "thing"}
    key: str = "K"
    colour: str = "green"
    rule: object = None

    def watch(self, context):
        return Watch("r", self.key)

    def judge(self, snapshot):
        found = snapshot.content["colour"]
        if found == "defect":
            raise ZeroDivisionError
        leaf = Condition("colour is", found == self.colour, self.colour, found)
        other = Condition("mood is", None, "good", None)
        tree = Condition("any of", leaf.truth, combine=Combination.ANY, parts=(leaf, other))
        rejection = Condition("colour is", found == "red", "red", f"colour = {found}")
        status = {self.colour: VerdictStatus.APPROVED, "red": VerdictStatus.REJECTED}
        status = status.get(found, VerdictStatus.WAITING)
        return Verdict(status, f"it is {found}", tree, rejection)

    @classmethod
    def present_only(cls):
        return ("key",)

    def history(self, connectors, query):
        return ()


STEP = "- step: {{identifier: {name}, type: {type}, spec: {{{spec}}}}}\n"


def step(name="c", type="Choose", spec="key: K"):  # noqa: A002 - YAML's name
    return STEP.format(name=name, type=type, spec=spec)


@pytest.fixture
def planned(bench):
    """Return what makes a plan of steps."""
    bench.types["Choose"] = Choose

    def plan(*steps, variables="[]"):
        return bench.plan(bench.pipeline("".join(steps), variables=variables))

    return plan


@pytest.fixture
def past(bench):
    """Return what makes the past of a thing that had these colours, an hour each."""

    def made(*colours, key="K-1", doubts=()):
        start = bench.clock.now()
        snapshots = [
            Snapshot(start + timedelta(hours=hour), {"colour": colour})
            for hour, colour in enumerate(colours)
        ]
        return Past(key, tuple(snapshots), f"http://x/{key}", doubts)

    return made


# Which gate


@pytest.mark.parametrize("wanted", [None, "c", "s/c"])
def test_the_only_gate_needs_no_name(planned, bench, wanted):
    plan = planned(step(), step("say", "Say", "text: x"))
    assert find_gate(plan, bench.types, wanted)[1].path == "s/c"


@pytest.mark.parametrize(
    ("steps", "wanted", "words"),
    [
        ([step("say", "Say", "text: x")], None, "p.yaml has no step that waits"),
        ([step("a"), step("b")], None, "p.yaml has 2 gates: s/a, s/b; name one with --step"),
        ([step("approval")], "aproval", "has no gate 'aproval'; did you mean 'approval'?"),
        ([step("a")], "xyz", "has no gate 'xyz'; its gates are: s/a"),
        ([step("say", "Say", "text: x"), step("c")], "say", "has no gate 'say'"),
        (
            [step("w", "Await", "connectorRef: r, key: K")],
            None,
            "steps of type Await cannot be tried on the past",
        ),
    ],
)
def test_a_gate_that_is_not_there_or_has_no_past_is_refused(planned, bench, steps, wanted, words):
    with pytest.raises(Refused, match=words):
        find_gate(planned(*steps), bench.types, wanted)


def test_an_id_that_two_stages_have_is_refused_and_its_path_is_not(bench):
    bench.types["Choose"] = Choose
    plan = bench.plan(bench.pipeline(step(), step()))
    with pytest.raises(Refused, match=r"'c' is several gates of .*: s/c, t/c; name one"):
        find_gate(plan, bench.types, "c")
    assert find_gate(plan, bench.types, "t/c")[1].path == "t/c"


# What it is made of


def gate_of(plan, bench):
    stage, found = find_gate(plan, bench.types, None)
    return made_gate(plan, stage, found, Choose, bench.clock.now())


def test_a_gate_is_made_with_what_is_known_before_a_run(planned, bench):
    spec = "key: <+steps.say.output>, colour: <+pipeline.variables.c>, rule: <+thing.x> == 1"
    plan = planned(
        step("say", "Say", "text: x"),
        step(spec=spec),
        variables="[{name: c, type: String, value: blue}]",
    )
    gate = gate_of(plan, bench)
    assert gate.colour == "blue"
    assert gate.key == "<+steps.say.output>"
    assert gate.rule == {"text": "<+thing.x> == 1", "names": {}}


def test_what_only_a_run_tells_is_refused_where_the_gate_needs_it(planned, bench):
    plan = planned(step("say", "Say", "text: x"), step(spec='colour: "<+steps.say.said>"'))
    with pytest.raises(Refused) as told:
        gate_of(plan, bench)
    (fault,) = told.value.faults
    assert (fault.file, fault.line) == ("p.yaml", 15)
    assert fault.message == "`colour`: only the run will tell 'steps'"
    assert fault.hint.startswith("there is no run to tell it: write a value")


def test_a_spec_that_comes_out_wrong_is_refused(planned, bench):
    plan = planned(
        step(spec="colour: <+pipeline.variables.c>"),
        variables="[{name: c, type: Number, value: 3}]",
    )
    with pytest.raises(Refused, match="colour"):
        gate_of(plan, bench)


# What it would have said


@pytest.mark.parametrize(
    ("colours", "outcome", "hours", "looks"),
    [
        (("blue", "green", "red"), "approved", 1, 2),
        (("red", "green"), "rejected", 0, 1),
        (("blue", "grey"), "hung", None, 2),
        (("defect", "green"), "approved", 1, 2),
    ],
)
def test_the_first_verdict_that_is_none_to_wait_is_what_it_would_have_said(
    past, colours, outcome, hours, looks
):
    replay = replayed(Choose(), past(*colours))
    assert (replay.outcome, len(replay.looks)) == (outcome, looks)
    assert replay.seconds == (None if hours is None else hours * 3600)


def test_what_hangs_says_what_it_waits_for_in_the_end(past):
    assert replayed(Choose(), past("blue", "grey")).verdict.reason == "it is grey"


# What it comes to


def tally(past, *colours, gate=None):
    found = Tally()
    for number, one in enumerate(colours):
        doubts = ("so it was",) * 2 if "grey" in one else ()
        found.add(replayed(gate or Choose(), past(*one, key=f"K-{number}", doubts=doubts)))
    return found


def test_outcomes_are_counted_and_approvals_measured(past):
    found = tally(past, ("green",), ("blue", "green"), ("a", "b", "green"), ("red",), ("grey",))
    assert found.outcomes == {"approved": 3, "rejected": 1, "hung": 1}
    assert found.approved_after == [0.0, 3600.0, 7200.0]
    assert (found.total, found.median) == (5, 3600.0)
    assert found.doubts == {"so it was": 1}
    assert tally(past, ("grey",)).median is None


def test_a_condition_that_is_never_true_is_found_with_what_was_there_and_the_near_miss(past):
    found = tally(past, ("blue", "grean"), ("grean",), gate=Choose(colour="green"))
    never = {(leaf.label, leaf.rejection): leaf for leaf in found.never_true()}
    assert set(never) == {("colour is", False), ("mood is", False), ("colour is", True)}
    colour = never["colour is", False]
    assert (colour.expected, dict(colour.seen)) == ("green", {"blue": 1, "grean": 2})
    assert colour.near == "grean"
    assert never["colour is", True].near is None
    assert never["mood is", False].seen == {}


def test_a_condition_that_was_true_once_is_no_suspect(past):
    found = tally(past, ("green",), ("blue",))
    assert [leaf.label for leaf in found.never_true() if not leaf.rejection] == ["mood is"]
    assert {leaf.label: leaf.true for leaf in found.leaves() if not leaf.rejection} == {
        "colour is": 1,
        "mood is": 0,
    }


def test_several_wanted_values_have_no_near_miss(past):
    assert tally(past, ("grean",), gate=Choose(colour="green,blue")).never_true()[0].near is None
