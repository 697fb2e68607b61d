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
        ("https://victim:x/y@attacker.example/", "must not hold a user"),
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


def test_a_file_that_holds_no_certificate_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("hello")
    connector = bound(made(caFile=str(tmp_path / "ca.pem")), jira_token="tok-1")
    with pytest.raises(ConnectorError, match=r"caFile of account\.jira: .* holds no certificate"):
        connector.client()


def test_a_file_of_certificates_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----")

    def fail(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", fail)  # root may read every file
    connector = bound(made(caFile=str(tmp_path / "ca.pem")), jira_token="tok-1")
    with pytest.raises(ConnectorError, match="cannot be read: Permission denied"):
        connector.client()


def test_certificates_and_proxy_are_the_connectors_own(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----")
    spec = {"caFile": str(tmp_path / "ca.pem"), "proxy": "http://proxy:3128"}
    client = bound(made(**spec), jira_token="tok-1").client()
    session = client._transport._session()
    assert session.verify == str(tmp_path / "ca.pem")
    assert session.proxies == {"http": "http://proxy:3128", "https": "http://proxy:3128"}


def test_a_connector_that_is_pointed_elsewhere_leaves_the_way_and_the_secrets_behind() -> None:
    headers = [{"name": "X-Key", "valueRef": "account.key"}, {"name": "X-Team", "value": "pay"}]
    connector = made(headers=headers, proxy="http://proxy:3128", caFile="/etc/ca.pem")
    stand_in = bound(connector.pointed_at("http://127.0.0.1:1", "bot", "tok-2"))
    stand_in.require_secrets()
    assert (stand_in.proxy, stand_in.ca_file) == (None, None)
    assert [header.name for header in stand_in.headers] == ["X-Team"]


@pytest.mark.parametrize(
    ("proxy", "words"),
    [
        ("proxy:3128", "proxy must begin with https:// or http:// and a host, not 'proxy:3128'"),
        ("http://ann:pw-1@proxy", "proxy must not hold a user or a password; a proxy that asks"),
        ("ann:pw-1@proxy", "proxy must begin with https:// or http:// and a host"),
        ("http://proxy/?x", "proxy must end before the"),
        (7, "valid string"),
    ],
)
def test_a_proxy_that_is_none_is_refused_by_its_own_name(proxy: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words) as told:
        made(proxy=proxy)
    assert "pw-1" not in "".join(error["msg"] for error in told.value.errors())


def test_headers_of_a_connector_go_with_every_request(jira: Any) -> None:
    headers = [{"name": "X-Key", "valueRef": "account.key"}, {"name": "X-Team", "value": " pay "}]
    jira.cloud()
    client = bound(made(headers=headers), jira_token="tok-1", key="gate-key\n").client()
    assert client.cloud
    client = bound(made(headers=headers), jira_token="tok-1", key="k").client(anonymous=True)
    assert client.cloud
    first, second = (request.headers for request in jira.mocker.request_history)
    assert (first["X-Key"], first["X-Team"]) == ("gate-key", "pay")
    assert first["Authorization"].startswith("Basic ")
    assert (second["X-Key"], second.get("Authorization")) == ("k", None)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ({"name": "Authorization", "value": "x"}, "Authorization cannot be set here: auth says"),
        ({"name": "cookie", "value": "x"}, "cookie cannot be set here: auth says how to sign in"),
        ({"name": "Host", "value": "x"}, "jiraUrl says where Jira is"),
        ({"name": "Content-Type", "value": "x"}, "describes the body"),
        ({"name": "Proxy-Authorization", "value": "x"}, "is for a proxy"),
        ({"name": "Accept", "value": "x"}, "Penstock sets it"),
        ({"name": "X-Atlassian-Token", "value": "x"}, "Penstock sets it"),
        ({"name": "Transfer-Encoding", "value": "x"}, "belongs to the connection"),
        ({"name": "X Key", "value": "x"}, "a header's name is made of"),
        ({"name": "X-Key: a\r\nX-Other", "value": "x"}, "a header's name is made of"),
        ({"name": "", "value": "x"}, "a header's name is made of"),
        ({"name": "x" * 129, "value": "x"}, "a header's name is made of"),
        ({"name": "X-Schlüssel", "value": "x"}, "a header's name is made of"),
        ({"name": "X-Key"}, "X-Key needs value or valueRef, one of them"),
        ({"name": "X-Key", "value": "a", "valueRef": "b"}, "needs value or valueRef"),
        ({"name": "X-Key", "value": ""}, "is empty, or holds what no header has"),
        ({"name": "X-Key", "value": "secret\nline"}, "printable ASCII on one line"),
        ({"name": "X-Key", "value": "\U0001f680"}, "printable ASCII"),
        ({"name": "X-Key", "value": "x" * 4097}, "at most 4096 characters"),
        ({"name": "X-Key", "value": "<+secrets.getValue('k')>"}, "write valueRef with its name"),
        ({"name": "X-Key", "value": "{{ 7*7 }}"}, "none is evaluated in a connector"),
        ({"name": "X-Key", "valueRef": "not a name"}, "pattern"),
        ({"name": "X-Key", "values": "x"}, "values"),
    ],
)
def test_a_header_that_is_none_or_not_ours_to_set_is_refused(header: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words) as told:
        made(headers=[header])
    assert "secret" not in "".join(error["msg"] for error in told.value.errors()).replace(
        "the secret", ""
    ).replace("for a secret", "")


def test_a_header_twice_is_refused_whatever_the_letter_case() -> None:
    twice = [{"name": "X-Key", "value": "a"}, {"name": "x-key", "value": "b"}]
    with pytest.raises(ValidationError, match="the header X-Key is there twice; keep one"):
        made(headers=twice)


@pytest.mark.parametrize("value", ["", "two\nlines", "schlüssel-1", "a\x00b", "x" * 4097])
def test_a_secret_that_no_header_can_hold_is_refused_and_not_shown(value: str) -> None:
    connector = made(headers=[{"name": "X-Key", "valueRef": "account.key"}])
    with pytest.raises(ConnectorError, match=r"secret account\.key for the header X-Key") as told:
        bound(connector, jira_token="tok-1", key=value).require_secrets()
    assert not value or value not in str(told.value)


@pytest.mark.parametrize(("written", "seconds"), [("5s", 5.0), ("2m", 120.0), ("10m", 600.0)])
def test_a_timeout_is_for_one_request(written: str, seconds: float) -> None:
    assert made().timeout == 60.0
    assert made(timeout=written).timeout == seconds


@pytest.mark.parametrize("written", ["500ms", "11m", "soon", "0s", ""])
def test_a_timeout_out_of_reason_is_refused(written: str) -> None:
    words = "write 1s to 10m|is not a duration|is no time at all"
    with pytest.raises(ValidationError, match=words):
        made(timeout=written)


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
