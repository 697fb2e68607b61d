"""Answers that do not come, come too late, come in part, or are too large."""

import gzip
import socket
import time

from faults.actions import (
    after,
    bomb,
    cut,
    cut_chunk,
    cut_json,
    drip,
    refusal,
    reply,
    reset,
)
from faults.case import case, cases
from faults.scene import Scene
from faults.steps import approved, create, gate, one_issue, refused
from faults.wire import Action, Exchange

BREAKDOWNS = [500, 502, 503, 504]
PARTS = [
    ("cut, with a Content-Length", cut),
    ("cut inside a chunk", cut_chunk),
    ("cut where nothing tells its length", cut_json),
]
LARGE = [
    (
        "a gzip bomb of 300 MiB",
        bomb(gzip.compress(bytes(300 * 2**20), 9), ("Content-Encoding", "gzip")),
    ),
    ("a Content-Length of 100 GB", bomb(b"{}", length=100 * 10**9)),
    ("200 headers", bomb(b"{}", *((f"X-{n}", "x") for n in range(200)))),
    ("a header of 70 KB", bomb(b"{}", ("X-Long", "x" * 70_000))),
]


@cases("{} on what a step reads, twice", BREAKDOWNS)
def breakdown_of_a_read(scene: Scene, status: int) -> str:
    scene.fault("GET", "createmeta", reply(status, b"<html>oops</html>"), times=2)
    return one_issue(scene, scene.run(create()))


@cases("{} on a write that was not carried out", BREAKDOWNS)
def breakdown_of_a_write(scene: Scene, status: int) -> str:
    scene.fault("POST", "/issue$", reply(status, b"<html>oops</html>", retry_after="1"))
    return one_issue(scene, scene.run(create()))


@cases("{} on a write that was carried out", BREAKDOWNS)
def breakdown_after_a_write(scene: Scene, status: int) -> str:
    scene.fault("POST", "/issue$", after(reply(status, b"<html>oops</html>", retry_after="1")))
    return one_issue(scene, scene.run(create()))


@cases("an answer to a read is {}", PARTS)
def half_a_read(scene: Scene, _: str, action: Action) -> str:
    scene.fault("GET", "createmeta", action)
    return one_issue(scene, scene.run(create()))


@cases("the answer to a write is {}", PARTS)
def half_a_write(scene: Scene, _: str, action: Action) -> str:
    scene.fault("POST", "/issue$", action)
    return one_issue(scene, scene.run(create()))


@cases("the look of a gate is {}", PARTS)
def half_a_look(scene: Scene, _: str, action: Action) -> str:
    key = scene.issue()
    scene.move(key, "Request approval", "Approve")
    scene.fault("GET", f"/issue/{key}", action, times=3)
    return approved(scene.run(gate(key)))


@case("the connection breaks off after a write that was carried out")
def reset_after(scene: Scene) -> str:
    scene.fault("POST", "/issue$", after(reset))
    return one_issue(scene, scene.run(create()))


@case("the connection breaks off before a write is carried out")
def reset_before(scene: Scene) -> str:
    scene.fault("POST", "/issue$", reset)
    return one_issue(scene, scene.run(create()))


@case("the connection breaks off on a read")
def reset_a_read(scene: Scene) -> str:
    scene.fault("GET", "createmeta", reset)
    return one_issue(scene, scene.run(create()))


@case("an answer to a write that is not HTTP")
def not_http(scene: Scene) -> str:
    def act(exchange: Exchange) -> None:
        exchange.carry_out()
        exchange.send(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
        exchange.close()

    scene.fault("POST", "/issue$", act)
    return one_issue(scene, scene.run(create()))


@case("nobody listens")
def nobody_listens(scene: Scene) -> str:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    scene.connector(jiraUrl=f"http://127.0.0.1:{port}")
    scene.happened()
    return refused(scene, scene.run(create()), "the connection was refused")


@case("nobody listens for ten minutes, while a gate waits")
def nobody_listens_for_a_while(scene: Scene) -> str:
    key = scene.issue()
    scene.move(key, "Request approval", "Approve")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    scene.connector(jiraUrl=f"http://127.0.0.1:{port}")

    def back() -> None:
        scene.connector()
        scene.happened()

    scene.agenda.at(600, back)
    ended = scene.run(gate(key))
    assert any("the connection was refused" in reason for reason in ended.reasons)
    return approved(ended)


@case("a host name that is nowhere")
def no_such_host(scene: Scene) -> str:
    scene.connector(jiraUrl="http://jira.invalid")
    scene.happened()
    return refused(scene, scene.run(create()), "its host name cannot be found")


@cases("the {} of an answer to a read drip", [("headers", True), ("parts", False)], real=True)
def drips(scene: Scene, _: str, in_headers: bool) -> str:
    scene.connector(timeout="1s")
    scene.fault("GET", "createmeta", drip(in_headers=in_headers))
    begun = time.monotonic()
    ended = scene.run(create())
    took = time.monotonic() - begun
    assert took < 8, took
    return f"given up after the connector's timeout of 1 s; {one_issue(scene, ended)}"


@case("the answer to a write drips", real=True)
def a_write_drips(scene: Scene) -> str:
    scene.connector(timeout="1s", settleTime="1s")
    scene.fault("POST", "/issue$", after(drip(in_headers=False)))
    begun = time.monotonic()
    ended = scene.run(create())
    assert time.monotonic() - begun < 20
    return one_issue(scene, ended)


@case("an answer that never comes, and a gate whose time is over", real=True)
def silence(scene: Scene) -> str:
    key = scene.issue()
    scene.connector(timeout="1s")

    def act(exchange: Exchange) -> None:
        exchange.close()
        time.sleep(3)

    scene.fault("GET", "/issue/", act, times=None)
    ended = scene.run(gate(key, timeout="2s", retryInterval="10s"))
    assert ended.code == 4, ended.message
    assert "no answer came in time" in ended.message
    return "expires, and says that no answer came"


@cases("{} as the answer to a read", LARGE)
def too_large(scene: Scene, _: str, action: Action) -> str:
    scene.fault("GET", "createmeta", action)
    return one_issue(scene, scene.run(create()))


@cases("{} as the answer to a write", LARGE)
def too_large_for_a_write(scene: Scene, _: str, action: Action) -> str:
    scene.fault("POST", "/issue$", after(action))
    return one_issue(scene, scene.run(create()))


@case("idle connections are closed by the server without a word")
def idle(scene: Scene) -> str:
    def act(exchange: Exchange) -> None:
        exchange.send(exchange.carry_out().raw())
        exchange.close()

    scene.fault("*", ".", act, times=None)
    steps = [create(f"Release {number}", f"open{number}") for number in range(10)]
    ended = scene.run(*steps)
    assert ended.code == 0, ended.message
    assert len(scene.issues()) == scene.wire.count("POST", "/issue$") == 10
    return "ten issues, each asked for once"


@case("Jira is down for two hours (503), while a gate waits")
def maintenance(scene: Scene) -> str:
    key = scene.issue()
    down = scene.fault("*", ".", refusal(503, "Jira is in maintenance"), times=None)

    def back() -> None:
        down.on = False
        scene.move(key, "Request approval", "Approve")

    scene.agenda.at(7200, back)
    ended = scene.run(gate(key))
    assert down.fired < 60, f"{down.fired} requests in two hours"
    return f"{approved(ended)}, {down.fired} looks in two hours"


@case("Jira is down for as long as a step may take")
def down_for_a_step(scene: Scene) -> str:
    scene.fault("*", ".", refusal(503, "Jira is in maintenance"), times=None)
    return refused(scene, scene.run(create()), "Jira answered 503")
