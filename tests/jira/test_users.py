"""Who a text means: exactly one user, or an error that lists who it could be."""

from typing import Any

import pytest

from penstock_jira.client import JiraClient
from penstock_jira.errors import FieldFault
from penstock_jira.users import Users

SEARCH = "/rest/api/2/user/search"
ANN = {"accountId": "5b1", "displayName": "Ann Ray", "emailAddress": "ann@example.com"}
TWIN = {"accountId": "5b2", "displayName": "Ann Ray", "emailAddress": "ann.ray@example.com"}
SHY = {"accountId": "5b3", "displayName": "Shy Person"}


@pytest.fixture
def users(client: JiraClient, notes: list[str]) -> Users:
    return Users(client, notes.append)


def hits(jira: Any, **by_question: list[dict[str, str]]) -> None:
    def answer(request: Any, context: Any) -> Any:
        for name, found in by_question.items():
            if name in request.qs:
                return found
        return []

    jira.mocker.get(f"https://jira.example.com{SEARCH}", json=answer)


@pytest.mark.parametrize("wanted", ["ann@example.com", "ANN@example.com", "Ann Ray", "ann ray"])
def test_on_cloud_an_email_or_a_name_is_looked_up(jira: Any, users: Users, wanted: str) -> None:
    jira.cloud()
    hits(jira, query=[ANN, SHY])
    assert users.value(wanted) == {"accountId": "5b1"}


def test_on_cloud_an_account_id_is_looked_up_first(jira: Any, users: Users) -> None:
    jira.cloud()
    hits(jira, accountId=[ANN])
    assert users.value("5b1") == {"accountId": "5b1"}
    assert len(jira.sent("GET", "user/search")) == 1


def test_a_word_that_is_no_account_id_is_searched(jira: Any, users: Users) -> None:
    jira.cloud()
    hits(jira, query=[{**ANN, "displayName": "ann"}])
    assert users.value("ann") == {"accountId": "5b1"}


def test_a_user_is_looked_up_once(jira: Any, users: Users) -> None:
    jira.cloud()
    hits(jira, query=[ANN])
    users.value("ann@example.com")
    users.value("ann@example.com")
    assert len(jira.sent("GET", "user/search")) == 1


@pytest.mark.parametrize(
    ("found", "wanted", "words"),
    [
        ([], "bob@example.com", r"Found no jira users with this query : \[bob@example.com\]"),
        ([ANN], "ann", r"no jira users with exact match for this query : \[ann\]; similar are"),
        ([SHY], "Shy", r"similar are: Shy Person \(5b3\)"),
        ([ANN, TWIN], "Ann Ray", r"Found 2 jira users exactly matching .* exactly 1\. They are:"),
        ([{**SHY, "displayName": "a@x.y"}], "a@x", "no jira users with exact match"),
        ([SHY, ANN], "shy@example.com", "no jira users with exact match"),
    ],
)
def test_no_match_or_several_are_told_with_the_candidates(
    jira: Any, users: Users, found: Any, wanted: str, words: str
) -> None:
    jira.cloud()
    hits(jira, query=found)
    with pytest.raises(FieldFault, match=words):
        users.value(wanted)


def test_the_only_hit_for_an_email_that_jira_hides_is_taken_with_a_note(
    jira: Any, users: Users, notes: list[str]
) -> None:
    jira.cloud()
    hits(jira, query=[SHY])
    assert users.value("shy@example.com") == {"accountId": "5b3"}
    assert notes == ["shy@example.com is taken to be Shy Person, whose e-mail Jira hides"]


BOB = {"name": "bob", "key": "JIRAUSER1", "displayName": "Bob", "emailAddress": "bob@example.com"}
BOBBY = {"name": "bobby", "key": "JIRAUSER2", "displayName": "bob", "emailAddress": "b@example.com"}


@pytest.mark.parametrize("wanted", ["bob", "bob@example.com", "Bob"])
def test_on_data_center_a_user_name_an_email_or_a_name_is_looked_up(
    jira: Any, users: Users, wanted: str
) -> None:
    jira.cloud(cloud=False)
    hits(jira, username=[BOBBY, BOB])
    assert users.value(wanted) == {"name": "bob"}


def test_on_data_center_a_key_is_read(jira: Any, users: Users) -> None:
    jira.cloud(cloud=False)
    jira.answer("GET", "/rest/api/2/user?key=JIRAUSER1", BOB)
    assert users.value("JIRAUSER1") == {"name": "bob"}


def test_on_data_center_a_key_of_nobody_is_told(jira: Any, users: Users) -> None:
    jira.cloud(cloud=False)
    with pytest.raises(FieldFault, match="write the e-mail, the display name or the user name"):
        users.value("JIRAUSER9")
