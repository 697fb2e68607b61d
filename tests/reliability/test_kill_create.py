"""JiraCreate killed, or lied to, about its create request: one issue, and the journal knows it."""

import os
from pathlib import Path

import pytest
from kill_create import main, run, table
from strace import why_not

SEED = 1
#: Of each kind so much is tried beside what is decisive; ``kill_create.py --all`` tries all.
SHARE = 0.04


@pytest.fixture(scope="module", autouse=True)
def _strace():
    """Without strace nothing is proven; where PENSTOCK_STRACE=required, that is a failure."""
    reason = why_not()
    if reason and os.environ.get("PENSTOCK_STRACE") == "required":
        pytest.fail(reason)
    if reason:
        pytest.skip(f"{reason}; no process can be killed at a system call without it")


def test_a_create_that_is_killed_or_lied_to_leaves_one_issue_and_a_whole_journal(
    tmp_path: Path,
) -> None:
    outcomes = run(tmp_path, SHARE, SEED)
    print(table(outcomes, SEED))
    assert [(one.kind, one.what, one.wrong) for one in outcomes if one.wrong] == []
    # A few calls more or less are made from run to run: a point may not be reached, but few.
    fired = [outcome for outcome in outcomes if outcome.fired]
    assert len(fired) >= 0.9 * len(outcomes) >= 30
    assert {outcome.kind for outcome in fired} == {outcome.kind for outcome in outcomes}


def test_the_command_says_what_it_lacks(capsys, monkeypatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["--all"]) == 2
    assert "strace is not installed (apt-get install strace)" in capsys.readouterr().err
