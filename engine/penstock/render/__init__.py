"""Renderers: they turn the events of a run into text, and have no other say in it."""

import os
from collections.abc import Mapping
from typing import Literal, Protocol, TextIO, cast

from penstock.clock import Clock
from penstock.events import Event

__all__ = ["Renderer", "make_renderer"]


class Renderer(Protocol):
    """Shows a run. What becomes of its output never raises, and never ends the run."""

    def show(self, event: Event) -> None:
        """Show the event; may be called from any thread."""
        ...

    def close(self) -> None:
        """Show what comes last, and let go of the output; a second call does nothing."""
        ...


def make_renderer(
    output: Literal["text", "json"],
    stream: TextIO,
    clock: Clock,
    environ: Mapping[str, str] | None = None,
) -> Renderer:
    """Return the renderer that suits: JSON if asked for, a live tree for a person, else lines.

    *environ* (``None``: this process's) tells a terminal that only looks like one: ``TERM=dumb``
    or any ``CI``. Colours need a terminal and no ``NO_COLOR``.
    """
    environ = os.environ if environ is None else environ
    if output == "json":
        from penstock.render.json_lines import JsonRenderer

        return JsonRenderer(stream)
    terminal = stream.isatty() and environ.get("TERM") != "dumb"
    if terminal and not environ.get("CI"):
        from penstock.render.output import Output
        from penstock.render.signs import SIGNS

        guarded = Output(stream)
        if guarded.can_write(SIGNS):
            from rich.console import Console

            from penstock.render.tree import LiveRenderer

            return LiveRenderer(Console(file=cast("TextIO", guarded)), clock)
    from penstock.render.lines import LineRenderer

    return LineRenderer(stream, colour=terminal and not environ.get("NO_COLOR"))
