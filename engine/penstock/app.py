"""What the commands do, put together from the parts; no argument parsing, no printing."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from threading import RLock

from penstock.clock import Clock, SystemClock
from penstock.connectors.files import ConnectorDirectory
from penstock.connectors.scope import Scope
from penstock.connectors.secrets import SecretStore
from penstock.connectors.variables import SharedVariables
from penstock.errors import ConnectorError, Refused
from penstock.events import Event, SandboxStarted, Status, StepNoted
from penstock.journal import Claim, Journal, RunRecord
from penstock.pipeline.checking import ConnectorCheck
from penstock.pipeline.intake import Intake
from penstock.pipeline.plan import Plan
from penstock.pipeline.planning import Planned, make_plan
from penstock.plugins import Plugins, load_plugins
from penstock.render import Renderer
from penstock.render.masking import mask_event
from penstock.run.answering import give_answer
from penstock.run.connectors import ReadableConnectors, RunConnectors
from penstock.run.interruption import InterruptibleClock, Stop
from penstock.run.local import carry, stopped_by_signals
from penstock.run.names import RunNames
from penstock.run.origin import facts_of, new_id, origin_of_run
from penstock.run.ownership import is_owned, own, owner_name
from penstock.run.rehearsal import Rehearsal, rehearsal_of
from penstock.run.sandboxes import SandboxSettings, running, sandbox_types
from penstock.run.secret_reads import secret_faults
from penstock.run.state import RunState, World
from penstock.run.step_log import logs_of
from penstock.sandbox import Sandbox
from penstock.secret import Masker, Secret
from penstock.watch import Answer

__all__ = ["App", "StartOptions"]


@dataclass(frozen=True)
class StartOptions:
    """What ``penstock run`` was asked for."""

    file: Path
    #: Values by input name; they are data, and no expression in them is evaluated.
    inputs: Mapping[str, str] = field(default_factory=dict)
    #: Files of input sets, or the identifiers of sets in ``inputsets/`` beside the file.
    input_sets: tuple[str | Path, ...] = ()
    #: ``None``: ``connectors/`` beside the file.
    connectors: Path | None = None
    #: ``None``: ``templates/`` beside the file.
    templates: Path | None = None
    sandbox: SandboxSettings | None = None

    @property
    def directory(self) -> Path:
        """Where connector files are, if there are any."""
        return self.connectors or self.file.parent / "connectors"


class App:
    """Penstock on one machine: its journal, its plugins, its environment."""

    def __init__(
        self, database: Path, environ: Mapping[str, str], clock: Clock | None = None
    ) -> None:
        """Take the journal's file and the environment; nothing is opened yet."""
        self.database = database
        self.environ = environ
        self.clock = clock or SystemClock()
        self.masker = Masker()

    @cached_property
    def journal(self) -> Journal:
        """The journal, opened when it is first needed."""
        return Journal(self.database, self.masker)

    @cached_property
    def plugins(self) -> Plugins:
        """The installed plugins, loaded when they are first needed."""
        return load_plugins()

    @cached_property
    def secrets(self) -> SecretStore:
        """Where secrets come from."""
        return SecretStore.from_environment(self.environ, self.masker)

    # Plans

    def plan(
        self, options: StartOptions, *, complete: bool, check_connectors: bool = True
    ) -> Planned:
        """Return the plan of a file; *complete* says that every input must have a value.

        Raise ``Refused`` with all faults.
        """
        intake = self.intake(options)
        filled = intake.fill(complete=complete)
        directory = self.connector_directory(options) if check_connectors else None
        check = _connector_check(directory) if directory else None
        found = SharedVariables.read(directory.directory if directory else None)
        shared = found if check_connectors else None
        return make_plan(intake.source, filled, self.plugins.step_types, check, shared=shared)

    def intake(self, options: StartOptions) -> Intake:
        """Return the pipeline of a file with its inputs and what is given for them."""
        return Intake.of(options.file, options.inputs, options.input_sets, options.templates)

    def connector_directory(self, options: StartOptions) -> ConnectorDirectory | None:
        """Return the directory of connector files; ``None`` if a sandbox does without one."""
        directory = options.directory
        if options.connectors is not None and not directory.is_dir():
            raise Refused(f"{directory} is not a directory; --connectors takes one")
        if options.sandbox is not None and not directory.is_dir():
            return None
        return ConnectorDirectory(directory, self.plugins.connector_types)

    # Runs

    def start(
        self, options: StartOptions, planned: Planned, rehearsal: Rehearsal | None = None
    ) -> RunRecord:
        """Journal a new run of *planned*, not yet carried; raise ``Refused`` if it cannot work."""
        if rehearsal is None:
            self._require_secrets(options, planned.plan)
        if options.sandbox is not None:
            for kind in self._sandbox_types(planned.plan):
                kind(options.sandbox.options(self.clock)).check()
        identifier = new_id()
        settings = {
            "connectors": str(options.directory.resolve()),
            "directory": str(options.file.parent.resolve()),
            "sandbox": options.sandbox.to_json() if options.sandbox else None,
            "rehearsal": rehearsal.to_json() if rehearsal else None,
        }
        plan = planned.plan
        return self.journal.add_run(
            RunRecord(
                identifier,
                plan.identifier,
                plan.name,
                0,
                Status.RUNNING,
                plan.to_json(),
                origin_of_run(self.environ, identifier),
                settings,
                self.clock.now(),
            )
        )

    def _require_secrets(self, options: StartOptions, plan: Plan) -> None:
        """Find secrets that are missing before anything is sent."""
        directory = None if options.sandbox else self.connector_directory(options)
        references = {step.spec.get("connectorRef") for _, step in plan.steps()}
        faults = secret_faults(plan, self.plugins.step_types, self.secrets)
        for reference in sorted(ref for ref in references if isinstance(ref, str)):
            if directory is None or "<+" in reference or "{{" in reference:
                continue
            try:
                directory.resolve(
                    reference,
                    org=plan.org,
                    project=plan.project,
                    secrets=self.secrets,
                    clock=self.clock,
                ).require_secrets()
            except ConnectorError as error:
                faults += error.faults
        Refused.unless_empty(faults)

    def find(self, text: str) -> RunRecord:
        """Return the run that *text* names: its id, a beginning of it, or ``last``."""
        if not self.database.exists():
            raise Refused(f"there is no journal {self.database}; name it with --database")
        if text == "last":
            for record in self.journal.runs(limit=1):
                return record
            raise Refused(f"there are no runs in {self.database}")
        found = self.journal.ids(text) if text else []
        if text in found or len(found) == 1:
            return self.journal.run(text if text in found else found[0])
        if found:
            raise Refused(f"several runs begin with {text!r}: {', '.join(found)}")
        raise Refused(f"there is no run {text!r} in {self.database}; see `penstock runs`")

    def carry(self, record: RunRecord, renderer: Renderer, *, resumed: bool) -> Status:
        """Carry a run in this process until it ends; see ``penstock.run.local.carry``."""
        stop = Stop()
        with own(self.database, record.id, record.owner), stopped_by_signals(stop):
            plan = Plan.from_json(record.plan)
            claim = self.journal.claim(record.id, owner_name())
            status = self.journal.run(record.id).status
            if status.is_final:  # it was aborted between being found and being claimed
                raise Refused(f"run {record.id} has ended already: {status}")
            with self._sandboxes(record, plan, stop) as sandboxes:
                stand_ins = {name: sandbox for name, (sandbox, _) in sandboxes.items()}
                world = self._world(record, plan, stop, stand_ins, renderer)
                state = self._state(record, plan, world, claim)
                state.tell_start(resumed=resumed)
                for name, (_, page) in sandboxes.items():
                    state.emit(SandboxStarted(record.id, self.clock.now(), name, page))
                return carry(state, stop)

    def _sandboxes(
        self, record: RunRecord, plan: Plan, stop: Stop
    ) -> AbstractContextManager[Mapping[str, tuple[Sandbox, str]]]:
        value = record.settings.get("sandbox")
        kinds = self._sandbox_types(plan) if value else []
        settings = SandboxSettings.from_json(value) if value else SandboxSettings()
        states = self.database.parent / "sandboxes" / record.id
        return running(kinds, settings, states, self.clock, stop.ring)

    def _sandbox_types(self, plan: Plan) -> list[type[Sandbox]]:
        return sandbox_types(plan, self.plugins.step_types, self.plugins.connector_types)

    def _world(
        self,
        record: RunRecord,
        plan: Plan,
        stop: Stop,
        sandboxes: Mapping[str, Sandbox],
        renderer: Renderer,
    ) -> World:
        told = RLock()

        def emit(event: Event) -> None:
            event = mask_event(event, self.masker)
            with told:  # steps that run side by side speak one after another
                renderer.show(event)
                for complaint in self.plugins.notify(event):
                    renderer.show(StepNoted(record.id, event.at, "", complaint))

        clock = InterruptibleClock(self.clock, stop)
        connectors = RunConnectors(
            Path(record.settings["connectors"]),
            self.plugins.connector_types,
            self.secrets,
            clock,
            org=plan.org,
            project=plan.project,
            sandboxes=sandboxes,
        )
        logs = logs_of(self.database)
        rehearsal = rehearsal_of(record)
        types = self.plugins.step_types
        if rehearsal is not None:
            types = {**types, **rehearsal.step_types(types)}
        readable = ReadableConnectors(connectors.described)
        return World(
            types,
            connectors,
            clock,
            emit,
            masker=self.masker,
            logs=logs,
            rehearsal=rehearsal,
            readable=readable,
        )

    def _state(self, record: RunRecord, plan: Plan, world: World, claim: Claim) -> RunState:
        facts = facts_of(record, plan.name)
        scope = Scope.of(org=plan.org, project=plan.project)

        def secret(reference: str) -> Secret:
            try:
                return self.secrets.get(reference, scope=scope, org=plan.org, project=plan.project)
            except ConnectorError:
                if world.rehearsal is None:
                    raise
                return Secret(f"«{reference}»", reference)  # nothing is sent: it needs none

        names = RunNames(
            plan,
            facts,
            sequence=record.sequence,
            email=record.facts["email"],
            secret=secret,
            now=world.clock.now,
            stand_ins=world.rehearsal.values.names if world.rehearsal is not None else {},
            repeats=record.facts.get("resumed", ""),
            connectors=world.readable,
        )
        return RunState(plan, facts, names, journal=self.journal, claim=claim, world=world)

    def answer(self, record: RunRecord, step: str | None, answer: Answer) -> str:
        """Keep a person's answer to a gate of the run; return the gate's path."""
        return give_answer(self.journal, record, self.plugins.step_types, step, answer)

    def abort(self, record: RunRecord) -> bool:
        """End a run for good; return whether it had not ended before.

        A process that carries it loses its claim, and stops when it notices.
        """
        claim = self.journal.claim(record.id, owner_name())
        if self.journal.run(record.id).status.is_final:
            return False
        now = self.clock.now()
        for attempt in self.journal.attempts(record.id):
            if not attempt.status.is_final:
                ended = replace(attempt, status=Status.ABORTED, finished=now, message="aborted")
                self.journal.write_attempt(claim, ended)
        message = f"aborted by {owner_name()}"
        self.journal.set_run_status(claim, Status.ABORTED, finished=now, message=message)
        return True

    def is_carried(self, record: RunRecord) -> bool:
        """Whether a living process carries the run."""
        return not record.status.is_final and is_owned(self.database, record.id)


def _connector_check(directory: ConnectorDirectory) -> ConnectorCheck:
    def check(reference: str, kind: str | None, org: str | None, project: str | None) -> None:
        found = directory.find(reference, org=org, project=project)
        if kind is not None and found.type != kind:
            raise ConnectorError(
                f"the connector {reference!r} is of type {found.type}; "
                f"the step needs one of type {kind}"
            )

    return check
