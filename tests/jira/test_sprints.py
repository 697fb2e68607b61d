"""A sprint is found by its name: exactly one, active or to come, on a board of the project."""

from typing import Any

import pytest

from penstock_jira.client import JiraClient
from penstock_jira.errors import FieldFault, JiraUnreachable
from penstock_jira.sprints import Sprints

BOARDS = "/rest/agile/1.0/board"
MOBILE = {"id": 1, "name": "Mobile", "type": "scrum"}
TEAM = {"id": 2, "name": "Team", "type": "simple"}
OPS = {"id": 3, "name": "Ops", "type": "kanban"}


def sprint(number: Any, name: str, state: str = "active") -> dict[str, Any]:
    return {"id": number, "name": name, "state": state}


class Agile:
    """A Jira with boards of the project REL."""

    def __init__(self, jira: Any, client: JiraClient) -> None:
        self.jira, self.sprints = jira, Sprints(client, lambda: "REL")

    def has(self, board: dict[str, Any], *sprints: Any) -> None:
        path = f"{BOARDS}/{board['id']}/sprint?state=active%2Cfuture"
        self.jira.answer("GET", path, {"isLast": True, "values": list(sprints)})

    def boards(self, *boards: Any) -> None:
        page = {"isLast": True, "values": list(boards)}
        self.jira.answer("GET", f"{BOARDS}?projectKeyOrId=REL", page)


@pytest.fixture
def agile(jira: Any, client: JiraClient) -> Agile:
    made = Agile(jira, client)
    made.boards(MOBILE, TEAM, OPS)
    made.has(MOBILE, sprint(4, "Sprint 4"), sprint(5, "Sprint 5", "future"))
    made.has(TEAM, sprint(5, "Sprint 5", "future"), sprint(9, "Release", "future"))
    return made


@pytest.mark.parametrize(
    ("wanted", "number"), [("Sprint 4", 4), (" sprint 4", 4), ("Sprint 5", 5), ("RELEASE", 9)]
)
def test_a_name_that_one_sprint_has_is_its_number(agile: Agile, wanted: str, number: int) -> None:
    assert agile.sprints.number(wanted) == number


def test_a_number_is_looked_up_nowhere(agile: Agile) -> None:
    assert agile.sprints.number(" 12 ") == 12
    assert agile.jira.sent("GET") == []


def test_the_boards_are_asked_once(agile: Agile) -> None:
    for name in ("Sprint 4", "Release"):
        agile.sprints.number(name)
    assert len(agile.jira.sent("GET")) == 3


def test_two_sprints_of_one_name_are_listed_with_their_boards(agile: Agile) -> None:
    agile.has(TEAM, sprint(8, "Sprint 4", "future"))
    with pytest.raises(FieldFault) as told:
        agile.sprints.number("Sprint 4")
    assert str(told.value) == (
        "2 sprints are called 'Sprint 4': Sprint 4 (4, active, on Mobile), "
        "Sprint 4 (8, future, on Team); write the number"
    )


def test_a_name_that_no_sprint_has_is_told_with_those_that_are_there(agile: Agile) -> None:
    with pytest.raises(FieldFault) as told:
        agile.sprints.number("Sprnt 4")
    assert str(told.value) == (
        "no active or future sprint of REL is called 'Sprnt 4'; there are: "
        "Sprint 4 (4, active, on Mobile), Sprint 5 (5, future, on Mobile), "
        "Release (9, future, on Team); did you mean 'Sprint 4'?"
    )


def test_of_many_sprints_ten_are_listed(agile: Agile) -> None:
    agile.has(MOBILE, *[sprint(n, f"S {n}") for n in range(20, 32)])
    with pytest.raises(FieldFault, match=r"S 29 \(29, active, on Mobile\), and 4 more$"):
        agile.sprints.number("nothing like it")


@pytest.mark.parametrize("boards", [[], [OPS]])
def test_a_project_without_sprints_says_so(agile: Agile, boards: Any) -> None:
    agile.boards(*boards)
    with pytest.raises(FieldFault, match="REL has no board with an active or future sprint"):
        agile.sprints.number("Sprint 4")


def test_a_board_that_has_no_sprints_is_passed_over(agile: Agile) -> None:
    refusal = {"errorMessages": ["The board does not support sprints"]}
    agile.jira.answer("GET", f"{BOARDS}/2/sprint", refusal, 400)
    assert agile.sprints.number("Sprint 4") == 4


@pytest.mark.parametrize(
    ("path", "status"), [(BOARDS, 403), (BOARDS, 404), (BOARDS, 401), (f"{BOARDS}/1/sprint", 403)]
)
def test_a_jira_that_does_not_tell_is_told_with_the_way_out(
    agile: Agile, path: str, status: int
) -> None:
    agile.jira.answer("GET", path, {"errorMessages": ["no licence"]}, status)
    with pytest.raises(FieldFault, match=r"by name: Jira refused .*no licence; write the sprint's"):
        agile.sprints.number("Sprint 4")


def test_a_jira_that_does_not_answer_is_no_fault_of_the_name(agile: Agile) -> None:
    agile.jira.answer("GET", BOARDS, None, 503)
    with pytest.raises(JiraUnreachable):
        agile.sprints.number("Sprint 4")


def test_all_pages_are_read(agile: Agile) -> None:
    first = {"isLast": False, "values": [OPS]}
    agile.jira.answer("GET", f"{BOARDS}?startAt=0", first)
    agile.jira.answer("GET", f"{BOARDS}?startAt=1", {"isLast": True, "values": [MOBILE]})
    assert agile.sprints.number("Sprint 4") == 4


def test_what_has_no_number_is_no_sprint(agile: Agile) -> None:
    agile.has(TEAM, {"name": "Sprint 4"})
    assert agile.sprints.number("Sprint 4") == 4
