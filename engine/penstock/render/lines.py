"""A run as plain lines, one per change, for CI logs and for reading later."""

from datetime import tzinfo
from threading import Lock
from typing import TextIO

from penstock.events import (
    Event,
    GateLooked,
    GateOpened,
    GateUnavailable,
    RunStarted,
    SandboxStarted,
    Status,
    StepFinished,
    StepLogged,
    StepNoted,
    StepStarted,
)
from penstock.render.conditions import condition_rows, sentence
from penstock.render.moments import clock_time, day_time, elapsed
from penstock.render.output import Output
from penstock.render.progress import RunProgress
from penstock.render.signs import SIGNS, colour_of, paint, truth_colour, truth_sign
from penstock.render.summary import summary
from penstock.render.text import cell_width, clean, clean_lines, pad, safe_link

__all__ = ["LineRenderer"]

#: The path's column is as wide as the longest path, but not wider than this.
_WIDEST_PATH = 40
#: Under the path's column: the width of ``HH:MM:SS`` and the gap after it.
_INDENT = " " * 10


class LineRenderer:
    """Prints ``HH:MM:SS path what happened``; for a gate also a line per condition, on change."""

    def __init__(self, stream: TextIO, colour: bool, zone: tzinfo | None = None) -> None:
        """Take the stream, whether to colour, and the time zone (``None``: the machine's)."""
        self._output = Output(stream)
        self._signs = self._output.can_write(SIGNS)
        self._colour = colour
        self._zone = zone
        self._progress = RunProgress()
        self._width = 0
        self._lock = Lock()

    def show(self, event: Event) -> None:
        """Print what the event changed."""
        with self._lock:
            self._progress.apply(event)
            lines = self._lines(event)
        if lines:
            self._output.write("\n".join(lines) + "\n")
            self._output.flush()

    def close(self) -> None:
        """Print the summary, if the run has ended or was interrupted."""
        with self._lock:
            lines = summary(self._progress, self._colour)
            self._progress = RunProgress()
        if lines:
            self._output.write("\n".join(lines) + "\n")
        self._output.flush()

    def _lines(self, event: Event) -> list[str]:
        match event:
            case RunStarted() | SandboxStarted():
                return self._head(event)
            case StepStarted() | StepNoted() | StepFinished():
                return self._step(event)
            case StepLogged():
                return [self._logged(event)]
            case GateOpened() | GateLooked() | GateUnavailable():
                return self._gate(event)
        return []

    def _head(self, event: RunStarted | SandboxStarted) -> list[str]:
        time = clock_time(event.at, self._zone)
        if isinstance(event, SandboxStarted):
            return [f"{time}  Sandbox {clean(event.connector_type)}: {clean(event.page)}"]
        widths = [cell_width(clean(step.path)) for step in event.outline]
        self._width = min(_WIDEST_PATH, max(widths, default=0))
        word = "resumed" if event.resumed else "started"
        name = paint(clean(event.name), "bold", self._colour)
        return [f"{time}  {name}: run {clean(event.run)} {word}"]

    def _step(self, event: StepStarted | StepNoted | StepFinished) -> list[str]:
        if isinstance(event, StepStarted):
            again = f" (attempt {event.attempt})" if event.attempt > 1 else ""
            return [self._line(event, event.path, f"started{again}")]
        if isinstance(event, StepNoted):
            first, *more = clean_lines(event.text) or [""]
            return [self._line(event, event.path, first), *self._below(more)]
        text = paint(str(event.status), colour_of(event.status), self._colour)
        if event.status is not Status.SKIPPED:
            text += f" in {elapsed(event.seconds)}"
        shown = [clean(event.title or ""), safe_link(event.link) or ""]
        text = "  ".join(part for part in [text, *shown] if part)
        return [self._line(event, event.path, text), *self._below(clean_lines(event.message))]

    def _logged(self, event: StepLogged) -> str:
        text = paint(f"{self._bar} {clean(event.text)}", "dim", self._colour)
        return self._line(event, event.path, text)

    def _gate(self, event: GateOpened | GateLooked | GateUnavailable) -> list[str]:
        if isinstance(event, GateOpened):
            until = day_time(event.deadline, event.at, self._zone)
            every = elapsed(event.interval) if event.interval % 1 else f"{event.interval:.0f}s"
            polled = f" until {until}, looking every {every}"
            text = f"waits for {clean(event.key)}"
            text += polled if event.interval else f", until {until} at most"
            return [self._line(event, event.path, f"{text}  {safe_link(event.link) or ''}")]
        if not event.changed:
            return []
        if isinstance(event, GateLooked):
            text = f"{event.verdict.status}: {clean(event.verdict.reason)}"
            return [self._line(event, event.path, text), *self._conditions(event)]
        count = f", {event.failures} times in a row" if event.failures > 1 else ""
        again = clock_time(event.next_look, self._zone)
        text = f"cannot look{count}: {clean(event.reason)}; next look at {again}"
        return [self._line(event, event.path, text)]

    def _conditions(self, event: GateLooked) -> list[str]:
        lines = []
        for row in condition_rows(event.verdict, event.at, self._zone):
            sign = truth_sign(row.truth, self._signs)
            colour = truth_colour(row.truth, row.rejection)
            text = f"{'  ' * row.depth}{sign} {sentence(row)}"
            lines.append(_INDENT + "  " + paint(text, colour, self._colour))
        return lines

    def _line(self, event: Event, path: str, text: str) -> str:
        place = pad(clean(path), self._width)
        return f"{clock_time(event.at, self._zone)}  {place}  {text}".rstrip()

    def _below(self, lines: list[str]) -> list[str]:
        """Return more lines of one text; the bar keeps them from passing for lines of ours."""
        return [f"{_INDENT}  {self._bar} {line}" for line in lines]

    @property
    def _bar(self) -> str:
        return "│" if self._signs else "|"
