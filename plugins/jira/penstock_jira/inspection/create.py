"""A ``JiraCreate`` held against Jira: project, issue type, fields, and the request as a whole."""

from penstock.errors import FailureType, StepFailed
from penstock.inspection import Finding, Inspection, Level, Write
from penstock.json_types import Json
from penstock.step import StepContext
from penstock_jira.create import JiraCreate
from penstock_jira.draft import ELSEWHERE, body_of, fields_of
from penstock_jira.fields import missing, with_parent
from penstock_jira.inspection.beside import beside_findings, beside_writes, effect
from penstock_jira.inspection.entries import Entries
from penstock_jira.inspection.lookout import Lookout
from penstock_jira.inspection.open_values import comes_with_the_run, is_open
from penstock_jira.screens import CreateScreen, create_screen
from penstock_jira.sprints import Sprints

__all__ = ["inspect_create"]

_ONLY_NAMES = ": only the names of fields are checked"


def inspect_create(step: JiraCreate, context: StepContext) -> Inspection:
    """Return the request that a run would send, and what is wrong with it."""
    lookout = Lookout(context, step.connector_ref)
    screen = _screen(step, lookout)
    beside = tuple(beside_findings(step, lookout, context))
    if isinstance(screen, Finding):
        names = lookout.unknown_fields(step.fields)
        return Inspection((screen, *names, *beside))
    sprints = Sprints(lookout.client, lambda: step.project_key)
    entries = Entries(lookout, with_parent(screen), sprints, ELSEWHERE, new=True)
    entries.add(step.fields)
    absent = missing(screen, entries.given)
    lacking = [
        Finding(
            Level.WARNING,
            f"Required fields {{{', '.join(absent)}}} for the provided jira issue type are missing",
            "add them to fields; without them the step stops before it sends anything",
            ("fields",),
        )
    ]
    taken, about = _taken(step, lookout)
    findings = (*entries.findings, *(lacking if absent else ()), *beside, *about)
    if taken is not None:
        return Inspection(findings, writes=(Write(f"nothing is created: {taken} is taken"),))
    writes = (
        Write(f"POST /rest/api/{entries.values.api}/issue", _body(step, screen, entries, context)),
        *beside_writes(step, lookout, context, "(its key)"),
    )
    return Inspection(findings, writes=writes)


def _taken(step: JiraCreate, lookout: Lookout) -> tuple[str | None, tuple[Finding, ...]]:
    """Return the key of the issue that is taken instead, and what there is to say about it."""
    if step.reuse is None:
        return None, ()
    place = ("reuse", "jql")
    if is_open(step.reuse.jql):
        return None, (comes_with_the_run("reuse.jql", step.reuse.jql, place),)
    try:
        found = step.reuse.find(lookout.client, ())
    except StepFailed as failure:
        if failure.failure_type is not FailureType.CONFIGURATION:
            raise
        return None, (Finding(Level.ERROR, failure.message, failure.hint, place),)
    if found is None:
        return None, ()
    told = f"{found['key']} is there already, by reuse.jql: it would be taken as it is"
    return found["key"], (Finding(Level.NOTE, told, place=place),)


def _body(step: JiraCreate, screen: CreateScreen, entries: Entries, context: StepContext) -> Json:
    fields = fields_of(step.project_key, screen, entries.values) | entries.pending_values
    labelled = screen.get("labels") is not None and "labels" not in entries.pending
    return body_of(fields, effect("create", context), context, labelled=labelled)


def _screen(step: JiraCreate, lookout: Lookout) -> CreateScreen | Finding:
    """Return the create screen, or why there is none to look at."""
    project, kind = step.project_key, step.issue_type
    if is_open(project):
        return comes_with_the_run("projectKey", project, ("projectKey",), _ONLY_NAMES)
    if is_open(kind):
        return comes_with_the_run("issueType", kind, ("issueType",), _ONLY_NAMES)
    try:
        return create_screen(lookout.client, project, kind, fresh=True)
    except StepFailed as failure:
        if failure.failure_type is not FailureType.CONFIGURATION:
            raise
        key = "issueType" if failure.message.startswith("Invalid issue type") else "projectKey"
        return Finding(Level.ERROR, failure.message, failure.hint, (key,))
