"""JiraCreate, killed at every system call, lied to by disk and network, and taken up again.

Run as a command it prints each kind of trial with its points, and ``lost 0, duplicated 0``::

    python tests/reliability/kill_create.py --all
    python tests/reliability/kill_create.py --share 0.1 --seed 7

The oracle is the ledger of a sandbox Jira in a process of its own, which no kill touches; the
journal and what was printed must agree with it. A point whose fault did not happen proves nothing,
and does not count.
"""

import argparse
import math
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from once_jira import LIMIT, Jira, Trial, World, jira
from strace import CALLS, Census, Point, census, has_fired, traced, why_not

__all__ = ["Outcome", "main", "run", "table"]

PLAIN = World("plain")
#: Where only a walk along the keys can find what was made.
LAGGING = World(
    "index an hour behind",
    faults=({"match": {"path": "/search"}, "fault": {"kind": "index_lag", "seconds": 3600}},),
)
#: Where the answer comes when its client is dead, and after the next one has looked.
SLOW = World(
    "create takes three seconds",
    settle="6s",
    faults=(
        {
            "match": {"method": "POST", "path": "/issue$"},
            "fault": {"kind": "delay", "seconds": 3.0},
        },
    ),
)
#: The body of a create request on its way, and the process that sends it.
_SENT = re.compile(r'^(\d+) +sendto\(\d+, "\{\\"fields\\": .* = \d+$', re.MULTILINE)
NETWORK = ("connect", "sendto", "recvfrom")
DISK = ("pwrite64", "fdatasync", "ftruncate")
ERRORS = ("ENOSPC", "EIO")
FLAVOURS = ("cloud", "data-center")
#: Where the requests go that hang something on the issue.
AROUND_PATHS = ("comment", "issueLink", "watchers", "attachments", "worklog")

#: What becomes of the reply to a request that was carried out, or of one that was not.
LOST: Mapping[str, Mapping[str, Any]] = {
    "lost": {"kind": "lose_reply"},
    "cut off": {"kind": "truncate"},
    "login page": {"kind": "login_page", "commit": True},
    "login page, nothing done": {"kind": "login_page"},
    "500": {"kind": "status", "status": 500, "commit": True},
    "502, nothing done": {"kind": "status", "status": 502},
    "503 and Retry-After": {
        "kind": "status",
        "status": 503,
        "commit": True,
        "headers": {"Retry-After": "1"},
    },
    "504": {"kind": "status", "status": 504, "commit": True},
    "201 without a key": {"kind": "status", "status": 201, "body": "{}", "commit": True},
    "302": {"kind": "status", "status": 302, "commit": True, "headers": {"Location": "/login"}},
    "429, nothing done": {"kind": "status", "status": 429, "headers": {"Retry-After": "1"}},
    "connection reset": {"kind": "refuse_connection"},
    "late": {"kind": "delay", "seconds": 0.5, "commit": True},
}


@dataclass(frozen=True)
class Outcome:
    """What became of one trial: what is wrong, each beginning with lost, duplicated or stuck."""

    kind: str
    what: str
    fired: bool
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reply:
    """What becomes of the reply to the first request to a path."""

    path: str
    name: str

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.path}: {self.name}"


@dataclass(frozen=True)
class Awaiting:
    """The process is killed, from outside, while Jira works at its create request."""

    number: int

    def __str__(self) -> str:
        """Return it in words."""
        return f"answer awaited, {self.number}"


@dataclass(frozen=True)
class Kind:
    """One kind of trial: in which world, with what around the issue, and all its points."""

    title: str
    world: World
    around: bool
    points: tuple[Point | Reply | Awaiting, ...]


Job: TypeAlias = tuple[Kind, Point | Reply | Awaiting]


def calls_of(directory: Path, *, around: bool) -> Census:
    """Return the calls of untroubled runs; decisive is what surrounds the create request.

    An answer comes in one piece or in two: its neighbours are decisive, too.
    """
    calls, decisive = Counter[str](), set[tuple[str, int]]()
    for flavour in FLAVOURS:
        with jira(PLAIN, flavour) as site:
            trial = Trial(site, directory / flavour, around)
            trace = trial.directory / "trace"
            process = traced(trial.command, trace, None, trial.environ, trial.directory)
            out, err = process.communicate(timeout=LIMIT)
            trial.hear(out)
            assert process.returncode == 0, out + err
            assert trial.verdict() == []
        found = census(trace, '"POST /rest/api/2/issue HTTP', '"GET /rest/api/2/issue/')
        calls |= Counter(found.calls)
        decisive |= {
            (name, number + beside)
            for name, number in found.decisive
            for beside in ((-1, 0, 1) if name == "recvfrom" else (0,))
        }
    return Census(calls, frozenset(decisive))


