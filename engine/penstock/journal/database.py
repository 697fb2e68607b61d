"""The SQLite file: opened safely, or refused with words.

``apsw`` brings a current SQLite with it: the one that many systems link is inside the range of the
WAL-reset bug (3.7.0 to 3.51.2), and WAL that is synchronous in full is the setting that loses
nothing in a power cut.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import apsw

from penstock.errors import JournalError, Refused
from penstock.journal.records import Row

__all__ = ["open_database", "read", "transaction"]

#: "PENS": tells our files from other SQLite files.
_APPLICATION = 0x50454E53
_BUSY_MS = 30_000
_SAFE_SQLITE = 3_051_003
_MODE = "wal" if apsw.SQLITE_VERSION_NUMBER >= _SAFE_SQLITE else "truncate"

#: What takes a journal to each format, from the one before it.
_FORMATS = (
    """
CREATE TABLE run (
  id TEXT PRIMARY KEY, pipeline TEXT NOT NULL, name TEXT NOT NULL, sequence INTEGER NOT NULL,
  status TEXT NOT NULL, plan TEXT NOT NULL, facts TEXT NOT NULL, settings TEXT NOT NULL,
  started TEXT NOT NULL, finished TEXT, message TEXT NOT NULL,
  owner TEXT, epoch INTEGER NOT NULL,
  UNIQUE (pipeline, sequence)
) STRICT;
CREATE INDEX run_started ON run (started);
CREATE TABLE attempt (
  run TEXT NOT NULL, path TEXT NOT NULL, attempt INTEGER NOT NULL, status TEXT NOT NULL,
  spec TEXT NOT NULL, outputs TEXT NOT NULL, started TEXT NOT NULL, finished TEXT,
  message TEXT NOT NULL, failure TEXT,
  PRIMARY KEY (run, path, attempt)
) STRICT, WITHOUT ROWID;
CREATE TABLE wait (
  run TEXT NOT NULL, path TEXT NOT NULL, connector TEXT NOT NULL, key TEXT NOT NULL,
  fields TEXT NOT NULL, interval REAL NOT NULL, link TEXT, opened TEXT NOT NULL,
  deadline TEXT NOT NULL, verdict TEXT,
  PRIMARY KEY (run, path)
) STRICT, WITHOUT ROWID;
CREATE TABLE effect (
  run TEXT NOT NULL, path TEXT NOT NULL, name TEXT NOT NULL, marker TEXT NOT NULL,
  intent TEXT NOT NULL, begun TEXT NOT NULL, done INTEGER NOT NULL, result TEXT,
  tries INTEGER NOT NULL,
  PRIMARY KEY (run, path, name)
) STRICT, WITHOUT ROWID;
""",
    """
ALTER TABLE effect ADD COLUMN sent TEXT;
ALTER TABLE effect ADD COLUMN again REAL;
""",
    """
CREATE TABLE answer (
  run TEXT NOT NULL, path TEXT NOT NULL, attempt INTEGER NOT NULL, number INTEGER NOT NULL,
  at TEXT NOT NULL, user TEXT NOT NULL, action TEXT NOT NULL, comment TEXT NOT NULL,
  rest TEXT NOT NULL,
  PRIMARY KEY (run, path, attempt, number)
) STRICT, WITHOUT ROWID;
""",
)
_VERSION = len(_FORMATS)


def open_database(file: Path) -> apsw.Connection:
    """Open the journal at *file*, made with mode 0600 if it is not there.

    Raise ``Refused`` for a file that is not a journal, is one of a newer Penstock, or cannot be
    opened for writing; such a file is left untouched.
    """
    try:
        _create(file)
        _glance(file)
        return _opened(file)
    except (OSError, apsw.Error, JournalError) as error:
        raise Refused(
            f"the journal {file} cannot be opened: {error}; "
            "name another file with --database or PENSTOCK_DATABASE"
        ) from error


def _create(file: Path) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        # Only a new file is opened here. To close one that SQLite has open elsewhere in this
        # process would drop SQLite's locks: https://sqlite.org/howtocorrupt.html, 2.2
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        if not stat.S_ISREG(file.stat().st_mode):
            raise OSError("it is not a regular file") from None


def _glance(file: Path) -> None:
    """Refuse what is not ours in a way that leaves no trace: no lock, no -wal and no -shm file."""
    address = f"{file.resolve().as_uri()}?immutable=1"
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    # A file that cannot be read like this, such as one that is being made right now, is told of
    # when it is opened.
    with suppress(apsw.Error), closing(apsw.Connection(address, flags=flags)) as connection:
        _version_of(connection, file)


def _opened(file: Path) -> apsw.Connection:
    connection = apsw.Connection(str(file))
    try:
        connection.set_busy_timeout(_BUSY_MS)
        # EXTRA: the same as FULL in WAL, and what every other mode needs to lose nothing.
        connection.pragma("synchronous", 3)
        if _version_of(connection, file) < _VERSION:
            # The -wal and -shm files that SQLite makes take over this mode.
            file.chmod(0o600)
            _make_tables(connection)
        # Another process may be opening it at this moment: then it is for that one to set.
        with suppress(apsw.BusyError):
            connection.pragma("journal_mode", _MODE)
    except BaseException:
        # Closing would move the -wal file's content, which may be a newer Penstock's.
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        connection.close()
        raise
    return connection


def _version_of(connection: apsw.Connection, file: Path) -> int:
    """Return the format of a journal, 0 for an empty file; raise ``Refused`` for what is none."""
    # In one transaction: another process may be making the tables right now.
    with connection:
        application = connection.pragma("application_id")
        version = int(str(connection.pragma("user_version")))
        tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()[0][0]
    if application != _APPLICATION and (application or tables):
        raise Refused(f"{file} is not a Penstock journal; name another file with --database")
    if version > _VERSION:
        raise Refused(
            f"the journal {file} was written by a newer Penstock (format {version}, this one "
            f"knows {_VERSION}); it was left untouched: upgrade Penstock, or name another file"
        )
    return version


def _make_tables(connection: apsw.Connection) -> None:
    with transaction(connection):
        # Another process may have been faster.
        found = int(str(connection.pragma("user_version")))
        for statements in _FORMATS[found:]:
            connection.execute(statements)
        if found < _VERSION:
            connection.pragma("application_id", _APPLICATION)
            connection.pragma("user_version", _VERSION)


def read(connection: apsw.Connection, sql: str, *bindings: str | int) -> list[Row]:
    """Return all rows of a query; raise ``JournalError`` when the file cannot be read."""
    try:
        return connection.execute(sql, bindings).fetchall()
    except apsw.Error as error:
        raise JournalError(f"the journal cannot be read: {error}") from error


@contextmanager
def transaction(connection: apsw.Connection) -> Iterator[None]:
    """Hold the write lock from the start; commit at the end, roll back on any exception.

    ``BEGIN IMMEDIATE``, since a deferred transaction that turns to writing dies of "database is
    locked" in spite of the busy timeout.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
    except apsw.Error as error:
        raise JournalError(f"the journal cannot be written: {error}") from error
    try:
        yield
        connection.execute("COMMIT")
    except BaseException as error:
        if not connection.get_autocommit():
            connection.execute("ROLLBACK")
        if isinstance(error, apsw.Error):
            raise JournalError(f"the journal cannot be written: {error}") from error
        raise
