"""The documentation says what is so: its YAML is read, its commands are run, its tables compared.

A fenced block whose first line is ``# file: NAME`` is written to NAME before a page's ``console``
blocks are run, all of them in one shell. There ``…`` stands for what is left out, ``command &`` is
started and ended with the page, and a file called ``wrong-….yaml`` must be refused.
"""

import difflib
import json
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel

from penstock.app import App
from penstock.connectors.files import ConnectorDirectory
from penstock.connectors.variables import SharedVariables
from penstock.errors import Refused
from penstock.events import Event, Status
from penstock.expressions import Deferred, Names, limits, parse
from penstock.expressions.filters import FILTERS
from penstock.expressions.functions import CLOCKS, FUNCTIONS
from penstock.expressions.methods import METHODS
from penstock.expressions.values import Absent, to_text
from penstock.journal import AttemptRecord
from penstock.pipeline import model
from penstock.pipeline.document import NOTED, UNSUPPORTED
from penstock.pipeline.planning import make_plan
from penstock.pipeline.platform import PLATFORM
from penstock.run.connectors import ReadableConnectors, RunConnectors
from penstock.run.loop import journalled_items
from penstock.run.names import RunNames
from penstock.secret import Secret
from penstock.source import parse as read_source
from penstock.step import RunFacts
from penstock.verdict import Combination, Condition
from penstock_core.approver_inputs import ApproverInput
from penstock_core.auto_approval import AutoApproval, Deadline
from penstock_core.environment import EnvironmentVariable
from penstock_core.harness_approval import Approvers as PeopleAsked
from penstock_core.harness_approval import HarnessApproval
from penstock_core.shell_script import OutputVariable, ShellScript, Target
from penstock_core.wait import Wait
from penstock_jira.approval import JiraApproval
from penstock_jira.approvers import Approvers
from penstock_jira.around import Commented, LinkTo, RemoteLinkTo, Visibility, WorkDone
from penstock_jira.auth import Password, PersonalAccessToken, UsernamePassword
from penstock_jira.conditions import FieldCondition, combined
from penstock_jira.connector import JiraConnector
from penstock_jira.create import JiraCreate
from penstock_jira.operators import OPERATORS
from penstock_jira.reuse import Reuse
from penstock_jira.sandbox.faults import FaultKind, Faults
from penstock_jira.sandbox.script import _WrittenDeed
from penstock_jira.spec import FieldEntry
from penstock_jira.update import JiraUpdate

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = {page.stem: page.read_text(encoding="utf-8") for page in sorted(DOCS.glob("*.md"))}
#: The port that a page names, and that another free one takes the place of.
PORT = "8080"
SEPARATOR = "=== next block ==="


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and the line at which it begins."""

    page: str
    line: int
    language: str
    text: str

    @property
    def file(self) -> str | None:
        """The file that the block is, if it says so."""
        named = re.match(r"# file: (\S+)\n", self.text)
        return named[1] if named else None

    @property
    def body(self) -> str:
        """The text below the comments that it begins with."""
        return re.sub(r"\A(#.*\n)+", "", self.text)

    def __str__(self) -> str:
        return f"{self.page}-{self.line}"


def blocks(page: str, text: str) -> Iterator[Block]:
    for found in re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        yield Block(page, text[: found.start()].count("\n") + 2, found[1], found[2])


#: The pages without their blocks.
PROSE = {
    page: re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    for page, text in PAGES.items()
}
BLOCKS = [block for page, text in PAGES.items() for block in blocks(page, text)]
YAML = [block for block in BLOCKS if block.language == "yaml"]
WITH_COMMANDS = sorted({block.page for block in BLOCKS if block.language == "console"})


def section(page: str, heading: str) -> str:
    """Return what stands below a heading, up to the next one."""
    found = re.search(
        rf"^#+ {re.escape(heading)}$\n(.*?)(?=^#+ |\Z)", PROSE[page], re.DOTALL | re.MULTILINE
    )
    assert found, f"{page}.md has no heading {heading!r}"
    return found[1]


def rows(page: str, heading: str, title: str) -> list[list[str]]:
    """Return the cells of the table below *heading* whose first column is called *title*."""
    text = section(page, heading)
    found = re.search(rf"^\| {re.escape(title)} \|.*\n\|[-| ]+\|\n((?:\|.*\n)+)", text, re.M)
    assert found, f"{page}.md, {heading}: there is no table {title!r}"
    lines = [re.split(r"(?<!\\)\|", line.strip("| ")) for line in found[1].splitlines()]
    return [[cell.strip().replace(r"\|", "|") for cell in cells] for cells in lines]


def codes(*cells: str) -> set[str]:
    """Return what stands in backticks."""
    return set(re.findall(r"`([^`\n]+)`", " ".join(cells)))


# What a page shows is what is printed.

_NORMAL = [
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:[\d.]+(?:Z|[+-]\d\d:?\d\d)", "INSTANT"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d|\b\d\d:\d\d:\d\d\b|\b\d{4}-\d\d-\d\d\b", "TIME"),
    (r"\((?:just now|in \d+[smhd]|\d+[smhd] ago)\)", "(AGO)"),
    # What took ten seconds or more is told without decimals.
    (r"\b\d+\.\ds\b|(?<= in )\d+s\b|(?<=\)  )\d+s\b", "SPAN"),
    (r'"seconds": [\d.]+', '"seconds": N'),
    (r"127\.0\.0\.1:\d+", "HOST"),
    (r"penstock-[0-9a-f]{24}", "MARK"),
    (r"\b[0-9a-f]{12}…", "DIGEST"),
    (r"\bpid \d+ on \S+", "PID"),
    (r"\b[a-hjkmnp-z2-9]{10}\b", "RUN"),
    (r" +", " "),
]


def normal(text: str) -> str:
    """Return *text* without what differs from run to run: times, ports, ids, widths."""
    for pattern, name in _NORMAL:
        text = re.sub(pattern, name, text)
    return "".join(line.strip() + "\n" for line in text.splitlines())


def without_waiting(text: str) -> str:
    """Return a run's lines without those of a first look, which a slow machine may not see."""
    return re.sub(r"^TIME \S+ waiting: .*\n(?:[✓✗?] .*\n)*", "", text, flags=re.MULTILINE)


