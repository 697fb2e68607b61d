"""A run carried by this process: its waits, its stops, and other processes that interfere."""

import contextlib
import os
import signal
import threading
from datetime import timedelta

import pytest

from penstock.clock import SystemClock
from penstock.errors import OwnershipLost
from penstock.events import Status
from penstock.journal import Journal
from penstock.run.interruption import Interrupted
from penstock.run.local import carry, stopped_by_signals
from penstock.testing import FakeClock

SAY = "- step: {identifier: %s, type: Say, spec: {text: %s}}\n"
GATE = "- step: {identifier: g, type: Await, timeout: 10m, spec: {connectorRef: r, key: K}}\n"


class Ticking(FakeClock):
    """A clock that does something at each wait."""

    def __init__(self):
        super().__init__()
        self.on_tick = lambda: None

    def wait(self, seconds, signal=None):
        self.on_tick()
        return super().wait(seconds, signal)


@pytest.fixture
def ticking(bench):
    bench.clock = Ticking()
    return bench.clock


@pytest.fixture
def other(bench):
    """The journal as another process has it open."""
    journal = Journal(bench.journal.file)
    yield journal
    journal.close()


def abort(journal, run):
    claim = journal.claim(run, "another")
    journal.set_run_status(claim, Status.ABORTED, message="aborted by another")


# Waiting


def test_a_run_waits_and_goes_on_and_its_status_says_so(bench, remote):
    record = bench.add(bench.pipeline(GATE + SAY % ("a", "x")))
    seen = []

    def note(*_):
        seen.append(str(bench.journal.run(record.id).status))

    def approve(looks):
        note()
        if len(remote.asked) == 3:
            bench.see("K", "yes")
        return looks

    bench.see("K", "maybe")
    remote.answer, remote.on_say = approve, note
    assert bench.carry(record) is Status.SUCCEEDED
    assert seen == ["ApprovalWaiting"] * 4 + ["Running"]
    assert bench.journal.run(record.id).status is Status.SUCCEEDED
    assert bench.clock.monotonic() == pytest.approx(180)


def test_a_ring_of_the_bell_brings_a_look_at_once(bench, ticking, remote):
    bench.see("K", "maybe")

    def change():
        if ticking.monotonic() >= 5:
            bench.see("K", "yes")
            bench.stop.ring()

    ticking.on_tick = change
    assert bench.run(bench.pipeline(GATE)) is Status.SUCCEEDED
    assert ticking.monotonic() == 5
    assert not bench.stop.bell.is_set()


def test_a_clock_that_is_set_back_does_not_put_the_looks_off(bench, ticking, remote):
    bench.see("K", "maybe", "yes")

    def set_back():
        if ticking.monotonic() == 30:
            bench.jump(timedelta(days=-2))

    ticking.on_tick = set_back
    assert bench.run(bench.pipeline(GATE)) is Status.SUCCEEDED
    assert ticking.monotonic() == pytest.approx(60)


def test_a_clock_that_is_set_ahead_brings_the_look_forward(bench, ticking):
    bench.see("K", "maybe", "yes")

    def set_ahead():
        if ticking.monotonic() == 30:
            bench.jump(timedelta(seconds=20))

    ticking.on_tick = set_ahead
    bench.run(bench.pipeline(GATE))
    assert ticking.monotonic() == 40


def test_a_gate_that_cannot_wait_any_more_ends_the_run(bench, ticking):
    record = bench.add(bench.pipeline(GATE))
    ticking.on_tick = lambda: bench.stop.request("stopped")
    with pytest.raises(Interrupted):
        bench.carry(record)
    bench.reopen()
    del bench.types["Await"]
    assert bench.carry(record) is Status.FAILED
    assert "no installed plugin" in bench.journal.run(record.id).message


# Stopping


