from pathlib import Path

import pytest

from penstock.connectors.scope import Scope
from penstock.connectors.secrets import SecretStore, secret_variable
from penstock.errors import ConnectorError, Refused
from penstock.secret import MASK, Masker, Secret


def get(
    store: SecretStore, reference: str, scope: Scope = Scope.PROJECT, org: str | None = "default"
) -> Secret:
    return store.get(reference, scope=scope, org=org, project="payments")


def refusal(store: SecretStore, reference: str, scope: Scope = Scope.PROJECT) -> str:
    with pytest.raises(ConnectorError) as caught:
        get(store, reference, scope)
    assert caught.value.__cause__ is None or "hunter" not in str(caught.value.__cause__)
    return str(caught.value)


def private(path: Path, content: str | bytes) -> Path:
    path.touch(mode=0o600)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def from_environ(**environ: str) -> SecretStore:
    return SecretStore(environ, None, None, Masker())


# The environment


@pytest.mark.parametrize(
    ("reference", "variable"),
    [
        ("account.jira_token", "PENSTOCK_SECRET_ACCOUNT_JIRA_TOKEN"),
        ("org.x", "PENSTOCK_SECRET_ORG_X"),
        ("y", "PENSTOCK_SECRET_Y"),
        ("org.My$Token1", "PENSTOCK_SECRET_ORG_MY_TOKEN1"),
    ],
)
def test_a_secret_is_read_from_its_variable(reference: str, variable: str) -> None:
    assert secret_variable(reference) == variable
    secret = get(from_environ(**{variable: "hunter22"}), reference)
    assert secret.reveal() == "hunter22"
    assert secret.reference == reference


def test_a_value_is_used_as_it_is_but_for_space_at_its_end() -> None:
    """S5, S13."""
    value = " {{ x }} '\"$<+y> é"
    assert get(from_environ(PENSTOCK_SECRET_Y=f"{value} \t\r\n"), "y").reveal() == value


def test_a_rotated_secret_is_seen_at_once_and_the_old_one_stays_masked() -> None:
    """S12."""
    environ = {"PENSTOCK_SECRET_Y": "old-token"}
    masker = Masker()
    store = SecretStore(environ, None, None, masker)
    assert get(store, "y").reveal() == "old-token"
    environ["PENSTOCK_SECRET_Y"] = "new-token"
    assert get(store, "y").reveal() == "new-token"
    assert masker.mask("old-token new-token") == f"{MASK} {MASK}"


# What is missing or unusable


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (
            "account.t",
            "the secret 'account.t' of the account is not set; set PENSTOCK_SECRET_ACCOUNT_T",
        ),
        (
            "org.t",
            "the secret 'org.t' of org 'default' is not set; set PENSTOCK_SECRET_ORG_T",
        ),
        ("t", "the secret 't' of project 'payments' is not set; set PENSTOCK_SECRET_T"),
    ],
)
def test_a_missing_secret_names_the_variable_to_set(reference: str, message: str) -> None:
    assert refusal(from_environ(), reference) == message


def test_a_secret_is_never_taken_from_another_scope() -> None:
    store = from_environ(PENSTOCK_SECRET_ACCOUNT_T="hunter22", PENSTOCK_SECRET_ORG_T="hunter22")
    message = refusal(store, "t")
    assert message == "the secret 't' of project 'payments' is not set; set PENSTOCK_SECRET_T"


def test_a_secret_of_a_project_that_is_not_named_is_missing_all_the_same() -> None:
    with pytest.raises(ConnectorError, match="the secret 't' is not set; set PENSTOCK_SECRET_T"):
        get(from_environ(), "t", org=None)


def test_a_missing_secret_names_file_and_directory_and_the_near_miss(tmp_path: Path) -> None:
    file = private(tmp_path / "s.yaml", "account.jira_token: hunter22\norg.jira_tokn: hunter22\n")
    folder = tmp_path / "secrets"
    folder.mkdir()
    private(folder / "account.jira_tokan", "hunter22")
    private(folder / "jira_token", "hunter22")
    store = SecretStore({}, file, folder, Masker())
    assert refusal(store, "org.jira_token") == (
        "the secret 'org.jira_token' of org 'default' is not set; set"
        f" PENSTOCK_SECRET_ORG_JIRA_TOKEN, or write 'org.jira_token: ...' into {file}, or put it"
        f" into the file {folder}/org.jira_token, or did you mean 'org.jira_tokn'?"
    )
    assert refusal(store, "jira_tokn").endswith("or did you mean 'jira_token'?")
    assert "did you mean" not in refusal(store, "zz")