def pattern_of(text: str) -> str:
    """Return the pattern of an expected text: ``…`` ends a line early, or stands for lines."""
    lines = [
        "(?:.*\n)*?"
        if line == "…"
        else re.escape(line.removesuffix("…")) + (".*\n" if line.endswith("…") else "\n")
        for line in text.splitlines()
    ]
    return "".join(lines)


def is_shown(expected: str, printed: str) -> bool:
    """Whether *printed* is what the page has, both of them normal."""
    return any(
        re.fullmatch(pattern_of(change(expected)), change(printed)) is not None
        for change in (str, without_waiting)
    )


def shell_script(consoles: list[Block]) -> str:
    """Return a script that prints the prompts, and runs the commands, of a page."""
    lines = ["trap 'kill $(jobs -p) 2>/dev/null' EXIT", "status=0"]
    for block in consoles:
        lines.append(f"echo {shlex.quote(SEPARATOR)}")
        for number, line in enumerate(re.findall(r"^\$ (.*)$", block.text, re.MULTILINE)):
            lines.append(f"printf '%s\\n' {shlex.quote(f'$ {line}')}")
            if line.endswith(" &"):
                log = f"log-{block.line}-{number}"
                lines.append(f": > {log}; {line.removesuffix(' &')} > {log} 2>&1 &")
                lines.append(f"until grep -q . {log}; do sleep 0.05; done; cat {log}")
            else:
                lines += [f"(exit $status)\n{line}", "status=$?"]
                lines += ["sleep 1"] if line.endswith(" --detach") else []  # until it is carried
    return "\n".join(lines)


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def run_page(page: str, shell: Any) -> list[tuple[Block, str]]:
    """Run the commands of a page in *shell*'s directory; return each block and what it printed."""
    port = free_port()
    found = list(blocks(page, PAGES[page].replace(PORT, port)))
    for block in found:
        if block.file:
            assert not (shell.directory / block.file).exists(), f"{block}: {block.file} comes twice"
            shell.write(block.file, block.text)
    command = shell.write("bin/penstock", f'#!/bin/sh\nexec {sys.executable} -m penstock "$@"\n')
    command.chmod(0o755)
    path = f"{command.parent}:{shell.environ['PATH']}"
    consoles = [block for block in found if block.language == "console"]
    done = subprocess.run(
        ["bash", "-c", shell_script(consoles)],
        cwd=shell.directory,
        env={**shell.environ, "PATH": path, "PENSTOCK_USER": "maria"},
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    printed = done.stdout.split(f"{SEPARATOR}\n")[1:]
    return list(zip(consoles, printed, strict=True))


@pytest.mark.parametrize("page", WITH_COMMANDS)
def test_the_commands_of_a_page_print_what_it_shows(shell, page):
    for block, printed in run_page(page, shell):
        expected, actual = normal(block.text), normal(printed)
        difference = difflib.unified_diff(
            expected.splitlines(), actual.splitlines(), "page", "printed", lineterm=""
        )
        assert is_shown(expected, actual), "\n".join([f"docs/{page}.md:{block.line}", *difference])


def test_most_pages_have_commands():
    pages = {"connectors", "core-steps", "criteria", "flow", "operating", "writing-pipelines"}
    assert pages <= set(WITH_COMMANDS)


# The YAML of the pages.

STEP = """\
pipeline:
  identifier: around
  stages:
    - stage:
        identifier: stage
        type: Approval
        spec:
          execution:
            steps:
"""
GATE = """\
- step:
    identifier: gate
    type: JiraApproval
    spec:
      connectorRef: account.jira
      issueKey: REL-1
"""


def whole(block: Block) -> str | None:
    """Return the pipeline that a block is, or is a part of; ``None`` if it is none of one."""
    body = block.body
    if body.startswith("pipeline:"):
        return body
    if body.startswith("- stage:"):
        return "pipeline:\n  identifier: around\n  stages:\n" + indented(body, 4)
    if body.startswith("approvalCriteria:"):
        body = GATE + indented(body, 6)
    return STEP + indented(body, 14) if body.startswith("- step:") else None


def indented(text: str, spaces: int) -> str:
    return "".join(f"{' ' * spaces}{line}\n" for line in text.splitlines())


def test_the_pipelines_of_the_pages_are_valid(shell, pipelines):
    # Of the plugin that a page writes, and of the platform, for a rehearsal.
    others = {"FreezeOver", "Hello", "Announce", "K8sRollingDeploy"}
    names = []
    for block in YAML:
        if block.body.startswith("template:"):
            shell.write(f"templates/{block}.yaml", block.text)
        text = whole(block)
        if text is None or any(f"type: {name}" in text for name in others):
            continue
        if not (block.file or "").startswith("wrong"):
            names.append(f"{block}.yaml")
            shell.write(names[-1], text)
    assert len(names) >= 14
    result = shell("validate", *names, "--connectors", pipelines / "connectors")
    assert result.code == 0, result.err
    assert "note:" not in result.err


@pytest.mark.parametrize(
    "block", [block for block in YAML if (block.file or "").startswith("wrong")], ids=str
)
def test_a_pipeline_that_is_wrong_on_purpose_is_refused(shell, pipelines, block):
    shell.write("wrong.yaml", block.text)
    assert shell("validate", "wrong.yaml", "--connectors", pipelines / "connectors").code == 2


@pytest.mark.parametrize(
    "block", [block for block in YAML if block.body.startswith("connector:")], ids=str
)
def test_a_connector_of_a_page_loads_unless_it_is_wrong_on_purpose(tmp_path, block):
    (tmp_path / "connector.yaml").write_text(block.text)
    directory = ConnectorDirectory(tmp_path, App(tmp_path / "x.db", {}).plugins.connector_types)
    if (block.file or "").startswith("wrong"):
        with pytest.raises(Refused):
            directory.all()
    else:
        assert len(directory.all()) == 1


@pytest.mark.parametrize("block", YAML, ids=str)
def test_every_block_of_yaml_is_yaml(block):
    assert yaml.safe_load(block.text)


def test_the_fault_of_the_page_is_one():
    (body,) = re.findall(r"--json '(\[.*\])'", PAGES["connectors"])
    (fault,) = Faults().plan(json.loads(body))
    assert fault.play.kind == "lose_reply"


# The tables, and the code.


def keys_of(kind: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in kind.model_fields.items()}


@pytest.mark.parametrize("kind", [HarnessApproval, ShellScript, Wait])
def test_every_key_of_a_core_step_is_in_its_table(kind):
    cells = [row[0] for row in rows("core-steps", kind.type, "key")]
    assert {name.partition(".")[0] for name in codes(*cells)} == keys_of(kind)
    assert kind.type in codes(*(row[0] for row in rows("core-steps", "The core steps", "step")))


def test_every_key_of_an_approval_by_people_is_named():
    named = codes(section("core-steps", "HarnessApproval"))
    assert named >= keys_of(ApproverInput) | keys_of(AutoApproval) | keys_of(Deadline)
    assert named >= {f"approvers.{name}" for name in keys_of(PeopleAsked)}


def test_every_key_of_a_variable_of_a_script_is_named():
    named = codes(section("core-steps", "ShellScript"))
    assert named >= keys_of(EnvironmentVariable) | keys_of(OutputVariable) | keys_of(Target)


@pytest.mark.parametrize("kind", [JiraCreate, JiraUpdate, JiraApproval])
def test_every_key_of_a_jira_step_is_in_its_table(kind):
    cells = [row[0] for row in rows("writing-pipelines", kind.type, "key")]
    named = codes(*cells)
    assert {name for name in named if not re.search("[.…]", name)} == keys_of(kind)
    deeper = {name.rpartition(".")[2] for name in named if re.search("[.…]", name)}
    inner = {
        JiraCreate: keys_of(Reuse),
        JiraUpdate: {"status", "transitionName", "id"},
        JiraApproval: {"type", "conditions", "matchAnyCondition", "expression"}
        | keys_of(Approvers),
    }
    assert deeper == inner[kind]


def test_every_key_of_what_hangs_on_an_issue_is_in_its_table():
    cells = [row[0] for row in rows("writing-pipelines", "Around the issue", "key")]
    below = {"comment": Commented, "links": LinkTo, "remoteLink": RemoteLinkTo, "worklog": WorkDone}
    expected = {f"{key}.{name}" for key, kind in below.items() for name in keys_of(kind)}
    expected |= {f"comment.visibility.{name}" for name in keys_of(Visibility)}
    single = {"remoteLink", "watchers", "attachments"}
    assert codes(*cells) == expected - {"comment.visibility"} | single
    assert single | set(below) <= keys_of(JiraCreate) & keys_of(JiraUpdate)


def test_every_key_of_a_field_and_a_condition_is_named():
    assert {"name", "value"} <= codes(section("writing-pipelines", "JiraCreate"))
    assert keys_of(FieldEntry) - {"format"} <= codes(section("writing-pipelines", "Fields"))
    assert keys_of(FieldCondition) <= codes(section("writing-pipelines", "JiraApproval"))


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("key of the pipeline", model.Pipeline),
        ("key of a stage", model.Stage),
        ("key of a step", model.Step),
    ],
)
def test_every_key_of_the_document_is_in_its_table(title, kind):
    cells = [row[0] for row in rows("writing-pipelines", "The document", title)]
    assert codes(*cells) == keys_of(kind)


