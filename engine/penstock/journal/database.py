"""The SQLite file: opened safely, or refused with words.

``apsw`` brings a current SQLite with it: the one that many systems link is inside the range of the
WAL-reset bug (3.7.0 to 3.51.2), and WAL with ``synchronous=FULL`` is the setting that loses
nothing in a power cut.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from penstock.errors import JournalError, Refused

__all__ = ["open_database", "transaction"]

#: "PENS": tells our files from other SQLite files.
_APPLICATION = 0x50454E53
_VERSION = 1
_BUSY_MS = 30_000
_SAFE_SQLITE = 3_051_003

_SCHEMA = """
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
"""


def open_database(file: Path) -> apsw.Connection:
    """Open the journal at *file*, made with mode 0600 if it is not there.

    Raise ``Refused`` for a file that is not a journal, is one of a newer Penstock, or cannot be
    opened for writing; such a file is left untouched.
    """
    try:
        _create(file)
        connection = apsw.Connection(str(file))
        connection.set_busy_timeout(_BUSY_MS)
        _identify(connection, file)
    except (OSError, apsw.Error) as error:
        raise Refused(
            f"the journal {file} cannot be opened: {error}; "
            "name another file with --database or PENSTOCK_DATABASE"
        ) from error
    return connection


def _create(file: Path) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if file.exists() and not stat.S_ISREG(file.stat().st_mode):
        raise OSError("it is not a regular file")
    # The -wal and -shm files that SQLite makes take over this mode.
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))


def _identify(connection: apsw.Connection, file: Path) -> None:
    application = connection.pragma("application_id")
    version = connection.pragma("user_version")
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()[0][0]
    if application != _APPLICATION and (application or tables):
        raise Refused(f"{file} is not a Penstock journal; name another file with --database")
    if version > _VERSION:
        raise Refused(
            f"the journal {file} was written by a newer Penstock (format {version}, this one "
            f"knows {_VERSION}); it was left untouched: upgrade Penstock, or name another file"
        )
    if apsw.SQLITE_VERSION_NUMBER >= _SAFE_SQLITE:
        connection.pragma("journal_mode", "wal")
        connection.pragma("synchronous", 2)  # FULL
    else:
        connection.pragma("journal_mode", "truncate")
        connection.pragma("synchronous", 3)  # EXTRA
    if version < _VERSION:
        _make_tables(connection)


def _make_tables(connection: apsw.Connection) -> None:
    with transaction(connection):
        # Another process may have been faster.
        if connection.pragma("user_version") < _VERSION:
            connection.execute(_SCHEMA)
            connection.pragma("application_id", _APPLICATION)
            connection.pragma("user_version", _VERSION)


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