@pytest.mark.parametrize("value", ["", "\n", " \r\n"])
def test_an_empty_secret_is_refused(value: str) -> None:
    message = refusal(from_environ(PENSTOCK_SECRET_T=value), "t")
    variable = "the environment variable PENSTOCK_SECRET_T"
    assert message == f"the secret 't' is empty; fill in {variable}"


@pytest.mark.parametrize("value", ["hunter2\nhunter3", "hunter\t2", "hunter\x7f2", "hunter\x85x"])
@pytest.mark.parametrize("character", ["", "€"])
def test_a_secret_that_no_header_can_carry_is_refused_unseen(value: str, character: str) -> None:
    message = refusal(from_environ(PENSTOCK_SECRET_T=value.replace("2", "2" + character)), "t")
    assert message.startswith("the secret 't' holds a character that cannot be sent in a header")
    assert "hunter" not in message and "€" not in message


@pytest.mark.parametrize("reference", ["a.b", "", "account."])
def test_an_invalid_reference_is_refused(reference: str) -> None:
    assert refusal(from_environ(), reference).startswith("Invalid Identifier Reference")


# Scopes


@pytest.mark.parametrize(
    ("scope", "usable"),
    [
        (Scope.ACCOUNT, {"account.t"}),
        (Scope.ORG, {"account.t", "org.t"}),
        (Scope.PROJECT, {"account.t", "org.t", "t"}),
    ],
)
def test_a_connector_uses_secrets_of_its_own_scope_and_of_wider_ones(
    scope: Scope, usable: set[str]
) -> None:
    references = ["account.t", "org.t", "t"]
    store = from_environ(**{secret_variable(reference): "hunter22" for reference in references})
    for reference in references:
        if reference in usable:
            assert get(store, reference, scope).reveal() == "hunter22"
        else:
            assert "level secret" in refusal(store, reference, scope)


@pytest.mark.parametrize(
    ("reference", "scope", "message"),
    [
        (
            "t",
            Scope.ACCOUNT,
            "The project level secret 't' cannot be used at account level; write 'account.t'"
            " instead and set PENSTOCK_SECRET_ACCOUNT_T",
        ),
        (
            "org.t",
            Scope.ACCOUNT,
            "The org level secret 'org.t' cannot be used at account level; write 'account.t'",
        ),
        (
            "t",
            Scope.ORG,
            "The project level secret 't' cannot be used at org level; write 'org.t' instead",
        ),
    ],
)
def test_a_secret_out_of_scope_is_refused_in_harness_words(
    reference: str, scope: Scope, message: str
) -> None:
    assert refusal(from_environ(), reference, scope).startswith(message)


# What is masked


def test_every_value_found_is_masked() -> None:
    masker = Masker()
    store = SecretStore({"PENSTOCK_SECRET_T": "hunter22\n"}, None, None, masker)
    get(store, "t")
    assert masker.mask("x hunter22 y") == f"x {MASK} y"
    assert store.warnings == []


def test_a_short_secret_can_be_used_and_a_warning_says_once_that_it_is_not_masked() -> None:
    """S4."""
    store = from_environ(PENSTOCK_SECRET_T="abc")
    assert get(store, "t").reveal() == get(store, "t").reveal() == "abc"
    assert store.warnings == [
        "the secret 't' is shorter than 6 characters: it is not masked in what is shown"
    ]


# Files


def test_the_environment_comes_first_then_the_file_then_the_directory(tmp_path: Path) -> None:
    file = private(tmp_path / "s.yaml", "a: from-file\nb: from-file\n")
    folder = tmp_path / "secrets"
    folder.mkdir()
    for name in "abc":
        private(folder / name, "from-directory\n")
    store = SecretStore({"PENSTOCK_SECRET_A": "from-environ"}, file, folder, Masker())
    found = [get(store, name).reveal() for name in "abc"]
    assert found == ["from-environ", "from-file", "from-directory"]


