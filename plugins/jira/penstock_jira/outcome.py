"""What a gate leaves: for later steps once it is through, for its next look while it waits."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from penstock.json_types import Json
from penstock.verdict import Condition, Verdict, VerdictStatus
from penstock_jira.answer import members, text
from penstock_jira.criteria import plain_values
from penstock_jira.reasons import as_json, decisive
from penstock_jira.standing import by_our_clock

__all__ = ["decided", "kept"]

_FACTS = {
    "key": "key",
    "id": "id",
    "url": "url",
    "Status": "status",
    "Issue Type": "issuetype",
    "Project Key": "project",
}


def kept(
    content: Mapping[str, Json], statuses: Mapping[str, Json], start: datetime | None
) -> dict[str, Json]:
    """Return what the next look is to know: which issue it was, and what names meant.

    *start* is since when it is approved, if it is.
    """
    found: dict[str, Json] = {"issue_id": text(content.get("id"))}
    ids = dict(members(members(content.get("known")).get("field_ids")))
    for name, entry in members(content.get("fields")).items():
        identifier = text(members(entry).get("id"))
        if identifier.startswith("customfield_"):
            ids[name] = identifier
    found |= {"field_ids": ids} if ids else {}
    found |= {"statuses": dict(statuses)} if statuses else {}
    return found if start is None else {**found, "approved_since": start.isoformat()}


def decided(verdict: Verdict, condition: Condition, content: Mapping[str, Json]) -> Verdict:
    """Return *verdict* with what later steps may read: the issue, who decided, and when.

    *condition* is the one that decided.
    """
    approved = verdict.status is VerdictStatus.APPROVED
    tree = verdict.approval if approved and verdict.approval is not None else condition
    at, by = decisive(condition)
    word = "approved" if approved else "rejected"
    decision: dict[str, Json] = {f"{word}_by": by, f"{word}_at": at}
    outputs: dict[str, Json] = {
        "issue": _issue(content),
        "output": {**decision, "verdict": as_json(tree)},
        **decision,
    }
    moment = by_our_clock(at, content) if at is not None else None
    return replace(verdict, decided=moment, outputs=outputs)


def _issue(content: Mapping[str, Json]) -> dict[str, Json]:
    """Return what was seen of the issue, by the names of the criteria."""
    found = {name: content.get(member) for name, member in _FACTS.items()}
    found.update(dict.fromkeys(members(content.get("absent"))))
    return {**found, **plain_values(content)}
