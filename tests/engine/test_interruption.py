"""A request to stop, and the clock that heeds it."""

import threading

import pytest

from penstock.run.interruption import Interrupted, InterruptibleClock, Stop
from penstock.testing import FakeClock


class Ticking(FakeClock):
    """A clock that notes each wait, and does something at a given one."""

    def __init__(self):
        super().__init__()
        self.waits, self.at, self.then = [], 0, lambda: None

    def wait(self, seconds, signal=None):
        self.waits.append(seconds)
        if len(self.waits) == self.at:
            self.then()
        return super().wait(seconds, signal)


@pytest.fixture
def stop():
    return Stop()


@pytest.fixture
def ticking():
    return Ticking()


@pytest.fixture
def clock(ticking, stop):
    return InterruptibleClock(ticking, stop)


def test_a_request_has_a_reason_and_rings_the_bell(stop):
    stop.check()
    assert not stop.bell.is_set()
    stop.request("stopped by SIGINT")
    assert stop.reason == "stopped by SIGINT"
    assert stop.bell.wait(10)
    with pytest.raises(Interrupted, match="stopped by SIGINT") as caught:
        stop.check()
    assert caught.value.exit_code == 6


def test_a_signal_may_come_while_the_bell_itself_is_in_use(stop):
    asked = threading.Event()

    def interrupted_in_the_middle_of_a_wait():
        with stop.bell._cond:  # as Event.wait and Event.clear hold it
            stop.request("stopped by SIGTERM")
        asked.set()

    threading.Thread(target=interrupted_in_the_middle_of_a_wait, daemon=True).start()
    assert asked.wait(10)
    assert stop.bell.wait(10)


def test_time_passes_in_full_and_is_told_as_it_is(clock, ticking):
    assert clock.wait(10) is False
    assert clock.monotonic() == ticking.monotonic() == 10
    assert clock.now() == ticking.now()
    assert max(ticking.waits) == 0.2


@pytest.mark.parametrize("seconds", [0, -1])
def test_no_time_at_all_is_no_wait(clock, ticking, seconds):
    assert clock.wait(seconds) is False
    assert ticking.waits == []


def test_whoever_waits_is_interrupted_soon(clock, ticking, stop):
    ticking.at, ticking.then = 5, lambda: stop.request("stopped")
    with pytest.raises(Interrupted, match="stopped"):
        clock.wait(3600)
    assert ticking.monotonic() == pytest.approx(1.0)


def test_whoever_waits_for_a_signal_of_their_own_is_interrupted_too(clock, ticking, stop):
    ticking.at, ticking.then = 5, lambda: stop.request("stopped")
    with pytest.raises(Interrupted):
        clock.wait(3600, threading.Event())
    assert ticking.monotonic() == pytest.approx(1.0)


@pytest.mark.parametrize("seconds", [0, 10])
def test_nobody_begins_to_wait_after_a_request(clock, ticking, stop, seconds):
    stop.request("stopped")
    with pytest.raises(Interrupted):
        clock.wait(seconds)
    assert ticking.waits == []


def test_a_signal_ends_a_wait_early(clock, ticking):
    signal = threading.Event()
    ticking.at, ticking.then = 3, signal.set
    assert clock.wait(10, signal) is True
    assert ticking.monotonic() == pytest.approx(0.4)
    assert clock.wait(0, signal) is True


def test_the_bell_needs_no_slices(clock, ticking, stop):
    assert clock.wait(10, stop.bell) is False
    assert ticking.waits == [10]
    stop.bell.set()
    assert clock.wait(10, stop.bell) is True
    assert ticking.monotonic() == 10


def test_a_stop_ends_a_wait_for_the_bell(clock, ticking, stop):
    ticking.at, ticking.then = 1, lambda: stop.request("stopped")
    with pytest.raises(Interrupted):
        clock.wait(10, stop.bell)
