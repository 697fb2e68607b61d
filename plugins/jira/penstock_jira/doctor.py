"""``penstock connector test`` for Jira: which piece works, which does not, and what to do."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from penstock.connector import Check
from penstock.errors import ConnectorError, StepFailed
from penstock_jira.answer import as_list, as_mapping, text
from penstock_jira.errors import NotFound, printable

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient
    from penstock_jira.connector import JiraConnector

__all__ = ["examine"]


def examine(connector: "JiraConnector") -> Iterator[Check]:
    """Yield one check each for the secrets, the server, the user and the projects.

    A check that fails is the last one: those after it could only fail for the same reason.
    """
    if connector.ignore_test_connection:
        yield Check("connection", None, "not tested: ignoreTestConnection is set")
        return
    try:
        client = connector.client(patient=False)
    except ConnectorError as error:
        yield Check("secrets", False, str(error), "store the secret, or mend its reference")
        return
    for name, examined in (("server", _server), ("user", _user), ("projects", _projects)):
        try:
            check = examined(client)
        except NotFound as error:
            yield Check(name, False, str(error), "jiraUrl is not the address of a Jira itself")
            return
        except StepFailed as error:
            yield Check(name, False, error.message, error.hint)
            return
        yield check


def _server(client: "JiraClient") -> Check:
    kind = text(client.server.get("deploymentType")) or "unknown"
    flavour = "Cloud" if client.cloud else "Data Center" if kind == "Server" else kind
    version = printable(text(client.server.get("version")) or "of an unknown version")
    return Check("server", True, f"Jira {printable(flavour)} {version}")


def _user(client: "JiraClient") -> Check:
    what = "say who we are"
    me = as_mapping(client.get("/rest/api/2/myself", what=what), what)
    name = printable(text(me.get("displayName")))
    login = text(me.get("emailAddress")) or text(me.get("name")) or text(me.get("accountId"))
    return Check("user", True, f"signed in as {name or 'somebody'} ({printable(login)})")


def _projects(client: "JiraClient") -> Check:
    what = "list its projects"
    count = len(as_list(client.get("/rest/api/2/project", what=what), what))
    if count:
        return Check("projects", True, f"{count} project{'s' if count > 1 else ''} visible")
    advice = (
        "give the user Browse Projects in the projects that pipelines use; an empty list may "
        "also mean that Jira took us for an anonymous visitor"
    )
    return Check("projects", False, "Unable to fetch projects: none is visible", advice)
