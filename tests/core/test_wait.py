"""The step ``Wait``: exactly its time, and never without the time for it."""

from datetime import timedelta

import pytest

from penstock.errors import StepFailed
from penstock.testing import FakeClock
from penstock.verdict import VerdictStatus
from penstock.watch import Snapshot
from penstock_core import penstock_step_types
from penstock_core.wait import Wait


def wait(duration="1m 30s"):
    return Wait.model_validate({"duration": duration})


def test_the_plugin_provides_the_step():
    assert Wait in penstock_step_types()


def test_it_waits_for_time_and_for_nothing_else(desk):
    watch = wait().watch(desk.context(90.5))
    assert (watch.connector, watch.key) == ("", "1m 30s to pass")


@pytest.mark.parametrize("seconds", [0, 89.9])
def test_a_wait_longer_than_the_time_there_is_fails_at_once(desk, seconds):
    desk.clock = FakeClock()
    with pytest.raises(StepFailed, match="it is to wait for 1m 30s, and has ") as caught:
        wait().watch(desk.context(seconds))
    assert "longer `timeout`" in caught.value.hint


@pytest.mark.parametrize(
    ("seconds", "status"),
    [
        (-3600, VerdictStatus.WAITING),  # the clock was set back
        (0, VerdictStatus.WAITING),
        (89.999, VerdictStatus.WAITING),
        (90, VerdictStatus.APPROVED),
        (10_000, VerdictStatus.APPROVED),
    ],
)
def test_it_ends_at_its_instant(seconds, status):
    opened = FakeClock().now()
    seen = Snapshot(opened + timedelta(seconds=seconds), {"opened": opened.isoformat()})
    verdict = wait().judge(seen)
    assert verdict.status is status
    end = opened + timedelta(seconds=90)
    assert (verdict.again or verdict.decided) == end


def test_a_plan_says_how_long():
    assert wait("2h").preview() == ("waits for 2h",)
