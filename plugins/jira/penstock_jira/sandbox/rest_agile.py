"""Boards and their sprints: resources of Jira Software, at an address of their own."""

from werkzeug.wrappers import Response

from penstock.json_types import Json
from penstock_jira.sandbox.call import Access, Call, Route, json_reply
from penstock_jira.sandbox.lens import Lens
from penstock_jira.sandbox.portraits import Portrait
from penstock_jira.sandbox.problem import Problem
from penstock_jira.sandbox.world import Board, Sprint

__all__ = ["ROUTES"]

_ROOT = "/rest/agile/1.0"
#: The most that a page holds, whatever is asked for.
_MOST = 50
_STATES = {"active", "future", "closed"}


def boards(call: Call) -> Response:
    """List the boards, narrowed by ``projectKeyOrId``, ``name`` and ``type``."""
    wanted, kinds = call.text("projectKeyOrId"), call.words("type")
    key = call.project(wanted).key if wanted is not None else None
    name = (call.text("name") or "").casefold()
    found = [
        board
        for board in call.lens.world.boards
        if key in (None, board.project)
        and name in board.name.casefold()
        and (not kinds or board.kind in kinds)
    ]
    return _page(call, [_board(call.lens, each) for each in found])


def board(call: Call, identifier: str) -> Response:
    """Show a board."""
    return json_reply(_board(call.lens, _found(call, identifier)))


def board_sprints(call: Call, identifier: str) -> Response:
    """List a board's sprints, narrowed by ``state``; a kanban board has none to list."""
    found, states = _found(call, identifier), call.words("state")
    wrong = [state for state in states if state not in _STATES]
    if wrong:
        raise Problem(400, f"{wrong[0]} is not a valid sprint state.")
    if found.kind == "kanban":
        raise Problem(400, "The board does not support sprints")
    listed = [each for each in found.sprints if not states or each.state in states]
    return _page(call, [_sprint(call.lens, each) for each in listed])


def sprint(call: Call, identifier: str) -> Response:
    """Show a sprint."""
    for each in call.lens.world.sprints:
        if each.id == identifier:
            return json_reply(_sprint(call.lens, each))
    raise Problem(404, "Sprint does not exist")


def _found(call: Call, identifier: str) -> Board:
    for each in call.lens.world.boards:
        if each.id == identifier:
            return each
    text = "The requested board cannot be viewed because it either does not exist or you do not "
    raise Problem(404, f"{text}have permission to view it.")


def _board(lens: Lens, shown: Board) -> Json:
    known: Portrait = {
        "id": int(shown.id),
        "self": f"{lens.site}{_ROOT}/board/{shown.id}",
        "name": shown.name,
        "type": shown.kind,
    }
    project = lens.world.project(shown.project)
    if project is None or not lens.cloud:
        return known
    location: Portrait = {
        "projectId": int(project.id),
        "projectKey": project.key,
        "projectName": project.name,
        "displayName": f"{project.name} ({project.key})",
    }
    return {**known, "location": location}


def _sprint(lens: Lens, shown: Sprint) -> Json:
    return {
        "id": int(shown.id),
        "self": f"{lens.site}{_ROOT}/sprint/{shown.id}",
        "state": shown.state,
        "name": shown.name,
        "originBoardId": int(shown.board),
        "goal": "",
    }


def _page(call: Call, listed: list[Json]) -> Response:
    start, most = call.number("startAt", 0), call.number("maxResults", _MOST, _MOST)
    end = start + most
    page: Portrait = {"maxResults": most, "startAt": start, "isLast": end >= len(listed)}
    return json_reply({**page, "total": len(listed), "values": listed[start:end]})


ROUTES: tuple[Route, ...] = (
    Route("GET", f"{_ROOT}/board", boards, Access.SIGNED_IN, rooted=True),
    Route("GET", f"{_ROOT}/board/<identifier>", board, Access.SIGNED_IN, rooted=True),
    Route(
        "GET", f"{_ROOT}/board/<identifier>/sprint", board_sprints, Access.SIGNED_IN, rooted=True
    ),
    Route("GET", f"{_ROOT}/sprint/<identifier>", sprint, Access.SIGNED_IN, rooted=True),
)
