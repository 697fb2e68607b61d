"""The steps that cases run, and what they have in common to say of the end."""

from collections.abc import Mapping
from typing import Any

from faults.ended import Ended
from faults.scene import Scene

__all__ = ["approved", "create", "gate", "one_issue", "refused", "update", "waited"]


def create(summary: str = "Release", name: str = "open", **more: Any) -> Mapping[str, Any]:
    """Return a JiraCreate of a Change in REL; *more* are keys of its spec."""
    fields = [{"name": "Summary", "value": summary}, *more.pop("fields", ())]
    spec = {"connectorRef": "account.jira", "projectKey": "REL", "issueType": "Change"}
    timeout = more.pop("timeout", "1h")
    spec = {**spec, "fields": fields, **more}
    return {"identifier": name, "type": "JiraCreate", "timeout": timeout, "spec": spec}


def update(key: str, name: str = "edit", **more: Any) -> Mapping[str, Any]:
    """Return a JiraUpdate; *more* are keys of its spec."""
    timeout = more.pop("timeout", "1h")
    spec = {"connectorRef": "account.jira", "issueKey": key, **more}
    return {"identifier": name, "type": "JiraUpdate", "timeout": timeout, "spec": spec}


def gate(key: str, name: str = "wait", **more: Any) -> Mapping[str, Any]:
    """Return a JiraApproval that wants the status Approved and refuses Rejected."""

    def status(value: str) -> dict[str, Any]:
        condition = {"key": "Status", "operator": "equals", "value": value}
        return {"type": "KeyValues", "spec": {"conditions": [condition]}}

    timeout = more.pop("timeout", "1d")
    spec = {
        "connectorRef": "account.jira",
        "issueKey": key,
        "retryInterval": "1m",
        "approvalCriteria": status("Approved"),
        "rejectionCriteria": status("Rejected"),
        **more,
    }
    return {"identifier": name, "type": "JiraApproval", "timeout": timeout, "spec": spec}


def one_issue(scene: Scene, ended: Ended) -> str:
    """Require that a JiraCreate succeeded with the one issue that there is."""
    made = [issue["key"] for issue in scene.issues()]
    assert (ended.code, ended.keys) == (0, made), ended.message
    assert len(made) == 1
    sent = scene.wire.count("POST", "/issue$")
    return f"one issue, {'asked for once' if sent == 1 else f'asked for {sent} times'}"


def refused(scene: Scene, ended: Ended, *words: str) -> str:
    """Require that the run failed with all of *words* in its message, and made no issue."""
    assert ended.code in {1, 2}, ended.message
    assert scene.issues() == []
    for word in words:
        assert word in ended.message, ended.message
    how = "the step fails" if ended.code == 1 else "refused"
    return f"{how}: {words[0]}" if words else how


def approved(ended: Ended) -> str:
    """Require that a gate was approved."""
    assert (ended.code, ended.status) == (0, "Succeeded"), ended.message
    return "waits through it; approved"


def waited(scene: Scene) -> float:
    """Return the seconds that have passed."""
    return scene.agenda.monotonic()
