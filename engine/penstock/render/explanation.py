"""A run of the journal, explained: ``penstock show RUN``, and the table of ``penstock runs``."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, tzinfo
from shlex import quote

from penstock.events import Status
from penstock.evidence import broken, digests
from penstock.json_types import Json
from penstock.render.conditions import Row, condition_rows
from penstock.render.json_lines import to_json
from penstock.render.moments import ago, day_time, elapsed
from penstock.render.signs import colour_of, paint, status_sign, truth_colour, truth_sign
from penstock.render.summary import resume_command
from penstock.render.text import align, clean, clean_lines, fit, joined, one_value, safe_link
from penstock.verdict import Verdict

__all__ = ["PageStyle", "RunView", "StepView", "run_json", "run_page", "run_row", "runs_table"]

_WIDEST_VALUE = 60
_WIDEST_NAME = 40
#: So much of a SHA-256 tells it from others.
_DIGEST = 12


@dataclass(frozen=True)
class StepView:
    """A stage (``depth`` 0) or a step, as the journal knows it."""

    path: str
    name: str
    type: str
    depth: int
    status: Status
    started: datetime | None = None
    finished: datetime | None = None
    attempt: int = 1
    message: str = ""
    #: The headline: a ticket's key, and its address.
    title: str | None = None
    link: str | None = None
    outputs: Mapping[str, Json] = field(default_factory=dict)
    #: Of a gate: its last verdict, when it expires, and what it waits for.
    verdict: Verdict | None = None
    deadline: datetime | None = None
    key: str | None = None


@dataclass(frozen=True)
class RunView:
    """A run, as the journal knows it; ``pipeline`` is the pipeline's identifier."""

    id: str
    pipeline: str
    name: str
    file: str
    status: Status
    started: datetime
    finished: datetime | None = None
    user: str = ""
    inputs: Mapping[str, Json] = field(default_factory=dict)
    steps: tuple[StepView, ...] = ()
    #: Whether a living process carries it now; ``None``: not known.
    carried: bool | None = None


@dataclass(frozen=True)
class PageStyle:
    """How a page is to look; times are told as seen at ``now``."""

    now: datetime
    zone: tzinfo | None = None
    colour: bool = False
    #: False where the stream's encoding has no ✓.
    signs: bool = True

    def when(self, at: datetime) -> str:
        """Return an instant with how long ago it is."""
        return f"{day_time(at, self.now, self.zone)} ({ago(at, self.now)})"


def run_page(view: RunView, style: PageStyle) -> str:
    """Return what there is to tell about a run, for a person; ends with what to do next."""
    status = paint(str(view.status), colour_of(view.status), style.colour)
    lines = [f"{paint(clean(view.name), 'bold', style.colour)}  {status}"]
    lines += ["  " + joined(cells) for cells in align(list(_facts(view, style)))]
    lines.append("")
    heads = align([_step_cells(step, style) for step in view.steps])
    for step, head in zip(view.steps, heads, strict=True):
        sign = status_sign(step.status, style.signs)
        painted = paint(sign, colour_of(step.status), style.colour)
        lines.append(joined(head).replace(sign, painted, 1))
        lines += ["  " * step.depth + "    " + line for line in _details(step, style)]
    advice = list(_advice(view))
    if advice:
        lines += ["", "What to do next:", *(f"  {line}" for line in advice)]
    return "\n".join(lines) + "\n"


def run_json(view: RunView) -> dict[str, Json]:
    """Return all of a run as JSON: ``run`` is its id, the other keys are the fields' names."""
    names = tuple(item.name for item in fields(view) if item.name not in {"id", "carried"})
    return {"run": view.id} | {name: to_json(getattr(view, name)) for name in names}


def runs_table(views: Sequence[RunView], style: PageStyle) -> str:
    """Return the table of runs, in the order given."""
    if not views:
        return "There are no runs yet. Start one with:  penstock run FILE\n"
    titles, *rows = align([_TITLES, *(_run_cells(view, style) for view in views)])
    for row, view in zip(rows, views, strict=True):
        row[_STATUS] = paint(row[_STATUS], colour_of(view.status), style.colour)
    lines = [paint(joined(titles), "dim", style.colour), *map(joined, rows)]
    return "\n".join(lines) + "\n"


def run_row(view: RunView) -> dict[str, Json]:
    """Return one run's line of ``penstock runs --output json``."""
    whole = run_json(view)
    kept = ("run", "pipeline", "name", "status", "started", "finished")
    return {name: whole[name] for name in kept}


_TITLES = ("RUN", "PIPELINE", "STATUS", "STARTED", "TOOK", "BY", "WAITS FOR")
_STATUS = _TITLES.index("STATUS")