def test_a_stop_while_steps_run_is_heeded_before_the_next_one(bench, remote):
    said = []

    def say(text):
        said.append(text)
        if text == "2":
            bench.stop.request("stopped by SIGTERM")

    remote.on_say = say
    steps = "".join(SAY % (f"a{number}", f'"{number}"') for number in range(5))
    record = bench.add(bench.pipeline(steps))
    with pytest.raises(Interrupted, match="stopped by SIGTERM"):
        bench.carry(record)
    assert said == ["0", "1", "2"]
    assert bench.of_kind("run_interrupted")[0].reason == "stopped by SIGTERM"
    assert bench.journal.run(record.id).status is Status.RUNNING
    bench.reopen()
    assert bench.carry(record) is Status.SUCCEEDED
    assert said == ["0", "1", "2", "3", "4"]


def test_a_stop_before_a_step_that_must_not_be_repeated_leaves_it_undone(bench, remote):
    once = "- step: {identifier: o, type: Once}\n"
    record = bench.add(bench.pipeline(SAY % ("a", "x") + once))
    remote.on_say = lambda text: bench.stop.request("stopped")
    with pytest.raises(Interrupted):
        bench.carry(record)
    bench.reopen()
    assert bench.carry(record) is Status.SUCCEEDED
    assert remote.written == ["once"]


def test_a_stop_while_a_gate_waits_keeps_the_wait(bench, ticking, remote):
    bench.see("K", "maybe")

    def stop():
        if ticking.monotonic() == 90:
            bench.stop.request("stopped by SIGINT")

    ticking.on_tick = stop
    record = bench.add(bench.pipeline(GATE))
    with pytest.raises(Interrupted):
        bench.carry(record)
    assert 90 <= ticking.monotonic() <= 91
    assert bench.journal.run(record.id).status is Status.APPROVAL_WAITING
    assert bench.of_kind("gate_unavailable") == []
    opened = bench.journal.waits(record.id)[0]
    bench.see("K", "yes")
    bench.reopen()
    assert bench.carry(record) is Status.SUCCEEDED
    assert bench.journal.waits(record.id)[0].deadline == opened.deadline
    assert [event.path for event in bench.of_kind("gate_opened")] == ["s/g"]  # told anew


def test_a_stop_is_not_lost_if_it_comes_while_another_ring_is_heard(bench):
    class Bell(threading.Event):
        def clear(self):
            super().clear()
            bench.stop.reason = "stopped by SIGINT"

    bench.stop.bell = Bell()
    bench.see("K", "maybe")
    record = bench.add(bench.pipeline(GATE))
    bench.stop.ring()
    with pytest.raises(Interrupted):
        bench.carry(record)


def test_a_second_signal_in_the_middle_of_a_step_leaves_the_run_to_be_resumed(bench, remote):
    def killed(text):
        raise KeyboardInterrupt

    remote.after_write = killed
    write = "- step: {identifier: w, type: Write, spec: {connectorRef: r, text: x}}\n"
    record = bench.add(bench.pipeline(write))
    with pytest.raises(KeyboardInterrupt):
        bench.carry(record)
    bench.reopen()
    assert bench.carry(record) is Status.SUCCEEDED
    assert len(remote.written) == 1


# Signals


SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_asks_to_stop_and_the_second_ends_at_once(bench, number):
    before = [signal.getsignal(item) for item in SIGNALS]
    with stopped_by_signals(bench.stop):
        os.kill(os.getpid(), number)
        assert bench.stop.reason == f"stopped by {signal.Signals(number).name}"
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert [signal.getsignal(item) for item in SIGNALS] == before


def test_what_is_ignored_from_the_start_stays_ignored(bench):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with stopped_by_signals(bench.stop):
            os.kill(os.getpid(), signal.SIGHUP)
            assert bench.stop.reason is None
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_thread_leaves_the_signals_of_its_process_alone(bench):
    seen = []

    def in_a_thread():
        with stopped_by_signals(bench.stop):
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=in_a_thread)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGTERM)]


def test_a_real_signal_stops_a_run_that_waits_in_real_time(bench):
    bench.clock = SystemClock()
    record = bench.add(bench.pipeline(GATE))
    timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM))
    timer.start()
    began = bench.clock.monotonic()
    with stopped_by_signals(bench.stop), pytest.raises(Interrupted):
        bench.carry(record)
    assert bench.clock.monotonic() - began < 5
    timer.join()


# Other processes


