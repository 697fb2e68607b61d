"""What ends a gate without a judgement: no issue, another one than was meant, no such field."""

from collections.abc import Mapping

from penstock.json_types import Json
from penstock_jira.answer import as_list, members, text

__all__ = ["is_first_look", "missing", "nameless", "wrong_issue"]


def is_first_look(content: Mapping[str, Json]) -> bool:
    """Whether no look before this one has seen the issue."""
    return not members(content.get("known")).get("issue_id")


def missing(content: Mapping[str, Json]) -> str | None:
    """Return that the issue is missing, once looks enough have not found it."""
    told = members(content.get("missing"))
    if not told:
        return None
    return (
        f"issue missing: {text(told.get('key'))} was not found by {text(told.get('looks'))} looks "
        f"in {text(told.get('minutes'))} minutes; it was deleted or archived, or "
        f"{text(told.get('user'))} may not see it any more"
    )


def wrong_issue(
    content: Mapping[str, Json], project_key: str | None, issue_type: str | None
) -> str | None:
    """Return why this is not the issue that was meant (Harness's words), or ``None``."""
    project, kind = text(content.get("project")), text(content.get("issuetype"))
    if project_key and project_key != project:
        return f"Invalid project key. Execution sent: {project_key}. Parsed from issue: {project}"
    if issue_type and issue_type != kind:
        return f"Invalid issue type. Execution sent: {issue_type}. Parsed from issue: {kind}"
    return None


def nameless(content: Mapping[str, Json]) -> str | None:
    """Return which names of the criteria mean no field, or several, with what was meant."""
    faults = []
    for name, near in members(content.get("unknown")).items():
        meant = [text(item) for item in as_list(near, "suggest a field")]
        advice = f"did you mean {' or '.join(meant)}?" if meant else "see the fields in Jira"
        faults.append(f"Jira has no field called {name!r}; {advice}")
    for name, listed in members(content.get("ambiguous")).items():
        faults.append(f"several fields are called {name!r}: {text(listed)}; write the id")
    return "; ".join(faults) or None
