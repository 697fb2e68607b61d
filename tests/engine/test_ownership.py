"""One living process carries a run: seen from other processes, real ones."""

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from penstock.errors import JournalError, OwnedElsewhere
from penstock.run.ownership import is_owned, own, owner_name

#: Says whether it got the run; keeps it until its input ends.
CARRIER = """
import sys
from pathlib import Path
from penstock.errors import OwnedElsewhere
from penstock.run.ownership import own, owner_name

sys.stdin.readline()
try:
    with own(Path(sys.argv[1]), "run0", "somebody"):
        print(owner_name(), flush=True)
        sys.stdin.read()
except OwnedElsewhere:
    print("nobody", flush=True)
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def carrier(database: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Start processes that take the run once they are sent a line."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", CARRIER, database],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def take(process: subprocess.Popen[str]) -> str:
    """Let a process try; return who it says that it is."""
    process.stdin.write("\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def test_a_process_is_named_by_its_number_and_its_host():
    assert owner_name().startswith(f"pid {os.getpid()} on ")


def test_a_run_that_another_process_carries_is_refused_and_says_whose_it_is(database, carrier):
    owner = take(carrier())
    assert owner.startswith("pid ")
    with pytest.raises(OwnedElsewhere) as caught, own(database, "run0", owner):
        raise AssertionError("it is carried")
    assert str(caught.value) == (
        f"run run0 is carried by {owner}; watch it with `penstock show run0`, "
        "or end it with `penstock abort run0`"
    )
    assert caught.value.exit_code == 2
    assert is_owned(database, "run0")
    with own(database, "run1", None):
        assert is_owned(database, "run1")


def test_an_owner_that_is_not_known_is_another_process(database):
    with (
        own(database, "run0", None),
        pytest.raises(OwnedElsewhere, match="run run0 is carried by another process; "),
        own(database, "run0", None),
    ):
        raise AssertionError("it is carried")


def test_a_process_that_is_killed_carries_nothing_any_more(database, carrier):
    process = carrier()
    take(process)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    assert not is_owned(database, "run0")
    with own(database, "run0", None):
        assert is_owned(database, "run0")


def test_a_process_that_is_done_lets_go_even_if_it_fails(database):
    with pytest.raises(ZeroDivisionError), own(database, "run0", None):
        raise ZeroDivisionError
    assert not is_owned(database, "run0")
    with own(database, "run0", None):
        pass


def test_of_many_who_try_at_once_one_gets_it(carrier):
    processes = [carrier() for _ in range(6)]
    for process in processes:
        process.stdin.write("\n")
    for process in processes:
        process.stdin.flush()
    said = [process.stdout.readline().strip() for process in processes]
    assert said.count("nobody") == 5


def test_the_file_of_a_lock_stays_since_a_second_one_would_be_a_second_lock(database):
    file = database.parent / "journal.db.locks" / "run0.lock"
    with own(database, "run0", None):
        first = file.stat().st_ino
    assert file.stat().st_ino == first


def test_to_ask_who_carries_a_run_is_in_nobodys_way(database):
    done = threading.Event()
    asked = []

    def ask() -> None:
        while not done.is_set():
            asked.append(is_owned(database, "run0"))

    with own(database, "run0", None):
        pass
    thread = threading.Thread(target=ask)
    thread.start()
    for _ in range(50):
        with own(database, "run0", None):
            pass
    done.set()
    thread.join()
    assert asked


def test_to_ask_leaves_no_trace(database):
    assert not is_owned(database, "run0")
    assert list(database.parent.iterdir()) == []


def test_locks_are_for_their_owner_only(database):
    with own(database, "run0", None):
        locks = database.parent / "journal.db.locks"
        assert stat.S_IMODE(locks.stat().st_mode) == 0o700
        assert stat.S_IMODE((locks / "run0.lock").stat().st_mode) == 0o600


def test_a_run_that_cannot_be_locked_is_told(database):
    (database.parent / "journal.db.locks").write_text("in the way")
    with (
        pytest.raises(JournalError, match="run run0 cannot be locked: "),
        own(database, "run0", None),
    ):
        raise AssertionError("it is not locked")
