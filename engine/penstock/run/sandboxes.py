"""The sandboxes of a run: one for each connector type of its steps that has one."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from penstock.clock import Clock
from penstock.connector import Connector
from penstock.pipeline.plan import Plan
from penstock.sandbox import Sandbox, SandboxOptions
from penstock.step import Step

__all__ = ["SandboxSettings", "running", "sandbox_types"]


@dataclass(frozen=True)
class SandboxSettings:
    """How the sandboxes of a run are set up (``--world``, ``--script``, ``--flavour``, …)."""

    world: Path | None = None
    script: Path | None = None
    flavour: str | None = None
    ledger: Path | None = None

    def to_json(self) -> dict[str, str | None]:
        """Return the settings for the journal, files by their whole path."""
        return {
            "world": _whole(self.world),
            "script": _whole(self.script),
            "flavour": self.flavour,
            "ledger": _whole(self.ledger),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, str | None]) -> Self:
        """Return the settings that ``to_json`` wrote."""
        world, script, ledger = (value[key] for key in ("world", "script", "ledger"))
        return cls(
            Path(world) if world else None,
            Path(script) if script else None,
            value["flavour"],
            Path(ledger) if ledger else None,
        )

    def options(self, clock: Clock, state: Path | None = None) -> SandboxOptions:
        """Return the options of a sandbox that keeps its contents in *state*."""
        return SandboxOptions(
            world=self.world,
            script=self.script,
            flavour=self.flavour,
            ledger=self.ledger,
            state=state,
            clock=clock,
        )


def _whole(file: Path | None) -> str | None:
    return str(file.resolve()) if file else None


def sandbox_types(
    plan: Plan,
    steps: Mapping[str, type[Step]],
    connectors: Mapping[str, type[Connector]],
) -> list[type[Sandbox]]:
    """Return the sandboxes of the connector types that a plan's steps use."""
    used = {steps[step.type].connector_type for _, step in plan.steps() if step.type in steps}
    kinds = [connectors[name] for name in sorted(filter(None, used)) if name in connectors]
    return [sandbox for kind in kinds if (sandbox := kind.sandbox()) is not None]


@contextmanager
def running(
    kinds: list[type[Sandbox]],
    settings: SandboxSettings,
    states: Path,
    clock: Clock,
    wake: Callable[[], None],
) -> Iterator[Mapping[str, tuple[Sandbox, str]]]:
    """Start sandboxes and stop them in the end; yield each with its page, by connector type.

    *states* is where their contents are kept, so that a killed run finds them again.
    """
    states.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    started: dict[str, tuple[Sandbox, str]] = {}
    with ExitStack() as stack:
        for kind in kinds:
            state = states.with_name(f"{states.name}-{kind.connector_type}.json")
            sandbox = kind(settings.options(clock, state))
            sandbox.on_change(wake)
            page = sandbox.start()
            stack.callback(sandbox.stop)
            started[kind.connector_type] = sandbox, page
        yield started
