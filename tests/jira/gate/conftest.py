"""An approval and an issue as a look has seen it, for the tests of what a gate makes of it."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from penstock.verdict import Condition, Verdict
from penstock.watch import Snapshot
from penstock_jira.approval import JiraApproval

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANN = {
    "accountId": "5b1",
    "displayName": "Ann Ray",
    "emailAddress": "ann@example.com",
    "name": "ann",
}
FIELDS: dict[str, dict[str, Any]] = {
    "Status": {"type": "status", "value": {"id": "3", "name": "Approved"}},
    "Summary": {"type": "string", "value": "Release 1.10"},
    "Risk Level": {"type": "option", "value": {"id": "7", "value": "Low"}},
    "Story Points": {"type": "number", "value": 3.0},
    "Due date": {"type": "date", "value": "2026-03-10"},
    "Window": {"type": "datetime", "value": "2026-03-10T10:00:00.000+0100"},
    "Labels": {"type": "array", "items": "string", "value": ["cab-ok", "release"]},
    "Reviewers": {"type": "array", "items": "user", "value": [ANN]},
    "Assignee": {"type": "user", "value": ANN},
    "Location": {
        "type": "option-with-child",
        "value": {"value": "EU", "child": {"value": "Dublin"}},
    },
    "Odd": {"type": "number", "value": "three"},
    "Odd date": {"type": "date", "value": "soon"},
    "Flag": {"type": "any", "value": True},
    "Description": {"type": "string", "value": "long " * 40},
}
STATUS = {"key": "Status", "operator": "equals", "value": "Approved"}
DONE = {"type": "KeyValues", "spec": {"conditions": [STATUS]}}


def _snapshot(fields: Mapping[str, Any] | None = None, **more: Any) -> Snapshot:
    described = FIELDS if fields is None else fields
    content: dict[str, Any] = {
        "key": "REL-8",
        "id": "10001",
        "url": "https://jira.example.com/browse/REL-8",
        "status": "Approved",
        "issuetype": "Change",
        "project": "REL",
        "fields": {name: {"id": name, "items": "", **entry} for name, entry in described.items()},
        "absent": {"Resolution": "empty", "Gone": "not on this issue"},
        "unknown": {},
        "ambiguous": {},
        "since": {},
    }
    return Snapshot(NOW, {**content, **more})


def _gate(approval: Any = None, rejection: Any = None, **more: Any) -> JiraApproval:
    spec = {
        "connectorRef": "account.jira",
        "issueKey": "REL-8",
        "approvalCriteria": DONE if approval is None else approval,
        "rejectionCriteria": rejection,
    }
    return JiraApproval.model_validate({**spec, **more})


def _judged(approval: Any = None, rejection: Any = None, **seen: Any) -> Verdict:
    return _gate(approval, rejection).judge(_snapshot(**seen))


def _leaf(key: str, operator: str, value: Any = None) -> Condition:
    given = {} if value is None else {"value": value}
    spec = {"conditions": [{"key": key, "operator": operator, **given}]}
    found = _judged({"type": "KeyValues", "spec": spec}).approval
    assert found is not None
    return found


@pytest.fixture(scope="session")
def snapshot() -> Callable[..., Snapshot]:
    """Return what makes a look at REL-8: its fields by name, and whatever else is seen of it."""
    return _snapshot


@pytest.fixture(scope="session")
def gate() -> Callable[..., JiraApproval]:
    """Return what makes a gate of approval criteria (Status equals Approved), rejection, keys."""
    return _gate


@pytest.fixture(scope="session")
def judged() -> Callable[..., Verdict]:
    """Return what judges REL-8 by criteria."""
    return _judged


@pytest.fixture(scope="session")
def leaf() -> Callable[..., Condition]:
    """Return what judges one condition on REL-8."""
    return _leaf
