"""Loads the plugins and asks each what it provides; names both parties of every clash."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import EntryPoint
from importlib.metadata import entry_points as installed
from types import MappingProxyType, ModuleType
from typing import TypeVar

import pluggy

from penstock import hooks
from penstock.connector import Connector
from penstock.errors import Fault, PluginError
from penstock.events import Event
from penstock.plugins.checks import hooks_as_text, overlooked_hooks, type_faults, unknown_hooks
from penstock.step import Step

__all__ = ["Plugin", "Plugins", "load_plugins"]

_ONE_OF_THEM = "uninstall one of them"
_RETURN_CLASSES = "return a list of classes, such as [Hello]"
_NO_PLUGINS = "no plugins are installed; in a checkout run `pip install -e .`"

T = TypeVar("T", bound=Step | Connector)


@dataclass(frozen=True)
class Plugin:
    """What an entry point names, and what it provides."""

    name: str
    #: The distribution that brought it and its version; ``""`` where nothing tells.
    distribution: str
    version: str
    module: str
    hooks: tuple[str, ...] = ()
    step_types: tuple[str, ...] = ()
    connector_types: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the name and its origin: ``'slack' of penstock-slack (penstock_slack)``."""
        return f"{self.name!r} of {self.distribution or 'no distribution'} ({self.module})"


@dataclass(frozen=True)
class Plugins:
    """All that the plugins provide; without arguments, what there is without plugins."""

    step_types: Mapping[str, type[Step]] = field(default_factory=dict)
    connector_types: Mapping[str, type[Connector]] = field(default_factory=dict)
    plugins: tuple[Plugin, ...] = ()
    _observers: tuple[tuple[Plugin, Callable[..., object]], ...] = ()

    @property
    def advice(self) -> str:
        """What to do when there are no plugins; ``""`` when there are."""
        return "" if self.plugins else _NO_PLUGINS

    def provider_of(self, type_name: str) -> Plugin | None:
        """Return the plugin that provides the step type, or else the connector type."""
        for plugin in self.plugins:
            if type_name in plugin.step_types:
                return plugin
        found = (plugin for plugin in self.plugins if type_name in plugin.connector_types)
        return next(found, None)

    def listing(self) -> tuple[Plugin, ...]:
        """Return the plugins by name, for ``penstock plugins``."""
        return self.plugins

    def notify(self, event: Event) -> list[str]:
        """Tell every observer about *event*, one at a time; return what went wrong, as text.

        What an observer raises is for its own plugin to mend: the others are told all the same,
        and the run goes on.
        """
        problems = []
        for plugin, observe in self._observers:
            try:
                observe(event=event)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin may raise anything
                problems.append(
                    f"plugin {plugin}: penstock_event failed on {event.kind}: {_told(error)}"
                )
        return problems


def load_plugins(
    group: str = "penstock", *, entry_points: Sequence[EntryPoint] | None = None
) -> Plugins:
    """Load the plugins of the entry point *group*, or those given, and return what they provide.

    Raise ``PluginError`` with all that is wrong with any of them: a plugin that is not in order
    stops the program before anything is sent, rather than being left out.
    """
    loading = _Loading()
    loading.load(installed(group=group) if entry_points is None else entry_points)
    loading.check_hooks()
    steps = loading.ask("penstock_step_types", Step)  # type: ignore[type-abstract]  # compared, not made
    connectors = loading.ask("penstock_connector_types", Connector)
    if loading.faults:
        raise PluginError(*loading.faults) from loading.cause
    return loading.loaded(steps, connectors)


