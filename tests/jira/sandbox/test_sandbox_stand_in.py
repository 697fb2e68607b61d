"""The sandbox in a connector's place, and what the demo runs."""

import pytest

from penstock.connector import Connector
from penstock.errors import Refused
from penstock.sandbox import SandboxOptions
from penstock_jira.connector import JiraConnector
from penstock_jira.sandbox import JiraSandbox
from penstock_jira.sandbox.script import load_script
from penstock_jira.sandbox.site import Site


def connector(**auth):
    return JiraConnector.model_validate({"jiraUrl": "https://jira.example.com/jira", **auth})


def password(**named):
    spec = {"passwordRef": "account.jira", **named}
    return connector(auth={"type": "UsernamePassword", "spec": spec})


CASES = [
    (password(username="cab-lead@example.com"), "CAB Lead"),
    (password(username="bot@acme.io"), "Release Bot"),
    (password(usernameRef="org.user"), "Release Bot"),
    (connector(auth={"type": "PersonalAccessToken", "spec": {"patRef": "pat"}}), "Release Bot"),
    (connector(username="reviewer", passwordRef="old"), "Reviewer"),
    (None, "Release Bot"),
]


@pytest.mark.parametrize(("given", "name"), CASES)
def test_a_connector_is_pointed_here_as_its_own_user(jira, given, name):
    stood_in = jira.sandbox.stand_in(given)
    assert isinstance(stood_in, JiraConnector)
    assert stood_in.jira_url == jira.sandbox.url
    header = {"Authorization": stood_in.credential.header()}
    assert jira.as_(None)("GET", "/myself", headers=header).json()["displayName"] == name
    bearer = header["Authorization"].startswith("Bearer ")
    assert bearer == (given is not None and "PersonalAccess" in repr(given.auth))


def test_the_rest_of_the_connector_is_kept(jira):
    given = connector(
        auth={"type": "PersonalAccessToken", "spec": {"patRef": "pat"}},
        delegateSelectors=["eu"],
        ignoreTestConnection=True,
    )
    stood_in = jira.sandbox.stand_in(given)
    assert stood_in.delegate_selectors == ("eu",) and stood_in.ignore_test_connection


def test_a_connector_of_another_type_is_refused(jira):
    class Other(Connector):
        type = "Other"

    with pytest.raises(Refused, match="Other"):
        jira.sandbox.stand_in(Other())


def test_the_connectors_own_test_is_content_with_the_sandbox(jira):
    checks = list(jira.sandbox.stand_in(None).test())
    assert checks and [check.name for check in checks if check.ok is False] == []


def test_the_demo_is_found_and_its_script_fits_the_world():
    demo = JiraSandbox.demo()
    assert demo is not None
    site = Site(SandboxOptions())
    assert len(load_script(demo.script, site.desk.lens())) > 0
    assert demo.pipeline.read_text().lstrip().startswith(("#", "pipeline:"))