def every(
    counted: Census, names: Sequence[str], injected: str = "signal=SIGKILL"
) -> tuple[Point, ...]:
    """Return each point of an untroubled run."""
    return tuple(
        Point(name, when, injected)
        for name in names
        for when in range(1, counted.calls.get(name, 0) + 1)
    )


def kinds(plain: Census, around: Census) -> tuple[Kind, ...]:
    """Return all there is to try, by the calls of a run that creates, and that hangs things on."""
    errors = tuple(point for error in ERRORS for point in every(plain, DISK, f"error={error}"))
    replies = tuple(Reply("/issue$", name) for name in LOST)
    others = tuple(Reply(f"/{path}$", name) for path in AROUND_PATHS for name in LOST)
    beside = (*NETWORK, "fdatasync")
    return (
        Kind("killed at the network", PLAIN, False, every(plain, NETWORK)),
        Kind(
            "killed elsewhere", PLAIN, False, every(plain, [c for c in CALLS if c not in NETWORK])
        ),
        Kind("killed, index an hour behind", LAGGING, False, every(plain, beside)),
        Kind("killed, create takes seconds", SLOW, False, every(plain, NETWORK)),
        Kind("killed while Jira works", SLOW, False, tuple(map(Awaiting, range(1, 5)))),
        Kind("killed, more on the issue", PLAIN, True, every(around, beside)),
        Kind("disk full or broken", PLAIN, False, errors),
        Kind("reply troubled", PLAIN, False, replies),
        Kind("reply troubled, index behind", LAGGING, False, replies),
        Kind("reply troubled, more on the issue", PLAIN, True, others),
    )


def some(kind: Kind, share: float, seed: int, decisive: frozenset[tuple[str, int]]) -> Kind:
    """Return a kind with all its *decisive* points, and a share of them all as *seed* draws it."""
    number = math.ceil(share * len(kind.points))
    drawn = set(random.Random(f"{seed} {kind.title}").sample(range(len(kind.points)), number))
    kept = (
        point
        for index, point in enumerate(kind.points)
        if index in drawn
        or isinstance(point, Awaiting)
        or (isinstance(point, Point) and (point.call, point.when) in decisive)
    )
    return replace(kind, points=tuple(kept))


def killed(site: Jira, directory: Path, kind: Kind, point: Point) -> Outcome:
    """Start a run that meets *point*, take it up again, and see what there is."""
    trial = Trial(site, directory, kind.around)
    trace = trial.directory / "trace"
    process = traced(trial.command, trace, point, trial.environ, trial.directory)
    out, err = process.communicate(timeout=LIMIT)
    trial.hear(out)
    if not has_fired(trace, point):
        return Outcome(kind.title, str(point), fired=False)
    wrong = ["stuck: a traceback: " + err] if "Traceback" in err else []
    problem = trial.finish()
    wrong += [f"stuck: {problem}"] if problem else []
    return Outcome(kind.title, str(point), True, (*wrong, *trial.verdict()))


def awaited(site: Jira, directory: Path, kind: Kind, point: Awaiting) -> Outcome:
    """Kill a run that waits for the answer to its create request, and take it up again."""
    trial = Trial(site, directory, kind.around)
    trace = trial.directory / "trace"
    process = traced(trial.command, trace, None, trial.environ, trial.directory)
    until = time.monotonic() + LIMIT
    while not (found := _SENT.search(trace.read_text() if trace.exists() else "")):
        assert process.poll() is None, "it ended by itself"
        assert time.monotonic() < until, "it does not come to its request"
        time.sleep(0.05)
    before = len(site.ledger())
    os.kill(int(found[1]), signal.SIGKILL)
    trial.hear(process.communicate(timeout=LIMIT)[0])
    fired = process.returncode == -signal.SIGKILL and len(site.ledger()) == before
    problem = trial.finish()
    wrong = [f"stuck: {problem}"] if problem else []
    return Outcome(kind.title, str(point), fired, (*wrong, *trial.verdict()))


