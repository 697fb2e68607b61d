"""Limits that Jira tells of, in every form in which it or a proxy may tell of them."""

from typing import Any

from faults.actions import headers, reply
from faults.case import case, cases
from faults.scene import Scene
from faults.steps import approved, create, gate, one_issue, update
from faults.wire import Action

BURST = {"ratelimit_reason": "jira-burst-based"}
#: What stands in the header, and the least and the most seconds that it stands for.
FORMS: list[tuple[str, float, float]] = [
    ("5", 5, 7),
    ("2.5", 2.5, 4),
    ("0", 0, 2),
    ("-1", 0, 2),
    ("soon", 0, 2),
    ("", 0, 2),
    ("1e3", 0, 2),
    ("Mon, 02 Mar 2026 09:00:30 GMT", 28, 32),
    ("Mon, 02 Mar 2020 09:00:30 GMT", 0, 2),
]


def busy(**told: str) -> Action:
    """Refuse for a limit's sake."""
    return reply(429, b'{"errorMessages": ["Rate limit exceeded"]}', **told)


@cases("429 with the Retry-After {0!r} on a write", FORMS)
def told_to_wait(scene: Scene, value: str, least: float, most: float) -> str:
    scene.fault("POST", "/issue$", busy(retry_after=value))
    ended = scene.run(create())
    took = scene.agenda.monotonic()
    assert least <= took <= most, took
    return f"waits {took:.0f} s; {one_issue(scene, ended)}"


@cases(
    "429 with the X-RateLimit-Reset {0!r} on a write",
    [("2026-03-02T09:01:00Z",), ("2026-03-02T09:01Z",), ("1772442060",)],
)
def told_until_when(scene: Scene, value: str) -> str:
    scene.fault("POST", "/issue$", busy(x_ratelimit_reset=value))
    ended = scene.run(create())
    took = scene.agenda.monotonic()
    assert 58 <= took <= 62, took
    return f"waits {took:.0f} s; {one_issue(scene, ended)}"


@case("429 of a gateway, without any time, nine times")
def told_nothing(scene: Scene) -> str:
    fault = scene.fault("POST", "/issue$", busy(x_failure_category="FAILURE_CLIENT"), times=9)
    outcome = one_issue(scene, scene.run(create()))
    assert fault.fired == 9
    return f"waits longer each time; {outcome}"


@case("429 with a Retry-After of three years")
def told_to_wait_for_ever(scene: Scene) -> str:
    scene.fault("POST", "/issue$", busy(retry_after="99999999", **BURST))
    ended = scene.run(create())
    assert (ended.code, scene.issues(), scene.agenda.monotonic()) == (4, [], 0)
    assert "asked to wait 52w 1d (burst limit)" in ended.message
    return "expires at once, and says what Jira asked for"


@case("429 with a Retry-After, on a read of a step")
def reads_wait(scene: Scene) -> str:
    scene.fault("GET", "createmeta", busy(retry_after="90", **BURST))
    ended = scene.run(create())
    assert any("asked to wait 90 s (burst limit)" in note for note in ended.notes)
    return one_issue(scene, ended)


@case("429 on the look of a gate")
def a_poll_is_told(scene: Scene) -> str:
    key = scene.issue()
    scene.move(key, "Request approval", "Approve")
    fault = scene.fault("GET", f"/issue/{key}", busy(retry_after="300", **BURST))
    ended = scene.run(gate(key))
    assert ended.reasons == [
        f"Jira has too many requests to read {key}, and asked to wait 5m (burst limit)"
    ]
    assert fault.fired == 1
    assert scene.agenda.monotonic() >= 300
    return approved(ended)


@case("429 for writes to one issue")
def one_issue_is_written_too_often(scene: Scene) -> str:
    key = scene.issue()
    slow = busy(retry_after="8", ratelimit_reason="jira-per-issue-on-write")
    scene.fault("PUT", f"/issue/{key}", slow)
    ended = scene.run(update(key, fields=[{"name": "Summary", "value": "New"}]))
    assert ended.code == 0, ended.message
    assert any("limit of writes to one issue" in note for note in ended.notes)
    return "waits, then one edit"


@cases("200 with the Retry-After {0!r}", [("0",), ("30",)])
def told_nothing_by_success(scene: Scene, value: str) -> str:
    scene.fault("*", ".", headers(retry_after=value), times=None)
    ended = scene.run(create())
    assert scene.agenda.monotonic() == 0
    return f"ignored; {one_issue(scene, ended)}"


@case("Data Center's tokens run out in the middle of a run", flavour="data-center")
def tokens(scene: Scene) -> str:
    told: dict[str, Any] = {
        "x_ratelimit_limit": "4",
        "x_ratelimit_fillrate": "2",
        "x_ratelimit_interval_seconds": "10",
        "retry_after": "0",
    }
    left = iter([2, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0])

    def act(exchange: Any) -> None:
        headers(**told, x_ratelimit_remaining=str(next(left)))(exchange)

    scene.fault("*", ".", act, times=None)
    ended = scene.run(create())
    assert scene.agenda.monotonic() >= 10
    return f"waits for more, and meets no 429; {one_issue(scene, ended)}"
