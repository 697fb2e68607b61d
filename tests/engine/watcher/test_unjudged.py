"""Gates that cannot be judged, or that a new life of the run does not know."""

from dataclasses import replace

import pytest

from penstock.errors import OwnershipLost
from penstock.events import Status
from penstock.journal import Journal
from penstock.step import Headline, Step

# What cannot be judged


def test_a_gate_that_cannot_judge_waits_and_says_why(bench, watched):
    bench.see("K", "defect", "yes")
    run = watched()
    run.look()
    assert run.attempt().status is Status.APPROVAL_WAITING
    assert run.verdict().reason == "it cannot be judged: ZeroDivisionError: cannot judge"
    run.look()
    assert run.attempt().status is Status.SUCCEEDED


@pytest.mark.parametrize(
    "mangle",
    [
        lambda verdict: None,
        lambda verdict: True,
        lambda verdict: replace(verdict, outputs={"x": object()}),
        lambda verdict: replace(verdict, decided=verdict.decided.replace(tzinfo=None)),
    ],
)
def test_an_approval_that_is_malformed_is_none(bench, remote, watched, mangle):
    bench.see("K", "yes", decided="now")
    remote.verdict = mangle
    run = watched()
    run.look()
    assert run.attempt().status is Status.APPROVAL_WAITING
    assert run.verdict().reason.startswith("it cannot be judged: ")


def test_a_gate_that_cannot_be_judged_expires_with_the_reason(bench, watched):
    bench.see("K", "defect")
    run = watched(watched.gate(timeout="90s"))
    for _ in range(3):
        run.look()
    assert run.attempt().status is Status.EXPIRED
    assert "cannot be judged: ZeroDivisionError" in run.attempt().message


# What is left of a gate in a new life


class NoGate(Step):
    """What became of a gate's type in another version of its plugin."""

    type = "Await"
    connector_ref: str
    key: str
    interval: float = 60.0
    wanted: str = "yes"

    def run(self, context):
        return {}


def odd_gate(bench, **members):
    """Let gates be of a type with other *members*."""
    bench.types["Await"] = type("Odd", (bench.types["Await"],), members)


def test_a_gate_whose_plugin_is_gone_fails_with_what_to_do(bench, watched):
    run = watched()
    del bench.types["Await"]
    run.revive()
    attempt = run.attempt()
    assert attempt.status is Status.FAILED
    assert "no installed plugin provides the step type 'Await'; install" in attempt.message
    assert run.watcher.next_due() is None


def test_a_gate_whose_type_no_longer_waits_fails(bench, watched):
    run = watched()
    bench.types["Await"] = NoGate
    run.revive()
    assert "TypeError: steps of type Await do not wait any more" in run.attempt().message
    assert run.watcher.next_due() is None


def test_a_gate_whose_type_takes_other_fields_now_fails_and_names_them(bench, watched):
    run = watched()
    odd_gate(bench, __annotations__={"quorum": int})
    run.revive()
    assert run.attempt().status is Status.FAILED
    assert "quorum" in run.attempt().message


def test_a_gate_whose_type_breaks_when_it_is_made_fails_as_a_defect(bench, watched):
    run = watched()

    def broken(cls, *args, **kwargs):
        raise SystemExit(7)

    odd_gate(bench, model_validate=classmethod(broken))
    run.revive()
    assert "a defect of the step's plugin: SystemExit: 7" in run.attempt().message


def test_a_gate_shows_the_headline_of_its_type(bench, watched):
    odd_gate(bench, headline=lambda self, outputs: Headline(f"was {outputs['state']}", "http://x"))
    bench.see("K", "yes")
    watched().look()
    event = bench.of_kind("step_finished")[0]
    assert (event.title, event.link) == ("was yes", "http://x")


def test_an_approval_is_not_lost_over_a_defect_in_its_headline(bench, watched):
    def broken(self, outputs):
        raise KeyError("x")

    odd_gate(bench, headline=broken)
    bench.see("K", "yes")
    run = watched()
    run.look()
    assert run.attempt().status is Status.SUCCEEDED
    assert bench.of_kind("step_noted")[0].text == (
        "nothing is shown beside it, by a defect of the step's plugin: KeyError: 'x'"
    )


# Fencing


@pytest.mark.parametrize("state", ["maybe", "yes"])
def test_who_lost_the_run_writes_no_verdict_and_tells_none(bench, watched, state):
    bench.see("K", state)
    run = watched()
    other = Journal(bench.journal.file)
    other.claim(run.record.id, "another")
    with pytest.raises(OwnershipLost):
        run.look()
    assert run.attempt().status is Status.APPROVAL_WAITING
    assert run.verdict() is None
    assert bench.of_kind("gate_looked") == []
    other.close()