def test_every_key_of_a_variable_and_of_when_is_in_its_table():
    cells = [row[0] for row in rows("writing-pipelines", "Variables", "key of a variable")]
    assert codes(*cells) == keys_of(model.Variable)
    heading = "When a stage or a step runs"
    cells = [row[0] for row in rows("writing-pipelines", heading, "key")]
    assert codes(*cells) == keys_of(model.StageWhen) | keys_of(model.StepWhen)


def test_every_key_that_is_noted_or_refused_is_named():
    assert codes(section("writing-pipelines", "The document")) >= NOTED
    cells = rows("writing-pipelines", "Not supported yet", "what")
    assert codes(*(row[0] for row in cells)) >= UNSUPPORTED.keys()
    everywhere = codes(PROSE["differences-from-harness"])
    assert everywhere >= UNSUPPORTED.keys() | NOTED


def test_every_key_of_a_connector_is_in_its_table():
    cells = [row[0] for row in rows("connectors", "Keys", "key of the spec")]
    assert codes(*cells) == keys_of(JiraConnector)
    signing = rows("connectors", "Signing in", "`auth.type`")
    types = [UsernamePassword, PersonalAccessToken]
    assert codes(*(row[0] for row in signing)) == {
        get_args(kind.model_fields["type"].annotation)[0] for kind in types
    }
    token = keys_of(PersonalAccessToken.model_fields["spec"].annotation)
    assert codes(*(row[1] for row in signing)) == keys_of(Password) | token


