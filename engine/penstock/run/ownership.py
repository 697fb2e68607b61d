"""One living process carries a run: a lock that the system drops when the process dies."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from penstock.errors import JournalError, OwnedElsewhere

__all__ = ["is_owned", "own", "owner_name"]

#: Seconds to wait for a lock: whoever only asks ``is_owned`` holds it for a moment.
_PATIENCE = 0.5


def owner_name() -> str:
    """Return who this process is: ``pid 123 on host``."""
    return f"pid {os.getpid()} on {socket.gethostname()}"


@contextmanager
def own(database: Path, run: str, owner: str | None) -> Iterator[None]:
    """Hold the lock of *run*; raise ``OwnedElsewhere``, naming *owner*, when it is held already.

    The lock's file stays: to remove it would let a process that has it open already, and one that
    makes it anew, both hold "the" lock.
    """
    file = _file(database, run)
    lock = FileLock(file, timeout=_PATIENCE, mode=0o600)
    try:
        file.parent.mkdir(mode=0o700, exist_ok=True)
        lock.acquire(poll_interval=0.02)
    except Timeout:
        raise OwnedElsewhere(
            f"run {run} is carried by {owner or 'another process'}; watch it with "
            f"`penstock show {run}`, or end it with `penstock abort {run}`"
        ) from None
    except OSError as error:
        raise JournalError(f"run {run} cannot be locked: {error}") from error
    try:
        yield
    finally:
        lock.release()


def is_owned(database: Path, run: str) -> bool:
    """Whether a living process carries *run*."""
    file = _file(database, run)
    if not file.exists():
        return False
    lock = FileLock(file, timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        return True
    lock.release()
    return False


def _file(database: Path, run: str) -> Path:
    return database.parent / f"{database.name}.locks" / f"{run}.lock"
