"""A process that is frozen in the middle of its create request, while another one goes on.

No protocol of a client's can keep it from sending the rest when it thaws. It is found out late.
"""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from once_jira import PENSTOCK, Trial, World, jira
from strace import Point, census, traced, why_not

LIMIT = 100
#: Long enough for the frozen one to thaw, and write, before it is over.
WORLD = World("plain", settle="4s")


@pytest.fixture(autouse=True)
def _strace():
    """Without strace nothing is proven; where PENSTOCK_STRACE=required, that is a failure."""
    reason = why_not()
    if reason and os.environ.get("PENSTOCK_STRACE") == "required":
        pytest.fail(reason)
    if reason:
        pytest.skip(f"{reason}; no process can be stopped at a system call without it")


def post_of(site, directory):
    """Return the number of the ``sendto`` that begins an untroubled run's create request."""
    trial = Trial(site, directory)
    trace = directory / "trace"
    process = traced(trial.command, trace, None, trial.environ, directory)
    out, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, out + err
    counted = census(trace, '"POST /rest/api/2/issue HTTP', '"GET /rest/api/2/issue/')
    return min(number for name, number in counted.decisive if name == "sendto")


def frozen(trial, number):
    """Start the run, frozen once the head of its create request is sent; return it and its id."""
    trace = trial.directory / "trace"
    point = Point("sendto", number, "signal=SIGSTOP")
    process = traced(trial.command, trace, point, trial.environ, trial.directory)
    until = time.monotonic() + LIMIT
    while "--- stopped by SIGSTOP ---" not in (trace.read_text() if trace.exists() else ""):
        assert process.poll() is None, "it ended by itself"
        assert time.monotonic() < until, "it does not come to its request"
        time.sleep(0.05)
    found = re.match(r"\d+", trace.read_text())
    assert found is not None
    return process, int(found[0])


def test_a_frozen_process_that_thaws_makes_a_duplicate_which_is_told_and_never_deleted(
    tmp_path: Path,
) -> None:
    with jira(WORLD, "cloud") as site:
        number = post_of(site, tmp_path / "untroubled")
        trial = Trial(site, tmp_path / "frozen")
        zombie, pid = frozen(trial, number)
        # As on another machine, where the lock of this one is not seen.
        (lock,) = (trial.database.parent / "journal.db.locks").iterdir()
        lock.unlink()
        successor = subprocess.Popen(
            [*PENSTOCK, "resume", "last", "--output", "json"],
            cwd=trial.directory,
            env=trial.environ,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert successor.stdout is not None
        for line in successor.stdout:
            trial.hear(line)
            if trial.told[-1].get("path") == "change/open" and "outputs" in trial.told[-1]:
                break
        os.kill(pid, signal.SIGCONT)
        out, err = zombie.communicate(timeout=LIMIT)
        trial.hear(successor.communicate(timeout=LIMIT)[0])

        kept = trial.told[-1]["outputs"]["change/open"]["issue"]["key"]
        late = f"REL-{int(kept.partition('-')[2]) + 1}"
        assert trial.writes()["issue"] == 2
        assert successor.returncode == 0
        assert zombie.returncode == 6, out + err
        assert "is carried by pid" in json.loads(out.splitlines()[-1])["reason"]
        notes = [event["text"] for event in trial.told if event["event"] == "step_noted"]
        assert (
            f"{late} is a duplicate of {kept}: a request that was given up was carried out late; "
            "nothing was deleted"
        ) in notes
        told = site.get(f"/rest/api/2/issue/{late}?fields=comment,issuelinks")["fields"]
        (comment,) = told["comment"]["comments"]
        assert comment["body"].startswith(f"This issue is a duplicate of {kept}: ")
        (link,) = told["issuelinks"]
        assert (link["type"]["outward"], link["outwardIssue"]["key"]) == ("duplicates", kept)
        assert site.get(f"/rest/api/2/issue/{kept}")["fields"]["comment"]["comments"] == []
