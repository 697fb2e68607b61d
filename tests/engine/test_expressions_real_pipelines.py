"""Every form of expression found in public pipelines with Jira steps parses, and reads right."""

from datetime import UTC, datetime

import pytest

from penstock.expressions import Names, Read, parse

STEPS = ("spec", "execution", "steps")
CHECK = "Update_Change.spec.execution.steps.Compliance.output.policySetDetails"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (
            "<+pipeline.stages.S.spec.execution.steps.T.issue.key>",
            ("pipeline", "stages", "S", *STEPS, "T", "issue", "key"),
        ),
        (
            "<+pipeline.stages.UAT.spec.execution.steps.create_a_issue.issue.id>",
            ("pipeline", "stages", "UAT", *STEPS, "create_a_issue", "issue", "id"),
        ),
        ("<+pipeline.variables.jiraIssueKey>", ("pipeline", "variables", "jiraIssueKey")),
        ("<+input>", ("input",)),
        (
            "<+execution.steps.JiraUpdate_1.spec.issueKey>",
            ("execution", "steps", "JiraUpdate_1", "spec", "issueKey"),
        ),
        (
            "<+stage.spec.execution.steps.post_steps.steps.jira_create.issue.key>",
            ("stage", *STEPS, "post_steps", "steps", "jira_create", "issue", "key"),
        ),
        (
            "<+stages.pre_deploy.spec.execution.steps.createIssue.issue.key>",
            ("stages", "pre_deploy", *STEPS, "createIssue", "issue", "key"),
        ),
        (
            "<+execution.steps.ID.issue.'Risk Level'>",
            ("execution", "steps", "ID", "issue", "Risk Level"),
        ),
        (
            '<+execution.steps.ID.issue."Risk Level">',
            ("execution", "steps", "ID", "issue", "Risk Level"),
        ),
        (
            '<+execution.steps.ID.issue.get("Risk Level")>',
            ("execution", "steps", "ID", "issue", "Risk Level"),
        ),
        ("<+artifact.tag>", ("artifact", "tag")),
        ("<+service.name>", ("service", "name")),
        ("<+env.name>", ("env", "name")),
        ("<+env.identifier>", ("env", "identifier")),
        ("<+env.type>", ("env", "type")),
        ("<+artifact.image>", ("artifact", "image")),
        ("<+pipeline.triggeredBy.name>", ("pipeline", "triggeredBy", "name")),
        ("<+pipeline.executionId>", ("pipeline", "executionId")),
        ("<+pipeline.executionUrl>", ("pipeline", "executionUrl")),
        ("<+pipeline.execution.url>", ("pipeline", "execution", "url")),
        ("<+pipeline.sequenceId>", ("pipeline", "sequenceId")),
        ("<+pipeline.startTs>", ("pipeline", "startTs")),
        ("<+org.name>", ("org", "name")),
        ("<+project.name>", ("project", "name")),
        ("<+stage.variables.ChangeList>", ("stage", "variables", "ChangeList")),
        (
            "<+stage.spec.execution.steps.pre.steps.get.output.outputVariables.PREV_VER>",
            ("stage", *STEPS, "pre", "steps", "get", "output", "outputVariables", "PREV_VER"),
        ),
        (
            "<+stage.spec.execution.steps.m.steps.a.output.approvalActivities[0].user.name>",
            ("stage", *STEPS, "m", "steps", "a", "output", "approvalActivities"),
        ),
        (
            f'<+pipeline.stages.{CHECK}.get("account.Set").policyDetails.get("account.Tags").status>',
            (
                *("pipeline", "stages", *CHECK.split(".")),
                *("account.Set", "policyDetails", "account.Tags", "status"),
            ),
        ),
        ("<+matrix.ticket>", ("matrix", "ticket")),
        ("<+repeat.item>", ("repeat", "item")),
        ('<+ <+repeat.item>.split("##")[1] >', ("repeat", "item")),
        ("<+<+pipeline.variables.tickets>.split(',')>", ("pipeline", "variables", "tickets")),
        ("<+pipeline.variables.tickets.split(',')>", ("pipeline", "variables", "tickets")),
        (
            '<+<+pipeline.variables.risk>=="High"?"Highest":"Medium">',
            ("pipeline", "variables", "risk"),
        ),
        ('<+pipeline.variables.name.replace("-","_")>', ("pipeline", "variables", "name")),
        ("<+pipeline.stages.change.status>", ("pipeline", "stages", "change", "status")),
        ('<+trigger.payload["x-auth"]>', ("trigger", "payload", "x-auth")),
        ("<+serviceVariables.X>", ("serviceVariables", "X")),
        ("<+INFRA_KEY>", ("INFRA_KEY",)),
    ],
)
def test_a_form_found_in_the_wild_reads_what_it_names(text: str, path: tuple[str, ...]) -> None:
    template = parse(text)
    assert template.is_lone
    assert [read.path for read in template.reads] == [path]
    assert text[template.reads[0].offset :].startswith(path[0])


@pytest.mark.parametrize(
    "text",
    [
        "<+currentDate().plusDays(2)>",
        "<+currentTime().plusHours(1)>",
        'Bearer <+secrets.getValue("account.jira_pat")>',
    ],
)
def test_functions_are_not_reads(text: str) -> None:
    assert parse(text).reads == ()


def test_text_around_expressions_stays_as_it_is() -> None:
    text = """* Run: [<+pipeline.sequenceId>|<+pipeline.executionUrl>]
* By: <+pipeline.triggeredBy.email>
Opened by pipeline \\\\ run <+pipeline.executionId>, {"a": {"b": {}}}"""
    values = {
        "sequenceId": 7,
        "executionUrl": "https://x.example/7",
        "triggeredBy": {"email": "a@example.com"},
        "executionId": "r1",
    }
    rendered = parse(text).render(Names({"pipeline": values}, lambda: datetime.now(UTC)))
    assert (
        rendered
        == """* Run: [7|https://x.example/7]
* By: a@example.com
Opened by pipeline \\\\ run r1, {"a": {"b": {}}}"""
    )


def test_a_step_of_a_loop_is_named_with_its_postfix() -> None:
    text = "<+execution.steps.open<+strategy.identifierPostFix>.issue.key>"
    names = Names(
        {
            "execution": {"steps": {"open_2": {"issue": {"key": "REL-2"}}}},
            "strategy": {"identifierPostFix": "_2"},
        },
        lambda: datetime.now(UTC),
    )
    template = parse(text)
    assert template.render(names) == "REL-2"
    assert template.reads == (
        Read(("execution", "steps"), 2),
        Read(("strategy", "identifierPostFix"), text.index("strategy")),
    )
