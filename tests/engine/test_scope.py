import pytest

from penstock.connectors.scope import RESERVED, Home, Reference, Scope, identifier_fault
from penstock.errors import ConnectorError


@pytest.mark.parametrize(
    ("text", "scope", "identifier"),
    [
        ("jira", Scope.PROJECT, "jira"),
        ("org.jira", Scope.ORG, "jira"),
        ("account.jira_cloud", Scope.ACCOUNT, "jira_cloud"),
        ("_a$1", Scope.PROJECT, "_a$1"),
        ("organisation", Scope.PROJECT, "organisation"),
    ],
)
def test_a_reference_names_its_scope(text: str, scope: Scope, identifier: str) -> None:
    reference = Reference.parse(text)
    assert reference == Reference(scope, identifier)
    assert str(reference) == text


_ID_RULE = "an id begins with a letter or '_' and holds letters, digits, '_' and '$'"


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("", _ID_RULE),
        ("9jira", _ID_RULE),
        ("my jira", _ID_RULE),
        ("account.", _ID_RULE),
        ("account.my-jira", _ID_RULE),
        ("jira\n", _ID_RULE),
        ("j" * 129, _ID_RULE),
        ("project.jira", "write 'jira' for one of the pipeline's own project"),
        (".jira", "write 'jira' for one of the pipeline's own project"),
        ("acount.jira", "did you mean 'account.jira'?"),
        ("Account.jira", "did you mean 'account.jira'?"),
        ("organization.jira", "did you mean 'org.jira'?"),
        ("team.jira", "there is no scope 'team'"),
        ("a.b.c", "write one '.' at most"),
    ],
)
def test_an_invalid_reference_is_refused_in_harness_words_with_advice(
    text: str, advice: str
) -> None:
    with pytest.raises(ConnectorError, match=r"^Invalid Identifier Reference") as caught:
        Reference.parse(text)
    assert str(caught.value).endswith(f"and 'account.id' (account); {advice}")


def test_a_long_reference_is_shown_short() -> None:
    with pytest.raises(ConnectorError) as caught:
        Reference.parse("j " * 1000)
    assert len(str(caught.value)) < 350


@pytest.mark.parametrize(
    ("scope", "reaches"),
    [
        (Scope.ACCOUNT, ["account"]),
        (Scope.ORG, ["account", "org"]),
        (Scope.PROJECT, ["account", "org", "project"]),
    ],
)
def test_a_scope_reaches_its_own_and_the_wider_ones(scope: Scope, reaches: list[str]) -> None:
    assert list(scope.reaches) == reaches


@pytest.mark.parametrize(
    ("home", "scope", "name"),
    [
        (Home(), Scope.ACCOUNT, "the account"),
        (Home("default"), Scope.ORG, "org 'default'"),
        (Home("default", "pay"), Scope.PROJECT, "project 'pay'"),
    ],
)
def test_what_an_entity_names_is_its_scope(home: Home, scope: Scope, name: str) -> None:
    assert home.scope is scope
    assert Scope.of(org=home.org, project=home.project) is scope
    assert str(home) == name


def test_a_project_is_part_of_an_org_and_of_the_account() -> None:
    home = Home("default", "pay")
    assert [home.up_to(scope) for scope in Scope] == [Home(), Home("default"), home]


def test_what_names_no_org_has_no_home_there() -> None:
    assert Home().up_to(Scope.ORG) is None
    assert Home("default").up_to(Scope.PROJECT) is None
    assert Home(None, "pay").up_to(Scope.PROJECT) is None


def test_a_home_reaches_what_surrounds_it_and_nothing_beside_it() -> None:
    home = Home("default", "pay")
    assert all(home.reaches(other) for other in (home, Home("default"), Home()))
    beside = [Home("default", "ship"), Home("other"), Home("other", "pay")]
    assert not any(home.reaches(other) for other in beside)
    assert not Home().reaches(home)


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_a_reserved_word_is_no_identifier(word: str) -> None:
    assert identifier_fault(word) == f"'{word}' is a reserved word; take another identifier"


@pytest.mark.parametrize("text", ["", "1a", "a-b", "a.b", "a b", "ä", "a\n", "a" * 129])
def test_an_identifier_has_harness_pattern(text: str) -> None:
    fault = identifier_fault(text)
    assert fault is not None and fault.startswith("an identifier begins with a letter or '_'")


@pytest.mark.parametrize("text", ["a", "_", "jira_cloud", "A1$", "a" * 128])
def test_a_good_identifier_has_no_fault(text: str) -> None:
    assert identifier_fault(text) is None
