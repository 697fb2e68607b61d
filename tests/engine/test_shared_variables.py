"""Variables of the account, of orgs and of projects, and what a pipeline reads of them."""

import pytest

from penstock.connectors.files import ConnectorDirectory
from penstock.connectors.scope import Home
from penstock.connectors.variables import SharedVariables
from penstock.errors import ExpressionError, Refused
from penstock.expressions import parse as parse_text
from penstock.pipeline.plan import Plan
from penstock.pipeline.planning import make_plan
from penstock.pipeline.preview import preview_steps
from penstock.run.names import RunNames
from penstock.source import parse
from penstock.step import RunFacts

SAY = "- step: {identifier: %s, type: Say, spec: {text: '%s'}}\n"
FILE = """\
variables:
  - {identifier: cab, value: release-managers, description: Who approves}
  - {identifier: cab, orgIdentifier: default, value: payments-managers}
  - {identifier: cab, orgIdentifier: default, projectIdentifier: pay, value: "{{ 7*7 }}"}
  - {identifier: window, orgIdentifier: default, projectIdentifier: pay, value: "22:00"}
  - {identifier: hidden, orgIdentifier: other, value: x}
  - {identifier: hidden, orgIdentifier: default, projectIdentifier: other, value: x}
"""
PAY = "  orgIdentifier: default\n  projectIdentifier: pay\n"


@pytest.fixture
def shared(tmp_path):
    (tmp_path / "variables.yaml").write_text(FILE)
    return SharedVariables.read(tmp_path)


@pytest.mark.parametrize(
    ("home", "seen"),
    [
        (
            Home("default", "pay"),
            {
                "cab": "{{ 7*7 }}",
                "window": "22:00",
                "org": {"cab": "payments-managers"},
                "account": {"cab": "release-managers"},
            },
        ),
        (
            Home("default"),
            {"org": {"cab": "payments-managers"}, "account": {"cab": "release-managers"}},
        ),
        (Home(), {"org": {}, "account": {"cab": "release-managers"}}),
    ],
)
def test_a_pipeline_sees_the_variables_of_its_own_scopes_and_no_others(shared, home, seen):
    assert shared.seen_from(home) == seen


@pytest.mark.parametrize("directory", [None, "none"])
def test_without_a_file_there_are_no_variables(tmp_path, directory):
    found = SharedVariables.read(None if directory is None else tmp_path / directory)
    assert found.seen_from(Home("default", "pay")) == {"org": {}, "account": {}}


def test_the_file_is_no_connector(tmp_path, shared):
    assert ConnectorDirectory(tmp_path, {}).all() == ()


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (
            "variables:\n  - {identifer: x, value: 1}",
            [
                "2:6: unknown key `identifer`; did you mean 'identifier'?",
                "2:5: `identifier` is required",
            ],
        ),
        (
            "variables:\n  - {identifier: a b, value: 1}",
            ["2:18: an identifier begins with a letter or '_' and holds letters, digits, '_' and"],
        ),
        (
            "variables:\n  - {identifier: account, value: 1}",
            ["2:18: 'account' is a reserved word; take another identifier"],
        ),
        (
            "variables:\n  - {identifier: x, projectIdentifier: p, value: 1}",
            ["2:21: a variable of a project needs `orgIdentifier` too; add the project's org"],
        ),
        (
            "variables:\n  - {identifier: x, value: 1}\n  - {identifier: x, value: 2}",
            ["3:18: the variable 'x' of the account stands in line 2 already; keep one of them"],
        ),
        ("variables:\n  - {identifier: x, value: [1]}", ["2:28: `value` must be text, not a list"]),
        ("variable: {identifier: x}", ["1:1: unknown key `variable`; did you mean 'variables'?"]),
    ],
)
def test_what_is_wrong_in_the_file_is_told_with_its_place(tmp_path, text, faults):
    file = tmp_path / "variables.yaml"
    file.write_text(text)
    with pytest.raises(Refused) as caught:
        SharedVariables.read(tmp_path)
    rows = [row.removeprefix(f"{file}:") for row in str(caught.value).splitlines()]
    assert len(rows) == len(faults)
    assert sorted(row[:60] for row in rows) == sorted(fault[:60] for fault in faults)


def planned(bench, text, shared):
    source = parse(text, "p.yaml")
    return make_plan(source, source.value, bench.types, None, shared=shared).plan


def test_a_run_reads_the_values_that_were_there_when_it_was_planned(bench, shared):
    text = "<+variable.cab> <+variable.org.cab> <+variable.account.cab> <+pipeline.variables.w>"
    written = bench.pipeline(
        SAY % ("a", text), extra=PAY, variables="[{name: w, value: <+variable.window>}]"
    )
    plan = Plan.from_json(planned(bench, written, shared).to_json())
    facts = RunFacts("r", plan.name, bench.clock.now(), "http://ci/1", "ann")
    names = RunNames(plan, facts, sequence=1, email="e", secret=str, now=bench.clock.now)
    said = "{{ 7*7 }} payments-managers release-managers 22:00"
    assert parse_text(text).render(names.at(names.inside(names.whole, plan.stages[0]))) == said
    (preview,) = preview_steps(plan, bench.types, bench.clock.now())
    assert preview.spec["text"] == said
    with pytest.raises(ExpressionError, match="'cba' is not there; did you mean 'cab'"):
        parse_text("<+variable.cba>").render(names.at(names.inside(names.whole, plan.stages[0])))


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("variable.cba", "'cba' is not in 'variable'; did you mean 'cab'?"),
        ("variable.org.windwo", "'windwo' is not in 'variable.org'; known: cab"),
        ("variable.org.window", "'window' is not in 'variable.org'; write variable.window"),
        ("variable.account.window", "write variable.window"),
        ("variable.hidden", "'hidden' is not in 'variable'; known: cab, window"),
        ("variable.project.cab", "'project' is not in 'variable'; known: cab, window"),
    ],
)
def test_a_variable_that_is_not_there_is_refused_with_what_is(bench, shared, name, hint):
    text = bench.pipeline(SAY % ("a", f"<+{name}>"), extra=PAY)
    with pytest.raises(Refused) as caught:
        planned(bench, text, shared)
    (row,) = str(caught.value).splitlines()
    assert f"'{name}' cannot be read: " in row
    assert row.endswith(hint)


def test_the_variables_of_a_wider_scope_are_named(bench, shared):
    text = bench.pipeline(SAY % ("a", "<+variable.cab>"), extra="  orgIdentifier: default\n")
    with pytest.raises(Refused, match=r"; write variable\.account\.cab or variable\.org\.cab$"):
        planned(bench, text, shared)


def test_without_a_file_it_is_said_where_to_write_them(bench):
    text = bench.pipeline(SAY % ("a", "<+variable.org.cab>"), extra=PAY)
    with pytest.raises(Refused, match=r"write it into variables\.yaml among the connectors$"):
        planned(bench, text, SharedVariables())


def test_where_no_directory_is_known_only_the_run_will_tell(bench):
    assert bench.plan(bench.pipeline(SAY % ("a", "<+variable.x> <+variable.org.y>")))
