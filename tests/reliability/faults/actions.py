"""Ways in which an answer goes wrong. Each takes an exchange; those named ``after_…`` and those
that change an answer let Jira carry the request out first.
"""

import json
import time
from collections.abc import Callable
from typing import Any

from faults.wire import Action, Exchange, Reply

__all__ = [
    "LOGIN_PAGE",
    "after",
    "body",
    "bomb",
    "changed",
    "cut",
    "cut_chunk",
    "cut_json",
    "drip",
    "headers",
    "refusal",
    "reply",
    "reset",
    "words",
]

LOGIN_PAGE = b"<!DOCTYPE html><html><title>Log in</title><form action='/login.jsp'></form></html>"


def reply(status: int, content: bytes = b"", **told: str) -> Action:
    """Answer with this, and let Jira do nothing."""

    def act(exchange: Exchange) -> None:
        exchange.send(Reply(status, _named(told), content).raw())

    return act


def refusal(status: int, *messages: str, **errors: str) -> Action:
    """Refuse in Jira's form."""
    told = json.dumps({"errorMessages": list(messages), "errors": errors}).encode()
    return reply(status, told, content_type="application/json")


def words(status: int, text: str, **told: str) -> Action:
    """Answer with a plain text."""
    return reply(status, text.encode(), content_type="text/plain", **told)


def after(action: Action) -> Action:
    """Let Jira carry the request out, and then do *action* instead of its answer."""

    def act(exchange: Exchange) -> None:
        exchange.carry_out()
        action(exchange)

    return act


def reset(exchange: Exchange) -> None:
    """Break the connection off without an answer."""
    exchange.reset()


def body(content: bytes, status: int | None = None) -> Action:
    """Give another body than Jira's."""

    def act(exchange: Exchange) -> None:
        answer = exchange.carry_out()
        exchange.send(Reply(status or answer.status, answer.headers, content).raw())

    return act


def changed(change: Callable[[Any], Any]) -> Action:
    """Change the JSON of Jira's answer."""

    def act(exchange: Exchange) -> None:
        answer = exchange.carry_out()
        made = json.dumps(change(json.loads(answer.body))).encode()
        exchange.send(Reply(answer.status, answer.headers, made).raw())

    return act


def headers(**told: str) -> Action:
    """Add headers to Jira's answer, or replace them."""
    new = _named(told)

    def act(exchange: Exchange) -> None:
        answer = exchange.carry_out()
        taken = {name.lower() for name, _ in new}
        kept = [pair for pair in answer.headers if pair[0].lower() not in taken]
        exchange.send(Reply(answer.status, [*kept, *new], answer.body).raw())

    return act


def cut(exchange: Exchange) -> None:
    """Promise the whole answer and give half of it."""
    answer = exchange.carry_out()
    whole = len(answer.body)
    answer.body = answer.body[: whole // 2]
    exchange.send(answer.raw(length=whole))
    exchange.close()


def cut_chunk(exchange: Exchange) -> None:
    """Break off inside a chunk."""
    answer = exchange.carry_out()
    head = answer.head((*answer.headers, ("Transfer-Encoding", "chunked")))
    half = answer.body[: len(answer.body) // 2]
    exchange.send(head, f"{len(answer.body):x}\r\n".encode(), half)
    exchange.close()


def cut_json(exchange: Exchange) -> None:
    """Give half of the JSON, its end being the end of the connection: HTTP finds nothing wrong."""
    answer = exchange.carry_out()
    head = answer.head((*answer.headers, ("Connection", "close")))
    exchange.send(head, answer.body[: len(answer.body) // 2])
    exchange.close()


def drip(*, in_headers: bool) -> Action:
    """Send a byte now and then, so that no pause is long and the answer never ends."""
    first = b"HTTP/1.1 200 OK\r\nX-Slow: " if in_headers else b""

    def act(exchange: Exchange) -> None:
        exchange.close()
        exchange.send(first or b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(600):
            exchange.send(b"x")
            time.sleep(0.05)

    return act


def bomb(content: bytes, *told: tuple[str, str], length: int | None = None) -> Action:
    """Answer with something far too large."""

    def act(exchange: Exchange) -> None:
        exchange.close()
        exchange.send(Reply(200, list(told), content).raw(length=length))

    return act


def _named(told: dict[str, str]) -> list[tuple[str, str]]:
    return [(name.replace("_", "-").title(), value) for name, value in told.items()]
