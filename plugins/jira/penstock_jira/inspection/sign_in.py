"""Who we are to a Jira, and where it is."""

from typing import TYPE_CHECKING

from penstock.errors import StepFailed
from penstock_jira.answer import members, text
from penstock_jira.errors import NotFound, printable

if TYPE_CHECKING:
    from penstock_jira.connector import JiraConnector

__all__ = ["sign_in"]


def sign_in(connector: "JiraConnector") -> str:
    """Return the user, the address and the flavour in words; raise ``StepFailed`` as a step would.

    Nothing is waited for: who asks for a plan is there to ask again.
    """
    client = connector.client(patient=False)
    try:
        me = members(client.get("/rest/api/2/myself", what="say who we are"))
    except NotFound as missing:
        raise StepFailed(missing.message, hint="jiraUrl is not the address of a Jira") from missing
    name = printable(text(me.get("displayName")) or text(me.get("name")) or "somebody")
    flavour = "Jira Cloud" if client.cloud else "Jira Data Center"
    return f"{name} at {connector.jira_url} ({flavour})"