def test_values_of_a_file_are_texts_as_they_are_written(tmp_path: Path) -> None:
    file = private(
        tmp_path / "s.yaml", "account.a: 0123\nb: '1.10'\nc: |\n  hunter22\nd: true\norg.e:\n"
    )
    store = SecretStore({}, file, None, Masker())
    found = [get(store, name).reveal() for name in ("account.a", "b", "c", "d")]
    assert found == ["0123", "1.10", "hunter22", "true"]
    assert refusal(store, "org.e") == f"the secret 'org.e' is empty; fill in {file}"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_file_that_others_may_read_is_refused_with_the_command(tmp_path: Path, mode: int) -> None:
    file = private(tmp_path / "my secrets.yaml", "a: hunter22\n")
    store = SecretStore.from_environment({"PENSTOCK_SECRETS": str(file)}, Masker())
    file.chmod(mode)
    message = (
        f"{file}: others may read this file of secrets (mode {mode:04o}); run: chmod 600 '{file}'"
    )
    assert refusal(store, "a") == message
    with pytest.raises(Refused) as caught:
        SecretStore.from_environment({"PENSTOCK_SECRETS": str(file)}, Masker())
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("hunter22\n", "the file holds one text only"),
        ("- hunter22\n", "a file of secrets is a mapping; write 'account.x: value'"),
        ("a: {b: hunter22}\n", ":1:1: a secret is one text; put it in quotes, on one line"),
        ("b: c\na: [hunter22]\n", ":2:1: a secret is one text"),
        ("hunter-22: account.a\n", ":1:1: this key is no reference to a secret; write 'account.x'"),
        ("a: hunter: 22\n", "a second ': ' in one value"),
        ("a: @hunter22\n", "a value cannot begin with this character"),
        (b"a: hunter\xff\n", "byte 0xff is not UTF-8"),
    ],
)
def test_a_file_that_is_no_mapping_of_texts_is_refused_unseen(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    file = private(tmp_path / "s.yaml", content)
    text = refusal(SecretStore({}, file, None, Masker()), "a")
    assert message in text and str(file) in text
    assert "hunter" not in text


def test_a_file_in_a_directory_is_one_secret(tmp_path: Path) -> None:
    private(tmp_path / "real", "hunter22\n")
    (tmp_path / "account.t").symlink_to("real")
    store = SecretStore({}, None, tmp_path, Masker())
    assert get(store, "account.t").reveal() == "hunter22"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"hunter\xff22", "t: is not UTF-8; write the secret again"),
        (b"hunter" * 20_000, "t: larger than 64 KiB"),
        (b"", "the secret 't' is empty; fill in "),
    ],
)
def test_a_file_that_is_no_short_text_is_refused_unseen(
    tmp_path: Path, content: bytes, message: str
) -> None:
    private(tmp_path / "t", content)
    text = refusal(SecretStore({}, None, tmp_path, Masker()), "t")
    assert message in text and "hunter" not in text


def test_what_stands_in_a_directory_and_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    assert "t: is a directory, not a file" in refusal(
        SecretStore({}, None, tmp_path, Masker()), "t"
    )


def test_a_directory_that_went_away_is_refused(tmp_path: Path) -> None:
    store = SecretStore({}, None, tmp_path / "gone", Masker())
    assert refusal(store, "t") == (
        f"{tmp_path / 'gone'}: the directory of secrets cannot be read: no such file or directory;"
        " check PENSTOCK_SECRETS"
    )


# PENSTOCK_SECRETS


def test_the_environment_names_a_file_or_a_directory(tmp_path: Path) -> None:
    file = private(tmp_path / "s.yaml", "t: from-file\n")
    folder = tmp_path / "secrets"
    folder.mkdir()
    private(folder / "t", "from-directory")
    for path, value in [(file, "from-file"), (folder, "from-directory")]:
        store = SecretStore.from_environment({"PENSTOCK_SECRETS": str(path)}, Masker())
        assert get(store, "t").reveal() == value


@pytest.mark.parametrize("environ", [{}, {"PENSTOCK_SECRETS": ""}])
def test_without_a_file_there_is_the_environment(environ: dict[str, str]) -> None:
    store = SecretStore.from_environment(environ | {"PENSTOCK_SECRET_T": "hunter22"}, Masker())
    assert get(store, "t").reveal() == "hunter22"


def test_a_path_that_does_not_exist_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        SecretStore.from_environment({"PENSTOCK_SECRETS": str(tmp_path / "none")}, Masker())
    assert str(caught.value) == (
        f"{tmp_path / 'none'}: the file of secrets cannot be read: no such file or directory;"
        " check PENSTOCK_SECRETS"
    )
