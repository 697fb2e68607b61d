"""Approvals that are taken back, too old, too late, or given by who must not."""

from typing import Any

from faults.actions import changed, reset
from faults.case import case, cases
from faults.scene import Scene
from faults.steps import approved, gate
from penstock.watch import Snapshot, Watch

BOTH = {
    "type": "KeyValues",
    "spec": {
        "conditions": [{"key": "Status", "operator": "in", "value": "Approved,Rejected"}],
    },
}


@case("approved and taken back between two looks")
def taken_back(scene: Scene) -> str:
    key = scene.issue()
    scene.move(key, "Request approval")

    def flicker() -> None:
        scene.move(key, "Approve", "Cancel")
        scene.happened()

    scene.agenda.at(70, flicker)
    ended = scene.run(gate(key, timeout="10m"))
    assert (ended.code, ended.status) == (4, "Expired"), ended.message
    return "not approved; expires"


@case("rejected, and taken back after more than an interval, while nobody can look")
def rejected_unseen(scene: Scene) -> str:
    key = scene.issue()
    scene.move(key, "Request approval")
    down = scene.fault("GET", "/issue/", reset, times=None)
    down.on = False
    risk = f"/rest/api/2/issue/{key}"

    def says(value: str) -> None:
        scene.jira("PUT", risk, {"fields": {"customfield_10010": {"value": value}}})

    scene.agenda.at(100, lambda: setattr(down, "on", True))
    scene.agenda.at(200, lambda: says("High"))
    scene.agenda.at(900, lambda: says("Low"))
    scene.agenda.at(1000, lambda: setattr(down, "on", False))
    condition = {"key": "Risk Level", "operator": "equals", "value": "High"}
    rejection = {"type": "KeyValues", "spec": {"conditions": [condition]}}
    ended = scene.run(gate(key, timeout="2h", rejectionCriteria=rejection))
    assert (ended.code, ended.status) == (3, "ApprovalRejected"), ended.message
    return "rejected, by Jira's history"


@case("an issue that was approved before the gate opened")
def before(scene: Scene) -> str:
    key = scene.issue()
    scene.move(key, "Request approval", "Approve")
    scene.agenda.advance(60)
    scene.happened()
    ended = scene.run(gate(key, timeout="10m", allowExisting="false"))
    assert (ended.code, ended.status) == (4, "Expired"), ended.message
    assert "before the gate opened" in ended.message
    return "does not count with allowExisting: false; expires"


@cases(
    "approved by {0}",
    [
        ("the connector's own user", "release-bot", {"notInitiator": "true"}),
        ("who is in none of the groups", "operator", {"groups": ["release-managers"]}),
        ("who is none of the users", "reviewer", {"users": ["cab-lead@example.com"]}),
    ],
)
def wrong_person(scene: Scene, _: str, user: str, approvers: dict[str, Any]) -> str:
    key = scene.issue()
    scene.move(key, "Request approval")

    def approve() -> None:
        scene.move(key, "Approve", user=user)
        scene.happened()

    scene.environ["PENSTOCK_USER"] = "operator@example.com"
    scene.agenda.at(100, approve)
    ended = scene.run(gate(key, timeout="10m", approvers=approvers))
    assert (ended.code, ended.status) == (4, "Expired"), ended.message
    return "not approved, and says why; expires"


@case("approval and rejection hold at once")
def both(scene: Scene) -> str:
    key = scene.issue()
    scene.move(key, "Request approval", "Reject")
    scene.happened()
    ended = scene.run(gate(key, approvalCriteria=BOTH))
    assert (ended.code, ended.status) == (3, "ApprovalRejected"), ended.message
    return "rejected"


@case("approved in time, but nobody can look before the deadline is over")
def seen_late(scene: Scene) -> str:
    key = scene.issue()
    scene.move(key, "Request approval")
    down = scene.fault("*", ".", reset, times=None)
    scene.agenda.at(300, lambda: scene.move(key, "Approve"))
    scene.agenda.at(3700, lambda: setattr(down, "on", False))
    ended = scene.run(gate(key, timeout="1h"))
    assert down.fired >= 5
    return f"the approval counts; {approved(ended)}"


@case("approved after the deadline, while nobody could look")
def too_late(scene: Scene) -> str:
    key = scene.issue()
    scene.move(key, "Request approval")
    down = scene.fault("*", ".", reset, times=None)

    def approve() -> None:
        scene.move(key, "Approve")
        down.on = False

    scene.agenda.at(3700, approve)
    ended = scene.run(gate(key, timeout="1h"))
    assert (ended.code, ended.status) == (4, "Expired"), ended.message
    return "expires"


@case("a status is renamed while a gate waits for it")
def renamed(scene: Scene) -> str:
    key = scene.issue()
    scene.move(key, "Request approval")

    def rename(told: Any) -> Any:
        if isinstance(told, list):
            return [rename(each) for each in told]
        if isinstance(told, dict):
            named = {name: rename(each) for name, each in told.items()}
            return {**named, "name": "Released"} if named.get("name") == "Approved" else named
        return told

    new = scene.fault("GET", "/(issue|status)", changed(rename), times=None)
    new.on = False
    scene.agenda.at(100, lambda: setattr(new, "on", True))
    scene.agenda.at(2000, lambda: scene.move(key, "Approve"))
    ended = scene.run(gate(key, timeout="2h"))
    return f"found by its id; {approved(ended)}"


@cases("2,000 gates wait on 200 issues (Cloud: at most {} requests)", [2])
@cases("2,000 gates wait on 200 issues (Data Center: {})", [200], flavour="data-center")
def many_gates(scene: Scene, most: int) -> str:
    keys = [scene.issue(f"Release {number}") for number in range(200)]
    watches = [Watch("account.jira", key, ("Status",)) for key in keys * 10]
    connector = scene.resolved()
    connector.look(watches[:1])  # what the site has is known from here on
    before = len(scene.wire.requests)
    seen = connector.look(watches)
    scene.happened()
    asked = len(scene.wire.requests) - before
    assert all(isinstance(each, Snapshot) for each in seen)
    assert asked <= most, asked
    return f"seen by {asked} requests"
