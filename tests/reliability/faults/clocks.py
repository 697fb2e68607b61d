"""Clocks that differ: Jira's, and that of the machine Penstock runs on."""

from datetime import timedelta
from email.utils import format_datetime

from faults.case import cases
from faults.scene import Scene
from faults.steps import approved, create, gate, one_issue
from faults.wire import Exchange, Reply


def _shift(scene: Scene, days: int) -> None:
    """Let Jira tell a time that is *days* ahead, in its headers and in its history."""

    def act(exchange: Exchange) -> None:
        answer = exchange.carry_out()
        told = format_datetime(scene.clock.now() + timedelta(days=days), usegmt=True)
        kept = [pair for pair in answer.headers if pair[0].lower() != "date"]
        today = scene.clock.now().strftime("%Y-%m-%dT").encode()
        there = (scene.clock.now() + timedelta(days=days)).strftime("%Y-%m-%dT").encode()
        body = answer.body.replace(today, there)
        exchange.send(Reply(answer.status, [*kept, ("Date", told)], body).raw())

    scene.fault("*", ".", act, times=None)


@cases("Jira's clock is {} day off, and an issue is approved after the gate opened", [1, -1])
def approved_in_time(scene: Scene, days: int) -> str:
    key = scene.issue()
    scene.move(key, "Request approval")
    scene.agenda.advance(60)
    _shift(scene, days)
    scene.agenda.at(300, lambda: scene.move(key, "Approve"))
    return approved(scene.run(gate(key, timeout="2h", allowExisting="false")))


@cases("Jira's clock is {} day off, and an issue was approved before the gate opened", [1, -1])
def approved_before(scene: Scene, days: int) -> str:
    key = scene.issue()
    scene.move(key, "Request approval", "Approve")
    scene.agenda.advance(60)
    _shift(scene, days)
    ended = scene.run(gate(key, timeout="2h", allowExisting="false"))
    assert (ended.code, ended.status) == (4, "Expired"), ended.message
    assert scene.agenda.monotonic() < 8000
    return "not approved by it; expires after its two hours"


@cases("Jira's clock is {} day off, and asks to be left alone until a time of day", [1, -1])
def waits(scene: Scene, days: int) -> str:
    def act(exchange: Exchange) -> None:
        until = scene.clock.now() + timedelta(days=days, seconds=30)
        told = [("Date", format_datetime(until - timedelta(seconds=30), usegmt=True))]
        told += [("Retry-After", format_datetime(until, usegmt=True))]
        exchange.send(Reply(429, told, b"{}").raw())

    scene.fault("POST", "/issue$", act)
    ended = scene.run(create())
    took = scene.agenda.monotonic()
    assert 28 <= took <= 32, took
    return f"waits {took:.0f} s, by Jira's own clock; {one_issue(scene, ended)}"