def test_every_key_of_the_script_and_every_fault_is_in_its_table():
    cells = [row[0] for row in rows("connectors", "The script", "key")]
    assert codes(*cells) == keys_of(_WrittenDeed)
    cells = [row[0] for row in rows("connectors", "Faults", "kind")]
    assert codes(*cells) == set(get_args(FaultKind))


def test_every_operator_is_in_the_table():
    assert [codes(row[0]).pop() for row in rows("criteria", "KeyValues", "operator")] == [
        *OPERATORS
    ]
    assert f"[{_NUMBERS[len(OPERATORS) - 4]} more]" in PAGES["differences-from-harness"]


_NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def test_every_method_and_filter_is_in_its_table():
    heading = "Operators, methods and filters"
    assert codes(*(row[1] for row in rows("writing-pipelines", heading, "kind"))) - {
        "minus"
    } == METHODS | {"get"}
    assert codes(*(row[1] for row in rows("writing-pipelines", heading, "filters"))) == {*FILTERS}


@pytest.fixture(scope="module")
def read_by_tell(tmp_path_factory):
    """Return the names that the step of the page's example reads."""
    directory = tmp_path_factory.mktemp("names")
    app = App(directory / "journal.db", {})
    for name, page in (("jira", "connectors"), ("variables", "connectors")):
        (block,) = [b for b in BLOCKS if b.page == page and b.file == f"connectors/{name}.yaml"]
        (directory / f"{name}.yaml").write_text(block.text)
    (block,) = [block for block in BLOCKS if block.file == "names.yaml"]
    source = read_source(block.text, "names.yaml")
    shared = SharedVariables.read(directory)
    plan = make_plan(source, source.value, app.plugins.step_types, None, shared=shared).plan
    connectors = RunConnectors(
        directory, app.plugins.connector_types, app.secrets, app.clock, org=plan.org, project=None
    )
    names = RunNames(
        plan,
        RunFacts(
            "k3x9wv72mp", plan.name, NOW, "https://github.com/acme/shop/actions/runs/7", "maria"
        ),
        sequence=7,
        email="maria@example.com",
        secret=lambda reference: Secret("", reference),
        now=lambda: NOW,
        connectors=ReadableConnectors(connectors.described),
    )
    (stage,) = plan.stages
    ((group,),) = stage.ranks
    frame = names.inside(names.whole, stage)
    names.set_status(Status.RUNNING, frame)
    frame = names.inside(frame, group)
    names.set_status(Status.RUNNING, frame)
    open_, tell = stage.steps
    outputs: dict[str, Any] = {"issue": {"key": "REL-1", "Risk Level": "Low"}}
    done = AttemptRecord("open", 1, Status.SUCCEEDED, {"projectKey": "REL"}, outputs, NOW)
    names.record(frame, "open", open_, replace(done, finished=NOW + timedelta(seconds=2)))
    names.record(frame, "tell_1", tell, AttemptRecord("tell", 1, Status.RUNNING, {}, {}, NOW))
    items: list[Any] = [{"matrix": {"region": region}} for region in ("EU", "US")]
    row = AttemptRecord("tell", 1, Status.RUNNING, {"items": items}, {}, NOW)
    item = journalled_items(row)[1]
    return names.at(frame, tell, item)