@pytest.mark.parametrize("seconds", [0, 1, 30])
def test_a_run_that_is_aborted_while_it_waits_ends_here_within_a_second(
    bench, ticking, other, seconds
):
    bench.see("K", "maybe")
    record = bench.add(bench.pipeline(GATE))

    def interfere():
        if ticking.monotonic() == seconds:
            abort(other, record.id)

    ticking.on_tick = interfere
    assert bench.carry(record) is Status.ABORTED
    assert ticking.monotonic() <= seconds + 1
    finished = bench.of_kind("run_finished")[0]
    assert (finished.status, finished.message) == (Status.ABORTED, "aborted by another")


@pytest.mark.parametrize("kind", ["gate_opened", "gate_looked"])
def test_an_abort_between_the_last_write_and_the_wait_is_noticed(bench, other, kind):
    bench.see("K", "maybe")
    record = bench.add(bench.pipeline(GATE))

    def emit(event):
        bench.events.append(event)
        if event.kind == kind:
            abort(other, record.id)

    assert carry(bench.state(record, emit), bench.stop) is Status.ABORTED
    assert bench.clock.monotonic() <= 1


def test_an_abort_while_a_step_runs_lets_it_be_the_last(bench, remote, other):
    record = bench.add(bench.pipeline(SAY % ("a", "1") + SAY % ("b", "2")))
    remote.on_say = lambda text: abort(other, record.id)
    assert bench.carry(record) is Status.ABORTED
    assert bench.statuses(record) == {}


def test_an_abort_after_the_last_step_wins(bench, other):
    record = bench.add(bench.pipeline(SAY % ("a", "x")))

    def emit(event):
        bench.events.append(event)
        if event.kind == "step_finished" and event.path == "s":
            abort(other, record.id)

    assert carry(bench.state(record, emit), bench.stop) is Status.ABORTED
    assert bench.journal.run(record.id).status is Status.ABORTED
    assert bench.of_kind("run_finished")[0].outputs["s/a"]["said"] == "x"


def test_a_run_that_another_process_took_over_goes_on_there(bench, ticking, other):
    bench.see("K", "maybe")
    record = bench.add(bench.pipeline(GATE))
    ticking.on_tick = lambda: other.claim(record.id, "pid 7 on mars")
    with pytest.raises(OwnershipLost, match="run run0: it is carried by pid 7 on mars now"):
        bench.carry(record)
    assert bench.of_kind("run_interrupted")[0].reason == "it is carried by pid 7 on mars now"
    assert bench.of_kind("run_finished") == []
    assert bench.journal.run(record.id).status is Status.APPROVAL_WAITING


def test_a_commit_to_another_run_is_no_reason_to_stop(bench, ticking, other):
    bench.see("K", "maybe", "yes")
    text = bench.pipeline(GATE)
    record, stranger = bench.add(text), bench.add(text)
    ticking.on_tick = lambda: other.claim(stranger.id, "another")
    assert bench.carry(record) is Status.SUCCEEDED


def test_a_run_that_another_process_ended_before_the_claim_is_not_run(bench, remote, other):
    record = bench.add(bench.pipeline(SAY % ("a", "x")))
    abort(other, record.id)
    remote.on_say = lambda text: pytest.fail("it was aborted")
    assert bench.carry(record) is Status.ABORTED
    assert [event.kind for event in bench.events] == ["run_finished"]


def test_two_who_carry_one_run_at_once_do_every_step_once(bench, remote, other):
    steps = "".join(
        f"- step: {{identifier: w{number}, type: Write, spec: {{connectorRef: r, text: x}}}}\n"
        for number in range(4)
    )
    record = bench.add(bench.pipeline(steps))
    state = bench.state(record)
    rival = type(bench)(bench.directory, bench.clock)

    def overtake(text):
        remote.after_write = lambda text: None
        assert rival.carry(record) is Status.SUCCEEDED

    remote.after_write = overtake
    with contextlib.suppress(OwnershipLost):
        assert carry(state, bench.stop) is Status.SUCCEEDED
    rival.journal.close()
    assert len(remote.written) == len(set(remote.written)) == 4