class _Loading:
    """The state of one ``load_plugins``: what is in order so far, and what is not."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        #: The first exception behind a fault, for the curious.
        self.cause: BaseException | None = None
        self._registry = pluggy.PluginManager("penstock")
        self._registry.add_hookspecs(hooks)
        self._modules: dict[Plugin, ModuleType] = {}

    def load(self, points: Iterable[EntryPoint]) -> None:
        """Import and register each plugin whose name is its own."""
        by_name: dict[str, dict[Plugin, EntryPoint]] = {}
        for plugin, point in sorted(((_described(p), p) for p in points), key=lambda p: str(p[0])):
            by_name.setdefault(plugin.name, {})[plugin] = point
        for name, same in by_name.items():
            if len(same) > 1:
                self._fault(f"{len(same)} plugins are named {name!r}: {_and(same)}", _ONE_OF_THEM)
                continue
            for plugin, point in same.items():
                module = self._imported(plugin, point)
                if module is not None and self._registered(plugin, module):
                    self._modules[plugin] = module

    def check_hooks(self) -> None:
        """Find hooks that do not exist, and functions that were meant to be hooks."""
        checks = [overlooked_hooks]
        try:
            self._registry.check_pending()
        except pluggy.PluginValidationError as error:  # it tells of the first only
            self.cause = self.cause or error
            checks.insert(0, unknown_hooks)
        for plugin, module in self._modules.items():
            for message, hint in (
                found for check in checks for found in check(self._registry, module)
            ):
                self._fault(f"plugin {plugin}: {message}", hint)

    def ask(self, hook: str, root: type[T]) -> dict[Plugin, dict[str, type[T]]]:
        """Ask each plugin for its types, by one of the two hooks that return them."""
        provided: dict[Plugin, dict[str, type[T]]] = {}
        parties: dict[str, list[str]] = {}
        for plugin, module in self._modules.items():
            provided[plugin] = {}
            for found in self._answers(hook, plugin, module):
                faults = list(type_faults(found, root))
                for message, hint in faults:
                    self._fault(f"plugin {plugin}: {hook}: {message}", hint)
                if not faults and isinstance(found, type) and issubclass(found, root):
                    if provided[plugin].get(found.type) is not found:
                        those = parties.setdefault(found.type, [])
                        those.append(f"{found.__name__} of plugin {plugin}")
                    provided[plugin][found.type] = found
        for name, those in parties.items():
            if len(those) > 1:
                kind = f"{root.__name__.lower()} types are called {name!r}"
                self._fault(f"{len(those)} {kind}: {' and '.join(those)}", _ONE_OF_THEM)
        return provided

    def loaded(
        self,
        steps: Mapping[Plugin, Mapping[str, type[Step]]],
        connectors: Mapping[Plugin, Mapping[str, type[Connector]]],
    ) -> Plugins:
        """Return the outcome, once there are no faults."""
        whole = {
            plugin: replace(
                plugin,
                hooks=tuple(sorted(self._hooks_of(module))),
                step_types=tuple(sorted(steps[plugin])),
                connector_types=tuple(sorted(connectors[plugin])),
            )
            for plugin, module in self._modules.items()
        }
        observers = tuple(
            (plugin, self._caller("penstock_event", self._modules[known]))
            for known, plugin in whole.items()
            if "penstock_event" in plugin.hooks
        )
        return Plugins(_merged(steps), _merged(connectors), tuple(whole.values()), observers)

    def _imported(self, plugin: Plugin, point: EntryPoint) -> ModuleType | None:
        try:
            module = point.load()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - an import may raise anything
            self.cause = self.cause or error
            hint = f"mend it, or: pip uninstall {plugin.distribution or 'it'}"
            self._fault(f"cannot load plugin {plugin}: {_told(error)}", hint)
            return None
        if isinstance(module, ModuleType):
            return module
        hint = f'write {plugin.name} = "{point.module}" in its entry points'
        self._fault(f"plugin {plugin} names a {type(module).__name__}, not a module", hint)
        return None

    def _registered(self, plugin: Plugin, module: ModuleType) -> bool:
        twins = [known for known, other in self._modules.items() if other is module]
        if twins:
            self._fault(f"two plugins are one module: {_and([*twins, plugin])}", _ONE_OF_THEM)
            return False
        try:
            self._registry.register(module, plugin.name)
        except pluggy.PluginValidationError as error:
            self.cause = self.cause or error
            told = " ".join(str(error).split())
            self._fault(f"plugin {plugin}: {told}", f"the hooks are {hooks_as_text()}")
            return False
        return True

    def _answers(self, hook: str, plugin: Plugin, module: ModuleType) -> list[object]:
        """Return what the plugin's hook returned; whether it is what it should be is not said."""
        if hook not in self._hooks_of(module):
            return []
        try:
            answers = [list(answer) for answer in self._caller(hook, module)()]
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin may raise anything
            self.cause = self.cause or error
            self._fault(f"plugin {plugin}: {hook} failed: {_told(error)}", _RETURN_CLASSES)
            return []
        if not answers:  # pluggy leaves a None out
            self._fault(f"plugin {plugin}: {hook} returned nothing", _RETURN_CLASSES)
        return [found for answer in answers for found in answer]

    def _hooks_of(self, module: ModuleType) -> set[str]:
        return {caller.name for caller in self._registry.get_hookcallers(module) or ()}

    def _caller(self, hook: str, module: ModuleType) -> Callable[..., list[Iterable[object]]]:
        """Return the hook of one plugin alone.

        Not its function: that may take fewer arguments than the hook has, which pluggy sees to.
        """
        others = [plugin for plugin in self._registry.get_plugins() if plugin is not module]
        return self._registry.subset_hook_caller(hook, others)

    def _fault(self, message: str, hint: str) -> None:
        self.faults.append(Fault(message, hint))


def _described(point: EntryPoint) -> Plugin:
    distribution = point.dist
    name = distribution.name if distribution is not None else ""
    version = distribution.version if distribution is not None else ""
    return Plugin(point.name, name or "", version or "", point.module)


def _merged(provided: Mapping[Plugin, Mapping[str, type[T]]]) -> Mapping[str, type[T]]:
    return MappingProxyType({name: t for types in provided.values() for name, t in types.items()})


def _told(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"it called sys.exit({error.code!r})"
    return f"{type(error).__name__}: {error}".removesuffix(": ")


def _and(plugins: Iterable[Plugin]) -> str:
    return " and ".join(map(str, plugins))