READINGS = rows("writing-pipelines", "What can be read", "example")


@pytest.mark.parametrize("row", READINGS, ids=lambda row: row[0])
def test_a_name_means_what_the_table_says(row, read_by_tell):
    assert to_text(parse(row[0].strip("`")).render(read_by_tell)) == row[1].strip("`")


def test_every_name_has_an_example(read_by_tell):
    values: Any = read_by_tell.values
    chosen = {"stages", "steps", "variables", "variable", "connector", "execution"}
    names = {root for root in values if root in chosen}
    for root in values.keys() - chosen:
        below = values[root] if isinstance(values[root], Mapping) else ()
        names |= {f"{root}.{name}" for name in below} or {root}
    names |= {f"steps.open.{name}" for name in values["steps"]["open"]}
    examples = [row[0].strip("`<+>") for row in READINGS]
    assert {
        name for name in names if not any(f"{e}.".startswith(f"{name}.") for e in examples)
    } == set()


def test_every_function_is_in_its_table():
    cells = [row[0] for row in rows("writing-pipelines", "Functions", "function")]
    named = {written.partition("(")[0] for written in codes(*cells)}
    spaced = {f"{space}.{name}" for space, functions in FUNCTIONS.items() for name in functions}
    assert named == spaced | CLOCKS.keys()


