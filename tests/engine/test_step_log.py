"""The log of a step: what is kept, what is told, and what is hidden in it."""

import os
import stat

import pytest

from penstock.run import step_log
from penstock.run.step_log import StepLog, kept_logs, log_file, logs_of
from penstock.secret import Masker
from penstock.testing import FakeClock


@pytest.fixture
def file(tmp_path):
    return log_file(logs_of(tmp_path / "journal.db"), "run1", "deploy/canary")


class Desk:
    """A log, and what is told of it."""

    def __init__(self, file):
        self.lines, self.notes = [], []
        self.clock, self.masker = FakeClock(), Masker()
        self.log = StepLog(file, self.masker, self.clock, self.lines.append, self.notes.append)


@pytest.fixture
def desk(file):
    return Desk(file)


def test_every_line_is_told_and_kept_for_its_owner_alone(desk, file, tmp_path):
    with desk.log as log:
        log("one")
        log("two \U0001f600 \udc80")
    assert desk.lines == ["one", "two \U0001f600 \udc80"]
    assert file.read_bytes() == "one\ntwo \U0001f600 \\udc80\n".encode()
    assert file == tmp_path / "journal.db.logs" / "run1" / "deploy.canary.log"
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (file, file.parent, file.parents[1])]
    assert modes == [0o600, 0o700, 0o700]
    assert desk.notes == []


def test_a_path_leads_nowhere_else(tmp_path):
    assert log_file(tmp_path, "r", "../a[1]/é x").name == "...a[1].__x.log"


def test_secrets_are_hidden_before_anything_is_told_or_kept(desk, file):
    desk.masker.add("correct-horse")
    with desk.log as log:
        log("the word is correct-horse")
    assert desk.lines == ["the word is ********"]
    assert file.read_text() == "the word is ********\n"


def test_of_many_lines_in_a_second_some_are_told_and_all_are_kept(desk, file):
    with desk.log as log:
        for number in range(step_log._PER_SECOND + 7):
            log(str(number))
        assert len(desk.lines) == step_log._PER_SECOND
        desk.clock.advance(1)
        log("later")
        assert desk.notes == ["7 lines of its log are not shown but kept"]
        assert desk.lines[-1] == "later"
    assert len(file.read_text().splitlines()) == step_log._PER_SECOND + 8


def test_no_more_lines_are_told_than_a_person_would_read(desk):
    with desk.log as log:
        for _ in range(step_log._MOST + 3):
            log("x")
            desk.clock.advance(1)
    assert len(desk.lines) == step_log._MOST
    assert desk.notes == ["3 lines of its log are not shown but kept"]


def test_a_long_line_is_cut_where_it_is_told(desk, file):
    with desk.log as log:
        log("x" * 5_000)
    assert desk.lines == ["x" * step_log._LONGEST + "…"]
    assert len(file.read_text()) == 5_001


def test_the_file_is_bounded_and_says_so_once(desk, file):
    line = "x" * (1024 * 1024 - 1)
    with desk.log as log:
        for _ in range(9):
            log(line)
        log(line + "too much")
        log("short")
        log("short")
    assert file.read_text().splitlines()[9:] == ["(more was printed than is kept)"]
    assert file.stat().st_size < step_log._LARGEST


def test_a_second_try_adds_to_the_file_within_the_same_bounds(file):
    for text in ("first", "second"):
        with Desk(file).log as log:
            log(text)
    assert file.read_text() == "first\nsecond\n"
    with file.open("ab") as stream:
        stream.truncate(step_log._LARGEST)
    with Desk(file).log as log:
        log("third")
    assert file.stat().st_size == step_log._LARGEST


def test_a_file_that_cannot_be_written_is_told_once_and_ends_nothing(desk, file):
    file.parents[1].write_text("not a directory")
    with desk.log as log:
        log("one")
        log("two")
    assert desk.lines == ["one", "two"]
    (note,) = desk.notes
    assert note.startswith(f"its log cannot be kept in {file}: ")


def test_a_link_in_the_place_of_the_file_is_not_followed(desk, file, tmp_path):
    file.parent.mkdir(parents=True)
    (tmp_path / "precious").write_text("precious")
    file.symlink_to(tmp_path / "precious")
    with desk.log as log:
        log("one")
    assert (tmp_path / "precious").read_text() == "precious"
    assert len(desk.notes) == 1


def test_without_a_file_lines_are_told_all_the_same(tmp_path):
    desk = Desk(None)
    with desk.log as log:
        for _ in range(step_log._PER_SECOND + 1):
            log("x")
    assert len(desk.lines) == step_log._PER_SECOND
    assert desk.notes == ["1 lines of its log are not shown"]
    assert list(tmp_path.iterdir()) == []


def test_the_logs_of_a_run_are_found_by_the_paths_of_its_steps(tmp_path):
    assert kept_logs(tmp_path, "run1") == {}
    for path in ("s/b", "s/a"):
        with Desk(log_file(tmp_path, "run1", path)).log as log:
            log("x")
    os.utime(log_file(tmp_path, "run1", "s/b"), (1, 1))
    assert list(kept_logs(tmp_path, "run1")) == ["s/b", "s/a"]
