"""The hooks of Penstock, all of them.

An implementation is a function of the same name, marked with ``@penstock.hookimpl``; it may take
fewer arguments than the hook has. A plugin is a module named by an entry point of the group
``penstock``.
"""

from collections.abc import Sequence

import pluggy

from penstock.connector import Connector
from penstock.events import Event
from penstock.step import Step

__all__ = ["hookimpl", "penstock_connector_types", "penstock_event", "penstock_step_types"]

hookspec = pluggy.HookspecMarker("penstock")
hookimpl = pluggy.HookimplMarker("penstock")


@hookspec
def penstock_step_types() -> Sequence[type[Step]]:
    """Asked once, when plugins are loaded: the step types that this plugin provides."""
    return ()


@hookspec
def penstock_connector_types() -> Sequence[type[Connector]]:
    """Asked once, when plugins are loaded: the connector types that this plugin provides."""
    return ()


@hookspec
def penstock_event(event: Event) -> None:
    """Called for each event of a run, after it is journalled; what it raises is reported."""