def test_every_name_of_the_platform_is_named():
    text = section("writing-pipelines", "What can be read")
    assert codes(text.partition("only the platform has")[2]) >= PLATFORM.keys()


def test_every_bound_is_in_the_table():
    table = rows("writing-pipelines", "What is refused", "bound")
    found = [int(row[1].replace(",", "")) for row in table]
    names = [name for name in limits.__all__ if name != "MAX_INTEGER"]
    assert sorted(found) == sorted(getattr(limits, name) for name in names)


def test_every_event_is_in_the_table_with_its_keys():
    documented = {row[0].strip("`"): codes(row[2]) for row in rows("operating", "Output", "event")}
    common = {field.name for field in fields(Event)}
    assert documented == {
        kind.kind: {field.name for field in fields(kind)} - common
        for kind in Event.__subclasses__()
        if kind.__module__ == "penstock.events"
    }
    assert set(Status) <= codes(section("operating", "Output"))


def test_every_variable_of_the_environment_is_in_the_table():
    pattern = re.compile(r"_?PENSTOCK_[A-Z_]+")
    found: set[str] = set()
    for root in ("engine", "plugins"):
        for file in (ROOT / root).rglob("*.py"):
            found |= set(pattern.findall(file.read_text(encoding="utf-8")))
    secret = "PENSTOCK_SECRET_"
    used = {name if not name.startswith(secret) else f"{secret}…" for name in found}
    cells = [row[0] for row in rows("operating", "Environment variables", "variable")]
    assert codes(*cells) == used


def test_every_exit_code_is_in_the_table(shell):
    told = shell("--help").out.partition("Exit codes:")[2]
    cells = [row[0] for row in rows("operating", "Exit codes", "code")]
    assert cells == re.findall(r"\b(\d) ", told)


