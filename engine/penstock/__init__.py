"""Penstock runs pipelines that wait for people. This is what a plugin needs of it.

The names are fetched when they are first used, so that ``import penstock`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__all__ = [
    "Absent",
    "Answer",
    "Binding",
    "Check",
    "Clock",
    "Combination",
    "Condition",
    "Connector",
    "ConnectorError",
    "Deferred",
    "DeferredText",
    "Demo",
    "Difference",
    "Doubt",
    "Duration",
    "Effect",
    "Event",
    "FailureType",
    "Finding",
    "Gate",
    "GateLooked",
    "GateOpened",
    "GateUnavailable",
    "Headline",
    "History",
    "Inspection",
    "Json",
    "Later",
    "Level",
    "Look",
    "OutcomeUnknown",
    "Outputs",
    "Past",
    "Pattern",
    "PatternError",
    "Refused",
    "Replayable",
    "RunFacts",
    "RunFinished",
    "RunInterrupted",
    "RunStarted",
    "Sandbox",
    "SandboxOptions",
    "SandboxStarted",
    "Secret",
    "SecretReference",
    "Snapshot",
    "Status",
    "Step",
    "StepContext",
    "StepFailed",
    "StepFinished",
    "StepLogged",
    "StepNoted",
    "StepOutline",
    "StepStarted",
    "Unavailable",
    "Verdict",
    "VerdictStatus",
    "Watch",
    "Write",
    "__version__",
    "hookimpl",
]

if TYPE_CHECKING:
    from penstock.clock import Clock
    from penstock.connector import Binding, Check, Connector, SecretReference
    from penstock.duration import Duration
    from penstock.errors import ConnectorError, FailureType, OutcomeUnknown, Refused, StepFailed
    from penstock.events import (
        Event,
        GateLooked,
        GateOpened,
        GateUnavailable,
        RunFinished,
        RunInterrupted,
        RunStarted,
        SandboxStarted,
        Status,
        StepFinished,
        StepLogged,
        StepNoted,
        StepOutline,
        StepStarted,
    )
    from penstock.expressions import Absent, Deferred, DeferredText
    from penstock.hooks import hookimpl
    from penstock.inspection import Difference, Finding, Inspection, Level, Write
    from penstock.json_types import Json
    from penstock.past import History, Past, Replayable
    from penstock.pattern import Pattern, PatternError
    from penstock.sandbox import Demo, Sandbox, SandboxOptions
    from penstock.secret import Secret
    from penstock.spec_place import Later
    from penstock.step import (
        Doubt,
        Effect,
        Gate,
        Headline,
        Outputs,
        RunFacts,
        Step,
        StepContext,
    )
    from penstock.verdict import Combination, Condition, Verdict, VerdictStatus
    from penstock.watch import Answer, Look, Snapshot, Unavailable, Watch

    __version__: str

#: Where each public name lives.
_HOMES = {
    "clock": ("Clock",),
    "connector": ("Binding", "Check", "Connector", "SecretReference"),
    "duration": ("Duration",),
    "errors": ("ConnectorError", "FailureType", "OutcomeUnknown", "Refused", "StepFailed"),
    "events": (
        *("Event", "GateLooked", "GateOpened", "GateUnavailable", "RunFinished", "RunInterrupted"),
        *("RunStarted", "SandboxStarted", "Status", "StepFinished", "StepLogged", "StepNoted"),
        *("StepOutline", "StepStarted"),
    ),
    "expressions": ("Absent", "Deferred", "DeferredText"),
    "hooks": ("hookimpl",),
    "inspection": ("Difference", "Finding", "Inspection", "Level", "Write"),
    "json_types": ("Json",),
    "pattern": ("Pattern", "PatternError"),
    "past": ("History", "Past", "Replayable"),
    "sandbox": ("Demo", "Sandbox", "SandboxOptions"),
    "secret": ("Secret",),
    "spec_place": ("Later",),
    "step": ("Doubt", "Effect", "Gate", "Headline", "Outputs", "RunFacts", "Step", "StepContext"),
    "verdict": ("Combination", "Condition", "Verdict", "VerdictStatus"),
    "watch": ("Answer", "Look", "Snapshot", "Unavailable", "Watch"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def _fetch(name: str) -> object:
    if name == "__version__":
        return _version()
    if name not in _HOME_OF:
        raise AttributeError(f"module 'penstock' has no attribute {name!r}")
    return getattr(import_module(f"penstock.{_HOME_OF[name]}"), name)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("penstock")
    except PackageNotFoundError:  # a checkout that was not installed
        return "0+unknown"


if not TYPE_CHECKING:  # a type checker would take this for any attribute

    def __getattr__(name: str) -> object:
        """Return a public name, and keep it for the next time."""
        globals()[name] = found = _fetch(name)
        return found

    def __dir__() -> list[str]:
        """Return the public names, fetched or not."""
        return sorted({*globals(), *__all__})
