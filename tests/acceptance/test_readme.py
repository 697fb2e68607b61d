"""Every command that the README shows is run, and its output is what the README shows."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.M | re.S)

#: What differs from run to run, and what stands for it.
MOVING = [
    (r"\d{4}-\d\d-\d\d \d\d:\d\d", "DAY"),
    (r"\d\d:\d\d:\d\d( \((just now|\d+s ago)\))?", "TIME"),
    (r"127\.0\.0\.1:\d+", "HOST"),
    (r"\b\d+\.\d+s\b", "DURATION"),
    (r"\b[a-z2-9]{10}\b(?=  ship| started)", "RUN"),
    (r"DURATION +\S+$", "DURATION USER"),
    (r" +", " "),
]


def steady(text: str) -> list[str]:
    for pattern, name in MOVING:
        text = re.sub(pattern, name, text, flags=re.M)
    return [line.rstrip() for line in text.splitlines()]


def blocks(language: str) -> list[str]:
    return [body for kind, body in BLOCKS if kind == language]


def commands() -> list[tuple[str, str]]:
    """Return each command with the output shown below it."""
    found = []
    for body in blocks("console"):
        for part in re.split(r"^\$ ", body, flags=re.M)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


@pytest.fixture
def home(shell):
    """A directory with the files that the README shows."""
    pipeline, people, connector = blocks("yaml")
    shell.write("ship.yaml", pipeline)
    shell.write("people.yaml", people)
    shell.connector = connector
    return shell


def test_the_first_pipeline_is_at_most_20_lines_and_the_plugin_15():
    assert len(blocks("yaml")[0].splitlines()) <= 20
    assert len(blocks("python")[0].splitlines()) <= 15


def test_each_command_prints_what_is_shown(home):
    shown = [(command, output) for command, output in commands() if output]
    assert len(shown) == 3
    for command, output in shown:
        program, *arguments = shlex.split(command)
        assert program == "penstock"
        result = home(*arguments)
        assert (result.code, result.err) == (0, "")
        assert steady(result.out) == steady(output)


def test_the_commands_for_ones_own_jira_work(home, jira):
    """The README's connector, pointed at a sandbox in a process of its own."""
    document = yaml.safe_load(home.connector)
    document["connector"]["spec"]["jiraUrl"] = jira.url
    document["connector"]["spec"]["auth"]["spec"]["username"] = "release-bot"
    home.write("connectors/jira.yaml", yaml.safe_dump(document))
    lines = [command for command, output in commands() if not output]
    assert "export PENSTOCK_SECRET_ACCOUNT_JIRA_TOKEN=…" in lines
    assert home("connector", "test", "account.jira").code == 0
    process = home.start("run", "ship.yaml", "--output", "json")
    home.until(process, lambda event: event["event"] == "gate_looked")
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 6
    assert jira.get("rest/api/2/issue/REL-1")["fields"]["summary"] == "Ship 4.2.0"


def test_the_two_set_up_commands_are_those_that_ci_runs():
    setups = [command for command, _ in commands() if "python3 -m venv" in command]
    assert len(setups) == 2
    assert "README.md" in (ROOT / ".ci" / "run").read_text()


def test_the_plugin_is_a_plugin(shell, tmp_path):
    site = tmp_path / "site"
    (site / "hello_plugin-1.0.dist-info").mkdir(parents=True)
    (site / "hello_plugin.py").write_text(blocks("python")[0])
    meta = site / "hello_plugin-1.0.dist-info"
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: hello-plugin\nVersion: 1.0\n")
    (meta / "entry_points.txt").write_text("[penstock]\nhello = hello_plugin\n")
    shell.environ["PYTHONPATH"] = str(site)
    assert "Greets someone." in shell("steps", "Hello").out


def test_every_link_of_the_readme_leads_somewhere():
    links = re.findall(r"\]\(([^)#]+)", README)
    assert len(links) > 8
    for link in links:
        assert link.startswith("https://") or (ROOT / link).exists(), link