# What the tables say is so.

NOW = datetime(2026, 12, 24, 20, tzinfo=UTC)
VARIABLES = {"version": "4.2.0", "risk": "High", "regions": "EU,US", "points": 3}


@pytest.mark.parametrize(
    "row",
    [
        *rows("writing-pipelines", "Operators, methods and filters", "expression"),
        *rows("writing-pipelines", "Functions", "expression"),
    ],
    ids=lambda row: row[0],
)
def test_an_expression_yields_what_the_table_says(row):
    (body,) = re.findall(r"`({.*})`", section("writing-pipelines", "Functions"))
    names = Names({"pipeline": {"variables": {**VARIABLES, "body": body}}}, lambda: NOW)
    value = parse(row[0].strip("`")).render(names)
    assert to_text(value) == row[1].strip("`")


TRUTHS = {"true": True, "false": False, "unknown": None}
ISSUE = {
    "Status": "To Do",
    "Labels": ["a", "b"],
    "Story Points": 5,
    "Due date": "2026-12-24",
    "Assignee": Absent("Assignee", "Assignee is empty", empty=True),
}


@pytest.mark.parametrize("row", rows("criteria", "Jexl", "expression"), ids=lambda row: row[0])
def test_a_criterion_has_the_truth_that_the_table_says(row):
    noon = datetime(2026, 12, 1, 12, tzinfo=UTC)
    judged = Deferred(row[0].strip("`")).judge({"issue": ISSUE}, now=lambda: noon)
    assert judged.truth is TRUTHS[row[1]]


@pytest.mark.parametrize("row", rows("criteria", "KeyValues", "the field"), ids=" ".join)
def test_a_condition_has_the_truth_that_the_table_says(row):
    kind, _, value = row[0].partition(" ")
    operator, *wanted = re.findall(r"`([^`]+)`", row[1])
    condition = FieldCondition(
        key="Field", operator=operator, **({"value": wanted[0]} if wanted else {})
    )
    assert condition.judge(content(kind, value.strip("`"))).truth is TRUTHS[row[2]]


def content(kind: str, value: str) -> dict[str, Any]:
    """Return a snapshot with one field."""
    if kind in {"empty", "not"}:
        return {"absent": {"Field": "empty" if kind == "empty" else "not on this issue"}}
    held: Any = {"option": {"value": value}, "number": value, "list": value.split(",")}.get(kind)
    entry = {"type": kind, "value": held if held is not None else value}
    if kind == "number":
        entry["value"] = float(value)
    if kind == "list":
        entry |= {"type": "array", "items": "string"}
    return {"fields": {"Field": entry}}


@pytest.mark.parametrize("row", rows("criteria", "Three values", "a"), ids=" ".join)
def test_truths_combine_as_the_table_says(row):
    one, other, both, either, opposite = (TRUTHS[cell] for cell in row)
    parts = (Condition("a", one), Condition("b", other))
    assert combined(parts, Combination.ALL).truth is both
    assert combined(parts, Combination.ANY).truth is either
    value = {True: "x", False: "y", None: Absent("A", "", empty=True)}[one]
    negated = Deferred('!(<+issue.A> == "x")').judge({"issue": {"A": value}}, now=lambda: NOW)
    assert negated.truth is opposite


def test_the_table_of_truths_is_whole():
    assert len({tuple(row[:2]) for row in rows("criteria", "Three values", "a")}) == 9


# Links.


def slug(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")


@pytest.mark.parametrize("page", PAGES)
def test_links_inside_the_documentation_resolve(page):
    for target in re.findall(r"\]\(([^)]+)\)", PROSE[page]):
        if re.match("https?:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (DOCS / name) if name else DOCS / f"{page}.md"
        assert file.is_file(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in map(slug, headings), target


def test_the_index_links_every_page():
    assert {f"{page}.md" for page in PAGES if page != "README"} <= set(
        re.findall(r"\]\(([^)#]+)\)", PAGES["README"])
    )
