"""One living process carries a run: a lock that the system drops when the process dies."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from penstock.errors import OwnedElsewhere

__all__ = ["is_owned", "own", "owner_name"]


def owner_name() -> str:
    """Return who this process is: ``pid 123 on host``."""
    return f"pid {os.getpid()} on {socket.gethostname()}"


@contextmanager
def own(database: Path, run: str, owner: str | None) -> Iterator[None]:
    """Hold the lock of *run*; raise ``OwnedElsewhere``, naming *owner*, when it is held already."""
    file = _file(database, run)
    file.parent.mkdir(mode=0o700, exist_ok=True)
    lock = FileLock(file, timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise OwnedElsewhere(
            f"run {run} is carried by {owner or 'another process'}; watch it with "
            f"`penstock show {run}`, or end it with `penstock abort {run}`"
        ) from None
    try:
        yield
    finally:
        # Removed while it is held: whoever comes next makes a new one.
        file.unlink(missing_ok=True)
        lock.release()


def is_owned(database: Path, run: str) -> bool:
    """Whether a living process carries *run*."""
    try:
        with own(database, run, None):
            return False
    except OwnedElsewhere:
        return True


def _file(database: Path, run: str) -> Path:
    return database.parent / f"{database.name}.locks" / f"{run}.lock"
