"""``plan --live``: a plan held against the systems behind its connectors, or their sandboxes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from penstock.app import App, StartOptions
from penstock.pipeline.plan import Plan
from penstock.run.connectors import RunConnectors
from penstock.run.inspector import Inspector, LivePlan
from penstock.run.origin import origin_of_run
from penstock.run.sandboxes import running, sandbox_types
from penstock.sandbox import Sandbox
from penstock.step import RunFacts

__all__ = ["live_plan"]


def live_plan(app: App, options: StartOptions, plan: Plan) -> LivePlan:
    """Return what reading tells of each step of *plan*; nothing is written, nothing journalled.

    Raise ``Refused`` where the sandboxes of *options* cannot be started.
    """
    with _sandboxes(app, options, plan) as sandboxes:
        connectors = RunConnectors(
            options.directory,
            app.plugins.connector_types,
            app.secrets,
            app.clock,
            org=plan.org,
            project=plan.project,
            sandboxes=sandboxes,
        )
        return Inspector(
            plan,
            app.plugins.step_types,
            app.plugins.connector_types,
            connectors,
            clock=app.clock,
            facts=_facts(app, options, plan),
        ).all()


@contextmanager
def _sandboxes(app: App, options: StartOptions, plan: Plan) -> Iterator[Mapping[str, Sandbox]]:
    if options.sandbox is None:
        yield {}
        return
    plugins = app.plugins
    kinds = sandbox_types(plan, plugins.step_types, plugins.connector_types)
    with (
        TemporaryDirectory(prefix="penstock-") as states,
        running(kinds, options.sandbox, Path(states) / "plan", app.clock, _nobody_waits) as found,
    ):
        yield {name: sandbox for name, (sandbox, _) in found.items()}


def _nobody_waits() -> None:
    """Do nothing about a change in a sandbox."""


def _facts(app: App, options: StartOptions, plan: Plan) -> RunFacts:
    """Return what a run would be that is started now; RUN stands for its id."""
    origin = origin_of_run(app.environ, "RUN")
    directory = options.file.parent.resolve()
    return RunFacts("RUN", plan.name, app.clock.now(), origin["url"], origin["user"], directory)
