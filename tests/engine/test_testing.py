"""The two clocks: the machine's, and the one for tests."""

import threading
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from penstock.clock import Clock, SystemClock
from penstock.testing import FakeClock


@pytest.mark.parametrize("clock", [SystemClock(), FakeClock()])
def test_a_clock_tells_aware_time_in_utc_and_never_goes_back(clock: Clock) -> None:
    now, monotonic = clock.now(), clock.monotonic()
    assert now.tzinfo is UTC
    assert not clock.wait(0.001)
    assert clock.now() > now and clock.monotonic() >= monotonic + 0.001


@pytest.mark.parametrize("clock", [SystemClock(), FakeClock()])
def test_a_set_signal_ends_a_wait_before_it_begins(clock: Clock) -> None:
    signal = threading.Event()
    assert not clock.wait(0, signal)
    assert not clock.wait(-5, signal)
    signal.set()
    before = clock.now()
    assert clock.wait(60, signal)
    assert clock.now() - before < timedelta(seconds=30)


def test_a_wait_for_less_than_nothing_is_over_at_once() -> None:
    before = time.monotonic()
    assert not SystemClock().wait(-60)
    assert time.monotonic() - before < 30


def test_the_fake_clock_begins_where_it_is_told_to() -> None:
    assert FakeClock().now() == datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    berlin = datetime(2026, 7, 1, 12, 0, tzinfo=timezone(timedelta(hours=2)))
    assert FakeClock(berlin).now() == datetime(2026, 7, 1, 10, 0, tzinfo=UTC)
    assert FakeClock(berlin).now().tzinfo is UTC


def test_the_fake_clock_refuses_a_naive_start() -> None:
    with pytest.raises(ValueError, match="must be aware"):
        FakeClock(datetime(2026, 3, 2))  # noqa: DTZ001 - that is the mistake


def test_waiting_three_weeks_takes_no_time() -> None:
    clock = FakeClock()
    start = clock.now()
    before = time.monotonic()
    assert not clock.wait(21 * 86400, threading.Event())
    assert time.monotonic() - before < 30
    assert clock.now() - start == timedelta(weeks=3)
    assert clock.monotonic() == 21 * 86400


def test_advancing_moves_both_readings_and_never_backwards() -> None:
    clock = FakeClock()
    clock.advance(90)
    assert clock.now() == datetime(2026, 3, 2, 9, 1, 30, tzinfo=UTC)
    assert clock.monotonic() == 90
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(-1)
