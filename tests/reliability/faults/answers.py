"""Answers that are whole and are none of Jira's, or not the ones that were asked for."""

import json
from typing import Any

from faults.actions import LOGIN_PAGE, after, body, changed, reply, reset
from faults.case import case, cases
from faults.scene import Scene
from faults.steps import approved, create, gate, one_issue, refused, update
from faults.wire import Exchange

#: Bodies in which no two readers would agree on what they say, or which say nothing.
ODD: list[tuple[str, bytes]] = [
    ("a login page", LOGIN_PAGE),
    ("nothing at all", b""),
    ("null", b"null"),
    ("an empty list", b"[]"),
    ("a text", b'"x"'),
    ("two objects", b'{"key": "REL-1", "id": "10000"} {}'),
    ("a byte order mark", b"\xef\xbb\xbf{}"),
    ("Latin-1", b'{"key": "REL-\xfc"}'),
    ("NaN", b'{"id": NaN, "key": "REL-1"}'),
    ("an integer of 5,000 digits", b'{"id": ' + b"1" * 5000 + b"}"),
    ("200,000 brackets", b"[" * 200_000),
    ("half a surrogate", b'{"key": "\\ud800"}'),
    ("a status twice", b'{"fields": {"status": {"name": "Open"}, "status": {"name": "Done"}}}'),
]


@cases("the answer to a write is {}", ODD)
def odd_after_a_write(scene: Scene, _: str, content: bytes) -> str:
    scene.fault("POST", "/issue$", body(content, 201))
    return one_issue(scene, scene.run(create()))


@cases("what a step reads is {}", ODD)
def odd_before_a_write(scene: Scene, _: str, content: bytes) -> str:
    scene.fault("GET", "createmeta", body(content), times=None)
    ended = scene.run(create())
    assert scene.wire.count("POST", "/issue$") == 0
    return refused(scene, ended)


@cases("what a gate sees is {}", ODD)
def odd_for_a_gate(scene: Scene, _: str, content: bytes) -> str:
    key = scene.issue()
    seen = scene.fault("GET", f"/issue/{key}", body(content), times=3)
    scene.agenda.at(1000, lambda: scene.move(key, "Request approval", "Approve"))
    ended = scene.run(gate(key))
    assert seen.fired == 3
    assert scene.agenda.monotonic() >= 1000
    return approved(ended)


@case("a gate sees the status Approved beside the true one")
def approved_twice(scene: Scene) -> str:
    key = scene.issue()
    true = '"status": {"id": "1", "name": "To Do"}'
    false = '"status": {"id": "10002", "name": "Approved"}'

    def act(exchange: Exchange) -> None:
        answer = exchange.carry_out()
        text = answer.body.decode()
        begun = text.index('"status"')
        answer.body = f"{text[:begun]}{true}, {false}, {text[begun:]}".encode()
        exchange.send(answer.raw())

    seen = scene.fault("GET", f"/issue/{key}", act, times=5)
    scene.agenda.at(4000, lambda: scene.move(key, "Request approval", "Reject"))
    ended = scene.run(gate(key))
    assert (ended.code, seen.fired) == (3, 5), ended.message
    assert any("twice" in reason for reason in ended.reasons)
    return "waits, never approved; rejected later"


@case("an answer without the key of the new issue")
def without_a_key(scene: Scene) -> str:
    scene.fault("POST", "/issue$", changed(lambda told: {"id": told["id"]}))
    return one_issue(scene, scene.run(create()))


@case("a 4xx of a proxy on a write that was carried out")
def proxy(scene: Scene) -> str:
    scene.fault("POST", "/issue$", after(reply(404, b"<html>no such backend</html>")))
    return one_issue(scene, scene.run(create()))


@case("a gate is shown another issue")
def another_issue(scene: Scene) -> str:
    key, other = scene.issue(), scene.issue("Another")
    scene.move(other, "Request approval", "Approve")

    def act(exchange: Exchange) -> None:
        path = exchange.request.path.replace(f"/{key}", f"/{other}")
        exchange.request.__dict__["path"] = path
        exchange.send(exchange.carry_out().raw())

    shown = scene.fault("GET", f"/issue/({key}|10000)", act, times=4, after=1)
    scene.agenda.at(4000, lambda: scene.move(key, "Request approval", "Reject"))
    ended = scene.run(gate(key))
    assert ended.code == 3, ended.message
    assert shown.fired == 4
    return "not judged by it; rejected later by its own"


@case("a new issue is read back as another one")
def read_back(scene: Scene) -> str:
    def other(issue: Any) -> Any:
        return {**issue, "id": "99999"}

    scene.fault("GET", "/issue/REL-1[?]", changed(other))
    ended = scene.run(create())
    assert ended.code == 1, ended.message
    assert "REL-1" in ended.message and "another issue" in ended.message
    assert len(scene.issues()) == 1
    return "the step fails, and names the issue that was made"


@case("comments come by pages that tell no total, and ours is on the second")
def pages(scene: Scene) -> str:
    key = scene.issue()
    path = f"/rest/api/2/issue/{key}/comment"

    def act(exchange: Exchange) -> None:
        exchange.carry_out()
        for number in range(60):
            scene.jira("POST", path, {"body": f"Comment {number}"})
        exchange.reset()

    def page(told: Any) -> Any:
        told.pop("total")
        return {**told, "comments": told["comments"][:50], "maxResults": 50}

    scene.fault("POST", f"{key}/comment", act)
    scene.fault("GET", f"{key}/comment", changed(page), times=None)
    ended = scene.run(update(key, comment={"text": "Deployed"}))
    assert ended.code == 0, ended.message
    return _comments(scene, key)


@case("comments come by pages that repeat")
def pages_that_repeat(scene: Scene) -> str:
    key = scene.issue()
    for number in range(100):
        scene.jira("POST", f"/rest/api/2/issue/{key}/comment", {"body": f"Comment {number}"})

    def act(exchange: Exchange) -> None:
        path = exchange.request.path.replace("startAt=100", "startAt=0")
        exchange.request.__dict__["path"] = path
        answer = exchange.carry_out()
        told = json.loads(answer.body)
        told.pop("total")
        answer.body = json.dumps(told).encode()
        exchange.send(answer.raw())

    scene.fault("POST", f"{key}/comment", reset)
    scene.fault("GET", f"{key}/comment", act, times=None)
    ended = scene.run(update(key, comment={"text": "Deployed"}))
    assert ended.code == 4, ended.message
    assert "it repeats a page" in ended.message
    return f"the step expires rather than comment twice; {_comments(scene, key, count=0)}"


def _comments(scene: Scene, key: str, count: int = 1) -> str:
    path = f"/rest/api/2/issue/{key}/comment?maxResults=200"
    ours = [c for c in scene.jira("GET", path)["comments"] if "Deployed" in str(c["body"])]
    assert len(ours) == count
    return f"{'no' if not count else 'one'} comment"
