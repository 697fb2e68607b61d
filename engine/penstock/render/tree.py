"""A run as a live tree on a terminal, redrawn in place until it ends."""

from datetime import tzinfo
from threading import RLock

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.text import Text

from penstock.clock import Clock
from penstock.events import Event
from penstock.render.picture import picture
from penstock.render.progress import RunProgress
from penstock.render.summary import summary

__all__ = ["LiveRenderer"]

_REFRESHES = 4  # a second
#: A picture as high as the terminal would scroll it.
_SPARE_LINES = 1
_BOUNDLESS = 1_000_000


class LiveRenderer:
    """Shows stages and steps with their times, and what each waiting gate waits for."""

    def __init__(
        self,
        console: Console,
        clock: Clock,
        *,
        zone: tzinfo | None = None,
        auto_refresh: bool = True,
    ) -> None:
        """Take the terminal and the clock; without *auto_refresh* only ``show`` redraws."""
        self._console = console
        self._clock = clock
        self._zone = zone
        self._auto_refresh = auto_refresh
        self._progress = RunProgress()
        self._lock = RLock()
        self._live: Live | None = None
        self._closing = False

    def show(self, event: Event) -> None:
        """Take the event into account; it is seen at the next redraw."""
        with self._lock:
            self._progress.apply(event)
        if self._live is None:
            self._live = Live(
                self,
                console=self._console,
                auto_refresh=self._auto_refresh,
                refresh_per_second=_REFRESHES,
            )
            self._live.start(refresh=True)
        elif not self._auto_refresh:
            self._live.refresh()

    def close(self) -> None:
        """Leave the last picture on the screen, all of it, and print the summary under it."""
        if self._live is None:
            return
        self._closing = True
        self._live.stop()
        self._live = None
        colour = self._console.color_system is not None and not self._console.no_color
        lines = summary(self._progress, colour)
        for line in ["", *lines] if lines else []:
            self._console.print(Text.from_ansi(line))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw what there is to see at this moment."""
        room = _BOUNDLESS if self._closing else console.size.height - _SPARE_LINES
        with self._lock:
            yield from picture(
                self._progress,
                now=self._clock.now(),
                zone=self._zone,
                width=options.max_width,
                room=room,
                height=lambda part: len(console.render_lines(part, options, pad=False)),
            )
