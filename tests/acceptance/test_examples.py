"""Every pipeline in ``pipelines/`` ends with the exit code that its first comment line names."""

import re
from pathlib import Path

import pytest

PIPELINES = Path(__file__).parents[2] / "pipelines"
EXAMPLES = sorted(PIPELINES.glob("*.yaml"))


def test_there_are_at_least_four_examples():
    assert len(EXAMPLES) >= 4


@pytest.mark.parametrize("flavour", ["cloud", "data-center"])
@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_ends_as_its_first_line_says(shell, file, flavour):
    first = file.read_text().splitlines()[0]
    wanted = re.match(r"# exit (\d)", first)
    assert wanted, f"{file.name} begins with {first!r}"
    script = PIPELINES / "scripts" / file.name
    result = shell(
        "run", file, "--sandbox", "--flavour", flavour, "--script", script, "--output", "json"
    )
    assert result.code == int(wanted.group(1)), result.out + result.err
    assert result.last["event"] == "run_finished"


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_is_valid_and_can_be_planned(shell, file):
    assert shell("validate", file).code == 0
    planned = shell("plan", file)
    assert planned.code == 0, planned.err
    assert "POST" in planned.out


def test_a_rejected_change_is_recorded_on_its_ticket(shell, tmp_path):
    ledger = tmp_path / "ledger.json"
    result = shell(
        "run",
        PIPELINES / "rejected.yaml",
        "--sandbox",
        "--ledger",
        ledger,
        "--script",
        PIPELINES / "scripts" / "rejected.yaml",
    )
    assert result.code == 3
    assert "ended as ApprovalRejected; nothing was deployed" in ledger.read_text()
