"""Issues that move, are gone, or are written by somebody else at the same moment."""

from typing import Any

from faults.actions import refusal
from faults.case import case
from faults.scene import Scene
from faults.steps import approved, create, gate, one_issue, refused, update
from faults.wire import Exchange

GONE = "Issue does not exist or you do not have permission to see it."


@case("a gate's issue is deleted (Cloud)")
@case("a gate's issue is deleted (Data Center)", flavour="data-center")
def deleted(scene: Scene) -> str:
    key = scene.issue()

    def delete() -> None:
        scene.jira("DELETE", f"/rest/api/2/issue/{key}")
        scene.happened()

    scene.agenda.at(200, delete)
    ended = scene.run(gate(key))
    assert (ended.code, ended.status) == (1, "Failed"), ended.message
    assert "issue missing" in ended.message
    assert scene.agenda.monotonic() >= 800
    return "after ten minutes: issue missing, neither approved nor rejected"


@case("a gate's issue is hidden for an hour, but is there")
def hidden(scene: Scene) -> str:
    key = scene.issue()
    scene.move(key, "Request approval")
    gone = scene.fault("*", f"/issue/({key}|10000|bulkfetch)", refusal(503), times=None)
    scene.agenda.at(3600, lambda: setattr(gone, "on", False))
    scene.agenda.at(3700, lambda: scene.move(key, "Approve"))
    return approved(scene.run(gate(key)))


@case("the permission to see an issue is lost, and given back after eight minutes")
def permission(scene: Scene) -> str:
    key = scene.issue()
    scene.move(key, "Request approval")
    gone = scene.fault("GET", f"/issue/({key}|10000)", refusal(404, GONE), times=None)
    gone.on = False
    scene.agenda.at(100, lambda: setattr(gone, "on", True))

    def back() -> None:
        gone.on = False
        scene.move(key, "Approve")

    scene.agenda.at(580, back)
    ended = scene.run(gate(key))
    assert all("is not found, or not visible to Release Bot" in reason for reason in ended.reasons)
    return approved(ended)


@case("an issue is moved to another project while a gate waits")
def moved(scene: Scene) -> str:
    key = scene.issue()
    scene.move(key, "Request approval")

    def move() -> None:
        contents = scene.sandbox.site.desk.contents
        issue = contents.find(key)
        assert issue is not None
        contents.remove(issue)
        issue.key, issue.project = "OPS-77", "OPS"
        contents.add(issue)
        scene.happened()

    scene.agenda.at(200, move)
    scene.agenda.at(400, lambda: scene.move("OPS-77", "Approve"))
    ended = scene.run(gate(key))
    assert any("OPS-77" in event["verdict"]["reason"] for event in ended.of("gate_looked"))
    return f"followed by its number; {approved(ended)}"


@case("the old key of a moved issue comes to mean another one, which is approved")
def key_taken_over(scene: Scene) -> str:
    key = scene.issue()

    def take_over() -> None:
        contents = scene.sandbox.site.desk.contents
        issue = contents.find(key)
        assert issue is not None
        contents.remove(issue)
        issue.key = "OPS-78"
        contents.add(issue)
        other = contents.find(scene.issue("Another"))
        assert other is not None
        contents.remove(other)
        other.key = key
        contents.add(other)
        scene.move(key, "Request approval", "Approve")
        scene.happened()

    scene.agenda.at(200, take_over)
    scene.agenda.at(2000, lambda: scene.move("OPS-78", "Request approval", "Reject"))
    ended = scene.run(gate(key))
    assert (ended.code, ended.status) == (3, "ApprovalRejected"), ended.message
    return "the other one is never judged; rejected by its own"


def _conflict(scene: Scene, key: str, *ways: str) -> Any:
    """Return an action that meets a write with somebody else's."""

    def act(exchange: Exchange) -> None:
        scene.move(key, *ways)
        refusal(409, "The issue was changed at the same time.")(exchange)

    return act


@case("409 on a transition, once")
def conflict(scene: Scene) -> str:
    key = scene.issue()
    scene.fault("POST", "/transitions", refusal(409, "conflict"))
    ended = scene.run(update(key, transitionTo={"status": "Pending Approval"}))
    assert (ended.code, scene.status(key)) == (0, "Pending Approval"), ended.message
    return "read again; one transition"


@case("409 on a transition, since somebody else has just made it")
def already_made(scene: Scene) -> str:
    key = scene.issue()
    scene.fault("POST", "/transitions", _conflict(scene, key, "Request approval"))
    ended = scene.run(update(key, transitionTo={"status": "Pending Approval"}))
    assert (ended.code, scene.status(key)) == (0, "Pending Approval"), ended.message
    assert scene.wire.count("POST", "/transitions") == 1
    return "read again; nothing is left to do"


@case("409 on a transition, since somebody else has cancelled the issue")
def made_impossible(scene: Scene) -> str:
    key = scene.issue()
    scene.fault("POST", "/transitions", _conflict(scene, key, "Cancel"))
    ended = scene.run(update(key, transitionTo={"status": "Pending Approval"}))
    assert (ended.code, scene.status(key)) == (1, "Cancelled"), ended.message
    assert scene.wire.count("POST", "/transitions") == 1
    return refused(scene, ended, "Cancelled")


@case("409 on an edit, as often as it is tried")
def conflict_for_ever(scene: Scene) -> str:
    key = scene.issue()
    scene.fault("PUT", f"/issue/{key}", refusal(409, "conflict"), times=None)
    ended = scene.run(update(key, fields=[{"name": "Summary", "value": "New"}]))
    assert scene.wire.count("PUT", f"/issue/{key}") == 3
    return refused(scene, ended, "conflict")


@case("the answer to a transition is lost")
def lost_transition(scene: Scene) -> str:
    key = scene.issue()

    def act(exchange: Exchange) -> None:
        exchange.carry_out()
        exchange.reset()

    scene.fault("POST", "/transitions", act)
    ended = scene.run(update(key, transitionTo={"status": "Pending Approval"}))
    assert (ended.code, scene.status(key)) == (0, "Pending Approval"), ended.message
    assert scene.wire.count("POST", "/transitions") == 1
    return "one transition"


@case("an index that is an hour behind, and the answer to a write is lost")
def index_lag(scene: Scene) -> str:
    scene.issue("An issue of somebody else's")
    scene.jira(
        "POST",
        "/sandbox/faults",
        [{"match": {}, "fault": {"kind": "index_lag", "seconds": 3600}}],
    )

    def act(exchange: Exchange) -> None:
        exchange.carry_out()
        exchange.reset()

    scene.fault("POST", "/issue$", act)
    return one_issue(scene, scene.run(create()))
