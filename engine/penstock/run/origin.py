"""Who started a run, and where: what ``pipeline.triggeredBy`` and ``executionUrl`` say."""

import getpass
import secrets as randomness
import socket
from collections.abc import Callable, Mapping
from pathlib import Path

from penstock.journal import RunRecord
from penstock.step import RunFacts

__all__ = ["facts_of", "new_id", "origin_of_run"]

#: Letters and digits that are not mistaken for each other.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def new_id() -> str:
    """Return an id for a run: easy to type, and unlikely (2**50) to be drawn twice."""
    return "".join(randomness.choice(_LETTERS) for _ in range(10))


def origin_of_run(
    environ: Mapping[str, str], run: str, account: Callable[[], str] = getpass.getuser
) -> dict[str, str]:
    """Return ``user``, ``email`` and ``url`` of a run that is started with these variables.

    ``PENSTOCK_USER``, ``PENSTOCK_EMAIL`` and ``PENSTOCK_RUN_URL`` come first; then what GitHub
    Actions, GitLab CI and Jenkins say of the job; then *account*, which the process runs under.
    """
    user = _first(environ, "PENSTOCK_USER", "GITHUB_ACTOR", "GITLAB_USER_LOGIN", "BUILD_USER_ID")
    user = user or _name_of(account)
    email = _first(environ, "PENSTOCK_EMAIL", "GITLAB_USER_EMAIL", "BUILD_USER_EMAIL")
    url = _first(environ, "PENSTOCK_RUN_URL", "CI_JOB_URL", "BUILD_URL") or _github(environ)
    return {
        "user": user,
        "email": email or f"{user}@{socket.gethostname()}",
        "url": url or f"penstock:run/{run}",
    }


def facts_of(record: RunRecord, name: str) -> RunFacts:
    """Return what the steps of a run may know of it; *name* is the pipeline's."""
    directory = Path(record.settings.get("directory", "."))
    url, user = record.facts["url"], record.facts["user"]
    return RunFacts(record.id, name, record.started, url, user, directory)


def _first(environ: Mapping[str, str], *names: str) -> str:
    return next((environ[name] for name in names if environ.get(name)), "")


def _github(environ: Mapping[str, str]) -> str:
    repository, run = environ.get("GITHUB_REPOSITORY"), environ.get("GITHUB_RUN_ID")
    if not (repository and run):
        return ""
    server = environ.get("GITHUB_SERVER_URL") or "https://github.com"
    return f"{server}/{repository}/actions/runs/{run}"


def _name_of(account: Callable[[], str]) -> str:
    try:
        return account()
    except (KeyError, OSError, ImportError):  # an id without a name, as in many containers
        return "unknown"
