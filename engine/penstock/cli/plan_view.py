"""What ``penstock plan`` prints: each step as it would run, or as it was found (``--live``)."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import click

from penstock.duration import format_duration
from penstock.inspection import Inspection, Write
from penstock.json_types import Json
from penstock.pipeline.plan import Plan
from penstock.pipeline.preview import StepPreview, preview_variables
from penstock.render.conditions import condition_rows, sentence
from penstock.render.json_lines import to_json
from penstock.render.output import Output
from penstock.render.signs import SIGNS, truth_sign
from penstock.render.text import clean
from penstock.run.inspector import InspectedStep, LivePlan
from penstock.verdict import Verdict

__all__ = ["PlanView"]

#: A body that is longer than this is written over several lines.
_WIDEST = 96


class PlanView:
    """A plan to show: *previews* of its steps, and what was found of each, if somebody looked."""

    def __init__(
        self, plan: Plan, previews: tuple[StepPreview, ...], live: LivePlan | None, now: datetime
    ) -> None:
        """Take the plan and its steps, both as they are at *now*."""
        self._plan, self._previews, self._live, self._now = plan, previews, live, now

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        plan, live = self._plan, self._live
        found: dict[str, Any] = {
            "pipeline": plan.identifier,
            "name": plan.name,
            "file": plan.file,
            "variables": preview_variables(plan, self._now),
        }
        if live is None:
            return found | {"steps": [_step_json(preview) for preview in self._previews]}
        steps = [_step_json(step.preview) | _found_json(step) for step in live.steps]
        return found | {"connectors": dict(live.connectors), "steps": steps}

    def lines(self, output: Output) -> Iterator[str]:
        """Yield it for people; *output* tells which signs can be written."""
        plan = self._plan
        yield click.style(f"{clean(plan.name)}  ({clean(plan.file)})", bold=True)
        for name, value in preview_variables(plan, self._now).items():
            yield f"  {name} = {clean(_shown(value))}"
        if self._live is not None:
            for reference, who in self._live.connectors.items():
                yield f"  {clean(reference)}: {clean(who)}"
        inspections = [step.inspection for step in self._live.steps] if self._live else []
        stage = None
        for number, item in enumerate(self._previews):
            if item.stage.path != stage:
                stage = item.stage.path
                yield f"\n{clean(item.stage.name)}{_when(item.stage)}"
            limit = format_duration(item.step.timeout)
            head = f"  {clean(item.step.name)}  {item.step.type}, within {limit}"
            yield click.style(f"{head}{_when(item.step)}", bold=True)
            found = inspections[number] if inspections else Inspection()
            lines = [clean(line) for line in item.lines or _spec_lines(item.spec)]
            for line in _step_lines(lines, found, self._now, signs=output.can_write(SIGNS)):
                yield f"    {line}"


def _step_json(preview: StepPreview) -> dict[str, Any]:
    return {
        "path": preview.step.path,
        "type": preview.step.type,
        "timeout": preview.step.timeout,
        "spec": preview.spec,
        "would": list(preview.lines),
    }


def _found_json(step: InspectedStep) -> dict[str, Json]:
    inspection = step.inspection
    return {
        "writes": to_json(inspection.writes),
        "differences": to_json(inspection.differences),
        "verdict": to_json(inspection.verdict),
        "findings": [
            {"level": str(each.level), **_fault_json(to_json(each.fault))} for each in step.findings
        ],
    }


def _fault_json(fault: Json) -> Mapping[str, Json]:
    assert isinstance(fault, Mapping)  # noqa: S101 - a dataclass is one
    return fault


def _step_lines(
    offline: list[str], found: Inspection, now: datetime, *, signs: bool
) -> Iterator[str]:
    """Yield what a step does: as it was found, or else as it is written."""
    if not found.writes:
        yield from offline
    for each in found.differences:
        arrow = "→" if signs else "->"
        yield f"{clean(each.name)}: {clean(each.before)} {arrow} {clean(each.after)}"
    for write in found.writes:
        yield from _write_lines(write)
    if found.verdict is not None:
        yield from _verdict_lines(found.verdict, now, signs=signs)


def _write_lines(write: Write) -> Iterator[str]:
    yield clean(write.what)
    if write.body is not None:
        yield from (f"  {line}" for line in _json_lines(to_json(write.body)))


def _json_lines(value: Json, before: str = "", after: str = "") -> Iterator[str]:
    """Yield JSON over as many lines as it needs: what fits stands on one."""
    line = clean(f"{before}{json.dumps(value, ensure_ascii=False)}{after}")
    if len(line) <= _WIDEST or not value or not isinstance(value, (Mapping, list)):
        yield line
        return
    opened, closed = "{}" if isinstance(value, Mapping) else "[]"
    yield clean(f"{before}{opened}")
    items: list[tuple[str, Json]] = (
        [(f"{json.dumps(name, ensure_ascii=False)}: ", item) for name, item in value.items()]
        if isinstance(value, Mapping)
        else [("", item) for item in value]
    )
    for number, (name, item) in enumerate(items, 1):
        comma = "," if number < len(items) else ""
        yield from (f"  {line}" for line in _json_lines(item, name, comma))
    yield f"{closed}{after}"


def _verdict_lines(verdict: Verdict, now: datetime, *, signs: bool) -> Iterator[str]:
    yield f"now: {verdict.status}: {clean(verdict.reason)}"
    for row in condition_rows(verdict, now):
        yield f"  {'  ' * row.depth}{truth_sign(row.truth, signs)} {sentence(row)}"


def _when(node: Any) -> str:
    parts = [] if node.occasion == "Success" else [f"on {node.occasion.lower()}"]
    parts += [f"if {node.condition.strip()}"] if node.condition else []
    return f"  [{', '.join(parts)}]" if parts else ""


def _spec_lines(spec: Mapping[str, Any]) -> list[str]:
    return [f"{key}: {_shown(value)}" for key, value in spec.items()]


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
