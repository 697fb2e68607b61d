"""The connector of type ``Jira``: its keys, its secrets, and the doctor."""

import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import penstock_jira
from penstock.connector import Binding
from penstock.errors import ConnectorError
from penstock.secret import Secret
from penstock.testing import FakeClock
from penstock.watch import Watch
from penstock_jira.connector import JiraConnector, _user_agent

PASSWORD = {
    "type": "UsernamePassword",
    "spec": {"username": "release-bot@example.com", "passwordRef": "account.jira_token"},
}
TOKEN = {"type": "PersonalAccessToken", "spec": {"patRef": "org.pat"}}


def made(auth: Any = PASSWORD, **more: Any) -> JiraConnector:
    spec: dict[str, Any] = {"jiraUrl": "https://jira.example.com", "auth": auth, **more}
    return JiraConnector.model_validate({k: v for k, v in spec.items() if v is not None})


def bound(connector: JiraConnector, **secrets: str) -> JiraConnector:
    def secret(name: str) -> Secret:
        return Secret(secrets[name.rpartition(".")[2]], name)

    return connector.bind(Binding("account.jira", secret, FakeClock()))


def test_every_key_of_harness_is_accepted() -> None:
    connector = made(delegateSelectors=["eu-west"], ignoreTestConnection=True, caFile="/etc/ca.pem")
    assert connector.delegate_selectors == ("eu-west",)
    assert connector.ignore_test_connection is True


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://acme.atlassian.net/", "https://acme.atlassian.net"),
        (" https://jira.corp.example/jira// ", "https://jira.corp.example/jira"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_an_address_loses_its_final_slash(url: str, address: str) -> None:
    assert made(jiraUrl=url).jira_url == address


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "Jira URL cannot be empty"),
        (None, "Jira URL cannot be empty"),
        ("jira.example.com", "must begin with https://"),
        ("ftp://jira.example.com", "must begin with https://"),
        ("https://", "must begin with https://"),
        ("https://victim:x@attacker.example/", "must not hold a user"),
        ("https://jira.example.com/?os_password=x", "must end before the"),
        ("https://jira.example.com/#x", "must end before the"),
        ("https://jira.example.com/a b", "a character that an address cannot have"),
        ("https://jirä.example.com", "a character that an address cannot have"),
        ("https://jira.example.com:port", "names a port that is none"),
    ],
)
def test_an_address_that_is_none_is_refused(url: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        made(jiraUrl=url)


@pytest.mark.parametrize(
    ("auth", "words"),
    [
        (
            {"type": "UsernamePassword", "spec": {"passwordRef": "a"}},
            "Username cannot be empty",
        ),
        (
            {
                "type": "UsernamePassword",
                "spec": {"username": "a", "usernameRef": "b", "passwordRef": "c"},
            },
            "Only one of username or usernameRef can be provided",
        ),
        ({"type": "UsernamePassword"}, "Missing spec for UsernamePassword jira auth type"),
        ({"type": "PersonalAccessToken"}, "Missing spec for PersonalAccessToken jira auth type"),
        ({"type": "PersonalAccessToken", "spec": {"patRef": ""}}, "Jira PAT cannot be empty"),
        ({"type": "PersonalAccessToken", "spec": {}}, "Jira PAT cannot be empty: write patRef"),
        ({"type": "OAuth"}, "Invalid Jira auth type value: OAuth; known: UsernamePassword"),
        ({"type": "usernamepassword"}, "did you mean 'UsernamePassword'"),
        ({}, "Invalid Jira auth type value: None"),
        ("token", "auth"),
        (None, "auth is missing"),
    ],
)
def test_what_is_wrong_with_auth_is_said_plainly(auth: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        made(auth)


def test_one_selector_twice_is_refused() -> None:
    with pytest.raises(ValidationError, match="names one selector twice"):
        made(delegateSelectors=["a", "a"])


@pytest.mark.parametrize(
    ("auth", "secrets", "header"),
    [
        (PASSWORD, {"jira_token": "tok-1"}, "Basic cmVsZWFzZS1ib3RAZXhhbXBsZS5jb206dG9rLTE="),
        (TOKEN, {"pat": "tok-1\n"}, "Bearer tok-1"),
        (
            {"type": "UsernamePassword", "spec": {"usernameRef": "u", "passwordRef": "p"}},
            {"u": "bot\n", "p": "pw"},
            "Basic Ym90OnB3",
        ),
    ],
)
def test_the_credentials_are_read_when_they_are_needed(
    auth: Any, secrets: dict[str, str], header: str
) -> None:
    assert bound(made(auth), **secrets).credential.header() == header


def test_the_flat_keys_of_old_count_where_auth_is_missing() -> None:
    old = made(None, username="bot", passwordRef="p")
    assert bound(old, p="pw").credential.header() == "Basic Ym90OnB3"


def test_the_flat_keys_do_not_count_beside_auth() -> None:
    both = made(TOKEN, username="bot", passwordRef="p")
    assert bound(both, pat="tok").credential.header() == "Bearer tok"


@pytest.mark.parametrize("token", ["", "two\nlines", "tök", "a\x00b"])
def test_a_token_that_no_header_can_hold_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(ConnectorError, match=r"the secret org\.pat is empty or holds") as told:
        bound(made(TOKEN), pat=token).require_secrets()
    assert not token or token not in str(told.value)


def test_a_connector_pointed_elsewhere_asks_for_no_secret_and_keeps_the_rest() -> None:
    connector = made(delegateSelectors=["x"]).pointed_at("http://127.0.0.1:1/", None, "tok-2")
    assert connector.jira_url == "http://127.0.0.1:1"
    assert connector.credential.header() == "Bearer tok-2"
    assert connector.delegate_selectors == ("x",)
    connector.require_secrets()


def test_a_connector_pointed_elsewhere_survives_being_bound() -> None:
    connector = bound(made().pointed_at("http://127.0.0.1:1", "bot", "tok-2"))
    assert connector.credential.header() == "Basic Ym90OnRvay0y"


def test_a_connector_is_not_pointed_at_what_is_no_address() -> None:
    with pytest.raises(ConnectorError, match="must begin with"):
        made().pointed_at("nowhere", None, "tok")


def test_a_connector_can_be_made_for_an_address_alone() -> None:
    connector = JiraConnector.at("http://127.0.0.1:1", "bot", "tok-2")
    assert connector.credential.header() == "Basic Ym90OnRvay0y"


def test_a_file_of_certificates_that_is_missing_is_named(tmp_path: Path) -> None:
    connector = bound(made(caFile=str(tmp_path / "ca.pem")), jira_token="tok-1")
    with pytest.raises(ConnectorError, match=r"caFile of account\.jira: no such file"):
        connector.client()


def test_certificates_and_proxy_are_the_connectors_own(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("")
    spec = {"caFile": str(tmp_path / "ca.pem"), "proxy": "http://proxy:3128"}
    client = bound(made(**spec), jira_token="tok-1").client()
    session = client._transport._session()
    assert session.verify == str(tmp_path / "ca.pem")
    assert session.proxies == {"http": "http://proxy:3128", "https": "http://proxy:3128"}


def test_pages_behind_the_gateway_are_not_known_without_asking() -> None:
    assert made().browse("REL-1") == "https://jira.example.com/browse/REL-1"
    assert made(jiraUrl="https://api.atlassian.com/ex/jira/1").browse("REL-1") is None


def test_the_connector_looks_for_gates(jira: Any, connector: JiraConnector) -> None:
    jira.answer("GET", "/rest/api/2/field", None, 503)
    (seen,) = connector.look([Watch("account.jira", "REL-1")])
    assert "503" in str(seen)


def test_importing_the_plugin_imports_no_client_and_no_web_server() -> None:
    program = (
        "import sys, penstock_jira as p; p.penstock_connector_types(); p.penstock_step_types();"
        "print([m for m in ('requests', 'urllib3', 'werkzeug', 're2') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert done.stdout.strip() == "[]"


def test_the_plugin_provides_three_steps_and_one_connector() -> None:
    assert [step.type for step in penstock_jira.penstock_step_types()] == [
        "JiraCreate",
        "JiraUpdate",
        "JiraApproval",
    ]
    assert penstock_jira.penstock_connector_types() == (JiraConnector,)


@pytest.mark.parametrize(("installed", "agent"), [("1.2.3", "penstock/1.2.3"), (None, "penstock")])
def test_the_user_agent_is_no_browsers(
    monkeypatch: pytest.MonkeyPatch, installed: str | None, agent: str
) -> None:
    def version(name: str) -> str:
        if installed is None:
            raise PackageNotFoundError(name)
        return installed

    monkeypatch.setattr("importlib.metadata.version", version)
    assert _user_agent.__wrapped__() == agent


def test_the_sandbox_is_named_by_the_connector() -> None:
    from penstock.sandbox import Sandbox

    assert issubclass(JiraConnector.sandbox(), Sandbox)