def replied(site: Jira, directory: Path, kind: Kind, reply: Reply) -> Outcome:
    """Carry a run out whose request meets *reply*."""
    trial = Trial(site, directory, kind.around)
    match = {"method": "POST", "path": reply.path}
    site.fault({"match": match, "times": 1, "fault": LOST[reply.name]})
    problem = trial.finish()
    fired = site.fired() > 0
    site.fault()
    wrong = [f"stuck: {problem}"] if problem else []
    return Outcome(kind.title, str(reply), fired, (*wrong, *trial.verdict()))


def lane(world: World, flavour: str, jobs: Sequence[Job], directory: Path) -> list[Outcome]:
    """Try one after another at a sandbox of their own."""
    found = []
    with jira(world, flavour) as site:
        for number, (kind, point) in enumerate(jobs):
            where = directory / str(number)
            if isinstance(point, Reply):
                found.append(replied(site, where, kind, point))
            elif isinstance(point, Awaiting):
                found.append(awaited(site, where, kind, point))
            else:
                found.append(killed(site, where, kind, point))
            shutil.rmtree(where)
    return found


def tried(chosen: Sequence[Kind], directory: Path, width: int) -> list[Outcome]:
    """Try all points, on Cloud and Data Center in turn, in *width* lanes for each world."""
    lanes: dict[tuple[World, str, int], list[Job]] = {}
    for kind in chosen:
        for number, point in enumerate(kind.points):
            flavour, place = FLAVOURS[number % 2], number // 2 % width
            lanes.setdefault((kind.world, flavour, place), []).append((kind, point))
    with ThreadPoolExecutor(len(lanes)) as pool:
        futures = [
            pool.submit(lane, world, flavour, jobs, directory / f"lane{number}")
            for number, ((world, flavour, _), jobs) in enumerate(lanes.items())
        ]
        return [outcome for future in futures for outcome in future.result()]


def table(outcomes: Sequence[Outcome], seed: int) -> str:
    """Return a line for each kind, one for each fault that did not happen, and the sum."""
    lines = []
    for title in dict.fromkeys(outcome.kind for outcome in outcomes):
        of_it = [outcome for outcome in outcomes if outcome.kind == title]
        lines.append(f"{title:34} {_sums(of_it)}")
    lines += [f"  {one.kind}: {one.what}: {text}" for one in outcomes for text in one.wrong]
    lines += [f"  did not happen: {one.kind}: {one.what}" for one in outcomes if not one.fired]
    return "\n".join([*lines, f"{'all, seed ' + str(seed):34} {_sums(outcomes)}"])


def _sums(outcomes: Sequence[Outcome]) -> str:
    fired = [outcome for outcome in outcomes if outcome.fired]
    good = sum(not outcome.wrong for outcome in fired)
    words = [text.partition(":")[0] for outcome in fired for text in outcome.wrong]
    counts = ", ".join(f"{word} {words.count(word)}" for word in ("lost", "duplicated", "stuck"))
    return f"survived {good}/{len(fired)}  {counts}"


def main(arguments: Sequence[str]) -> int:
    """Try what is asked for, print the table, and return 1 if anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--all", action="store_true", help="every point of every kind")
    parser.add_argument("--share", type=float, default=0.1, help="so many of each kind (0.1)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (1)")
    parser.add_argument("--width", type=int, default=2, help="sandboxes for each world (2)")
    given = parser.parse_args(arguments)
    reason = why_not()
    if reason:
        print(f"cannot run: {reason}", file=sys.stderr)
        return 2
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        outcomes = run(Path(name), 1.0 if given.all else given.share, given.seed, given.width)
    print(table(outcomes, given.seed))
    print(f"in {time.monotonic() - began:.0f} s")
    return int(any(outcome.wrong for outcome in outcomes))


def run(directory: Path, share: float, seed: int, width: int = 2) -> list[Outcome]:
    """Try a share of everything, and all that is decisive for the one issue."""
    plain = calls_of(directory / "plain", around=False)
    around = calls_of(directory / "around", around=True)
    chosen = (
        some(kind, share, seed, frozenset() if kind.around else plain.decisive)
        for kind in kinds(plain, around)
    )
    return tried([kind for kind in chosen if kind.points], directory, width)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