def _run_cells(view: RunView, style: PageStyle) -> list[str]:
    waits = [one_value(step.key) for step in view.steps if _waits(step) and step.key]
    took = elapsed((view.finished - view.started).total_seconds()) if view.finished else ""
    name = fit(clean(view.name), _WIDEST_NAME)
    start = style.when(view.started)
    return [clean(view.id), name, view.status, start, took, clean(view.user), ", ".join(waits)]


def _facts(view: RunView, style: PageStyle) -> Iterator[tuple[str, str]]:
    by = f" by {clean(view.user)}" if view.user else ""
    yield "run", clean(view.id)
    yield "file", clean(view.file)
    yield "started", style.when(view.started) + by
    if view.finished:
        took = elapsed((view.finished - view.started).total_seconds())
        yield "finished", f"{style.when(view.finished)}, after {took}"
    for index, pair in enumerate(_assignments(view.inputs)):
        yield "" if index else "inputs", pair


def _step_cells(step: StepView, style: PageStyle) -> list[str]:
    sign = status_sign(step.status, style.signs)
    time = ""
    if step.started:
        time = elapsed(((step.finished or style.now) - step.started).total_seconds())
    remarks = [f"attempt {step.attempt}"] if step.attempt > 1 else []
    if step.status not in {Status.SUCCEEDED, Status.NOT_STARTED, Status.RUNNING}:
        remarks.append(str(step.status))
    return [
        f"{'  ' * step.depth}{sign} {fit(clean(step.name), _WIDEST_NAME)}",
        clean(step.type) if step.depth else "",
        f"{time:>7}" if time else "",
        "  ".join([one_value(step.title or step.key or ""), ", ".join(remarks)]).strip(),
    ]


def _details(step: StepView, style: PageStyle) -> Iterator[str]:
    if safe_link(step.link):
        yield str(step.link)
    if step.depth and not step.status.is_good:
        yield from clean_lines(step.message)
    if step.verdict is not None:
        yield f"{step.verdict.status}: {clean(step.verdict.reason)}"
        yield from _conditions(step.verdict, style)
        yield from _evidence(step.verdict)
    if step.deadline and _waits(step):
        yield f"expires {style.when(step.deadline)}"
    if step.outputs:
        yield "outputs:"
        yield from (f"  {pair}" for pair in _assignments(step.outputs))


def _conditions(verdict: Verdict, style: PageStyle) -> Iterator[str]:
    rows = condition_rows(verdict, style.now, style.zone)
    cells = [_condition_cells(row, style) for row in rows]
    if not rows:
        return
    filled = [any(column) for column in zip(*cells, strict=True)]
    names = ("", "condition", "expected", "actual", "since", "by")
    title, *lines = align([[n if f else "" for n, f in zip(names, filled, strict=True)], *cells])
    yield paint(joined(title), "dim", style.colour)
    for row, line in zip(rows, lines, strict=True):
        line[0] = paint(line[0], truth_colour(row.truth, row.rejection), style.colour)
        yield joined(line)
    yield from (f"{row.label}: {row.why}" for row in rows if row.why)


def _evidence(verdict: Verdict) -> Iterator[str]:
    """Yield what is kept of the gate's end, in short, and whether it is what was kept then."""
    changed = broken(verdict.evidence)
    if changed:
        names = ", ".join(map(clean, changed))
        yield f"evidence: {names} differs from what was kept when the gate ended"
    elif verdict.evidence:
        told = digests(verdict.evidence).items()
        yield "evidence: " + ", ".join(f"{clean(name)} {one[:_DIGEST]}…" for name, one in told)


def _condition_cells(row: Row, style: PageStyle) -> list[str]:
    values = [fit(value, _WIDEST_VALUE) for value in (row.expected, row.actual)]
    sign = truth_sign(row.truth, style.signs)
    return [sign, "  " * row.depth + row.title, *values, row.since, row.by]


def _assignments(values: Mapping[str, Json]) -> Iterator[str]:
    for name, value in values.items():
        text = value if isinstance(value, str) else json.dumps(to_json(value), ensure_ascii=False)
        yield f"{clean(name)} = {one_value(text)}"


def _advice(view: RunView) -> Iterator[str]:
    if view.status.is_good:
        return
    if view.status is Status.ABORTED:
        yield f"Start anew:  penstock run {quote(clean(view.file))}"
        return
    if view.status.is_final:
        yield f"Mend what is said above and start anew:  penstock run {quote(clean(view.file))}"
        return
    for step in view.steps:
        if _waits(step):
            place = f": {step.link}" if safe_link(step.link) else ""
            yield f"{clean(step.name)} waits for {clean(step.key or 'an answer')}{place}"
    if view.carried:
        yield f"A process carries this run. To end it for good:  penstock abort {clean(view.id)}"
        return
    condition = "Go on" if view.carried is False else "If no process carries this run now, go on"
    yield f"{condition} with:  {resume_command(view.id)}"


def _waits(step: StepView) -> bool:
    return step.depth > 0 and step.status is Status.APPROVAL_WAITING
