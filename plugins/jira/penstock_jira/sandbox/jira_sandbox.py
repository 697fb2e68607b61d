"""The sandbox as the engine knows it: started, stopped, and stood in for a connector."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from penstock.errors import Fault, Refused
from penstock.nearest import suggestion
from penstock.sandbox import Demo, Sandbox, SandboxOptions

if TYPE_CHECKING:
    from penstock.connector import Connector
    from penstock_jira.connector import JiraConnector
    from penstock_jira.sandbox.site import Site

__all__ = ["JiraSandbox"]

_PACKAGE = Path(__file__).parent
#: Seconds: it dies with the process that asks it, has no index, and answers at once.
_SETTLE = 2.0


class JiraSandbox(Sandbox):
    """A Jira in this process, for demonstrations and tests."""

    connector_type: ClassVar[str] = "Jira"
    flavours: ClassVar[tuple[str, ...]] = ("cloud", "data-center")

    def __init__(self, options: SandboxOptions) -> None:
        """Take the options; nothing is read or opened yet."""
        self._options = options
        self._wakes: list[Callable[[], None]] = []
        self._site: Site | None = None

    @property
    def site(self) -> "Site":
        """What runs between ``start`` and ``stop``: for tests that look inside."""
        if self._site is None:
            raise RuntimeError("the sandbox is not started")
        return self._site

    @property
    def url(self) -> str:
        """The address of the Jira, without a final slash."""
        return self.site.url

    def check(self) -> None:
        """Raise ``Refused`` for a world, a script, a flavour or a file to write that is wrong."""
        self._prepared()

    def _prepared(self) -> "Site":
        from penstock_jira.sandbox.site import Site
        from penstock_jira.sandbox.state import check_writable

        flavour = self._options.flavour
        if flavour is not None and flavour not in self.flavours:
            hint = suggestion(flavour, self.flavours)
            raise Refused(Fault(f"there is no flavour {flavour!r} of the sandbox Jira", hint))
        for option, path in (("ledger", self._options.ledger), ("state", self._options.state)):
            if path is not None:
                check_writable(option, path)
        return Site(self._options)

    def start(self) -> str:
        """Listen, and return the address of the page where a person sees and moves things."""
        site = self._prepared()
        site.start(self._changed)
        self._site = site
        return f"{site.url}/"

    def _changed(self) -> None:
        for wake in self._wakes:
            wake()

    def stop(self) -> None:
        """Stop listening and leave the ledger where it was asked for."""
        if self._site is not None:
            self._site.stop()
            self._site = None

    def on_change(self, wake: Callable[[], None]) -> None:
        """Call *wake* after each change of contents, as a webhook would."""
        self._wakes.append(wake)

    def stand_in(self, connector: "Connector | None") -> "Connector":
        """Return *connector* pointed here: as its own user, if there is one, or as release-bot.

        A connector with a personal access token goes on to send a Bearer token. One that has no
        ``settleTime`` of its own gets a short one.
        """
        from penstock_jira.connector import JiraConnector
        from penstock_jira.sandbox.sign_in import TOKEN

        if connector is None:
            made = JiraConnector.at(self.url, self.site.desk.world.users[0].name, TOKEN)
        elif isinstance(connector, JiraConnector):
            made = connector.pointed_at(self.url, self._name(connector), TOKEN)
        else:
            raise Refused(f"a connector of type {connector.type} is none of Jira's")
        if connector is not None and "settle_time" in connector.model_fields_set:
            return made
        return made.model_copy(update={"settle_time": _SETTLE})

    def _name(self, connector: "JiraConnector") -> str | None:
        """Return whom a connector signs in as here; ``None``: with a token alone."""
        from penstock_jira.auth import Password

        world = self.site.desk.world
        bot = world.users[0].name
        spec = connector.auth.spec if connector.auth is not None else None
        if spec is not None and not isinstance(spec, Password):
            return None
        named = spec.username if isinstance(spec, Password) else connector.username
        return named if named and world.user_known_as(named) else bot

    @classmethod
    def print_world(cls) -> str:
        """Return the default world as YAML, a starting point for ``--world``."""
        return (_PACKAGE / "world.yaml").read_text(encoding="utf-8")

    @classmethod
    def demo(cls) -> Demo | None:
        """Return the change-approval example, from a checkout or from the installed package."""
        places = (_PACKAGE.parents[3] / "pipelines", _PACKAGE.parents[1] / "penstock_pipelines")
        for place in places:
            pipeline = place / "change-approval.yaml"
            script = place / "scripts" / "change-approval.yaml"
            if pipeline.is_file() and script.is_file():
                return Demo(pipeline, script)
        return None
