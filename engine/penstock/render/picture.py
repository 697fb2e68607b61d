"""One picture of a run for a terminal: a pure function of what is known and of the instant."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from rich.console import RenderableType
from rich.padding import Padding
from rich.style import Style
from rich.table import Table
from rich.text import Text

from penstock.events import Status
from penstock.render.conditions import Row, condition_rows
from penstock.render.moments import countdown, elapsed
from penstock.render.progress import RunProgress, StepProgress
from penstock.render.signs import colour_of, status_sign, truth_colour, truth_sign
from penstock.render.text import cell_width, clean, clean_lines, fit, one_value, pad, safe_link

__all__ = ["picture"]

_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_TURNS = 8  # of the spinner, a second
#: Narrower terminals show no types of steps, and no since and by of conditions.
_ROOM_FOR_ALL = 72
_WIDEST_TYPE = 18
_TIME_WIDTH = 7


@dataclass(frozen=True)
class _Frame:
    now: datetime
    zone: tzinfo | None
    width: int
    name_width: int
    type_width: int


def picture(
    progress: RunProgress,
    *,
    now: datetime,
    zone: tzinfo | None,
    width: int,
    room: int,
    height: Callable[[RenderableType], int],
) -> Iterator[RenderableType]:
    """Yield the lines and tables of the picture, which take at most *room* lines if they can.

    *height* tells how many lines a part takes.

    Where it does not fit, stages that are done or not yet begun are shown without their steps,
    and then only what runs, waits or went wrong.
    """
    steps = list(progress.steps.values())
    frame = _frame(steps, now, zone, width)
    head = [_title(progress, now), *(_sandbox(*sandbox) for sandbox in progress.sandboxes)]
    head += [_one_line((clean(note), "dim")) for note in progress.notes]
    below = {
        step.path: [Padding(part, (0, 0, 0, 2 * step.depth + 4)) for part in _below(step, frame)]
        for step in steps
    }
    lines = {path: sum(map(height, parts)) for path, parts in below.items()}
    chosen = _chosen(steps, lines, room - len(head))
    yield from head
    for step in chosen:
        yield _step_line(step, frame)
        yield from below[step.path]
    if len(chosen) < len(steps):
        yield Text(f"  … {len(steps) - len(chosen)} more", style="dim")


def _frame(steps: Sequence[StepProgress], now: datetime, zone: tzinfo | None, width: int) -> _Frame:
    names = [2 * step.depth + 2 + cell_width(clean(step.name)) for step in steps]
    types = [cell_width(clean(step.type)) for step in steps if step.depth]
    type_width = min(max(types, default=0), _WIDEST_TYPE) if width >= _ROOM_FOR_ALL else 0
    return _Frame(now, zone, width, min(max(names, default=0), width // 2), type_width)


def _title(progress: RunProgress, now: datetime) -> Text:
    if progress.finished is not None:
        seconds = progress.finished.seconds
    else:
        seconds = (now - progress.started).total_seconds() if progress.started else 0.0
    word = "resumed" if progress.resumed else "run"
    run = f"  {word} {clean(progress.run)}  "
    return _one_line((clean(progress.name), "bold"), run, (elapsed(seconds), "cyan"))


def _sandbox(kind: str, page: str) -> Text:
    address = clean(page)
    return _one_line(f"Sandbox {clean(kind)}: ", (address, _link_style(page)))


def _step_line(step: StepProgress, frame: _Frame) -> Text:
    colour = colour_of(step.status)
    sign = status_sign(step.status)
    if step.status is Status.RUNNING and step.depth:
        sign = _SPINNER[int(frame.now.timestamp() * _TURNS) % len(_SPINNER)]
    indent = "  " * step.depth
    room = frame.name_width - len(indent) - 2
    name_style = "bold" if step.depth == 0 else "dim" if step.status is Status.NOT_STARTED else ""
    parts: list[tuple[str, str | Style]] = [
        (f"{indent}{sign} ", colour),
        (pad(fit(clean(step.name), room), room), name_style),
    ]
    if frame.type_width:
        kind = fit(clean(step.type), frame.type_width) if step.depth else ""
        parts.append(("  " + pad(kind, frame.type_width), "dim"))
    parts.append((f"  {_time(step, frame.now):>{_TIME_WIDTH}}  ", ""))
    if step.title:
        parts.append((one_value(step.title), _link_style(step.link)))
    return _one_line(*parts, (_remark(step), colour))


def _remark(step: StepProgress) -> str:
    words = [f"attempt {step.attempt}"] if step.attempt > 1 else []
    if step.status.is_final and step.status is not Status.SUCCEEDED:
        words.append(str(step.status))
    return "  " + ", ".join(words) if words else ""


def _time(step: StepProgress, now: datetime) -> str:
    if step.seconds is not None:
        return "" if step.status is Status.SKIPPED else elapsed(step.seconds)
    if step.started is None or step.status.is_final:
        return ""
    return elapsed((now - step.started).total_seconds())


def _below(step: StepProgress, frame: _Frame) -> Iterator[RenderableType]:
    waiting = step.status is Status.APPROVAL_WAITING
    if waiting and safe_link(step.link):
        yield _one_line((str(step.link), _link_style(step.link) + Style(dim=True)))
    if step.verdict is not None and step.status.is_good:
        yield _one_line((clean(step.verdict.reason), "dim"))
    elif step.verdict is not None:
        rows = condition_rows(step.verdict, frame.now, frame.zone)
        if rows:
            yield _table(rows, frame.width >= _ROOM_FOR_ALL)
            yield from (_why(row) for row in rows if row.why)
        else:
            yield Text(clean(step.verdict.reason))
    if waiting:
        yield from _patience(step, frame)
    yield from _told(step)
    if step.message and not step.status.is_good and step.depth:
        yield from (Text(line, style=colour_of(step.status)) for line in clean_lines(step.message))


def _told(step: StepProgress) -> Iterator[RenderableType]:
    yield from (_one_line((clean(note), "dim")) for note in step.notes)
    if not step.status.is_final:  # what failed tells its last lines itself
        yield from (_one_line((f"│ {clean(line)}", "dim")) for line in step.log)


def _patience(step: StepProgress, frame: _Frame) -> Iterator[RenderableType]:
    words = []
    if step.deadline:
        words.append(f"{countdown(step.deadline, frame.now)} left")
    if step.next_look:
        words.append(f"next look in {countdown(step.next_look, frame.now)}")
    yield _one_line((" · ".join(words), "cyan"))
    if step.problem:
        count = f" ({step.failures} times in a row)" if step.failures > 1 else ""
        yield Text(f"cannot look{count}: {clean(step.problem)}", style="magenta")


def _table(rows: Sequence[Row], with_history: bool) -> Table:
    titles = ["", "condition", "expected", "actual"]
    if with_history:
        titles += [name for name in ("since", "by") if any(getattr(row, name) for row in rows)]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for title in titles:
        table.add_column(title, overflow="fold", no_wrap=title in {"", "since"})
    for row in rows:
        colour = truth_colour(row.truth, row.rejection)
        cells = [
            Text(truth_sign(row.truth), style=colour),
            Text("  " * row.depth + row.title),
            Text(row.expected),
            Text(row.actual),
            *(Text(getattr(row, title)) for title in titles[4:]),
        ]
        table.add_row(*cells, style=colour if row.rejection else "")
    return table


def _why(row: Row) -> Text:
    sign = (truth_sign(row.truth), truth_colour(row.truth, row.rejection))
    return Text.assemble(sign, "  ", (f"{row.label}: {row.why}", "italic dim"))


def _chosen(
    steps: Sequence[StepProgress], below: dict[str, int], room: int
) -> Sequence[StepProgress]:
    """Return the steps to show; *below* counts the lines under each."""

    def height(of: Sequence[StepProgress]) -> int:
        return sum(1 + below[step.path] for step in of)

    if height(steps) <= room:
        return steps
    quiet = {s.path for s in steps if s.status.is_good or s.status is Status.NOT_STARTED}
    folded = [s for s in steps if s.depth == 0 or s.path.partition("/")[0] not in quiet]
    if height(folded) < room:  # less than: one line says how many are left out
        return folded
    return [step for step in steps if step.path not in quiet]


def _link_style(address: str | None) -> Style:
    link = safe_link(address)
    return Style(link=link, underline=True) if link else Style()


def _one_line(*parts: str | tuple[str, str | Style]) -> Text:
    return Text.assemble(*parts, no_wrap=True, overflow="ellipsis")
