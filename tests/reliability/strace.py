"""``strace``: a process that is killed, stopped or lied to at its n-th system call of a kind."""

import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["CALLS", "Census", "Point", "census", "has_fired", "traced", "why_not"]

#: The calls by which a process leaves a trace in the world outside, or hears of it.
CALLS = (
    *("connect", "sendto", "recvfrom"),
    *("pwrite64", "write", "fdatasync", "fsync", "ftruncate", "unlink", "rename", "exit_group"),
)


@dataclass(frozen=True)
class Census:
    """How often a process makes each call, and which of them are decisive: by name and number."""

    calls: Mapping[str, int]
    decisive: frozenset[tuple[str, int]]


@dataclass(frozen=True)
class Point:
    """The *when*-th call of a kind, and what happens there: ``signal=…`` or ``error=…``."""

    call: str
    when: int
    injected: str = "signal=SIGKILL"

    def __str__(self) -> str:
        """Return it as strace takes it."""
        return f"{self.call}:{self.injected}:when={self.when}"


def why_not() -> str:
    """Return why there is no strace to be used here, or nothing."""
    if shutil.which("strace") is None:
        return "strace is not installed (apt-get install strace)"
    tried = subprocess.run(["strace", "-qq", "true"], capture_output=True, text=True, check=False)
    return f"strace may not trace: {tried.stderr.strip()}" if tried.returncode else ""


def traced(
    command: Sequence[str],
    trace: Path,
    point: Point | None,
    environ: Mapping[str, str],
    where: Path,
) -> "subprocess.Popen[str]":
    """Start *command* with *point* injected; without one, all calls are counted."""
    calls = point.call if point is not None else ",".join(CALLS)
    inject = ["-e", f"inject={point}"] if point is not None else []
    options = ["-f", "-q", "-o", trace, "-e", f"trace={calls}", *inject]
    return subprocess.Popen(
        ["strace", *options, *command],
        env={**_plain(os.environ), **environ},
        cwd=where,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def has_fired(trace: Path, point: Point) -> bool:
    """Whether the point was reached: a fault that did not happen proves nothing."""
    text = trace.read_text(errors="replace")
    if point.injected == "signal=SIGKILL":
        return "+++ killed by SIGKILL +++" in text
    return "(INJECTED)" in text or "--- SIGSTOP" in text


def census(trace: Path, begin: str, end: str) -> Census:
    """Return the calls of the first thread of a traced process.

    The decisive ones are from the call with *begin* in it up to the next one with *end* in it.
    """
    lines = trace.read_text(errors="replace").splitlines()
    first = lines[0].split()[0]
    calls, decisive, inside = Counter[str](), set[tuple[str, int]](), False
    for line in lines:
        found = re.match(rf"{first} +(\w+)\(", line)
        if found is None:
            continue
        calls[found[1]] += 1
        inside = (inside or begin in line) and end not in line
        if inside:
            decisive.add((found[1], calls[found[1]]))
    return Census(calls, frozenset(decisive))


def _plain(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without what measures coverage: that writes files of its own, and
    its failing to is no failure of what is traced.
    """
    return {name: value for name, value in environ.items() if not name.startswith("COVERAGE")}
