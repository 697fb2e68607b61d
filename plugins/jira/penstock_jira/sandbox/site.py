"""A running sandbox: the world, the contents, the people, the server, and the files they leave."""

import logging
from collections.abc import Callable

from penstock.errors import Fault, Refused
from penstock.sandbox import SandboxOptions
from penstock_jira.errors import printable
from penstock_jira.sandbox.app import Application
from penstock_jira.sandbox.beginning import begin
from penstock_jira.sandbox.contents import Contents
from penstock_jira.sandbox.desk import Desk
from penstock_jira.sandbox.faults import Faults
from penstock_jira.sandbox.ledger import Ledger
from penstock_jira.sandbox.lens import CLOUD, DATA_CENTER, Flavour
from penstock_jira.sandbox.people import People
from penstock_jira.sandbox.script import load_script
from penstock_jira.sandbox.server import Server
from penstock_jira.sandbox.state import Saved, StateFile
from penstock_jira.sandbox.world import World
from penstock_jira.sandbox.world_build import load_world

__all__ = ["Site"]

_LOG = logging.getLogger("penstock.sandbox")
#: The most lines that tell of entries of the script that were not done.
_MOST_LINES = 5


class Site:
    """Everything that one sandbox needs, put together from its options."""

    def __init__(self, options: SandboxOptions) -> None:
        """Read the state, the world and the script; raise ``Refused`` for what is wrong."""
        self._options = options
        self._state = StateFile(options.state) if options.state else None
        saved = self._state.load() if self._state else Saved()
        self.flavour = _flavour(options, saved)
        world = load_world(options.world, self.flavour)
        _check_fits(options, world, saved.contents)
        self.desk = Desk(world, self.flavour, saved.contents, options.clock)
        if options.world is not None and not len(saved.contents) and not saved.port:
            begin(options.world, self.desk, options.clock)
        self.faults = Faults()
        self.ledger = Ledger(saved.ledger)
        deeds = load_script(options.script, self.desk.lens()) if options.script else ()
        self.people = People(deeds, self.desk, options.clock)
        self.people.restore(saved.script)
        self.desk.pending = self.people.pending
        self._port = saved.port
        self._server: Server | None = None
        self._changed: Callable[[], None] | None = None
        self.app = Application(
            self.desk, self.faults, self.ledger, save=self._save, changed=self._on_change
        )

    @property
    def url(self) -> str:
        """The address of the Jira, without a final slash."""
        return self.desk.site

    def start(self, changed: Callable[[], None]) -> None:
        """Listen, and let the people act; *changed* is called after each change of contents."""
        self._changed = changed
        wanted = [self._options.port] if self._options.port else [self._port, 0]
        self._server = Server(self.app, self._options.host, wanted)
        self.desk.site = self._server.site
        self._port = self._server.port
        self._save()
        self._server.start()
        self.people.start(self.act)

    def act(self) -> bool:
        """Let the people do their next deed, if it can be done now; return whether it was."""
        return self.app.watched(self.people.act)

    def stop(self) -> None:
        """Stop, and leave the ledger where it was asked for."""
        self.people.stop()
        if self._server is not None:
            self._server.stop()
        with self.app.lock:
            self._tell_pending()
            self._save()
            self._leave_ledger()

    def _leave_ledger(self) -> None:
        """Write the ledger where it was asked for; that it cannot be written ends nothing."""
        path = self._options.ledger
        if path is None:
            return
        try:
            self.ledger.leave(path)
        except OSError as error:
            _LOG.warning("sandbox: the ledger cannot be written to %s: %s", path, error.strerror)

    def _tell_pending(self) -> None:
        """Say which entries of the script could not be done in their time, a line each."""
        if self._options.script is None or self.people.pending() is None:
            return
        left = self.people.left()
        shown = left if len(left) <= _MOST_LINES else left[: _MOST_LINES - 1]
        for entry in shown:
            told = f"entry {entry.number} of {self._options.script.name} ({entry.deed})"
            _LOG.warning("sandbox: %s", printable(f"{told} was not done: {entry.why}"))
        if len(left) > len(shown):
            _LOG.warning("sandbox: and %d more entries were not done", len(left) - len(shown))

    def _on_change(self) -> None:
        self.people.wake()
        if self._changed is not None:
            self._changed()

    def _save(self) -> None:
        """Write the state down, and the ledger with it: the process may be killed at any time."""
        if self._state is None:
            return
        self._state.save(
            self.desk.contents,
            self.ledger.lines,
            self.people.saved(),
            port=self._port,
            flavour=self.flavour,
        )
        self._leave_ledger()


def _flavour(options: SandboxOptions, saved: Saved) -> Flavour:
    wanted = options.flavour or saved.flavour or CLOUD
    if saved.flavour is not None and wanted != saved.flavour:
        message = f"was left by a sandbox of flavour {saved.flavour!r}, not {wanted!r}"
        hint = "move it away, or start with the same flavour"
        raise Refused(Fault(message, hint, str(options.state)))
    return DATA_CENTER if wanted == DATA_CENTER else CLOUD


def _check_fits(options: SandboxOptions, world: World, contents: Contents) -> None:
    """Refuse a state whose issues the world does not know how to hold."""
    projects = {project.key for project in world.projects}
    types = {each.id for each in world.types}
    statuses = {each.id for each in world.statuses}
    for issue in contents:
        fits = issue.project in projects and issue.type in types and issue.status in statuses
        if not fits or not all(world.has_field(name) for name in issue.fields):
            message = f"holds {issue.key}, which is not of this world"
            hint = "move it away, or start with the same world"
            raise Refused(Fault(message, hint, str(options.state)))
