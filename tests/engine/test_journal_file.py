"""The journal's file: made for its owner only, recognised, or refused and left as it is."""

import os
import sqlite3
import stat
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from penstock.errors import Refused
from penstock.events import Status
from penstock.journal import EffectRecord, Journal, RunRecord, database

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def add_run(journal: Journal) -> None:
    journal.add_run(RunRecord("run0", "p", "p", 0, Status.RUNNING, "{}", {}, {}, AT))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.db"


@pytest.fixture
def journal(file: Path) -> Iterator[Journal]:
    made = Journal(file)
    yield made
    made.close()


@pytest.fixture
def closed(file: Path) -> Path:
    """The file of a journal with one run, which nobody has open."""
    journal = Journal(file)
    add_run(journal)
    journal.close()
    return file


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_a_new_journal_and_its_companions_are_for_their_owner_only(journal, file):
    add_run(journal)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}
    assert modes == {"journal.db": 0o600, "journal.db-wal": 0o600, "journal.db-shm": 0o600}
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_an_empty_file_that_others_may_read_becomes_a_journal_that_they_may_not(tmp_path):
    file = tmp_path / "empty.db"
    file.touch(mode=0o644)
    journal = Journal(file)
    add_run(journal)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    journal.close()
    assert modes == {0o600}


def test_a_journal_loses_nothing_in_a_power_cut(journal):
    connection = journal._connection
    assert connection.pragma("journal_mode") == "wal"
    assert connection.pragma("synchronous") == 3


def other_database(file: Path, *, application: int = 0, wal: bool = False) -> sqlite3.Connection:
    connection = sqlite3.connect(file)
    connection.execute(f"PRAGMA application_id = {application}")
    if wal:
        connection.execute("PRAGMA journal_mode = wal")
    connection.execute("CREATE TABLE precious (x)")
    connection.execute("INSERT INTO precious VALUES (1)")
    connection.commit()
    return connection


@pytest.mark.parametrize("wal", [False, True])
@pytest.mark.parametrize("application", [0, 0x47504B47])
def test_another_programs_database_is_refused_and_left_untouched(tmp_path, application, wal):
    file = tmp_path / "other.db"
    other_database(file, application=application, wal=wal).close()
    before = contents(tmp_path)
    with pytest.raises(Refused, match=r"other\.db is not a Penstock journal; name another"):
        Journal(file)
    assert contents(tmp_path) == before


def test_another_programs_database_keeps_what_its_crash_left_to_be_written(tmp_path):
    living, dead = tmp_path / "living", tmp_path / "dead"
    living.mkdir()
    dead.mkdir()
    connection = other_database(living / "other.db", wal=True)
    for name in ("other.db", "other.db-wal"):
        (dead / name).write_bytes((living / name).read_bytes())
    connection.close()
    before = contents(dead)
    assert before["other.db-wal"]
    with pytest.raises(Refused, match="is not a Penstock journal"):
        Journal(dead / "other.db")
    assert contents(dead) | before == contents(dead)


def test_a_journal_of_the_first_format_is_taken_to_this_one_with_all_it_holds(tmp_path):
    file = tmp_path / "journal.db"
    with sqlite3.connect(file) as connection:
        connection.executescript(database._FORMATS[0])
        connection.execute("PRAGMA application_id = 1346719315")
        connection.execute("PRAGMA user_version = 1")
        row = ("run0", "s/a", "create", "m", "{}", AT.isoformat(), 1, '"REL-1"', 1)
        connection.execute(f"INSERT INTO effect VALUES ({','.join('?' * 9)})", row)
    connection.close()
    for _ in range(2):
        journal = Journal(file)
        assert journal.effect("run0", "s/a", "create") == EffectRecord(
            "s/a", "create", "m", {}, AT, True, "REL-1", 1
        )
        assert journal.answers.count("run0") == 0
        journal.close()


def test_a_journal_of_a_newer_penstock_is_refused_and_left_untouched(closed):
    with sqlite3.connect(closed) as connection:
        connection.execute(f"PRAGMA user_version = {database._VERSION + 1}")
    connection.close()
    before = contents(closed.parent)
    with pytest.raises(Refused) as caught:
        Journal(closed)
    assert str(caught.value) == (
        f"the journal {closed} was written by a newer Penstock (format {database._VERSION + 1}, "
        f"this one knows {database._VERSION}); "
        "it was left untouched: upgrade Penstock, or name another file"
    )
    assert contents(closed.parent) == before


def test_a_newer_penstock_that_runs_right_now_is_seen_too(closed):
    connection = sqlite3.connect(closed)
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute(f"PRAGMA user_version = {database._VERSION + 1}")
    with pytest.raises(Refused, match="newer Penstock"):
        Journal(closed)
    connection.close()


def test_a_directory_is_refused(tmp_path):
    with pytest.raises(Refused, match="cannot be opened: it is not a regular file; name another"):
        Journal(tmp_path)


def test_a_file_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(Refused, match=r"cannot be opened: .*[Nn]ot a directory|[Ff]ile exists"):
        Journal(tmp_path / "file" / "journal.db")


@pytest.mark.parametrize("content", [b"a diary\n" * 500, b"xy"])
def test_a_file_that_is_no_database_is_refused_and_left_untouched(tmp_path, content):
    file = tmp_path / "notes.txt"
    file.write_bytes(content)
    with pytest.raises(Refused, match=r"notes\.txt cannot be opened: .*not a database"):
        Journal(file)
    assert contents(tmp_path) == {"notes.txt": content}


def test_a_copy_that_was_cut_off_is_refused(closed):
    whole = closed.read_bytes()
    closed.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Refused, match=r"cannot be opened: .*malformed; name another file"):
        Journal(closed)


@pytest.fixture
def read_only_directory() -> Iterator[Path]:
    """A directory that this process may look into and not write to, even as root."""
    root = os.geteuid() == 0
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)
        journal = Journal(directory / "journal.db")
        journal.close()
        if root:
            os.chown(directory / "journal.db", 65534, 65534)
            os.seteuid(65534)
        else:
            directory.chmod(0o555)
        try:
            yield directory
        finally:
            if root:
                os.seteuid(0)
            directory.chmod(0o755)


@pytest.mark.parametrize("name", ["new.db", "journal.db"])
def test_a_directory_that_cannot_be_written_to_is_refused(read_only_directory, name):
    with pytest.raises(Refused, match=r"cannot be opened: .*; name another file with --database"):
        Journal(read_only_directory / name)


def test_many_who_open_a_new_journal_at_once_all_get_it(tmp_path):
    for number in range(10):
        file = tmp_path / f"{number}.db"
        barrier = threading.Barrier(6)
        opened: list[Journal] = []

        def open_one(file: Path = file, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            opened.append(Journal(file))  # noqa: B023 - the threads end within the round

        threads = [threading.Thread(target=open_one) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [list(journal.runs()) for journal in opened] == [[]] * 6
        for journal in opened:
            journal.close()


def test_tables_that_another_process_was_faster_to_make_are_left_alone(journal):
    add_run(journal)
    database._make_tables(journal._connection)
    assert journal.run("run0").id == "run0"
