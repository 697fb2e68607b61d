"""Who started a run, and where."""

import getpass
import socket

import pytest

from penstock.run.origin import origin_of_run

GITHUB = {
    "GITHUB_ACTOR": "octo",
    "GITHUB_RUN_ID": "42",
    "GITHUB_REPOSITORY": "acme/shop",
    "GITHUB_SERVER_URL": "https://github.example.com",
}
GITLAB = {
    "GITLAB_USER_LOGIN": "lab",
    "GITLAB_USER_EMAIL": "lab@example.com",
    "CI_JOB_URL": "https://gitlab.example.com/jobs/1",
}
JENKINS = {
    "BUILD_USER_ID": "butler",
    "BUILD_USER_EMAIL": "butler@example.com",
    "BUILD_URL": "https://jenkins.example.com/1",
}
OURS = {
    "PENSTOCK_USER": "ann",
    "PENSTOCK_EMAIL": "ann@example.com",
    "PENSTOCK_RUN_URL": "https://ci.example.com/1",
}
HOST = socket.gethostname()


@pytest.mark.parametrize(
    ("environ", "user", "email", "url"),
    [
        ({}, "me", f"me@{HOST}", "penstock:run/k3x9"),
        (
            GITHUB,
            "octo",
            f"octo@{HOST}",
            "https://github.example.com/acme/shop/actions/runs/42",
        ),
        (GITLAB, "lab", "lab@example.com", "https://gitlab.example.com/jobs/1"),
        (JENKINS, "butler", "butler@example.com", "https://jenkins.example.com/1"),
        (GITHUB | GITLAB | JENKINS | OURS, "ann", "ann@example.com", "https://ci.example.com/1"),
        (dict.fromkeys(OURS, ""), "me", f"me@{HOST}", "penstock:run/k3x9"),
    ],
)
def test_the_environment_tells_who_started_a_run_and_where(environ, user, email, url):
    origin = origin_of_run(environ, "k3x9", lambda: "me")
    assert origin == {"user": user, "email": email, "url": url}


@pytest.mark.parametrize("missing", ["GITHUB_RUN_ID", "GITHUB_REPOSITORY"])
def test_half_of_an_address_is_none(missing):
    environ = {name: value for name, value in GITHUB.items() if name != missing}
    assert origin_of_run(environ, "k3x9")["url"] == "penstock:run/k3x9"


def test_github_is_at_home_unless_it_says_otherwise():
    environ = GITHUB | {"GITHUB_SERVER_URL": ""}
    assert origin_of_run(environ, "k")["url"] == "https://github.com/acme/shop/actions/runs/42"


def test_the_account_is_asked_of_the_system():
    assert origin_of_run({}, "k")["user"] == getpass.getuser()


@pytest.mark.parametrize("error", [KeyError("uid"), OSError("uid"), ImportError("pwd")])
def test_an_account_without_a_name_is_unknown(error):
    def account():
        raise error

    assert origin_of_run({}, "k", account)["user"] == "unknown"
