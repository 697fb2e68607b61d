"""``penstock backtest`` against a sandbox in a process of its own, of each flavour."""

import json

GATE = """\
pipeline:
  identifier: gate
  stages:
    - stage:
        identifier: change
        type: Approval
        spec:
          execution:
            steps:
              - step:
                  identifier: open
                  type: JiraCreate
                  spec:
                    connectorRef: account.jira
                    projectKey: REL
                    issueType: Change
                    fields: [{name: Summary, value: Release}]
              - step:
                  identifier: approval
                  type: JiraApproval
                  spec:
                    connectorRef: account.jira
                    issueKey: <+execution.steps.open.issue.key>
                    approvalCriteria:
                      type: KeyValues
                      spec:
                        conditions:
                          - {key: Status, operator: equals, value: STATUS}
"""


def tickets(jira, count):
    """Create so many, and approve the first."""
    for _ in range(count):
        fields = {"project": {"key": "REL"}, "issuetype": {"name": "Change"}, "summary": "x"}
        jira.post("rest/api/2/issue", {"fields": fields}, "release-bot")
    jira.move("REL-1", "Request approval")
    jira.move("REL-1", "Approve")


def test_the_past_of_tickets_is_judged_and_nothing_is_written(shell, jira):
    tickets(jira, 2)
    shell.write("gate.yaml", GATE.replace("STATUS", "Approved"))
    before = len(jira.get("sandbox/ledger"))
    result = shell("backtest", "gate.yaml", "--jql", "project = REL ORDER BY key")
    assert result.code == 0, result.err
    lines = result.out.splitlines()
    assert lines[3].split()[:2] == ["REL-1", "approved"]
    assert lines[4].split()[:2] == ["REL-2", "hung"]
    assert "2 tickets: 1 approved, 1 hung" in result.out
    assert len(jira.get("sandbox/ledger")) == before
    assert not (shell.directory / "journal.db").exists()


def test_a_mistyped_status_is_suspicious(shell, jira):
    tickets(jira, 1)
    shell.write("gate.yaml", GATE.replace("STATUS", "Aproved"))
    result = shell("backtest", "gate.yaml", "--jql", "project = REL")
    assert 'Status equals "Aproved" was never true; there was' in result.out
    assert "did you mean 'Approved'?" in result.out


def test_a_limit_that_leaves_tickets_out_says_so(shell, jira):
    tickets(jira, 3)
    shell.write("gate.yaml", GATE.replace("STATUS", "Approved"))
    given = ("backtest", "gate.yaml", "--jql", "project = REL ORDER BY key")
    result = shell(*given, "--limit", "2")
    assert "there are more than 2: these are the first; --limit takes more" in result.out
    assert "there are more" not in shell(*given, "--limit", "3").out
    shown = shell(*given, "--limit", "2", "--output", "json")
    first, _, last = map(json.loads, shown.out.splitlines())
    assert (first["event"], first["outcome"]) == ("ticket_replayed", "approved")
    assert first["verdict"]["approval"]["label"] == "Status equals"
    assert (last["event"], last["tickets"], last["cut"]) == ("backtest_finished", 2, True)


def test_what_jira_refuses_is_said_in_its_words(shell, jira):
    shell.write("gate.yaml", GATE.replace("STATUS", "Approved"))
    result = shell("backtest", "gate.yaml", "--jql", "proje = REL")
    assert result.code == 1
    assert result.err.startswith("penstock: Jira refused to search for issues (400): Field 'proje'")


def test_what_is_wrong_here_is_refused_before_anything_is_asked(shell):
    shell.write("gate.yaml", GATE.replace("STATUS", "<+execution.steps.open.issue.key>"))
    shell.write("connectors/jira.yaml", "connector: {}\n")
    given = ("backtest", "gate.yaml", "--sandbox")
    for more, words in (
        ((), "Missing option '--jql' / '--query'"),
        (("--jql", " "), "--jql is empty; write which tickets"),
        (("--jql", "x", "--limit", "-1"), "Invalid value for '--limit'"),
    ):
        result = shell(*given, *more)
        assert result.code == 2
        assert words in result.err
    result = shell("backtest", "gate.yaml", "--jql", "x", "--world", "w")
    assert (result.code, "--world belongs to --sandbox" in result.err) == (2, True)


def test_a_criterion_that_only_a_run_tells_is_refused_where_it_stands(shell):
    shell.write("gate.yaml", GATE.replace("STATUS", "<+execution.steps.open.issue.key>"))
    result = shell("backtest", "gate.yaml", "--jql", "project = REL", "--sandbox")
    assert result.code == 2
    assert result.err.startswith("gate.yaml:28:68: `approvalCriteria.spec.conditions[0].value`: ")


def test_a_sandbox_without_tickets_has_none(shell):
    shell.write("gate.yaml", GATE.replace("STATUS", "Approved"))
    result = shell("backtest", "gate.yaml", "--jql", "project = REL", "--sandbox")
    assert (result.code, "no ticket was found" in result.out) == (0, True)
