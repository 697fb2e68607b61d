"""A stateful stand-in for Jira, for demonstrations and for tests: one process, no network."""

from penstock_jira.sandbox.jira_sandbox import JiraSandbox

__all__ = ["JiraSandbox"]
