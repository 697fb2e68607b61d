"""What can be wrong with a plugin, each with what to write instead; pure looks, no changes."""

import inspect
from collections import Counter
from collections.abc import Iterator
from types import ModuleType
from typing import TypeAlias, TypeVar

import pluggy
from pydantic import BaseModel

from penstock import hooks
from penstock.connector import Connector
from penstock.nearest import suggestion
from penstock.step import Gate, Step

__all__ = ["Finding", "hooks_as_text", "overlooked_hooks", "type_faults", "unknown_hooks"]

#: What is wrong, and what to do.
Finding: TypeAlias = tuple[str, str]

T = TypeVar("T", bound=Step | Connector)

_HOOKS = tuple(name for name in hooks.__all__ if name.startswith("penstock_"))
_SIGNATURES = {
    "run": "def run(self, context: StepContext) -> Outputs: ...",
    "watch": "def watch(self, context: StepContext) -> Watch: ...",
    "judge": "def judge(self, snapshot: Snapshot) -> Verdict: ...",
}


def hooks_as_text() -> str:
    """Return all hooks with their arguments, for a hint."""
    return ", ".join(
        f"{name}({', '.join(inspect.signature(getattr(hooks, name)).parameters)})"
        for name in _HOOKS
    )


def unknown_hooks(registry: pluggy.PluginManager, module: ModuleType) -> Iterator[Finding]:
    """Yield each implementation of a hook that does not exist."""
    for caller in registry.get_hookcallers(module) or ():
        if not caller.has_spec() and not all(i.optionalhook for i in caller.get_hookimpls()):
            yield f"there is no hook {caller.name!r}", suggestion(caller.name, _HOOKS)


def overlooked_hooks(registry: pluggy.PluginManager, module: ModuleType) -> Iterator[Finding]:
    """Yield each function that has a hook's name but is not marked, or that there is no hook."""
    marked = {caller.name for caller in registry.get_hookcallers(module) or ()}
    unmarked = [
        name for name in _HOOKS if name not in marked and callable(getattr(module, name, None))
    ]
    for name in unmarked:
        yield f"{name} is not marked as a hook", "write @penstock.hookimpl above it"
    if not marked and not unmarked:
        yield "it implements no hook", f"the hooks are {hooks_as_text()}"


def type_faults(found: object, root: type[T]) -> Iterator[Finding]:
    """Yield what keeps *found* from being a step type or a connector type (*root*)."""
    kind = root.__name__.lower()
    if not isinstance(found, type):
        yield f"{found!r:.80} is not a class", "return the classes themselves, such as [Hello]"
    elif not issubclass(found, root):
        message = f"{found.__name__} is not a {kind} type"
        yield message, f"write class {found.__name__}(penstock.{root.__name__})"
    else:
        yield from _name_faults(found)
        yield from _method_faults(found)
        yield from _field_faults(found)


def _name_faults(found: type[BaseModel]) -> Iterator[Finding]:
    name = getattr(found, "type", None)
    if not isinstance(name, str) or not name or name != "".join(name.split()):
        said = f"{found.__name__} has no type"
        said += f" that a pipeline could name: {name!r}" if name is not None else ""
        yield said, f'write type: ClassVar[str] = "{found.__name__}" in the class'


def _method_faults(found: type[BaseModel]) -> Iterator[Finding]:
    if inspect.isabstract(found):
        for method in sorted(found.__abstractmethods__):
            write = _SIGNATURES.get(method, f"def {method}")
            yield f"{found.__name__} lacks the method {method!r}", f"write {write}"


def _field_faults(found: type[BaseModel]) -> Iterator[Finding]:
    taken = {
        name
        for root in (Step, Gate, Connector)
        if issubclass(found, root)
        for name in (*vars(root), *inspect.get_annotations(root))
        if not name.startswith(("_", "model_"))
    }
    for name in found.model_fields:
        if name in taken and name != "type":
            yield (
                f"{found.__name__}.{name}: penstock uses this name itself",
                f'rename it; {name}_: … = Field(alias="{name}") keeps the key in YAML',
            )
    keys = Counter(key for name in found.model_fields for key in _keys(found, name))
    for key, count in keys.items():
        if count > 1:
            yield f"{count} fields of {found.__name__} have the key {key!r}", "rename one of them"


def _keys(found: type[BaseModel], name: str) -> set[str]:
    """Return what the field may be called in YAML: Python's name is accepted too."""
    alias = found.model_fields[name].validation_alias
    return {name, alias} if isinstance(alias, str) else {name}
