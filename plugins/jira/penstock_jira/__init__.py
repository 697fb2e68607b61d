"""Jira for Penstock: create, update and approve by ticket; one connector type; a sandbox."""

from collections.abc import Sequence

from penstock.connector import Connector
from penstock.hooks import hookimpl
from penstock.step import Step

__all__ = ["penstock_connector_types", "penstock_step_types"]


@hookimpl
def penstock_step_types() -> Sequence[type[Step]]:
    """Provide ``JiraCreate``, ``JiraUpdate`` and ``JiraApproval``."""
    from penstock_jira.approval import JiraApproval
    from penstock_jira.create import JiraCreate
    from penstock_jira.update import JiraUpdate

    return (JiraCreate, JiraUpdate, JiraApproval)


@hookimpl
def penstock_connector_types() -> Sequence[type[Connector]]:
    """Provide the connector type ``Jira``."""
    from penstock_jira.connector import JiraConnector

    return (JiraConnector,)
